"""A running instance: SpiffWorkflow's workflow with tokens in scopes instead of a predicted tree.

Everything that is open hangs below the root token: what belongs to a scope is its child, what belongs to a loop, to an
event gateway or to an activity with boundary events is a child of that. A finished token is removed at once, so the
work of a step and the size of the state follow what is open, never what has happened.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn import BpmnWorkflow

from engine import errors
from engine.bpmn import catching, events, expressions, settling, ways
from engine.bpmn.elements import base
from engine.bpmn.record import Record
from engine.bpmn.script_engine import SafeScriptEngine
from engine.bpmn.token import Token
from engine.model import instances, steps

if TYPE_CHECKING:
    import datetime

    from engine.bpmn.execution import Context
    from engine.bpmn.process import Process

#: Element runs in one transaction after which a loop without a wait state is stopped by an incident.
BUDGET = 200_000

EXPECTED = (errors.EvaluationFailed, errors.DecisionFailed, errors.InvalidExpression)


class ProcessWorkflow(BpmnWorkflow):
    """One process instance in memory, from wait states to wait states."""

    def __init__(self, process: Process, context: Context) -> None:
        super().__init__(process.spec, script_engine=SafeScriptEngine(), deserializing=True)
        self.process = process
        self.context = context
        self.record = Record(context.now)
        self.agenda: collections.deque[Token] = collections.deque()
        #: The token last placed to wait at a joining gateway, by scope and element.
        self.joins: dict[tuple[int, str], Token] = {}
        self.next_token = 1
        self.budget = BUDGET
        self.changed = False
        self.variables_changed = False
        #: The token of the user task that is being completed, and the process variables that this has written over: of
        #: each its old value, in a list that is empty where it had none.
        self.completing: int | None = None
        self.overwritten: dict[str, list[Any]] = {}
        self.ended = False
        self.reserved = {
            "businessKey": context.business_key,
            "instanceId": context.instance_id,
        }

    # -- variables ------------------------------------------------------------------------------------------

    def variables(self, token: Token) -> collections.ChainMap[str, Any]:
        """Return what an expression at the token sees: the innermost scope first."""
        return collections.ChainMap({}, *self._layers(token), self.reserved)

    def visible(self, token: Token) -> dict[str, Any]:
        """Return the variables seen at a token as a plain mapping, without the names the engine itself provides."""
        found: dict[str, Any] = {}
        for layer in reversed(list(self._layers(token))):
            found.update(layer)
        return found

    def _layers(self, token: Token) -> Iterator[MutableMapping[str, Any]]:
        for level in token.lineage():
            if level.data:
                yield level.data
            if "loop" in level.internal_data:
                yield level.internal_data["loop"]

    def set_variables(self, token: Token, values: Mapping[str, Any]) -> None:
        """Write variables: each where it exists, a new one in the innermost scope that keeps its own, or the process.

        Raises:
            errors.EvaluationFailed: a value is not JSON.
        """
        values = expressions.to_json_value(dict(values))
        lineage = list(token.lineage())
        home = next((level for level in lineage if level.keeps_variables), lineage[-1])
        for name, value in values.items():
            owner = next((level for level in lineage if level.has_variable(name)), home)
            if owner is lineage[-1] and name not in self.overwritten:
                self.overwritten[name] = [owner.data[name]] if name in owner.data else []
            owner.data[name] = value
        if values:
            self.changed = True
            self.variables_changed = True

    def evaluate(self, variables: Mapping[str, Any], expression: Any) -> Any:
        """Evaluate a compiled expression, template or value."""
        return expression.evaluate(variables, self.context.functions)

    def test(self, token: Token, condition: expressions.Expression) -> bool:
        """Evaluate a condition at a token."""
        return bool(self.evaluate(self.variables(token), condition))

    # -- tokens ---------------------------------------------------------------------------------------------

    def place(
        self, spec: base.ElementSpec, parent: Token | None, internal: dict[str, Any], *, visit: bool = True
    ) -> Token:
        """Put a waiting token on an element."""
        token = Token(self, spec, parent, self.next_token, base.WAITING, {}, internal)
        self.next_token += 1
        if visit:
            self.record.enter(token)
        return token

    def launch(self, spec: base.ElementSpec, parent: Token, internal: dict[str, Any] | None = None) -> Token:
        """Put a token on an element and let it run."""
        token = self.place(spec, parent, {} if internal is None else internal)
        token._ready()
        return token

    def make_ready(self, token: Token) -> None:
        """Let a waiting token run."""
        token._set_state(base.WAITING)
        token._ready()

    def remove(self, token: Token, outcome: str) -> None:
        """Take a token and all that belongs to it away, closing its waits."""
        for child in token.children:
            self.remove(child, "cancelled")
        self.close_waits(token, outcome)
        if token.internal_data.get("role") is None:
            self.record.leave(token, outcome)
        parent = token.parent
        if parent is not None:
            del parent._children[token.id]
        del self.tasks[token.id]

    def forget(self) -> None:
        """Let go of all tokens; the instance cannot be used any more.

        They and the workflow hold each other: left to the garbage collector, a thousand cost more than their step.
        """
        self.tasks.clear()
        self.joins.clear()

    def completed_token(self, token: Token) -> None:
        """Move a finished token on: out of its run of a loop, or along its flows."""
        way = ways.leave(token)
        if "i" in token.internal_data:
            token.task_spec.loop.run_ended(self, token)
            return
        flows = token.task_spec.select_flows(self, token)
        scope = token.parent
        self.remove(token, "completed")
        way = ways.fork(way, token.id, len(flows))
        for flow in flows:
            flow.target.arrive(self, scope, flow, way)
        self.check_scope(scope)

    def finish_body(self, body: Token) -> None:
        """End a loop: its body goes on."""
        body.internal_data["done"] = True
        self.make_ready(body)

    def waiting_join(self, spec: base.ElementSpec, scope: Token) -> Token | None:
        """Find the token that waits at a joining gateway in a scope."""
        token = self.joins.get((scope.id, spec.name))
        return None if token is None or token.id not in self.tasks or "in" not in token.internal_data else token

    # -- scopes ---------------------------------------------------------------------------------------------

    def open_scope(self, scope: Token) -> None:
        """Listen to the events that start event subprocesses in the scope."""
        content = scope.task_spec.content
        assert content is not None
        for subprocess in content.event_subprocesses:
            self.listen(subprocess.start, scope, "listener")

    def check_scope(self, scope: Token) -> None:
        """End a scope in which nothing is left but listeners."""
        if not scope.internal_data.get("done") and next(scope.inside(), None) is None:
            self.finish_scope(scope)

    def finish_scope(self, scope: Token) -> None:
        """End a scope: the process, a subprocess, or an event subprocess."""
        scope.internal_data["done"] = True
        self.empty_scope(scope)
        if scope.parent is None:
            self.ended = True
        elif scope.task_spec.type == "eventSubProcess":
            outer = scope.parent
            self.remove(scope, "completed")
            self.check_scope(outer)
        else:
            self.make_ready(scope)

    def empty_scope(self, scope: Token) -> None:
        """Cancel all that is open in a scope; boundary events stand outside and listen until it is left."""
        for child in scope.children:
            if child.internal_data.get("role") != "boundary":
                self.remove(child, "cancelled")

    def terminate(self, token: Token) -> None:
        """End the scope of a token, everything in it at once."""
        scope = token.parent
        self.remove(token, "completed")
        self.finish_scope(scope)

    # -- waits ----------------------------------------------------------------------------------------------

    def wait(self, token: Token, kind: str, opened: Any) -> None:
        """Let a token wait for something that the store keeps a row of."""
        waits = token.internal_data.setdefault("waits", [])
        again = kind in waits
        if not again:
            waits.append(kind)
        self.record.open(kind, opened, again=again)

    def close_waits(self, token: Token, outcome: str) -> None:
        """Close all waits of a token."""
        for kind in token.internal_data.pop("waits", ()):
            self.record.close(kind, token.id, outcome)

    def close_wait(self, token: Token, kind: str, outcome: str) -> None:
        """Close one wait of a token if it is open."""
        waits = token.internal_data.get("waits", [])
        if kind in waits:
            waits.remove(kind)
            self.record.close(kind, token.id, outcome)
        if not waits:
            token.internal_data.pop("waits", None)

    def open_job(self, token: Token, topic: str) -> None:
        """Open a job with the input parameters, or with all variables when there are none."""
        spec = token.task_spec
        inputs = spec.handed_over(token) or self.visible(token)
        self.wait(token, "job", steps.JobOpened(token.id, spec.name, topic, inputs, spec.extensions.retry_cycle))

    def open_timer(self, token: Token, due: datetime.datetime) -> None:
        """Set or move the timer of a token."""
        token.internal_data["due"] = due.isoformat()
        self.wait(token, "timer", steps.TimerOpened(token.id, token.task_spec.name, due))

    def subscribe(self, token: Token, kind: instances.SubscriptionKind, name: str, key: str | None) -> None:
        """Open a message or signal subscription."""
        opened = steps.SubscriptionOpened(token.id, token.task_spec.name, kind, name, key)
        self.wait(token, "subscription", opened)

    def arm_boundaries(self, host: Token) -> None:
        """Make the boundary events of an activity that waits listen; when it is tried again, they still do."""
        if host.task_spec.boundaries and not host.internal_data.get("armed"):
            host.internal_data["armed"] = True
            for spec in host.task_spec.boundaries:
                self.listen(spec, host, "boundary")

    def listen(self, spec: Any, owner: Token, role: str) -> None:
        """Wait for an event beside what goes on: as boundary event, for an event subprocess, behind an event gateway.

        What cannot listen is an incident of its own and holds up nothing else. Errors and escalations find their way
        without anybody listening.
        """
        if not isinstance(spec.event, events.ErrorEvent | events.EscalationEvent):
            token = self.place(spec, owner, {"role": role}, visit=False)
            self._guarded(token, lambda: spec.event.subscribe(self, token))

    # -- events ---------------------------------------------------------------------------------------------

    def fire(self, token: Token, payload: Mapping[str, Any]) -> None:
        """Let a token that waited for an event have it."""
        catching.fire(self, token, payload)

    def broadcast(self, signal: str, payload: Mapping[str, Any]) -> None:
        """Deliver a signal to every token of this instance that waits for it."""
        waiting = [token for token in self.tasks.values() if token.internal_data.get("signal") == signal]
        for token in waiting:
            # An earlier one may have cancelled it.
            if "subscription" in token.internal_data.get("waits", ()):
                self.fire(token, payload)

    def throw_error(self, token: Token, code: str, message: str, variables: Mapping[str, Any]) -> None:
        """Send a BPMN error up from a token; open an incident where nobody catches it."""
        catcher = catching.find_error(token, code)
        if catcher is None:
            kind = instances.IncidentKind.ERROR
            self.open_incident(
                token, kind, f"业务错误 {code}（{message}）没有边界事件或事件子流程接收", code, variables
            )
        else:
            if token.task_spec.type == "endEvent":
                self.remove(token, "completed")
            catching.catch_error(self, catcher, code, message, variables)

    def escalate(self, token: Token, code: str, variables: Mapping[str, Any]) -> None:
        """Send an escalation up from a token; what nobody catches is passed to the calling instance."""
        catcher = catching.find_escalation(token, code)
        if catcher is None:
            self.record.escalations.append(steps.EscalationThrown(code, expressions.to_json_value(dict(variables))))
        else:
            catching.catch_escalation(self, catcher, code, variables)

    # -- incidents ------------------------------------------------------------------------------------------

    def open_incident(
        self,
        token: Token,
        kind: instances.IncidentKind,
        message: str,
        code: str | None = None,
        variables: Mapping[str, Any] | None = None,
    ) -> None:
        """Stop a token where it is and call for ops; an incident it has already is replaced."""
        self.close_wait(token, "incident", "completed")
        token._set_state(base.STARTED)
        token.internal_data["error"] = code or True
        given = expressions.to_json_value(dict(variables or {}))
        opened = steps.IncidentOpened(token.id, token.task_spec.name, kind, message, code, given)
        self.wait(token, "incident", opened)

    def retry(self, token: Token) -> None:
        """Let a token with an incident try again: what failed is done again, what is open beside it stays open."""
        internal = token.internal_data
        internal.pop("error", None)
        self.close_wait(token, "incident", "completed")
        token._set_state(base.WAITING)
        if internal.pop("leaving", False):
            self._guarded(token, token.complete)
        elif internal.get("role") is not None:
            self._guarded(token, lambda: token.task_spec.event.subscribe(self, token))
        elif "in" not in internal and "waits" not in internal:
            self.make_ready(token)

    # -- running --------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Run until everything waits."""
        while not self.ended:
            if self.agenda:
                self._run_ready()
            elif not settling.settle(self):
                return

    def _run_ready(self) -> None:
        token = self.agenda.popleft()
        if token.id not in self.tasks or token._state != base.READY:
            return
        self.budget -= 1
        if self.budget < 0:
            message = f"一次处理中经过的元素超过{BUDGET}个：应有等待环节，现为没有等待的循环"
            self.open_incident(token, instances.IncidentKind.LOOP, message)
            return
        self._guarded(token, token.run)

    def _guarded(self, token: Token, act: Callable[[], Any]) -> None:
        try:
            act()
        except EXPECTED as error:
            if token.id not in self.tasks:
                raise
            if token._state == base.COMPLETED:
                token.internal_data["leaving"] = True
            decision = isinstance(error, errors.DecisionFailed)
            kind = instances.IncidentKind.DECISION if decision else instances.IncidentKind.EXPRESSION
            self.open_incident(token, kind, error.message)

    def _task_completed_notify(self, task: Token) -> None:
        """Do nothing more: stock SpiffWorkflow would walk the tree and look for an element called End."""

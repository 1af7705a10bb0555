"""What every flow node has in common: where it stands, how a token arrives, runs, and leaves.

SpiffWorkflow's `TaskSpec` gives the life cycle of a token (ready, run, complete, cancel, error). What is replaced here
is everything stock SpiffWorkflow does by predicting a tree of future tasks and copying data along it: tokens exist only
where something is open, a finished one is removed at once, and variables live in scopes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.util.task import TaskState

from engine import errors
from engine.bpmn import expressions, ways

if TYPE_CHECKING:
    from engine.bpmn.extensions import Extensions
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import ProcessWorkflow


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """A sequence flow; `condition` is None for an unconditional one."""

    id: str
    name: str | None
    source: ElementSpec
    target: ElementSpec
    condition: expressions.Expression | None


@dataclasses.dataclass(slots=True)
class Content:
    """What a scope (a process or an embedded subprocess) holds."""

    nodes: list[ElementSpec] = dataclasses.field(default_factory=list)
    starts: list[ElementSpec] = dataclasses.field(default_factory=list)
    event_subprocesses: list[ElementSpec] = dataclasses.field(default_factory=list)


class ElementSpec(BpmnTaskSpec):
    """One flow node of a diagram, shared by all instances and never changed by one."""

    #: The content of an element that is a scope of its own.
    content: Content | None = None
    #: What the element leaves on the way of a token that completed it (see `engine.bpmn.ways`).
    trace: str | None = None

    def __init__(self, wf_spec: Any, name: str, *, type: str, extensions: Extensions, **kwargs: Any) -> None:
        super().__init__(wf_spec, name, **kwargs)
        self.bpmn_id = name
        self.bpmn_name = kwargs.get("bpmn_name")
        self.type = type
        self.extensions = extensions
        self.incoming: list[Flow] = []
        self.outgoing: list[Flow] = []
        self.default: str | None = None
        self.boundaries: list[ElementSpec] = []
        self.loop: Any = None
        self.properties: Mapping[str, str] = extensions.properties

    @property
    def title(self) -> str:
        """The name of the element, or its id when it has none."""
        return str(self.bpmn_name or self.name)

    def prepare(self) -> None:
        """Finish what needs the whole diagram: called once, when all flows are connected."""

    # -- the life of a token --------------------------------------------------------------------------------

    def arrive(self, workflow: ProcessWorkflow, scope: Token, flow: Flow | None, way: ways.Way) -> None:
        """Take in a token that comes along a flow (None for a start), and the way it has come."""
        workflow.launch(self, scope, ways.given(way))

    def execute(self, workflow: ProcessWorkflow, token: Token) -> bool | None:
        """Do the work of the element.

        Returns:
            True when it is done and the token may leave, None when it waits.
        """
        if token.internal_data.get("done"):
            self.map_outputs(workflow, token)
        return True

    def select_flows(self, workflow: ProcessWorkflow, token: Token) -> Sequence[Flow]:
        """Choose the flows to leave on: unconditional ones, true ones, or else the default (BPMN 2.0 §13.3.1)."""
        if len(self.outgoing) == 1 and self.outgoing[0].condition is None:
            return self.outgoing
        chosen = [
            flow
            for flow in self.outgoing
            if flow.id != self.default and (flow.condition is None or workflow.test(token, flow.condition))
        ]
        if not chosen and self.default is not None:
            chosen = [flow for flow in self.outgoing if flow.id == self.default]
        if not chosen and self.outgoing:
            raise errors.EvaluationFailed(
                f"“{self.title}”没有可走的流向：应有一个条件成立或设默认流向，现{len(self.outgoing)}个条件均不成立"
            )
        return chosen

    def finish(self, workflow: ProcessWorkflow, token: Token, result: Mapping[str, Any]) -> None:
        """End the wait of a token with what came out of it; the token goes on in the same run."""
        self.keep(workflow, token, result)
        workflow.close_waits(token, "completed")
        token.internal_data["done"] = True
        workflow.make_ready(token)

    def keep(self, workflow: ProcessWorkflow, token: Token, values: Mapping[str, Any]) -> None:
        """Keep what came out of an element: local when output parameters pick from it, else as variables."""
        if self.extensions.outputs:
            token.data.update(expressions.to_json_value(dict(values)))
        elif values:
            workflow.set_variables(token, values)

    def map_inputs(self, workflow: ProcessWorkflow, token: Token) -> None:
        """Evaluate the input parameters into variables local to the token, anew when the element is tried again."""
        if self.extensions.inputs:
            for name, _ in self.extensions.inputs:
                # An input `title` of `${title}` would else read the value of the last try, not what ops mended.
                token.data.pop(name, None)
            variables = workflow.variables(token)
            for name, value in self.extensions.inputs:
                token.data[name] = expressions.to_json_value(workflow.evaluate(variables, value))

    def handed_over(self, token: Token) -> dict[str, Any]:
        """Return the input parameters as they were evaluated: what a job, child or receiver is given."""
        return {name: token.data[name] for name, _ in self.extensions.inputs}

    def map_outputs(self, workflow: ProcessWorkflow, token: Token) -> None:
        """Evaluate the output parameters, which alone leave the element, into the scope around it."""
        if self.extensions.outputs:
            variables = workflow.variables(token)
            results = {name: workflow.evaluate(variables, value) for name, value in self.extensions.outputs}
            workflow.set_variables(token.parent, results)

    # -- SpiffWorkflow's hooks ------------------------------------------------------------------------------

    def _predict(self, my_task: Any, *args: Any, **kwargs: Any) -> None:
        """Predict nothing: the tree holds only what is open."""

    def _update(self, my_task: Any) -> None:
        """Stay as it is: waiting tokens are woken by what they wait for."""

    def _on_ready(self, my_task: Any) -> None:
        my_task.workflow.agenda.append(my_task)

    def _run_hook(self, my_task: Any) -> bool | None:
        return self.execute(my_task.workflow, my_task)

    def _on_complete_hook(self, my_task: Any) -> None:
        my_task.workflow.completed_token(my_task)


class ProcessRoot(ElementSpec):
    """The process itself as the outermost scope."""

    def execute(self, workflow: ProcessWorkflow, token: Token) -> bool | None:
        """Never run: the root holds the scope open until nothing is left in it."""
        return None


WAITING = TaskState.WAITING
STARTED = TaskState.STARTED
READY = TaskState.READY
COMPLETED = TaskState.COMPLETED

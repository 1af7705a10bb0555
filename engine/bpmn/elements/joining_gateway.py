"""What parallel and inclusive gateways share: a token that waits and counts arrivals by flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.bpmn import ways
from engine.bpmn.elements import base, throw_event

if TYPE_CHECKING:
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import ProcessWorkflow


class JoiningGateway(base.ElementSpec):
    """A gateway with several incoming flows keeps one waiting token a scope; tokens too many wait for the next turn."""

    def arrive(self, workflow: ProcessWorkflow, scope: Token, flow: base.Flow | None, way: ways.Way) -> None:
        """Count the arrival and go on when the gateway may."""
        if len(self.incoming) < 2 or flow is None:
            super().arrive(workflow, scope, flow, way)
            return
        token = workflow.waiting_join(self, scope) or workflow.place(self, scope, {"in": {}, "ways": {}})
        arrivals = token.internal_data["in"]
        came = token.internal_data.setdefault("ways", {})
        came[flow.id] = ways.lost(token.id) if flow.id in arrivals else way
        arrivals[flow.id] = arrivals.get(flow.id, 0) + 1
        if self.complete_at_once(arrivals):
            self.pass_on(workflow, token)

    def sources(self, flow: base.Flow) -> frozenset[str]:
        """Return the elements from which an incoming flow can be reached without passing this gateway."""
        seen: set[str] = set()
        stack: list[base.ElementSpec] = [flow.source]
        while stack:
            element = stack.pop()
            if element is self or element.name in seen:
                continue
            seen.add(element.name)
            stack.extend(incoming.source for incoming in element.incoming)
            stack.extend(self._other_ways_into(element))
        return frozenset(seen)

    def _other_ways_into(self, element: base.ElementSpec) -> list[base.ElementSpec]:
        """Hosts of a boundary event and throwing ends of a link lead to an element as a flow does."""
        nodes = self._wf_spec.task_specs.values()
        return [
            node
            for node in nodes
            if element in node.boundaries or (isinstance(node, throw_event.ThrowEvent) and node.landing is element)
        ]

    def complete_at_once(self, arrivals: dict[str, int]) -> bool:
        """Tell whether the arrivals alone let the gateway go on."""
        return len(arrivals) == len(self.incoming)

    def pass_on(self, workflow: ProcessWorkflow, token: Token) -> None:
        """Take one token of each flow that has one; what is left waits in a token of its own."""
        way = ways.merge(list(ways.arriving(token)), token.id)
        arrivals = token.internal_data.pop("in")
        token.internal_data.pop("ways", None)
        token.internal_data.update(ways.given(way))
        left = {flow: count - 1 for flow, count in arrivals.items() if count > 1}
        if left:
            workflow.place(self, token.parent, {"in": left, "ways": dict.fromkeys(left, ways.lost(token.id))})
        workflow.make_ready(token)

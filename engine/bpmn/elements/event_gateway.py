"""Event-based gateway: the first of several events decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.bpmn.elements import base

if TYPE_CHECKING:
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import ProcessWorkflow


class EventGateway(base.ElementSpec):
    """A gateway that waits for the events behind it; the first one wins and the others are forgotten."""

    def execute(self, workflow: ProcessWorkflow, token: Token) -> bool | None:
        """Listen to every event behind the gateway."""
        for flow in self.outgoing:
            workflow.listen(flow.target, token, "arm")
        return None

"""End event: the token ends here, after telling what its definition says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.bpmn import events, ways
from engine.bpmn.elements import base

if TYPE_CHECKING:
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import ProcessWorkflow


class EndEvent(base.ElementSpec):
    """An end event: none, message, signal, error, escalation or terminate."""

    def __init__(self, *args: Any, event: events.EventDefinition, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.event = event
        if event.reaches_out or "topic" in self.extensions.attributes:
            self.trace = ways.EFFECT

    def execute(self, workflow: ProcessWorkflow, token: Token) -> bool | None:
        """Throw the event; an error or a terminate ends more than this token."""
        if token.internal_data.get("done"):
            return True
        self.map_inputs(workflow, token)
        topic = self.extensions.attributes.get("topic")
        if topic is not None:
            workflow.open_job(token, topic)
            return None
        return self.event.throw(workflow, token)

"""Intermediate throw event: tells of a message, signal or escalation, or jumps along a link."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from engine.bpmn import events, ways
from engine.bpmn.elements import base

if TYPE_CHECKING:
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import ProcessWorkflow


class ThrowEvent(base.ElementSpec):
    """An intermediate throw event."""

    #: Where a link lands: the catch event of the same name in the same scope.
    landing: base.ElementSpec | None = None

    def __init__(self, *args: Any, event: events.EventDefinition, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.event = event
        if event.reaches_out or "topic" in self.extensions.attributes:
            self.trace = ways.EFFECT

    def execute(self, workflow: ProcessWorkflow, token: Token) -> bool | None:
        """Throw the event, by a job when it has a topic."""
        if token.internal_data.get("done"):
            return super().execute(workflow, token)
        self.map_inputs(workflow, token)
        topic = self.extensions.attributes.get("topic")
        if topic is not None:
            workflow.open_job(token, topic)
            return None
        return self.event.throw(workflow, token)

    def select_flows(self, workflow: ProcessWorkflow, token: Token) -> Sequence[base.Flow]:
        """Jump along the link, or leave as usual."""
        if self.landing is not None:
            return [base.Flow(f"{self.name} link", None, self, self.landing, None)]
        return super().select_flows(workflow, token)

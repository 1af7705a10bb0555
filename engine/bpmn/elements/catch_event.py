"""Intermediate catch event: waits for a message, timer, signal or condition; a link is only a landing place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.bpmn import events, ways
from engine.bpmn.elements import base

if TYPE_CHECKING:
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import ProcessWorkflow


class CatchEvent(base.ElementSpec):
    """An intermediate catch event."""

    def __init__(self, *args: Any, event: events.EventDefinition, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.event = event
        if event.comes_once:
            self.trace = ways.EFFECT

    def execute(self, workflow: ProcessWorkflow, token: Token) -> bool | None:
        """Subscribe, unless what was waited for has come."""
        if token.internal_data.get("done") or isinstance(self.event, events.LinkEvent):
            return super().execute(workflow, token)
        self.event.subscribe(workflow, token)
        return None

"""Receive task: waits for a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.bpmn import events, ways
from engine.bpmn.elements import activity

if TYPE_CHECKING:
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import ProcessWorkflow


class ReceiveTask(activity.Activity):
    """A task that waits for a message by name and correlation key."""

    trace = ways.EFFECT

    def __init__(self, *args: Any, event: events.EventDefinition, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.event = event

    def begin(self, workflow: ProcessWorkflow, token: Token) -> bool:
        """Subscribe to the message."""
        self.event.subscribe(workflow, token)
        return True

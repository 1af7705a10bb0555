"""Send task: hands a message over, by a job when it has a topic, else to whoever waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.bpmn import events, ways
from engine.bpmn.elements import activity

if TYPE_CHECKING:
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import ProcessWorkflow


class SendTask(activity.Activity):
    """A task that sends a message."""

    trace = ways.EFFECT

    def __init__(self, *args: Any, event: events.EventDefinition, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.event = event

    def begin(self, workflow: ProcessWorkflow, token: Token) -> bool:
        """Open the job, or throw the message at once."""
        topic = self.extensions.attributes.get("topic")
        if topic is not None:
            workflow.open_job(token, topic)
            return True
        self.event.throw(workflow, token)
        return False

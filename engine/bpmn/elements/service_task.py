"""Service task: work for a handler, done by a job after the transaction that reached it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.bpmn import ways
from engine.bpmn.elements import activity

if TYPE_CHECKING:
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import ProcessWorkflow


class ServiceTask(activity.Activity):
    """An external service task with a topic."""

    trace = ways.EFFECT

    def begin(self, workflow: ProcessWorkflow, token: Token) -> bool:
        """Open the job."""
        workflow.open_job(token, self.extensions.attributes["topic"])
        return True

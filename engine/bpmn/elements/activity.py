"""What all activities share: input and output mappings, boundary events, loops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.bpmn.elements import base

if TYPE_CHECKING:
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import ProcessWorkflow


class Activity(base.ElementSpec):
    """A task, subprocess or call activity."""

    def execute(self, workflow: ProcessWorkflow, token: Token) -> bool | None:
        """Run the loop around the activity, or the activity itself."""
        run = "i" in token.internal_data
        body = self.loop is not None and not run
        if token.internal_data.get("done"):
            if not body:
                self.map_outputs(workflow, token)
            return True
        if body:
            if self.loop.start(workflow, token):
                return True
        else:
            self.map_inputs(workflow, token)
            if not self.begin(workflow, token):
                self.map_outputs(workflow, token)
                return True
        if not run:
            workflow.arm_boundaries(token)
        return None

    def begin(self, workflow: ProcessWorkflow, token: Token) -> bool:
        """Start the work.

        Returns:
            Whether the activity now waits; False when it is done at once.
        """
        return False

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
        inner = "i" in token.internal_data
        if token.internal_data.get("done"):
            if self.loop is None or inner:
                self.map_outputs(workflow, token)
            return True
        if self.loop is not None and not inner:
            if self.loop.start(workflow, token):
                return True
            workflow.arm_boundaries(token)
            return None
        self.map_inputs(workflow, token)
        if self.begin(workflow, token):
            if not inner:
                workflow.arm_boundaries(token)
            return None
        self.map_outputs(workflow, token)
        return True

    def begin(self, workflow: ProcessWorkflow, token: Token) -> bool:
        """Start the work.

        Returns:
            Whether the activity now waits; False when it is done at once.
        """
        return False

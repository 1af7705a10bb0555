"""Start event: where a process, subprocess or event subprocess begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.bpmn import events, ways
from engine.bpmn.elements import base

if TYPE_CHECKING:
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import ProcessWorkflow


class StartEvent(base.ElementSpec):
    """A start event; `interrupting` matters in event subprocesses only."""

    def __init__(self, *args: Any, event: events.EventDefinition, interrupting: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.event = event
        if event.comes_once:
            self.trace = ways.EFFECT
        self.interrupting = interrupting

    def finish(self, workflow: ProcessWorkflow, token: Token, result: Mapping[str, Any]) -> None:
        """Begin with what came with the event, and note who started the instance where the diagram asks for it.

        A caller (`camunda:in`) that hands in somebody else as initiator is heard.
        """
        initiator = self.extensions.attributes.get("initiator")
        if initiator is not None and workflow.variables(token).get(initiator) is None:
            workflow.set_variables(token, {initiator: workflow.context.initiator})
        super().finish(workflow, token, result)

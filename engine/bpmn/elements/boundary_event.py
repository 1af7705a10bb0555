"""Boundary event: listens while its activity is open."""

from __future__ import annotations

from typing import Any

from engine.bpmn import events, ways
from engine.bpmn.elements import base


class BoundaryEvent(base.ElementSpec):
    """A boundary event; an interrupting one cancels its activity, another may fire again and again."""

    def __init__(self, *args: Any, event: events.EventDefinition, interrupting: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.event = event
        if event.comes_once:
            self.trace = ways.EFFECT
        self.interrupting = interrupting

"""Embedded subprocess and event subprocess: scopes within a process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.bpmn.elements import activity, base

if TYPE_CHECKING:
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import ProcessWorkflow


class SubProcess(activity.Activity):
    """An embedded subprocess; property `localScope` = `true` keeps the variables it creates to itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.content = base.Content()

    def begin(self, workflow: ProcessWorkflow, token: Token) -> bool:
        """Open the scope at its start event."""
        assert self.content is not None
        if self.properties.get("localScope") == "true":
            token.internal_data["local"] = True
        workflow.open_scope(token)
        workflow.launch(self.content.starts[0], token)
        return True


class EventSubProcess(base.ElementSpec):
    """A subprocess that an event in its parent scope starts, any number of times unless it interrupts."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.content = base.Content()

    @property
    def start(self) -> Any:
        """The start event: its definition is what the scope listens to."""
        assert self.content is not None
        return self.content.starts[0]

    def execute(self, workflow: ProcessWorkflow, token: Token) -> bool | None:
        """Open the scope behind the start event, which has happened already."""
        if self.properties.get("localScope") == "true":
            token.internal_data["local"] = True
        payload = token.internal_data.pop("payload")
        self.start.finish(workflow, workflow.place(self.start, token, {}), payload)
        workflow.open_scope(token)
        return None

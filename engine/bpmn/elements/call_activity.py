"""Call activity: waits for a child instance of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.bpmn.elements import activity
from engine.model import steps

if TYPE_CHECKING:
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import ProcessWorkflow


class CallActivity(activity.Activity):
    """An activity that another process carries out; what goes in and out is what `camunda:in` and `out` name."""

    def __init__(self, *args: Any, called_element: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.called_element = called_element

    def begin(self, workflow: ProcessWorkflow, token: Token) -> bool:
        """Ask for the child instance."""
        attributes = self.extensions.attributes
        variables = workflow.variables(token)
        given: dict[str, Any] = dict(token.data) if self.extensions.inputs else {}
        for mapping in self.extensions.ins:
            given.update(mapping.apply(workflow, variables))
        key = self.extensions.business_key
        workflow.wait(token, "call")
        workflow.record.calls[token.id] = steps.ChildCalled(
            token=token.id,
            element_id=self.name,
            called_element=self.called_element,
            binding=attributes.get("calledElementBinding", "deployment"),
            version=attributes.get("calledElementVersion") or attributes.get("calledElementVersionTag"),
            business_key=None if key is None else str(workflow.evaluate(variables, key)),
            variables=given,
        )
        return True

    def child_ended(self, workflow: ProcessWorkflow, token: Token, variables: Mapping[str, Any]) -> None:
        """Take over what the child is asked to give back."""
        result: dict[str, Any] = {}
        for mapping in self.extensions.outs:
            result.update(mapping.apply(workflow, variables))
        self.finish(workflow, token, result)

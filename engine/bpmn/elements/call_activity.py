"""Call activity: waits for a child instance of its own."""

from __future__ import annotations

import collections
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.bpmn import events, expressions, ways
from engine.bpmn.elements import activity
from engine.model import steps

if TYPE_CHECKING:
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import ProcessWorkflow


class CallActivity(activity.Activity):
    """An activity that another process carries out; what goes in and out is what `camunda:in` and `out` name."""

    trace = ways.EFFECT

    def __init__(self, *args: Any, called_element: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.called_element = called_element

    def begin(self, workflow: ProcessWorkflow, token: Token) -> bool:
        """Ask for the child instance."""
        attributes = self.extensions.attributes
        variables = workflow.variables(token)
        given = self.handed_over(token)
        for mapping in self.extensions.ins:
            given.update(mapping.apply(workflow, variables, workflow.visible(token)))
        key = self.extensions.business_key
        business_key = None if key is None else workflow.evaluate(variables, key)
        opened = steps.ChildCalled(
            token=token.id,
            element_id=self.name,
            called_element=self.called_element,
            binding=attributes.get("calledElementBinding", "deployment"),
            version=attributes.get("calledElementVersion") or attributes.get("calledElementVersionTag"),
            business_key=None if business_key is None else events.correlation_text(business_key),
            variables=expressions.to_json_value(given),
        )
        workflow.wait(token, "call", opened)
        return True

    def child_ended(self, workflow: ProcessWorkflow, token: Token, variables: Mapping[str, Any]) -> None:
        """Go on with what the child left behind; it is kept until the outputs are mapped, also by a retry."""
        token.internal_data["child"] = expressions.to_json_value(dict(variables))
        self.finish(workflow, token, {})

    def map_outputs(self, workflow: ProcessWorkflow, token: Token) -> None:
        """Take over what the child is asked to give back."""
        child = token.internal_data["child"]
        # The child is over and cannot give what it lacks: at a retry ops may have set it here.
        seen = collections.ChainMap(child, workflow.variables(token) if token.internal_data.get("lacking") else {})
        token.internal_data["lacking"] = True
        result: dict[str, Any] = {}
        for mapping in self.extensions.outs:
            result.update(mapping.apply(workflow, seen, child))
        self.keep(workflow, token, result)
        super().map_outputs(workflow, token)

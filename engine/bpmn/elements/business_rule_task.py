"""Business rule task: asks a decision table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import errors
from engine.bpmn.elements import activity

if TYPE_CHECKING:
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import ProcessWorkflow

MAPPINGS = ("singleEntry", "singleResult", "collectEntries", "resultList")


class BusinessRuleTask(activity.Activity):
    """A task that evaluates a decision; without a result variable the outputs of the one hit become variables."""

    def begin(self, workflow: ProcessWorkflow, token: Token) -> bool:
        """Evaluate the decision on the variables seen here."""
        attributes = self.extensions.attributes
        rows = workflow.context.decide(attributes["decisionRef"], workflow.variables(token))
        name = attributes.get("resultVariable")
        if name is None:
            values = self._single(rows)
        else:
            values = {name: self._mapped(rows, attributes.get("mapDecisionResult", "resultList"))}
        self.keep(workflow, token, values)
        return False

    def _single(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        if len(rows) > 1:
            raise errors.DecisionFailed(f"“{self.title}”应得一条结果，现得{len(rows)}条：请设 resultVariable 收集")
        return rows[0] if rows else {}

    def _mapped(self, rows: list[dict[str, Any]], mapping: str) -> Any:
        if mapping == "resultList":
            return rows
        if mapping == "singleResult":
            return self._single(rows) or None
        if mapping == "collectEntries":
            return [self._entry(row) for row in rows]
        row = self._single(rows)
        return self._entry(row) if row else None

    def _entry(self, row: dict[str, Any]) -> Any:
        if len(row) != 1:
            raise errors.DecisionFailed(f"“{self.title}”应得一项输出，现得{len(row)}项：{'、'.join(row)}")
        return next(iter(row.values()))

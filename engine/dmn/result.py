"""What a decision has decided, and why."""

from __future__ import annotations

import dataclasses

from engine import errors
from engine.dmn.model import Decision

#: What `camunda:mapDecisionResult` may say.
MAPPINGS = ("singleEntry", "singleResult", "collectEntries", "resultList")


@dataclasses.dataclass(frozen=True, slots=True)
class Match:
    """A rule that matched: number and id, the designer's notes, and its outputs as JSON where they were needed."""

    number: int
    id: str
    annotations: tuple[str, ...]
    outputs: dict[str, object]


@dataclasses.dataclass(frozen=True, slots=True)
class Given:
    """The value of an input, as JSON."""

    label: str
    expression: str
    value: object


@dataclasses.dataclass(frozen=True, slots=True)
class DecisionResult:
    """The rows of the result with all that an audit asks for.

    `rows` has at most one row for UNIQUE, FIRST, ANY, PRIORITY and aggregated results, none if no rule matched and
    there are no defaults; `matched` are the rules that matched, in the order of the table; `required` are the results
    of the decisions that this one reads.
    """

    decision: Decision = dataclasses.field(repr=False)
    rows: tuple[dict[str, object], ...]
    matched: tuple[Match, ...]
    inputs: tuple[Given, ...] = ()
    required: tuple[DecisionResult, ...] = dataclasses.field(default=(), repr=False)
    by_default: bool = False

    def single(self) -> dict[str, object] | None:
        """Return the only row, or None if there is none.

        Raises:
            errors.DecisionFailed: There are several.
        """
        if len(self.rows) > 1:
            decision = self.decision
            message = (
                f"决策“{decision.name}”应只有一行结果，现有 {len(self.rows)} 行（命中策略 {decision.hit_policy}）。"
            )
            raise errors.DecisionFailed(message, decision=decision.id)
        return self.rows[0] if self.rows else None

    def mapped(self, mapping: str) -> object:
        """Return the result as ``camunda:mapDecisionResult`` asks for it.

        Args:
            mapping: singleEntry (the value), singleResult (the row), collectEntries (the values) or resultList (the
                rows).

        Raises:
            errors.DecisionFailed: There are several rows or outputs where one is asked for.
            errors.InvalidInput: There is no such mapping.
        """
        if mapping == "resultList":
            return list(self.rows)
        if mapping == "singleResult":
            return self.single()
        if mapping not in MAPPINGS:
            raise errors.InvalidInput(f"mapDecisionResult 应为 {'、'.join(MAPPINGS)} 之一，现为“{mapping}”。")
        if len(self.decision.outputs) > 1:
            message = f"决策“{self.decision.name}”有 {len(self.decision.outputs)} 个输出，不能用 {mapping} 取一个值。"
            raise errors.DecisionFailed(message, decision=self.decision.id)
        name = self.decision.outputs[0].name
        if mapping == "collectEntries":
            return [row[name] for row in self.rows]
        row = self.single()
        return None if row is None else row[name]

    def names(self) -> dict[str, object]:
        """Return the variables that decisions requiring this one can read.

        The decision's id and the name of its variable are the whole result: a value if there is one output, else an
        object; a list of them if several rules may give results.  The name of an output is that output.
        """
        outputs = [output.name for output in self.decision.outputs]
        several = not self.decision.hit_policy.single and self.decision.aggregation is None
        if several:
            found: dict[str, object] = {name: [row[name] for row in self.rows] for name in outputs}
            whole: object = list(self.rows)
        else:
            row = self.rows[0] if self.rows else None
            found = {name: None if row is None else row[name] for name in outputs}
            whole = row
        if len(outputs) == 1:
            whole = found[outputs[0]]
        found[self.decision.id] = whole
        if self.decision.variable is not None:
            found[self.decision.variable] = whole
        return found

    def explain(self) -> dict[str, object]:
        """Return inputs, matching rules and result as one JSON object for the audit trail.

        ``required`` lists the decisions that this one builds on, directly or not, each once, the first evaluated first.
        """
        before: dict[str, DecisionResult] = {}
        self._collect(before)
        return {**self._explain(), "required": [one._explain() for one in before.values()]}

    def _collect(self, found: dict[str, DecisionResult]) -> None:
        for one in self.required:
            if one.decision.id not in found:
                one._collect(found)
                found[one.decision.id] = one

    def _explain(self) -> dict[str, object]:
        decision = self.decision
        return {
            "decision": decision.id,
            "name": decision.name,
            "hit_policy": str(decision.hit_policy),
            "aggregation": None if decision.aggregation is None else str(decision.aggregation),
            "inputs": [dataclasses.asdict(given) for given in self.inputs],
            "matched": [
                {"rule": one.number, "id": one.id, "annotations": list(one.annotations), "outputs": dict(one.outputs)}
                for one in self.matched
            ],
            "by_default": self.by_default,
            "rows": [dict(row) for row in self.rows],
        }

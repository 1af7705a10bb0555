"""Evaluates a decision on the variables of a case."""

from __future__ import annotations

import contextlib
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence

from engine import errors
from engine.dmn import checks, hits, values
from engine.dmn.hits import Hit
from engine.dmn.model import Decision, HitPolicy, Input, Rule
from engine.dmn.result import DecisionResult, Given, Match
from engine.dmn.syntax import Scope


def evaluate(decision: Decision, variables: Mapping[str, object]) -> DecisionResult:
    """Decide: required decisions first, then the table.

    Args:
        decision: A decision from `parse`.
        variables: JSON values by name; dates are ISO strings.

    Raises:
        errors.DecisionFailed: A variable is missing or of another type, a value is not allowed, or the hit policy is
            violated.  The message names the decision, the rule and the column.
    """
    try:
        return _evaluate(decision, variables, {})
    except RecursionError:
        message = f"决策“{decision.name}”求值失败：变量的嵌套过深。"
        raise errors.DecisionFailed(message, decision=decision.id) from None


def _evaluate(decision: Decision, variables: Mapping[str, object], done: dict[str, DecisionResult]) -> DecisionResult:
    if decision.id in done:
        return done[decision.id]
    required = tuple(_evaluate(one, variables, done) for one in decision.requires)
    scope = Scope(ChainMap(*(one.names() for one in required), dict(variables)) if required else variables)
    inputs = [_input(decision, column, scope) for column in decision.inputs]
    matching = _matching(decision, inputs, scope)
    with _place(decision, ""):
        hits.check_unique(decision, matching)
    found = [(rule, _row(decision, rule, scope)) for rule in matching]
    with _place(decision, ""):
        rows = [dict(row) for row in hits.chosen(decision, found)]
    by_default = not found and any(output.default is not None for output in decision.outputs)
    if by_default:
        rows = [_default_row(decision, scope)]
    done[decision.id] = DecisionResult(
        decision,
        tuple({name: values.to_json(value) for name, value in row.items()} for row in rows),
        tuple(_match(hit) for hit in found),
        tuple(
            Given(column.label, column.text, values.to_json(value))
            for column, value in zip(decision.inputs, inputs, strict=True)
        ),
        required,
        by_default,
    )
    return done[decision.id]


def _input(decision: Decision, column: Input, scope: Scope) -> object:
    with _place(decision, f"输入“{column.label}”"):
        value = values.coerce(column.expression.evaluate(scope), column.type)
        if value is not None and column.allowed is not None and column.allowed.matches(value, Scope({})) is not True:
            raise errors.EvaluationFailed(f"应为允许值 {column.allowed_text} 之一，现为{values.describe(value)}")
    return value


def _matching(decision: Decision, inputs: Sequence[object], scope: Scope) -> list[Rule]:
    found: list[Rule] = []
    for rule in decision.rules:
        if _matches(decision, rule, inputs, scope):
            found.append(rule)
            if decision.hit_policy is HitPolicy.FIRST:
                break
    return found


def _matches(decision: Decision, rule: Rule, inputs: Sequence[object], scope: Scope) -> bool:
    # A cell whose answer is null does not match: what is unknown is not fulfilled.
    for cell, column, value in zip(rule.conditions, decision.inputs, inputs, strict=True):
        try:
            if cell.test.matches(value, scope) is not True:
                return False
        except errors.EvaluationFailed as error:
            where = f"第 {rule.number} 条规则（{rule.id}）输入“{column.label}”单元格“{cell.text}”"
            raise _failed(decision, where, error, rule) from None
    return True


def _row(decision: Decision, rule: Rule, scope: Scope) -> dict[str, object]:
    row: dict[str, object] = {}
    for entry, output in zip(rule.results, decision.outputs, strict=True):
        try:
            row[output.name] = checks.checked_output(entry.node.evaluate(scope), output)
        except errors.EvaluationFailed as error:
            where = f"第 {rule.number} 条规则（{rule.id}）输出“{output.label}”单元格“{entry.text}”"
            raise _failed(decision, where, error, rule) from None
    return row


def _default_row(decision: Decision, scope: Scope) -> dict[str, object]:
    row: dict[str, object] = {}
    for output in decision.outputs:
        row[output.name] = None
        if output.default is not None:
            with _place(decision, f"输出“{output.label}”的默认值“{output.default.text}”"):
                row[output.name] = checks.checked_output(output.default.node.evaluate(scope), output)
    return row


def _match(hit: Hit) -> Match:
    rule, row = hit
    outputs = {name: values.to_json(value) for name, value in row.items()}
    return Match(rule.number, rule.id, rule.annotations, outputs)


@contextlib.contextmanager
def _place(decision: Decision, where: str) -> Iterator[None]:
    try:
        yield
    except errors.EvaluationFailed as error:
        raise _failed(decision, where, error) from None


def _failed(
    decision: Decision, where: str, error: errors.EvaluationFailed, rule: Rule | None = None
) -> errors.DecisionFailed:
    message = f"决策“{decision.name}”（{decision.id}）求值失败：{where}{'：' if where else ''}{error.message}。"
    number = None if rule is None else rule.number
    return errors.DecisionFailed(message, decision=decision.id, file=decision.file, rule=number)

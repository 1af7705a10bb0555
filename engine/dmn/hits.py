"""Hit policies: what the matching rules make together."""

from __future__ import annotations

import decimal
from collections.abc import Mapping, Sequence
from decimal import Decimal

from engine import errors
from engine.dmn import values
from engine.dmn.model import Aggregation, Decision, HitPolicy, Rule

#: The outputs of a rule as FEEL values, by the names of the columns.
Row = Mapping[str, object]
Hit = tuple[Rule, Row]


def check_unique(decision: Decision, matching: Sequence[Rule]) -> None:
    """Check that UNIQUE has found no second rule.

    Raises:
        errors.EvaluationFailed: It has; the message names them.
    """
    if decision.hit_policy is HitPolicy.UNIQUE and len(matching) > 1:
        which = "、".join(_named(rule) for rule in matching[:3])
        more = f"等 {len(matching)} 条规则" if len(matching) > 3 else ""
        raise errors.EvaluationFailed(f"命中策略 UNIQUE 要求至多一条规则满足，但{which}{more}同时满足，请修改决策表")


def chosen(decision: Decision, hits: Sequence[Hit]) -> list[Row]:
    """Return the rows of the result, in the order that the hit policy gives.

    Raises:
        errors.EvaluationFailed: The hit policy is violated, or values cannot be aggregated.
    """
    policy = decision.hit_policy
    if policy is HitPolicy.ANY:
        _check_any(hits)
    if policy.ordered_by_output:
        # sorted() is stable: of equal rank, the rule that stands first comes first.
        hits = sorted(hits, key=lambda hit: _rank(decision, hit[1]))
    rows = [row for _, row in hits]
    if decision.aggregation is not None:
        return _aggregated(decision, decision.aggregation, hits)
    return rows[:1] if policy.single else rows


def _check_any(hits: Sequence[Hit]) -> None:
    for rule, row in hits[1:]:
        first_rule, first = hits[0]
        different = [name for name in first if not values.same(first[name], row[name])]
        if different:
            name = different[0]
            was, now = values.describe(first[name]), values.describe(row[name])
            which = f"{_named(first_rule)}（{name} 为{was}）与{_named(rule)}（{name} 为{now}）"
            raise errors.EvaluationFailed(f"命中策略 ANY 要求满足的规则结果相同，但{which}结果不同，请修改决策表")


def _rank(decision: Decision, row: Row) -> tuple[int, ...]:
    # The leftmost ranked column weighs most; columns without a list of values do not rank.
    return tuple(
        next(at for at, value in enumerate(output.priorities) if values.same(value, row[output.name]))
        for output in decision.outputs
        if output.priorities
    )


def _aggregated(decision: Decision, aggregation: Aggregation, hits: Sequence[Hit]) -> list[Row]:
    name = decision.outputs[0].name
    if aggregation is Aggregation.COUNT:
        return [{name: Decimal(len(hits))}]
    if not hits:
        return []
    for rule, row in hits:
        if row[name] is None:
            raise errors.EvaluationFailed(f"{_named(rule)}的输出为空，不能参加 {aggregation} 汇总")
        if aggregation is Aggregation.SUM and not isinstance(row[name], Decimal):
            raise errors.EvaluationFailed(f"SUM 汇总的输出应为数字，{_named(rule)}为{values.describe(row[name])}")
    found = [row[name] for _, row in hits]
    if aggregation is Aggregation.SUM:
        return [{name: _sum([value for value in found if isinstance(value, Decimal)])}]
    best = found[0]
    for value in found[1:]:
        better = values.less(value, best) if aggregation is Aggregation.MIN else values.less(best, value)
        best = value if better else best
    return [{name: best}]


def _sum(numbers: Sequence[Decimal]) -> Decimal:
    total = Decimal(0)
    try:
        for number in numbers:
            total = values.ARITHMETIC.add(total, number)
    except decimal.Overflow:
        raise errors.EvaluationFailed("合计超出范围") from None
    return total


def _named(rule: Rule) -> str:
    return f"第 {rule.number} 条规则（{rule.id}）"

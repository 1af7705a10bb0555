"""Finds rules that can match together, where UNIQUE and ANY say that they must not.

The constants in the cells of a column cut its values into pieces within which every test gives the same answer: the
constants themselves and the gaps between them.  One sample of each piece is put to each cell, by the very code that
evaluates the table; the answers of a cell are the bits of one integer.  Two rules can match together if their bits
meet in every column.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import itertools
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from engine.dmn import columns, syntax, unary, values
from engine.dmn.model import Decision, HitPolicy, Rule
from engine.dmn.report import Report
from engine.dmn.syntax import Scope, Test
from engine.dmn.values import Type

#: Most rules, and most pieces of a column times values in its cells, that are compared: about a second of work.
MAX_RULES = 500
MAX_WORK = 1_000_000
#: Most pairs that are reported one by one.
MAX_PAIRS = 20

_EXACT = decimal.Context(prec=100)


@dataclasses.dataclass(frozen=True, slots=True)
class _Column:
    """One input: samples of its values, which of them may occur, and which each rule accepts (None: unknown)."""

    label: str
    samples: tuple[object, ...]
    domain: int
    masks: tuple[int | None, ...]


def check(decision: Decision, report: Report) -> None:
    """Warn of every two rules that some input matches both, as far as that can be told without variables."""
    if decision.hit_policy not in (HitPolicy.UNIQUE, HitPolicy.ANY):
        return
    work = len(decision.rules) <= MAX_RULES
    compared = [_column(decision, group) for group in _same_input(decision)] if work else [None]
    known = [column for column in compared if column is not None]
    if len(known) < len(compared):
        found = f"{len(decision.rules)} 条规则，条件过多，未检查"
        report.warning(decision, decision.name, "dmn-overlap", "可以检查重叠的决策表", found)
        return
    met = list(itertools.islice(_meetings(decision, known), MAX_PAIRS + 1))
    for first, second, sample in met[:MAX_PAIRS]:
        place = f"{decision.name} · 第 {first.number} 条与第 {second.number} 条规则"
        expected = "互不重叠的规则" if decision.hit_policy is HitPolicy.UNIQUE else "结果相同或互不重叠的规则"
        report.warning(second, place, "dmn-overlap", expected, f"可能同时满足，例如 {sample}")
    if len(met) > MAX_PAIRS:
        report.warning(decision, decision.name, "dmn-overlap", "互不重叠的规则", "还有更多规则互相重叠")


def _meetings(decision: Decision, compared: list[_Column]) -> Iterator[tuple[Rule, Rule, str]]:
    decided = [at for at in range(len(decision.rules)) if all(column.masks[at] is not None for column in compared)]
    for one, other in itertools.combinations(decided, 2):
        common = [(column, (column.masks[one] or 0) & (column.masks[other] or 0)) for column in compared]
        if not all(mask for _, mask in common):
            continue
        first, second = decision.rules[one], decision.rules[other]
        if decision.hit_policy is HitPolicy.ANY and _same_results(first, second):
            continue
        yield first, second, _example(common)


def _same_results(first: Rule, second: Rule) -> bool:
    # Results that depend on variables may be the same: that is for the case to show.
    pairs = list(zip(first.results, second.results, strict=True))
    if not all(columns.constant(one.node) and columns.constant(other.node) for one, other in pairs):
        return True
    nothing = Scope({})
    return all(values.same(one.node.evaluate(nothing), other.node.evaluate(nothing)) for one, other in pairs)


def _example(common: list[tuple[_Column, int]]) -> str:
    shown = []
    for column, mask in common:
        if mask != column.domain:
            sample = column.samples[(mask & -mask).bit_length() - 1]
            gap = isinstance(sample, str) and (not sample or sample.endswith("\0"))
            shown.append(f"{column.label} = {'其他文字' if gap else values.describe(sample)}")
    return "，".join(shown) or "任何输入"


def _same_input(decision: Decision) -> list[list[int]]:
    # Two columns over one expression constrain one value, and are compared as one.
    groups: dict[syntax.Node, list[int]] = {}
    for at, column in enumerate(decision.inputs):
        groups.setdefault(column.expression, []).append(at)
    return list(groups.values())


def _column(decision: Decision, group: list[int]) -> _Column | None:
    """Return the masks of one input, or None if there is too much of it."""
    inputs = [decision.inputs[at] for at in group]
    rows = [[rule.conditions[at].test for at in group] for rule in decision.rules]
    allowed = [one.allowed for one in inputs if one.allowed is not None]
    tests = {test for row in rows for test in row if columns.constant(test)}
    samples = _samples([*tests, *allowed], inputs[0].type)
    if len(samples) * sum(1 for test in tests for _ in columns.operands(test)) > MAX_WORK:
        return None
    domain = (1 << len(samples)) - 1
    for test in allowed:
        domain &= _mask(test, samples) | _mask(unary.Is(syntax.Literal(None)), samples)
    masks = {test: _mask(test, samples) for test in tests}
    accepted: list[int | None] = []
    for row in rows:
        mask: int | None = domain
        for test in row:
            mask = None if mask is None or test not in masks else mask & masks[test]
        accepted.append(mask)
    return _Column(inputs[0].label, samples, domain, tuple(accepted))


def _mask(test: Test, samples: tuple[object, ...]) -> int:
    nothing = Scope({})
    return sum(1 << at for at, sample in enumerate(samples) if test.matches(sample, nothing) is True)


def _samples(tests: list[Test], kind: Type | None) -> tuple[object, ...]:
    """Return one value of every piece into which the constants of the tests cut a column."""
    found: list[object] = []
    for test in tests:
        for node in columns.operands(test):
            value = node.evaluate(Scope({}))
            found.extend(value if isinstance(value, tuple) else (value,))
    nulls: list[object] = [None] if any(value is None for value in found) else []
    keys = sorted({values.order_key(value) for value in found if value is not None})
    if kind is Type.BOOLEAN:
        return (False, True, *nulls)
    if not keys:
        return (Decimal(0), *nulls)
    gaps = [_between(None, keys[0], kind), *(_between(low, high, kind) for low, high in itertools.pairwise(keys))]
    gaps.append(_between(keys[-1], None, kind))
    points = [key for key in keys if kind is not Type.INTEGER or key == key.to_integral_value()]
    return (*points, *(gap for gap in gaps if gap is not None), *nulls)


def _between(low: Any, high: Any, kind: Type | None) -> object:
    """Return a value of the type strictly between two, one of which may be open; None if there is none."""
    sample = low if low is not None else high
    if isinstance(sample, str):
        after = "" if low is None else f"{low}\0"
        return after if high is None or after < high else None
    if isinstance(sample, Decimal):
        return _number_between(low, high, whole=kind is Type.INTEGER)
    step = datetime.timedelta(seconds=1) if isinstance(sample, datetime.datetime) else datetime.timedelta(days=1)
    try:
        if low is None:
            return high - step
        if high is not None and isinstance(sample, datetime.datetime):
            return low + (high - low) / 2 if high - low > datetime.timedelta(microseconds=1) else None
        return low + step if high is None or low + step < high else None
    except OverflowError:
        return None


def _number_between(low: Decimal | None, high: Decimal | None, *, whole: bool) -> Decimal | None:
    if whole:
        if low is None:
            return None if high is None else _EXACT.subtract(high.to_integral_value(decimal.ROUND_CEILING), Decimal(1))
        after = _EXACT.add(low.to_integral_value(decimal.ROUND_FLOOR), Decimal(1))
        return after if high is None or after < high else None
    if low is None:
        return None if high is None else _EXACT.subtract(high, Decimal(1))
    if high is None:
        return _EXACT.add(low, Decimal(1))
    return _EXACT.divide(_EXACT.add(low, high), Decimal(2))

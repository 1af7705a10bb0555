"""Random cells and tables against models of a few lines, and random text against the reader."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import dmn, errors
from engine.dmn import grammar, syntax, values

Model = Callable[[Any], bool]
NOTHING = syntax.Scope({})
quick = settings(max_examples=150, deadline=None)

numbers = st.integers(-6, 6).map(lambda n: Decimal(n) / 2)


def shown(number: object) -> str:
    if isinstance(number, datetime.date):
        return f'date("{number.isoformat()}")'
    return f'"{number}"' if isinstance(number, str) else str(number)


@st.composite
def one_test_over(draw: st.DrawFn, points: st.SearchStrategy[Any]) -> tuple[str, Model]:
    """One positive unary test with the Python that means the same."""
    kind = draw(st.sampled_from(["value", "compare", "range", "list"]))
    if kind == "value":
        point = draw(points)
        return shown(point), lambda x: x == point
    if kind == "compare":
        point, operator = draw(points), draw(st.sampled_from(["<", "<=", ">", ">=", "=", "!="]))
        model: dict[str, Model] = {
            "<": lambda x: x < point,
            "<=": lambda x: x <= point,
            ">": lambda x: x > point,
            ">=": lambda x: x >= point,
            "=": lambda x: x == point,
            "!=": lambda x: x != point,
        }
        return f"{operator} {shown(point)}", model[operator]
    if kind == "list":
        items = draw(st.lists(points, min_size=1, max_size=3))
        return f"[{', '.join(shown(item) for item in items)}]", lambda x: x in items
    low, high = sorted(draw(st.tuples(points, points)))
    if low == high:
        return f"[{shown(low)}..{shown(high)}]", lambda x: x == low
    left, right = draw(st.sampled_from("[(]")), draw(st.sampled_from("])["))
    text = f"{left}{shown(low)}..{shown(high)}{right}"
    return text, lambda x: (x >= low if left == "[" else x > low) and (x <= high if right == "]" else x < high)


@st.composite
def cells_over(draw: st.DrawFn, points: st.SearchStrategy[Any]) -> tuple[str, Model]:
    """A whole cell: several tests, or not(…) of them, or anything."""
    parts = draw(st.lists(one_test_over(points), max_size=3))
    if not parts:
        return "-", lambda _: True
    text, models = ", ".join(text for text, _ in parts), [model for _, model in parts]
    if draw(st.booleans()):
        return f"not({text})", lambda x: not any(model(x) for model in models)
    return text, lambda x: any(model(x) for model in models)


@quick
@given(cells_over(numbers), st.lists(numbers, min_size=1))
def test_cells_over_numbers_mean_what_the_model_means(cell: tuple[str, Model], inputs: list[Decimal]) -> None:
    text, model = cell
    test = grammar.unary_tests(text)

    assert [test.matches(one, NOTHING) for one in inputs] == [model(one) for one in inputs]


dates = st.integers(0, 6).map(lambda day: datetime.date(2026, 2, 26) + datetime.timedelta(days=day))


@quick
@given(cells_over(dates), dates)
def test_cells_over_dates_mean_what_the_model_means(cell: tuple[str, Model], one: datetime.date) -> None:
    text, model = cell

    assert grammar.unary_tests(text).matches(one, NOTHING) is model(one)


@quick
@given(cells_over(st.sampled_from(["", "a", "ab", "b", "公"])), st.sampled_from(["", "a", "aa", "ab", "b", "公", "开"]))
def test_cells_over_strings_mean_what_the_model_means(cell: tuple[str, Model], one: str) -> None:
    text, model = cell

    assert grammar.unary_tests(text).matches(one, NOTHING) is model(one)


@quick
@given(st.lists(st.tuples(cells_over(numbers), cells_over(numbers)), min_size=1, max_size=4))
def test_overlaps_are_reported_exactly_where_they_exist(
    rules: list[tuple[tuple[str, Model], tuple[str, Model]]],
) -> None:
    decision = table(["x", "y"], [[one[0], other[0], "1"] for one, other in rules])
    grid = [Decimal(n) / 4 for n in range(-16, 17)]
    matching = {
        (first, second)
        for first in range(len(rules))
        for second in range(first + 1, len(rules))
        if all(any(rules[first][c][1](v) and rules[second][c][1](v) for v in grid) for c in (0, 1))
    }

    reported = {
        (first, second)
        for first in range(len(rules))
        for second in range(first + 1, len(rules))
        if any(
            warning.element_name == f"t · 第 {first + 1} 条与第 {second + 1} 条规则" for warning in decision.warnings
        )
    }

    assert reported == matching


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(cells_over(numbers), st.integers(0, 4)), min_size=1, max_size=5),
    numbers,
    st.sampled_from(["UNIQUE", "FIRST", "ANY", "PRIORITY", "OUTPUT ORDER", "RULE ORDER", "COLLECT"]),
    st.sampled_from([None, "SUM", "MIN", "MAX", "COUNT"]),
)
def test_hit_policies_do_what_their_definition_says(
    rules: list[tuple[tuple[str, Model], int]], one: Decimal, hit: str, aggregation: str | None
) -> None:
    aggregation = aggregation if hit == "COLLECT" else None
    decision = table(["x"], [[cell[0], str(output)] for cell, output in rules], hit, aggregation, "3,1,4,0,2")
    found = [output for (_, model), output in rules if model(one)]
    ranked = sorted(found, key=[3, 1, 4, 0, 2].index)

    if (hit == "UNIQUE" and len(found) > 1) or (hit == "ANY" and len(set(found)) > 1):
        with pytest.raises(errors.DecisionFailed, match=hit):
            dmn.evaluate(decision, {"x": float(one)})
        return
    result = dmn.evaluate(decision, {"x": float(one)}).mapped("collectEntries")

    expected = {"OUTPUT ORDER": ranked, "PRIORITY": ranked[:1], "RULE ORDER": found, "COLLECT": found}.get(
        hit, found[:1]
    )
    if aggregation is not None:
        fold: dict[str, Callable[[list[int]], int]] = {"SUM": sum, "MIN": min, "MAX": max, "COUNT": len}
        expected = [fold[aggregation](found)] if found or aggregation == "COUNT" else []
    assert result == expected


def table(
    inputs: list[str], rules: list[list[str]], hit: str = "UNIQUE", aggregation: str | None = None, allowed: str = ""
) -> dmn.Decision:
    def entry(tag: str, text: str) -> str:
        return f"<{tag}><text>{text.replace('<', '&lt;')}</text></{tag}>"

    columns = "".join(
        f'<input><inputExpression typeRef="number"><text>{name}</text></inputExpression></input>' for name in inputs
    )
    listed = f"<outputValues><text>{allowed}</text></outputValues>" if allowed else ""
    rows = "".join(
        f"<rule>{''.join(entry('inputEntry', cell) for cell in cells[:-1])}{entry('outputEntry', cells[-1])}</rule>"
        for cells in rules
    )
    with_aggregation = f' aggregation="{aggregation}"' if aggregation else ""
    return dmn.parse(
        f'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"><decision id="t"><decisionTable'
        f' hitPolicy="{hit}"{with_aggregation}>{columns}<output name="r">{listed}</output>{rows}</decisionTable>'
        f"</decision></definitions>".encode(),
        "t.dmn",
    )[0]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**33), 10**33) | st.floats(-1e15, 1e15) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@quick
@given(json_values)
def test_json_values_come_back_as_they_went_in(value: object) -> None:
    assert values.to_json(values.from_json(value)) == value


@quick
@given(st.text(max_size=8))
def test_every_string_can_be_written_in_a_cell(text: str) -> None:
    literal = '"' + "".join(f"\\u{ord(c):04x}" if c in '\\"\n' else c for c in text) + '"'

    assert grammar.expression(literal).evaluate(NOTHING) == text


@quick
@given(st.text(max_size=8), json_values)
def test_equality_of_json_values_is_reflexive(name: str, value: object) -> None:
    scope = syntax.Scope({"x": value, "y": {name: value}})

    assert grammar.expression("x = x").evaluate(scope) is True
    assert grammar.expression("y = y").evaluate(scope) is True
    assert grammar.unary_tests("x").matches(values.from_json(value), scope) is True or value == []


tokens = st.sampled_from(
    [
        *("(", ")", "[", "]", ",", "..", ".", "<", "<=", ">", ">=", "=", "!=", "+", "-", "*", "/", "**", "?", "@"),
        *("x", "y", "1", "2.5", ".5", '"a"', "true", "false", "null", "not", "and", "or", "in", "between"),
        *("if", "then", "else", "date", 'date("2026-01-01")', "date and time(", "list contains(", "count("),
        *("contains(", "公开", "“", "，", '"'),
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(tokens, max_size=14).map(" ".join) | st.text(max_size=30), json_values)
def test_any_cell_is_read_or_refused_and_then_answers_or_fails(text: str, value: object) -> None:
    scope = syntax.Scope({"x": value, "y": 3})
    with contextlib.suppress(errors.InvalidExpression, errors.EvaluationFailed):
        answer = grammar.unary_tests(text).matches(values.from_json(value), scope)
        assert answer in (True, False, None)
    with contextlib.suppress(errors.InvalidExpression, errors.EvaluationFailed):
        values.to_json(grammar.expression(text).evaluate(scope))

"""Rules that can match together are found when the table is deployed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from engine import dmn

Table = Callable[..., dmn.Decision]


def overlaps(decision: dmn.Decision) -> list[str]:
    return [warning.found for warning in decision.warnings if warning.rule == "dmn-overlap"]


@pytest.mark.parametrize(
    ("kind", "first", "second", "example"),
    [
        ("number", "[1..5]", "[5..9]", "数字5"),
        ("number", "[1..5)", "(4..9]", "数字4.5"),
        ("number", "< 5", "> 4", "数字4.5"),
        ("number", "<= 5", ">= 5", "数字5"),
        ("number", "1,2,10", "[9..11]", "数字10"),
        ("number", "not(3)", "[3..4]", "数字4"),
        ("number", "not(3)", "not(4)", "数字2"),
        ("number", "-", "5", "数字5"),
        ("number", "5", "2 + 3", "数字5"),
        ("integer", "< 5", "> 3", "数字4"),
        ("string", '"a","b"', '"b","c"', "文字“b”"),
        ("string", 'not("a")', '"b"', "文字“b”"),
        ("string", 'not("a")', 'not("b")', "其他文字"),
        ("string", '["a".."c"]', '"b"', "文字“b”"),
        ("boolean", "true", "-", "布尔值true"),
        ("boolean", "not(true)", "false", "布尔值false"),
        ("date", '<= @"2026-05-01"', '>= @"2026-05-01"', "日期“2026-05-01”"),
        ("date", '< @"2026-05-03"', '> @"2026-05-01"', "日期“2026-05-02”"),
        ("dateTime", '< @"2026-05-01T09:00:00"', '> @"2026-05-01T08:00:00"', "2026-05-01T08:30:00"),
        ("dateTime", '@"2026-05-01T08:00:00+08:00"', '@"2026-05-01T00:00:00Z"', "2026-05-01T"),
        ("number", "null", "not(3)", "空值"),
        ("Any", "null", "-", "空值"),
        ("Any", "not(null)", "-", "数字0"),
    ],
)
def test_overlapping_cells_are_reported_with_an_example(
    table: Table, kind: str, first: str, second: str, example: str
) -> None:
    decision = table([("x", kind)], rules=[[first, "1"], [second, "2"]])

    assert len(overlaps(decision)) == 1
    assert overlaps(decision)[0].startswith("可能同时满足，例如 ")
    assert example in overlaps(decision)[0]
    warning = decision.warnings[-1]
    assert warning.severity == "warning"
    assert warning.element_name == "审查 · 第 1 条与第 2 条规则"
    assert warning.element_id == "check_r2"


@pytest.mark.parametrize(
    ("kind", "cells"),
    [
        ("number", ["< 1", "[1..5)", "[5..9]", "> 9"]),
        ("number", ["1", "2", "not(1,2)"]),
        ("integer", ["<= 4", ">= 5"]),
        ("integer", ["< 5", "> 4"]),
        ("integer", ["(4..5)", "-5"]),
        ("integer", ["4.5", "not(4.5, 5)", "5"]),
        ("string", ['"a"', '"b"', 'not("a","b")']),
        ("string", ['< "b"', '>= "b"']),
        ("boolean", ["true", "false"]),
        ("boolean", ["true", "not(true)"]),
        ("date", ['< @"2026-05-01"', '@"2026-05-01"', '> @"2026-05-01"']),
        ("date", ['< @"2026-05-02"', '> @"2026-05-01"']),
        ("dateTime", ['< @"2026-05-01T08:00:00"', '>= @"2026-05-01T00:00:00Z"']),
        ("Any", ["null", "not(null)"]),
        ("number", ["null", ">= 0", "< 0"]),
    ],
)
def test_cells_that_exclude_each_other_are_not_reported(table: Table, kind: str, cells: Sequence[str]) -> None:
    assert overlaps(table([("x", kind)], rules=[[cell, "1"] for cell in cells])) == []


def test_one_excluding_column_is_enough(table: Table) -> None:
    decision = table([("x", "number"), ("y", "string")], rules=[["> 0", '"a"', "1"], ["> 5", '"b"', "2"]])

    assert overlaps(decision) == []


def test_columns_of_one_variable_are_taken_together(table: Table) -> None:
    decision = table([("x", "number"), ("x", "number")], rules=[["> 0", "< 5", "1"], ["> 4", ">= 5", "2"]])

    assert overlaps(decision) == []


def test_allowed_values_bound_what_can_occur(table: Table) -> None:
    column = {"text": "x", "type": "string", "allowed": '"a","b"'}

    assert overlaps(table([column], rules=[['not("a")', "1"], ['not("b")', "2"]])) == []


def test_rules_that_depend_on_variables_are_not_judged(table: Table) -> None:
    decision = table([("x", "number"), ("y", "number")], rules=[["> limit", "-", "1"], ["> 5", "-", "2"]])

    assert overlaps(decision) == []
    assert overlaps(table([("x", "string")], rules=[['contains(?, "a")', "1"], ["-", "2"]])) == []


def test_rules_without_any_condition_overlap_on_any_input(table: Table) -> None:
    assert overlaps(table(["x", "y"], rules=[["-", "", "1"], ["", "-", "2"]])) == ["可能同时满足，例如 任何输入"]


def test_an_example_names_every_column_that_matters(table: Table) -> None:
    decision = table(
        [("x", "number"), ("y", "string"), ("z", "boolean")],
        rules=[["> 0", '"a"', "-", "1"], ["> 5", '"a","b"', "-", "2"]],
    )

    assert overlaps(decision) == ["可能同时满足，例如 x = 数字6，y = 文字“a”"]


def test_any_reports_only_rules_whose_results_differ(table: Table) -> None:
    rules = [["> 0", '"a"'], ["> 5", '"a"'], ["> 9", '"b"'], ["> 3", "x"]]
    decision = table([("x", "number")], rules=rules, hit="ANY")

    names = [warning.element_name for warning in decision.warnings]
    assert names == ["审查 · 第 1 条与第 3 条规则", "审查 · 第 2 条与第 3 条规则"]


@pytest.mark.parametrize("hit", ["FIRST", "RULE ORDER", "COLLECT"])
def test_hit_policies_that_want_several_matches_are_silent(table: Table, hit: str) -> None:
    assert overlaps(table(["x"], rules=[["-", "1"], ["-", "2"]], hit=hit)) == []


def test_many_overlaps_are_cut_short(table: Table) -> None:
    found = overlaps(table(["x"], rules=[["-", "1"]] * 30))

    assert len(found) == 21
    assert found[-1] == "还有更多规则互相重叠"


def test_a_table_too_large_to_compare_says_so(table: Table) -> None:
    found = overlaps(table([("x", "number")], rules=[[f"{n}", "1"] for n in range(501)]))

    assert found == ["501 条规则，条件过多，未检查"]


def test_extreme_dates_and_numbers_are_compared(table: Table) -> None:
    dates = [['>= @"0001-01-01"', "1"], ['> @"9999-12-31"', "2"]]
    times = [['>= @"0001-01-01T00:00:00"', "1"], ['<= @"9999-12-31T23:59:59Z"', "2"]]
    largest = "9" * 34
    numbers = [[f"[{largest[:-1]}8..{largest}]", "1"], [f"({largest[:-1]}7..{largest})", "2"]]

    assert overlaps(table([("x", "date")], rules=dates)) == []
    assert len(overlaps(table([("x", "dateTime")], rules=times))) == 1
    assert len(overlaps(table([("x", "number")], rules=numbers))) == 1
    assert len(overlaps(table([("x", "integer")], rules=numbers))) == 1

"""What several matching rules give under each hit policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine import dmn, errors

Table = Callable[..., dmn.Decision]

#: x > 0, x > 5, x > 10: the more the input, the more rules match.
STEPS = [["> 0", '"低"'], ["> 5", '"中"'], ["> 10", '"高"']]


def rows(decision: dmn.Decision, **variables: object) -> list[dict[str, object]]:
    return list(dmn.evaluate(decision, variables).rows)


def test_unique_gives_the_one_rule_that_matches(table: Table) -> None:
    decision = table([("x", "number")], rules=[["<= 5", '"低"'], ["> 5", '"高"']])

    assert rows(decision, x=5) == [{"result": "低"}]
    assert rows(decision, x=6) == [{"result": "高"}]


def test_unique_is_the_default(table: Table) -> None:
    decision = table([("x", "number")], rules=STEPS, hit=None)

    assert decision.hit_policy is dmn.HitPolicy.UNIQUE


def test_unique_refuses_a_second_match_and_names_the_rules(table: Table) -> None:
    decision = table([("x", "number")], rules=STEPS)

    with pytest.raises(errors.DecisionFailed) as caught:
        dmn.evaluate(decision, {"x": 20})

    message = caught.value.message
    assert "决策“审查”（check）求值失败" in message
    assert "第 1 条规则（check_r1）、第 2 条规则（check_r2）、第 3 条规则（check_r3）同时满足" in message
    assert caught.value.details["decision"] == "check"


def test_a_violation_by_many_rules_stays_readable(table: Table) -> None:
    decision = table(["x"], rules=[["-", "1"]] * 100)

    with pytest.raises(errors.DecisionFailed, match="第 3 条规则（check_r3）等 100 条规则同时满足"):
        dmn.evaluate(decision, {"x": 20})


def test_unique_with_equal_results_is_still_a_violation(table: Table) -> None:
    decision = table([("x", "number")], rules=[["> 0", "1"], ["> 5", "1"]])

    with pytest.raises(errors.DecisionFailed, match="UNIQUE"):
        dmn.evaluate(decision, {"x": 6})


def test_first_gives_the_first_in_the_order_of_the_table(table: Table) -> None:
    decision = table([("x", "number")], rules=list(reversed(STEPS)), hit="FIRST")

    assert rows(decision, x=20) == [{"result": "高"}]
    assert rows(decision, x=7) == [{"result": "中"}]
    assert rows(decision, x=0) == []


def test_first_does_not_look_at_later_rules(table: Table) -> None:
    decision = table([("x", "number")], rules=[["> 0", "1"], ["> missing", "2"]], hit="FIRST")

    assert rows(decision, x=1) == [{"result": 1}]
    with pytest.raises(errors.DecisionFailed, match="缺少变量“missing”"):
        dmn.evaluate(decision, {"x": 0})


def test_any_accepts_equal_results(table: Table) -> None:
    decision = table([("x", "number")], ["level", "days"], [["> 0", '"a"', "1"], ["> 5", '"a"', "1.0"]], hit="ANY")

    result = dmn.evaluate(decision, {"x": 6})

    assert list(result.rows) == [{"level": "a", "days": 1}]
    assert [match.number for match in result.matched] == [1, 2]


def test_any_refuses_different_results_and_names_them(table: Table) -> None:
    decision = table([("x", "number")], ["level", "days"], [["> 0", '"a"', "1"], ["> 5", '"a"', "2"]], hit="ANY")

    with pytest.raises(errors.DecisionFailed) as caught:
        dmn.evaluate(decision, {"x": 6})

    assert "ANY" in caught.value.message
    assert (
        "第 1 条规则（check_r1）（days 为数字1）与第 2 条规则（check_r2）（days 为数字2）结果不同"
        in caught.value.message
    )


def test_priority_follows_the_order_of_output_values(table: Table) -> None:
    output = {"text": "result", "allowed": '"高","中","低"'}
    decision = table([("x", "number")], [output], STEPS, hit="PRIORITY")

    assert rows(decision, x=20) == [{"result": "高"}]
    assert rows(decision, x=7) == [{"result": "中"}]
    assert rows(decision, x=1) == [{"result": "低"}]


def test_priority_of_several_outputs_weighs_the_leftmost_most(table: Table) -> None:
    outputs = [
        {"text": "a", "allowed": "1,2"},
        {"text": "note"},
        {"text": "b", "allowed": '"x","y"'},
    ]
    rules = [["-", "2", '"first"', '"x"'], ["-", "1", '"second"', '"y"'], ["-", "1", '"third"', '"x"']]
    decision = table([("x", "number")], outputs, rules, hit="PRIORITY")

    assert rows(decision, x=0) == [{"a": 1, "note": "third", "b": "x"}]


def test_priority_of_equal_rank_is_decided_by_the_order_of_rules(table: Table) -> None:
    outputs = [{"text": "a", "allowed": "1,2"}, {"text": "note"}]
    decision = table(["x"], outputs, [["-", "2", '"a"'], ["-", "1", '"b"'], ["-", "1", '"c"']], hit="PRIORITY")

    assert rows(decision, x=0) == [{"a": 1, "note": "b"}]


def test_output_order_sorts_all_matches(table: Table) -> None:
    output = {"text": "result", "allowed": '["高","中","低"]'}
    decision = table([("x", "number")], [output], STEPS, hit="OUTPUT ORDER")

    assert rows(decision, x=20) == [{"result": "高"}, {"result": "中"}, {"result": "低"}]
    assert rows(decision, x=6) == [{"result": "中"}, {"result": "低"}]
    assert rows(decision, x=0) == []


def test_rule_order_gives_all_matches_in_the_order_of_the_table(table: Table) -> None:
    decision = table([("x", "number")], rules=STEPS, hit="RULE ORDER")

    assert rows(decision, x=20) == [{"result": "低"}, {"result": "中"}, {"result": "高"}]
    assert rows(decision, x=0) == []


def test_collect_gives_all_matches(table: Table) -> None:
    decision = table([("x", "number")], ["a", "b"], [["> 0", "1", '"p"'], ["> 5", "1", '"p"']], hit="COLLECT")

    assert rows(decision, x=20) == [{"a": 1, "b": "p"}, {"a": 1, "b": "p"}]
    assert rows(decision, x=0) == []


@pytest.mark.parametrize(
    ("aggregation", "result", "nothing"),
    [("SUM", 30.3, []), ("MIN", 0.1, []), ("MAX", 20, []), ("COUNT", 4, [{"result": 0}])],
)
def test_collect_aggregates(table: Table, aggregation: str, result: object, nothing: list[Any]) -> None:
    rules = [["> 0", "0.1"], ["> 5", "0.2"], ["> 5", "10"], ["> 5", "x"]]
    decision = table([("x", "number")], rules=rules, hit="COLLECT", aggregation=aggregation)

    assert rows(decision, x=20) == [{"result": result}]
    assert rows(decision, x=0) == nothing


def test_min_and_max_know_the_order_of_dates_and_strings(table: Table) -> None:
    dates = [["-", 'date("2026-02-01")'], ["-", 'date("2026-01-31")']]
    words = [["-", '"b"'], ["-", '"a"']]

    assert rows(table(["x"], rules=dates, hit="COLLECT", aggregation="MIN"), x=0) == [{"result": "2026-01-31"}]
    assert rows(table(["x"], rules=dates, hit="COLLECT", aggregation="MAX"), x=0) == [{"result": "2026-02-01"}]
    assert rows(table(["x"], rules=words, hit="COLLECT", aggregation="MAX"), x=0) == [{"result": "b"}]


def test_count_counts_rules_not_distinct_values(table: Table) -> None:
    decision = table(["x"], rules=[["-", '"a"'], ["-", '"a"'], ["-", ""]], hit="COLLECT", aggregation="COUNT")

    assert rows(decision, x=0) == [{"result": 3}]


@pytest.mark.parametrize(
    ("aggregation", "cells", "message"),
    [
        ("SUM", ["1", ""], "第 2 条规则（check_r2）的输出为空，不能参加 SUM 汇总"),
        ("MAX", ["1", "null"], "不能参加 MAX 汇总"),
        ("SUM", ["1", '"a"'], "SUM 汇总的输出应为数字，第 2 条规则（check_r2）为文字“a”"),
        ("MIN", ["1", '"a"'], "不能比较文字“a”与数字1的大小"),
        ("MAX", ["true", "false"], "不能比较布尔值true与布尔值false的大小"),
    ],
)
def test_what_cannot_be_aggregated_is_an_error(table: Table, aggregation: str, cells: list[str], message: str) -> None:
    decision = table(["x"], rules=[["-", cell] for cell in cells], hit="COLLECT", aggregation=aggregation)

    with pytest.raises(errors.DecisionFailed) as caught:
        dmn.evaluate(decision, {"x": 0})

    assert message in caught.value.message


def test_a_sum_out_of_range_is_an_error(table: Table) -> None:
    large = "10 ** 300"
    decision = table(["x"], rules=[["-", large]] * 20, hit="COLLECT", aggregation="SUM")

    with pytest.raises(errors.DecisionFailed, match="合计超出范围"):
        dmn.evaluate(decision, {"x": 0})


@pytest.mark.parametrize("hit", ["UNIQUE", "FIRST", "ANY", "RULE ORDER", "COLLECT"])
def test_without_a_match_the_defaults_are_the_result(table: Table, hit: str) -> None:
    outputs = [{"text": "level", "default": '"人工"'}, {"text": "days", "default": "x + 5"}, {"text": "note"}]
    decision = table([("x", "number")], outputs, [["> 9", '"a"', "1", '"n"']], hit=hit)

    result = dmn.evaluate(decision, {"x": 0})

    assert list(result.rows) == [{"level": "人工", "days": 5, "note": None}]
    assert result.by_default
    assert result.matched == ()
    assert not dmn.evaluate(decision, {"x": 10}).by_default


def test_a_default_is_aggregated_as_the_only_value(table: Table) -> None:
    decision = table(["x"], [{"text": "sum", "default": "7"}], [["> 9", "1"]], hit="COLLECT", aggregation="SUM")

    assert rows(decision, x=0) == [{"sum": 7}]
    assert rows(decision, x=10) == [{"sum": 1}]


@pytest.mark.parametrize(
    ("mapping", "hit", "expected"),
    [
        ("singleEntry", "FIRST", "低"),
        ("singleResult", "FIRST", {"result": "低"}),
        ("collectEntries", "FIRST", ["低"]),
        ("resultList", "FIRST", [{"result": "低"}]),
        ("collectEntries", "COLLECT", ["低", "中", "高"]),
        ("resultList", "RULE ORDER", [{"result": "低"}, {"result": "中"}, {"result": "高"}]),
    ],
)
def test_results_are_mapped_as_camunda_does(table: Table, mapping: str, hit: str, expected: object) -> None:
    decision = table([("x", "number")], rules=STEPS, hit=hit)

    assert dmn.evaluate(decision, {"x": 20}).mapped(mapping) == expected


@pytest.mark.parametrize(
    ("mapping", "expected"), [("singleEntry", None), ("singleResult", None), ("collectEntries", []), ("resultList", [])]
)
def test_no_match_is_mapped_to_nothing(table: Table, mapping: str, expected: object) -> None:
    assert dmn.evaluate(table([("x", "number")], rules=STEPS), {"x": 0}).mapped(mapping) == expected


def test_a_mapping_that_does_not_fit_says_so(table: Table) -> None:
    several = dmn.evaluate(table(["x"], rules=[["-", "1"], ["-", "2"]], hit="COLLECT"), {"x": 0})
    wide = dmn.evaluate(table(["x"], ["a", "b"], [["-", "1", "2"]]), {"x": 0})

    with pytest.raises(errors.DecisionFailed, match="应只有一行结果，现有 2 行"):
        several.mapped("singleEntry")
    with pytest.raises(errors.DecisionFailed, match="应只有一行结果，现有 2 行"):
        several.single()
    with pytest.raises(errors.DecisionFailed, match="有 2 个输出，不能用 singleEntry"):
        wide.mapped("singleEntry")
    with pytest.raises(errors.InvalidInput, match="现为“first”"):
        wide.mapped("first")

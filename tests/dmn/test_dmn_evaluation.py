"""Evaluating a table on the JSON variables of a case: types, allowed values, missing variables, results."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable, Mapping
from types import MappingProxyType

import pytest

from engine import dmn, errors

Table = Callable[..., dmn.Decision]


def failure(decision: dmn.Decision, variables: Mapping[str, object]) -> str:
    with pytest.raises(errors.DecisionFailed) as caught:
        dmn.evaluate(decision, variables)
    return caught.value.message


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("string", '"5"', "5"),
        ("number", "5", 5),
        ("number", "5", 5.0),
        ("double", "5.5", 5.5),
        ("integer", "5", 5),
        ("integer", "5", 5.0),
        ("long", "5", 5),
        ("boolean", "true", True),
        ("date", '@"2026-01-01"', "2026-01-01"),
        ("dateTime", '@"2026-01-01T08:00:00"', "2026-01-01T08:00:00+08:00"),
        ("date and time", '@"2026-01-01T00:00:00"', "2026-01-01"),
        ("Any", "5", 5),
        ("feel:number", "5", 5),
    ],
)
def test_declared_types_are_read_from_json(table: Table, kind: str, cell: str, value: object) -> None:
    decision = table([("x", kind)], rules=[[cell, '"yes"']])

    assert dmn.evaluate(decision, {"x": value}).mapped("singleEntry") == "yes"


@pytest.mark.parametrize(
    ("kind", "cell", "value", "found"),
    [
        ("string", '"5"', 5, "应为文字，现为数字5"),
        ("string", '"a"', ["a"], "应为文字，现为列表"),
        ("string", '"a"', {"a": 1}, "应为文字，现为对象"),
        ("number", "5", "5", "应为数字，现为文字“5”"),
        ("number", "1", True, "应为数字，现为布尔值true"),
        ("integer", "5", 5.5, "应为整数，现为数字5.5"),
        ("integer", "5", "5", "应为整数，现为文字“5”"),
        ("boolean", "true", "true", "应为布尔值，现为文字“true”"),
        ("boolean", "true", 1, "应为布尔值，现为数字1"),
        ("date", '@"2026-01-01"', "2026-1-1", "应为日期（如 2026-01-01），现为文字“2026-1-1”"),
        ("date", '@"2026-01-01"', "2026-02-30", "应为日期（如 2026-01-01）"),
        ("date", '@"2026-01-01"', "2026-01-01T00:00:00", "应为日期（如 2026-01-01）"),
        ("date", '@"2026-01-01"', 20260101, "应为日期，现为数字20260101"),
        ("dateTime", '@"2026-01-01T08:00:00"', "今天", "应为日期时间（如 2026-01-01T08:00:00+08:00）"),
        ("number", "5", float("nan"), "数字超出范围"),
    ],
)
def test_values_of_another_type_are_errors_that_name_the_input(
    table: Table, kind: str, cell: str, value: object, found: str
) -> None:
    decision = table([{"text": "x", "type": kind, "label": "申请金额"}], rules=[[cell, '"yes"']])

    message = failure(decision, {"x": value})

    assert message.startswith("决策“审查”（check）求值失败：输入“申请金额”：")
    assert found in message


def test_an_undeclared_column_has_the_type_of_its_cells(table: Table) -> None:
    decision = table(["due"], rules=[['< date("2026-05-01")', '"early"'], ['>= date("2026-05-01")', '"late"']])

    assert dmn.evaluate(decision, {"due": "2026-04-30"}).mapped("singleEntry") == "early"
    assert "应为日期" in failure(decision, {"due": "明天"})


def test_missing_variables_are_errors_and_null_is_a_value(table: Table) -> None:
    decision = table([("case.days", "number")], rules=[["null", '"open"'], ["> 0", '"set"']])

    assert dmn.evaluate(decision, {"case": {"days": None}}).mapped("singleEntry") == "open"
    assert dmn.evaluate(decision, {"case": None}).mapped("singleEntry") == "open"
    assert "输入“case.days”：缺少变量“case”" in failure(decision, {})
    assert "“case”中缺少“days”" in failure(decision, {"case": {}})
    assert "“case”应为对象" in failure(decision, {"case": [1]})


def test_a_failing_cell_is_named_with_rule_and_text(table: Table) -> None:
    decision = table([("x", "number")], rules=[["1", '"a"'], ["> limit", '"b"'], ["3", "1 / (x - 3)"]])

    with pytest.raises(errors.DecisionFailed) as caught:
        dmn.evaluate(decision, {"x": 2})
    assert "第 2 条规则（check_r2）输入“x”单元格“> limit”：缺少变量“limit”" in caught.value.message
    assert caught.value.details == {"decision": "check", "file": "审查.dmn", "rule": 2}

    assert "第 3 条规则（check_r3）输出“result”单元格“1 / (x - 3)”：除数为零" in failure(decision, {"x": 3, "limit": 9})


def test_input_values_are_checked(table: Table) -> None:
    column = {"text": "level", "type": "string", "allowed": '"公开","内部"', "label": "级别"}
    decision = table([column], rules=[["-", '"ok"']])

    assert dmn.evaluate(decision, {"level": "内部"}).mapped("singleEntry") == "ok"
    assert dmn.evaluate(decision, {"level": None}).mapped("singleEntry") == "ok"
    assert '输入“级别”：应为允许值 "公开","内部" 之一，现为文字“绝密”' in failure(decision, {"level": "绝密"})


def test_input_values_may_be_a_range(table: Table) -> None:
    decision = table([{"text": "x", "type": "number", "allowed": "[0..100]"}], rules=[["-", '"ok"']])

    assert dmn.evaluate(decision, {"x": 100}).mapped("singleEntry") == "ok"
    assert "[0..100]" in failure(decision, {"x": 101})


def test_output_values_and_types_are_checked_on_what_is_computed(table: Table) -> None:
    outputs = [{"text": "days", "type": "integer", "allowed": "[1..30]"}, {"text": "due", "type": "date"}]
    decision = table([("x", "number")], outputs, [["-", "x * 2", "until"]])

    assert dmn.evaluate(decision, {"x": 5, "until": "2026-05-01"}).single() == {"days": 10, "due": "2026-05-01"}
    assert dmn.evaluate(decision, {"x": None, "until": None}).single() == {"days": None, "due": None}
    assert "输出“days”单元格“x * 2”：应为 [1..30] 之一，现为数字40" in failure(decision, {"x": 20, "until": None})
    assert "应为整数，现为数字0.5" in failure(decision, {"x": 0.25, "until": None})
    assert "输出“due”单元格“until”：应为日期" in failure(decision, {"x": 1, "until": "五一"})


def test_a_computed_null_cannot_be_ranked(table: Table) -> None:
    decision = table(["x"], [{"text": "r", "allowed": '"a","b"'}], [["-", "x"]], hit="PRIORITY")

    assert dmn.evaluate(decision, {"x": "b"}).mapped("singleEntry") == "b"
    assert "按优先级排列的输出不能为空" in failure(decision, {"x": None})
    assert '应为 "a","b" 之一，现为文字“c”' in failure(decision, {"x": "c"})


@pytest.mark.parametrize(("alias", "cell"), [("amount", "amount > 3"), ("", "cellInput > 3"), ("amount", "? > 3")])
def test_the_camunda_input_variable_is_the_value_in_the_cells(table: Table, alias: str, cell: str) -> None:
    column = {"text": "order.total + 1", "type": "number"} | ({"alias": alias} if alias else {})
    decision = table([column], rules=[[cell, "order.total"]])

    assert dmn.evaluate(decision, {"order": {"total": 3}}).mapped("singleEntry") == 3
    assert dmn.evaluate(decision, {"order": {"total": 2}}).mapped("singleEntry") is None


def test_several_columns_must_all_match(table: Table) -> None:
    decision = table(
        [("kind", "string"), ("days", "integer"), ("urgent", "boolean")],
        ["way", "fee"],
        [
            ['"公民","法人"', "<= 20", "false", '"普通"', "0"],
            ['"公民","法人"', "<= 20", "true", '"加急"', "days * 0.5"],
            ['not("公民","法人")', "-", "-", '"退回"', ""],
        ],
    )

    assert dmn.evaluate(decision, {"kind": "公民", "days": 5, "urgent": True}).single() == {"way": "加急", "fee": 2.5}
    assert dmn.evaluate(decision, {"kind": "法人", "days": 21, "urgent": True}).single() is None
    assert dmn.evaluate(decision, {"kind": "媒体", "days": 21, "urgent": None}).single() == {"way": "退回", "fee": None}


def test_a_null_answer_does_not_match(table: Table) -> None:
    decision = table([("x", "number"), ("y", "number")], rules=[["> 3", "-", '"a"'], ["not(> 3)", "-", '"b"']])

    assert dmn.evaluate(decision, {"x": None, "y": 1}).rows == ()


def test_a_literal_expression_is_a_decision(file: Callable[..., bytes]) -> None:
    markup = (
        '<decision id="fee" name="费用"><variable id="v" name="amount" typeRef="number"/>'
        '<literalExpression id="le"><text>if pages &gt; 10 then pages * 0.5 else 0</text></literalExpression></decision>'
    )
    decision = dmn.parse(file(markup), "a.dmn")[0]

    assert dmn.evaluate(decision, {"pages": 11}).single() == {"amount": 5.5}
    assert dmn.evaluate(decision, {"pages": 10}).mapped("singleEntry") == 0
    assert "输出“amount”" in failure(decision, {"pages": "多"})


def test_a_literal_expression_keeps_its_declared_type(file: Callable[..., bytes]) -> None:
    markup = (
        '<decision id="d" name="d"><literalExpression typeRef="number"><text>x</text></literalExpression></decision>'
    )

    assert "应为数字，现为文字“a”" in failure(dmn.parse(file(markup), "a.dmn")[0], {"x": "a"})


def test_a_table_without_inputs_always_decides(table: Table) -> None:
    decision = table([], ["a"], [["1 + 1"]])

    assert dmn.evaluate(decision, {}).single() == {"a": 2}


def test_the_only_output_may_go_without_a_name(table: Table) -> None:
    decision = table(["x"], [""], [["-", "1"]])

    assert dmn.evaluate(decision, {"x": 0}).single() == {"check": 1}


def test_variables_are_neither_changed_nor_shared(table: Table) -> None:
    decision = table(["x"], ["copy"], [["-", "x"]])
    variables = {"x": {"list": [1, {"deep": True}]}}
    before = copy.deepcopy(variables)

    row = dmn.evaluate(decision, MappingProxyType(variables)).single()
    assert row is not None
    row["copy"]["list"].append(2)  # type: ignore[index]

    assert variables == before


def test_results_are_json_and_explain_the_rules(table: Table) -> None:
    decision = table(
        [("x", "number")],
        ["a", "b"],
        [["-", "x / 4", '[@"2026-01-01", null, true]']],
        rule_extra="<description>依据第九条</description><annotationEntry><text>备注</text></annotationEntry>",
    )

    result = dmn.evaluate(decision, {"x": 1})

    assert result.rows == ({"a": 0.25, "b": ["2026-01-01", None, True]},)
    assert result.matched == (dmn.Match(1, "check_r1", ("依据第九条", "备注"), dict(result.rows[0])),)
    assert json.loads(json.dumps(result.explain(), ensure_ascii=False))["inputs"][0]["value"] == 1


def test_decisions_survive_pickling(table: Table) -> None:
    decision = table(["x"], rules=[['contains(?, "密"), starts with(?, "公")', "x"]])

    again = pickle.loads(pickle.dumps(decision))

    assert again == decision
    assert dmn.evaluate(again, {"x": "公开"}).mapped("singleEntry") == "公开"


def test_deeply_nested_variables_are_an_error_not_a_crash(table: Table) -> None:
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]

    assert "嵌套过深" in failure(table(["x"], rules=[["-", "1"]]), {"x": deep})

"""Input cells: every form of unary test on every type, and what is unknown stays unknown."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from engine import errors
from engine.dmn import grammar, syntax, values
from engine.dmn.values import Type

SCOPE = syntax.Scope(
    {
        "limit": 10,
        "name": "公开",
        "deadline": "2026-05-01",
        "closing": "2026-05-01T17:00:00",
        "levels": ["内部", "秘密"],
        "case": {"limit": 3, "tags": ["a", "b"], "empty": None},
        "nothing": None,
    }
)


def ask(cell: str, value: object, kind: Type | None = None) -> bool | None:
    typed = values.coerce(values.from_json(value), kind)
    return grammar.unary_tests(cell, frozenset({"cellInput"})).matches(typed, SCOPE)


@pytest.mark.parametrize(
    ("cell", "yes", "no"),
    [
        ("5", [5, 5.0], [4, 5.1, -5]),
        ("-5", [-5], [5]),
        ("0.5", [0.5], [5, 0.05]),
        (".5", [0.5], [5]),
        ("= 5", [5], [4]),
        ("!= 5", [4], [5]),
        ("< 5", [4.999, -1], [5, 6]),
        ("<= 5", [5, 4], [5.0001]),
        ("> 5", [5.0001], [5, 4]),
        (">= 5", [5, 6], [4.9999]),
        ("> -5", [-4, 0], [-5, -6]),
        ("1,2,10", [1, 2, 10], [3, 0, 11, 12]),
        ("1, [5..7], > 100", [1, 5, 6, 7, 101], [2, 4, 8, 100]),
        ("[1..5]", [1, 3, 5], [0.9, 5.1]),
        ("(1..5]", [1.1, 5], [1, 0]),
        ("[1..5)", [1, 4.9], [5, 6]),
        ("(1..5)", [1.1, 4.9], [1, 5]),
        ("]1..5]", [1.1, 5], [1]),
        ("[1..5[", [1, 4.9], [5]),
        ("]1..5[", [1.1, 4.9], [1, 5]),
        ("[-5..-1]", [-5, -3, -1], [-6, 0]),
        ("[0.1..0.3]", [0.1, 0.2, 0.3], [0.09, 0.31]),
        ("[1..1]", [1], [0, 2]),
        ("not(3)", [2, 4], [3]),
        ("not(1,2,10)", [3, 9], [1, 2, 10]),
        ("not([1..5])", [0, 6], [1, 5]),
        ("not(< 5)", [5, 6], [4]),
        ("not([1..3], > 7)", [4, 7], [1, 8]),
        ("[1,2,10]", [1, 2, 10], [3]),
        ("[]", [], [1]),
        ("-", [1, 0, -1], []),
        ("", [1, 0], []),
        ("  -  ", [1], []),
        ("limit", [10], [9]),
        ("< limit", [9], [10]),
        ("[1..limit)", [1, 9], [10]),
        ("case.limit * 2 + 1", [7], [6]),
        ("> case.limit ** 2", [10], [9]),
        ("(1 + 2) * 3", [9], [7]),
        ("? > 3 and ? < 5", [4], [3, 5]),
        ("cellInput > 3", [4], [3]),
        ("? / 2 > case.limit", [7], [6]),
        ("? in [1..3] or ? = 7", [2, 7], [4]),
        ("? between 1 and 3", [1, 3], [0, 4]),
        ("not(? > 3)", [3], [4]),
        ("if ? > limit then false else true", [10], [11]),
    ],
)
def test_numbers(cell: str, yes: list[float], no: list[float]) -> None:
    for value in yes:
        assert ask(cell, value, Type.NUMBER) is True, value
    for value in no:
        assert ask(cell, value, Type.NUMBER) is False, value


@pytest.mark.parametrize(
    ("cell", "yes", "no"),
    [
        ('"公开"', ["公开"], ["不公开", "", "公开 "]),
        ('""', [""], [" "]),
        ('= "公开"', ["公开"], ["不公开"]),
        ('!= "公开"', ["不公开"], ["公开"]),
        ('"公开","部分公开"', ["公开", "部分公开"], ["不公开"]),
        ('not("公开","部分公开")', ["不公开", ""], ["公开", "部分公开"]),
        ('"a,b"', ["a,b"], ["a", "b"]),
        ('"他说\\"好\\""', ['他说"好"'], ["他说好"]),
        (r'"a\\b\n\u516c"', ["a\\b\n公"], ["a"]),
        (r'"\uD83D\uDE00"', ["😀"], [""]),
        ('"-"', ["-"], ["x"]),
        ('["b".."d"]', ["b", "c", "czz", "d"], ["a", "da"]),
        ('< "b"', ["a", ""], ["b", "c"]),
        ("name", ["公开"], ["name"]),
        ("levels", ["内部", "秘密"], ["公开", "levels"]),
        ("not(levels)", ["公开"], ["秘密"]),
        ("case.tags", ["a"], ["c"]),
        ('["内部", "秘密"]', ["内部"], ["公开"]),
        ('name + "件"', ["公开件"], ["公开"]),
        ('contains(?, "密")', ["秘密", "机密件"], ["公开"]),
        ('starts with(?, "依申请")', ["依申请公开"], ["主动公开"]),
        ('ends with(?, "公开")', ["依申请公开"], ["公开件"]),
        ('contains(?, "密") and not(? = "秘密")', ["机密"], ["秘密", "公开"]),
    ],
)
def test_strings(cell: str, yes: list[str], no: list[str]) -> None:
    for value in yes:
        assert ask(cell, value, Type.STRING) is True, value
    for value in no:
        assert ask(cell, value, Type.STRING) is False, value


@pytest.mark.parametrize(
    ("cell", "yes", "no"),
    [
        ("true", [True], [False]),
        ("false", [False], [True]),
        ("not(true)", [False], [True]),
        ("true,false", [True, False], []),
        ("limit > 3", [True], [False]),
    ],
)
def test_booleans(cell: str, yes: list[bool], no: list[bool]) -> None:
    for value in yes:
        assert ask(cell, value, Type.BOOLEAN) is True
    for value in no:
        assert ask(cell, value, Type.BOOLEAN) is False


@pytest.mark.parametrize(
    ("cell", "yes", "no"),
    [
        ('date("2026-01-01")', ["2026-01-01"], ["2026-01-02"]),
        ('@"2026-01-01"', ["2026-01-01"], ["2026-01-02"]),
        ('< date("2026-02-01")', ["2026-01-31"], ["2026-02-01"]),
        ('>= date("2026-02-01")', ["2026-02-01"], ["2026-01-31"]),
        ('[date("2026-01-01")..date("2026-12-31")]', ["2026-01-01", "2026-12-31"], ["2025-12-31", "2027-01-01"]),
        ('(@"2026-01-01"..@"2026-12-31")', ["2026-01-02"], ["2026-01-01", "2026-12-31"]),
        ('not(date("2026-01-01"), date("2026-05-01"))', ["2026-01-02"], ["2026-01-01", "2026-05-01"]),
        ("deadline", ["2026-05-01"], ["2026-05-02"]),
        ("<= deadline", ["2026-05-01"], ["2026-05-02"]),
        ("date(deadline)", ["2026-05-01"], ["2026-05-02"]),
        ("date(closing)", [], ["2026-05-02"]),
        ('[@"2026-01-01"..deadline]', ["2026-05-01"], ["2026-05-02"]),
    ],
)
def test_dates(cell: str, yes: list[str], no: list[str]) -> None:
    if cell == "date(closing)":
        with pytest.raises(errors.EvaluationFailed, match="应为日期"):
            ask(cell, no[0], Type.DATE)
        return
    for value in yes:
        assert ask(cell, value, Type.DATE) is True, value
    for value in no:
        assert ask(cell, value, Type.DATE) is False, value


@pytest.mark.parametrize(
    ("cell", "yes", "no"),
    [
        ('date and time("2026-01-01T08:00:00")', ["2026-01-01T08:00:00", "2026-01-01T08:00"], ["2026-01-01T08:00:01"]),
        ('@"2026-01-01T08:00:00+08:00"', ["2026-01-01T00:00:00Z"], ["2026-01-01T08:00:00Z"]),
        ('< date and time("2026-01-01T17:30:00")', ["2026-01-01T17:29:59.999"], ["2026-01-01T17:30:00"]),
        ("<= closing", ["2026-05-01T17:00:00", "2026-05-01"], ["2026-05-01T17:00:01"]),
        ("date and time(deadline)", ["2026-05-01T00:00:00"], ["2026-05-01T00:00:01"]),
    ],
)
def test_dates_and_times(cell: str, yes: list[str], no: list[str]) -> None:
    for value in yes:
        assert ask(cell, value, Type.DATE_TIME) is True, value
    for value in no:
        assert ask(cell, value, Type.DATE_TIME) is False, value


def test_a_time_without_offset_is_beijing_time() -> None:
    cell = '@"2026-01-01T08:00:00"'

    assert ask(cell, "2026-01-01T00:00:00Z", Type.DATE_TIME) is True
    assert ask(cell, "2026-01-01T08:00:00+08:00", Type.DATE_TIME) is True


@pytest.mark.parametrize(
    ("cell", "yes", "no"),
    [
        ('list contains(?, "秘密")', [["秘密"], ["内部", "秘密"]], [[], ["内部"]]),
        ("count(?) > 1", [["a", "b"]], [["a"], []]),
        ('["a","b"]', [["a", "b"]], [["a"], ["b", "a"]]),
        ('not(list contains(?, "秘密"))', [[], ["内部"]], [["秘密"]]),
        ('not(list contains(?, "秘密"), count(?) > 2)', [["a"]], [["秘密"], ["a", "b", "c"]]),
        ("case.tags", [["a", "b"]], [["b"]]),
    ],
)
def test_lists(cell: str, yes: list[list[str]], no: list[list[str]]) -> None:
    for value in yes:
        assert ask(cell, value) is True, value
    for value in no:
        assert ask(cell, value) is False, value


@pytest.mark.parametrize(
    ("cell", "answer"),
    [
        ("-", True),
        ("", True),
        ("null", True),
        ("not(null)", False),
        ("1,null", True),
        ("3", False),
        ('"a"', False),
        ("not(3)", True),
        ('not("a","b")', True),
        ("< 3", None),
        (">= 3", None),
        ("[1..5]", None),
        ("not([1..5])", None),
        ("not(< 3, null)", False),
        ("< 3, null", True),
        ("< 3, 4", None),
        ("not(< 3, 4)", None),
        ("? > 3", None),
        ("? > 3 or true", True),
        ("? > 3 and false", False),
        ("? = null", True),
        ("? != null", False),
        ("levels", False),
        ("nothing", True),
        ("case.empty", True),
        ("case.empty.deeper", True),
        ('list contains(?, "a")', None),
        ("count(?) = 0", False),
        ('contains(?, "a")', None),
        ("[1, null]", True),
    ],
)
def test_null_input(cell: str, answer: bool | None) -> None:
    assert ask(cell, None) is answer


@pytest.mark.parametrize(
    ("cell", "value", "answer"),
    [
        ("null", 3, False),
        ("not(null)", 3, True),
        ("nothing", 3, False),
        ("< nothing", 3, None),
        ("[1..nothing]", 3, None),
        ("[5..nothing]", 3, False),
        ("[nothing..2]", 3, False),
        ("nothing + 1", 3, False),
        ("< nothing + 1", 3, None),
        ("< -nothing", 3, None),
        ("< case.empty", 3, None),
    ],
)
def test_null_in_the_cell(cell: str, value: object, answer: bool | None) -> None:
    assert ask(cell, value) is answer


@pytest.mark.parametrize(
    ("cell", "value", "message"),
    [
        ("unknown", 3, "缺少变量“unknown”"),
        ("> unknown.limit", 3, "缺少变量“unknown”"),
        ("case.unknown", 3, "“case”中缺少“unknown”"),
        ("limit.deeper", 3, "“limit”应为对象，以便读取“deeper”，现为数字10"),
        ("name", 3, "不能比较数字3与文字“公开”，两者类型不同"),
        ("< name", 3, "不能比较数字3与文字“公开”的大小"),
        ("true", 3, "不能比较数字3与布尔值true"),
        ('"a"', ["a"], "应使用 list contains"),
        ("> name * 2", 3, "“*”两边应为数字，现为文字“公开”与数字2"),
        ("> -name", 3, "负号之后应为数字，现为文字“公开”"),
        ("> limit / 0", 3, "除数为零"),
        ("> limit ** 9999", 3, "没有结果，或结果超出范围"),
        ("> 0 ** 0", 3, "没有结果，或结果超出范围"),
        ("? and true", 3, "条件应为布尔值，现为数字3"),
        ("list contains(?, 1)", 3, "list contains 的第一个参数应为列表，现为数字3"),
        ("count(?) = 1", 3, "count 的参数应为列表，现为数字3"),
        ('contains(?, "a")', 3, "contains 的参数应为文字，现为数字3"),
        ("> date(name)", 3, "应为日期（如 2026-01-01），现为文字“公开”"),
        ("date(limit)", 3, "date 的参数应为文字，现为数字10"),
    ],
)
def test_what_makes_no_sense_is_an_error_and_not_a_silent_no(cell: str, value: object, message: str) -> None:
    with pytest.raises(errors.EvaluationFailed) as caught:
        ask(cell, value)
    assert message in caught.value.message


def test_the_value_of_the_column_is_what_the_alias_says() -> None:
    test = grammar.unary_tests("amount > 3 and amount < limit", frozenset({"amount"}))

    assert test.matches(Decimal(4), SCOPE) is True
    assert test.matches(Decimal(3), SCOPE) is False


def test_true_and_one_are_not_the_same() -> None:
    assert ask("[true]", 1) is False
    assert ask("[1]", True) is False


def test_a_date_column_meets_a_list_of_strings_as_dates() -> None:
    scope = syntax.Scope({"holidays": ["2026-01-01", "2026-05-01"]})

    assert grammar.unary_tests("holidays").matches(datetime.date(2026, 5, 1), scope) is True
    assert grammar.unary_tests("holidays").matches(datetime.date(2026, 5, 2), scope) is False

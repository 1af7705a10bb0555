"""Expressions in input and output cells: their values, and what is refused with which words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine import errors
from engine.dmn import grammar, syntax, tokens, values

SCOPE = syntax.Scope(
    {"a": 3, "b": 0.5, "s": "公开", "t": True, "n": None, "d": "2026-05-01", "l": [1, 2], "o": {"x": {"y": 7}}}
)


def value(text: str) -> object:
    return values.to_json(grammar.expression(text).evaluate(SCOPE))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", 1),
        ("1.50", 1.5),
        ("-1", -1),
        ("0.1 + 0.2", 0.3),
        ("1 / 3 * 3 = 1", False),
        ("10 / 4", 2.5),
        ("7 - 2 - 1", 4),
        ("2 + 3 * 4", 14),
        ("(2 + 3) * 4", 20),
        ("2 ** 3 ** 2", 64),
        ("-2 ** 2", 4),
        ("9007199254740993 + 0", 9007199254740993),
        ("a + b", 3.5),
        ("-a", -3),
        ("-(a + 1)", -4),
        ("o.x.y * 2", 14),
        ('"文" + s', "文公开"),
        ('"a\\tb"', "a\tb"),
        ("n + 1", None),
        ("-n", None),
        ("null", None),
        ("[1, s, [true]]", [1, "公开", [True]]),
        ("[]", []),
        ("l", [1, 2]),
        ("o", {"x": {"y": 7}}),
        ('date("2026-01-31")', "2026-01-31"),
        ('date and time("2026-01-31T08:00:00Z")', "2026-01-31T08:00:00+00:00"),
        ('date(date and time("2026-01-31T23:00:00Z"))', "2026-01-31"),
        ('date and time(date("2026-01-31"))', "2026-01-31T00:00:00"),
        ("date(n)", None),
        ("date and time(n)", None),
        ('date(d) < @"2026-06-01"', True),
        ('d < @"2026-06-01"', True),
        ("if a > 2 then s else null", "公开"),
        ("if n then 1 else 2", 2),
        ("if n > 1 then 1 else 2", 2),
        ("if a > 2 then if t then 1 else 2 else 3", 1),
        ("a in (1, 2, 3)", True),
        ("a in (1..3)", False),
        ("a in [1..3]", True),
        ("a in ]1..3[", False),
        ("a in (< 2, > 2)", True),
        ("a in < 2", False),
        ("a in l", False),
        ("2 in l", True),
        ("a in (l, 3)", True),
        ("a between 1 and 3 and t", True),
        ("a between 4 and 5 or t", True),
        ("n in [1..3]", None),
        ("n in (null)", True),
        ("not(t)", False),
        ("not(n)", None),
        ("count(l)", 2),
        ("list contains(l, 2)", True),
        ("o = o", True),
        ("l = [1, 2]", True),
        ("l != [1]", True),
        ("s = n", False),
        ("s != n", True),
        ("n = n", True),
    ],
)
def test_values(text: str, expected: object) -> None:
    found = value(text)

    assert found == expected
    assert type(found) is type(expected)


TRUTH = {"t": True, "f": False, "n": None}


@pytest.mark.parametrize("left", "tfn")
@pytest.mark.parametrize("right", "tfn")
def test_and_and_or_are_those_of_three_valued_logic(left: str, right: str) -> None:
    scope = syntax.Scope(TRUTH)
    one, other = TRUTH[left], TRUTH[right]

    both = grammar.expression(f"{left} and {right}").evaluate(scope)
    either = grammar.expression(f"{left} or {right}").evaluate(scope)

    assert both is (False if False in (one, other) else None if None in (one, other) else True)
    assert either is (True if True in (one, other) else None if None in (one, other) else False)


def test_the_side_that_decides_spares_the_other() -> None:
    assert value("t or missing > 3") is True
    assert value("a = 4 and missing > 3") is False


@pytest.mark.parametrize(
    ("text", "position", "expected", "found"),
    [
        ("", 1, "一个值", "内容结束"),
        ("1 +", 4, "一个值", "内容结束"),
        ("a b", 3, "变量名不能含空格，文字应加英文双引号", "“b”"),
        ("(1", 3, "“)”", "内容结束"),
        ("[1", 3, "“,”", "内容结束"),
        ("[1 2]", 4, "“,”", "“2”"),
        ("a.", 3, "字段名", "内容结束"),
        ("a.1", 2, "运算符", "“.1”"),
        ("1..5", 2, "区间写作 [1..5]", "“..”"),
        ("a == 3", 3, "“=”", "“==”"),
        ("a && b", 3, "“and”", "“&&”"),
        ("a || b", 3, "“or”", "“||”"),
        ("!a", 1, "“!=”或“not(…)”", "“!”"),
        ("${a}", 1, "不带“${ }”的变量名", "“${”"),
        ("'公开'", 1, "英文双引号", "“'”"),
        ("“公开”", 1, "英文双引号", "““”"),
        ('"公开', 1, "以英文双引号结束的文字", "没有结束的引号"),
        ("1，2", 2, "英文逗号", "“，”"),
        ("（1）", 1, "英文圆括号", "“（”"),
        ("≥ 3", 1, "“>=”", "“≥”"),
        ("5%", 2, "小数，如 0.05", "“%”"),
        ("1e5", 1, "数字或变量名", "“1e”"),
        ("3天", 1, "数字或变量名", "“3天”"),
        ('"\\q"', 2, "\\uXXXX", "“\\q”"),
        ('"\\ud83d"', 1, "成对的", "代理字符"),
        ("1" * 35, 1, "最多 34 位的数字", "35 个字符的数字"),
        ("// 注", 1, "不带注释的内容", "“//”"),
        ("{x: 1}", 1, "不支持上下文 {…}", "“{”"),
        ("l[1]", 2, "不支持用 […] 从列表中筛选", "“[”"),
        ("[1,2][1]", 6, "不支持用 […] 从列表中筛选", "“[”"),
        ("for x in l return x", 1, "不支持循环 for", "“for”"),
        ("some x in l satisfies x > 1", 1, "不支持量词 some", "“some”"),
        ("every x in l satisfies x > 1", 1, "不支持量词 every", "“every”"),
        ("function(x) x", 1, "不支持自定义函数", "“function”"),
        ("a instance of number", 3, "运算符", "“instance”"),
        ("if a then b", 12, "“else”", "内容结束"),
        ("then", 1, "一个值", "“then”"),
        ("sum(l)", 1, "受支持的函数（date、", "“sum(…)”"),
        ("__import__(s)", 1, "受支持的函数", "“__import__(…)”"),
        ("string length(s)", 8, "运算符", "“length”"),
        ("date()", 6, "date 的 1 个参数", "0 个参数"),
        ("list contains(l)", 15, "list contains 的 2 个参数", "1 个参数"),
        ('date("2026-02-30")', 6, "正确的参数", "2026-02-30"),
        ('date("20260101")', 6, "正确的参数", "20260101"),
        ('@"08:00:00"', 1, "正确的参数", "08:00:00"),
        ('@"P5D"', 1, "正确的参数", "P5D"),
        ("@d", 2, "@ 之后的日期", "“d”"),
        ('duration("P5D")', 1, "受支持的函数", "“duration(…)”"),
        ("a in", 5, "一个值", "内容结束"),
        ("a between 1", 12, "“and”", "内容结束"),
        ("a between 3 and 1", 3, "下限小于上限的区间", "任何值都不满足的区间"),
        ('a in [1.."z"]', 6, "两端类型相同的区间", "不能比较"),
        ("a in [1..null]", 6, "两端都有值的区间", "空值"),
    ],
)
def test_refusals(text: str, position: int, expected: str, found: str) -> None:
    with pytest.raises(errors.InvalidExpression) as caught:
        grammar.expression(text)

    assert expected in str(caught.value.details["expected"])
    assert found in str(caught.value.details["found"])
    assert caught.value.details["position"] == position
    assert caught.value.message.startswith(f"第 {position} 个字符处应为")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[5..1]", "下限小于上限的区间"),
        ("(3..3)", "下限小于上限的区间"),
        ("[3..3)", "下限小于上限的区间"),
        ('[@"2026-02-01"..@"2026-01-01"]', "下限小于上限的区间"),
        ("[true..false]", "两端类型相同的区间"),
        ("[1..2", "“]”"),
        ("not(1), 2", "单独成格的 not(…)"),
        ("not(1", "“)”"),
        ("not()", "一个值"),
        ("-, 3", "一个值"),
        ("1,", "一个值"),
        (",1", "一个值"),
        (">", "一个值"),
        ("> 3 and < 5", "? > 1 and ? < 5"),
        ("> 3 < 5", "运算符、逗号或内容结束"),
        ("3..5", "区间写作 [1..5]"),
        ("1~5", "区间写法"),
        ("==3", "“=”"),
        ("=< 3", "一个值"),
    ],
)
def test_refused_unary_tests(text: str, expected: str) -> None:
    with pytest.raises(errors.InvalidExpression) as caught:
        grammar.unary_tests(text)

    assert expected in str(caught.value.details["expected"])


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000 + "1" + ")" * 5000,
        "((" * 900,
        "[" * 1500 + "]" * 1500,
        "1" + "+1" * 1900,
        "-" * 3000 + "1",
        "not(" * 900 + "true" + ")" * 900,
        "if " * 1000,
        "if true then 1 else " * 190 + "1",
        "x in (" * 600 + "1" + ")" * 600,
        "(1..(1..(1.." * 300,
        "a" + ".b" * 1900,
        "1," * 1999 + "1",
        "]" * 3999,
        '"' * 3999,
        "\\" * 3999,
        "9" * 4000,
        "\x00",
        "\ud800",
        "x" * tokens.MAX_LENGTH + "x",
        "x in x in " * 399,
        "@" * 100,
        "date and " * 400,
    ],
)
@pytest.mark.parametrize("read", [grammar.expression, grammar.unary_tests])
def test_hostile_cells_are_refused_quickly(text: str, read: Callable[[str], object]) -> None:
    with pytest.raises(errors.InvalidExpression):
        read(text)


@pytest.mark.parametrize(
    "text",
    [
        "9 ** 9 ** 9 ** 9",
        "9999999999999999999999999999999999 ** 200",
        "0.5 ** 99999999999999999999",
        "2 ** -99999999999999999999",
        '"x" + s + n',
    ],
)
def test_hostile_arithmetic_ends_at_once(text: str) -> None:
    try:
        found = value(text)
    except errors.EvaluationFailed:
        return
    assert found is None or abs(float(str(found))) < 1e-290


def test_strings_do_not_grow_without_bound() -> None:
    scope = syntax.Scope({"s": "x" * 6000})

    with pytest.raises(errors.EvaluationFailed, match="不超过 10000 个字符"):
        grammar.expression("s + s").evaluate(scope)


@pytest.mark.parametrize("name", ["__class__", "__globals__", "_", "mro"])
def test_names_reach_variables_and_nothing_else(name: str) -> None:
    for path in (name, f"s.{name}", f"o.{name}", f"l.{name}", f"o.x.{name}", f"t.{name}.{name}"):
        with pytest.raises(errors.EvaluationFailed):
            grammar.expression(path).evaluate(SCOPE)


@pytest.mark.parametrize(
    "number", [10**34, -(10**34), 10**5000, float("nan"), float("inf"), 1e300], ids=lambda number: type(number).__name__
)
def test_numbers_that_feel_cannot_hold_are_refused(number: float) -> None:
    with pytest.raises(errors.EvaluationFailed, match="超出范围"):
        values.from_json(number)


def test_numbers_with_34_digits_stay_exact() -> None:
    largest = 10**34 - 1

    assert values.to_json(values.from_json(largest)) == largest
    assert values.from_json(largest - 1) != values.from_json(largest)


def test_a_value_that_is_no_json_is_refused() -> None:
    with pytest.raises(errors.EvaluationFailed, match="应为 JSON 值，现为 set"):
        values.from_json({1, 2})

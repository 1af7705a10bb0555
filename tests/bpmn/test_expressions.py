"""What can be written in an expression or a template, and what is said when it cannot."""

from __future__ import annotations

import copy
import pickle
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from engine import errors
from engine.bpmn import expressions

BEIJING = timezone(timedelta(hours=8))
VARIABLES: dict[str, object] = {
    "amount": 150,
    "price": 12.5,
    "kind": "a",
    "empty_text": "",
    "nothing": None,
    "yes": True,
    "days": 3,
    "申请人": "张三",
    "rows": [{"name": "甲", "score": 70}, {"name": "乙", "score": 90}, {"name": "丙", "score": 50}],
    "application": {"title": "预审申请", "files": ["a.pdf", "b.pdf"], "level": {"secret": False}},
    "start": date(2026, 5, 1),
    "moment": datetime(2026, 5, 1, 9, 30, tzinfo=BEIJING),
    "period": timedelta(days=2, hours=3),
    "typename": "x",
}


def evaluate(source: str, **functions: object) -> object:
    return expressions.compile_expression(source).evaluate(VARIABLES, functions)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("amount > 100 and kind == 'a'", True),
        ("${amount > 100 and kind == 'a'}", True),
        ("  ${ amount }  ", 150),
        ("amount\n  > 100\n  and kind\n  == 'a'  # 大额", True),
        ("not yes or nothing is None", True),
        ("nothing is null and yes is not false", True),
        ("true and not false", True),
        ("0 < amount <= 150 != 3", True),
        ("kind in ['a', 'b'] and amount not in (1, 2)", True),
        ("'预审' in application.title", True),
        ("'title' in application and 'x' not in application", True),
        ("'大额' if amount > 1000 else '小额'", "小额"),
        ("kind or '无'", "a"),
        ("empty_text or '无'", "无"),
        ("amount + 1 - 2 * 3 / 4 // 1 % 5", 150.0),
        ("-amount + +1", -149),
        ("'ab' + 'c' * 3", "abccc"),
        ("[1] + [2] * 2", [1, 2, 2]),
        ("(1, 2)[0]", 1),
        ("rows[-1].name", "丙"),
        ("rows[0]['score']", 70),
        ("[row.name for row in rows if row.score >= 60]", ["甲", "乙"]),
        ("{row.name: row.score for row in rows}['乙']", 90),
        ("len({row.score > 60 for row in rows})", 2),
        ("[a + b for a in [1, 2] for b in [10, 20] if a * b > 10]", [21, 12, 22]),
        ("[x for x in [[x, 1] for x in [1]]]", [[1, 1]]),
        ("[i * s for i, s in enumerate(['a', 'b'], 1)]", ["a", "bb"]),
        ("any(row.score > 80 for row in rows)", True),
        ("all(row.score > 80 for row in rows)", False),
        ("sum(row.score for row in rows) / len(rows)", 70.0),
        ("max(row.score for row in rows) - min(1, 2)", 89),
        ("max(rows, key='score').name", "乙"),
        ("max([], default=0)", 0),
        ("[row.name for row in sorted(rows, key='score', reverse=True)]", ["乙", "甲", "丙"]),
        ("sorted('cab')", ["a", "b", "c"]),
        ("range(3) + range(5, 1, -2)", [0, 1, 2, 5, 3]),
        ("zip([1, 2], 'ab')", [(1, "a"), (2, "b")]),
        ("{'a': 1, **{'b': 2}}", {"a": 1, "b": 2}),
        ("dict([('a', 1)], b=2)", {"a": 1, "b": 2}),
        ("{1: '一般', 2: '秘密'}[2]", "秘密"),
        ("abs(-3) + round(2.567, 1) + int('12') + float('0.5')", 18.1),
        ("int(2.9)", 2),
        ("bool([]) or list('ab')", ["a", "b"]),
        ("decimal('0.1') + decimal('0.2') == decimal('0.3')", True),
        ("plain('张　三 ') + plain('１２ｘ 3') + plain(nothing)", "张三12x3"),
        ("str(nothing) + str(yes) + str(1.5) + str([1, '二'])", 'true1.5[1, "二"]'),
        ("f'{申请人}：{price:,.2f} 元，{amount:06d}，{price / 100:.1%}'", "张三：12.50 元，000150，12.5%"),
        ("f'{start.year}年{start.month}月{start.day}日'", "2026年5月1日"),
        ("application.files[0:1]", ["a.pdf"]),
        ("'abc'[::-1]", "cba"),
        ("application.level.secret", False),
        ("application.get('none', 7)", 7),
        ("application.keys()", ["title", "files", "level"]),
        ("[k for k, v in {'a': 1}.items() if v]", ["a"]),
        ("','.join(application.files).replace('pdf', 'doc').upper()", "A.DOC,B.DOC"),
        ("'a,b'.split(',') + ' x '.strip().split()", ["a", "b", "x"]),
        ("'政办发〔2026〕1号'.startswith('政办发') and 'x.pdf'.endswith(('.pdf', '.doc'))", True),
        ("[1, 2, 1].count(1) + 'aa'.count('a') + [5].index(5) + 'xya'.find('a')", 6),
        ("date('2026-05-08') - start", timedelta(days=7)),
        ("start + duration(days=5)", date(2026, 5, 6)),
        ("date(moment) == start and date(2026, 5, 1) == start", True),
        ("datetime('2026-05-01T09:30:00') == moment", True),
        ("datetime(2026, 5, 1, 9, 30)", datetime(2026, 5, 1, 9, 30, tzinfo=BEIJING)),
        ("moment + duration('PT2H30M')", datetime(2026, 5, 1, 12, 0, tzinfo=BEIJING)),
        ("moment.hour * 100 + moment.minute", 930),
        ("moment.isoformat() + start.isoformat()", "2026-05-01T09:30:00+08:002026-05-01"),
        ("period.days + period.total_seconds() / 3600", 53.0),
        ("duration('P1W') / duration(days=1) + sum([period, period]).days", 11.0),
        ("start.weekday() + start.isoweekday()", 9),
        ("defined('amount') and not defined('amuont')", True),
        ("defined('application.level.secret') and not defined('application.level.none')", True),
        ("get('none', 5) + get('application.level.deep', 2) + get('amount')", 157),
        ("get('nothing', 1)", None),
        ("days + 1", 4),
        ("[len for len in [1, 2]]", [1, 2]),
        ("typename", "x"),
        ("{'__class__': 1}['__class__']", 1),
    ],
)
def test_an_allowed_expression_has_its_value(source: str, expected: object) -> None:
    before = copy.deepcopy(VARIABLES)
    result = evaluate(source)
    assert result == expected
    assert type(result) is type(expected)
    assert before == VARIABLES


def test_any_and_all_stop_at_the_first_that_decides() -> None:
    assert evaluate("any(1 / n > 0 for n in [1, 0])") is True
    assert evaluate("all(1 / n < 0 for n in [1, 0])") is False


def test_functions_of_the_engine_are_bound_when_evaluating_and_from_may_name_a_parameter() -> None:
    def workdays(n: int, start: date | None = None) -> timedelta | date:
        return (start or date(2026, 1, 1)) + timedelta(days=n)

    assert evaluate("workdays(5)", workdays=workdays) == date(2026, 1, 6)
    assert evaluate("workdays(5, from=start)", workdays=workdays) == date(2026, 5, 6)
    assert evaluate("workdays(n=5, from = today())", workdays=workdays, today=lambda: start) == date(2026, 5, 6)


start = date(2026, 5, 1)


def test_a_function_of_the_engine_that_is_not_given_is_named() -> None:
    with pytest.raises(errors.EvaluationFailed, match=r"函数 deadline\(\) 在此处不可用"):
        evaluate("deadline('公示')")


def test_an_error_of_the_engines_function_keeps_its_sentence() -> None:
    def deadline(name: str) -> None:
        raise errors.CalendarError(f"没有名为“{name}”的期限")

    with pytest.raises(errors.EvaluationFailed, match="没有名为“公示”的期限") as caught:
        evaluate("deadline('公示')", deadline=deadline)
    assert isinstance(caught.value.__cause__, errors.CalendarError)


def test_other_functions_can_be_allowed_and_built_in_ones_left_out() -> None:
    allowed = frozenset({"holiday", "len"})
    assert expressions.compile_expression("holiday(len('ab'))", allowed).evaluate({}, {"holiday": lambda n: n}) == 2
    with pytest.raises(errors.InvalidExpression, match=r"没有函数 sum\(\)"):
        expressions.compile_expression("sum([1])", allowed)


@pytest.mark.parametrize(
    ("source", "names", "optional"),
    [
        ("a.b + c[d] + len(e)", {"a", "c", "d", "e"}, set()),
        ("[x.y for x in rows if x > limit]", {"rows", "limit"}, set()),
        ("[x for x in x]", {"x"}, set()),
        ("{k: v for k, v in a.items()}", {"a"}, set()),
        ("get('a.b', 0) + defined('c')", {"a", "c"}, {"a", "c"}),
        ("defined('a') and a > 1", {"a"}, set()),
        ("now() > due", {"due"}, set()),
        ("true or null", set(), set()),
    ],
)
def test_an_expression_knows_the_variables_it_reads(source: str, names: set[str], optional: set[str]) -> None:
    expression = expressions.compile_expression(source)
    assert expression.names == names
    assert expression.optional == optional


def test_expressions_are_values_compiled_once() -> None:
    one, two = expressions.compile_expression("a + 1"), expressions.compile_expression("a + 1")
    assert one is two
    assert {one: 1}[pickle.loads(pickle.dumps(one))] == 1
    assert copy.deepcopy(one) == one
    assert one.source == "a + 1"
    with pytest.raises(AttributeError):
        one.source = "b"  # type: ignore[misc]
    for compiled in (expressions.compile_template("x ${a}"), expressions.compile_script("a = 1")):
        assert pickle.loads(pickle.dumps(compiled)) == compiled


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("${amount}", 150),
        ("\n   ${rows[0]}\n", {"name": "甲", "score": 70}),
        ("编号-${amount}/${kind}", "编号-150/a"),
        ("${amount}${kind}", "150a"),
        ("没有表达式 {x} $5", "没有表达式 {x} $5"),
        ("", ""),
        ("  两端空格  ", "  两端空格  "),
        ("${ {'a': '}'}['a'] }", "}"),
        ("x${ {'a': {'b': 1}}['a']['b'] }y", "x1y"),
        (r"写作 \${name}，值 ${kind}", "写作 ${name}，值 a"),
        ("${nothing}|${yes}|${start}|${period}|${price}", "|true|2026-05-01|P2DT3H|12.5"),
        ("${application.files}", ["a.pdf", "b.pdf"]),
        ("附件：${application.files}", '附件：["a.pdf", "b.pdf"]'),
    ],
)
def test_a_template_is_filled(source: str, expected: object) -> None:
    assert expressions.compile_template(source).evaluate(VARIABLES) == expected


def test_a_template_knows_the_variables_of_all_its_parts() -> None:
    template = expressions.compile_template("${a}-${get('b', 0)}-${get('a', 1)}")
    assert template.names == {"a", "b"}
    assert template.optional == {"b"}


@pytest.mark.parametrize(
    ("source", "where", "said"),
    [
        ("a && b", "第 1 行第 3 列", "请改用 and"),
        ("a || b", "第 1 行第 3 列", "请改用 or"),
        ("!a", "第 1 行第 1 列", "请改用 not"),
        ("${!approved}", "第 1 行第 1 列", "请改用 not"),
        ("a eq b", "第 1 行第 3 列", "请改用 =="),
        ("a mod 2", "第 1 行第 3 列", "请改用 %"),
        ("empty rows", "第 1 行第 1 列", "not x"),
        ("a ? b : c", "第 1 行第 3 列", "值 if 条件 else"),
        ("a === b", "第 1 行第 3 列", "请改用 =="),
        ("a <> b", "第 1 行第 3 列", "请改用 !="),
        ("a = 1", "第 1 行第 3 列", "请写“==”"),
        ("申请人 ==“张三”", "第 1 行第 7 列", '请改用半角的“"”'),
        ("len（a）", "第 1 行第 4 列", "请改用半角的“(”"),
        ("a +\n  b **\n  2", "第 2 行第 3 列", "请用乘法"),
        ("[申请人, lambda: 1]", "第 1 行第 7 列", "不能使用 lambda"),
        ("(a", "第 1 行第 1 列", "没有配对"),
        ("a)", "第 1 行第 2 列", "没有配对"),
        ("'a", "第 1 行第 1 列", "引号没有配对"),
        ("a b", "第 1 行第 3 列", "写法有误"),
        ("1if a else 2", "第 1 行第 1 列", "要有空格"),
        ("'\\d'", "第 1 行第 2 列", "反斜杠"),
        ("$a", "第 1 行第 1 列", "${…}"),
        ("lenn(a)", "第 1 行第 1 列", "是否想写 len"),
        ("a is b", "第 1 行第 1 列", "请用 == 或 !="),
        ("a.append(1)", "第 1 行第 1 列", "会改变数据的方法 append()"),
        ("a.format(1)", "第 1 行第 1 列", "没有方法 format()"),
        ("len(a, b)", "第 1 行第 1 列", "参数不对"),
        ("sorted(a, cmp=1)", "第 1 行第 1 列", "参数不对"),
        ("get(name)", "第 1 行第 1 列", "写在引号里"),
        ("${a} and ${b}", "第 1 行第 5 列", "一个 ${…} 里"),
        ("${a", "第 1 行第 1 列", "没有对应的“}”"),
        ("", "第 1 行第 1 列", "是空的"),
        ("${ }", "第 1 行第 1 列", "是空的"),
    ],
)
def test_a_refusal_says_where_and_what_to_write_instead(source: str, where: str, said: str) -> None:
    with pytest.raises(errors.InvalidExpression) as caught:
        expressions.compile_expression(source)
    assert where in caught.value.message
    assert said in caught.value.message


@pytest.mark.parametrize("source", [None, 5, b"a", ["a"], {"a": 1}])
def test_what_is_no_text_is_refused(source: object) -> None:
    with pytest.raises(errors.InvalidExpression, match="应为文本"):
        expressions.compile_expression(source)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("amuont > 1", "变量“amuont”不存在；相近的变量有：amount"),
        ("zzz", "变量“zzz”不存在；可能没有的变量请用 get('zzz', 默认值) 读取"),
        ("application.titel", "字典中没有“titel”；相近的有：title"),
        ("application['x']", "字典中没有“x”"),
        ("rows[9]", "下标 9 超出范围：共有 3 项"),
        ("rows['a']", "列表的下标应为整数，实际是文本"),
        ("amount + kind", "“+”不能用于整数和文本；请用 str() 转换"),
        ("amount < kind", "整数和文本不能用“<”比较大小"),
        ("amount / 0", "除数为零"),
        ("kind.name", "文本没有“name”"),
        ("start.hour", "日期没有“hour”；可以取 day、month、year"),
        ("amount.days", "整数没有“days”"),
        ("[x for x in amount]", "整数不能逐项遍历"),
        ("','.join(rows)", "第 1 项是字典"),
        ("kind.get('a')", "文本没有方法 get()"),
        ("kind.replace('a')", "方法 replace() 的参数个数或类型不对"),
        ("sum(rows)", "sum 只能加数或时长，其中有字典"),
        ("max([])", "default"),
        ("int('十')", "“十”不是整数"),
        ("date('2026年')", "“2026年”不是日期；应写作 date('2026-01-05')"),
        ("duration('P1Y')", "不能用年和月"),
        ("sorted([1, 'a'])", "类型不一"),
        ("{[1]: 2}", "列表不能作字典的键"),
        ("[a for a, b in [(1, 2, 3)]]", "左边有 2 个名称，右边应为同样多的值，实际是3 项"),
        ("f'{kind:.2f}'", "只能用于数"),
    ],
)
def test_a_failure_says_why_in_chinese_with_the_source(source: str, said: str) -> None:
    with pytest.raises(errors.EvaluationFailed) as caught:
        evaluate(source)
    assert said in caught.value.message
    assert source in caught.value.message
    assert caught.value.details["source"] == source


def test_decimals_keep_their_digits() -> None:
    assert evaluate("decimal('12.50') * 2") == Decimal("25.00")
    assert str(evaluate("decimal('12.50')")) == "12.50"
    assert evaluate("decimal(0.1)") == Decimal("0.1")

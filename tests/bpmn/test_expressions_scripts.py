"""What a script may do: assign variables and change them, never the ones it was given."""

from __future__ import annotations

import copy

import pytest

from engine import errors
from engine.bpmn import expressions

VARIABLES: dict[str, object] = {
    "total": 5,
    "rows": [{"name": "甲", "score": 70}, {"name": "乙", "score": 90}],
    "application": {"title": "预审申请", "level": {"secret": False}, "files": ["a.pdf"]},
    "flag": True,
    "items": [3, 1, 2],
}


def run(source: str, **functions: object) -> dict[str, object]:
    before = copy.deepcopy(VARIABLES)
    result = expressions.compile_script(source).run(VARIABLES, functions)  # type: ignore[arg-type]
    assert before == VARIABLES
    return result


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a = 1", {"a": 1}),
        ("a = b = total + 1", {"a": 6, "b": 6}),
        ("a, b = items[0], items[1]", {"a": 3, "b": 1}),
        ("total += 2\ntotal *= 3", {"total": 21}),
        ("total = total", {"total": 5}),
        ("application['title'] = '新'", {"application": {**VARIABLES["application"], "title": "新"}}),
        ("application.level.secret = True", {"application": {**VARIABLES["application"], "level": {"secret": True}}}),
        ("items.append(4)", {"items": [3, 1, 2, 4]}),
        ("items += [4]", {"items": [3, 1, 2, 4]}),
        ("items[0] += 10", {"items": [13, 1, 2]}),
        ("items.sort()\nfirst = items.pop(0)", {"items": [2, 3], "first": 1}),
        ("items.sort(reverse=True)\nitems.insert(0, 9)\nitems.remove(1)", {"items": [9, 3, 2]}),
        ("items.reverse()\nitems.extend((7, 8))", {"items": [2, 1, 3, 7, 8]}),
        ("rows.sort(key='score', reverse=True)\nbest = rows[0].name", {"rows": VARIABLES["rows"][::-1], "best": "乙"}),
        ("items.clear()", {"items": []}),
        ("items.append(4)\nitems.pop()", {}),
        ("d = {}\nd.update(a=1)\nd.update({'b': 2})\nx = d.pop('a')\ny = d.setdefault('c', 3)",
         {"d": {"b": 2, "c": 3}, "x": 1, "y": 3}),
        ("if total > 3:\n  level = '高'\nelif total > 1:\n  level = '中'\nelse:\n  level = '低'", {"level": "高"}),
        ("if not flag:\n  a = 1", {}),
        ("n = 0\nfor row in rows:\n  n += row.score", {"n": 160}),
        ("n = 0\nfor i in range(10):\n  if i == 2:\n    continue\n  if i == 5:\n    break\n  n += i", {"n": 8}),
        ("for row in rows:\n  row['passed'] = row.score >= 80",
         {"rows": [{"name": "甲", "score": 70, "passed": False}, {"name": "乙", "score": 90, "passed": True}]}),
        ("out = []\nfor i, row in enumerate(rows):\n  out.append(f'{i + 1}.{row.name}')", {"out": ["1.甲", "2.乙"]}),
        ("for total in range(3):\n  pass", {}),
        ("copied = rows\ncopied[0].name = '丁'",
         {"copied": [{"name": "丁", "score": 70}, {"name": "乙", "score": 90}],
          "rows": [{"name": "丁", "score": 70}, {"name": "乙", "score": 90}]}),
        ("r = get('rows')[0]\nr.name = '丁'",
         {"r": {"name": "丁", "score": 70}, "rows": [{"name": "丁", "score": 70}, {"name": "乙", "score": 90}]}),
        ("names = [r.name for r in rows]\nnames.append('丙')", {"names": ["甲", "乙", "丙"]}),
        ("new = rows + [{'name': '丙'}]\nnew.append(1)", {"new": [*VARIABLES["rows"], {"name": "丙"}, 1]}),
        ("s = {3, 1, 2}\nt = (1, 2)", {"s": [1, 2, 3], "t": [1, 2]}),
        ("d = date('2026-05-01')\np = duration(hours=36)\nm = decimal('1.50')",
         {"d": "2026-05-01", "p": "P1DT12H", "m": "1.50"}),
        ("# 只有注释\npass", {}),
        ("typename = {'typename': 1}", {"typename": {"typename": 1}}),
    ],
)  # fmt: skip
def test_a_script_gives_what_it_assigned_or_changed(source: str, expected: dict[str, object]) -> None:
    result = run(source)
    assert result == expected
    assert {name: type(value) for name, value in result.items()} == {k: type(v) for k, v in expected.items()}


@pytest.mark.parametrize(
    "source",
    [
        "\n      a = 1\n      if a:\n        b = 2\n    ",
        "a = 1\n      if a:\n        b = 2\n    ",
        "\r\n\ta = 1\r\n\tif a:\r\n\t\tb = 2\r\n",
        "a = 1; b = 2",
    ],
)
def test_the_indentation_of_the_xml_file_does_not_matter(source: str) -> None:
    assert run(source) == {"a": 1, "b": 2}


def test_a_script_knows_what_it_reads_assigns_and_changes() -> None:
    script = expressions.compile_script(
        "limit = get('limit', 60)\n"
        "passed = []\n"
        "for row in rows:\n"
        "    row.ok = row.score >= limit\n"
        "    if row.ok:\n"
        "        passed.append(row.name)\n"
        "        note = '有'\n"
        "text = note + title\n"
    )
    assert script.names == {"limit", "rows", "note", "title"}
    assert script.optional == {"limit"}
    assert script.assigned == {"limit", "passed", "note", "text"}
    assert script.changed == {"rows"}


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("n = len(big)\nx['n'] = n", {"x"}),
        ("x['big'] = big", {"x"}),
        ("out.append(big[0])", {"out"}),
        ("n = 0\nfor b in big:\n  n += b.n", set()),
        ("y = big if x else x\ny.append(1)", {"big", "x"}),
        ("x.append(big)\nx[0].append(1)", {"x", "big"}),
        ("y = x.part\ny['k'] = big\nz = x.part.k\nz.append(1)", {"x", "big"}),
        ("a = b = [x]\na.append(big)\nb[1].append(1)", {"x", "big"}),
        ("sorted(big)[0].append(1)", {"big"}),
        ("[b for b in big if b][0].append(1)", {"big"}),
        ("list(big).append(1)", set()),
        ("get('big.part').append(1)", {"big"}),
        ("for k, v in big.items():\n  v.append(1)", {"big"}),
        ("y = (x or big).get('k')\ny.append(1)", {"x", "big"}),
    ],
)
def test_only_what_may_be_changed_is_copied(source: str, changed: set[str]) -> None:
    assert expressions.compile_script(source).changed == changed


def test_a_script_too_tangled_to_follow_copies_everything() -> None:
    tangled = "\n".join(f"x{index}[0].a = x{index + 1}" for index in range(400))
    assert len(expressions.compile_script(tangled).changed) == 401


def test_a_large_variable_that_is_only_read_is_passed_on_uncopied() -> None:
    large = [{"n": 1}] * 1000
    result = expressions.compile_script("alias = large\nbox = [large]\nbox.append(large[0].n)").run({"large": large})
    assert result["alias"] is large
    assert result["box"][0] is large


def test_a_list_returned_by_a_function_of_the_engine_is_not_changed() -> None:
    known = ["国庆节"]
    result = expressions.compile_script("days = now()\ndays.append('元旦')").run({}, {"now": lambda: known})
    assert result == {"days": ["国庆节", "元旦"]}
    assert known == ["国庆节"]


def test_changing_a_value_to_an_equal_one_of_another_type_is_a_change() -> None:
    assert expressions.compile_script("d.a = True").run({"d": {"a": 1}}) == {"d": {"a": True}}
    assert expressions.compile_script("d.a = 1").run({"d": {"a": 1}}) == {}


@pytest.mark.parametrize(
    ("source", "where", "said"),
    [
        ("a = 1\nwhile a:\n  pass", "第 2 行第 1 列", "请用 for 遍历列表或 range(次数)"),
        ("import os", "第 1 行第 1 列", "handlers/"),
        ("from os import path", "第 1 行第 1 列", "handlers/"),
        ("def f():\n  pass", "第 1 行第 1 列", "不能定义函数"),
        ("class A:\n  pass", "第 1 行第 1 列", "不能定义类"),
        ("f = lambda: 1", "第 1 行第 5 列", "lambda"),
        ("with a:\n  pass", "第 1 行第 1 列", "with"),
        ("try:\n  a = 1\nexcept:\n  pass", "第 1 行第 1 列", "get('名称', 默认值)"),
        ("del a['k']", "第 1 行第 1 列", ".pop('键')"),
        ("return 1", "第 1 行第 1 列", "return"),
        ("global a", "第 1 行第 1 列", "global"),
        ("a: int = 1", "第 1 行第 1 列", "名称 = 值"),
        ("assert a", "第 1 行第 1 列", "请用网关判断"),
        ("raise a", "第 1 行第 1 列", "错误结束事件"),
        ("match a:\n  case 1:\n    pass", "第 1 行第 1 列", "if、elif、else"),
        ("a == 1", "第 1 行第 1 列", "名称 = 值"),
        ("len(a)", "第 1 行第 1 列", "不会产生任何结果"),
        ("a.get('x')", "第 1 行第 1 列", "不会产生任何结果"),
        ("a.lower()", "第 1 行第 1 列", "不会产生任何结果"),
        ("x = [a.pop()]", "第 1 行第 6 列", "单独写成一行"),
        ("if a.pop():\n  pass", "第 1 行第 4 列", "单独写成一行"),
        ("a[0:1] = [1]", "第 1 行第 1 列", "逐项赋值"),
        ("a, *b = c", "第 1 行第 4 列", "不能用 *"),
        ("a **= 2", "第 1 行第 1 列", "请用乘法"),
        ("a |= b", "第 1 行第 1 列", "{**a, **b}"),
        ("break", "第 1 行第 1 列", "只能用在 for 里面"),
        ("for a in b:\n  pass\nelse:\n  c = 1", "第 4 行第 3 列", "写在循环之后"),
        ("for a['k'] in b:\n  pass", "第 1 行第 5 列", "左边应为变量名"),
        ("true = 1", "第 1 行第 1 列", "固定的值"),
        ("if a:\nb = 1", "第 2 行第 1 列", "缩进不正确"),
        ("a = 1\nc = 2\n b = 2\n", "第 3 行第 1 列", "缩进不正确"),
        ("f(x) = 1", "第 1 行第 1 列", "赋值的写法有误"),
        ("a = b && c", "第 1 行第 7 列", "请改用 and"),
    ],
)  # fmt: skip
def test_what_a_script_cannot_do_is_refused_with_the_way_to_do_it(source: str, where: str, said: str) -> None:
    with pytest.raises(errors.InvalidExpression) as caught:
        expressions.compile_script(source)
    assert where in caught.value.message
    assert said in caught.value.message


def test_a_failure_names_the_line() -> None:
    with pytest.raises(errors.EvaluationFailed) as caught:
        run("a = 1\nfor row in rows:\n    b = row.scor\n")
    assert "脚本第 3 行“b = row.scor”求值失败：字典中没有“scor”；相近的有：score" in caught.value.message
    assert caught.value.details["line"] == 3


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = {1: 2}", "在 x 处，字典的键应为文本"),
        ("x = [[{'a': {2: 3}}]]", "在 x[0][0][“a”] 处"),
        ("items.append(items)", "包含了自身"),
        ("x = {}\nx.x = x", "包含了自身"),
        ("items[5] = 1", "超出范围：共有 3 项"),
        ("application.files.title = 1", "下标 文本 title 超出范围"),
        ("total.x = 1", "不能给整数的一项赋值"),
        ("a = b\nb = 1", "变量“b”不存在"),
        ("items.remove(9)", "列表中没有所找的值"),
        ("application.pop('tile')", "相近的有：title"),
        ("x = []\nx.pop()", "列表共有 0 项"),
    ],
)
def test_what_goes_wrong_in_a_script_is_said(source: str, said: str) -> None:
    with pytest.raises(errors.EvaluationFailed) as caught:
        run(source)
    assert said in caught.value.message

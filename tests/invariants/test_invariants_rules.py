"""The kinds of checks, on a small pack: what each finds, what it leaves alone, and what it costs."""

from __future__ import annotations

import behind
import packbuilder as p
import pytest
import snippets as s

from engine import errors, testing
from engine.actions import invariant_file, invariants
from engine.model import commands
from engine.model import invariants as model

MONITOR = commands.Actor("duban", monitor=True)
EXTRA = """
registers:
  - id: reviews
    name: 审查台账
    fields: [{id: title, name: 名称}, {id: verdict, name: 结论}, {id: reviewed, name: 审查编号}]
"""
HANDLERS = """
from engine.model import records
@registry.handler("write")
def write(job):
    for kind, given in job.inputs["requests"]:
        job.write(getattr(records, kind)(**given))
"""
RULES = """
invariants:
  - id: T-01
    statement: 起草和审核是两个人。
    checks: [{for: case of main, distinct: [a, b]}]
  - id: T-02
    statement: 登记以前依次起草、审核。
    checks: [{for: case of main, in_order: [a, b], before: write}]
  - id: T-03
    statement: 公开的都审查过。
    checks:
      - for: publication of xinxi
        entry: {register: reviews, same: {title: publication.title}, with: {verdict: 公开}, earlier: true}
  - id: T-04
    statement: 一事一审。
    checks: [{for: entry of reviews, unique: reviewed}]
  - id: T-05
    statement: 结论写明。
    severity: warning
    checks:
      - for: entry of reviews
        when: entry['values'].title != '不核对'
        holds: entry['values'].verdict in ['公开', '不公开']
        evidence: 结论为“${entry['values'].verdict}”。
  - id: T-06
    statement: 求值失败的，写明不能核对。
    checks: [{for: case of main, when: visits('write'), holds: value('missing').part}]
  - id: T-07
    statement: 不适用。
    inapplicable: 没有这样的事项。
"""


def entry(title="事项", verdict="公开", reviewed="审1"):
    return ["Append", {"register": "reviews", "values": {"title": title, "verdict": verdict, "reviewed": reviewed}}]


def publication(title="事项"):
    return ["Announce", {"kind": "xinxi", "title": title, "content": "内容"}]


def pack(tmp_path, rules=RULES):
    task = s.service("write", camunda_topic="write")
    diagram = p.line(s.user("a", name="起草"), s.user("b", name="审核"), task, ids=("a", "b", "write"))
    root = p.write(tmp_path / "packs", {"main": diagram}, handlers=HANDLERS, extra=EXTRA)
    (root / "processes" / "demo" / "invariants.yaml").write_text(rules, encoding="utf-8")
    return root


@pytest.fixture
def driver(tmp_path):
    (tmp_path / "database").mkdir()
    with testing.EngineDriver(pack(tmp_path), directory=tmp_path / "database") as made:
        yield made


def play(driver, *requests, first="zhangsan", second="lisi"):
    case = driver.start("main", as_="admin", variables={"requests": list(requests)})
    for task, who in (("a", first), ("b", second)):
        driver.advance(minutes=1)
        driver.complete(task, as_=who)
    return case


def found(driver, *only, scope=None):
    report = invariants.audit(driver.engine, MONITOR, only=only, scope=scope)
    return {each.invariant.id: each for each in report.outcomes}


def tamper(driver, change):
    assert behind.change(driver.engine.settings.database, change)


def test_honest_cases_violate_nothing(driver):
    play(driver, entry(), publication())
    result = found(driver)
    assert [name for name, each in result.items() if not each.holds] == ["T-06"]
    assert (result["T-01"].looked_at, result["T-03"].looked_at, result["T-07"].looked_at) == (1, 1, 0)


def test_a_diagram_that_forgot_to_part_the_people_is_found_out(driver):
    play(driver)
    case = play(driver, first="zhangsan", second="zhangsan")
    result = found(driver, "T-01")["T-01"]
    assert (result.looked_at, [each.id for each in result.violations]) == (2, [case.id])


def test_one_person_for_two_steps_is_named(driver):
    case = play(driver)
    tamper(driver, "update user_tasks set completed_for = 'zhangsan' where element_id = 'b'")
    (violation,) = found(driver, "T-01")["T-01"].violations
    assert (violation.kind, violation.id) == (model.SubjectKind.CASE, case.id)
    assert "“起草”与“审核”均由" in violation.evidence


def test_a_step_that_is_missing_or_out_of_order_is_found(driver):
    play(driver)
    assert found(driver, "T-02")["T-02"].holds
    tamper(driver, "update user_tasks set completed_at = '2001-01-01T00:00:00.000000Z' where element_id = 'b'")
    assert "在“起草”之前办结" in found(driver, "T-02")["T-02"].violations[0].evidence
    tamper(driver, "update user_tasks set status = 'cancelled' where element_id = 'b'")
    assert "没有办结“b”" in found(driver, "T-02")["T-02"].violations[0].evidence


def test_an_entry_that_is_missing_or_younger_or_says_something_else_is_found(driver):
    play(driver, publication())
    play(driver, entry("另一件", "不公开", "审2"), publication("另一件"))
    first = play(driver, publication("后审的"))
    play(driver, entry("后审的", reviewed="审3"))
    result = found(driver, "T-03")["T-03"]
    assert (result.looked_at, result.violated) == (3, 3)
    assert {each.name for each in result.violations} == {"事项", "另一件", "后审的"}
    assert first.id in {each.instance_id for each in result.violations}
    assert {each.kind for each in result.violations} == {model.SubjectKind.PUBLICATION}


def test_a_number_used_twice_is_found_at_both_entries_and_a_correction_is_none(driver):
    play(driver, entry(), entry("别的", reviewed="审2"))
    assert found(driver, "T-04")["T-04"].holds
    correction = entry("更正的")
    correction[1] |= {"corrects": "1", "reason": "笔误"}
    play(driver, correction)
    assert found(driver, "T-04")["T-04"].holds
    play(driver, entry("再用的"))
    assert [each.name for each in found(driver, "T-04")["T-04"].violations] == ["4", "1"]


def test_when_chooses_and_evidence_says_what_was_found(driver):
    play(driver, entry(verdict="待定"), entry("不核对", "待定", "审2"))
    result = found(driver, "T-05")["T-05"]
    assert (result.looked_at, result.violated) == (1, 1)
    assert result.violations[0].evidence == "结论为“待定”。"
    report = invariants.audit(driver.engine, MONITOR, only=["T-05"])
    assert (report.errors, report.warnings) == (0, 1)


def test_what_cannot_be_checked_is_no_pass(driver):
    play(driver)
    (violation,) = found(driver, "T-06")["T-06"].violations
    assert violation.unchecked
    assert violation.evidence.startswith("不能核对：")


def test_a_run_can_be_for_one_case_or_since_a_day_or_for_the_newest(driver):
    play(driver, first="zhangsan", second="lisi")
    old = driver.now
    driver.advance(days=2)
    case = play(driver)
    for scope in (
        invariants.Scope(case=str(case.id)),
        invariants.Scope(since=old + (driver.now - old) / 2),
        invariants.Scope(newest=1),
    ):
        assert found(driver, "T-01", scope=scope)["T-01"].looked_at == 1
    with pytest.raises(errors.NotFound, match="没有编号为“9999”的事项"):
        found(driver, scope=invariants.Scope(case="9999"))
    with pytest.raises(errors.NotFound, match="现有：T-01、T-02"):
        found(driver, "T-99")


def test_all_pages_are_read_and_the_statements_grow_by_pages_not_by_cases(driver, monkeypatch):
    for number in range(7):
        play(driver, entry(f"事项{number}", reviewed=f"审{number}"), publication(f"事项{number}"))

    def statements(page):
        monkeypatch.setattr(invariants, "PAGE", page)
        seen: list[str] = []
        with driver.engine.store.observed(seen.append):
            result = found(driver)
        assert [result[name].looked_at for name in ("T-01", "T-03", "T-04")] == [7, 7, 7]
        return len(seen)

    one, two, seven = statements(100), statements(4), statements(1)
    assert one < two < seven
    assert two - one <= 15  # one page more of each of three sorts
    assert seven - one <= 7 * 15


def test_nobody_else_may_ask(driver):
    for ask in (invariants.audit, invariants.rulebooks):
        with pytest.raises(errors.Forbidden):
            ask(driver.engine, commands.Actor("zhangsan", frozenset({"clerk"})))


def test_nothing_is_changed_by_a_check(driver):
    play(driver, entry(verdict="待定"))
    before = behind.rows(driver.engine.settings.database)
    found(driver)
    assert behind.rows(driver.engine.settings.database) == before


# --- the file --------------------------------------------------------------------------------------------------------


def check_of(rule):
    return f"invariants:\n  - id: X\n    statement: 要求。\n    checks:\n      - {rule}\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("invariants:\n  - {id: X, statement: 要求。}\n", "checks"),
        ("invariants:\n  - {id: X, statement: 要求。, severity: fatal, inapplicable: 无。}\n", "fatal"),
        (check_of("{for: task of main, holds: 'True'}"), "case of"),
        (check_of("{for: case of main}"), "holds"),
        (check_of("{for: case of main, holds: 'True', unique: x}"), "之一"),
        (check_of("{for: case of main, in_order: [a, b]}"), "before"),
        (check_of("{for: entry of reviews, distinct: [a, b]}"), "distinct"),
        (check_of("{for: case of main, unique: title}"), "unique"),
        (check_of("{for: case of main, holds: 'import os'}"), "表达式"),
        (check_of("{for: case of main, holds: 'actor() == 1'}"), "actor"),
        (check_of("{for: case of main, holds: 'True', evidence: '${oops('}"), "文本"),
        (check_of("{for: case of main, entry: {register: reviews, same: {}}}"), "至少一项"),
        (check_of("{for: case of main, holds: 'not tasks(title)'}"), r"tasks\(\) 的名称直接写出"),
        (check_of("{for: case of main, holds: \"not tasks('a' if title else 'b')\"}"), r"tasks\(\) 的名称直接写出"),
        (
            check_of("{for: case of main, holds: \"all(last(each) for each in ['a', 'b'])\"}"),
            r"last\(\) 的名称直接写出",
        ),
        (check_of("{for: case of main, holds: \"not tasks('a', of=title)\"}"), r"tasks\(\) 的名称直接写出"),
        (check_of("{for: case of main, holds: \"value('x', None, title)\"}"), r"value\(\) 的名称直接写出"),
        (check_of('{for: case of main, holds: "not values(title)"}'), r"values\(\) 的名称直接写出"),
        (check_of("{for: case of main, holds: 'True', evidence: '缺 ${entries(title)}'}"), r"entries\(\) 的名称"),
        (check_of("{for: case of main, when: \"cases('a' + 'b')\", holds: 'True'}"), r"cases\(\) 的名称直接写出"),
    ],
)
def test_what_is_wrong_in_the_file_is_said(text, says):
    with pytest.raises(errors.InvalidInput, match=says):
        invariant_file.parse(text.encode(), "demo")


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        ("{for: case of nope, holds: 'True'}", "nope"),
        ("{for: entry of nope, holds: 'True'}", "nope"),
        ("{for: document of nope, holds: 'True'}", "nope"),
        ("{for: case of main, distinct: [a, nope]}", "nope"),
        ("{for: case of main, in_order: [a, b], before: nope}", "nope"),
        ("{for: case of main, holds: \"last('nope') is None\"}", "nope"),
        ("{for: case of main, holds: \"not entries('nope')\"}", "nope"),
        ("{for: case of main, holds: \"not tasks('a', of='nope')\"}", "nope"),
        ("{for: entry of reviews, unique: nope}", "nope"),
        ("{for: case of main, entry: {register: reviews, same: {nope: case.id}}}", "nope"),
    ],
)
def test_a_pack_that_names_what_it_does_not_have_cannot_be_deployed(tmp_path, rule, name):
    (tmp_path / "database").mkdir()
    with (
        pytest.raises(errors.InvalidDiagram, match=name),
        testing.EngineDriver(pack(tmp_path, check_of(rule)), directory=tmp_path / "database"),
    ):
        pass


@pytest.mark.parametrize(
    "rule",
    [
        "{for: case of main, holds: \"value('x', 'a' + 'b') or values('y', of=None)\"}",
        "{for: case of main, holds: \"tasks() or tasks('a', 'b', of='main')\", evidence: 'tasks(x) 是文字'}",
        "{for: case of main, holds: \"${len(entries('reviews')) == 0}\"}",
    ],
)
def test_names_that_are_written_out_are_taken(rule):
    assert invariant_file.parse(check_of(rule).encode(), "demo").invariants[0].checks

"""Every invariant of document 000: the honest case passes; what could only come about behind the product's back is found.

Each case is played once; a violation is then written into a copy of its database.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import datetime
import pathlib

import baomi_case
import behind
import fabu_case
import gongshi_case
import guifanxing_case
import kaohe_case
import pytest
import tingzheng_case
import xinwen_case
import yaml
import yushen_case

from engine import bootstrap, config, testing
from engine.actions import invariant_file, invariants
from engine.model import commands
from engine.model import invariants as model

PACK = "shizhengwuban"
ROOT = pathlib.Path(__file__).parents[2]
FILE = ROOT / "processes" / PACK / "invariants.yaml"
MONITOR = commands.Actor("duban", monitor=True)
#: Those of the platform's list that concern this document.
CONCERNED = [
    *("I-01", "I-02", "I-03", "I-04", "I-05", "I-08", "I-09", "I-10", "I-11", "I-12", "I-13", "I-14", "I-16", "I-18"),
    *("I-19", "I-24", "I-25", "I-26", "I-27", "I-28", "I-29", "I-30", "I-31", "I-33", "I-47", "I-55", "I-63", "I-64"),
]


# --- what is declared ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def book():
    return invariant_file.parse(FILE.read_bytes(), PACK)


def test_every_invariant_that_concerns_the_document_is_declared(book):
    assert [each.id for each in book.invariants] == CONCERNED
    assert [each.id for each in book.invariants if each.severity is model.Severity.WARNING] == ["I-19", "I-30"]
    assert [each.id for each in book.invariants if each.inapplicable] == ["I-05", "I-47"]


def test_what_blocks_is_proven_by_a_test_that_exists(book):
    for invariant in book.invariants:
        assert invariant.prevented or invariant.id in ("I-05", "I-19"), invariant.id
        for prevention in invariant.prevented:
            path, _, name = prevention.test.partition("::")
            tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
            names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
            assert name in names, f"{invariant.id}: {prevention.test}"


# --- honest cases ----------------------------------------------------------------------------------------------------


def _yushen(driver):
    yushen_case.to_group(driver)
    driver.complete("审定公开信息", as_="周明", form=yushen_case.APPROVE)
    driver.advance(days=4)


def _fabu(driver):
    """One item that concerns a department and needs approval, and one that does not."""
    concerns = {"departments": [fabu_case.CONFIRM]}
    fabu_case.propose(driver, **concerns, **fabu_case.APPROVAL)
    fabu_case.agree(driver, **concerns, **fabu_case.APPROVAL)
    (letter,) = fabu_case.open_letters(driver)
    fabu_case.answer(driver, letter)
    fabu_case.review(driver)
    driver.complete("审定发布", as_="周明", form=fabu_case.GROUP)
    asking = driver.children()[-1]
    fabu_case.ask(driver, asking)
    driver.complete("登记批复", as_="刘洋", form=fabu_case.APPROVED, case=asking)
    driver.complete("核定发布稿", as_="陈静", form=fabu_case.RELEASE)
    fabu_case.to_release(driver)
    driver.complete("核定发布稿", as_="陈静", form=fabu_case.RELEASE)
    driver.advance(hours=2)


def _baomi(driver):
    """A review that was uncertain at the first level, and withheld in the end."""
    asking = baomi_case.uncertain(driver, "责任人")
    baomi_case.ask(driver, asking)
    baomi_case.answer(driver, asking, "withhold")
    reason = {"exempt_ground": "city", "exempt_reason": "市政府批复不公开所附的技术方案"}
    office, final = ({f"{level}_{name}": value for name, value in reason.items()} for level in ("office", "final"))
    withheld = {"originator_decision": "withhold", "originator_opinion": "从其批复"}
    driver.complete("Task_baoshen", as_="张三", form={**baomi_case.SUBMISSION, **withheld})
    head = {"head_decision": "withhold", "head_opinion": "从其批复", "head_signed": True}
    driver.complete("Task_shenhe", as_="王芳", form=head)
    driver.complete("Task_fuhe", as_="陈静", form={**baomi_case.OFFICE, "office_class": "exempt", **office})
    driver.complete("Task_shending", as_="郑建国", form={**baomi_case.GROUP, "final_class": "exempt", **final})


def _guifanxing(driver):
    guifanxing_case.issue(driver)
    guifanxing_case.issue(driver, form=guifanxing_case.REFUSE, title="窗口人员名册")


def _gongshi(driver):
    gongshi_case.to_decision(driver)
    driver.complete("作出决定", as_="周明", form=gongshi_case.DECIDE)


def _tingzheng(driver):
    tingzheng_case.to_decision(driver)
    driver.complete(
        "根据听证笔录作出决定",
        as_="周明",
        form={**tingzheng_case.DECIDE, "adoptions": tingzheng_case.adoptions()},
    )


def _draw(driver):
    """14 speakers for ten places, and a draw; all who were drawn come."""
    choosing = tingzheng_case.chosen(driver, 14)
    tingzheng_case.enter(driver, choosing)
    places, _ = tingzheng_case.chosen_tickets(driver, choosing)
    tingzheng_case.confirm(driver, choosing, dict.fromkeys(places, "confirm"))


def _kaohe(driver):
    kaohe_case.decide(driver)


def _xinwen(driver):
    xinwen_case.appoint(driver)
    xinwen_case.alone(driver)
    xinwen_case.to_interviews(driver)
    xinwen_case.release(driver)
    xinwen_case.report(driver)
    driver.advance(hours=2)


STORIES = {
    "yushen": (_yushen, testing.MONDAY),
    "fabu": (_fabu, testing.MONDAY),
    "baomi": (_baomi, testing.MONDAY),
    "guifanxing": (_guifanxing, testing.MONDAY),
    "gongshi": (_gongshi, testing.MONDAY),
    "tingzheng": (_tingzheng, tingzheng_case.MONDAY),
    "draw": (_draw, tingzheng_case.MONDAY),
    "kaohe": (_kaohe, testing.MONDAY),
    "xinwen": (_xinwen, testing.MONDAY),
}


@dataclasses.dataclass(frozen=True)
class Played:
    """The database of a story that has been played, and the moment at its end."""

    database: str
    at: object


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """Play each story once, when it is first asked for."""
    made = {}
    with contextlib.ExitStack() as opened:

        def play(name):
            if name not in made:
                story, at = STORIES[name]
                place = tmp_path_factory.mktemp(name)
                url = opened.enter_context(testing.fresh_database(place, None, testing.MONDAY))
                with testing.EngineDriver(PACK, directory=place, at=at, database=url) as driver:
                    story(driver)
                    made[name] = Played(url, driver.now)
            return made[name]

        yield play


def audit(url, at, *only):
    settings = dataclasses.replace(config.Settings(), database=url, packs=())
    with bootstrap.open_engine(settings, testing.FixedClock(at)) as engine:
        return invariants.audit(engine, MONITOR, only=only)


@pytest.mark.parametrize("name", STORIES)
def test_an_honest_case_violates_nothing(played, name):
    story = played(name)
    report = audit(story.database, story.at)
    found = [(each.invariant.id, violation.evidence) for each in report.outcomes for violation in each.violations]
    assert found == []


def test_the_stories_have_something_to_look_at_for_every_invariant(played):
    looked_at = {}
    for name in STORIES:
        story = played(name)
        for each in audit(story.database, story.at).outcomes:
            looked_at[each.invariant.id] = looked_at.get(each.invariant.id, 0) + each.looked_at
    assert [name for name, count in looked_at.items() if not count] == ["I-05", "I-47"]


# --- violations ------------------------------------------------------------------------------------------------------

_TASK = "update user_tasks set {} where element_id = '{}' and status = 'completed'"
_LATE = "2031-01-01T00:00:00.000000Z"
_EARLY = "2001-01-01T00:00:00.000000Z"


def task(element, change):
    return _TASK.format(change, element)


def answered(element, **values):
    """Change what the form of a task was filled in with; None removes a value."""
    return behind.fields("user_tasks", "submission", f"element_id = '{element}' and status = 'completed'", **values)


def variable(process, name, value):
    of = f"definition_id in (select id from definitions where key = '{process}')"
    return behind.fields("instances", "variables", of, **{name: value})


def entry(register, **values):
    """Change an entry of a register behind its hash, and what it is found by."""
    found_by = [
        f"update register_values set value = '{value}' where field = '{name}' and entry_id in"
        f" (select id from register_entries where register = '{register}')"
        for name, value in values.items()
    ]
    return [behind.fields("register_entries", "values", f"register = '{register}'", **values), *found_by]


def open_for(days):
    """Change until when a publication is shown: so many days from its publication."""

    def become(_, row):
        return _stored(datetime.datetime.fromisoformat(row["published_at"]) + datetime.timedelta(days=days))

    return behind.each("publications", "until", "published_at is not null", become)


def _stored(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def no_entry(register):
    return [
        f"update register_values set value = 'x' where entry_id in"
        f" (select id from register_entries where register = '{register}')",
        f"update register_entries set register = 'x' || register where register = '{register}'",
    ]


#: Invariant, story, what was done behind the product's back, and what the evidence says of it.
VIOLATIONS = [
    ("I-01", "yushen", task("Task_shending", "completed_by = 'wangfang'"), "王芳"),
    ("I-01", "yushen", task("Task_yushen", "completed_for = 'zhangsan'"), "张三"),
    ("I-01", "fabu", task("Task_jianyi", "completed_by = 'chenjing'"), "陈静"),
    ("I-02", "yushen", task("Task_yushen", "status = 'cancelled'"), "之前没有办结"),
    ("I-02", "yushen", task("Task_danweishenhe", f"completed_at = '{_LATE}'"), "没有办结"),
    ("I-02", "yushen", answered("Task_shending", signed=False), "没有签字"),
    ("I-03", "fabu", task("Task_tichu", f"completed_at = '{_LATE}'"), "没有办结"),
    ("I-03", "baomi", task("Task_fuhe", f"completed_at = '{_EARLY}'"), "之前办结"),
    ("I-03", "baomi", task("Task_fuhe", "completed_by = 'zhengjianguo'"), "郑建国"),
    ("I-04", "guifanxing", task("Task_hefa", "completed_by = 'chenjing'"), "陈静"),
    ("I-08", "fabu", entry("baomi", verdict="依申请公开"), "结论为主动公开的记录"),
    ("I-08", "fabu", entry("baomi", content_sha256="0" * 64), "结论为主动公开的记录"),
    ("I-08", "fabu", f"update register_entries set at = '{_LATE}' where register = 'baomi'", "结论为主动公开的记录"),
    ("I-08", "fabu", f"update publications set content_sha256 = '{'1' * 64}'", "结论为主动公开的记录"),
    ("I-09", "fabu", entry("fabu", review_number="保审〔2026〕1号"), "还用于"),
    ("I-10", "fabu", answered("Task_hezhun", content="另一种内容"), "改动了审查的内容"),
    ("I-10", "fabu", task("Task_jianyi", f"completed_at = '{_LATE}'"), "没有办结"),
    ("I-11", "fabu", answered("Task_pifu", approved=False), "统计数据发布管理规定"),
    ("I-11", "fabu", variable("fabu-baopi", "content_sha256", "0" * 64), "批准的不是发布的内容"),
    ("I-12", "fabu", variable("fabu", "settlements", []), "市住建局"),
    ("I-12", "fabu", variable("fabu-xietiao", "department", "别的部门"), "市住建局"),
    ("I-13", "fabu", "update publications set content = '秘密★十年 ' || content", "标有密级"),
    ("I-13", "fabu", "update publications set title = title || '（内部文件）'", "没有写明批准"),
    ("I-13", "fabu", variable("baomi", "office_kinds", ["classified"]), "属于涉密信息"),
    (
        "I-14",
        "baomi",
        "update instances set status = 'active' where definition_id in (select id from definitions where key ="
        " 'baomi-qingshi')",
        "没有收到市政府批复",
    ),
    ("I-14", "yushen", answered("Task_danweishenhe", secrecy="unclear"), "无法确定"),
    ("I-16", "fabu", no_entry("fabu"), "发布登记中没有此件"),
    ("I-16", "fabu", entry("fabu", content_sha256="0" * 64), "发布登记中没有此件"),
    ("I-16", "fabu", entry("fabu", publisher=""), "六项"),
    ("I-18", "baomi", entry("bugongkai", reason=" "), "理由“ ”"),
    ("I-18", "guifanxing", entry("bugongkai", ground="不便公开"), "不便公开"),
    ("I-19", "baomi", entry("bugongkai", reason="市政府批复不公开。"), "理由与依据相同"),
    ("I-24", "tingzheng", open_for(days=4), "截止"),
    ("I-25", "draw", variable("tingzheng-linxuan", "speakers", [1, 2, 3]), "陈述人3人"),
    ("I-26", "draw", f"update publications set published_at = '{_LATE}' where title like '%名单冻结%'", "冻结的名单"),
    ("I-26", "tingzheng", variable("tingzheng", "beacon_period", ""), "没有公布名额和随机来源"),
    (
        "I-27",
        "draw",
        "update documents set template = 'x' where id = (select max(id) from documents where template ="
        " 'tingzheng-gaozhi')",
        "告知书13件",
    ),
    ("I-28", "tingzheng", answered("Task_bilu", other_matters=None), "五项"),
    ("I-29", "tingzheng", f"update documents set issued_at = '{_LATE}' where template = 'tingzheng-bilu'", "笔录"),
    ("I-29", "tingzheng", variable("tingzheng", "minutes", {"id": 999}), "笔录"),
    ("I-30", "gongshi", open_for(days=3), "特别规定"),
    ("I-31", "kaohe", answered("Task_xianchang", held_on="2026-03-24"), "2026-03-24"),
    ("I-31", "kaohe", f"update documents set issued_at = '{_LATE}' where template = 'kaohe-zicha'", "自查报告"),
    ("I-31", "kaohe", entry("kaohe", grade="良好"), "良好"),
    ("I-33", "gongshi", task("Task_jueding", f"completed_at = '{_EARLY}'"), "公示期未满"),
    (
        "I-33",
        "gongshi",
        f"update instances set ended_at = '{_LATE}' where parent_id is not null",
        "意见没有办结",
    ),
    ("I-55", "guifanxing", no_entry("mulu-shending"), "核发决定公开"),
    ("I-55", "guifanxing", no_entry("bugongkai"), "核发决定不公开"),
    ("I-55", "fabu", no_entry("mulu"), "没有列入公开目录"),
    ("I-55", "baomi", no_entry("bugongkai"), "没有登记备案"),
    ("I-63", "yushen", answered("Task_shending", decision=None), "没有记载意见"),
    ("I-63", "gongshi", answered("Task_pizhun", approval=None), "没有记载意见"),
    ("I-64", "kaohe", answered("Task_zicha", quantities={"proactive": 9}), "填写了年度数量"),
]


@pytest.mark.parametrize(
    ("invariant", "name", "change", "says"),
    VIOLATIONS,
    ids=[f"{n}-{row[0]}-{row[1]}" for n, row in enumerate(VIOLATIONS)],
)
def test_what_was_changed_behind_the_product_is_found(played, tmp_path, invariant, name, change, says):
    story = played(name)
    with behind.copied(story.database, tmp_path / "changed.db") as changed:
        assert behind.change(changed, *(change if isinstance(change, list) else [change])), "nothing was changed"
        (outcome,) = audit(changed, story.at, invariant).outcomes

    assert outcome.violated, "not found"
    assert any(says in violation.evidence for violation in outcome.violations), [
        violation.evidence for violation in outcome.violations
    ]
    assert not any(violation.unchecked for violation in outcome.violations)


def test_every_invariant_that_is_checked_has_been_violated_on_purpose(book):
    tried = {row[0] for row in VIOLATIONS}
    assert tried == {each.id for each in book.invariants if each.checks}


def test_the_file_names_what_the_pack_has(book):
    assert yaml.safe_load(FILE.read_text(encoding="utf-8")).keys() == {"invariants"}

"""What may be started: by document and topic, for whom, with which form."""

from __future__ import annotations

import packbuilder as p
import pytest
import snippets as s

from engine import errors
from engine.actions import catalogue, definitions, instances
from engine.model import definitions as model

FORMS = {"apply": p.schema(subject=p.text(title="信息名称", default="未定"))}


def lanes(*held: tuple[str, str]) -> str:
    inside = ""
    for number, (name, nodes) in enumerate(held):
        refs = "".join(f"<flowNodeRef>{each}</flowNodeRef>" for each in nodes.split())
        inside += s.element("lane", f"lane{number}", refs, name=name)
    return s.element("laneSet", "lanes", inside)


@pytest.fixture
def driver(drive):
    main = p.diagram(
        "<documentation>处理公众的公开申请。</documentation>",
        s.extensions(s.properties(topic="依申请公开")),
        lanes(("综合处", "start asked check"), ("领导小组", "end")),
        s.start("start", name="收到来件", camunda_formKey="demo/apply"),
        s.start("asked", s.event("message", messageRef="M2"), name="网上申请", camunda_formKey="demo/apply"),
        s.user("check", camunda_candidateGroups=""),
        s.end(),
        s.path("start", "check", "end"),
        s.path("asked", "check"),
    )
    chiefs = p.line(s.user("x"), ids=("x",), id="chiefs", name="领导小组会议", camunda_candidateStarterGroups="chief")
    timed = p.diagram(
        s.start("start", s.timer("R/P1D", "timeCycle")), s.user("y"), s.end(), s.path("start", "y", "end"), id="timed"
    )
    return drive(main=main, chiefs=chiefs, timed=timed, forms=FORMS)


def entries(driver, who="zhangsan", **chosen):
    return [entry for shelf in catalogue.shelves(driver.engine, driver.user(who), **chosen) for entry in shelf.entries]


def test_every_way_to_start_is_an_entry_and_what_starts_by_itself_is_none(driver):
    (shelf,) = catalogue.shelves(driver.engine, driver.user("zhangsan"))
    assert (shelf.title, shelf.issuer, shelf.pack) == ("演示", "市政务办", "demo")
    found = [(each.key, each.start_name, each.kind, each.message, each.startable) for each in shelf.entries]
    assert found == [
        ("main", "收到来件", model.StartKind.NONE, None, True),
        ("main", "网上申请", model.StartKind.MESSAGE, "收到申请", True),
        ("chiefs", "收到材料", model.StartKind.NONE, None, False),
    ]
    first, _, chiefs = shelf.entries
    assert (first.purpose, first.topic, first.roles) == ("处理公众的公开申请。", "依申请公开", ("clerk", "chief"))
    assert [clause.id for clause in first.clauses] == ["P000-06"]
    assert chiefs.purpose == "公告"
    assert "领导小组" in chiefs.why_not
    assert catalogue.topics(driver.engine) == ("依申请公开",)


def test_entries_are_found_by_what_they_say(driver):
    assert [each.key for each in entries(driver, text="公众 申请")] == ["main", "main"]
    assert [each.key for each in entries(driver, text="会议")] == ["chiefs"]
    assert [each.key for each in entries(driver, topic="依申请公开")] == ["main", "main"]
    assert entries(driver, text="听证") == []
    assert [each.key for each in entries(driver, text="第九条 会议")] == ["chiefs"]


def test_what_is_suspended_says_so(driver):
    entry = entries(driver)[0]
    definitions.suspend(driver.engine, entry.definition_id, driver.user("admin"))
    suspended = next(each for each in entries(driver) if each.key == "main")
    assert not suspended.startable
    assert "停用" in suspended.why_not


def test_the_start_page_has_form_picture_and_table(driver):
    shown = catalogue.start_view(driver.engine, "main", driver.user("lisi"))
    assert (shown.entry.element_id, shown.form.id, shown.values) == ("start", "demo/apply", {"subject": "未定"})
    assert 'data-element="check"' in shown.svg
    assert [step.name for step in shown.steps] == ["收到来件", "审核申请", "已办结", "网上申请"]
    assert {step.visits for step in shown.steps} == {0}
    asked = catalogue.start_view(driver.engine, "main", driver.user("wangwu"), element_id="asked")
    assert (asked.entry.message, asked.entry.startable) == ("收到申请", False)
    assert catalogue.start_view(driver.engine, "chiefs", driver.user("wangwu")).form is None


@pytest.mark.parametrize(("key", "element"), [("none", None), ("timed", None), ("main", "check")])
def test_what_cannot_be_started_by_hand_is_not_found(driver, key, element):
    with pytest.raises(errors.NotFound):
        catalogue.start_view(driver.engine, key, driver.user("admin"), element_id=element)


def test_what_is_only_called_and_what_the_public_begins_is_not_offered(drive):
    asked = s.extensions(s.properties(public="true")) + s.event("message", messageRef="M2")
    main = p.diagram(
        s.start(),
        s.start("asked", asked, name="网上申请", camunda_formKey="demo/apply"),
        s.user(),
        s.end(),
        s.path("start", "check", "end"),
        s.path("asked", "check"),
    )
    inner = p.line(s.user(), ids=("check",), id="inner", camunda_isStartableInTasklist="false")
    driver = drive(main=main, inner=inner, forms=FORMS)
    assert [(entry.key, entry.start_name) for entry in entries(driver)] == [("main", "收到材料")]
    assert driver.start("inner", as_="zhangsan").status == "active"


def test_what_no_role_starts_is_only_called_and_says_so(drive):
    for_none = {"camunda_isStartableInTasklist": "false", "camunda_candidateStarterGroups": ""}
    part = p.line(s.user(), ids=("check",), id="part", camunda_candidateStarterUsers="zhangsan", **for_none)
    driver = drive(main=part, forms=FORMS)
    assert entries(driver) == []
    with pytest.raises(errors.Conflict, match="由其他流程调用，不能单独发起"):
        instances.start(driver.engine, "part", driver.user("zhangsan"))

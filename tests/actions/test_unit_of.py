"""`unitOf`: a role that many units have decides for its own unit alone, and whatever shows tasks keeps to it."""

from __future__ import annotations

import datetime

import packbuilder as p
import pytest
import snippets as s
import staff

from engine import errors
from engine.actions import digests, health, notices, people, returns, user_tasks, worklists
from engine.actions import staff as colleagues
from engine.model import commands, views_lists

ROLES = {"clerk": "经办人", "chief": "单位负责人"}
#: Unit -> who belongs to it; 行政审批处 and 服务处 are below 市政务办, 窗口 is below 服务处.
PEOPLE = {
    "zhangsan": ("张三", "行政审批处", ["clerk"]),
    "wangfang": ("王芳", "行政审批处", ["chief"]),
    "lisi": ("李四", "服务处", ["clerk"]),
    "zhaogang": ("赵刚", "服务处", ["chief"]),
    "sunli": ("孙丽", "窗口", ["clerk"]),
    "liuhai": ("刘海", "窗口", []),
    "duting": ("杜婷", None, ["clerk"]),
}
BELOW = {"行政审批处": "市政务办", "服务处": "市政务办", "窗口": "服务处"}


def procedure(unit_of="${applicant}", **more):
    written = {"clause": s.CLAUSE, "unitOf": unit_of, **more}
    return p.diagram(
        s.start(camunda_initiator="applicant"),
        s.user("fill", name="填报"),
        s.user("review", name="单位审核", camunda_candidateGroups="chief", props=s.properties(**written)),
        s.end(),
        s.path("start", "fill", "review", "end"),
    )


SEPARATE = {"notSameActorAs": "fill"}


@pytest.fixture
def office(drive):
    """An office with accounts in units."""

    def make(diagram=None):
        driver = drive(main=diagram or procedure(**SEPARATE), roles=ROLES, settings=staff.SETTINGS)
        driver.units = {"市政务办": people.create_unit(driver.engine, staff.ADMIN, "市政务办").id}
        for name, above in BELOW.items():
            driver.units[name] = people.create_unit(driver.engine, staff.ADMIN, name, driver.units[above]).id
        for id_, (name, unit, roles) in PEOPLE.items():
            staff.add(driver, id_, name, roles=roles, unit_id=driver.units.get(unit))
        staff.add(driver, "boss", "系统管理员", rights=["admin"])
        return driver

    return make


def act(driver, user_id):
    return staff.acts(driver, user_id)


def applied(driver, by="zhangsan"):
    """Start a case and fill in; return the task of the head of the unit."""
    driver.start("main", as_=act(driver, by))
    driver.complete("填报", as_=act(driver, by))
    return driver.task("单位审核")


def offered(driver):
    return driver.task("单位审核").candidate_groups


def send_back(driver):
    back = driver.claim("填报", as_=act(driver, "zhangsan")).id
    returns.return_to(driver.engine, back, "review", "再审", act(driver, "zhangsan"))


def to_do(driver, user_id, **chosen):
    found = worklists.to_do(driver.engine, act(driver, user_id), views_lists.TaskFilter(**chosen))
    return [item.name for item in found.items]


def change(driver, user_id, **changes):
    people.update_user(driver.engine, staff.ADMIN, user_id, **changes)


# --- who may do it ---------------------------------------------------------------------------------------------------


def test_the_head_of_another_unit_may_neither_see_nor_take_nor_do_it(office):
    driver = office()
    task = applied(driver)

    assert to_do(driver, "wangfang") == ["单位审核"]
    assert to_do(driver, "zhaogang") == []
    assert not staff.sees(driver, "zhaogang", task.instance_id)
    for attempt in (driver.claim, driver.complete):
        with driver.refused("单位负责人（行政审批处）", errors.Forbidden):
            attempt("单位审核", as_=act(driver, "zhaogang"))
    driver.complete("单位审核", as_=act(driver, "wangfang"))


def test_lists_count_and_filter_it_by_the_role(office):
    driver = office()
    applied(driver)

    assert worklists.counts(driver.engine, act(driver, "wangfang")).all.number == 1
    assert worklists.counts(driver.engine, act(driver, "zhaogang")).all.number == 0
    assert to_do(driver, "wangfang", role="chief") == ["单位审核"]
    assert to_do(driver, "wangfang", role="clerk") == []
    chosen = views_lists.TaskFilter(role="chief")
    everything = worklists.all_tasks(driver.engine, act(driver, "boss"), chosen).items
    assert [item.name for item in everything] == ["单位审核"]
    assert worklists.choices(driver.engine, act(driver, "wangfang")).roles == (("chief", "单位负责人"),)


def test_only_the_own_unit_is_told_and_reads_of_it_in_the_digest(office):
    driver = office()
    applied(driver)
    driver.run()

    def told(user_id):
        return [each.title for each in notices.inbox(driver.engine, commands.Actor(user_id)).items]

    assert told("wangfang") == ["可签收任务“单位审核”"]
    assert told("zhaogang") == []
    with driver.engine.store.read() as uow:
        mine, other = (digests.write(uow, uow.users.get(who), (), driver.now) for who in ("wangfang", "zhaogang"))
    assert mine is not None
    assert "可签收1件" in mine[0]
    assert other is None


def test_people_read_the_name_of_the_unit(office):
    driver = office()
    applied(driver)
    names = people.directory(driver.engine)
    assert [names.role_name(group) for group in offered(driver)] == ["单位负责人（行政审批处）"]
    assert names.role_name("chief@999") == "单位负责人（999）"


# --- substitutes, transfer, hand-over --------------------------------------------------------------------------------


def test_a_substitute_acts_for_the_head_of_that_unit_alone(office):
    driver = office()
    applied(driver)
    today = driver.now.date()
    until = today + datetime.timedelta(days=1)
    people.create_substitution(driver.engine, staff.ADMIN, "zhaogang", "duting", today, until, "出差")
    assert to_do(driver, "duting") == [], "who stands in for another head has the tasks of that unit alone"

    people.create_substitution(driver.engine, staff.ADMIN, "wangfang", "zhaogang", today, until, "出差")
    assert to_do(driver, "zhaogang") == ["单位审核"]
    driver.complete("单位审核", as_=act(driver, "zhaogang"))
    done = [each.actor for each in driver.audit() if each.details.get("for") == "wangfang"]
    assert done == ["zhaogang"]


def test_it_is_transferred_within_the_unit_alone_but_by_administrators(office):
    driver = office()
    staff.add(driver, "hemei", "何梅", roles=["chief"], unit_id=driver.units["行政审批处"])
    task = applied(driver)
    driver.claim("单位审核", as_=act(driver, "wangfang"))

    assert colleagues.successors(driver.engine, task, act(driver, "wangfang")) == {"wangfang", "hemei"}
    assert colleagues.successors(driver.engine, task, act(driver, "boss")) is None
    for stranger in ("zhaogang", "duting"):
        with driver.refused("应由单位负责人（行政审批处）办理", errors.Forbidden):
            user_tasks.transfer(driver.engine, task.id, stranger, act(driver, "wangfang"))
    user_tasks.transfer(driver.engine, task.id, "hemei", act(driver, "wangfang"))
    moved = user_tasks.transfer(driver.engine, task.id, "zhaogang", act(driver, "boss"))
    assert moved.assignee == "zhaogang"
    driver.complete("单位审核", as_=act(driver, "zhaogang"))


def test_who_leaves_does_not_hand_it_to_another_unit(office):
    driver = office()
    applied(driver)
    driver.claim("单位审核", as_=act(driver, "wangfang"))
    people.hand_over(driver.engine, "wangfang", "zhaogang", staff.ADMIN, "调离")
    task = driver.task("单位审核")
    assert task.assignee is None, "it is left to the unit"
    assert to_do(driver, "zhaogang") == []


# --- who changes ------------------------------------------------------------------------------------------------------


def test_who_changes_unit_has_the_tasks_of_the_new_one_at_once(office):
    driver = office()
    applied(driver, by="zhangsan")
    change(driver, "zhaogang", unit_id=driver.units["行政审批处"])
    change(driver, "wangfang", unit_id=driver.units["服务处"])

    assert to_do(driver, "zhaogang") == ["单位审核"]
    assert to_do(driver, "wangfang") == []
    with driver.refused("不在任务“单位审核”的候选人之中", errors.Forbidden):
        driver.claim("单位审核", as_=act(driver, "wangfang"))


def test_a_unit_without_a_head_goes_to_the_nearest_one_above(office):
    driver = office()
    applied(driver, by="sunli")
    assert offered(driver) == (f"chief@{driver.units['服务处']}",)
    driver.complete("单位审核", as_=act(driver, "zhaogang"))


def test_a_head_who_filled_in_is_not_the_one_who_reviews(office):
    driver = office()
    staff.add(driver, "zongjian", "总监", roles=["chief"], unit_id=driver.units["市政务办"])
    change(driver, "wangfang", roles=("clerk", "chief"))
    applied(driver, by="wangfang")
    assert offered(driver) == (f"chief@{driver.units['市政务办']}",), "nobody else in the unit could review it"


def test_a_head_who_prepared_it_by_delegation_is_not_the_one_who_reviews(office):
    driver = office()
    change(driver, "zhaogang", unit_id=driver.units["市政务办"])
    driver.start("main", as_=act(driver, "zhangsan"))
    driver.claim("填报", as_=act(driver, "zhangsan"))
    driver.delegate("填报", to=act(driver, "wangfang"), as_=act(driver, "zhangsan"))
    driver.resolve("填报", as_=act(driver, "wangfang"))
    driver.complete("填报", as_=act(driver, "zhangsan"))
    assert offered(driver) == (f"chief@{driver.units['市政务办']}",)


def test_who_keeps_away_does_not_count_as_head(office):
    driver = office(procedure(recused="${['wangfang']}"))
    staff.add(driver, "zongjian", "总监", roles=["chief"], unit_id=driver.units["市政务办"])
    applied(driver)
    assert offered(driver) == (f"chief@{driver.units['市政务办']}",)


def test_a_case_sent_back_goes_to_the_head_who_did_it_unless_they_have_left_the_unit(office):
    driver = office(
        p.diagram(
            s.start(camunda_initiator="applicant"),
            s.user(
                "review",
                name="单位审核",
                camunda_candidateGroups="chief",
                props=s.properties(clause=s.CLAUSE, unitOf="${applicant}"),
            ),
            s.user("fill", name="填报"),
            s.end(),
            s.path("start", "review", "fill", "end"),
        )
    )
    driver.start("main", as_=act(driver, "zhangsan"))
    driver.complete("单位审核", as_=act(driver, "wangfang"))
    send_back(driver)
    assert driver.task("单位审核").assignee == "wangfang"
    driver.complete("单位审核", as_=act(driver, "wangfang"))
    change(driver, "wangfang", unit_id=driver.units["服务处"])
    send_back(driver)
    assert driver.task("单位审核").assignee is None


# --- nobody -----------------------------------------------------------------------------------------------------------


def test_a_task_that_nobody_can_take_stays_open_and_the_health_tells_of_it(office):
    driver = office()
    people.deactivate(driver.engine, staff.ADMIN, "wangfang", "退休")
    task = applied(driver)

    def found():
        report = health.report(driver.engine, act(driver, "boss"))
        return next(check for check in report.checks if check.name == "任务")

    assert task.assignee is None
    assert not found().well
    assert f"任务 {task.id}“单位审核”（单位负责人（行政审批处））" in found().found
    user_tasks.transfer(driver.engine, task.id, "zhaogang", act(driver, "boss"))
    assert found().well
    driver.complete("单位审核", as_=act(driver, "zhaogang"))


def test_a_new_head_takes_what_waited_for_one(office):
    driver = office()
    people.deactivate(driver.engine, staff.ADMIN, "wangfang", "退休")
    applied(driver)
    change(driver, "liuhai", roles=("chief",), unit_id=driver.units["行政审批处"])
    assert to_do(driver, "liuhai") == ["单位审核"]


@pytest.mark.parametrize(
    ("unit_of", "by", "sentence"),
    [
        ("${applicant}", "duting", "杜婷不属于任何单位"),
        ("${'nobody'}", "zhangsan", "现为“nobody”，没有这样的人员或单位"),
        ("${get('missing')}", "zhangsan", "没有这样的人员或单位"),
        ("${True}", "zhangsan", "没有这样的人员或单位"),
    ],
)
def test_a_unit_that_cannot_be_told_is_an_incident_and_not_everybodys_task(office, unit_of, by, sentence):
    driver = office(procedure(unit_of))
    driver.start("main", as_=act(driver, by))
    driver.complete("填报", as_=act(driver, by))

    (incident,) = driver.incidents()
    assert sentence in incident.message
    assert all(not to_do(driver, who) for who in ("wangfang", "zhaogang"))


def test_the_incident_is_retried_when_the_person_has_been_given_a_unit(office):
    driver = office()
    driver.start("main", as_=act(driver, "duting"))
    driver.complete("填报", as_=act(driver, "duting"))
    (incident,) = driver.incidents()
    change(driver, "duting", unit_id=driver.units["服务处"])
    driver.retry(incident)
    assert offered(driver) == (f"chief@{driver.units['服务处']}",)


@pytest.mark.parametrize("written", ["服务处", "市政务办／服务处", "number"])
def test_a_unit_may_be_named_itself(office, written):
    driver = office(procedure("${unit}"))
    value = str(driver.units["服务处"]) if written == "number" else written
    driver.start("main", as_="admin", variables={"unit": value})
    driver.complete("填报", as_=act(driver, "zhangsan"))
    assert offered(driver) == (f"chief@{driver.units['服务处']}",)


def test_a_name_that_two_units_have_is_an_incident(office):
    driver = office(procedure("${'窗口'}"))
    people.create_unit(driver.engine, staff.ADMIN, "窗口", driver.units["行政审批处"])
    applied_by = act(driver, "zhangsan")
    driver.start("main", as_=applied_by)
    driver.complete("填报", as_=applied_by)
    (incident,) = driver.incidents()
    assert "有几个单位叫这个名称" in incident.message


@pytest.mark.parametrize(("unit_of", "readings"), [("${applicant}", 1), ("", 0)])
def test_the_office_is_looked_up_once_for_all_tasks_of_a_step_and_only_where_units_matter(drive, unit_of, readings):
    loop = '<multiInstanceLoopCharacteristics camunda:collection="${[1, 2, 3]}" camunda:elementVariable="n"/>'
    written = {"clause": s.CLAUSE, **({"unitOf": unit_of} if unit_of else {})}
    review = s.user("review", loop, name="单位审核", camunda_candidateGroups="chief", props=s.properties(**written))
    body = (s.start(camunda_initiator="applicant"), s.user("fill", name="填报"), review, s.end())
    driver = drive(
        main=p.diagram(*body, s.path("start", "fill", "review", "end")), roles=ROLES, settings=staff.SETTINGS
    )
    unit = people.create_unit(driver.engine, staff.ADMIN, "行政审批处").id
    staff.add(driver, "zhangsan", "张三", roles=["clerk"], unit_id=unit)
    driver.start("main", as_=act(driver, "zhangsan"))
    task = driver.claim("填报", as_=act(driver, "zhangsan"))

    sent = []
    with driver.engine.store.observed(sent.append):
        user_tasks.complete(driver.engine, task.id, act(driver, "zhangsan"))

    assert len(driver.tasks()) == 3
    assert sum("FROM units" in each for each in sent) == readings


# --- without accounts -------------------------------------------------------------------------------------------------


def test_without_accounts_the_units_are_those_of_the_pack(drive):
    driver = drive(main=procedure(), roles=ROLES)
    driver.start("main", as_="zhangsan")
    driver.complete("填报", as_="zhangsan")
    assert offered(driver) == ("chief@市政务办",)
    with driver.refused("候选人", errors.Forbidden):
        driver.claim("单位审核", as_=commands.Actor("wangwu", frozenset({"chief"}), unit="别的单位"))
    driver.complete("单位审核", as_="wangwu")


def test_an_expression_that_cannot_be_read_is_refused_at_deployment(drive):
    with pytest.raises(errors.GongkaiError) as refusal:
        drive(main=procedure("${applicant &&}"), roles=ROLES)
    assert "unitOf" in str(refusal.value.details) + refusal.value.message

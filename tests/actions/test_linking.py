"""Cases that belong to one matter are linked, from both sides, by those who have to do with one of them."""

from __future__ import annotations

import packbuilder as p
import pytest
import snippets as s

from engine import errors
from engine.actions import case_view, cooperation, instances, linking
from engine.model import commands
from engine.store import queries

MAIN = p.line(s.user("draft", name="起草"), s.user("review", name="审核"), ids=("draft", "review"))
CALLER = p.line(s.element("callActivity", "call", name="会签", calledElement="main"), ids=("call",), id="caller")
MONITOR = commands.Actor("dudao", monitor=True)


@pytest.fixture
def driver(drive):
    return drive(main=MAIN, caller=CALLER)


def start(driver, who="zhangsan", **more):
    return instances.start(driver.engine, "main", driver.user(who), **more).id


def linked(driver, case, who="zhangsan"):
    actor = who if isinstance(who, commands.Actor) else driver.user(who)
    return [each.id for each in case_view.view(driver.engine, case, actor).links]


def acts(driver, case):
    with driver.engine.store.read() as uow:
        return [each for each in queries.audit(uow, chain=case, limit=100).items if "link" in each.action]


def test_a_link_is_seen_from_both_sides_and_audited_on_both(driver):
    one, two = start(driver), start(driver, business_key="2026-2")
    linking.link(driver.engine, one, two, driver.user("zhangsan"))
    assert (linked(driver, one), linked(driver, two)) == ([two], [one])
    (entry,), (back,) = acts(driver, one), acts(driver, two)
    assert (entry.action, entry.details["other"]) == ("link-case", f"instance/{two}")
    assert "2026-2" in entry.details["name"] and back.details["other"] == f"instance/{one}"

    linking.unlink(driver.engine, two, one, driver.user("zhangsan"))
    assert (linked(driver, one), linked(driver, two)) == ([], [])
    assert [each.action for each in acts(driver, two)] == ["unlink-case", "link-case"]


def test_a_case_is_linked_once_and_with_others_alone(driver):
    one, two = start(driver), start(driver)
    actor = driver.user("zhangsan")
    with driver.refused("不能与自身关联", errors.InvalidInput):
        linking.link(driver.engine, one, one, actor)
    linking.link(driver.engine, one, two, actor)
    for pair in ((one, two), (two, one)):
        with driver.refused("已经关联", errors.Conflict):
            linking.link(driver.engine, *pair, actor)
    assert linked(driver, one) == [two] and len(acts(driver, one)) == 1
    linking.unlink(driver.engine, one, two, actor)
    with driver.refused("没有关联", errors.NotFound):
        linking.unlink(driver.engine, one, two, actor)


def test_the_cases_of_one_family_belong_together_already(driver):
    parent = instances.start(driver.engine, "caller", driver.user("zhangsan")).id
    (child,) = case_view.view(driver.engine, parent, driver.user("zhangsan")).children
    with driver.refused("已是上下级事项", errors.Conflict):
        linking.link(driver.engine, parent, child.id, driver.user("zhangsan"))


def test_what_somebody_may_not_see_is_not_there_to_link_with(driver):
    one, two = start(driver), start(driver)
    stranger = driver.user("zhaoliu")
    for pair in ((one, two), (two, one), (one, 999)):
        with driver.refused("没有编号为", errors.NotFound):
            linking.link(driver.engine, *pair, stranger)
    linking.link(driver.engine, one, two, driver.user("zhangsan"))
    with driver.refused("没有编号为", errors.NotFound):
        linking.unlink(driver.engine, one, two, stranger)
    assert linked(driver, one) == [two]


def test_whoever_was_only_shown_two_cases_does_not_link_them_but_links_their_own_with_one(driver):
    one, two = start(driver), start(driver)
    for case in (one, two):
        cooperation.copy_to(driver.engine, case, driver.user("zhangsan"), people=["zhaoliu"])
    reader = driver.user("zhaoliu")
    with driver.refused("不是这两个事项的发起人或办理人", errors.Forbidden):
        linking.link(driver.engine, one, two, reader)
    assert not case_view.view(driver.engine, one, reader).may_link
    linking.link(driver.engine, one, two, MONITOR)
    with driver.refused("不是这两个事项的发起人或办理人", errors.Forbidden):
        linking.unlink(driver.engine, one, two, reader)
    assert linked(driver, one, "zhaoliu") == [two]


def test_of_linked_cases_a_reader_sees_those_they_may_see_and_the_timeline_names_none(driver):
    one, two = start(driver), start(driver, business_key="机密-7")
    linking.link(driver.engine, one, two, driver.user("zhangsan"))
    cooperation.copy_to(driver.engine, one, driver.user("zhangsan"), people=["zhaoliu"])
    seen = case_view.view(driver.engine, one, driver.user("zhaoliu"))
    assert seen.links == ()
    assert "机密-7" not in "".join(f"{each.sentence}{each.detail}" for each in seen.timeline)
    assert any("关联其他事项" in each.sentence for each in seen.timeline)


def test_a_case_that_is_started_from_another_is_linked_with_it_or_not_started(driver):
    one = start(driver)
    two = start(driver, follows=one, idempotency_key="k")
    assert start(driver, follows=one, idempotency_key="k") == two
    assert linked(driver, one) == [two]
    with driver.refused("没有编号为 999 的事项", errors.NotFound):
        start(driver, follows=999)
    with driver.refused(f"没有编号为 {two + 1} 的事项", errors.NotFound):
        start(driver, follows=two + 1)  # what would be the number of the new one


def test_cases_that_have_ended_are_linked_all_the_same(driver):
    one, two = start(driver), start(driver)
    instances.cancel(driver.engine, one, "误报", driver.user("zhangsan"))
    linking.link(driver.engine, one, two, driver.user("zhangsan"))
    assert linked(driver, one) == [two]


def test_a_case_is_named_by_its_number_or_else_those_are_offered_whose_titles_say_it(driver):
    one, two = start(driver, business_key="公〔2026〕7号"), start(driver)
    actor = driver.user("zhangsan")
    assert linking.named(driver.engine, " 公〔2026〕7号 ", actor)[0].id == one
    assert linking.named(driver.engine, str(two), actor)[0].id == two
    assert linking.named(driver.engine, "公〔2026〕7号", driver.user("zhaoliu")) == (None, [])
    found, offered = linking.named(driver.engine, "2026", actor)
    assert found is None and [each.id for each in offered] == [one]
    assert linking.named(driver.engine, " ", actor) == (None, [])
    assert linking.named(driver.engine, "9" * 40, actor) == (None, [])


# --- what the public sees --------------------------------------------------------------------------------------------


@pytest.fixture
def publisher(drive):
    """A pack of which those of one role decide what the public sees."""
    names = {**p.ROLES, "chief": "领导小组, publishes: true"}
    return drive(main=MAIN, roles=names)


def shown(driver, one, two):
    with driver.engine.store.read() as uow:
        return uow.case_links.shown(one, two), uow.case_links.shown(two, one)


def test_the_public_sees_a_link_of_those_alone_who_decide_what_it_sees(publisher):
    clerk, reviewer = publisher.user("zhangsan"), commands.Actor("lisi", frozenset({"clerk", "chief"}))
    one = instances.start(publisher.engine, "main", reviewer).id
    two, three = start(publisher), start(publisher)
    cooperation.copy_to(publisher.engine, one, reviewer, people=["zhangsan"])
    for each in (two, three):
        cooperation.copy_to(publisher.engine, each, clerk, people=["lisi"])
    linking.link(publisher.engine, one, two, clerk)
    assert shown(publisher, one, two) == (False, False)
    linking.link(publisher.engine, one, three, reviewer)
    assert shown(publisher, one, three) == (True, True)
    assert [each.details.get("public") for each in acts(publisher, one)] == [True, None]

    # who may decide takes over what somebody else linked
    linking.link(publisher.engine, two, one, reviewer)
    assert shown(publisher, one, two) == (True, True)
    with publisher.refused("已经关联", errors.Conflict):
        linking.link(publisher.engine, one, two, reviewer)


def test_a_link_that_the_public_sees_is_taken_back_by_those_who_decide_what_it_sees(publisher):
    one, two = start(publisher), start(publisher)
    linking.link(publisher.engine, one, two, commands.Actor("admin", admin=True))
    with publisher.refused("在公众网站上可见，应由领导小组、系统管理员取消", errors.Forbidden):
        linking.unlink(publisher.engine, one, two, publisher.user("zhangsan"))
    linking.unlink(publisher.engine, two, one, commands.Actor("admin", admin=True))
    assert shown(publisher, one, two) == (None, None)


def test_who_stands_in_for_somebody_decides_as_they_do_and_starting_from_a_case_is_linking(publisher):
    one = start(publisher)
    two = start(publisher, follows=one)
    assert shown(publisher, one, two) == (False, False)
    stand_in = commands.Actor(
        "zhangsan", acting_for=(publisher.user("wangwu"),), roles=publisher.user("zhangsan").roles
    )
    three = instances.start(publisher.engine, "main", stand_in, follows=one).id
    assert shown(publisher, one, three) == (True, True)

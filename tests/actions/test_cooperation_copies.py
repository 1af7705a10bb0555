"""Copies, urging, and naming people in comments."""

from __future__ import annotations

import contextlib

import packbuilder as p
import pytest
import snippets as s
from hypothesis import given
from hypothesis import strategies as st

from engine import errors
from engine.actions import cooperation, demo_people, policy, user_tasks, users
from engine.model import commands
from engine.model import cooperation as model
from engine.store import counting

MAIN = p.line(s.user("draft", name="起草"), s.user("review", name="审核"), ids=("draft", "review"))


@pytest.fixture
def driver(drive):
    driver = drive(main=MAIN)
    driver.start("main", as_="zhangsan")
    return driver


def copy(driver, *people, as_="zhangsan", **more):
    return cooperation.copy_to(driver.engine, driver.case().id, driver.user(as_), people=people, **more)


def sees(driver, who):
    case, actor = driver.case().id, driver.user(who)
    with driver.engine.store.read() as uow:
        return policy.sees(uow, actor, case)


def received(driver, who, **more):
    return [(row.copy.text, row.read_at) for row in cooperation.received(driver.engine, driver.user(who), **more).items]


# --- copies ------------------------------------------------------------------------------------------------------


def test_who_is_given_a_copy_may_see_the_case_and_it_says_when_they_read_it(driver):
    assert not sees(driver, "zhaoliu")
    (sent,) = copy(driver, "zhaoliu", text=" 请知悉 ", user_task_id=driver.task("起草").id)
    assert (sent.kind, sent.name, sent.text, sent.sent_by) == ("user", "zhaoliu", "请知悉", "zhangsan")
    assert sees(driver, "zhaoliu")
    assert received(driver, "zhaoliu", unread_only=True) == [("请知悉", None)]

    driver.advance(hours=1)
    cooperation.mark_copies_read(driver.engine, driver.case().id, driver.user("zhaoliu"))
    first = driver.now
    driver.advance(hours=1)
    cooperation.mark_copies_read(driver.engine, driver.case().id, driver.user("zhaoliu"))

    assert received(driver, "zhaoliu") == [("请知悉", first)]
    assert received(driver, "zhaoliu", unread_only=True) == []
    with driver.engine.store.read() as uow:
        assert uow.copies.readers(sent.instance_id) == {sent.id: {"zhaoliu": first}}
        assert uow.copies.get(sent.id) == sent
    (entry,) = (each for each in driver.audit() if each.action == "copy-case")
    assert (entry.details["to"], entry.details["roles"], entry.details["text"]) == (["zhaoliu"], [], "请知悉")


def test_what_is_sent_to_a_role_is_read_by_each_for_themselves(driver):
    copy(driver, roles=["chief"])
    driver.add_user("sunqi", "孙七", roles=["chief"])
    assert sees(driver, "sunqi")
    cooperation.mark_copies_read(driver.engine, driver.case().id, driver.user("wangwu"))
    assert [at is None for _, at in received(driver, "wangwu")] == [False]
    assert [at is None for _, at in received(driver, "sunqi")] == [True]
    assert received(driver, "zhaoliu") == []


def test_copies_come_a_page_at_a_time_newest_first_each_once(driver):
    for n in range(7):
        copy(driver, "wangwu", text=f"{n}", roles=["chief"] if n % 2 else [])
    found, after = [], None
    while True:
        page = cooperation.received(driver.engine, driver.user("wangwu"), limit=2, after=after)
        found += [row.copy.id for row in page.items]
        if (after := page.after) is None:
            break
    assert found == sorted(set(found), reverse=True)
    assert len(found) == 10


def test_to_whom_a_case_was_only_shown_it_is_not_theirs_to_show(driver):
    copy(driver, "zhaoliu")
    with driver.refused("不能抄送", errors.Forbidden):
        copy(driver, "wangwu", as_="zhaoliu")
    with driver.refused("不能抄送", errors.Forbidden):
        copy(driver, "zhaoliu", as_="wangwu")
    assert copy(driver, "wangwu", as_=commands.Actor("dudao", monitor=True))


@pytest.mark.parametrize(
    ("people", "roles", "told"),
    [
        ((), (), "现为 0 个"),
        (("zhangsan",), (), "现为 0 个"),
        (("nobody",), (), "没有标识为“nobody”的用户"),
        ((), ("boss",), "没有标识为“boss”的角色"),
    ],
)
def test_copies_go_to_people_and_roles_that_there_are(driver, people, roles, told):
    with driver.refused(told, errors.InvalidInput):
        copy(driver, *people, roles=roles)
    with driver.refused("不属于事项", errors.InvalidInput):
        copy(driver, "lisi", user_task_id=999)
    with driver.refused("500 字", errors.InvalidInput):
        copy(driver, "lisi", text="长" * 501)


def test_a_case_that_has_ended_may_be_sent_to_somebody(driver):
    driver.complete("起草", as_="zhangsan")
    driver.complete("审核", as_="lisi")
    assert copy(driver, "wangwu", as_="lisi")


def test_many_copies_do_not_cost_more_to_list(driver):
    costs = []
    for _ in range(3):
        for _ in range(5):
            copy(driver, "wangwu", roles=["chief"])
        with counting.counted(driver.engine.store) as count:
            cooperation.received(driver.engine, driver.user("wangwu"), limit=5)
        costs.append(count.statements)
    assert costs == [1, 1, 1]


# --- urging ------------------------------------------------------------------------------------------------------


def urge(driver, as_, name="起草", text=""):
    return cooperation.urge(driver.engine, driver.task(name).id, driver.user(as_), text=text)


def test_who_started_the_case_urges_whoever_it_waits_for_once_an_hour(driver):
    driver.complete("起草", as_="zhangsan")
    urge(driver, "zhangsan", "审核", text="请尽快办理")
    entry = next(each for each in driver.audit() if each.action == "urge-user-task")
    assert (entry.details["to"], entry.details["roles"], entry.details["text"]) == ([], ["clerk"], "请尽快办理")

    driver.advance(minutes=59)
    with driver.refused("已于 09:00 由张三催办，一小时内只能催办一次", errors.Conflict):
        urge(driver, "admin", "审核")
    driver.advance(minutes=1)
    driver.claim("审核", as_="lisi")
    kept = urge(driver, "zhangsan", "审核")
    with driver.engine.store.read() as uow:
        assert uow.urges.last(kept.user_task_id) == kept
        assert [each.text for each in uow.urges.of_instance(kept.instance_id)] == ["请尽快办理", ""]
    assert [each.details["to"] for each in driver.audit() if each.action == "urge-user-task"][-1] == ["lisi"]


def test_strangers_do_not_urge_and_nobody_urges_themselves(driver):
    driver.claim("起草", as_="lisi")
    with driver.refused("无需催办", errors.Forbidden):
        urge(driver, "lisi")
    with driver.refused("不能催办", errors.Forbidden):
        urge(driver, "wangwu")
    with driver.refused("200 字", errors.InvalidInput):
        urge(driver, "zhangsan", text="长" * 201)
    assert urge(driver, commands.Actor("dudao", monitor=True))


def test_who_has_another_task_of_the_case_urges_and_a_finished_one_is_not_urged(drive):
    fork = (
        s.start(), s.gateway("parallel", "f"), s.user("a", name="甲"), s.user("b", name="乙"), s.gateway("parallel", "j"),
        s.end(), s.path("start", "f", "a", "j", "end"), s.path("f", "b", "j"),
    )  # fmt: skip
    driver = drive(main=p.diagram(*fork))
    driver.start("main", as_="zhangsan")
    task = driver.task("甲")
    driver.claim("乙", as_="lisi")
    assert urge(driver, "lisi", "甲")
    driver.complete("甲", as_="zhangsan")
    with driver.refused("办结", errors.Conflict):
        cooperation.urge(driver.engine, task.id, driver.user("zhangsan"))


def test_those_are_urged_whose_opinion_a_task_waits_for(driver):
    driver.claim("起草", as_="lisi")
    task = driver.task("起草")
    cooperation.countersign(driver.engine, task.id, model.CountersignKind.BEFORE, ["wangwu"], driver.user("lisi"))
    urge(driver, "zhangsan")
    assert next(each for each in driver.audit() if each.action == "urge-user-task").details["to"] == ["wangwu"]


# --- naming people -----------------------------------------------------------------------------------------------

PEOPLE = {"zhangsan": "张三", "zhang": "张", "lisi": "李四", "li.si": "李四", "anna": "Anna", "annabel": "Annabel"}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("请@张三看一下", ("zhangsan",)),
        ("@张，请看", ("zhang",)),
        ("@zhangsan @li.si：请会商", ("zhangsan", "li.si")),
        ("@张三@张三", ("zhangsan",)),
        ("@Annabel and @Anna", ("annabel", "anna")),
        ("请发到 a.b@anna.com", ()),
        ("单价 @ 10 元", ()),
        ("没有人", ()),
    ],
)
def test_a_name_after_an_at_sign_is_somebody(text, named):
    assert cooperation.mentions(text, PEOPLE) == named


def test_somebody_who_does_not_exist_or_is_several_people_is_refused():
    with pytest.raises(errors.InvalidInput, match="没有名为“王武请看”的人员"):
        cooperation.mentions("@王武请看", PEOPLE)
    with pytest.raises(errors.InvalidInput, match="有 2 人名为“李四”，请写明用户标识：@li.si、@lisi"):
        cooperation.mentions("@李四", PEOPLE)


@given(st.text(st.sampled_from("@张三李四 a.b，zhangs")))
def test_any_text_names_somebody_or_is_refused(text):
    with contextlib.suppress(errors.InvalidInput):
        assert set(cooperation.mentions(text, PEOPLE)) <= set(PEOPLE)


def test_whoever_is_named_may_see_the_case_and_gets_no_right_by_it(driver):
    comment = driver.comment("@李四 请看 @张三", as_="zhangsan")
    assert comment.text == "@李四 请看 @张三"
    assert next(each for each in driver.audit() if each.action == "add-comment").details["to"] == ["lisi", "zhangsan"]
    with driver.refused("赵六与此事项无关", errors.InvalidInput):
        driver.comment("@赵六 请看", as_="zhangsan")
    assert not sees(driver, "zhaoliu")
    copy(driver, "zhaoliu")
    driver.comment("@赵六 请看", as_="zhangsan")


def test_accounts_that_are_closed_are_not_named(driver):
    demo_people.seed_demo(driver.engine)
    driver.comment("@李四 请看", as_="zhangsan")
    users.deactivate(driver.engine, driver.user("admin"), "lisi", reason="调离")
    with driver.refused("没有名为“李四”", errors.InvalidInput):
        driver.comment("@李四 请看", as_="zhangsan")


def test_a_comment_without_names_costs_nothing_more(driver):
    actor, case = driver.user("zhangsan"), driver.case().id
    costs = []
    for text in ("同意", "同意 a@b.cn"):
        with counting.counted(driver.engine.store) as count:
            user_tasks.add_comment(driver.engine, case, text, actor)
        costs.append(count.statements)
    assert costs[0] == costs[1]

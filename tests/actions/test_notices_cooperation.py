"""What people are told of working together: returns, countersigning, urging, copies, mentions, withdrawals."""

from __future__ import annotations

import datetime

import packbuilder as p
import pytest
import snippets as s
import staff

from engine.actions import cooperation, notices, people
from engine.model import commands, events
from engine.model import cooperation as model

KIND = events.NoticeKind
BEFORE, PARALLEL, AFTER = model.CountersignKind
TWO = p.diagram(
    s.start(),
    s.user("draft", name="起草"),
    s.user("review", name="审核", camunda_candidateGroups="chief"),
    s.end(),
    s.path("start", "draft", "review", "end"),
)


@pytest.fixture
def office(drive):
    driver = drive(main=TWO, settings=staff.SETTINGS)
    staff.hire(driver)
    driver.start("main", as_="zhangsan", business_key="YS-1")
    return driver


def told(office, user_id: str, kind: events.NoticeKind) -> list[events.Notice]:
    """Run the pump; return what somebody was told under a kind, oldest first."""
    office.run()
    page = notices.inbox(office.engine, commands.Actor(user_id), kinds=[kind], limit=1000)
    return list(reversed(page.items))


def live(office, user_id: str) -> list[str]:
    office.run()
    page = notices.inbox(office.engine, commands.Actor(user_id), limit=1000)
    return [notice.title for notice in reversed(page.items) if notice.settled_at is None]


def who(office, user_id: str) -> commands.Actor:
    return staff.acts(office, user_id)


def reviewing(office) -> int:
    """Let 李四 draft and 王五 begin to review; return the number of the review."""
    office.complete("起草", as_="lisi")
    return office.claim("审核", as_="wangwu").id


# --- sent back and taken back -----------------------------------------------------------------------------------------


def test_who_did_a_task_that_a_case_comes_back_to_is_told_why_and_of_nothing_else(office):
    task = reviewing(office)
    cooperation.return_to(office.engine, task, "draft", "缺少附件", who(office, "wangwu"))

    (notice,) = told(office, "lisi", KIND.RETURNED)
    assert notice.title == "王五退回任务“起草”"
    assert notice.text.endswith("理由：缺少附件")
    assert notice.link == f"/tasks/{office.task('起草').id}"
    assert live(office, "lisi") == ["王五退回任务“起草”"]
    assert live(office, "zhangsan") == []
    assert live(office, "wangwu") == []


def test_a_return_to_a_role_is_told_to_everybody_in_it(office):
    task = reviewing(office)
    people.deactivate(office.engine, staff.ADMIN, "lisi", "离职")
    cooperation.return_to(office.engine, task, "draft", "缺少附件", who(office, "wangwu"))

    assert live(office, "zhangsan") == ["王五退回任务“起草”"]


def test_who_had_got_the_next_task_is_told_that_it_was_taken_back(drive):
    own = s.user("review", name="审核", camunda_candidateGroups="", camunda_assignee="wangwu")
    diagram = p.diagram(
        s.start(), s.user("draft", name="起草"), own, s.end(), s.path("start", "draft", "review", "end")
    )
    office = drive(main=diagram, settings=staff.SETTINGS)
    staff.hire(office)
    office.start("main", as_="zhangsan")
    done = office.complete("起草", as_="lisi")
    assert live(office, "wangwu") == ["待办任务“审核”"]
    cooperation.withdraw(office.engine, done.user_task_id, who(office, "lisi"))

    assert live(office, "wangwu") == ["李四撤回了“起草”，转给您的任务无需办理"]
    assert [notice.outcome for notice in told(office, "wangwu", KIND.ASSIGNED)] == ["已被撤回"]
    assert told(office, "lisi", KIND.ASSIGNED) == [], "who takes a task back knows that it is theirs"


# --- countersigning ---------------------------------------------------------------------------------------------------


def test_who_is_asked_for_an_opinion_is_told_what_and_who_asked_learns_the_answer(office):
    task = reviewing(office)
    (asked,) = cooperation.countersign(
        office.engine, task, BEFORE, ["zhaoliu"], who(office, "wangwu"), question="是否涉密？"
    )
    (notice,) = told(office, "zhaoliu", KIND.COUNTERSIGN)
    assert notice.title == "王五请您对“审核”提出加签意见"
    assert notice.text.endswith("是否涉密？")

    cooperation.answer(office.engine, asked.id, who(office, "zhaoliu"), agrees=False, opinion="涉及商业秘密")
    (answer,) = told(office, "wangwu", KIND.COUNTERSIGN)
    assert answer.title == "赵六对“审核”提出加签意见：不同意"
    assert answer.text.endswith("涉及商业秘密")
    assert live(office, "zhaoliu") == []
    assert told(office, "zhaoliu", KIND.COUNTERSIGN)[0].outcome == "无需再提意见"
    assert "可签收任务“审核”" in live(office, "wangwu"), "the task still is theirs"


def test_who_is_to_agree_afterwards_is_told_when_their_turn_comes_and_each_time_that_it_does(office):
    task = reviewing(office)
    cooperation.countersign(office.engine, task, AFTER, ["zhaoliu"], who(office, "wangwu"))
    assert told(office, "zhaoliu", KIND.COUNTERSIGN) == []

    office.complete("审核", as_=who(office, "wangwu"))
    assert len(told(office, "zhaoliu", KIND.COUNTERSIGN)) == 1
    with office.engine.store.read() as uow:
        (asked,) = [each for each in uow.countersignatures.of_task(task) if each.status == "open"]
    cooperation.answer(office.engine, asked.id, who(office, "zhaoliu"), agrees=False, opinion="请补充")
    assert live(office, "zhaoliu") == []
    office.clock.advance(minutes=5)
    office.complete("审核", as_=who(office, "wangwu"))

    first, second = told(office, "zhaoliu", KIND.COUNTERSIGN)
    assert (first.settled_at is None, second.settled_at is None) == (False, True)


def test_an_opinion_that_is_not_wanted_any_more_is_settled(office):
    task = reviewing(office)
    (asked,) = cooperation.countersign(office.engine, task, PARALLEL, ["zhaoliu"], who(office, "wangwu"))
    assert len(live(office, "zhaoliu")) == 1
    cooperation.remove_countersignature(office.engine, asked.id, who(office, "wangwu"))

    assert live(office, "zhaoliu") == []


# --- urging, copies, mentions -----------------------------------------------------------------------------------------


def test_everybody_whom_a_task_waits_for_is_urged_and_no_more_when_somebody_takes_it(office):
    cooperation.urge(office.engine, office.task("起草").id, staff.ADMIN, text="今天要用")
    for user_id in ("zhangsan", "lisi"):
        (notice,) = told(office, user_id, KIND.URGED)
        assert notice.text.endswith("今天要用")
    office.claim("起草", as_="lisi")

    assert "root催办任务“起草”" not in live(office, "zhangsan")
    assert "root催办任务“起草”" in live(office, "lisi")


def test_who_is_asked_for_an_opinion_is_urged_too(office):
    task = reviewing(office)
    cooperation.countersign(office.engine, task, PARALLEL, ["zhaoliu"], who(office, "wangwu"))
    cooperation.urge(office.engine, task, who(office, "zhangsan"))

    assert "张三催办任务“审核”" in live(office, "zhaoliu")
    assert "张三催办任务“审核”" in live(office, "wangwu")


def test_a_copy_is_told_to_people_and_roles_but_not_to_who_sent_it(office):
    case = office.case().id
    cooperation.copy_to(
        office.engine, case, who(office, "zhangsan"), people=["zhaoliu"], roles=["clerk"], text="请知悉"
    )

    (notice,) = told(office, "zhaoliu", KIND.COPIED)
    assert (notice.title, notice.link) == ("张三抄送事项“YS-1”", f"/cases/{case}")
    assert notice.text.endswith("请知悉")
    assert len(told(office, "lisi", KIND.COPIED)) == 1
    assert told(office, "zhangsan", KIND.COPIED) == []


def test_who_is_named_in_a_comment_is_told_and_who_is_not_is_not(office):
    office.comment("@李四 请看一下附件", as_="zhangsan")

    (notice,) = told(office, "lisi", KIND.MENTIONED)
    assert notice.title == "张三在意见中提到您"
    assert notice.text.endswith("请看一下附件")
    assert told(office, "wangwu", KIND.MENTIONED) == []


def test_who_may_not_see_a_case_any_more_is_not_told_what_was_said_of_them(office):
    cooperation.copy_to(office.engine, office.case().id, who(office, "zhangsan"), roles=["chief"])
    office.comment("@王五 请看", as_="zhangsan")
    people.update_user(office.engine, staff.ADMIN, "wangwu", roles=[])

    assert told(office, "wangwu", KIND.MENTIONED) == []
    assert told(office, "wangwu", KIND.COPIED) == []


# --- handing over -----------------------------------------------------------------------------------------------------


def test_who_takes_over_from_somebody_who_leaves_is_told_of_every_task(office):
    office.claim("起草", as_="lisi")
    task = office.task("起草").id
    cooperation.countersign(office.engine, task, PARALLEL, ["wangwu"], who(office, "lisi"))
    office.run()
    people.hand_over(office.engine, "lisi", "zhangsan", staff.ADMIN, "离职")
    assert "root将任务“起草”移交给您" in live(office, "zhangsan")

    people.hand_over(office.engine, "wangwu", "zhaoliu", staff.ADMIN, "离职")
    assert "李四请您对“起草”提出加签意见" in live(office, "zhaoliu")


def test_a_substitute_is_asked_and_urged_in_the_place_of_the_principal(office):
    today = office.now.date()
    people.create_substitution(
        office.engine, staff.ADMIN, "wangwu", "zhaoliu", today, today + datetime.timedelta(days=9), "出差"
    )
    task = reviewing(office)
    cooperation.countersign(office.engine, task, PARALLEL, ["lisi"], who(office, "wangwu"))
    cooperation.urge(office.engine, task, who(office, "zhangsan"))

    assert "张三催办任务“审核”" in live(office, "zhaoliu")

"""The inbox (通知): who is told what, once, and that nobody is told of what is not theirs."""

from __future__ import annotations

import datetime

import packbuilder as p
import pytest
import snippets as s
import staff

from engine import errors
from engine.actions import feed, instances, notices, people, user_tasks
from engine.model import commands, events
from engine.store import counting

DRAFT = s.user("draft", name="起草")
REVIEW = s.user("review", name="审核", props=s.properties(clause=s.CLAUSE, notSameActorAs="draft"))
OWN = s.user("own", name="补正", camunda_candidateGroups="", camunda_assignee="zhangsan")
TWO = p.diagram(s.start(), DRAFT, REVIEW, s.end(), s.path("start", "draft", "review", "end"))

FAILS = """
    @registry.handler("notices.send")
    def send(job):
        raise ValueError("no such register")
"""


@pytest.fixture
def office(drive):
    driver = drive(main=TWO, settings=staff.SETTINGS)
    staff.hire(driver)
    staff.add(driver, "boss", "系统管理员", rights=["admin"])
    return driver


def told(office, user_id: str, *kinds: events.NoticeKind) -> list[events.Notice]:
    """Return what somebody was told, oldest first."""
    page = notices.inbox(office.engine, commands.Actor(user_id), kinds=kinds, limit=1000)
    return list(reversed(page.items))


def titles(office, user_id: str) -> list[str]:
    return [notice.title for notice in told(office, user_id)]


def live(office, user_id: str) -> list[str]:
    return [notice.title for notice in told(office, user_id) if notice.settled_at is None]


def act(office, user_id: str) -> commands.Actor:
    return staff.acts(office, user_id)


# --- tasks ------------------------------------------------------------------------------------------------------------


def test_everybody_who_may_take_a_new_task_is_told_of_it_once(office):
    office.start("main", as_="admin", business_key="YS-1")
    office.run()

    for user_id in ("zhangsan", "lisi"):
        (notice,) = told(office, user_id)
        assert (notice.kind, notice.title) == (events.NoticeKind.OFFERED, "可签收任务“起草”")
        assert "YS-1" in notice.text
        assert notice.link == f"/tasks/{office.task('起草').id}"
    assert told(office, "wangwu") == told(office, "zhaoliu") == []


def test_who_has_the_role_twice_over_is_told_once(office):
    people.create_user(office.engine, staff.ADMIN, "both", "双岗", password=staff.PASSWORD, roles=["clerk", "chief"])
    office.start("main", as_="zhangsan")

    assert titles(office, "both") == ["可签收任务“起草”"]


def test_when_somebody_takes_a_task_the_others_need_not_look_any_more(office):
    office.start("main", as_="admin")
    office.claim("起草", as_="lisi")
    office.run()

    (notice,) = told(office, "zhangsan")
    assert notice.settled_at == office.now
    assert notice.outcome == "现由李四办理"
    assert notices.unread(office.engine, commands.Actor("zhangsan")) == 0
    assert live(office, "lisi") == ["可签收任务“起草”"]


def test_a_task_that_is_given_back_is_open_to_all_again_under_the_same_notice(office):
    office.start("main", as_="zhangsan")
    office.claim("起草", as_="lisi")
    office.run()
    people.create_user(office.engine, staff.ADMIN, "new", "新人", password=staff.PASSWORD, roles=["clerk"])
    office.unclaim("起草", as_="lisi")
    office.run()

    assert [(n.title, n.settled_at) for n in told(office, "zhangsan")] == [("可签收任务“起草”", None)]
    assert live(office, "new") == ["可签收任务“起草”"]


def test_a_task_that_is_done_is_settled_for_who_did_it_and_for_all_others(office):
    office.start("main", as_="admin")
    office.complete("起草", as_="lisi")

    assert [n.outcome for n in told(office, "zhangsan")][0] == "已由李四办结"
    assert [n.outcome for n in told(office, "lisi")][0] == "已办结"


def test_who_must_not_do_a_task_is_not_told_that_it_can_be_taken(office):
    office.start("main", as_="zhangsan")
    office.complete("起草", as_="lisi")

    assert live(office, "zhangsan") == ["可签收任务“审核”"]
    assert live(office, "lisi") == []


def test_nobody_is_told_of_a_task_that_their_own_act_opened(office):
    office.start("main", as_="zhangsan")
    assert titles(office, "zhangsan") == []
    assert titles(office, "lisi") == ["可签收任务“起草”"]

    office.claim("起草", as_="lisi")
    office.unclaim("起草", as_="lisi")
    office.run()
    assert live(office, "zhangsan") == ["可签收任务“起草”"]  # now it is the act of another


def test_a_task_of_ones_own_is_told_to_its_assignee_alone(drive):
    office = drive(main=p.line(OWN, ids=("own",)), settings=staff.SETTINGS)
    staff.hire(office)
    office.start("main", as_="admin")

    assert titles(office, "zhangsan") == ["待办任务“补正”"]
    assert titles(office, "lisi") == []


def test_a_case_that_is_cancelled_settles_what_asked_for_work_on_it(office):
    office.start("main", as_="zhangsan")
    office.cancel("误报")

    (offered,), (ended,) = told(office, "lisi"), told(office, "zhangsan")
    assert (offered.outcome, ended.title) == ("已取消", f"事项“公开申请审核 {office.case().id}”已取消")
    assert ended.text == "误报"


def test_a_task_that_is_over_before_anybody_looked_is_told_to_nobody(office):
    case = instances.start(office.engine, "main", act(office, "zhangsan"))
    task = office.task("起草", case)
    user_tasks.complete(office.engine, task.id, act(office, "lisi"))
    office.run()

    assert live(office, "zhangsan") == ["可签收任务“审核”"]
    assert titles(office, "lisi") == []


# --- from hand to hand --------------------------------------------------------------------------------------------------


def test_delegating_handing_over_and_giving_back_are_told_to_who_has_the_task_now(office):
    office.start("main", as_="zhangsan")
    office.claim("起草", as_="zhangsan")
    office.delegate("起草", to="lisi", as_="zhangsan")
    office.run()
    assert live(office, "lisi") == ["张三将任务“起草”委派给您"]

    office.resolve("起草", as_="lisi")
    office.run()
    assert live(office, "lisi") == []
    assert "李四已交回您委派的任务“起草”" in live(office, "zhangsan")

    office.transfer("起草", to="zhaoliu", as_="zhangsan")
    office.run()
    assert live(office, "zhaoliu") == ["张三将任务“起草”移交给您"]
    assert live(office, "zhangsan") == []


def test_who_gets_a_new_task_by_hand_is_not_told_of_it_twice(office):
    case = instances.start(office.engine, "main", act(office, "zhangsan"))
    user_tasks.transfer(office.engine, office.task("起草", case).id, "zhaoliu", staff.ADMIN)
    office.run()

    assert titles(office, "zhaoliu") == ["root将任务“起草”移交给您"]


def test_a_substitute_is_told_what_falls_to_the_principal_and_keeps_it(office):
    today = office.now.date()
    people.create_substitution(office.engine, staff.ADMIN, "zhangsan", "zhaoliu", today, today, "出差")
    office.start("main", as_="lisi")
    office.claim("起草", as_=act(office, "zhaoliu"))
    office.run()

    assert live(office, "zhaoliu") == ["可签收任务“起草”", "您开始代理张三的工作"]


def test_a_substitution_that_begins_later_is_told_on_the_morning_it_begins(office):
    first = office.now.date() + datetime.timedelta(days=2)
    people.create_substitution(office.engine, staff.ADMIN, "zhangsan", "zhaoliu", first, first, "出差")
    office.run()
    office.advance(to="2026-03-11 08:59")
    assert titles(office, "zhaoliu") == []

    office.advance(to="2026-03-11 09:00")
    (notice,) = told(office, "zhaoliu")
    assert "3月11日，事由：出差" in notice.text


def test_a_substitution_that_was_called_off_is_not_told(office):
    first = office.now.date() + datetime.timedelta(days=2)
    made = people.create_substitution(office.engine, staff.ADMIN, "zhangsan", "zhaoliu", first, first, "出差")
    people.end_substitution(office.engine, staff.ADMIN, made.id)
    office.advance(days=3)

    assert titles(office, "zhaoliu") == []


# --- the end, trouble, one's account --------------------------------------------------------------------------------------


def test_who_started_a_case_is_told_its_end_unless_they_ended_it(office):
    office.start("main", as_="zhangsan", business_key="YS-1")
    office.complete("起草", as_="zhangsan")
    office.complete("审核", as_="lisi")
    assert told(office, "zhangsan")[-1].title == "事项“YS-1”已办结"

    office.start("main", as_="lisi", business_key="YS-2")
    office.complete("起草", as_="zhangsan")
    office.complete("审核", as_="lisi")
    assert not [title for title in titles(office, "lisi") if "已办结" in title]


def test_a_comment_after_the_end_does_not_end_a_case_again(office):
    office.start("main", as_="zhangsan")
    office.complete("起草", as_="zhangsan")
    office.complete("审核", as_="lisi")
    office.advance(days=1)
    office.comment("归档", as_="lisi")
    office.run()

    assert len(told(office, "zhangsan", events.NoticeKind.CASE_ENDED)) == 1


def test_administrators_are_told_of_trouble_and_nobody_else(drive):
    office = drive(main=p.line(s.service(), ids=("send",)), handlers=FAILS, settings=staff.SETTINGS)
    staff.hire(office)
    staff.add(office, "boss", "管理员", rights=["admin"])
    office.start("main", as_="zhangsan")
    office.advance(days=1)

    (notice,) = told(office, "boss")
    assert notice.kind is events.NoticeKind.INCIDENT
    assert "出现异常" in notice.title
    assert titles(office, "zhangsan") == []


def test_whoever_changes_a_password_or_makes_a_token_its_owner_learns_of_it(office):
    people.reset_password(office.engine, staff.ADMIN, "lisi")
    people.create_token(office.engine, act(office, "zhangsan"), "导出", ["read"])
    office.run()

    assert titles(office, "lisi") == ["您的密码已重置"]
    assert titles(office, "zhangsan") == ["已为您的账号创建接口令牌“导出”"]
    assert "操作人：本人" in told(office, "zhangsan")[0].text


# --- once -----------------------------------------------------------------------------------------------------------------


def test_a_pump_that_is_killed_tells_everybody_once(office, monkeypatch):
    case = instances.start(office.engine, "main", staff.ADMIN)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:  # after everything was written, before it was committed
        patch.setattr("engine.store.feeds.Feeds.save", die)
        with pytest.raises(KeyboardInterrupt):
            feed.follow(office.engine)
    assert titles(office, "zhangsan") == []
    office.run()
    office.run()

    assert titles(office, "zhangsan") == ["可签收任务“起草”"]
    assert office.task("起草", case)


def test_reading_the_trail_again_from_the_beginning_tells_nobody_twice(office):
    office.start("main", as_="zhangsan")
    office.complete("起草", as_="lisi")
    before = titles(office, "zhangsan"), titles(office, "lisi")
    with office.engine.store.write() as uow:
        uow.link.driver("UPDATE feeds SET position = 0")
        uow.link.driver("UPDATE user_tasks SET announced_at = NULL")
    office.run()

    assert (titles(office, "zhangsan"), titles(office, "lisi")) == before


def test_nothing_to_tell_costs_one_look(office):
    office.run()
    with counting.counted(office.engine.store) as count:
        assert feed.follow(office.engine) == 0
    assert (count.statements, count.commits) == (1, 0)


def test_a_hundred_tasks_are_told_of_in_one_batch_of_as_many_statements_as_ten(office):
    def cost(cases: int) -> int:
        for _ in range(cases):
            instances.start(office.engine, "main", act(office, "zhangsan"))
        office.engine.directory.get(office.engine.store)
        with counting.counted(office.engine.store) as count:
            assert feed.follow(office.engine, limit=200) > cases
        assert count.commits == 1
        return count.statements

    cost(1)
    assert cost(40) <= cost(2) + 40  # a look at separated duties and reminders of each task may be added


# --- reading --------------------------------------------------------------------------------------------------------------


def test_unread_notices_are_counted_in_one_statement(office):
    for _ in range(3):
        office.start("main", as_="zhangsan")
    lisi = commands.Actor("lisi")
    with counting.counted(office.engine.store) as count:
        assert notices.unread(office.engine, lisi) == 3
    assert count.statements == 1


def test_what_was_read_is_not_counted_and_can_be_made_unread_again(office):
    office.start("main", as_="zhangsan")
    lisi, (notice,) = commands.Actor("lisi"), told(office, "lisi")

    assert notices.show(office.engine, lisi, notice.id).read_at == office.now
    assert notices.unread(office.engine, lisi) == 0
    notices.mark_unread(office.engine, lisi, notice.id)
    assert notices.unread(office.engine, lisi) == 1


def test_what_came_after_the_page_was_shown_stays_unread(office):
    office.start("main", as_="zhangsan")
    lisi, (seen,) = commands.Actor("lisi"), told(office, "lisi")
    office.start("main", as_="zhangsan")

    assert notices.mark_all_read(office.engine, lisi, up_to=seen.id) == 1
    assert notices.unread(office.engine, lisi) == 1


def test_nobody_reads_or_changes_the_notices_of_others(office):
    office.start("main", as_="zhangsan")
    (notice,) = told(office, "lisi")
    stranger = commands.Actor("zhangsan", admin=True)

    with pytest.raises(errors.NotFound):
        notices.show(office.engine, stranger, notice.id)
    with pytest.raises(errors.NotFound):
        notices.mark_unread(office.engine, stranger, notice.id)
    notices.mark_read(office.engine, stranger, [notice.id])
    assert told(office, "lisi")[0].read_at is None


def test_the_inbox_is_read_in_pages_newest_first(office):
    for number in range(5):
        office.start("main", as_="zhangsan", business_key=f"K-{number}")
    lisi = commands.Actor("lisi")
    first = notices.inbox(office.engine, lisi, limit=3)
    second = notices.inbox(office.engine, lisi, limit=3, after=first.after)

    keys = [notice.text.rpartition("：")[2] for notice in (*first.items, *second.items)]
    assert keys == [f"K-{number}" for number in (4, 3, 2, 1, 0)]
    assert second.after is None


# --- choosing -------------------------------------------------------------------------------------------------------------


def choose(office, user_id: str, choices=None, **given):
    values = {"remind_before": 1, "remind_overdue": True, "digest": events.DigestRhythm.OFF, **given}
    return notices.save_settings(office.engine, commands.Actor(user_id), choices=choices or {}, **values)


def test_a_kind_that_is_turned_off_is_not_told(office):
    choose(office, "lisi", {events.NoticeKind.OFFERED: events.Choice(inbox=False)})
    office.start("main", as_="admin")

    assert titles(office, "lisi") == []
    assert titles(office, "zhangsan") == ["可签收任务“起草”"]


def test_a_choice_is_kept_beside_others_and_the_usual_one_takes_no_room(office):
    off = events.Choice(inbox=False)
    choose(office, "lisi", {events.NoticeKind.OFFERED: off})
    after = choose(office, "lisi", {events.NoticeKind.COPIED: events.DEFAULT_CHOICES[events.NoticeKind.COPIED]})

    assert after.choices == {events.NoticeKind.OFFERED: off}
    assert notices.settings(office.engine, commands.Actor("lisi")) == after


def test_what_is_about_ones_account_cannot_be_turned_off(office):
    with office.refused("账号安全", errors.InvalidInput):
        choose(office, "lisi", {events.NoticeKind.SECURITY: events.Choice(inbox=False)})


def test_notices_go_with_a_digest_only_where_there_is_one(office):
    with office.refused("摘要的发送周期", errors.InvalidInput):
        choose(office, "lisi", {events.NoticeKind.OFFERED: events.Choice(mail=events.MailChoice.DIGEST)})


def test_who_does_not_administer_is_not_asked_about_what_administrators_are_told(office):
    assert events.NoticeKind.INCIDENT not in notices.kinds(commands.Actor("lisi"))
    assert events.NoticeKind.INCIDENT in notices.kinds(staff.ADMIN)

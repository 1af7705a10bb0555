"""Substitution (代理): what passes over, in whose name, for how long, and that duties stay apart."""

from __future__ import annotations

import datetime

import packbuilder as p
import pytest
import snippets as s
import staff

from engine import errors
from engine.actions import people, user_tasks
from engine.model import commands
from engine.store import queries

DAY = datetime.timedelta(days=1)
REVIEW = s.user("review", name="审核", props=s.properties(clause=s.CLAUSE, notSameActorAs="draft"))
TWO = p.diagram(
    s.start(),
    s.user("draft", name="起草"),
    REVIEW,
    s.end(),
    s.path("start", "draft", "review", "end"),
)


@pytest.fixture
def office(drive, tmp_path):
    return staff.open_office(drive, tmp_path, "substitutions", staff.hire, main=TWO)


def stand_in(office, principal, substitute, days=1, by=None, start=0):
    first = office.now.date() + start * DAY
    actor = staff.ADMIN if by is None else staff.acts(office, by)
    return people.create_substitution(
        office.engine, actor, principal, substitute, first, first + (days - 1) * DAY, "出差"
    )


def act(office, user_id):
    return staff.acts(office, user_id)


# --- what passes over -----------------------------------------------------------------------------------------------


def test_a_substitute_claims_and_completes_what_falls_to_the_role_of_the_principal(office):
    office.start("main", as_="zhangsan")
    with office.refused("不在任务“起草”的候选人之中", errors.Forbidden):
        office.claim("起草", as_=act(office, "zhaoliu"))
    stand_in(office, "zhangsan", "zhaoliu")

    claimed = office.claim("起草", as_=act(office, "zhaoliu"))
    done = user_tasks.complete(office.engine, claimed.id, act(office, "zhaoliu"))

    assert claimed.assignee == "zhangsan", "it is the principal's, and stays so"
    assert (done.completed_by, done.completed_for) == ("zhaoliu", "zhangsan")
    acts = [(e.actor, e.action, e.details.get("for")) for e in office.audit() if "user-task" in e.action]
    assert acts == [("zhaoliu", "claim-user-task", "zhangsan"), ("zhaoliu", "complete-user-task", "zhangsan")]


def test_a_substitute_completes_what_is_assigned_to_the_principal(office):
    office.start("main", as_="zhangsan")
    office.claim("起草", as_="zhangsan")
    stand_in(office, "zhangsan", "wangwu")

    assert office.claim("起草", as_=act(office, "wangwu")).assignee == "zhangsan", "nothing to claim: it is theirs"
    office.complete("起草", as_=act(office, "wangwu"))

    assert office.task("审核")


def test_the_own_right_goes_first(office):
    office.start("main", as_="zhangsan")
    stand_in(office, "zhangsan", "lisi")

    claimed = office.claim("起草", as_=act(office, "lisi"))
    done = user_tasks.complete(office.engine, claimed.id, act(office, "lisi"))

    assert (claimed.assignee, done.completed_by, done.completed_for) == ("lisi", "lisi", None)


def test_who_comes_late_is_told_who_signed_for_whom(office):
    office.start("main", as_="zhangsan")
    task = office.claim("起草", as_="zhangsan")
    stand_in(office, "zhangsan", "zhaoliu")
    office.complete("起草", as_=act(office, "zhaoliu"))
    with office.refused("该任务已由赵六（代张三）于", errors.Conflict):
        user_tasks.complete(office.engine, task.id, act(office, "zhangsan"))


def test_a_repeated_completion_gives_the_same_answer(office):
    office.start("main", as_="zhangsan")
    stand_in(office, "zhangsan", "zhaoliu")
    task, me = office.task("起草"), act(office, "zhaoliu")
    first = user_tasks.complete(office.engine, task.id, me, idempotency_key="k")
    assert user_tasks.complete(office.engine, task.id, me, idempotency_key="k") == first
    assert first.completed_for == "zhangsan"


def test_a_substitute_sees_and_comments_what_the_principal_may(office):
    case = office.start("main", as_="zhangsan")
    stand_in(office, "zhangsan", "zhaoliu")

    assert staff.sees(office, "zhaoliu", case.id)
    assert not staff.sees(office, "wangwu", case.id)
    user_tasks.add_comment(office.engine, case.id, "已收到", act(office, "zhaoliu"))
    with office.refused("与此事项无关"):
        user_tasks.add_comment(office.engine, case.id, "?", act(office, "wangwu"))


def test_a_substitute_may_not_start_what_the_principal_may(office):
    stand_in(office, "zhangsan", "zhaoliu")
    with office.refused("不能发起", errors.Forbidden):
        office.start("main", as_=act(office, "zhaoliu"))


def test_substitution_is_no_chain(office):
    office.start("main", as_="zhangsan")
    stand_in(office, "zhangsan", "zhaoliu")
    stand_in(office, "zhaoliu", "wangwu")

    assert [each.id for each in act(office, "wangwu").acting_for] == ["zhaoliu"]
    with office.refused("不在任务“起草”的候选人之中", errors.Forbidden):
        office.claim("起草", as_=act(office, "wangwu"))


def test_nothing_is_seen_of_an_administrator_by_standing_in_for_one(office):
    staff.add(office, "root2", "管理员", rights=["admin", "monitor"])
    case = office.start("main", as_="zhangsan")
    stand_in(office, "root2", "zhaoliu")
    assert staff.sees(office, "root2", case.id)
    assert not staff.sees(office, "zhaoliu", case.id)


# --- in whose hands -------------------------------------------------------------------------------------------------


def test_what_a_substitute_delegates_comes_back_to_the_principal(office):
    office.start("main", as_="zhangsan")
    office.claim("起草", as_="zhangsan")
    stand_in(office, "zhangsan", "zhaoliu")

    task = office.delegate("起草", to="lisi", as_=act(office, "zhaoliu"))
    assert (task.assignee, task.owner) == ("lisi", "zhangsan")
    assert office.resolve("起草", as_="lisi").assignee == "zhangsan"
    assert [e.details["for"] for e in office.audit() if e.action == "delegate-user-task"] == ["zhangsan"]


@pytest.mark.parametrize("act_", ["delegate", "transfer"])
def test_a_substitute_cannot_make_the_work_of_the_principal_their_own_for_good(office, act_):
    office.start("main", as_="zhangsan")
    office.claim("起草", as_="zhangsan")
    stand_in(office, "zhangsan", "zhaoliu")
    with office.refused("不能交给自己", errors.InvalidInput):
        getattr(office, act_)("起草", to="zhaoliu", as_=act(office, "zhaoliu"))
    getattr(office, act_)("起草", to="lisi", as_=act(office, "zhaoliu"))


def test_a_substitute_gives_back_what_the_principal_has(office):
    office.start("main", as_="zhangsan")
    office.claim("起草", as_="zhangsan")
    stand_in(office, "zhangsan", "zhaoliu")
    assert office.unclaim("起草", as_=act(office, "zhaoliu")).assignee is None


# --- for how long ---------------------------------------------------------------------------------------------------


def test_it_begins_and_ends_by_itself_at_midnight_in_beijing(office):
    office.start("main", as_="zhangsan")
    office.claim("起草", as_="zhangsan")
    stand_in(office, "zhangsan", "zhaoliu", start=1, days=2)  # 10 and 11 March

    def stands_in(at):
        office.sleep(to=at)
        return bool(act(office, "zhaoliu").acting_for)

    assert not stands_in("2026-03-09 23:59:59")
    assert stands_in("2026-03-10 00:00")
    assert stands_in("2026-03-11 23:59:59")
    task = office.task("起草")
    assert not stands_in("2026-03-12 00:00")
    with office.refused("该任务由张三办理", errors.Forbidden):
        user_tasks.complete(office.engine, task.id, act(office, "zhaoliu"))


def test_it_ends_at_once_when_either_of_the_two_or_an_administrator_ends_it(office):
    for who in ("zhangsan", "zhaoliu", None):
        made = stand_in(office, "zhangsan", "zhaoliu")
        assert act(office, "zhaoliu").acting_for
        with pytest.raises(errors.Forbidden):
            people.end_substitution(office.engine, act(office, "lisi"), made.id)
        ended = people.end_substitution(office.engine, staff.ADMIN if who is None else act(office, who), made.id)
        assert ended.ended_at == office.now
        assert not act(office, "zhaoliu").acting_for
        with pytest.raises(errors.Conflict, match="已经结束"):
            people.end_substitution(office.engine, staff.ADMIN, made.id)


def test_one_that_ended_by_itself_cannot_be_ended(office):
    made = stand_in(office, "zhangsan", "zhaoliu")
    office.sleep(days=1)
    with pytest.raises(errors.Conflict):
        people.end_substitution(office.engine, staff.ADMIN, made.id)


def test_it_ends_when_the_account_of_either_is_closed(office):
    stand_in(office, "zhangsan", "zhaoliu", days=5)
    stand_in(office, "lisi", "zhaoliu", days=5)
    people.deactivate(office.engine, staff.ADMIN, "zhangsan", "离职")
    assert [each.id for each in act(office, "zhaoliu").acting_for] == ["lisi"]
    people.activate(office.engine, staff.ADMIN, "zhangsan")
    assert [each.id for each in act(office, "zhaoliu").acting_for] == ["lisi"]
    people.deactivate(office.engine, staff.ADMIN, "zhaoliu", "离职")
    people.activate(office.engine, staff.ADMIN, "zhaoliu")
    assert not act(office, "zhaoliu").acting_for


# --- who may set it up ----------------------------------------------------------------------------------------------


def test_one_sets_it_up_for_oneself_and_administrators_for_anybody(office):
    assert stand_in(office, "zhangsan", "zhaoliu", by="zhangsan").created_by == "zhangsan"
    for other in ("zhaoliu", "lisi"):
        with pytest.raises(errors.Forbidden, match="不能为他人设置代理"):
            stand_in(office, "zhangsan", "lisi", by=other)
    stand_in(office, "lisi", "zhaoliu")
    # a substitute is not the principal: they cannot pass it on
    with pytest.raises(errors.Forbidden):
        stand_in(office, "lisi", "wangwu", by="zhaoliu")


@pytest.mark.parametrize(
    ("principal", "substitute", "start", "days", "why"),
    [
        ("zhangsan", "zhangsan", 0, 1, "不能是本人"),
        ("zhangsan", "nobody", 0, 1, "没有标识为“nobody”的用户"),
        ("nobody", "zhangsan", 0, 1, "没有标识为“nobody”的用户"),
        ("zhangsan", "gone", 0, 1, "已停用"),
        ("gone", "zhangsan", 0, 1, "已停用"),
        ("zhangsan", "lisi", 0, 0, "不应早于第一天"),
        ("zhangsan", "lisi", -1, 5, "最早从今天"),
        ("zhangsan", "lisi", 0, 367, "最长"),
    ],
)
def test_what_makes_no_sense_is_refused(office, principal, substitute, start, days, why):
    staff.add(office, "gone", "走了")
    people.deactivate(office.engine, staff.ADMIN, "gone", "离职")
    with pytest.raises(errors.InvalidInput, match=why):
        stand_in(office, principal, substitute, days=days, start=start)


def test_it_needs_a_reason_and_is_not_set_up_twice(office):
    today = office.now.date()
    with pytest.raises(errors.InvalidInput, match="事由"):
        people.create_substitution(office.engine, staff.ADMIN, "zhangsan", "lisi", today, today, " ")
    stand_in(office, "zhangsan", "lisi", days=3)
    with pytest.raises(errors.Conflict, match="已设置同样的代理"):
        stand_in(office, "zhangsan", "lisi", start=2)
    stand_in(office, "zhangsan", "lisi", start=3)
    stand_in(office, "lisi", "zhangsan", days=3)
    stand_in(office, "zhangsan", "wangwu", days=3)
    assert [each.id for each in act(office, "lisi").acting_for] == ["zhangsan"]


def test_one_sees_the_own_and_administrators_all(office):
    mine = stand_in(office, "zhangsan", "zhaoliu")
    other = stand_in(office, "lisi", "wangwu")

    assert people.substitutions(office.engine, act(office, "zhaoliu"), "zhaoliu") == [mine]
    assert people.substitutions(office.engine, staff.ADMIN) == [other, mine]
    for asked in (None, "lisi"):
        with pytest.raises(errors.Forbidden):
            people.substitutions(office.engine, act(office, "zhangsan"), asked)


# --- duties stay apart ----------------------------------------------------------------------------------------------


def test_who_drafted_does_not_review_for_somebody_else(office):
    office.start("main", as_="zhangsan")
    office.complete("起草", as_="zhangsan")
    stand_in(office, "lisi", "zhangsan")
    office.transfer("审核", to="lisi", as_=staff.ADMIN)
    with office.refused("不能由同一人办理，“起草”已由张三办理", errors.Forbidden):
        office.complete("审核", as_=act(office, "zhangsan"))


def test_nobody_reviews_for_who_drafted(office):
    office.start("main", as_="zhangsan")
    office.complete("起草", as_="zhangsan")
    stand_in(office, "zhangsan", "zhaoliu")
    for attempt in (office.claim, office.complete):
        with office.refused("不能由同一人办理，“起草”已由张三办理", errors.Forbidden):
            attempt("审核", as_=act(office, "zhaoliu"))


def test_drafting_for_somebody_is_drafting_of_both(office):
    office.start("main", as_="zhangsan")
    stand_in(office, "zhangsan", "zhaoliu")
    office.complete("起草", as_=act(office, "zhaoliu"))
    stand_in(office, "lisi", "zhaoliu")

    with office.refused("“起草”已由张三办理", errors.Forbidden):
        office.complete("审核", as_=act(office, "zhangsan"))
    with office.refused("“起草”已由赵六办理", errors.Forbidden):
        office.complete("审核", as_=act(office, "zhaoliu"))
    with office.refused("不能由同一人办理"):
        office.transfer("审核", to="zhangsan", as_=staff.ADMIN)
    with office.refused("不能由同一人办理"):
        office.transfer("审核", to="zhaoliu", as_=staff.ADMIN)
    office.complete("审核", as_="lisi")


def test_it_goes_by_the_right_of_who_is_fit_where_one_stands_in_for_several(office):
    office.start("main", as_="zhangsan")
    office.complete("起草", as_="lisi")
    stand_in(office, "lisi", "zhaoliu")  # comes first by id, but drafted
    stand_in(office, "zhangsan", "zhaoliu")

    done = user_tasks.complete(office.engine, office.task("审核").id, act(office, "zhaoliu"))

    assert (done.completed_by, done.completed_for) == ("zhaoliu", "zhangsan")


def test_working_on_a_delegated_task_for_somebody_counts_for_both(office):
    office.start("main", as_="zhangsan")
    office.claim("起草", as_="zhangsan")
    office.delegate("起草", to="lisi", as_="zhangsan")
    stand_in(office, "lisi", "zhaoliu")
    office.resolve("起草", as_=act(office, "zhaoliu"))
    office.complete("起草", as_="zhangsan")

    stand_in(office, "wangwu", "zhaoliu")
    office.transfer("审核", to="wangwu", as_=staff.ADMIN)
    with office.refused("“起草”已由赵六办理"):
        office.complete("审核", as_=act(office, "zhaoliu"))
    with office.refused("“起草”已由李四办理"):
        office.transfer("审核", to="lisi", as_=staff.ADMIN)
    office.complete("审核", as_="wangwu")


def test_a_completion_costs_no_more_than_without_accounts(office):
    from engine.store import counting

    office.start("main", as_="zhangsan")
    stand_in(office, "zhangsan", "zhaoliu")
    me = act(office, "zhaoliu")
    office.complete("起草", as_="lisi")
    task = office.task("审核")
    with counting.counted(office.engine.store) as count:
        user_tasks.complete(office.engine, task.id, me)
    assert count.commits == 1
    assert count.statements <= 12, "two more: whether the two have drafted"
    with office.engine.store.read() as uow:
        assert queries.audit(uow, limit=1).items


# --- to whom work is given ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("act_", ["delegate", "transfer"])
def test_work_is_given_to_active_accounts_alone(office, act_):
    staff.add(office, "gone", "走了", roles=["clerk"])
    people.deactivate(office.engine, staff.ADMIN, "gone", "离职")
    office.start("main", as_="zhangsan")
    office.claim("起草", as_="zhangsan")

    with office.refused("走了（gone）的账号已停用", errors.InvalidInput):
        getattr(office, act_)("起草", to=commands.Actor("gone"), as_="zhangsan")
    with office.refused("没有标识为“chenjing”的用户", errors.InvalidInput):
        getattr(office, act_)("起草", to=commands.Actor("chenjing"), as_="zhangsan")
    getattr(office, act_)("起草", to="zhaoliu", as_="zhangsan")


def test_without_accounts_the_people_of_the_pack_count(drive):
    driver = drive(main=TWO, settings=staff.SETTINGS)
    driver.start("main", as_="zhangsan")
    driver.claim("起草", as_="zhangsan")
    with driver.refused("没有标识为“chenjing”的用户", errors.InvalidInput):
        driver.transfer("起草", to=commands.Actor("chenjing"), as_="zhangsan")
    assert driver.transfer("起草", to="zhaoliu", as_="zhangsan").assignee == "zhaoliu"

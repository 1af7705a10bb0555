"""Who may see a case, and who may not."""

from __future__ import annotations

import packbuilder as p
import pytest
import snippets as s
import staff

from engine import errors
from engine.actions import policy, user_tasks
from engine.model import commands
from engine.model import people as model

ROLES = {"clerk": "综合处", "chief": "领导小组", "keeper": "保密工作领导小组"}


@pytest.fixture
def office(drive, tmp_path):
    check = s.user("check", name="保密审查", camunda_candidateGroups="keeper")
    child = p.diagram(s.start(), check, s.end(), s.path("start", "check", "end"), id="child")
    draft = s.user("draft", name="起草", camunda_candidateGroups="", camunda_assignee="zhangsan")
    call = s.task("callActivity", "call", calledElement="child")
    decide = s.user("decide", name="审定", camunda_candidateGroups="chief")
    main = p.line(draft, call, decide, ids=("draft", "call", "decide"))
    return staff.open_office(drive, tmp_path, "seeing", furnish, main=main, child=child, roles=ROLES)


def furnish(driver):
    staff.hire(driver, keeper=("保密员", ["keeper"]), other=("旁人", []))
    staff.add(driver, "watch", "督办", rights=["monitor"])
    staff.add(driver, "root2", "管理员", rights=["admin"])
    staff.add(driver, "artist", "设计", rights=["design"])


EVERYBODY = ("zhangsan", "lisi", "wangwu", "zhaoliu", "keeper", "other", "watch", "root2", "artist")


def seers(office, case):
    return {user for user in EVERYBODY if staff.sees(office, user, case)}


OVERSEERS = {"watch", "root2"}


def test_a_case_is_seen_by_who_started_it_who_has_its_tasks_and_who_watches(office):
    case = office.start("main", as_="zhangsan").id
    assert seers(office, case) == {"zhangsan", *OVERSEERS}


def test_a_role_sees_a_case_once_it_is_offered_a_task_of_it_and_ever_after(office):
    case = office.start("main", as_="zhangsan").id
    office.complete("起草", as_="zhangsan")
    (child,) = office.children()
    assert seers(office, child.id) == {"zhangsan", "keeper", *OVERSEERS}

    office.complete("保密审查", as_=staff.acts(office, "keeper"), case=child)
    assert seers(office, case) == {"zhangsan", "keeper", "wangwu", *OVERSEERS}
    office.complete("审定", as_="wangwu", case=case)
    assert office.status(case) == "completed"
    assert seers(office, case) == {"zhangsan", "keeper", "wangwu", *OVERSEERS}


def test_the_whole_family_of_a_case_is_seen_or_none_of_it(office):
    case = office.start("main", as_="zhangsan").id
    office.complete("起草", as_="zhangsan")
    (child,) = office.children()
    assert staff.sees(office, "zhangsan", child.id), "who started the caller sees the called"
    assert staff.sees(office, "keeper", case), "who works on the called sees the caller"
    stranger = office.start("main", as_="lisi").id
    assert seers(office, stranger) == {"lisi", "zhangsan", *OVERSEERS}
    assert not staff.sees(office, "keeper", stranger)


def test_having_had_a_task_in_ones_hands_is_enough_for_ever(office):
    case = office.start("main", as_="lisi").id
    office.transfer("起草", to="zhaoliu", as_="zhangsan")
    assert seers(office, case) == {"lisi", "zhangsan", "zhaoliu", *OVERSEERS}
    office.delegate("起草", to=staff.acts(office, "other"), as_="zhaoliu")
    assert seers(office, case) == {"lisi", "zhangsan", "zhaoliu", "other", *OVERSEERS}
    office.resolve("起草", as_=staff.acts(office, "other"))
    office.transfer("起草", to="zhangsan", as_=staff.ADMIN)
    office.complete("起草", as_="zhangsan")
    assert seers(office, case) - {"keeper"} == {"lisi", "zhangsan", "zhaoliu", "other", *OVERSEERS}


def test_who_wrote_a_comment_sees_the_answer(office):
    case = office.start("main", as_="zhangsan").id
    user_tasks.add_comment(office.engine, case, "请注意", staff.ADMIN)
    staff.add(office, "root", "前管理员")
    assert staff.sees(office, "root", case)


def test_who_was_mentioned_sees_the_case_and_not_another(office):
    case, other = (office.start("main", as_="zhangsan").id for _ in range(2))
    with office.engine.store.write() as uow:
        for _ in range(2):
            uow.involvement.add(case, "other", model.Participation.MENTIONED, office.now)
    assert staff.sees(office, "other", case)
    assert not staff.sees(office, "other", other)


def test_a_copy_lets_its_receiver_see_the_case_by_name_or_role(office):
    case = office.start("main", as_="zhangsan").id
    with office.engine.store.write() as uow:
        for kind, name in (("user", "other"), ("group", "chief"), ("user", "keeper ")):
            uow.link.connection.exec_driver_sql(
                "INSERT INTO copies (instance_id, kind, name, sent_by, sent_at, text)"
                f" VALUES ({case}, '{kind}', '{name}', 'zhangsan', '2026-03-09T01:00:00.000000Z', '')"
            )
    assert seers(office, case) == {"zhangsan", "other", "wangwu", *OVERSEERS}


def test_a_user_called_like_a_role_is_not_the_role(office):
    staff.add(office, "chief", "名叫领导")
    case = office.start("main", as_="zhangsan").id
    office.complete("起草", as_="zhangsan")
    (child,) = office.children()
    office.complete("保密审查", as_=staff.acts(office, "keeper"), case=child)
    assert staff.sees(office, "wangwu", case)
    assert not staff.sees(office, "chief", case)


def test_what_is_not_there_is_seen_by_nobody_without_the_right(office):
    for case in (0, -1, 999):
        assert seers(office, case) == OVERSEERS


def test_who_may_not_see_is_told_so(office):
    case = office.start("main", as_="zhangsan").id
    with office.engine.store.read() as uow:
        policy.see(uow, commands.Actor("zhangsan"), case)
        with pytest.raises(errors.Forbidden, match=f"与事项 {case} 无关"):
            policy.see(uow, commands.Actor("other"), case)


def test_looking_costs_two_statements_however_much_there_is(office):
    from engine.store import counting

    case = office.start("main", as_="zhangsan").id
    other = staff.acts(office, "other")
    with counting.counted(office.engine.store) as count, office.engine.store.read() as uow:
        policy.sees(uow, other, case)
    assert count.statements == 2


def test_the_directory_is_never_asked_in_the_middle_of_a_unit_of_work(office):
    # Else it is only refused when it happens to be stale: a page that failed once in a thousand times.
    held = office.engine.directory
    held.get(office.engine.store)
    with office.engine.store.read() as uow:
        with pytest.raises(RuntimeError, match="do not nest"):
            held.get(office.engine.store)
        assert "keeper" in held.within(uow).users

"""Somebody leaves (离职交接): everything open goes to somebody else, or the report says why not."""

from __future__ import annotations

import packbuilder as p
import pytest
import snippets as s
import staff

from engine import errors
from engine.actions import people, users
from engine.model import cooperation, instances
from engine.store import queries

REVIEW = s.user("review", name="审核", props=s.properties(clause=s.CLAUSE, notSameActorAs="draft"))
NAMED = s.user(
    "sign",
    name="签字",
    props=s.properties(clause=s.CLAUSE, notSameActorAs="draft"),
    camunda_candidateGroups="",
    camunda_assignee="lisi",
)
CALLED_FOR = s.user("ask", name="征询", camunda_candidateGroups="", camunda_candidateUsers="lisi,wangwu")
MAIN = p.diagram(
    s.start(),
    s.user("draft", name="起草"),
    REVIEW,
    NAMED,
    CALLED_FOR,
    s.end(),
    s.path("start", "draft", "review", "sign", "ask", "end"),
)
DONE = people.Outcome


@pytest.fixture
def office(drive, tmp_path):
    return staff.open_office(drive, tmp_path, "handing_over", staff.hire, main=MAIN)


def start(office, *signed: str) -> int:
    """Start a case whose first tasks these people sign."""
    case = office.start("main", as_="zhangsan").id
    for name, person in zip(("起草", "审核", "签字"), signed, strict=False):
        office.complete(name, as_=person)
    return case


def leave(office, leaving="lisi", to="zhangsan"):
    return people.hand_over(office.engine, leaving, to, staff.ADMIN, "调离")


def outcomes(report):
    return {task.name: (task.outcome, task.reason) for task in report.tasks}


def test_assigned_tasks_go_to_the_successor_and_the_account_is_closed(office):
    case = start(office)
    office.claim("起草", as_="lisi")
    other = start(office)
    office.claim("起草", as_="zhangsan", case=other)

    report = leave(office)

    assert office.task("起草", case).assignee == "zhangsan"
    assert [(task.instance_id, task.outcome) for task in report.tasks] == [(case, DONE.HANDED)]
    assert not report.user.active
    (entry,) = (e for e in office.audit(case) if e.action == "transfer-user-task")
    assert (entry.actor, entry.details["by"], entry.details["to"], entry.details["reason"]) == (
        "root", "lisi", "zhangsan", "调离",
    )  # fmt: skip
    assert [e.subject for e in staff.trail(office, "hand-over")] == ["user/lisi"]
    with office.engine.store.read() as uow:
        assert uow.user_tasks.held_by("lisi") == []


def test_what_the_successor_must_not_do_goes_back_to_its_role(office):
    case = start(office, "zhangsan")
    office.claim("审核", as_="lisi")

    report = leave(office)

    task = office.task("审核", case)
    assert (task.assignee, task.candidate_groups) == (None, ("clerk",))
    assert outcomes(report)["审核"][0] is DONE.OFFERED
    assert "“起草”已由张三办理" in outcomes(report)["审核"][1]
    with office.engine.store.read() as uow:
        offered = queries.claimable_user_tasks(uow, groups=["clerk"]).items
    assert [row.task.id for row in offered] == [task.id]


def test_what_has_no_role_and_the_successor_must_not_do_stays_and_is_listed(office):
    case = start(office, "zhangsan", "lisi")
    assert office.task("签字", case).assignee == "lisi"

    report = leave(office)

    assert outcomes(report)["签字"][0] is DONE.KEPT
    assert "“起草”已由张三办理" in outcomes(report)["签字"][1]
    assert office.task("签字", case).assignee == "lisi"
    assert not report.user.active, "the account is closed all the same"
    office.transfer("签字", to="wangwu", as_=staff.ADMIN)


def test_going_on_with_somebody_else_hands_over_what_was_left(office):
    case = start(office, "zhangsan", "lisi")
    leave(office)
    report = leave(office, to="wangwu")
    assert outcomes(report) == {"签字": (DONE.HANDED, "")}
    assert office.task("签字", case).assignee == "wangwu"


def test_what_is_offered_by_name_is_offered_to_the_successor(office):
    case = start(office, "zhangsan", "lisi", "lisi")
    report = leave(office)
    task = office.task("征询", case)
    assert (task.assignee, set(task.candidate_users)) == (None, {"wangwu", "zhangsan"})
    assert outcomes(report)["征询"][0] is DONE.OFFERED
    assert office.claim("征询", as_="zhangsan").assignee == "zhangsan"


def test_what_the_leaver_prepared_for_somebody_goes_on_being_prepared(office):
    case = start(office)
    office.claim("起草", as_="zhangsan")
    office.delegate("起草", to="lisi", as_="zhangsan")
    leave(office, to="wangwu")
    task = office.task("起草", case)
    assert (task.assignee, task.owner, task.delegation) == ("wangwu", "zhangsan", instances.Delegation.PENDING)
    assert office.resolve("起草", as_="wangwu").assignee == "zhangsan"


def test_what_the_leaver_prepared_for_the_successor_comes_back(office):
    case = start(office)
    office.claim("起草", as_="zhangsan")
    office.delegate("起草", to="lisi", as_="zhangsan")
    report = leave(office, to="zhangsan")
    task = office.task("起草", case)
    assert (task.assignee, task.owner, task.delegation) == ("zhangsan", None, instances.Delegation.RESOLVED)
    assert outcomes(report)["起草"] == (DONE.HANDED, "")
    office.complete("起草", as_="zhangsan")


def test_what_the_successor_must_not_prepare_returns_to_its_owner(office):
    staff.add(office, "sunlei", "孙磊", roles=["clerk"])
    case = start(office, "zhangsan")
    office.claim("审核", as_=staff.acts(office, "sunlei"))
    office.delegate("审核", to="lisi", as_=staff.acts(office, "sunlei"))
    report = leave(office, to="zhangsan")
    task = office.task("审核", case)
    assert (task.assignee, task.owner) == ("sunlei", None)
    assert outcomes(report)["审核"][0] is DONE.RETURNED


def test_what_the_leaver_gave_to_somebody_comes_back_to_the_successor(office):
    case = start(office)
    office.claim("起草", as_="lisi")
    office.delegate("起草", to="wangwu", as_="lisi")
    leave(office, to="zhangsan")
    assert office.task("起草", case).owner == "zhangsan"
    assert office.resolve("起草", as_="wangwu").assignee == "zhangsan"


def test_what_the_leaver_gave_to_the_successor_is_theirs(office):
    case = start(office)
    office.claim("起草", as_="lisi")
    office.delegate("起草", to="zhangsan", as_="lisi")
    leave(office, to="zhangsan")
    task = office.task("起草", case)
    assert (task.assignee, task.owner, task.delegation) == ("zhangsan", None, instances.Delegation.RESOLVED)


def test_what_the_successor_must_not_sign_for_the_leaver_goes_back_to_the_role(office):
    case = start(office, "zhangsan")
    office.claim("审核", as_="lisi")
    office.delegate("审核", to="wangwu", as_="lisi")
    report = leave(office, to="zhangsan")
    task = office.task("审核", case)
    assert (task.assignee, task.owner) == (None, None)
    assert outcomes(report)["审核"][0] is DONE.OFFERED


def test_the_successor_stands_in_for_whom_the_leaver_stood_in(office):
    today = office.now.date()
    for principal, substitute in (("wangwu", "lisi"), ("zhangsan", "lisi"), ("lisi", "zhaoliu")):
        people.create_substitution(
            office.engine, staff.ADMIN, principal, substitute, today, today.replace(day=20), "出差"
        )
    report = leave(office, to="zhangsan")

    assert len(report.ended) == 3
    (taken_on,) = report.taken_on
    assert (taken_on.principal, taken_on.substitute, taken_on.ends_on.day) == ("wangwu", "zhangsan", 20)
    assert [each.id for each in staff.acts(office, "zhangsan").acting_for] == ["wangwu"]
    assert not staff.acts(office, "zhaoliu").acting_for


def test_suspended_cases_are_handed_over_too(office):
    case = start(office)
    office.claim("起草", as_="lisi")
    office.suspend()
    leave(office)
    assert office.task("起草", case).assignee == "zhangsan"


def test_what_is_over_is_left_alone(office):
    start(office, "lisi")
    office.cancel("误报")
    report = leave(office)
    assert report.tasks == ()
    assert report.count(DONE.HANDED) == 0


@pytest.mark.parametrize(
    ("leaving", "to", "reason", "kind", "why"),
    [
        ("lisi", "lisi", "调离", errors.InvalidInput, "接手人不能是李四本人"),
        ("lisi", "nobody", "调离", errors.InvalidInput, "没有标识为“nobody”的用户"),
        ("lisi", "gone", "调离", errors.InvalidInput, "已停用"),
        ("lisi", "zhangsan", " ", errors.InvalidInput, "理由"),
        ("nobody", "zhangsan", "调离", errors.NotFound, "nobody"),
    ],
)
def test_a_hand_over_that_makes_no_sense_changes_nothing(office, leaving, to, reason, kind, why):
    staff.add(office, "gone", "走了")
    people.deactivate(office.engine, staff.ADMIN, "gone", "离职")
    case = start(office)
    office.claim("起草", as_="lisi")
    before = len(staff.trail(office))

    with pytest.raises(kind, match=why):
        people.hand_over(office.engine, leaving, to, staff.ADMIN, reason)

    assert office.task("起草", case).assignee == "lisi"
    assert people.directory(office.engine).users["lisi"].active
    assert len(staff.trail(office)) == before


def test_a_hand_over_that_is_interrupted_can_be_done_again(office, monkeypatch):
    first, second = start(office), start(office)
    office.claim("起草", as_="lisi", case=first)
    office.claim("起草", as_="lisi", case=second)

    def fall_over(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(users, "close", fall_over)
        with pytest.raises(KeyboardInterrupt):
            leave(office)
    assert office.task("起草", first).assignee == office.task("起草", second).assignee == "zhangsan"
    assert people.directory(office.engine).users["lisi"].active

    assert not leave(office).user.active


def test_every_task_is_a_transaction_of_its_own(office):
    from engine.store import counting

    for _ in range(3):
        start(office)
        office.claim("起草", as_="lisi")
    with counting.counted(office.engine.store) as count:
        leave(office)
    assert count.commits == 1 + 3 + 1, "the check, each task, the account"


def ask(office, task, person):
    with office.engine.store.write() as uow:
        found, _ = uow.user_tasks.lock(task.id)
        kind = cooperation.CountersignKind.PARALLEL
        return uow.countersignatures.add(found, kind, person, asked_by="zhangsan", question="妥否？", at=office.now)


def asked(office, task):
    with office.engine.store.read() as uow:
        return [each.person for each in uow.countersignatures.of_task(task.id)]


def test_the_successor_is_asked_for_the_opinions_that_the_leaver_owes(office):
    start(office)
    task = office.claim("起草", as_="zhangsan")
    ask(office, task, "lisi")

    report = leave(office, to="wangwu")

    assert asked(office, task) == ["wangwu"]
    assert outcomes(report) == {"起草": (DONE.HANDED, "加签意见改由接手人提出")}
    assert office.task("起草").assignee == "zhangsan"


def test_nobody_is_asked_for_an_opinion_on_their_own_task_or_twice(office):
    start(office)
    task = office.claim("起草", as_="zhangsan")
    ask(office, task, "lisi")
    ask(office, task, "wangwu")
    for to in ("zhangsan", "wangwu"):
        report = leave(office, to=to)
        assert "加签意见未移交" in outcomes(report)["起草"][1]
        assert outcomes(report)["起草"][0] is DONE.KEPT
    assert asked(office, task) == ["lisi", "wangwu"]


def test_what_waits_for_the_agreement_of_others_only_is_left_to_them(office):
    start(office)
    task = office.claim("起草", as_="lisi")
    with office.engine.store.write() as uow:
        found, _ = uow.user_tasks.lock(task.id)
        uow.user_tasks.change(found, countersign=cooperation.Countersigning.SUBMITTED)
    report = leave(office)
    assert outcomes(report)["起草"][0] is DONE.KEPT
    assert "等待会签" in outcomes(report)["起草"][1]
    assert office.task("起草").assignee == "lisi"

"""The working-day calendar changes by two people: one proposes, another approves (I-07)."""

from __future__ import annotations

import concurrent.futures
import datetime
import pathlib
import threading
from collections.abc import Iterator

import pytest

from engine import errors, testing
from engine.actions import calendar_changes
from engine.calendars import moments
from engine.model import calendar_changes as model
from engine.model import commands

ADMIN = commands.Actor("admin", admin=True)
OTHER = commands.Actor("second", admin=True)
TUESDAY = datetime.date(2026, 3, 10)


@pytest.fixture
def driver(tmp_path: pathlib.Path) -> Iterator[testing.EngineDriver]:
    with testing.EngineDriver("shizhengwuban", directory=tmp_path) as made:
        yield made


def typhoon(document: str = "市防汛指〔2026〕3号") -> calendar_changes.Proposal:
    return calendar_changes.Proposal(
        TUESDAY, working=False, document=document, reason="台风停工", counts_for_statutory=True
    )


def due(driver: testing.EngineDriver) -> datetime.date:
    """The last day of three working days that begin now, as a case counts them."""
    driver.start("yushen", as_="张三", variables=None)
    driver.complete("Task_tianbao", as_="张三", form=FORM)
    driver.set_variables({"review_workdays": 3})
    driver.complete("Task_danweishenhe", as_="王芳", form=HEAD)
    found = driver.task("Task_yushen").due
    assert found is not None
    return moments.local_day(found)


FORM = {
    "unit": "行政审批处",
    "title": "办事指南",
    "summary": "依据和条件",
    "content": "一、依据",
    "audience": "society",
    "channels": ["website"],
    "publish_on": "2026-04-20",
    "basis": "公开内容目录",
    "data_checked": True,
}
HEAD = {"in_catalogue": "listed", "secrecy": "clear", "decision": "publish", "opinion": "同意", "signed": True}


def test_a_proposal_counts_for_nothing_until_somebody_else_approves_it(driver) -> None:
    made = calendar_changes.propose(driver.engine, typhoon(), ADMIN)
    assert made.status is model.ChangeStatus.PROPOSED
    assert due(driver) == datetime.date(2026, 3, 12)  # Monday the 9th, and 10, 11, 12

    with pytest.raises(errors.Forbidden, match="由您提出"):
        calendar_changes.approve(driver.engine, made.id, ADMIN)
    approved = calendar_changes.approve(driver.engine, made.id, OTHER)

    assert (approved.status, approved.decided_by) == (model.ChangeStatus.APPROVED, "second")
    assert due(driver) == datetime.date(2026, 3, 13)


def test_an_approved_change_is_taken_back_by_two_people_as_well(driver) -> None:
    made = calendar_changes.approve(driver.engine, calendar_changes.propose(driver.engine, typhoon(), ADMIN).id, OTHER)
    back = calendar_changes.propose_revocation(driver.engine, made.id, OTHER)
    with pytest.raises(errors.Conflict, match="已有人提出撤销"):
        calendar_changes.propose_revocation(driver.engine, made.id, ADMIN)
    assert due(driver) == datetime.date(2026, 3, 13)
    with pytest.raises(errors.Forbidden, match="由您提出"):
        calendar_changes.approve(driver.engine, back.id, OTHER)

    calendar_changes.approve(driver.engine, back.id, ADMIN)

    assert due(driver) == datetime.date(2026, 3, 12)
    with pytest.raises(errors.Conflict, match="没有生效"):
        calendar_changes.propose_revocation(driver.engine, made.id, ADMIN)


def test_a_refusal_says_why_and_ones_own_is_withdrawn(driver) -> None:
    one, two = (calendar_changes.propose(driver.engine, typhoon(), ADMIN).id for _ in range(2))
    with pytest.raises(errors.InvalidInput, match="说明理由"):
        calendar_changes.refuse(driver.engine, one, OTHER, " ")
    assert calendar_changes.refuse(driver.engine, one, OTHER, "通知有误").status is model.ChangeStatus.REFUSED
    assert calendar_changes.refuse(driver.engine, two, ADMIN, "重复").status is model.ChangeStatus.WITHDRAWN
    with pytest.raises(errors.Conflict, match="已经处理"):
        calendar_changes.approve(driver.engine, one, OTHER)
    assert [change.note for change in calendar_changes.listed(driver.engine, ADMIN)] == ["重复", "通知有误"]


@pytest.mark.parametrize(
    ("proposal", "complaint"),
    [
        (calendar_changes.Proposal(datetime.date(2026, 3, 14), working=False, document="甲"), "已经是休息日"),
        (calendar_changes.Proposal(TUESDAY, working=True, document="甲"), "已经是工作日"),
        (calendar_changes.Proposal(TUESDAY, working=False, document=" "), "文号"),
        (calendar_changes.Proposal(datetime.date(1990, 1, 1), working=False, document="甲"), "1990"),
        (calendar_changes.Proposal(TUESDAY, working=False, document="甲" * 201), "最多 200 字"),
    ],
)
def test_what_changes_nothing_or_rests_on_nothing_is_refused(driver, proposal, complaint) -> None:
    with pytest.raises(errors.CalendarError, match=complaint):
        calendar_changes.propose(driver.engine, proposal, ADMIN)
    assert calendar_changes.listed(driver.engine, ADMIN) == []


def test_two_approvals_that_contradict_each_other_do_not_both_count(driver) -> None:
    first = calendar_changes.propose(driver.engine, typhoon(), ADMIN)
    second = calendar_changes.propose(driver.engine, typhoon("另一份通知"), ADMIN)
    calendar_changes.approve(driver.engine, first.id, OTHER)

    with pytest.raises(errors.CalendarError, match="不同调整"):
        calendar_changes.approve(driver.engine, second.id, OTHER)

    assert due(driver) == datetime.date(2026, 3, 13)  # cases go on counting


def test_of_two_that_are_approved_at_the_same_time_one_counts(driver) -> None:
    made = [calendar_changes.propose(driver.engine, typhoon(document), ADMIN) for document in ("甲", "乙", "丙")]
    ready = threading.Barrier(len(made))

    def approve(change: model.CalendarChange) -> type[BaseException] | None:
        ready.wait()
        try:
            calendar_changes.approve(driver.engine, change.id, OTHER)
        except errors.CalendarError as error:
            return type(error)
        return None

    with concurrent.futures.ThreadPoolExecutor(len(made)) as pool:
        ended = list(pool.map(approve, made))

    assert sorted(ended, key=str) == [errors.CalendarError, errors.CalendarError, None]
    assert due(driver) == datetime.date(2026, 3, 13)


def test_only_administrators_see_and_change_it(driver) -> None:
    clerk = driver.user("张三")
    made = calendar_changes.propose(driver.engine, typhoon(), ADMIN)
    for act in (
        lambda: calendar_changes.propose(driver.engine, typhoon(), clerk),
        lambda: calendar_changes.approve(driver.engine, made.id, clerk),
        lambda: calendar_changes.refuse(driver.engine, made.id, clerk, "不"),
        lambda: calendar_changes.propose_revocation(driver.engine, made.id, clerk),
        lambda: calendar_changes.listed(driver.engine, clerk),
    ):
        with pytest.raises(errors.Forbidden, match="系统管理员"):
            act()

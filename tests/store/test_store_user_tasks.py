"""User tasks: opened and closed by steps, claimed and changed in between, found by those who may do them."""

from __future__ import annotations

import datetime

import pytest

from engine import errors, store
from engine.model import instances as model
from engine.model import steps
from engine.store import queries

DAY = datetime.timedelta(days=1)


def claimable(database: store.Store, **who) -> list[int]:
    with database.read() as uow:
        return [row.task.id for row in queries.claimable_user_tasks(uow, **who).items]


def test_a_user_task_comes_back_with_all_it_says(desk) -> None:
    task = desk.task(
        lane="审核人",
        form_key="shizheng/shenhe",
        candidate_users=("li", "wang"),
        candidate_groups=("reviewer",),
        due=desk.now + 5 * DAY,
        follow_up=desk.now + DAY,
        priority=80,
        clause="P000-06 §9",
    )
    assert task == model.UserTask(
        task.id,
        task.instance_id,
        1,
        "Task_shenhe",
        "审核公开申请",
        model.UserTaskStatus.OPEN,
        desk.now,
        lane="审核人",
        form_key="shizheng/shenhe",
        candidate_users=("li", "wang"),
        candidate_groups=("reviewer",),
        due=desk.now + 5 * DAY,
        follow_up=desk.now + DAY,
        priority=80,
        clause="P000-06 §9",
    )
    with desk.database.write() as uow:
        locked_task, locked = uow.user_tasks.lock(task.id)
        assert locked_task == task == uow.user_tasks.get(task.id) == uow.user_tasks.at(task.instance_id, 1)
        assert locked.id == task.instance_id
        assert uow.user_tasks.at(task.instance_id, 2) is None
        for look in (uow.user_tasks.get, uow.user_tasks.lock):
            with pytest.raises(errors.NotFound, match="没有编号为 99 的任务"):
                look(99)


def test_a_completed_task_says_who_did_it_and_when(desk) -> None:
    task = desk.task(candidate_groups=("reviewer",))
    desk.go_on(task.instance_id, by="li", closed=(steps.Closed("user_task", 1, "completed"),))

    with desk.database.write() as uow:
        done, _ = uow.user_tasks.lock(task.id)
        assert (done.status, done.completed_by, done.completed_at) == (model.UserTaskStatus.COMPLETED, "li", desk.now)
        assert done.candidate_groups == ("reviewer",)
    assert claimable(desk.database, groups=["reviewer"]) == []


def test_a_task_that_is_over_is_not_closed_again(desk) -> None:
    task = desk.task()
    desk.go_on(task.instance_id, by="li", closed=(steps.Closed("user_task", 1, "completed"),))
    desk.go_on(task.instance_id, by="wang", closed=(steps.Closed("user_task", 1, "cancelled"),))
    with desk.database.read() as uow:
        assert uow.user_tasks.get(task.id).completed_by == "li"


def test_only_those_who_may_claim_a_task_see_it(desk) -> None:
    task = desk.task(candidate_users=("li",), candidate_groups=("reviewer", "head"))

    assert claimable(desk.database, user="li") == [task.id]
    assert claimable(desk.database, groups=["reviewer"]) == [task.id]
    assert claimable(desk.database, user="li", groups=["head", "reviewer", "head"]) == [task.id]
    assert claimable(desk.database, user="wang", groups=["clerk"]) == []
    assert claimable(desk.database, user="reviewer", groups=["li"]) == []
    assert claimable(desk.database) == []


def test_a_claimed_task_leaves_the_list_and_comes_back_when_given_back(desk) -> None:
    task = desk.task(candidate_groups=("reviewer",))
    with desk.database.write() as uow:
        locked_task, _ = uow.user_tasks.lock(task.id)
        claimed = uow.user_tasks.change(locked_task, assignee="li")
    assert claimable(desk.database, groups=["reviewer"]) == []
    with desk.database.read() as uow:
        assert uow.user_tasks.get(task.id) == claimed
        assert [row.task for row in queries.assigned_user_tasks(uow, "li").items] == [claimed]

    with desk.database.write() as uow:
        locked_task, _ = uow.user_tasks.lock(task.id)
        uow.user_tasks.change(locked_task, assignee=None)
    assert claimable(desk.database, groups=["reviewer"]) == [task.id]


def test_a_task_claimed_and_completed_in_one_transaction_leaves_no_trace_in_the_lists(desk) -> None:
    task = desk.task(candidate_groups=("reviewer",))
    with desk.database.write() as uow:
        locked_task, locked = uow.user_tasks.lock(task.id)
        uow.user_tasks.change(locked_task, assignee="li")
        step = desk.step(closed=(steps.Closed("user_task", 1, "completed"),))
        uow.record(locked, step, desk.now, by="li")
    assert claimable(desk.database, groups=["reviewer"]) == []
    with desk.database.read() as uow:
        assert queries.assigned_user_tasks(uow, "li").items == ()


def test_a_task_given_back_and_cancelled_in_one_transaction_leaves_no_trace_in_the_lists(desk) -> None:
    task = desk.task(candidate_groups=("reviewer",), assignee="li")
    with desk.database.write() as uow:
        locked_task, locked = uow.user_tasks.lock(task.id)
        uow.user_tasks.change(locked_task, assignee=None)
        step = desk.step(closed=(steps.Closed("user_task", 1, "cancelled"),))
        uow.record(locked, step, desk.now, by="admin")
    assert claimable(desk.database, groups=["reviewer"]) == []


def test_candidates_and_due_time_may_change(desk) -> None:
    later, task = desk.task(candidate_groups=("clerk",), due=desk.now + 2 * DAY), desk.task(candidate_groups=("x",))
    with desk.database.write() as uow:
        locked_task, _ = uow.user_tasks.lock(task.id)
        uow.user_tasks.change(locked_task, candidate_groups=("clerk", "head"), due=desk.now + DAY)
    assert claimable(desk.database, groups=["x"]) == []
    assert claimable(desk.database, groups=["clerk"]) == [task.id, later.id]
    with desk.database.write() as uow:
        locked_task, _ = uow.user_tasks.lock(task.id)
        uow.user_tasks.change(locked_task, due=desk.now + 3 * DAY)
    assert claimable(desk.database, groups=["clerk"]) == [later.id, task.id]


def test_a_delegation_and_a_draft_are_kept(desk) -> None:
    task = desk.task(assignee="li")
    draft = {"意见": "同意", "附件": [1, 2]}
    with desk.database.write() as uow:
        locked_task, _ = uow.user_tasks.lock(task.id)
        changed = uow.user_tasks.change(
            locked_task, assignee="wang", owner="li", delegation=model.Delegation.PENDING, draft=draft, priority=90
        )
    with desk.database.read() as uow:
        found = uow.user_tasks.get(task.id)
        assert found == changed
        assert (found.owner, found.delegation, found.draft) == ("li", model.Delegation.PENDING, draft)


def test_a_finished_task_cannot_be_changed(desk) -> None:
    task = desk.task()
    desk.go_on(task.instance_id, closed=(steps.Closed("user_task", 1, "completed"),))
    with pytest.raises(errors.Conflict, match="“审核公开申请”已经结束"), desk.database.write() as uow:
        uow.user_tasks.change(task, assignee="li")


def test_what_a_task_is_cannot_be_changed(desk) -> None:
    task = desk.task()
    with pytest.raises(ValueError, match="element_id"), desk.database.write() as uow:
        uow.user_tasks.change(task, element_id="Task_other")


def test_recording_tells_the_ids_of_the_tasks_it_opened(desk) -> None:
    instance_id = desk.start(user_tasks=(steps.UserTaskOpened(1, "T", "一"),))
    one = desk.go_on(instance_id, user_tasks=(steps.UserTaskOpened(2, "T", "二", candidate_users=("li",)),))
    many = desk.go_on(
        instance_id, user_tasks=tuple(steps.UserTaskOpened(n, "T", str(n), candidate_users=("li",)) for n in (5, 3, 4))
    )
    none = desk.go_on(instance_id)

    with desk.database.read() as uow:
        by_token = {task.token: task.id for task in uow.user_tasks.of_instance(instance_id)}
    assert one.user_tasks == {2: by_token[2]}
    assert many.user_tasks == {token: by_token[token] for token in (3, 4, 5)}
    assert none.user_tasks == {}
    assert len(claimable(desk.database, user="li")) == 4


def test_one_token_has_one_task(desk) -> None:
    task = desk.task()
    with pytest.raises(errors.Conflict, match="冲突"):
        desk.go_on(task.instance_id, user_tasks=(steps.UserTaskOpened(1, "T", "again"),))

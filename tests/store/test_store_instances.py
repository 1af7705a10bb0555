"""Instances and what a step of the executor leaves behind."""

from __future__ import annotations

import datetime

import pytest

from engine import errors
from engine.model import instances as model
from engine.model import steps

DAY = datetime.timedelta(days=1)


def test_an_instance_comes_back_with_its_state(desk) -> None:
    instance_id = desk.start(business_key="受〔2026〕1号", variables='{"标题":"x"}', tokens='{"1":{}}')

    with desk.database.write() as uow:
        locked = uow.instances.lock(instance_id)
        assert locked.instance == uow.instances.get(instance_id)
        assert locked.instance == model.ProcessInstance(
            instance_id,
            desk.definition_id,
            "受〔2026〕1号",
            model.InstanceStatus.ACTIVE,
            desk.now,
            "zhang",
        )
        assert locked.state == model.InstanceState('{"标题":"x"}', '{"1":{}}')
        assert (locked.id, locked.definition_id) == (instance_id, desk.definition_id)
    with desk.database.read() as uow:
        assert uow.instances.state(instance_id) == locked.state


def test_a_case_that_does_not_exist_is_not_found(desk) -> None:
    with desk.database.write() as uow:
        for look in (uow.instances.get, uow.instances.lock, uow.instances.state):
            with pytest.raises(errors.NotFound, match="没有编号为 99 的流程实例"):
                look(99)


def test_a_child_knows_its_parent_and_the_parent_finds_it(desk) -> None:
    parent_id = desk.start()
    with desk.database.write() as uow:
        made = [
            uow.instances.create(
                desk.definition_id,
                business_key=None,
                started_at=desk.now,
                started_by="system",
                parent_id=parent_id,
                parent_token=token,
                root_id=parent_id,
            )
            for token in (4, 7, 7)
        ]

    with desk.database.read() as uow:
        assert [child.id for child in uow.instances.children(parent_id)] == [each.id for each in made]
        child = uow.instances.child(parent_id, 7)
        assert child is not None
        assert (child.id, child.parent_id, child.parent_token, child.root_id) == (made[2].id, parent_id, 7, parent_id)
        assert uow.instances.child(parent_id, 5) is None


def test_a_step_that_ends_the_case_says_when_and_why(desk) -> None:
    instance_id = desk.start()
    with desk.database.write() as uow:
        locked = uow.instances.lock(instance_id)
        step = desk.step(status=model.InstanceStatus.CANCELLED)
        uow.record(locked, step, desk.now + DAY, by="admin", end_reason="重复申请")
        assert locked.instance.status is model.InstanceStatus.CANCELLED

    with desk.database.read() as uow:
        ended = uow.instances.get(instance_id)
        assert (ended.status, ended.ended_at, ended.end_reason) == (
            model.InstanceStatus.CANCELLED,
            desk.now + DAY,
            "重复申请",
        )


def test_a_caller_may_end_the_case_with_another_status(desk) -> None:
    instance_id = desk.start()
    with desk.database.write() as uow:
        locked = uow.instances.lock(instance_id)
        uow.record(locked, desk.step(), desk.now, by="system", status=model.InstanceStatus.ERROR, end_reason="E1")
    with desk.database.read() as uow:
        assert uow.instances.get(instance_id).status is model.InstanceStatus.ERROR


def test_several_steps_of_one_case_may_be_recorded_in_one_transaction(desk) -> None:
    instance_id = desk.start()
    with desk.database.write() as uow:
        locked = uow.instances.lock(instance_id)
        for n in range(3):
            uow.audit.append(locked, "zhang", "count", "instance", {"n": n}, desk.now)
            uow.record(locked, desk.step(variables=str(n)), desk.now, by="zhang")
    with desk.database.write() as uow:
        assert uow.instances.lock(instance_id).state.variables == "2"
        assert uow.audit.verify() == []


def test_visits_are_inserted_and_completed_later(desk) -> None:
    entered, left = desk.now, desk.now + DAY
    instance_id = desk.start(
        visits=(
            steps.Visit(1, "Start_1", "startEvent", "开始", entered, entered, "completed", False),
            steps.Visit(2, "Task_1", "userTask", "审核", entered, None, None, False),
        )
    )
    desk.go_on(instance_id, visits=(steps.Visit(2, "Task_1", "userTask", "审核", None, left, "completed", True),))

    with desk.database.read() as uow:
        assert uow.history.of_instance(instance_id) == [
            model.HistoryEntry(instance_id, 1, "Start_1", "startEvent", "开始", entered, entered, "completed", 1, 1),
            model.HistoryEntry(instance_id, 2, "Task_1", "userTask", "审核", entered, left, "completed", 1, 2),
        ]


def test_incidents_open_and_close_with_steps(desk) -> None:
    opened = steps.IncidentOpened(3, "Gateway_1", model.IncidentKind.EXPRESSION, "变量“金额”不存在")
    instance_id = desk.start(incidents=(opened,))
    with desk.database.read() as uow:
        (incident,) = uow.incidents.of_instance(instance_id)
        assert incident == uow.incidents.get(incident.id)
        assert (incident.token, incident.kind, incident.message) == (3, opened.kind, opened.message)

    desk.go_on(instance_id, by="ops", closed=(steps.Closed("incident", 3, "completed"),), incidents=(opened,))

    with desk.database.write() as uow:
        first, second = uow.incidents.of_instance(instance_id)
        assert (first.resolved_at, first.resolved_by) == (desk.now, "ops")
        assert second.resolved_at is None
        found, locked = uow.incidents.lock(second.id)
        assert found == second
        assert locked is uow.instances.lock(instance_id)
        uow.incidents.resolve(instance_id, 3, by="ops2", at=desk.now)
        assert [each.resolved_by for each in uow.incidents.of_instance(instance_id)] == ["ops", "ops2"]
        for look in (uow.incidents.get, uow.incidents.lock):
            with pytest.raises(errors.NotFound, match="异常"):
                look(99)


def test_calls_have_no_row_and_an_unknown_kind_of_wait_is_an_error(desk) -> None:
    instance_id = desk.start()
    desk.go_on(instance_id, closed=(steps.Closed("call", 1, "completed"),))
    with pytest.raises(ValueError, match="unknown kind"):
        desk.go_on(instance_id, closed=(steps.Closed("coffee", 1, "completed"),))


def test_comments_stand_in_the_order_they_were_written(desk) -> None:
    task = desk.task()
    with desk.database.write() as uow:
        first = uow.comments.add(task.instance_id, task.id, "zhang", "请补正", desk.now)
        second = uow.comments.add(task.instance_id, None, "li", "已补正\n见附件", desk.now + DAY)
    with desk.database.read() as uow:
        assert uow.comments.of_instance(task.instance_id) == [first, second]
        assert first.user_task_id == task.id


def test_a_repeated_request_finds_the_first_answer_and_strangers_do_not(desk) -> None:
    with desk.database.write() as uow:
        assert uow.idempotency.find("k", "zhang", "complete") is None
        uow.idempotency.keep("k", "zhang", "complete", {"next": 7}, desk.now)
        uow.idempotency.keep("k", "li", "complete", {"next": 8}, desk.now)
        uow.idempotency.keep("k", "zhang", "claim", {"next": 9}, desk.now)
    with desk.database.read() as uow:
        assert uow.idempotency.find("k", "zhang", "complete") == {"next": 7}
    with pytest.raises(errors.Conflict, match="同一请求"), desk.database.write() as uow:
        uow.idempotency.keep("k", "zhang", "complete", {"next": 1}, desk.now)
    with desk.database.write() as uow:
        assert uow.idempotency.purge(desk.now) == 0
        assert uow.idempotency.purge(desk.now + DAY) == 3
        assert uow.idempotency.find("k", "zhang", "complete") is None


def test_the_id_of_a_case_is_never_given_again(desk) -> None:
    first = desk.start()
    with desk.database.write() as uow:
        for table in ("element_history", "audit"):
            uow.link.driver(f"DELETE FROM {table}")
        uow.link.driver(f"DELETE FROM instances WHERE id = {first}")
    assert desk.start() > first

"""Timers, subscriptions and messages: found by index, taken once, in order."""

from __future__ import annotations

import datetime

import pytest

from engine import errors
from engine.model import definitions as model_definitions
from engine.model import instances as model
from engine.model import steps

HOUR = datetime.timedelta(hours=1)
MESSAGE, SIGNAL = model.SubscriptionKind.MESSAGE, model.SubscriptionKind.SIGNAL


def timer(desk, token: int, hours: float) -> steps.TimerOpened:
    return steps.TimerOpened(token, f"Timer_{token}", desk.now + hours * HOUR)


def due(desk, hours: float, limit: int = 10) -> list[int | None]:
    with desk.database.read() as uow:
        return [each.token for each in uow.timers.due(desk.now + hours * HOUR, limit)]


def suspend(desk, instance_id: int, status: model.InstanceStatus = model.InstanceStatus.SUSPENDED) -> None:
    with desk.database.write() as uow:
        uow.instances.set_status(uow.instances.lock(instance_id), status, at=desk.now)


def test_overdue_timers_come_once_each_in_order_of_due_time(desk) -> None:
    instance_id = desk.start(timers=(timer(desk, 1, 3), timer(desk, 2, 1), timer(desk, 3, 2), timer(desk, 4, 9)))

    assert due(desk, 0.5) == []
    assert due(desk, 3) == [2, 3, 1]
    assert due(desk, 3, limit=2) == [2, 3]

    desk.go_on(instance_id, closed=(steps.Closed("timer", 2, "completed"), steps.Closed("timer", 3, "cancelled")))
    assert due(desk, 3) == [1]
    with desk.database.read() as uow:
        assert uow.timers.next_due() == desk.now + 3 * HOUR
        assert [each.token for each in uow.timers.of_instance(instance_id)] == [1, 4]


def test_opening_the_timer_of_a_token_again_moves_it(desk) -> None:
    instance_id = desk.start(timers=(timer(desk, 1, 1),))
    desk.go_on(instance_id, timers=(timer(desk, 1, 5),))
    assert due(desk, 4) == []
    assert due(desk, 5) == [1]
    with desk.database.write() as uow:
        uow.timers.move(instance_id, 1, "Timer_1", desk.now + 2 * HOUR)
    assert due(desk, 2) == [1]


def test_a_due_timer_is_locked_with_its_case_unless_it_is_gone_or_moved(desk) -> None:
    instance_id = desk.start(timers=(timer(desk, 1, 1),))
    with desk.database.write() as uow:
        (found,) = uow.timers.due(desk.now + HOUR, 10)
        got = uow.timers.lock(found.id, desk.now + HOUR)
        assert got is not None
        assert got == (found, uow.instances.lock(instance_id))
        assert found == model.Timer(found.id, desk.now + HOUR, "Timer_1", instance_id, 1)
        assert uow.timers.lock(found.id, desk.now) is None
        assert uow.timers.lock_start(found.id, desk.now + HOUR) is None
    desk.go_on(instance_id, closed=(steps.Closed("timer", 1, "completed"),))
    with desk.database.write() as uow:
        assert uow.timers.lock(found.id, desk.now + HOUR) is None
        assert uow.timers.next_due() is None


def test_timers_of_a_suspended_case_wait_until_it_goes_on(desk) -> None:
    instance_id = desk.start(timers=(timer(desk, 1, 1),))
    with desk.database.read() as uow:
        (found,) = uow.timers.due(desk.now + HOUR, 1)
    suspend(desk, instance_id)
    assert due(desk, 2) == []
    with desk.database.write() as uow:
        assert uow.timers.next_due() is None
        assert uow.timers.lock(found.id, desk.now + HOUR) is None
    suspend(desk, instance_id, model.InstanceStatus.ACTIVE)
    assert due(desk, 2) == [1]


def test_a_start_timer_counts_how_often_it_fired(desk) -> None:
    with desk.database.write() as uow:
        uow.timers.set_start(desk.definition_id, "Start_1", desk.now)
        uow.timers.set_start(desk.definition_id, "Start_2", desk.now + HOUR)
    with desk.database.write() as uow:
        (found,) = uow.timers.due(desk.now, 10)
        assert found == model.Timer(found.id, desk.now, "Start_1", definition_id=desk.definition_id)
        assert uow.timers.lock_start(found.id, desk.now) == found
        assert uow.timers.lock(found.id, desk.now) is None
        uow.timers.set_start(desk.definition_id, "Start_1", desk.now + HOUR, fired=found.fired + 1)
        assert uow.timers.lock_start(found.id, desk.now) is None
        again = uow.timers.lock_start(found.id, desk.now + HOUR)
        assert again is not None
        assert again.fired == 1
        uow.timers.remove_start(desk.definition_id, "Start_1")
        assert [each.element_id for each in uow.timers.due(desk.now + HOUR, 10)] == ["Start_2"]
        uow.timers.remove_starts(desk.definition_id)
        assert uow.timers.next_due() is None


def test_start_timers_of_a_suspended_definition_rest(desk) -> None:
    with desk.database.write() as uow:
        uow.timers.set_start(desk.definition_id, "Start_1", desk.now)
        uow.definitions.set_status(desk.definition_id, model_definitions.DefinitionStatus.SUSPENDED)
        assert uow.timers.due(desk.now, 10) == []


def waiting(token: int, name: str, key: str | None, kind: model.SubscriptionKind = MESSAGE):
    return steps.SubscriptionOpened(token, f"Catch_{token}", kind, name, key)


def test_a_message_finds_those_who_wait_for_exactly_its_name_and_key(desk) -> None:
    first = desk.start(subscriptions=(waiting(1, "补正材料", "受1"), waiting(2, "补正材料", None)))
    second = desk.start(
        subscriptions=(waiting(1, "补正材料", "受2"), waiting(2, "撤回", "受1"), waiting(3, "补正材料", "受1", SIGNAL))
    )
    with desk.database.write() as uow:
        uow.subscriptions.set_start(desk.definition_id, "Start_m", MESSAGE, "补正材料")

        def found(name: str, key: str | None) -> list[tuple[int | None, int | None]]:
            return [(each.instance_id, each.token) for each in uow.subscriptions.messages(name, key)]

        assert found("补正材料", "受1") == [(first, 1)]
        assert found("补正材料", "受2") == [(second, 1)]
        assert found("补正材料", None) == [(first, 2)]
        assert found("补正材料", "受3") == []
        assert found("公告", None) == []


def test_a_signal_finds_everybody_who_waits_for_its_name(desk) -> None:
    made = [desk.start(subscriptions=(waiting(1, "停止办理", None, SIGNAL),)) for _ in range(3)]
    desk.start(subscriptions=(waiting(1, "停止办理", None, MESSAGE),))
    with desk.database.read() as uow:
        assert [each.instance_id for each in uow.subscriptions.signals("停止办理")] == made


def test_a_subscription_ends_with_its_token_and_is_replaced_when_opened_again(desk) -> None:
    instance_id = desk.start(subscriptions=(waiting(1, "a", "1"), waiting(2, "b", "1")))
    desk.go_on(
        instance_id, closed=(steps.Closed("subscription", 1, "completed"),), subscriptions=(waiting(2, "b", "2"),)
    )
    with desk.database.read() as uow:
        assert uow.subscriptions.at(instance_id, 1) is None
        (left,) = uow.subscriptions.of_instance(instance_id)
        assert left == uow.subscriptions.at(instance_id, 2)
        assert left == model.Subscription(left.id, MESSAGE, "b", "Catch_2", "2", instance_id, 2)


def test_messages_and_signals_find_the_definitions_they_start(desk) -> None:
    other = desk.define("gongshi").id
    with desk.database.write() as uow:
        for definition_id in (desk.definition_id, other):
            uow.subscriptions.set_start(definition_id, "Start_m", MESSAGE, "申请")
            uow.subscriptions.set_start(definition_id, "Start_s", SIGNAL, "申请")
        uow.subscriptions.remove_starts(other)
        found = uow.subscriptions.starts(MESSAGE, "申请")
        assert [(each.definition_id, each.element_id) for each in found] == [(desk.definition_id, "Start_m")]
        assert uow.subscriptions.starts(SIGNAL, "别的") == []


def keep(desk, name: str = "通知", key: str | None = "受1", *, hours: float = 1, **values) -> model.Message:
    with desk.database.write() as uow:
        return uow.messages.add(name, key, {"n": 1}, received_at=desk.now, expires_at=desk.now + hours * HOUR, **values)


def test_a_kept_message_is_taken_once_the_oldest_first(desk) -> None:
    first, second = keep(desk), keep(desk)
    keep(desk, key="受2")
    keep(desk, key=None)
    with desk.database.write() as uow:
        assert uow.messages.take("通知", "受1", desk.now) == first
        assert uow.messages.take("通知", "受1", desk.now) == second
        assert uow.messages.take("通知", "受1", desk.now) is None
        assert uow.messages.take("别的", "受1", desk.now) is None
        taken = uow.messages.take("通知", None, desk.now)
        assert taken is not None
        assert taken.correlation_key is None


def test_a_start_event_takes_the_oldest_message_whatever_its_key(desk) -> None:
    first, second = keep(desk, key="受2"), keep(desk, key=None)
    keep(desk, name="别的")
    with desk.database.write() as uow:
        assert uow.messages.take_first("通知", desk.now + HOUR) is None
        assert uow.messages.take_first("通知", desk.now) == first
        assert uow.messages.take_first("通知", desk.now) == second
        assert uow.messages.take_first("通知", desk.now) is None


def test_a_message_is_not_taken_after_its_time_to_live_but_reported_once(desk) -> None:
    short, long_ = keep(desk, hours=1), keep(desk, hours=2)
    with desk.database.write() as uow:
        assert uow.messages.expire(desk.now + 0.9 * HOUR, 10) == []
        assert uow.messages.take("通知", "受1", desk.now + HOUR) == long_
        assert uow.messages.expire(desk.now + HOUR, 10) == [short]
        assert uow.messages.expire(desk.now + 3 * HOUR, 10) == []


def test_a_message_with_an_id_is_received_once(desk) -> None:
    keep(desk, message_id="m1")
    with pytest.raises(errors.Conflict, match="编号为“m1”的消息“通知”已经收到过"):
        keep(desk, message_id="m1")
    keep(desk, name="另一", message_id="m1")
    keep(desk, message_id=None)
    keep(desk, message_id=None)

    with desk.database.write() as uow:
        assert uow.messages.take("通知", "受1", desk.now) is not None
    with pytest.raises(errors.Conflict, match="收到过"):
        keep(desk, message_id="m1")


def test_a_message_delivered_at_once_is_known_but_not_kept(desk) -> None:
    keep(desk, message_id="m1", delivered=True)
    with desk.database.write() as uow:
        assert uow.messages.take("通知", "受1", desk.now) is None
        assert uow.messages.expire(desk.now + 9 * HOUR, 10) == []
    with pytest.raises(errors.Conflict, match="收到过"):
        keep(desk, message_id="m1")


def test_only_messages_that_are_over_are_forgotten(desk) -> None:
    keep(desk, message_id="over", delivered=True)
    waiting_message = keep(desk, message_id="waiting")
    with desk.database.write() as uow:
        assert uow.messages.purge(desk.now + 9 * HOUR) == 1
        assert uow.messages.take("通知", "受1", desk.now) == waiting_message
    keep(desk, message_id="over")

"""What is stored comes back as it was, and what cannot be is refused before it is."""

from __future__ import annotations

import datetime
import json
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from engine import errors, store
from engine.model import steps
from engine.store import types

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=2**63, max_value=2**200)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.text(st.characters(categories=["Cs", "Cc", "Lo"]))
    | st.just("typename"),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("typename"), inner),
    max_leaves=12,
)
AWARE = st.datetimes(
    min_value=datetime.datetime(1900, 1, 2),
    max_value=datetime.datetime(9998, 12, 30),
    timezones=st.timezones() | st.just(datetime.UTC),
    allow_imaginary=False,
)
FEW = hypothesis.settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)


@FEW
@hypothesis.given(value=st.dictionaries(st.text(), JSON))
@hypothesis.example(value={"typename": "datetime", "value": [1, {"typename": "x"}]})
@hypothesis.example(value={"半个字符": "\ud800", "零": "\x00", "": {"": []}})
@hypothesis.example(value={"大数": 2**200, "负数": -(2**200), "小数": 1e-300})
def test_any_json_comes_back_from_every_place(desk, value: dict[str, Any]) -> None:
    task = desk.task()
    with desk.database.write() as uow:
        locked_task, locked = uow.user_tasks.lock(task.id)
        uow.user_tasks.change(locked_task, draft=value)
        uow.audit.append(locked, "zhang", "save-draft", "user_task", value, desk.now)
        message = uow.messages.add("通知", None, value, received_at=desk.now, expires_at=desk.now)
        uow.idempotency.keep(f"key-{task.id}", "zhang", "save-draft", value, desk.now)
        uow.jobs.add(locked.id, steps.JobOpened(9, "Task_job", "topic", value, "R3/PT5M"), desk.now)

    with desk.database.write() as uow:
        assert uow.user_tasks.get(task.id).draft == value
        assert uow.messages.expire(desk.now, 1000)[-1].payload == message.payload == value
        assert uow.idempotency.find(f"key-{task.id}", "zhang", "save-draft") == value
        (job,) = (job for job in uow.jobs.lease("w", desk.now, 1000, 60) if job.instance_id == locked.id)
        assert job.inputs == value
        assert uow.audit.verify() == []


@FEW
@hypothesis.given(moment=AWARE)
def test_a_moment_comes_back_as_the_same_moment_in_utc(moment: datetime.datetime) -> None:
    text = types.dump_instant(moment)
    loaded = types.Instant.load(text)

    assert loaded == moment.astimezone(datetime.UTC)
    assert loaded is not None
    assert loaded.utcoffset() == datetime.timedelta(0)
    assert len(text) == 27


@FEW
@hypothesis.given(moments=st.lists(AWARE, min_size=2))
def test_moments_sort_as_text_like_they_follow_each_other(moments: list[datetime.datetime]) -> None:
    in_utc = [moment.astimezone(datetime.UTC) for moment in moments]

    assert sorted(map(types.dump_instant, moments)) == [types.dump_instant(moment) for moment in sorted(in_utc)]


def test_never_sorts_after_every_due_time() -> None:
    assert types.dump_instant(types.NEVER) > types.dump_instant(datetime.datetime(9999, 12, 31, tzinfo=datetime.UTC))


def test_a_moment_without_time_zone_is_refused(desk) -> None:
    naive = datetime.datetime(2026, 3, 2, 9, 30)
    with pytest.raises(errors.InvalidInput, match="时区"), desk.database.write() as uow:
        uow.instances.create(desk.definition_id, business_key=None, started_at=naive, started_by="zhang")
    task = desk.task()
    with pytest.raises(errors.InvalidInput, match="时区"), desk.database.write() as uow:
        uow.user_tasks.change(task, due=naive)
    with pytest.raises(errors.InvalidInput, match="时区"), desk.database.read() as uow:
        uow.timers.due(naive, 1)
    with pytest.raises(errors.InvalidInput, match="时区"), desk.database.write() as uow:
        uow.audit.append(None, "zhang", "x", "y", {}, naive)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, datetime.datetime.now(datetime.UTC), b"x"])
def test_what_is_no_json_is_refused(desk, value: Any) -> None:
    task = desk.task()
    with pytest.raises(errors.InvalidInput, match="JSON"), desk.database.write() as uow:
        uow.user_tasks.change(task, draft={"v": value})


def test_a_loop_in_the_data_is_refused(desk) -> None:
    endless: dict[str, Any] = {}
    endless["self"] = endless
    with pytest.raises(errors.InvalidInput, match="JSON"), desk.database.write() as uow:
        uow.messages.add("通知", None, endless, received_at=desk.now, expires_at=desk.now)


def test_chinese_text_is_stored_readable() -> None:
    assert types.dump_json({"意见": "同意"}) == '{"意见":"同意"}'


def test_equal_values_have_equal_canonical_text() -> None:
    assert types.dump_json({"b": 1, "a": [2]}, canonical=True) == types.dump_json({"a": [2], "b": 1}, canonical=True)
    assert json.loads(types.dump_json({"b": "\udfff", "a": 1}, canonical=True)) == {"a": 1, "b": "\udfff"}


def test_half_a_character_in_plain_text_is_refused_with_a_sentence(desk) -> None:
    task = desk.task()
    with pytest.raises(errors.InvalidInput, match="字符"), desk.database.write() as uow:
        uow.comments.add(task.instance_id, task.id, "zhang", "\ud800", desk.now)


def test_a_number_too_large_for_a_column_is_refused_with_a_sentence(database: store.Store) -> None:
    with pytest.raises(errors.GongkaiError, match="数"), database.read() as uow:
        uow.instances.get(2**70)

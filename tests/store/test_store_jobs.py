"""Jobs: given to one worker at a time; what a worker thought dead does later counts for nothing."""

from __future__ import annotations

import dataclasses
import datetime

import pytest

from engine import errors
from engine.model import instances as model
from engine.model import steps
from engine.store import counting
from engine.store import jobs as store_jobs

SECOND = datetime.timedelta(seconds=1)


def opened(token: int = 1, **values) -> steps.JobOpened:
    given = {
        "element_id": "Task_fabu",
        "topic": "publications.publish",
        "inputs": {"n": token},
        "retry_cycle": "R3/PT5M",
    }
    return steps.JobOpened(token, **{**given, **values})


def lease(desk, worker: str = "w1", *, after: float = 0, limit: int = 10, seconds: float = 20) -> list[model.Job]:
    """Lease jobs; return them as they are stored, without what their holder is told of the case."""
    with desk.database.write() as uow:
        leased = uow.jobs.lease(worker, desk.now + after * SECOND, limit, seconds)
    names = [field.name for field in dataclasses.fields(model.Job)]
    return [model.Job(*(getattr(job, name) for name in names)) for job in leased]


def test_the_holder_of_a_job_is_told_the_business_key_of_its_case(desk) -> None:
    instance_id = desk.start(jobs=(opened(),))
    with desk.database.write() as uow:
        (job,) = uow.jobs.lease("w1", desk.now, 10, 20)
        assert job.business_key == uow.instances.get(instance_id).business_key
    with desk.database.write() as uow:
        assert uow.jobs.take_all([job.id], "w2", desk.now, 20) == []
        (again,) = uow.jobs.take_all([job.id, job.id + 1], "w2", desk.now + 30 * SECOND, 20)
    assert (again.id, again.leased_by, again.fence, again.business_key) == (job.id, "w2", 2, job.business_key)


def test_a_job_is_leased_to_one_worker_with_all_it_needs(desk) -> None:
    instance_id = desk.start(jobs=(opened(),))

    (job,) = lease(desk)

    assert job == model.Job(
        job.id,
        instance_id,
        1,
        "Task_fabu",
        "publications.publish",
        model.JobStatus.LEASED,
        attempt=1,
        retries_left=3,
        retry_cycle="R3/PT5M",
        due=desk.now,
        fence=1,
        leased_by="w1",
        lease_until=desk.now + 20 * SECOND,
        inputs={"n": 1},
    )
    assert lease(desk, "w2") == []
    with desk.database.read() as uow:
        assert uow.jobs.get(job.id) == job
        with pytest.raises(errors.NotFound, match="作业"):
            uow.jobs.get(99)


def test_the_oldest_jobs_are_leased_first_and_no_more_than_asked_for(desk) -> None:
    instance_id = desk.start()
    with desk.database.write() as uow:
        for token, due in ((1, 3), (2, 1), (3, 2), (4, 60)):
            uow.jobs.add(instance_id, opened(token), desk.now + due * SECOND)

    assert [job.token for job in lease(desk, after=10, limit=2)] == [2, 3]
    assert [job.token for job in lease(desk, after=10, limit=9)] == [1]


def test_a_lease_that_ran_out_passes_to_another_worker_and_the_late_finish_changes_nothing(desk) -> None:
    desk.start(jobs=(opened(),))
    (dead,) = lease(desk, "dead", seconds=20)
    assert lease(desk, "w2", after=19) == []
    (alive,) = lease(desk, "w2", after=20)
    assert (alive.fence, alive.attempt, alive.leased_by) == (2, 2, "w2")

    for late in (
        lambda uow: uow.jobs.lock(dead.id, dead.fence),
        lambda uow: uow.jobs.finish(dead),
        lambda uow: uow.jobs.fail(dead, "late"),
        lambda uow: uow.jobs.retry(dead, desk.now, "late"),
        lambda uow: uow.jobs.release(dead, desk.now),
    ):
        with pytest.raises(errors.Conflict, match="其他工作进程接手"), desk.database.write() as uow:
            late(uow)
    with desk.database.write() as uow:
        assert not uow.jobs.heartbeat(dead.id, dead.fence, desk.now + 99 * SECOND)
        assert uow.jobs.get(alive.id) == alive


def test_a_heartbeat_prolongs_the_lease(desk) -> None:
    desk.start(jobs=(opened(),))
    (job,) = lease(desk, seconds=20)
    with desk.database.write() as uow:
        assert uow.jobs.heartbeat(job.id, job.fence, desk.now + 40 * SECOND)
        assert uow.jobs.next_due() == desk.now + 40 * SECOND
    assert lease(desk, "w2", after=39) == []
    assert len(lease(desk, "w2", after=40)) == 1


def test_a_step_that_closes_the_job_ends_it(desk) -> None:
    instance_id = desk.start(jobs=(opened(),))
    (job,) = lease(desk)
    with desk.database.write() as uow:
        locked_job, locked = uow.jobs.lock(job.id, job.fence)
        assert locked_job == job
        assert locked.id == instance_id
        uow.record(locked, desk.step(closed=(steps.Closed("job", 1, "completed"),)), desk.now, by="system")
    with desk.database.write() as uow:
        assert uow.jobs.get(job.id).status is model.JobStatus.COMPLETED
        assert uow.jobs.next_due() is None
        with pytest.raises(errors.Conflict):
            uow.jobs.lock(job.id, job.fence)
        with pytest.raises(errors.NotFound):
            uow.jobs.lock(99, 1)
    assert lease(desk, after=10**6) == []


def test_a_cancelled_job_is_never_run(desk) -> None:
    instance_id = desk.start(jobs=(opened(1), opened(2)))
    desk.go_on(instance_id, closed=(steps.Closed("job", 1, "cancelled"),))
    assert [job.token for job in lease(desk)] == [2]


def test_a_failed_attempt_is_retried_when_it_is_due(desk) -> None:
    desk.start(jobs=(opened(),))
    (job,) = lease(desk)
    with desk.database.write() as uow:
        uow.jobs.retry(job, desk.now + 300 * SECOND, "网站无响应")
    assert lease(desk, after=299) == []
    (again,) = lease(desk, after=300)
    assert (again.attempt, again.retries_left, again.last_error, again.fence) == (2, 2, "网站无响应", 2)


def test_a_job_whose_retries_are_used_up_rests_until_it_is_opened_again(desk) -> None:
    instance_id = desk.start(jobs=(opened(),))
    (job,) = lease(desk)
    with desk.database.write() as uow:
        _, locked = uow.jobs.lock(job.id, job.fence)
        uow.jobs.fail(job, "网站无响应")
        incident = steps.IncidentOpened(1, "Task_fabu", model.IncidentKind.JOB, "网站无响应")
        uow.record(locked, desk.step(incidents=(incident,)), desk.now, by="system")
    assert lease(desk, after=10**6) == []
    with desk.database.read() as uow:
        failed = uow.jobs.get(job.id)
        assert (failed.status, failed.retries_left, failed.last_error) == (model.JobStatus.FAILED, 0, "网站无响应")

    desk.go_on(instance_id, by="ops", closed=(steps.Closed("incident", 1, "completed"),), jobs=(opened(),))

    (again,) = lease(desk)
    assert again.id != job.id
    assert again.retries_left == 3
    assert again.idempotency_key == job.idempotency_key


def test_a_job_given_back_at_a_graceful_stop_has_lost_no_attempt(desk) -> None:
    desk.start(jobs=(opened(),))
    (job,) = lease(desk)
    with desk.database.write() as uow:
        uow.jobs.release(job, desk.now)
    (again,) = lease(desk, "w2")
    assert dataclasses.replace(again, leased_by="w1") == dataclasses.replace(job, fence=2)


def test_a_job_may_be_finished_without_a_step(desk) -> None:
    desk.start(jobs=(opened(),))
    (job,) = lease(desk)
    with desk.database.write() as uow:
        uow.jobs.finish(job)
        assert uow.jobs.get(job.id).status is model.JobStatus.COMPLETED


def test_jobs_of_a_suspended_case_rest(desk) -> None:
    instance_id = desk.start(jobs=(opened(),))
    with desk.database.write() as uow:
        locked = uow.instances.lock(instance_id)
        uow.instances.set_status(locked, model.InstanceStatus.SUSPENDED, at=desk.now)
    assert lease(desk) == []
    with desk.database.write() as uow:
        assert uow.jobs.next_due() is None
        locked = uow.instances.lock(instance_id)
        uow.instances.set_status(locked, model.InstanceStatus.ACTIVE, at=desk.now)
    assert len(lease(desk)) == 1


def test_the_next_due_time_is_that_of_the_first_job_to_look_at(desk) -> None:
    with desk.database.read() as uow:
        assert uow.jobs.next_due() is None
    instance_id = desk.start(jobs=(opened(),))
    with desk.database.write() as uow:
        uow.jobs.add(instance_id, opened(2), desk.now - SECOND)
        assert uow.jobs.next_due() == desk.now - SECOND


def test_a_worker_takes_jobs_of_its_topics_only_and_the_oldest_of_them_first(desk) -> None:
    instance_id = desk.start()
    with desk.database.write() as uow:
        for token, topic, due in ((1, "c", 1), (2, "b", 5), (3, "a", 2), (4, "b", 4), (5, "a", 60)):
            uow.jobs.add(instance_id, opened(token, topic=topic), desk.now + due * SECOND)
    now = desk.now + 10 * SECOND

    def lease(limit: int, *topics: str) -> list[int]:
        with desk.database.write() as uow:
            return [job.token for job in uow.jobs.lease("w1", now, limit, 20, topics=topics)]

    with desk.database.read() as uow:
        assert uow.jobs.next_due(topics=["a", "b"]) == desk.now + 2 * SECOND
        assert uow.jobs.next_due(topics=["b"]) == desk.now + 4 * SECOND
        assert uow.jobs.next_due(topics=["d"]) is uow.jobs.next_due(topics=[]) is None
    assert lease(9, "d") == lease(9) == []
    assert lease(1, "a", "b") == [3]
    assert lease(2, "a", "b") == [4, 2]
    assert lease(9, "a", "b") == []
    with desk.database.read() as uow:
        assert uow.jobs.next_due(topics=["b"]) == now + 20 * SECOND, "when the leases run out"
        assert uow.jobs.next_due() == desk.now + SECOND, "what is left to others"


def test_topics_of_suspended_cases_rest_too(desk) -> None:
    instance_id = desk.start(jobs=(opened(topic="a"),))
    with desk.database.write() as uow:
        locked = uow.instances.lock(instance_id)
        uow.instances.set_status(locked, model.InstanceStatus.SUSPENDED, at=desk.now)
        assert uow.jobs.next_due(topics=["a"]) is None
        assert uow.jobs.lease("w1", desk.now, 9, 20, topics=["a"]) == []


def test_however_many_jobs_wait_for_somebody_else_a_worker_finds_its_own_as_quickly(desk) -> None:
    desk.start(jobs=(opened(1, topic="a"), opened(2, topic="m"), opened(3, topic="m"), opened(4, topic="z")))

    def cost(topics: list[str]) -> tuple[int, int, int]:
        with counting.counted(desk.database) as count:
            looked = desk.steps_of(lambda uow: uow.jobs.next_due(topics=topics))
            with desk.database.write() as uow:
                taken = desk.steps_within(uow, lambda: uow.jobs.lease("w1", desk.now, 1, 20, topics=topics))
        return count.statements, looked, taken

    few = cost(["m"])
    desk.start(jobs=tuple(opened(n, topic="b") for n in range(2, 3_002)))
    many = cost(["m"])

    assert many[0] == few[0] == 3
    assert many[1] <= few[1] + 10
    assert many[2] <= few[2] + 10


@pytest.mark.parametrize(
    ("cycle", "attempts"),
    [("R3/PT5M", 3), ("R5/PT1H", 5), ("R0/PT1H", 1), ("PT1M,PT5M", 3), ("PT5M", 3), ("", 3), ("R12/PT10S", 12)],
)
def test_a_retry_cycle_says_how_often_a_job_is_tried(cycle: str, attempts: int) -> None:
    assert store_jobs.attempts_of(cycle) == attempts

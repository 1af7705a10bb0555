"""What waits, told in three statements that look at open rows alone."""

from __future__ import annotations

import datetime

from engine.model import events, steps
from engine.model import instances as model
from engine.store import counting, queries_monitoring


def job(token, topic):
    return steps.JobOpened(token, f"J{token}", topic, {}, "R3/PT5M")


def later(desk, minutes):
    return desk.now + datetime.timedelta(minutes=minutes)


def backlog(desk, now=None):
    with desk.database.read() as uow:
        return queries_monitoring.backlog(uow, now or desk.now)


def test_jobs_are_told_by_topic_and_stage_with_the_oldest(desk) -> None:
    desk.start(jobs=(job(1, "a"), job(2, "b")))
    desk.start(jobs=(job(1, "a"), job(2, "a")))
    now = later(desk, 3)
    with desk.database.write() as uow:
        (one,) = uow.jobs.lease("w", desk.now, 1, 20, topics=["a"])
        (two,) = uow.jobs.lease("w", desk.now, 1, 20, topics=["b"])
        uow.jobs.retry(two, later(desk, 60), "x")
    found = backlog(desk, now).queues
    assert [(queue.topic, queue.stage, queue.depth) for queue in found] == [
        (one.topic, "due", 2),
        (one.topic, "running", 1),
        (two.topic, "later", 1),
    ]
    assert found[0].oldest == desk.now
    assert found[2].oldest == later(desk, 60)


def test_rows_of_suspended_cases_rest_and_do_not_count(desk) -> None:
    timer = steps.TimerOpened(2, "T", desk.now)
    first = desk.start(jobs=(job(1, "a"),), timers=(timer,))
    found = backlog(desk, later(desk, 1))
    assert (len(found.queues), found.late_timers, found.oldest_timer) == (1, 1, desk.now)
    desk.go_on(first, status=model.InstanceStatus.SUSPENDED)
    found = backlog(desk, later(desk, 1))
    assert (found.queues, found.late_timers, found.oldest_timer) == ((), 0, None)


def test_incidents_mails_and_deliveries_that_wait_are_counted(desk) -> None:
    empty = backlog(desk)
    assert (empty.incidents, empty.mails, empty.deliveries, empty.oldest_mail) == (0, 0, 0, None)
    opened = steps.IncidentOpened(1, "J", model.IncidentKind.JOB, "磁盘已满")
    desk.start(incidents=(opened,))
    with desk.database.write() as uow:
        for number in range(2):
            uow.mails.add(
                f"e{number}",
                events.MailKind.DIGEST,
                person="li",
                address="li@example.org",
                subject="s",
                content={},
                message_id=f"<{number}>",
                at=later(desk, number),
            )
    found = backlog(desk, later(desk, 5))
    assert (found.incidents, found.mails, found.oldest_mail) == (1, 2, desk.now)


def test_it_costs_the_same_however_much_has_happened(desk) -> None:
    desk.start(jobs=(job(1, "a"),), timers=(steps.TimerOpened(2, "T", desk.now),))
    with counting.counted(desk.database) as count:
        before = backlog(desk)
    first, sent = desk.steps_of(lambda uow: queries_monitoring.backlog(uow, desk.now)), count.statements
    for _ in range(40):
        case = desk.start(jobs=(job(1, "a"),), timers=(steps.TimerOpened(2, "T", desk.now),))
        closed = (steps.Closed("job", 1, "completed"), steps.Closed("timer", 2, "completed"))
        desk.go_on(case, status=model.InstanceStatus.COMPLETED, closed=closed)
    with counting.counted(desk.database) as count:
        assert backlog(desk) == before
    assert count.statements == sent
    assert desk.steps_of(lambda uow: queries_monitoring.backlog(uow, desk.now)) <= first + 1


def test_a_long_queue_is_told_as_long_and_no_longer(desk) -> None:
    assert queries_monitoring.MOST == 10_000
    desk.start(jobs=tuple(job(token, "a") for token in range(1, queries_monitoring.MOST + 51)))
    (queue,) = backlog(desk).queues
    assert queue.depth == queries_monitoring.MOST

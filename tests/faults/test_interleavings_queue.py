"""Two workers at once that procrastinate tells of work, in every order of their statements: the row decides.

An entry of the queue is an id. Whoever is told of it takes the job by its row; so it does no harm that an entry comes
twice, late, or while its job is being finished.
"""

from __future__ import annotations

import json

import faultoffice
import faultruns
import pytest
import sqlalchemy as sa

from engine import errors
from engine.actions import instances, timers, user_tasks
from engine.actions import jobs as job_actions
from engine.jobs import distributed, runner
from engine.store import queries

pytestmark = pytest.mark.parametrize("kind", ["postgresql"])


@pytest.fixture
def queue():
    return "procrastinate"


def entries(office):
    """Return the ids that the entries of the queue hold, oldest first."""
    sql = "SELECT (args->>'id')::bigint FROM procrastinate_jobs ORDER BY id"
    with faultruns.connected(office.url) as connection:
        return [row[0] for row in connection.execute(sa.text(sql))]


def forget(office):
    """Take the entries of earlier cases out of the queue."""
    with faultruns.connected(office.url) as connection:
        connection.execute(sa.text("DELETE FROM procrastinate_jobs"))
        connection.commit()


def started(office):
    """Start a case with a job; return the case, and the id that its entry holds."""
    forget(office)
    case = office.start("work")
    (carried,) = entries(office)
    return case, carried


def told(engine, job_id):
    """Do what a worker does that is told of a job; return how that went, None when it is not to be had."""
    taken = faultoffice.take(engine, job_id, "told")
    return None if taken is None else runner.run(engine, taken)


def finished_by(office, case):
    """Return the attempt whose result the case has, and check that it has only one."""
    assert (office.tasks(case), office.did(case)) == (["c"], ["complete-job"])
    with office.engine.store.read() as uow:
        return json.loads(uow.instances.state(case).variables)["by"]


def test_an_entry_that_two_workers_fetch_is_run_by_one_of_them(office):
    seen = set()
    for (case, _), played in office.every_order(
        lambda: started(office),
        lambda engine, given: told(engine, given[1]),
        lambda engine, given: told(engine, given[1]),
        every=2,
    ):
        assert played.winners() == [played.first, played.second], played.order
        outcomes = [played.first.answer, played.second.answer]
        assert sorted(outcomes, key=str) == [None, runner.Outcome.COMPLETED], (outcomes, played.order)
        assert finished_by(office, case) == 1
        seen.add(outcomes.index(None))
    assert seen == {0, 1}


def test_a_late_worker_and_the_one_that_the_queue_tells_when_the_lease_is_over_finish_a_job_once(office):
    def prepare():
        case, carried = started(office)
        return case, faultoffice.take(office.engine, carried, "late")

    def look_and_take(engine, given):
        carried = job_actions.carry(engine, ["work"])
        return carried, told(engine, given[1].id)

    seen = set()
    for (case, _), played in office.every_order(
        prepare, lambda engine, given: runner.run(engine, given[1]), look_and_take, every=2
    ):
        assert played.winners() == [played.first, played.second], played.order
        late, (carried, other) = played.first.answer, played.second.answer
        assert [late, other].count(runner.Outcome.COMPLETED) == 1, (late, other, played.order)
        assert {late, other} <= {runner.Outcome.COMPLETED, runner.Outcome.LOST, None}
        assert finished_by(office, case) == (1 if late is runner.Outcome.COMPLETED else 2)
        assert carried <= 1
        seen.add(late)
    assert seen == {runner.Outcome.COMPLETED, runner.Outcome.LOST}


def test_what_is_due_is_one_workers_of_two_that_look_at_once(office):
    def prepare():
        case, carried = started(office)
        assert faultoffice.take(office.engine, carried, "dead") is not None
        forget(office)
        return case, carried, office.start("wait")

    def look(engine, _):
        return timers.fire_share(engine, distributed.PATIENCE) + job_actions.carry(engine, ["work"])

    for (case, carried, waits), played in office.every_order(prepare, look, look):
        assert played.winners() == [played.first, played.second], played.order
        assert played.first.answer + played.second.answer == 2, played.order
        assert entries(office) == [carried]
        assert told(office.first, carried) is runner.Outcome.COMPLETED
        assert finished_by(office, case) == 2
        assert office.did(waits) == ["fire-timer"]


def test_a_timer_that_two_workers_have_fires_once(office):
    seen = set()
    for (case, _), played in office.every_order(
        lambda: ((found := office.start("two")), office.timer(found)),
        lambda engine, given: timers.fire(engine, given[1]),
        lambda engine, given: timers.fire(engine, given[1]),
        every=2,
    ):
        assert played.winners() == [played.first, played.second], played.order
        assert sorted([played.first.answer, played.second.answer]) == [False, True], played.order
        assert (office.tasks(case), office.did(case)) == (["b"], ["fire-timer"])
        seen.add(played.first.answer)
    assert seen == {True, False}


def test_a_completion_and_a_deadline_that_a_worker_has_take_one_way_and_not_both(office):
    seen = set()
    for (task, _), played in office.every_order(
        lambda: (office.task(case := office.start("two")), office.timer(case)),
        lambda engine, given: user_tasks.complete(engine, given[0].id, faultoffice.ZHANG),
        lambda engine, given: timers.fire(engine, given[1]),
        every=2,
    ):
        assert played.second.refusal is None
        fired = played.second.answer
        assert (played.first.refusal is None) is not fired, played.order
        assert office.tasks(task.instance_id) == (["b"] if fired else ["c"])
        if fired:
            assert isinstance(played.first.refusal, errors.Conflict)
        seen.add(fired)
    assert seen == {True, False}


def test_a_job_that_is_told_of_while_its_case_is_suspended_rests_and_is_told_of_again(office):
    seen = set()
    for (case, carried), played in office.every_order(
        lambda: started(office),
        lambda engine, given: told(engine, given[1]),
        lambda engine, given: instances.suspend(engine, given[0], faultoffice.ADMIN),
        every=2,
    ):
        assert played.winners() == [played.first, played.second], played.order
        seen.add(played.first.answer)
        if played.first.answer is not runner.Outcome.COMPLETED:
            assert office.tasks(case) == []
            instances.activate(office.second, case, faultoffice.ADMIN)
            office.second.clock.advance(seconds=office.second.settings.lease_seconds + 1)
            office.first.clock.set(office.second.clock.now())
            assert job_actions.carry(office.second, ["work"]) >= 1
            assert told(office.second, carried) is runner.Outcome.COMPLETED
        assert office.tasks(case) == ["c"]
        with office.engine.store.read() as uow:
            assert len(queries.audit(uow, chain=case, action="complete-job").items) == 1
    assert None in seen
    assert runner.Outcome.COMPLETED in seen

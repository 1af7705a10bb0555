"""The queue of procrastinate: what is carried, in which transaction, and what happens when the queue is wrong."""

from __future__ import annotations

import contextlib
import datetime
import threading
import time

import packbuilder as p
import patience
import postgresql
import pytest
import snippets as s

from engine import bootstrap, errors, jobs, registry, store
from engine.actions import instances
from engine.actions import jobs as actions
from engine.actions import timers as timer_actions
from engine.jobs import distributed, queue_tables
from engine.model import commands, definitions
from engine.model import instances as model
from engine.store import carrying, queries

ADMIN = commands.Actor("admin", admin=True)
IDLE = "@registry.handler('work')\ndef work(job):\n    return {}\n"


@pytest.fixture(params=["procrastinate on postgresql"])
def way(request):
    return request.param


def entries(url):
    """What is in the queue: queue, task and id of the row."""
    with postgresql.connect(url) as connection:
        sql = "SELECT queue_name, task_name, (args->>'id')::int FROM procrastinate_jobs ORDER BY id"
        return connection.execute(sql).fetchall()


def run(url, sql):
    with postgresql.connect(url) as connection:
        connection.execute(sql)


def counting(engine):
    """Have the handler count its runs, by the idempotency key of the job."""
    runs = []

    @registry.handler("work")
    def work(job):
        runs.append(job.idempotency_key)
        return {"by": job.attempt}

    engine.handlers = registry.Registry(registry.of(work))
    return runs


def ended(engine, case):
    with engine.store.read() as uow:
        return uow.instances.get(case).status is model.InstanceStatus.COMPLETED


@pytest.fixture
def one():
    """A diagram with one job and nothing behind it."""
    return p.line(s.service("b", camunda_topic="work"), ids=("b",))


@pytest.fixture
def waits():
    """A diagram that waits for five days, and ends."""
    catch = s.element("intermediateCatchEvent", "wait", s.timer("P5D"), name="期满")
    return p.diagram(s.start(), catch, s.end(), s.path("start", "wait", "end"))


# --- what is carried -------------------------------------------------------------------------------------------------


def test_a_job_is_carried_by_the_transaction_that_makes_it_and_not_without_it(shop, one):
    engine = shop(main=one, handlers=IDLE)
    counting(engine)
    url = engine.settings.database

    class Undone(Exception):
        pass

    with pytest.raises(Undone), engine.store.write() as uow:  # noqa: PT012 - it is the block that is undone
        engine.queue.put(uow, [carrying.Load(4711, "work")])
        raise Undone
    assert entries(url) == []

    sent = []
    with engine.store.observed(sent.append):
        instances.start(engine, "main", ADMIN)
    assert entries(url) == [("work", "gongkai.job", 1)]
    assert sent.count("COMMIT") == 1


def test_a_start_that_cannot_be_carried_leaves_nothing_behind(shop, one):
    engine = shop(main=one, handlers=IDLE)
    counting(engine)
    run(engine.settings.database, "DROP FUNCTION procrastinate_defer_jobs_v1")
    with pytest.raises(errors.StoreError, match="不能写入作业队列"):
        instances.start(engine, "main", ADMIN)
    with engine.store.read() as uow:
        assert queries.instances(uow, limit=5).items == ()


def test_jobs_of_topics_that_run_nowhere_here_are_not_carried_but_wait_to_be_looked_for(shop, one):
    engine = shop(main=one, handlers=IDLE)
    engine.handlers = registry.Registry({})
    instances.start(engine, "main", ADMIN)
    assert entries(engine.settings.database) == []
    with engine.store.read() as uow:
        assert uow.jobs.next_due() <= engine.clock.now()


def test_topics_of_any_length_have_queues_of_their_own():
    long, longer = "公开信息发布登记与归档", "公开信息发布登记与归档以及其他"
    names = [distributed.queue_of(topic) for topic in ("publications.publish", "timers", long, longer, longer + "一")]
    assert len(set(names)) == 5
    assert names[0] == "publications.publish"
    assert all(len(name.encode()) <= 40 for name in names)


# --- what the queue gets wrong ----------------------------------------------------------------------------------------


def test_an_entry_that_is_doubled_is_done_once(shop, one):
    engine = shop(main=one, handlers=IDLE)
    runs = counting(engine)
    case = instances.start(engine, "main", ADMIN).id
    with engine.store.write() as uow:
        engine.queue.put(uow, [carrying.Load(1, "work")] * 3)
    with jobs.Worker(engine, poll=0.02):
        patience.until(lambda: ended(engine, case) and not entries(engine.settings.database))
    assert len(runs) == 1


def test_an_entry_that_is_lost_is_carried_again_after_the_patience_with_the_queue(shop, one):
    engine = shop(main=one, handlers=IDLE)
    runs = counting(engine)
    case = instances.start(engine, "main", ADMIN).id
    run(engine.settings.database, "DELETE FROM procrastinate_jobs")

    assert actions.carry(engine, ["work"]) == 0  # it may still be on its way
    engine.clock.advance(seconds=distributed.PATIENCE.total_seconds())
    assert actions.carry(engine, ["work"]) == 1
    assert actions.carry(engine, ["work"]) == 0
    with jobs.Worker(engine, poll=0.02):
        patience.until(lambda: ended(engine, case))
    assert len(runs) == 1


def test_an_entry_about_nothing_does_no_harm(shop, one):
    engine = shop(main=one, handlers=IDLE)
    runs = counting(engine)
    with engine.store.write() as uow:
        engine.queue.put(uow, [carrying.Load(4711, "work")])
    with jobs.Worker(engine, poll=0.02):
        case = instances.start(engine, "main", ADMIN).id
        patience.until(lambda: ended(engine, case) and not entries(engine.settings.database))
    assert len(runs) == 1


def test_an_entry_is_gone_when_its_job_is_leased_and_there_again_if_it_is_not(shop, one):
    engine = shop(main=one, handlers=IDLE)
    counting(engine)
    url = engine.settings.database
    instances.start(engine, "main", ADMIN)
    run(url, "ALTER TABLE jobs RENAME TO gone")
    with pytest.raises(errors.StoreError):
        actions.receive(engine, "worker", ["work"], 5)
    run(url, "ALTER TABLE gone RENAME TO jobs")
    assert len(entries(url)) == 1
    sent = []
    with engine.store.observed(sent.append):
        (job,), told = actions.receive(engine, "worker", ["work"], 5)
    assert (job.leased_by, told, entries(url)) == ("worker", 1, [])
    assert sent.count("COMMIT") == 1


def test_as_many_jobs_as_there_is_room_for_are_taken_in_one_transaction_oldest_first(shop, one):
    engine = shop(main=one, handlers=IDLE)
    counting(engine)
    for _ in range(5):
        instances.start(engine, "main", ADMIN)
    sent = []
    with engine.store.observed(sent.append):
        taken, told = actions.receive(engine, "worker", ["work"], 3)
    assert ([job.id for job in taken], told, sent.count("COMMIT")) == ([1, 2, 3], 3, 1)
    assert actions.receive(engine, "worker", ["other"], 3) == ([], 0)
    assert [job.id for job in actions.receive(engine, "another", ["work", "other"], 3)[0]] == [4, 5]


def test_entries_and_jobs_that_another_worker_is_taking_are_passed_over(shop, one):
    engine = shop(main=one, handlers=IDLE)
    other = shop()
    counting(engine)
    for _ in range(3):
        instances.start(engine, "main", ADMIN)
    with engine.store.write() as uow:
        assert [load.job_id for load in engine.queue.get(uow, ["work"], 1)] == [1]
        assert uow.jobs.take_all([1, 2], "first", engine.clock.now(), 20)
        taken, told = actions.receive(other, "second", ["work"], 3)
    assert ([job.id for job in taken], told) == ([3], 2)


def test_what_a_dead_worker_had_taken_is_carried_anew_when_its_lease_is_over(shop, one):
    engine = shop(main=one, handlers=IDLE)
    runs = counting(engine)
    case = instances.start(engine, "main", ADMIN).id
    ((job,), _) = actions.receive(engine, "dead", ["work"], 1)
    assert job.leased_by == "dead"
    assert actions.carry(engine, ["work"]) == 0
    engine.clock.advance(seconds=engine.settings.lease_seconds + 1)
    with jobs.Worker(engine, poll=0.02):
        patience.until(lambda: ended(engine, case))
    assert len(runs) == 1  # the dead one never came to it


def test_a_queue_that_is_long_is_not_made_longer_by_what_waits_in_it(shop, one):
    engine = shop(main=one, handlers=IDLE)
    counting(engine)
    for _ in range(6):
        instances.start(engine, "main", ADMIN)
    engine.clock.advance(seconds=distributed.PATIENCE.total_seconds() + 1)
    assert actions.carry(engine, ["work"], limit=6) == 0
    actions.receive(engine, "worker", ["work"], 4)
    assert actions.carry(engine, ["work"], limit=6) == 2  # those that nobody has taken, once more
    assert len(entries(engine.settings.database)) == 4


def test_what_an_earlier_version_has_left_in_the_queue_of_timers_is_thrown_away(shop, one):
    engine = shop(main=one, handlers=IDLE)
    counting(engine)
    url = engine.settings.database
    instances.start(engine, "main", ADMIN)
    run(url, "UPDATE procrastinate_jobs SET queue_name = 'timers', task_name = 'gongkai.timer'")
    assert actions.receive(engine, "worker", ["work"], 2) == ([], 0)
    assert entries(url) == []


# --- being told --------------------------------------------------------------------------------------------------------


def test_a_worker_is_told_of_an_entry_and_does_not_wait_for_its_next_look(shop, one):
    engine = shop(main=one, handlers=IDLE)
    runs = counting(engine)
    with jobs.Worker(engine, poll=patience.SECONDS * 10):
        for count in range(1, 4):
            case = instances.start(shop(), "main", ADMIN).id
            patience.until(lambda case=case: ended(engine, case))
            assert len(runs) == count


def test_a_bell_keeps_what_it_is_told_while_nobody_waits_and_goes_on_without_a_connection(shop, one):
    engine = shop(main=one, handlers=IDLE)
    bell = distributed.Bell(engine.settings.database, ["work"])
    with contextlib.closing(bell):
        bell.wait(patience.SECONDS)  # its connection has just been made: who knows what has come before
        with engine.store.write() as uow:
            engine.queue.put(uow, [carrying.Load(1, "work")])
        begun = time.monotonic()
        bell.wait(patience.SECONDS)
        bell.ring()
        bell.wait(patience.SECONDS)
        run(engine.settings.database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ~ '^LISTEN'")
        bell.wait(patience.SECONDS)  # the connection is gone
        bell.wait(patience.SECONDS)  # another one has just been made
        assert time.monotonic() - begun < patience.SECONDS


def test_the_queue_is_read_on_though_a_look_at_it_failed(shop, one, caplog):
    engine = shop(main=one, handlers=IDLE)
    runs = counting(engine)
    url = engine.settings.database
    run(url, "ALTER TABLE procrastinate_jobs RENAME TO gone")
    with jobs.Worker(engine, poll=0.02) as worker:
        patience.until(lambda: "could not read the queue" in caplog.text)
        assert worker.last_look is None
        run(url, "ALTER TABLE gone RENAME TO procrastinate_jobs")
        case = instances.start(engine, "main", ADMIN).id
        patience.until(lambda: ended(engine, case))
    assert len(runs) == 1


def test_a_worker_without_room_for_another_job_is_not_ill(shop, one):
    engine = shop(main=one, handlers=IDLE)
    go_on, entered = threading.Event(), threading.Event()

    @registry.handler("work")
    def work(job):
        entered.set()
        assert go_on.wait(patience.SECONDS)
        return {}

    engine.handlers = registry.Registry(registry.of(work))
    with jobs.Worker(engine, poll=0.02, concurrency=1) as worker:
        instances.start(engine, "main", ADMIN)
        assert entered.wait(patience.SECONDS)
        engine.clock.advance(hours=1)
        patience.until(lambda: worker.last_look == engine.clock.now())
        go_on.set()


# --- timers ----------------------------------------------------------------------------------------------------------


def test_due_timers_are_shared_and_fire_once_among_two_workers(shop, waits):
    engine = shop(main=waits)
    other = shop()
    cases = [instances.start(engine, "main", ADMIN).id for _ in range(50)]
    engine.clock.advance(days=6)
    other.clock.advance(days=6)
    with jobs.Worker(engine, poll=0.02), jobs.Worker(other, poll=0.02):
        patience.until(lambda: all(ended(engine, case) for case in cases))
    assert entries(engine.settings.database) == []  # timers are no business of the queue
    with engine.store.read() as uow:
        assert len(queries.audit(uow, action="fire-timer", limit=100).items) == 50


def test_timers_of_one_worker_are_nobody_elses_until_it_has_had_its_time(shop, waits):
    engine = shop(main=waits)
    case = instances.start(engine, "main", ADMIN).id
    engine.clock.advance(days=6)
    with engine.store.write() as uow:  # and is killed
        assert len(uow.timers.carry(engine.clock.now(), engine.clock.now() + distributed.PATIENCE, 10)) == 1
    assert timer_actions.fire_share(engine, distributed.PATIENCE) == 0
    engine.clock.advance(seconds=distributed.PATIENCE.total_seconds())
    assert timer_actions.fire_share(engine, distributed.PATIENCE) == 1
    assert ended(engine, case)


def test_a_timer_that_is_moved_while_somebody_has_it_does_not_fire(shop, waits):
    engine = shop(main=waits)
    case = instances.start(engine, "main", ADMIN).id
    engine.clock.advance(days=6)
    with engine.store.write() as uow:
        (held,) = uow.timers.carry(engine.clock.now(), engine.clock.now() + distributed.PATIENCE, 10)
    later = engine.clock.now() + datetime.timedelta(hours=1)
    with engine.store.write() as uow:
        uow.timers.move(case, held.token, held.element_id, later)
    assert timer_actions.fire(engine, held) is False
    engine.clock.advance(hours=2)
    assert timer_actions.fire_share(engine, distributed.PATIENCE) == 1  # moving it took it back
    assert ended(engine, case)


def test_a_timer_that_fails_does_not_keep_the_others_from_firing(shop, waits, caplog):
    engine = shop(main=waits)
    cases = [instances.start(engine, "main", ADMIN).id for _ in range(3)]
    run(engine.settings.database, f"UPDATE instances SET tokens = 'broken' WHERE id = {cases[0]}")
    engine.clock.advance(days=6)
    assert timer_actions.fire_share(engine, distributed.PATIENCE) == 3
    assert [ended(engine, case) for case in cases[1:]] == [True, True]
    assert "failed" in caplog.text


# --- the server goes away ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def own():
    """A server that these tests may stop."""
    with postgresql.Server(*postgresql.STOPPABLE) as started:
        made = store.Store(started.create("tables"))
        bootstrap.upgrade(made)
        made.dispose()
        yield started


@pytest.fixture
def stoppable(own, monkeypatch, tmp_path):
    """Have `shop` work on the server that may be stopped."""
    return own, own.create(template=own.url("tables"))


def test_a_worker_that_lost_its_database_comes_back_by_itself_and_nothing_is_lost(shop, one, stoppable):
    server, url = stoppable
    engine = shop(main=one, handlers=IDLE, settings={"database": url})
    runs = counting(engine)
    with jobs.Worker(engine, poll=0.02, concurrency=2):
        before = [instances.start(engine, "main", ADMIN).id for _ in range(20)]
        server.stop("immediate")
        with pytest.raises(errors.StoreError):
            instances.start(engine, "main", ADMIN)
        server.start()
        after = []

        def started():
            with contextlib.suppress(errors.StoreError):
                after.append(instances.start(engine, "main", ADMIN).id)
            return bool(after)

        patience.until(started)
        # Jobs that were under way at the moment are seen as those of a silent worker when their leases are over.
        for _ in range(3):
            engine.clock.advance(seconds=engine.settings.lease_seconds + 1)
            deadline = time.monotonic() + 5
            while time.monotonic() < deadline and not all(ended(engine, case) for case in [*before, *after]):
                time.sleep(0.01)
        patience.until(lambda: all(ended(engine, case) for case in [*before, *after]))
    assert len(set(runs)) == len([*before, *after])
    with engine.store.read() as uow:
        assert uow.audit.verify() == []
        assert len(queries.audit(uow, action="complete-job", limit=100).items) == len([*before, *after])


# --- its tables ------------------------------------------------------------------------------------------------------


def test_an_engine_without_the_tables_of_its_queue_says_what_to_do(shop, one):
    engine = shop(main=one, handlers=IDLE)
    run(engine.settings.database, "COMMENT ON TABLE procrastinate_jobs IS NULL")
    with pytest.raises(errors.StoreError, match=r"作业队列的表.*现为 空.*gongkai db upgrade"):
        shop()


def test_tables_of_a_newer_library_are_left_alone(postgres):
    with postgres() as url:
        run(url, "COMMENT ON TABLE procrastinate_jobs IS '99.00.00_01'")
        database = store.Store(url)
        with pytest.raises(errors.StoreError, match=r"99\.00\.00_01 不是本程序所知的版本"):
            queue_tables.upgrade(database)
        database.dispose()


def test_tables_of_an_older_library_are_brought_up_to_date_step_by_step(postgres):
    versions = [
        ("01", "CREATE TABLE lib (a int)"),
        ("02", "ALTER TABLE lib ADD b int"),
        ("03", "ALTER TABLE lib ADD c int"),
    ]
    fresh = "CREATE TABLE lib (a int, b int, c int); COMMENT ON COLUMN lib.a IS '100%s of %(it)s'"

    def columns(url):
        with postgresql.connect(url) as connection:
            return len(connection.execute("SELECT * FROM lib").description)

    with postgres() as url:
        database = store.Store(url)
        database.upgrade_foreign("lib", "CREATE TABLE lib (a int)", versions[:1])
        assert columns(url) == 1
        database.upgrade_foreign("lib", fresh, versions)
        assert columns(url) == 3
        database.upgrade_foreign("lib", fresh, versions)
        database.check_foreign("lib", "03")
        run(url, "DROP TABLE lib")
        database.upgrade_foreign("lib", fresh, versions)
        assert columns(url) == 3
        database.dispose()


def test_a_job_that_a_deployment_gave_to_programs_elsewhere_is_not_taken_though_it_was_carried(shop, one):
    engine = shop(main=one, handlers=IDLE)
    runs = counting(engine)
    instances.start(engine, "main", ADMIN)
    with engine.store.write() as uow:
        uow.external_topics.replace("demo", [definitions.ExternalTopic("work", "核对")])
        assert uow.jobs.take_all([1], "worker", engine.clock.now(), 60) == []
        uow.external_topics.replace("demo", [])
        (taken,) = uow.jobs.take_all([1], "worker", engine.clock.now(), 60)
    assert taken.id == 1
    assert runs == []

"""What a process says to those who watch it: whether it works, whether it could, and in numbers what it does."""

from __future__ import annotations

import datetime
import http.client
import json
import threading

import packbuilder as p
import pytest
import snippets as s
from prometheus_client import parser

from engine import errors, jobs, monitoring, store, testing
from engine.actions import instances, user_tasks
from engine.model import commands
from engine.monitoring import collecting, health, merging
from engine.store import counting

ADMIN = commands.Actor("admin", admin=True)
#: What a sample may be labelled with: words of the platform, the topics of handlers, templates of routes.
LABELS = {"topic", "stage", "result", "method", "route", "status", "state", "reason", "le", "version", "python"}
HANDLERS = """
@registry.handler('work')
def work(job):
    if job.inputs.get("fail"):
        raise OSError(job.inputs["fail"])
    return {}
"""


def clerk(task):
    """Somebody who may complete a task."""
    return commands.Actor("zhangsan", frozenset(task.candidate_groups))


class Watched:
    """A worker and a server as a test wants them, on a clock of its own."""

    name = "w"
    last_look = None
    should_exit = False
    running = ()

    def __init__(self):
        self.seconds = self.turned = 1000.0

    def __call__(self):
        return self.seconds


def get(address, path, method="GET"):
    connection = http.client.HTTPConnection(address.host, address.port, timeout=30)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers
    finally:
        connection.close()


def samples(text):
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in parser.text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_worker_is_alive_while_it_fetches_whatever_the_clock_of_the_machine_says(shop, work):
    engine, watched = shop(main=work, handlers=HANDLERS), Watched()
    look = datetime.datetime(2026, 3, 2, tzinfo=datetime.UTC)
    watch = health.Health(engine, worker=watched, clock=watched)
    watched.seconds += 59
    assert watch.live().well  # it may still begin
    watched.last_look = look
    watch.look()
    watched.seconds += 59
    assert watch.live().well
    watched.last_look = look - datetime.timedelta(days=365)  # the clock was set back
    watched.seconds += 59
    assert watch.live().well
    watched.seconds += 61
    found = watch.live()
    assert not found.well
    assert found.found["worker"] == {"ok": False, "silent_seconds": 61.0, "name": "w", "fetched": True}


def test_a_server_is_alive_while_its_loop_goes_round_and_not_ready_when_it_ends(shop, work):
    engine, watched = shop(main=work, handlers=HANDLERS), Watched()
    watch = health.Health(engine, server=watched, clock=watched)
    assert watch.live().well
    assert watch.ready().well
    watched.seconds += 61
    assert not watch.live().well
    watched.should_exit = True
    assert watch.ready().found["web"] == {"ok": False, "reason": "stopping"}


def test_ready_is_who_reaches_a_database_of_this_version_with_packs(shop, work, tmp_path):
    p.write(tmp_path / "packs", {"main": work}, handlers=HANDLERS)
    empty, watched = shop(), Watched()
    watch = health.Health(empty, clock=watched)
    assert watch.ready().found["packs"] == {"ok": False, "deployed": 0}
    shop(main=work, handlers=HANDLERS)
    assert not watch.ready().well  # asked again within a second
    watched.seconds += 1
    assert watch.ready().well
    with empty.store.write() as uow:
        uow.link.driver("UPDATE alembic_version SET version_num = '0001'")
    watched.seconds += 1
    found = watch.ready()
    assert (found.found["database"]["ok"], found.found["schema"]["ok"]) == (True, False)


def test_the_listener_answers_a_few_pages_and_nothing_else(shop, work):
    engine = shop(main=work, handlers=HANDLERS)
    pages, look = monitoring.of_process(engine)
    with monitoring.Listener(monitoring.Address(), pages, look) as listener:
        at = listener.address
        assert at.host == "127.0.0.1"
        status, body, headers = get(at, "/healthz")
        assert (status, json.loads(body)["status"], headers["cache-control"]) == (200, "ok", "no-store")
        assert get(at, "/readyz?verbose")[0] == 200
        assert get(at, "/healthz", "HEAD")[1] == ""
        assert get(at, "/tasks")[0] == 404
        assert get(at, "/healthz", "POST")[0] == 501
        assert "Python" not in headers["server"]
        with pytest.raises(errors.InvalidInput) as refusal:
            monitoring.Listener(at, pages)
        assert f"不能在 {at} 提供监测信息" in refusal.value.message
    assert threading.active_count() < 10


@pytest.mark.parametrize(
    ("text", "told"),
    [("9464", "127.0.0.1:9464"), ("0.0.0.0:1", "0.0.0.0:1"), ("[::1]:80", "[::1]:80"), ("unix:/a/b", "unix:/a/b")],
)
def test_addresses_are_read_and_a_port_alone_is_of_this_machine(text, told):
    assert str(monitoring.Address.parse(text)) == told


@pytest.mark.parametrize("text", ["", ":9464", "host", "a:b", "1:70000", "unix:", "http://a:1"])
def test_what_is_no_address_is_refused(text):
    with pytest.raises(errors.InvalidInput, match="监测地址应写作"):
        monitoring.Address.parse(text)


def told(engine, worker=None):
    pages, _ = monitoring.of_process(engine, worker=worker)
    return pages["/metrics"]().body.decode()


def failing():
    given = s.extensions(
        '<camunda:inputOutput><camunda:inputParameter name="fail">${fail}</camunda:inputParameter></camunda:inputOutput>'
    )
    return p.line(s.service("b", given, camunda_topic="work"), s.user("c", name="核对"), ids=("b", "c"))


def test_jobs_timers_completions_and_queues_are_told_in_numbers_and_nothing_of_people(shop):
    clock = testing.FixedClock()
    wait = s.element("intermediateCatchEvent", "wait", s.timer("P1D"), name="期满")
    timed = p.diagram(s.start(), wait, s.end(), s.path("start", "wait", "end"), id="timed")
    engine = shop(clock, main=failing(), timed=timed, handlers=HANDLERS)
    already = told(engine)  # what other tests of this process have done: pages are told of by their address
    before = samples(already)
    instances.start(engine, "main", ADMIN, variables={"fail": "李某某 13800000000"}, business_key="李某某")
    good = instances.start(engine, "main", ADMIN, variables={"fail": ""})
    rests = instances.start(engine, "main", ADMIN, variables={"fail": ""})
    instances.suspend(engine, rests.id, ADMIN)
    instances.start(engine, "timed", ADMIN)
    clock.advance(minutes=1)
    waiting = samples(told(engine))
    assert waiting["gongkai_jobs_waiting", (("stage", "due"), ("topic", "work"))] == 2
    assert waiting["gongkai_job_oldest_due_age_seconds", (("topic", "work"),)] == 60
    assert (waiting["gongkai_timers_late", ()], waiting["gongkai_database_up", ()]) == (0, 1)
    clock.advance(days=2)
    assert samples(told(engine))["gongkai_timer_lag_seconds", ()] == 86400 + 60
    jobs.run_until_idle(engine)
    with engine.store.read() as uow:
        (task,) = uow.user_tasks.of_instance(good.id)
    user_tasks.complete(engine, task.id, clerk(task))
    with pytest.raises(errors.Conflict):
        user_tasks.complete(engine, task.id, clerk(task))
    text = told(engine)
    after = samples(text)

    def grew(name, **labels):
        key = (name, tuple(sorted(labels.items())))
        return after[key] - before.get(key, 0)

    assert grew("gongkai_jobs_total", topic="work", result="completed") == 1
    assert grew("gongkai_jobs_total", topic="work", result="retry") == 1
    assert grew("gongkai_job_duration_seconds_count", topic="work") == 2
    assert grew("gongkai_timer_lateness_seconds_count") == 1
    assert grew("gongkai_timer_lateness_seconds_sum") == 86400 + 60
    assert grew("gongkai_user_task_completion_seconds_count", result="completed") == 1
    assert grew("gongkai_user_task_completion_seconds_count", result="refused") == 1
    assert after["gongkai_jobs_waiting", (("stage", "later"), ("topic", "work"))] == 1
    assert {label for _, labels in after for label, _ in labels} <= LABELS
    fresh = "\n".join(set(text.splitlines()) - set(already.splitlines()))
    assert not [word for word in ("李", "1380", "admin", "核对") if word in fresh]


def test_a_job_that_is_given_up_is_an_incident_that_is_told(shop):
    clock = testing.FixedClock()
    engine = shop(clock, main=failing(), handlers=HANDLERS)
    instances.start(engine, "main", ADMIN, variables={"fail": "x"})
    for _ in range(3):
        jobs.run_until_idle(engine)
        clock.advance(days=1)
    assert samples(told(engine))["gongkai_incidents_open", ()] == 1


def test_the_database_is_asked_seldom_with_few_statements_however_much_has_happened(shop, work):
    engine, watched = shop(main=work, handlers=HANDLERS), Watched()
    database = collecting.OfDatabase(engine, watched)

    def asked():
        with counting.counted(engine.store) as count:
            list(database.collect())
        return count.statements, sorted(sql for sql in count.sql if sql.startswith("SELECT"))

    first = asked()
    assert len(first[1]) == 3
    watched.seconds += collecting.HELD - 0.1
    assert asked() == (0, [])
    for _ in range(30):
        case = instances.start(engine, "main", ADMIN)
        jobs.run_until_idle(engine)
        with engine.store.read() as uow:
            (task,) = uow.user_tasks.of_instance(case.id)
        user_tasks.complete(engine, task.id, clerk(task))
    watched.seconds += 0.2
    assert asked() == first


def test_a_database_that_is_away_is_told_and_not_asked_again_at_once(shop, work):
    engine, watched = shop(main=work, handlers=HANDLERS), Watched()
    database = collecting.OfDatabase(engine, watched)
    with engine.store.write() as uow:
        uow.link.driver("DROP TABLE incidents")
    (up,) = database.collect()
    assert (up.name, up.samples[0].value) == ("gongkai_database_up", 0)


def test_a_worker_tells_when_it_fetched_and_what_it_runs(shop, work):
    engine = shop(main=work, handlers=HANDLERS)
    worker = Watched()
    assert samples(told(engine, worker))["gongkai_worker_last_fetch_timestamp_seconds", ()] == 0
    worker.last_look = engine.clock.now()
    found = samples(told(engine, worker))
    assert found["gongkai_worker_last_fetch_timestamp_seconds", ()] == engine.clock.now().timestamp()
    assert found["gongkai_worker_running_jobs", ()] == 0
    assert found["gongkai_database_pool_limit", ()] > 1


def test_a_transaction_that_finds_no_connection_tells_how_long_it_waited(shop, work):
    engine = shop(main=work, handlers=HANDLERS)
    key = ("gongkai_database_pool_wait_seconds_count", ())
    before = samples(told(engine))[key]
    database = store.Store(engine.settings.database, wait=0.05)
    taken = []
    while database.connections.in_use < database.connections.most:
        taken.append(database._engine.connect())
    with pytest.raises(errors.Conflict):
        database.check()
    for connection in taken:
        connection.close()
    database.check()
    assert database.connections.in_use == 0
    database.dispose()
    assert samples(told(engine))[key] - before == 1


def test_metrics_of_processes_are_put_together_and_can_be_told_apart():
    one = '# TYPE a_total counter\n# HELP a_total As.\na_total{t="x"} 2.0\n# TYPE h histogram\nh_bucket{le="+Inf"} 1\nh_count 1\nh_sum 3\n'
    found = samples(merging.Merged({"1": one, "2": one.replace("2.0", "5.0")}).text().decode())
    assert found["a_total", (("process", "1"), ("t", "x"))] == 2
    assert found["a_total", (("process", "2"), ("t", "x"))] == 5
    assert found["h_bucket", (("le", "+Inf"), ("process", "2"))] == 1

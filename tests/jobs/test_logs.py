"""What services write while they run: one line an event, with ids, without what anybody typed."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys

import pytest

from engine import errors, jobs, logs, tracing
from engine.actions import instances, user_tasks
from engine.model import commands

ADMIN = commands.Actor("admin", admin=True)
SECRET = "李某某 430000199001010000"
HANDLERS = f"""
import logging
@registry.handler('work')
def work(job):
    logging.getLogger("pack.work").warning("asked")
    raise ValueError("{SECRET}")
"""


def clerk(task):
    """Somebody who may complete a task."""
    return commands.Actor("zhangsan", frozenset(task.candidate_groups))


@pytest.fixture
def written():
    """What is logged, in the form and of the level that a test wants."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = list(root.handlers), root.level

    def begin(form="json", level="info"):
        logs.configure(form, level, stream)
        return stream

    yield begin
    for handler in [each for each in root.handlers if each not in handlers]:
        root.removeHandler(handler)
    root.setLevel(level)


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_whatever_is_logged_during_a_job_carries_its_ids_and_no_text_of_an_exception(shop, work, written):
    engine = shop(main=work, handlers=HANDLERS)
    stream = written()
    case = instances.start(engine, "main", ADMIN)
    jobs.run_until_idle(engine)
    asked, failed, ended = (line for line in lines(stream) if line["logger"] in ("pack.work", "engine.jobs.runner"))
    for line in (asked, failed, ended):
        ids = {name: line[name] for name in ("instance", "job", "topic", "worker")}
        assert ids == {"instance": case.id, "job": 1, "topic": "work", "worker": "inline"}
    assert asked["event"] == "asked"
    assert failed["error"]["type"] == "ValueError"
    assert failed["error"]["at"][-1].startswith("demo.py:") or "handlers" in failed["error"]["at"][-1]
    assert (ended["event"], ended["result"], ended["element"]) == ("job ended", "retry", "b")
    assert "李" not in stream.getvalue()
    assert "430000" not in stream.getvalue()


def test_a_line_is_a_line_whatever_is_in_it(written):
    stream = written("text")
    with logs.about(job=7):
        try:
            raise errors.StoreError("两\n行") from OSError(2, "no such file", SECRET)
        except errors.StoreError:
            logging.getLogger("a").exception("first\nsecond")
    (line,) = stream.getvalue().splitlines()
    assert "first\\nsecond job=7" in line
    assert "error=StoreError < FileNotFoundError at=test_logs.py:" in line or "at=tests/jobs/test_logs.py:" in line
    assert "李" not in line


def test_what_is_less_important_than_wanted_is_not_written(written):
    stream = written("json", "warning")
    logs.event(logging.getLogger("a"), logging.INFO, "unimportant")
    logs.event(logging.getLogger("a"), logging.ERROR, "important", count=3, nothing=None)
    (line,) = lines(stream)
    assert (line["event"], line["level"], line["count"]) == ("important", "error", 3)
    assert "nothing" not in line


def test_what_fails_again_and_again_is_told_seldom_and_how_often(written):
    stream = written()
    log, seldom = logging.getLogger("a"), logging.getLogger().handlers[-1].filters[0]

    def fail(at, job=None, error=OSError):
        record = log.makeRecord("a", logging.ERROR, __file__, 1, "away", (), (error, error("x"), None))
        record.created = at
        with logs.about(job=job):
            if seldom.filter(record):
                logging.getLogger().handlers[-1].emit(record)

    for at in (1.0, 1.5, 9.0, 10.9, 11.1):
        fail(at)
    fail(11.2, job=1)
    fail(11.3, error=ValueError)
    fail(11.4)
    fail(3.0)  # the clock was set back
    assert [line.get("repeated") for line in lines(stream)] == [None, 3, None, None, 1]


def test_ids_end_with_their_block():
    with logs.about(instance=1), logs.about(job=2, topic=None):
        assert logs.current() == {"instance": 1, "job": 2}
    assert logs.current() == {}


# --- spans -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def spans():
    """The spans that were made."""
    from opentelemetry.sdk import trace
    from opentelemetry.sdk.trace import export
    from opentelemetry.sdk.trace.export import in_memory_span_exporter

    kept = in_memory_span_exporter.InMemorySpanExporter()
    provider = trace.TracerProvider()
    provider.add_span_processor(export.SimpleSpanProcessor(kept))
    stop = tracing.start("0", provider)
    yield lambda: {span.name: span for span in kept.get_finished_spans()}
    stop()


def test_actions_and_jobs_are_spans_that_the_id_of_their_instance_joins(shop, work, spans):
    engine = shop(main=work, handlers=HANDLERS.replace("raise ValueError", "return {}  #"))
    case = instances.start(engine, "main", ADMIN, business_key=SECRET)
    jobs.run_until_idle(engine)
    with engine.store.read() as uow:
        (task,) = uow.user_tasks.of_instance(case.id)
    user_tasks.complete(engine, task.id, clerk(task))
    found = spans()
    job, completed = found["job work"], found["complete-job"]
    assert completed.parent.span_id == job.context.span_id
    for name in ("start-instance", "job work", "complete-job", "complete-user-task"):
        assert found[name].attributes["gongkai.instance"] == case.id
    assert job.attributes["gongkai.result"] == "completed"
    assert SECRET not in repr([dict(span.attributes) for span in found.values()])


def test_nothing_of_it_is_loaded_or_done_when_it_is_off():
    code = (
        "import sys; from engine import bootstrap, jobs, web, monitoring, tracing\n"
        "assert tracing.span('a') is tracing.span('b', None, job=1)\n"
        "tracing.annotate('a', job=1)\n"
        "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_who_wants_spans_without_what_makes_them_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http", None)
    with pytest.raises(errors.InvalidInput, match=r"gongkai\[otel\]"):
        tracing.start("0")

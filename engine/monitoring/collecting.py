"""Metrics that are read when somebody asks: of this process, and of the database that all processes share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from prometheus_client import core, registry

from engine import errors
from engine.actions import context
from engine.model import instances
from engine.monitoring import health
from engine.store import queries_monitoring

#: What the database says holds for so many seconds, however often somebody asks …
HELD = 5.0
#: … and for so many times as long as it took to find out: asking takes a twentieth of the time at most.
_TIMES = 20


class Runner(health.Fetcher, Protocol):
    """A worker that tells what it runs."""

    @property
    def running(self) -> Sequence[instances.Job]:
        """Return the jobs whose handlers run now."""
        ...


class OfProcess(registry.Collector):
    """Connections to the database, and what the worker does."""

    def __init__(self, engine: context.Engine, worker: Runner | None = None) -> None:
        self._engine = engine
        self._worker = worker

    def collect(self) -> Iterable[core.Metric]:
        """Yield the metrics as they are now."""
        pool = self._engine.store.connections
        open_ = core.GaugeMetricFamily(
            "gongkai_database_pool_connections", "Connections to the database, by state.", labels=["state"]
        )
        open_.add_metric(["in_use"], pool.in_use)
        open_.add_metric(["idle"], pool.idle)
        yield open_
        yield core.GaugeMetricFamily(
            "gongkai_database_pool_limit", "Connections that there may be at most.", value=pool.most
        )
        if self._worker is None:
            return
        last = self._worker.last_look
        yield core.GaugeMetricFamily(
            "gongkai_worker_last_fetch_timestamp_seconds",
            "When the worker last looked for work; 0: not yet.",
            value=0.0 if last is None else last.timestamp(),
        )
        yield core.GaugeMetricFamily(
            "gongkai_worker_running_jobs", "Jobs whose handlers run now.", value=len(self._worker.running)
        )


class OfDatabase(registry.Collector):
    """Queues, and what is late: the same whichever process is asked.

    Args:
        engine: The engine.
        clock: Seconds, monotonic.
    """

    def __init__(self, engine: context.Engine, clock: Callable[[], float] = time.monotonic) -> None:
        self._engine = engine
        self._clock = clock
        self._lock = threading.Lock()
        self._held: list[core.Metric] = []
        self._until = 0.0

    def collect(self) -> Iterable[core.Metric]:
        """Yield the metrics, as they were a few seconds ago at most."""
        with self._lock:
            begun = self._clock()
            if not self._held or begun >= self._until:
                self._held = list(self._read())
                ended = self._clock()
                self._until = ended + max(HELD, _TIMES * (ended - begun))
            return list(self._held)

    def describe(self) -> Iterable[core.Metric]:
        """Describe nothing: to register is not to read."""
        return []

    def _read(self) -> Iterable[core.Metric]:
        up = core.GaugeMetricFamily("gongkai_database_up", "Whether the database answers.")
        now = self._engine.clock.now()
        try:
            with self._engine.store.read() as uow:
                found = queries_monitoring.backlog(uow, now)
        except errors.GongkaiError:
            up.add_metric([], 0)
            return [up]
        up.add_metric([], 1)
        jobs = core.GaugeMetricFamily(
            "gongkai_jobs_waiting",
            f"Jobs by topic: due, later (another attempt) or running; {queries_monitoring.MOST} at most are counted.",
            labels=["topic", "stage"],
        )
        ages = core.GaugeMetricFamily(
            "gongkai_job_oldest_due_age_seconds", "How long the oldest due job has waited, by topic.", labels=["topic"]
        )
        for queue in found.queues:
            jobs.add_metric([queue.topic, queue.stage], queue.depth)
            if queue.stage == "due":
                ages.add_metric([queue.topic], max((now - queue.oldest).total_seconds(), 0.0))
        gauge = core.GaugeMetricFamily
        lag = 0.0 if found.oldest_timer is None else (now - found.oldest_timer).total_seconds()
        mail = 0.0 if found.oldest_mail is None else (now - found.oldest_mail).total_seconds()
        return [
            up,
            jobs,
            ages,
            gauge("gongkai_incidents_open", "Incidents that nobody has resolved.", value=found.incidents),
            gauge("gongkai_timers_late", "Timers that are due and have not fired.", value=found.late_timers),
            gauge("gongkai_timer_lag_seconds", "How long the oldest due timer has waited.", value=max(lag, 0.0)),
            gauge("gongkai_mails_unsent", "Mails that wait for the server.", value=found.mails),
            gauge("gongkai_mail_oldest_age_seconds", "How long the oldest of them has waited.", value=max(mail, 0.0)),
            gauge("gongkai_webhook_deliveries_unsent", "Deliveries of webhooks that wait.", value=found.deliveries),
            gauge("gongkai_batch_items_waiting", "Items of batches that are not paused.", value=found.batched),
        ]

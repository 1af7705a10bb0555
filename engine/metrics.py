"""Counters of what this process does, for Prometheus: pure numbers, importable from everywhere above.

Labels are few and known beforehand: topics, templates of routes, results. Never an id, an address, a name of a person
or what somebody typed: whoever watches the machines is to learn nothing of the cases.
What the database knows (queues, incidents, timers) is read when it is asked for, by `engine.monitoring`.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import prometheus_client
from prometheus_client import registry

from engine import errors

# When a counter began is of no use here, and would double the length of the answer.
prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]

P = ParamSpec("P")
R = TypeVar("R")

#: Every metric of a process; those of the machine and of Python are not ours to tell.
REGISTRY = registry.CollectorRegistry(auto_describe=True)

_FAST = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SLOW = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)

JOBS = prometheus_client.Counter(
    "gongkai_jobs", "Runs of jobs that ended, by topic and result.", ("topic", "result"), registry=REGISTRY
)
JOB_SECONDS = prometheus_client.Histogram(
    "gongkai_job_duration_seconds",
    "How long runs of jobs took, handler and transaction together.",
    ("topic",),
    buckets=_SLOW,
    registry=REGISTRY,
)
TIMER_LATENESS = prometheus_client.Histogram(
    "gongkai_timer_lateness_seconds",
    "How long after their due time timers fired.",
    buckets=_SLOW,
    registry=REGISTRY,
)
COMPLETION_SECONDS = prometheus_client.Histogram(
    "gongkai_user_task_completion_seconds",
    "How long completing a user task took, by result.",
    ("result",),
    buckets=_FAST,
    registry=REGISTRY,
)
HTTP_SECONDS = prometheus_client.Histogram(
    "gongkai_http_request_duration_seconds",
    "How long requests took, by method, template of the route and class of the status.",
    ("method", "route", "status"),
    buckets=_FAST,
    registry=REGISTRY,
)
POOL_WAIT_SECONDS = prometheus_client.Histogram(
    "gongkai_database_pool_wait_seconds",
    "How long transactions waited for a connection when all were in use.",
    buckets=_FAST,
    registry=REGISTRY,
)
_BUILD = prometheus_client.Gauge(
    "gongkai_build_info", "The version that runs; always 1.", ("version", "python"), registry=REGISTRY
)


def built(version: str, python: str) -> None:
    """Say which version runs, on which Python."""
    _BUILD.clear()
    _BUILD.labels(version, python).set(1)


def completing(act: Callable[P, R]) -> Callable[P, R]:
    """Have the completion of a user task measured, with whatever it takes to be done again."""

    @functools.wraps(act)
    def measured(*given: P.args, **named: P.kwargs) -> R:
        begun, result = time.perf_counter(), "failed"
        try:
            answer = act(*given, **named)
            result = "completed"
            return answer
        except errors.StoreError:
            raise
        except errors.GongkaiError:
            result = "refused"
            raise
        finally:
            COMPLETION_SECONDS.labels(result).observe(time.perf_counter() - begun)

    return measured

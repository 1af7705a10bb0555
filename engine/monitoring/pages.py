"""What the listener of one process answers."""

from __future__ import annotations

import json
from collections.abc import Callable

import prometheus_client
from prometheus_client import exposition, registry

from engine import metrics
from engine.actions import context
from engine.monitoring import collecting, health
from engine.monitoring.listener import Page, Pages

#: Prometheus text, version 0.0.4.
METRICS = prometheus_client.CONTENT_TYPE_PLAIN_0_0_4


def of_process(
    engine: context.Engine, *, worker: collecting.Runner | None = None, server: health.Server | None = None
) -> tuple[Pages, Callable[[], None]]:
    """Return the pages of a process, and what a listener is to call meanwhile.

    `/metrics` is everything; `/metrics/process` and `/metrics/database` are its halves, for a supervisor that puts
    several processes together.
    """
    watched = health.Health(engine, worker=worker, server=server)
    process, database = collecting.OfProcess(engine, worker), collecting.OfDatabase(engine)
    pages = {
        "/healthz": lambda: finding(watched.live()),
        "/readyz": lambda: finding(watched.ready()),
        "/metrics": lambda: text(metrics.REGISTRY, process, database),
        "/metrics/process": lambda: text(metrics.REGISTRY, process),
        "/metrics/database": lambda: text(database),
    }
    return pages, watched.look


def finding(found: health.Finding) -> Page:
    """Return what was found: 200 when all is well, else 503."""
    body = {"status": "ok" if found.well else "ill", "checks": found.found}
    return Page(200 if found.well else 503, "application/json", json.dumps(body, ensure_ascii=False).encode())


def text(*collectors: registry.Collector) -> Page:
    """Return metrics as Prometheus reads them."""
    parts = [exposition.generate_latest(each) for each in collectors]
    return Page(200, METRICS, b"".join(parts))

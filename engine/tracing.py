"""Spans for OpenTelemetry: requests, actions, jobs. Off unless `start` is called; then nothing is imported.

A job is run by another process, later: its span belongs to no request. Both carry the id of the instance
(`gongkai.instance`), by which they are found together; no column carries a trace.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

from engine import errors

_NOTHING = contextlib.nullcontext()

#: Whether spans are made; look at it before anything that costs time.
on = False
_tracer: Any = None


def start(version: str, provider: Any = None) -> Callable[[], None]:
    """Begin to make spans; return what sends the last of them and ends it.

    Args:
        version: Of the platform.
        provider: Where spans go; by default a collector of the OTLP protocol, as the environment variables `OTEL_…`
            of OpenTelemetry say.

    Raises:
        errors.InvalidInput: The packages of the extra `otel` are not installed.
    """
    global on, _tracer
    provider = _provider(version) if provider is None else provider
    _tracer, on = provider.get_tracer("gongkai", version), True

    def stop() -> None:
        global on, _tracer
        _tracer, on = None, False
        provider.shutdown()

    return stop


def span(name: str, headers: Mapping[str, str] | None = None, **ids: Any) -> Any:
    """Return a context manager: a span around its block, nothing where there are none.

    Args:
        name: What is done.
        headers: Of a request: the span becomes part of the trace that they name.
        ids: What it is about; each becomes `gongkai.` + its name.
    """
    if not on:
        return _NOTHING
    from opentelemetry import propagate

    context = None if headers is None else propagate.extract(dict(headers))
    return _tracer.start_as_current_span(
        name,
        context=context,
        attributes=_attributes(ids),
        record_exception=False,  # its text may quote what somebody typed
        set_status_on_exception=False,
    )


def annotate(name: str | None = None, **ids: str | int | None) -> None:
    """Say more of the span that is open, where there is one: its name, what it is about."""
    if not on:
        return
    from opentelemetry import trace

    current = trace.get_current_span()
    if name is not None:
        current.update_name(name)
    current.set_attributes(_attributes(ids))


def _attributes(ids: Mapping[str, str | int | None]) -> dict[str, str | int]:
    return {f"gongkai.{name}": value for name, value in ids.items() if value is not None}


def _provider(version: str) -> Any:
    try:
        from opentelemetry.exporter.otlp.proto.http import trace_exporter
        from opentelemetry.sdk import resources, trace
        from opentelemetry.sdk.trace import export
    except ImportError as error:
        raise errors.InvalidInput(
            f"设置了 GONGKAI_OTEL，但没有安装 OpenTelemetry（缺少 {error.name}），请运行 pip install 'gongkai[otel]'。"
        ) from None
    found = trace.TracerProvider(
        resource=resources.Resource.create({"service.name": "gongkai", "service.version": version})
    )
    found.add_span_processor(export.BatchSpanProcessor(trace_exporter.OTLPSpanExporter()))
    return found

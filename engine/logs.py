"""What a service writes while it runs: one line an event, with the ids of what it is about.

The ids are of the platform: instance, job, request … Names, forms and variables stay in the database, where it is
checked who may read them. So the text of an exception is not written either: it may quote what somebody typed; its
kind and its place are, and operators read the rest in the incident.
"""

from __future__ import annotations

import contextlib
import contextvars
import datetime
import json
import logging
import pathlib
import sys
import traceback
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from engine import errors

#: What an event may be about.
IDS = ("request", "worker", "process", "topic", "job", "instance", "element", "timer", "webhook")
#: Places of an exception that are told, innermost last.
_FRAMES = 8
#: Seconds between two lines of the same failure, and how many failures are remembered.
_SELDOM = 10.0
_REMEMBERED = 1000
_ROOT = pathlib.Path(__file__).resolve().parent.parent

_about: contextvars.ContextVar[Mapping[str, str | int]] = contextvars.ContextVar("gongkai_about")


@contextlib.contextmanager
def about(**ids: str | int | None) -> Iterator[None]:
    """Have everything that is logged within the block carry these ids, that of libraries and handlers too."""
    mark = _about.set({**current(), **{name: value for name, value in ids.items() if value is not None}})
    try:
        yield
    finally:
        _about.reset(mark)


def current() -> Mapping[str, str | int]:
    """Return the ids of what this thread or request is about."""
    return _about.get({})


def event(log: logging.Logger, level: int, what: str, **fields: str | int | float | None) -> None:
    """Log that something happened; `fields` are numbers and words of the platform, never of people."""
    if log.isEnabledFor(level):
        log.log(level, what, extra={"gongkai": {name: value for name, value in fields.items() if value is not None}})


def configure(form: str, level: str, stream: TextIO | None = None) -> None:
    """Write what is logged in this process as lines of a form.

    Args:
        form: `json` or `text`.
        level: `debug`, `info`, `warning` or `error`: what is less important is not written.
        stream: Where to; by default standard error.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Json() if form == "json" else Text())
    handler.addFilter(Seldom())
    root = logging.getLogger()
    for before in [each for each in root.handlers if isinstance(each.formatter, Json | Text)]:
        root.removeHandler(before)
    root.addHandler(handler)
    root.setLevel(level.upper())
    # Their lines are about themselves, or tell addresses; what we have to say of requests is said once, without those.
    for name in ("alembic", "procrastinate", "psycopg", "httpx2", "httpcore2", "fontTools", "weasyprint"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


class Seldom(logging.Filter):
    """Lets the same failure pass once in a while: what is tried twice a second, as long as a database is away, tells
    so every ten seconds, with how often it was left out (`repeated`).
    """

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[object, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a failure is to be written."""
        if not record.exc_info:
            return True
        key = (record.name, record.getMessage(), record.exc_info[0], *current().items())
        at, left_out = self._seen.get(key, (-_SELDOM, 0))
        if 0 <= record.created - at < _SELDOM:
            self._seen[key] = (at, left_out + 1)
            return False
        if len(self._seen) >= _REMEMBERED:
            self._seen.clear()
        self._seen[key] = (record.created, 0)
        if left_out:
            record.gongkai = {**getattr(record, "gongkai", {}), "repeated": left_out}
        return True


class Json(logging.Formatter):
    """A line of JSON: at, level, logger, event, then ids and fields, then the error."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of an event."""
        return json.dumps(_told(record), ensure_ascii=False, default=str)


class Text(logging.Formatter):
    """The same for people: time, level, event, then `name=value`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of an event."""
        told = _told(record)
        at, level, logger, what = (str(told.pop(name)) for name in ("at", "level", "logger", "event"))
        error = told.pop("error", None)
        more = [f"{name}={value}" for name, value in told.items()]
        if error is not None:
            more.append(f"error={error['type']} at={' < '.join(reversed(error['at']))}")
        line = f"{at} {level} {logger}: {what} {' '.join(more)}".rstrip()
        return line.replace("\r", "\\r").replace("\n", "\\n")


def _told(record: logging.LogRecord) -> dict[str, Any]:
    at = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
    told: dict[str, Any] = {
        "at": at.isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": record.getMessage(),
        **current(),
        **getattr(record, "gongkai", {}),
    }
    if record.exc_info and record.exc_info[1] is not None:
        told["error"] = _error(record.exc_info[1])
    return told


def _error(error: BaseException) -> dict[str, Any]:
    """Return kind and place of an exception; its own words only where the platform or the system chose them."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    found: dict[str, Any] = {
        "type": " < ".join(_kinds(error)),
        "at": [f"{_short(frame.filename)}:{frame.lineno}" for frame in frames],
    }
    if isinstance(error, errors.GongkaiError):
        found["code"] = error.code
    elif isinstance(error, OSError) and error.strerror:
        found["reason"] = error.strerror
    return found


def _kinds(error: BaseException) -> Iterator[str]:
    """Yield the kind of an exception, then those of what it came of."""
    found: BaseException | None = error
    for _ in range(_FRAMES):
        if found is None:
            return
        yield type(found).__name__
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)


def _short(filename: str) -> str:
    path = pathlib.Path(filename)
    if path.is_relative_to(_ROOT):
        return str(path.relative_to(_ROOT)).rpartition("site-packages/")[2]
    return filename.rpartition("site-packages/")[2] if "site-packages/" in filename else path.name

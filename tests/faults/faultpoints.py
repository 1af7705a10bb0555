"""The points at which a process may be killed, and the record that it leaves outside of its database.

Everything here is of the process that plays; nothing in the platform knows of it. Lines go to files that are opened for
appending, one `write` each, and the acknowledgements of the player are flushed to the disk: what is in them happened,
whatever the database says.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import json
import os
import pathlib
import signal
from collections.abc import Callable
from typing import Any

from engine.store import statements

#: A statement is about to be sent; a commit is about to be; a commit came back; a handler works; an act came back.
KINDS = ("statement", "commit", "committed", "handler", "acknowledged")
#: With a queue, also: before an entry is taken out of it, and when its job is leased and has not begun.
QUEUE_KINDS = (*KINDS, "entry")
Point = tuple[str, int]


@dataclasses.dataclass(slots=True)
class _Play:
    directory: pathlib.Path | None = None
    die: Point | None = None
    away: Point | None = None
    stop: Callable[[], None] | None = None


_play = _Play()
#: How often each kind of point was reached.
reached: collections.Counter[str] = collections.Counter()


def prepare(
    directory: pathlib.Path,
    die: Point | None,
    away: Point | None = None,
    stop: Callable[[], None] | None = None,
) -> None:
    """Say where the record goes, and at which points this process dies, and stops its database: the n-th of a kind."""
    reached.clear()
    _play.directory, _play.die, _play.away, _play.stop = directory, die, away, stop


def reach(kind: str) -> None:
    """Be at a point; this may be the last thing that the process does."""
    reached[kind] += 1
    point = (kind, reached[kind])
    if point == _play.away and _play.stop is not None:
        _play.stop()
    if point == _play.die:
        os.kill(os.getpid(), signal.SIGKILL)


def observe(sql: str) -> None:
    """Be at the point before a statement: for `Store.observed`."""
    reach("commit" if sql == "COMMIT" else "statement")


@contextlib.contextmanager
def commits() -> Any:
    """Have the moment after a commit be a point, too: no statement shows it."""
    genuine = statements.Link.commit

    def commit(link: statements.Link) -> None:
        genuine(link)
        reach("committed")

    statements.Link.commit = commit  # type: ignore[method-assign]
    try:
        yield
    finally:
        statements.Link.commit = genuine  # type: ignore[method-assign]


def effect(job: Any) -> None:
    """Do what a handler does to the world outside, and have a service that honours idempotency keys do it once."""
    line = {
        "key": job.idempotency_key,
        "instance": job.instance_id,
        "element": job.element_id,
        "attempt": job.attempt,
    }
    _append("effects", line)
    assert _play.directory is not None
    with contextlib.suppress(FileExistsError):
        os.close(os.open(_play.directory / "honoured" / job.idempotency_key, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        _append("honoured.log", line)


def acknowledged(act: str, **facts: Any) -> None:
    """Write down what somebody was told that it happened: from now on it may not be lost."""
    _append("acknowledged", {"act": act, **facts}, flush=True)
    reach("acknowledged")


def read(directory: pathlib.Path, name: str) -> list[dict[str, Any]]:
    """Return the lines of a record."""
    path = directory / name
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def _append(name: str, line: dict[str, Any], *, flush: bool = False) -> None:
    assert _play.directory is not None
    file = os.open(_play.directory / name, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    try:
        os.write(file, (json.dumps(line, ensure_ascii=False) + "\n").encode())
        if flush:
            os.fsync(file)
    finally:
        os.close(file)

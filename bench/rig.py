"""What every section of the benchmarks is given: room on a disk, a PostgreSQL server as an office has it, a voice."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import sys
from collections.abc import Callable
from typing import Any, Protocol

_TOOLS = str(pathlib.Path(__file__).resolve().parents[1] / "tools")
if _TOOLS not in sys.path:  # a clone of the repository: the tools are no package of the product
    sys.path.append(_TOOLS)

import postgresql  # noqa: E402 - found only now


@dataclasses.dataclass(slots=True)
class Rig:
    """Where and how much to measure.

    Args:
        directory: Room for databases, empty at first and removed at the end.
        quick: Whether few small samples will do: that it runs, not how fast.
        say: Tells whoever waits how far it is.
        room: The directory whose disk is measured; None for that of temporary files.
    """

    directory: pathlib.Path
    quick: bool
    say: Callable[[str], None]
    room: str | None = None
    _open: contextlib.ExitStack = dataclasses.field(default_factory=contextlib.ExitStack)
    _server: postgresql.Server | None = None

    @property
    def server(self) -> postgresql.Server:
        """A server whose commits are on the disk before they are answered; started when somebody asks."""
        if self._server is None:
            self.say("starting PostgreSQL")
            self._server = self._open.enter_context(postgresql.Server(*postgresql.DURABLE, room=self.room))
            self._server.end_with(os.getpid())  # however this ends
        return self._server

    def place(self, name: str) -> pathlib.Path:
        """Make a directory of one's own."""
        made = self.directory / name
        made.mkdir()
        return made

    def close(self) -> None:
        """Stop the server."""
        self._open.close()


class Section(Protocol):
    """A module that measures one thing."""

    def figures(self, rig: Rig) -> Any:
        """Measure; return figures that JSON can hold."""

    def text(self, found: Any) -> str:
        """Return the figures as a report that people read."""

    def targets(self, found: Any) -> list[dict[str, Any]]:
        """Return what `tables.at_most` or `at_least` made of every target; nothing for a section that was skipped."""

"""What people see of procedures: their clauses and how to start them; of people, as in `views_lists`, only ids."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

from engine.model import definitions, views_diagrams


@dataclasses.dataclass(frozen=True, slots=True)
class Clause:
    """A clause that a task carries out.

    `quoted` is as the diagram has it (P000-06 §9;P000-06 §10), `summary` in our own words.
    """

    quoted: str
    id: str
    articles: str
    summary: str


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """A way to start a procedure: one start event of the newest version of a process.

    `purpose` is what it is for, `roles` who takes part (ids), `clauses` what it carries out. `message` is the name of
    the message that starts it, None for a plain start. `why_not` says why the actor may not start it.
    """

    key: str
    definition_id: int
    version: int
    version_tag: str | None
    name: str
    start_name: str
    element_id: str
    kind: definitions.StartKind
    message: str | None
    form_key: str | None
    pack: str
    topic: str
    purpose: str
    roles: tuple[str, ...]
    clauses: tuple[Clause, ...]
    startable: bool
    why_not: str = ""
    #: Who starts it, in words; for those who may not.
    starters: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Shelf:
    """The procedures of one source document."""

    pack: str
    title: str
    issuer: str
    date: datetime.date
    entries: tuple[Entry, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class StartView:
    """Everything the page that starts a case shows: the entry, its form with its rights and first values."""

    entry: Entry
    shelf_title: str
    form: Any
    rights: Any
    values: dict[str, Any]
    svg: str
    steps: tuple[views_diagrams.Step, ...]

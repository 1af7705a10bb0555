"""Figures: numbers that a pack says are worth counting, declared as data and computed from the records."""

from __future__ import annotations

import dataclasses
import datetime
import enum
from collections.abc import Mapping
from typing import Any


class Counted(enum.StrEnum):
    """What a figure counts."""

    #: Entries of a register.
    ENTRIES = "entries"
    #: Publications.
    PUBLICATIONS = "publications"
    #: Cases that began.
    CASES = "cases"
    #: User tasks that were due, in time and late.
    TASKS = "tasks"


@dataclasses.dataclass(frozen=True, slots=True)
class Figure:
    """A number of a pack.

    Parameters:
        id: its name for programs.
        name: its name for people.
        counted: what is counted.
        register: of entries, the register.
        by: of entries, the field by whose values they are counted; without it, all together.
        sums: of entries, fields with whole numbers that are added up, by id, and what their sums are called.
        unit: of entries, the field that names the unit; without it they belong to no unit.
        where: of entries, values that fields must have.
        procedures: of cases and tasks, keys of procedures; without them all procedures of the pack.
        kinds: of publications, their kinds; without them all.
        dashboard: whether the page of statistics shows it.
        note: what should be known of it.
    """

    id: str
    name: str
    counted: Counted
    register: str = ""
    by: str = ""
    sums: Mapping[str, str] = dataclasses.field(default_factory=dict)
    unit: str = ""
    where: Mapping[str, str] = dataclasses.field(default_factory=dict)
    procedures: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    dashboard: bool = False
    note: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Measured:
    """What a figure came to.

    Parameters:
        figure: which one.
        pack: slug of its pack.
        total: how many; of fields that are added up, the sum of the first one.
        late: of tasks, how many of them were late; None for what cannot be.
        parts: how many by the value of the field `by`, or the sum of each field that is added up.
    """

    figure: Figure
    pack: str
    total: int
    late: int | None = None
    parts: tuple[tuple[str, int], ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Count:
    """Count figures just before the job is finished: what is then on record, and nothing anybody typed.

    What the same job writes does not count yet.

    Parameters:
        figures: what is to be counted, in their order: each with the id of a figure under `figure`, or without one
            where the records cannot tell. Whatever else is in it comes back in its row.
        since: the first day that counts.
        until: the last day that counts.
        unit: name of the unit that is counted; None counts everybody.
    """

    figures: tuple[Mapping[str, Any], ...]
    since: datetime.date
    until: datetime.date
    unit: str | None = None

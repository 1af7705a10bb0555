"""What people see of where a case stands on its diagram: as a picture, and step by step."""

from __future__ import annotations

import dataclasses
import datetime
import enum


class Mark(enum.StrEnum):
    """Where an element of the diagram stands in a case."""

    HERE = "here"
    TROUBLE = "trouble"
    DONE = "done"
    CANCELLED = "cancelled"
    AHEAD = "ahead"


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """One element of the process: a row of the table that says the same as the diagram.

    `seconds` is the time spent in it so far, `duration` the same in words; `by` are those who completed its tasks.
    `ways` are the labels of the flows on which the case went on from here. `waits` tells that it stays here for a time,
    message or signal and not for a person, `until` for which time.
    """

    element_id: str
    name: str
    kind: str
    lane: str | None
    mark: Mark
    visits: int
    here: int
    first_entered_at: datetime.datetime | None
    last_left_at: datetime.datetime | None
    seconds: float
    duration: str
    by: tuple[str, ...] = ()
    ways: tuple[str, ...] = ()
    clause: str | None = None
    waits: bool = False
    until: datetime.datetime | None = None

    @property
    def text(self) -> str:
        """Return the mark in words; until when something waits is told beside it."""
        return "等待" if self.waits and self.mark is Mark.HERE else _MARKS[self.mark]


_MARKS = {
    Mark.HERE: "办理中",
    Mark.TROUBLE: "出现异常",
    Mark.DONE: "已完成",
    Mark.CANCELLED: "已取消",
    Mark.AHEAD: "未到",
}


@dataclasses.dataclass(frozen=True, slots=True)
class DiagramState:
    """What to draw on the diagram of a case: number of tokens by element, elements and flows gone through."""

    process_id: str
    tokens: dict[str, int]
    visited: tuple[str, ...]
    flows: tuple[str, ...]
    seconds: dict[str, float]
    incidents: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Diagram:
    """The diagram of a case: its BPMN XML, the same as a picture, and what to draw on it."""

    xml: bytes
    svg: str
    name: str
    sha256: str
    state: DiagramState

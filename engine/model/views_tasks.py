"""What people see of one task, with what they may do with it; as `views_lists` says, of people only their ids."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

from engine.model import cooperation, instances, views_cases, views_catalogue, views_diagrams, views_lists


@dataclasses.dataclass(frozen=True, slots=True)
class DayOff:
    """Days in a row on which the office is closed, between two days: 2026年10月1日至7日（国庆节）."""

    first: datetime.date
    last: datetime.date
    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class Reckoning:
    """How a deadline was counted: from the day after `start`, by which calendar, what was skipped.

    `calendar` names it, `calendar_version` is its content; `workdays` and `days` lie between start and due day.
    """

    due: datetime.datetime
    start: datetime.date
    workdays: int
    days: int
    skipped: tuple[DayOff, ...]
    calendar: str
    calendar_version: str
    estimated: bool
    sentence: str


@dataclasses.dataclass(frozen=True, slots=True)
class Possibility:
    """An action on a task: whether the actor may do it now, and if not, why not, in a sentence."""

    action: str
    label: str
    allowed: bool
    why_not: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class TaskView:
    """Everything the page of a task shows.

    Parameters:
        item: the task as in a list.
        task: the stored task, with its draft.
        form: a parsed `engine.forms.Form`; None where the task has none.
        rights: `engine.forms.Rights` of this node.
        values: what the form begins with: the draft over the variables.
        variables: for who may fill it in all variables, also those hidden from them: they decide what is shown.
        fills: whether the actor may fill the form in now.
        opinions: what was submitted earlier in the case, oldest first.
        possibilities: what may be done with the task, in the order of the page.
    """

    item: views_lists.TaskItem
    task: instances.UserTask
    status_text: str
    header: views_cases.CaseHeader
    form: Any
    rights: Any
    values: dict[str, Any]
    variables: dict[str, Any]
    fills: bool
    summary: tuple[views_cases.ValueGroup, ...]
    opinions: tuple[views_cases.Opinion, ...]
    files: tuple[views_cases.File, ...]
    comments: tuple[views_cases.Comment, ...]
    clauses: tuple[views_catalogue.Clause, ...]
    documentation: str | None
    reckoning: Reckoning | None
    diagram: views_diagrams.DiagramState
    steps: tuple[views_diagrams.Step, ...]
    timeline: tuple[views_cases.Event, ...]
    countersignatures: tuple[cooperation.Countersignature, ...]
    possibilities: tuple[Possibility, ...]

    def may(self, action: str) -> bool:
        """Tell whether an action is possible now; one that is not known is not."""
        return any(each.action == action and each.allowed for each in self.possibilities)

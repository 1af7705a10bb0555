"""When a deadline is due, how much of it is left, and what a new calendar changes.

Counting is the same for every unit: day zero does not count, the last day does, and within the stops nothing counts
(see `deadline.Stop`). Every answer is worked out from the inputs and the calendar given; a stored `due` is only ever
compared with.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from collections.abc import Sequence
from dataclasses import dataclass

from engine.calendars import axes, moments
from engine.calendars import calendar as calendars
from engine.calendars import deadline as deadlines

_SECOND = dt.timedelta(seconds=1)


class State(enum.StrEnum):
    """Where a deadline stands."""

    RUNNING = "running"  #: time is passing; for a floor: not long enough yet
    STOPPED = "stopped"  #: a stop is open
    MET = "met"  #: done in time; for a floor: long enough
    OVERDUE = "overdue"  #: past due, whether or not it has been done since
    PREMATURE = "premature"  #: a floor that was broken: done too early

    @property
    def label(self) -> str:
        """The state in Chinese."""
        return _STATE_LABELS[self]


_STATE_LABELS = {
    State.RUNNING: "计时中",
    State.STOPPED: "停止计时",
    State.MET: "符合期限",
    State.OVERDUE: "逾期",
    State.PREMATURE: "未满期限",
}


@dataclass(frozen=True, slots=True)
class Remaining:
    """How much is left to count.

    Parameters:
        amount: whole days or working days, or hours with their fraction; 0 on the last day, negative after it.
        unit: what `amount` counts.
        estimated: whether a year without an official notice was touched.
    """

    amount: int | float
    unit: deadlines.Unit
    estimated: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What a new calendar changes about an open deadline, for sign-off and for telling the applicant.

    Parameters:
        before: the deadline as it was stored.
        after: the same deadline computed on the new calendar.
    """

    before: deadlines.Deadline
    after: deadlines.Deadline

    @property
    def moved(self) -> bool:
        """Whether the due time itself moved, and not only the mark “estimated”."""
        return self.before.due != self.after.due


def compute(deadline: deadlines.Deadline, calendar: calendars.Calendar) -> deadlines.Deadline:
    """Return the deadline with `due`, `calendar_version` and `estimated` as this calendar gives them.

    `due` is None while an open stop keeps it unknown.

    Raises:
        CalendarError: the calendar does not reach far enough.
    """
    due, estimated = _due(deadline, calendar)
    return deadline.with_answer(due, calendar.version, estimated=estimated)


def recompute(deadline: deadlines.Deadline, calendar: calendars.Calendar) -> Change | None:
    """Return what this calendar changes about a stored deadline, None when nothing.

    A deadline that has been met is closed: it stays as it was computed.

    Raises:
        CalendarError: the calendar does not reach far enough.
    """
    if deadline.met_at is not None:
        return None
    after = compute(deadline, calendar)
    if (after.due, after.estimated) == (deadline.due, deadline.estimated):
        return None
    return Change(deadline, after)


def remaining(deadline: deadlines.Deadline, now: dt.datetime, calendar: calendars.Calendar) -> Remaining:
    """Return what is left at a moment, or was left when the thing was done.

    Raises:
        CalendarError: the calendar does not reach far enough, or `now` has no time zone.
    """
    moments.aware(now)
    axis = axes.of(deadline.unit, calendar)
    start = axis.point(deadline.start)
    at = axis.point(now if deadline.met_at is None else min(now, deadline.met_at))
    left = deadline.total * axis.per_unit - _elapsed(axis, start, max(at, start), _spans(axis, deadline, start))
    if deadline.roll_forward:
        left += _rolled(deadline, calendar)
    due, estimated = _due(deadline, calendar)
    if due is None and deadline.unit is deadlines.Unit.WORKDAYS:
        estimated = calendar.spans_estimate(moments.local_day(deadline.start), moments.local_day(now))
    return Remaining(left if axis.per_unit == 1 else left / axis.per_unit, deadline.unit, estimated)


def state(deadline: deadlines.Deadline, now: dt.datetime, calendar: calendars.Calendar) -> State:
    """Return where the deadline stands at a moment.

    Raises:
        CalendarError: the calendar does not reach far enough, or `now` has no time zone.
    """
    moments.aware(now)
    due, _ = _due(deadline, calendar)
    done = deadline.met_at is not None
    at = now if deadline.met_at is None else deadline.met_at
    if deadline.kind is deadlines.Kind.FLOOR:
        if due is not None and at >= due:
            return State.MET
        if done:
            return State.PREMATURE
    else:
        if due is not None and at >= due + _SECOND:  # the whole last second is in time
            return State.OVERDUE
        if done:
            return State.MET
    return State.STOPPED if _stopped(deadline, now) else State.RUNNING


def irregularities(deadline: deadlines.Deadline, calendar: calendars.Calendar) -> tuple[str, ...]:
    """Return, in Chinese, what is wrong with how the time was extended or stopped; empty when nothing is.

    711号 §33: an extension is granted before the limit as it stood ends, and the applicant is told.

    Raises:
        CalendarError: the calendar does not reach far enough.
    """
    axis = axes.of(deadline.unit, calendar)
    found = []
    for number, extension in enumerate(deadline.extensions, 1):
        if not extension.applicant_informed:
            found.append(f"第{number}次延期没有告知申请人。")
        limit, _ = _due(dataclasses.replace(deadline, extensions=deadline.extensions[: number - 1]), calendar)
        if extension.granted is not None and limit is not None and _after(extension.granted, limit):
            found.append(f"第{number}次延期于{extension.granted}批准，晚于当时的期限{limit:%Y-%m-%d %H:%M}。")
    due, _ = _due(deadline, calendar)
    for number, stop in enumerate(deadline.stops, 1):
        if due is not None and _after(stop.sent, due):
            found.append(f"第{number}次停止计时自{stop.sent}起，期限已于{due:%Y-%m-%d %H:%M}届满，不起作用。")
        elif axis.point(stop.sent) < axis.point(deadline.start):
            found.append(f"第{number}次停止计时自{stop.sent}起，早于起算日，起算日之前的部分不起作用。")
    return tuple(found)


def _due(deadline: deadlines.Deadline, calendar: calendars.Calendar) -> tuple[dt.datetime | None, bool]:
    axis = axes.of(deadline.unit, calendar)
    start = axis.point(deadline.start)
    end = _end(axis, start, deadline.total * axis.per_unit, _spans(axis, deadline, start))
    if end is None:
        return None, False
    if isinstance(axis, axes.Ticks):
        return axis.moment(end), False
    last, estimated = dt.date.fromordinal(end), False
    if isinstance(axis, axes.Workdays):
        estimated = calendar.spans_estimate(dt.date.fromordinal(start), last)
    elif deadline.roll_forward:
        last, estimated = calendar.add_workdays(last, 0)
    floor = deadline.kind is deadlines.Kind.FLOOR
    return moments.end_passed(last) if floor else moments.end_of_day(last), estimated


def _rolled(deadline: deadlines.Deadline, calendar: calendars.Calendar) -> int:
    """Return by how many days a last day off was moved; 0 while it is unknown."""
    rolled, _ = _due(deadline, calendar)
    plain, _ = _due(dataclasses.replace(deadline, roll_forward=False), calendar)
    return (rolled - plain).days if rolled is not None and plain is not None else 0


def _end(axis: axes.Axis, start: int, steps: int, spans: Sequence[tuple[int, int | None]]) -> int | None:
    end = axis.advance(start, steps)
    for sent, answered in spans:
        if end <= sent:
            break
        if answered is None:
            return None
        # Whatever would have been counted inside the interval is counted behind it instead, one for one.
        end = axis.advance(end, axis.count(sent, answered))
    return end


def _elapsed(axis: axes.Axis, start: int, at: int, spans: Sequence[tuple[int, int | None]]) -> int:
    stopped = sum(
        axis.count(sent, at if answered is None else min(answered, at)) for sent, answered in spans if sent < at
    )
    return axis.count(start, at) - stopped


def _spans(axis: axes.Axis, deadline: deadlines.Deadline, start: int) -> list[tuple[int, int | None]]:
    """Return the stops after the start as disjoint intervals (sent, answered], ascending; only the last may be open."""
    if not deadline.stops:
        return []
    closed = []
    opened = None
    for stop in deadline.stops:
        sent = max(axis.point(stop.sent), start)
        if stop.answered is None:
            opened = sent if opened is None else min(opened, sent)
        elif (answered := axis.point(stop.answered)) > sent:
            closed.append((sent, answered))
    merged: list[tuple[int, int]] = []
    for sent, answered in sorted(closed):
        if merged and sent <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], answered))
        else:
            merged.append((sent, answered))
    if opened is None:
        return list(merged)
    before = [(sent, min(answered, opened)) for sent, answered in merged if sent < opened]
    return [*before, (opened, None)]


def _stopped(deadline: deadlines.Deadline, now: dt.datetime) -> bool:
    return any(
        not _after(stop.sent, now) and (stop.answered is None or _after(stop.answered, now)) for stop in deadline.stops
    )


def _after(moment: moments.Moment, instant: dt.datetime) -> bool:
    """Say whether the moment is later than the instant; a bare day is later when it is a later day."""
    if isinstance(moment, dt.datetime):
        return moment > instant
    return moment > moments.local_day(instant)

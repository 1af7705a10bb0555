"""The office's working-day calendar: a year at a glance, and changes that two administrators agree on."""

from __future__ import annotations

import calendar as months
import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

import fastapi

from engine import errors
from engine.actions import calendar_changes
from engine.calendars import calendar, moments, overrides
from engine.model import calendar_changes as model
from engine.web import access, i18n, pages

router = access.Router("/admin/calendar")


@dataclasses.dataclass(frozen=True, slots=True)
class Month:
    """A month as weeks of days from Monday on; None is a day of another month."""

    number: int
    weeks: tuple[tuple[calendar.Day | None, ...], ...]
    workdays: int


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """A change in the list, and what whoever looks may do with it."""

    change: model.CalendarChange
    may_approve: bool
    may_revoke: bool
    own: bool


@dataclasses.dataclass(frozen=True, slots=True)
class CalendarPage:
    """What the page of the calendar shows; `typed` and `error` come back from a proposal that was refused."""

    year: int
    first: int
    last: int
    today: datetime.date
    months: tuple[Month, ...]
    workdays: int
    estimated: bool
    notices: tuple[str, ...]
    rows: tuple[Row, ...]
    scopes: tuple[overrides.Scope, ...] = tuple(overrides.Scope)
    typed: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    error: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class ProposalPage:
    """What the page of a proposal shows; `error` is why it cannot be approved as things stand."""

    preview: calendar_changes.Preview
    own: bool
    error: str | None = None


@router.get("", rule=access.ADMIN)
def show(
    request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor, year: int | None = None
) -> fastapi.Response:
    """Show a year and the changes."""
    return pages.show(request, "admin/calendar.html", _page(request, engine, actor, year))


@router.post("", rule=access.ADMIN)
def propose(
    request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor, fields: access.Posted
) -> fastapi.Response:
    """Propose a change."""
    typed = {name: str(value) for name, value in fields.items()}
    try:
        calendar_changes.propose(engine, _proposal(typed), actor)
    except errors.InvalidInput as error:
        page = dataclasses.replace(_page(request, engine, actor, None), typed=typed, error=error.message)
        return pages.show(request, "admin/calendar.html", page, status=422)
    return _done(request, "已提出，待另一位管理员批准后生效。")


@router.get("/{change_id}", rule=access.ADMIN)
def consider(
    request: fastapi.Request, change_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Show what a proposal moves, before it is approved."""
    error = None
    try:
        preview = calendar_changes.preview(engine, change_id, actor)
    except errors.CalendarError as found:
        change = next(each for each in calendar_changes.listed(engine, actor) if each.id == change_id)
        preview, error = calendar_changes.Preview(change, (), 0), found.message
    page = ProposalPage(preview, preview.change.proposed_by == actor.id, error)
    return pages.show(request, "admin/calendar_change.html", page)


@router.post("/{change_id}/approve", rule=access.ADMIN)
def approve(
    request: fastapi.Request, change_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Approve what somebody else proposed."""
    approved = calendar_changes.approve(engine, change_id, actor)
    sentence = "已批准，此后的期限按调整后的日历计算；已移动 {n} 项未到的期限。"
    return pages.redirect(request, "/admin/calendar", i18n.text(request, sentence, n=approved.moved))


@router.post("/{change_id}/refuse", rule=access.ADMIN)
def refuse(
    request: fastapi.Request,
    change_id: int,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    fields: access.Posted,
) -> fastapi.Response:
    """Refuse a proposal, or withdraw one's own."""
    calendar_changes.refuse(engine, change_id, actor, str(fields.get("note", "")))
    return _done(request, "已处理。")


@router.post("/{change_id}/revoke", rule=access.ADMIN)
def revoke(
    request: fastapi.Request, change_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Propose to take an approved change back."""
    calendar_changes.propose_revocation(engine, change_id, actor)
    return _done(request, "已提出撤销，待另一位管理员批准后生效。")


def _done(request: fastapi.Request, sentence: str) -> fastapi.Response:
    return pages.redirect(request, "/admin/calendar", i18n.text(request, sentence))


def _proposal(typed: Mapping[str, str]) -> calendar_changes.Proposal:
    try:
        day = datetime.date.fromisoformat(typed.get("day", ""))
    except ValueError:
        raise errors.CalendarError("请填写日期。") from None
    if typed.get("working") not in ("yes", "no"):
        raise errors.CalendarError("请选择上班或放假。")
    try:
        scope = overrides.Scope(typed.get("scope", ""))
    except ValueError:
        raise errors.CalendarError("请选择作出决定的层级。") from None
    return calendar_changes.Proposal(
        day,
        working=typed["working"] == "yes",
        document=typed.get("document", ""),
        scope=scope,
        reason=typed.get("reason", ""),
        counts_for_statutory=typed.get("statutory") == "yes",
    )


def _page(
    request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor, year: int | None
) -> CalendarPage:
    changes = calendar_changes.listed(engine, actor)
    table = calendar_changes.office(engine)
    today = moments.local_day(engine.clock.now())
    first, last = table.first_day.year, table.last_day.year
    shown = min(max(year or today.year, first), last)
    pictured = tuple(_month(table, shown, number) for number in range(1, 13))
    notices = next(each.notices for each in table.years if each.year == shown)
    return CalendarPage(
        year=shown,
        first=first,
        last=last,
        today=today,
        months=pictured,
        workdays=sum(month.workdays for month in pictured),
        estimated=table.is_estimated(datetime.date(shown, 1, 1)),
        notices=tuple(f"{notice.title}{f'（{notice.document}）' if notice.document else ''}" for notice in notices),
        rows=_rows(changes, actor.id),
    )


def _month(table: calendar.Calendar, year: int, number: int) -> Month:
    weeks = tuple(
        tuple(table.day(day) if day.month == number else None for day in week)
        for week in months.Calendar().monthdatescalendar(year, number)
    )
    return Month(number, weeks, sum(day is not None and day.working for week in weeks for day in week))


def _rows(changes: list[model.CalendarChange], me: str) -> tuple[Row, ...]:
    taken_back = {
        change.revokes
        for change in changes
        if change.status in (model.ChangeStatus.PROPOSED, model.ChangeStatus.APPROVED)
    }
    return tuple(
        Row(
            change,
            may_approve=change.status is model.ChangeStatus.PROPOSED and change.proposed_by != me,
            may_revoke=change.status is model.ChangeStatus.APPROVED
            and change.revokes is None
            and change.id not in taken_back,
            own=change.proposed_by == me,
        )
        for change in changes
    )

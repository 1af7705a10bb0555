"""Digests: one mail with what somebody has to do, on every working day or once a week, at 09:00."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from engine.actions import letters, reminders, telling
from engine.calendars import calendar, moments
from engine.model import events, people
from engine.store import queries, unit_of_work

#: A task counts as due soon when no more working days are left for it.
SOON = 3
_MOST = 200


def next_due(rhythm: events.DigestRhythm, now: datetime.datetime) -> datetime.datetime | None:
    """Return when the next digest is due: later than now, on a working day; of a weekly one, the first of its week."""
    if rhythm is events.DigestRhythm.OFF:
        return None
    days = calendar.load().office
    day = moments.local_day(now)
    while True:
        morning = datetime.datetime.combine(day, reminders.MORNING)
        if morning > now and days.is_workday(day) and (rhythm is events.DigestRhythm.DAILY or _first(days, day)):
            return morning
        day += datetime.timedelta(days=1)


def _first(days: calendar.Calendar, day: datetime.date) -> bool:
    """Tell whether a working day is the first of its week."""
    return not any(days.is_workday(day - datetime.timedelta(days=back)) for back in range(1, day.weekday() + 1))


def write(
    uow: unit_of_work.UnitOfWork, user: people.User, notices: Sequence[events.Notice], now: datetime.datetime
) -> tuple[str, dict[str, Any]] | None:
    """Return subject and content of a digest; None when there is nothing to say.

    Args:
        uow: The unit of work.
        user: Whose digest it is.
        notices: What somebody wanted to be told in it.
        now: The time.
    """
    mine = queries.assigned_user_tasks(uow, user.id, limit=_MOST)
    offered = queries.claimable_user_tasks(uow, user=user.id, groups=sorted(user.groups), limit=_MOST)
    days = calendar.load().office
    groups: dict[str, list[dict[str, str]]] = {"已逾期": [], "即将到期": [], "其他待办": [], "可签收": []}
    for row in mine.items:
        groups[_urgency(days, row.task.due, now)].append(_item(row))
    groups["可签收"] = [_item(row) for row in offered.items]
    sections = [letters.section(f"{title}（{len(items)}）", items) for title, items in groups.items() if items]
    if notices:
        told = [letters.item(each.title, each.text, each.link) for each in notices]
        sections.append(letters.section(f"通知（{len(told)}）", told))
    if not sections:
        return None
    counts = "，".join(f"{title}{len(items)}件" for title, items in groups.items() if items)
    return f"待办摘要：{counts or f'{len(notices)}条通知'}", letters.content(user.name, sections)


def _urgency(days: calendar.Calendar, due: datetime.datetime | None, now: datetime.datetime) -> str:
    if due is None:
        return "其他待办"
    if due < now:
        return "已逾期"
    left = days.workdays_between(moments.local_day(now), moments.local_day(due))
    return "即将到期" if left <= SOON else "其他待办"


def _item(row: queries.UserTaskRow) -> dict[str, str]:
    text = f"{row.definition_name}：{row.business_key}" if row.business_key else row.definition_name
    if row.task.due is not None:
        text += f"，应于{telling.day(row.task.due)}前办结"
    return letters.item(row.task.name, text, telling.task_link(row.task))

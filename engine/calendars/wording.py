"""Deadlines and their changes in the words of an official letter."""

from __future__ import annotations

import datetime as dt

from engine.calendars import calendar as calendars
from engine.calendars import deadline as deadlines
from engine.calendars import moments, reckoning

_ESTIMATED = "（推算，该年放假通知尚未发布）"


def day(value: dt.date) -> str:
    """Write a day: 2026年10月16日."""
    return f"{value.year}年{value.month}月{value.day}日"


def due(deadline: deadlines.Deadline) -> str:
    """Write when a computed deadline is due: its last day, or the minute for hours."""
    last = deadline.last_day
    if deadline.due is None or last is None:
        return "停止计时，期限待定"
    text = day(last)
    if deadline.unit is deadlines.Unit.HOURS:
        text += f"{deadline.due.astimezone(moments.SHANGHAI):%H:%M}"
    return text + (_ESTIMATED if deadline.estimated else "")


def standing(deadline: deadlines.Deadline, now: dt.datetime, calendar: calendars.Calendar) -> str:
    """Write where a deadline stands: 还剩5个工作日, 今日届满, 已逾期3日, 停止计时，还剩8个工作日.

    Raises:
        CalendarError: the calendar does not reach far enough, or `now` has no time zone.
    """
    state = reckoning.state(deadline, now, calendar)
    left = reckoning.remaining(deadline, now, calendar)
    amount = f"{abs(left.amount):g}" if isinstance(left.amount, int) else f"{abs(left.amount):.1f}"
    mark = _ESTIMATED if left.estimated else ""
    if state is reckoning.State.STOPPED:
        return f"停止计时，还剩{amount}{left.unit.label}{mark}"
    if state is reckoning.State.OVERDUE:
        done = "逾期办结" if deadline.met_at is not None else "已逾期"
        return f"{done}{mark}" if left.amount >= 0 else f"{done}{amount}{left.unit.label}{mark}"
    if state is reckoning.State.RUNNING:
        return f"今日届满{mark}" if left.amount == 0 else f"还剩{amount}{left.unit.label}{mark}"
    return state.label + mark


def change(change: reckoning.Change) -> str:
    """Write what a new calendar changed, for the list that is signed off and the notice to the applicant."""
    before, after = change.before, change.after
    name = f"“{after.name}”" + (f"（{after.clause}）" if after.clause else "")
    if not change.moved:
        return f"{name}仍为{due(after)}，{'改为推算' if after.estimated else '已由推算转为确定'}。"
    return f"{name}由{due(before)}改为{due(after)}。"

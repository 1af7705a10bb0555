"""Reminders: before a task is due, and on every working day that it is overdue, at 09:00 by the calendar of the office.

Every task with a due time is looked at when somebody could want a reminder of it: at 09:00 of the last working days
before the due day, of that day itself, and of every working day after it. Who is then reminded is asked then: whose the
task is, and what they have chosen. After downtime there is one look, and one reminder.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

from engine import errors
from engine.actions import context, telling
from engine.calendars import calendar, moments
from engine.model import events, instances
from engine.store import event_queries

#: When people begin to work.
MORNING = datetime.time(9, tzinfo=moments.SHANGHAI)
_DAY = datetime.timedelta(days=1)
_SUBJECT = re.compile(r"(user_task|substitution)/(\d+)")


def fire_due(engine: context.Engine, *, limit: int = 100) -> int:
    """Remind people of what is due for it, in one unit of work; return how many things were looked at."""
    now = engine.clock.now()
    with engine.store.read() as uow:
        if not uow.reminders.any_due(now):
            return 0
    names = engine.directory.get(engine.store)
    with engine.store.write() as uow:
        subjects = [found for each in uow.reminders.due(now, limit) if (found := _SUBJECT.fullmatch(each))]
        told = telling.Telling(engine, uow, names, now)
        tasks = event_queries.tasks(uow, [int(each[2]) for each in subjects if each[1] == "user_task"])
        cases = event_queries.cases(uow, {task.instance_id for task in tasks.values()})
        for each in subjects:
            number = int(each[2])
            if each[1] == "substitution":
                told.look(each[0], None)
                _begin_substitution(told, number)
            elif number in tasks:
                remind(told, cases[tasks[number].instance_id], tasks[number])
            else:
                told.look(each[0], None)
        told.write()
        return len(subjects)


def watch(told: telling.Telling, case: event_queries.Case, task: instances.UserTask) -> None:
    """Have a task looked at when somebody may want a reminder of it; one that is over or never due, not at all."""
    if task.due is not None and task.status is instances.UserTaskStatus.OPEN:
        told.look(_subject(task), next_look(_days(told, case), task, told.now))


def next_look(days: calendar.Calendar, task: instances.UserTask, now: datetime.datetime) -> datetime.datetime | None:
    """Return when somebody could want to be reminded of a task next; None if never.

    Args:
        days: The calendar of the office.
        task: The task.
        now: The answer is later.
    """
    if task.due is None or task.status is not instances.UserTaskStatus.OPEN:
        return None
    try:
        before = (before_due(days, task.due, lead) for lead in range(events.MOST_REMIND_BEFORE, -1, -1))
        return next((at for at in before if now < at <= task.due), None) or _morning_after(days, max(now, task.due))
    except errors.CalendarError:  # the calendar does not reach as far
        return None


def before_due(days: calendar.Calendar, due: datetime.datetime, lead: int) -> datetime.datetime:
    """Return 09:00 of the day that lies some working days before the due day, which may itself be a holiday.

    Raises:
        errors.CalendarError: The calendar does not reach as far.
    """
    day = moments.local_day(due)
    if lead or not days.is_workday(day):
        day = days.add_workdays(day, -max(lead, 1)).day
    return datetime.datetime.combine(day, MORNING)


def remind(told: telling.Telling, case: event_queries.Case, task: instances.UserTask) -> None:
    """Remind of a task those who want it now, and have it looked at again."""
    days = _days(told, case)
    again = next_look(days, task, told.now)
    told.look(_subject(task), again)
    if again is None or task.due is None:
        return
    if case.instance.status is not instances.InstanceStatus.ACTIVE:
        return  # nobody can work on it
    if told.now > task.due:
        _overdue(told, case, task, days)
    else:
        _due_soon(told, case, task, days)


def _due_soon(
    told: telling.Telling, case: event_queries.Case, task: instances.UserTask, days: calendar.Calendar
) -> None:
    assert task.due is not None
    doers = told.doers(task)
    settings = told.uow.notice_settings.of(doers)
    wanting = []
    for person in doers:
        lead = settings[person].remind_before
        if lead is None:
            continue
        at = before_due(days, task.due, lead)
        # Who got the task after that moment has been told the due day with it.
        if task.created_at < at <= told.now:
            wanting.append(person)
    left = days.workdays_between(moments.local_day(told.now), moments.local_day(task.due))
    when = "今日到期" if moments.local_day(task.due) == told.today else f"还剩{left}个工作日"
    told.tell(
        wanting,
        events.NoticeKind.DUE_SOON,
        f"task/{task.id}/due/{task.due.astimezone(moments.SHANGHAI):%Y-%m-%dT%H:%M}",
        f"任务“{task.name}”即将到期（{when}）",
        text=telling.about(case, task),
        link=telling.task_link(task),
        case=case,
        task=task,
    )


def _overdue(
    told: telling.Telling, case: event_queries.Case, task: instances.UserTask, days: calendar.Calendar
) -> None:
    assert task.due is not None
    morning = datetime.datetime.combine(told.today, MORNING)
    if not days.is_workday(told.today) or not task.due < morning <= told.now:
        return
    doers = told.doers(task)
    settings = told.uow.notice_settings.of(doers)
    late = days.workdays_between(moments.local_day(task.due), told.today)
    told.uow.notices.supersede_reminders(task, told.now)
    told.tell(
        [person for person in doers if settings[person].remind_overdue],
        events.NoticeKind.OVERDUE,
        f"task/{task.id}/overdue/{told.today}",
        f"任务“{task.name}”已逾期{late}个工作日",
        text=telling.about(case, task),
        link=telling.task_link(task),
        case=case,
        task=task,
    )


def substitution_begins(told: telling.Telling, substitution_id: int, first: datetime.date) -> None:
    """Tell a substitute that the time has come, or have it looked at when it will."""
    if first <= told.today:
        _begin_substitution(told, substitution_id)
    else:
        told.look(f"substitution/{substitution_id}", datetime.datetime.combine(first, MORNING))


def _begin_substitution(told: telling.Telling, substitution_id: int) -> None:
    found = told.uow.substitutions.get(substitution_id)
    if not found.runs(told.today):
        return
    principal = told.names.name(found.principal)
    span = _span(found.begins_on, found.ends_on)
    told.tell(
        (found.substitute,),
        events.NoticeKind.SUBSTITUTION,
        f"substitution/{found.id}",
        f"您开始代理{principal}的工作",
        text=f"{span}，事由：{found.reason}。{principal}的待办任务您也可以办理，以您本人的名义签署。",
        link="/tasks",
        actor=found.created_by,
    )


def _span(first: datetime.date, last: datetime.date) -> str:
    shown = f"{first.month}月{first.day}日"
    return shown if first == last else f"{shown}至{last.month}月{last.day}日"


def _morning_after(days: calendar.Calendar, at: datetime.datetime) -> datetime.datetime:
    """Return 09:00 of the first working day for which it is later than a moment."""
    return next(
        morning for morning in _mornings(moments.local_day(at)) if morning > at and days.is_workday(morning.date())
    )


def _mornings(day: datetime.date) -> Iterator[datetime.datetime]:
    while True:
        yield datetime.datetime.combine(day, MORNING)
        day += _DAY


def _days(told: telling.Telling, case: event_queries.Case) -> calendar.Calendar:
    return told.engine.calendars.get(told.uow, case.pack).office


def _subject(task: instances.UserTask) -> str:
    return f"user_task/{task.id}"

"""The numbers that leaders look at: how much there is, how punctual it is, where it waits.

A handful of statements, whatever there is to count; working days are those of the calendar of each pack.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence

from engine import errors
from engine.actions import context, figure_file, figures, people, policy
from engine.calendars import calendar, moments
from engine.model import commands, definitions
from engine.model import figures as model
from engine.model.instances import InstanceStatus
from engine.store import queries, queries_statistics, unit_of_work

_MOST_DEFINITIONS = 1000
#: From how many working days on an element belongs to the next class of the heat on a diagram.
HEAT = (1, 3, 5, 10)


@dataclasses.dataclass(frozen=True, slots=True)
class Filter:
    """What is looked at: days that both count, a procedure by key, a unit by id with those below it."""

    since: datetime.date
    until: datetime.date
    procedure: str | None = None
    unit: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Procedure:
    """A procedure in the choices: `definition` is the id of its newest version."""

    key: str
    name: str
    pack: str
    definition: int


@dataclasses.dataclass(frozen=True, slots=True)
class CaseRow:
    """Cases of a procedure that began in the period, by where they stand now.

    `called` of them were begun by other cases, and of these `called_completed` are completed.
    """

    procedure: Procedure
    open: int = 0
    suspended: int = 0
    completed: int = 0
    cancelled: int = 0
    error: int = 0
    called: int = 0
    called_completed: int = 0

    @property
    def total(self) -> int:
        """Return how many there are."""
        return self.open + self.suspended + self.completed + self.cancelled + self.error


@dataclasses.dataclass(frozen=True, slots=True)
class UnitRow:
    """Tasks of a unit: completed in the period in time, late and without a due time, and overdue now.

    A task that nobody has claimed is overdue in the unit of most of those who may claim it. `unit` is None where no
    unit has most of them, and for people without a unit.
    """

    unit: int | None
    on_time: int = 0
    late: int = 0
    undated: int = 0
    overdue: int = 0

    @property
    def rate(self) -> float | None:
        """Return how much of what had a due time was completed in time, in percent."""
        return figures.percent(self.on_time, self.on_time + self.late)


@dataclasses.dataclass(frozen=True, slots=True)
class StepRow:
    """How many working days the tasks at an element took. The day on which a task came does not count.

    Parameters:
        done: how many were completed in the period; mean, median and longest are theirs, in working days.
        waiting: how many are open now.
        oldest: since how many working days the oldest of these has been waiting.
        wait: the longer of the means of what was completed and of what is open: what the heat shows. One mean of both
            would hide where work piles up behind the many tasks that passed quickly before.
    """

    procedure: Procedure
    element: str
    name: str
    done: int
    mean: float | None
    median: float | None
    longest: int | None
    waiting: int
    oldest: int | None
    wait: float

    @property
    def heat(self) -> int:
        """Return the class of the heat, 0 for less than a working day."""
        return sum(self.wait >= limit for limit in HEAT)


@dataclasses.dataclass(frozen=True, slots=True)
class Overview:
    """Everything on the page of statistics. `steps` are in order of procedure, the longest wait first.

    `unavailable` are figures whose records do not tell units apart, while a unit is asked for.
    """

    chosen: Filter
    now: datetime.datetime
    cases: tuple[CaseRow, ...]
    units: tuple[UnitRow, ...]
    steps: tuple[StepRow, ...]
    figures: tuple[model.Measured, ...]
    unavailable: tuple[model.Figure, ...]
    procedures: tuple[Procedure, ...]
    years: tuple[int, ...]


def overview(engine: context.Engine, actor: commands.Actor, chosen: Filter) -> Overview:
    """Return the statistics of a period; for monitors and operators.

    Raises:
        errors.Forbidden: The actor neither watches over the office nor operates the platform.
        errors.InvalidInput: The period ends before it begins, or there is no such procedure or unit.
    """
    policy.monitor(actor, "查看统计分析")
    if chosen.until < chosen.since:
        raise errors.InvalidInput(f"统计的期间应先起后止，现为 {chosen.since} 至 {chosen.until}。")
    now = engine.clock.now()
    known = people.directory(engine)
    if chosen.unit is not None and chosen.unit not in known.units:
        raise errors.InvalidInput(f"没有编号为 {chosen.unit} 的单位，请从列表中选择。")
    with engine.store.read() as uow:
        rows = queries.definitions(uow, latest_only=True, limit=_MOST_DEFINITIONS).items
        named = {row.key: Procedure(row.key, row.name, row.pack, row.id) for row in rows}
        if chosen.procedure is not None and chosen.procedure not in named:
            raise errors.InvalidInput(f"没有流程“{chosen.procedure}”，请从列表中选择。")
        selection = queries_statistics.Selection(
            *figures.period(chosen.since, chosen.until),
            None if chosen.procedure is None else (chosen.procedure,),
            None if chosen.unit is None else figures.units_below(known, [chosen.unit]),
        )
        names = None if selection.units is None else {known.units[id_].name for id_ in selection.units}
        measured, unavailable = _figures(uow, rows, selection, now, names)
        began = queries_statistics.years(uow)
        today = moments.local_day(now)
        return Overview(
            chosen=chosen,
            now=now,
            cases=_cases(queries_statistics.cases(uow, selection), named),
            units=_units(
                queries_statistics.completed_by_unit(uow, selection),
                _overdue(uow, selection, now, known),
                known.unit_name,
            ),
            steps=_steps(
                queries_statistics.completed_stretches(uow, selection),
                queries_statistics.open_stretches(uow, selection),
                named,
                {pack: engine.calendars.get(uow, pack) for pack in sorted({each.pack for each in named.values()})},
                today,
            ),
            figures=measured,
            unavailable=unavailable,
            procedures=tuple(sorted(named.values(), key=lambda each: (each.pack, each.name, each.key))),
            years=tuple(range(max(today, began[1]).year, began[0].year - 1, -1)) if began else (today.year,),
        )


def _figures(
    uow: unit_of_work.UnitOfWork,
    rows: Sequence[definitions.ProcessDefinition],
    selection: queries_statistics.Selection,
    now: datetime.datetime,
    unit_names: set[str] | None,
) -> tuple[tuple[model.Measured, ...], tuple[model.Figure, ...]]:
    newest: dict[str, int] = {}
    keys: dict[str, set[str]] = collections.defaultdict(set)
    for row in rows:
        newest[row.pack] = max(row.deployment_id, newest.get(row.pack, 0))
        keys[row.pack].add(row.key)
    measured, unavailable = [], []
    for pack, deployment in sorted(newest.items()):
        for figure in figure_file.of_deployment(uow, deployment, pack):
            if not figure.dashboard:
                continue
            found = figures.measure(uow, pack, figure, selection, now, procedures=keys[pack], unit_names=unit_names)
            if found is None:
                unavailable.append(figure)
            else:
                measured.append(found)
    return tuple(measured), tuple(unavailable)


def _cases(counts: Iterable[queries_statistics.CaseCount], named: Mapping[str, Procedure]) -> tuple[CaseRow, ...]:
    fields = {
        InstanceStatus.ACTIVE: "open",
        InstanceStatus.SUSPENDED: "suspended",
        InstanceStatus.COMPLETED: "completed",
        InstanceStatus.CANCELLED: "cancelled",
        InstanceStatus.ERROR: "error",
    }
    found: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for each in counts:
        found[each.procedure][fields[each.status]] += each.count
        if each.called:
            found[each.procedure]["called"] += each.count
            found[each.procedure]["called_completed"] += each.count if fields[each.status] == "completed" else 0
    made = [CaseRow(_named(named, key), **numbers) for key, numbers in found.items()]
    return tuple(sorted(made, key=lambda row: (-row.total, row.procedure.name, row.procedure.key)))


def _overdue(
    uow: unit_of_work.UnitOfWork,
    chosen: queries_statistics.Selection,
    now: datetime.datetime,
    known: people.Directory,
) -> collections.Counter[int | None]:
    """Count what is overdue now by the unit of who has it, or of most of those who may claim it."""
    found = collections.Counter(queries_statistics.overdue_by_unit(uow, chosen, now))
    for unclaimed in queries_statistics.overdue_unclaimed(uow, chosen, now):
        able = [user for user in map(known.users.get, unclaimed.candidate_users) if user is not None]
        able += known.in_groups(unclaimed.candidate_groups)
        (unit, most), *others = [*collections.Counter(user.unit_id for user in able).most_common(2), (None, 0)]
        unit = None if any(count == most for _, count in others) else unit
        if chosen.units is None or unit in chosen.units:
            found[unit] += unclaimed.count
    return found


def _units(
    completed: Iterable[queries_statistics.UnitCount],
    overdue: Mapping[int | None, int],
    name_of: Callable[[int | None], str],
) -> tuple[UnitRow, ...]:
    done = {each.unit: each for each in completed}
    made = []
    for unit in {*done, *overdue}:
        of = done.get(unit)
        numbers = (0, 0, 0) if of is None else (of.on_time, of.late, of.undated)
        made.append(UnitRow(unit, *numbers, overdue.get(unit, 0)))
    return tuple(sorted(made, key=lambda row: (row.unit is None, name_of(row.unit), row.unit or 0)))


def _steps(
    completed: Iterable[queries_statistics.Stretch],
    still_open: Iterable[queries_statistics.Stretch],
    named: Mapping[str, Procedure],
    calendars: Mapping[str, calendar.Calendar],
    today: datetime.date,
) -> tuple[StepRow, ...]:
    done: dict[tuple[str, str], collections.Counter[int]] = collections.defaultdict(collections.Counter)
    waiting: dict[tuple[str, str], collections.Counter[int]] = collections.defaultdict(collections.Counter)
    names: dict[tuple[str, str], str] = {}
    for found, stretches in ((done, completed), (waiting, still_open)):
        for each in stretches:
            place = (each.procedure, each.element)
            days = calendars[_named(named, each.procedure).pack]
            found[place][_workdays(days, each.began, each.ended or today)] += each.count
            names[place] = each.name
    made = [
        _step(_named(named, place[0]), place[1], name, done[place], waiting[place]) for place, name in names.items()
    ]
    return tuple(sorted(made, key=lambda row: (row.procedure.name, row.procedure.key, -row.wait, row.element)))


def _step(
    procedure: Procedure,
    element: str,
    name: str,
    done: collections.Counter[int],
    waiting: collections.Counter[int],
) -> StepRow:
    return StepRow(
        procedure=procedure,
        element=element,
        name=name,
        done=done.total(),
        mean=_mean(done) if done else None,
        median=_median(done) if done else None,
        longest=max(done, default=None),
        waiting=waiting.total(),
        oldest=max(waiting, default=None),
        wait=max(_mean(days) for days in (done, waiting) if days),
    )


def _mean(days: collections.Counter[int]) -> float:
    return sum(number * count for number, count in days.items()) / days.total()


def _median(days: collections.Counter[int]) -> float:
    """Return the middle of numbers that are given with how often each occurs."""
    middle = ((days.total() - 1) // 2, days.total() // 2)
    found, passed = [], 0
    for number, count in sorted(days.items()):
        found += [number for place in middle if passed <= place < passed + count]
        passed += count
    return sum(found) / 2


def _workdays(days: calendar.Calendar, began: datetime.date, ended: datetime.date) -> int:
    """Count the working days after one day until another; what lies outside of the calendar is not counted."""
    first, last = max(began, days.first_day), min(ended, days.last_day)
    return days.workdays_between(first, last) if first < last else 0


def _named(named: Mapping[str, Procedure], key: str) -> Procedure:
    return named.get(key) or Procedure(key, key, "", 0)

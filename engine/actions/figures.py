"""Counting the figures of a pack: for the page of statistics, and for service tasks that ask for them."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from engine import errors
from engine.actions import context, directory, figure_file
from engine.calendars import moments
from engine.model import figures as model
from engine.store import queries, queries_statistics, unit_of_work

#: Late tasks that are named one by one.
MOST_LATE = 100
#: Figures that a service task may ask for at a time: each reads its part of the records.
MOST_FIGURES = 100
_MOST_DEFINITIONS = 1000


def measure(
    uow: unit_of_work.UnitOfWork,
    pack: str,
    figure: model.Figure,
    chosen: queries_statistics.Selection,
    now: datetime.datetime,
    *,
    procedures: Collection[str],
    unit_names: Collection[str] | None = None,
) -> model.Measured | None:
    """Count a figure in one statement.

    Args:
        uow: The unit of work.
        pack: Slug of its pack.
        figure: What is counted.
        chosen: Period and units; its procedures narrow those of the figure.
        now: The time, by which open tasks are late.
        procedures: Keys of the procedures of the pack.
        unit_names: What the units are called in registers; None asks for no unit.

    Returns:
        What it came to; None when units are asked for and the records do not tell them.
    """
    keys = set(figure.procedures or procedures)
    if chosen.procedures is not None:
        keys &= set(chosen.procedures)
    narrowed = queries_statistics.Selection(chosen.since, chosen.until, keys, chosen.units)
    match figure.counted:
        case model.Counted.CASES:
            found = queries_statistics.cases(uow, narrowed)
            return model.Measured(figure, pack, sum(each.count for each in found))
        case model.Counted.TASKS:
            total, late = queries_statistics.due_tasks(uow, narrowed, now)
            return model.Measured(figure, pack, total, late)
        case model.Counted.PUBLICATIONS:
            counted = queries_statistics.published(uow, pack, chosen, figure.kinds or None)
            return model.Measured(figure, pack, sum(count for _, count in counted))
    if unit_names is not None and not figure.unit:
        return None
    unit = None if unit_names is None else (figure.unit, unit_names)
    if figure.sums:
        added = queries_statistics.sums(uow, pack, figure.register, chosen, figure.sums, where=figure.where, unit=unit)
        summed = tuple((name, added.get(field, 0)) for field, name in figure.sums.items())
        return model.Measured(figure, pack, summed[0][1], parts=summed)
    rows = queries_statistics.entries(
        uow, pack, figure.register, chosen, by=figure.by or None, where=figure.where, unit=unit
    )
    parts = tuple((said or "", count) for said, count in rows) if figure.by else ()
    return model.Measured(figure, pack, sum(count for _, count in rows), parts=parts)


def count(
    engine: context.Engine, uow: unit_of_work.UnitOfWork, instance_id: int, request: model.Count
) -> dict[str, Any]:
    """Count what a service task asked for, as things stand just before it is finished.

    Args:
        engine: The engine.
        uow: A unit of work that reads: counting takes its time, and nobody is to wait for it.
        instance_id: The case.
        request: What is to be counted.

    Returns:
        `counts`: a row for each, with `total` and of tasks `in_time`, `late` and `rate` (percent), `counted` (False:
        the records cannot tell, with the reason in `basis`) and `source`, a path where the records are read.
        `late_tasks`: the late ones of them, with who should have done them, at most `MOST_LATE`.
        `unit_people`: ids of the people of the unit, so that a task can keep them away; nobody without a unit.

    Raises:
        errors.InvalidRecord: There is no such figure, there are too many, or the period ends before it begins.
    """
    now = engine.clock.now()
    row = engine.definitions.get(uow, uow.instances.get(instance_id).definition_id).row
    declared = {each.id: each for each in figure_file.of_deployment(uow, row.deployment_id, row.pack)}
    if len(request.figures) > MOST_FIGURES:
        raise errors.InvalidRecord(f"一次最多统计 {MOST_FIGURES} 项，实际为 {len(request.figures)} 项。")
    if request.until < request.since:
        raise errors.InvalidRecord(f"统计的期间应先起后止，实际为 {request.since} 至 {request.until}。")
    known = engine.directory.within(uow)
    units = None if request.unit is None else units_named(known, request.unit)
    names = None if request.unit is None else {request.unit, *(known.units[each].name for each in units or ())}
    chosen = queries_statistics.Selection(*period(request.since, request.until), None, units)
    keys = procedures_of(uow, row.pack)
    rows: list[dict[str, Any]] = []
    late: dict[int, queries_statistics.LateTask] = {}
    for wanted in request.figures:
        given = {name: value for name, value in wanted.items() if name != "figure"}
        if wanted.get("figure") is None:
            rows.append({"name": "", **given, "counted": False, "basis": given.get("basis") or "没有相应的办理记录"})
            continue
        figure = declared.get(str(wanted["figure"]))
        if figure is None:
            raise errors.InvalidRecord(f"流程包“{row.pack}”的 {figure_file.NAME} 没有“{wanted['figure']}”一项。")
        if units is not None and not units and figure.counted is not model.Counted.ENTRIES:
            reason = f"人员目录中没有名为“{request.unit}”的单位"
            rows.append({"name": figure.name, **given, "counted": False, "basis": reason})
            continue
        found = measure(uow, row.pack, figure, chosen, now, procedures=keys, unit_names=names)
        rows.append({"name": figure.name, **given, **_told(row.pack, figure, found)})
        if found is not None and found.late:
            asked = queries_statistics.Selection(chosen.since, chosen.until, figure.procedures or keys, units)
            for task in queries_statistics.late_tasks(uow, asked, now, limit=MOST_LATE):
                late[task.id] = task
    behind = sorted(late.values(), key=lambda task: (task.due, task.id))[:MOST_LATE]
    members = sorted(user.id for user in known.users.values() if units and user.unit_id in units)
    return {"counts": rows, "late_tasks": [_late(known, task) for task in behind], "unit_people": members}


def period(since: datetime.date, until: datetime.date) -> tuple[datetime.datetime, datetime.datetime]:
    """Return the instants between which two official days and all days between them lie; the second is outside."""
    return moments.begin(since), moments.end_passed(until)


def units_named(known: directory.Directory, name: str) -> frozenset[int]:
    """Return the units of a name with all units below them."""
    return units_below(known, [unit.id for unit in known.units.values() if unit.name == name.strip()])


def units_below(known: directory.Directory, units: Sequence[int]) -> frozenset[int]:
    """Return units with all units below them."""
    wanted = set(units)
    return frozenset(id_ for id_ in known.units if any(above.id in wanted for above in known.unit_path(id_)))


def procedures_of(uow: unit_of_work.UnitOfWork, pack: str) -> frozenset[str]:
    """Return the keys of the procedures that a pack has or once had."""
    found = queries.definitions(uow, pack=pack, latest_only=True, limit=_MOST_DEFINITIONS)
    return frozenset(each.key for each in found.items)


def percent(part: int, whole: int) -> float | None:
    """Return a share in percent with one digit, halves rounded up; None of nothing."""
    return None if not whole else int(part * 1000 / whole + 0.5) / 10


def _told(pack: str, figure: model.Figure, found: model.Measured | None) -> Mapping[str, Any]:
    if found is None:
        return {"counted": False, "basis": "此项记录不分单位"}
    told: dict[str, Any] = {"counted": True, "total": found.total}
    if found.late is not None:
        on_time = found.total - found.late
        told |= {"in_time": on_time, "late": found.late}
        if found.total:
            told["rate"] = percent(on_time, found.total)
    told["basis"] = figure.note or _BASES[figure.counted]
    if figure.register:
        told["source"] = f"/registers/{pack}/{figure.register}"
    return told


_BASES = {
    model.Counted.ENTRIES: "台账记录",
    model.Counted.PUBLICATIONS: "已公开的信息",
    model.Counted.CASES: "发起的事项",
    model.Counted.TASKS: "有期限的任务",
}


def _late(known: directory.Directory, task: queries_statistics.LateTask) -> dict[str, Any]:
    done = task.completed_at
    return {
        "name": task.name,
        "case": " ".join(filter(None, (task.business_key, task.title))) or f"事项 {task.instance_id}",
        "person": "尚未签收" if task.person is None else known.name(task.person),
        "due": task.due.astimezone(moments.SHANGHAI).isoformat(),
        "done": "尚未办结" if done is None else f"{done.astimezone(moments.SHANGHAI):%Y-%m-%d %H:%M} 办结",
        "source": f"/cases/{task.instance_id}",
    }

"""Open deadlines move when the working-day calendar changes: due times of user tasks, and timers.

What a deadline would be is asked of the same expression that gave it, at the moment at which it was given, once with
the calendar before the change and once with the one after it.  It moves only where the first answer is what is stored:
then nobody has set it by hand, and its data have not changed.  So looking twice moves nothing twice.

The approval moves those of the first cases itself.  A moment later, when no process counts on the calendar before any
more, the background looks through all cases, a batch at a time (`go_on`).
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Collection, Iterable, Mapping

from engine.actions import context, definition_cache, office_calendars, transaction
from engine.bpmn import deadlines
from engine.calendars import calendar
from engine.model import calendar_changes as model
from engine.model import commands, instances
from engine.store import event_queries, open_deadlines, unit_of_work

#: Cases that one transaction looks at.
BATCH = 200
#: How long after an approval some process may still count on the calendar before.
SETTLING = datetime.timedelta(seconds=2 * office_calendars.FRESH)


@dataclasses.dataclass(frozen=True, slots=True)
class Move:
    """A deadline that moves: the due time of a task, or else a timer. `name` is what the task or timer is called."""

    case: event_queries.Case
    element_id: str
    name: str
    old: datetime.datetime
    to: deadlines.Counted
    task: instances.UserTask | None = None
    timer: instances.Timer | None = None

    @property
    def new(self) -> datetime.datetime:
        """Return when it is due afterwards."""
        return self.to.due


@dataclasses.dataclass(frozen=True, slots=True)
class _Wait:
    """A task or timer, and where it stands in the state of its case."""

    instance_id: int
    token: int
    element_id: str
    due: datetime.datetime
    task: instances.UserTask | None = None
    timer: instances.Timer | None = None

    @property
    def place(self) -> tuple[int, int]:
        """Return the case and the token, which waits for nothing else until a point in time."""
        return self.instance_id, self.token


class Comparison:
    """The calendars of all packs before and after a change, and what counts on them.

    Args:
        engine: The engine.
        uow: The unit of work.
        now: The time.
        day: The day that changes.
        was: The changes in force before it.
        becomes: The changes in force after it.
    """

    def __init__(
        self,
        engine: context.Engine,
        uow: unit_of_work.UnitOfWork,
        now: datetime.datetime,
        day: str,
        was: Iterable[model.CalendarChange],
        becomes: Iterable[model.CalendarChange],
    ) -> None:
        self._engine = engine
        self._uow = uow
        self._now = now
        self._day = datetime.date.fromisoformat(day)
        self._sides = (tuple(was), tuple(becomes))
        self._calendars: dict[str, tuple[calendar.Calendar, calendar.Calendar]] = {}
        self._elements = self._affected()

    def waiting(self, after: int) -> list[int]:
        """Return the next cases that wait for something that counts working days, behind a case, by id."""
        return open_deadlines.waiting(self._uow, self._elements, after, BATCH)

    def moves(self, instance_ids: Collection[int]) -> list[Move]:
        """Return what moves in some cases, in the order of cases, as they stand now."""
        if not instance_ids:
            return []
        cases = event_queries.cases(self._uow, instance_ids)
        waits = [each for each in self._waits(instance_ids) if self._counts(cases[each.instance_id], each)]
        if not waits:
            return []
        states = open_deadlines.states(self._uow, {each.instance_id for each in waits})
        begun = self._begun(cases, states, waits)
        found = [
            self._move(cases[each.instance_id], states[each.instance_id], each, begun[each.place])
            for each in sorted(waits, key=lambda each: each.place)
            if each.place in begun
        ]
        return [each for each in found if each is not None]

    def _affected(self) -> Mapping[int, frozenset[str]]:
        """Return the elements that count on a calendar in which the day differs, by definition."""
        found = {}
        for number in open_deadlines.definitions(self._uow):
            definition = self._definition(number)
            if definition.counting:
                was, becomes = self._of(definition.row.pack)
                if was.is_workday(self._day) != becomes.is_workday(self._day):
                    found[number] = definition.counting
        return found

    def _of(self, pack: str) -> tuple[calendar.Calendar, calendar.Calendar]:
        if pack not in self._calendars:
            was, becomes = (self._engine.calendars.of(self._uow, pack, side) for side in self._sides)
            self._calendars[pack] = (was, becomes)
        return self._calendars[pack]

    def _definition(self, number: int) -> definition_cache.Definition:
        return self._engine.definitions.get(self._uow, number)

    def _counts(self, case: event_queries.Case, wait: _Wait) -> bool:
        return wait.element_id in self._elements.get(case.instance.definition_id, ())

    def _waits(self, instance_ids: Collection[int]) -> list[_Wait]:
        tasks = open_deadlines.user_tasks_of(self._uow, instance_ids)
        timers = open_deadlines.timers_of(self._uow, instance_ids)
        return [
            *(_Wait(each.instance_id, each.token, each.element_id, each.due, task=each) for each in tasks if each.due),
            *(
                _Wait(each.instance_id, each.token, each.element_id, each.due, timer=each)
                for each in timers
                if each.instance_id is not None and each.token is not None
            ),
        ]

    def _begun(
        self,
        cases: Mapping[int, event_queries.Case],
        states: Mapping[int, instances.InstanceState],
        waits: Iterable[_Wait],
    ) -> Mapping[tuple[int, int], datetime.datetime]:
        """Return when the waits began; a timer that waits with the whole case began with it."""
        found: dict[tuple[int, int], datetime.datetime] = {}
        owners: dict[tuple[int, int], tuple[int, int]] = {}
        for each in waits:
            if each.task is not None:
                found[each.place] = each.task.created_at
                continue
            owner = deadlines.owner(states[each.instance_id], each.token)
            if owner == 1:
                found[each.place] = cases[each.instance_id].instance.started_at
            else:
                owners[each.place] = (each.instance_id, owner)
        if owners:
            ids, tokens = ({at[which] for at in owners.values()} for which in (0, 1))
            entered = open_deadlines.entered(self._uow, ids, tokens)
            found |= {place: entered[at] for place, at in owners.items() if at in entered}
        return found

    def _move(
        self, case: event_queries.Case, state: instances.InstanceState, wait: _Wait, begun: datetime.datetime
    ) -> Move | None:
        instance, definition = case.instance, self._definition(case.instance.definition_id)
        was, becomes = (
            definition.context(
                begun,
                days,
                business_key=instance.business_key,
                instance_id=instance.id,
                initiator=instance.started_by,
                actor=instance.started_by,
            )
            for days in self._of(case.pack)
        )
        counted = deadlines.recount(definition.process, state, wait.token, was, becomes)
        if counted is None or counted[0].due != wait.due or counted[1].due == wait.due:
            return None
        if max(wait.due, counted[1].due) <= self._now:  # past before and after: nothing is taken back
            return None
        title = wait.task.name if wait.task is not None else definition.process.spec.task_specs[wait.element_id].title
        return Move(case, wait.element_id, title, wait.due, counted[1], wait.task, wait.timer)


def at_once(tx: transaction.Transaction, change: model.CalendarChange, was: list[model.CalendarChange]) -> None:
    """Move the deadlines of the first cases with a change that has just been approved; the rest follows.

    Args:
        tx: The transaction of the approval.
        change: The change, approved.
        was: The changes in force before it.
    """
    moved = _batch(tx, change, was)[0]
    tx.uow.calendar_changes.looked(change, moved=moved, looked_to=0, look_at=tx.now + SETTLING)


def go_on(engine: context.Engine) -> int:
    """Look at the next cases for a change that was approved a moment ago; return how many cases were looked at."""
    with engine.store.read() as uow:
        if uow.calendar_changes.unfinished(engine.clock.now()) is None:
            return 0
    with transaction.begin(engine, commands.SYSTEM) as tx:
        change = tx.uow.calendar_changes.unfinished(tx.now)
        if change is None:
            return 0
        moved, ids = _batch(tx, change, tx.uow.calendar_changes.in_force(before=change))
        last = len(ids) < BATCH
        tx.uow.calendar_changes.looked(
            change,
            moved=moved,
            looked_to=change.looked_to if last else ids[-1],
            look_at=None if last else tx.now,
        )
        return len(ids) or 1


def _batch(
    tx: transaction.Transaction, change: model.CalendarChange, was: list[model.CalendarChange]
) -> tuple[int, list[int]]:
    """Move what moves in the next cases; return how many deadlines did, and which cases these are."""
    compared = Comparison(tx.engine, tx.uow, tx.now, change.day, was, tx.uow.calendar_changes.in_force())
    ids = compared.waiting(change.looked_to)
    touched = sorted({each.case.instance.id for each in compared.moves(ids)})
    for number in touched:
        tx.uow.instances.lock(number)
    # Asked again, now that nobody else can change them.
    moves = compared.moves(touched)
    for each in moves:
        _carry_out(tx, each, change)
    return len(moves), ids


def _carry_out(tx: transaction.Transaction, move: Move, change: model.CalendarChange) -> None:
    locked = tx.uow.instances.lock(move.case.instance.id)
    details = {
        "element": move.element_id,
        "old": move.old.isoformat(),
        "new": move.new.isoformat(),
        "document": change.document,
        "calendar_change": change.id,
    }
    if move.task is not None:
        tx.note(locked, "move-due", f"user_task/{move.task.id}", **details)
        tx.uow.user_tasks.change(move.task, due=move.new)
        return
    assert move.timer is not None
    assert move.timer.token is not None
    tx.note(locked, "move-timer", f"timer/{move.timer.id}", **details)
    before = tx.uow.instances.with_undo(locked.id, locked.state)
    process = tx.of(locked).process
    tx.record(locked, deadlines.move_timer(process, tx.context(locked), before, move.timer.token, move.to))

"""Changes of the office's working-day calendar: whoever approves one has not proposed it (I-07)."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable
from typing import Any

from engine import errors
from engine.actions import context, deadline_moves, office_calendars, policy, transaction
from engine.calendars import calendar, moments, overrides
from engine.model import calendar_changes as model
from engine.model import commands

_LONGEST = 200


@dataclasses.dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody proposes: one day, worked or off.

    Args:
        day: The day.
        working: Whether it is worked.
        document: Number or name of the decision it rests on (文号).
        scope: The layer that decided.
        reason: Shown beside the day, e.g. 台风停工.
        counts_for_statutory: Whether limits set by law move with it.
    """

    day: datetime.date
    working: bool
    document: str
    scope: overrides.Scope = overrides.Scope.AGENCY
    reason: str = ""
    counts_for_statutory: bool = False


def propose(engine: context.Engine, proposal: Proposal, actor: commands.Actor) -> model.CalendarChange:
    """Propose a change; it counts when somebody else has approved it.

    Raises:
        errors.Forbidden: The actor is no administrator.
        errors.CalendarError: The document is missing, the day is outside the calendar, or already so.
    """
    policy.operate(actor, "调整工作日历")
    for name, text in (("依据文件", proposal.document), ("说明", proposal.reason)):
        if len(text) > _LONGEST:
            raise errors.CalendarError(f"{name}最多 {_LONGEST} 字，现为 {len(text)} 字。")
    with transaction.begin(engine, actor) as tx:
        _check(proposal, actor.id, tx.now, _in_force(tx.uow.calendar_changes.in_force()))
        made = tx.uow.calendar_changes.propose(
            day=proposal.day.isoformat(),
            working=proposal.working,
            document=proposal.document.strip(),
            scope=proposal.scope.value,
            reason=proposal.reason.strip(),
            counts_for_statutory=proposal.counts_for_statutory,
            valid_from=moments.local_day(tx.now).isoformat(),
            revokes=None,
            proposed_by=actor.id,
            proposed_at=tx.now,
        )
        tx.note(None, "propose-calendar-change", _subject(made), **_facts(made))
        return made


def propose_revocation(engine: context.Engine, change_id: int, actor: commands.Actor) -> model.CalendarChange:
    """Propose to take an approved change back.

    Raises:
        errors.Forbidden: The actor is no administrator.
        errors.Conflict: The change is not in force, or somebody has proposed this already.
    """
    policy.operate(actor, "调整工作日历")
    with transaction.begin(engine, actor) as tx:
        repository = tx.uow.calendar_changes
        old = repository.get(change_id)
        if old.id not in {change.id for change in repository.in_force()}:
            raise errors.Conflict(f"日历调整 {change_id} 没有生效，无需撤销。")
        if any(each.revokes == old.id and each.status is model.ChangeStatus.PROPOSED for each in repository.all()):
            raise errors.Conflict(f"已有人提出撤销日历调整 {change_id}，请等待批准。")
        values = {
            name: getattr(old, name)
            for name in ("day", "working", "document", "scope", "reason", "counts_for_statutory", "valid_from")
        }
        made = repository.propose(**values, revokes=old.id, proposed_by=actor.id, proposed_at=tx.now)
        tx.note(None, "propose-calendar-change", _subject(made), revokes=old.id, **_facts(made))
        return made


def approve(engine: context.Engine, change_id: int, actor: commands.Actor, note: str = "") -> model.CalendarChange:
    """Approve a proposal: from now on due dates are counted with it, and open deadlines move.

    Raises:
        errors.Forbidden: The actor is no administrator, or proposed it.
        errors.Conflict: It has been decided on; or a case whose deadline moves was held by another action for too long.
        errors.CalendarError: Another change of the layer for this day came into force meanwhile.
    """
    policy.operate(actor, "批准日历调整")
    try:
        with transaction.begin(engine, actor) as tx:
            repository = tx.uow.calendar_changes
            change = repository.get(change_id)
            if change.proposed_by == actor.id:
                raise errors.Forbidden("日历调整由您提出，应由另一位管理员批准。")
            repository.lock_day(change.day)  # of two that contradict each other one is approved
            was = repository.in_force()
            repository.decide(change, model.ChangeStatus.APPROVED, actor.id, tx.now, note.strip() or None)
            engine.calendars.check(tx.uow)
            tx.note(None, "approve-calendar-change", _subject(change), **_facts(change))
            deadline_moves.at_once(tx, change, was)
            return repository.get(change_id)
    finally:  # also when it was not approved: within the transaction the calendar was the new one
        engine.calendars.forget_all()


@dataclasses.dataclass(frozen=True, slots=True)
class Preview:
    """What a proposal moves when it is approved: the first deadlines, in the order of cases, and how many in all."""

    change: model.CalendarChange
    moves: tuple[deadline_moves.Move, ...]
    total: int

    @property
    def rest(self) -> int:
        """Return how many more there are than are listed."""
        return self.total - len(self.moves)


def preview(engine: context.Engine, change_id: int, actor: commands.Actor, *, limit: int = 50) -> Preview:
    """Return the open deadlines that move if a proposal is approved now.

    Raises:
        errors.Forbidden: The actor is no administrator.
        errors.Conflict: It has been decided on.
        errors.CalendarError: It contradicts another change that came into force meanwhile.
    """
    policy.operate(actor, "查看日历调整")
    with engine.store.read() as uow:
        change = uow.calendar_changes.get(change_id)
        if change.status is not model.ChangeStatus.PROPOSED:
            raise errors.Conflict(f"日历调整 {change.id} 已经处理过了，请刷新后查看。")
        was = uow.calendar_changes.in_force()
        becomes = [each for each in was if each.id != change.revokes] + ([] if change.revokes else [change])
        compared = deadline_moves.Comparison(engine, uow, engine.clock.now(), change.day, was, becomes)
        listed: list[deadline_moves.Move] = []
        total, after = 0, 0
        while ids := compared.waiting(after):
            found = compared.moves(ids)
            listed += found[: limit - len(listed)]
            total, after = total + len(found), ids[-1]
    return Preview(change, tuple(listed), total)


def refuse(engine: context.Engine, change_id: int, actor: commands.Actor, note: str) -> model.CalendarChange:
    """Refuse a proposal, or withdraw one's own; says why.

    Raises:
        errors.Forbidden: The actor is no administrator.
        errors.InvalidInput: No reason is given.
        errors.Conflict: It has been decided on.
    """
    policy.operate(actor, "处理日历调整")
    if not note.strip():
        raise errors.InvalidInput("不同意日历调整应说明理由。")
    with transaction.begin(engine, actor) as tx:
        change = tx.uow.calendar_changes.get(change_id)
        own = change.proposed_by == actor.id
        status = model.ChangeStatus.WITHDRAWN if own else model.ChangeStatus.REFUSED
        tx.uow.calendar_changes.decide(change, status, actor.id, tx.now, note.strip()[:_LONGEST])
        tx.note(None, "refuse-calendar-change", _subject(change), why=note.strip()[:_LONGEST])
        return tx.uow.calendar_changes.get(change_id)


def listed(engine: context.Engine, actor: commands.Actor) -> list[model.CalendarChange]:
    """Return the changes, newest first; for administrators."""
    policy.operate(actor, "查看日历调整")
    with engine.store.read() as uow:
        return uow.calendar_changes.all()


def office(engine: context.Engine) -> calendar.Calendar:
    """Return the days on which the office is open: the national calendar with every change in force."""
    with engine.store.read() as uow:
        return _in_force(uow.calendar_changes.in_force()).office


def _in_force(changes: Iterable[model.CalendarChange]) -> calendar.Calendar:
    return calendar.load().with_overrides(office_calendars.as_overrides(changes))


def _check(proposal: Proposal, proposer: str, now: datetime.datetime, present: calendar.Calendar) -> None:
    """Refuse what the calendar would refuse, and what changes nothing."""
    entry = overrides.Override(
        date=proposal.day,
        working=proposal.working,
        document=proposal.document,
        scope=proposal.scope,
        proposer=proposer,
        approver=office_calendars.NOBODY,
        valid_from=moments.local_day(now),
        counts_for_statutory=proposal.counts_for_statutory,
        reason=proposal.reason,
    )
    calendar.load().with_overrides([entry])
    if present.office.day(proposal.day).working == proposal.working and not proposal.counts_for_statutory:
        already = "工作日" if proposal.working else "休息日"
        raise errors.CalendarError(f"{proposal.day}已经是{already}，无需调整。")


def _subject(change: model.CalendarChange) -> str:
    return f"calendar_change/{change.id}"


def _facts(change: model.CalendarChange) -> dict[str, Any]:
    return {"day": change.day, "working": change.working, "document": change.document, "scope": change.scope}

"""How long cases are kept (保存期限), and holds (保全): a case under hold is not deleted, whatever its time.

`camunda:historyTimeToLive` of the procedure that a case ran on says how long it is kept after its end: days, or an ISO
8601 duration on the calendar. Without one it is kept for ever. A case goes with all that it has called, by the time of
the one that no other called; `engine.actions.erasing` deletes it.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from engine import errors
from engine.actions import context, policy, transaction
from engine.bpmn import timers
from engine.model import commands
from engine.model import retention as model

#: Longest reason, in letters.
LONGEST = 500
#: Cases of one procedure that are read in one transaction.
_PAGE = 100
_BEGINNING = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def hold(engine: context.Engine, instance_id: int, actor: commands.Actor, reason: str) -> model.Hold:
    """Put a case under hold (保全), with those that it called: it is not deleted until it is released.

    Args:
        engine: The engine.
        instance_id: The case, or one that it called.
        actor: An operator.
        reason: Why, as the letter of a court or of an auditor.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.NotFound: There is no such case.
        errors.InvalidInput: The reason is empty or too long.
        errors.Conflict: It is under hold already.
    """
    policy.operate(actor, "保全事项")
    reason = checked(reason, "保全")
    with transaction.begin(engine, actor) as tx:
        found = tx.uow.instances.get(instance_id)
        locked = tx.uow.instances.lock(found.root_id or found.id)
        placed = tx.uow.retention.put(locked.id, reason, actor.id, tx.now)
        tx.note(locked, "hold-case", f"instance/{locked.id}", reason=reason)
        return placed


def release(engine: context.Engine, instance_id: int, actor: commands.Actor, reason: str) -> None:
    """Release a case from its hold (解除保全); raises as `hold` does, errors.Conflict where it is under none."""
    policy.operate(actor, "解除保全")
    reason = checked(reason, "解除保全")
    with transaction.begin(engine, actor) as tx:
        found = tx.uow.instances.get(instance_id)
        locked = tx.uow.instances.lock(found.root_id or found.id)
        if not tx.uow.retention.release(locked.id, reason, actor.id, tx.now):
            raise errors.Conflict(f"事项 {locked.id} 没有保全，无需解除。", instance=locked.id)
        tx.note(locked, "release-hold", f"instance/{locked.id}", reason=reason)


def holds(engine: context.Engine, actor: commands.Actor, *, after: int = 0, limit: int = 500) -> list[model.Hold]:
    """Return the holds in force, by case; raises errors.Forbidden for who is no operator."""
    policy.operate(actor, "查看保全的事项")
    with engine.store.read() as uow:
        return uow.retention.holds(after, limit)


def erasures(engine: context.Engine, actor: commands.Actor, *, after: int = 0, limit: int = 500) -> list[model.Erasure]:
    """Return which cases were deleted, by number; raises errors.Forbidden for who is no operator."""
    policy.operate(actor, "查看已删除的事项")
    with engine.store.read() as uow:
        return uow.retention.erasures(after, limit)


def plan(engine: context.Engine, actor: commands.Actor, *, limit: int = 100) -> list[model.Due]:
    """Return cases whose time is over, and why those among them stay that do; raises as `holds` does.

    Args:
        engine: The engine.
        actor: An operator.
        limit: How many at most.
    """
    policy.operate(actor, "查看保存期满的事项")
    found = []
    for each in due(engine):
        found.append(each)
        if len(found) == limit:
            break
    return found


def due(engine: context.Engine) -> Iterator[model.Due]:
    """Yield the cases whose time is over, by procedure, those that ended first before others; nothing is locked."""
    now = engine.clock.now()
    with engine.store.read() as uow:
        times = uow.retention.times()
    for definition_id, name, kept in times:
        after = (_BEGINNING, 0)
        while True:
            with engine.store.read() as uow:
                ended = uow.retention.ended(definition_id, now, after, _PAGE)
                page = []
                for each in ended:
                    over = until(each.ended_at, kept)
                    if over is None or over > now:
                        break
                    family = uow.retention.family(each.id)
                    stays = tuple(uow.retention.stays(family))
                    page.append(
                        model.Due(each.id, name, each.business_key, kept, each.ended_at, over, len(family), stays)
                    )
            yield from page
            if len(page) < _PAGE:
                break
            after = (ended[-1].ended_at, ended[-1].id)


def single(engine: context.Engine, instance_id: int) -> model.Due:
    """Return one case as `due` does, whether its time is over or not; `stays` says whether anything keeps it.

    Raises:
        errors.NotFound: There is no such case.
        errors.Conflict: It has not ended, or another case called it.
    """
    with engine.store.read() as uow:
        found = uow.instances.get(instance_id)
        definition = engine.definitions.get(uow, found.definition_id).row
        family = uow.retention.family(instance_id)
        stays = tuple(uow.retention.stays(family))
    if found.root_id is not None:
        raise errors.Conflict(
            f"事项 {instance_id} 由事项 {found.root_id} 调用，与其一并保存，请指明事项 {found.root_id}。"
        )
    if found.ended_at is None:
        raise errors.Conflict(f"事项 {instance_id} 尚未办结，不能删除。", instance=instance_id)
    kept = definition.history_ttl
    over = None if kept is None else until(found.ended_at, kept)
    return model.Due(
        instance_id, definition.name, found.business_key, kept or "", found.ended_at, over, len(family), stays
    )


def until(ended_at: datetime.datetime, kept: str) -> datetime.datetime | None:
    """Return when the time of a case is over that ended at a moment; None where it is kept for ever.

    Args:
        ended_at: When it ended.
        kept: Days, or an ISO 8601 duration; what is neither keeps it for ever.
    """
    written = kept.strip()
    try:
        return timers.after(ended_at, f"P{int(written)}D" if written.isdecimal() else written)
    except (errors.EvaluationFailed, OverflowError):
        return None


def checked(reason: str, act: str) -> str:
    """Return a reason as it is kept; raises errors.InvalidInput when it is empty or too long."""
    reason = reason.strip()
    if not 0 < len(reason) <= LONGEST:
        raise errors.InvalidInput(f"{act}的理由应为 1 至 {LONGEST} 字，现为 {len(reason)} 字。")
    return reason

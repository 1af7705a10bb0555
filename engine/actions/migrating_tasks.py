"""Whose an open user task is after its case was migrated to another version of its process.

Where the new version offers it to the same people as the old one, nothing about people changes, whatever happened to
the task meanwhile. Where it does not, who has it keeps it if the new version lets them; else it is of whom that names.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from engine import errors
from engine.actions import duties, open_tasks, policy, recusal, transaction, wording
from engine.bpmn import migration
from engine.model import instances, steps
from engine.model.migrations import Change
from engine.store import instances as stored


@dataclasses.dataclass(frozen=True, slots=True)
class Becomes:
    """What becomes of an open task.

    Args:
        task: As it is.
        drawn: Name, lane, form and clause of the new version.
        changes: What else changes (see `UserTasks.change`).
        rehomed: Whether other people may do it now, or somebody else has it.
        told: What is to be said of it.
    """

    task: instances.UserTask
    drawn: Mapping[str, Any]
    changes: Mapping[str, Any]
    rehomed: bool
    told: tuple[Change, ...]


def of(
    tx: transaction.Transaction,
    locked: stored.LockedInstance,
    task: instances.UserTask,
    offer: migration.Offer,
    elements: Mapping[str, str],
    *,
    reckoned: bool,
) -> Becomes:
    """Return what becomes of a task.

    Args:
        tx: The transaction, or one that only reads.
        locked: The case, as one of the new version.
        task: The task.
        offer: How each version offers it, roles by lane and within units already found.
        elements: New ids of elements by old ones, which what is stored of the case still has.
        reckoned: Whether its due time is counted anew.
    """
    was, now = offer.was, offer.now
    drawn = {"name": now.name, "lane": now.lane, "form_key": now.form_key, "clause": now.clause}
    changes: dict[str, Any] = {}
    if was is None or was.priority != now.priority:
        changes["priority"] = now.priority
    if reckoned:
        changes |= {"due": now.due, "follow_up": now.follow_up}
    changed = was is None or _people(was) != _people(now)
    if changed:
        changes |= {"candidate_users": now.candidate_users, "candidate_groups": now.candidate_groups}
        changes |= _holder(tx, locked, task, now, elements)
    changes = {name: value for name, value in changes.items() if getattr(task, name) != value}
    rehomed = bool({"candidate_users", "candidate_groups", "assignee"} & set(changes))
    told = tuple(_told(tx, locked, task, drawn, changes))
    return Becomes(task, drawn, changes, rehomed, told)


def carry_out(tx: transaction.Transaction, locked: stored.LockedInstance, becomes: Becomes) -> None:
    """Let a task be what becomes of it, in a case that is of the new version already."""
    task, changes = becomes.task, becomes.changes
    if any(getattr(task, name) != value for name, value in becomes.drawn.items()):
        task = tx.uow.user_tasks.redraw(task, **becomes.drawn)
    if becomes.rehomed:
        users, groups = (
            changes.get(f"candidate_{kind}", getattr(task, f"candidate_{kind}")) for kind in ("users", "groups")
        )
        assignee = changes.get("assignee", task.assignee)
        to = {"to": list(users), "roles": list(groups)} if assignee is None else {"to": assignee}
        tx.note(locked, "migrate-user-task", open_tasks.subject(task), element=task.element_id, by=task.assignee, **to)
        if "assignee" in changes:
            duties.stay_involved(tx, task, task.assignee, task.owner)
    if changes:
        tx.uow.user_tasks.change(task, **changes)


def _people(offered: steps.UserTaskOpened) -> tuple[Any, ...]:
    return offered.assignee, offered.candidate_users, offered.candidate_groups


def _holder(
    tx: transaction.Transaction,
    locked: stored.LockedInstance,
    task: instances.UserTask,
    now: steps.UserTaskOpened,
    elements: Mapping[str, str],
) -> dict[str, Any]:
    """Return who has the task now: who had it, if the new version lets them, else whom that names."""
    pending = task.delegation is instances.Delegation.PENDING
    holder = task.owner if pending else task.assignee
    if holder is not None and _may_keep(tx, locked, task, now, elements, holder):
        return {}
    delegation = None if task.delegation is None else instances.Delegation.RESOLVED
    return {"assignee": now.assignee, "owner": None, "delegation": delegation}


def _may_keep(
    tx: transaction.Transaction,
    locked: stored.LockedInstance,
    task: instances.UserTask,
    now: steps.UserTaskOpened,
    elements: Mapping[str, str],
    holder: str,
) -> bool:
    definition = tx.of(locked)
    named = (now.assignee, *now.candidate_users)
    offered = not any(_people(now)) or holder in named
    if not offered and tx.office(definition).groups_of(holder).isdisjoint(now.candidate_groups):
        return False
    others = definition.separated.get(now.element_id, frozenset())
    others |= {was for was, becomes in elements.items() if becomes in others}
    try:
        recusal.check(definition, locked.state, dataclasses.replace(task, element_id=now.element_id), holder)
        policy.separate(holder, task, duties.doers(tx.uow, locked.id, others) if others else (), tx.names(locked))
    except errors.Forbidden:
        return False
    return True


def _told(
    tx: transaction.Transaction,
    locked: stored.LockedInstance,
    task: instances.UserTask,
    drawn: Mapping[str, Any],
    changes: Mapping[str, Any],
) -> Iterator[Change]:
    def say(text: str) -> Change:
        return Change(task.element_id, f"任务“{task.name}”{text}")

    people = tx.names(locked)
    if drawn["name"] != task.name:
        yield say(f"改称“{drawn['name']}”")
    if drawn["form_key"] != task.form_key:
        yield say(f"的表单由“{task.form_key or '无'}”改为“{drawn['form_key'] or '无'}”")
    if {"candidate_users", "candidate_groups"} & set(changes):
        after = dataclasses.replace(task, **{k: v for k, v in changes.items() if k.startswith("candidate_")})
        yield say(f"的候选人改为{wording.candidates(after, people)}")
    if "assignee" in changes:
        to = changes["assignee"]
        how = f"改由{wording.person(to, people)}办理" if to else "交回候选人"
        yield say(f"不再由{wording.person(task.assignee, people)}办理，{how}" if task.assignee else how)
    if "due" in changes:
        due = changes["due"]
        yield say(f"的期限改为 {wording.when(due, tx.now)}" if due else "不再有期限")

"""What happened in a case, in words and in order: the acts of its audit trail, and what they led to."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator, Sequence

from engine.actions import sentences
from engine.model import commands, instances, views_cases

#: What the history tells beside the audit trail, by type of element: when it was left.
_LEFT = {
    "endEvent": "到达“{name}”",
    "businessRuleTask": "自动完成“{name}”",
    "scriptTask": "自动完成“{name}”",
    "manualTask": "经过“{name}”",
    "task": "经过“{name}”",
    "intermediateThrowEvent": "经过“{name}”",
}
_CALL = "“{name}”启动下级事项"


def of(
    entries: Iterable[instances.AuditEntry],
    tasks: Sequence[instances.UserTask],
    history: Iterable[instances.HistoryEntry],
    words: sentences.Words,
) -> tuple[views_cases.Event, ...]:
    """Return what happened, oldest first: each act is followed by what it led to, also within one moment.

    Args:
        entries: The audit trail of the case, or its newest part.
        tasks: Its user tasks.
        history: Its visits.
        words: What sentences need to know.
    """
    chain = sorted((entry.at, entry.seq) for entry in entries)
    acts = [(entry.seq, 0, 0, _act(entry, words)) for entry in entries]
    effects = []
    for event, token, seq in _effects(tasks, list(history), words):
        # Visits of old know the time alone: they follow the last act of that time.
        place = bisect.bisect_right(chain, event.at, key=lambda each: each[0])
        after = seq if seq is not None else chain[place - 1][1] if place else 0
        effects.append((after, 1, token, event))
    first = min((seq for _, seq in chain), default=0)
    kept = [effect for effect in effects if effect[0] >= first]
    return tuple(event for *_, event in sorted([*acts, *kept], key=lambda each: each[:3]))


def _act(entry: instances.AuditEntry, words: sentences.Words) -> views_cases.Event:
    sentence, detail = words.say(entry)
    kind, _, number = entry.subject.partition("/")
    element = entry.details.get("element")
    whom = entry.details.get("for")
    return views_cases.Event(
        at=entry.at,
        by=None if entry.actor == commands.SYSTEM.id else entry.actor,
        sentence=sentence,
        action=entry.action,
        detail=detail,
        element_id=element if isinstance(element, str) else None,
        task_id=int(number) if kind == "user_task" and number.isdecimal() else None,
        on_behalf_of=whom if isinstance(whom, str) else None,
    )


def _effects(
    tasks: Sequence[instances.UserTask], history: Sequence[instances.HistoryEntry], words: sentences.Words
) -> Iterator[tuple[views_cases.Event, int, int | None]]:
    """Yield what acts led to: each event with its token, and the act by its place in the chain where that is known."""
    visits = {visit.token: visit for visit in history}
    for task in tasks:
        stay = visits.get(task.token)
        sent = views_cases.Event(
            at=task.created_at,
            by=None,
            sentence=f"“{task.name}”送{_receivers(task, words)}",
            action="entered",
            element_id=task.element_id,
            task_id=task.id,
        )
        yield sent, task.token, None if stay is None else stay.entered_seq
        if task.status is instances.UserTaskStatus.CANCELLED and task.completed_at is not None:
            gone = views_cases.Event(
                task.completed_at, None, f"“{task.name}”不再需要办理", "left", "", task.element_id, task.id
            )
            yield gone, task.token, None if stay is None else stay.left_seq
    for visit in history:
        pattern = _LEFT.get(visit.element_type)
        if visit.element_type == "callActivity":
            yield _visited(visit, _CALL, entered=True), visit.token, visit.entered_seq
        elif pattern is not None and visit.left_at is not None and visit.name != visit.element_id:
            yield _visited(visit, pattern, entered=False), visit.token, visit.left_seq


def _visited(visit: instances.HistoryEntry, pattern: str, *, entered: bool) -> views_cases.Event:
    at = visit.entered_at if entered or visit.left_at is None else visit.left_at
    action = "entered" if entered else "left"
    return views_cases.Event(at, None, pattern.format(name=visit.name), action, "", visit.element_id)


def _receivers(task: instances.UserTask, words: sentences.Words) -> str:
    """Return to whom a task went: its candidates, or who has it where it has none."""
    offered = [*task.candidate_users, *task.candidate_groups]
    if not offered:
        offered = [each for each in (task.owner or task.assignee,) if each]
    return "、".join(words.person(each) for each in offered) or "办理人"

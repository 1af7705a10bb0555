"""What happened in a case, in words and in order: the acts of its audit trail, and what they led to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from engine.actions import sentences
from engine.model import commands, instances, views

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
) -> tuple[views.Event, ...]:
    """Return what happened, oldest first.

    Args:
        entries: The audit trail of the case, or its newest part.
        tasks: Its user tasks.
        history: Its visits.
        words: What sentences need to know.
    """
    acts = [(entry.at, 0, entry.seq, _act(entry, words)) for entry in entries]
    began = min((at for at, *_ in acts), default=None)
    effects = [(event.at, 1, place, event) for place, event in enumerate(_effects(tasks, history, words))]
    kept = [effect for effect in effects if began is None or effect[0] >= began]
    return tuple(event for *_, event in sorted([*acts, *kept], key=lambda each: each[:3]))


def _act(entry: instances.AuditEntry, words: sentences.Words) -> views.Event:
    sentence, detail = words.say(entry)
    kind, _, number = entry.subject.partition("/")
    element = entry.details.get("element")
    whom = entry.details.get("for")
    return views.Event(
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
    tasks: Sequence[instances.UserTask], history: Iterable[instances.HistoryEntry], words: sentences.Words
) -> Iterator[views.Event]:
    for task in tasks:
        yield views.Event(
            at=task.created_at,
            by=None,
            sentence=f"“{task.name}”送{_receivers(task, words)}",
            action="entered",
            element_id=task.element_id,
            task_id=task.id,
        )
        if task.status is instances.UserTaskStatus.CANCELLED and task.completed_at is not None:
            yield views.Event(
                task.completed_at, None, f"“{task.name}”不再需要办理", "left", "", task.element_id, task.id
            )
    for visit in history:
        pattern = _LEFT.get(visit.element_type)
        if visit.element_type == "callActivity":
            yield _visited(visit, _CALL, entered=True)
        elif pattern is not None and visit.left_at is not None and visit.name != visit.element_id:
            yield _visited(visit, pattern, entered=False)


def _visited(visit: instances.HistoryEntry, pattern: str, *, entered: bool) -> views.Event:
    at = visit.entered_at if entered or visit.left_at is None else visit.left_at
    action = "entered" if entered else "left"
    return views.Event(at, None, pattern.format(name=visit.name), action, "", visit.element_id)


def _receivers(task: instances.UserTask, words: sentences.Words) -> str:
    """Return to whom a task went: its candidates, or who has it where it has none."""
    offered = [*task.candidate_users, *task.candidate_groups]
    if not offered:
        offered = [each for each in (task.owner or task.assignee,) if each]
    return "、".join(words.person(each) for each in offered) or "办理人"

"""Sentences about people and time, as an office writes them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from engine import errors
from engine.calendars import moments
from engine.model import instances, invariants


def person(user_id: str | None, people: Mapping[str, str]) -> str:
    """Return the name of a person, or the id where no name is known."""
    return "系统" if user_id in (None, "system") else people.get(str(user_id), str(user_id))


def signature(user_id: str | None, principal: str | None, people: Mapping[str, str]) -> str:
    """Return who signed, and for whom where they stood in for somebody: 王芳（代李四）."""
    name = person(user_id, people)
    return name if principal is None else f"{name}（代{person(principal, people)}）"


def candidates(task: instances.UserTask, people: Mapping[str, str]) -> str:
    """Return whom a task is offered to."""
    offered = (*task.candidate_users, *task.candidate_groups)
    return "、".join(people.get(each, each) for each in offered) or "无（请由系统管理员移交）"


def reason(given: str) -> str:
    """Return a reason that somebody gave.

    Raises:
        errors.InvalidInput: It says nothing, or too much.
    """
    said = given.strip()
    if not 0 < len(said) <= 500:
        raise errors.InvalidInput(f"请用 1 至 500 字说明理由，现为 {len(said)} 字。")
    return said


#: What invariants are about.
SUBJECTS: Mapping[invariants.SubjectKind, str] = {
    invariants.SubjectKind.CASE: "事项",
    invariants.SubjectKind.PUBLICATION: "公开信息",
    invariants.SubjectKind.ENTRY: "台账记录",
    invariants.SubjectKind.DOCUMENT: "公文",
}


def outcome(found: invariants.Outcome) -> str:
    """Return what came of checking an invariant, in a word."""
    if found.invariant.inapplicable:
        return "不适用"
    if not found.looked_at:
        return "无可核对"
    if found.holds:
        return "符合"
    return "提示" if found.invariant.severity is invariants.Severity.WARNING else "违反"


def when(at: datetime.datetime, now: datetime.datetime) -> str:
    """Return a time in official Chinese time, as short as is clear on the day of `now`."""
    there, here = at.astimezone(moments.SHANGHAI), now.astimezone(moments.SHANGHAI)
    if there.date() == here.date():
        return f"{there:%H:%M}"
    year = f"{there.year}年" if there.year != here.year else ""
    return f"{year}{there.month}月{there.day}日 {there:%H:%M}"

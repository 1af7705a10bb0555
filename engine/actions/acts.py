"""What entries of the audit trail mean to people: who is told what."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Mapping
from typing import Any

from engine.actions import reminders, telling
from engine.model import events, instances
from engine.store import event_queries


@dataclasses.dataclass(frozen=True, slots=True)
class Act:
    """An entry of the trail with what it is about, as that stands now."""

    number: int
    entry: instances.AuditEntry
    case: event_queries.Case | None
    task: instances.UserTask | None

    @property
    def event(self) -> str:
        """Return what nobody is told twice."""
        return f"audit/{self.number}"

    @property
    def details(self) -> Mapping[str, Any]:
        """Return what the entry says beside who did what to what."""
        return self.entry.details


Rule = Callable[[telling.Telling, Act], None]


def handed(act: Act) -> tuple[int, str] | None:
    """Return task and person where an act gives a task to somebody by name, who is told so in its own words."""
    to = act.details.get("to")
    if act.entry.action in _HANDING and act.task is not None and isinstance(to, str):
        return act.task.id, to
    return None


def _hand(kind: events.NoticeKind, title: str) -> Rule:
    """Return the rule for acts that give a task to somebody, who is told if the task still is theirs."""

    def rule(told: telling.Telling, act: Act) -> None:
        if act.task is None or act.case is None or act.task.assignee != act.details.get("to"):
            return
        who = told.names.name(act.entry.actor)
        those = [act.task.assignee, *told.substitutes(act.task.assignee)] if act.task.assignee else []
        told.uow.notices.supersede(act.task, those, act.event, told.now)
        told.tell(
            those,
            kind,
            act.event,
            title.format(who=who, task=act.task.name),
            text=telling.about(act.case, act.task),
            link=telling.task_link(act.task),
            case=act.case,
            task=act.task if act.task.status is instances.UserTaskStatus.OPEN else None,
            actor=act.entry.actor,
        )

    return rule


def _offered_again(told: telling.Telling, act: Act) -> None:
    """Tell the candidates of a task that was given back what they were told when it was opened."""
    if act.task is None or act.case is None or act.task.assignee is not None:
        return
    if act.task.status is instances.UserTaskStatus.OPEN:
        doers = told.doers(act.task)
        told.uow.notices.reopen(doers, events.NoticeKind.OFFERED, offered(act.task))
        offer(told, act.case, act.task, doers)


def offered(task: instances.UserTask) -> str:
    """Return the event of a task that is opened: its candidates are told once."""
    return f"user_task/{task.id}"


def offer(told: telling.Telling, case: event_queries.Case, task: instances.UserTask, those: list[str]) -> None:
    """Tell people of a task that they may take."""
    told.tell(
        those,
        events.NoticeKind.OFFERED,
        offered(task),
        f"可签收任务“{task.name}”",
        text=telling.about(case, task),
        link=telling.task_link(task),
        case=case,
        task=task,
    )


def _substitution(told: telling.Telling, act: Act) -> None:
    first = datetime.date.fromisoformat(act.details["begins_on"])
    reminders.substitution_begins(told, int(act.entry.subject.partition("/")[2]), first)


def _security(title: str, owner: Callable[[Act], str]) -> Rule:
    """Return the rule for acts on an account, of which its owner is told, whoever did it."""

    def rule(told: telling.Telling, act: Act) -> None:
        by = "本人" if act.entry.actor == owner(act) else told.names.name(act.entry.actor)
        told.tell(
            [owner(act)],
            events.NoticeKind.SECURITY,
            act.event,
            title.format(**act.details),
            text=f"操作人：{by}，时间：{telling.moment(act.entry.at)}。如非您本意，请立即联系系统管理员。",
            link="/account",
            actor=act.entry.actor,
        )

    return rule


def _user(act: Act) -> str:
    return act.entry.subject.partition("/")[2]


def _address(told: telling.Telling, act: Act) -> None:
    """Tell the owner of an account when the address changes that mail goes to."""
    if "email" in act.details:
        _security("您账号的邮箱已修改", _user)(told, act)


#: By the action of an entry.
RULES: Mapping[str, Rule] = {
    "delegate-user-task": _hand(events.NoticeKind.DELEGATED, "{who}将任务“{task}”委派给您"),
    "resolve-user-task": _hand(events.NoticeKind.RESOLVED, "{who}已交回您委派的任务“{task}”"),
    "transfer-user-task": _hand(events.NoticeKind.TRANSFERRED, "{who}将任务“{task}”移交给您"),
    "unclaim-user-task": _offered_again,
    "create-substitution": _substitution,
    "change-password": _security("您的密码已修改", _user),
    "reset-password": _security("您的密码已重置", _user),
    "create-token": _security("已为您的账号创建接口令牌“{name}”", lambda act: str(act.details["user"])),
    "revoke-token": _security("您账号的接口令牌“{name}”已撤销", lambda act: str(act.details["user"])),
    "update-user": _address,
}
_HANDING = frozenset({"delegate-user-task", "resolve-user-task", "transfer-user-task"})

#: The events of other programs, by the action of an entry.
EVENTS: Mapping[str, str] = {
    "claim-user-task": "task.claimed",
    "unclaim-user-task": "task.released",
    "delegate-user-task": "task.delegated",
    "resolve-user-task": "task.resolved",
    "transfer-user-task": "task.transferred",
    "complete-user-task": "task.completed",
    "start-instance": "instance.started",
    "suspend-instance": "instance.suspended",
    "activate-instance": "instance.activated",
    "retry-incident": "incident.resolved",
    "resolve-incident": "incident.resolved",
    "add-comment": "comment.added",
    "deploy": "deployment.created",
}

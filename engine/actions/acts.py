"""What entries of the audit trail mean to people: who is told what."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Mapping
from typing import Any

from engine.actions import reminders, telling
from engine.model import cooperation, events, instances
from engine.store import event_queries


@dataclasses.dataclass(frozen=True, slots=True)
class Act:
    """An entry of the trail with what it is about, as that stands now."""

    number: int
    entry: instances.AuditEntry
    case: event_queries.Case | None
    task: instances.UserTask | None
    #: The earlier task that a case was sent back to.
    again: instances.UserTask | None = None

    @property
    def event(self) -> str:
        """Return what nobody is told twice."""
        return f"audit/{self.number}"

    @property
    def details(self) -> Mapping[str, Any]:
        """Return what the entry says beside who did what to what."""
        return self.entry.details

    @property
    def people(self) -> tuple[str, ...]:
        """Return the ids of the people whom the act names."""
        to = self.details.get("to") or ()
        return (to,) if isinstance(to, str) else tuple(to)


Rule = Callable[[telling.Telling, Act], None]

_HANDING = frozenset({"delegate-user-task", "resolve-user-task", "transfer-user-task"})


def handed(act: Act) -> list[tuple[int, str]]:
    """Return tasks and people where an act gives a task to somebody by name, who is told so in its own words."""
    if act.task is None or act.entry.action not in _HANDING:
        return []
    return [(act.task.id, person) for person in act.people]


def _hand(kind: events.NoticeKind, title: str) -> Rule:
    """Return the rule for acts that give a task to somebody, who is told if the task still is theirs."""

    def rule(told: telling.Telling, act: Act) -> None:
        if act.task is None or act.case is None or act.task.assignee != act.details.get("to"):
            return
        who = told.names.name(act.entry.actor)
        those = told.with_substitutes([act.task.assignee] if act.task.assignee else [])
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


def _migrated(told: telling.Telling, act: Act) -> None:
    """Tell whoever may do a task now that other people might do before its case was migrated."""
    if act.task is not None and act.task.assignee is None:
        _offered_again(told, act)
    else:
        _hand(events.NoticeKind.TRANSFERRED, "流程版本变更，任务“{task}”改由您办理")(told, act)


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


def _returned(told: telling.Telling, act: Act) -> None:
    """Tell whoever may do an earlier task again why the case came back, instead of telling them of a new task."""
    if act.again is None or act.case is None or act.again.status is not instances.UserTaskStatus.OPEN:
        return
    those = told.doers(act.again)
    told.tell(
        those,
        events.NoticeKind.RETURNED,
        act.event,
        f"{told.names.name(act.entry.actor)}退回任务“{act.again.name}”",
        text=f"{telling.about(act.case, act.again)}。理由：{act.details['reason']}",
        link=telling.task_link(act.again),
        case=act.case,
        task=act.again,
        actor=act.entry.actor,
    )


def _withdrawn(told: telling.Telling, act: Act) -> None:
    """Tell who had got the next task that it is not to be done."""
    if act.case is None or act.task is None:
        return
    told.tell(
        told.with_substitutes(act.people),
        events.NoticeKind.WITHDRAWN,
        act.event,
        f"{told.names.name(act.entry.actor)}撤回了“{act.task.name}”，转给您的任务无需办理",
        text=telling.about(act.case),
        link=telling.case_link(act.case),
        case=act.case,
        actor=act.entry.actor,
    )


def _urged(told: telling.Telling, act: Act) -> None:
    if act.case is None or act.task is None or act.task.status is not instances.UserTaskStatus.OPEN:
        return
    those = [*act.people, *told.in_roles(act.details.get("roles") or ())]
    note = act.details.get("text")
    told.tell(
        told.with_substitutes(those),
        events.NoticeKind.URGED,
        act.event,
        f"{told.names.name(act.entry.actor)}催办任务“{act.task.name}”",
        text=telling.about(act.case, act.task) + (f"。{note}" if note else ""),
        link=telling.task_link(act.task),
        case=act.case,
        task=act.task,
        actor=act.entry.actor,
    )


def _copied(told: telling.Telling, act: Act) -> None:
    if act.case is None:
        return
    note = act.details.get("text")
    told.tell(
        [*act.people, *told.in_roles(act.details.get("roles") or ())],
        events.NoticeKind.COPIED,
        act.event,
        f"{told.names.name(act.entry.actor)}抄送事项“{act.case.label}”",
        text=telling.about(act.case) + (f"。{note}" if note else ""),
        link=telling.case_link(act.case),
        case=act.case,
        actor=act.entry.actor,
    )


def _mentioned(told: telling.Telling, act: Act) -> None:
    if act.case is None or not act.people:
        return
    told.tell(
        act.people,
        events.NoticeKind.MENTIONED,
        act.event,
        f"{told.names.name(act.entry.actor)}在意见中提到您",
        text=f"{telling.about(act.case)}：{telling.one_line(str(act.details['text']))[:200]}",
        link=telling.case_link(act.case),
        case=act.case,
        actor=act.entry.actor,
    )


def _answered(told: telling.Telling, act: Act) -> None:
    """Tell who asked for an opinion what it is."""
    if act.case is None or act.task is None:
        return
    verdict = "同意" if act.details["agrees"] else "不同意"
    opinion = telling.one_line(str(act.details["text"]))[:200]
    told.tell(
        act.people,
        events.NoticeKind.COUNTERSIGN,
        act.event,
        f"{told.names.name(act.entry.actor)}对“{act.task.name}”提出加签意见：{verdict}",
        text=telling.about(act.case, act.task) + (f"。{opinion}" if opinion else ""),
        link=telling.task_link(act.task),
        case=act.case,
        actor=act.entry.actor,
    )


def ask(
    told: telling.Telling, case: event_queries.Case, task: instances.UserTask, asked: cooperation.Countersignature
) -> None:
    """Tell somebody that their opinion on a task is asked for: each time that it is, once."""
    told.tell(
        told.with_substitutes([asked.person]),
        events.NoticeKind.COUNTERSIGN,
        f"countersignature/{asked.id}/{asked.opened_at or asked.asked_at:%Y-%m-%dT%H:%M:%S.%f}",
        f"{told.names.name(asked.asked_by)}请您对“{task.name}”提出加签意见",
        text=telling.about(case, task) + (f"。{asked.question}" if asked.question else ""),
        link=telling.task_link(task),
        case=case,
        task=task,
        actor=asked.asked_by,
    )


def _due_moved(told: telling.Telling, act: Act) -> None:
    """Tell whoever may do a task that its due day is another one, because the working-day calendar has changed."""
    if act.case is None or act.task is None or act.task.status is not instances.UserTaskStatus.OPEN:
        return
    old, new = (datetime.datetime.fromisoformat(str(act.details[name])) for name in ("old", "new"))
    if new > told.now:  # what was said of the old day is over
        told.uow.notices.supersede_reminders(act.task, told.now)
    told.tell(
        told.doers(act.task),
        events.NoticeKind.DUE_MOVED,
        act.event,
        f"任务“{act.task.name}”的期限由{telling.day(old)}改为{telling.day(new)}",
        text=f"{telling.about(act.case, act.task)}。工作日历调整，依据：{act.details['document']}",
        link=telling.task_link(act.task),
        case=act.case,
        task=act.task,
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
    "change-candidates": _offered_again,
    "migrate-user-task": _migrated,
    "return-user-task": _returned,
    "withdraw-user-task": _withdrawn,
    "urge-user-task": _urged,
    "move-due": _due_moved,
    "copy-case": _copied,
    "add-comment": _mentioned,
    "answer-countersignature": _answered,
    "create-substitution": _substitution,
    "change-password": _security("您的密码已修改", _user),
    "reset-password": _security("您的密码已重置", _user),
    "create-token": _security("已为您的账号创建接口令牌“{name}”", lambda act: str(act.details["user"])),
    "revoke-token": _security("您账号的接口令牌“{name}”已撤销", lambda act: str(act.details["user"])),
    "update-user": _address,
}

#: The events of other programs, by the action of an entry.
EVENTS: Mapping[str, str] = {
    "claim-user-task": "task.claimed",
    "unclaim-user-task": "task.released",
    "delegate-user-task": "task.delegated",
    "resolve-user-task": "task.resolved",
    "transfer-user-task": "task.transferred",
    "complete-user-task": "task.completed",
    "countersigned-user-task": "task.completed",
    "return-user-task": "task.returned",
    "withdraw-user-task": "task.withdrawn",
    "urge-user-task": "task.urged",
    "move-due": "task.due_moved",
    "countersign-user-task": "task.countersign_asked",
    "start-instance": "instance.started",
    "suspend-instance": "instance.suspended",
    "activate-instance": "instance.activated",
    "retry-incident": "incident.resolved",
    "resolve-incident": "incident.resolved",
    "add-comment": "comment.added",
    "deploy": "deployment.created",
}

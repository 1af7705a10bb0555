"""Telling of what happened: new tasks and the audit trail, read in small batches, each in a unit of work of its own.

No act writes anything for it. A batch that is killed is read again, and tells nobody twice: notices and deliveries are
one for each event.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection

from engine.actions import acts, context, outbox, reminders, telling, webhook_events
from engine.model import events, instances
from engine.store import event_queries, feeds, unit_of_work
from engine.store import notices as stored

FEED = "notices"
_SUBJECT = re.compile(r"(\w+)/(\d+)")


def follow(engine: context.Engine, *, limit: int = 100) -> int:
    """Tell of up to `limit` new tasks and as many acts; return how many there were."""
    with engine.store.read() as uow:
        if not uow.feeds.pending(FEED):
            return 0
    names = engine.directory.get(engine.store)
    with engine.store.write() as uow:
        feed = uow.feeds.lock(FEED)
        if feed is None:  # somebody else does it
            return 0
        now = engine.clock.now()
        batch = uow.feeds.read(feed, limit, now)
        tasks = uow.feeds.unannounced(limit)
        if tasks or batch.entries:
            told = telling.Telling(engine, uow, names, now)
            _Batch(told, outbox.Outbox(uow, now), tasks, batch).tell()
            uow.feeds.announced(tasks, now)
        uow.feeds.save(batch.feed)
        return len(tasks) + len(batch.entries)


class _Batch:
    """New tasks and acts with what they are about, read for all of them together."""

    def __init__(
        self, told: telling.Telling, said: outbox.Outbox, tasks: list[instances.UserTask], batch: feeds.Batch
    ) -> None:
        self.told = told
        self.said = said
        self.tasks = tasks
        self.uow: unit_of_work.UnitOfWork = told.uow
        entries = batch.entries
        self.touched = {entry.chain for _, entry in entries if entry.chain} | {task.instance_id for task in tasks}
        self.since = min((entry.at for _, entry in entries), default=told.now)
        self.cases = event_queries.cases(self.uow, self.touched)
        self.openers = event_queries.openers(self.uow, [task.id for task in tasks])
        subjects = {number: _SUBJECT.fullmatch(entry.subject) for number, entry in entries}
        named = {number: int(found[2]) for number, found in subjects.items() if found and found[1] == "user_task"}
        again = {number: int(entry.details["to_task"]) for number, entry in entries if "to_task" in entry.details}
        # What people are asked for their opinion on now (加签), and which of them on which task.
        self.asked = event_queries.open_countersignatures(self.uow, self.touched)
        self.countersigners = {(each.user_task_id, each.person) for each in self.asked}
        wanted = {*named.values(), *again.values(), *(each.user_task_id for each in self.asked)}
        self.known = event_queries.tasks(self.uow, wanted)
        self.acts = [
            acts.Act(
                number,
                entry,
                self.cases.get(entry.chain),
                self.known.get(named.get(number, 0)),
                self.known.get(again.get(number, 0)),
            )
            for number, entry in entries
        ]

    def tell(self) -> None:
        """Tell people and programs, and settle what asked for work that is over."""
        handed = {found for act in self.acts for found in acts.handed(act)}
        returned = {act.again.id for act in self.acts if act.again is not None}
        for task in self.tasks:
            self._announce(task, handed, told=task.id in returned)
        for act in self.acts:
            self._tell_of(act)
        self._opinions()
        self._incidents()
        self._cancelled()
        self._endings()
        self._settle()
        self.told.write()
        self.said.write()

    def _announce(self, task: instances.UserTask, handed: Collection[tuple[int, str]], *, told: bool) -> None:
        """Tell of a new task, unless an act tells of it in its own words: all people, or some of them.

        Who opened it by an act of theirs knows: they were led to it, or had it before their eyes.
        """
        case = self.cases[task.instance_id]
        data = {"task": webhook_events.task(task), "instance": webhook_events.instance(case)}
        self.said.say(events.Event(f"task-{task.id}-created", "task.created", task.created_at, data))
        if task.status is not instances.UserTaskStatus.OPEN:
            return
        reminders.watch(self.told, case, task)
        if told:
            return
        opener = self.openers.get(task.id)
        those = [person for person in self.told.doers(task) if (task.id, person) not in handed and person != opener]
        if task.assignee is None:
            barred = self._barred(case, task)
            acts.offer(self.told, case, task, [person for person in those if person not in barred])
            return
        self.told.tell(
            those,
            events.NoticeKind.ASSIGNED,
            acts.offered(task),
            f"待办任务“{task.name}”",
            text=telling.about(case, task),
            link=telling.task_link(task),
            case=case,
            task=task,
        )

    def _barred(self, case: event_queries.Case, task: instances.UserTask) -> set[str]:
        """Return who did a task that others must do this one after (职责分离)."""
        definition = self.told.engine.definitions.get(self.uow, case.instance.definition_id)
        others = definition.separated.get(task.element_id)
        if not others:
            return set()
        doers = self.uow.user_tasks.doers(task.instance_id, others)
        return {person for by, on_behalf, _, _ in doers for person in (by, on_behalf) if person is not None}

    def _tell_of(self, act: acts.Act) -> None:
        if act.task is not None and act.case is not None and act.entry.action != "complete-user-task":
            reminders.watch(self.told, act.case, act.task)  # its due time may have changed
        rule = acts.RULES.get(act.entry.action)
        if rule is not None:
            rule(self.told, act)
        name = acts.EVENTS.get(act.entry.action)
        if name is not None and self.said.wants(name):
            self.said.say(events.Event(f"audit-{act.number}", name, act.entry.at, self._data(act)))

    def _data(self, act: acts.Act) -> dict[str, object]:
        data: dict[str, object] = {"actor": act.entry.actor}
        kind, _, number = act.entry.subject.partition("/")
        if act.task is not None:
            data["task"] = webhook_events.task(act.task)
        if kind == "incident":
            data["incident"] = webhook_events.incident(self.uow.incidents.get(int(number)))
        if kind == "deployment":
            data["deployment"] = {"id": int(number), "pack": act.details["pack"]}
        if act.case is not None:
            data["instance"] = webhook_events.instance(act.case)
        return data

    def _opinions(self) -> None:
        """Tell people of opinions that they are asked for, those that their turn has come for now among them."""
        for each in self.asked:
            task = self.known[each.user_task_id]
            acts.ask(self.told, self.cases[each.instance_id], task, each)

    def _incidents(self) -> None:
        for incident in event_queries.new_incidents(self.uow, self.touched, self.since):
            case = self.cases[incident.instance_id]
            data = {"incident": webhook_events.incident(incident), "instance": webhook_events.instance(case)}
            at = incident.created_at
            self.said.say(events.Event(f"incident-{incident.id}-created", "incident.created", at, data))
            if incident.resolved_at is None:
                self.told.tell(
                    self.told.admins(),
                    events.NoticeKind.INCIDENT,
                    f"incident/{incident.id}",
                    f"事项“{case.label}”办理出现异常",
                    text=incident.message[:500],
                    link=telling.case_link(case),
                    case=case,
                )

    def _cancelled(self) -> None:
        if not self.said.wants("task.cancelled"):
            return
        for task in event_queries.cancelled_tasks(self.uow, self.touched, self.since):
            data = {
                "task": webhook_events.task(task),
                "instance": webhook_events.instance(self.cases[task.instance_id]),
            }
            at = task.completed_at or self.told.now
            self.said.say(events.Event(f"task-{task.id}-cancelled", "task.cancelled", at, data))

    def _endings(self) -> None:
        """Tell of cases that ended: the act that ended one is the last of its chain, however it did."""
        last = {act.entry.chain: act for act in self.acts}
        for case in self.cases.values():
            ended, act = case.instance.ended_at, last.get(case.instance.id)
            # What is written to a case afterwards, such as a comment, ends it no second time.
            if ended is None or act is None or min(each.entry.at for each in self.acts_of(case)) > ended:
                continue
            data = {"instance": webhook_events.instance(case)}
            self.said.say(events.Event(f"instance-{case.instance.id}-ended", "instance.ended", ended, data))
            if case.instance.parent_id is None:
                self.told.tell(
                    [case.instance.started_by, *self._concerned(case)],
                    events.NoticeKind.CASE_ENDED,
                    f"instance/{case.instance.id}/ended",
                    f"事项“{case.label}”{_ENDINGS[case.instance.status]}",
                    text=case.instance.end_reason or telling.about(case),
                    link=telling.case_link(case),
                    case=case,
                    actor=act.entry.actor,
                )

    def _concerned(self, case: event_queries.Case) -> list[str]:
        """Return who has worked on a case that is cancelled, or had it in hand: to them it is gone without a word else.

        Of tasks that nobody had taken their candidates see that they are settled.
        """
        if case.instance.status is not instances.InstanceStatus.CANCELLED:
            return []
        tasks = self.uow.user_tasks.of_instance(case.instance.id)
        found = dict.fromkeys(each for task in tasks for each in (task.completed_by, task.assignee, task.owner) if each)
        return [person for person in found if person != case.instance.started_by]

    def acts_of(self, case: event_queries.Case) -> list[acts.Act]:
        """Return the acts of the batch on a case."""
        return [act for act in self.acts if act.entry.chain == case.instance.id]

    def _settle(self) -> None:
        outcomes = []
        for notice in self.uow.notices.unsettled(self.touched):
            if notice.status is not instances.UserTaskStatus.OPEN or not self._still_asked(notice):
                outcomes.append((notice.id, self._outcome(notice)))
        self.uow.notices.settle(outcomes, self.told.now)

    def _still_asked(self, notice: stored.Unsettled) -> bool:
        """Tell whether an open task still is for the reader of a notice to do, or to give an opinion on."""
        for asked in (notice.person, *self.told.principals(notice.person)):
            if (notice.user_task_id, asked) in self.countersigners:
                return True
        if notice.kind is events.NoticeKind.COUNTERSIGN:
            return False
        return notice.assignee is None or notice.person in (notice.assignee, *self.told.substitutes(notice.assignee))

    def _outcome(self, notice: stored.Unsettled) -> str:
        if notice.status in _GONE:
            return _GONE[notice.status]
        if notice.status is instances.UserTaskStatus.OPEN and notice.kind is events.NoticeKind.COUNTERSIGN:
            return "无需再提意见"
        if notice.status is instances.UserTaskStatus.OPEN:
            return f"现由{self.told.names.name(notice.assignee)}办理"
        if notice.completed_by == notice.person:
            return "已办结"
        return f"已由{self.told.names.name(notice.completed_by)}办结"


_GONE = {
    instances.UserTaskStatus.CANCELLED: "已取消",
    instances.UserTaskStatus.RETURNED: "已退回",
    instances.UserTaskStatus.WITHDRAWN: "已被撤回",
}
_ENDINGS = {
    instances.InstanceStatus.COMPLETED: "已办结",
    instances.InstanceStatus.CANCELLED: "已取消",
    instances.InstanceStatus.ERROR: "因错误终止",
}


def lag(engine: context.Engine) -> datetime.timedelta | None:
    """Return for how long the oldest act has not been told of; None when everything has been."""
    with engine.store.read() as uow:
        oldest = uow.feeds.oldest(FEED)
    return None if oldest is None else engine.clock.now() - oldest

"""What somebody may do with a task now, and of everything else why not: what the buttons of its page go by.

The actions themselves ask the policy again. Here nothing is locked, so an answer may be outdated a moment later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine import errors
from engine.actions import case_reading, duties, policy, recusal
from engine.model import commands, cooperation, instances, views_tasks
from engine.store import unit_of_work

Check = Callable[[], None]
Task = instances.UserTask


def doers(uow: unit_of_work.UnitOfWork, seen: case_reading.Reading, task: Task) -> tuple[tuple[str, str], ...]:
    """Return who did what others must do than this task, each with the name of what they did (职责分离)."""
    others = seen.definition.separated.get(task.element_id)
    return tuple(duties.doers(uow, seen.instance.id, others)) if others else ()


def of(
    seen: case_reading.Reading, task: Task, done_by: Sequence[tuple[str, str]]
) -> tuple[views_tasks.Possibility, ...]:
    """Return what the reader may do with a task of a case, in the order of the page; `done_by` as from `doers`."""
    judge = _Judge(seen, task, done_by)
    return (
        judged("complete", "办结", judge.may_complete),
        judged("save-draft", "暂存", judge.may_fill),
        judged("claim", "签收", judge.may_claim),
        judged("unclaim", "退签", judge.may_unclaim),
        judged("resolve", "交回", judge.may_resolve),
        judged("delegate", "委派", judge.may_delegate),
        judged("transfer", "转办", judge.may_transfer),
        judged("comment", "发表意见", judge.may_comment),
    )


def refuse_work(seen: case_reading.Reading, task: Task) -> None:
    """Refuse who may not work on a task now.

    Raises:
        errors.Forbidden: It is not theirs.
        errors.Conflict: It is over, or the case rests.
    """
    _Judge(seen, task).may_work()


def judged(action: str, label: str, check: Check) -> views_tasks.Possibility:
    """Return whether a check lets an act be done; if not, the sentence by which it refuses."""
    try:
        check()
    except errors.GongkaiError as refusal:
        return views_tasks.Possibility(action, label, False, refusal.message)
    return views_tasks.Possibility(action, label, True)


class _Judge:
    def __init__(self, seen: case_reading.Reading, task: Task, done_by: Sequence[tuple[str, str]] = ()) -> None:
        self.seen = seen
        self.task = task
        self.done_by = done_by
        self.actor = seen.actor
        self.names = seen.names

    def may_complete(self) -> None:
        self._open()
        policy.work(self.actor, self.task, "办理", self.names)
        self._not_delegated("办结")
        self._not_held_up("办结", parallel=True)
        self._separate()

    def may_work(self) -> None:
        self._open()
        policy.work(self.actor, self.task, "办理", self.names)

    def may_fill(self) -> None:
        self._open()
        policy.work(self.actor, self.task, "填写", self.names)
        self._not_held_up("填写")
        if self.task.form_key is None:
            raise errors.InvalidInput(f"任务“{self.task.name}”没有表单，无需暂存。")

    def may_claim(self) -> None:
        self._open()
        policy.claim(self.actor, self.task, self.names)
        if self.task.assignee is not None:
            raise errors.Conflict(f"任务“{self.task.name}”已经签收。")
        self._separate()

    def may_unclaim(self) -> None:
        self._open()
        policy.own(self.actor, self.task, "退签", self.names)
        self._not_delegated("退签")
        self._not_held_up("退签")
        if not self.task.candidate_users and not self.task.candidate_groups:
            raise errors.Conflict(f"任务“{self.task.name}”直接指派办理，没有其他候选人，不能退签，可以移交他人。")

    def may_delegate(self) -> None:
        self._open()
        policy.own(self.actor, self.task, "委派", self.names)
        self._not_delegated("再次委派")
        self._not_held_up("再次委派")

    def may_resolve(self) -> None:
        self._open()
        policy.own(self.actor, self.task, "交回", self.names)
        if self.task.delegation is not instances.Delegation.PENDING:
            raise errors.Conflict(f"任务“{self.task.name}”不是委派的，无需交回，可以直接办结。")
        self._separate()

    def may_transfer(self) -> None:
        self._open()
        policy.hand_over(self.actor, self.task, self.names)
        if not self.actor.is_operator:
            self._not_delegated("移交")
            self._not_held_up("移交")

    def may_comment(self) -> None:
        policy.comment(self.actor, self.seen.instance, self.seen.tasks)

    def _open(self) -> None:
        status = self.task.status
        if status in (instances.UserTaskStatus.COMPLETED, instances.UserTaskStatus.RETURNED):
            who = self.names.get(self.task.completed_by or "", self.task.completed_by or "")
            how = "办结" if status is instances.UserTaskStatus.COMPLETED else "退回"
            raise errors.Conflict(f"该任务已由{who}{how}。")
        if status is instances.UserTaskStatus.WITHDRAWN:
            raise errors.Conflict("上一环节已撤回，该任务随之取消，无需办理。")
        if status is instances.UserTaskStatus.CANCELLED:
            raise errors.Conflict("该任务已取消，流程已转到其他环节，无需办理。")
        if self.seen.instance.status is instances.InstanceStatus.SUSPENDED:
            raise errors.Conflict(f"事项 {self.seen.instance.id} 已暂停办理，请在恢复后再操作。")

    def _not_delegated(self, act: str) -> None:
        if self.task.delegation is instances.Delegation.PENDING:
            owner = self.names.get(self.task.owner or "", self.task.owner or "")
            raise errors.Conflict(f"任务“{self.task.name}”由{owner}委派，办理后请交回，不能{act}。")

    def _not_held_up(self, act: str, *, parallel: bool = False) -> None:
        """Refuse what has to wait for those who are asked to countersign; with `parallel` for all of them."""
        if self.task.countersign is cooperation.Countersigning.SUBMITTED:
            raise errors.Conflict(f"任务“{self.task.name}”已经提交，正在等待会签同意，不能{act}；可以先撤回。")
        waiting = [
            self.names.get(each.person, each.person)
            for each in self.seen.countersignatures
            if each.user_task_id == self.task.id
            and each.status is cooperation.CountersignStatus.OPEN
            and (parallel or each.kind is not cooperation.CountersignKind.PARALLEL)
        ]
        if self.task.countersign is cooperation.Countersigning.ASKED and waiting:
            names = "、".join(waiting)
            raise errors.Conflict(f"任务“{self.task.name}”正在等待{names}的加签意见，收齐后才能{act}；也可以撤销加签。")

    def _separate(self) -> None:
        """Refuse whoever must keep away, did what others must do, or stands in only for those who did (职责分离)."""
        self._apart(self.actor.id)
        refusal: errors.Forbidden | None = None
        for person in policy.entitled(self.actor, self.task):
            try:
                self._apart(person.id)
            except errors.Forbidden as error:
                refusal = error
            else:
                return
        if refusal is not None:
            raise refusal

    def _apart(self, person: str) -> None:
        recusal.check(self.seen.definition, self.seen.state, self.task, person)
        policy.separate(person, self.task, self.done_by, self.names)


def entitled(actor: commands.Actor, task: Task) -> bool:
    """Tell whether a task is the actor's to work on, by their own right or for somebody they stand in for."""
    return task.status is instances.UserTaskStatus.OPEN and bool(policy.entitled(actor, task))

"""What somebody may do together with others on a task or case now, and of what they may not, why: for its pages.

The acts themselves ask again. Here nothing is locked, so an answer may be outdated a moment later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from engine import errors
from engine.actions import context, cooperation, policy, possibilities, urges, wording
from engine.model import commands, instances, views_cases, views_tasks
from engine.model import cooperation as model
from engine.store import traces


def of_task(
    engine: context.Engine, view: views_tasks.TaskView, actor: commands.Actor
) -> tuple[views_tasks.Possibility, ...]:
    """Return whether somebody who sees a task may send it back, ask others, copy, urge, or withdraw it."""
    return (
        possibilities.judged("return", "退回", lambda: _return(engine, view, actor)),
        possibilities.judged("countersign", "加签", lambda: _countersign(engine, view, actor)),
        possibilities.judged("copy", "抄送", lambda: _copy(engine, view.header.id, actor)),
        possibilities.judged("urge", "催办", lambda: _urge(engine, view.task, actor)),
        possibilities.judged("withdraw", "撤回", lambda: _withdraw(engine, view.task.id, actor)),
    )


def of_case(
    engine: context.Engine, view: views_cases.CaseView, actor: commands.Actor
) -> tuple[views_tasks.Possibility, ...]:
    """Return whether somebody who sees a case may send copies of it."""
    return (possibilities.judged("copy", "抄送", lambda: _copy(engine, view.header.id, actor)),)


def urgeable(engine: context.Engine, case_id: int, actor: commands.Actor) -> frozenset[int]:
    """Return the open tasks of a case that somebody may urge others to do."""
    with engine.store.read() as uow:
        instance = uow.instances.get(case_id)
        tasks = uow.user_tasks.of_instance(case_id)
    if instance.status is not instances.InstanceStatus.ACTIVE:
        return frozenset()
    waiting = (task for task in tasks if task.status is instances.UserTaskStatus.OPEN)
    return frozenset(task.id for task in waiting if _allowed(policy.urge, actor, instance, task, tasks))


def cancellable(engine: context.Engine, case_id: int, actor: commands.Actor) -> bool:
    """Tell whether it is somebody's to cancel a case as it stands; one that has ended cannot be any more."""
    with engine.store.read() as uow:
        instance = uow.instances.get(case_id)
        if not actor.is_operator and instance.started_by != actor.id:
            return False
        return _allowed(policy.cancel, actor, instance, traces.of(uow, case_id))


def urged(engine: context.Engine, case_id: int) -> dict[int, str]:
    """Return, by the open tasks of a case that cannot be urged again yet, why not."""
    now, names = engine.clock.now(), engine.directory.get(engine.store)
    found = {}
    with engine.store.read() as uow:
        for task in uow.user_tasks.of_instance(case_id):
            last = uow.urges.last(task.id) if task.status is instances.UserTaskStatus.OPEN else None
            if last is not None and now < last.at + urges.BETWEEN:
                who, at = names.name(last.by), wording.when(last.at, now)
                found[task.id] = f"{who}已于 {at} 催办，一小时内只能催办一次"
    return found


def withdrawable(engine: context.Engine, case_id: int, actor: commands.Actor) -> int | None:
    """Return the task of a case that somebody completed and may still take back: the last one, if any."""
    with engine.store.read() as uow:
        tasks = uow.user_tasks.of_instance(case_id)
    mine = [
        task
        for task in tasks
        if (task.status is instances.UserTaskStatus.COMPLETED and actor.id in (task.completed_by, task.completed_for))
        or task.countersign is model.Countersigning.SUBMITTED
    ]
    last = max(mine, key=lambda task: (task.completed_at or task.created_at, task.id), default=None)
    if last is None or cooperation.can_withdraw(engine, last.id, actor) is not None:
        return None
    return last.id


def still_withdrawable(engine: context.Engine, task_ids: Iterable[int], actor: commands.Actor) -> frozenset[int]:
    """Return those of some tasks that somebody completed and may still take back."""
    return frozenset(each for each in task_ids if cooperation.can_withdraw(engine, each, actor) is None)


def _return(engine: context.Engine, view: views_tasks.TaskView, actor: commands.Actor) -> None:
    _held(engine, view, actor, "退回")
    _not_waiting(view, "退回")
    targets = cooperation.return_targets(engine, view.task.id, actor)
    if not targets:
        raise errors.Conflict("这是第一个环节，之前没有可以退回的任务。")
    if not any(target.allowed for target in targets):
        raise errors.Conflict(targets[0].why)


def _countersign(engine: context.Engine, view: views_tasks.TaskView, actor: commands.Actor) -> None:
    _held(engine, view, actor, "加签")
    if view.task.countersign is model.Countersigning.SUBMITTED:
        raise errors.Conflict("已经提交，正在等待加签人同意，不能再加签。")


def _copy(engine: context.Engine, case_id: int, actor: commands.Actor) -> None:
    with engine.store.read() as uow:
        policy.copy(actor, uow.instances.get(case_id), uow.user_tasks.of_instance(case_id))


def _urge(engine: context.Engine, task: instances.UserTask, actor: commands.Actor) -> None:
    if task.id not in urgeable(engine, task.instance_id, actor):
        raise errors.Forbidden("此任务不能由您催办。")
    why_not = urged(engine, task.instance_id).get(task.id)
    if why_not is not None:
        raise errors.Conflict(f"{why_not}。")


def _withdraw(engine: context.Engine, task_id: int, actor: commands.Actor) -> None:
    why_not = cooperation.can_withdraw(engine, task_id, actor)
    if why_not is not None:
        raise errors.Conflict(why_not)


def _held(engine: context.Engine, view: views_tasks.TaskView, actor: commands.Actor, act: str) -> None:
    """Refuse a task that is over, rests, or is not in the actor's own hands."""
    task, names = view.task, engine.directory.get(engine.store)
    if task.status is not instances.UserTaskStatus.OPEN:
        raise errors.Conflict(f"任务“{task.name}”已经结束，不能{act}。")
    if view.header.status is instances.InstanceStatus.SUSPENDED:
        raise errors.Conflict("事项已暂停办理，请在恢复后再操作。")
    people = {user.id: user.name for user in names.users.values()}
    policy.own(actor, task, act, people)
    if task.delegation is instances.Delegation.PENDING:
        raise errors.Conflict(f"任务“{task.name}”由{names.name(task.owner)}委派，办理后请交回，不能{act}。")


def _not_waiting(view: views_tasks.TaskView, act: str) -> None:
    if view.task.countersign in (model.Countersigning.ASKED, model.Countersigning.SUBMITTED):
        raise errors.Conflict(f"正在等待加签意见，收齐或撤销后才能{act}。")


def _allowed(check: Callable[..., None], *arguments: object) -> bool:
    try:
        check(*arguments)
    except errors.GongkaiError:
        return False
    return True

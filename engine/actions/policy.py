"""Who may do what. Everything that is not allowed here is refused; each rule raises errors.Forbidden with its reason.

- Start: the candidate starters of the process; where it names none, the role of the lane with the start event.
- A user task: its assignee; while nobody has it, its candidate users and roles; of a role within a unit (`unitOf`) who
  has the role and belongs to the unit, and they transfer it among themselves alone. Administrators do not sign for
  others, they transfer. Who did one of the tasks named by `notSameActorAs` may neither do this one nor be handed it.
- Substitution (代理): what somebody may do with a task, their substitutes may do under their own names. What is claimed
  so is the principal's, and stays so when the substitution ends. Of tasks that must be done by different people,
  neither of the two may have done one, by whatever right.
- A comment: who has to do with the case (started it, did or may do one of its tasks), and operators. The same people
  may send copies of it (抄送): who was only given a copy cannot pass it on.
- Linking two cases (关联): who may see both and has to do with one of them as above, and monitors.
- Countersigning (加签): who has the task asks; who was asked, or their substitute, answers; who asked or has the task
  takes the question back. Sending a case back (退回): who has the task. Withdrawing (撤回): who completed the task, or
  for whom it was completed. Urging (催办): who started the case, who has another open task of it, monitors, operators.
- A register (台账): who has one of the roles that its pack names as readers, monitors, operators. An official document:
  who may see its case.
- A case: whoever has to do with it or with one of its family, and monitors (see `sees`).
- Cancelling (取消): operators; who started the case, as long as nobody else has done anything in it.
- Jobs of external topics: whose API token has the scope `jobs` and names the topic, in whoever's name; nobody else.
- Everything else (deploy, suspend, variables, messages, signals, incidents): operators, which are administrators and
  the platform itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from engine import errors
from engine.actions import wording
from engine.model import commands, cooperation, instances
from engine.model import people as people_model
from engine.store import involvement, traces, unit_of_work

#: Names of people and of roles, by id.
People = Mapping[str, str]


def operate(actor: commands.Actor, act: str) -> None:
    """Allow operators.

    Args:
        actor: Who acts.
        act: What they want, as a verb phrase that fits after “您没有权限”.
    """
    if not actor.is_operator:
        raise errors.Forbidden(f"您（{actor.id}）没有权限{act}。此操作由系统管理员执行。")


def monitor(actor: commands.Actor, act: str) -> None:
    """Allow those who watch over the cases of the office (督办), and operators; `act` as in `operate`."""
    if not (actor.monitor or actor.is_operator):
        raise errors.Forbidden(f"您（{actor.id}）没有权限{act}。此操作由督办人员和系统管理员执行。")


def design(actor: commands.Actor, act: str) -> None:
    """Allow those who design processes, and operators; `act` as in `operate`."""
    if not (actor.designs or actor.is_operator):
        raise errors.Forbidden(f"您（{actor.id}）没有权限{act}。此操作由流程设计人员和系统管理员执行。")


def work_elsewhere(actor: commands.Actor) -> None:
    """Allow programs that may do jobs of external topics at all."""
    if not actor.id.strip():
        raise errors.Forbidden("没有说明操作人，操作未执行。")
    if not actor.topics:
        raise errors.Forbidden(
            f"您（{actor.id}）不能处理外部作业。外部作业由程序凭令牌处理，"
            "请由系统管理员创建具有 jobs 权限并写明主题的令牌。"
        )


def work_topics(actor: commands.Actor, topics: Collection[str]) -> None:
    """Allow those whose API token names all these external topics."""
    beyond = sorted(set(topics) - actor.topics)
    if beyond:
        raise errors.Forbidden(
            f"您（{actor.id}）的令牌不能处理主题{'、'.join(f'“{topic}”' for topic in beyond)}的作业。"
            "请由系统管理员创建具有 jobs 权限并写明这些主题的令牌。"
        )


def reads_register(actor: commands.Actor, readers: Collection[str]) -> bool:
    """Tell whether somebody may read a register: who has one of its reading roles, monitors, operators."""
    return actor.monitor or actor.is_operator or bool(actor.roles & frozenset(readers))


def reads_private(actor: commands.Actor, readers: Collection[str]) -> bool:
    """Tell whether somebody may read what is private in a register: its reading roles, not who watches over it."""
    return bool(actor.roles & frozenset(readers))


def start(actor: commands.Actor, name: str, users: Collection[str], groups: Collection[str], people: People) -> None:
    """Allow the starters of a process, and operators."""
    if actor.is_operator or actor.id in users or actor.roles & frozenset(groups):
        return
    who = "、".join(people.get(each, each) for each in (*users, *groups)) or "系统管理员"
    raise errors.Forbidden(f"您（{actor.id}）不能发起“{name}”，可以发起的是：{who}。")


def claim(actor: commands.Actor, task: instances.UserTask, people: People) -> None:
    """Allow candidates of a task that nobody has; whoever has it already has it."""
    if not concerns(actor, task):
        raise errors.Forbidden(
            f"您（{actor.id}）不在任务“{task.name}”的候选人之中：{wording.candidates(task, people)}。"
        )
    if task.assignee is not None and not _holds(actor, task):
        holder = wording.person(task.assignee, people)
        raise errors.Conflict(f"任务“{task.name}”已由{holder}签收。", assignee=task.assignee)


def work(actor: commands.Actor, task: instances.UserTask, act: str, people: People) -> None:
    """Allow the assignee; while there is none, the candidates; and their substitutes."""
    if entitled(actor, task):
        return
    if task.assignee is not None:
        raise errors.Forbidden(
            f"您（{actor.id}）不能{act}任务“{task.name}”，该任务由{wording.person(task.assignee, people)}办理。"
        )
    raise errors.Forbidden(
        f"您（{actor.id}）不能{act}任务“{task.name}”，可以办理的是：{wording.candidates(task, people)}。"
    )


def own(actor: commands.Actor, task: instances.UserTask, act: str, people: People) -> None:
    """Allow the assignee and their substitutes."""
    if not _holds(actor, task):
        holder = "尚未签收" if task.assignee is None else f"由{wording.person(task.assignee, people)}办理"
        raise errors.Forbidden(f"您（{actor.id}）不能{act}任务“{task.name}”，该任务{holder}。")


def hand_over(actor: commands.Actor, task: instances.UserTask, people: People) -> None:
    """Allow the assignee and operators to give a task to somebody else."""
    if not actor.is_operator:
        own(actor, task, "移交", people)


def of_a_unit(task: instances.UserTask) -> bool:
    """Tell whether a task is offered to roles within one unit alone, and not to everybody who has them."""
    return any(people_model.parted(group)[1] is not None for group in task.candidate_groups)


def within_unit(task: instances.UserTask, to: str, groups: Collection[str], names: People) -> None:
    """Refuse to give a task that is one unit's to somebody else than its candidates.

    Args:
        task: The task.
        to: Who is to have it.
        groups: The candidate groups that they are in.
        names: Names of people and candidate groups.
    """
    if of_a_unit(task) and to not in task.candidate_users and frozenset(groups).isdisjoint(task.candidate_groups):
        raise errors.Forbidden(
            f"任务“{task.name}”应由{wording.candidates(task, names)}办理，不能交给{wording.person(to, names)}；"
            "确需由其他人办理的，请系统管理员移交。",
            candidates=list(task.candidate_groups),
        )


def entitled(actor: commands.Actor, task: instances.UserTask) -> tuple[commands.Actor, ...]:
    """Return by whose right somebody may work on a task: the own one alone if there is one, else those stood in for."""
    if _may_work(actor, task):
        return (actor,)
    return tuple(principal for principal in actor.acting_for if _may_work(principal, task))


def separate(person: str, task: instances.UserTask, doers: Iterable[tuple[str, str]], people: People) -> None:
    """Keep duties apart (职责分离).

    Args:
        person: Who would do the task; no role is exempt.
        task: The task.
        doers: Person and task name of everybody who did one of the tasks that must be done by others.
        people: Names by user id.
    """
    for doer, name in doers:
        if doer == person:
            raise errors.Forbidden(
                f"任务“{task.name}”与“{name}”不能由同一人办理，“{name}”已由{wording.person(person, people)}办理，"
                "请由其他人办理。",
                separated_from=name,
            )


def see(uow: unit_of_work.UnitOfWork, actor: commands.Actor, instance_id: int) -> None:
    """Allow those who may see a case; see `sees`."""
    if not sees(uow, actor, instance_id):
        raise errors.Forbidden(f"您（{actor.id}）与事项 {instance_id} 无关，不能查看。")


def sees(uow: unit_of_work.UnitOfWork, actor: commands.Actor, instance_id: int) -> bool:
    """Tell whether somebody may see a case: with its tasks, values, files, comments and history.

    Allowed: who started it; who has, had, did or delegated one of its tasks, or is or was offered one, by name or role;
    who was given a copy, was asked to countersign, or wrote a comment; the same for every case of its family (those
    that called it, and those that these have called); the substitutes of all these; monitors and operators.
    """
    if actor.monitor or actor.is_operator:
        return True
    who = _persons(actor)
    return _involves(uow.involvement.of_instance(instance_id), who) or _involves(
        uow.involvement.of_family(instance_id), who
    )


def _involves(involved: involvement.Involved, who: Iterable[commands.Actor]) -> bool:
    return any(each.id in involved.users or bool(each.groups & involved.groups) for each in who)


def comment(actor: commands.Actor, instance: instances.ProcessInstance, tasks: Iterable[instances.UserTask]) -> None:
    """Allow operators, who started the case, who did or may do one of its tasks, and the substitutes of these."""
    if actor.is_operator or any(instance.started_by == each.id for each in _persons(actor)):
        return
    if not any(concerns(actor, task) for task in tasks):
        raise errors.Forbidden(f"您（{actor.id}）与此事项无关，不能发表意见。")


def copy(actor: commands.Actor, instance: instances.ProcessInstance, tasks: Iterable[instances.UserTask]) -> None:
    """Allow those who may comment, and monitors: to whom a case was only shown, it is not theirs to show."""
    if actor.monitor:
        return
    try:
        comment(actor, instance, tasks)
    except errors.Forbidden:
        raise errors.Forbidden(f"您（{actor.id}）不是此事项的发起人或办理人，不能抄送。") from None


def link(
    actor: commands.Actor, cases: Iterable[tuple[instances.ProcessInstance, Iterable[instances.UserTask]]]
) -> None:
    """Allow who started one of two cases, or did or may do one of its tasks; monitors and operators. They see both."""
    if actor.monitor:
        return
    for instance, tasks in cases:
        try:
            comment(actor, instance, tasks)
        except errors.Forbidden:
            continue
        return
    raise errors.Forbidden(f"您（{actor.id}）不是这两个事项的发起人或办理人，不能关联或者取消关联。")


def urge(
    actor: commands.Actor,
    instance: instances.ProcessInstance,
    task: instances.UserTask,
    tasks: Iterable[instances.UserTask],
) -> None:
    """Allow who started the case, who has another open task of it, monitors and operators; nobody urges themselves."""
    if _holds(actor, task) and not actor.is_operator:
        raise errors.Forbidden(f"任务“{task.name}”由您办理，无需催办。")
    if actor.monitor or actor.is_operator or any(instance.started_by == each.id for each in _persons(actor)):
        return
    others = (each for each in tasks if each.id != task.id and each.status is instances.UserTaskStatus.OPEN)
    if not any(_holds(actor, each) for each in others):
        raise errors.Forbidden(
            f"您（{actor.id}）不能催办任务“{task.name}”，可以催办的是事项的发起人、其他环节的办理人和督办人员。"
        )


def cancel(actor: commands.Actor, instance: instances.ProcessInstance, done: traces.Traces) -> None:
    """Allow operators; and who started the case, while no task of it was done by others and no record was written."""
    if actor.is_operator:
        return
    if instance.started_by != actor.id or instance.parent_id is not None:
        raise errors.Forbidden(f"您（{actor.id}）没有权限取消事项。此操作由事项的发起人或系统管理员执行。")
    if done.records:
        raise errors.Forbidden(f"事项已登记台账、制发公文或公开信息，您（{actor.id}）不能取消，请联系系统管理员。")
    if done.people - {actor.id}:
        raise errors.Forbidden(f"事项已有其他人办理，您（{actor.id}）不能取消，请联系系统管理员。")


def answer(
    actor: commands.Actor, asked: cooperation.Countersignature, task: instances.UserTask, people: People
) -> None:
    """Allow who was asked to countersign, and their substitutes."""
    if all(asked.person != each.id for each in _persons(actor)):
        raise errors.Forbidden(
            f"您（{actor.id}）不能对任务“{task.name}”提出加签意见，被加签的是{wording.person(asked.person, people)}。"
        )


def remove_countersignature(
    actor: commands.Actor, asked: cooperation.Countersignature, task: instances.UserTask, people: People
) -> None:
    """Allow who asked for it, and who has the task now."""
    if asked.asked_by != actor.id and not _holds(actor, task):
        raise errors.Forbidden(
            f"您（{actor.id}）不能撤销任务“{task.name}”的加签，请由{wording.person(asked.asked_by, people)}撤销。"
        )


def withdraw(actor: commands.Actor, task: instances.UserTask, by: str | None, principal: str | None) -> None:
    """Allow who completed the task, and for whom it was completed."""
    if actor.id not in (by, principal):
        raise errors.Forbidden(f"您（{actor.id}）没有办结任务“{task.name}”，只有办结的人可以撤回。")


def concerns(actor: commands.Actor, task: instances.UserTask) -> bool:
    """Tell whether the actor, or somebody they stand in for, has, had or may have a task."""
    having = (task.assignee, task.owner, task.completed_by, task.completed_for)
    return any(each.id in having or _is_candidate(each, task) for each in _persons(actor))


def is_candidate(actor: commands.Actor, task: instances.UserTask) -> bool:
    """Tell whether the actor, or somebody they stand in for, is one of those a task is offered to."""
    return any(_is_candidate(each, task) for each in _persons(actor))


def _persons(actor: commands.Actor) -> tuple[commands.Actor, ...]:
    return (actor, *actor.acting_for)


def _holds(actor: commands.Actor, task: instances.UserTask) -> bool:
    return task.assignee is not None and any(task.assignee == each.id for each in _persons(actor))


def _may_work(person: commands.Actor, task: instances.UserTask) -> bool:
    return task.assignee == person.id if task.assignee is not None else _is_candidate(person, task)


def _is_candidate(person: commands.Actor, task: instances.UserTask) -> bool:
    return person.id in task.candidate_users or bool(person.groups & frozenset(task.candidate_groups))

"""How people work together on a task: sending back, countersigning, urging, withdrawing, sending copies."""

from __future__ import annotations

import dataclasses

import fastapi

from engine import errors
from engine.actions import context, cooperation, people, sight
from engine.model import commands, instances
from engine.model import cooperation as model
from engine.web import access, asking, copying, i18n, pages, typed
from engine.web.routes import task_actions

router = access.Router("/tasks/{task_id:int}")


@router.get("/return", rule=access.SIGNED_IN)
def ask_return(
    request: fastapi.Request, task_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Ask to which earlier task a case goes back, and why."""
    return asking.show(request, _return(request, engine, actor, sight.task(engine, task_id, actor)))


@router.post("/return", rule=access.SIGNED_IN)
def send_back(
    request: fastapi.Request,
    task_id: int,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    fields: access.Posted,
) -> fastapi.Response:
    """Send a case back to an earlier task (退回)."""
    task = sight.task(engine, task_id, actor)
    given = typed.texts(fields)

    def act() -> str:
        if not given.get("to"):
            raise errors.InvalidInput("请选择退回到哪个环节。")
        again = cooperation.return_to(engine, task_id, given["to"], given.get("reason", ""), actor)
        who = people.directory(engine).name(again.assignee) if again.assignee else i18n.text(request, "待签收")
        return i18n.text(request, "已退回“{name}”（{who}）。", name=again.name, who=who)

    return asking.attempt(request, _return(request, engine, actor, task), act, to="/tasks")


@router.get("/countersign", rule=access.SIGNED_IN)
def ask_countersign(
    request: fastapi.Request, task_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Ask who is to give an opinion on a task, and when."""
    return asking.show(request, _countersign(request, engine, sight.task(engine, task_id, actor)))


@router.post("/countersign", rule=access.SIGNED_IN)
def countersign(
    request: fastapi.Request,
    task_id: int,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    fields: access.Posted,
) -> fastapi.Response:
    """Ask others for their opinion on a task (加签)."""
    task = sight.task(engine, task_id, actor)
    given = typed.texts(fields)

    def act() -> str:
        kind = typed.choice(model.CountersignKind, given, "kind", i18n.text(request, "加签的方式"))
        asked = asking.persons(engine, fields, "people")
        cooperation.countersign(engine, task_id, kind, asked, actor, question=given.get("question", ""))
        names = "、".join(people.directory(engine).name(each) for each in asked)
        return i18n.text(request, "已请{names}加签。", names=names)

    return asking.attempt(request, _countersign(request, engine, task), act, to=f"/tasks/{task_id}")


@router.get("/countersignatures/{asked_id:int}/answer", rule=access.SIGNED_IN)
def ask_answer(
    request: fastapi.Request, task_id: int, asked_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Ask for the opinion of somebody who was asked to countersign."""
    return asking.show(request, _answer(request, sight.task(engine, task_id, actor), asked_id))


@router.post("/countersignatures/{asked_id:int}/answer", rule=access.SIGNED_IN)
def answer(
    request: fastapi.Request,
    task_id: int,
    asked_id: int,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    fields: access.Posted,
) -> fastapi.Response:
    """Give an opinion that was asked for (提出加签意见)."""
    task = sight.task(engine, task_id, actor)
    given = typed.texts(fields)

    def act() -> str:
        if given.get("agrees") not in ("yes", "no"):
            raise errors.InvalidInput("请选择同意或者不同意。")
        agrees, opinion = given["agrees"] == "yes", given.get("opinion", "")
        cooperation.answer(engine, asked_id, actor, agrees=agrees, opinion=opinion)
        return i18n.text(request, "已对“{name}”提出加签意见。", name=task.name)

    return asking.attempt(request, _answer(request, task, asked_id), act, to="/tasks")


@router.post("/countersignatures/{asked_id:int}/remove", rule=access.SIGNED_IN)
def remove_countersignature(
    request: fastapi.Request, task_id: int, asked_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Ask no longer for an opinion (撤销加签)."""
    sight.task(engine, task_id, actor)
    removed = cooperation.remove_countersignature(engine, asked_id, actor)
    name = people.directory(engine).name(removed.person)
    return pages.redirect(
        request, f"/tasks/{task_id}", i18n.text(request, "已撤销对{name}的加签。", name=name), kind="info"
    )


@router.get("/urge", rule=access.SIGNED_IN)
def ask_urge(
    request: fastapi.Request, task_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Ask what goes with urging somebody to do a task."""
    return asking.show(request, _urge(request, sight.task(engine, task_id, actor)))


@router.post("/urge", rule=access.SIGNED_IN)
def urge(
    request: fastapi.Request,
    task_id: int,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    fields: access.Posted,
) -> fastapi.Response:
    """Ask for a task to be done soon (催办)."""
    task = sight.task(engine, task_id, actor)

    def act() -> str:
        cooperation.urge(engine, task_id, actor, text=typed.texts(fields).get("text", ""))
        return i18n.text(request, "已催办“{name}”，办理人会收到通知。", name=task.name)

    return asking.attempt(request, _urge(request, task), act, to=f"/cases/{task.instance_id}")


@router.get("/withdraw", rule=access.SIGNED_IN)
def ask_withdraw(
    request: fastapi.Request, task_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Ask whether somebody wants to take back what they completed."""
    return asking.show(request, _withdrawal(request, sight.task(engine, task_id, actor)))


@router.post("/withdraw", rule=access.SIGNED_IN)
def withdraw(
    request: fastapi.Request, task_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Take a completion back while nobody has begun what came of it (撤回)."""
    task = sight.task(engine, task_id, actor)

    def act() -> str:
        cooperation.withdraw(engine, task_id, actor)
        return i18n.text(request, "已撤回“{name}”，填写的内容都在，可以修改后重新办结。", name=task.name)

    return asking.attempt(request, _withdrawal(request, task), act, to=f"/tasks/{task_id}")


@router.get("/copy", rule=access.SIGNED_IN)
def ask_copy(
    request: fastapi.Request, task_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Ask who is to know of the case."""
    task = sight.task(engine, task_id, actor)
    return asking.show(request, copying.ask(request, engine, f"/tasks/{task_id}", task.name))


@router.post("/copy", rule=access.SIGNED_IN)
def copy(
    request: fastapi.Request,
    task_id: int,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    fields: access.Posted,
) -> fastapi.Response:
    """Send the case of a task to others to know of (抄送)."""
    task = sight.task(engine, task_id, actor)
    return copying.attempt(request, engine, actor, fields, task.instance_id, f"/tasks/{task_id}", task.name, task_id)


# --- what is asked ---------------------------------------------------------------------------------------------------


def _return(
    request: fastapi.Request, engine: context.Engine, actor: commands.Actor, task: instances.UserTask
) -> asking.Ask:
    targets = cooperation.return_targets(engine, task.id, actor)
    names = people.directory(engine)
    options = tuple(asking.Option(each.element_id, each.name, _done(names, each)) for each in targets if each.allowed)
    text = i18n.text(request, "事项回到所选的环节，由原办理人重新办理，其后的环节须重新办理。")
    where = asking.Field("to", i18n.text(request, "退回到"), "choice", options=options)
    if len(options) == 1:
        where = dataclasses.replace(where, values=(options[0].value,))
    reason = asking.Field(
        "reason", i18n.text(request, "退回的理由"), "long", i18n.text(request, "对方会看到，并写入办理过程。"), most=500
    )
    ask = task_actions.ask_about(
        task, "return", i18n.text(request, "退回"), text, i18n.text(request, "退回"), where, reason
    )
    impossible = tuple((each.name, each.why) for each in targets if not each.allowed)
    return dataclasses.replace(ask, danger=True, impossible=impossible)


def _done(names: people.Directory, target: cooperation.ReturnTarget) -> str:
    if target.completed_by is None:
        return ""
    return f"{names.name(target.completed_by)} {pages.moment(target.at)}"


def _countersign(request: fastapi.Request, engine: context.Engine, task: instances.UserTask) -> asking.Ask:
    kinds = (
        asking.Option("before", i18n.text(request, "前加签"), i18n.text(request, "对方先提意见，收齐后您再办结")),
        asking.Option(
            "parallel",
            i18n.text(request, "并行加签"),
            i18n.text(request, "对方提意见的同时您可以填写，意见收齐后办结"),
        ),
        asking.Option("after", i18n.text(request, "后加签"), i18n.text(request, "您办结后，对方都同意才转到下一环节")),
    )
    return task_actions.ask_about(
        task,
        "countersign",
        i18n.text(request, "加签"),
        i18n.text(request, "请其他人对此任务提出意见，每人的待办中会多一项。"),
        i18n.text(request, "请其加签"),
        asking.Field("kind", i18n.text(request, "加签的方式"), "choice", options=kinds, values=("before",)),
        asking.staff(request, engine, "people", i18n.text(request, "请谁加签"), without=task.assignee, several=True),
        asking.Field("question", i18n.text(request, "要问什么"), "long", required=False, most=500),
    )


def _answer(request: fastapi.Request, task: instances.UserTask, asked_id: int) -> asking.Ask:
    choices = asking.Option("yes", i18n.text(request, "同意")), asking.Option("no", i18n.text(request, "不同意"))
    return task_actions.ask_about(
        task,
        f"countersignatures/{asked_id}/answer",
        i18n.text(request, "提出加签意见"),
        "",
        i18n.text(request, "提交意见"),
        asking.Field("agrees", i18n.text(request, "结论"), "choice", options=choices),
        asking.Field(
            "opinion", i18n.text(request, "意见"), "long", i18n.text(request, "不同意的，请说明理由。"), required=False
        ),
    )


def _urge(request: fastapi.Request, task: instances.UserTask) -> asking.Ask:
    help = i18n.text(request, "随通知发给办理人。")
    field = asking.Field("text", i18n.text(request, "催办说明"), "long", help, required=False, most=200)
    ask = task_actions.ask_about(task, "urge", i18n.text(request, "催办"), "", i18n.text(request, "催办"), field)
    return dataclasses.replace(ask, back=f"/cases/{task.instance_id}")


def _withdrawal(request: fastapi.Request, task: instances.UserTask) -> asking.Ask:
    text = i18n.text(request, "撤回后任务回到您手中，下一环节的任务取消。对方已经签收或者办理的，不能撤回。")
    return task_actions.ask_about(task, "withdraw", i18n.text(request, "撤回"), text, i18n.text(request, "撤回"))

"""`task return|withdraw|countersign|opinion|uncountersign|copy|urge`: working together on a case."""

from __future__ import annotations

from collections.abc import Iterable

import click

from engine.actions import cooperation as actions
from engine.cli import output, session, tasks
from engine.model import cooperation


@tasks.task.command("return")
@click.argument("task_id", type=int)
@click.option("--to", "element_id", metavar="ELEMENT", help="The earlier task; left out, the command lists them.")
@click.option("--reason", default="", help="Why.")
@session.json_option
@session.pass_session
def return_(current: session.Session, task_id: int, element_id: str | None, reason: str, as_json: bool) -> None:
    """Send a case back to an earlier task; without --to, list where it may be sent."""
    if element_id is None:
        targets = actions.return_targets(current.engine, task_id, current.actor)
        if as_json:
            output.as_json(targets)
            return
        rows = [
            (each.element_id, each.name, current.names_of([each.completed_by]), each.at, each.why or "可以退回")
            for each in targets
        ]
        output.table(("环节", "名称", "办理人", "办结时间", "能否退回"), rows, empty="没有可以退回的环节。")
        return
    again = actions.return_to(current.engine, task_id, element_id, reason, current.actor)
    whose = _names(current, [again.assignee] if again.assignee else again.candidate_groups)
    output.answer(as_json, again, f"已退回“{again.name}”（任务 {again.id}，{whose}）。")


@tasks.task.command()
@click.argument("task_id", type=int)
@session.json_option
@session.pass_session
def withdraw(current: session.Session, task_id: int, as_json: bool) -> None:
    """Take a task back that one has completed, while nothing has come of it."""
    again = actions.withdraw(current.engine, task_id, current.actor)
    output.answer(as_json, again, f"已撤回任务 {again.id}“{again.name}”，可以重新办理。")


@tasks.task.command()
@click.argument("task_id", type=int)
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in cooperation.CountersignKind]),
    default=cooperation.CountersignKind.BEFORE.value,
    show_default=True,
    help="When the opinion is wanted: before the task, beside it, or as agreement after it.",
)
@click.option("--person", "people", multiple=True, required=True, metavar="USER", help="Who is asked; may be repeated.")
@click.option("--question", default="", help="What they are asked.")
@session.json_option
@session.pass_session
def countersign(
    current: session.Session, task_id: int, kind: str, people: tuple[str, ...], question: str, as_json: bool
) -> None:
    """Ask others for their opinion on a task."""
    asked = actions.countersign(
        current.engine, task_id, cooperation.CountersignKind(kind), people, current.actor, question=question
    )
    numbers = "、".join(f"{each.id}（{_names(current, [each.person])}）" for each in asked)
    output.answer(as_json, asked, f"已请他人加签：{numbers}。")


@tasks.task.command()
@click.argument("countersignature_id", type=int)
@click.option("--agree/--disagree", "agrees", required=True, default=None, help="Whether one agrees.")
@click.option("--opinion", default="", help="The opinion; who does not agree says why.")
@session.json_option
@session.pass_session
def opinion(current: session.Session, countersignature_id: int, agrees: bool, opinion: str, as_json: bool) -> None:
    """Give the opinion that one was asked for."""
    given = actions.answer(current.engine, countersignature_id, current.actor, agrees=agrees, opinion=opinion)
    output.answer(as_json, given, f"已对任务 {given.user_task_id} 提出加签意见：{'同意' if agrees else '不同意'}。")


@tasks.task.command()
@click.argument("countersignature_id", type=int)
@session.json_option
@session.pass_session
def uncountersign(current: session.Session, countersignature_id: int, as_json: bool) -> None:
    """Ask no longer for an opinion that has not been given."""
    removed = actions.remove_countersignature(current.engine, countersignature_id, current.actor)
    output.answer(as_json, removed, f"已撤销请{_names(current, [removed.person])}加签。")


@tasks.task.command("copy")
@click.argument("task_id", type=int)
@click.option("--person", "people", multiple=True, metavar="USER", help="To whom; may be repeated.")
@click.option("--role", "roles", multiple=True, metavar="ROLE", help="To which role; may be repeated.")
@click.option("--text", default="", help="What goes with it.")
@session.json_option
@session.pass_session
def copy_(
    current: session.Session, task_id: int, people: tuple[str, ...], roles: tuple[str, ...], text: str, as_json: bool
) -> None:
    """Send the case of a task to people and roles to know of."""
    with current.engine.store.read() as uow:
        instance_id = uow.user_tasks.get(task_id).instance_id
    sent = actions.copy_to(
        current.engine, instance_id, current.actor, people=people, roles=roles, text=text, user_task_id=task_id
    )
    output.answer(as_json, sent, f"已抄送{_names(current, [each.name for each in sent])}。")


@tasks.task.command()
@click.argument("task_id", type=int)
@click.option("--text", default="", help="What goes with it.")
@session.json_option
@session.pass_session
def urge(current: session.Session, task_id: int, text: str, as_json: bool) -> None:
    """Ask for a task to be done soon."""
    urged = actions.urge(current.engine, task_id, current.actor, text=text)
    output.answer(as_json, urged, f"已催办任务 {urged.user_task_id}。")


def _names(current: session.Session, ids: Iterable[str]) -> str:
    return "、".join(current.names_of(ids))


#: The group with the commands of this module in it.
task = tasks.task

"""`task list|show|claim|unclaim|complete|delegate|resolve|transfer|comment`: work for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from engine import forms
from engine.actions import definition_cache
from engine.actions import user_tasks as actions
from engine.bpmn import execution
from engine.cli import output, session
from engine.model import instances
from engine.store import queries


@click.group(cls=session.Group)
def task() -> None:
    """User tasks."""


@task.command("list")
@click.option("--instance", "instance_id", type=int, help="Of one instance.")
@session.limit_option
@session.json_option
@session.pass_session
def list_(current: session.Session, instance_id: int | None, limit: int, as_json: bool) -> None:
    """List open tasks by due time: with --as those the user has or may claim, else all."""
    actor = current.actor
    with current.engine.store.read() as uow:
        if actor.is_operator or instance_id is not None:
            rows = list(queries.open_user_tasks(uow, instance_id=instance_id, limit=limit).items)
        else:
            groups = tuple(sorted(actor.groups))
            rows = [
                *queries.assigned_user_tasks(uow, actor.id, limit=limit).items,
                *queries.claimable_user_tasks(uow, user=actor.id, groups=groups, limit=limit).items,
            ]
    if as_json:
        output.as_json(rows)
        return
    table = [
        (
            r.task.id,
            r.task.name,
            r.definition_name,
            r.business_key,
            current.names_of([r.task.assignee]),
            current.names_of(r.task.candidate_groups),
            r.task.due,
        )
        for r in rows
    ]
    output.table(("任务", "名称", "流程", "业务编号", "办理人", "候选角色", "期限"), table, empty="没有待办任务。")


@task.command()
@click.argument("task_id", type=int)
@session.json_option
@session.pass_session
def show(current: session.Session, task_id: int, as_json: bool) -> None:
    """Show a task with its clause and its form: what may be filled in, what is required, what may be chosen."""
    found, case, state, definition = _load(current, task_id)
    form = _form(definition, found)
    values = {} if form is None else _initial(definition, found, state, form)
    if as_json:
        output.as_json({"task": found, "form": None if form is None else form.schema, "values": values})
        return
    clauses = {clause.id: clause for clause in definition.pack.clauses}
    output.fields(
        [
            ("任务", f"{found.id}　{found.name}"),
            ("事项", f"{found.instance_id}　{case.business_key or ''}　{definition.row.name}"),
            ("状态", found.status),
            ("办理人", current.names_of([found.assignee])),
            ("候选角色", current.names_of(found.candidate_groups)),
            ("期限", found.due),
            ("条款", found.clause),
        ]
    )
    named = dict.fromkeys(reference.split()[0] for reference in (found.clause or "").split(";") if reference.split())
    for clause in (clauses[name] for name in named if name in clauses):
        click.echo(f"　　{clause.id}（{clause.articles}）{clause.summary}")
    if form is not None:
        click.echo(f"\n表单：{form.title}")
        _show_fields(form, definition.rights(found.element_id), values, current.names)
        click.echo(f"\n办理：gongkai task complete {found.id} --form 字段=值 …")


def _show_fields(form: forms.Form, rights: forms.Rights, values: dict[str, Any], names: Mapping[str, str]) -> None:
    """Show what may be filled in, how, and what the form says about it."""
    shown = [field for field in form.fields if rights.of(field) is not forms.Right.HIDE]
    editable = [field for field in shown if rights.of(field) is forms.Right.EDIT]
    visible = forms.visible_names(form.fields, values)
    rows = []
    for field in shown:
        value = values.get(field.name)
        now = "" if value in (None, "", [], {}) else _read(field, value, names)
        if field in editable:
            need = "视情况" if field.name not in visible else "必填" if field.required else ""
            options = "；".join(f"{_typed(option.value)}={option.label}" for option in field.options)
            rows.append((field.name, field.label, need, _kind(field), options, now))
        else:
            rows.append((field.name, field.label, "只读", "", "", now))
    output.table(("字段", "名称", "要求", "填写", "选项", "现值"), rows)
    own = {field.name for field in editable}
    notes = [(section.title, section.help) for section in form.sections if own & set(section.fields)]
    notes += [(field.label, field.help or field.schema.get("description", "")) for field in editable]
    for label, note in notes:
        if note:
            click.echo(f"  · {label}：{note}")
    if any(values.get(field.name) not in (None, "", [], {}, False) for field in editable):
        click.echo("  · 加 --keep，没有写明的字段沿用现值。")


def _read(field: forms.Field, value: Any, names: Mapping[str, str]) -> str:
    """Return a value as people read it, rows below each other."""
    if field.is_rows and isinstance(value, list) and field.item is not None:
        return "\n".join(f"{index}. {forms.text(field.item, row, names)}" for index, row in enumerate(value, 1))
    return forms.text(field, value, names)


def _kind(field: forms.Field) -> str:
    """Say what is typed into a field."""
    if field.is_file or (field.item is not None and field.item.is_file):
        return "文件"
    if field.item is not None and not field.item.is_group:
        return "多选" if field.options else "一项或多项"
    if field.options and {option.label for option in field.options} != {"是", "否"}:
        return "单选"
    kinds = {
        "integer": "整数",
        "number": "数字",
        "boolean": "是或否",
        "array": "多行（JSON）",
        "object": "一组（JSON）",
    }
    return {"date": "日期", "date-time": "日期时间"}.get(field.format) or kinds.get(field.type, "文字")


@task.command()
@click.argument("task_id", type=int)
@session.json_option
@session.pass_session
def claim(current: session.Session, task_id: int, as_json: bool) -> None:
    """Take a task."""
    done = actions.claim(current.engine, task_id, current.actor)
    output.answer(as_json, done, f"已签收任务 {done.id}“{done.name}”。")


@task.command()
@click.argument("task_id", type=int)
@session.json_option
@session.pass_session
def unclaim(current: session.Session, task_id: int, as_json: bool) -> None:
    """Give a task back."""
    done = actions.unclaim(current.engine, task_id, current.actor)
    output.answer(as_json, done, f"已退签任务 {done.id}“{done.name}”。")


@task.command()
@click.argument("task_id", type=int)
@click.option("--form", "fields", multiple=True, metavar="NAME=VALUE", help="A field of the form.")
@click.option("--form-file", type=click.File(encoding="utf-8"), help="The form as a JSON object.")
@click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", help="A variable (operators only).")
@click.option("--idempotency-key", help="Repeating the command with the same key does nothing more.")
@click.option("--keep", is_flag=True, help="Submit the shown values of fields that are not named.")
@click.option("--draft", is_flag=True, help="Keep the form without completing the task.")
@session.json_option
@session.pass_session
def complete(
    current: session.Session,
    task_id: int,
    fields: tuple[str, ...],
    form_file: Any,
    variables: tuple[str, ...],
    idempotency_key: str | None,
    keep: bool,
    draft: bool,
    as_json: bool,
) -> None:
    """Complete a task with its form."""
    submission = _filled_in(current, task_id, session.fields(fields, form_file), keep=keep)
    if draft:
        kept = actions.save_draft(current.engine, task_id, current.actor, submission)
        output.answer(as_json, kept, f"已暂存任务 {kept.id}“{kept.name}”。")
        return
    done = actions.complete(
        current.engine,
        task_id,
        current.actor,
        submission or None,
        variables=session.pairs(variables) or None,
        idempotency_key=idempotency_key,
    )
    if as_json:
        output.as_json(done)
        return
    if done.held:
        click.echo(f"已办理任务 {done.user_task_id}，等待会签同意后生效。")
        return
    click.echo(f"已办结任务 {done.user_task_id}。")
    if done.opened:
        click.echo(f"下一步任务：{'、'.join(map(str, done.opened))}（gongkai task show {done.opened[0]}）")
    elif done.instance_status.ended:
        click.echo(f"事项 {done.instance_id} {output.text(done.instance_status)}。")


def _person_command(name: str, act: Any, sentence: str, help: str) -> None:
    @task.command(name, help=help)
    @click.argument("task_id", type=int)
    @click.option("--to", "to", required=True, help="User id.")
    @session.json_option
    @session.pass_session
    def run(current: session.Session, task_id: int, to: str, as_json: bool) -> None:
        done = act(current.engine, task_id, to, current.actor)
        output.answer(as_json, done, sentence.format(id=done.id, name=done.name, to=to))


_person_command(
    "delegate", actions.delegate, "已委派任务 {id}“{name}”，由{to}办理后交回。", "Let somebody work on a task."
)
_person_command("transfer", actions.transfer, "已转办任务 {id}“{name}”给{to}。", "Hand a task over for good.")


@task.command()
@click.argument("task_id", type=int)
@session.json_option
@session.pass_session
def resolve(current: session.Session, task_id: int, as_json: bool) -> None:
    """Give a delegated task back to its owner."""
    done = actions.resolve(current.engine, task_id, current.actor)
    output.answer(as_json, done, f"已将任务 {done.id}“{done.name}”交回{done.assignee}。")


def _filled_in(current: session.Session, task_id: int, typed: dict[str, Any], *, keep: bool) -> dict[str, Any]:
    """Return what is submitted: titles of options as their values and, to `keep`, what the form shows for the rest.

    The rest is what a page would submit if nobody touched it: what may be edited, as it is shown.
    """
    found, _, state, definition = _load(current, task_id)
    form = _form(definition, found)
    if form is None:
        return typed
    filled_in = forms.titles_read(form, typed)
    if not keep:
        return filled_in
    values = _initial(definition, found, state, form)
    editable = (field.name for field in definition.rights(found.element_id).editable(form.fields))
    return {name: values[name] for name in editable if values.get(name) is not None} | filled_in


def _typed(value: Any) -> str:
    """Return what somebody types for a value."""
    return value if isinstance(value, str) else json.dumps(value)


def _load(
    current: session.Session, task_id: int
) -> tuple[instances.UserTask, instances.ProcessInstance, instances.InstanceState, definition_cache.Definition]:
    with current.engine.store.read() as uow:
        found = uow.user_tasks.get(task_id)
        case, state = uow.instances.get(found.instance_id), uow.instances.state(found.instance_id)
        return found, case, state, current.engine.definitions.get(uow, case.definition_id)


def _form(definition: definition_cache.Definition, found: instances.UserTask) -> forms.Form | None:
    return None if found.form_key is None else definition.form(found.form_key)


def _initial(
    definition: definition_cache.Definition, found: instances.UserTask, state: instances.InstanceState, form: forms.Form
) -> dict[str, Any]:
    variables = execution.variables_at(definition.process, state, found.token) if not found.completed_at else {}
    return {**forms.initial(form, variables, definition.rights(found.element_id)), **(found.draft or {})}

"""`instance start|list|show|cancel|suspend|activate|hold|release-hold|set|archive|migrate`: cases."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import click

from engine import errors
from engine.actions import archiving, migrating, retention
from engine.actions import instances as actions
from engine.bpmn import execution
from engine.cli import output, session
from engine.model import instances, migrations
from engine.store import queries


@click.group(cls=session.Group)
def instance() -> None:
    """Process instances: the cases of an office."""


@instance.command()
@click.argument("key")
@click.option("--business-key", help="What people call the case.")
@click.option("--form", "fields", multiple=True, metavar="NAME=VALUE", help="A field of the start form.")
@click.option("--form-file", type=click.File(encoding="utf-8"), help="The start form as a JSON object.")
@click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", help="A variable (operators only).")
@click.option("--version", type=int, help="A version other than the newest.")
@session.json_option
@session.pass_session
def start(
    current: session.Session,
    key: str,
    business_key: str | None,
    fields: tuple[str, ...],
    form_file: Any,
    variables: tuple[str, ...],
    version: int | None,
    as_json: bool,
) -> None:
    """Start an instance of the process KEY."""
    started = actions.start(
        current.engine,
        key,
        current.actor,
        form=session.fields(fields, form_file) or None,
        variables=session.pairs(variables) or None,
        business_key=business_key,
        version=version,
    )
    name = started.business_key or key
    output.answer(as_json, started, f"已发起事项 {started.id}（{name}）。查看：gongkai instance show {started.id}")


@instance.command("list")
@click.option("--key", help="Of this process only.")
@click.option("--all", "every", is_flag=True, help="Ended ones too.")
@session.limit_option
@session.json_option
@session.pass_session
def list_(current: session.Session, key: str | None, every: bool, limit: int, as_json: bool) -> None:
    """List instances, newest first."""
    with current.engine.store.read() as uow:
        page = queries.instances(uow, definition_key=key, open_only=not every, limit=limit)
    if as_json:
        output.as_json(page.items)
        return
    rows = [
        (i.instance.id, i.definition_name, i.definition_version, i.instance.business_key, i.instance.status,
         i.instance.started_by, i.instance.started_at, i.instance.ended_at)
        for i in page.items
    ]  # fmt: skip
    headings = ("事项", "流程", "版本", "业务编号", "状态", "发起人", "发起时间", "结束时间")
    output.table(headings, rows, empty="没有事项。发起一件：gongkai instance start 流程")
    output.more(page.after)


@instance.command()
@click.argument("instance_id", type=int)
@session.json_option
@session.pass_session
def show(current: session.Session, instance_id: int, as_json: bool) -> None:
    """Show a case: where it stands, what it waits for, what happened, its variables."""
    engine = current.engine
    with engine.store.read() as uow:
        case, state = uow.instances.get(instance_id), uow.instances.state(instance_id)
        definition = engine.definitions.get(uow, case.definition_id)
        tasks = queries.open_user_tasks(uow, instance_id=instance_id).items
        timers = queries.timers(uow, instance_id=instance_id).items
        incidents = queries.incidents(uow, instance_id=instance_id).items
        waits = queries.subscriptions(uow, instance_id=instance_id).items
        visits = queries.element_history(uow, instance_id, limit=500).items
        children = uow.instances.children(instance_id)
    variables = json.loads(state.variables)
    if as_json:
        everything = {
            "instance": case,
            "definition": definition.row,
            "variables": variables,
            "user_tasks": [row.task for row in tasks],
            "timers": timers,
            "incidents": incidents,
            "subscriptions": waits,
            "history": visits,
            "children": children,
            "open": execution.open_tokens(state),
        }
        output.as_json(everything)
        return
    output.fields(
        [
            ("事项", f"{case.id}　{case.business_key or ''}"),
            ("流程", f"{definition.row.name} 第{definition.row.version}版"),
            ("状态", case.status),
            ("发起", f"{current.names.get(case.started_by, case.started_by)}　{output.text(case.started_at)}"),
            *([("结束", f"{output.text(case.ended_at)}　{case.end_reason or ''}")] if case.ended_at else []),
            *([("上级事项", case.parent_id)] if case.parent_id else []),
            *([("下级事项", [str(child.id) for child in children])] if children else []),
        ]
    )
    people = current.names_of
    work = [
        (t.task.id, t.task.name, people([t.task.assignee]), people(t.task.candidate_groups), t.task.due) for t in tasks
    ]
    _section("待办", ("任务", "名称", "办理人", "候选角色", "期限"), work)
    elements = definition.process.elements
    _section("定时", ("元素", "名称", "到期"), [(t.element_id, elements[t.element_id].name, t.due) for t in timers])
    _section(
        "等待", ("元素", "类型", "名称", "关联键"), [(s.element_id, s.kind, s.name, s.correlation_key) for s in waits]
    )
    _section("异常", ("异常", "元素", "类型", "说明"), [(i.id, i.element_id, i.kind, i.message) for i in incidents])
    # A gateway without a name only joins or splits: nothing that people would miss.
    seen = [v for v in visits if v.name != v.element_id or not v.element_type.endswith("Gateway")]
    _section("经过", ("进入", "离开", "元素", "结果"), [(v.entered_at, v.left_at, v.name, _outcome(v)) for v in seen])
    _section("变量", ("名称", "值"), [(name, _shown(value)) for name, value in variables.items()])


def _outcome(visit: instances.HistoryEntry) -> str:
    if visit.left_at is None:
        return "进行中"
    return "已取消" if visit.outcome == "cancelled" else "完成"


def _section(title: str, headings: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    if rows:
        click.echo(f"\n{title}")
        output.table(headings, rows)


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else text[:117] + "…"


@instance.command()
@click.argument("instance_id", type=int)
@click.option("--reason", required=True, help="Why; kept in the audit trail.")
@session.json_option
@session.pass_session
def cancel(current: session.Session, instance_id: int, reason: str, as_json: bool) -> None:
    """End an instance at once."""
    done = actions.cancel(current.engine, instance_id, reason, current.actor)
    output.answer(as_json, done, f"已取消事项 {instance_id}。")


@instance.command()
@click.argument("instance_id", type=int)
@session.json_option
@session.pass_session
def suspend(current: session.Session, instance_id: int, as_json: bool) -> None:
    """Let an instance rest: nothing happens to it until it is activated."""
    done = actions.suspend(current.engine, instance_id, current.actor)
    output.answer(as_json, done, f"已暂停事项 {instance_id}。恢复：gongkai instance activate {instance_id}")


@instance.command()
@click.argument("instance_id", type=int)
@session.json_option
@session.pass_session
def activate(current: session.Session, instance_id: int, as_json: bool) -> None:
    """Let a resting instance go on."""
    done = actions.activate(current.engine, instance_id, current.actor)
    output.answer(as_json, done, f"已恢复事项 {instance_id}。")


@instance.command()
@click.argument("instance_id", type=int)
@click.option("--reason", required=True, help="Why: the letter of a court or of an auditor.")
@session.json_option
@session.pass_session
def hold(current: session.Session, instance_id: int, reason: str, as_json: bool) -> None:
    """Put a case under hold (保全): it is not deleted when its time is over."""
    placed = retention.hold(current.engine, instance_id, current.actor, reason)
    id_ = placed.instance_id
    output.answer(as_json, placed, f"已保全事项 {id_}，保存期满也不删除。解除：gongkai instance release-hold {id_}")


@instance.command("release-hold")
@click.argument("instance_id", type=int)
@click.option("--reason", required=True, help="Why; kept in the audit trail.")
@session.json_option
@session.pass_session
def release_hold(current: session.Session, instance_id: int, reason: str, as_json: bool) -> None:
    """Release a case from its hold."""
    retention.release(current.engine, instance_id, current.actor, reason)
    output.answer(as_json, {"instance_id": instance_id}, f"已解除事项 {instance_id} 的保全。")


@instance.command("set")
@click.argument("instance_id", type=int)
@click.argument("variables", nargs=-1, required=True, metavar="NAME=VALUE...")
@session.json_option
@session.pass_session
def set_(current: session.Session, instance_id: int, variables: tuple[str, ...], as_json: bool) -> None:
    """Change variables of an instance; the audit trail keeps old and new."""
    values = session.pairs(variables)
    done = actions.set_variables(current.engine, instance_id, values, current.actor)
    output.answer(as_json, done, f"已修改事项 {instance_id} 的变量：{'、'.join(values)}。")


@instance.command()
@click.argument("instance_ids", type=int, nargs=-1, required=True, metavar="ID...")
@click.option(
    "--to",
    "directory",
    type=click.Path(file_okay=False, path_type=pathlib.Path),
    required=True,
    help="The directory for the packages; made if it is not there.",
)
@session.json_option
@session.pass_session
def archive(current: session.Session, instance_ids: tuple[int, ...], directory: pathlib.Path, as_json: bool) -> None:
    """Write a package of each finished instance: its complete file, read and proved without gongkai.

    The package holds personal data, too. What it holds, and how it is proved: docs/how-to/archive-a-case.md.
    """
    for instance_id in instance_ids:
        place = archiving.write(current.engine, instance_id, directory, current.actor)
        output.event(as_json, {"instance": instance_id, "file": str(place)}, f"已归档事项 {instance_id}：{place}")


@instance.command()
@click.argument("instance_ids", type=int, nargs=-1, required=True, metavar="INSTANCE_ID...")
@click.option("--to", "version", required=True, help="Number or tag of the version.")
@click.option("--map", "pairs", multiple=True, metavar="OLD=NEW", help="New id of an element, or sequence flow.")
@click.option("--reckon", is_flag=True, help="Count open timers and due times anew, from when each wait began.")
@click.option("--dry-run", is_flag=True, help="Only tell what would happen.")
@session.json_option
@session.pass_session
def migrate(
    current: session.Session,
    instance_ids: tuple[int, ...],
    version: str,
    pairs: tuple[str, ...],
    reckon: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Let instances go on with another version of their process, each by itself; ends with 1 if any cannot."""
    mapping = dict(map(_mapped, pairs))
    act = migrating.plan if dry_run else migrating.migrate
    # What looks like a number is the number of a version; a tag of digits alone is told by the number it has.
    wanted: dict[str, Any] = {"version": int(version)} if version.isdecimal() else {"version_tag": version}
    answers: list[Any] = []
    refused = False
    for instance_id in instance_ids:
        try:
            found = act(current.engine, instance_id, current.actor, mapping=mapping, reckon=reckon, **wanted)
        except (errors.Conflict, errors.NotFound) as error:
            if len(instance_ids) == 1:
                raise
            answers.append({"instance_id": instance_id, "error": error.code, "message": error.message})
            if not as_json:
                click.echo(output.clean(f"事项 {instance_id} 没有迁移：{error.message}"))
            refused = True
            continue
        answers.append(found)
        refused = refused or not found.possible
        if not as_json:
            _tell(found, dry_run)
    if as_json:
        output.as_json(answers[0] if len(answers) == 1 else answers)
    if refused:
        raise click.exceptions.Exit(session.EXIT_CODES["findings"])


def _mapped(pair: str) -> tuple[str, str]:
    old, equals, new = pair.partition("=")
    if not (old.strip() and equals and new.strip()):
        raise click.BadParameter(f"“{pair}”应为 原元素=新元素", param_hint="--map")
    return old.strip(), new.strip()


def _tell(found: migrations.Plan, dry_run: bool) -> None:
    where = f"事项 {found.instance_id}：“{found.name}”第 {found.from_version} 版 → 第 {found.to_version} 版"
    outcome = ("可以迁移" if dry_run else "已迁移") if found.possible else "不能迁移"
    click.echo(output.clean(f"{where}，{outcome}。"))
    for each in found.findings:
        click.echo(output.clean(f"  ✗ {each.sentence()}"))
    for change in found.changes:
        click.echo(output.clean(f"  · {change.text}"))

"""`definition list|show|diff|suspend|activate`: what is deployed."""

from __future__ import annotations

import click

from engine import errors
from engine.actions import definition_cache
from engine.actions import definitions as actions
from engine.bpmn import compare
from engine.cli import output, session
from engine.model import definitions
from engine.store import queries


@click.group(cls=session.Group)
def definition() -> None:
    """Process definitions and their versions."""


@definition.command("list")
@click.option("--all", "every", is_flag=True, help="All versions, not only the newest.")
@session.limit_option
@session.json_option
@session.pass_session
def list_(current: session.Session, every: bool, limit: int, as_json: bool) -> None:
    """List definitions."""
    with current.engine.store.read() as uow:
        page = queries.definitions(uow, latest_only=not every, limit=limit)
    if as_json:
        output.as_json(page.items)
        return
    rows = [(d.key, d.version, d.version_tag, d.name, d.pack, _standing(d)) for d in page.items]
    output.table(
        ("流程", "版本", "标签", "名称", "流程包", "状态"), rows, empty="还没有部署流程：请先运行 gongkai deploy。"
    )
    output.more(page.after)


@definition.command()
@click.argument("key")
@click.option("--version", type=int, help="Version number (default: the newest).")
@session.json_option
@session.pass_session
def show(current: session.Session, key: str, version: int | None, as_json: bool) -> None:
    """Show a definition with its elements, roles, forms and clauses."""
    found = _load(current, key, version)
    process = found.process
    if as_json:
        output.as_json({"definition": found.row, "starts": process.starts, "elements": list(process.elements.values())})
        return
    row = found.row
    output.fields(
        [
            ("流程", f"{row.name}（{row.key}）"),
            ("版本", f"{row.version}（标签 {row.version_tag or '—'}）"),
            ("流程包", found.pack.title),
            ("状态", _standing(row)),
            ("可发起角色", current.names_of(row.starter_groups)),
            ("内容哈希", row.sha256),
        ]
    )
    click.echo()
    rows = [(e.id, e.type, e.name, e.lane, e.clause, e.form_key) for e in process.elements.values()]
    output.table(("元素", "类型", "名称", "泳道", "条款", "表单"), rows)


@definition.command()
@click.argument("key")
@click.argument("old", type=int)
@click.argument("new", type=int)
@session.json_option
@session.pass_session
def diff(current: session.Session, key: str, old: int, new: int, as_json: bool) -> None:
    """Show what changed between two versions of a definition: elements, flows, forms."""
    before, after = _load(current, key, old), _load(current, key, new)
    found = [
        *compare.compare(before.process, after.process),
        *compare.contents("form", _hashes(before), _hashes(after)),
    ]
    if as_json:
        output.as_json(found)
        return
    rows = [(d.kind, d.subject, d.change, d.before, d.after) for d in found]
    output.table(("类别", "对象", "变化", "原为", "现为"), rows, empty=f"第{old}版与第{new}版没有差别。")


@definition.command()
@click.argument("key")
@click.option("--version", type=int, help="Version number (default: the newest).")
@session.json_option
@session.pass_session
def suspend(current: session.Session, key: str, version: int | None, as_json: bool) -> None:
    """Let no new instances start; running ones go on."""
    row = actions.suspend(current.engine, _row(current, key, version).id, current.actor)
    output.answer(as_json, row, f"已停用：{row.name}第{row.version}版不再发起新事项。")


@definition.command()
@click.argument("key")
@click.option("--version", type=int, help="Version number (default: the newest).")
@session.json_option
@session.pass_session
def activate(current: session.Session, key: str, version: int | None, as_json: bool) -> None:
    """Let new instances start again."""
    row = actions.activate(current.engine, _row(current, key, version).id, current.actor)
    output.answer(as_json, row, f"已启用：{row.name}第{row.version}版。")


def _row(current: session.Session, key: str, version: int | None) -> definitions.ProcessDefinition:
    with current.engine.store.read() as uow:
        found = uow.definitions.latest(key) if version is None else uow.definitions.version(key, version)
        if found is None:
            known = [d.key for d in queries.definitions(uow, latest_only=True).items]
            which = "" if version is None else f"第{version}版"
            raise errors.NotFound(f"没有部署流程“{key}”{which}，已部署的有：{'、'.join(known) or '（无）'}。")
    return found


def _load(current: session.Session, key: str, version: int | None) -> definition_cache.Definition:
    row = _row(current, key, version)
    with current.engine.store.read() as uow:
        return current.engine.definitions.get(uow, row.id)


def _standing(row: definitions.ProcessDefinition) -> str:
    return "启用" if row.status is definitions.DefinitionStatus.ACTIVE else "停用"


def _hashes(found: definition_cache.Definition) -> dict[str, str]:
    return {key: form.sha256 for key, form in found.deployed_forms.items()}

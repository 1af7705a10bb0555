"""`unit …`, `substitution …`: how the office is organised, and who stands in for whom."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import click

from engine.actions import people
from engine.cli import output, session
from engine.model import people as model

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group(cls=session.Group)
def unit() -> None:
    """Units of the organisation, one below another."""


@unit.command("add")
@click.argument("name")
@click.option("--parent", "parent_id", type=int, help="Number of the unit above.")
@session.json_option
@session.pass_session
def add_unit(current: session.Session, name: str, parent_id: int | None, as_json: bool) -> None:
    """Add a unit."""
    made = people.create_unit(current.engine, current.actor, name, parent_id)
    output.answer(as_json, made, f"已添加单位 {made.id}“{made.name}”。")


@unit.command("list")
@session.json_option
@session.pass_session
def list_units(current: session.Session, as_json: bool) -> None:
    """List the units, those below under those above."""
    known = people.directory(current.engine)
    if as_json:
        output.as_json(list(known.units.values()))
        return
    rows = [
        (found.id, "　" * depth + found.name, sum(each.unit_id == found.id for each in known.users.values()))
        for depth, found in _tree(list(known.units.values()), None, 0)
    ]
    output.table(("编号", "单位", "人数"), rows, empty="没有单位。")


def _tree(units: list[model.Unit], above: int | None, depth: int) -> Iterator[tuple[int, model.Unit]]:
    for found in units:
        if found.parent_id == above:
            yield depth, found
            yield from _tree(units, found.id, depth + 1)


@unit.command("set")
@click.argument("unit_id", metavar="UNIT", type=int)
@click.option("--name", help="New name.")
@click.option("--parent", "parent_id", type=int, help="Number of the unit above; 0 for none.")
@session.json_option
@session.pass_session
def set_unit(current: session.Session, unit_id: int, name: str | None, parent_id: int | None, as_json: bool) -> None:
    """Rename or move a unit."""
    before = people.directory(current.engine).units.get(unit_id, model.Unit(unit_id, ""))
    above = before.parent_id if parent_id is None else parent_id or None
    changed = people.update_unit(
        current.engine, current.actor, unit_id, name=before.name if name is None else name, parent_id=above
    )
    output.answer(as_json, changed, f"已修改单位 {changed.id}“{changed.name}”。")


@unit.command("remove")
@click.argument("unit_id", metavar="UNIT", type=int)
@session.json_option
@session.pass_session
def remove_unit(current: session.Session, unit_id: int, as_json: bool) -> None:
    """Remove a unit that nobody belongs to."""
    people.remove_unit(current.engine, current.actor, unit_id)
    output.answer(as_json, {"unit": unit_id}, f"已移除单位 {unit_id}。")


@click.group(cls=session.Group)
def substitution() -> None:
    """Substitutions (代理): who does for a while what falls to somebody else."""


@substitution.command("add")
@click.argument("principal")
@click.argument("substitute")
@click.option("--from", "begins_on", type=_DAY, help="First day, as 2026-03-09 (default: today).")
@click.option("--to", "ends_on", type=_DAY, required=True, help="Last day.")
@click.option("--reason", required=True, help="Why; kept in the audit trail.")
@session.json_option
@session.pass_session
def add_substitution(
    current: session.Session,
    principal: str,
    substitute: str,
    begins_on: datetime.datetime | None,
    ends_on: datetime.datetime,
    reason: str,
    as_json: bool,
) -> None:
    """Have SUBSTITUTE stand in for PRINCIPAL."""
    today = current.engine.clock.now().astimezone(output.BEIJING).date()
    first = today if begins_on is None else begins_on.date()
    made = people.create_substitution(
        current.engine, current.actor, principal, substitute, first, ends_on.date(), reason
    )
    known = people.directory(current.engine)
    who = f"{known.name(made.substitute)}代理{known.name(made.principal)}"
    output.answer(as_json, made, f"已设置代理 {made.id}：{who}，{made.begins_on} 至 {made.ends_on}。")


@substitution.command("list")
@click.option("--user", "user_id", metavar="USER", help="That somebody is part of.")
@session.json_option
@session.pass_session
def list_substitutions(current: session.Session, user_id: str | None, as_json: bool) -> None:
    """List substitutions, newest first."""
    found = people.substitutions(current.engine, current.actor, user_id)
    if as_json:
        output.as_json(found)
        return
    known = people.directory(current.engine)
    today = current.engine.clock.now().astimezone(output.BEIJING).date()
    rows = [
        (
            each.id,
            known.name(each.principal),
            known.name(each.substitute),
            each.begins_on,
            each.ends_on,
            _state(each, today),
            each.reason,
        )
        for each in found
    ]
    output.table(("代理", "被代理人", "代理人", "开始", "结束", "状态", "事由"), rows, empty="没有代理。")


def _state(found: model.Substitution, today: datetime.date) -> str:
    if found.runs(today):
        return "生效中"
    return "未开始" if found.ended_at is None and today < found.begins_on else "已结束"


@substitution.command("end")
@click.argument("substitution_id", metavar="SUBSTITUTION", type=int)
@session.json_option
@session.pass_session
def end_substitution(current: session.Session, substitution_id: int, as_json: bool) -> None:
    """End a substitution now."""
    ended = people.end_substitution(current.engine, current.actor, substitution_id)
    output.answer(as_json, ended, f"已结束代理 {ended.id}。")

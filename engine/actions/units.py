"""The organisation: units (单位、处室), one below another."""

from __future__ import annotations

import dataclasses

from engine import errors
from engine.actions import context, policy, transaction
from engine.model import commands, people

_LONGEST_NAME = 100


def create_unit(engine: context.Engine, actor: commands.Actor, name: str, parent_id: int | None = None) -> people.Unit:
    """Add a unit below another one, or at the top.

    Raises:
        errors.Forbidden: The actor is no administrator.
        errors.InvalidInput: The name is empty, or there is no such unit above.
        errors.Conflict: There is a unit of this name in the same place.
    """
    policy.operate(actor, "管理单位")
    with transaction.begin(engine, actor) as tx:
        name = _checked(tx, None, name, parent_id)
        unit = tx.uow.units.add(name, parent_id)
        tx.note(None, "create-unit", f"unit/{unit.id}", name=name, parent=parent_id)
    engine.directory.forget()
    return unit


def update_unit(
    engine: context.Engine, actor: commands.Actor, unit_id: int, *, name: str, parent_id: int | None
) -> people.Unit:
    """Rename or move a unit, with everything below it.

    Raises:
        errors.Forbidden: The actor is no administrator.
        errors.NotFound: There is no such unit.
        errors.InvalidInput: The name is empty, or the unit would be below itself.
        errors.Conflict: There is a unit of this name in the same place.
    """
    policy.operate(actor, "管理单位")
    with transaction.begin(engine, actor) as tx:
        unit = _get(tx, unit_id)
        changed = dataclasses.replace(unit, name=_checked(tx, unit_id, name, parent_id), parent_id=parent_id)
        tx.uow.units.save(changed)
        tx.note(None, "update-unit", f"unit/{unit_id}", name=changed.name, parent=parent_id)
    engine.directory.forget()
    return changed


def remove_unit(engine: context.Engine, actor: commands.Actor, unit_id: int) -> None:
    """Remove a unit that has neither people nor units below it.

    Raises:
        errors.Forbidden: The actor is no administrator.
        errors.NotFound: There is no such unit.
        errors.Conflict: Somebody belongs to it, or some unit is below it.
    """
    policy.operate(actor, "管理单位")
    with transaction.begin(engine, actor) as tx:
        unit = _get(tx, unit_id)
        below = [each.name for each in tx.uow.units.all() if each.parent_id == unit_id]
        members = tx.uow.units.members(unit_id)
        if below or members:
            held = "、".join(below) if below else f"{members} 名用户"
            raise errors.Conflict(f"单位“{unit.name}”下有{held}，请先调整到其他单位。")
        tx.uow.units.remove(unit_id)
        tx.note(None, "remove-unit", f"unit/{unit_id}", name=unit.name)
    engine.directory.forget()


def _get(tx: transaction.Transaction, unit_id: int) -> people.Unit:
    for unit in tx.uow.units.all():
        if unit.id == unit_id:
            return unit
    raise errors.NotFound(f"没有编号为 {unit_id} 的单位。", unit=unit_id)


def _checked(tx: transaction.Transaction, unit_id: int | None, name: str, parent_id: int | None) -> str:
    name = name.strip()
    tx.uow.units.lock()  # two units that are moved below each other at the same time would never come to an end
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise errors.InvalidInput(f"单位名称应为 1 至 {_LONGEST_NAME} 个可以显示的字，现为“{name}”。")
    units = {unit.id: unit for unit in tx.uow.units.all()}
    if parent_id is not None and parent_id not in units:
        raise errors.InvalidInput(f"没有编号为 {parent_id} 的单位，请从现有的单位中选择上级单位。")
    above = parent_id
    while above is not None:
        if above == unit_id:
            raise errors.InvalidInput(f"单位“{name}”不能隶属于自身或其下级单位。")
        above = units[above].parent_id
    if any(each.name == name and each.parent_id == parent_id and each.id != unit_id for each in units.values()):
        raise errors.Conflict(f"同一上级单位下已有“{name}”，请换一个名称。")
    return name

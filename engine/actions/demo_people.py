"""People to try the product with: those whom the packs name, their units, an administrator and a monitor.

All of them share a password that everybody knows, so a database that has accounts in earnest gets none of them.
"""

from __future__ import annotations

import dataclasses

from engine import errors
from engine.actions import context, transaction
from engine.model import commands, people
from engine.store import queries

DEMO_PASSWORD = "gongkai-demo"  # noqa: S105 - known to everybody on purpose

_SEEDED = "seed-demo-users"
_FURTHER = (
    ("admin", "系统管理员", frozenset({people.Right.ADMIN, people.Right.DESIGN})),
    # Changes of the calendar need two.
    ("secadmin", "安全管理员", frozenset({people.Right.ADMIN})),
    ("monitor", "督办员", frozenset({people.Right.MONITOR})),
)


def seed_demo(engine: context.Engine) -> list[people.User]:
    """Make the demo users of the deployed packs, with roles and units; those that exist stay as they are.

    Returns:
        Everybody who was made.

    Raises:
        errors.Conflict: The database has accounts, and never was one to try the product with.
    """
    hashed = engine.passwords.hash(DEMO_PASSWORD)
    with transaction.begin(engine, commands.SYSTEM) as tx:
        known = tx.engine.directory.read(tx.uow)
        wanted = _wanted(tx)
        if known.users and not queries.audit(tx.uow, chain=0, action=_SEEDED, limit=1).items:
            raise errors.Conflict(
                "数据库中已有正式账号，不能加入使用公开密码的演示用户。请换一个数据库，或不用 --demo。"
            )
        units = {known.unit_name(unit.id): unit.id for unit in known.units.values()}
        made = [
            _add(tx, id_, person, _unit(tx, units, person.unit), hashed)
            for id_, person in wanted.items()
            if id_ not in known.users
        ]
        if made:
            tx.note(None, _SEEDED, "users", made=len(made))
    engine.directory.forget()
    return made


@dataclasses.dataclass(frozen=True, slots=True)
class _Person:
    """Somebody to be made; `unit` names the units from the top down."""

    name: str
    rights: frozenset[people.Right] = frozenset()
    roles: tuple[str, ...] = ()
    unit: tuple[str, ...] = ()


def _wanted(tx: transaction.Transaction) -> dict[str, _Person]:
    """Return whom the packs name, once each with the roles of all packs, and those that every office has."""
    wanted = {id_: _Person(name, rights) for id_, name, rights in _FURTHER}
    for issuer, user in tx.engine.directory.demo_users(tx.uow):
        before = wanted.get(user.id, _Person(user.name))
        wanted[user.id] = dataclasses.replace(
            before,
            roles=tuple(sorted({*before.roles, *user.roles})),
            unit=before.unit or tuple(filter(None, (issuer, user.unit))),
        )
    return wanted


def _unit(tx: transaction.Transaction, units: dict[str, int], path: tuple[str, ...]) -> int | None:
    """Return the unit at a path, adding those that are missing."""
    above: int | None = None
    for end in range(1, len(path) + 1):
        name = people.UNIT_SEPARATOR.join(path[:end])
        if name not in units:
            units[name] = tx.uow.units.add(path[end - 1], above).id
        above = units[name]
    return above


def _add(tx: transaction.Transaction, id_: str, person: _Person, unit_id: int | None, hashed: str) -> people.User:
    user = people.User(
        id=id_,
        name=person.name,
        unit_id=unit_id,
        roles=person.roles,
        rights=person.rights,
        email=None,
        active=True,
        created_at=tx.now,
        must_change_password=False,
        language=people.Language.ZH,
        external_id=None,
        deactivated_at=None,
        has_password=True,
    )
    tx.uow.users.add(user, hashed)
    tx.note(
        None,
        "create-user",
        f"user/{id_}",
        name=person.name,
        roles=list(person.roles),
        rights=sorted(person.rights),
        demo=True,
    )
    return user

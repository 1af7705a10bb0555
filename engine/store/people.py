"""People and the units they belong to."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from engine import errors
from engine.model import people as model
from engine.store import statements
from engine.store.tables_people import units, users

#: The columns of a `User`, in its order; whether there is a password is all that leaves this module with it.
COLUMNS: list[sa.ColumnElement[Any]] = [
    *(column for column in users.c if column.name != "password_hash"),
    users.c.password_hash.is_not(None).label("has_password"),
]
WIDTH = len(COLUMNS)

_INSERT = statements.insert(users)
_GET = sa.select(*COLUMNS).where(users.c.id == sa.bindparam("user"))
_LOCK = _GET.with_for_update()
_BY_EXTERNAL_ID = sa.select(*COLUMNS).where(users.c.external_id == sa.bindparam("external"))
_SECRET = sa.select(*COLUMNS, users.c.password_hash).where(users.c.id == sa.bindparam("user"))
_ALL = sa.select(*COLUMNS).order_by(users.c.id)
_ANY = sa.select(users.c.id).limit(1)
_ADMINS = (
    sa.select(users.c.id)
    .where(users.c.active.is_(sa.true()), sa.type_coerce(users.c.rights, sa.Text).like('%"admin"%'))
    .order_by(users.c.id)
    .with_for_update()
)
_CHANGEABLE = (
    "name",
    "unit_id",
    "roles",
    "rights",
    "email",
    "active",
    "must_change_password",
    "language",
    "external_id",
    "deactivated_at",
)
_SAVE = (
    sa.update(users)
    .where(users.c.id == sa.bindparam("user"))
    .values({name: sa.bindparam(name) for name in _CHANGEABLE})
)
_SET_PASSWORD = (
    sa.update(users)
    .where(users.c.id == sa.bindparam("user"))
    .values(password_hash=sa.bindparam("hash"), must_change_password=sa.bindparam("must_change"))
)
_RENEW = (
    sa.update(users)
    .where(users.c.id == sa.bindparam("user"), users.c.password_hash == sa.bindparam("before"))
    .values(password_hash=sa.bindparam("hash"))
)
_UNITS = sa.select(*units.c).order_by(units.c.id)
_LOCK_UNITS = sa.select(units.c.id).order_by(units.c.id).with_for_update(key_share=True)
_INSERT_UNIT = statements.insert(units, without=("id",), returning=units.c.id)
_SAVE_UNIT = (
    sa.update(units)
    .where(units.c.id == sa.bindparam("unit"))
    .values(name=sa.bindparam("name"), parent_id=sa.bindparam("parent"))
)
_REMOVE_UNIT = sa.delete(units).where(units.c.id == sa.bindparam("unit"))
_IN_UNIT = sa.select(sa.func.count()).where(users.c.unit_id == sa.bindparam("unit"))


def user(row: statements.Row) -> model.User:
    """Return the user of a row that begins with `COLUMNS`."""
    id_, name, unit_id, roles, rights, *rest = row[:WIDTH]
    email, active, created_at, must_change, language, external_id, deactivated_at, has_password = rest
    return model.User(
        id=id_,
        name=name,
        unit_id=unit_id,
        roles=roles,
        rights=frozenset(map(model.Right, rights)),
        email=email,
        active=bool(active),
        created_at=created_at,
        must_change_password=bool(must_change),
        language=language,
        external_id=external_id,
        deactivated_at=deactivated_at,
        has_password=bool(has_password),
    )


class Users:
    """The accounts of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def add(self, user: model.User, password_hash: str | None) -> model.User:
        """Add an account.

        Raises:
            errors.Conflict: The id, or the name at the identity provider, is taken.
        """
        row = {**_values(user), "id": user.id, "created_at": user.created_at, "password_hash": password_hash}
        self._link.run(_INSERT, row, duplicate=f"用户标识“{user.id}”或其统一身份标识已被使用，请换一个。")
        return user

    def any(self) -> bool:
        """Tell whether there is any account."""
        return self._link.one(_ANY, {}) is not None

    def find(self, user_id: str) -> model.User | None:
        """Return an account; None if there is none."""
        row = self._link.one(_GET, {"user": user_id})
        return None if row is None else user(row)

    def get(self, user_id: str) -> model.User:
        """Return an account.

        Raises:
            errors.NotFound: There is none with this id.
        """
        return self._or_unknown(self.find(user_id), user_id)

    def lock(self, user_id: str) -> model.User:
        """Return an account that nobody else changes until the end of the unit of work.

        Raises:
            errors.NotFound: There is none with this id.
        """
        row = self._link.one(_LOCK, {"user": user_id})
        return self._or_unknown(None if row is None else user(row), user_id)

    def by_external_id(self, external_id: str) -> model.User | None:
        """Return the account that the identity provider calls so."""
        row = self._link.one(_BY_EXTERNAL_ID, {"external": external_id})
        return None if row is None else user(row)

    def with_password(self, user_id: str) -> tuple[model.User, str | None] | None:
        """Return an account and the hash of its password."""
        row = self._link.one(_SECRET, {"user": user_id})
        return None if row is None else (user(row), row[WIDTH])

    def all(self) -> list[model.User]:
        """Return all accounts, by id."""
        return [user(row) for row in self._link.all(_ALL, {})]

    def save(self, user: model.User) -> None:
        """Write an account as it now is; the password is `set_password`'s.

        Raises:
            errors.Conflict: The name at the identity provider is another account's.
        """
        taken = f"统一身份标识“{user.external_id}”已属于其他账号。"
        self._link.run(_SAVE, {**_values(user), "user": user.id}, duplicate=taken)

    def set_password(self, user_id: str, password_hash: str | None, *, must_change: bool) -> None:
        """Set or take away the password of an account."""
        self._link.run(_SET_PASSWORD, {"user": user_id, "hash": password_hash, "must_change": must_change})

    def renew_hash(self, user_id: str, before: str, after: str) -> None:
        """Keep the same password with a stronger hash, unless it has been changed meanwhile."""
        self._link.run(_RENEW, {"user": user_id, "before": before, "hash": after})

    def lock_admins(self) -> list[str]:
        """Return the active administrators, of whom nobody else changes one until the end of the unit of work."""
        return [row[0] for row in self._link.all(_ADMINS, {})]

    @staticmethod
    def _or_unknown(found: model.User | None, user_id: str) -> model.User:
        if found is None:
            raise errors.NotFound(f"没有标识为“{user_id}”的用户。", user=user_id)
        return found


def _values(user: model.User) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(user, name) for name in _CHANGEABLE}
    values["rights"] = tuple(sorted(right.value for right in user.rights))
    return values


class Units:
    """The organisation of a unit of work. There are few units: they are always read together."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def all(self) -> list[model.Unit]:
        """Return all units, oldest first."""
        return [model.Unit(*row) for row in self._link.all(_UNITS, {})]

    def lock(self) -> None:
        """Keep the organisation from everybody else who changes it, until the end of the unit of work."""
        self._link.all(_LOCK_UNITS, {})

    def add(self, name: str, parent_id: int | None) -> model.Unit:
        """Add a unit."""
        return model.Unit(self._link.insert(_INSERT_UNIT, {"name": name, "parent_id": parent_id}), name, parent_id)

    def save(self, unit: model.Unit) -> None:
        """Write a unit as it now is."""
        self._link.run(_SAVE_UNIT, {"unit": unit.id, "name": unit.name, "parent": unit.parent_id})

    def remove(self, unit_id: int) -> None:
        """Remove a unit that nobody belongs to."""
        self._link.run(_REMOVE_UNIT, {"unit": unit_id})

    def members(self, unit_id: int) -> int:
        """Return how many accounts belong to a unit."""
        row = self._link.one(_IN_UNIT, {"unit": unit_id})
        return 0 if row is None else int(row[0])

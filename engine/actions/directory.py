"""Everybody and everything that has a name: people, units, roles. Read often, changed rarely, hence kept in memory."""

from __future__ import annotations

import dataclasses
import datetime
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from engine import errors, packfile
from engine.actions import definition_cache
from engine.calendars import moments
from engine.model import commands, people
from engine.store import unit_of_work

if TYPE_CHECKING:
    from engine.store import database

#: Seconds until a process notices what another one has changed.
FRESH = 30.0


@dataclasses.dataclass(frozen=True)
class Directory:
    """People, units and roles by id. `pack_people` are the demo users of the deployed packs, who need no account."""

    users: Mapping[str, people.User]
    units: Mapping[int, people.Unit]
    roles: Mapping[str, people.Role]
    pack_people: Mapping[str, str]

    def name(self, user_id: str | None) -> str:
        """Return the name of a person, or the id where none is known; of nobody and of the platform, 系统."""
        if user_id is None or user_id == commands.SYSTEM.id:
            return "系统"
        known = self.users.get(user_id)
        return known.name if known is not None else self.pack_people.get(user_id, user_id)

    def role_name(self, role_id: str) -> str:
        """Return the name of a role, also within a unit: 责任单位负责人（行政审批处）; an id where none is known."""
        role, unit = people.parted(role_id)
        known = self.roles.get(role)
        name = role if known is None else known.name
        return name if unit is None else f"{name}（{self.unit_label(unit)}）"

    def unit_label(self, unit: str) -> str:
        """Return the name of a unit as candidate groups call it, without those above it."""
        known = self.units.get(int(unit)) if unit.isdecimal() else None
        return unit if known is None else known.name

    def unit_name(self, unit_id: int | None) -> str:
        """Return the name of a unit with those of the units above it, the highest first; nothing for no unit."""
        return people.UNIT_SEPARATOR.join(unit.name for unit in reversed(self.unit_path(unit_id)))

    def unit_path(self, unit_id: int | None) -> list[people.Unit]:
        """Return a unit and the units above it, the highest last."""
        path: list[people.Unit] = []
        while unit_id is not None and unit_id in self.units and self.units[unit_id] not in path:
            path.append(self.units[unit_id])
            unit_id = path[-1].parent_id
        return path

    def in_role(self, role_id: str) -> list[people.User]:
        """Return the active people who have a role, by id."""
        return [user for user in self.users.values() if user.active and role_id in user.roles]

    def in_groups(self, groups: Collection[str]) -> list[people.User]:
        """Return the active people who are in one of some candidate groups: roles, whole or within a unit; by id."""
        return [user for user in self.users.values() if user.active and not user.groups.isdisjoint(groups)]

    def in_unit(self, unit_id: int) -> list[people.User]:
        """Return the active people of a unit and of the units below it, by id."""
        return [
            user
            for user in self.users.values()
            if user.active and any(unit.id == unit_id for unit in self.unit_path(user.unit_id))
        ]


class Names(Mapping[str, str]):
    """Names of people and roles by id, for the sentences of one case: those of today, else those of its pack.

    The directory is looked at when somebody is first named, which is seldom: most acts are not refused.
    """

    def __init__(self, held: Held, uow: unit_of_work.UnitOfWork, of_pack: Mapping[str, str]) -> None:
        self._held = held
        self._uow = uow
        self._of_pack = of_pack

    def __getitem__(self, id_: str) -> str:
        known = self._held.within(self._uow)
        if id_ in known.users:
            return known.users[id_].name
        role, unit = people.parted(id_)
        return self._of_pack[role] if unit is None else f"{self._of_pack[role]}（{known.unit_label(unit)}）"

    def __iter__(self) -> Iterator[str]:
        return iter({**self._of_pack, **self._held.within(self._uow).users})

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Held:
    """The directory of an engine, kept for a while. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: Directory | None = None
        self._seen_at = 0.0
        self._forgotten_at = 0.0

    def get(self, store: database.Store) -> Directory:
        """Return the directory.

        Raises:
            RuntimeError: A unit of work is open in this thread: it would be read outside of it, and only when it is
                stale. Then `within` is meant; said at every call, lest it be found by chance.
        """
        store.refuse_within()
        found = self._fresh()
        if found is None:
            with store.read() as uow:
                found = self.within(uow)
        return found

    def within(self, uow: unit_of_work.UnitOfWork) -> Directory:
        """Return the directory, read in a unit of work that changes nothing of it."""
        found = self._fresh()
        if found is None:
            found = self.read(uow)
            with self._lock:
                if uow.began > self._forgotten_at:  # else it may see things as they were before: not to be kept
                    self._found, self._seen_at = found, uow.began
        return found

    def _fresh(self) -> Directory | None:
        with self._lock:
            return self._found if time.monotonic() - self._seen_at < FRESH else None

    def forget(self) -> None:
        """Read it again next time: something in it has been changed."""
        with self._lock:
            self._found = None
            self._forgotten_at = time.monotonic()

    def read(self, uow: unit_of_work.UnitOfWork) -> Directory:
        """Return the directory as a unit of work sees it; it is not kept."""
        roles: dict[str, people.Role] = {}
        pack_people: dict[str, str] = {}
        for info in definition_cache.newest_packs(uow):
            for role in info.roles:
                roles.setdefault(role.id, people.Role(role.id, role.name, role.description, info.slug))
            for user in info.users:
                pack_people.setdefault(user.id, user.name)
        users = {user.id: user for user in uow.users.all()}
        return Directory(users, {unit.id: unit for unit in uow.units.all()}, roles, pack_people)

    def demo_users(self, uow: unit_of_work.UnitOfWork) -> list[tuple[str, packfile.DemoUser]]:
        """Return the people to try the deployed packs with, each with the issuer of the pack's document."""
        return [(info.source.issuer, user) for info in definition_cache.newest_packs(uow) for user in info.users]


def today(now: datetime.datetime) -> datetime.date:
    """Return the day it is in Beijing."""
    return now.astimezone(moments.SHANGHAI).date()


def actor(uow: unit_of_work.UnitOfWork, user: people.User, now: datetime.datetime) -> commands.Actor:
    """Return somebody as who acts: with roles and rights, and whom they stand in for today.

    Whoever somebody stands in for brings their own roles alone, neither their rights nor those they stand in for
    themselves: substitution is no chain.
    """
    principals = uow.substitutions.principals(user.id, today(now))
    return commands.Actor(
        user.id,
        frozenset(user.roles),
        admin=people.Right.ADMIN in user.rights,
        monitor=people.Right.MONITOR in user.rights,
        designs=people.Right.DESIGN in user.rights,
        acting_for=tuple(commands.Actor(each.id, frozenset(each.roles), unit=each.unit) for each in principals),
        unit=user.unit,
    )


def somebody(uow: unit_of_work.UnitOfWork, user_id: str, known: Mapping[str, str]) -> str:
    """Return the id of somebody who can be given work.

    Args:
        uow: The unit of work.
        user_id: Who is meant.
        known: The people of the pack concerned, by id: they count while the database has no accounts at all.

    Raises:
        errors.InvalidInput: There is no such person, or the account is not active.
    """
    found = uow.users.find(user_id)
    if found is not None and found.active:
        return found.id
    if found is not None:
        raise errors.InvalidInput(f"{found.name}（{user_id}）的账号已停用，请选择其他人。")
    if uow.users.any() or user_id not in known:
        raise errors.InvalidInput(f"没有标识为“{user_id}”的用户，请从在用的账号中选择。")
    return user_id

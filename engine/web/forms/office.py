"""Who and what can be picked: the people, roles and units that the office has, by id and name."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from engine import forms
from engine.actions import people

#: Up to so many are offered as a plain list; more are searched by typing.
LISTED = 40
#: How many a search shows at most.
FOUND = 20
#: What pickers pick.
KINDS = ("person", "role", "unit")


@dataclasses.dataclass(frozen=True, slots=True)
class Pick:
    """Somebody or something that can be picked; `note` tells people of the same name apart."""

    id: str
    name: str
    note: str = ""

    @property
    def text(self) -> str:
        """How it stands in a text field: 张三（zhangsan）."""
        return f"{self.name}（{self.id}）"

    def matches(self, words: Iterable[str]) -> bool:
        """Tell whether all of these lower-case words occur in it."""
        whole = f"{self.name} {self.id} {self.note}".lower()
        return all(word in whole for word in words)


@dataclasses.dataclass(frozen=True)
class Office:
    """What pickers offer. `people_by_role` has the ids of the people with each role."""

    people: Mapping[str, Pick] = dataclasses.field(default_factory=dict)
    roles: Mapping[str, Pick] = dataclasses.field(default_factory=dict)
    units: Mapping[str, Pick] = dataclasses.field(default_factory=dict)
    people_by_role: Mapping[str, frozenset[str]] = dataclasses.field(default_factory=dict)
    #: The ids of the people who have any role: who works on cases.
    working: frozenset[str] = frozenset()
    #: Names of everybody who was ever here, for what is only read.
    names: Mapping[str, str] = dataclasses.field(default_factory=dict)
    #: Up to so many are offered as a list.
    listed: int = LISTED

    @property
    def every_name(self) -> Mapping[str, str]:
        """Names of people, roles and units by id, for texts that are only read."""
        picks = (*self.roles.values(), *self.units.values(), *self.people.values())
        return {**self.names, **{pick.id: pick.name for pick in picks}}

    def picks(self, kind: str, role: str | None = None, *, working: bool = False) -> list[Pick]:
        """Return what a picker of a kind (`person`, `role`, `unit`) offers, people with this role, or any, only."""
        if kind == "person":
            wanted = self.people if role is None else self.people_by_role.get(role, frozenset())
            return [
                pick for pick in self.people.values() if pick.id in wanted and (not working or pick.id in self.working)
            ]
        return list(self._all(kind).values())

    def _all(self, kind: str) -> Mapping[str, Pick]:
        return {"person": self.people, "role": self.roles, "unit": self.units}[kind]

    def find(self, kind: str, query: str, role: str | None = None, *, working: bool = False) -> list[Pick]:
        """Return what matches every word of a query, at most `FOUND`; names that begin with the query come first."""
        words = query.lower().split()
        found = [pick for pick in self.picks(kind, role, working=working) if pick.matches(words)]
        begins = query.strip().lower()
        found.sort(key=lambda pick: not (pick.name.lower().startswith(begins) or pick.id.lower().startswith(begins)))
        return found[:FOUND]

    def label(self, kind: str, picked: str) -> str:
        """Return how somebody or something picked stands in a text field; also people who have left."""
        pick = self._all(kind).get(picked)
        if pick is not None:
            return pick.text
        gone = self.names.get(picked) if kind == "person" else None
        return picked if gone is None else Pick(picked, gone).text

    def is_called(self, kind: str, picked: str, text: str) -> bool:
        """Tell whether a text stands for what is picked: people of the same name are told apart by their id."""
        pick = self._all(kind).get(picked)
        return text == self.label(kind, picked) or (pick is not None and text == pick.name)

    def knows(self, kind: str, picked: str) -> bool:
        """Tell whether something is, or for people was, of the office."""
        return picked in self._all(kind) or (kind == "person" and picked in self.names)

    def problem(self, field: forms.Field, value: Any) -> str | None:
        """Return what is wrong with an id that a form holds; `engine.actions` judges again, and files alone."""
        kind, role = field.widget, field.settings.get("role")
        if kind not in KINDS or not self._all(kind) or any(pick.id == value for pick in self.picks(kind, role)):
            return None
        same = sum(pick.name == value for pick in self.picks(kind, role))
        if same > 1:
            return f"有 {same} 个“{value}”，请从列表中选择"
        noun = {"person": "人员", "role": "角色", "unit": "单位"}[kind]
        return f"没有可选的{noun}“{self.names.get(value, value)}”，请从列表中选择"

    def named(self, kind: str, text: str, role: str | None = None) -> str | None:
        """Return the id of the one that a text names: by id, by name, or as `Pick.text` writes it; None if unclear."""
        typed = text.strip()
        picks = self.picks(kind, role)
        for pick in picks:
            if typed in (pick.id, pick.text):
                return pick.id
        same = [pick.id for pick in picks if pick.name == typed]
        return same[0] if len(same) == 1 else None


_latest: list[tuple[people.Directory, Office]] = []


def of(directory: people.Directory) -> Office:
    """Return the office of a directory: active accounts; the people of the packs while there are no accounts."""
    # A directory is kept for a while, and so is its office: it is asked for by every page with a form.
    for known, office in _latest:
        if known is directory:
            return office
    made = _make(directory)
    _latest[:] = [(directory, made)]
    return made


def _make(directory: people.Directory) -> Office:
    active = [user for user in directory.users.values() if user.active]
    found = {user.id: Pick(user.id, user.name, directory.unit_name(user.unit_id)) for user in active}
    by_role: dict[str, set[str]] = {}
    for user in active:
        for role in user.roles:
            by_role.setdefault(role, set()).add(user.id)
    if not directory.users:
        found = {user_id: Pick(user_id, name) for user_id, name in directory.pack_people.items()}
        by_role = {role: set(found) for role in directory.roles}
    names = {**directory.pack_people, **{user.id: user.name for user in directory.users.values()}}
    return Office(
        people=dict(sorted(found.items(), key=lambda item: _place(directory, item[1]))),
        roles={role.id: Pick(role.id, role.name, role.description) for role in directory.roles.values()},
        units={str(unit.id): Pick(str(unit.id), directory.unit_name(unit.id)) for unit in directory.units.values()},
        people_by_role={role: frozenset(ids) for role, ids in by_role.items()},
        working=frozenset(user_id for held in by_role.values() for user_id in held),
        names=names,
    )


def _place(directory: people.Directory, pick: Pick) -> tuple[int, bytes, str]:
    """Return where somebody stands in lists: by unit, in the order in which units were set up, then by name.

    Frequent characters stand in GB 18030 in the order of their pinyin (GB/T 2312, level 1).
    """
    user = directory.users.get(pick.id)
    unit = user.unit_id if user is not None else None
    return sys.maxsize if unit is None else unit, pick.name.encode("gb18030"), pick.id

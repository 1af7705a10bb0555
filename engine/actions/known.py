"""What people, roles and units are called, for what is shown of a case: names of today, else those of its pack."""

from __future__ import annotations

import collections
from collections.abc import Iterator, Mapping

from engine.actions import directory
from engine.model import people


class Names(Mapping[str, str]):
    """Names by id; units are known by their number as text."""

    def __init__(self, known: directory.Directory, of_pack: Mapping[str, str]) -> None:
        self._known = known
        self._of_pack = of_pack

    def __getitem__(self, id_: str) -> str:
        if id_ in self._known.users:
            return self._known.users[id_].name
        if id_ in self._known.roles:
            return self._known.roles[id_].name
        if people.parted(id_)[0] in self._known.roles:
            return self._known.role_name(id_)
        if id_ in self._of_pack:
            return self._of_pack[id_]
        if id_ in self._known.pack_people:
            return self._known.pack_people[id_]
        if id_.isdecimal() and int(id_) in self._known.units:
            return self._known.unit_name(int(id_))
        raise KeyError(id_)

    def __iter__(self) -> Iterator[str]:
        units = (str(number) for number in self._known.units)
        every = (self._known.users, self._known.roles, self._of_pack, self._known.pack_people, dict.fromkeys(units))
        return iter(collections.ChainMap(*(dict.fromkeys(each) for each in every)))

    def __len__(self) -> int:
        return sum(1 for _ in self)

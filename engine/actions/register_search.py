"""Looking for entries of a register: by words, names of people, days, and single values, whatever the register holds.

What may be asked follows from the types of the register's fields: a day where there is a date, a name where there are
people, one of the values that occur where there are few of them. The database narrows down, and what it cannot tell —
which field a word stands in, who of two people is meant — is looked at here.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator, Mapping
from typing import Any

from engine import errors
from engine.actions import people
from engine.calendars import moments
from engine.model import records as model
from engine.store import queries_registers, unit_of_work

#: Entries read at a time.
_BATCH = 500
_DAYS = (model.FieldType.DATE, model.FieldType.DATETIME)
#: What a field can be asked for by one value.
ASKED = (model.FieldType.CHOICE, model.FieldType.PERSON, model.FieldType.BOOLEAN)


@dataclasses.dataclass(frozen=True, slots=True)
class Sought:
    """What somebody looks for; all of it holds for what is found.

    Parameters:
        text: stands in the number or in a value; of a person in the name.
        day: the field whose day is meant by `since` and `until`; empty for the day of the entry.
        since, until: the first and the last day.
        values: by field a value, a part of a person's name, `yes` or `no`.
    """

    text: str = ""
    day: str = ""
    since: datetime.date | None = None
    until: datetime.date | None = None
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.text or self.since or self.until or self.values)


def day_fields(register: model.Register) -> tuple[model.RegisterField, ...]:
    """Return the fields of a register that hold a day."""
    return tuple(field for field in register.fields if field.type in _DAYS)


def asked_fields(register: model.Register) -> tuple[model.RegisterField, ...]:
    """Return the fields of a register that can be asked for by one value."""
    return tuple(field for field in register.fields if field.type in ASKED)


class Search:
    """What is looked for in one register, as questions to the database and to the values of an entry.

    Args:
        pack: Slug of the register's pack.
        register: The register, with the fields that may be looked through.
        sought: What is looked for.
        names: The names of the people.
    """

    def __init__(self, pack: str, register: model.Register, sought: Sought, names: people.Directory) -> None:
        self._pack, self._register, self._sought = pack, register, sought
        self._fields = {field.id: field for field in register.fields}
        self._day = sought.day if sought.day in {field.id for field in day_fields(register)} else ""
        self._named = _named(sought.text, names)
        self._wanted = {
            field.id: _meant(field, sought.values[field.id], names)
            for field in asked_fields(register)
            if sought.values.get(field.id)
        }

    def newest(self, uow: unit_of_work.UnitOfWork, before: int | None, limit: int) -> list[model.Entry]:
        """Return what is found, newest first, older than one entry."""
        found: list[model.Entry] = []
        # The statement finds exactly what was written within days; of the rest it finds a little too much.
        size = _BATCH if self._sought.text or self._wanted or self._day else limit
        while len(found) < limit:
            batch = self._read(uow, size, before=before)
            found += [entry for entry in batch if self.accepts(entry)]
            if len(batch) < size:
                break
            before = batch[-1].id
        return found[:limit]

    def later(self, uow: unit_of_work.UnitOfWork, after: int) -> tuple[list[model.Entry], int | None]:
        """Return what is found next after an entry, oldest first, and where to go on; None at the end."""
        batch = self._read(uow, _BATCH, after=after)
        return [entry for entry in batch if self.accepts(entry)], batch[-1].id if len(batch) == _BATCH else None

    def accepts(self, entry: model.Entry) -> bool:
        """Tell whether an entry is one of those that are looked for."""
        return (
            self._says(entry)
            and self._lies(entry)
            and all(_is_one(entry.values.get(field), wanted) for field, wanted in self._wanted.items())
        )

    def _read(self, uow: unit_of_work.UnitOfWork, limit: int, **where: int | None) -> list[model.Entry]:
        since, until = (None, None) if self._day else (self._sought.since, self._sought.until)
        return queries_registers.entries(
            uow,
            self._pack,
            self._register.id,
            holds=[group for group in self._pieces() if group],
            since=None if since is None else moments.begin(since),
            until=None if until is None else moments.end_passed(until),
            limit=limit,
            **where,
        )

    def _pieces(self) -> Iterator[list[str]]:
        if self._sought.text:
            text = queries_registers.piece(self._sought.text, whole=False)
            yield [text, *(queries_registers.piece(each) for each in self._named)]
        for field, wanted in self._wanted.items():
            if self._fields[field].type is not model.FieldType.BOOLEAN:
                # Nobody of this name: nothing is found.
                yield [queries_registers.piece(each) for each in wanted] or [queries_registers.piece("\0")]

    def _says(self, entry: model.Entry) -> bool:
        text = self._sought.text.lower()
        if not text or text in entry.number.lower():
            return True
        for name, field in self._fields.items():
            value = entry.values.get(name)
            if field.type is model.FieldType.PERSON:
                if _is_one(value, self._named):
                    return True
            elif any(text in word.lower() for word in _words(value)):
                return True
        return False

    def _lies(self, entry: model.Entry) -> bool:
        if not self._day or not (self._sought.since or self._sought.until):
            return True
        on = _local_day(entry.values.get(self._day))
        if on is None:
            return False
        return (self._sought.since or on) <= on <= (self._sought.until or on)


def _named(text: str, names: people.Directory) -> tuple[str, ...]:
    """Return the ids of those in whose names a text stands."""
    if not text:
        return ()
    return tuple(user.id for user in names.users.values() if text.lower() in user.name.lower())


def _meant(field: model.RegisterField, value: str, names: people.Directory) -> tuple[object, ...]:
    match field.type:
        case model.FieldType.PERSON:
            return _named(value, names)
        case model.FieldType.BOOLEAN:
            return (value == "yes",)
        case _:
            return (value,)


def _is_one(value: Any, wanted: tuple[object, ...]) -> bool:
    return any(each in wanted for each in value) if isinstance(value, list | tuple) else value in wanted


def _words(value: Any) -> Iterator[str]:
    """Yield what people read of a value that is no person."""
    if isinstance(value, list | tuple):
        for each in value:
            yield from _words(each)
    elif isinstance(value, dict):
        if isinstance(value.get("name"), str):  # a file
            yield value["name"]
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _local_day(value: Any) -> datetime.date | None:
    if not isinstance(value, str):
        return None
    try:
        return moments.local_day(moments.read(value))
    except (ValueError, errors.CalendarError):
        return None

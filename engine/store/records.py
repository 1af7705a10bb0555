"""What procedures leave behind. Rows are only ever added."""

from __future__ import annotations

import datetime
import hashlib
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from engine import errors
from engine.model import details as model_details
from engine.model import records as model
from engine.store import statements, types
from engine.store.tables_records import (
    documents,
    publication_withdrawals,
    publications,
    register_entries,
    register_values,
)

#: The hash before the first entry of a register.
FIRST = "0" * 64
#: Longer values are read, not looked up.
_SHORT = 200
#: The columns of a publication that are read, in the order of `model.Publication`; the words are for searching alone.
READ = [column for column in publications.c if column.name != "words"]
_log = logging.getLogger(__name__)

_INSERT_ENTRY = statements.insert(register_entries, without=("id",), returning=register_entries.c.id)
_INSERT_VALUE = statements.insert(register_values)
_INSERT_DOCUMENT = statements.insert(documents, without=("id",), returning=documents.c.id)
_INSERT_PUBLICATION = statements.insert(publications, without=("id",), returning=publications.c.id)
_OF_REGISTER = (
    register_entries.c.pack == sa.bindparam("pack"),
    register_entries.c.register == sa.bindparam("register"),
)
_LAST = (
    sa.select(register_entries.c.hash, register_entries.c.serial)
    .where(*_OF_REGISTER)
    .order_by(register_entries.c.id.desc())
    .limit(1)
)
_NUMBERED = sa.select(*register_entries.c).where(*_OF_REGISTER, register_entries.c.number == sa.bindparam("number"))
_ENTRIES_OF = (
    sa.select(*register_entries.c)
    .where(register_entries.c.instance_id == sa.bindparam("instance"))
    .order_by(register_entries.c.id)
)
_ALL = (
    sa.select(*register_entries.c)
    .where(*_OF_REGISTER, register_entries.c.id > sa.bindparam("after"))
    .order_by(register_entries.c.id)
    .limit(sa.bindparam("most"))
)
_KEPT = sa.select(
    register_entries.c.pack,
    register_entries.c.register,
    sa.func.count().label("entries"),
    sa.func.max(register_entries.c.id).label("newest"),
).group_by(register_entries.c.pack, register_entries.c.register)
_DOCUMENT = sa.select(*documents.c).where(documents.c.id == sa.bindparam("document"))
_DOCUMENTS_OF = (
    sa.select(*documents.c).where(documents.c.instance_id == sa.bindparam("instance")).order_by(documents.c.id)
)
_PUBLICATION = sa.select(*READ).where(publications.c.id == sa.bindparam("publication"))
_PUBLICATIONS_OF = (
    sa.select(*READ).where(publications.c.instance_id == sa.bindparam("instance")).order_by(publications.c.id)
)
_INSERT_WITHDRAWAL = statements.insert(publication_withdrawals)
_REPLACED_BY = (
    sa.select(publications.c.id).where(publications.c.replaces == sa.bindparam("publication")).order_by("id").limit(1)
)


class Records:
    """The records of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    # --- registers ---------------------------------------------------------------------------------------------------

    def append(
        self,
        pack: str,
        register: str,
        year: int,
        serial: int,
        number: str,
        values: Mapping[str, Any],
        *,
        instance_id: int | None,
        corrects: int | None,
        reason: str | None,
        at: datetime.datetime,
        by: str,
    ) -> model.Entry:
        """Add an entry to a register; whoever numbers it holds the register's series until the transaction ends."""
        last = self._link.one(_LAST, {"pack": pack, "register": register})
        row: dict[str, Any] = {
            "pack": pack,
            "register": register,
            "year": year,
            "serial": serial,
            "number": number,
            "values": dict(values),
            "instance_id": instance_id,
            "corrects": corrects,
            "reason": reason,
            "at": at,
            "by": by,
            "previous_hash": FIRST if last is None else str(last[0]),
        }
        row["hash"] = digest(row)
        new_id = self._link.insert(_INSERT_ENTRY, row)
        for field, text in searchable(values).items():
            self._link.run(_INSERT_VALUE, {"entry_id": new_id, "field": field, "value": text})
        return model.Entry(id=new_id, **row)

    def numbered(self, pack: str, register: str, number: str) -> model.Entry | None:
        """Return the entry with a number, if there is one."""
        row = self._link.one(_NUMBERED, {"pack": pack, "register": register, "number": number})
        return None if row is None else model.Entry(*row)

    def newest(
        self, pack: str, register: str, values: Mapping[str, str], number: str | None = None
    ) -> model.Entry | None:
        """Return the newest entry with all these values, and this number if one is given, that none corrects."""
        newer = register_entries.alias()
        sought = sa.select(*register_entries.c).where(
            register_entries.c.pack == pack,
            register_entries.c.register == register,
            ~sa.exists().where(newer.c.corrects == register_entries.c.id),
        )
        if number is not None:
            sought = sought.where(register_entries.c.number == number)
        said = register_values.c
        for field, value in values.items():
            holding = sa.select(said.entry_id).where(said.field == field, said.value == value)
            sought = sought.where(register_entries.c.id.in_(holding))
        rows = self._link.select(sought.order_by(register_entries.c.id.desc()).limit(1))
        return model.Entry(*rows[0]) if rows else None

    def entries_of(self, instance_id: int) -> list[model.Entry]:
        """Return what a case has written into registers, oldest first."""
        return [model.Entry(*row) for row in self._link.all(_ENTRIES_OF, {"instance": instance_id})]

    def entries(self, pack: str, register: str, *, after: int = 0, limit: int = 500) -> list[model.Entry]:
        """Return entries of a register after one of them, oldest first."""
        given = {"pack": pack, "register": register, "after": after, "most": limit}
        return [model.Entry(*row) for row in self._link.all(_ALL, given)]

    def kept(self) -> dict[tuple[str, str], tuple[int, model.Entry]]:
        """Return by pack and register how many entries there are, and the newest; not those that are empty."""
        counted = self._link.select(_KEPT)
        newest = sa.select(*register_entries.c).where(register_entries.c.id.in_([row[3] for row in counted]))
        entries = {row[0]: model.Entry(*row) for row in self._link.select(newest)}
        return {(row[0], row[1]): (row[2], entries[row[3]]) for row in counted}

    def corrections(self, entry_ids: Sequence[int]) -> dict[int, str]:
        """Return the number of the newest entry that points to each of these, for those that one points to."""
        if not entry_ids:
            return {}
        found = sa.select(register_entries.c.corrects, register_entries.c.number).where(
            register_entries.c.corrects.in_(entry_ids)
        )
        return {row[0]: row[1] for row in self._link.select(found.order_by(register_entries.c.id))}

    # --- documents ---------------------------------------------------------------------------------------------------

    def issue(self, **values: Any) -> model.Document:
        """Add a document; `values` are the fields of a `Document` but its id."""
        return model.Document(id=self._link.insert(_INSERT_DOCUMENT, values), **values)

    def document(self, document_id: int) -> model.Document:
        """Return a document.

        Raises:
            errors.NotFound: There is none with this id.
        """
        row = self._link.one(_DOCUMENT, {"document": document_id})
        if row is None:
            raise errors.NotFound("没有此公文。")
        return model.Document(*row)

    def documents_of(self, instance_id: int) -> list[model.Document]:
        """Return the documents of a case, oldest first."""
        return [model.Document(*row) for row in self._link.all(_DOCUMENTS_OF, {"instance": instance_id})]

    # --- publications ------------------------------------------------------------------------------------------------

    def announce(self, **values: Any) -> model.Publication:
        """Add a publication; `values` are the fields of a `Publication` but its id."""
        details = values.get("details")
        row = {
            **values,
            "attachments": [dict(each) for each in values["attachments"]],
            "details": details.as_json() if details else None,
            "words": details.words() if details else None,
        }
        return model.Publication(id=self._link.insert(_INSERT_PUBLICATION, row), **values)

    def publication(self, publication_id: int) -> model.Publication:
        """Return a publication.

        Raises:
            errors.NotFound: There is none with this id.
        """
        row = self._link.one(_PUBLICATION, {"publication": publication_id})
        if row is None:
            raise errors.NotFound("没有此公开信息。")
        return publication_of(row)

    def publications_of(self, instance_id: int) -> list[model.Publication]:
        """Return what a case has published, oldest first."""
        return [publication_of(row) for row in self._link.all(_PUBLICATIONS_OF, {"instance": instance_id})]

    def withdraw(self, publication_id: int, at: datetime.datetime, by: str, reason: str) -> None:
        """Note that a publication is withdrawn from the public."""
        row = {"publication_id": publication_id, "at": at, "by": by, "reason": reason}
        self._link.run(_INSERT_WITHDRAWAL, row)

    def withdrawals(self, publication_ids: Sequence[int]) -> dict[int, model.Withdrawal]:
        """Return which of these publications were withdrawn, and why."""
        if not publication_ids:
            return {}
        gone = publication_withdrawals.c
        found = sa.select(gone.publication_id, gone.at, gone.by, gone.reason).where(
            gone.publication_id.in_(publication_ids)
        )
        return {row[0]: model.Withdrawal(*row[1:]) for row in self._link.select(found)}

    def replaced_by(self, publication_id: int) -> int | None:
        """Return the id of what took the place of a publication, if anything did."""
        row = self._link.one(_REPLACED_BY, {"publication": publication_id})
        return None if row is None else int(row[0])


def digest(row: Mapping[str, Any]) -> str:
    """Return the hash of an entry, which covers the hash of the entry before it."""
    return hashlib.sha256(types.dump_json(content(row), canonical=True).encode()).hexdigest()


def content(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the hash of an entry is of."""
    at = row["at"]
    return {
        **{name: row[name] for name in row if name not in ("id", "hash", "at")},
        "at": types.dump_instant(at) if isinstance(at, datetime.datetime) else at,
    }


def searchable(values: Mapping[str, Any]) -> dict[str, str]:
    """Return the values that an entry is looked up by: those that are short."""
    found = {}
    for field, value in values.items():
        if isinstance(value, bool) or value is None or isinstance(value, list | tuple | dict):
            continue
        text = str(value)
        if len(text) <= _SHORT:
            found[field] = text
    return found


def publication_of(row: Sequence[Any], *, strict: bool = False) -> model.Publication:
    """Return a publication of a row of the columns that are read.

    What it shows besides its text is left out where nobody can understand it: it was changed behind the back of the
    platform, as its hash says, and is no reason to show nothing at all.

    Args:
        row: The row.
        strict: Raise errors.InvalidRecord instead.
    """
    values = list(row)
    values[7] = tuple(values[7])
    try:
        values[14] = model_details.read(values[14])
    except (errors.InvalidRecord, TypeError, AttributeError, ValueError) as error:
        if strict:
            raise
        _log.error("publication %s: its details cannot be understood: %s", values[0], error)
        values[14] = model_details.NOTHING
    return model.Publication(*values)

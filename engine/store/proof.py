"""Checks records: registers, documents and publications against their own hashes and against the audit trail.

A hash that stands beside what it is the hash of only shows a careless change. So each record is also looked for in the
audit trail, and each entry of the trail that made a record among the records: whoever forges one has to forge both. The
trail keeps a seal of each (`engine.store.sealing`), which covers what no hash of its own does: titles and numbers, what
a document was made of, what a receipt is for. Records of before there were seals are counted, and said to be so.

The office works on meanwhile: everything is read in short transactions, a page at a time.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from engine import errors
from engine.model import records as model
from engine.store import proof_trail, records, sealing, statements, verification
from engine.store.tables_records import documents, publications, register_entries, register_values
from engine.store.tables_retention import erased_origins

#: The text of a publication that is hashed, made of it and the hash of its document.
Shown = Callable[[model.Publication, str | None], str]

#: Rows of long texts, and other rows, that are read in one transaction.
_FEW, _ROWS = 50, 500
_REPORT_EVERY = 100

_e, _d, _p = register_entries.c, documents.c, publications.c


def _left_of(table: sa.Table, kind: str) -> sa.ScalarSelect[str]:
    """Return the hash of what is left of a record that personal data was taken out of (`proof_erasures` proves it)."""
    origin = erased_origins.c
    of = sa.select(origin.content).where(origin.kind == sa.literal_column(f"'{kind}'"), origin.record_id == table.c.id)
    return of.scalar_subquery()


# As stored, not as understood: a forged value need not be one that can be understood.
_ENTRIES = sa.select(
    _e.pack,
    _e.register,
    _e.year,
    _e.serial,
    _e.number,
    sa.type_coerce(_e["values"], sa.Text),
    sealing.case_of(register_entries, "register"),
    _e.corrects,
    _e.reason,
    sa.type_coerce(_e.at, sa.Text),
    _e.by,
    _e.previous_hash,
    _e.hash,
    _e.id,
    _left_of(register_entries, "register"),
).order_by(_e.pack, _e.register, _e.id)
_NAMES = ("pack", "register", "year", "serial", "number", "values", "instance_id", "corrects", "reason", "at", "by")
_SOUGHT = sa.select(register_values.c.entry_id, register_values.c.field, register_values.c.value)
_BODIES = sa.select(_d.id, _d.number, _d.title, _d.html, _d.sha256, _left_of(documents, "document")).order_by(_d.id)
_SHOWN_IDS = sa.select(_p.id, _p.title).order_by(_p.id)
_WHOLE = sa.select(*records.READ, _p.words, _d.sha256).join_from(
    publications, documents, _d.id == _p.document_id, isouter=True
)
_COUNTS = tuple(sa.select(sa.func.count()).select_from(each) for each in (register_entries, documents, publications))


def count(link: statements.Link) -> int:
    """Return how many records there are."""
    return sum(int(link.select(each)[0][0]) for each in _COUNTS)


def check(opened: verification.Opened, shown: Shown, progress: Callable[[int], None]) -> proof_trail.Findings:
    """Return what is wrong with registers, documents, publications and receipts; memory does not grow with them.

    Args:
        opened: Opens one transaction after the other.
        shown: The text of a publication that its hash is of.
        progress: Called now and then with how many records have been checked since the last time.
    """
    found = proof_trail.Findings([])
    found.flaws += _registers(_counted(_entries(opened), progress))
    found.flaws += _documents(_counted(_by_id(opened, _BODIES, _d.id, _FEW), progress))
    found.flaws += _publications(opened, shown, progress)
    proof_trail.compare(opened, found)
    return found


def _by_id(
    opened: verification.Opened, statement: sa.Select[Any], column: sa.Column[int], size: int
) -> Iterator[statements.Row]:
    """Yield the rows of a SELECT in the order of the column that is its first, a page in one transaction."""
    rows: list[statements.Row] = []
    while True:
        wanted = statement.where(column > rows[-1][0]) if rows else statement
        with opened() as link:
            rows = link.select(wanted.limit(size))
        yield from rows
        if len(rows) < size:
            return


# --- each by itself --------------------------------------------------------------------------------------------------


def _entries(opened: verification.Opened) -> Iterator[statements.Row]:
    """Yield the entries of registers, each with what it is looked up by at its end."""
    rows: list[statements.Row] = []
    while True:
        wanted = _ENTRIES
        if rows:
            last = (rows[-1][0], rows[-1][1], rows[-1][13])
            wanted = wanted.where(sa.tuple_(_e.pack, _e.register, _e.id) > last)
        with opened() as link:
            rows = link.select(wanted.limit(_ROWS))
            sought: dict[int, dict[str, str]] = {row[13]: {} for row in rows}
            for entry_id, field, value in link.select(_SOUGHT.where(register_values.c.entry_id.in_(sought))):
                sought[entry_id][field] = value
        yield from ((*row, sought[row[13]]) for row in rows)
        if len(rows) < _ROWS:
            return


def _registers(rows: Iterable[statements.Row]) -> Iterator[proof_trail.Flaw]:
    for (pack, register), entries in itertools.groupby(rows, key=lambda row: (row[0], row[1])):
        last_hash, position, serials = records.FIRST, 0, dict[int, int]()
        for row in entries:
            position += 1
            where = f"台账 {pack}/{register} 的“{row[4]}”"
            year, serial = row[2], row[3]
            # What is numbered without years goes by the position in the register, whatever came before.
            expected = serials.get(year, 0) + 1 if year else position
            if serial != expected:
                missing = f"编号不连续，应为第 {expected} 号，现为第 {serial} 号，之前的记录缺失或者被调换"
                yield proof_trail.Flaw(proof_trail.REGISTER, where, missing)
                position = position if year else serial
            serials[year] = serial
            if row[11] != last_hash:
                yield proof_trail.Flaw(proof_trail.REGISTER, where, "与前一条记录不衔接，前一条被改动、删除或调换")
            last_hash = row[12]
            values = _values(row[5])
            if values is None or _digest(row, values) != (row[14] or row[12]):
                yield proof_trail.Flaw(proof_trail.REGISTER, where, "内容与哈希值不符，已被改动")
            # A publication is let pass by such a value of its review.
            if values is not None and records.searchable(values) != row[15]:
                yield proof_trail.Flaw(proof_trail.REGISTER, where, "用于查找的内容与登记的不一致，已被改动")


def _values(text: Any) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, TypeError):
        return None
    return found if isinstance(found, dict) else None


def _digest(row: statements.Row, values: Mapping[str, Any]) -> str | None:
    given = dict(zip(_NAMES, row, strict=False)) | {"values": values, "previous_hash": row[11]}
    try:
        return records.digest(given)
    except errors.InvalidInput:
        return None


def _documents(rows: Iterable[statements.Row]) -> Iterator[proof_trail.Flaw]:
    for number, name, title, html, sha256, left in rows:
        if hashlib.sha256(str(html).encode()).hexdigest() != (left or sha256):
            yield proof_trail.Flaw(proof_trail.DOCUMENT, _document(number, name, title), "正文与哈希值不符，已被改动")


def _document(id_: Any, number: str, title: str) -> str:
    return f"公文第 {id_} 件“{title}”" + (f"（{number}）" if number else "")


def _publications(
    opened: verification.Opened, shown: Shown, progress: Callable[[int], None]
) -> Iterator[proof_trail.Flaw]:
    # One by one: a row that cannot be understood must not keep the others from being checked.
    for id_, title in _counted(_by_id(opened, _SHOWN_IDS, _p.id, _ROWS), progress):
        where = f"公开信息第 {id_} 件“{title}”"
        try:
            with opened() as link:
                (row,) = link.select(_WHOLE.where(_p.id == id_))
            *read, words, sha256 = row
            found = records.publication_of(read, strict=True)
            text = shown(found, sha256)
        except (ValueError, TypeError, KeyError, AttributeError, LookupError, errors.GongkaiError):
            yield proof_trail.Flaw(proof_trail.PUBLICATION, where, "内容不能读取，已被改动")
            continue
        if words != (found.details.words() if found.details else None):
            yield proof_trail.Flaw(proof_trail.PUBLICATION, where, "用于查找的内容与所公开的不一致，已被改动")
        if found.shown_sha256 is not None and hashlib.sha256(text.encode()).hexdigest() != found.shown_sha256:
            yield proof_trail.Flaw(proof_trail.PUBLICATION, where, "所公开的内容与哈希值不符，已被改动")


def _counted(rows: Iterable[statements.Row], progress: Callable[[int], None]) -> Iterator[statements.Row]:
    since = 0
    for row in rows:
        yield row
        since += 1
        if since == _REPORT_EVERY:
            progress(since)
            since = 0
    progress(since)

"""Checks records: registers, documents and publications against their own hashes and against the audit trail.

A hash that stands beside what it is the hash of only shows a careless change. So each record is also looked for in the
audit trail, and each entry of the trail that made a record among the records: whoever forges one has to forge both.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from engine import errors
from engine.model import records as model
from engine.store import records, statements
from engine.store.tables import audit
from engine.store.tables_records import documents, publications, register_entries

#: The text of a publication that is hashed, made of it and the hash of its document.
Shown = Callable[[model.Publication, str | None], str]

_REGISTER, _DOCUMENT, _PUBLICATION = "register", "document", "publication"
#: Kinds of records by the act that made them, as the audit trail calls it.
_ACTS = {
    "append-to-register": _REGISTER,
    "issue-document": _DOCUMENT,
    "reissue-document": _DOCUMENT,
    "publish": _PUBLICATION,
}
_WORDS = {_REGISTER: "台账", _DOCUMENT: "公文", _PUBLICATION: "公开信息"}
#: Rows of long texts that are in memory at the same time.
_FEW = 50
_REPORT_EVERY = 100

_e, _d, _p = register_entries.c, documents.c, publications.c
# As stored, not as understood: a forged value need not be one that can be understood.
_ENTRIES = sa.select(
    _e.pack,
    _e.register,
    _e.year,
    _e.serial,
    _e.number,
    sa.type_coerce(_e["values"], sa.Text),
    _e.instance_id,
    _e.corrects,
    _e.reason,
    sa.type_coerce(_e.at, sa.Text),
    _e.by,
    _e.previous_hash,
    _e.hash,
).order_by(_e.pack, _e.register, _e.id)
_NAMES = ("pack", "register", "year", "serial", "number", "values", "instance_id", "corrects", "reason", "at", "by")
_BODIES = sa.select(_d.id, _d.number, _d.title, _d.html, _d.sha256).order_by(_d.id)
_SHOWN_IDS = sa.select(_p.id, _p.title).order_by(_p.id)
_WHOLE = sa.select(*publications.c, _d.sha256).select_from(publications.outerjoin(documents, _d.id == _p.document_id))
_MADE = sa.union_all(
    sa.select(_e.instance_id, sa.literal(_REGISTER).label("kind"), _e.register.label("name"), _e.number, _e.hash).where(
        _e.instance_id.is_not(None)
    ),
    sa.select(
        _d.instance_id, sa.literal(_DOCUMENT), sa.cast(_d.id, sa.Text), sa.func.coalesce(_d.number, ""), _d.sha256
    ).where(_d.instance_id.is_not(None)),
    sa.select(_p.instance_id, sa.literal(_PUBLICATION), sa.cast(_p.id, sa.Text), _p.title, _p.content_sha256).where(
        _p.instance_id.is_not(None)
    ),
).subquery()
_RECORDS = sa.select(*_MADE.c).order_by(_MADE.c.instance_id)
_NOTED = (
    sa.select(audit.c.chain, audit.c.action, audit.c.subject, audit.c.details)
    .where(audit.c.action.in_(list(_ACTS)))
    .order_by(audit.c.chain, audit.c.seq)
)
_COUNTS = tuple(sa.select(sa.func.count()).select_from(each) for each in (register_entries, documents, publications))


@dataclasses.dataclass(frozen=True, slots=True)
class Flaw:
    """Something that is wrong with a record: `kind` is register, document, publication or file."""

    kind: str
    record: str
    message: str

    def sentence(self) -> str:
        """Return the flaw as one readable line."""
        return f"{self.record}：{self.message}"


def count(link: statements.Link) -> int:
    """Return how many records there are."""
    return sum(int(link.select(each)[0][0]) for each in _COUNTS)


def check(link: statements.Link, shown: Shown, progress: Callable[[int], None]) -> Iterator[Flaw]:
    """Yield what is wrong with registers, documents and publications; memory does not grow with their number.

    Args:
        link: Where they are read from, all in one state.
        shown: The text of a publication that its hash is of.
        progress: Called now and then with how many records have been checked since the last time.
    """
    yield from _registers(_counted(link.stream(_ENTRIES), progress))
    yield from _documents(_counted(link.stream(_BODIES, _FEW), progress))
    yield from _publications(link, shown, progress)
    yield from _against_the_trail(link)


# --- each by itself --------------------------------------------------------------------------------------------------


def _registers(rows: Iterable[statements.Row]) -> Iterator[Flaw]:
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
                yield Flaw(_REGISTER, where, missing)
                position = position if year else serial
            serials[year] = serial
            if row[11] != last_hash:
                yield Flaw(_REGISTER, where, "与前一条记录不衔接，前一条被改动、删除或调换")
            last_hash = row[12]
            if _digest(row) != row[12]:
                yield Flaw(_REGISTER, where, "内容与哈希值不符，已被改动")


def _digest(row: statements.Row) -> str | None:
    try:
        values = json.loads(row[5])
        given = dict(zip(_NAMES, row, strict=False)) | {"values": values, "previous_hash": row[11]}
        return records.digest(given)
    except (ValueError, TypeError, errors.InvalidInput):
        return None


def _documents(rows: Iterable[statements.Row]) -> Iterator[Flaw]:
    for number, name, title, html, sha256 in rows:
        if hashlib.sha256(str(html).encode()).hexdigest() != sha256:
            yield Flaw(_DOCUMENT, _document(number, name, title), "正文与哈希值不符，已被改动")


def _document(id_: Any, number: str, title: str) -> str:
    return f"公文第 {id_} 件“{title}”" + (f"（{number}）" if number else "")


def _publications(link: statements.Link, shown: Shown, progress: Callable[[int], None]) -> Iterator[Flaw]:
    # One by one: a row that cannot be understood must not keep the others from being checked.
    for id_, title in _counted(link.stream(_SHOWN_IDS), progress):
        where = f"公开信息第 {id_} 件“{title}”"
        try:
            (row,) = link.select(_WHOLE.where(_p.id == id_))
            found = records.publication_of(row[:-1])
            text = shown(found, row[-1])
        except (ValueError, TypeError, KeyError, AttributeError, LookupError, errors.GongkaiError):
            yield Flaw(_PUBLICATION, where, "内容不能读取，已被改动")
            continue
        if found.shown_sha256 is not None and hashlib.sha256(text.encode()).hexdigest() != found.shown_sha256:
            yield Flaw(_PUBLICATION, where, "所公开的内容与哈希值不符，已被改动")


def _counted(rows: Iterable[statements.Row], progress: Callable[[int], None]) -> Iterator[statements.Row]:
    since = 0
    for row in rows:
        yield row
        since += 1
        if since == _REPORT_EVERY:
            progress(since)
            since = 0
    progress(since)


# --- beside the audit trail ------------------------------------------------------------------------------------------

_Key = tuple[str, str, str]


def _against_the_trail(link: statements.Link) -> Iterator[Flaw]:
    """Compare, case by case, what it left behind with what the audit trail says that it did."""
    made = itertools.groupby(link.stream(_RECORDS), key=lambda row: int(row[0]))
    noted = itertools.groupby(link.stream(_NOTED), key=lambda row: int(row[0]))
    for instance_id, rows, entries in _together(made, noted):
        kept: dict[_Key, str] = {(kind, name, sha256): number for _, kind, name, number, sha256 in rows}
        told = {key: name for each in entries if (key := _key(each)) is not None for name in [_name(each)]}
        for key in kept.keys() - told.keys():
            where = _place(key, kept[key])
            yield Flaw(key[0], where, f"审计记录（流程实例 {instance_id}）中没有这一内容，已被改动或者伪造")
        for key in told.keys() - kept.keys():
            where = _place(key, told[key])
            yield Flaw(key[0], where, f"审计记录（流程实例 {instance_id}）中有，现在没有这一内容，已被改动或者删除")


def _together(
    made: Iterator[tuple[int, Iterator[statements.Row]]], noted: Iterator[tuple[int, Iterator[statements.Row]]]
) -> Iterator[tuple[int, Iterable[statements.Row], Iterable[statements.Row]]]:
    """Walk both, each in order of instance, side by side; either may be missing."""
    one, other = next(made, None), next(noted, None)
    while one is not None or other is not None:
        at = min(each[0] for each in (one, other) if each is not None)
        left = one[1] if one is not None and one[0] == at else ()
        right = other[1] if other is not None and other[0] == at else ()
        yield at, left, right
        one = next(made, None) if one is not None and one[0] == at else one
        other = next(noted, None) if other is not None and other[0] == at else other


def _key(row: statements.Row) -> _Key | None:
    """Return which record an entry of the trail speaks of; None where nothing can be read there."""
    try:
        sha256 = json.loads(row[3])["sha256"]
    except (ValueError, TypeError, KeyError):
        return None  # the trail is checked by itself
    return _ACTS[row[1]], str(row[2]).partition("/")[2], str(sha256)


def _name(row: statements.Row) -> str:
    try:
        return str(json.loads(row[3]).get("name", ""))
    except (ValueError, TypeError, AttributeError):
        return ""


def _place(key: _Key, name: str) -> str:
    kind, record, _ = key
    shown = f" {record} 的" if kind == _REGISTER else f"第 {record} 件"
    return f"{_WORDS[kind]}{shown}“{name}”" if name else f"{_WORDS[kind]}第 {record} 件"

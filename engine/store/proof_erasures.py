"""Proves what cases that were deleted have left behind, by what the system's chain says of their deletion.

Their own chains went with them. The entry that tells of a deletion has the seals of everything that stays, and the hash
of what is left of records that personal data was taken out of; see `engine.store.erasing`.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from engine.store import sealing, statements, verification
from engine.store.audit_chain import ERASED, SYSTEM_CHAIN
from engine.store.tables import audit
from engine.store.tables_public import receipt_notes
from engine.store.tables_records import documents, publication_withdrawals, publications, register_entries
from engine.store.tables_retention import erased_origins

#: Deletions that are looked at in one transaction.
_PAGE = 50
#: Records in one SELECT.
_MANY = 500
_WORDS = {
    "register": "台账记录",
    "document": "公文",
    "publication": "公开信息",
    "withdrawal": "公开信息的撤回登记",
    "note": "对网上提交的告知",
}
_ENTRIES = (
    sa.select(audit.c.seq, audit.c.subject, audit.c.details)
    .where(audit.c.chain == SYSTEM_CHAIN, audit.c.action == sa.literal_column(f"'{ERASED}'"))
    .order_by(audit.c.seq)
    .limit(_PAGE)
)
_ORIGINS = sa.select(erased_origins.c.instance_id).distinct().order_by(erased_origins.c.instance_id).limit(_MANY)
_e, _d, _p = register_entries.c, documents.c, publications.c
_SEALS: Mapping[str, tuple[sa.Select[Any], sa.Column[int]]] = {
    "document": (sealing.DOCUMENTS, _d.id),
    "publication": (sealing.PUBLICATIONS, _p.id),
    "withdrawal": (sealing.WITHDRAWALS, publication_withdrawals.c.publication_id),
    "note": (sealing.NOTES, receipt_notes.c.id),
}
_HASHES = {"register": (_e.id, _e.hash), "document": (_d.id, _d.sha256), "publication": (_p.id, _p.content_sha256)}


@dataclasses.dataclass(frozen=True, slots=True)
class Wrong:
    """A record of a deleted case that is not what it was left as.

    `missing` is its kind and number where it is not there at all: it may have gone with another case.
    """

    kind: str
    record: str
    message: str
    missing: tuple[str, int] | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Deletion:
    """What an entry of the trail says of the deletion of a case: see `engine.store.erasing.Erased`."""

    instance_id: int
    kept: Mapping[tuple[str, int], Mapping[str, Any]]
    gone: frozenset[tuple[str, int]]
    unnumbered: int


def deletions(opened: verification.Opened) -> Iterator[tuple[Deletion, list[Wrong]]]:
    """Yield every deletion, with what is wrong with what it left; nothing is kept in memory."""
    last = 0
    while True:
        with opened() as link:
            rows = link.select(_ENTRIES.where(audit.c.seq > last))
            found = [each for row in rows if (each := _read(row[1], row[2])) is not None]
            checked = [(each, list(_check(link, each))) for each in found]
        yield from checked
        if len(rows) < _PAGE:
            return
        last = rows[-1][0]


def origins(opened: verification.Opened) -> Iterator[int]:
    """Yield the cases that records say were deleted; each is to be among `deletions` that are read afterwards."""
    last = 0
    while True:
        with opened() as link:
            rows = link.select(_ORIGINS.where(erased_origins.c.instance_id > last))
        yield from (int(row[0]) for row in rows)
        if len(rows) < _MANY:
            return
        last = rows[-1][0]


def _read(subject: str, text: str) -> Deletion | None:
    number = verification.number_of(subject)
    try:
        said = json.loads(text)
        kept = {(str(each["kind"]), int(each["id"])): each for each in said["kept"]}
        gone = frozenset((str(kind), int(id_)) for kind, ids in said["gone"].items() for id_ in ids)
        unnumbered = int(said["unnumbered"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return None  # the trail is checked by itself
    return None if number is None else Deletion(number, kept, gone, unnumbered)


def _check(link: statements.Link, deletion: Deletion) -> Iterator[Wrong]:
    found = _found(link, deletion)
    for key, said in deletion.kept.items():
        where = f"{_WORDS.get(key[0], key[0])}第 {key[1]} 件"
        if key not in found:
            yield Wrong(key[0], where, f"已删除事项 {deletion.instance_id} 留存的内容，现在没有，已被删除", key)
        elif any(found[key].get(name) != said.get(name) for name in ("sha256", "content", "seal")):
            yield Wrong(key[0], where, f"与删除事项 {deletion.instance_id} 时登记的不符，已被改动")
    origin = erased_origins.c
    left = sa.select(origin.kind, origin.record_id).where(origin.instance_id == deletion.instance_id)
    for kind, record in link.select(left):
        if (kind, record) not in deletion.kept:
            where = f"{_WORDS.get(kind, kind)}第 {record} 件"
            yield Wrong(kind, where, f"删除事项 {deletion.instance_id} 时没有登记这一内容，已被改动或者伪造")


def _found(link: statements.Link, deletion: Deletion) -> dict[tuple[str, int], dict[str, Any]]:
    """Return what is there of what was kept: hash, hash of what is left, and seal."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for kind in _WORDS:
        ids = sorted(id_ for other, id_ in deletion.kept if other == kind)
        for start in range(0, len(ids), _MANY):
            for id_, values in _rows(link, kind, ids[start : start + _MANY], deletion.instance_id):
                found.setdefault((kind, id_), {}).update(values)
    return found


def _rows(link: statements.Link, kind: str, ids: list[int], case: int) -> Iterator[tuple[int, dict[str, Any]]]:
    if kind in _HASHES:
        column, hash_ = _HASHES[kind]
        origin = erased_origins.c
        rows = (
            sa.select(column, hash_, origin.content)
            .join(erased_origins, (origin.kind == kind) & (origin.record_id == column))
            .where(column.in_(ids), origin.instance_id == case)
        )
        for id_, sha256, content in link.select(rows):
            yield id_, {"sha256": sha256, "content": content}
    if kind in _SEALS:
        statement, column = _SEALS[kind]
        for row in link.select(statement.where(column.in_(ids))):
            yield int(row[1]), {"seal": sealing.of(row)}

"""Seals: what the audit trail keeps of a record at the moment of its writing, and what it is proved by later.

A seal is the hash of all columns of the row (and of the row beside it) as they are stored. Writing and proving read the
row by the same SELECT, so there is one way to make a seal. What a column list below names stays: a column that is added
to a table later is not of the seals that were made before, so it needs a seal of its own.
"""

from __future__ import annotations

import hashlib
from typing import Any

import sqlalchemy as sa

from engine import errors
from engine.store import statements, types
from engine.store.tables_public import public_receipts, receipt_notes
from engine.store.tables_records import document_versions, documents, publication_withdrawals, publications
from engine.store.tables_retention import erased_origins

_d, _v, _p, _w = documents.c, document_versions.c, publications.c, publication_withdrawals.c
_r, _n = public_receipts.c, receipt_notes.c


def _raw(*columns: sa.Column[Any]) -> list[Any]:
    """As stored, not as understood: a forged value need not be one that can be understood."""
    return [sa.type_coerce(each, sa.Text) if isinstance(each.type, types.PLAIN) else each for each in columns]


def case_of(table: sa.Table, kind: str) -> sa.ColumnElement[int | None]:
    """Return the case that wrote a record, which may have been deleted since: its number is of the seal for good."""
    origin = sa.select(erased_origins.c.instance_id).where(
        erased_origins.c.kind == sa.literal_column(f"'{kind}'"), erased_origins.c.record_id == table.c.id
    )
    found: sa.ColumnElement[int | None] = sa.func.coalesce(table.c.instance_id, origin.scalar_subquery())
    return found


# Each begins with the case that wrote the record and the id of the record. The HTML of a document is in its hash.
DOCUMENTS = sa.select(
    case_of(documents, "document"),
    _d.id,
    *_raw(_d.pack, _d.template, _d.title, _d.kind, _d.number, _d.issuer, _d.sha256, _d.issued_at, _d.by),
    *_raw(_v.version, _v.replaces, _v.reason, _v.data),
).select_from(documents.outerjoin(document_versions, _v.document_id == _d.id))
PUBLICATIONS = sa.select(
    case_of(publications, "publication"),
    _p.id,
    *_raw(_p.pack, _p.kind, _p.title, _p.summary, _p.content, _p.document_id, _p.attachments, _p.until, _p.replaces),
    *_raw(_p.content_sha256, _p.published_at, _p.by, _p.details, _p.shown_sha256),
)
WITHDRAWALS = sa.select(
    case_of(publications, "publication"), _w.publication_id, *_raw(_w.at, _w.by, _w.reason)
).join_from(publication_withdrawals, publications, _p.id == _w.publication_id)
RECEIPTS = sa.select(_r.instance_id, _r.id, *_raw(_r.code_hash, _r.element_id, _r.publication_id, _r.received_at))
NOTES = sa.select(_n.told_by, _n.id, *_raw(_n.receipt_id, _n.at, _n.text, _n.document_id))

_record: sa.BindParameter[int] = sa.bindparam("record")
_DOCUMENT = DOCUMENTS.where(_d.id == _record)
_PUBLICATION = PUBLICATIONS.where(_p.id == _record)
_WITHDRAWAL = WITHDRAWALS.where(_w.publication_id == _record)
_RECEIPT = RECEIPTS.where(_r.id == _record)
_NOTE = NOTES.where(_n.id == _record)


def document(link: statements.Link, document_id: int) -> str:
    """Return the seal of a document, with its version and what it was made of, as they are stored now."""
    return _found(link, _DOCUMENT, document_id)


def publication(link: statements.Link, publication_id: int) -> str:
    """Return the seal of a publication as it is stored now."""
    return _found(link, _PUBLICATION, publication_id)


def withdrawal(link: statements.Link, publication_id: int) -> str:
    """Return the seal of the withdrawal of a publication as it is stored now."""
    return _found(link, _WITHDRAWAL, publication_id)


def receipt(link: statements.Link, receipt_id: int) -> str:
    """Return the seal of a receipt as it is stored now."""
    return _found(link, _RECEIPT, receipt_id)


def answer(link: statements.Link, note_id: int) -> str:
    """Return the seal of what the holder of a receipt was told, as it is stored now."""
    return _found(link, _NOTE, note_id)


#: What the trail says with a seal, by the act, and how what is sealed is read.
_BY_ACT = {
    "issue-document": _DOCUMENT,
    "reissue-document": _DOCUMENT,
    "publish": _PUBLICATION,
    "withdraw-publication": _WITHDRAWAL,
    "give-receipt": _RECEIPT,
    "tell-sender": _NOTE,
}


def row_of(link: statements.Link, act: str, record: int) -> list[Any] | None:
    """Return what an act of the trail has sealed, as it is stored now: what `of` makes the seal of.

    Args:
        link: The connection.
        act: The act as the trail calls it.
        record: The id of the record; of ``tell-sender`` that of the note.

    Returns:
        The row; None where the act seals nothing, or its record is gone.
    """
    statement = _BY_ACT.get(act)
    row = None if statement is None else link.one(statement, {"record": record})
    return None if row is None else list(row)


def of(row: statements.Row) -> str:
    """Return the seal of a row of one of the SELECTs above; nothing where it holds what no row may hold."""
    try:
        text = types.dump_json(list(row), canonical=True)
    except errors.InvalidInput:
        return ""
    return hashlib.sha256(text.encode()).hexdigest()


def _found(link: statements.Link, statement: sa.Select[Any], record: int) -> str:
    row = link.one(statement, {"record": record})
    assert row is not None, "a record is sealed where it was written"
    return of(row)

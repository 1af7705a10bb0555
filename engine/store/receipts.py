"""Receipts of what strangers sent in. Rows are only ever added."""

from __future__ import annotations

import datetime

import sqlalchemy as sa

from engine.model import records as model
from engine.store import statements
from engine.store.tables import user_tasks
from engine.store.tables_public import public_receipts, receipt_notes

_COLUMNS = [column for column in public_receipts.c if column.name not in ("id", "code_hash")]
_INSERT = statements.insert(public_receipts, without=("id",), returning=public_receipts.c.id)
_FIND = sa.select(*_COLUMNS).where(public_receipts.c.code_hash == sa.bindparam("hash"))
_ID = sa.select(public_receipts.c.id).where(public_receipts.c.code_hash == sa.bindparam("hash"))
_INSERT_NOTE = statements.insert(receipt_notes, without=("id",), returning=receipt_notes.c.id)
_NOTES = (
    sa.select(receipt_notes.c.at, receipt_notes.c.text, receipt_notes.c.document_id)
    .join_from(receipt_notes, public_receipts, receipt_notes.c.receipt_id == public_receipts.c.id)
    .where(public_receipts.c.code_hash == sa.bindparam("hash"))
    .order_by(receipt_notes.c.id.desc())
)
_TOLD_OF = (
    sa.select(public_receipts.c.code_hash)
    .where(
        public_receipts.c.id.in_(
            sa.select(receipt_notes.c.receipt_id).where(receipt_notes.c.document_id == sa.bindparam("document"))
        )
    )
    .order_by(public_receipts.c.id)
)
_WORKED_ON = (
    sa.select(user_tasks.c.id)
    .where(user_tasks.c.instance_id == sa.bindparam("instance"), user_tasks.c.completed_at >= sa.bindparam("since"))
    .limit(1)
)


class Receipts:
    """The receipts of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def add(self, code_hash: str, receipt: model.Receipt) -> int:
        """Keep a receipt under the hash of its code; return its id.

        Raises:
            errors.Conflict: There is one under this hash.
        """
        row = {
            "code_hash": code_hash,
            "instance_id": receipt.instance_id,
            "element_id": receipt.element_id,
            "publication_id": receipt.publication_id,
            "received_at": receipt.received_at,
        }
        return self._link.insert(_INSERT, row, duplicate="您已经提交过，不再重复受理。")

    def find(self, code_hash: str) -> model.Receipt | None:
        """Return the receipt under the hash of a code, if there is one."""
        row = self._link.one(_FIND, {"hash": code_hash})
        return None if row is None else model.Receipt(*row)

    def is_worked_on(self, instance_id: int, since: datetime.datetime) -> bool:
        """Tell whether anybody has completed a task of a case since then."""
        return self._link.one(_WORKED_ON, {"instance": instance_id, "since": since}) is not None

    def tell(
        self, code_hash: str, text: str, document_id: int | None, at: datetime.datetime, *, told_by: int
    ) -> int | None:
        """Tell something to whoever has a receipt; return the id of the note, None where there is no such receipt.

        `told_by` is the case that tells it.
        """
        found = self._link.one(_ID, {"hash": code_hash})
        if found is None:
            return None
        row = {"receipt_id": found[0], "at": at, "text": text, "document_id": document_id, "told_by": told_by}
        return self._link.insert(_INSERT_NOTE, row)

    def told_of(self, document_id: int) -> list[str]:
        """Return the hashes of the codes of those who were told of a document, each once."""
        return [row[0] for row in self._link.all(_TOLD_OF, {"document": document_id})]

    def notes(self, code_hash: str) -> list[model.ReceiptNote]:
        """Return what whoever has a receipt was told, newest first."""
        return [model.ReceiptNote(*row) for row in self._link.all(_NOTES, {"hash": code_hash})]

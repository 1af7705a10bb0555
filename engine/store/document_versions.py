"""Versions of official documents: what each was made of, and which takes the place of which. Rows are only added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from engine.model import records as model
from engine.store import statements
from engine.store.tables_records import document_versions, documents

_INSERT = statements.insert(document_versions)
_OF = sa.select(document_versions.c.version, document_versions.c.replaces, document_versions.c.reason).where(
    document_versions.c.document_id == sa.bindparam("document")
)
_DATA = sa.select(document_versions.c.data).where(document_versions.c.document_id == sa.bindparam("document"))
_NEXT = sa.select(document_versions.c.document_id, document_versions.c.version).where(
    document_versions.c.replaces == sa.bindparam("document")
)
_OF_CASE = (
    sa.select(document_versions.c.replaces, document_versions.c.version)
    .join(documents, documents.c.id == document_versions.c.document_id)
    .where(documents.c.instance_id == sa.bindparam("instance"), document_versions.c.replaces.is_not(None))
)


class DocumentVersions:
    """The versions of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def keep(
        self,
        document_id: int,
        data: Mapping[str, Any],
        *,
        version: int = 1,
        replaces: int | None = None,
        reason: str | None = None,
    ) -> None:
        """Keep what a document was made of, and of a new version what it takes the place of, and why."""
        row = {"document_id": document_id, "version": version, "replaces": replaces, "reason": reason}
        self._link.run(_INSERT, {**row, "data": dict(data)})

    def of(self, document_id: int) -> model.DocumentVersion:
        """Return which version a document is, and what has taken its place."""
        row = self._link.one(_OF, {"document": document_id})
        following = self._link.one(_NEXT, {"document": document_id})
        version, replaces, reason = (1, None, None) if row is None else tuple(row)
        replaced_by, newer = (None, None) if following is None else tuple(following)
        return model.DocumentVersion(version, replaces, reason, replaced_by, newer)

    def data(self, document_id: int) -> dict[str, Any] | None:
        """Return what a document was made of; None where that is not known."""
        row = self._link.one(_DATA, {"document": document_id})
        return None if row is None else row[0]

    def replaced_in(self, instance_id: int) -> dict[int, int]:
        """Return, by the documents of a case that a newer version has taken the place of, which version it is."""
        return {row[0]: row[1] for row in self._link.all(_OF_CASE, {"instance": instance_id})}

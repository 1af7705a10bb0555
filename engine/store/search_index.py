"""What can be found of cases by their words: an index of pairs of characters, the same on every database.

Chinese has no spaces: every two neighbouring characters of a text are a gram; of words and numbers in Latin letters it
is every beginning. What has all grams of a term may contain it, and is then looked at itself.

Lists are filtered by what cases and tasks are called (`labels`): of that every two neighbouring characters are indexed,
wherever they stand in a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import sqlalchemy as sa

from engine.store import statements
from engine.store.involvement import Involved
from engine.store.tables import instances
from engine.store.tables_views import label_grams, search_documents, search_grams, search_readers

#: The reader of the audit trail that the index follows.
FEED = "search"
#: Longest text of a case that is indexed, in characters.
LONGEST = 20_000
#: Longest beginning of a word, and shortest.
_WORD = 16
_SHORTEST = 2
#: Grams of a query that are looked up.
_MOST_GRAMS = 12

_RUN = re.compile(r"[^\W_]+")
_PIECE = re.compile(r"[0-9a-z]+|[^0-9a-z]+")

_TEXT = sa.select(search_documents.c.text, search_documents.c.seq, search_documents.c.labels).where(
    search_documents.c.instance_id == sa.bindparam("instance")
)
_BEHIND = (
    sa.select(instances.c.audit_seq)
    .select_from(instances.outerjoin(search_documents, search_documents.c.instance_id == instances.c.id))
    .where(
        instances.c.id == sa.bindparam("instance"),
        sa.or_(search_documents.c.seq.is_(None), search_documents.c.seq < instances.c.audit_seq),
    )
)
_SAVE = statements.upsert(search_documents, ["instance_id"], ["root_id", "seq", "text", "labels"])
_ADD = statements.upsert(search_grams, ["gram", "instance_id"], [])
_DROP = sa.delete(search_grams).where(
    search_grams.c.gram == sa.bindparam("old"), search_grams.c.instance_id == sa.bindparam("instance")
)
_ADD_LABEL = statements.upsert(label_grams, ["gram", "instance_id"], [])
_DROP_LABEL = sa.delete(label_grams).where(
    label_grams.c.gram == sa.bindparam("old"), label_grams.c.instance_id == sa.bindparam("instance")
)
_READER = statements.upsert(search_readers, ["root_id", "kind", "name"], [])


def plain(text: str) -> str:
    """Return text as it is indexed and compared: one form of every character, single spaces, lines kept.

    Variables may hold NUL, which no column of text does.
    """
    seen = unicodedata.normalize("NFKC", text).replace("\0", " ")
    lines = (" ".join(line.split()) for line in seen.splitlines())
    return "\n".join(line for line in lines if line)[:LONGEST]


def grams(text: str) -> set[str]:
    """Return what a text is found by."""
    found: set[str] = set()
    for piece in _pieces(text):
        if piece.isascii():
            found.update(piece[:length] for length in range(_SHORTEST, min(len(piece), _WORD) + 1))
        else:
            found.update(piece[at : at + 2] for at in range(len(piece) - 1))
    return found


def asked(terms: Sequence[str]) -> list[str]:
    """Return the grams that whatever contains the terms must have; none when they are all too short."""
    found: dict[str, None] = {}
    for piece in (piece for term in terms for piece in _pieces(term)):
        if not piece.isascii():
            found.update(dict.fromkeys(piece[at : at + 2] for at in range(len(piece) - 1)))
        elif len(piece) >= _SHORTEST:
            found[piece[:_WORD]] = None
    return list(found)[:_MOST_GRAMS]


def inner_grams(*texts: str) -> list[str]:
    """Return every two neighbouring characters of texts, in any writing; whatever contains a text has all of its."""
    found: dict[str, None] = {}
    for text in texts:
        folded = text.casefold()
        found.update(dict.fromkeys(folded[at : at + 2] for at in range(len(folded) - 1)))
    return [gram for gram in found if not any(map(str.isspace, gram))]


class SearchIndex:
    """The index of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def behind(self, instance_id: int) -> int | None:
        """Return how far the audit chain of a case has come, if it has since the case was indexed; else None.

        Asked before the case is read: what happens meanwhile is indexed the next time.
        """
        row = self._link.one(_BEHIND, {"instance": instance_id})
        return None if row is None else int(row[0])

    def put(
        self, instance_id: int, root_id: int, seq: int, text: str, readers: Involved, labels: Sequence[str] = ()
    ) -> None:
        """Index a case anew: only what has changed is written.

        Args:
            instance_id: The case.
            root_id: Its family.
            seq: How far its audit chain had come when it was read.
            text: What can be searched of it, as `plain` writes it.
            readers: Who may see it.
            labels: What lists show of it and are filtered by, as it is written there.
        """
        before = self._link.one(_TEXT, {"instance": instance_id})
        named = "\n".join(labels)
        if before is None or tuple(before) != (text, seq, named):
            values = {"instance_id": instance_id, "root_id": root_id, "seq": seq, "text": text, "labels": named}
            self._link.run(_SAVE, values)
        old_text, _, old_labels = before or ("", 0, "")
        self._replace(instance_id, grams(old_text), grams(text), _DROP, _ADD)
        lines = set(inner_grams(*old_labels.split("\n"))), set(inner_grams(*labels))
        self._replace(instance_id, *lines, _DROP_LABEL, _ADD_LABEL)
        names = [("user", name) for name in readers.users] + [("group", name) for name in readers.groups]
        self._link.run_many(_READER, [{"root_id": root_id, "kind": kind, "name": name} for kind, name in sorted(names)])

    def _replace(
        self,
        instance_id: int,
        old: set[str],
        new: set[str],
        drop: statements.Statement,
        add: statements.Statement | statements.PerDialect,
    ) -> None:
        self._link.run_many(drop, [{"old": gram, "instance": instance_id} for gram in sorted(old - new)])
        self._link.run_many(add, [{"gram": gram, "instance_id": instance_id} for gram in sorted(new - old)])


def _pieces(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return [piece for run in _RUN.findall(folded) for piece in _PIECE.findall(run)]

"""Which cases and tasks are called by the words that somebody filters a list by.

A word is looked for in the title and number of a case, the name of its procedure and those of its tasks, anywhere in
them. Of all neighbouring characters of these an index says in which cases they occur (`search_index`): where the words
of a filter occur in few cases, these alone are looked at. Where they occur in many, or are single characters, the rows
of the list are looked at in its order, at most `LOOKED_AT` of every range: a page that is not full then ends there, and
the next one goes on. So a page costs the same however long the list is, and nothing that is there is passed over.

The index is a moment behind. What has happened since is looked at besides.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import sqlalchemy as sa

from engine.store import search_index
from engine.store.tables import audit
from engine.store.tables_events import feeds
from engine.store.tables_views import label_grams
from engine.store.unit_of_work import UnitOfWork

#: How many rows of a range are looked at for one page, where the index does not tell which.
LOOKED_AT = 2000
#: In how many cases words may occur to be looked at one by one; in more they are met soon enough.
FEW = 1000
#: Acts that the index may be behind.
_BEHIND = 500
#: Grams that are looked up.
_MOST_GRAMS = 12


@dataclasses.dataclass(frozen=True, slots=True)
class Said:
    """A text that rows are filtered by: its words, and the cases that alone may say them, where that is known."""

    text: str
    cases: sa.Select[Any] | None


def look(uow: UnitOfWork, text: str | None) -> Said | None:
    """Return how to filter a list by a text; None where there is none. Two statements at most."""
    if text is None:
        return None
    grams = search_index.inner_grams(*text.split())[:_MOST_GRAMS]
    if not grams:
        return Said(text, None)
    new = _not_indexed(uow)
    if new is None:
        return Said(text, None)
    counted = uow.link.select(sa.select(*(_frequency(gram) for gram in grams)))[0]
    number, rarest = min(zip(counted, grams, strict=True))
    if number > FEW:
        return Said(text, None)
    first = label_grams.alias()
    found = sa.select(first.c.instance_id).where(first.c.gram == rarest)
    for gram in grams:
        if gram != rarest:
            other = label_grams.alias()
            found = found.where(sa.exists().where(other.c.gram == gram, other.c.instance_id == first.c.instance_id))
    if new:
        later = sa.select(audit.c.chain).where(audit.c.id.in_(new))
        found = sa.select(sa.union_all(found, later).subquery().c.instance_id)
    return Said(text, found)


def _frequency(gram: str) -> sa.ScalarSelect[Any]:
    bounded = sa.select(sa.literal(1)).where(label_grams.c.gram == gram).limit(FEW + 1).subquery()
    return sa.select(sa.func.count()).select_from(bounded).scalar_subquery()


def _not_indexed(uow: UnitOfWork) -> list[int] | None:
    """Return the acts that the index does not know yet, one of each case; None where they are too many."""
    position = sa.select(feeds.c.position).where(feeds.c.name == search_index.FEED).scalar_subquery()
    query = sa.select(audit.c.id, audit.c.chain).where(audit.c.id > position).order_by(audit.c.id).limit(_BEHIND + 1)
    rows = uow.link.select(query)
    if len(rows) > _BEHIND:
        return None
    return list({chain: number for number, chain in rows if chain}.values())

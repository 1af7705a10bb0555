"""Finding cases by their words, among those that somebody may see; a page is two statements."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from engine.model import views_lists
from engine.store import queries_cases, search_index, windows
from engine.store.tables import instances
from engine.store.tables_views import search_documents, search_grams, search_readers
from engine.store.unit_of_work import UnitOfWork

#: How far the frequency of a gram is counted, to begin with the rarest.
_FREQUENT = 2000


def find(
    uow: UnitOfWork,
    terms: Sequence[str],
    *,
    people: Collection[str] | None,
    groups: Collection[str],
    limit: int = 25,
    after: str | None = None,
    before: str | None = None,
) -> views_lists.Listing[tuple[queries_cases.CaseRow, str]]:
    """Return the cases whose text contains every term, newest first, with that text.

    Args:
        uow: The unit of work.
        terms: What is looked for, as `plain` writes it.
        people: Whose cases, by id; None for those of everybody.
        groups: The roles of these people.
        limit: Rows of the page.
        after: The page after this place.
        before: The page before this place.
    """
    ordered = _rarest_first(uow, search_index.asked(terms))
    if not ordered:
        return views_lists.Listing(())
    window = windows.Window(limit, after, before, newest=True)
    first, document = search_grams.alias(), search_documents
    conditions: list[sa.ColumnElement[bool]] = [first.c.gram == ordered[0]]
    for gram in ordered[1:]:
        other = search_grams.alias()
        conditions.append(sa.exists().where(other.c.gram == gram, other.c.instance_id == first.c.instance_id))
    conditions += [document.c.text.icontains(term, autoescape=True) for term in terms]
    if people is not None:
        conditions.append(_readable(people, groups))
    part = (
        sa.select(first.c.instance_id.label("id"))
        .join_from(first, document, document.c.instance_id == first.c.instance_id)
        .where(*conditions)
    )
    found = window.ranges([part])
    query = (
        queries_cases.case_rows()
        .add_columns(document.c.text)
        .join(found, found.c.id == instances.c.id)
        .join(document, document.c.instance_id == instances.c.id)
    )
    return window.show(uow, query, [instances.c.id], lambda row: (queries_cases.case_row(row[:-1]), row[-1]))


def _rarest_first(uow: UnitOfWork, wanted: Sequence[str]) -> list[str]:
    """Return grams by how often they occur; none when one of them does not."""
    if not wanted:
        return []
    numbers: list[Any] = []
    for gram in wanted:
        bounded = sa.select(sa.literal(1)).where(search_grams.c.gram == gram).limit(_FREQUENT).subquery()
        numbers.append(sa.select(sa.func.count()).select_from(bounded).scalar_subquery())
    counted = uow.link.select(sa.select(*numbers))[0]
    if 0 in counted:
        return []
    return [gram for _, gram in sorted(zip(counted, wanted, strict=True))]


def _readable(people: Collection[str], groups: Collection[str]) -> sa.ColumnElement[bool]:
    reader = search_readers
    named = [sa.and_(reader.c.kind == "user", reader.c.name.in_(sorted(people)))]
    if groups:
        named.append(sa.and_(reader.c.kind == "group", reader.c.name.in_(sorted(groups))))
    return sa.exists().where(reader.c.root_id == search_documents.c.root_id, sa.or_(*named))

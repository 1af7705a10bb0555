"""Which cases went through the elements of an article: two SELECTs, however many cases there are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from engine.model import tracing
from engine.store import queries_cases
from engine.store.tables import definitions, element_history, instances
from engine.store.unit_of_work import UnitOfWork

#: An element of any version: the id of its process, and its own.
Element = tuple[str, str]


def cases(
    uow: UnitOfWork,
    articles: Mapping[str, Collection[Element]],
    *,
    person: str | None = None,
    newest: int = 3,
    most: int | None = None,
) -> dict[str, tracing.Cases]:
    """Return how many cases entered the elements of each article, and the newest of them.

    What a case has called belongs to it. Every version of a process counts: what is asked is whether the article was
    ever exercised.

    Args:
        uow: The unit of work.
        articles: Elements by number of article.
        person: Whose cases alone count; by default those of everybody.
        newest: How many cases of each article are named.
        most: How many cases are looked at, the newest, with what they called counted as well; by default all.
    """
    rows = [(number, *element) for number, elements in articles.items() for element in sorted(set(elements))]
    if not rows:
        return {}
    entered = _entered(rows, person, most)
    root = instances.alias()
    counted = (
        sa.select(
            entered.c.article,
            sa.func.count().filter(root.c.ended_at.is_(None)),
            sa.func.count().filter(root.c.ended_at.is_not(None)),
        )
        .join(root, root.c.id == entered.c.root)
        .group_by(entered.c.article)
    )
    place = sa.func.row_number().over(partition_by=entered.c.article, order_by=entered.c.root.desc()).label("place")
    ranked = sa.select(entered.c.article, entered.c.root, place).subquery()
    named = (
        sa.select(ranked.c.article, root.c.id, root.c.title, definitions.c.name, root.c.business_key, root.c.ended_at)
        .join(root, root.c.id == ranked.c.root)
        .join(definitions, definitions.c.id == root.c.definition_id)
        .where(ranked.c.place <= newest)
        .order_by(ranked.c.article, ranked.c.root.desc())
    )
    shown: dict[str, list[tracing.Case]] = {}
    for article, case, title, procedure, business_key, ended_at in uow.link.select(named):
        known = tracing.Case(case, title or procedure, business_key, ended_at is not None)
        shown.setdefault(article, []).append(known)
    return {
        article: tracing.Cases(running, ended, tuple(shown.get(article, ())))
        for article, running, ended in uow.link.select(counted)
    }


def _entered(rows: Collection[tuple[str, str, str]], person: str | None, most: int | None) -> Any:
    """Return each article with each case that entered one of its elements, once."""
    columns = [sa.column(name, sa.Text) for name in ("article", "process", "element")]
    wanted = sa.values(*columns, name="wanted").data(list(rows)).cte("wanted")
    root = sa.func.coalesce(instances.c.root_id, instances.c.id)
    looked_at = sa.select(instances.c.id, definitions.c.key, root.label("root")).join(
        definitions, definitions.c.id == instances.c.definition_id
    )
    looked_at = looked_at.where(definitions.c.key.in_(sorted({process for _, process, _ in rows})))
    if person is not None:
        mine = queries_cases.own(person).subquery()
        part = instances.alias()
        families = sa.select(sa.func.coalesce(part.c.root_id, part.c.id)).join(mine, mine.c.id == part.c.id)
        looked_at = looked_at.where(root.in_(families))
    if most is not None:
        looked_at = looked_at.order_by(instances.c.id.desc()).limit(most)
    case = looked_at.subquery()
    query = (
        sa.select(wanted.c.article, case.c.root)
        .join(case, case.c.key == wanted.c.process)
        .join(
            element_history,
            sa.and_(element_history.c.instance_id == case.c.id, element_history.c.element_id == wanted.c.element),
        )
        .distinct()
    )
    return query.subquery()

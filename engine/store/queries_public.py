"""What strangers find: publications in lists, newest first, and what became of them. Lists read no texts."""

from __future__ import annotations

import datetime
import types
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from engine.model import records as model
from engine.store import paging, records
from engine.store import types as store_types
from engine.store.tables import instances
from engine.store.tables_cooperation import case_links
from engine.store.tables_records import publication_withdrawals, publications
from engine.store.unit_of_work import UnitOfWork

_NEWER = publications.alias("newer")
_TEXTS = (publications.c.title, publications.c.summary, publications.c.content, publications.c.words)
#: Words that are looked for at most, and letters of each: every one is looked for in every text.
_MOST_WORDS, _LONGEST_WORD = 8, 100
#: Kept as text, and so it is looked through.
_DETAILS = sa.type_coerce(publications.c.details, sa.Text)
_WITHDRAWN = sa.exists().where(publication_withdrawals.c.publication_id == publications.c.id)
#: What lists show of publications: everything but texts, tables and files, which may be long.
_UNREAD = {"content": sa.null(), "attachments": sa.literal_column("'[]'"), "details": sa.null()}
_LISTED = [
    sa.type_coerce(_UNREAD[column.name], column.type).label(column.name) if column.name in _UNREAD else column
    for column in records.READ
]
#: A matter is no network: a page that leads to more helps nobody.
_MOST_CASES = 30
_REPLACED = sa.exists().where(_NEWER.c.replaces == publications.c.id)


def publications_page(
    uow: UnitOfWork,
    *,
    kind: model.PublicationKind | None = None,
    text: str = "",
    state: model.PublicationState | None = None,
    now: datetime.datetime | None = None,
    since: datetime.datetime | None = None,
    until: datetime.datetime | None = None,
    facts: Mapping[str, str] = types.MappingProxyType({}),
    limit: int = 20,
    after: str | None = None,
) -> paging.Page[model.Publication]:
    """Return publications, newest first, those that were replaced among them.

    Args:
        uow: The unit of work.
        kind: Of this kind only.
        text: Every word of it stands in the title, the summary, the content or a table; of what was withdrawn in the
            title, for the rest is not to be read any more.
        state: In this state only, as of `now`.
        now: The time; needed for a state.
        since: Published then or later.
        until: Published before then.
        facts: By its name the value of a fact that it has.
        limit: Publications at most.
        after: Where the page begins, as the page before says.

    Raises:
        errors.InvalidInput: `after` is no place in this list.
    """
    found = paging.filtered(sa.select(*_LISTED), (publications.c.kind, kind))
    words = dict.fromkeys(word[:_LONGEST_WORD] for word in text.replace("\0", " ").split())
    for word in list(words)[:_MOST_WORDS]:
        title, *inside = (part.icontains(word, autoescape=True) for part in _TEXTS)
        found = found.where(sa.or_(title, sa.and_(~_WITHDRAWN, sa.or_(*inside))))
    if state is not None:
        found = found.where(*_in_state(state, now))
    if since is not None:
        found = found.where(publications.c.published_at >= since)
    if until is not None:
        found = found.where(publications.c.published_at < until)
    for name, value in facts.items():
        said = store_types.dump_json({"name": name, "value": value})
        found = found.where(_DETAILS.contains(said, autoescape=True), ~_WITHDRAWN)
    return paging.page(uow, found, [publications.c.id], limit, after, records.publication_of, newest=True)


def _in_state(state: model.PublicationState, now: datetime.datetime | None) -> tuple[sa.ColumnElement[bool], ...]:
    match state:
        case model.PublicationState.OPEN:
            return publications.c.until > now, ~_REPLACED, ~_WITHDRAWN
        case model.PublicationState.CLOSED:
            return publications.c.until <= now, ~_REPLACED, ~_WITHDRAWN
        case model.PublicationState.REPLACED:
            return _REPLACED, ~_WITHDRAWN
        case _:
            return (_WITHDRAWN,)


def withdrawn_last(
    uow: UnitOfWork, *, kind: model.PublicationKind | None = None, limit: int = 20
) -> list[model.Publication]:
    """Return what was withdrawn, the last one first."""
    gone = publication_withdrawals.c
    found = paging.filtered(sa.select(*_LISTED), (publications.c.kind, kind))
    found = found.join(publication_withdrawals, gone.publication_id == publications.c.id)
    found = found.order_by(gone.at.desc(), publications.c.id.desc()).limit(limit)
    return [records.publication_of(row) for row in uow.link.select(found)]


def facts(uow: UnitOfWork, names: Sequence[str], *, newest: int = 500) -> dict[str, list[str]]:
    """Return by the names of facts their values, in order, among the newest publications; none that was withdrawn."""
    said: dict[str, set[str]] = {name: set() for name in names}
    if names:
        named = (_DETAILS.contains(store_types.dump_json({"name": each})[:-1], autoescape=True) for each in names)
        found = sa.select(publications.c.details).where(sa.or_(*named), ~_WITHDRAWN)
        for (details,) in uow.link.select(found.order_by(publications.c.id.desc()).limit(newest)):
            for fact in details.get("facts", ()):
                if fact["name"] in said:
                    said[fact["name"]].add(fact["value"])
    return {name: sorted(values) for name, values in said.items()}


def open_publications(uow: UnitOfWork, now: datetime.datetime, *, limit: int = 20) -> list[model.Publication]:
    """Return what is open for opinions or registration now, the next to close first; nothing replaced or withdrawn."""
    found = (
        sa.select(*_LISTED)
        .where(publications.c.until > now, ~_REPLACED, ~_WITHDRAWN)
        .order_by(publications.c.until, publications.c.id)
        .limit(limit)
    )
    return [records.publication_of(row) for row in uow.link.select(found)]


def of_matter(uow: UnitOfWork, instance_id: int, *, limit: int = 100) -> list[model.Publication]:
    """Return what the cases of one matter have published, oldest first; of more than the limit the newest.

    A matter is a case, those that it called and those that called it, and what any of these is linked with for the
    public to see, on and on: the notice, the hearing and the release of one decision. Texts are left out.
    """
    roots = _roots(uow, instance_id)
    cases = sa.select(instances.c.id).where(sa.or_(instances.c.id.in_(roots), instances.c.root_id.in_(roots)))
    found = sa.select(*_LISTED).where(publications.c.instance_id.in_(cases)).order_by(publications.c.id.desc())
    return [records.publication_of(row) for row in reversed(uow.link.select(found.limit(limit)))]


def _roots(uow: UnitOfWork, instance_id: int) -> list[int]:
    """Return the outermost cases of a matter, the nearest first and no more than `_MOST_CASES`."""
    root = sa.func.coalesce(instances.c.root_id, instances.c.id)
    found = [row[0] for row in uow.link.select(sa.select(root).where(instances.c.id == instance_id))]
    case, other = instances.alias("case_of"), instances.alias("other")
    reached = sa.func.coalesce(other.c.root_id, other.c.id)
    near = list(found)
    while near and len(found) < _MOST_CASES:
        further = (
            sa.select(reached)
            .select_from(case)
            .join(case_links, case_links.c.instance_id == case.c.id)
            .join(other, other.c.id == case_links.c.other_id)
            .where(sa.or_(case.c.id.in_(near), case.c.root_id.in_(near)), case_links.c.shown, reached.not_in(found))
            .distinct()
            .order_by(reached)
            .limit(_MOST_CASES - len(found))
        )
        near = [row[0] for row in uow.link.select(further)]
        found += near
    return found


def replacements(uow: UnitOfWork, publication_ids: Sequence[int]) -> dict[int, model.Publication]:
    """Return what took the place of each of these publications that were replaced; the newest, where several did."""
    if not publication_ids:
        return {}
    found = sa.select(*_LISTED).where(publications.c.replaces.in_(publication_ids)).order_by(publications.c.id)
    made = (records.publication_of(row) for row in uow.link.select(found))
    return {each.replaces: each for each in made if each.replaces is not None}

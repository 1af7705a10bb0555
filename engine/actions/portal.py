"""What everybody may read, without an account: publications, with what belongs to them, and nothing else.

Nothing here asks who reads. A document or a file is given out as a part of the publication that names it, and only so.
What was withdrawn keeps its title and its address, and says when and why; nothing else of it leaves this module.
"""

from __future__ import annotations

import dataclasses
import datetime
import pathlib
from collections.abc import Iterator, Mapping, Sequence

from engine import errors
from engine.actions import context, published_content
from engine.calendars import moments
from engine.model import details, files
from engine.model import records as model
from engine.store import paging, queries_public, unit_of_work

#: How many of each kind the first page shows.
NEWEST = 5
PER_PAGE = 20
IN_FEED = 50
#: No database numbers further.
_LARGEST = 1 << 63
_MISSING = "没有此公开信息，请检查地址。"
_WITHDRAWN = "此公开信息已经撤回，不再提供内容。"


@dataclasses.dataclass(frozen=True, slots=True)
class Listed:
    """Publications, newest first.

    `states` says by their ids what became of those that are in one of these states, `after` where the next begin.
    """

    items: tuple[model.Publication, ...]
    states: Mapping[int, model.PublicationState]
    after: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Sought:
    """What somebody looks for among publications; all of it holds for what is found.

    Parameters:
        kind: of this kind.
        text: every word of it stands in the title, the summary, the content or a table.
        state: in this state.
        since, until: published from this day to that.
        facts: by its name the value of a fact that it has.
    """

    kind: model.PublicationKind | None = None
    text: str = ""
    state: model.PublicationState | None = None
    since: datetime.date | None = None
    until: datetime.date | None = None
    facts: Mapping[str, str] = dataclasses.field(default_factory=dict)


_EVERYTHING = Sought()


@dataclasses.dataclass(frozen=True, slots=True)
class Followed:
    """A publication as those who follow the portal are told of it: when something about it last changed, and what."""

    publication: model.Publication
    updated: datetime.datetime
    withdrawn: model.Withdrawal | None
    replaced_by: model.Publication | None


@dataclasses.dataclass(frozen=True, slots=True)
class Overview:
    """What the first page shows: what is open now, the next to close first, and the newest of each kind."""

    open: tuple[model.Publication, ...]
    newest: tuple[tuple[model.PublicationKind, Listed], ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Item:
    """A publication with everything that belongs to it.

    Parameters:
        publication: what was published.
        document: the official document that it is, if it is one.
        attachments: the files that it names, as they are stored.
        replaces: what it took the place of.
        replaced_by: what took its place.
        withdrawn: when and why it was withdrawn; then nothing but its title is given.
        closed: whether the time is over in which it was open.
        related: what else was published in the same matter, oldest first.
        checkable: whether there is a hash of what is shown, of the text that `shown_text` gives.
        intact: whether that text still has this hash; what has none is taken as it is.
    """

    publication: model.Publication
    document: model.Document | None
    attachments: tuple[files.StoredFile, ...]
    replaces: model.Publication | None
    replaced_by: model.Publication | None
    withdrawn: model.Withdrawal | None
    closed: bool
    related: Listed
    checkable: bool
    intact: bool


def overview(engine: context.Engine) -> Overview:
    """Return what is open now, and the newest of each kind."""
    with engine.store.read() as uow:
        found = []
        for kind in model.PublicationKind:
            page = queries_public.publications_page(uow, kind=kind, limit=NEWEST)
            found.append((kind, _listed(engine, uow, page)))
        return Overview(tuple(queries_public.open_publications(uow, engine.clock.now())), tuple(found))


def listed(
    engine: context.Engine, sought: Sought = _EVERYTHING, *, after: str | None = None, limit: int = PER_PAGE
) -> Listed:
    """Return a page of publications, newest first.

    Args:
        engine: The engine.
        sought: What is looked for.
        after: Where the page begins, as the page before says.
        limit: Publications at most.

    Raises:
        errors.InvalidInput: `after` is no place in this list.
    """
    with engine.store.read() as uow:
        page = queries_public.publications_page(
            uow,
            kind=sought.kind,
            text=sought.text,
            state=sought.state,
            now=engine.clock.now(),
            since=None if sought.since is None else moments.begin(sought.since),
            until=None if sought.until is None else moments.end_passed(sought.until),
            facts=sought.facts,
            limit=limit,
            after=after,
        )
        return _listed(engine, uow, page)


def feed(engine: context.Engine, kind: model.PublicationKind | None = None) -> tuple[Followed, ...]:
    """Return what those who follow the portal are told: the newest and what was withdrawn, the last change first."""
    with engine.store.read() as uow:
        newest = queries_public.publications_page(uow, kind=kind, limit=IN_FEED).items
        gone = queries_public.withdrawn_last(uow, kind=kind)
        found = {each.id: each for each in (*newest, *gone)}
        ids = list(found)
        replaced, withdrawn = queries_public.replacements(uow, ids), uow.records.withdrawals(ids)
    told = [
        _followed(_readable(each, withdrawn), withdrawn.get(each.id), replaced.get(each.id)) for each in found.values()
    ]
    return tuple(sorted(told, key=lambda each: (each.updated, each.publication.id), reverse=True))


def _followed(
    found: model.Publication, withdrawn: model.Withdrawal | None, replaced_by: model.Publication | None
) -> Followed:
    changes = [found.published_at]
    if withdrawn is not None:
        changes.append(withdrawn.at)
    if replaced_by is not None:
        changes.append(replaced_by.published_at)
    return Followed(found, max(changes), withdrawn, replaced_by)


def facts(engine: context.Engine, names: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """Return by the names of facts the values that publications have."""
    with engine.store.read() as uow:
        return queries_public.facts(uow, names)


def item(engine: context.Engine, publication_id: int) -> Item:
    """Return a publication.

    Raises:
        errors.NotFound: There is none with this id.
    """
    with engine.store.read() as uow:
        found, withdrawn = _found(uow, publication_id)
        paper = None if found.document_id is None else uow.records.document(found.document_id)
        return Item(
            publication=found,
            document=paper,
            attachments=tuple(_attached(uow, found)),
            replaces=None if found.replaces is None else uow.records.publication(found.replaces),
            replaced_by=queries_public.replacements(uow, [found.id]).get(found.id),
            withdrawn=withdrawn,
            closed=is_closed(found, engine.clock.now()),
            related=_related(engine, uow, found),
            checkable=found.shown_sha256 is not None,
            intact=found.shown_sha256 in (None, published_content.sha256(published_content.of(found, paper))),
        )


def publication(engine: context.Engine, publication_id: int) -> model.Publication:
    """Return a publication alone.

    Raises:
        errors.NotFound: There is none with this id.
    """
    with engine.store.read() as uow:
        return published(uow, publication_id)


def shown_text(engine: context.Engine, publication_id: int) -> str:
    """Return everything that a publication shows, as the text whose hash stands on its page.

    Raises:
        errors.NotFound: There is no such publication.
    """
    with engine.store.read() as uow:
        found, withdrawn = _found(uow, publication_id)
        if withdrawn is not None:
            raise errors.NotFound(_WITHDRAWN)
        paper = None if found.document_id is None else uow.records.document(found.document_id)
    return published_content.of(found, paper)


def document(engine: context.Engine, publication_id: int) -> model.Document:
    """Return the official document that a publication is.

    Raises:
        errors.NotFound: There is no such publication, or it is no document.
    """
    with engine.store.read() as uow:
        found = published(uow, publication_id)
        if found.document_id is None:
            raise errors.NotFound(_MISSING)
        return uow.records.document(found.document_id)


def attachment(engine: context.Engine, publication_id: int, number: int) -> tuple[files.StoredFile, pathlib.Path]:
    """Return a file that a publication names, and where its content is.

    Args:
        engine: The engine.
        publication_id: The publication.
        number: Which of its files, from 1.

    Raises:
        errors.NotFound: There is no such publication, or it has no such file.
        errors.StoreError: The content is gone from the disk.
    """
    with engine.store.read() as uow:
        attached = list(_attached(uow, published(uow, publication_id)))
    if not 1 <= number <= len(attached):
        raise errors.NotFound(_MISSING)
    found = attached[number - 1]
    path = engine.blobs.path(found.sha256)
    if not path.is_file() or path.stat().st_size != found.size:
        raise errors.StoreError(f"文件“{found.name}”暂时不能下载，请稍后再试。", sha256=found.sha256)
    return found, path


def published(uow: unit_of_work.UnitOfWork, publication_id: int) -> model.Publication:
    """Return a publication, of what was withdrawn its title; or say in words for strangers that there is none.

    Raises:
        errors.NotFound: There is none with this id.
    """
    return _found(uow, publication_id)[0]


def _found(uow: unit_of_work.UnitOfWork, publication_id: int) -> tuple[model.Publication, model.Withdrawal | None]:
    try:
        if publication_id < _LARGEST:
            found = uow.records.publication(publication_id)
            gone = uow.records.withdrawals([found.id])
            return _readable(found, gone), gone.get(found.id)
    except errors.NotFound:
        pass
    raise errors.NotFound(_MISSING)


def is_closed(publication: model.Publication, now: datetime.datetime) -> bool:
    """Tell whether the time is over in which a publication was open."""
    return publication.until is not None and publication.until <= now


def _listed(engine: context.Engine, uow: unit_of_work.UnitOfWork, page: paging.Page[model.Publication]) -> Listed:
    return dataclasses.replace(_marked(engine, uow, page.items), after=page.after)


def _related(engine: context.Engine, uow: unit_of_work.UnitOfWork, publication: model.Publication) -> Listed:
    if publication.instance_id is None:
        return Listed((), {})
    others = [each for each in queries_public.of_matter(uow, publication.instance_id) if each.id != publication.id]
    return _marked(engine, uow, others)


def _marked(engine: context.Engine, uow: unit_of_work.UnitOfWork, found: Sequence[model.Publication]) -> Listed:
    ids, now = [each.id for each in found], engine.clock.now()
    replaced, gone = queries_public.replacements(uow, ids), uow.records.withdrawals(ids)
    states = {}
    for each in found:
        if each.id in gone:
            states[each.id] = model.PublicationState.WITHDRAWN
        elif each.id in replaced:
            states[each.id] = model.PublicationState.REPLACED
        elif each.until is not None:
            closed = is_closed(each, now)
            states[each.id] = model.PublicationState.CLOSED if closed else model.PublicationState.OPEN
    return Listed(tuple(_readable(each, gone) for each in found), states)


def _readable(found: model.Publication, gone: Mapping[int, model.Withdrawal]) -> model.Publication:
    """Return what everybody may read of a publication: of what was withdrawn the title."""
    if found.id not in gone:
        return found
    return dataclasses.replace(
        found,
        summary=None,
        content=None,
        document_id=None,
        attachments=(),
        until=None,
        details=details.NOTHING,
        shown_sha256=None,
    )


def _attached(uow: unit_of_work.UnitOfWork, publication: model.Publication) -> Iterator[files.StoredFile]:
    """Yield the files that a publication names: exactly the contents that it named when it was published."""
    for named in publication.attachments:
        found = uow.files.find(str(named.get("token", "")))
        if found is not None and found.sha256 == named.get("sha256", found.sha256):
            yield found

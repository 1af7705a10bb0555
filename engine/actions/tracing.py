"""制度对照: the articles of a document, what carries them out, what proves them, and which cases exercised them."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable, Iterable, Iterator, Sequence

from engine import catalog, errors, packfile
from engine.actions import context, definition_cache, marks, published, trace_joining, whereabouts
from engine.bpmn import process, reader
from engine.model import commands, definitions, tracing, views_diagrams
from engine.store import queries, queries_trace

#: Processes of an office that are looked at.
_MOST = 1000
#: Cases that a page looks at, the newest: whoever opens it must not read the history of an office.
MOST_CASES = 2000


@dataclasses.dataclass(frozen=True, slots=True)
class Deployed:
    """What became of the document of a pack as it is deployed; `packs` are all that have articles: slug and title.

    `trace` is None where the pack lists no articles, or none is deployed that does.
    """

    trace: tracing.Trace | None
    packs: tuple[tuple[str, str], ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Pictured:
    """A definition with its picture and the table of its elements."""

    row: definitions.ProcessDefinition
    pack_title: str
    svg: str
    steps: tuple[views_diagrams.Step, ...]


def on_disk(
    packs: catalog.Catalog, slugs: Iterable[str] = (), engine: Callable[[], context.Engine] | None = None
) -> tuple[tracing.Trace, ...]:
    """Return what became of the documents of packs as they lie on disk: diagrams that are not deployed yet, too.

    Args:
        packs: The packs on disk. Their tests are those in `tests`, if it has `tests/processes`.
        slugs: Which of them; by default all that quote clauses.
        engine: Opens the database whose cases are counted; None where there is none.

    Raises:
        errors.NotFound: There is no such pack.
        errors.InvalidInput: A pack cannot be read.
    """
    every = list(packs.packs())
    chosen = [packs.pack(slug) for slug in slugs] or [each for each in every if each.info.clauses]
    read = [(pack, tuple(_on_disk(pack))) for pack in chosen]
    clauses = {clause.id for each in every for clause in each.info.clauses}
    found = []
    for pack, carriers in read:
        cases = None
        if engine is not None:
            with engine().store.read() as uow:
                cases = queries_trace.cases(uow, _elements(pack.info, carriers))
        own = {clause.id for clause in pack.info.clauses}
        file = f"processes/{pack.slug}/{packfile.NAME}"
        found.append(trace_joining.join(pack.info, carriers, _tests(pack.root), cases, file=file, others=clauses - own))
    return tuple(found)


def deployed(
    engine: context.Engine, actor: commands.Actor, slug: str | None = None, clause: str | None = None
) -> Deployed:
    """Return what became of the document of a pack as it is deployed, with the cases that somebody may see.

    Monitors and operators see how many cases of the office went through an article; others those they have to do with.
    The newest `MOST_CASES` are looked at; `gongkai trace` looks at all.

    Args:
        engine: The engine.
        actor: Who looks.
        slug: The pack; by default that of the clause, or the first one with articles.
        clause: Id of a clause of the pack.

    Raises:
        errors.NotFound: No such pack is deployed.
    """
    with engine.store.read() as uow:
        newest = {each.pack: each for each in uow.deployments.newest()}
        infos = {pack: definition_cache.pack_of(uow, deployment) for pack, deployment in newest.items()}
        known = tuple((pack, info.title) for pack, info in sorted(infos.items()) if info.articles)
        of_clause = (pack for pack, info in sorted(infos.items()) if clause in {each.id for each in info.clauses})
        chosen = slug or next(of_clause, None) or next((pack for pack, _ in known), None)
        if slug is not None and slug not in infos:
            raise errors.NotFound(f"没有部署流程包“{slug}”。", pack=slug)
        if chosen is None or not infos[chosen].articles:
            return Deployed(None, known)
        info = infos[chosen]
        files = uow.deployments.hashes(newest[chosen].id)
        rows = queries.definitions(uow, pack=chosen, latest_only=True, limit=_MOST).items
        read = [engine.definitions.get(uow, row.id) for row in rows if row.resource in files]
        carriers = [carrier for each in read for carrier in _deployed(each)]
        person = None if actor.monitor or actor.is_operator else actor.id
        cases = queries_trace.cases(uow, _elements(info, carriers), person=person, most=MOST_CASES)
    own = {clause.id for clause in info.clauses}
    others = {clause.id for each in infos.values() for clause in each.clauses} - own
    tests = _tests(engine.packs.root(chosen))
    file = f"processes/{chosen}/{packfile.NAME}"
    return Deployed(trace_joining.join(info, carriers, tests, cases, file=file, others=others), known)


def pictured(engine: context.Engine, definition_id: int) -> Pictured:
    """Return a definition to look at: procedures are no secret of those who carry them out.

    Raises:
        errors.NotFound: There is no such definition, or its file has no diagram interchange.
    """
    with engine.store.read() as uow:
        row = uow.definitions.get(definition_id)
        found = engine.definitions.get(uow, definition_id)
    svg, _ = published.svg(engine, definition_id)
    return Pictured(row, found.pack.title, svg, whereabouts.blank(found))


def _on_disk(pack: catalog.Pack) -> Iterator[tracing.Carrier]:
    for file in pack.of_kind(definitions.ResourceKind.PROCESS):
        for found in reader.read(file.content, file.path):
            yield from _carriers(found, found.name, file.path)


def _deployed(found: definition_cache.Definition) -> Iterator[tracing.Carrier]:
    return _carriers(found.process, found.row.name, found.row.resource, found.id)


def _carriers(
    found: process.Process, name: str, file: str, definition_id: int | None = None
) -> Iterator[tracing.Carrier]:
    for element in found.elements.values():
        if element.clause:
            kind = whereabouts.kind(element.type)
            yield tracing.Carrier(found.key, name, element.id, element.name, kind, element.clause, file, definition_id)


def _elements(info: packfile.PackInfo, carriers: Sequence[tracing.Carrier]) -> dict[str, set[queries_trace.Element]]:
    """Return the elements by number of article."""
    bare = trace_joining.join(info, carriers, None)
    return {
        each.article.number: {(carrier.process, carrier.element_id) for carrier in each.carriers}
        for each in bare.articles
    }


def _tests(root: pathlib.Path | None) -> tuple[tracing.Mark, ...] | None:
    """Return the marks of the tests that lie beside a pack; None where there is no directory of tests."""
    if root is None or not (root / "tests" / "processes").is_dir():
        return None
    return marks.read(root / "tests")

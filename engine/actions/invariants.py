"""Checking what must always hold over what has happened (`gongkai audit invariants`). Nothing is ever changed by it.

A pack declares its invariants in `invariants.yaml`; those of its newest deployment count, for old cases too. Subjects
are read in pages, newest first; a page costs a fixed number of statements, however many cases there are.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from engine import errors
from engine.actions import context, invariant_evidence, invariant_file, invariant_rules, people, policy
from engine.model import commands, records
from engine.model import invariants as model
from engine.store import queries_evidence, unit_of_work

#: Subjects of a page.
PAGE = 200
#: Violations of an invariant that are kept to be shown; all of them are counted.
KEPT = 500
#: Is told what is being looked at, and how many subjects have been.
Progress = Callable[[str, int], object]


@dataclasses.dataclass(frozen=True, slots=True)
class Scope:
    """What to look at: all, or some cases, or what is not older than a moment, or the newest of each sort."""

    case: str | None = None
    since: datetime.datetime | None = None
    newest: int | None = None


@dataclasses.dataclass(slots=True)
class _Tally:
    """What has been found so far of one invariant."""

    looked_at: int = 0
    violated: int = 0
    kept: list[model.Violation] = dataclasses.field(default_factory=list)

    def add(self, violation: model.Violation | None) -> None:
        self.looked_at += 1
        if violation is not None:
            self.violated += 1
            if len(self.kept) < KEPT:
                self.kept.append(violation)


def rulebooks(engine: context.Engine, actor: commands.Actor) -> list[model.Rulebook]:
    """Return what the packs that are deployed declare, by pack.

    Raises:
        errors.Forbidden: The actor watches over nothing.
    """
    policy.monitor(actor, "查看合规检查")
    with engine.store.read() as uow:
        return list(_declared(uow))


def audit(
    engine: context.Engine,
    actor: commands.Actor,
    *,
    only: Collection[str] = (),
    scope: Scope | None = None,
    progress: Progress | None = None,
) -> model.Report:
    """Check what must always hold.

    Args:
        engine: The engine.
        actor: Who asks.
        only: Ids of invariants; all of them by default.
        scope: What to look at; everything by default.
        progress: Is told how far it is.

    Raises:
        errors.Forbidden: The actor watches over nothing.
        errors.NotFound: There is no such invariant, or no such case.
    """
    policy.monitor(actor, "进行合规检查")
    chosen = scope or Scope()
    within: set[int] | None = None
    with engine.store.read() as uow:
        books = list(_declared(uow))
        if chosen.case is not None:
            within = queries_evidence.family(uow, chosen.case)
            if not within:
                raise errors.NotFound(f"没有编号为“{chosen.case}”的事项。")
    known = [invariant.id for book in books for invariant in book.invariants]
    for name in only:
        if name not in known:
            listed = "、".join(dict.fromkeys(known)) or "无（流程包没有 invariants.yaml，或者部署时还没有）"
            raise errors.NotFound(f"没有编号为“{name}”的核对项目，现有：{listed}。", invariant=name)
    run = _Run(engine, chosen, within, progress or (lambda what, looked_at: None))
    outcomes = [outcome for book in books for outcome in run.book(book, only)]
    return model.Report(engine.clock.now(), tuple(outcomes), chosen.newest)


def _declared(uow: unit_of_work.UnitOfWork) -> Iterator[model.Rulebook]:
    for deployment in uow.deployments.newest():
        path = f"processes/{deployment.pack}/{invariant_file.NAME}"
        try:
            found = uow.deployments.resource(deployment.id, path)
        except errors.NotFound:
            continue
        yield invariant_file.parse(found.content, deployment.pack, path)


class _Run:
    """One run over the records of an engine."""

    def __init__(self, engine: context.Engine, scope: Scope, within: set[int] | None, progress: Progress) -> None:
        self._engine = engine
        self._scope = scope
        self._within = within
        self._progress = progress
        self._name_of = people.directory(engine).name

    def book(self, book: model.Rulebook, only: Collection[str]) -> Iterator[model.Outcome]:
        """Check the invariants of a pack: subjects of one sort are read once for all of them."""
        invariants = [each for each in book.invariants if not only or each.id in only]
        tallies = {each.id: _Tally() for each in invariants}
        sorts: dict[tuple[model.SubjectKind, str], list[tuple[str, model.Check]]] = {}
        for invariant in invariants:
            for check in invariant.checks:
                for name in check.subject.names:
                    sorts.setdefault((check.subject.kind, name), []).append((invariant.id, check))
        for (kind, name), checks in sorts.items():
            self._sort(book.pack, kind, name, checks, tallies)
        for invariant in invariants:
            tally = tallies[invariant.id]
            yield model.Outcome(book.pack, invariant, tally.looked_at, tally.violated, tuple(tally.kept))

    def _sort(
        self,
        pack: str,
        kind: model.SubjectKind,
        name: str,
        checks: Iterable[tuple[str, model.Check]],
        tallies: dict[str, _Tally],
    ) -> None:
        checks = list(checks)
        wanted = invariant_evidence.needs(check for _, check in checks)
        looked_at = 0
        for page in self._pages(pack, kind, name):
            with self._engine.store.read() as uow:
                subjects = list(self._subjects(uow, pack, kind, page, wanted))
                for invariant, check in checks:
                    for _, violation in invariant_rules.apply(uow, check, subjects, self._name_of):
                        tallies[invariant].add(violation)
            looked_at += len(subjects)
            self._progress(f"{kind.value} {name}", looked_at)

    # --- subjects, page by page --------------------------------------------------------------------------------------

    def _pages(self, pack: str, kind: model.SubjectKind, name: str) -> Iterator[Sequence[queries_evidence.Subject]]:
        left = self._scope.newest
        for read in self._sources(pack, kind, name):
            before: int | None = None
            while left is None or left > 0:
                place = queries_evidence.Range(before, self._scope.since, self._within)
                limit = PAGE if left is None else min(PAGE, left)
                with self._engine.store.read() as uow:
                    page = read(uow, place, limit)
                if page:
                    yield page
                    left = None if left is None else left - len(page)
                    before = page[-1].id
                if len(page) < limit:
                    break

    def _sources(self, pack: str, kind: model.SubjectKind, name: str) -> list[queries_evidence.Source]:
        """Return what reads subjects of a sort: for cases version by version, each of which is a range of an index."""
        if kind is model.SubjectKind.PUBLICATION:
            return [queries_evidence.source_of_publications(pack, name)]
        if kind is model.SubjectKind.ENTRY:
            return [queries_evidence.source_of_entries(pack, name)]
        if kind is model.SubjectKind.DOCUMENT:
            return [queries_evidence.source_of_documents(pack, name)]
        with self._engine.store.read() as uow:
            versions = queries_evidence.versions(uow, pack, name)
        return [queries_evidence.source_of_cases(version) for version in versions]

    def _subjects(
        self,
        uow: unit_of_work.UnitOfWork,
        pack: str,
        kind: model.SubjectKind,
        page: Sequence[queries_evidence.Subject],
        wanted: invariant_evidence.Needs,
    ) -> Iterator[invariant_rules.Subject]:
        if kind is model.SubjectKind.CASE:
            rows = [each for each in page if isinstance(each, queries_evidence.CaseRow)]
        else:
            ids = {each.instance_id for each in page if each.instance_id is not None}
            rows = queries_evidence.by_id(uow, ids) if ids else []
        evidence = invariant_evidence.load(uow, rows, wanted)
        now = self._engine.clock.now()
        days = self._engine.calendars.get(uow, pack)
        for each in page:
            if each.instance_id is None:
                continue  # of a case that was deleted when its time was over: what it was judged by went with it
            case = evidence.get(each.instance_id)
            yield _subject(kind, pack, each, case, invariant_evidence.functions(case, days, now))


def _subject(
    kind: model.SubjectKind,
    pack: str,
    found: queries_evidence.Subject,
    case: invariant_evidence.CaseEvidence | None,
    functions: Mapping[str, Callable[..., Any]],
) -> invariant_rules.Subject:
    """Return what was read as rules look at it: a record is a variable of the name of its kind."""
    variables: dict[str, Any] = {"case": None if case is None else case.plain()}
    register = ""
    if isinstance(found, records.Entry):
        name, at, register = found.number, found.at, found.register
        variables["entry"] = invariant_evidence.entry_of(found)
    elif isinstance(found, records.Publication):
        name, at = found.title, found.published_at
        variables["publication"] = invariant_evidence.publication_of(found)
    elif isinstance(found, queries_evidence.DocumentRow):
        name, at = f"{found.title} {found.number}".strip(), found.issued_at
        variables["document"] = invariant_evidence.document_of(found)
    else:
        name, at = f"事项 {found.id}" if case is None else case.name, found.instance.started_at
    return invariant_rules.Subject(kind, found.id, name, register, at, pack, case, variables, functions)

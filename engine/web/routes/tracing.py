"""制度对照: what became of every article of a document; a definition with its diagram, to look at."""

from __future__ import annotations

import dataclasses
import enum
import itertools
from collections.abc import Sequence

import fastapi

from engine.actions import tracing
from engine.model import definitions
from engine.model import tracing as model
from engine.web import access, diagrams, pages

router = access.Router()


class Show(enum.StrEnum):
    """Which articles are shown."""

    GREEN = "green"
    MISSING = "missing"
    NOTHING = "nothing"

    def has(self, status: model.Status) -> bool:
        """Tell whether an article of a status is shown."""
        return _SHOWN.get(status, Show.MISSING) is self


_SHOWN = {
    model.Status.GREEN: Show.GREEN,
    model.Status.UNTESTED: Show.GREEN,
    model.Status.NOTHING: Show.NOTHING,
}


@dataclasses.dataclass(frozen=True, slots=True)
class Group:
    """The elements of one definition that carry an article out."""

    name: str
    definition_id: int | None
    carriers: tuple[model.Carrier, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class TracePage:
    """The articles of a document, those of one status if need be.

    `own` tells that cases are the visitor's alone, `most` how many of the newest are looked at.
    """

    found: tracing.Deployed
    show: Show | None
    own: bool
    most: int

    @property
    def articles(self) -> tuple[model.TracedArticle, ...]:
        """Return the articles that are shown."""
        every = self.found.trace.articles if self.found.trace else ()
        return tuple(each for each in every if self.show is None or self.show.has(each.status))

    def count(self, show: str) -> int:
        """Return how many articles there are to show."""
        every = self.found.trace.articles if self.found.trace else ()
        return sum(1 for each in every if Show(show).has(each.status))

    @property
    def rows_green(self) -> int:
        """Return how many clauses of the pack nothing is missing of."""
        rows = self.found.trace.rows if self.found.trace else ()
        return sum(1 for row in rows if not Show.MISSING.has(row.status))

    def groups(self, carriers: Sequence[model.Carrier]) -> tuple[Group, ...]:
        """Return elements by definition."""
        by_definition = itertools.groupby(carriers, key=lambda each: (each.process_name, each.definition_id))
        return tuple(Group(name, id_, tuple(found)) for (name, id_), found in by_definition)


@dataclasses.dataclass(frozen=True, slots=True)
class DefinitionPage:
    """A definition with its diagram; `element` is pointed at."""

    found: tracing.Pictured
    drawn: diagrams.Drawn
    element: str | None

    @property
    def row(self) -> definitions.ProcessDefinition:
        """Return the definition."""
        return self.found.row


@router.get("/trace", rule=access.SIGNED_IN)
def trace(
    request: fastapi.Request,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    pack: str = "",
    clause: str = "",
    show: str = "",
) -> fastapi.Response:
    """Show what became of every article."""
    found = tracing.deployed(engine, actor, pack or None, clause or None)
    chosen = Show(show) if show in list(Show) else None
    own = not access.permits(access.MONITOR, actor)
    return pages.show(request, "trace/trace.html", TracePage(found, chosen, own, tracing.MOST_CASES))


@router.get("/definitions/{definition_id:int}", rule=access.SIGNED_IN)
def definition(
    request: fastapi.Request,
    definition_id: int,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    element: str | None = None,
) -> fastapi.Response:
    """Show the diagram of a definition, and point at one of its elements."""
    found = tracing.pictured(engine, definition_id)
    drawn = diagrams.pointed(found.svg, element, found.steps)
    return pages.show(request, "trace/definition.html", DefinitionPage(found, drawn, element))

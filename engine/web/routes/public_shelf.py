"""Publications of one kind: found by words, leafed through, followed by a feed.

`/public/{kind}` would catch other addresses: of the modules about `/public`, this is the last by name.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import fastapi

from engine import errors
from engine.actions import context, portal
from engine.model import records as model
from engine.web import access, feeds, fresh, listing, pages, throttle

router = access.Router("/public")

_LONGEST, _LONGEST_FACT = 100, 5000
#: Parameters of an address that ask for a fact begin so.
_FACT = "f."


@dataclasses.dataclass(frozen=True, slots=True)
class ListPage:
    """Publications of a kind or of all.

    Parameters:
        kind: the kind that the page is about; None for the page that looks among all.
        sought: what is looked for; `query` are the parameters of the address that say so.
        first: whether nothing newer comes before.
        facts: by the names of the facts that can be asked for their values.
    """

    kind: model.PublicationKind | None
    listed: portal.Listed
    sought: portal.Sought
    query: dict[str, str]
    first: bool
    facts: Mapping[str, Sequence[str]]

    @property
    def narrowed(self) -> bool:
        """Tell whether anything but words is asked for."""
        return bool(set(self.query) - {"text"})

    def options(self, name: str) -> list[tuple[str, str]]:
        """Return the values of a fact as what is chosen from."""
        return listing.options(self.facts[name], self.sought.facts.get(name))


@router.get("/search", rule=access.PUBLIC)
def search(request: fastapi.Request, engine: access.CurrentEngine) -> fastapi.Response:
    """Show publications of all kinds, newest first."""
    return _show(request, engine, None)


@router.get("/{kind}", rule=access.PUBLIC)
def shelf(request: fastapi.Request, kind: str, engine: access.CurrentEngine) -> fastapi.Response:
    """Show publications of a kind, newest first."""
    return _show(request, engine, _kind(kind))


def _show(request: fastapi.Request, engine: context.Engine, kind: model.PublicationKind | None) -> fastapi.Response:
    facts = portal.facts(engine, pages.hosts(request).portal.filters)
    sought = _sought(request, kind, facts)
    query = _query(sought, kind)
    if query:
        throttle.spend(request, throttle.SEARCHING)
    after = request.query_params.get("after")
    found = portal.listed(engine, sought, after=after or None)
    page = ListPage(kind, found, sought, query, not after, facts)
    return fresh.page(request, pages.show(request, "public/list.html", page))


def _sought(
    request: fastapi.Request, kind: model.PublicationKind | None, facts: Mapping[str, Sequence[str]]
) -> portal.Sought:
    """Return what the parameters of an address ask for; what says nothing is not asked."""
    query = request.query_params
    asked = {name: query.get(f"{_FACT}{name}", "") for name in facts}
    return portal.Sought(
        kind=kind or next((each for each in model.PublicationKind if each.value == query.get("kind")), None),
        text=" ".join(query.get("text", "").replace("\0", " ").split())[:_LONGEST],
        state=next((each for each in model.PublicationState if each.value == query.get("state")), None),
        since=listing.day(query.get("since")),
        until=listing.day(query.get("until")),
        facts={name: value[:_LONGEST_FACT] for name, value in asked.items() if value},
    )


def _query(sought: portal.Sought, kind: model.PublicationKind | None) -> dict[str, str]:
    return listing.filled(
        {
            "text": sought.text,
            "kind": None if kind else sought.kind,
            "state": sought.state,
            "since": sought.since,
            "until": sought.until,
            **{f"{_FACT}{name}": value for name, value in sought.facts.items()},
        }
    )


@router.get("/{kind}/feed.atom", rule=access.PUBLIC)
def feed(request: fastapi.Request, kind: str, engine: access.CurrentEngine) -> fastapi.Response:
    """Give the newest publications of a kind as an Atom feed."""
    wanted = _kind(kind)
    title = f"政务公开：{feeds.kind_name(request, wanted)}"
    return feeds.atom(request, engine, title, f"/public/{wanted.value}", portal.feed(engine, wanted))


def _kind(kind: str) -> model.PublicationKind:
    try:
        return model.PublicationKind(kind)
    except ValueError:
        raise errors.NotFound("没有此页面，请检查地址。") from None

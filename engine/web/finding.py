"""Which route answers a request: looked up by where its address begins, not by trying one route after the other."""

from __future__ import annotations

from collections.abc import Iterable

from starlette import routing, types

#: Segments of an address by which routes are told apart: one of a page, three of the API (`api/v1/tasks`).
_PAGE, _API = 1, 3


class Index(routing.BaseRoute):
    """All routes of an application as one.

    The framework asks every route whether it matches until one does; with hundreds of them that is most of what it
    does for a request. Of those that may match at all, the first one that does still answers.

    Args:
        routes: In the order in which they are asked.
    """

    def __init__(self, routes: Iterable[routing.Route]) -> None:
        self.routes = list(routes)
        places = {place for each in self.routes if (place := _place(each.path)) is not None}
        self._anywhere = [each for each in self.routes if _place(each.path) is None]
        self._by_place = {
            place: [each for each in self.routes if _place(each.path) in (place, None)] for place in places
        }

    def matches(self, scope: types.Scope) -> tuple[routing.Match, types.Scope]:
        """Find the route of a request; the scope of one that matches names it."""
        partial: tuple[routing.Match, types.Scope] | None = None
        for each in self._candidates(scope):
            match, child = each.matches(scope)
            if match is routing.Match.FULL:
                return match, {**child, "route": each}
            if match is routing.Match.PARTIAL and partial is None:
                partial = match, {**child, "route": each}
        return partial or (routing.Match.NONE, {})

    def _candidates(self, scope: types.Scope) -> list[routing.Route]:
        if scope["type"] != "http" or scope.get("root_path"):
            return self.routes
        return self._by_place.get(_beginning(scope["path"]), self._anywhere)

    async def handle(self, scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
        """Have the route answer that `matches` has found."""
        await scope["route"].handle(scope, receive, send)


def _place(path: str) -> tuple[str, ...] | None:
    """Return how every address begins that a route matches; None where they begin differently."""
    found = _beginning(path)
    return None if any("{" in segment for segment in found) else found


def _beginning(path: str) -> tuple[str, ...]:
    segments = path.split("/", _API + 1)[1:]
    return tuple(segments[: _API if segments[:1] == ["api"] else _PAGE])

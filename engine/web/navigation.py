"""Where one can go from every page."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import fastapi

from engine.model import commands
from engine.web import access


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """An entry of the main menu. `rule` is that of its page; what somebody may not open is not shown."""

    path: str
    label: str
    icon: str
    rule: access.Rule = access.SIGNED_IN
    #: Paths below which the entry is the current one, besides its own.
    covers: tuple[str, ...] = ()
    #: Whoever this rule lets pass sees the entry, too.
    also: access.Rule | None = None

    def offered(self, actor: commands.Actor) -> bool:
        """Tell whether somebody sees the entry."""
        return access.permits(self.rule, actor) or (self.also is not None and access.permits(self.also, actor))


@dataclasses.dataclass(frozen=True, slots=True)
class Shown:
    """The menu of one page."""

    places: tuple[tuple[Place, bool], ...]
    unread: int = 0


PLACES: Sequence[Place] = (
    Place("/tasks", "待办", "inbox"),
    Place("/start", "发起", "plus-square"),
    Place("/cases/mine", "我的事项", "folder"),
    Place("/cases/done", "已办", "check2-square"),
    Place("/search", "检索", "search"),
    Place("/registers", "台账", "journal-text"),
    Place("/cases", "全部事项", "collection", access.MONITOR),
    Place("/dashboard", "统计分析", "speedometer2", access.MONITOR),
    Place("/compliance", "合规检查", "shield-check", access.MONITOR),
    Place("/trace", "制度对照", "journal-check", access.MONITOR, ("/definitions",), access.DESIGN),
    Place("/gallery", "表单控件", "ui-checks", access.DESIGN),
    Place("/admin", "管理", "gear", access.ADMIN, ("/admin",)),
)

#: What counts somebody's unread notices; set by the pages of notices.
Unread = Callable[[fastapi.Request, access.Visitor], int]
_unread: list[Unread] = []


def count_unread_by(counter: Unread) -> Unread:
    """Register what counts unread notices."""
    _unread[:] = [counter]
    return counter


def shown(request: fastapi.Request, visitor: access.Visitor) -> Shown:
    """Return the menu for whoever sends a request."""
    if visitor.actor is None:
        return Shown(())
    path = request.url.path
    places = [place for place in PLACES if place.offered(visitor.actor)]
    matching = [place for place in places if _covers(place, path)]
    current = max(matching, key=lambda place: len(place.path), default=None)
    unread = sum(counter(request, visitor) for counter in _unread)
    return Shown(tuple((place, place is current) for place in places), unread)


def _covers(place: Place, path: str) -> bool:
    return any(path == each or path.startswith(each + "/") for each in (place.path, *place.covers))

"""Lists of cases: 我的事项, 已办, and for monitors 全部事项; each also as a file for spreadsheets."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import TypeVar

import fastapi

from engine.actions import context, cooperation, people, prospects, saved_filters, worklists
from engine.model import commands, instances, views_lists
from engine.store import queries_cooperation
from engine.web import access, i18n, listing, pages, spreadsheets

router = access.Router("/cases")

T = TypeVar("T")

#: Of how many tasks done the list says whether they can be taken back: each takes a look at its case.
MOST_WITHDRAWABLE = 5


@dataclasses.dataclass(frozen=True, slots=True)
class CasesPage:
    """A list of cases under filters. `everything` tells whether it is that of the whole office."""

    path: str
    everything: bool
    chosen: views_lists.CaseFilter
    cases: views_lists.Listing[views_lists.CaseItem]
    choices: views_lists.Choices
    saved: tuple[views_lists.SavedFilter, ...]
    here: str
    #: Where operators act on many cases at once, as far as the filters of the list can say so there, too.
    batch: str = ""

    @property
    def filtered(self) -> bool:
        """Tell whether anything narrows the list."""
        return self.chosen != views_lists.CaseFilter()

    @property
    def query(self) -> dict[str, str]:
        """Return the filters as parameters of an address."""
        return worklists.query_of(self.chosen)

    @property
    def export(self) -> str:
        """Return the address of the list as a file, under the same filters."""
        return listing.address(f"{self.path}/export.csv", self.query)


@dataclasses.dataclass(frozen=True, slots=True)
class DonePage:
    """The tasks that somebody completed, under filters."""

    chosen: views_lists.TaskFilter
    tasks: views_lists.Listing[views_lists.TaskItem]
    choices: views_lists.Choices
    saved: tuple[views_lists.SavedFilter, ...]
    here: str
    #: The tasks that can still be taken back.
    withdrawable: frozenset[int] = frozenset()

    @property
    def filtered(self) -> bool:
        """Tell whether anything narrows the list."""
        return self.chosen != views_lists.TaskFilter()

    @property
    def query(self) -> dict[str, str]:
        """Return the filters as parameters of an address."""
        return worklists.query_of(self.chosen)

    @property
    def export(self) -> str:
        """Return the address of the list as a file, under the same filters."""
        return listing.address("/cases/done/export.csv", self.query)


@dataclasses.dataclass(frozen=True, slots=True)
class CopiesPage:
    """What was sent to somebody to know of."""

    copies: views_lists.Listing[queries_cooperation.CopyRow]
    here: str


@router.get("/mine", rule=access.SIGNED_IN)
def mine(request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor) -> fastapi.Response:
    """Show the cases that somebody started or took part in."""
    return _cases(request, engine, actor, "/cases/mine", worklists.Scope.MINE)


@router.get("", rule=access.MONITOR)
def everything(request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor) -> fastapi.Response:
    """Show all cases of the office."""
    return _cases(request, engine, actor, "/cases", worklists.Scope.ALL)


@router.get("/done", rule=access.SIGNED_IN)
def done(request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor) -> fastapi.Response:
    """Show the tasks that somebody completed."""
    chosen = worklists.task_filter(request.query_params)
    tasks = worklists.done(engine, actor, chosen, **listing.place(request.query_params))
    page = DonePage(
        chosen=chosen,
        tasks=tasks,
        choices=worklists.choices(engine, actor),
        saved=saved_filters.of(engine, actor, "done"),
        here=listing.without_origin(str(request.url)),
        withdrawable=prospects.still_withdrawable(engine, _recent(tasks), actor),
    )
    return pages.show(request, "cases/done.html", page)


@router.get("/copies", rule=access.SIGNED_IN)
def copies(
    request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor, after: str | None = None
) -> fastapi.Response:
    """Show what was sent to somebody to know of (抄送)."""
    found = cooperation.received(engine, actor, limit=worklists.PAGE, after=after or None)
    page = CopiesPage(views_lists.Listing(found.items, None, found.after), listing.without_origin(str(request.url)))
    return pages.show(request, "cases/copies.html", page)


@router.get("/mine/export.csv", rule=access.SIGNED_IN)
def export_mine(request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor) -> fastapi.Response:
    """Send the list of somebody's cases as a file."""
    return _export_cases(request, engine, actor, i18n.text(request, "我的事项"), worklists.Scope.MINE)


@router.get("/export.csv", rule=access.MONITOR)
def export_everything(
    request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Send the list of all cases as a file."""
    return _export_cases(request, engine, actor, i18n.text(request, "全部事项"), worklists.Scope.ALL)


@router.get("/done/export.csv", rule=access.SIGNED_IN)
def export_done(request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor) -> fastapi.Response:
    """Send the list of the tasks that somebody completed as a file."""
    chosen = worklists.task_filter(request.query_params)

    def page(after: str | None) -> views_lists.Listing[views_lists.TaskItem]:
        return worklists.done(engine, actor, chosen, limit=worklists.MOST, after=after)

    texts = ("编号", "标题", "流程", "环节", "到达时间", "办结时间", "事项状态")
    rows = (
        (
            item.business_key,
            item.title,
            item.procedure,
            item.name,
            pages.moment(item.created_at),
            pages.moment(item.completed_at),
            _status(request, item.case_status),
        )
        for item in _all(page)
    )
    return spreadsheets.download(i18n.text(request, "已办"), [i18n.text(request, each) for each in texts], rows)


def _recent(tasks: views_lists.Listing[views_lists.TaskItem]) -> list[int]:
    """Return the tasks of a page that might still be taken back: of each case the last one, and few of them."""
    last: dict[int, int] = {}
    for item in tasks:
        if not item.case_status.ended:
            last.setdefault(item.instance_id, item.id)
    return list(last.values())[:MOST_WITHDRAWABLE]


def _cases(
    request: fastapi.Request, engine: context.Engine, actor: commands.Actor, path: str, scope: worklists.Scope
) -> fastapi.Response:
    chosen = worklists.case_filter(request.query_params)
    page = CasesPage(
        path=path,
        everything=scope is worklists.Scope.ALL,
        chosen=chosen,
        cases=worklists.cases(engine, actor, scope, chosen, **listing.place(request.query_params)),
        choices=worklists.choices(engine, actor),
        saved=saved_filters.of(engine, actor, "all" if scope is worklists.Scope.ALL else "mine"),
        here=listing.without_origin(str(request.url)),
        batch=_batch(chosen) if scope is worklists.Scope.ALL and access.permits(access.ADMIN, actor) else "",
    )
    return pages.show(request, "cases/list.html", page)


def _batch(chosen: views_lists.CaseFilter) -> str:
    suspended = chosen.state is views_lists.State.SUSPENDED
    kind = "activate" if suspended else ""
    return listing.address("/admin/batches/new", listing.filled({"kind": kind, "procedure": chosen.procedure or ""}))


def _export_cases(
    request: fastapi.Request, engine: context.Engine, actor: commands.Actor, name: str, scope: worklists.Scope
) -> fastapi.Response:
    chosen = worklists.case_filter(request.query_params)
    names = people.directory(engine)

    def page(after: str | None) -> views_lists.Listing[views_lists.CaseItem]:
        return worklists.cases(engine, actor, scope, chosen, limit=worklists.MOST, after=after)

    texts = ("编号", "标题", "流程", "状态", "发起人", "发起时间", "结束时间", "当前环节", "办理人", "办理期限")
    rows = (
        (
            item.business_key,
            item.title,
            item.procedure,
            _status(request, item.status),
            names.name(item.started_by),
            pages.moment(item.started_at),
            pages.moment(item.ended_at),
            "；".join([*(task.name for task in item.tasks), *(f"等待：{wait.text}" for wait in item.waits)]),
            "；".join(_whose(names, task) for task in item.tasks),
            pages.moment(item.standing.due) if item.standing else None,
        )
        for item in _all(page)
    )
    return spreadsheets.download(name, [i18n.text(request, each) for each in texts], rows)


def _all(page: Callable[[str | None], views_lists.Listing[T]]) -> Iterator[T]:
    """Return the rows of all pages. The first is read at once: what is refused is refused before anything is sent."""
    first = page(None)

    def rest() -> Iterator[T]:
        found = first
        while True:
            yield from found
            if found.after is None:
                return
            found = page(found.after)

    return rest()


def _whose(names: people.Directory, task: views_lists.OpenTask) -> str:
    if task.holder is not None:
        return names.name(task.holder)
    return "、".join([*map(names.name, task.offered_users), *map(names.role_name, task.offered_roles)])


def _status(request: fastapi.Request, status: instances.InstanceStatus) -> str:
    return i18n.text(request, _STATES[status])


_STATES = {
    instances.InstanceStatus.ACTIVE: "办理中",
    instances.InstanceStatus.SUSPENDED: "已暂停",
    instances.InstanceStatus.COMPLETED: "已办结",
    instances.InstanceStatus.CANCELLED: "已取消",
    instances.InstanceStatus.ERROR: "异常终止",
}

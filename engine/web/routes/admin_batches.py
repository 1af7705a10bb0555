"""Batches: one act on many cases or incidents, chosen by a filter, looked at before, watched while it goes on."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Mapping

import fastapi

from engine import errors
from engine.actions import batch_kinds, batches, context, worklists
from engine.calendars import moments
from engine.model import batches as model
from engine.model import commands, instances
from engine.store import paging
from engine.web import access, i18n, listing, pages, typed

router = access.Router("/admin/batches")

#: Where a batch stands, in words, with the colour of it; the same of its items.
STATES: Mapping[model.BatchState, tuple[str, str]] = {
    model.BatchState.COLLECTING: ("准备中", "wait"),
    model.BatchState.RUNNING: ("办理中", "open"),
    model.BatchState.PAUSED: ("已暂停", "wait"),
    model.BatchState.FINISHED: ("已办完", "done"),
    model.BatchState.CANCELLED: ("已取消", "off"),
}
ITEMS: Mapping[model.ItemState, tuple[str, str]] = {
    model.ItemState.WAITING: ("等待办理", "wait"),
    model.ItemState.DONE: ("已办", "done"),
    model.ItemState.REFUSED: ("不予办理", "off"),
    model.ItemState.FAILED: ("失败", "late"),
}
STATUSES = (("active", "办理中"), ("suspended", "已暂停"))
INCIDENTS: Mapping[instances.IncidentKind, str] = {
    instances.IncidentKind.JOB: "作业失败",
    instances.IncidentKind.EXPRESSION: "表达式错误",
    instances.IncidentKind.DECISION: "决策错误",
    instances.IncidentKind.ERROR: "错误无人接收",
    instances.IncidentKind.STUCK: "汇聚等待不到分支",
    instances.IncidentKind.LOOP: "循环没有等待",
}
#: What may be done with a batch, and what is said then.
ACTS: Mapping[str, tuple[Callable[[context.Engine, int, commands.Actor], batches.Progress], str]] = {
    "pause": (batches.pause, "批量办理已暂停。"),
    "resume": (batches.resume, "批量办理继续进行。"),
    "cancel": (batches.cancel, "批量办理已取消，已办理的不受影响。"),
    "retry": (batches.retry, "失败的项目将重新办理。"),
}
#: What of an address or a posted form says which cases are meant.
FILTERS = ("kind", "procedure", "version", "status", "since", "until", "element", "incident")


@dataclasses.dataclass(frozen=True, slots=True)
class BatchesPage:
    """All batches, newest first."""

    batches: paging.Page[batches.Progress]
    here: str
    first: bool
    states: Mapping[model.BatchState, tuple[str, str]] = dataclasses.field(default_factory=lambda: STATES)


@dataclasses.dataclass(frozen=True, slots=True)
class OrderPage:
    """A batch that is being put together: what has been chosen, and what that means."""

    kinds: tuple[batch_kinds.Kind, ...]
    kind: batch_kinds.Kind
    chosen: Mapping[str, str]
    procedures: tuple[tuple[str, str], ...]
    statuses: tuple[tuple[str, str], ...]
    incidents: tuple[tuple[str, str], ...]
    preview: batches.Preview | None = None
    error: str | None = None
    #: What is given beside the filter, as it was typed.
    given: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def incident(self) -> bool:
        """Tell whether incidents are meant, and not cases."""
        return self.kind.target is model.Target.INCIDENT


@dataclasses.dataclass(frozen=True, slots=True)
class BatchPage:
    """One batch with its items."""

    found: batches.Progress
    items: paging.Page[batches.Item]
    chosen: str
    about: tuple[tuple[str, str], ...]
    here: str
    first: bool
    states: Mapping[model.BatchState, tuple[str, str]] = dataclasses.field(default_factory=lambda: STATES)
    standing: Mapping[model.ItemState, tuple[str, str]] = dataclasses.field(default_factory=lambda: ITEMS)

    @property
    def parts(self) -> tuple[tuple[str, str, str, int], ...]:
        """Return how many items stand how: state, word, colour and number."""
        counts = self.found.counts
        return tuple((state.value, *ITEMS[state], getattr(counts, state.value)) for state in model.ItemState)

    @property
    def incident(self) -> bool:
        """Tell whether its items are incidents, and not cases."""
        return self.found.kind.target is model.Target.INCIDENT


@router.get("", rule=access.ADMIN)
def show(
    request: fastapi.Request,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    after: str | None = None,
) -> fastapi.Response:
    """Show all batches."""
    found = batches.listed(engine, actor, limit=30, after=after or None)
    return pages.show(request, "admin/batches.html", BatchesPage(found, "/admin/batches", not after))


@router.get("/new", rule=access.ADMIN)
def new(request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor) -> fastapi.Response:
    """Choose what is to be done to what, and see how many and which that is."""
    chosen = {name: request.query_params.get(name, "").strip()[:200] for name in FILTERS}
    page = _order_page(request, engine, actor, chosen)
    if any(value for name, value in chosen.items() if name != "kind"):
        page = _looked_at(engine, actor, page)
    return pages.show(request, "admin/batch_order.html", page, status=422 if page.error else 200)


@router.post("", rule=access.ADMIN)
def order(
    request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor, fields: access.Posted
) -> fastapi.Response:
    """Begin a batch as it was looked at."""
    given = typed.texts(fields)
    chosen = {name: given.get(name, "")[:200] for name in FILTERS}
    page = dataclasses.replace(_order_page(request, engine, actor, chosen), given=given)
    try:
        ordered = batches.order(
            engine,
            page.kind.name,
            _selection(chosen),
            actor,
            parameters=_parameters(given),
            expected=typed.optional_number(given, "expected", "数量"),
        )
    except (errors.InvalidInput, errors.Conflict) as error:
        page = dataclasses.replace(_looked_at(engine, actor, page), error=error.message)
        return pages.show(request, "admin/batch_order.html", page, status=422)
    told = i18n.text(request, "批量办理已开始。")
    return pages.redirect(request, f"/admin/batches/{ordered.batch.id}", told)


@router.get("/{batch_id:int}", rule=access.ADMIN)
def batch(
    request: fastapi.Request,
    batch_id: int,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    state: str = "",
    after: str | None = None,
) -> fastapi.Response:
    """Show how far a batch has come, and what came of each item; its progress is asked for again while it runs."""
    found = batches.show(engine, batch_id, actor)
    wanted = model.ItemState(state) if state in tuple(model.ItemState) else None
    here = f"/admin/batches/{batch_id}"
    page = BatchPage(
        found=found,
        items=batches.items(engine, batch_id, actor, state=wanted, limit=30, after=after or None),
        chosen="" if wanted is None else wanted.value,
        about=_about(request, found),
        here=here if wanted is None else listing.address(here, {"state": wanted.value}),
        first=not after,
    )
    answer = pages.show(request, "admin/batch.html", page)
    if found.batch.state not in (model.BatchState.COLLECTING, model.BatchState.RUNNING):
        answer.headers["hx-refresh"] = "true"  # whoever watched it run sees the whole page anew
    return answer


@router.post("/{batch_id:int}/{act}", rule=access.ADMIN)
def steer(
    request: fastapi.Request, batch_id: int, act: str, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Let a batch rest, go on, end, or try again what failed."""
    if act not in ACTS:
        raise errors.NotFound("没有此页面，请检查地址。")
    steered, told = ACTS[act]
    steered(engine, batch_id, actor)
    return pages.redirect(request, f"/admin/batches/{batch_id}", i18n.text(request, told))


def _order_page(
    request: fastapi.Request, engine: context.Engine, actor: commands.Actor, chosen: Mapping[str, str]
) -> OrderPage:
    kinds = tuple(batch_kinds.KINDS.values())
    kind = batch_kinds.KINDS.get(chosen["kind"], kinds[0])
    return OrderPage(
        kinds=kinds,
        kind=kind,
        chosen=chosen,
        procedures=worklists.choices(engine, actor).procedures,
        statuses=tuple((value, i18n.text(request, name)) for value, name in STATUSES if value in kind.statuses),
        incidents=tuple((each.value, i18n.text(request, name)) for each, name in INCIDENTS.items()),
    )


def _looked_at(engine: context.Engine, actor: commands.Actor, page: OrderPage) -> OrderPage:
    try:
        found = batches.preview(engine, page.kind.name, _selection(page.chosen), actor)
    except errors.InvalidInput as error:
        return dataclasses.replace(page, error=error.message)
    return dataclasses.replace(page, preview=found)


def _selection(chosen: Mapping[str, str]) -> model.Selection:
    """Return what a filter means; both of its days are meant whole."""
    since = typed.optional_date(chosen, "since", "发起时间")
    until = typed.optional_date(chosen, "until", "发起时间")
    version = typed.optional_number(chosen, "version", "版本")
    if version is not None and version >= 1 << 31:
        raise errors.InvalidInput(f"没有第 {version} 版。")
    if until == datetime.date.max:
        raise errors.InvalidInput("发起时间超出可以表示的范围。")
    return model.Selection(
        definition=chosen["procedure"] or None,
        version=version,
        status=typed.choice(instances.InstanceStatus, chosen, "status", "状态") if chosen["status"] else None,
        started_after=None if since is None else _midnight(since),
        started_before=None if until is None else _midnight(until + datetime.timedelta(days=1)),
        element=chosen["element"] or None,
        incident=typed.choice(instances.IncidentKind, chosen, "incident", "异常类型") if chosen["incident"] else None,
    )


def _parameters(given: Mapping[str, str]) -> dict[str, object]:
    """Return what is given beside the filter: of a migration the version, and a line `old=new` for every element."""
    found: dict[str, object] = {"reason": given.get("reason", "")}
    if "to_version" in given:
        found["to_version"] = typed.optional_number(given, "to_version", "版本")
        found["mapping"] = dict(_pair(line) for line in given.get("mapping", "").splitlines() if line.strip())
        found["reckon"] = given.get("reckon") == "yes"
    return {name: value for name, value in found.items() if value}


def _pair(line: str) -> tuple[str, str]:
    old, _, new = (part.strip() for part in line.partition("="))
    if not (old and new):
        raise errors.InvalidInput(f"元素的对应关系每行写一个，如 原元素=新元素，现为“{line[:100]}”。")
    return old, new


def _midnight(day: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time(), moments.SHANGHAI)


def _about(request: fastapi.Request, found: batches.Progress) -> tuple[tuple[str, str], ...]:
    """Return which cases a batch is about, as pairs of a name and a value."""
    chosen = model.Selection.of(found.batch.selection)
    known = dict(STATUSES)
    pairs = (
        ("流程", chosen.definition),
        ("版本", chosen.version),
        ("状态", None if chosen.status is None else i18n.text(request, known.get(chosen.status, chosen.status))),
        ("发起时间自", chosen.started_after and pages.moment(chosen.started_after)),
        ("发起时间早于", chosen.started_before and pages.moment(chosen.started_before)),
        ("异常所在元素", chosen.element),
        ("异常类型", None if chosen.incident is None else i18n.text(request, INCIDENTS[chosen.incident])),
    )
    given = (
        ("逐个给出的编号", len(chosen.ids) or None),
        ("迁移到版本", found.batch.parameters.get("to_version")),
    )
    return tuple((i18n.text(request, name), str(value)) for name, value in (*given, *pairs) if value is not None)

"""The page of a case, and what operators may do with a case as a whole."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping

import fastapi

from engine import errors
from engine.actions import (
    case_view,
    context,
    cooperation,
    incidents,
    instances,
    migrating,
    notices,
    prospects,
    published,
    record_reading,
    sight,
    user_tasks,
)
from engine.model import commands, records, views_cases
from engine.model import instances as model
from engine.web import access, asking, copying, diagrams, i18n, pages, typed

router = access.Router("/cases/{case_id:int}")


@dataclasses.dataclass(frozen=True, slots=True)
class Action:
    """Something that can be done with a case, on a page of its own that asks what has to be known.

    `whole`: that page is too much for a dialog.
    """

    url: str
    label: str
    icon: str
    danger: bool = False
    whole: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class CasePage:
    """Everything about one case. `typed` and `error` are a comment that was refused."""

    view: views_cases.CaseView
    drawn: diagrams.Drawn
    left: record_reading.OfCase
    operations: tuple[Action, ...] = ()
    actions: tuple[Action, ...] = ()
    urgeable: frozenset[int] = frozenset()
    urged: Mapping[int, str] = dataclasses.field(default_factory=dict)
    typed: str = ""
    error: str = ""

    @property
    def related(self) -> list[tuple[views_cases.CaseLink, bool]]:
        """Return the case that called this one, and those that it called; True marks the first."""
        above = [] if self.view.parent is None else [(self.view.parent, True)]
        return [*above, *((child, False) for child in self.view.children)]

    @property
    def registered(self) -> list[tuple[records.Register, list[records.Entry]]]:
        """Return what is registered of the case: neighbours in one register together."""
        runs = (list(run) for _, run in itertools.groupby(self.left.entries, lambda each: each[0].id))
        return [(run[0][0], [entry for _, entry in run]) for run in runs]

    def element_name(self, element_id: str) -> str:
        """Return what an element of the diagram is called."""
        return next((step.name for step in self.view.steps if step.element_id == element_id), "") or element_id


@router.get("", rule=access.SIGNED_IN)
def show(
    request: fastapi.Request, case_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Show a case; what was sent to whoever looks at it, and notices that lead here, are read now."""
    page = _page(engine, actor, case_id)
    notices.seen(engine, actor, f"/cases/{case_id}")
    if any(copy.name == actor.id or copy.name in actor.roles for copy in page.view.copies):
        cooperation.mark_copies_read(engine, case_id, actor)
    return pages.show(request, "cases/case.html", page)


@router.post("/comments", rule=access.SIGNED_IN)
def comment(
    request: fastapi.Request,
    case_id: int,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    fields: access.Posted,
) -> fastapi.Response:
    """Write a comment."""
    sight.case(engine, case_id, actor)
    text = typed.texts(fields).get("text", "")
    try:
        written = user_tasks.add_comment(engine, case_id, text, actor)
    except errors.InvalidInput as error:
        page = dataclasses.replace(_page(engine, actor, case_id), typed=text, error=error.message)
        return pages.show(request, "cases/case.html", page, status=422)
    return pages.redirect(request, f"/cases/{case_id}#comment-{written.id}", i18n.text(request, "已发表意见。"))


@router.get("/copy", rule=access.SIGNED_IN)
def ask_copy(
    request: fastapi.Request, case_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Ask who is to know of a case."""
    case = sight.case(engine, case_id, actor)
    return asking.show(request, copying.ask(request, engine, f"/cases/{case_id}", case.title or ""))


@router.post("/copy", rule=access.SIGNED_IN)
def copy(
    request: fastapi.Request,
    case_id: int,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    fields: access.Posted,
) -> fastapi.Response:
    """Send a case to others to know of (抄送)."""
    case = sight.case(engine, case_id, actor)
    return copying.attempt(request, engine, actor, fields, case_id, f"/cases/{case_id}", case.title or "")


# --- operators -------------------------------------------------------------------------------------------------------


@router.get("/suspend", rule=access.ADMIN)
def ask_suspend(
    request: fastapi.Request, case_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Ask whether a case is to rest."""
    return asking.show(request, _suspension(request, sight.case(engine, case_id, actor)))


@router.post("/suspend", rule=access.ADMIN)
def suspend(
    request: fastapi.Request, case_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Let a case rest."""

    def act() -> str:
        instances.suspend(engine, case_id, actor)
        return i18n.text(request, "已暂停办理，恢复前任何人都不能办理此事项。")

    ask = _suspension(request, sight.case(engine, case_id, actor))
    return asking.attempt(request, ask, act, to=f"/cases/{case_id}")


@router.get("/activate", rule=access.ADMIN)
def ask_activate(
    request: fastapi.Request, case_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Ask whether a case is to go on."""
    return asking.show(request, _activation(request, sight.case(engine, case_id, actor)))


@router.post("/activate", rule=access.ADMIN)
def activate(
    request: fastapi.Request, case_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Let a case go on."""

    def act() -> str:
        instances.activate(engine, case_id, actor)
        return i18n.text(request, "已恢复办理。")

    ask = _activation(request, sight.case(engine, case_id, actor))
    return asking.attempt(request, ask, act, to=f"/cases/{case_id}")


# --- its starter, and operators --------------------------------------------------------------------------------------


@router.get("/cancel", rule=access.SIGNED_IN)
def ask_cancel(
    request: fastapi.Request, case_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Ask why a case is to be cancelled."""
    case = sight.case(engine, case_id, actor)
    if not prospects.cancellable(engine, case_id, actor):
        raise errors.Forbidden(
            i18n.text(request, "您不能取消此事项：发起人只能在其他人办理之前取消，其后请联系系统管理员。")
        )
    return asking.show(request, _cancellation(request, case))


@router.post("/cancel", rule=access.SIGNED_IN)
def cancel(
    request: fastapi.Request,
    case_id: int,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    fields: access.Posted,
) -> fastapi.Response:
    """End a case at once."""

    def act() -> str:
        instances.cancel(engine, case_id, typed.texts(fields).get("reason", ""), actor)
        return i18n.text(request, "事项已取消。")

    ask = _cancellation(request, sight.case(engine, case_id, actor))
    return asking.attempt(request, ask, act, to=f"/cases/{case_id}")


# --- operators again -------------------------------------------------------------------------------------------------


@router.post("/incidents/{incident_id:int}/retry", rule=access.ADMIN)
def retry(
    request: fastapi.Request,
    case_id: int,
    incident_id: int,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
) -> fastapi.Response:
    """Do again what failed."""
    incidents.retry(engine, incident_id, actor)
    return pages.redirect(request, f"/cases/{case_id}", i18n.text(request, "已重试。"))


def _page(engine: context.Engine, actor: commands.Actor, case_id: int) -> CasePage:
    view = case_view.view(engine, case_id, actor)
    svg, _ = published.svg(engine, view.header.definition_id)
    return CasePage(
        view=view,
        drawn=diagrams.drawn(svg, view.diagram, view.steps),
        left=record_reading.of_case(engine, case_id, actor),
        operations=tuple(_operations(engine, actor, view)) if view.operates else (),
        actions=tuple(_actions(engine, actor, view)),
        urgeable=prospects.urgeable(engine, case_id, actor),
        urged=prospects.urged(engine, case_id),
    )


def _actions(engine: context.Engine, actor: commands.Actor, view: views_cases.CaseView) -> Iterator[Action]:
    """Yield what somebody may do with a case together with others."""
    withdrawable = prospects.withdrawable(engine, view.header.id, actor)
    if withdrawable is not None:
        yield Action(f"/tasks/{withdrawable}/withdraw", "撤回", "arrow-counterclockwise")
    if any(each.allowed for each in prospects.of_case(engine, view, actor)):
        yield Action(f"/cases/{view.header.id}/copy", "抄送", "send")
    if not view.operates and not view.header.status.ended and prospects.cancellable(engine, view.header.id, actor):
        yield Action(f"/cases/{view.header.id}/cancel", "取消事项", "x-circle", danger=True)


def _operations(engine: context.Engine, actor: commands.Actor, view: views_cases.CaseView) -> list[Action]:
    """Return what operators may do with a case where it stands."""
    url, status = f"/cases/{view.header.id}", view.header.status
    if status.ended:
        return []
    rests = status is model.InstanceStatus.SUSPENDED
    found = [Action(f"{url}/activate", "恢复办理", "play-circle")] if rests else []
    found += [] if rests else [Action(f"{url}/suspend", "暂停办理", "pause-circle")]
    if migrating.versions(engine, view.header.id, actor)[1]:
        found.append(Action(f"{url}/migrate", "迁移版本", "layers", whole=True))
    return found if view.parent else [*found, Action(f"{url}/cancel", "取消事项", "x-circle", danger=True)]


def _ask(case: model.ProcessInstance, act: str, heading: str, text: str, submit: str) -> asking.Ask:
    about = tuple(filter(None, (case.title, case.business_key)))
    return asking.Ask(heading, f"/cases/{case.id}/{act}", f"/cases/{case.id}", submit, (), about, text)


def _suspension(request: fastapi.Request, case: model.ProcessInstance) -> asking.Ask:
    text = i18n.text(request, "暂停期间任何人都不能办理，期限照常计算，到期的定时在恢复后执行。")
    return _ask(case, "suspend", i18n.text(request, "暂停办理"), text, i18n.text(request, "暂停"))


def _activation(request: fastapi.Request, case: model.ProcessInstance) -> asking.Ask:
    text = i18n.text(request, "恢复后各环节继续办理，暂停期间收到的消息随即送达。")
    return _ask(case, "activate", i18n.text(request, "恢复办理"), text, i18n.text(request, "恢复"))


def _cancellation(request: fastapi.Request, case: model.ProcessInstance) -> asking.Ask:
    text = i18n.text(request, "取消后事项立即终止，不能恢复；已有的记录保留。")
    ask = _ask(case, "cancel", i18n.text(request, "取消事项"), text, i18n.text(request, "确定取消"))
    reason = asking.Field(
        "reason", i18n.text(request, "取消的理由"), "long", i18n.text(request, "写入办理过程和审计记录。")
    )
    return dataclasses.replace(ask, fields=(reason,), danger=True)

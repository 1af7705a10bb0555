"""`/batches`: one act on many cases or incidents, carried out in the background."""

from __future__ import annotations

from typing import Annotated, Any

import fastapi
import pydantic

from engine.actions import batch_kinds, batches
from engine.model import batches as model
from engine.model import instances
from engine.web import access
from engine.web.api import paging, routing, schema

router = routing.Router("batches")

Kind = Annotated[schema.Name, pydantic.Field(json_schema_extra={"enum": list(batch_kinds.KINDS)})]


class Selection(schema.Model):
    """Which cases are meant, or incidents where the kind is `retry`: of `ids` alone, or all that the rest means."""

    ids: Annotated[list[schema.Id], pydantic.Field(max_length=batches.MOST_IDS)] = schema.about(
        "Their numbers; nothing else is given then.", [], default_factory=list
    )
    definition: schema.Name | None = schema.about("Key of their process.", "yushen", default=None)
    version: Annotated[schema.Whole, pydantic.Field(ge=1, le=2**31 - 1)] | None = schema.about(
        "Version of it.", 2, default=None
    )
    status: instances.InstanceStatus | None = schema.about("How they stand.", "active", default=None)
    started_after: schema.Moment | None = schema.about("Started then or later.", "2026-03-01T00:00:00Z", default=None)
    started_before: schema.Moment | None = schema.about("Started before then.", None, default=None)
    element: schema.Name | None = schema.about("With an open incident at this element.", None, default=None)
    incident: instances.IncidentKind | None = schema.about("With an open incident of this kind.", None, default=None)

    def chosen(self) -> model.Selection:
        """Return it as the actions take it."""
        given: dict[str, Any] = {name: getattr(self, name) for name in type(self).model_fields}
        return model.Selection(**{**given, "ids": tuple(self.ids)})


class PreviewBatch(schema.Model):
    """What would be done to what."""

    kind: Kind = schema.about("What is to be done.", "suspend")
    selection: Selection = schema.about("To what.", {"definition": "yushen", "version": 2})


class BatchPreview(schema.Model):
    """What a batch would be about, if it were ordered now."""

    total: int = schema.about("How many there are.", 128)
    first: list[schema.Id] = schema.about("Numbers of the first of them.", [17, 18, 21])


class OrderBatch(PreviewBatch):
    """What is to be done to what."""

    reason: schema.Said | None = schema.about(
        "Why, for the audit trail; `cancel` needs it.", "系统升级期间暂停", default=None
    )
    to_version: Annotated[schema.Whole, pydantic.Field(ge=1, le=2**31 - 1)] | None = schema.about(
        "Of `migrate`: which version of their process they go on with.", None, default=None
    )
    mapping: dict[schema.Name, schema.Name] = schema.about(
        "Of `migrate`: new ids of elements (or sequence flows) by old ones; what is not named keeps its id.",
        {},
        default={},
    )
    reckon: schema.Flag = schema.about(
        "Of `migrate`: whether open timers and due times are counted anew.", False, default=False
    )
    expected: Annotated[schema.Whole, pydantic.Field(ge=0)] | None = schema.about(
        "How many there are to be, as the preview said: if it is another number now, nothing is ordered.",
        128,
        default=None,
    )


class Counts(schema.Model):
    """How many items stand how."""

    waiting: int = schema.about("Not tried yet, or to be tried again.", 40)
    done: int = schema.about("Done.", 86)
    refused: int = schema.about("Forbidden by the rules of the act.", 2)
    failed: int = schema.about("Tried too often without success.", 0)


class Batch(schema.Model):
    """One act on many cases or incidents."""

    id: schema.Id = schema.about("Its number.", 7)
    kind: str = schema.about("What is done.", "suspend")
    state: model.BatchState = schema.about("Where it stands.", "running")
    parameters: dict[str, Any] = schema.about("What the act is given.", {"reason": "系统升级期间暂停"})
    selection: dict[str, Any] = schema.about("What it is about.", {"definition": "yushen", "version": 2})
    ordered_by: str = schema.about("Who ordered it.", "admin")
    ordered_at: schema.Moment = schema.about("When.", "2026-03-09T01:00:00Z")
    acts_by: str = schema.about("In whose name it is carried out.", "admin")
    ended_at: schema.Moment | None = schema.about("When it ended.", None)
    note: str | None = schema.about("Why the platform paused it.", None)
    counts: Counts = schema.about("How far it has come.", {"waiting": 40, "done": 86, "refused": 2, "failed": 0})


class BatchPage(paging.Page[Batch]):
    """Batches, newest first."""


class BatchItem(schema.Model):
    """One case or incident of a batch."""

    target: schema.Id = schema.about("Number of the case or incident.", 17)
    instance_id: schema.Id | None = schema.about("The case, if there is one.", 17)
    state: model.ItemState = schema.about("Where it stands.", "refused")
    attempts: int = schema.about("How often it was tried.", 1)
    at: schema.Moment | None = schema.about("When it was tried last.", "2026-03-09T01:00:04Z")
    sentence: str | None = schema.about("What came of it.", "事项 17 已办结，不能再操作。")


class BatchItemPage(paging.Page[BatchItem]):
    """Items of a batch, by number."""


@router.get("/batches", rule=access.ADMIN, scope="operate", summary="列出批量办理")
def list_batches(
    request: fastapi.Request,
    response: fastapi.Response,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    wanted: paging.Wanted,
    state: Annotated[model.BatchState | None, fastapi.Query(description="That stand so.")] = None,
) -> BatchPage:
    """List batches, newest first."""
    page = batches.listed(engine, actor, state=state, limit=wanted.limit, after=wanted.after)
    return paging.answer(BatchPage, request, response, [_batch(each) for each in page.items], page.after)


@router.post("/batches", rule=access.ADMIN, scope="operate", status_code=202, summary="开始批量办理")
def order_batch(
    body: OrderBatch,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    idempotency_key: schema.IdempotencyKey = None,
) -> Batch:
    """Have one act done to many cases or incidents; workers carry it out in the background."""
    wanted = {name: getattr(body, name) for name in ("reason", "to_version", "mapping", "reckon")}
    ordered = batches.order(
        engine,
        body.kind,
        body.selection.chosen(),
        actor,
        parameters={name: value for name, value in wanted.items() if value},
        expected=body.expected,
        idempotency_key=idempotency_key,
    )
    return _batch(ordered)


@router.post("/batches/preview", rule=access.ADMIN, scope="operate", summary="核对批量办理的范围")
def preview_batch(body: PreviewBatch, engine: access.CurrentEngine, actor: access.CurrentActor) -> BatchPreview:
    """See how many cases or incidents a batch would be about, and which are the first of them."""
    found = batches.preview(engine, body.kind, body.selection.chosen(), actor)
    return BatchPreview(total=found.total, first=[number for number, _ in found.first])


@router.get("/batches/{batch_id}", rule=access.ADMIN, scope="operate", summary="查看批量办理")
def show_batch(batch_id: schema.PathId, engine: access.CurrentEngine, actor: access.CurrentActor) -> Batch:
    """Show a batch and how far it has come."""
    return _batch(batches.show(engine, batch_id, actor))


@router.get("/batches/{batch_id}/items", rule=access.ADMIN, scope="operate", summary="列出批量办理的项目")
def list_batch_items(
    request: fastapi.Request,
    response: fastapi.Response,
    batch_id: schema.PathId,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    wanted: paging.Wanted,
    state: Annotated[model.ItemState | None, fastapi.Query(description="That stand so.")] = None,
) -> BatchItemPage:
    """List the items of a batch by number, with what came of each."""
    page = batches.items(engine, batch_id, actor, state=state, limit=wanted.limit, after=wanted.after)
    shown = [schema.of(BatchItem, each.item, instance_id=each.case and each.case.id) for each in page.items]
    return paging.answer(BatchItemPage, request, response, shown, page.after)


@router.post("/batches/{batch_id}/pause", rule=access.ADMIN, scope="operate", summary="暂停批量办理")
def pause_batch(batch_id: schema.PathId, engine: access.CurrentEngine, actor: access.CurrentActor) -> Batch:
    """Let a batch rest; the items under way are over when this answers."""
    return _batch(batches.pause(engine, batch_id, actor))


@router.post("/batches/{batch_id}/resume", rule=access.ADMIN, scope="operate", summary="恢复批量办理")
def resume_batch(batch_id: schema.PathId, engine: access.CurrentEngine, actor: access.CurrentActor) -> Batch:
    """Let a paused batch go on, in the name of the caller."""
    return _batch(batches.resume(engine, batch_id, actor))


@router.post("/batches/{batch_id}/cancel", rule=access.ADMIN, scope="operate", summary="取消批量办理")
def cancel_batch(batch_id: schema.PathId, engine: access.CurrentEngine, actor: access.CurrentActor) -> Batch:
    """Do nothing more of a batch; what is done stays done."""
    return _batch(batches.cancel(engine, batch_id, actor))


@router.post("/batches/{batch_id}/retry", rule=access.ADMIN, scope="operate", summary="重试批量办理中失败的项目")
def retry_batch(batch_id: schema.PathId, engine: access.CurrentEngine, actor: access.CurrentActor) -> Batch:
    """Try the failed items of a batch again, in the name of the caller."""
    return _batch(batches.retry(engine, batch_id, actor))


def _batch(found: batches.Progress) -> Batch:
    return schema.of(Batch, found.batch, counts=Counts.model_validate(found.counts))

"""`/definitions`: versions of processes, their diagrams, pictures and forms."""

from __future__ import annotations

from typing import Annotated, Any

import fastapi

from engine import forms as form_language
from engine.actions import definitions, published
from engine.model import definitions as model
from engine.web import access, fresh
from engine.web.api import conditional, forms, paging, routing, schema

router = routing.Router("definitions")

BPMN = "application/xml"
SVG = "image/svg+xml"


class Definition(schema.Model):
    """A version of a process. Running cases keep the version that they started with."""

    id: schema.Id = schema.about("Number of the definition.", 12)
    key: str = schema.about("Id of the process in its diagram.", "yushen")
    version: int = schema.about("Counts the versions of the process.", 4)
    version_tag: str | None = schema.about("A name of the version.", "2026.1")
    name: str = schema.about("Name of the process.", "政府信息公开预审")
    sha256: str = schema.about("Hash of all that its cases run on.", "c4" * 32)
    deployment_id: schema.Id = schema.about("The deployment that brought it.", 3)
    pack: str = schema.about("Slug of its pack.", "shizhengwuban")
    resource: str = schema.about("Path of its diagram in the pack.", "processes/shizhengwuban/yushen.bpmn")
    status: model.DefinitionStatus = schema.about("Whether new cases may be started.", "active")
    starter_groups: list[str] = schema.about(
        "Roles that may start it, where the diagram names them.", ["danwei_jingban"]
    )
    history_ttl: str | None = schema.about("How long its history is to be kept (ISO 8601).", "P10Y")


EXAMPLE_LIST = [
    {
        "id": 12,
        "key": "yushen",
        "version": 4,
        "version_tag": "2026.1",
        "name": "政府信息公开预审",
        "sha256": "c4" * 32,
        "deployment_id": 3,
        "pack": "shizhengwuban",
        "resource": "processes/shizhengwuban/yushen.bpmn",
        "status": "active",
        "starter_groups": ["danwei_jingban"],
        "history_ttl": "P10Y",
    }
]


class StartPoint(schema.Model):
    """A start event."""

    element_id: str = schema.about("Its id in the diagram.", "Start_apply")
    kind: model.StartKind = schema.about("What makes it start a case.", "none")
    name: str | None = schema.about("Name of the message or signal.", None)
    form_key: str | None = schema.about("The form to fill in.", "shizhengwuban/gongkai_shenqing")
    public: bool = schema.about("Whether the public may use it.", False)


class DefinitionDetails(Definition):
    """A definition with the ways to start it."""

    starts: list[StartPoint]
    form_keys: list[str] = schema.about("Forms that it uses.", ["shizhengwuban/gongkai_shenqing"])


class DefinitionPage(paging.Page[Definition]):
    """Definitions by key and version."""


@router.get("/definitions", rule=access.SIGNED_IN, scope="read", summary="列出流程定义")
def list_definitions(
    request: fastapi.Request,
    response: fastapi.Response,
    engine: access.CurrentEngine,
    wanted: paging.Wanted,
    key: Annotated[schema.Name | None, fastapi.Query(description="Id of a process.")] = None,
    pack: Annotated[schema.Name | None, fastapi.Query(description="Slug of a pack.")] = None,
    status: model.DefinitionStatus | None = None,
    latest: Annotated[schema.QueryFlag, fastapi.Query(description="Only the newest version of each process.")] = False,
) -> DefinitionPage:
    """List definitions by key and version. `latest=true` gives the newest version of each process."""
    page = published.definitions(
        engine, key=key, pack=pack, status=status, latest_only=latest, limit=wanted.limit, after=wanted.after
    )
    return paging.answer(DefinitionPage, request, response, page.items, page.after)


@router.get(
    "/definitions/{definition_id}",
    rule=access.SIGNED_IN,
    scope="read",
    response_model=DefinitionDetails,
    summary="查看流程定义",
)
def show_definition(
    request: fastapi.Request,
    definition_id: schema.PathId,
    engine: access.CurrentEngine,
    if_none_match: conditional.IfNoneMatch = None,
) -> Any:
    """Show a definition with its start events and forms."""
    return conditional.model(request, _details(published.definition(engine, definition_id)))


@router.get(
    "/definitions/{definition_id}/xml",
    rule=access.SIGNED_IN,
    scope="read",
    produces=BPMN,
    summary="下载流程图（BPMN）",
)
def download_diagram(
    request: fastapi.Request,
    definition_id: schema.PathId,
    engine: access.CurrentEngine,
    if_none_match: conditional.IfNoneMatch = None,
) -> Any:
    """Return the BPMN 2.0 file as it was deployed, byte for byte."""
    file = published.diagram(engine, definition_id)
    return fresh.answer(request, file.content, BPMN, etag=f'"{file.sha256}"', filename=_name(file.path))


@router.get(
    "/definitions/{definition_id}/picture",
    rule=access.SIGNED_IN,
    scope="read",
    produces=SVG,
    summary="流程图的图片（SVG）",
)
def show_picture(
    request: fastapi.Request,
    definition_id: schema.PathId,
    engine: access.CurrentEngine,
    if_none_match: conditional.IfNoneMatch = None,
) -> Any:
    """Return the diagram as SVG without scripts, styles or references; each element is a group with `data-element`."""
    picture, _ = published.svg(engine, definition_id)
    return fresh.answer(request, picture.encode(), SVG)


@router.get(
    "/definitions/{definition_id}/start-form",
    rule=access.SIGNED_IN,
    scope="read",
    response_model=forms.Form,
    summary="发起时填写的表单",
)
def show_start_form(
    request: fastapi.Request,
    definition_id: schema.PathId,
    engine: access.CurrentEngine,
    message: Annotated[
        schema.Name | None,
        fastapi.Query(description="Of the start event for this message; by default of the plain one."),
    ] = None,
    if_none_match: conditional.IfNoneMatch = None,
) -> Any:
    """Return the form to fill in when starting a case; 404 when there is none and a case starts without."""
    form, rights = published.start_form(engine, definition_id, message)
    return conditional.model(request, forms.Form.of(form, rights))


@router.get(
    "/definitions/{definition_id}/forms/{pack}/{name}",
    rule=access.SIGNED_IN,
    scope="read",
    response_model=forms.Form,
    summary="流程使用的表单",
)
def show_definition_form(
    request: fastapi.Request,
    definition_id: schema.PathId,
    pack: forms.KeyPack,
    name: forms.KeyName,
    engine: access.CurrentEngine,
    if_none_match: conditional.IfNoneMatch = None,
) -> Any:
    """Return a form that the definition uses, in the version that was deployed with it."""
    form, _ = published.form(engine, definition_id, f"{pack}/{name}")
    return conditional.model(request, forms.Form.of(form, form_language.ALL_EDIT))


@router.post("/definitions/{definition_id}/suspend", rule=access.ADMIN, scope="operate", summary="停用流程定义")
def suspend_definition(
    definition_id: schema.PathId, engine: access.CurrentEngine, actor: access.CurrentActor
) -> Definition:
    """Let no new case start with this version; running ones go on."""
    return Definition.model_validate(definitions.suspend(engine, definition_id, actor))


@router.post("/definitions/{definition_id}/activate", rule=access.ADMIN, scope="operate", summary="启用流程定义")
def activate_definition(
    definition_id: schema.PathId, engine: access.CurrentEngine, actor: access.CurrentActor
) -> Definition:
    """Let new cases start with this version again; messages that came for it meanwhile start theirs."""
    return Definition.model_validate(definitions.activate(engine, definition_id, actor))


def _details(found: published.Published) -> DefinitionDetails:
    return DefinitionDetails(
        **Definition.model_validate(found.row).model_dump(),
        starts=[StartPoint.model_validate(point) for point in found.starts],
        form_keys=list(found.form_keys),
    )


def _name(path: str) -> str:
    return path.rpartition("/")[2]

"""Diagrams as files: BPMN XML for the diagram island, SVG to look at and to print."""

from __future__ import annotations

import fastapi

from engine.actions import context, published, sight
from engine.web import access, fresh

router = access.Router()

_BPMN = "application/xml; charset=utf-8"
_SVG = "image/svg+xml"


@router.get("/cases/{case_id:int}/diagram.bpmn", rule=access.SIGNED_IN)
def of_case(
    request: fastapi.Request, case_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Send the diagram that a case runs on, to those who may see the case."""
    return _bpmn(request, engine, sight.case(engine, case_id, actor).definition_id)


@router.get("/definitions/{definition_id:int}/diagram.bpmn", rule=access.SIGNED_IN)
def of_definition(
    request: fastapi.Request, definition_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Send the diagram of a definition: procedures are no secret of those who carry them out."""
    return _bpmn(request, engine, definition_id)


@router.get("/definitions/{definition_id:int}/diagram.svg", rule=access.SIGNED_IN)
def picture(
    request: fastapi.Request, definition_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Send the picture of a definition."""
    svg, digest = published.svg(engine, definition_id)
    return fresh.answer(request, svg.encode(), _SVG, etag=f'"{digest}"')


def _bpmn(request: fastapi.Request, engine: context.Engine, definition_id: int) -> fastapi.Response:
    file = published.diagram(engine, definition_id)
    return fresh.answer(request, file.content, _BPMN, etag=f'"{file.sha256}"')

"""Filters that people keep under a name: shown above the lists they belong to."""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping

import fastapi

from engine.actions import saved_filters
from engine.web import access, i18n, listing, pages, typed

router = access.Router("/filters")

#: The page of each list.
PATHS: Mapping[str, str] = {"todo": "/tasks", "done": "/cases/done", "mine": "/cases/mine", "all": "/cases"}


@router.post("", rule=access.SIGNED_IN)
def save(
    request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor, fields: access.Posted
) -> fastapi.Response:
    """Keep the filter of a list under a name."""
    given = typed.texts(fields)
    query = dict(urllib.parse.parse_qsl(given.get("query", "")))
    kept = saved_filters.save(engine, actor, given.get("list", ""), given.get("name", ""), query)
    said = i18n.text(request, "已保存筛选“{name}”。", name=kept.name)
    return pages.redirect(request, listing.address(PATHS[kept.list], kept.query), said)


@router.post("/{filter_id:int}/remove", rule=access.SIGNED_IN)
def remove(
    request: fastapi.Request,
    filter_id: int,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    fields: access.Posted,
) -> fastapi.Response:
    """Forget a filter."""
    saved_filters.remove(engine, actor, filter_id)
    back = pages.local(typed.texts(fields).get("next"))
    return pages.redirect(request, back, i18n.text(request, "已删除筛选。"), kind="info")

"""`/catalogue`, `/search`: what may be started, and finding what was."""

from __future__ import annotations

from typing import Annotated

import fastapi

from engine.actions import catalogue, search
from engine.model import definitions
from engine.web import access
from engine.web.api import items, paging, routing, schema

router = routing.Router("instances")


class Entry(schema.Model):
    """A way to start a procedure: a start event of the newest version of a process."""

    key: str = schema.about("Id of the process.", "yushen")
    definition_id: schema.Id = schema.about("Its newest version.", 12)
    version: int = schema.about("The number of that version.", 4)
    version_tag: str | None = schema.about("Its tag.", "2026.1")
    name: str = schema.about("Name of the process.", "政府信息公开预审")
    start_name: str = schema.about("Name of the start event.", "需要公开信息")
    element_id: str = schema.about("Its id.", "Start_apply")
    kind: definitions.StartKind = schema.about("`none` or `message`.", "none")
    message: str | None = schema.about("The message to start it with (`POST /start-by-message`).", None)
    form_key: str | None = schema.about("The form to fill in.", "shizhengwuban/gongkai_shenqing")
    pack: str = schema.about("Slug of its pack.", "shizhengwuban")
    topic: str = schema.about("What it is filed under.", "信息公开")
    purpose: str = schema.about("What it is for.", "公开信息前的申请、预审和审定")
    roles: list[str] = schema.about("Ids of the roles that take part.", ["danwei_jingban", "zonghechu"])
    clauses: list[items.Clause]
    startable: bool = schema.about("Whether the caller may start it.", True)
    why_not: str = schema.about("Why they may not.", "")


class Shelf(schema.Model):
    """The procedures of one source document."""

    pack: str = schema.about("Slug of the pack.", "shizhengwuban")
    title: str = schema.about("Title of the document.", "市政务办政府信息公开工作制度")
    issuer: str = schema.about("Who issued it.", "市政务办")
    date: schema.Day = schema.about("When.", "2016-06-08")
    entries: list[Entry]


class Catalogue(schema.Model):
    """Everything that people start, by source document."""

    items: list[Shelf]


class Excerpt(schema.Model):
    """A piece of the text around what was looked for."""

    text: str = schema.about("The piece.", "办事指南")
    match: bool = schema.about("Whether it is what was looked for.", True)


class Hit(schema.Model):
    """A case that was found."""

    case: items.CaseItem
    excerpt: list[Excerpt]


class HitPage(paging.Page[Hit]):
    """Cases that were found, newest first."""


@router.get("/search", rule=access.SIGNED_IN, scope="read", summary="全文检索")
def search_instances(
    request: fastapi.Request,
    response: fastapi.Response,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    wanted: paging.Wanted,
    q: Annotated[
        schema.Words,
        fastapi.Query(description="Words, separated by spaces; every one must be there.", examples=["指南"]),
    ],
) -> HitPage:
    """Find cases by their names, what was filled in and what was written, as far as the caller may see them."""
    page = search.find(engine, actor, q, limit=wanted.limit, after=wanted.after)
    hits = [
        {"case": hit.case, "excerpt": [{"text": text, "match": match} for text, match in hit.excerpt]}
        for hit in page.items
    ]
    return paging.answer(HitPage, request, response, hits, page.after)


@router.get("/catalogue", rule=access.SIGNED_IN, scope="read", summary="可以发起的事项")
def show_catalogue(
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    text: Annotated[
        schema.Words | None, fastapi.Query(description="Words that its name, purpose, roles or clauses have.")
    ] = None,
    topic: Annotated[schema.Name | None, fastapi.Query(description="What it is filed under.")] = None,
) -> Catalogue:
    """List what may be started, by source document; what the caller may not start says why."""
    return Catalogue.model_validate({"items": catalogue.shelves(engine, actor, text=text, topic=topic)})

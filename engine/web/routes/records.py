"""Official documents and registers: read, printed, taken along as files."""

from __future__ import annotations

import dataclasses
import datetime
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any

import fastapi
import markupsafe
from fastapi import responses

from engine import documents, errors
from engine.actions import context, people, record_reading, reissuing
from engine.model import commands
from engine.model import records as model
from engine.web import access, i18n, pages, spreadsheets

router = access.Router()

#: Gives the name of a person by their id.
NameOf = Callable[[str], str]
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclasses.dataclass(frozen=True, slots=True)
class DocumentPage:
    """An official document.

    Parameters:
        version: which version it is, and what has taken its place.
        may_reissue: whether the reader may issue it anew.
        typed, error: a reason that was refused.
    """

    document: model.Document
    body: markupsafe.Markup
    version: model.DocumentVersion
    may_reissue: bool
    typed: str = ""
    error: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class RegistersPage:
    """The registers that somebody may read."""

    registers: tuple[record_reading.Overview, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class RegisterPage:
    """A page of a register; `text` is what was looked for."""

    listed: record_reading.Listed
    text: str
    rows: tuple[tuple[str, ...], ...]


@router.get("/paper.css", rule=access.PUBLIC)
def styles() -> fastapi.Response:
    """Give the styles of official documents."""
    return responses.FileResponse(documents.STYLES, media_type="text/css", headers={"cache-control": "no-cache"})


@router.get("/documents/{document_id:int}", rule=access.SIGNED_IN)
def show(
    request: fastapi.Request, document_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Show an official document as it was issued."""
    return _show(request, engine, document_id, actor)


@router.post("/documents/{document_id:int}/reissue", rule=access.ADMIN)
def reissue(
    request: fastapi.Request,
    document_id: int,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    fields: access.Posted,
) -> fastapi.Response:
    """Issue a document anew as its next version; the old one stays."""
    reason = str(fields.get("reason", ""))
    try:
        issued = reissuing.reissue(engine, document_id, actor, reason)
    except (errors.InvalidInput, errors.Conflict) as error:
        status = 409 if isinstance(error, errors.Conflict) else 422
        return _show(request, engine, document_id, actor, typed=reason, error=error.message, status=status)
    said = i18n.text(request, "已制发新的一版，原件保留。")
    return pages.redirect(request, f"/documents/{issued.id}", said)


def _show(
    request: fastapi.Request,
    engine: context.Engine,
    document_id: int,
    actor: commands.Actor,
    *,
    typed: str = "",
    error: str = "",
    status: int = 200,
) -> fastapi.Response:
    found = record_reading.document(engine, document_id, actor)
    version = record_reading.version(engine, document_id, actor)
    body = markupsafe.Markup(found.html)  # noqa: S704 - rendered by `documents`, which escapes
    may = actor.is_operator and version.newer is None
    page = DocumentPage(found, body, version, may, typed, error)
    return pages.show(request, "records/document.html", page, status=status)


@router.get("/documents/{document_id:int}.pdf", rule=access.SIGNED_IN)
def pdf(document_id: int, engine: access.CurrentEngine, actor: access.CurrentActor) -> fastapi.Response:
    """Give an official document as PDF."""
    found = record_reading.document(engine, document_id, actor)
    return file(documents.pdf(found.title, found.html), "application/pdf", f"{found.title}.pdf")


@router.get("/documents/{document_id:int}.docx", rule=access.SIGNED_IN)
def word(document_id: int, engine: access.CurrentEngine, actor: access.CurrentActor) -> fastapi.Response:
    """Give an official document as DOCX, to go on writing."""
    found = record_reading.document(engine, document_id, actor)
    return file(documents.docx_of(found.title, found.html), WORD, f"{found.title}.docx")


@router.get("/registers", rule=access.SIGNED_IN)
def registers(request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor) -> fastapi.Response:
    """Show the registers that somebody may read."""
    found = tuple(record_reading.registers(engine, actor))
    return pages.show(request, "records/registers.html", RegistersPage(found))


@router.get("/registers/{pack}/{register}", rule=access.SIGNED_IN)
def register(
    request: fastapi.Request, pack: str, register: str, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Show a register, newest entry first."""
    text = request.query_params.get("text", "")[:100]
    before = request.query_params.get("before", "")
    listed = record_reading.entries(
        engine, actor, pack, register, text=text, before=int(before) if before.isdecimal() else None
    )
    name_of = people.directory(engine).name
    rows = tuple(tuple(_values(listed.kept.register, entry, name_of)) for entry in listed.entries)
    return pages.show(request, "records/register.html", RegisterPage(listed, text, rows))


@router.get("/registers/{pack}/{register}/export.csv", rule=access.SIGNED_IN)
def export_csv(
    request: fastapi.Request, pack: str, register: str, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Give a register as a file for spreadsheets, oldest entry first."""
    kept = record_reading.entries(engine, actor, pack, register, limit=1).kept
    name_of = people.directory(engine).name
    lines = (_line(kept.register, entry, name_of) for entry in record_reading.every(engine, actor, pack, register))
    return spreadsheets.download(kept.register.name, _head(request, kept.register), lines)


@router.get("/registers/{pack}/{register}/export.xlsx", rule=access.SIGNED_IN)
def export_xlsx(
    request: fastapi.Request, pack: str, register: str, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Give a register as a workbook, oldest entry first."""
    kept = record_reading.entries(engine, actor, pack, register, limit=1).kept
    name_of = people.directory(engine).name
    lines = (_line(kept.register, entry, name_of) for entry in record_reading.every(engine, actor, pack, register))
    book = spreadsheets.workbook(kept.register.name, _head(request, kept.register), lines)
    return file(book, SHEET, f"{kept.register.name}.xlsx")


def _head(request: fastapi.Request, register: model.Register) -> list[str]:
    names = [field.name for field in register.fields]
    own = [i18n.text(request, word) for word in ("编号", "登记时间", "更正理由", "记录摘要值")]
    return [own[0], *names, *own[1:]]


def _line(register: model.Register, entry: model.Entry, name_of: NameOf) -> list[str]:
    return [entry.number, *_values(register, entry, name_of), pages.moment(entry.at), entry.reason or "", entry.hash]


def _values(register: model.Register, entry: model.Entry, name_of: NameOf) -> Iterator[str]:
    for field in register.fields:
        yield _shown(entry.values.get(field.id), field.type, name_of)


def _shown(value: Any, kind: model.FieldType, name_of: NameOf) -> str:
    """Write a value of a register for people."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "、".join(_shown(each, kind, name_of) for each in value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, dict):
        if "token" in value and "name" in value:
            return str(value["name"])
        parts = ((name, _shown(part, model.FieldType.OBJECT, name_of)) for name, part in value.items())
        return "；".join(f"{name}：{part}" for name, part in parts)
    if kind is model.FieldType.PERSON:
        return name_of(str(value))
    if kind is model.FieldType.DATETIME:
        return pages.moment(datetime.datetime.fromisoformat(value))
    return str(value)


def file(content: bytes, media_type: str, name: str) -> fastapi.Response:
    """Return a file that is made for whoever asks."""
    disposition = f"attachment; filename*=UTF-8''{urllib.parse.quote(name)}"
    return fastapi.Response(content, media_type=media_type, headers={"content-disposition": disposition})

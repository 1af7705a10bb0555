"""Official documents and registers: read, printed, taken along as files."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Iterator
from typing import Any

import fastapi
import markupsafe
from fastapi import responses

from engine import documents, errors
from engine.actions import context, people, record_reading, register_search, reissuing
from engine.model import commands
from engine.model import records as model
from engine.web import access, downloads, i18n, listing, pages, printing, spreadsheets

router = access.Router()

#: Gives the name of a person by their id.
NameOf = Callable[[str], str]
#: What an export says of the entry that one points to, why, and of the entry that points to it.
_CORRECTED = ("更正的记录", "更正理由", "更正此条的记录")
_CONTINUED = ("关联的记录", "说明", "后续的记录")
#: Parameters of an address that ask for a field begin so.
_FIELD = "f."
_LONGEST = 100


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
    """A page of a register.

    Parameters:
        rows: the cells of each line.
        sought: what is looked for; `filters` are the fields that can be asked for, `days` those with a day.
        query: the parameters of the address that say so.
    """

    listed: record_reading.Listed
    rows: tuple[tuple[str, ...], ...]
    sought: register_search.Sought
    filters: tuple[model.RegisterField, ...]
    days: tuple[tuple[str, str], ...]
    query: dict[str, str]

    def options(self, field: model.RegisterField) -> list[tuple[str, str]]:
        """Return the values of a field as what is chosen from."""
        return listing.options(self.listed.choices[field.id], self.sought.values.get(field.id))


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
    may = actor.is_operator and version.newer is None and found.instance_id is not None
    page = DocumentPage(found, body, version, may, typed, error)
    return pages.show(request, "records/document.html", page, status=status)


@router.get("/documents/{document_id:int}.pdf", rule=access.SIGNED_IN)
def pdf(document_id: int, engine: access.CurrentEngine, actor: access.CurrentActor) -> fastapi.Response:
    """Give an official document as PDF."""
    found = record_reading.document(engine, document_id, actor)
    return downloads.file(printing.pdf(found.title, found.html), "application/pdf", f"{found.title}.pdf")


@router.get("/documents/{document_id:int}.docx", rule=access.SIGNED_IN)
def word(document_id: int, engine: access.CurrentEngine, actor: access.CurrentActor) -> fastapi.Response:
    """Give an official document as DOCX, to go on writing."""
    found = record_reading.document(engine, document_id, actor)
    return downloads.file(printing.docx(found.title, found.html), downloads.WORD, f"{found.title}.docx")


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
    sought = _sought(request)
    before = request.query_params.get("before", "")
    listed = record_reading.entries(
        engine, actor, pack, register, sought, before=int(before) if before.isdecimal() and len(before) < 19 else None
    )
    found, name_of = listed.kept.register, people.directory(engine).name
    rows = tuple(tuple(_values(found, line.entry, name_of)) for line in listed.lines)
    filters = register_search.asked_fields(found)
    days = tuple((field.id, field.name) for field in register_search.day_fields(found))
    page = RegisterPage(listed, rows, sought, filters, days, _query(sought))
    return pages.show(request, "records/register.html", page)


@router.get("/registers/{pack}/{register}/export.csv", rule=access.SIGNED_IN)
def export_csv(
    request: fastapi.Request, pack: str, register: str, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Give what is looked for in a register as a file for spreadsheets, oldest entry first."""
    found, lines = _export(request, engine, actor, pack, register)
    return spreadsheets.download(found.name, _head(request, found), lines)


@router.get("/registers/{pack}/{register}/export.xlsx", rule=access.SIGNED_IN)
def export_xlsx(
    request: fastapi.Request, pack: str, register: str, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Give what is looked for in a register as a workbook, oldest entry first."""
    found, lines = _export(request, engine, actor, pack, register)
    book = spreadsheets.workbook(found.name, _head(request, found), lines)
    return downloads.file(book, downloads.SHEET, f"{found.name}.xlsx")


def _sought(request: fastapi.Request) -> register_search.Sought:
    """Return what the parameters of an address ask for; what is no day is not asked."""
    query = request.query_params
    values = {
        name.removeprefix(_FIELD): value.strip()[:_LONGEST]
        for name, value in query.items()
        if name.startswith(_FIELD) and value.strip()
    }
    since, until = listing.day(query.get("since")), listing.day(query.get("until"))
    return register_search.Sought(
        query.get("text", "").strip()[:_LONGEST], query.get("day", "")[:_LONGEST], since, until, values
    )


def _query(sought: register_search.Sought) -> dict[str, str]:
    return listing.filled(
        {
            "text": sought.text,
            "day": sought.day if sought.since or sought.until else "",
            "since": sought.since,
            "until": sought.until,
            **{f"{_FIELD}{field}": value for field, value in sought.values.items()},
        }
    )


def _export(
    request: fastapi.Request, engine: context.Engine, actor: commands.Actor, pack: str, register: str
) -> tuple[model.Register, Iterator[list[str]]]:
    found = record_reading.register(engine, actor, pack, register)
    name_of = people.directory(engine).name
    lines = record_reading.every(engine, actor, pack, register, _sought(request))
    return found, (_line(found, line, name_of) for line in lines)


def _head(request: fastapi.Request, register: model.Register) -> list[str]:
    names = [field.name for field in register.fields]
    pointing = _CONTINUED if register.continues else _CORRECTED
    own = [i18n.text(request, word) for word in ("编号", "登记时间", *pointing, "记录摘要值")]
    return [own[0], *names, *own[1:]]


def _line(register: model.Register, line: record_reading.Line, name_of: NameOf) -> list[str]:
    entry = line.entry
    own = (pages.moment(entry.at), line.older, entry.reason or "", line.newer, entry.hash)
    return [entry.number, *_values(register, entry, name_of), *own]


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

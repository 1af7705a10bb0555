"""Files: stored as soon as they are chosen, and given back to those who may see where they belong."""

from __future__ import annotations

import dataclasses
import pathlib
import re

import fastapi
from fastapi import responses
from starlette import datastructures

from engine import errors
from engine.actions import file_types, files
from engine.model import files as model
from engine.web import access, downloads, fresh, pages, problems
from engine.web.forms import controls, posted, view

router = access.Router()

#: No form may ask for more than the web takes.
LARGEST = 250_000_000
_NAME = re.compile(r"[\w.]{1,400}")
_NUMBERS = 10**6
#: A browser runs nothing in what it shows, and takes nothing from elsewhere.
_CLOSED = "sandbox; default-src 'none'"
#: The PDF viewers of browsers refuse to work in a sandbox; scripts of a document see nothing of the page.
_PDF = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'none'"


@dataclasses.dataclass(frozen=True, slots=True)
class StoredPage:
    """What a form shows of a file that has just been stored."""

    file: view.File


@router.post("/files", rule=access.SIGNED_IN)
def upload(
    request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor, fields: access.Posted
) -> fastapi.Response:
    """Store a file that was chosen on a page; the answer is its line in the list of the field.

    Fields: `file`; `name`, what the field is called when it is posted; `several`, if it holds a list; `accept` and
    `most`, what the form says of the field. The form judges the file again when it is submitted.
    """
    content, name = fields.get("file"), str(fields.get("name", ""))
    if not isinstance(content, datastructures.UploadFile) or not content.filename or not _NAME.fullmatch(name):
        return problems.problem(422, errors.InvalidInput.code, "没有选择文件，请选择后重试。")
    limit = str(fields.get("most", ""))
    try:
        stored = files.store(
            engine,
            actor,
            content.file,
            content.filename,
            purpose=f"field/{name}",
            most=min(int(limit), LARGEST) if limit.isascii() and limit.isdigit() else None,
            accept=[each for each in str(fields.get("accept", "")).split(",") if each],
        )
    except (errors.InvalidInput, errors.StoreError) as error:
        return problems.problem(problems.status_of(error), error.code, error.message)
    place = f"{name}.{_number(stored)}" if fields.get("several") else name
    return pages.show(request, "forms/stored.html", StoredPage(controls.stored_file(stored.as_value(), place)))


@router.get("/files/{token}", rule=access.SIGNED_IN)
def download(
    request: fastapi.Request,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    token: str,
    case: int | None = None,
    inline: bool = False,
) -> fastapi.Response:
    """Give a file to whoever may see it; `inline` shows pictures and PDF in the browser."""
    found, path = files.find(engine, token, actor, case=case)
    return answer(request, found, path, inline=inline)


def answer(
    request: fastapi.Request, found: model.StoredFile, path: pathlib.Path, *, inline: bool, cache: str = fresh.OWN
) -> responses.Response:
    """Return a stored file to somebody who may have it; no browser runs what it is given."""
    etag = f'"{found.sha256}"'
    show = inline and found.content_type in file_types.SAFE_TO_SHOW
    given = fresh.unchanged(request, etag) or responses.FileResponse(path, media_type=found.content_type)
    given.headers.update(
        {
            "content-disposition": downloads.disposition(found.name, inline=show),
            "content-security-policy": _PDF if show and found.content_type == "application/pdf" else _CLOSED,
            "etag": etag,
            "cache-control": cache,
        }
    )
    return given


def _number(stored: model.StoredFile) -> int:
    """Return a number in the list of its field that no other file of the page has."""
    return posted.LATER + stored.id % (_NUMBERS - posted.LATER)

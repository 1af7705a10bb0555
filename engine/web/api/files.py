"""`/files`: what is attached to forms. Uploaded first, then named by its token in the form."""

from __future__ import annotations

from typing import Annotated, Any

import fastapi
from fastapi import responses
from starlette import datastructures

from engine import errors
from engine.actions import files
from engine.model import files as model
from engine.web import access, fresh
from engine.web.api import conditional, negotiation, routing, schema

router = routing.Router("files")

_UPLOAD = routing.Upload("file", "The file. Its kind is found from its content, whatever is said of it.")
FileToken = Annotated[
    str,
    fastapi.Path(
        description="Names the file.",
        min_length=1,
        max_length=64,
        pattern=r"^[A-Za-z0-9_-]+$",
        examples=["q7Zr1nYcT5vXw8LkM2bDs4Fh6Jp9Ga3E"],
    ),
]


class FileValue(schema.Model):
    """What to put into a form field that holds the file."""

    token: str = schema.about("Names the file.", "q7Zr1nYcT5vXw8LkM2bDs4Fh6Jp9Ga3E")
    name: str = schema.about("What it is called.", "办事指南.pdf")
    size: int = schema.about("Bytes.", 182044)
    sha256: str = schema.about("Hash of the content.", "1b" * 32)


class File(schema.Model):
    """A stored file. Its uploader sees it until a form with it is submitted; then all who may see the case do."""

    token: str = schema.about("Names the file.", "q7Zr1nYcT5vXw8LkM2bDs4Fh6Jp9Ga3E")
    name: str = schema.about("What it is called, made safe.", "办事指南.pdf")
    size: int = schema.about("Bytes.", 182044)
    sha256: str = schema.about("Hash of the content.", "1b" * 32)
    content_type: str = schema.about("What its content was found to be.", "application/pdf")
    created_at: schema.Moment = schema.about("When it was uploaded.", "2026-03-09T01:00:00Z")
    value: FileValue


@router.post(
    "/files",
    rule=access.SIGNED_IN,
    scope="work",
    consumes=negotiation.MULTIPART,
    openapi_extra=_UPLOAD.described(),
    status_code=201,
    summary="上传文件",
)
def upload_file(
    response: fastapi.Response, engine: access.CurrentEngine, actor: access.CurrentActor, form: access.Posted
) -> File:
    """Store a file; put `value` into the form. What nobody submits is removed after a day."""
    given = form.get(_UPLOAD.field)
    if not isinstance(given, datastructures.UploadFile):
        raise errors.InvalidInput(f"请以字段“{_UPLOAD.field}”上传一个文件。")
    stored = files.store(engine, actor, given.file, given.filename or "", purpose="api")
    response.headers["location"] = f"{routing.PREFIX}/files/{stored.token}"
    return _file(stored)


@router.get("/files/{token}", rule=access.SIGNED_IN, scope="read", summary="查看文件信息")
def show_file(token: FileToken, engine: access.CurrentEngine, actor: access.CurrentActor) -> File:
    """Tell what is known of a file."""
    stored, _ = files.find(engine, token, actor)
    return _file(stored)


@router.get(
    "/files/{token}/content",
    rule=access.SIGNED_IN,
    scope="read",
    produces="application/octet-stream",
    summary="下载文件",
)
def download_file(
    request: fastapi.Request,
    token: FileToken,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    if_none_match: conditional.IfNoneMatch = None,
) -> Any:
    """Return the content of a file, to be saved: no browser shows it by itself."""
    stored, path = files.find(engine, token, actor)
    etag = f'"{stored.sha256}"'
    headers = {"etag": etag, "cache-control": fresh.OWN}
    return fresh.unchanged(request, etag) or responses.FileResponse(
        path, media_type="application/octet-stream", filename=stored.name, headers=headers
    )


def _file(stored: model.StoredFile) -> File:
    return schema.of(File, stored, value=stored.as_value())

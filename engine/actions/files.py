"""Uploaded files: stored at once, checked, and read by those alone who may see where they belong.

A file belongs to its uploader until a form that holds it is submitted, or kept as a draft; then it belongs to the case,
and whoever may see the case may read it. What nobody submits is removed after `UNUSED`.
"""

from __future__ import annotations

import datetime
import pathlib
import secrets
import unicodedata
from collections.abc import Collection, Sequence
from typing import BinaryIO

from engine import errors, forms
from engine.actions import context, file_types, policy, scanning, transaction
from engine.model import commands, files, instances
from engine.store import blobs

#: How long an upload waits to be submitted.
UNUSED = datetime.timedelta(days=1)
_SWEPT_AT_ONCE = 500
_LONGEST_NAME = 255
#: Whoever may not know of a file reads the same as if there were none.
_MISSING = "没有此文件，或者您不能查看它所属的事项。"
_FORBIDDEN = frozenset('/\\:*?"<>|')


class Infected(errors.InvalidInput):
    """文件没有通过病毒扫描，未保存。"""

    code = "file-infected"


def store(
    engine: context.Engine,
    actor: commands.Actor,
    stream: BinaryIO,
    name: str,
    *,
    purpose: str,
    most: int | None = None,
    accept: Collection[str] = (),
) -> files.StoredFile:
    """Store an upload.

    Args:
        engine: The engine.
        actor: Who uploads; the file is theirs until it is submitted.
        stream: The content, read to its end and never held in memory as a whole.
        name: What the uploader calls it; paths and what may not stand in a name are taken out.
        purpose: What it is for, for the audit trail: `form/<form key>#<field>`.
        most: Bytes at most, by default those of the setting `file_bytes`.
        accept: Endings that may be uploaded (`.pdf`); by default all that are known.

    Raises:
        blobs.TooLarge: It is larger.
        errors.InvalidInput: Its name or its content is not of an accepted kind, or it is empty.
        Infected: The virus scanner refused it; it is in quarantine.
        errors.StoreError: The disk is full, or the scanner gave no verdict.
    """
    name = safe_name(name)
    limit = engine.settings.file_bytes if most is None else most
    wanted = frozenset(each.lower() for each in accept)
    if wanted and file_types.ending(name) not in wanted:
        raise errors.InvalidInput(f"文件“{name}”的类型不在可以上传的范围内，应为 {'、'.join(sorted(wanted))}。")
    try:
        with engine.blobs.receiving(stream, limit) as received:
            return _keep(engine, actor, received, name, purpose, wanted)
    except blobs.TooLarge:
        raise blobs.TooLarge(f"文件“{name}”过大，应不超过 {forms.size(limit)}。") from None


def _keep(
    engine: context.Engine,
    actor: commands.Actor,
    received: blobs.Received,
    name: str,
    purpose: str,
    wanted: frozenset[str],
) -> files.StoredFile:
    try:
        content_type = file_types.recognise(received.path, name, asked_for=wanted)
    except ValueError as error:
        raise errors.InvalidInput(str(error)) from None
    settings = engine.settings
    verdict = scanning.scan(settings.scan_command, received.path, settings.scan_seconds)
    about = {"size": received.size, "sha256": received.sha256, "purpose": purpose}
    if verdict is scanning.Verdict.INFECTED:
        engine.blobs.quarantine(received)
        with transaction.begin(engine, actor) as tx:
            tx.note(None, "refuse-file", f"blob/{received.sha256}", verdict=verdict.value, name=name, **about)
        raise Infected(f"文件“{name}”没有通过病毒扫描，未保存。请在本机查杀病毒后重新上传。")
    with transaction.begin(engine, actor) as tx:
        tx.uow.files.claim_content(received.sha256, received.size, tx.now)
        engine.blobs.keep(received)
        token = secrets.token_hex(24)  # never begins like an option of a command
        # Not how it is called: the system's chain outlives the case that the file goes with.
        tx.note(None, "store-file", f"file/{token}", **about)
        return tx.uow.files.add(
            token=token,
            name=name,
            size=received.size,
            sha256=received.sha256,
            content_type=content_type,
            owner=actor.id,
            purpose=purpose,
            at=tx.now,
        )


def find(
    engine: context.Engine, token: str, actor: commands.Actor, *, case: int | None = None
) -> tuple[files.StoredFile, pathlib.Path]:
    """Return what is known of a file, and where its content is.

    Allowed: its uploader while it belongs to no case; then everybody who may see one of its cases, or the `case` that
    is named, if the variables of that one hold the file.

    Raises:
        errors.NotFound: There is no such file, or the actor may not know of it.
        errors.StoreError: The content is gone from the disk.
    """
    with engine.store.read() as uow:
        found = uow.files.find(token)
        if found is None:
            raise errors.NotFound(_MISSING)
        cases = uow.files.cases(found.id)
        if case is not None and case not in cases and _holds(uow.instances.state(case), token):
            cases.append(case)
        allowed = any(policy.sees(uow, actor, case) for case in cases) if cases else found.owner == actor.id
        if not allowed:
            raise errors.NotFound(_MISSING)
    path = engine.blobs.path(found.sha256)
    if not path.is_file() or path.stat().st_size != found.size:
        raise errors.StoreError(
            f"文件“{found.name}”的内容已不在磁盘上，请联系系统管理员从备份中恢复。", sha256=found.sha256
        )
    return found, path


def _holds(state: instances.InstanceState, token: str) -> bool:
    # A token is random and cannot be part of anything else.
    return token in state.variables or token in state.tokens


def sweep(engine: context.Engine) -> int:
    """Remove uploads that nobody submitted, and what broken uploads left behind; return how many uploads."""
    swept = 0
    while True:
        with transaction.begin(engine, commands.SYSTEM) as tx:
            count, free = tx.uow.files.remove_orphans(tx.now - UNUSED, _SWEPT_AT_ONCE)
            for sha256 in free:
                engine.blobs.remove(sha256)
        swept += count
        if count < _SWEPT_AT_ONCE:
            break
    engine.blobs.remove_leftovers(UNUSED.total_seconds())
    return swept


def forget(engine: context.Engine, ids: Sequence[int]) -> None:
    """Remove the files of cases that were deleted, however new they are, but for what something else holds."""
    for start in range(0, len(ids), _SWEPT_AT_ONCE):
        with transaction.begin(engine, commands.SYSTEM) as tx:
            _, free = tx.uow.files.remove(ids[start : start + _SWEPT_AT_ONCE])
            for sha256 in free:
                engine.blobs.remove(sha256)


def safe_name(name: str) -> str:
    """Return a name as it may be shown and saved: no path, nothing invisible, no longer than a file system takes."""
    base = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    # A byte of an unknown encoding arrives as half a surrogate pair, which is not printable either.
    spaced = "".join(" " if char.isspace() else char for char in base)
    plain = "".join("_" if char in _FORBIDDEN or not char.isprintable() else char for char in spaced).strip(". ")
    stem, dot, suffix = plain.rpartition(".")
    if not dot:
        stem, suffix = plain, ""
    suffix = f"{dot}{suffix[:16]}"
    while len((stem + suffix).encode()) > _LONGEST_NAME:
        stem = stem[:-1]
    return (stem + suffix).strip() or "未命名"

"""Bringing a backup back into an empty database, of the same kind or of the other."""

from __future__ import annotations

import hashlib
import pathlib
from typing import Any

from engine import errors
from engine.actions import backups, outgoing
from engine.store import blobs, database, loading

_SQLITE = "sqlite:///"


def restore(
    backup: backups.Checked, url: str, files: pathlib.Path, progress: backups.Progress, *, cell: int = 0
) -> None:
    """Fill an empty database, and the directory of files, with a backup that was checked.

    A database on SQLite gets its name when it is whole; one on PostgreSQL is filled in one transaction. Contents of
    files that are there already stay. Tables of an older version are brought up to date.

    Args:
        backup: As `backups.check` returned it.
        url: Of the database.
        files: The directory of uploaded files.
        progress: See there.
        cell: Which cell the office is that it is brought back for.

    Raises:
        errors.Conflict: The database is not empty.
        errors.InvalidInput: The backup is of another cell, or has changed since it was checked.
        errors.StoreError: Something cannot be written; the database is as empty as it was.
    """
    made_in = backup.manifest.get("cell", 0)
    if made_in != cell:
        raise errors.InvalidInput(
            f"备份属于单元 {made_in}，而设置 GONGKAI_CELL 为 {cell}，没有恢复。"
            f"请将 GONGKAI_CELL 设置为 {made_in} 后再恢复。"
        )
    if not url.startswith(_SQLITE):
        _fill(backup, url, files, progress)
        return
    place = pathlib.Path(url.removeprefix(_SQLITE).partition("?")[0])
    for each in (place, *(place.with_name(f"{place.name}{ending}") for ending in ("-wal", "-shm"))):
        if each.exists() and each.stat().st_size:
            raise errors.Conflict(f"目标数据库应为空，“{each}”已经存在，没有恢复。请将其移走，或者指定新的数据库。")
    part = outgoing.beside(place)
    try:
        with outgoing.explained(place.parent, "数据库", "没有恢复"):
            place.parent.mkdir(parents=True, exist_ok=True)
            with outgoing.created(part):
                pass
            _fill(backup, f"{_SQLITE}{part}", files, progress)
            outgoing.named(part, place)
    finally:
        for ending in ("", "-wal", "-shm", "-journal"):
            part.with_name(f"{part.name}{ending}").unlink(missing_ok=True)


def _fill(backup: backups.Checked, url: str, files: pathlib.Path, progress: backups.Progress) -> None:
    manifest, tables, contents = backup.manifest, backup.tables, blobs.Blobs(files)
    hashes = dict(manifest["members"])
    cell = manifest.get("cell", 0)
    target = database.Store(url, cell=cell)
    try:
        with (
            backups.reading(backup.file),
            loading.into(
                target, manifest["schema"], manifest["numbers"], manifest["files"]["tidied"], cell=cell
            ) as loader,
        ):
            loader.empty(list(tables))
            for name, source in backups.members(backup.file):
                kind, _, rest = name.partition("/")
                if kind == "tables":
                    content = source.read()
                    if hashlib.sha256(content).hexdigest() != hashes[name]:
                        raise errors.InvalidInput(f"“{backup.file}”在恢复期间被改动，没有恢复。")
                    progress(loader.add(tables[rest.partition("/")[0]], backups.rows(name, content)))
                elif kind == "files":
                    _keep(contents, rest.replace("/", ""), source)
                    progress(1)
    finally:
        target.dispose()


def _keep(contents: blobs.Blobs, sha256: str, source: Any) -> None:
    if contents.path(sha256).exists() and contents.flaw(sha256, contents.path(sha256).stat().st_size) is None:
        return
    with contents.receiving(source, 1 << 62) as received:
        if received.sha256 != sha256:
            raise errors.InvalidInput("备份在恢复期间被改动，没有恢复。")
        contents.path(sha256).unlink(missing_ok=True)
        contents.keep(received)

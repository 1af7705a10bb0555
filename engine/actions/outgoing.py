"""Files that leave the house: whole or not there at all, readable by their owner alone."""

from __future__ import annotations

import contextlib
import errno
import os
import pathlib
import secrets
from collections.abc import Iterator
from typing import BinaryIO

from engine import errors

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def beside(place: pathlib.Path) -> pathlib.Path:
    """Return a hidden name in the same directory, for what is not whole yet."""
    return place.with_name(f".{place.name}.{secrets.token_hex(6)}.part")


@contextlib.contextmanager
def created(path: pathlib.Path) -> Iterator[BinaryIO]:
    """Create a file that nobody else reads, and have it on disk at the end."""
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as target:
        yield target
        target.flush()
        os.fsync(target.fileno())


def named(part: pathlib.Path, place: pathlib.Path) -> None:
    """Give a file that is whole its name, for good."""
    part.replace(place)
    sync(place.parent)


def sync(directory: pathlib.Path) -> None:
    """Make names in a directory last through a power cut."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def explained(directory: pathlib.Path, what: str, failed: str) -> Iterator[None]:
    """Say in a sentence why something cannot be written.

    Args:
        directory: Where it is written.
        what: What it is, e.g. 备份.
        failed: What has not happened then, e.g. 没有备份.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise errors.StoreError(f"“{directory}”所在磁盘空间不足，{failed}。请清理磁盘后重试。") from error
        why = error.strerror or str(error)
        raise errors.StoreError(f"不能在“{directory}”写入{what}（{why}），{failed}。请检查路径和权限。") from error

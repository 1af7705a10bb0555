"""The content of uploaded files, on disk, each under the SHA-256 of its bytes.

    <root>/incoming/…     what is being received; left behind only by a crash
    <root>/quarantine/…   what the virus scanner refused, under its hash, readable by the operator alone
    <root>/ab/cdef…       content

A file appears under its hash at once and whole (fsync, then rename), and never changes.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import hashlib
import os
import pathlib
import re
import secrets
import time
from collections.abc import Iterator
from typing import BinaryIO, NoReturn

from engine import errors

_CHUNK = 1 << 20
_INCOMING = "incoming"
_QUARANTINE = "quarantine"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class TooLarge(errors.InvalidInput):
    """文件过大。"""

    code = "file-too-large"


@dataclasses.dataclass(frozen=True, slots=True)
class Received:
    """Bytes that have arrived and have no place yet."""

    path: pathlib.Path
    sha256: str
    size: int


class Blobs:
    """A directory of content; made when something is first put into it."""

    def __init__(self, root: pathlib.Path) -> None:
        self.root = root

    @contextlib.contextmanager
    def receiving(self, stream: BinaryIO, most: int) -> Iterator[Received]:
        """Write what a stream holds to disk, a piece at a time; within the block it may be looked at and kept.

        Args:
            stream: Read from where it stands to its end.
            most: Bytes at most.

        Raises:
            TooLarge: There is more. Nothing is left on disk.
            errors.StoreError: It cannot be written.
        """
        with _explained(self.root):
            directory = self._directory(_INCOMING)
            path = directory / secrets.token_hex(16)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with _explained(self.root), os.fdopen(handle, "wb") as target:
                sha256, size = _copy(stream, target, most)
                target.flush()
                os.fsync(target.fileno())
            yield Received(path, sha256, size)
        finally:
            path.unlink(missing_ok=True)

    def keep(self, received: Received) -> None:
        """Give received content its place; content that is there already stays as it is.

        Raises:
            errors.StoreError: It cannot be written.
        """
        with _explained(self.root):
            place = self.path(received.sha256)
            if place.exists() and place.stat().st_size == received.size:
                return
            self._directory(place.parent.name)
            received.path.chmod(0o640)
            received.path.replace(place)
            _sync(place.parent)

    def quarantine(self, received: Received) -> pathlib.Path:
        """Put received content where nobody but the operator gets at it; return where."""
        with _explained(self.root):
            place = self._directory(_QUARANTINE) / received.sha256
            received.path.replace(place)
            _sync(place.parent)
            return place

    def path(self, sha256: str) -> pathlib.Path:
        """Return where content with this hash is, if it is there."""
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"not a SHA-256: {sha256!r}")
        return self.root / sha256[:2] / sha256[2:]

    def flaw(self, sha256: str, size: int) -> str | None:
        """Read content and say what is wrong with it: missing, of another size, changed; None when nothing is."""
        if not _SHA256.fullmatch(sha256):
            return "登记的哈希值有误，已被改动"
        digest, read = hashlib.sha256(), 0
        try:
            with self.path(sha256).open("rb") as content:
                while chunk := content.read(_CHUNK):
                    digest.update(chunk)
                    read += len(chunk)
        except FileNotFoundError:
            return f"内容缺失，应在 {self.path(sha256)}"
        except OSError as error:
            return f"内容不能读取（{error.strerror or error}）：{self.path(sha256)}"
        if digest.hexdigest() != sha256:
            return f"内容与哈希值不符，已被改动（应有 {size} 字节，现有 {read} 字节）：{self.path(sha256)}"
        return None if read == size else f"登记的大小有误：登记 {size} 字节，现有 {read} 字节"

    def remove(self, sha256: str) -> None:
        """Remove content; what is not there is gone already."""
        with _explained(self.root):
            self.path(sha256).unlink(missing_ok=True)

    def remove_leftovers(self, seconds: float) -> int:
        """Remove what uploads that a crash cut off left behind, if it has been lying for longer; return how many."""
        removed = 0
        with _explained(self.root):
            for path in (self.root / _INCOMING).glob("*"):
                # The clock of the file system, not that of the platform: it is what wrote the time.
                with contextlib.suppress(FileNotFoundError):
                    if time.time() - path.stat().st_mtime > seconds:
                        path.unlink()
                        removed += 1
        return removed

    def _directory(self, name: str) -> pathlib.Path:
        directory = self.root / name
        if not directory.is_dir():
            directory.mkdir(mode=0o750, parents=True, exist_ok=True)
            _sync(directory.parent)
        return directory


def _copy(stream: BinaryIO, target: BinaryIO, most: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(_CHUNK):
        size += len(chunk)
        if size > most:
            raise TooLarge
        digest.update(chunk)
        target.write(chunk)
    return digest.hexdigest(), size


def _sync(directory: pathlib.Path) -> None:
    """Make names in a directory last through a power cut."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _explained(root: pathlib.Path) -> Iterator[None]:
    """Say in a sentence why files cannot be written."""
    try:
        yield
    except OSError as error:
        _refuse(root, error)


def _refuse(root: pathlib.Path, error: OSError) -> NoReturn:
    if error.errno in _FULL:
        raise errors.StoreError("存放文件的磁盘空间不足，文件没有保存。请联系系统管理员清理磁盘后重试。") from error
    what = error.strerror or str(error)
    raise errors.StoreError(
        f"不能在“{root}”保存文件（{what}），文件没有保存。请系统管理员检查 GONGKAI_FILES 及其权限。"
    ) from error

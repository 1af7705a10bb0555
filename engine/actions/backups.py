"""Backups: the whole database as one moment saw it, and the uploaded files, in one file of our own format.

The format is the same for SQLite and PostgreSQL, so that an office that outgrows one machine takes its backup there. It
is a tar archive: `tables/<name>/<number>.jsonl` (gzip: `.jsonl.gz`), rows as `engine.store.dumping` writes them;
`files/ab/cdef…`, contents by their hash; `manifest.json`, which tells and hashes all of it; last `manifest.sha256`, its
hash: a file without it was cut off.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import hashlib
import importlib.metadata
import io
import json
import pathlib
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any, BinaryIO

from engine import errors
from engine.actions import context, outgoing, policy, transaction
from engine.calendars import moments
from engine.model import commands
from engine.store import dumping, unit_of_work

FORMAT = "gongkai-backup/1"
MANIFEST, SEAL = "manifest.json", "manifest.sha256"
#: What the audit trail calls it.
BACKED_UP = "back-up"
_CHUNK = 1 << 20
#: Bytes of a part of a table, unpacked: some million letters and the row that comes last, which no database has larger.
_LARGEST = 1 << 30

#: Called now and then with how many rows and files more there are.
Progress = Callable[[int], None]


@dataclasses.dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made.

    Parameters:
        file: where it is.
        rows: of all tables.
        files: contents of uploaded files; `size` are their bytes.
        missing: hashes of contents that the database knows and that were not there, or not what they should be.
        sha256: of the manifest: the fingerprint of the backup.
    """

    file: pathlib.Path
    rows: int
    files: int
    size: int
    missing: tuple[str, ...]
    sha256: str


def size(engine: context.Engine) -> int:
    """Return how many rows and files there are to back up."""
    with engine.store.read() as uow:
        return sum(table.rows for table in dumping.Dump(uow.link).tables()) + uow.files.count_contents()


def backup(
    engine: context.Engine,
    place: pathlib.Path,
    actor: commands.Actor,
    progress: Progress,
    *,
    force: bool = False,
    compress: bool = True,
) -> Backup:
    """Back up database and files while the office works; the audit trail notes the fingerprint.

    The database is read in one transaction that sees one moment and keeps nobody waiting, then the files, which never
    change.

    Args:
        engine: The engine.
        place: The file; or a directory, where it is named by the time.
        actor: Who takes it out.
        progress: See there.
        force: Write over a file that is there.
        compress: Compress the rows.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.Conflict: There is a file of that name.
        errors.StoreError: The tables are of a newer version, or missing.
        errors.StoreError: It cannot be written; then there is none.
    """
    transaction.refuse_nobody(actor)
    policy.operate(actor, "备份数据库")
    now = engine.clock.now()
    if place.is_dir():
        place /= f"gongkai-{now.astimezone(moments.SHANGHAI):%Y%m%d-%H%M%S}.tar"
    if place.exists() and not force:
        raise errors.Conflict(f"“{place}”已经存在，没有备份。请另取名称，或者加 --force 覆盖。")
    part = outgoing.beside(place)
    try:
        with outgoing.explained(place.parent, "备份", "没有备份"):
            place.parent.mkdir(parents=True, exist_ok=True)
            with outgoing.created(part) as target, tarfile.open(fileobj=target, mode="w") as archive:
                writing = _Writing(engine, archive, progress, compress)
                told = writing.everything()
                manifest = writing.seal({**told, "made_at": now.isoformat()})
            with transaction.begin(engine, actor) as tx:
                tx.note(None, BACKED_UP, f"backup/{place.name}", sha256=manifest)
            outgoing.named(part, place)
    finally:
        part.unlink(missing_ok=True)
    rows = sum(table["rows"] for table in told["tables"])
    found = told["files"]
    return Backup(place, rows, found["count"], found["bytes"], tuple(found["missing"]), manifest)


class _Writing:
    """A backup that is being written."""

    def __init__(self, engine: context.Engine, archive: tarfile.TarFile, progress: Progress, compress: bool) -> None:
        self._engine = engine
        self._archive = archive
        self._progress = progress
        self._compress = compress
        self._members: list[tuple[str, str]] = []

    def everything(self) -> dict[str, Any]:
        """Write all rows, then all files; return what the manifest tells of them."""
        with tempfile.TemporaryFile() as contents:
            with self._engine.store.read() as uow:
                dump = dumping.Dump(uow.link)
                rows = [{**dataclasses.asdict(each), "rows": self._table(dump, each)} for each in dump.tables()]
                told = {
                    "format": FORMAT,
                    "program": importlib.metadata.version("gongkai"),
                    "schema": dump.version,
                    "cell": dump.cell,
                    "database": self._engine.store.dialect,
                    "audit": uow.audit.count(),
                    "tables": rows,
                    "numbers": dump.numbers(),
                }
                _note_contents(uow, contents)
            contents.seek(0)
            return {**told, "files": self._files(contents)}

    def seal(self, told: dict[str, Any]) -> str:
        """Write the manifest and its hash, and return that."""
        content = json.dumps({**told, "members": self._members}, ensure_ascii=False, indent=1).encode()
        sha256 = hashlib.sha256(content).hexdigest()
        self._add(MANIFEST, content)
        self._add(SEAL, f"{sha256}  {MANIFEST}\n".encode())
        return sha256

    def _table(self, dump: dumping.Dump, table: dumping.Dumped) -> int:
        written = 0
        for number, (rows, part) in enumerate(dump.parts(table.name), start=1):
            content = gzip.compress(part, mtime=0) if self._compress else part
            name = f"tables/{table.name}/{number:06d}.jsonl{'.gz' if self._compress else ''}"
            self._add(name, content)
            self._members.append((name, hashlib.sha256(content).hexdigest()))
            written += rows
            self._progress(rows)
        return written

    def _files(self, contents: IO[bytes]) -> dict[str, Any]:
        count, size = 0, 0
        missing: list[str] = []
        tidied: list[str] = []
        for line in contents:
            sha256, bytes_ = line.decode().split()
            wrong = self._engine.blobs.flaw(sha256, int(bytes_))
            if wrong is None and self._file(sha256, int(bytes_)):
                count, size = count + 1, size + int(bytes_)
            else:
                with self._engine.store.read() as uow:  # it may have been tidied away since
                    (missing if uow.files.has_content(sha256) else tidied).append(sha256)
            self._progress(1)
        return {"count": count, "bytes": size, "missing": missing, "tidied": tidied}

    def _file(self, sha256: str, size: int) -> bool:
        """Write a file; False where it is not there any more."""
        info = _info(f"files/{sha256[:2]}/{sha256[2:]}", size)
        try:
            source = self._engine.blobs.path(sha256).open("rb")
        except FileNotFoundError:
            return False
        with source:
            self._archive.addfile(info, source)
        return True

    def _add(self, name: str, content: bytes) -> None:
        self._archive.addfile(_info(name, len(content)), io.BytesIO(content))


def _note_contents(uow: unit_of_work.UnitOfWork, target: IO[bytes]) -> None:
    """Write down which contents there are, on disk, as there may be many."""
    after = ""
    while page := uow.files.contents(after, 1000):
        target.writelines(f"{sha256} {size}\n".encode() for sha256, size, _ in page)
        after = page[-1][0]


def _info(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info


# --- reading one -----------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class Checked:
    """A backup whose every hash was recomputed: what its manifest tells."""

    file: pathlib.Path
    manifest: dict[str, Any]
    sha256: str

    @property
    def tables(self) -> dict[str, dumping.Dumped]:
        """Return the tables by name, each after those that it refers to."""
        given = self.manifest["tables"]
        return {
            each["name"]: dumping.Dumped(each["name"], tuple(each["columns"]), tuple(each["binary"]), each["rows"])
            for each in given
        }

    @property
    def rows(self) -> int:
        """Return how many rows it has."""
        return sum(table.rows for table in self.tables.values())

    @property
    def files(self) -> int:
        """Return how many contents of files it has."""
        return int(self.manifest["files"]["count"])


def check(file: pathlib.Path) -> Checked:
    """Read a backup and recompute every hash.

    Raises:
        errors.InvalidInput: It is none, was cut off or changed.
        OSError: It cannot be read.
    """
    hashes: list[tuple[str, str]] = []
    count, last = 0, {MANIFEST: b"", SEAL: b""}
    with reading(file):
        for name, source in members(file):
            if last[SEAL]:
                raise _damaged(file, f"末尾之后多出“{name}”")
            if name in last:
                last[name] = source.read()
            elif name.startswith("files/"):
                count += 1
                if _hashed(source) != name.removeprefix("files/").replace("/", ""):
                    raise _damaged(file, f"“{name}”已被改动")
            else:
                hashes.append((name, _hashed(source)))
    if not last[SEAL]:
        raise _damaged(file, "没有结尾：备份没有做完，或者文件被截断")
    sha256 = hashlib.sha256(last[MANIFEST]).hexdigest()
    if last[SEAL].decode(errors="replace").split() != [sha256, MANIFEST]:
        raise _damaged(file, "清单已被改动")
    checked = Checked(file, _manifest(file, last[MANIFEST]), sha256)
    for (name, wanted), (found, has) in zip(checked.manifest["members"], hashes, strict=False):
        if (name, wanted) != (found, has):
            raise _damaged(file, f"“{found}”已被改动或调换")
    if len(hashes) != len(checked.manifest["members"]) or count != checked.files:
        raise _damaged(file, "文件缺失或多出")
    return checked


def _manifest(file: pathlib.Path, content: bytes) -> dict[str, Any]:
    """Return what a manifest tells, if it tells what those of this program do; only a hand can have written another."""
    try:
        manifest: dict[str, Any] = json.loads(content)
        if manifest["format"] != FORMAT:
            raise _damaged(file, f"格式应为 {FORMAT}，现为 {manifest['format']}")
        tables = {each["name"] for each in manifest["tables"] if each["columns"] and isinstance(each["rows"], int)}
        strange = [name for name, _ in manifest["members"] if name.split("/")[1] not in tables]
        told = (*manifest["numbers"].values(), *manifest["files"].values(), manifest["schema"], manifest["audit"])
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        raise _damaged(file, "清单不能读取") from None
    if strange or None in told:
        raise _damaged(file, f"清单中没有“{strange[0]}”的表" if strange else "清单不完整")
    return manifest


def members(file: pathlib.Path) -> Iterator[tuple[str, BinaryIO]]:
    """Yield what is in a backup, in order, each to be read before the next.

    Raises:
        errors.InvalidInput: It is no backup, or cut off.
    """
    with reading(file), tarfile.open(file, "r:") as archive:
        for member in archive:
            # A link may point anywhere, and a sparse file is as long as it likes.
            source = archive.extractfile(member) if member.isreg() and not member.issparse() else None
            if source is None:
                raise _damaged(file, f"“{member.name}”不是文件")
            yield member.name, source  # type: ignore[misc]


@contextlib.contextmanager
def reading(file: pathlib.Path) -> Iterator[None]:
    """Say in a sentence that a backup cannot be read; whoever reads its members does so within the block."""
    try:
        yield
    except (tarfile.TarError, EOFError, zlib.error, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise _damaged(file, f"不能读取（{error}）") from None


def rows(name: str, content: bytes) -> bytes:
    """Return the rows of a part of a table, which may be compressed.

    Raises:
        zlib.error: It unfolds to more than any part that was made by a backup.
    """
    if not name.endswith(".gz"):
        return content
    unpacking = zlib.decompressobj(wbits=31)
    unfolded = unpacking.decompress(content, _LARGEST)
    if unpacking.unconsumed_tail or not unpacking.eof:
        raise zlib.error("part is cut off, or too large")
    return unfolded


def _hashed(source: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _damaged(file: pathlib.Path, what: str) -> errors.InvalidInput:
    return errors.InvalidInput(f"“{file}”不是完好的备份：{what}。没有恢复，请换用另一份备份。")

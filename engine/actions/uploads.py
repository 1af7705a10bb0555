"""Packs that come as an archive: read within bounds, never unpacked onto the disk, never executed.

An archive has the layout of a pack on disk: `processes/<slug>/` and `forms/<slug>/`. Handlers are programs: whoever
operates the server installs them there, no archive brings any.
"""

from __future__ import annotations

import fnmatch
import hashlib
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from engine import catalog, errors, packfile
from engine.actions import context, deployments
from engine.model import commands, definitions

#: Bytes of an archive.
MAX_ARCHIVE = 20_000_000
#: Bytes of all its files, unpacked.
MAX_UNPACKED = 50_000_000
MAX_FILES = 1000

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
#: Files of a pack on disk that are not deployed.
_ASIDE = ("README.md", "demo.yaml")
_LAYOUT = "应为 processes/<流程包>/pack.yaml、invariants.yaml、*.bpmn、*.dmn、documents/*.j2 和 forms/<流程包>/*.json"


def deploy(
    engine: context.Engine, archive: BinaryIO, actor: commands.Actor, *, dry_run: bool = False
) -> deployments.Report:
    """Deploy the pack in a zip archive; see `deployments.deploy`.

    Raises:
        errors.InvalidInput: It is no archive of one pack, or larger than the bounds of this module.
        errors.Forbidden: The actor is no operator; a dry run is for designers, too.
    """
    deployments.allow(actor, dry_run=dry_run)
    return deployments.deploy_pack(engine, read(archive), actor, dry_run=dry_run)


def read(archive: BinaryIO) -> catalog.Pack:
    """Return the pack in a zip archive.

    Raises:
        errors.InvalidInput: It is no archive of one pack, larger than the bounds of this module, or `pack.yaml` is
            wrong.
    """
    if archive.seek(0, 2) > MAX_ARCHIVE:
        raise errors.InvalidInput(f"压缩包最大 {MAX_ARCHIVE // 1_000_000} MB。")
    try:
        with zipfile.ZipFile(archive) as opened:
            members = _members(opened)
            slug = _slug(members)
            contents = dict(_contents(opened, members))
    except (zipfile.BadZipFile, zlib.error, EOFError, UnicodeDecodeError, NotImplementedError, ValueError):
        raise errors.InvalidInput("文件不是完好的 zip 压缩包，请重新压缩后再上传。") from None
    return catalog.assemble(slug, tuple(_resources(slug, contents)))


def _members(opened: zipfile.ZipFile) -> Mapping[str, zipfile.ZipInfo]:
    """Return the files of an archive by path, having refused what no honest archive has."""
    found: dict[str, zipfile.ZipInfo] = {}
    for info in opened.infolist():
        name = info.filename
        if info.is_dir():
            continue
        if name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/") or not name.isprintable():
            raise errors.InvalidInput(f"压缩包中的路径“{_shown(name)}”不能使用：应为包内的相对路径，不含“..”。")
        if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
            raise errors.InvalidInput(f"压缩包中的“{_shown(name)}”不是普通文件。")
        if info.flag_bits & _ENCRYPTED or info.compress_type not in _METHODS:
            raise errors.InvalidInput("压缩包应不加密，并以 deflate 方式压缩。")
        if name in found:
            raise errors.InvalidInput(f"压缩包中有两个“{_shown(name)}”。")
        if name.split("/")[0] == "handlers":
            raise errors.InvalidInput(
                "流程包不能带有处理程序（handlers/）：处理程序由系统管理员安装在服务器上，请删去后再上传。"
            )
        found[name] = info
        if len(found) > MAX_FILES:
            raise errors.InvalidInput(f"压缩包中的文件最多 {MAX_FILES} 个。")
    return found


def _slug(members: Mapping[str, zipfile.ZipInfo]) -> str:
    slugs = [path.split("/")[1] for path in members if fnmatch.fnmatchcase(path, f"processes/*/{packfile.NAME}")]
    if len(slugs) != 1 or not catalog.SLUG.fullmatch(slugs[0]):
        raise errors.InvalidInput(
            f"压缩包应有且只有一个 processes/<流程包>/{packfile.NAME}，"
            f"流程包的名称为小写字母开头的字母、数字、- 和 _，现有：{_shown('、'.join(slugs)) or '无'}。"
        )
    return slugs[0]


def _contents(opened: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo]) -> Iterator[tuple[str, bytes]]:
    """Unpack in memory, counting what really comes out: what an archive says of its sizes may be a lie."""
    total = 0
    for path, info in members.items():
        with opened.open(info) as file:
            content = file.read(catalog.MAX_SIZE + 1)
        if len(content) > catalog.MAX_SIZE:
            raise errors.InvalidInput(f"压缩包中的“{_shown(path)}”过大：解压后最多 {catalog.MAX_SIZE} 字节。")
        total += len(content)
        if total > MAX_UNPACKED:
            raise errors.InvalidInput(f"压缩包的内容过大：解压后最多 {MAX_UNPACKED // 1_000_000} MB。")
        yield path, content


def _resources(slug: str, contents: Mapping[str, bytes]) -> Iterator[definitions.Resource]:
    for path in sorted(contents, key=lambda each: each.split("/")):  # as they are read from disk
        kind = _kind(slug, path)
        if kind is not None:
            yield definitions.Resource(path, kind, hashlib.sha256(contents[path]).hexdigest(), contents[path])


def _kind(slug: str, path: str) -> definitions.ResourceKind | None:
    """Return what a file is to the engine; None for one that packs may have but nobody deploys."""
    folder, _, name = path.rpartition("/")
    for pattern, kind in catalog.patterns(slug):
        place, _, names = pattern.rpartition("/")
        if folder == place and fnmatch.fnmatchcase(name, names):
            return kind
    if name.startswith(".") or path.startswith("__MACOSX/") or (folder == f"processes/{slug}" and name in _ASIDE):
        return None
    raise errors.InvalidInput(f"压缩包中不应有“{_shown(path)}”：{_LAYOUT}。")


def _shown(text: str) -> str:
    return text if len(text) <= 80 and text.isprintable() else ascii(text[:80])

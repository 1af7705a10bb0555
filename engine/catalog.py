"""Packs on disk: where they are, and what their files hash to.

A pack is one source document made executable: `processes/<slug>/` with diagrams, decision tables, document templates
and `pack.yaml`, and `forms/<slug>/`.  A root is a directory that holds `processes/`, `forms/` and `handlers/`: the one
gongkai ships, those on `GONGKAI_PACKS`, and those of installed distributions (entry-point group `gongkai.packs`).
"""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import importlib.metadata
import pathlib
import re
import stat
from collections.abc import Iterable, Iterator

from engine import config, errors, packfile
from engine.model import definitions

ENTRY_POINTS = "gongkai.packs"
#: Largest accepted file of a pack, in bytes.
MAX_SIZE = 5 * 1024 * 1024

#: Hidden files are what editors and systems leave behind.
_VISIBLE = "[!.]*"
SLUG = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_OWN_ROOT = pathlib.Path(__file__).resolve().parent.parent


@dataclasses.dataclass(frozen=True, slots=True)
class Pack:
    """A pack with the content of its files; `sha256` changes when any of them does.

    `root` is where it lies on disk; None when it came as an archive.
    """

    root: pathlib.Path | None
    info: packfile.PackInfo
    resources: tuple[definitions.Resource, ...]
    sha256: str

    @property
    def slug(self) -> str:
        """Return the name of the pack's directories."""
        return self.info.slug

    def of_kind(self, kind: definitions.ResourceKind) -> tuple[definitions.Resource, ...]:
        """Return the resources of one kind, in order of path."""
        return tuple(each for each in self.resources if each.kind is kind)


class Catalog:
    """The packs that were found, by slug."""

    def __init__(self, roots: Iterable[pathlib.Path]) -> None:
        self.roots = tuple(dict.fromkeys(root.resolve() for root in roots))
        self._places = _places(self.roots)

    @property
    def slugs(self) -> tuple[str, ...]:
        """Return every slug, in order."""
        return tuple(sorted(self._places))

    @property
    def handler_directories(self) -> tuple[pathlib.Path, ...]:
        """Return where the handlers of the packs are."""
        return tuple(root / "handlers" for root in self.roots)

    def root(self, slug: str) -> pathlib.Path | None:
        """Return where a pack lies on disk; None if it does not."""
        return self._places.get(slug)

    def pack(self, slug: str) -> Pack:
        """Read a pack from disk, as it is now.

        Raises:
            errors.NotFound: There is no such pack; the message names those that look alike.
            errors.InvalidInput: Its `pack.yaml` has findings, or a file cannot be read.
        """
        if slug not in self._places:
            near = difflib.get_close_matches(slug, self._places, n=3)
            hint = f"是否应为：{'、'.join(near)}？" if near else f"现有：{'、'.join(self.slugs) or '无'}。"
            raise errors.NotFound(f"没有名为“{slug}”的流程包。{hint}", slug=slug)
        return read(self._places[slug], slug)

    def packs(self) -> Iterator[Pack]:
        """Read every pack, in order of slug."""
        for slug in self.slugs:
            yield self.pack(slug)


def find(settings: config.Settings, *, shipped: bool = True) -> Catalog:
    """Find packs: those gongkai ships, of installed distributions, and of `GONGKAI_PACKS`.

    Raises:
        errors.InvalidInput: A configured directory does not exist, or two packs have the same slug.
    """
    roots = [_OWN_ROOT] if shipped else []
    for point in importlib.metadata.entry_points(group=ENTRY_POINTS):
        roots.append(_entry_point_root(point))
    for path in settings.packs:
        if not (path / "processes").is_dir():
            raise errors.InvalidInput(f"GONGKAI_PACKS 中的目录 {path} 应包含 processes/<流程包>/，实际没有。")
        roots.append(path)
    return Catalog(roots)


def read(root: pathlib.Path, slug: str) -> Pack:
    """Read one pack of a root.

    Raises:
        errors.InvalidInput: `pack.yaml` is missing or has findings (`details["findings"]`), or a file is too large.
    """
    resources = tuple(_collect(root.resolve(), slug))
    if not any(each.kind is definitions.ResourceKind.PACK for each in resources):
        raise errors.InvalidInput(f"流程包“{slug}”缺少 {root / 'processes' / slug / packfile.NAME}。")
    return assemble(slug, resources, root)


def assemble(slug: str, resources: tuple[definitions.Resource, ...], root: pathlib.Path | None = None) -> Pack:
    """Put a pack together from its files, in order of path, among which is its `pack.yaml`.

    Raises:
        errors.InvalidInput: `pack.yaml` has findings (`details["findings"]`).
    """
    own = next(each for each in resources if each.kind is definitions.ResourceKind.PACK)
    digest = hashlib.sha256()
    for each in resources:
        digest.update(f"{each.path}\0{each.sha256}\n".encode())
    return Pack(root, packfile.parse(own.content, slug, own.path), resources, digest.hexdigest())


def _places(roots: Iterable[pathlib.Path]) -> dict[str, pathlib.Path]:
    places: dict[str, pathlib.Path] = {}
    for root in roots:
        for path in sorted((root / "processes").glob(f"[!.]*/{packfile.NAME}")):
            slug = path.parent.name
            if not SLUG.fullmatch(slug):
                raise errors.InvalidInput(f"流程包目录名应为小写字母开头的字母、数字、- 和 _，现为 {path.parent}。")
            if slug in places:
                raise errors.InvalidInput(
                    f"流程包“{slug}”有两处：{places[slug] / 'processes' / slug} 和 {path.parent}。请改名或删除其一。"
                )
            places[slug] = root
    return places


def _entry_point_root(point: importlib.metadata.EntryPoint) -> pathlib.Path:
    try:
        loaded = point.load()
        root = pathlib.Path(next(iter(loaded.__path__))) if hasattr(loaded, "__path__") else pathlib.Path(loaded)
    except Exception as error:
        raise errors.InvalidInput(
            f"入口点 {ENTRY_POINTS} 的“{point.name}”（{point.value}）应为一个包或目录，无法载入：{error}。"
        ) from error
    return root


# --- files -----------------------------------------------------------------------------------------------------------


def patterns(slug: str) -> tuple[tuple[str, definitions.ResourceKind], ...]:
    """Return where the files of a pack are, as shell patterns, and what they are."""
    kinds = definitions.ResourceKind
    return (
        (f"forms/{slug}/{_VISIBLE}.json", kinds.FORM),
        (f"processes/{slug}/{_VISIBLE}.bpmn", kinds.PROCESS),
        (f"processes/{slug}/{_VISIBLE}.dmn", kinds.DECISION),
        (f"processes/{slug}/documents/{_VISIBLE}.j2", kinds.TEMPLATE),
        (f"processes/{slug}/invariants.yaml", kinds.INVARIANTS),
        (f"processes/{slug}/figures.yaml", kinds.FIGURES),
        (f"processes/{slug}/{packfile.NAME}", kinds.PACK),
    )


def _collect(root: pathlib.Path, slug: str) -> Iterator[definitions.Resource]:
    found = ((path, kind) for pattern, kind in patterns(slug) for path in root.glob(pattern))
    for path, kind in sorted(found):
        content = _content(root, slug, path)
        name = path.relative_to(root).as_posix()
        yield definitions.Resource(name, kind, hashlib.sha256(content).hexdigest(), content)


def _content(root: pathlib.Path, slug: str, path: pathlib.Path) -> bytes:
    shown = str(path).encode(errors="backslashreplace").decode()
    if shown != str(path):
        raise errors.InvalidInput(f"流程包“{slug}”的文件 {shown} 的名称应为 UTF-8 编码，请改名。")
    try:
        target = path.resolve()
        if not target.is_relative_to(root):
            raise errors.InvalidInput(f"流程包“{slug}”的文件 {path} 指向流程包之外的 {target}。")
        about = path.stat()
        # A pipe would be waited for, a huge file would fill the memory: neither is opened.
        if not stat.S_ISREG(about.st_mode):
            raise errors.InvalidInput(f"流程包“{slug}”的 {path} 应为普通文件，实际不是。")
        if about.st_size > MAX_SIZE:
            raise errors.InvalidInput(f"文件 {path} 过大：应不超过 {MAX_SIZE} 字节，实际为 {about.st_size} 字节。")
        return path.read_bytes()
    except (OSError, RuntimeError) as error:  # RuntimeError: links that go round in a circle
        raise errors.InvalidInput(f"流程包“{slug}”的文件 {path} 不能读取：{error}。") from None

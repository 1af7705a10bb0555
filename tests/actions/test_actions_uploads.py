"""Packs as archives: what an honest one becomes, and what hostile ones are refused for."""

from __future__ import annotations

import io
import pathlib
import stat
import zipfile
from collections.abc import Callable
from typing import Any

import packbuilder as p
import pytest
import snippets as s

from engine import catalog, errors
from engine.actions import deployments, uploads
from engine.model import commands

MAIN = p.line(s.user("a", name="审核"), ids=("a",), name="审核")
DESIGNER = commands.Actor("designer", designs=True)
Make = Callable[[zipfile.ZipFile], Any]


def archive(root: pathlib.Path, *, then: Make | None = None, without: str = "handlers") -> io.BytesIO:
    """Zip what lies below a directory; `then` may add more."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for path in sorted(root.rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.is_file() and not name.startswith(without):
                made.write(path, name)
        if then is not None:
            then(made)
    stream.seek(0)
    return stream


@pytest.fixture
def root(tmp_path: pathlib.Path) -> pathlib.Path:
    forms = {"apply": p.schema(title=p.text())}
    return p.write(tmp_path / "upload", {"main": MAIN}, forms=forms)


def test_an_archive_is_the_pack_that_lies_on_disk(root):
    (root / "processes" / "demo" / "README.md").write_text("about", encoding="utf-8")
    on_disk, uploaded = catalog.read(root, "demo"), uploads.read(archive(root))
    assert (uploaded.slug, uploaded.sha256, uploaded.resources) == ("demo", on_disk.sha256, on_disk.resources)
    assert uploaded.root is None


def test_an_archive_is_deployed_once_and_then_only_what_changes(drive, root):
    driver = drive(main=MAIN, forms={"apply": p.schema(title=p.text())})
    admin = driver.user("admin")
    assert uploads.deploy(driver.engine, archive(root), admin).unchanged
    p.write(root, {"main": p.line(s.user("b", name="复核"), ids=("b",), name="审核", tag="2")})
    dry = uploads.deploy(driver.engine, archive(root), admin, dry_run=True)
    assert (dry.deployment, [change.kind for change in dry.changes]) == (None, [deployments.ChangeKind.CHANGED])
    done = uploads.deploy(driver.engine, archive(root), admin)
    assert done.deployment is not None and [change.version for change in done.changes] == [2]


def test_designers_see_what_a_deployment_would_do_and_operators_do_it(drive, root):
    driver = drive(main=MAIN)
    assert uploads.deploy(driver.engine, archive(root), DESIGNER, dry_run=True).files
    for actor, dry in ((DESIGNER, False), (driver.user("zhangsan"), True), (driver.user("zhangsan"), False)):
        with pytest.raises(errors.Forbidden):
            uploads.deploy(driver.engine, io.BytesIO(b"not looked at"), actor, dry_run=dry)


def test_what_is_wrong_with_the_pack_is_listed(drive, root):
    driver = drive(main=MAIN)
    p.write(root, {"main": p.line(s.service(camunda_topic="none.such"), ids=("send",), name="审核", tag="2")})
    with pytest.raises(errors.InvalidDiagram) as refused:
        uploads.deploy(driver.engine, archive(root), driver.user("admin"), dry_run=True)
    assert [finding.rule for finding in refused.value.details["findings"]] == ["handler"]


# --- hostile ---------------------------------------------------------------------------------------------------------


def _link(made: zipfile.ZipFile) -> None:
    info = zipfile.ZipInfo("processes/demo/link.bpmn")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    made.writestr(info, "/etc/passwd")


def _twice(made: zipfile.ZipFile) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        made.writestr("processes/demo/pack.yaml", "title: x")


def _crowd(made: zipfile.ZipFile) -> None:
    for number in range(uploads.MAX_FILES + 1):
        made.writestr(f"forms/demo/x{number}.json", "{}")


def _swollen(made: zipfile.ZipFile) -> None:
    for number in range(12):
        made.writestr(f"forms/demo/x{number}.json", b" " * (catalog.MAX_SIZE - 1))


@pytest.mark.parametrize(
    ("add", "sentence"),
    [
        (lambda made: made.writestr("handlers/demo.py", "import os"), "处理程序"),
        (lambda made: made.writestr("../evil.bpmn", "x"), "不能使用"),
        (lambda made: made.writestr("processes/demo/../../evil.bpmn", "x"), "不能使用"),
        (lambda made: made.writestr("/processes/demo/evil.bpmn", "x"), "不能使用"),
        (lambda made: made.writestr("C:/evil.bpmn", "x"), "不能使用"),
        (lambda made: made.writestr("processes/demo/a\nb.bpmn", "x"), "不能使用"),
        (lambda made: made.writestr("processes/demo/run.py", "x"), "不应有"),
        (lambda made: made.writestr("processes/demo/deep/x.bpmn", "x"), "不应有"),
        (lambda made: made.writestr("forms/other/x.json", "{}"), "不应有"),
        (lambda made: made.writestr("processes/other/pack.yaml", "x"), "只有一个"),
        (lambda made: made.writestr("forms/demo/x.json", b" " * (catalog.MAX_SIZE + 1)), "过大"),
        (lambda made: made.writestr("forms/demo/x.json", "{}", zipfile.ZIP_BZIP2), "deflate"),
        (_link, "不是普通文件"),
        (_twice, "两个"),
        (_crowd, "最多 1000 个"),
        (_swollen, "解压后最多 50 MB"),
    ],
)
def test_what_no_honest_archive_has_is_refused(root, add, sentence):
    with pytest.raises(errors.InvalidInput, match=sentence):
        uploads.read(archive(root, then=add))


def test_what_is_no_archive_is_refused(root):
    whole = archive(root).getvalue()
    for content in (b"", b"PK\x03\x04", whole[:-30], whole[: len(whole) // 2], b"x" * 1000):
        with pytest.raises(errors.InvalidInput, match="zip"):
            uploads.read(io.BytesIO(content))
    with pytest.raises(errors.InvalidInput, match="20 MB"):
        uploads.read(io.BytesIO(b"x" * (uploads.MAX_ARCHIVE + 1)))
    with pytest.raises(errors.InvalidInput, match="只有一个"):
        uploads.read(archive(root, without="processes"))


def test_an_archive_that_lies_about_its_sizes_is_refused(root):
    """What a file unpacks to is counted, not believed."""
    stream = archive(root, then=lambda made: made.writestr("forms/demo/big.json", b" " * 4_000_000))
    content = bytearray(stream.getvalue())
    sizes = (4_000_000).to_bytes(4, "little")
    assert content.count(sizes) == 2
    with pytest.raises(errors.InvalidInput):
        uploads.read(io.BytesIO(content.replace(sizes, (10).to_bytes(4, "little"))))


def test_what_a_file_manager_leaves_behind_does_no_harm(root):
    def leave(made: zipfile.ZipFile) -> None:
        made.writestr("__MACOSX/processes/demo/._pack.yaml", b"\x00")
        made.writestr("processes/demo/.DS_Store", b"\x00")
        made.mkdir("processes/demo/documents")

    assert uploads.read(archive(root, then=leave)).sha256 == catalog.read(root, "demo").sha256

"""What lies about in directories of packs, and what hostile or broken files do: never a crash, never a wait."""

from __future__ import annotations

import os
import pathlib

import pytest

from engine import catalog, errors, packfile, registry

YAML = """\
title: 政务公开
source: {file: 000_x.txt, date: 2016-06-08, issuer: 市政务办}
roles:
  - {id: zonghechu, name: 综合处}
"""


@pytest.fixture
def home(tmp_path: pathlib.Path) -> pathlib.Path:
    """A pack with one diagram and one form."""
    place = tmp_path / "processes" / "demo"
    (place / "documents").mkdir(parents=True)
    (tmp_path / "forms" / "demo").mkdir(parents=True)
    (place / "pack.yaml").write_text(YAML, encoding="utf-8")
    (place / "a.bpmn").write_text("<a/>")
    (tmp_path / "forms" / "demo" / "f.json").write_text("{}")
    return place


def read(home: pathlib.Path) -> list[str]:
    return [each.path for each in catalog.Catalog([home.parent.parent]).pack("demo").resources]


EXPECTED = ["forms/demo/f.json", "processes/demo/a.bpmn", "processes/demo/pack.yaml"]

# --- files that lie about --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["._a.bpmn", ".a.bpmn", "a.bpmn~", "#a.bpmn#", "a.bpmn.bak", ".a.bpmn.swp", "a.bpmn.orig", "b.BPMN"],
)
def test_what_editors_and_systems_leave_behind_is_no_part_of_a_pack(home, name) -> None:
    (home / name).write_bytes(b"\x00\x05\x16\x07")
    assert read(home) == EXPECTED


def test_the_lock_of_an_editor_is_no_part_of_a_pack(home) -> None:
    (home / ".#a.bpmn").symlink_to("somebody@host.1234:1")
    (home.parent.parent / "forms" / "demo" / ".#f.json").symlink_to("somebody@host.1234:1")
    assert read(home) == EXPECTED


def test_a_hidden_directory_is_no_pack(home) -> None:
    for name in (".git", ".demo.swp"):
        (home.parent / name).mkdir()
        (home.parent / name / "pack.yaml").write_text("no")
    assert catalog.Catalog([home.parent.parent]).slugs == ("demo",)


@pytest.mark.parametrize("kind", ["directory", "dangling", "loop", "pipe", "name", "link-out", "huge"])
def test_a_file_that_cannot_be_one_is_refused_and_named(home, kind, tmp_path) -> None:
    odd = home / "odd.bpmn"
    if kind == "directory":
        odd.mkdir()
    elif kind == "dangling":
        odd.symlink_to("nowhere.bpmn")
    elif kind == "loop":
        odd.symlink_to("odd.bpmn")
    elif kind == "pipe":
        os.mkfifo(odd)
    elif kind == "name":
        (home / os.fsdecode(b"odd\xff.bpmn")).write_text("<a/>")
    elif kind == "link-out":
        odd.symlink_to("/etc/hostname")
    else:
        odd.touch()
        os.truncate(odd, 20 * 2**30)  # it takes no place on the disk; read, it would take all memory
    with pytest.raises(errors.InvalidInput, match="odd"):
        read(home)


def test_a_pack_that_is_a_link_into_another_root_is_refused(home, tmp_path) -> None:
    other = tmp_path / "other"
    (other / "processes").mkdir(parents=True)
    (other / "processes" / "demo").symlink_to(home)
    with pytest.raises(errors.InvalidInput, match="之外"):
        catalog.Catalog([other]).pack("demo")
    with pytest.raises(errors.InvalidInput, match="有两处"):
        catalog.Catalog([tmp_path, other])


def test_one_root_under_two_names_is_one_root(home, tmp_path) -> None:
    (tmp_path / "again").symlink_to(tmp_path)
    assert catalog.Catalog([tmp_path, tmp_path / "again", tmp_path / "processes" / ".."]).slugs == ("demo",)


def test_a_pack_without_its_own_file_any_more_is_refused(home) -> None:
    packs = catalog.Catalog([home.parent.parent])
    (home / "pack.yaml").unlink()
    with pytest.raises(errors.InvalidInput, match="缺少"):
        packs.pack("demo")


# --- pack.yaml -------------------------------------------------------------------------------------------------------

BOMB = "&a [x, x, x, x, x, x, x, x, x, x]" + "".join(
    f", &{new} [{', '.join([f'*{old}'] * 10)}]" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
HOSTILE = {
    "aliases": f"{YAML}calendar: [{BOMB}]\n",
    "aliases in a key": f"{YAML}? [{BOMB}]\n: 1\n",
    "a list as a key": f"{YAML}? [1, 2]\n: 1\n",
    "merge": f"{YAML}calendar: &a {{x: 1}}\nclauses: {{<<: *a}}\n",
    "itself": f"{YAML}calendar: &a [*a]\n",
    "code": f"{YAML}calendar: !!python/object/apply:os.system [exit]\n",
    "own tag": f"{YAML}calendar: !mine x\n",
    "deep": f"{YAML}calendar: {'[' * 50_000}\n",
    "deep mapping": f"{YAML}calendar: {'{a: ' * 20_000}\n",
    "many digits": f"{YAML}calendar: [{'1' * 10_000}]\n",
    "no moment": f"{YAML}calendar: [!!timestamp x]\n",
    "no day": YAML.replace("2016-06-08", "2016-13-45"),
    "no number": f"{YAML}calendar: [!!int x]\n",
    "empty number": f"{YAML}calendar: [!!int '']\n",
    "empty fraction": f"{YAML}calendar: [!!float '']\n",
    "neither": f"{YAML}calendar: [!!bool maybe]\n",
    "no base64": f"{YAML}calendar: [!!binary ä]\n",
    "twice": f"{YAML}title: 另一个\n",
    "twice within": YAML.replace("file:", "issuer: 谁, file:"),
    "two documents": f"{YAML}---\n{YAML}",
    "zero": f"{YAML}#\x00\n",
    "control": f"{YAML}#\x07\n",
    "half a character": YAML.replace("政务公开", '"\\ud800"'),
    "unclosed": f'{YAML}calendar: "\n',
    "tab": f"{YAML}calendar:\n\t- x\n",
    "empty": "",
    "only a comment": "# nothing\n",
    "null": "~",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_pack_yaml_is_refused_at_once_with_its_place(name) -> None:
    with pytest.raises(errors.InvalidInput, match=r"pack\.yaml") as refused:
        packfile.parse(HOSTILE[name].encode(), "demo")
    assert len(refused.value.message) < 2000


@pytest.mark.parametrize(
    "content",
    [
        YAML.encode("utf-8-sig"),
        YAML.replace("\n", "\r\n").encode(),
        YAML.replace("\n", "\r").encode(),
        YAML.encode() + b"\n\n\n",
        b"# coding\n%b" % YAML.encode(),
        f"---\n{YAML}...\n".encode(),
    ],
)
def test_how_a_system_ends_its_lines_makes_no_difference(content) -> None:
    info = packfile.parse(content, "demo")
    assert info.title == "政务公开"
    assert info.roles == (packfile.Role("zonghechu", "综合处"),)


@pytest.mark.parametrize("encoding", ["utf-16", "gb18030"])
def test_another_encoding_is_named(encoding) -> None:
    with pytest.raises(errors.InvalidInput, match="UTF-8"):
        packfile.parse(YAML.encode(encoding), "demo")


# --- handlers --------------------------------------------------------------------------------------------------------


def scan(tmp_path: pathlib.Path, source: str | bytes, name: str = "work.py") -> registry.Registry:
    directory = tmp_path / "handlers"
    directory.mkdir(exist_ok=True)
    (directory / name).write_bytes(source.encode() if isinstance(source, str) else source)
    return registry.scan([directory])


@pytest.mark.parametrize(
    "source",
    [
        "import sys\nsys.exit()",
        "raise SystemExit('no')",
        "raise BaseExceptionGroup('all', [SystemExit()])",
        "import there_is_no_such_module",
        "def f(:",
        b"x = '\xff'",
        b"x = '\x00'",
        "1 / 0",
        "from engine import registry\n@registry.handler('')\ndef f(job): ...",
        "from engine import registry\n@registry.handler('t', inputs={'a': 3})\ndef f(job): ...",
        "from engine import registry\n@registry.handler('t')\nclass F: ...",
        "from engine import registry\n@registry.handler('t')\nasync def f(job): ...",
        "def f():\n    f()\nf()",
        "class Odd:\n    def __call__(self): ...\n    def __getattr__(self, name): raise RuntimeError(name)\nx = Odd()",
    ],
)
def test_a_file_of_handlers_that_cannot_be_used_is_named(tmp_path, source) -> None:
    with pytest.raises(errors.InvalidInput, match=r"work\.py"):
        scan(tmp_path, source)


def test_the_keyboard_stops_also_an_import(tmp_path) -> None:
    with pytest.raises(KeyboardInterrupt):
        scan(tmp_path, "raise KeyboardInterrupt")


GOOD = "from engine import registry\n@registry.handler('good')\ndef f(job): ...\n"


def test_what_editors_leave_behind_is_no_handler(tmp_path) -> None:
    directory = tmp_path / "handlers"
    directory.mkdir()
    (directory / ".#work.py").symlink_to("somebody@host.1234:1")
    for name in (".work.py.swp", "work.py~", "._work.py", "#work.py#", "notes.txt"):
        (directory / name).write_bytes(b"\x00")
    (directory / ".venv").mkdir()
    (directory / ".venv" / "bad.py").write_text("1 / 0")
    assert scan(tmp_path, GOOD).topics == {"good"}


def test_something_that_takes_any_attribute_is_no_handler(tmp_path) -> None:
    source = GOOD + "from unittest import mock\nspare = mock.MagicMock()\nother = mock.call\n"
    assert scan(tmp_path, source).topics == {"good"}

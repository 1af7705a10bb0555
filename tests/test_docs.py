"""The documentation is true: the tutorial runs word by word, the reference says what the code says, links lead somewhere."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import re
import subprocess
import sys

import click
import make_reference
import pytest

import cli
from engine import config, errors
from engine.cli import session

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
TUTORIAL = DOCS / "tutorial" / "from-diagram-to-running-case.md"
PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md"), *(ROOT / "processes").rglob("*.md")])

_BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_SAVE = re.compile(r"Save\s+this\s+as\s+`([^`]+)`[^\n]*:\s*$")


# --- the tutorial ----------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class Block:
    """A block of shell, what is to be saved before it, and what the page shows below it."""

    shell: str
    files: dict[str, str]
    shown: str | None = None


def blocks(page: pathlib.Path) -> list[Block]:
    """Read a page as a newcomer does: save what is to be saved, run what is to be run, compare what is shown."""
    text = page.read_text(encoding="utf-8")
    found: list[Block] = []
    files: dict[str, str] = {}
    for match in _BLOCK.finditer(text):
        language, content = match.groups()
        saved = _SAVE.search(text[: match.start()].rstrip("\n"))
        if language == "sh":
            found.append(Block(content, files))
            files = {}
        elif language == "text":
            assert found[-1].shown is None, content
            found[-1].shown = content
        else:
            assert saved, f"a block that is neither saved nor run: {content[:80]}"
            files[saved[1]] = content
    assert not files
    return found


def follow(page: pathlib.Path, home: pathlib.Path) -> list[tuple[Block, str, bool]]:
    """Run the blocks of a page in one shell; return each with what it wrote and whether a command failed."""
    script = ["trap 'failed=1' ERR"]
    read = blocks(page)
    for number, block in enumerate(read):
        for path, content in block.files.items():
            script.append(f"cat > '{path}' <<'END_OF_FILE'\n{content.rstrip(chr(10))}\nEND_OF_FILE")
        script.append(f"failed=0\n{block.shell}\nprintf '\\n@@@ {number} %s\\n' \"$failed\"")
    path = f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GONGKAI_")}
    ran = subprocess.run(
        ["bash"], input="\n".join(script), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=300, env={**kept, "HOME": str(home), "PATH": path, "NO_COLOR": "1"},
    )  # fmt: skip
    parts = re.split(r"\n@@@ (\d+) (\d)\n", ran.stdout)
    assert len(parts) == 3 * len(read) + 1, ran.stdout
    return [(block, parts[3 * n], parts[3 * n + 2] == "1") for n, block in enumerate(read)]


def plain(text: str) -> list[str]:
    """Return the lines of an output, with what differs from day to day and from terminal to terminal left out."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    lines = [re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "0000-00-00 00:00", line) for line in lines]
    lines = [re.sub(r"〔\d{4}〕|\b20\d\d\.txt", "〔0000〕", line) for line in lines]
    return [re.sub(r"─+", "─", re.sub(r"\s{2,}", "  ", line)) for line in lines]


def matches(shown: str, written: str) -> bool:
    """Tell whether an output is what a page shows; a line `…` stands for any lines, `…` in a line for any text."""
    pattern = "".join(
        "(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + "\n" for line in plain(shown)
    )
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in plain(written))) is not None


def test_the_tutorial_runs_word_by_word_and_shows_what_it_says(tmp_path: pathlib.Path) -> None:
    followed = follow(TUTORIAL, tmp_path)
    assert len(followed) > 15
    for block, written, failed in followed:
        if block.shown is not None:
            assert matches(block.shown, written), f"{block.shell}\nshown:\n{block.shown}\nwritten:\n{written}"
        assert failed == ("错误" in (block.shown or "")), f"{block.shell}\n{written}"
    assert (tmp_path / "guangming" / "var" / "gongkai.db").is_file()


# --- the reference ---------------------------------------------------------------------------------------------------


def test_generated_pages_are_up_to_date() -> None:
    stale = [
        str(path.relative_to(ROOT))
        for path, content in make_reference.pages().items()
        if not path.exists() or told(path.read_text(encoding="utf-8")) != told(content)
    ]
    assert not stale, f"run tools/make_reference.py; out of date: {stale}"


def told(content: str) -> object:
    """Return what a generated file says: of a picture the elements and their names, wherever they stand."""
    if not content.startswith("<svg"):
        return content
    return set(re.findall(r'data-element="([^"]*)"><title>([^<]*)<', content))


def test_every_command_and_option_is_documented() -> None:
    page = (DOCS / "reference" / "cli.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^#+ (gongkai [^\n]*)\n(.*?)(?=^#+ gongkai |\Z)", page, re.MULTILINE | re.DOTALL))

    def look(names: tuple[str, ...], command: click.Command) -> None:
        section = sections[" ".join(names)]
        if isinstance(command, click.Group):
            for name, inner in command.commands.items():
                look((*names, name), inner)
            return
        for param in command.params:
            if isinstance(param, click.Option) and not param.hidden:
                assert all(f"`{name}`" in section for name in param.opts), (names, param.name)

    for name, command in cli.main.commands.items():
        look(("gongkai", name), command)
    for param in cli.main.params:
        assert f"`{param.opts[0]}`" in page


def test_every_setting_is_documented() -> None:
    page = (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")
    for field in dataclasses.fields(config.Settings):
        assert f"| `{config.PREFIX}{field.name.upper()}` | " in page


def test_every_error_is_documented() -> None:
    page = (DOCS / "reference" / "errors.md").read_text(encoding="utf-8")
    kinds = make_reference.error_classes()
    assert errors.InvalidForm in kinds
    for kind in kinds:
        assert f"| `{kind.__name__}` | `{kind.code}` | {session.exit_code(kind('x'))} | " in page
    for code in {0, 2, *session.EXIT_CODES.values()}:
        assert f"| {code} | " in (DOCS / "reference" / "cli.md").read_text(encoding="utf-8")


# --- links and commands ----------------------------------------------------------------------------------------------


def without_code(text: str) -> str:
    return re.sub(r"`[^`\n]*`", "", _BLOCK.sub("", text))


def anchors(page: pathlib.Path) -> set[str]:
    """Return the anchors of a page as GitHub makes them of its headings."""
    headings = re.findall(r"^#+ (.*)$", _BLOCK.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: pathlib.Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text(encoding="utf-8"))):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


def test_every_page_is_in_the_index() -> None:
    index = DOCS / "README.md"
    linked = {
        (DOCS / target.split("#")[0]).resolve()
        for target in re.findall(r"\]\(([^)\s]+)\)", index.read_text(encoding="utf-8"))
    }
    missing = [
        str(page.relative_to(DOCS)) for page in sorted(DOCS.rglob("*.md")) if page != index and page not in linked
    ]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_in_the_text_exist(page: pathlib.Path) -> None:
    for line in command_lines(page.read_text(encoding="utf-8")):
        words = line.split()
        while words and words[0] in ("--as", "--database"):
            words = words[2:]
        if not words or words[0] in ("-h", "--help", "--version", "--as", "…"):
            continue
        command: click.Command = cli.main
        while isinstance(command, click.Group) and words and not words[0].startswith("-"):
            names = words[0].split("|")
            assert set(names) <= set(command.commands), line
            if len(names) > 1:
                break
            command, words = command.commands[names[0]], words[1:]
        known = {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
        given = {word.split("=")[0] for word in words if word.startswith("--") and len(word) > 2}
        assert given <= known | {"--help"}, line


def command_lines(text: str) -> list[str]:
    """Return what follows `gongkai` wherever a page shows a command: in blocks of shell and between backquotes."""
    shell = [content for language, content in _BLOCK.findall(text) if language in ("sh", "bash", "")]
    lines = "\n".join(shell).replace("\\\n", " ").splitlines()
    lines += re.findall(r"`([^`\n]+)`", _BLOCK.sub("", text))
    found = (re.match(r"\s*(?:\S*/)?gongkai ([a-z-].*)", line) for line in lines)
    return [re.split(r" #|[;|] ", match[1])[0].rstrip(";") for match in found if match]


def test_the_readme_shows_what_make_run_prints_and_its_commands_go_on_from_there(tmp_path: pathlib.Path) -> None:
    gongkai = pathlib.Path(sys.executable).parent / "gongkai"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GONGKAI_")}
    found = _BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    shown = next(content for _, content in found if "━━" in content)
    by_hand = next(content for _, content in found if "task complete" in content)

    def run(line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", line], cwd=tmp_path, capture_output=True, text=True, timeout=120, env=environment
        )

    written = [re.sub(r"\d{4}-\d\d-\d\d", "DATE", line).strip() for line in plain(run(f"{gongkai} demo").stdout)]
    for line in plain(shown):
        line = re.sub(r"\d{4}-\d\d-\d\d", "DATE", line).strip()
        assert "…" in line or line in written, line
    lines = by_hand.replace("\\\n", " ").replace(".venv/bin/gongkai", str(gongkai)).splitlines()
    assert len(lines) >= 5
    for line in lines:
        answer = run(line)
        assert answer.returncode == (4 if "# refused" in line else 0), (line, answer.stderr)

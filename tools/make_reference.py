#!/usr/bin/env python3
"""Write what the documentation takes from the code: the reference of commands, settings and errors, and the pictures.

Usage: tools/make_reference.py          (tests/test_docs.py fails while something is out of date)
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pathlib
import pkgutil
import re
import sys
from collections.abc import Iterator

import click

ROOT = pathlib.Path(__file__).resolve().parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

import api_reference  # noqa: E402
import events_reference  # noqa: E402

import cli as command_line  # noqa: E402
import engine  # noqa: E402
from engine import config, errors  # noqa: E402
from engine.bpmn import layout, picture  # noqa: E402
from engine.bpmn.lint import rules  # noqa: E402
from engine.cli import session  # noqa: E402

TUTORIAL = ROOT / "docs" / "tutorial" / "from-diagram-to-running-case.md"
MADE = "<!-- Made by tools/make_reference.py; change the code instead. -->\n"


def pages() -> dict[pathlib.Path, str]:
    """Return every generated file with its content."""
    for module in pkgutil.walk_packages(engine.__path__, "engine."):
        importlib.import_module(module.name)  # what is said does not depend on what happened to be imported
    reference, pictures = ROOT / "docs" / "reference", ROOT / "docs" / "pictures"
    return {
        reference / "cli.md": cli(),
        reference / "settings.md": settings(),
        reference / "errors.md": all_errors(),
        reference / "check-rules.md": rules.page(),
        reference / "api.md": api_reference.page(MADE),
        reference / "events.md": events_reference.page(MADE),
        pictures / "yushen.svg": _svg((ROOT / "processes" / "shizhengwuban" / "yushen.bpmn").read_bytes()),
        pictures / "dafu.svg": _svg(layout.layout(_diagram_of_the_tutorial())),
    }


def cli() -> str:
    """Return the page of the command line."""
    root = command_line.main
    parts = [
        "# Command line (命令行)\n",
        MADE,
        "`gongkai` is installed by `make run` as `.venv/bin/gongkai`. Options of `gongkai` itself go before the"
        " command: `gongkai --as chenjing task list`.\n",
        _parameters(root),
        "## How commands answer\n",
        "- Rows and results go to standard output; errors, hints and progress bars to standard error.",
        "- With `--json` the answer is one JSON value; times carry their zone (+08:00). An error is then a JSON object"
        " on standard error: `error` (a code of [errors](errors.md)), `message`, and `errors` for wrong fields."
        " `worker` writes a line of JSON per event.",
        "- `--form name=value` is text, read by the type of the field; lists and objects are JSON. `--var` and"
        " `--payload` values are JSON where they can be read so (`3`, `true`, `[1]`), else text.",
        "- Without `--as` a command acts for whoever runs it, as an operator (系统管理员): whoever can open the"
        " database may do everything but other people's tasks.\n",
        "| exit code | meaning |\n|---|---|",
        *(f"| {code} | {meaning} |" for code, meaning in _EXIT_CODES),
        "",
    ]
    for name, command in sorted(root.commands.items()):
        parts += _command(("gongkai", name), command)
    return "\n".join(parts).rstrip() + "\n"


_EXIT_CODES = (
    (0, "done"),
    (1, "`check` or `audit verify` has found problems; or another error"),
    (2, "the command line is wrong"),
    (3, "not found"),
    (4, "not allowed (无权限)"),
    (5, "the state has changed meanwhile, or the case rests or is over"),
    (6, "the input is wrong: a form, a diagram, a setting"),
    (7, "the database cannot be used"),
)


def _command(names: tuple[str, ...], command: click.Command) -> Iterator[str]:
    title = " ".join(names)
    about = inspect.cleandoc(command.help or "")
    if isinstance(command, click.Group):
        yield f"## {title}\n\n{about}\n"
        for name, inner in command.commands.items():
            yield from _command((*names, name), inner)
        return
    level = "##" if len(names) == 2 else "###"
    arguments = [p.make_metavar(click.Context(command)) for p in command.params if isinstance(p, click.Argument)]
    yield f"{level} {title}\n\n    {' '.join([title, '[OPTIONS]', *arguments])}\n\n{about}\n"
    yield _parameters(command)


def _parameters(command: click.Command) -> str:
    rows = []
    for option in command.params:
        if isinstance(option, click.Option) and not option.hidden:
            names = ", ".join(f"`{name}`" for name in option.opts)
            if not option.is_flag:
                names += f" {_metavar(option)}"
            rows.append(f"| {names} | {_about(option)} |")
    return "| option | |\n|---|---|\n" + "\n".join(rows) + "\n" if rows else ""


def _metavar(option: click.Option) -> str:
    if isinstance(option.type, click.Choice):
        return "/".join(f"`{choice}`" for choice in option.type.choices)
    return f"`{option.metavar or _KINDS.get(type(option.type), 'TEXT')}`"


_KINDS: dict[type[click.ParamType], str] = {
    click.types.IntParamType: "N",
    click.IntRange: "N",
    click.File: "FILE",
    click.Path: "FILE",
}


def _about(option: click.Option) -> str:
    notes = []
    if option.required:
        notes.append("required")
    if option.multiple:
        notes.append("may be repeated")
    if option.show_default:
        notes.append(f"default: {option.default}")
    return " ".join([option.help or "", *([f"({', '.join(notes)})"] if notes else [])])


def settings() -> str:
    """Return the page of the settings."""
    about = dict(re.findall(r"^(\w+): (.*(?:\n    .*)*)", inspect.getdoc(config.Settings) or "", re.MULTILINE))
    rows = []
    for field in dataclasses.fields(config.Settings):
        default = field.default if field.default != () else "none"
        text = re.sub(r"\s+", " ", about[field.name])
        rows.append(f"| `{config.PREFIX}{field.name.upper()}` | `{default}` | {text[0].upper()}{text[1:]} |")
    return "\n".join(
        [
            "# Settings (设置)\n",
            MADE,
            "Settings are environment variables, read once when a command starts. A variable that begins with"
            f" `{config.PREFIX}` and is not listed here is refused, so that a slip of the pen is not silently ignored;"
            " an empty one counts as not set. `gongkai --database URL` goes before `GONGKAI_DATABASE`.\n",
            "| variable | default | |\n|---|---|---|",
            *rows,
            "",
        ]
    )


def all_errors() -> str:
    """Return the page of the errors."""
    rows = []
    for kind in error_classes():
        message = (kind.__doc__ or "").strip().splitlines()[0]
        parent = kind.__mro__[1].__name__ if kind is not errors.GongkaiError else "Exception"
        exit_code = session.exit_code(kind("x"))
        rows.append(f"| `{kind.__name__}` | `{kind.code}` | {exit_code} | {message} | `{parent}` |")
    return "\n".join(
        [
            "# Errors (错误)\n",
            MADE,
            "Everything the platform refuses on purpose is one of these (`engine/errors.py`). The message says, in"
            " Chinese, what was expected, what was found and what to do; the *code* is for programs and does not"
            " change. An error that is not listed here is a mistake of the platform: report it with its traceback.\n",
            "| class | code | exit code | meaning when no message says more | kind of |\n|---|---|---|---|---|",
            *rows,
            "",
            "`InvalidForm` carries `errors`: a list of `field`, `label`, `message`, `code`"
            " ([codes](forms.md#error-codes)). `InvalidDiagram` carries `findings` ([rules](check-rules.md)).\n",
            "`BpmnError` is raised by handlers and caught by boundary events"
            " ([write a handler](../how-to/write-a-handler.md)).\n",
        ]
    )


def error_classes() -> list[type[errors.GongkaiError]]:
    """Return every error class in the order of the module."""
    return [kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, errors.GongkaiError)]


def _svg(diagram: bytes) -> str:
    return picture.svg(diagram)


def _diagram_of_the_tutorial() -> bytes:
    found = re.search(r"^```xml\n(.*?)^```$", TUTORIAL.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found, TUTORIAL
    return found[1].encode()


def main() -> None:
    """Write what is out of date."""
    for path, content in pages().items():
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
            print(f"written: {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()

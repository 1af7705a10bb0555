"""`form check|preview|list`: what designers of forms do before a procedure runs; and `file store`."""

from __future__ import annotations

import json
import pathlib
import shutil
import sys
from collections.abc import Iterator
from typing import Any

import click

from engine import bootstrap, errors, forms
from engine.actions import files
from engine.bpmn import lint
from engine.calendars import moments
from engine.cli import output, session
from engine.model import definitions

_PLACE = click.Path(dir_okay=False, path_type=pathlib.Path)


@click.group(cls=session.Group)
def form() -> None:
    """Forms: the fields of user tasks, start events and messages."""


@form.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=pathlib.Path))
@session.json_option
def check(paths: tuple[pathlib.Path, ...], as_json: bool) -> None:
    """Check form files by themselves; `gongkai check` also asks whether diagrams use them rightly.

    PATHS are .json files or directories of them. Exit code 1 tells that errors were found.
    """
    found: list[definitions.Finding] = []
    targets = list(dict.fromkeys(_targets(paths)))
    if not targets:
        raise errors.NotFound("没有找到表单文件：表单是 forms/<流程包>/ 下的 .json 文件。")
    for path in targets:
        try:
            _read(path)
        except errors.InvalidFormDefinition as error:
            found += error.details["findings"]  # type: ignore[arg-type]
    click.echo(lint.report_json(found) if as_json else lint.report_text(found), nl=False)
    if found:
        sys.exit(session.EXIT_CODES["findings"])


@form.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=pathlib.Path))
@click.option("-o", "--output", "target", type=_PLACE, help="Write here.")
@click.option("--values", type=click.File(encoding="utf-8"), help="A JSON file with values to fill it in with.")
@click.option("--read-only", is_flag=True, help="Show it as it is read.")
def preview(file: pathlib.Path, target: pathlib.Path | None, values: Any, read_only: bool) -> None:
    """Write a form as an HTML page that needs nothing else: to look at in a browser."""
    from engine.web.forms import preview as previews

    today = moments.local_day(bootstrap.SystemClock().now())
    text = previews.page(_read(file), today, values=session.pairs((), values), read_only=read_only)
    if target is None:
        click.echo(text)
    else:
        target.write_text(text, encoding="utf-8")
        click.echo(f"已写入 {output.clean(str(target))}", err=True)


@form.command("list")
@session.json_option
@session.pass_session
def list_(current: session.Session, as_json: bool) -> None:
    """List the forms of the packs on disk."""
    found = [
        (pack.slug, forms.parse(resource.content, resource.path))
        for pack in current.packs.packs()
        for resource in pack.of_kind(definitions.ResourceKind.FORM)
    ]
    if as_json:
        output.as_json(
            [
                {"id": each.id, "title": each.title, "clause": each.clause, "pack": slug, "sha256": each.sha256}
                for slug, each in found
            ]
        )
        return
    rows = [(each.id, each.title, sum(1 for _ in each.walk()), each.clause) for _, each in found]
    output.table(("表单", "名称", "字段数", "条款"), rows, empty="流程包中没有表单。")


def _targets(paths: tuple[pathlib.Path, ...]) -> Iterator[pathlib.Path]:
    for path in paths:
        yield from sorted(path.rglob("*.json")) if path.is_dir() else (path,)


def _read(path: pathlib.Path) -> forms.Form:
    # The form key is the directory and the name: the last two parts of the path.
    return forms.parse(path.read_bytes(), "/".join(path.resolve().parts[-3:]))


@click.group(cls=session.Group)
def file() -> None:
    """Files that forms hold."""


@file.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=pathlib.Path))
@session.json_option
@session.pass_session
def store(current: session.Session, path: pathlib.Path, as_json: bool) -> None:
    """Store a file and write the value for a field of a form: --form 'attachments=[…]'."""
    with path.open("rb") as stream:
        stored = files.store(current.engine, current.actor, stream, path.name, purpose="command line")
    value = stored.as_value()
    output.answer(as_json, value, json.dumps(value, ensure_ascii=False))


@file.command()
@click.argument("token")
@click.option("-o", "--output", "target", required=True, type=_PLACE, help="Where to; an existing file is replaced.")
@session.json_option
@session.pass_session
def get(current: session.Session, token: str, target: pathlib.Path, as_json: bool) -> None:
    """Copy a stored file to where one can open it."""
    found, content = files.find(current.engine, token, current.actor)
    shutil.copyfile(content, target)
    output.answer(as_json, {**found.as_value(), "path": str(target)}, f"已将“{found.name}”写入 {target}")

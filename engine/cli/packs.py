"""`check`, `layout`, `deploy`: what process designers do before a procedure runs."""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Iterator

import click

from engine import catalog, errors
from engine.actions import checking, deployments
from engine.bpmn import layout as layouts
from engine.bpmn import lint
from engine.cli import output, session
from engine.model import definitions


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=pathlib.Path))
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to report."
)
@click.option("--strict", is_flag=True, help="Let warnings fail the check too.")
@session.json_option
@session.pass_session
def check(current: session.Session, paths: tuple[pathlib.Path, ...], form: str, strict: bool, as_json: bool) -> None:
    """Check diagrams, or whole packs with their forms, decisions, roles and handlers.

    PATHS are .bpmn files or directories: of one pack, or of many. Exit code 1 tells that errors were found.
    """
    targets = list(dict.fromkeys(_targets(paths)))
    findings: list[definitions.Finding] = []
    with click.progressbar(targets, label="检查", file=sys.stderr, hidden=not sys.stderr.isatty()) as shown:
        for target in shown:
            findings += _check(current, target)
    if as_json or form == "json":
        click.echo(lint.report_json(findings), nl=False)
    else:
        click.echo(lint.report_text(findings), nl=False)
    if any(strict or finding.severity == "error" for finding in findings):
        sys.exit(session.EXIT_CODES["findings"])


def _targets(paths: tuple[pathlib.Path, ...]) -> Iterator[pathlib.Path]:
    """Yield pack directories and single diagrams."""
    for path in paths:
        if path.is_file() or (path / "pack.yaml").is_file():
            yield path
            continue
        packs = sorted(found.parent for found in path.rglob("pack.yaml"))
        yield from packs or sorted(path.rglob("*.bpmn"))


def _check(current: session.Session, target: pathlib.Path) -> list[definitions.Finding]:
    pack = _pack_of(current, target)
    if pack is None:
        return lint.check(target.read_bytes(), str(target))
    topics = current.handlers.topics
    checked = checking.check(pack, topics=topics, others=lambda: _other_processes(current, pack))
    if target.is_dir():
        return list(checked.findings)
    return [finding for finding in checked.findings if pathlib.PurePath(finding.file).name == target.name]


def _pack_of(current: session.Session, target: pathlib.Path) -> catalog.Pack | None:
    directory = (target if target.is_dir() else target.parent).resolve()
    if not (directory / "pack.yaml").is_file():
        return None
    return catalog.read(directory.parent.parent, directory.name)


def _other_processes(current: session.Session, pack: catalog.Pack) -> set[str]:
    others = (each for each in current.packs.packs() if each.slug != pack.slug)
    return {key for other in others for key in checking.keys(other)}


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=pathlib.Path))
@click.option("-o", "--output", "target", type=click.Path(dir_okay=False, path_type=pathlib.Path), help="Write here.")
@click.option("--svg", "picture", is_flag=True, help="Draw the diagram as SVG beside the file instead.")
@session.json_option
def layout(files: tuple[pathlib.Path, ...], target: pathlib.Path | None, picture: bool, as_json: bool) -> None:
    """Lay diagrams out anew, lane by lane; everything but the drawing stays as it is."""
    if target is not None and len(files) > 1:
        raise click.UsageError("--output 只用于一个文件")
    written = []
    for file in files:
        if picture:
            from engine.bpmn import picture as pictures

            place = target or file.with_suffix(".svg")
            place.write_text(pictures.svg(file.read_bytes()), encoding="utf-8")
        else:
            place = target or file
            place.write_bytes(layouts.layout(file.read_bytes(), file.name))
        written.append(str(place))
    output.answer(as_json, {"written": written}, "\n".join(f"已写入 {place}" for place in written))


@click.command()
@click.argument("packs", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@session.json_option
@session.pass_session
def deploy(current: session.Session, packs: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
    """Deploy packs (all by default); what has not changed gets no new version."""
    slugs = packs or current.packs.slugs
    if not slugs:
        raise errors.NotFound("没有找到流程包：请检查 GONGKAI_PACKS，或在 processes/ 下建立流程包。")
    reports = []
    with click.progressbar(slugs, label="部署", file=sys.stderr, hidden=not sys.stderr.isatty()) as shown:
        for slug in shown:
            reports.append(deployments.deploy(current.engine, slug, current.actor, dry_run=dry_run))
    if as_json:
        output.as_json(reports)
        return
    rows = [
        (report.pack, c.key, c.name, c.kind, c.version, c.version_tag) for report in reports for c in report.changes
    ]
    output.table(("流程包", "流程", "名称", "变化", "版本", "版本标签"), rows)
    files = [(file.path, file.kind) for report in reports for file in report.files]
    if files and dry_run:
        output.table(("文件", "变化"), files)
    if dry_run:
        click.echo("这是预演，没有部署。")

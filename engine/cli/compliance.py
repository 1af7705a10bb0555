"""`audit invariants`: does what must always hold hold for everything that has happened?"""

from __future__ import annotations

import datetime
import sys

import click

from engine.actions import invariants as actions
from engine.actions import wording
from engine.cli import output, session
from engine.model import invariants as model


@click.command()
@click.option("--case", "case", metavar="KEY", help="Of the case with this number, and of its relatives.")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="What began or was made on this day or later.",
)
@click.option("--invariant", "only", metavar="ID", multiple=True, help="This one alone; can be given several times.")
@session.json_option
@session.pass_session
def invariants(
    current: session.Session, case: str | None, since: datetime.datetime | None, only: tuple[str, ...], as_json: bool
) -> None:
    """Check what must always hold (合规检查).

    What it is, the packs say in invariants.yaml. Nothing is changed. Exit code 1 tells that an error was found;
    warnings alone are no error.
    """
    begin = None if since is None else since.replace(tzinfo=output.BEIJING)
    watched = not as_json and sys.stderr.isatty()

    def progress(what: str, looked_at: int) -> None:
        if watched:
            click.echo(f"\r\x1b[K核对 {what}：{looked_at}", nl=False, err=True)

    report = actions.audit(
        current.engine, current.actor, only=only, scope=actions.Scope(case, begin), progress=progress
    )
    if watched:
        click.echo("\r\x1b[K", nl=False, err=True)
    if as_json:
        output.as_json({**output.plain(report), "errors": report.errors, "warnings": report.warnings})
    else:
        _say(report)
    if report.errors:
        sys.exit(session.EXIT_CODES["findings"])


def _say(report: model.Report) -> None:
    rows = [
        (
            each.invariant.id,
            _state(each),
            "—" if each.invariant.inapplicable else each.looked_at,
            each.invariant.statement,
        )
        for each in report.outcomes
    ]
    output.table(("编号", "结果", "核对数", "要求"), rows, empty="已部署的流程包没有写明核对项目（invariants.yaml）。")
    found = [
        (each.invariant.id, wording.SUBJECTS[violation.kind], violation.name, violation.instance_id, violation.evidence)
        for each in report.outcomes
        for violation in each.violations
    ]
    if found:
        click.echo()
        output.table(("编号", "对象", "名称", "事项", "查明的情况"), found)
    for each in report.outcomes:
        if each.violated > len(each.violations):
            click.echo(f"{each.invariant.id} 共 {each.violated} 处，以上列出 {len(each.violations)} 处。")
    if report.errors or report.warnings:
        click.echo(f"发现违反 {report.errors} 处，提示 {report.warnings} 处。")
    elif report.outcomes:
        click.echo("均符合要求。")


def _state(outcome: model.Outcome) -> str:
    word = wording.outcome(outcome)
    return f"{word} {outcome.violated}" if outcome.violated else word

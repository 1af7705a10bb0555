"""`retention plan|run|erase|holds|deleted`: how long cases are kept, and their deletion."""

from __future__ import annotations

import os
import socket

import click

from engine.actions import erasing
from engine.actions import retention as actions
from engine.cli import output, session
from engine.model import retention as model


@click.group(cls=session.Group)
def retention() -> None:
    """Cases whose time is over (保存期满), those under hold (保全), and those that were deleted."""


@retention.command()
@session.limit_option
@session.json_option
@session.pass_session
def plan(current: session.Session, limit: int, as_json: bool) -> None:
    """Tell which cases would be deleted, and why others stay whose time is over."""
    _tell_plan(actions.plan(current.engine, current.actor, limit=limit), as_json)


@retention.command()
@click.option("--dry-run", is_flag=True, help="Delete nothing; answer as `plan` does.")
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=100, show_default=True, help="Cases at most.")
@session.json_option
@session.pass_session
def run(current: session.Session, dry_run: bool, limit: int, as_json: bool) -> None:
    """Archive and delete cases whose time is over, now, whatever the window of the settings."""
    if dry_run:
        _tell_plan(actions.plan(current.engine, current.actor, limit=limit), as_json)
        return
    outcomes: list[erasing.Outcome] = []
    worker = f"{socket.gethostname()}-{os.getpid()}"
    deleted = erasing.run(current.engine, current.actor, worker=worker, limit=limit, told=outcomes.append)
    clean = erasing.scrub(current.engine)
    if as_json:
        output.as_json({"deleted": deleted, "scrubbed": clean, "cases": outcomes})
        return
    rows = [
        (
            each.case.instance_id,
            each.case.definition,
            "已删除" if each.deleted else "保留",
            each.archive or _why(each.case),
        )
        for each in outcomes
    ]
    output.table(("事项", "流程", "结果", "归档包或保留的原因"), rows, empty="没有保存期满的事项。")
    click.echo(f"已删除{deleted}件。")
    if not clean:
        click.echo("数据库文件正被读取，删除的内容还未从文件中抹除，请稍后再次运行 gongkai retention run。")


@retention.command()
@click.argument("instance_id", type=int)
@click.option("--reason", required=True, help="On what ground; it is kept for good, so it names nobody.")
@click.option("--archive/--no-archive", default=True, show_default=True, help="Write the archive package before.")
@session.json_option
@session.pass_session
def erase(current: session.Session, instance_id: int, reason: str, archive: bool, as_json: bool) -> None:
    """Delete one ended case now, before its time, where somebody may demand it (个人信息删除)."""
    worker = f"{socket.gethostname()}-{os.getpid()}"
    outcome = erasing.on_demand(current.engine, instance_id, current.actor, reason, archive=archive, worker=worker)
    where = f"归档包：{outcome.archive}" if outcome.archive else "没有归档"
    left = "" if outcome.scrubbed else "数据库文件中的残余尚未覆盖，由后台继续。"
    output.answer(as_json, outcome, f"已删除事项 {instance_id}（共{outcome.case.cases}件），{where}。{left}")


@retention.command()
@session.limit_option
@session.json_option
@session.pass_session
def holds(current: session.Session, limit: int, as_json: bool) -> None:
    """List the cases under hold."""
    found = actions.holds(current.engine, current.actor, limit=limit)
    if as_json:
        output.as_json(found)
        return
    rows = [(each.instance_id, each.reason, each.placed_by, each.placed_at) for each in found]
    output.table(("事项", "保全的理由", "保全人", "保全时间"), rows, empty="没有保全的事项。")


@retention.command()
@click.option("--after", type=click.IntRange(0), default=0, help="Cases with higher numbers only.")
@session.limit_option
@session.json_option
@session.pass_session
def deleted(current: session.Session, after: int, limit: int, as_json: bool) -> None:
    """List the cases that were deleted, by number."""
    found = actions.erasures(current.engine, current.actor, after=after, limit=limit)
    if as_json:
        output.as_json(found)
        return
    rows = [(each.instance_id, each.at, each.by, each.ground, each.archive) for each in found]
    output.table(("事项", "删除时间", "操作人", "依据", "归档包"), rows, empty="没有删除过事项。")


def _tell_plan(found: list[model.Due], as_json: bool) -> None:
    if as_json:
        output.as_json(found)
        return
    rows = [
        (
            each.instance_id,
            each.definition,
            each.business_key,
            each.ended_at,
            each.kept,
            each.until,
            each.cases,
            _why(each),
        )
        for each in found
    ]
    headings = ("事项", "流程", "业务编号", "办结时间", "保存期限", "期满时间", "件数", "保留的原因")
    output.table(headings, rows, empty="没有保存期满的事项。")
    going = sum(not each.stays for each in found)
    click.echo(f"可以删除{going}件，保留{len(found) - going}件。")


def _why(case: model.Due) -> str:
    return "；".join(each.why for each in case.stays)

"""`batch start|list|show|pause|resume|cancel|retry`: one act on many cases or incidents."""

from __future__ import annotations

import datetime
import time
from typing import Any

import click

from engine import errors
from engine.actions import batch_kinds, batch_work, batches
from engine.calendars import moments
from engine.cli import output, session
from engine.model import batches as model
from engine.model import instances

#: Seconds between looks at a batch that others carry out just now.
_POLL = 0.2

_STATES = {
    model.BatchState.COLLECTING: "准备中",
    model.BatchState.RUNNING: "办理中",
    model.BatchState.PAUSED: "已暂停",
    model.BatchState.FINISHED: "已办完",
    model.BatchState.CANCELLED: "已取消",
}
_ITEMS = {
    model.ItemState.WAITING: "等待",
    model.ItemState.DONE: "已办",
    model.ItemState.REFUSED: "不予办理",
    model.ItemState.FAILED: "失败",
}
_MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"])


@click.group(cls=session.Group)
def batch() -> None:
    """Batches: one act on many cases or incidents, carried out by workers."""


@batch.command()
@click.argument("kind", type=click.Choice(list(batch_kinds.KINDS)))
@click.option("--id", "ids", type=int, multiple=True, help="These instances; of `retry`, these incidents.")
@click.option("--definition", help="Instances of this process.")
@click.option("--at-version", "version", type=int, help="Of this version of it.")
@click.option("--status", type=click.Choice(["active", "suspended"]), help="That stand so.")
@click.option("--started-after", type=_MOMENT, help="Started then or later, Beijing time.")
@click.option("--started-before", type=_MOMENT, help="Started before then, Beijing time.")
@click.option("--element", help="With an open incident at this element.")
@click.option("--incident", type=click.Choice([k.value for k in instances.IncidentKind]), help="Of this kind.")
@click.option("--reason", help="Why; kept in the audit trail. `cancel` needs one.")
@click.option("--to-version", type=int, help="Of `migrate`: which version they go on with.")
@click.option("--map", "mapping", multiple=True, metavar="OLD=NEW", help="Of `migrate`: new id of an element or flow.")
@click.option("--reckon", is_flag=True, help="Of `migrate`: count open timers and due times anew.")
@click.option("--preview", is_flag=True, help="Only show how many and which are meant.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--wait", is_flag=True, help="Help to carry it out, and wait for the end.")
@session.limit_option
@session.json_option
@session.pass_session
def start(
    current: session.Session,
    kind: str,
    ids: tuple[int, ...],
    definition: str | None,
    version: int | None,
    status: str | None,
    started_after: datetime.datetime | None,
    started_before: datetime.datetime | None,
    element: str | None,
    incident: str | None,
    reason: str | None,
    to_version: int | None,
    mapping: tuple[str, ...],
    reckon: bool,
    preview: bool,
    yes: bool,
    wait: bool,
    limit: int,
    as_json: bool,
) -> None:
    """Cancel, suspend, activate, retry or migrate many: those that all options mean, or those of these numbers."""
    selection = model.Selection(
        ids=ids,
        definition=definition,
        version=version,
        status=None if status is None else instances.InstanceStatus(status),
        started_after=_moment(started_after),
        started_before=_moment(started_before),
        element=element,
        incident=None if incident is None else instances.IncidentKind(incident),
    )
    wanted = {"reason": reason, "to_version": to_version, "mapping": dict(map(_mapped, mapping)), "reckon": reckon}
    given = {name: value for name, value in wanted.items() if value}
    found = batches.preview(current.engine, kind, selection, current.actor, limit=limit)
    if preview:
        _show_preview(found, as_json)
        return
    batch_kinds.of(kind).check(current.engine, selection, given)
    if not (yes or as_json) and found.total:
        click.confirm(f"将对 {found.total} 个{_noun(found.kind)}{found.kind.title}，是否继续？", abort=True)
    done = batches.order(current.engine, kind, selection, current.actor, parameters=given, expected=found.total)
    if wait:
        done = _wait(current, done, quiet=as_json)
    ordered = (
        f"批量办理 {done.batch.id} 已开始，共 {done.counts.total} 个。查看进展：gongkai batch show {done.batch.id}"
    )
    output.answer(as_json, _plain(done), _result(done) if wait else ordered)


@batch.command("list")
@click.option("--state", type=click.Choice([s.value for s in model.BatchState]), help="That stand so.")
@session.limit_option
@session.json_option
@session.pass_session
def list_batches(current: session.Session, state: str | None, limit: int, as_json: bool) -> None:
    """List batches, newest first."""
    chosen = None if state is None else model.BatchState(state)
    page = batches.listed(current.engine, current.actor, state=chosen, limit=limit)
    if as_json:
        output.as_json([_plain(each) for each in page.items])
        return
    rows = [
        (
            each.batch.id,
            each.kind.title,
            _STATES[each.batch.state],
            f"{each.counts.over}/{each.counts.total}",
            each.counts.refused,
            each.counts.failed,
            each.batch.ordered_by,
            each.batch.ordered_at,
        )
        for each in page.items
    ]
    titles = ("批次", "办理", "状态", "进度", "不予办理", "失败", "由谁", "何时")
    output.table(titles, rows, empty="没有批量办理。")
    output.more(page.after)


@batch.command()
@click.argument("batch_id", metavar="BATCH", type=int)
@click.option("--items", "state", type=click.Choice([s.value for s in model.ItemState]), help="Those that stand so.")
@session.limit_option
@session.json_option
@session.pass_session
def show(current: session.Session, batch_id: int, state: str | None, limit: int, as_json: bool) -> None:
    """Show how far a batch has come, and what came of each item."""
    found = batches.show(current.engine, batch_id, current.actor)
    chosen = None if state is None else model.ItemState(state)
    page = batches.items(current.engine, batch_id, current.actor, state=chosen, limit=limit)
    if as_json:
        output.as_json({**_plain(found), "items": [each.item for each in page.items]})
        return
    output.fields(
        [
            ("批次", found.batch.id),
            ("办理", found.kind.title),
            ("状态", _STATES[found.batch.state]),
            ("进度", f"{found.percent}%　{_counted(found.counts)}"),
            ("由谁", found.batch.ordered_by),
            ("何时", found.batch.ordered_at),
            *([("结束", found.batch.ended_at)] if found.batch.ended_at else []),
            *([("理由", found.batch.parameters["reason"])] if found.batch.parameters.get("reason") else []),
            *([("说明", found.batch.note)] if found.batch.note else []),
        ]
    )
    click.echo()
    rows = [
        (each.item.target, each.case and each.case.title, _ITEMS[each.item.state], each.item.at, each.item.sentence)
        for each in page.items
    ]
    output.table((_noun(found.kind), "标题", "状态", "时间", "结果"), rows, empty="没有项目。")
    output.more(page.after)


@batch.command()
@click.argument("batch_id", metavar="BATCH", type=int)
@session.json_option
@session.pass_session
def pause(current: session.Session, batch_id: int, as_json: bool) -> None:
    """Let a batch rest after the items under way."""
    found = batches.pause(current.engine, batch_id, current.actor)
    output.answer(as_json, _plain(found), f"批量办理 {batch_id} 已暂停。恢复：gongkai batch resume {batch_id}")


@batch.command()
@click.argument("batch_id", metavar="BATCH", type=int)
@click.option("--wait", is_flag=True, help="Help to carry it out, and wait for the end.")
@session.json_option
@session.pass_session
def resume(current: session.Session, batch_id: int, wait: bool, as_json: bool) -> None:
    """Let a paused batch go on, in the name of who says so."""
    found = batches.resume(current.engine, batch_id, current.actor)
    _answer(current, found, wait, as_json, f"批量办理 {batch_id} 继续办理。")


@batch.command()
@click.argument("batch_id", metavar="BATCH", type=int)
@session.json_option
@session.pass_session
def cancel(current: session.Session, batch_id: int, as_json: bool) -> None:
    """Do nothing more of a batch; what is done stays done."""
    found = batches.cancel(current.engine, batch_id, current.actor)
    left = found.counts.waiting
    output.answer(as_json, _plain(found), f"批量办理 {batch_id} 已取消，还有 {left} 个没有办理，已办理的不受影响。")


@batch.command()
@click.argument("batch_id", metavar="BATCH", type=int)
@click.option("--wait", is_flag=True, help="Help to carry it out, and wait for the end.")
@session.json_option
@session.pass_session
def retry(current: session.Session, batch_id: int, wait: bool, as_json: bool) -> None:
    """Try the failed items of a batch again."""
    found = batches.retry(current.engine, batch_id, current.actor)
    _answer(current, found, wait, as_json, f"批量办理 {batch_id} 中失败的项目将重新办理。")


def _answer(current: session.Session, found: batches.Progress, wait: bool, as_json: bool, sentence: str) -> None:
    if wait:
        found = _wait(current, found, quiet=as_json)
        sentence = _result(found)
    output.answer(as_json, _plain(found), sentence)


def _wait(current: session.Session, found: batches.Progress, *, quiet: bool) -> batches.Progress:
    """Carry a batch out beside whoever else does, until it has ended or rests.

    Raises:
        errors.Conflict: It was paused on the way.
    """
    engine, batch_id = current.engine, found.batch.id
    with click.progressbar(length=found.counts.total, label="正在办理", hidden=quiet) as bar:
        while True:
            bar.update(found.counts.over - bar.pos)
            if found.batch.state.ended:
                return found
            if found.batch.state is model.BatchState.PAUSED:
                raise errors.Conflict(found.batch.note or f"批量办理 {batch_id} 已由他人暂停。", batch=batch_id)
            if not batch_work.go_on(engine):
                time.sleep(_POLL)
            found = batches.show(engine, batch_id, current.actor)


def _show_preview(found: batches.Preview, as_json: bool) -> None:
    if as_json:
        output.as_json({"kind": found.kind.name, "total": found.total, "first": [number for number, _ in found.first]})
        return
    click.echo(f"将对 {found.total} 个{_noun(found.kind)}{found.kind.title}。")
    rows = [(number, case and case.business_key, case and case.title) for number, case in found.first]
    output.table((_noun(found.kind), "编号", "标题"), rows, empty="没有符合条件的。")


def _mapped(pair: str) -> tuple[str, str]:
    old, _, new = (part.strip() for part in pair.partition("="))
    if not (old and new):
        raise click.BadParameter(f"“{pair}”应为 原元素=新元素", param_hint="--map")
    return old, new


def _moment(at: datetime.datetime | None) -> datetime.datetime | None:
    return None if at is None else at.replace(tzinfo=moments.SHANGHAI)


def _noun(kind: batch_kinds.Kind) -> str:
    return "异常" if kind.target is model.Target.INCIDENT else "事项"


def _counted(counts: model.Counts) -> str:
    return f"已办 {counts.done}，不予办理 {counts.refused}，失败 {counts.failed}，等待 {counts.waiting}"


def _result(found: batches.Progress) -> str:
    end = f"批量办理 {found.batch.id} {_STATES[found.batch.state]}：{_counted(found.counts)}。"
    if found.counts.refused or found.counts.failed:
        end += f"逐项结果：gongkai batch show {found.batch.id}"
    return end


def _plain(found: batches.Progress) -> dict[str, Any]:
    plain: dict[str, Any] = output.plain(found.batch)
    return {**plain, "counts": output.plain(found.counts)}

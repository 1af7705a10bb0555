"""`audit list|verify|invariants`, `calendar show|add-days`, `db upgrade`."""

from __future__ import annotations

import datetime
import sys

import click

from engine import bootstrap, errors
from engine.actions import proving
from engine.calendars import calendar as calendars
from engine.cli import compliance, output, session
from engine.store import queries


@click.group(cls=session.Group)
def audit() -> None:
    """The audit trail: append-only, each entry chained to the one before."""


@audit.command("list")
@click.option("--instance", "chain", type=int, help="Of one instance (0: the system's own).")
@click.option("--actor", help="Of one actor.")
@session.limit_option
@session.json_option
@session.pass_session
def list_(current: session.Session, chain: int | None, actor: str | None, limit: int, as_json: bool) -> None:
    """List audit entries, newest first."""
    with current.engine.store.read() as uow:
        page = queries.audit(uow, chain=chain, actor=actor, limit=limit)
    if as_json:
        output.as_json(page.items)
        return
    rows = [(e.at, e.actor, e.action, e.subject, e.details, e.hash[:12]) for e in page.items]
    output.table(("时间", "操作人", "操作", "对象", "内容", "哈希"), rows, empty="没有审计记录。")
    output.more(page.after)


@audit.command()
@click.option("--files/--no-files", "with_files", default=True, show_default=True, help="Read uploaded files too.")
@session.json_option
@session.pass_session
def verify(current: session.Session, with_files: bool, as_json: bool) -> None:
    """Recompute every hash: of the audit trail, of registers, documents and publications, of uploaded files.

    Finds what was changed, removed, forged or put elsewhere. Exit code 1 tells that there is something.
    """
    hidden = as_json or not sys.stderr.isatty()
    length = proving.size(current.engine, with_files=with_files)
    with click.progressbar(length=length, label="核对", file=sys.stderr, hidden=hidden) as bar:
        found = proving.prove(current.engine, bar.update, with_files=with_files)
    if as_json:
        output.as_json(found)
    else:
        tell(found)
    if found.problems or found.flaws:
        sys.exit(session.EXIT_CODES["findings"])


def tell(found: proving.Proof) -> None:
    """Say what was proved, and what is wrong."""
    if found.problems:
        output.table(("链", "序号", "问题"), [(p.chain, p.seq, p.sentence()) for p in found.problems])
    else:
        click.echo(f"审计记录{found.entries}条，未发现改动、缺失或错序。")
    files = "" if found.files is None else f"，上传文件{found.files}个"
    if found.flaws:
        output.table(("记录", "问题"), [(flaw.record, flaw.message) for flaw in found.flaws])
    else:
        click.echo(f"台账、公文和公开信息{found.records}件{files}，未发现改动、缺失或伪造。")
    if found.unsealed:
        click.echo(
            f"其中{found.unsealed}件形成于审计记录留存登记摘要（0017 版数据库结构）之前："
            "正文已核对，题名、文号、所用数据等不能证明。"
        )


audit.add_command(compliance.invariants)


@click.group(cls=session.Group)
def calendar() -> None:
    """Working days."""


@calendar.command()
@click.argument("year", type=int)
@click.argument("month", type=click.IntRange(1, 12), required=False)
@session.json_option
def show(year: int, month: int | None, as_json: bool) -> None:
    """Show the days of YEAR (and MONTH) that differ from Monday to Friday, with the official document."""
    found = calendars.load()
    first = _day(year, month or 1, 1)
    last = _day(year + (month in (None, 12)), 1 if month in (None, 12) else month + 1, 1)
    days = [found.day(first + datetime.timedelta(days=n)) for n in range((last - first).days)]
    special = [d for d in days if d.working != (d.date.weekday() < 5)]
    if as_json:
        output.as_json({"version": found.version, "workdays": sum(d.working for d in days), "days": special})
        return
    rows = [
        (d.date, "一二三四五六日"[d.date.weekday()], "上班" if d.working else "放假", d.reason, d.document)
        for d in special
    ]
    output.table(("日期", "星期", "安排", "原因", "文号"), rows)
    click.echo(f"共{sum(d.working for d in days)}个工作日。")
    if any(d.estimated for d in days):
        click.echo("该年度放假安排尚未公布，以上为推算（estimated）。")


@calendar.command("add-days")
@click.argument("start", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD")
@click.argument("amount", type=click.IntRange(0, 100_000))
@click.option(
    "--unit", type=click.Choice(["workdays", "days"]), default="workdays", show_default=True, help="What to count."
)
@session.json_option
def add_days(start: datetime.datetime, amount: int, unit: str, as_json: bool) -> None:
    """Count AMOUNT days from a day, which itself is not counted (当日不计)."""
    found = calendars.load()
    if unit == "days":
        day, estimated = _later(start.date(), amount), False
    else:
        day, estimated = found.add_workdays(start.date(), amount)
    if as_json:
        output.as_json({"start": start.date(), "amount": amount, "unit": unit, "day": day, "estimated": estimated})
        return
    name = "个工作日" if unit == "workdays" else "日"
    week = "一二三四五六日"[day.weekday()]
    note = "（跨入放假安排尚未公布的年度，为推算）" if estimated else ""
    click.echo(f"{start.date()} 起 {amount}{name}：{day}（星期{week}）{note}")


def _later(day: datetime.date, days: int) -> datetime.date:
    try:
        return day + datetime.timedelta(days=days)
    except OverflowError:
        raise errors.CalendarError(f"{day} 起 {days} 日超出日历的范围，请核对数字。") from None


def _day(year: int, month: int, day: int) -> datetime.date:
    try:
        return datetime.date(year, month, day)
    except ValueError:
        raise errors.CalendarError(f"没有 {year} 年的日历。") from None


@click.group(cls=session.Group)
def db() -> None:
    """The database."""


@db.command()
@session.json_option
@session.pass_session
def upgrade(current: session.Session, as_json: bool) -> None:
    """Create the tables, or bring those of an older version up to date."""
    store = bootstrap.open_store(current.settings)
    try:
        bootstrap.upgrade(store)
    finally:
        store.dispose()
    output.answer(as_json, {"database": current.database}, f"数据库已是最新：{current.database}")

"""How the platform is doing, for whoever operates it."""

from __future__ import annotations

import dataclasses
import datetime
import shutil
from collections.abc import Sequence
from pathlib import Path

from engine.actions import context, feed, mails, policy
from engine.calendars import calendar, moments
from engine.model import commands, definitions, events
from engine.store import mails as stored_mails
from engine.store import queries_health, unit_of_work

#: Due work that waits longer than this tells that no worker runs, or that it is overloaded.
LATE = datetime.timedelta(minutes=2)
#: Mail that waits longer than this tells that the mail server does not take it.
MAIL_LATE = datetime.timedelta(hours=1)
#: Less room than this beside the database is too little.
LITTLE_ROOM = 1_000_000_000
#: So many tasks that nobody can take are named.
SHOWN = 5
#: Month and day from which the holidays of the next year should be known: they are announced by then in most years,
#: and deadlines begin to reach into it.
ANNOUNCED = (11, 15)


@dataclasses.dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: whether it is well, and what was found. `hint` says what to do when it is not."""

    name: str
    well: bool
    found: str
    hint: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Health:
    """The state of the platform at one moment."""

    at: datetime.datetime
    checks: tuple[Check, ...]
    load: queries_health.Load
    packs: tuple[definitions.Deployment, ...]

    def told(self, count: int) -> str:
        """Return a count of `load` as people read it: 12, or 100000+."""
        return queries_health.told(count)

    @property
    def well(self) -> bool:
        """Tell whether nothing needs somebody's attention."""
        return all(check.well for check in self.checks)


def report(engine: context.Engine, actor: commands.Actor) -> Health:
    """Look at everything that can be wrong; for administrators.

    Raises:
        errors.Forbidden: The actor is no administrator.
    """
    policy.operate(actor, "查看系统运行情况")
    now = engine.clock.now()
    with engine.store.read() as uow:
        load = queries_health.load(uow, now)
        packs = tuple(uow.deployments.newest())
        lost = _unattended(uow)
        untold, traffic, hooks = uow.feeds.oldest(feed.FEED), uow.mails.traffic(), uow.webhooks.all()
    checks = (
        Check("数据库", True, "可以读写"),
        _worker(load, now),
        *([_programs(load.oldest_external, now)] if load.oldest_external is not None else []),
        _incidents(load),
        _takers(engine, lost),
        _notices(untold, now),
        *([_mail(traffic, now)] if mails.enabled(engine) else []),
        *([_webhooks(hooks)] if hooks else []),
        *_room(engine.settings.database),
        _calendar(now),
    )
    return Health(now, checks, load, packs)


def _worker(load: queries_health.Load, now: datetime.datetime) -> Check:
    waits = [now - at for at in (load.oldest_job, load.oldest_timer) if at is not None]
    longest = max(waits, default=datetime.timedelta(0))
    found = "没有到期未执行的作业和定时" if not waits else f"到期最久的已等待 {_length(longest)}"
    hint = "请确认工作进程正在运行：gongkai worker，或 gongkai serve 未使用 --no-worker"
    return Check("后台处理", longest <= LATE, found, hint)


def _programs(oldest: datetime.datetime, now: datetime.datetime) -> Check:
    """Look whether programs elsewhere fetch the jobs of external topics."""
    waits = now - oldest
    hint = "请确认处理外部主题的程序正在运行，其令牌没有过期或撤销"
    return Check("外部作业", waits <= LATE, f"等待最久的已等待 {_length(waits)}", hint)


def _incidents(load: queries_health.Load) -> Check:
    found = f"{queries_health.told(load.open_incidents)} 件未处理" if load.open_incidents else "没有未处理的异常"
    return Check("异常", not load.open_incidents, found, "查看异常的说明，更正原因后重试")


def _unattended(uow: unit_of_work.UnitOfWork) -> list[queries_health.Stranded]:
    """Return tasks that nobody can take: their roles have no members, or none in the unit; none without accounts."""
    users = [user for user in uow.users.all() if user.active]
    if not users:
        return []
    known = {("user", user.id) for user in users} | {("group", group) for user in users for group in user.groups}
    nobody = [each for each in queries_health.candidates(uow) if each not in known]
    return queries_health.stranded(uow, nobody, SHOWN + 1) if nobody else []


def _takers(engine: context.Engine, lost: Sequence[queries_health.Stranded]) -> Check:
    """Look whether every task that nobody has can be taken by somebody."""
    names = engine.directory.get(engine.store)
    told = [
        f"任务 {each.user_task_id}“{each.name}”（{'、'.join(map(names.role_name, each.candidate_groups)) or '候选人'}）"
        for each in lost[:SHOWN]
    ]
    found = (
        "、".join(told) + ("等" if len(lost) > SHOWN else "") + "没有人可以签收" if lost else "没有无人可以签收的任务"
    )
    return Check("任务", not lost, found, "请为所列角色配备在用的人员，或者在任务页将任务移交给可以办理的人")


def _notices(untold: datetime.datetime | None, now: datetime.datetime) -> Check:
    """Look whether people are told what happens; they are by the worker."""
    waits = datetime.timedelta(0) if untold is None else now - untold
    found = "都已发出" if untold is None else f"最早的已等待 {_length(waits)}"
    return Check("通知", waits <= LATE, found, "请确认工作进程正在运行")


def _mail(traffic: stored_mails.Traffic, now: datetime.datetime) -> Check:
    """Look whether the mail server takes what is sent; single mails that it refused were told of one by one."""
    since = traffic.waiting_since
    found = (
        "没有等待发送的邮件" if since is None else f"{traffic.waiting} 封等待发送，最早的已等待 {_length(now - since)}"
    )
    if traffic.failed:
        found += f"；{traffic.failed} 封未送达"
    return Check("邮件", since is None or now - since <= MAIL_LATE, found, "请在“邮件”页查看原因，检查邮件服务器的设置")


def _webhooks(hooks: Sequence[events.Webhook]) -> Check:
    disabled = [str(hook.id) for hook in hooks if hook.status is events.WebhookStatus.DISABLED]
    found = f"{'、'.join(disabled)} 号已停用" if disabled else "没有停用的事件推送"
    return Check("事件推送", not disabled, found, "对方恢复后，请在“事件推送”页重新启用")


def _room(database: str) -> tuple[Check, ...]:
    """Look at the disk of an embedded database; that of a server is looked after there."""
    scheme, _, name = database.partition("///")
    if scheme != "sqlite:" or name in ("", ":memory:"):
        return ()
    path = Path(name.partition("?")[0])
    free = shutil.disk_usage(path.parent).free
    found = f"数据库 {_size(path.stat().st_size)}，磁盘剩余 {_size(free)}"
    return (Check("存储空间", free >= LITTLE_ROOM, found, "请清理磁盘或扩大容量，剩余空间用尽后不能再办理"),)


def _calendar(now: datetime.datetime) -> Check:
    """Look whether the working days ahead are official: the notice of a year comes out late in the year before."""
    today = moments.local_day(now)
    table = calendar.load()
    known = max(year.year for year in table.years if not table.is_estimated(datetime.date(year.year, 1, 1)))
    wanted = today.year + ((today.month, today.day) >= ANNOUNCED)
    found = f"已载入至 {known} 年的放假安排，其后的日期按推算"
    if known == today.year < wanted:
        found = f"尚未载入 {wanted} 年放假安排，跨年期限按推算"
    hint = (
        f"国务院办公厅发布 {wanted} 年放假安排后，请升级到含有该安排的版本；升级之前，可在“管理”的“工作日历”页"
        "逐日提出调整，经另一名管理员批准后生效"
    )
    return Check("工作日历", known >= wanted, found, hint)


def _length(span: datetime.timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    if minutes < 60:
        return f"{minutes} 分钟"
    return f"{minutes // 60} 小时" if minutes < 48 * 60 else f"{minutes // 1440} 天"


def _size(size: float) -> str:
    for unit in ("B", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"

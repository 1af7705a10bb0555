"""How the platform is doing, for whoever operates it."""

from __future__ import annotations

import dataclasses
import datetime
import shutil
from pathlib import Path

from engine.actions import context, policy
from engine.calendars import calendar, moments
from engine.model import commands, definitions
from engine.store import queries_health

#: Due work that waits longer than this tells that no worker runs, or that it is overloaded.
LATE = datetime.timedelta(minutes=2)
#: Less room than this beside the database is too little.
LITTLE_ROOM = 1_000_000_000


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
    checks = (
        Check("数据库", True, "可以读写"),
        _worker(load, now),
        _incidents(load),
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


def _incidents(load: queries_health.Load) -> Check:
    found = f"{load.open_incidents} 件未处理" if load.open_incidents else "没有未处理的异常"
    return Check("异常", not load.open_incidents, found, "查看异常的说明，更正原因后重试")


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
    found = f"已载入至 {known} 年的放假安排，其后的日期按推算"
    return Check("工作日历", known >= today.year, found, "请升级到含有当年放假安排的版本")


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

"""The front page of administration: how the platform is doing, and where to change what."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import fastapi

from engine.actions import catalogue
from engine.actions import health as actions
from engine.web import access, pages

router = access.Router("/admin")


@dataclasses.dataclass(frozen=True, slots=True)
class Area:
    """A part of administration."""

    path: str
    title: str
    text: str
    icon: str


@dataclasses.dataclass(frozen=True, slots=True)
class AdminPage:
    """What the front page shows."""

    health: actions.Health
    #: Of packs, by slug.
    titles: Mapping[str, str]
    areas: tuple[Area, ...]


AREAS = (
    Area("/admin/users", "用户", "账号、角色、权限、离职交接", "people"),
    Area("/admin/units", "机构", "单位和处室", "diagram-3"),
    Area("/admin/roles", "角色", "各流程包的角色和担任的人", "person-badge"),
    Area("/admin/substitutions", "代理", "谁在何时代理谁", "arrow-left-right"),
    Area("/admin/calendar", "工作日历", "放假安排和本单位的调整，两人办理", "calendar3"),
    Area("/admin/batches", "批量办理", "对许多事项一次取消、暂停、恢复、重试或者迁移版本", "list-check"),
    Area("/admin/mail", "邮件", "发送设置和发送情况", "envelope"),
    Area("/admin/webhooks", "事件推送", "把事项的进展告诉其他系统", "plug"),
)


@router.get("", rule=access.ADMIN)
def show(request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor) -> fastapi.Response:
    """Show how the platform is doing."""
    page = AdminPage(actions.report(engine, actor), catalogue.titles(engine), AREAS)
    return pages.show(request, "admin/index.html", page)

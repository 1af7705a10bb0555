"""How mail is set up, and how it goes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import fastapi

from engine import errors
from engine.actions import mails
from engine.model import events
from engine.web import access, i18n, pages, typed

router = access.Router("/admin/mail")

#: How the connection to the server is protected, in words.
SECURITY: Mapping[str, str] = {"starttls": "STARTTLS", "ssl": "SSL/TLS", "none": "不加密"}
#: Where a mail stands, in words, with the colour of it.
STATUS: Mapping[events.MailStatus, tuple[str, str]] = {
    events.MailStatus.WAITING: ("等待发送", "wait"),
    events.MailStatus.SENT: ("已发送", "done"),
    events.MailStatus.FAILED: ("未送达", "late"),
}


@dataclasses.dataclass(frozen=True, slots=True)
class MailPage:
    """What the page shows; `typed` and `error` come back from a test that was refused."""

    mail: mails.Overview
    chosen: str
    here: str
    first: bool
    typed: str = ""
    error: str | None = None
    security: Mapping[str, str] = dataclasses.field(default_factory=lambda: SECURITY)
    status: Mapping[events.MailStatus, tuple[str, str]] = dataclasses.field(default_factory=lambda: STATUS)


@router.get("", rule=access.ADMIN)
def show(
    request: fastapi.Request,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    status: str = "",
    after: str | None = None,
) -> fastapi.Response:
    """Show how mail is set up and how it goes."""
    return pages.show(request, "admin/mail.html", _page(engine, actor, status, after))


@router.post("/test", rule=access.ADMIN)
def test(
    request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor, fields: access.Posted
) -> fastapi.Response:
    """Have a test mail sent."""
    address = typed.texts(fields).get("address", "")
    try:
        mails.post_test(engine, actor, address)
    except (errors.InvalidInput, errors.Conflict) as error:
        page = dataclasses.replace(_page(engine, actor, "", None), typed=address, error=error.message)
        return pages.show(request, "admin/mail.html", page, status=422)
    return pages.redirect(request, "/admin/mail", i18n.text(request, "测试邮件已交给工作进程发送，稍后刷新查看结果。"))


@router.post("/{mail_id}/retry", rule=access.ADMIN)
def retry(
    request: fastapi.Request, mail_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Have a mail sent again."""
    mails.retry(engine, actor, mail_id)
    return pages.redirect(request, "/admin/mail", i18n.text(request, "邮件将重新发送。"))


def _page(engine: access.CurrentEngine, actor: access.CurrentActor, status: str, after: str | None) -> MailPage:
    chosen = next((each for each in events.MailStatus if each.value == status), None)
    return MailPage(
        mail=mails.overview(engine, actor, status=chosen, limit=30, after=after),
        chosen="" if chosen is None else chosen.value,
        here="/admin/mail" + ("" if chosen is None else f"?status={chosen.value}"),
        first=after is None,
    )

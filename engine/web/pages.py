"""Pages: a template and one context dataclass make a response."""

from __future__ import annotations

import base64
import binascii
import datetime
import urllib.parse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import fastapi
import jinja2
import markupsafe
from fastapi import responses

from engine import errors, forms
from engine.actions import hosting, people
from engine.calendars import moments
from engine.model import people as model
from engine.web import access, diagrams, english, i18n, navigation, prose, static_files

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FLASH_COOKIE = "gongkai_flash"
_WEEKDAYS = "一二三四五六日"
_KINDS = ("success", "info", "warning", "danger")


def environment() -> jinja2.Environment:
    """Return the templates, with what all of them may use."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("engine.web"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.loopcontrols"],
    )
    made.globals["_"] = _translated
    made.globals["came_from"] = _came_from
    made.globals["csrf_input"] = _csrf_input
    made.globals["english"] = english
    made.globals["person"] = _person
    made.globals["role"] = _role
    made.globals["staff"] = _staff
    made.globals["hosts"] = _hosts
    made.globals["static"] = static_files.url
    made.globals["languages"] = i18n.LANGUAGES
    made.filters["moment"] = moment
    made.filters["closing"] = moments.closing
    made.filters["runs"] = prose.runs
    made.filters["articles"] = diagrams.articles
    made.filters["clause_links"] = diagrams.clause_links
    made.filters["day"] = day
    made.filters["file_size"] = forms.size
    made.filters["mentions"] = _mentions
    made.filters["joined"] = prose.joined
    made.filters["excerpt"] = prose.excerpt
    made.filters["with_query"] = with_query
    return made


def show(
    request: fastapi.Request,
    template: str,
    page: DataclassInstance,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> responses.HTMLResponse:
    """Return a page.

    Args:
        request: Who asks.
        template: Below `templates`.
        page: The context of the page; the template sees it as `page`.
        status: HTTP status.
        headers: Further headers.
    """
    visitor = access.visitor_of(request)
    content = render(request, template, page=page)
    response = responses.HTMLResponse(content, status, headers=dict(headers or {}))
    if visitor.session is None and visitor.csrf and request.cookies.get(access.CSRF_COOKIE) != visitor.csrf:
        set_cookie(request, response, access.CSRF_COOKIE, visitor.csrf)
    if FLASH_COOKIE in request.cookies and not request.headers.get("hx-request"):
        forget_cookie(request, response, FLASH_COOKIE)
    return response


def render(request: fastapi.Request, template: str, **values: Any) -> str:
    """Return the text of a template, with what every page needs."""
    made: jinja2.Environment = request.app.state.templates
    visitor = access.visitor_of(request)
    language = i18n.language_of(request)
    return made.get_template(template).render(
        request=request,
        visitor=visitor,
        language=language,
        language_tag=i18n.TAGS[language],
        navigation=navigation.shown(request, visitor),
        flash=_flash(request),
        here=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        **values,
    )


def redirect(
    request: fastapi.Request, url: str, flash: str | None = None, *, kind: str = "success"
) -> fastapi.Response:
    """Send the browser to another page after a POST; the next page shows `flash` once.

    Args:
        request: Who asks.
        url: A path of this server.
        flash: What to say there.
        kind: success, info, warning or danger.
    """
    if request.headers.get("hx-request"):
        response = responses.Response(status_code=204, headers={"hx-redirect": url})
    else:
        response = responses.RedirectResponse(url, 303)
    if flash:
        text = base64.urlsafe_b64encode(f"{kind}:{flash[:600]}".encode()).decode()
        set_cookie(request, response, FLASH_COOKIE, text, max_age=60)
    return response


def local(url: str | None, default: str = "/tasks") -> str:
    """Return an address of this server that came from outside, or the default: no way leads to another site."""
    if not url or not url.startswith("/") or url.startswith(("//", "/\\")) or "\\" in url:
        return default
    parts = urllib.parse.urlsplit(url)
    return default if parts.scheme or parts.netloc or not url.isprintable() else url


def set_cookie(
    request: fastapi.Request, response: fastapi.Response, name: str, value: str, *, max_age: int | None = None
) -> None:
    """Set a cookie that scripts cannot read and other sites cannot send."""
    secure = request.url.scheme == "https"
    response.set_cookie(name, value, max_age=max_age, httponly=True, samesite="lax", secure=secure, path="/")


def forget_cookie(request: fastapi.Request, response: fastapi.Response, name: str) -> None:
    """Have the browser forget a cookie."""
    response.delete_cookie(name, path="/", httponly=True, samesite="lax", secure=request.url.scheme == "https")


def moment(at: datetime.datetime | None) -> str:
    """Return a time in official Chinese time: 2026-11-21 09:30."""
    return "" if at is None else f"{at.astimezone(moments.SHANGHAI):%Y-%m-%d %H:%M}"


def day(at: datetime.datetime | datetime.date | None) -> str:
    """Return a day with its weekday: 2026-11-21（星期六）."""
    if at is None:
        return ""
    date = at.astimezone(moments.SHANGHAI).date() if isinstance(at, datetime.datetime) else at
    return f"{date:%Y-%m-%d}（星期{_WEEKDAYS[date.weekday()]}）"


def with_query(url: str, **changes: object) -> str:
    """Return an address with parameters of its query changed; None removes one."""
    parts = urllib.parse.urlsplit(url)
    query = [pair for pair in urllib.parse.parse_qsl(parts.query) if pair[0] not in changes]
    query += [(name, str(value)) for name, value in changes.items() if value is not None]
    return urllib.parse.urlunsplit(parts._replace(query=urllib.parse.urlencode(query)))


def _flash(request: fastapi.Request) -> tuple[str, str] | None:
    """Return kind and text of what the page before wanted to be said."""
    try:
        kind, _, text = base64.urlsafe_b64decode(request.cookies.get(FLASH_COOKIE, "")).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (kind, text) if text and kind in _KINDS else None


@jinja2.pass_context
def _translated(ctx: jinja2.runtime.Context, text: str, /, **values: object) -> str:
    return i18n.translate(ctx.get("language", i18n.CHINESE), text, **values)


@jinja2.pass_context
def _csrf_input(ctx: jinja2.runtime.Context) -> markupsafe.Markup:
    token = ctx["visitor"].csrf
    return markupsafe.Markup('<input type="hidden" name="{}" value="{}">').format(access.CSRF_FIELD, token)


@jinja2.pass_context
def _person(ctx: jinja2.runtime.Context, user_id: str | None) -> str:
    """Return the name of a person, or what is known of them."""
    if user_id is None:
        return ""
    return people.directory(access.engine_of(ctx["request"])).name(user_id)


@jinja2.pass_context
def _mentions(ctx: jinja2.runtime.Context, text: str) -> markupsafe.Markup:
    """Return what somebody wrote, with the people it names marked."""
    users = people.directory(access.engine_of(ctx["request"])).users.values()
    return prose.mentions(text, {called for user in users for called in (user.name, user.id)})


@jinja2.pass_context
def _role(ctx: jinja2.runtime.Context, role_id: str) -> str:
    """Return the name of a role."""
    return people.directory(access.engine_of(ctx["request"])).role_name(role_id)


@jinja2.pass_context
def _came_from(ctx: jinja2.runtime.Context, path: str) -> bool:
    """Tell whether somebody came here by a link on a page of this server: what leads back can lead there."""
    request: fastapi.Request = ctx["request"]
    before = urllib.parse.urlsplit(request.headers.get("referer", ""))
    return (before.scheme, before.netloc, before.path) == (request.url.scheme, request.url.netloc, path)


def hosts(request: fastapi.Request) -> hosting.Hosts:
    """Return who publishes here; nobody where the database cannot be asked, for pages of errors say it, too."""
    held: hosting.Held = request.app.state.hosts
    try:
        return held.get(access.engine_of(request))
    except errors.StoreError:
        return hosting.NOBODY


@jinja2.pass_context
def _hosts(ctx: jinja2.runtime.Context) -> hosting.Hosts:
    return hosts(ctx["request"])


@jinja2.pass_context
def _staff(ctx: jinja2.runtime.Context) -> list[model.User]:
    """Return everybody whose account is open, by name."""
    users = people.directory(access.engine_of(ctx["request"])).users.values()
    return sorted((user for user in users if user.active), key=lambda user: (user.name, user.id))

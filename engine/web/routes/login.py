"""Signing in and out, and the language of the pages."""

from __future__ import annotations

import dataclasses

import fastapi

from engine import errors
from engine.actions import accounts, people
from engine.model import people as model
from engine.web import access, i18n, pages, single_sign_on, throttle

router = access.Router()


@dataclasses.dataclass(frozen=True, slots=True)
class LoginPage:
    """The page to sign in; `single_sign_on` names the identity provider of the office, where there is one."""

    next: str
    user_id: str = ""
    error: str | None = None
    single_sign_on: str | None = None


@router.get("/login", rule=access.PUBLIC)
def form(request: fastapi.Request, next: str = "/tasks") -> fastapi.Response:
    """Show the page to sign in."""
    if access.visitor_of(request).actor is not None:
        return pages.redirect(request, pages.local(next))
    return show(request, pages.local(next))


@router.post("/login", rule=access.PUBLIC)
def sign_in(request: fastapi.Request, engine: access.CurrentEngine, fields: access.Posted) -> fastapi.Response:
    """Open a session."""
    user_id, password = str(fields.get("user", "")).strip(), str(fields.get("password", ""))
    target = pages.local(str(fields.get("next", "")))
    try:
        signed_in = accounts.sign_in(engine, user_id, password, client=throttle.client_of(request))
    except errors.Forbidden as error:
        return show(request, target, user_id, error=error.message, status=403)
    response = pages.redirect(request, target)
    pages.set_cookie(request, response, access.SESSION_COOKIE, signed_in.token)
    pages.forget_cookie(request, response, access.CSRF_COOKIE)
    return response


@router.post("/logout", rule=access.SIGNED_IN)
def sign_out(request: fastapi.Request, engine: access.CurrentEngine) -> fastapi.Response:
    """End the session."""
    accounts.sign_out(engine, request.cookies[access.SESSION_COOKIE])
    response = pages.redirect(request, "/login", i18n.text(request, "已退出登录。"), kind="info")
    pages.forget_cookie(request, response, access.SESSION_COOKIE)
    return response


@router.post("/language", rule=access.PUBLIC)
def language(request: fastapi.Request, engine: access.CurrentEngine, fields: access.Posted) -> fastapi.Response:
    """Choose the language of the pages: of whoever is signed in for their account, else for this browser."""
    chosen = str(fields.get("language", ""))
    response = pages.redirect(request, pages.local(str(fields.get("next", ""))))
    visitor = access.visitor_of(request)
    if chosen in i18n.LANGUAGES:
        if visitor.user is not None and visitor.actor is not None:
            people.update_profile(engine, visitor.actor, email=visitor.user.email, language=model.Language(chosen))
        # The page to sign in, later in this browser, speaks it too.
        pages.set_cookie(request, response, i18n.COOKIE, chosen, max_age=31_536_000)
    return response


def show(
    request: fastapi.Request, target: str, user_id: str = "", *, error: str | None = None, status: int = 200
) -> fastapi.Response:
    """Show the page to sign in."""
    provider: single_sign_on.SingleSignOn | None = request.app.state.single_sign_on
    page = LoginPage(target, user_id, error, None if provider is None else provider.label)
    return pages.show(request, "login.html", page, status=status)

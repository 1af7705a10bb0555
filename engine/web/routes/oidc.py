"""Signing in at the identity provider of the office (统一身份认证): away, and back again."""

from __future__ import annotations

import fastapi
from fastapi import responses

from engine import errors
from engine.actions import accounts
from engine.web import access, i18n, pages, single_sign_on, throttle
from engine.web.routes import login

router = access.Router()


@router.get(single_sign_on.PATH, rule=access.PUBLIC)
def away(request: fastapi.Request, next: str = "") -> fastapi.Response:
    """Send the browser to the identity provider."""
    target = pages.local(next)
    if access.visitor_of(request).actor is not None:
        return pages.redirect(request, target)
    try:
        address, begun = _provider(request).begin(target)
    except single_sign_on.SignOnFailed as error:
        return login.show(request, target, error=error.message, status=503)
    answer = responses.RedirectResponse(address, 303)
    pages.set_cookie(request, answer, single_sign_on.COOKIE, begun.cookie(), max_age=single_sign_on.PATIENCE)
    return answer


@router.get(f"{single_sign_on.PATH}/callback", rule=access.PUBLIC)
def back(request: fastapi.Request, engine: access.CurrentEngine) -> fastapi.Response:
    """Open a session for whom the identity provider vouches; an attempt ends here, whether it succeeds or not."""
    provider, target = _provider(request), pages.local(None)
    answer: fastapi.Response
    try:
        begun = single_sign_on.attempt(request.cookies.get(single_sign_on.COOKIE, ""))
        target = pages.local(begun.target)
        identity = provider.finish(begun, request.query_params)
        signed_in = accounts.sign_in_external(engine, identity, client=throttle.client_of(request))
    except errors.Forbidden as error:
        answer = login.show(request, target, error=error.message, status=403)
    else:
        answer = pages.redirect(request, target)
        pages.set_cookie(request, answer, access.SESSION_COOKIE, signed_in.token)
        pages.forget_cookie(request, answer, access.CSRF_COOKIE)
    pages.forget_cookie(request, answer, single_sign_on.COOKIE)
    return answer


def _provider(request: fastapi.Request) -> single_sign_on.SingleSignOn:
    found: single_sign_on.SingleSignOn | None = request.app.state.single_sign_on
    if found is None:
        raise errors.NotFound(i18n.text(request, "本系统没有设置统一身份认证。"))
    return found

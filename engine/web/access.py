"""Who may call a route: every route declares a rule, and a route without one cannot be written.

A rule is the first gate, by who somebody is; what they may do with one case or task is asked of
`engine.actions.policy` by the actions themselves. Cookie sessions need a CSRF token for everything that changes
something; API tokens (`Authorization: Bearer …`) need none, since no browser adds them by itself.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import hmac
import inspect
import secrets
import urllib.parse
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import fastapi
from fastapi import concurrency
from starlette import datastructures

from engine import errors
from engine.actions import accounts, context
from engine.model import commands, people

SESSION_COOKIE = "gongkai_session"
#: The CSRF token of a visitor without a session: a form must repeat what the cookie says (double submit).
CSRF_COOKIE = "gongkai_csrf"
#: Begins with an underscore, as all fields of the page do: a form may well have a field `csrf`.
CSRF_FIELD = "_csrf"
CSRF_HEADER = "x-csrf-token"

PASSWORD_PAGE = "/account/password"  # noqa: S105 - an address
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
#: More fields or files than this is no form of ours.
MOST_FIELDS = 20_000
MOST_FILES = 100


class SignInNeeded(errors.Forbidden):
    """请先登录。"""

    code = "sign-in-needed"


class PasswordChangeNeeded(errors.Forbidden):
    """请先修改密码。"""

    code = "password-change-needed"


class WrongToken(errors.Forbidden):
    """页面已过期，操作未执行，请刷新页面后重试。"""

    code = "csrf"


class Rule(enum.Enum):
    """Who may call a route at all."""

    PUBLIC = "public"
    SIGNED_IN = "signed-in"
    MONITOR = "monitor"
    DESIGN = "design"
    ADMIN = "admin"


PUBLIC, SIGNED_IN, MONITOR, DESIGN, ADMIN = Rule

_REFUSALS = {
    Rule.MONITOR: "此页面供督办人员和系统管理员查看。",
    Rule.DESIGN: "此页面供流程设计人员和系统管理员使用。",
    Rule.ADMIN: "此页面供系统管理员使用。",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Visitor:
    """Who sends a request: nobody known, somebody with a session, or a program with an API token."""

    actor: commands.Actor | None = None
    user: people.User | None = None
    session: people.Session | None = None
    token: people.ApiToken | None = None
    csrf: str = ""


def engine_of(request: fastapi.Request) -> context.Engine:
    """Return the engine that the application runs on."""
    engine: context.Engine = request.app.state.engine
    return engine


def visitor_of(request: fastapi.Request) -> Visitor:
    """Return who sends a request; before the rule of the route has been asked, nobody."""
    found: Visitor = getattr(request.state, "visitor", Visitor())
    return found


def current_actor(request: fastapi.Request) -> commands.Actor:
    """Return who acts; only for routes whose rule is not PUBLIC."""
    actor = visitor_of(request).actor
    if actor is None:
        raise SignInNeeded
    return actor


def posted(request: fastapi.Request) -> datastructures.FormData:
    """Return the fields and files of a posted form."""
    form: datastructures.FormData = getattr(request.state, "form", datastructures.FormData())
    return form


# The framework calls what is no coroutine in another thread, which costs more than what these do.


async def _engine(request: fastapi.Request) -> context.Engine:
    return engine_of(request)


async def _actor(request: fastapi.Request) -> commands.Actor:
    return current_actor(request)


async def _posted(request: fastapi.Request) -> datastructures.FormData:
    return posted(request)


CurrentEngine = Annotated[context.Engine, fastapi.Depends(_engine)]
CurrentActor = Annotated[commands.Actor, fastapi.Depends(_actor)]
Posted = Annotated[datastructures.FormData, fastapi.Depends(_posted)]


def permits(rule: Rule, actor: commands.Actor | None) -> bool:
    """Tell whether a rule lets somebody pass; None is somebody unknown."""
    if rule is Rule.PUBLIC:
        return True
    if actor is None:
        return False
    match rule:
        case Rule.SIGNED_IN:
            return True
        case Rule.MONITOR:
            return actor.monitor or actor.is_operator
        case Rule.DESIGN:
            return actor.designs or actor.is_operator
        case _:
            return actor.is_operator


class Router:
    """Routes with rules. `routes` is what the application includes.

    Args:
        prefix: In front of every path.
        tag: Heading of the routes in the description of the API; routes without one are pages and not described.
    """

    def __init__(self, prefix: str = "", *, tag: str | None = None) -> None:
        tags: list[str | enum.Enum] | None = None if tag is None else [tag]
        self.routes = fastapi.APIRouter(prefix=prefix, tags=tags, include_in_schema=tag is not None)

    def get(self, path: str, *, rule: Rule, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Answer GET."""
        return self.route("GET", path, rule=rule, **options)

    def post(self, path: str, *, rule: Rule, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Answer POST."""
        return self.route("POST", path, rule=rule, **options)

    def put(self, path: str, *, rule: Rule, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Answer PUT."""
        return self.route("PUT", path, rule=rule, **options)

    def patch(self, path: str, *, rule: Rule, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Answer PATCH."""
        return self.route("PATCH", path, rule=rule, **options)

    def delete(self, path: str, *, rule: Rule, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Answer DELETE."""
        return self.route("DELETE", path, rule=rule, **options)

    def route(
        self, method: str, path: str, *, rule: Rule, scope: str | None = None, **options: Any
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Answer a method at a path.

        Args:
            method: GET, POST …
            path: Below the prefix.
            rule: Who may call it.
            scope: What an API token must allow; without one no API token may call the route.
            options: As `fastapi.APIRouter.add_api_route` takes them.
        """
        if not self.routes.include_in_schema:
            options.setdefault("response_class", fastapi.responses.HTMLResponse)
            options.setdefault("response_model", None)
        gate = fastapi.Depends(_Gate(rule, scope))
        extra = {**options.pop("openapi_extra", {}), "x-rule": rule.value}
        if scope is not None:
            extra["x-scope"] = scope
        dependencies = [gate, *options.pop("dependencies", [])]

        def add(endpoint: Callable[..., Any]) -> Callable[..., Any]:
            self.routes.add_api_route(
                path, _aside(endpoint), methods=[method], dependencies=dependencies, openapi_extra=extra, **options
            )
            return endpoint

        return add


def _aside(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """Return an endpoint that does its work in another thread, as a coroutine.

    The framework would do so, too, and then go to another thread once more to look at what came back.
    """
    if inspect.iscoroutinefunction(endpoint):
        return endpoint

    @functools.wraps(endpoint)
    async def called(*given: Any, **named: Any) -> Any:
        return await concurrency.run_in_threadpool(endpoint, *given, **named)

    return called


@dataclasses.dataclass(frozen=True)
class _Gate:
    """Finds out who sends a request, asks the rule, checks the CSRF token, reads the form, and closes its files."""

    rule: Rule
    scope: str | None

    async def __call__(self, request: fastapi.Request) -> AsyncIterator[None]:
        visitor = await concurrency.run_in_threadpool(identify, request)
        request.state.visitor = visitor
        if not permits(self.rule, visitor.actor):
            if visitor.actor is None:
                raise SignInNeeded
            raise errors.Forbidden(f"您（{visitor.actor.id}）没有权限打开此页面。{_REFUSALS.get(self.rule, '')}")
        if self.rule is not Rule.PUBLIC and _must_change_password(request, visitor):
            raise PasswordChangeNeeded
        if visitor.token is not None:
            _check_scope(visitor.token, self.scope)
        if _is_form(request):
            request.state.form = await request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS)
        try:
            if request.method not in SAFE_METHODS and visitor.token is None:
                _check_csrf(request, visitor)
            yield
        finally:
            await posted(request).close()


def identify(request: fastapi.Request) -> Visitor:
    """Find out who sends a request.

    Raises:
        SignInNeeded: It carries an API token that is unknown, expired or revoked: it is not taken for a stranger's.
    """
    engine = engine_of(request)
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        known = accounts.token_actor(engine, bearer.strip())
        if known is None:
            raise SignInNeeded("访问令牌无效、已过期或已撤销。")
        token, actor = known
        return Visitor(actor=actor, token=token)
    cookie = request.cookies.get(SESSION_COOKIE)
    found = accounts.session(engine, cookie) if cookie else None
    if found is None:
        return Visitor(csrf=request.cookies.get(CSRF_COOKIE, "") or secrets.token_urlsafe(24))
    session, actor, user = found
    return Visitor(actor=actor, user=user, session=session, csrf=session.csrf)


def _must_change_password(request: fastapi.Request, visitor: Visitor) -> bool:
    """Tell whether somebody has a password that another person knows, and wants to do anything but change it."""
    due = visitor.user is not None and visitor.user.must_change_password
    return due and request.url.path not in (PASSWORD_PAGE, "/logout")


def _check_scope(token: people.ApiToken, scope: str | None) -> None:
    if scope is None or scope not in token.scopes:
        wanted = "此操作不能使用访问令牌" if scope is None else f"此操作需要令牌具有“{scope}”权限"
        raise errors.Forbidden(f"{wanted}，令牌“{token.name}”的权限为：{'、'.join(token.scopes) or '无'}。")


def _is_form(request: fastapi.Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind in ("application/x-www-form-urlencoded", "multipart/form-data")


def _check_csrf(request: fastapi.Request, visitor: Visitor) -> None:
    """Refuse what another site made the browser send."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise WrongToken("请求来自其他网站，操作未执行。")
    origin = request.headers.get("origin")
    if origin and origin != "null" and urllib.parse.urlsplit(origin).netloc != request.headers.get("host"):
        raise WrongToken("请求来自其他网站，操作未执行。")
    given = request.headers.get(CSRF_HEADER) or posted(request).get(CSRF_FIELD) or ""
    expected = visitor.csrf if visitor.session else request.cookies.get(CSRF_COOKIE, "")
    if not expected or not isinstance(given, str) or not hmac.compare_digest(given.encode(), expected.encode()):
        raise WrongToken

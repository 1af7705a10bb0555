"""What everybody looks after by themselves: profile, password, browsers, substitution, API tokens."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping

import fastapi

from engine import errors
from engine.actions import accounts, people
from engine.calendars import moments
from engine.model import people as model
from engine.web import access, i18n, pages, throttle, typed

router = access.Router("/account")

#: What each scope of a token allows, in words.
SCOPES: Mapping[model.Scope, str] = {
    model.Scope.READ: "查看事项和任务",
    model.Scope.WORK: "办理任务",
    model.Scope.START: "发起事项",
    model.Scope.OPERATE: "管理（须为系统管理员）",
    model.Scope.DESIGN: "部署流程（须有设计权限）",
    model.Scope.JOBS: "处理外部作业（由系统管理员创建）",
}


@dataclasses.dataclass(frozen=True, slots=True)
class AccountPage:
    """What somebody sees of their own account.

    `offered` is what a new token of theirs may allow; `secret` is one that has just been made, shown this once.
    """

    user: model.User
    unit: str
    roles: tuple[str, ...]
    sessions: tuple[model.Session, ...]
    current_session: int | None
    substitutions: tuple[model.Substitution, ...]
    tokens: tuple[model.ApiToken, ...]
    today: datetime.date
    offered: tuple[model.Scope, ...]
    scopes: Mapping[model.Scope, str] = dataclasses.field(default_factory=lambda: SCOPES)
    typed: Mapping[str, str] = dataclasses.field(default_factory=dict)
    error: tuple[str, str] | None = None
    secret: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class PasswordPage:
    """The page to change the password; `forced` when nothing else may be done before."""

    forced: bool
    error: str | None = None


@router.get("", rule=access.SIGNED_IN)
def show(request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor) -> fastapi.Response:
    """Show the own account."""
    return pages.show(request, "account/account.html", _page(request, engine, actor))


@router.post("/profile", rule=access.SIGNED_IN)
def profile(
    request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor, fields: access.Posted
) -> fastapi.Response:
    """Change address and language."""
    given = typed.texts(fields)
    try:
        language = typed.choice(model.Language, given, "language", "语言")
        people.update_profile(engine, actor, email=given.get("email") or None, language=language)
    except errors.InvalidInput as error:
        return _refused(request, engine, actor, "profile", error, given)
    response = pages.redirect(request, "/account", i18n.text(request, "已保存。"))
    pages.set_cookie(request, response, i18n.COOKIE, language.value, max_age=31_536_000)
    return response


@router.get("/password", rule=access.SIGNED_IN)
def password_form(request: fastapi.Request) -> fastapi.Response:
    """Show the page to change the password."""
    return pages.show(request, "account/password.html", PasswordPage(_must_change(request)))


@router.post("/password", rule=access.SIGNED_IN)
def password(
    request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor, fields: access.Posted
) -> fastapi.Response:
    """Change the password; all other browsers are signed out."""
    given = typed.texts(fields, strip=False)
    try:
        if given.get("new") != given.get("again"):
            raise errors.InvalidInput("两次输入的新密码不一致，请重新输入。")
        client = throttle.client_of(request)
        signed_in = accounts.change_password(engine, actor, given.get("old", ""), given.get("new", ""), client=client)
    except (errors.InvalidInput, errors.Forbidden) as error:
        page = PasswordPage(_must_change(request), error.message)
        return pages.show(request, "account/password.html", page, status=422)
    response = pages.redirect(
        request, "/account", i18n.text(request, "密码已修改，其他已登录的浏览器须用新密码重新登录。")
    )
    pages.set_cookie(request, response, access.SESSION_COOKIE, signed_in.token)
    return response


@router.post("/sessions/end", rule=access.SIGNED_IN)
def end_sessions(
    request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Sign out everywhere."""
    accounts.sign_out_everywhere(engine, actor)
    response = pages.redirect(request, "/login", i18n.text(request, "已在所有浏览器退出登录。"), kind="info")
    pages.forget_cookie(request, response, access.SESSION_COOKIE)
    return response


@router.post("/sessions/{session_id}/end", rule=access.SIGNED_IN)
def end_session(
    request: fastapi.Request, session_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Sign out one other browser."""
    accounts.sign_out_one(engine, actor, session_id)
    return pages.redirect(request, "/account#sessions", i18n.text(request, "已退出该浏览器的登录。"))


@router.post("/substitutions", rule=access.SIGNED_IN)
def substitute(
    request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor, fields: access.Posted
) -> fastapi.Response:
    """Have somebody stand in."""
    given = typed.texts(fields)
    try:
        people.create_substitution(
            engine,
            actor,
            actor.id,
            given.get("substitute", ""),
            typed.date(given, "begins_on", "开始日期"),
            typed.date(given, "ends_on", "结束日期"),
            given.get("reason", ""),
        )
    except errors.GongkaiError as error:
        return _refused(request, engine, actor, "substitutions", error, given)
    return pages.redirect(request, "/account#substitutions", i18n.text(request, "已设置代理。"))


@router.post("/substitutions/{substitution_id}/end", rule=access.SIGNED_IN)
def end_substitution(
    request: fastapi.Request, substitution_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """End a substitution early."""
    people.end_substitution(engine, actor, substitution_id)
    return pages.redirect(request, "/account#substitutions", i18n.text(request, "代理已结束。"))


@router.post("/tokens", rule=access.SIGNED_IN)
def make_token(
    request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor, fields: access.Posted
) -> fastapi.Response:
    """Make an API token; its secret stands on the answer and nowhere else."""
    given = typed.texts(fields)
    try:
        until = typed.optional_date(given, "expires_on", "有效期至")
        made = people.create_token(
            engine,
            actor,
            given.get("name", ""),
            [str(scope) for scope in fields.getlist("scopes")],
            expires_at=None if until is None else moments.end_of_day(until),
        )
    except errors.GongkaiError as error:
        return _refused(request, engine, actor, "tokens", error, given)
    page = dataclasses.replace(_page(request, engine, actor), secret=made.secret)
    return pages.show(request, "account/account.html", page)


@router.post("/tokens/{token_id}/revoke", rule=access.SIGNED_IN)
def revoke_token(
    request: fastapi.Request, token_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Make an API token useless."""
    people.revoke_token(engine, actor, token_id)
    return pages.redirect(request, "/account#tokens", i18n.text(request, "令牌已撤销。"))


def _must_change(request: fastapi.Request) -> bool:
    user = access.visitor_of(request).user
    return user is not None and user.must_change_password


def _refused(
    request: fastapi.Request,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    part: str,
    error: errors.GongkaiError,
    given: Mapping[str, str],
) -> fastapi.Response:
    page = dataclasses.replace(_page(request, engine, actor), error=(part, error.message), typed=given)
    return pages.show(request, "account/account.html", page, status=422)


def _page(request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor) -> AccountPage:
    visitor = access.visitor_of(request)
    known = people.directory(engine)
    user = visitor.user or known.users[actor.id]
    return AccountPage(
        user=user,
        unit=known.unit_name(user.unit_id),
        roles=tuple(known.role_name(role) for role in user.roles),
        sessions=tuple(accounts.sessions(engine, actor)),
        current_session=visitor.session.id if visitor.session is not None else None,
        substitutions=tuple(people.substitutions(engine, actor, actor.id)),
        tokens=tuple(people.tokens(engine, actor, actor.id)),
        today=moments.local_day(engine.clock.now()),
        offered=people.grantable(user),
    )

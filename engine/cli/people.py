"""`user …`: accounts, their passwords and tokens, and what somebody who leaves has to do."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Callable
from typing import Any

import click

from engine.actions import people
from engine.cli import output, session
from engine.model import people as model

_RIGHTS = click.Choice([right.value for right in model.Right])
_LANGUAGES = click.Choice([language.value for language in model.Language])
_SCOPES = click.Choice([scope.value for scope in model.Scope])


@click.group(cls=session.Group)
def user() -> None:
    """People: their accounts, roles, rights, passwords and tokens."""


def _password_option(command: Callable[..., Any]) -> Callable[..., Any]:
    about = "Read the password from standard input instead of making one."
    return click.option("--password-stdin", "from_stdin", is_flag=True, help=about)(command)


@user.command()
@click.argument("user_id", metavar="USER")
@click.argument("name")
@click.option("--role", "roles", multiple=True, metavar="ROLE", help="Id of a role of a deployed pack.")
@click.option("--unit", "unit_id", type=int, help="Number of the unit the person belongs to.")
@click.option("--admin", is_flag=True, help="May administer the platform.")
@click.option("--monitor", is_flag=True, help="May see every case.")
@click.option("--design", is_flag=True, help="May work on processes.")
@click.option("--email", help="Where mail goes.")
@click.option("--external-id", help="What the identity provider of single sign-on calls the person.")
@click.option("--language", type=_LANGUAGES, default="zh", show_default=True, help="Of the pages.")
@_password_option
@click.option("--no-password", is_flag=True, help="The person signs in by single sign-on alone.")
@session.json_option
@session.pass_session
def add(
    current: session.Session,
    /,
    user_id: str,
    name: str,
    admin: bool,
    monitor: bool,
    design: bool,
    from_stdin: bool,
    no_password: bool,
    as_json: bool,
    **fields: Any,
) -> None:
    """Make an account; the password is shown once, and is to be changed at the first sign-in."""
    if no_password and from_stdin:
        raise click.UsageError("--no-password 与 --password-stdin 不能同时使用")
    given = {"admin": admin, "monitor": monitor, "design": design}
    made = people.create_user(
        current.engine,
        current.actor,
        user_id,
        name,
        password=_read_password() if from_stdin else None,
        without_password=no_password,
        rights=[model.Right(right) for right, granted in given.items() if granted],
        **fields,
    )
    sentence = f"已创建用户 {made.user.id}（{made.user.name}）。"
    if made.password is not None:
        sentence += f"\n初始密码（只显示这一次，首次登录后须修改）：{made.password}"
    output.answer(as_json, made, sentence)


@user.command("list")
@click.option("--role", help="Who have a role.")
@click.option("--unit", "unit_id", type=int, help="Who belong to a unit or to one below it.")
@click.option("--all", "every", is_flag=True, help="Closed accounts too.")
@session.json_option
@session.pass_session
def list_users(current: session.Session, role: str | None, unit_id: int | None, every: bool, as_json: bool) -> None:
    """List the accounts, by id."""
    known = people.directory(current.engine)
    found = [
        each
        for each in known.users.values()
        if (every or each.active)
        and (role is None or role in each.roles)
        and (unit_id is None or any(unit.id == unit_id for unit in known.unit_path(each.unit_id)))
    ]
    if as_json:
        output.as_json(found)
        return
    rows = [
        (each.id, each.name, known.unit_name(each.unit_id), _roles(known, each), each.rights, _state(each))
        for each in found
    ]
    empty = "没有用户。创建一名：gongkai user add 用户 姓名 --admin"
    output.table(("用户", "姓名", "单位", "角色", "权限", "状态"), rows, empty=empty)


@user.command()
@click.argument("user_id", metavar="USER")
@session.json_option
@session.pass_session
def show(current: session.Session, user_id: str, as_json: bool) -> None:
    """Show an account with its substitutions and tokens."""
    known = people.directory(current.engine)
    with current.engine.store.read() as uow:
        found = uow.users.get(user_id)
    standing_in = people.substitutions(current.engine, current.actor, user_id)
    tokens = people.tokens(current.engine, current.actor, user_id)
    if as_json:
        output.as_json({"user": found, "substitutions": standing_in, "tokens": tokens})
        return
    output.fields(
        [
            ("用户", found.id),
            ("姓名", found.name),
            ("单位", known.unit_name(found.unit_id)),
            ("角色", _roles(known, found)),
            ("权限", found.rights),
            ("邮箱", found.email),
            ("统一身份标识", found.external_id),
            ("密码", "有" if found.has_password else "无（单点登录）"),
            ("状态", _state(found)),
            ("创建", found.created_at),
        ]
    )
    for each in standing_in:
        if each.ended_at is None:
            who = f"{known.name(each.substitute)}代理{known.name(each.principal)}"
            click.echo(f"代理 {each.id}：{who}，{each.begins_on} 至 {each.ends_on}，{output.clean(each.reason)}")
    for token in tokens:
        if token.revoked_at is None:
            click.echo(
                f"令牌 {token.id}：{output.clean(token.name)}（{token.prefix}…），权限 {output.text(token.scopes)}"
            )


@user.command("set")
@click.argument("user_id", metavar="USER")
@click.option("--name", help="As people write it.")
@click.option("--add-role", "added", multiple=True, metavar="ROLE", help="Give a role.")
@click.option("--remove-role", "removed", multiple=True, metavar="ROLE", help="Take a role away.")
@click.option("--grant", "granted", multiple=True, type=_RIGHTS, help="Grant a right.")
@click.option("--revoke", "revoked", multiple=True, type=_RIGHTS, help="Take a right away.")
@click.option("--unit", "unit_id", type=int, help="Number of the unit; 0 for none.")
@click.option("--email", help="Where mail goes; empty for none.")
@click.option("--external-id", help="Name at the identity provider; empty for none.")
@click.option("--language", type=_LANGUAGES, help="Of the pages.")
@session.json_option
@session.pass_session
def change(
    current: session.Session,
    /,
    user_id: str,
    added: tuple[str, ...],
    removed: tuple[str, ...],
    granted: tuple[str, ...],
    revoked: tuple[str, ...],
    as_json: bool,
    **fields: Any,
) -> None:
    """Change an account; what is not named stays as it is."""
    with current.engine.store.read() as uow:
        before = uow.users.get(user_id)
    changes = {name: value for name, value in fields.items() if value is not None}
    if changes.get("unit_id") == 0:
        changes["unit_id"] = None
    if added or removed:
        changes["roles"] = (set(before.roles) | set(added)) - set(removed)
    if granted or revoked:
        changes["rights"] = (before.rights | set(map(model.Right, granted))) - set(map(model.Right, revoked))
    after = people.update_user(current.engine, current.actor, user_id, **changes)
    output.answer(as_json, after, f"已修改用户 {after.id}（{after.name}）。" if after != before else "没有改动。")


@user.command()
@click.argument("user_id", metavar="USER")
@_password_option
@session.json_option
@session.pass_session
def password(current: session.Session, user_id: str, from_stdin: bool, as_json: bool) -> None:
    """Give somebody a new password, shown once; their sessions end."""
    made = people.reset_password(current.engine, current.actor, user_id, _read_password() if from_stdin else None)
    told = "" if made is None else f"\n新密码（只显示这一次，登录后须修改）：{made}"
    output.answer(as_json, {"user": user_id, "password": made}, f"已重置 {user_id} 的密码。{told}")


@user.command()
@click.argument("user_id", metavar="USER")
@click.option("--reason", required=True, help="Why; kept in the audit trail.")
@session.json_option
@session.pass_session
def deactivate(current: session.Session, user_id: str, reason: str, as_json: bool) -> None:
    """Close an account at once; what it has to do stays where it is."""
    closed = people.deactivate(current.engine, current.actor, user_id, reason)
    with current.engine.store.read() as uow:
        held = len(uow.user_tasks.held_by(user_id))
    sentence = f"已停用 {closed.name}（{closed.id}）的账号。"
    if held:
        sentence += f"\n名下还有{held}个任务，移交：gongkai user hand-over {closed.id} --to 接手人 --reason 理由"
    output.answer(as_json, closed, sentence)


@user.command()
@click.argument("user_id", metavar="USER")
@session.json_option
@session.pass_session
def activate(current: session.Session, user_id: str, as_json: bool) -> None:
    """Open a closed account again."""
    opened = people.activate(current.engine, current.actor, user_id)
    output.answer(as_json, opened, f"已启用 {opened.name}（{opened.id}）的账号。")


@user.command("hand-over")
@click.argument("user_id", metavar="USER")
@click.option("--to", "successor", required=True, metavar="USER", help="Who takes over.")
@click.option("--reason", required=True, help="Why; kept in the audit trail.")
@session.json_option
@session.pass_session
def hand_over(current: session.Session, user_id: str, successor: str, reason: str, as_json: bool) -> None:
    """Give everything open of somebody to somebody else, and close the account (离职交接)."""
    report = people.hand_over(current.engine, user_id, successor, current.actor, reason)
    if as_json:
        output.as_json(report)
        return
    rows = [(task.user_task_id, task.instance_id, task.name, task.outcome, task.reason) for task in report.tasks]
    output.table(("任务", "事项", "名称", "结果", "说明"), rows, empty="名下没有待办任务。")
    known = people.directory(current.engine)
    for each in report.taken_on:
        click.echo(f"由{known.name(each.substitute)}接替代理{known.name(each.principal)}，至 {each.ends_on}。")
    if report.ended:
        click.echo(f"已结束{len(report.ended)}项代理。")
    click.echo(f"已停用 {report.user.name}（{report.user.id}）的账号。")


@user.group(cls=session.Group)
def token() -> None:
    """API tokens: what programs sign in with."""


@token.command("add")
@click.argument("user_id", metavar="USER")
@click.option("--name", required=True, help="What it is for.")
@click.option("--scope", "scopes", multiple=True, required=True, type=_SCOPES, help="What it allows.")
@click.option("--topic", "topics", multiple=True, help="External topic whose jobs it may do (scope jobs).")
@click.option("--days", type=click.IntRange(1, 3650), help="Days until it expires (default: never).")
@session.json_option
@session.pass_session
def add_token(
    current: session.Session,
    user_id: str,
    name: str,
    scopes: tuple[str, ...],
    topics: tuple[str, ...],
    days: int | None,
    as_json: bool,
) -> None:
    """Make a token that acts for somebody; it is shown once."""
    until = None if days is None else current.engine.clock.now() + datetime.timedelta(days=days)
    made = people.create_token(
        current.engine, current.actor, name, scopes, expires_at=until, user_id=user_id, topics=topics
    )
    output.answer(as_json, made, f"已创建令牌 {made.token.id}（只显示这一次）：{made.secret}")


@token.command("list")
@click.argument("user_id", metavar="[USER]", required=False)
@session.json_option
@session.pass_session
def list_tokens(current: session.Session, user_id: str | None, as_json: bool) -> None:
    """List the tokens of somebody, or all, newest first."""
    found = people.tokens(current.engine, current.actor, user_id)
    if as_json:
        output.as_json(found)
        return
    rows = [
        (
            each.id,
            each.user_id,
            each.name,
            each.prefix + "…",
            each.scopes,
            each.topics,
            each.expires_at,
            each.last_used_at,
            each.revoked_at,
        )
        for each in found
    ]
    headings = ("令牌", "用户", "用途", "开头", "权限", "主题", "有效期至", "最近使用", "撤销")
    output.table(headings, rows, empty="没有接口令牌。")


@token.command()
@click.argument("token_id", metavar="TOKEN", type=int)
@session.json_option
@session.pass_session
def revoke(current: session.Session, token_id: int, as_json: bool) -> None:
    """Make a token useless at once."""
    people.revoke_token(current.engine, current.actor, token_id)
    output.answer(as_json, {"token": token_id}, f"已撤销令牌 {token_id}。")


def _read_password() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _roles(known: people.Directory, found: model.User) -> tuple[str, ...]:
    return tuple(known.role_name(role) for role in found.roles)


def _state(found: model.User) -> str:
    if not found.active:
        return "已停用"
    return "须修改密码" if found.must_change_password else "在用"

"""Tokens that programs sign in with, on behalf of somebody."""

from __future__ import annotations

import dataclasses
import datetime
import difflib
import secrets
from collections.abc import Collection

from engine import errors
from engine.actions import accounts, context, transaction
from engine.model import commands, people

#: What every token begins with, so that scanners for leaked secrets recognise it.
MARK = "gongkai_"
_SHOWN = len(MARK) + 6
#: Tokens that somebody may have at the same time.
MOST = 50


@dataclasses.dataclass(frozen=True, slots=True)
class NewToken:
    """A token that has just been made. `secret` is shown once and stored nowhere."""

    secret: str
    token: people.ApiToken


def create_token(
    engine: context.Engine,
    actor: commands.Actor,
    name: str,
    scopes: Collection[people.Scope | str],
    *,
    expires_at: datetime.datetime | None = None,
    user_id: str | None = None,
    topics: Collection[str] = (),
) -> NewToken:
    """Make a token for the actor, or (operators) for somebody else, such as the account of a program.

    Args:
        engine: The engine.
        actor: Who makes it.
        name: What it is for.
        scopes: What it allows: read, work, start, operate, design, jobs.
        expires_at: When it becomes useless by itself; by default never.
        user_id: Whom it acts for; the actor by default.
        topics: The external topics whose jobs it may do, with the scope `jobs`.

    Raises:
        errors.Forbidden: It is for somebody else or for jobs, and the actor does not operate the platform; or it would
            allow what its owner may not do.
        errors.InvalidInput: The name, a scope, a topic or the expiry is wrong.
    """
    owner = actor.id if user_id is None else user_id
    if owner != actor.id and not actor.is_operator:
        raise errors.Forbidden(f"您（{actor.id}）只能为自己创建接口令牌。")
    name = name.strip()
    if not 0 < len(name) <= 100 or not name.isprintable():
        raise errors.InvalidInput(f"请用 1 至 100 字说明令牌的用途，现为 {len(name)} 字。")
    allowed = _scopes(scopes)
    if people.Scope.JOBS in allowed and not actor.is_operator:
        raise errors.Forbidden(f"您（{actor.id}）不能创建具有 jobs 权限的令牌，外部程序的令牌由系统管理员创建。")
    secret = MARK + secrets.token_urlsafe(32)
    with transaction.begin(engine, actor) as tx:
        user = tx.uow.users.get(owner)
        if not user.active:
            raise errors.InvalidInput(f"{user.name}（{owner}）的账号已停用，不能创建接口令牌。")
        _refuse_more_than_own(user, allowed)
        _refuse_topics(tx, allowed, topics)
        if expires_at is not None and expires_at <= tx.now:
            raise errors.InvalidInput("令牌的有效期应在将来。")
        if sum(each.revoked_at is None for each in tx.uow.api_tokens.of_user(owner)) >= MOST:
            raise errors.Conflict(f"每人最多有 {MOST} 个接口令牌，请先撤销不再使用的。")
        token = tx.uow.api_tokens.add(
            accounts.hash_token(secret),
            owner,
            name,
            allowed,
            frozenset(topics),
            prefix=secret[:_SHOWN],
            at=tx.now,
            until=expires_at,
        )
        tx.note(
            None,
            "create-token",
            f"token/{token.id}",
            user=owner,
            name=name,
            scopes=sorted(allowed),
            **({"topics": sorted(topics)} if topics else {}),
            expires_at=None if expires_at is None else expires_at.isoformat(),
        )
        return NewToken(secret, token)


def revoke_token(engine: context.Engine, actor: commands.Actor, token_id: int) -> None:
    """Make a token useless at once.

    Raises:
        errors.NotFound: There is none with this number.
        errors.Forbidden: It is somebody else's, and the actor does not operate the platform.
        errors.Conflict: It was revoked before.
    """
    with transaction.begin(engine, actor) as tx:
        token = tx.uow.api_tokens.get(token_id)
        if token.user_id != actor.id and not actor.is_operator:
            raise errors.Forbidden(f"您（{actor.id}）不能撤销他人的接口令牌。")
        if not tx.uow.api_tokens.revoke(token_id, tx.now):
            raise errors.Conflict(f"令牌“{token.name}”已经撤销，无需再次操作。")
        tx.note(None, "revoke-token", f"token/{token_id}", user=token.user_id, name=token.name)


def tokens(engine: context.Engine, actor: commands.Actor, user_id: str | None = None) -> list[people.ApiToken]:
    """Return the tokens of one person, or (operators) of everybody, newest first.

    Raises:
        errors.Forbidden: They are not the actor's own, who does not operate the platform.
    """
    if user_id != actor.id and not actor.is_operator:
        raise errors.Forbidden(f"您（{actor.id}）只能查看自己的接口令牌。")
    with engine.store.read() as uow:
        return uow.api_tokens.all() if user_id is None else uow.api_tokens.of_user(user_id)


def _scopes(scopes: Collection[people.Scope | str]) -> frozenset[people.Scope]:
    known = {scope.value for scope in people.Scope}
    unknown = sorted(set(map(str, scopes)) - known)
    if unknown or not scopes:
        found = "、".join(unknown) or "没有选择"
        raise errors.InvalidInput(f"令牌的权限应为 {'、'.join(people.Scope)} 中的一项或几项，现为：{found}。")
    return frozenset(map(people.Scope, scopes))


def grantable(user: people.User) -> tuple[people.Scope, ...]:
    """Return what tokens of somebody may allow: no more than they may do themselves, and no jobs of programs."""
    admin = people.Right.ADMIN in user.rights
    needs = {people.Scope.OPERATE: admin, people.Scope.DESIGN: admin or people.Right.DESIGN in user.rights}
    return tuple(scope for scope in people.Scope if scope is not people.Scope.JOBS and needs.get(scope, True))


def _refuse_topics(tx: transaction.Transaction, scopes: frozenset[people.Scope], topics: Collection[str]) -> None:
    """Refuse topics that there are not; a token for jobs says of which topics, and no other token does."""
    if bool(topics) != (people.Scope.JOBS in scopes):
        raise errors.InvalidInput("具有 jobs 权限的令牌应写明外部主题（topics），其他令牌不写主题。")
    known = tx.uow.external_topics.ids() if topics else []
    for topic in topics:
        if topic not in known:
            near = difflib.get_close_matches(topic, known, n=3) or known[:5]
            hint = (
                f"是否应为：{'、'.join(near)}？"
                if near
                else "请先部署在 pack.yaml 的 external_topics 中写明它的流程包。"
            )
            raise errors.InvalidInput(f"没有外部主题“{topic}”。{hint}", topic=topic)


def _refuse_more_than_own(user: people.User, scopes: frozenset[people.Scope]) -> None:
    beyond = scopes.difference(grantable(user))
    if people.Scope.OPERATE in beyond:
        raise errors.Forbidden(f"{user.name}（{user.id}）不是系统管理员，令牌不能具有 operate 权限。")
    if people.Scope.DESIGN in beyond:
        raise errors.Forbidden(f"{user.name}（{user.id}）不是流程设计人员，令牌不能具有 design 权限。")

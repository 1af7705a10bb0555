"""Signing in and out: passwords, sessions of browsers, tokens of programs.

Nothing that lets anybody in is stored: of tokens their SHA-256 (they are random, so that is enough), of passwords an
argon2id hash. A failed attempt is counted before the password is looked at, so that many attempts at once are as slow
as one after the other.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import secrets

from engine import errors
from engine.actions import attempts, context, directory, passwords, transaction
from engine.model import commands, people

#: How often a session or token in use is written down as seen.
_SEEN_EVERY = datetime.timedelta(minutes=1)
_CLIENT_LENGTH = 200


@dataclasses.dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that has just begun. `token` is for the browser and is stored nowhere."""

    token: str
    session: people.Session


def sign_in(engine: context.Engine, user_id: str, password: str, *, client: str) -> SignedIn:
    """Open a session with a password.

    Args:
        engine: The engine.
        user_id: As typed.
        password: As typed.
        client: Where from: the address of the browser; attempts are counted by it, too.

    Raises:
        errors.SignInRefused: User or password is wrong, or the account is not active: which of them is not told.
        errors.TooManyAttempts: Too many attempts failed; `details["wait"]` is how many seconds to wait.
    """
    user_id = user_id.strip()
    if not user_id.isprintable():
        user_id = ""  # nobody's: no database keeps such a name
    with attempts.counted(engine, user_id, client):
        with engine.store.read() as uow:
            found = uow.users.with_password(user_id)
        user, hashed = found or (None, None)
        right = engine.passwords.matches(password, hashed)
        if user is None or not right or not user.active:
            _note_refusal(engine, user, client)
            raise errors.SignInRefused
    assert hashed is not None
    renewed = engine.passwords.hash(password) if engine.passwords.outdated(hashed) else None
    with transaction.begin(engine, commands.Actor(user.id)) as tx:
        # Between the check and now somebody may have changed the password or closed the account.
        if not _unchanged(tx, user.id, hashed):
            raise errors.SignInRefused
        if renewed is not None:
            tx.uow.users.renew_hash(user.id, hashed, renewed)
        return _open(tx, user, client, "password")


def sign_in_external(engine: context.Engine, external_id: str, *, client: str) -> SignedIn:
    """Open a session for somebody whom the identity provider vouches for.

    Args:
        engine: The engine.
        external_id: What the identity provider calls the person (`User.external_id`).
        client: Where from.

    Raises:
        errors.SignInRefused: No active account is called so.
    """
    with engine.store.read() as uow:
        found = uow.users.by_external_id(external_id)
    if found is None or not found.active:
        _note_refusal(engine, found, client)
        raise errors.SignInRefused("统一身份认证已通过，但没有与之对应的在用账号，请联系系统管理员。")
    with transaction.begin(engine, commands.Actor(found.id)) as tx:
        user = tx.uow.users.lock(found.id)
        if not user.active or user.external_id != external_id:
            raise errors.SignInRefused
        return _open(tx, user, client, "single-sign-on")


def session(engine: context.Engine, token: str) -> tuple[people.Session, commands.Actor, people.User] | None:
    """Return the session of a token, who acts in it and whose it is; None if there is none or it has run out."""
    now = engine.clock.now()
    with engine.store.glance() as uow:
        found = uow.sessions.find(hash_token(token))
        if found is None:
            return None
        opened, user = found
        idle = datetime.timedelta(seconds=engine.settings.session_idle_seconds)
        if not user.active or now >= opened.expires_at or now >= opened.last_seen_at + idle:
            return None
        actor = directory.actor(uow, user, now)
    if now >= opened.last_seen_at + _SEEN_EVERY:
        with engine.store.write() as uow:
            uow.sessions.seen(opened.id, now)
        opened = dataclasses.replace(opened, last_seen_at=now)
    return opened, actor, user


def sessions(engine: context.Engine, actor: commands.Actor) -> list[people.Session]:
    """Return the sessions of the actor that have not run out, newest first."""
    now = engine.clock.now()
    idle = datetime.timedelta(seconds=engine.settings.session_idle_seconds)
    with engine.store.read() as uow:
        found = uow.sessions.of_user(actor.id)
    return [each for each in found if now < each.expires_at and now < each.last_seen_at + idle]


def sign_out(engine: context.Engine, token: str) -> None:
    """End the session of a token; one that is over already is no error."""
    with engine.store.read() as uow:
        found = uow.sessions.find(hash_token(token))
    if found is None:
        return
    with transaction.begin(engine, commands.Actor(found[1].id)) as tx:
        tx.uow.sessions.end(hash_token(token))
        tx.note(None, "sign-out", f"user/{found[1].id}", session=found[0].id)


def sign_out_one(engine: context.Engine, actor: commands.Actor, session_id: int) -> None:
    """End one session of the actor, such as that of a lost computer.

    Raises:
        errors.NotFound: The actor has no such session.
    """
    with transaction.begin(engine, actor) as tx:
        if not tx.uow.sessions.end_one(actor.id, session_id):
            raise errors.NotFound(f"您没有编号为 {session_id} 的登录会话，可能已经退出。")
        tx.note(None, "sign-out", f"user/{actor.id}", session=session_id)


def sign_out_everywhere(engine: context.Engine, actor: commands.Actor) -> int:
    """End every session of the actor; return how many there were."""
    with transaction.begin(engine, actor) as tx:
        ended = tx.uow.sessions.end_all(actor.id)
        tx.note(None, "sign-out-everywhere", f"user/{actor.id}", sessions=ended)
        return ended


def change_password(engine: context.Engine, actor: commands.Actor, old: str, new: str, *, client: str = "") -> SignedIn:
    """Change the actor's own password; every session of theirs ends, and a new one begins.

    Raises:
        errors.SignInRefused: The old password is wrong.
        errors.TooManyAttempts: It was wrong too often.
        errors.InvalidInput: The new one is weak, or the old one.
        errors.Conflict: The account has no password: its owner signs in by single sign-on.
    """
    with engine.store.read() as uow:
        found = uow.users.with_password(actor.id)
    if found is None or found[1] is None:
        raise errors.Conflict("您的账号没有密码，通过统一身份认证登录，无需修改密码。")
    user, hashed = found[0], found[1]
    with attempts.counted(engine, user.id, client):
        if not engine.passwords.matches(old, hashed):
            raise errors.SignInRefused("原密码不正确，密码没有修改。")
    passwords.refuse_weak(new, user.id, user.name, user.email)
    if engine.passwords.matches(new, hashed):
        raise errors.InvalidInput("新密码与原密码相同，请换一个。")
    renewed = engine.passwords.hash(new)
    with transaction.begin(engine, actor) as tx:
        if not _unchanged(tx, user.id, hashed):
            raise errors.Conflict("您的账号刚刚被改变，密码没有修改，请重新登录后再试。")
        tx.uow.users.set_password(user.id, renewed, must_change=False)
        ended = tx.uow.sessions.end_all(user.id)
        tx.note(None, "change-password", f"user/{user.id}", sessions=ended)
        opened = _open(tx, user, client, "change-password")
    engine.directory.forget()
    return opened


def token_actor(engine: context.Engine, bearer: str) -> tuple[people.ApiToken, commands.Actor] | None:
    """Return an API token and who acts by it; None if it is unknown, expired or revoked, or its owner is not active.

    The right to administer and to design comes along only where the scope of the token says so.
    """
    now = engine.clock.now()
    with engine.store.glance() as uow:
        found = uow.api_tokens.find(hash_token(bearer))
        if found is None:
            return None
        token, user = found
        over = token.expires_at is not None and now >= token.expires_at
        if over or token.revoked_at is not None or not user.active:
            return None
        actor = directory.actor(uow, user, now)
    if token.last_used_at is None or now >= token.last_used_at + _SEEN_EVERY:
        with engine.store.write() as uow:
            uow.api_tokens.used(token.id, now)
        token = dataclasses.replace(token, last_used_at=now)
    return token, dataclasses.replace(
        actor,
        admin=actor.admin and people.Scope.OPERATE in token.scopes,
        monitor=actor.monitor or actor.admin,
        designs=actor.designs and people.Scope.DESIGN in token.scopes,
        topics=token.topics if people.Scope.JOBS in token.scopes else frozenset(),
        token=token.id,
    )


def actor_named(engine: context.Engine, user_id: str) -> commands.Actor | None:
    """Return somebody as who acts, for those who hold the database in their hands; None while there are no accounts.

    Raises:
        errors.NotFound: There are accounts, but none of this name.
        errors.Forbidden: The account is closed.
    """
    with engine.store.read() as uow:
        if not uow.users.any():
            return None
        user = uow.users.get(user_id)
        if not user.active:
            raise errors.Forbidden(f"{user.name}（{user_id}）的账号已停用。")
        return directory.actor(uow, user, engine.clock.now())


def _unchanged(tx: transaction.Transaction, user_id: str, hashed: str) -> bool:
    found = tx.uow.users.with_password(user_id)
    return found is not None and found[0].active and found[1] == hashed


def _open(tx: transaction.Transaction, user: people.User, client: str, how: str) -> SignedIn:
    token = secrets.token_urlsafe(32)
    until = tx.now + datetime.timedelta(seconds=tx.engine.settings.session_seconds)
    tx.uow.sessions.purge(tx.now)
    opened = tx.uow.sessions.add(
        hash_token(token),
        user.id,
        at=tx.now,
        until=until,
        csrf=secrets.token_urlsafe(32),
        client=client[:_CLIENT_LENGTH],
    )
    tx.note(None, "sign-in", f"user/{user.id}", session=opened.id, client=opened.client, how=how)
    return SignedIn(token, opened)


def _note_refusal(engine: context.Engine, user: people.User | None, client: str) -> None:
    """Note a failed sign-in; of an unknown user not what was typed: it may be a password."""
    who = "unknown" if user is None else user.id
    with transaction.begin(engine, commands.SYSTEM) as tx:
        tx.note(None, "refuse-sign-in", f"user/{who}", client=client[:_CLIENT_LENGTH])


def hash_token(token: str) -> str:
    """Return what is stored of a random token."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()

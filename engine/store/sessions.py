"""Browsers in which somebody has signed in, and failed attempts to. Tokens and typed names come here hashed."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from engine.model import people as model
from engine.store import people, statements
from engine.store.tables_people import sessions, sign_in_attempts, users

_COLUMNS = [column for column in sessions.c if column.name != "token_hash"]

_INSERT = statements.insert(sessions, without=("id",), returning=sessions.c.id)
_FIND = (
    sa.select(*people.COLUMNS, *_COLUMNS)
    .select_from(sessions.join(users, users.c.id == sessions.c.user_id))
    .where(sessions.c.token_hash == sa.bindparam("hash"))
)
_SEEN = sa.update(sessions).where(sessions.c.id == sa.bindparam("session")).values(last_seen_at=sa.bindparam("at"))
_OF_USER = sa.select(*_COLUMNS).where(sessions.c.user_id == sa.bindparam("user")).order_by(sessions.c.id.desc())
_END = sa.delete(sessions).where(sessions.c.token_hash == sa.bindparam("hash"))
_END_OF = sa.delete(sessions).where(
    sessions.c.id == sa.bindparam("session"), sessions.c.user_id == sa.bindparam("user")
)
_END_ALL = sa.delete(sessions).where(sessions.c.user_id == sa.bindparam("user"))
_PURGE = sa.delete(sessions).where(sessions.c.expires_at <= sa.bindparam("now"))
_ATTEMPTS = [column for column in sign_in_attempts.c if column.name != "key"]


def _held(insert: postgresql.Insert | sqlite.Insert) -> sa.Insert:
    """Return an INSERT that leaves a row that exists as it is, keeps it from others, and returns what it says."""
    kept = {"failures": sign_in_attempts.c.failures}
    return insert.on_conflict_do_update(index_elements=["key"], set_=kept).returning(*_ATTEMPTS)


_LOCK = statements.PerDialect(
    _held(sqlite.insert(sign_in_attempts)),
    _held(postgresql.insert(sign_in_attempts)),
    [column.name for column in sign_in_attempts.c],
)
_COUNT = statements.upsert(sign_in_attempts, ["key"], ["failures", "last_at", "blocked_until"])
_FORGET = sa.delete(sign_in_attempts).where(sign_in_attempts.c.key == sa.bindparam("name"))
# A name with which somebody tries just now is no old one: who purges waits for nobody.
_PURGE_ATTEMPTS = sa.delete(sign_in_attempts).where(
    sign_in_attempts.c.key.in_(
        sa.select(sign_in_attempts.c.key)
        .where(sign_in_attempts.c.last_at < sa.bindparam("before"))
        .with_for_update(skip_locked=True)
    )
)


class Sessions:
    """The sessions of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def add(
        self, token_hash: str, user_id: str, *, at: datetime.datetime, until: datetime.datetime, csrf: str, client: str
    ) -> model.Session:
        """Begin a session that lasts until a moment at most."""
        row = {
            "token_hash": token_hash,
            "user_id": user_id,
            "created_at": at,
            "last_seen_at": at,
            "expires_at": until,
            "csrf": csrf,
            "client": client,
        }
        return model.Session(self._link.insert(_INSERT, row), user_id, at, at, until, csrf, client)

    def find(self, token_hash: str) -> tuple[model.Session, model.User] | None:
        """Return the session of a token, expired or not, and whose it is."""
        row = self._link.one(_FIND, {"hash": token_hash})
        return None if row is None else (model.Session(*row[people.WIDTH :]), people.user(row))

    def seen(self, session_id: int, at: datetime.datetime) -> None:
        """Note that a session is in use."""
        self._link.run(_SEEN, {"session": session_id, "at": at})

    def of_user(self, user_id: str) -> list[model.Session]:
        """Return the sessions of somebody, newest first."""
        return [model.Session(*row) for row in self._link.all(_OF_USER, {"user": user_id})]

    def end(self, token_hash: str) -> None:
        """End the session of a token."""
        self._link.run(_END, {"hash": token_hash})

    def end_one(self, user_id: str, session_id: int) -> bool:
        """End a session of somebody; tell whether there was such a one."""
        return self._link.run(_END_OF, {"session": session_id, "user": user_id}) == 1

    def end_all(self, user_id: str) -> int:
        """End every session of somebody; return how many there were."""
        return self._link.run(_END_ALL, {"user": user_id})

    def purge(self, now: datetime.datetime) -> int:
        """Forget sessions whose time is over; return how many there were."""
        return self._link.run(_PURGE, {"now": now})


class SignInAttempts:
    """The failed sign-ins of a unit of work, by the hash of a user name or client."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def lock(self, key: str, now: datetime.datetime) -> model.Attempts:
        """Return what is known of a name; until the unit of work ends, others who ask for it wait.

        Args:
            key: The hash of the name. Who locks several does so in one order.
            now: The time of the first attempt, where nothing is known yet.
        """
        none = {"key": key, "failures": 0, "last_at": now, "blocked_until": None}
        row = self._link.one(_LOCK, none)
        assert row is not None
        return model.Attempts(*row)

    def set(self, key: str, attempts: model.Attempts) -> None:
        """Write what is known of a name."""
        row = {
            "key": key,
            "failures": attempts.failures,
            "last_at": attempts.last_at,
            "blocked_until": attempts.blocked_until,
        }
        self._link.run(_COUNT, row)

    def forget(self, key: str) -> None:
        """Forget a name: it signed in."""
        self._link.run(_FORGET, {"name": key})

    def purge(self, before: datetime.datetime) -> int:
        """Forget names that have not failed since a moment."""
        return self._link.run(_PURGE_ATTEMPTS, {"before": before})

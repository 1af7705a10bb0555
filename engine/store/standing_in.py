"""Who acts for whom: people for people, programs for people."""

from __future__ import annotations

import datetime

import sqlalchemy as sa

from engine import errors
from engine.model import people as model
from engine.store import people, statements
from engine.store.tables_people import api_tokens, substitutions, users

_INSERT = statements.insert(substitutions, without=("id", "ended_at"), returning=substitutions.c.id)
_GET = sa.select(*substitutions.c).where(substitutions.c.id == sa.bindparam("substitution"))
# A literal part, not a parameter, so that SQLite uses the partial index.
_PRINCIPALS = (
    sa.select(*people.COLUMNS)
    .select_from(substitutions.join(users, users.c.id == substitutions.c.principal))
    .where(
        substitutions.c.substitute == sa.bindparam("user"),
        substitutions.c.ended_at.is_(None),
        substitutions.c.begins_on <= sa.bindparam("day"),
        substitutions.c.ends_on >= sa.bindparam("day"),
        users.c.active.is_(sa.true()),
    )
    .distinct()
    .order_by(users.c.id)
)
_OF_USER = (
    sa.select(*substitutions.c)
    .where(
        sa.or_(substitutions.c.principal == sa.bindparam("user"), substitutions.c.substitute == sa.bindparam("user"))
    )
    .order_by(substitutions.c.id.desc())
)
_ALL = sa.select(*substitutions.c).order_by(substitutions.c.id.desc())
_END = (
    sa.update(substitutions)
    .where(substitutions.c.id == sa.bindparam("substitution"), substitutions.c.ended_at.is_(None))
    .values(ended_at=sa.bindparam("at"))
)

_TOKEN_COLUMNS = [column for column in api_tokens.c if column.name != "token_hash"]
_TOKEN_NAMES = [column.name for column in _TOKEN_COLUMNS]
_TOKEN_WIDTH = len(_TOKEN_COLUMNS)
_INSERT_TOKEN = statements.insert(api_tokens, without=("id", "last_used_at", "revoked_at"), returning=api_tokens.c.id)
_FIND_TOKEN = (
    sa.select(*_TOKEN_COLUMNS, *people.COLUMNS)
    .select_from(api_tokens.join(users, users.c.id == api_tokens.c.user_id))
    .where(api_tokens.c.token_hash == sa.bindparam("hash"))
)
_GET_TOKEN = sa.select(*_TOKEN_COLUMNS).where(api_tokens.c.id == sa.bindparam("token"))
_TOKENS_OF = (
    sa.select(*_TOKEN_COLUMNS).where(api_tokens.c.user_id == sa.bindparam("user")).order_by(api_tokens.c.id.desc())
)
_TOKENS = sa.select(*_TOKEN_COLUMNS).order_by(api_tokens.c.id.desc())
_USED = sa.update(api_tokens).where(api_tokens.c.id == sa.bindparam("token")).values(last_used_at=sa.bindparam("at"))
_REVOKE = (
    sa.update(api_tokens)
    .where(api_tokens.c.id == sa.bindparam("token"), api_tokens.c.revoked_at.is_(None))
    .values(revoked_at=sa.bindparam("at"))
)
_REVOKE_ALL = (
    sa.update(api_tokens)
    .where(api_tokens.c.user_id == sa.bindparam("user"), api_tokens.c.revoked_at.is_(None))
    .values(revoked_at=sa.bindparam("at"))
)


class Substitutions:
    """The substitutions of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def add(
        self,
        principal: str,
        substitute: str,
        begins_on: datetime.date,
        ends_on: datetime.date,
        *,
        reason: str,
        by: str,
        at: datetime.datetime,
    ) -> model.Substitution:
        """Add a substitution."""
        row = {
            "principal": principal,
            "substitute": substitute,
            "begins_on": begins_on,
            "ends_on": ends_on,
            "reason": reason,
            "created_by": by,
            "created_at": at,
        }
        return model.Substitution(
            self._link.insert(_INSERT, row), principal, substitute, begins_on, ends_on, reason, by, at
        )

    def get(self, substitution_id: int) -> model.Substitution:
        """Return a substitution.

        Raises:
            errors.NotFound: There is none with this id.
        """
        row = self._link.one(_GET, {"substitution": substitution_id})
        if row is None:
            raise errors.NotFound(f"没有编号为 {substitution_id} 的代理。", substitution=substitution_id)
        return model.Substitution(*row)

    def principals(self, substitute: str, day: datetime.date) -> list[model.User]:
        """Return the active people whom somebody stands in for on a day."""
        return [people.user(row) for row in self._link.all(_PRINCIPALS, {"user": substitute, "day": day})]

    def of_user(self, user_id: str) -> list[model.Substitution]:
        """Return the substitutions that somebody is part of, on either side, newest first."""
        return [model.Substitution(*row) for row in self._link.all(_OF_USER, {"user": user_id})]

    def all(self) -> list[model.Substitution]:
        """Return all substitutions, newest first."""
        return [model.Substitution(*row) for row in self._link.all(_ALL, {})]

    def end(self, substitution_id: int, at: datetime.datetime) -> bool:
        """End a substitution now; tell whether it had not been ended before."""
        return self._link.run(_END, {"substitution": substitution_id, "at": at}) == 1


class ApiTokens:
    """The API tokens of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def add(
        self,
        token_hash: str,
        user_id: str,
        name: str,
        scopes: frozenset[model.Scope],
        topics: frozenset[str] = frozenset(),
        *,
        prefix: str,
        at: datetime.datetime,
        until: datetime.datetime | None,
    ) -> model.ApiToken:
        """Add a token, by its hash."""
        row = {
            "token_hash": token_hash,
            "user_id": user_id,
            "name": name,
            "scopes": tuple(sorted(scope.value for scope in scopes)),
            "prefix": prefix,
            "created_at": at,
            "expires_at": until,
            "topics": tuple(sorted(topics)),
        }
        new_id = self._link.insert(_INSERT_TOKEN, row)
        return model.ApiToken(new_id, user_id, name, scopes, prefix, at, until, topics=topics)

    def find(self, token_hash: str) -> tuple[model.ApiToken, model.User] | None:
        """Return a token by its hash, expired and revoked ones too, and whose it is."""
        row = self._link.one(_FIND_TOKEN, {"hash": token_hash})
        return None if row is None else (_token(row), people.user(row[_TOKEN_WIDTH:]))

    def get(self, token_id: int) -> model.ApiToken:
        """Return a token by its number.

        Raises:
            errors.NotFound: There is none.
        """
        row = self._link.one(_GET_TOKEN, {"token": token_id})
        if row is None:
            raise errors.NotFound(f"没有编号为 {token_id} 的接口令牌。", token=token_id)
        return _token(row)

    def of_user(self, user_id: str) -> list[model.ApiToken]:
        """Return the tokens of somebody, newest first."""
        return [_token(row) for row in self._link.all(_TOKENS_OF, {"user": user_id})]

    def all(self) -> list[model.ApiToken]:
        """Return all tokens, newest first."""
        return [_token(row) for row in self._link.all(_TOKENS, {})]

    def used(self, token_id: int, at: datetime.datetime) -> None:
        """Note that a token is in use."""
        self._link.run(_USED, {"token": token_id, "at": at})

    def revoke(self, token_id: int, at: datetime.datetime) -> bool:
        """Make a token useless; tell whether it had not been before."""
        return self._link.run(_REVOKE, {"token": token_id, "at": at}) == 1

    def revoke_all(self, user_id: str, at: datetime.datetime) -> int:
        """Make every token of somebody useless; return how many were not before."""
        return self._link.run(_REVOKE_ALL, {"user": user_id, "at": at})


def _token(row: statements.Row) -> model.ApiToken:
    found = dict(zip(_TOKEN_NAMES, row, strict=False))
    found["scopes"] = frozenset(map(model.Scope, found["scopes"]))
    return model.ApiToken(**{**found, "topics": frozenset(found["topics"])})

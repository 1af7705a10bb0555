"""`/tokens`: what programs sign in with. A browser makes them; no API token makes another."""

from __future__ import annotations

from typing import Annotated

import pydantic

from engine.actions import people
from engine.model import people as model
from engine.web import access
from engine.web.api import routing, schema

router = routing.Router("tokens")


class Token(schema.Model):
    """An API token. What it lets in with is stored nowhere."""

    id: schema.Id = schema.about("Its number.", 6)
    user_id: str = schema.about("Whom it acts for.", "chenjing")
    name: str = schema.about("What it is for.", "门户网站同步")
    scopes: list[model.Scope] = schema.about("What it allows.", ["read", "start"])
    topics: list[str] = schema.about("External topics whose jobs it may do (scope `jobs`).", [])
    prefix: str = schema.about("How it begins, to recognise it by.", "gongkai_Xk3vQ2")
    created_at: schema.Moment = schema.about("When it was made.", "2026-03-09T01:00:00Z")
    expires_at: schema.Moment | None = schema.about("When it becomes useless; null for never.", "2027-03-09T01:00:00Z")
    last_used_at: schema.Moment | None = schema.about("When it was last used.", None)
    revoked_at: schema.Moment | None = schema.about("When it was revoked.", None)


class TokenList(schema.Model):
    """Tokens, newest first."""

    items: list[Token]


class NewToken(schema.Model):
    """A token that has just been made."""

    secret: str = schema.about(
        "The token itself: shown this once. Send it as `Authorization: Bearer …`.",
        "gongkai_Xk3vQ2rT7mB4yN8pL1sD6fG9hJ0kZ5cV3xW2qE7aU4i",
    )
    token: Token


class CreateToken(schema.Model):
    """What the token is to be."""

    name: schema.Name = schema.about("What it is for.", "门户网站同步", max_length=100)
    scopes: Annotated[list[model.Scope], pydantic.Field(min_length=1, max_length=len(model.Scope))] = schema.about(
        "What it allows.", ["read", "start"]
    )
    topics: Annotated[list[schema.Name], pydantic.Field(max_length=100)] = schema.about(
        "External topics whose jobs it may do: with the scope `jobs`, which administrators give.",
        [],
        default_factory=list,
    )
    expires_at: schema.Moment | None = schema.about(
        "When it becomes useless by itself; by default never.", "2027-03-09T09:00:00+08:00", default=None
    )


@router.get("/tokens", rule=access.SIGNED_IN, summary="列出我的接口令牌")
def list_tokens(engine: access.CurrentEngine, actor: access.CurrentActor) -> TokenList:
    """List the caller's own tokens, newest first. Not by an API token."""
    found = people.tokens(engine, actor, actor.id)
    return TokenList(items=[_token(each) for each in found])


@router.post("/tokens", rule=access.SIGNED_IN, status_code=201, summary="创建接口令牌")
def create_token(body: CreateToken, engine: access.CurrentEngine, actor: access.CurrentActor) -> NewToken:
    """Make a token that acts for the caller. Not by an API token."""
    made = people.create_token(engine, actor, body.name, body.scopes, expires_at=body.expires_at, topics=body.topics)
    return NewToken(secret=made.secret, token=_token(made.token))


@router.post("/tokens/{token_id}/revoke", rule=access.SIGNED_IN, status_code=204, summary="撤销接口令牌")
def revoke_token(token_id: schema.PathId, engine: access.CurrentEngine, actor: access.CurrentActor) -> None:
    """Make a token useless at once. Not by an API token."""
    people.revoke_token(engine, actor, token_id)


def _token(found: model.ApiToken) -> Token:
    return schema.of(Token, found, scopes=sorted(found.scopes), topics=sorted(found.topics))

"""`/people`, `/units`, `/roles`, `/me`: who works here, to be chosen from and to be named."""

from __future__ import annotations

from typing import Annotated

import fastapi

from engine.actions import people, staff
from engine.model import people as model
from engine.web import access
from engine.web.api import paging, routing, schema

router = routing.Router("people")


class Person(schema.Model):
    """Somebody who works here."""

    id: str = schema.about("What tasks and the audit trail name them by.", "chenjing")
    name: str = schema.about("As people write it.", "陈静")
    unit_id: schema.Id | None = schema.about("Their unit.", 4)
    unit: str = schema.about("Its name, with those of the units above.", "市政务办／综合处")
    roles: list[str] = schema.about("Ids of their roles.", ["zonghechu"])
    active: bool = schema.about("Whether they still work here.", True)


class PersonPage(paging.Page[Person]):
    """People by id."""


class Role(schema.Model):
    """A role of a pack."""

    id: str = schema.about("Its id.", "zonghechu")
    name: str = schema.about("Its name: that of its lanes.", "综合处")
    description: str = schema.about("What it does.", "预审、复核、组织听证")
    pack: str = schema.about("The pack that defines it.", "shizhengwuban")


class RoleList(schema.Model):
    """All roles, by id."""

    items: list[Role]


class Unit(schema.Model):
    """A part of the organisation."""

    id: schema.Id = schema.about("Its number.", 4)
    name: str = schema.about("Its name.", "综合处")
    parent_id: schema.Id | None = schema.about("The unit above it.", 1)


class UnitList(schema.Model):
    """All units, by number."""

    items: list[Unit]


class Principal(schema.Model):
    """Somebody whom the caller stands in for just now."""

    id: str = schema.about("Their id.", "liuyang")
    roles: list[str] = schema.about("Their roles, which count for tasks.", ["zonghechu"])


class Me(schema.Model):
    """Who sends the request."""

    id: str = schema.about("Their id.", "chenjing")
    name: str = schema.about("Their name.", "陈静")
    roles: list[str] = schema.about("Ids of their roles.", ["zonghechu"])
    rights: list[model.Right] = schema.about(
        "What they may do besides; of an API token as far as its scopes let it.", ["monitor"]
    )
    acting_for: list[Principal]
    scopes: list[model.Scope] | None = schema.about("Of the API token; null in a browser.", ["read", "work"])


@router.get("/people", rule=access.SIGNED_IN, scope="read", summary="查找人员")
def list_people(
    request: fastapi.Request,
    response: fastapi.Response,
    engine: access.CurrentEngine,
    wanted: paging.Wanted,
    q: Annotated[
        str | None, fastapi.Query(min_length=1, max_length=100, description="Part of a name or an id.", examples=["陈"])
    ] = None,
    role: Annotated[schema.Name | None, fastapi.Query(description="Id of a role they have.")] = None,
    unit_id: Annotated[schema.Positive | None, fastapi.Query(description="A unit, with all below it.")] = None,
) -> PersonPage:
    """Find the people who work here now, by id. `role` is the id of a role, `unit_id` a unit with all below it."""
    found = staff.search(engine, text=q, role=role, unit_id=unit_id, limit=wanted.limit, after=wanted.after)
    names = people.directory(engine)
    return paging.answer(PersonPage, request, response, [_person(names, each) for each in found.items], found.after)


@router.get("/people/{user_id}", rule=access.SIGNED_IN, scope="read", summary="查看人员")
def show_person(
    user_id: Annotated[str, fastapi.Path(description="Their id.", min_length=1, max_length=64, examples=["chenjing"])],
    engine: access.CurrentEngine,
) -> Person:
    """Show somebody who works or worked here."""
    return _person(people.directory(engine), staff.get(engine, user_id))


@router.get("/roles", rule=access.SIGNED_IN, scope="read", summary="列出角色")
def list_roles(engine: access.CurrentEngine) -> RoleList:
    """List the roles of the deployed packs, by id."""
    roles = people.directory(engine).roles
    return RoleList(items=[Role.model_validate(roles[id_]) for id_ in sorted(roles)])


@router.get("/units", rule=access.SIGNED_IN, scope="read", summary="列出单位")
def list_units(engine: access.CurrentEngine) -> UnitList:
    """List the units of the organisation, by number."""
    units = people.directory(engine).units
    return UnitList(items=[Unit.model_validate(units[id_]) for id_ in sorted(units)])


@router.get("/me", rule=access.SIGNED_IN, scope="read", summary="当前用户")
def show_me(request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor) -> Me:
    """Tell who sends the request, and what they may do."""
    token = access.visitor_of(request).token
    rights = [
        (actor.admin, model.Right.ADMIN),
        (actor.monitor, model.Right.MONITOR),
        (actor.designs, model.Right.DESIGN),
    ]
    return Me(
        id=actor.id,
        name=people.directory(engine).name(actor.id),
        roles=sorted(actor.roles),
        rights=[right for has, right in rights if has],
        acting_for=[Principal(id=each.id, roles=sorted(each.roles)) for each in actor.acting_for],
        scopes=None if token is None else sorted(token.scopes),
    )


def _person(names: people.Directory, user: model.User) -> Person:
    return Person(
        id=user.id,
        name=user.name,
        unit_id=user.unit_id,
        unit=names.unit_name(user.unit_id),
        roles=list(user.roles),
        active=user.active,
    )

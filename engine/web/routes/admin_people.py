"""Administration of people: accounts, units, roles, substitutions, handing over."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import fastapi

from engine import errors
from engine.actions import catalogue, people
from engine.calendars import moments
from engine.model import people as model
from engine.web import access, i18n, pages, typed

router = access.Router("/admin")

RIGHTS: Mapping[model.Right, str] = {
    model.Right.ADMIN: "系统管理",
    model.Right.MONITOR: "督办（查看全部事项）",
    model.Right.DESIGN: "流程设计",
}


@dataclasses.dataclass(frozen=True, slots=True)
class UsersPage:
    """The list of accounts; `shown` are those that the filters let through."""

    shown: tuple[model.User, ...]
    total: int
    q: str
    role: str
    unit: int | None
    closed: bool
    directory: people.Directory
    rights: Mapping[model.Right, str] = dataclasses.field(default_factory=lambda: RIGHTS)


@dataclasses.dataclass(frozen=True, slots=True)
class UserPage:
    """One account, or (user is None) a new one. `password` has just been generated and is shown this once."""

    user: model.User | None
    directory: people.Directory
    units: tuple[tuple[int, str], ...]
    roles: tuple[model.Role, ...]
    typed: Mapping[str, str]
    chosen_roles: frozenset[str]
    chosen_rights: frozenset[str]
    rights: Mapping[model.Right, str] = dataclasses.field(default_factory=lambda: RIGHTS)
    error: tuple[str, str] | None = None
    password: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class HandOverPage:
    """What handing over did, task by task."""

    user: model.User
    to: model.User
    report: people.HandOver


@dataclasses.dataclass(frozen=True, slots=True)
class UnitsPage:
    """The units as a tree: depth, unit, how many people belong to it."""

    rows: tuple[tuple[int, model.Unit, int], ...]
    units: tuple[tuple[int, str], ...]
    typed: Mapping[str, str] = dataclasses.field(default_factory=dict)
    error: tuple[str, str] | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class RolesPage:
    """The roles of the packs, and who has them."""

    roles: tuple[tuple[model.Role, tuple[model.User, ...]], ...]
    #: Of packs, by slug.
    titles: Mapping[str, str]


@dataclasses.dataclass(frozen=True, slots=True)
class SubstitutionsPage:
    """Who stands in for whom."""

    rows: tuple[model.Substitution, ...]
    today: object
    typed: Mapping[str, str] = dataclasses.field(default_factory=dict)
    error: tuple[str, str] | None = None


# --- accounts -------------------------------------------------------------------------------------------------------


@router.get("/users", rule=access.ADMIN)
def users(
    request: fastapi.Request,
    engine: access.CurrentEngine,
    q: str = "",
    role: str = "",
    unit: str = "",
    closed: bool = False,
) -> fastapi.Response:
    """List accounts."""
    known = people.directory(engine)
    unit_id = typed.optional_number({"unit": unit}, "unit", "单位")
    wanted = q.strip().casefold()
    below = None if unit_id is None else {each.id for each in known.in_unit(unit_id)}
    shown = tuple(
        user
        for user in sorted(known.users.values(), key=lambda user: (not user.active, user.name, user.id))
        if (user.active or closed)
        and (not wanted or wanted in f"{user.id} {user.name} {user.email or ''}".casefold())
        and (not role or role in user.roles)
        and (below is None or user.id in below)
    )
    page = UsersPage(shown, len(known.users), q, role, unit_id, closed, known)
    return pages.show(request, "admin/users.html", page)


@router.get("/users/new", rule=access.ADMIN)
def new_user(request: fastapi.Request, engine: access.CurrentEngine) -> fastapi.Response:
    """Show the form of a new account."""
    return pages.show(request, "admin/user.html", _user_page(engine, None))


@router.post("/users", rule=access.ADMIN)
def create_user(
    request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor, fields: access.Posted
) -> fastapi.Response:
    """Make an account; the first password stands on the answer and nowhere else."""
    given = typed.texts(fields)
    try:
        wanted = _changes(fields, given)
        made = people.create_user(
            engine,
            actor,
            given.get("id", ""),
            wanted["name"],
            unit_id=wanted["unit_id"],
            roles=wanted["roles"],
            rights=wanted["rights"],
            email=wanted["email"],
            external_id=wanted["external_id"],
        )
    except errors.GongkaiError as error:
        page = _user_page(engine, None, fields, error=("account", error.message))
        return pages.show(request, "admin/user.html", page, status=422)
    page = dataclasses.replace(_user_page(engine, made.user), password=made.password)
    return pages.show(request, "admin/user.html", page, status=201)


@router.get("/users/{user_id}", rule=access.ADMIN)
def show_user(request: fastapi.Request, user_id: str, engine: access.CurrentEngine) -> fastapi.Response:
    """Show an account."""
    return pages.show(request, "admin/user.html", _user_page(engine, _user(engine, user_id)))


@router.post("/users/{user_id}", rule=access.ADMIN)
def update_user(
    request: fastapi.Request,
    user_id: str,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    fields: access.Posted,
) -> fastapi.Response:
    """Change an account."""
    user = _user(engine, user_id)
    try:
        people.update_user(engine, actor, user_id, **_changes(fields, typed.texts(fields)))
    except errors.GongkaiError as error:
        page = _user_page(engine, user, fields, error=("account", error.message))
        return pages.show(request, "admin/user.html", page, status=422)
    return pages.redirect(request, f"/admin/users/{user_id}", i18n.text(request, "已保存。"))


@router.post("/users/{user_id}/password", rule=access.ADMIN)
def reset_password(
    request: fastapi.Request, user_id: str, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Give somebody a new password; it stands on the answer and nowhere else."""
    user = _user(engine, user_id)
    generated = people.reset_password(engine, actor, user_id)
    page = dataclasses.replace(_user_page(engine, user), password=generated)
    return pages.show(request, "admin/user.html", page)


@router.post("/users/{user_id}/deactivate", rule=access.ADMIN)
def deactivate(
    request: fastapi.Request,
    user_id: str,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    fields: access.Posted,
) -> fastapi.Response:
    """Close an account, handing over what it has to do when somebody is named (离职交接)."""
    user, given = _user(engine, user_id), typed.texts(fields)
    reason, to = given.get("reason", ""), given.get("to", "")
    try:
        if not to:
            people.deactivate(engine, actor, user_id, reason)
            return pages.redirect(request, f"/admin/users/{user_id}", i18n.text(request, "账号已停用。"))
        report = people.hand_over(engine, user_id, to, actor, reason)
    except errors.GongkaiError as error:
        page = dataclasses.replace(_user_page(engine, user), error=("leaving", error.message), typed=given)
        return pages.show(request, "admin/user.html", page, status=422)
    done = HandOverPage(_user(engine, user_id), _user(engine, to), report)
    return pages.show(request, "admin/hand_over.html", done)


@router.post("/users/{user_id}/activate", rule=access.ADMIN)
def activate(
    request: fastapi.Request, user_id: str, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Open an account again."""
    people.activate(engine, actor, user_id)
    return pages.redirect(request, f"/admin/users/{user_id}", i18n.text(request, "账号已重新启用。"))


# --- units ----------------------------------------------------------------------------------------------------------


@router.get("/units", rule=access.ADMIN)
def units(request: fastapi.Request, engine: access.CurrentEngine) -> fastapi.Response:
    """Show the units."""
    return pages.show(request, "admin/units.html", _units_page(engine))


@router.post("/units", rule=access.ADMIN)
def create_unit(
    request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor, fields: access.Posted
) -> fastapi.Response:
    """Add a unit."""
    given = typed.texts(fields)
    try:
        people.create_unit(engine, actor, given.get("name", ""), typed.optional_number(given, "parent", "上级单位"))
    except errors.GongkaiError as error:
        page = dataclasses.replace(_units_page(engine), typed=given, error=("new", error.message))
        return pages.show(request, "admin/units.html", page, status=422)
    return pages.redirect(request, "/admin/units", i18n.text(request, "已增加单位。"))


@router.post("/units/{unit_id}", rule=access.ADMIN)
def update_unit(
    request: fastapi.Request,
    unit_id: int,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    fields: access.Posted,
) -> fastapi.Response:
    """Rename, move or remove a unit."""
    given = typed.texts(fields)
    try:
        if given.get("act") == "remove":
            people.remove_unit(engine, actor, unit_id)
        else:
            parent = typed.optional_number(given, "parent", "上级单位")
            people.update_unit(engine, actor, unit_id, name=given.get("name", ""), parent_id=parent)
    except (errors.InvalidInput, errors.Conflict) as error:
        page = dataclasses.replace(_units_page(engine), error=(str(unit_id), error.message))
        return pages.show(request, "admin/units.html", page, status=422)
    return pages.redirect(request, "/admin/units", i18n.text(request, "已保存。"))


# --- roles and substitutions ----------------------------------------------------------------------------------------


@router.get("/roles", rule=access.ADMIN)
def roles(request: fastapi.Request, engine: access.CurrentEngine) -> fastapi.Response:
    """Show the roles and who has them."""
    known = people.directory(engine)
    held = tuple((role, tuple(known.in_role(role.id))) for role in _roles(known))
    return pages.show(request, "admin/roles.html", RolesPage(held, catalogue.titles(engine)))


@router.get("/substitutions", rule=access.ADMIN)
def substitutions(
    request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Show who stands in for whom."""
    return pages.show(request, "admin/substitutions.html", _substitutions_page(engine, actor))


@router.post("/substitutions", rule=access.ADMIN)
def create_substitution(
    request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor, fields: access.Posted
) -> fastapi.Response:
    """Have somebody stand in for somebody else."""
    given = typed.texts(fields)
    try:
        people.create_substitution(
            engine,
            actor,
            given.get("principal", ""),
            given.get("substitute", ""),
            typed.date(given, "begins_on", "开始日期"),
            typed.date(given, "ends_on", "结束日期"),
            given.get("reason", ""),
        )
    except errors.GongkaiError as error:
        page = dataclasses.replace(_substitutions_page(engine, actor), typed=given, error=("new", error.message))
        return pages.show(request, "admin/substitutions.html", page, status=422)
    return pages.redirect(request, "/admin/substitutions", i18n.text(request, "已设置代理。"))


@router.post("/substitutions/{substitution_id}/end", rule=access.ADMIN)
def end_substitution(
    request: fastapi.Request, substitution_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """End a substitution early."""
    people.end_substitution(engine, actor, substitution_id)
    return pages.redirect(request, "/admin/substitutions", i18n.text(request, "代理已结束。"))


# --- what the pages need --------------------------------------------------------------------------------------------


def _user(engine: access.CurrentEngine, user_id: str) -> model.User:
    found = people.directory(engine).users.get(user_id)
    if found is None:
        raise errors.NotFound(f"没有用户名为“{user_id}”的账号。")
    return found


def _changes(fields: access.Posted, given: Mapping[str, str]) -> people.Changes:
    return people.Changes(
        name=given.get("name", ""),
        unit_id=typed.optional_number(given, "unit", "单位"),
        roles=[str(role) for role in fields.getlist("roles")],
        rights=[model.Right(str(right)) for right in fields.getlist("rights") if right in list(model.Right)],
        email=given.get("email") or None,
        external_id=given.get("external_id") or None,
    )


def _user_page(
    engine: access.CurrentEngine,
    user: model.User | None,
    fields: access.Posted | None = None,
    error: tuple[str, str] | None = None,
) -> UserPage:
    known = people.directory(engine)
    if fields is not None:
        given: Mapping[str, str] = typed.texts(fields)
        chosen = (fields.getlist("roles"), fields.getlist("rights"))
    elif user is not None:
        unit = "" if user.unit_id is None else str(user.unit_id)
        external = user.external_id or ""
        given = {"name": user.name, "email": user.email or "", "unit": unit, "external_id": external}
        chosen = (list(user.roles), [right.value for right in user.rights])
    else:
        given, chosen = {}, ([], [])
    return UserPage(
        user=user,
        directory=known,
        units=_unit_choices(known),
        roles=_roles(known),
        typed=given,
        chosen_roles=frozenset(map(str, chosen[0])),
        chosen_rights=frozenset(map(str, chosen[1])),
        error=error,
    )


def _units_page(engine: access.CurrentEngine) -> UnitsPage:
    known = people.directory(engine)
    return UnitsPage(
        rows=tuple(
            (len(known.unit_path(unit.id)) - 1, unit, sum(user.unit_id == unit.id for user in known.users.values()))
            for unit in _in_order(known)
        ),
        units=_unit_choices(known),
    )


def _substitutions_page(engine: access.CurrentEngine, actor: access.CurrentActor) -> SubstitutionsPage:
    today = moments.local_day(engine.clock.now())
    return SubstitutionsPage(tuple(people.substitutions(engine, actor)), today)


def _unit_choices(known: people.Directory) -> tuple[tuple[int, str], ...]:
    return tuple((unit.id, known.unit_name(unit.id)) for unit in _in_order(known))


def _in_order(known: people.Directory) -> Sequence[model.Unit]:
    """Return the units, each followed by those below it."""
    return sorted(known.units.values(), key=lambda unit: [each.id for each in reversed(known.unit_path(unit.id))])


def _roles(known: people.Directory) -> tuple[model.Role, ...]:
    return tuple(known.roles.values())

"""迁移版本: a case goes on with another version of its process; what that changes is shown before it happens."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import fastapi

from engine import errors
from engine.actions import context, migrating, sight
from engine.model import commands, definitions, instances, migrations
from engine.web import access, english, i18n, pages, typed

router = access.Router("/cases/{case_id:int}/migrate")


@dataclasses.dataclass(frozen=True, slots=True)
class MigrationPage:
    """Where a case may go, what was chosen, and what that would do. `plan` is None while it cannot be told."""

    case: instances.ProcessInstance
    present: definitions.ProcessDefinition
    others: tuple[definitions.ProcessDefinition, ...]
    version: int | None = None
    mapping: str = ""
    reckon: bool = False
    plan: migrations.Plan | None = None
    error: str = ""
    #: What went wrong, in general: for those who read English.
    english: str = ""


@router.get("", rule=access.ADMIN)
def show(
    request: fastapi.Request, case_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Show what migrating to a version, by default the newest, would do."""
    page = _page(engine, actor, case_id, {**request.query_params})
    return pages.show(request, "cases/migrate.html", page, status=422 if page.error else 200)


@router.post("", rule=access.ADMIN)
def migrate(
    request: fastapi.Request,
    case_id: int,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    fields: access.Posted,
) -> fastapi.Response:
    """Migrate a case; what has no place there is shown, and nothing happens."""
    given = typed.texts(fields)
    try:
        mapping, reckon = _mapping(given), bool(given.get("reckon"))
        version = typed.optional_number(given, "version", "版本")
        done = migrating.migrate(engine, case_id, actor, version=version, mapping=mapping, reckon=reckon)
    except (errors.Conflict, errors.InvalidInput) as error:
        page = _page(engine, actor, case_id, given)
        refused = dataclasses.replace(page, error=error.message, english=english.of_error(error))
        status = 409 if isinstance(error, errors.Conflict) else 422
        return pages.show(request, "cases/migrate.html", refused, status=status)
    said = i18n.text(request, "已迁移到第 {version} 版。", version=done.to_version)
    return pages.redirect(request, f"/cases/{case_id}", said)


def _page(engine: context.Engine, actor: commands.Actor, case_id: int, given: Mapping[str, str]) -> MigrationPage:
    case = sight.case(engine, case_id, actor)
    present, others = migrating.versions(engine, case_id, actor)
    page = MigrationPage(
        case, present, tuple(others), mapping=given.get("mapping", ""), reckon=bool(given.get("reckon"))
    )
    try:
        chosen = typed.optional_number(given, "version", "版本") or (others[0].version if others else None)
        page = dataclasses.replace(page, version=chosen)
        if chosen is None:
            return page
        plan = migrating.plan(engine, case_id, actor, version=chosen, mapping=_mapping(given), reckon=page.reckon)
    except (errors.Conflict, errors.InvalidInput) as error:
        return dataclasses.replace(page, error=error.message, english=english.of_error(error))
    return dataclasses.replace(page, plan=plan)


def _mapping(given: Mapping[str, str]) -> dict[str, str]:
    """Read one pair a line, the old id before the new one.

    Raises:
        errors.InvalidInput: A line is none.
    """
    found = {}
    for line in filter(None, map(str.strip, given.get("mapping", "").splitlines())):
        old, equals, new = (part.strip() for part in line.partition("="))
        if not (old and equals and new):
            raise errors.InvalidInput(f"对应关系应每行一对，写作“原元素=新元素”，现为“{line[:60]}”。")
        found[old] = new
    return found

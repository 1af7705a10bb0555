"""`/audit`: who did what, append-only and chained by hash."""

from __future__ import annotations

from typing import Annotated

import fastapi

from engine.actions import oversight
from engine.web import access
from engine.web.api import paging, routing, schema

router = routing.Router("audit")


class AuditEntry(schema.Model):
    """One act."""

    chain: int = schema.about("The case whose chain it is in; 0 is that of the system.", 17)
    seq: int = schema.about("Its place in the chain.", 4)
    at: schema.Moment = schema.about("When.", "2026-03-09T01:00:00Z")
    actor: str = schema.about("Who.", "chenjing")
    action: str = schema.about("What.", "complete-user-task")
    subject: str = schema.about("To what.", "user_task/9")
    details: dict[str, object] = schema.about("What explains it.", {"element": "Task_review"})
    previous_hash: str = schema.about("Hash of the entry before.", "00" * 32)
    hash: str = schema.about("SHA-256 over all of it.", "7a" * 32)


class AuditPage(paging.Page[AuditEntry]):
    """Audit entries, newest first."""


class AuditProblem(schema.Model):
    """Something that is wrong with the trail."""

    chain: int = schema.about("The case whose chain it is; 0 is that of the system.", 17)
    seq: int | None = schema.about("The entry; null where the chain as a whole is meant.", 4)
    message: str = schema.about("What.", "内容与哈希值不符，已被改动")


class Verification(schema.Model):
    """What checking the whole trail found."""

    entries: int = schema.about("How many entries there are.", 1204)
    intact: bool = schema.about("Whether nothing was changed, removed or put elsewhere.", True)
    problems: list[AuditProblem] = schema.about("What is wrong.", [])


@router.get("/audit", rule=access.MONITOR, scope="read", summary="查询审计记录")
def list_audit_entries(
    request: fastapi.Request,
    response: fastapi.Response,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    wanted: paging.Wanted,
    chain: Annotated[schema.Chain | None, fastapi.Query(description="Of one case; 0 for the system.")] = None,
    by: Annotated[schema.Name | None, fastapi.Query(description="Id of who acted.")] = None,
    action: Annotated[schema.Name | None, fastapi.Query(description="What was done, as the trail calls it.")] = None,
    subject: Annotated[
        schema.Name | None, fastapi.Query(description="What it was done to, e.g. `user_task/9`.")
    ] = None,
    since: Annotated[schema.Moment | None, fastapi.Query(description="Not before this time.")] = None,
    until: Annotated[schema.Moment | None, fastapi.Query(description="Before this time.")] = None,
) -> AuditPage:
    """List audit entries, newest first. `by` is the id of who acted, `since` is included, `until` is not."""
    page = oversight.audit(
        engine,
        actor,
        chain=chain,
        by=by,
        action=action,
        subject=subject,
        since=since,
        until=until,
        limit=wanted.limit,
        after=wanted.after,
    )
    return paging.answer(AuditPage, request, response, page.items, page.after)


@router.get("/audit/verification", rule=access.MONITOR, scope="read", summary="核对审计记录")
def verify_audit(engine: access.CurrentEngine, actor: access.CurrentActor) -> Verification:
    """Recompute the hash of every entry: finds what was changed, removed or put elsewhere."""
    found = oversight.verify_audit(engine, actor)
    problems = [AuditProblem.model_validate(each) for each in found.problems]
    return Verification(entries=found.entries, intact=not problems, problems=problems)

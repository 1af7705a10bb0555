"""合规检查: what must always hold, and whether it does."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import fastapi

from engine.actions import invariants as actions
from engine.actions import wording
from engine.model import invariants as model
from engine.web import access, i18n, pages, spreadsheets

router = access.Router("/compliance")

#: Subjects of each sort that the page looks at when it is opened, and when somebody asks for more; the command line
#: looks at all of them.
FIRST, NEWEST = 20, 200


@dataclasses.dataclass(frozen=True, slots=True)
class CompliancePage:
    """What must always hold, by pack, and what checking it found.

    Parameters:
        books: what the packs declare.
        report: the result.
        outcomes: the outcomes by pack and id of the invariant.
        newest: how many of the newest subjects of each sort were looked at; `more` how many can be.
    """

    books: tuple[model.Rulebook, ...]
    report: model.Report
    outcomes: dict[tuple[str, str], model.Outcome]
    newest: int
    more: int


@router.get("", rule=access.MONITOR)
def show(
    request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor, check: str = ""
) -> fastapi.Response:
    """Show what must always hold, and whether it does for what happened last; for more of it when asked."""
    books = tuple(actions.rulebooks(engine, actor))
    newest = NEWEST if check else FIRST
    report = actions.audit(engine, actor, scope=actions.Scope(newest=newest))
    outcomes = {(each.pack, each.invariant.id): each for each in report.outcomes}
    return pages.show(request, "compliance.html", CompliancePage(books, report, outcomes, newest, NEWEST))


@router.get("/export.csv", rule=access.MONITOR)
def export(request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor) -> fastapi.Response:
    """Give the result as a file for spreadsheets: a line for each violation, and one for what holds."""
    report = actions.audit(engine, actor, scope=actions.Scope(newest=NEWEST))
    words = ("编号", "要求", "条款", "结果", "核对数", "对象", "名称", "事项编号", "查明的情况")
    head = [i18n.text(request, word) for word in words]
    return spreadsheets.download(i18n.text(request, "合规检查"), head, _lines(request, report))


def _lines(request: fastapi.Request, report: model.Report) -> Iterator[list[object]]:
    for each in report.outcomes:
        own: list[object] = [
            each.invariant.id,
            each.invariant.statement,
            "；".join(each.invariant.clauses),
            i18n.text(request, wording.outcome(each)),
            each.looked_at,
        ]
        if not each.violations:
            yield [*own, "", "", "", each.invariant.inapplicable]
        for found in each.violations:
            yield [
                *own,
                i18n.text(request, wording.SUBJECTS[found.kind]),
                found.name,
                found.instance_id,
                found.evidence,
            ]

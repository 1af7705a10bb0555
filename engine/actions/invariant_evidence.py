"""What expressions of invariants may ask about a subject: its case, its relatives, and what these left behind.

All of it is read for a page of subjects at once: a fixed number of statements, however many there are.
"""

from __future__ import annotations

import ast
import dataclasses
import datetime
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from engine.bpmn import expressions
from engine.calendars import calendar, moments
from engine.calendars import expressions as calendar_expressions
from engine.model import invariants as model
from engine.model import records
from engine.store import queries_evidence, unit_of_work

#: Functions about the case of the subject; `of='process'` asks its relatives of that process instead.
_ASKING = ("tasks", "last", "visits", "entries", "documents", "publications", "answers", "value", "values", "cases")
#: Every function that an expression of an invariant may call.
FUNCTIONS = (expressions.DEFAULT_FUNCTIONS - {"actor", "deadline"}) | frozenset(_ASKING)

#: Functions that take one name and, at this place, the process of the relatives; the others take any number of names.
_ONE_NAME = {"value": 2, "values": 1}


@dataclasses.dataclass(frozen=True, slots=True)
class Needs:
    """What has to be read for some checks: relatives of which processes, visits to which elements, and what else."""

    processes: frozenset[str]
    elements: frozenset[str]
    visited: frozenset[str]
    registers: frozenset[str]
    asked: frozenset[str]


def needs(checks: Iterable[model.Check]) -> Needs:
    """Return what has to be read for some checks."""
    found: dict[str, set[str]] = {name: set() for name in _ASKING}
    processes: set[str] = set()
    asked: set[str] = set()
    visited: set[str] = set()
    for check in checks:
        askings = [each for source in check.expressions for each in _askings(source, is_text=False)]
        for asking in (*askings, *_askings(check.evidence, is_text=True)):
            asked.add(asking.function)
            found[asking.function].update(each for each in asking.names if each is not None)
            processes.update(each for each in asking.of if each is not None)
        if check.distinct or check.in_order:
            asked.add("tasks")
        visited.update(check.before)
    visited |= found["visits"]
    return Needs(
        frozenset(processes | found["cases"]),
        frozenset(found["tasks"] | found["last"] | found["visits"]),
        frozenset(visited),
        frozenset(found["entries"]),
        frozenset(asked),
    )


@dataclasses.dataclass(frozen=True, slots=True)
class _Asking:
    """A call of a function about the case; a name is None where it is not written out."""

    function: str
    names: tuple[str | None, ...]
    of: tuple[str | None, ...]


def computed_names(source: str, *, is_text: bool = False) -> Iterator[str]:
    """Yield the functions that an expression or a text asks for something whose name it does not write out.

    Names tell beforehand what has to be read: what is asked for by a name that is only computed would not be there, and
    the rule would hold for everything.
    """
    for asking in _askings(source, is_text=is_text):
        if None in asking.names or None in asking.of:
            yield asking.function


def _askings(source: str, *, is_text: bool) -> Iterator[_Asking]:
    for call in expressions.function_calls(source, is_text=is_text) if source else ():
        function = call.func.id if isinstance(call.func, ast.Name) else ""
        if function not in _ASKING:
            continue
        names, of = list(call.args), [each.value for each in call.keywords if each.arg in ("of", None)]
        if function in _ONE_NAME:
            of += names[_ONE_NAME[function] : _ONE_NAME[function] + 1]
            names = names[:1]
        given = tuple(each for each in of if not (isinstance(each, ast.Constant) and each.value is None))
        yield _Asking(function, tuple(map(_literal, names)), tuple(map(_literal, given)))


def _literal(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


@dataclasses.dataclass(frozen=True, slots=True)
class CaseEvidence:
    """A case and what it left behind, each thing as expressions see it, oldest first."""

    row: queries_evidence.CaseRow
    tasks: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    visits: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    entries: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    documents: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    publications: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    answers: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    relatives: list[CaseEvidence] = dataclasses.field(default_factory=list)

    @property
    def id(self) -> int:
        """Return the id of the case."""
        return self.row.instance.id

    @property
    def name(self) -> str:
        """Return what people call the case."""
        case = self.row.instance
        return " ".join(filter(None, (case.business_key, case.title))) or f"事项 {case.id}"

    def plain(self) -> dict[str, Any]:
        """Return the case as expressions see it."""
        case = self.row.instance
        return {
            "id": case.id,
            "number": case.business_key,
            "title": case.title,
            "process": self.row.key,
            "status": case.status.value,
            "started_at": local(case.started_at),
            "started_by": case.started_by,
            "ended_at": local(case.ended_at),
            "parent": case.parent_id,
        }


def load(
    uow: unit_of_work.UnitOfWork, rows: Collection[queries_evidence.CaseRow], wanted: Needs
) -> dict[int, CaseEvidence]:
    """Read what belongs to some cases and, where it is asked for, to their relatives.

    Args:
        uow: The unit of work.
        rows: The cases.
        wanted: What has to be read.

    Returns:
        The evidence by id of the case.
    """
    every = {row.instance.id: CaseEvidence(row) for row in rows}
    if wanted.processes and rows:
        _relate(uow, every, wanted.processes)
    if not every:
        return every
    ids = list(every)
    if wanted.asked & {"tasks", "last"}:
        for task in queries_evidence.completed(uow, ids):
            every[task.task.instance_id].tasks.append(_task(task))
    if wanted.visited:
        for visit in queries_evidence.visits(uow, ids, wanted.visited):
            every[visit.instance_id].visits.append(
                {
                    "element": visit.element_id,
                    "name": visit.name,
                    "at": local(visit.entered_at),
                    "left": local(visit.left_at),
                    "case": visit.instance_id,
                }
            )
    _records(uow, every, ids, wanted)
    if "answers" in wanted.asked:
        for sent in queries_evidence.submitted(uow, ids):
            every[sent.instance_id].answers.append(
                {
                    "element": sent.element_id,
                    "by": sent.submitted_by,
                    "at": local(sent.submitted_at),
                    "values": sent.values,
                    "case": sent.instance_id,
                }
            )
    return every


def _relate(uow: unit_of_work.UnitOfWork, every: dict[int, CaseEvidence], processes: Collection[str]) -> None:
    """Add the relatives of cases: those of the family that are of one of these processes."""
    roots: dict[int, list[CaseEvidence]] = {}
    for each in list(every.values()):
        roots.setdefault(_root(each.row), []).append(each)
    for row in queries_evidence.relatives(uow, roots, processes):
        found = every.setdefault(row.instance.id, CaseEvidence(row))
        for each in roots[_root(row)]:
            each.relatives.append(found)


def _root(row: queries_evidence.CaseRow) -> int:
    return row.instance.root_id or row.instance.id


def _records(
    uow: unit_of_work.UnitOfWork, every: Mapping[int, CaseEvidence], ids: Collection[int], wanted: Needs
) -> None:
    if "entries" in wanted.asked:
        for entry in queries_evidence.registered(uow, ids):
            every[entry.instance_id or 0].entries.append(entry_of(entry))
    if "documents" in wanted.asked:
        for document in queries_evidence.issued(uow, ids):
            every[document.instance_id or 0].documents.append(document_of(document))
    if "publications" in wanted.asked:
        for publication in queries_evidence.published(uow, ids):
            every[publication.instance_id or 0].publications.append(publication_of(publication))


# --- as expressions see it -------------------------------------------------------------------------------------------


def local(at: datetime.datetime | None) -> datetime.datetime | None:
    """Return a moment in official Chinese time."""
    return None if at is None else at.astimezone(moments.SHANGHAI)


def _task(row: queries_evidence.TaskRow) -> dict[str, Any]:
    task = row.task
    return {
        "element": task.element_id,
        "name": task.name,
        "by": task.completed_by,
        "principal": task.completed_for,
        "at": local(task.completed_at),
        "opened": local(task.created_at),
        "due": local(task.due),
        "values": row.values,
        "case": task.instance_id,
    }


def entry_of(entry: records.Entry) -> dict[str, Any]:
    """Return an entry of a register as expressions see it."""
    return {
        "id": entry.id,
        "register": entry.register,
        "number": entry.number,
        "year": entry.year,
        "serial": entry.serial,
        "at": local(entry.at),
        "by": entry.by,
        "values": dict(entry.values),
        "corrects": entry.corrects,
        "reason": entry.reason,
        "case": entry.instance_id,
    }


def document_of(document: queries_evidence.DocumentRow) -> dict[str, Any]:
    """Return an official document as expressions see it."""
    return {
        "id": document.id,
        "template": document.template,
        "title": document.title,
        "number": document.number,
        "sha256": document.sha256,
        "at": local(document.issued_at),
        "by": document.by,
        "case": document.instance_id,
    }


def publication_of(publication: records.Publication) -> dict[str, Any]:
    """Return a publication as expressions see it."""
    return {
        "id": publication.id,
        "kind": publication.kind.value,
        "title": publication.title,
        "summary": publication.summary,
        "content": publication.content,
        "document": publication.document_id,
        "attachments": [dict(each) for each in publication.attachments],
        "until": local(publication.until),
        "replaces": publication.replaces,
        "sha256": publication.content_sha256,
        "at": local(publication.published_at),
        "by": publication.by,
        "case": publication.instance_id,
    }


# --- functions -------------------------------------------------------------------------------------------------------


def functions(
    case: CaseEvidence | None, days: calendar.Calendar, now: datetime.datetime
) -> dict[str, Callable[..., Any]]:
    """Return the functions that expressions about a subject may call.

    Args:
        case: The case of the subject, if it has one.
        days: The calendar of the office.
        now: The moment of the check.
    """

    def around(of: str | None) -> Iterator[CaseEvidence]:
        if case is not None and of is None:
            yield case
        elif case is not None:
            yield from (each for each in case.relatives if each.row.key == of)

    def chosen(what: str, key: str) -> Callable[..., list[dict[str, Any]]]:
        def give(*names: str, of: str | None = None) -> list[dict[str, Any]]:
            found = [each for one in around(of) for each in getattr(one, what)]
            return [each for each in found if each[key] in names] if names else found

        return give

    done = chosen("tasks", "element")

    def last(*names: str, of: str | None = None) -> dict[str, Any] | None:
        found = sorted(done(*names, of=of), key=lambda each: each["at"])
        return found[-1] if found else None

    def value(name: str, default: Any = None, of: str | None = None) -> Any:
        for each in reversed(list(around(of))):
            variables = json.loads(each.row.variables)
            if name in variables:
                return variables[name]
        return default

    def values(name: str, of: str | None = None) -> list[Any]:
        found = (json.loads(each.row.variables) for each in around(of))
        return [each[name] for each in found if name in each]

    given = dict(calendar_expressions.functions(days, now))
    given.pop("deadline", None)
    return given | {
        "tasks": done,
        "last": last,
        "visits": chosen("visits", "element"),
        "entries": chosen("entries", "register"),
        "documents": chosen("documents", "template"),
        "publications": chosen("publications", "kind"),
        "answers": chosen("answers", "element"),
        "value": value,
        "values": values,
        "cases": lambda *keys: [
            each.plain() for each in (() if case is None else case.relatives) if each.row.key in keys
        ],
    }

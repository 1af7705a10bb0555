"""Checking a page of subjects by one rule."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from engine import errors
from engine.actions import invariant_evidence
from engine.bpmn import expressions
from engine.model import invariants as model
from engine.store import queries_evidence, unit_of_work

#: Gives what people call somebody.
NameOf = Callable[[str], str]


@dataclasses.dataclass(frozen=True, slots=True)
class Subject:
    """What a check looks at: a case, or a record with the case that made it."""

    kind: model.SubjectKind
    id: int
    name: str
    register: str
    at: datetime.datetime
    pack: str
    case: invariant_evidence.CaseEvidence | None
    variables: Mapping[str, Any]
    functions: Mapping[str, Callable[..., Any]]

    def violated(self, evidence: str, *, unchecked: bool = False) -> model.Violation:
        """Return that a rule does not hold for it."""
        case = None if self.case is None else self.case.id
        return model.Violation(self.kind, self.id, self.name, self.register, case, self.at, evidence, unchecked)


def apply(
    uow: unit_of_work.UnitOfWork, check: model.Check, subjects: Sequence[Subject], name_of: NameOf
) -> Iterator[tuple[Subject, model.Violation | None]]:
    """Yield every subject that a check concerns, with the violation if there is one.

    What cannot be checked, because an expression fails, is a violation that says so: nothing is passed over in silence.
    """
    concerned: list[Subject] = []
    for subject in subjects:
        try:
            if not check.when or _value(check.when, subject):
                concerned.append(subject)
        except errors.EvaluationFailed as error:
            yield subject, subject.violated(f"不能核对：{error.message}", unchecked=True)
    judge = _judge(uow, check, concerned, name_of)
    for subject in concerned:
        try:
            found = judge(subject)
            yield subject, None if found is None else subject.violated(_said(check, subject) or found)
        except errors.EvaluationFailed as error:
            yield subject, subject.violated(f"不能核对：{error.message}", unchecked=True)


Judge = Callable[[Subject], str | None]


def _judge(uow: unit_of_work.UnitOfWork, check: model.Check, subjects: Sequence[Subject], name_of: NameOf) -> Judge:
    """Return what tells, in a sentence, why a rule does not hold for a subject; None where it does."""
    if check.entry is not None:
        return _looked_up(uow, check.entry, subjects)
    if check.unique:
        return _only(uow, check.unique, subjects)
    if check.distinct:
        return lambda subject: _shared(check.distinct, subject, name_of)
    if check.in_order:
        return lambda subject: _disordered(check, subject)
    return lambda subject: None if _value(check.holds, subject) else "不符合此项要求。"


def _value(source: str, subject: Subject) -> Any:
    compiled = expressions.compile_expression(source, invariant_evidence.FUNCTIONS)
    return compiled.evaluate(subject.variables, subject.functions)


def _said(check: model.Check, subject: Subject) -> str:
    if not check.evidence:
        return ""
    compiled = expressions.compile_template(check.evidence, invariant_evidence.FUNCTIONS)
    return str(compiled.evaluate(subject.variables, subject.functions))


# --- people and order ------------------------------------------------------------------------------------------------


def _shared(steps: Sequence[model.Step], subject: Subject, name_of: NameOf) -> str | None:
    """Tell who did two of the steps, by themselves or through a substitute."""
    found: list[tuple[dict[str, Any], ...]] = [tuple(_done(subject, step)) for step in steps]
    for one, other in itertools.combinations(found, 2):
        for first, second in itertools.product(one, other):
            both = _people(first) & _people(second)
            if both:
                who = "、".join(name_of(each) for each in sorted(both))
                return f"“{first['name']}”与“{second['name']}”均由{who}办理。"
    return None


def _people(task: Mapping[str, Any]) -> set[str]:
    return {each for each in (task["by"], task["principal"]) if each}


def _disordered(check: model.Check, subject: Subject) -> str | None:
    """Tell what was missing, or not in order, when one of the elements was entered."""
    entered = [] if subject.case is None else [v for v in subject.case.visits if v["element"] in check.before]
    for visit in entered:
        last: dict[str, Any] | None = None
        for step in check.in_order:
            done = [each for each in _done(subject, step) if each["at"] <= visit["at"]]
            if not done:
                return f"“{visit['name']}”之前没有办结“{'或者'.join(step)}”。"
            if last is not None and done[-1]["at"] < last["at"]:
                return f"“{done[-1]['name']}”在“{last['name']}”之前办结，其后没有再办理，就进行了“{visit['name']}”。"
            last = done[-1]
    return None


def _done(subject: Subject, step: model.Step) -> Iterator[dict[str, Any]]:
    if subject.case is not None:
        yield from (task for task in subject.case.tasks if task["element"] in step)


# --- registers -------------------------------------------------------------------------------------------------------


def _looked_up(uow: unit_of_work.UnitOfWork, wanted: model.Lookup, subjects: Sequence[Subject]) -> Judge:
    """Look up the entries that subjects must have: one statement for all of them."""
    failed: dict[int, errors.EvaluationFailed] = {}
    sought: dict[int, dict[str, str]] = {}
    for subject in subjects:
        try:
            sought[subject.id] = {field: str(_value(source, subject)) for field, source in wanted.same.items()}
        except errors.EvaluationFailed as error:
            failed[subject.id] = error
    key = next(iter(wanted.same))
    there: dict[str, list[Any]] = {}
    if sought:
        values = {each[key] for each in sought.values()}
        for entry in queries_evidence.with_values(uow, subjects[0].pack, wanted.register, key, values):
            there.setdefault(str(entry.values.get(key)), []).append(entry)

    def judge(subject: Subject) -> str | None:
        if subject.id in failed:
            raise failed[subject.id]
        must = {**sought[subject.id], **wanted.values}
        for entry in there.get(must[key], ()):
            if wanted.earlier and entry.at > subject.at:
                continue
            if all(str(entry.values.get(field)) == value for field, value in must.items()):
                return None
        written = "，".join(f"{field}={value}" for field, value in must.items())
        return f"台账 {wanted.register} 中没有{'在其之前的' if wanted.earlier else ''}对应记录（{written}）。"

    return judge


def _only(uow: unit_of_work.UnitOfWork, field: str, subjects: Sequence[Subject]) -> Judge:
    """Find entries of the register that have the same value: one statement. A correction repeats what it corrects."""
    entries = {subject.id: subject.variables["entry"] for subject in subjects}
    numbers: dict[str, set[str]] = {}
    if subjects:
        register = subjects[0].register
        values = {str(each["values"][field]) for each in entries.values() if each["values"].get(field) is not None}
        for entry in queries_evidence.with_values(uow, subjects[0].pack, register, field, values):
            if entry.corrects is None:
                numbers.setdefault(str(entry.values[field]), set()).add(entry.number)

    def judge(subject: Subject) -> str | None:
        entry = entries[subject.id]
        value = entry["values"].get(field)
        others = numbers.get(str(value), set()) - {entry["number"]}
        if value is None or entry["corrects"] is not None or not others:
            return None
        return f"“{value}”还用于：{'、'.join(sorted(others))}。"

    return judge

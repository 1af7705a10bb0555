"""From a submission to variables: all of them right, or errors.InvalidForm with a message for every field."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from engine.forms import (
    coercion,
    computing,
    conditions,
    covering,
    definition,
    dialect,
    field_rights,
    fixed_rows,
    guard,
    judgement,
    messages,
    problems,
    value_checks,
)

Values = Mapping[str, Any]


def validate(
    form: definition.Form,
    submission: Values,
    *,
    current: Values,
    rights: field_rights.Rights = field_rights.ALL_EDIT,
    today: datetime.date,
    references: value_checks.References | None = None,
) -> dict[str, Any]:
    """Check what a person submits and return the variables to write, in the order of the form.

    `current` holds the variables as they are; `today` is the date in Beijing. The submission is judged as it would
    stand afterwards: submitted values over current ones. What is required has to be submitted, an old value does not
    answer for it; what is optional and absent stays as it is; what is submitted empty becomes None (a list []).
    `references` knows which files, people, roles and units there are; without it their ids are taken as they are.

    Raises errors.InvalidForm with `details["errors"]`, a list of `{"field", "label", "message", "code"}`.
    """
    guard.check(form, submission)
    found = problems.Problems(form)
    answers = _answers(form, submission, current, rights, found)
    state = _known(form, current) | answers
    for field in form.fields:
        if rights.may_compute(field):
            state.pop(field.name, None)
    settled = conditions.settled(form.fields, state)
    settled |= _computed(form, settled, rights, submission, found)
    judgement.check_strangers(form.fields, submission, (), found)
    judge = judgement.Judge(form, rights, found)
    judge.check_required(answers, state)
    judge.check_schema(settled, before=conditions.settled(form.fields, _known(form, current)))
    for path, code, message in value_checks.check(form, settled, today):
        judge.add(path, code, message)
    for path, code, message in covering.complaints(form, settled):
        judge.add(path, code, message)
    if references is not None:
        submitted = {name: value for name, value in settled.items() if name in answers}
        for path, code, message in value_checks.check_references(form.fields, submitted, references):
            judge.add(path, code, message)
    found.raise_if_any()
    return _variables(form, answers, settled, conditions.visible_names(form.fields, state), rights)


def draft(
    form: definition.Form,
    submission: Values,
    rights: field_rights.Rights = field_rights.ALL_EDIT,
    *,
    unless: Values | None = None,
) -> dict[str, Any]:
    """Return what to keep of an unfinished submission: the editable fields, as typed where they cannot be read yet.

    What is as in `unless` (the values that the page began with) is left out: it may have changed by the time that
    somebody goes on with the draft.

    Raises errors.InvalidForm for keys that the form does not declare and for content that cannot be kept at all.
    """
    guard.check(form, submission)
    found = problems.Problems(form)
    judgement.check_strangers(form.fields, submission, (), found)
    found.raise_if_any()
    kept = {
        field.name: coercion.coerce(field, submission[field.name])
        for field in rights.editable(form.fields)
        if field.name in submission
    }
    if unless is None:
        return kept
    for name in kept:
        if form.by_name[name].has_fixed_rows:
            kept[name] = fixed_rows.stand(form.by_name[name], kept[name], unless.get(name))
    before = {name: coercion.coerce(form.by_name[name], unless.get(name)) for name in kept}
    return {name: value for name, value in kept.items() if not _same(value, before[name])}


def _known(form: definition.Form, current: Values) -> dict[str, Any]:
    return {name: current[name] for name in form.by_name if name in current}


def _answers(
    form: definition.Form, submission: Values, current: Values, rights: field_rights.Rights, found: problems.Problems
) -> dict[str, Any]:
    """Return the typed values of the editable fields; refuse changes of all others."""
    answers: dict[str, Any] = {}
    for name, field in form.by_name.items():
        if name not in submission:
            continue
        value = coercion.coerce(field, submission[name])
        right = rights.of(field)
        if right is field_rights.Right.EDIT:
            answers[name] = _given_rows(field, value, current, found) if field.has_fixed_rows else value
        elif right is field_rights.Right.HIDE:
            found.add((name,), "hidden", "本环节不能填写此项")
        elif not rights.may_compute(field):
            known = coercion.coerce(field, current.get(name, field.default))
            if not _same(value, known):
                found.add((name,), "read-only", f"本环节只能查看此项，应保持{messages.found(field, known)}不变")
    return answers


def _given_rows(field: definition.Field, value: Any, current: Values, found: problems.Problems) -> Any:
    """Return submitted rows with what the process gives in them; refuse others."""
    given = coercion.coerce(field, current.get(field.name, field.default))
    for path, code, message in fixed_rows.complaints(field, value, given):
        found.add(path, code, message)
    readable = isinstance(value, list) and all(isinstance(row, Mapping) for row in value)
    return fixed_rows.stand(field, value, given) if readable else value


def _same(one: object, other: object) -> bool:
    if coercion.is_empty(one) or coercion.is_empty(other):
        return coercion.is_empty(one) and coercion.is_empty(other)
    return dialect.canonical(one) == dialect.canonical(other)


def _computed(
    form: definition.Form, settled: Values, rights: field_rights.Rights, submission: Values, found: problems.Problems
) -> dict[str, Any]:
    """Return the computed values of shown fields; refuse a submitted one that differs."""
    visible = conditions.visible_names(form.fields, settled)
    results: dict[str, Any] = {}
    for field in form.fields:
        if field.computed is None or not rights.may_compute(field) or field.name not in visible:
            continue
        value = computing.compute(field.computed, settled)
        if value is not None:
            results[field.name] = value
        if field.name in submission:
            submitted = coercion.coerce(field, submission[field.name])
            if not _same(submitted, value):
                found.add(
                    (field.name,),
                    "read-only",
                    f"自动计算，应为 {messages.found(field, value)}{messages.now(field, submitted)}",
                )
    return results


def _variables(
    form: definition.Form, answers: Values, settled: Values, visible: frozenset[str], rights: field_rights.Rights
) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for field in form.fields:
        if field.name in visible and (field.name in answers or rights.may_compute(field)):
            empty: Any = [] if field.type == "array" else None
            result[field.name] = settled.get(field.name, empty)
    return result

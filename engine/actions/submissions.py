"""From what people submit to process variables, by the form that was deployed with the definition.

A start event or task with a form takes what the form lets through, and nothing else.  One without a form takes nothing.
Variables besides the form are for operators.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine import errors, forms
from engine.actions import definition_cache, references
from engine.bpmn import execution
from engine.calendars import moments
from engine.model import definitions, instances
from engine.store import case_rows
from engine.store import instances as stored

if TYPE_CHECKING:
    from engine.actions.transaction import Transaction

Values = Mapping[str, Any]


def task(
    tx: Transaction,
    definition: definition_cache.Definition,
    locked: stored.LockedInstance,
    user_task: instances.UserTask,
    submission: Values | None,
    variables: Values | None,
) -> dict[str, Any]:
    """Return the variables that completing a user task writes.

    Raises:
        errors.InvalidForm: The submission breaks the rules of the form.
        errors.InvalidInput: There is a submission, but no form.
        errors.Forbidden: Variables from somebody who is no operator.
    """
    given = _variables(tx, variables)
    if user_task.form_key is None:
        _refuse_submission(f"任务“{user_task.name}”", submission)
        return given
    checked = forms.validate(
        definition.form(user_task.form_key),
        submission or {},
        current=execution.variables_at(definition.process, locked.state, user_task.token),
        rights=definition.rights(user_task.element_id),
        today=moments.local_day(tx.now),
        references=references.Office(tx, definition, locked.instance, user_task),
    )
    references.link_files(tx, locked.id, checked)
    return given | checked


def draft(
    tx: Transaction,
    definition: definition_cache.Definition,
    locked: stored.LockedInstance,
    user_task: instances.UserTask,
    form_key: str,
    submission: Values,
) -> dict[str, Any]:
    """Return what to keep of an unfinished form: what differs from the values of the case; its files are kept too.

    Raises:
        errors.InvalidForm: It has fields that are not the form's.
    """
    form, rights = definition.form(form_key), definition.rights(user_task.element_id)
    current = execution.variables_at(definition.process, locked.state, user_task.token)
    kept = forms.draft(form, submission, rights, unless=forms.initial(form, current, rights))
    office = references.Office(tx, definition, locked.instance, user_task)
    references.keep_draft_files(tx, office, user_task.id, kept)
    return kept


def start(
    tx: Transaction,
    definition: definition_cache.Definition,
    point: definitions.StartPoint,
    submission: Values | None,
    variables: Values | None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the first variables of an instance, and what the form of its start event adds; raises as `task` does."""
    given = _variables(tx, variables)
    if point.form_key is None:
        _refuse_submission(f"发起“{definition.row.name}”", submission)
        return given, {}
    checked = forms.validate(
        definition.form(point.form_key),
        submission or {},
        current=given,
        rights=definition.rights(point.element_id),
        today=moments.local_day(tx.now),
        references=references.Office(tx, definition),
    )
    return given, checked


def message(
    tx: Transaction, locked: stored.LockedInstance, token: int, element_id: str, payload: Values
) -> dict[str, Any]:
    """Return the variables that a message brings to the event that waits for it; raises as `task` does.

    An event without a form takes the payload as it is: its sender is an operator or another instance.
    """
    definition = tx.of(locked)
    current = execution.variables_at(definition.process, locked.state, token)
    brought = _brought(tx, definition, element_id, payload, current)
    references.link_files(tx, locked.id, brought)
    return brought


def start_message(
    tx: Transaction, definition: definition_cache.Definition, element_id: str, payload: Values
) -> dict[str, Any]:
    """Return the variables that a message brings to the start event it meets; raises as `task` does."""
    return _brought(tx, definition, element_id, payload, {})


def digest(values: Values) -> str:
    """Return the hash of what was submitted, for the audit trail: it proves what the case keeps of it."""
    return hashlib.sha256(case_rows.submitted(values).encode()).hexdigest()


def keep(tx: Transaction, locked: stored.LockedInstance, element_id: str, values: Values) -> None:
    """Keep what a form of a start event or message brought, as it was, for those who read the case later."""
    form_key = tx.of(locked).process.elements[element_id].form_key
    if form_key is not None:
        tx.uow.submissions.add(locked.id, element_id, form_key, values, by=tx.actor.id, at=tx.now)


def _brought(
    tx: Transaction, definition: definition_cache.Definition, element_id: str, payload: Values, current: Values
) -> dict[str, Any]:
    form_key = definition.process.elements[element_id].form_key
    if form_key is None:
        return dict(payload)
    return forms.validate(
        definition.form(form_key),
        payload,
        current=current,
        rights=definition.rights(element_id),
        today=moments.local_day(tx.now),
        references=references.Office(tx, definition, trusted=True),
    )


def _variables(tx: Transaction, variables: Values | None) -> dict[str, Any]:
    if variables and not tx.actor.is_operator:
        raise errors.Forbidden(f"您（{tx.actor.id}）不能直接写入变量，请通过表单填写。")
    return dict(variables or {})


def _refuse_submission(what: str, submission: Values | None) -> None:
    if submission:
        raise errors.InvalidInput(f"{what}没有表单，不接受填写的内容：{'、'.join(map(str, submission))}。")

"""One task, with its form and everything needed to decide, as far as somebody may see it."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from engine import forms
from engine.actions import (
    case_reading,
    context,
    labelled,
    possibilities,
    reckoning,
    rows,
)
from engine.bpmn import execution
from engine.model import commands, cooperation, instances, views_cases, views_catalogue, views_tasks
from engine.store import queries_worklists

#: Where a task stands, in words; an open one that nobody has yet is offered.
STATUS = {
    instances.UserTaskStatus.OPEN: "办理中",
    instances.UserTaskStatus.COMPLETED: "已办结",
    instances.UserTaskStatus.CANCELLED: "已取消",
    instances.UserTaskStatus.RETURNED: "已退回",
    instances.UserTaskStatus.WITHDRAWN: "已随上一环节撤回",
}
_OFFERED = "待签收"
_ASKED = (cooperation.CountersignStatus.OPEN, cooperation.CountersignStatus.GIVEN)


def view(engine: context.Engine, user_task_id: int, actor: commands.Actor) -> views_tasks.TaskView:
    """Return a task: its form with rights, values and draft, the case, earlier opinions, clauses, deadline, actions.

    Raises:
        errors.NotFound: There is no such task, or the actor may not know of it: to them it is the same.
    """
    seen, row, (held, done_by) = case_reading.read_task(
        engine,
        user_task_id,
        actor,
        lambda uow, seen, row: (uow.user_tasks.held(row.task.id), possibilities.doers(uow, seen, row.task)),
    )
    return _view(seen, row, held, possibilities.of(seen, row.task, done_by))


def _view(
    seen: case_reading.Reading,
    row: queries_worklists.TaskRow,
    held: cooperation.HeldCompletion | None,
    may: tuple[views_tasks.Possibility, ...],
) -> views_tasks.TaskView:
    task, definition = row.task, seen.definition
    # A task that is over may be one that the version has not to which its case has been migrated.
    element = definition.process.elements.get(task.element_id)
    rights = forms.Rights() if element is None else definition.rights(task.element_id)
    reader = seen.reader()
    opinions = case_reading.opinions(seen, reader)
    form = None if element is None else definition.deployed_forms.get(task.form_key or "")
    groups = reader.groups(seen.variables())
    where = case_reading.where(seen)
    return views_tasks.TaskView(
        item=rows.task(row, seen.actor, seen.now, seen.days),
        task=task if possibilities.entitled(seen.actor, task) else dataclasses.replace(task, draft=None),
        status_text=_OFFERED if _is_offered(task) else STATUS[task.status],
        header=case_reading.header(seen),
        form=form,
        rights=rights,
        values={} if form is None else _values(seen, task, form, reader, held),
        variables=_variables(seen, task),
        fills=any(each.action == "save-draft" and each.allowed for each in may),
        summary=_without(groups, form, rights),
        opinions=tuple(opinion for opinion in opinions if opinion.task_id != task.id or opinion.kind != "task"),
        files=case_reading.files(opinions, groups),
        comments=case_reading.comments(seen),
        clauses=clauses(definition.pack.clauses, task.clause),
        documentation=None if element is None else element.documentation,
        reckoning=None
        if task.due is None
        else reckoning.of(task.created_at, task.due, seen.days, definition.pack.title),
        diagram=where.state,
        steps=where.steps,
        timeline=case_reading.events(seen),
        countersignatures=tuple(each for each in seen.countersignatures if each.user_task_id == task.id),
        possibilities=may,
    )


def clauses(known: Any, quoted: str | None) -> tuple[views_catalogue.Clause, ...]:
    """Return the clauses that a text quotes, e.g. ``P000-02 §2;P000-06 §9``, with what they say in our own words.

    A clause of which several articles are quoted is one.

    Args:
        known: The clauses of the pack.
        quoted: As the diagram has it.
    """
    by_id = {clause.id: clause for clause in known}
    found: dict[str, list[str]] = {}
    for part in re.split("[;；]", quoted or ""):
        words = part.split()
        if words and words[0] in by_id:
            found.setdefault(words[0], []).append(" ".join(words))
    return tuple(
        views_catalogue.Clause(";".join(dict.fromkeys(quotes)), each, by_id[each].articles, by_id[each].summary)
        for each, quotes in found.items()
    )


def _variables(seen: case_reading.Reading, task: instances.UserTask) -> dict[str, Any]:
    """Return the variables that somebody who may do a task fills its form in over."""
    if not possibilities.entitled(seen.actor, task):
        return {}
    return execution.variables_at(seen.definition.process, seen.state, task.token)


def _values(
    seen: case_reading.Reading,
    task: instances.UserTask,
    form: forms.Form,
    reader: labelled.Reader,
    held: cooperation.HeldCompletion | None,
) -> dict[str, Any]:
    """Return what the form shows: of an open task the variables under the draft, of others what was submitted.

    So it is with one that was submitted and waits for agreement. Who may not do the task sees of it what they see of
    the case, and who is asked to countersign it sees what it shows: they could not judge it otherwise. What is private
    is shown to those who may do the task, and to who did it.
    """
    rights = seen.definition.rights(task.element_id)
    if task.status is not instances.UserTaskStatus.OPEN:
        submitted = forms.declared(form.fields, forms.initial(form, seen.submitted.get(task.id, {}), rights))
        done = seen.actor.id in (task.completed_by, task.completed_for)
        values = submitted if done else reader.reads(submitted)
        return {name: value for name, value in values.items() if reader.sees(name)}
    current = execution.variables_at(seen.definition.process, seen.state, task.token)
    if held is not None:
        current = {**current, **held.values}
    if not possibilities.entitled(seen.actor, task):
        values = reader.reads(forms.declared(form.fields, forms.initial(form, current, rights)))
        if _is_asked(seen, task):
            return values
        return {name: value for name, value in values.items() if reader.sees(name)}
    return forms.declared(form.fields, forms.initial(form, {**current, **(task.draft or {})}, rights))


def _is_asked(seen: case_reading.Reading, task: instances.UserTask) -> bool:
    """Tell whether the reader, or somebody they stand in for, is or was asked to countersign a task."""
    mine = {each.id for each in (seen.actor, *seen.actor.acting_for)}
    asked = (each for each in seen.countersignatures if each.user_task_id == task.id)
    return any(each.person in mine and each.status in _ASKED for each in asked)


def _without(
    groups: tuple[views_cases.ValueGroup, ...], form: forms.Form | None, rights: forms.Rights
) -> tuple[views_cases.ValueGroup, ...]:
    """Leave out of the summary what the form of the task shows itself."""
    shown = {field.name for field in form.fields if rights.of(field) is not forms.Right.HIDE} if form else set()
    kept = []
    for group in groups:
        values = tuple(value for value in group.values if value.name.partition(".")[0] not in shown)
        if values:
            kept.append(views_cases.ValueGroup(group.title, values))
    return tuple(kept)


def _is_offered(task: instances.UserTask) -> bool:
    return task.status is instances.UserTaskStatus.OPEN and task.assignee is None

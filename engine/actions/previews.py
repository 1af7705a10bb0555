"""Official documents as they will be, for whoever signs a task after which they are issued; nothing is written."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from engine import documents, errors, forms
from engine.actions import case_reading, context, possibilities, record_writing
from engine.bpmn import execution, foreseeing
from engine.bpmn import process as bpmn_process
from engine.model import commands, instances
from engine.store import queries_worklists, unit_of_work

#: The property of a user task that names templates, separated by commas, and the topic of the tasks that issue them.
PROPERTY, TOPIC = "previews", "documents.issue"

#: Bytes that a form may hold for a preview, and bytes of the preview: each look costs anew what it costs.
MOST_BYTES = 500_000


@dataclasses.dataclass(frozen=True, slots=True)
class Offered:
    """A document that a task can show before it is issued: its template, and what kind of document it is."""

    template: str
    kind: str


@dataclasses.dataclass(frozen=True, slots=True)
class Preview:
    """A document as it will be: `html` as that of a document, with its gaps marked."""

    template: str
    kind: str
    title: str
    html: str


def offered(engine: context.Engine, user_task_id: int, actor: commands.Actor) -> tuple[Offered, ...]:
    """Return the documents that somebody may look at before they complete a task; of tasks of others, none."""
    with engine.store.read() as uow:
        row = queries_worklists.one(uow, user_task_id)
        if row is None or row.task.status is not instances.UserTaskStatus.OPEN:
            return ()
        if not possibilities.entitled(actor, row.task):
            return ()
        definition = engine.definitions.get(uow, uow.instances.get(row.task.instance_id).definition_id)
        names = _named(definition.process.elements[row.task.element_id].properties)
        found = (record_writing.template_in(uow, definition.row, name) for name in names)
        return tuple(Offered(each.name, each.kind) for each in found)


def preview(
    engine: context.Engine, user_task_id: int, actor: commands.Actor, template: str, submission: Mapping[str, Any]
) -> Preview:
    """Return a document as it would be issued if the task were completed with what its form holds now.

    No number is taken, nothing is kept, and the form need not be filled in right: gaps are marked.

    Args:
        engine: The engine.
        user_task_id: The task.
        actor: Whoever may fill it in.
        template: One that the task names (`offered`).
        submission: What was typed so far.

    Raises:
        errors.NotFound: There is no such task, the actor may not know of it, or it shows no such document.
        errors.Forbidden: It is not theirs to fill in.
        errors.Conflict: It is over.
        errors.InvalidInput: What was typed, or what would come of it, is more than anybody looks at.
        errors.InvalidRecord: The template cannot be filled in at all.
    """
    seen, row, found = case_reading.read_task(
        engine, user_task_id, actor, lambda uow, seen, row: _template(uow, seen, row.task, template)
    )
    task = row.task
    if found is None:
        raise errors.NotFound(f"任务“{task.name}”没有可以预览的公文“{template}”。", template=template)
    possibilities.refuse_work(seen, task)
    _refuse_too_much(
        "填写的内容", len(json.dumps(submission, ensure_ascii=False, default=str).encode(errors="replace"))
    )
    values, labels = _filled(seen, task, submission)
    made = seen.definition.context(
        seen.now,
        seen.days,
        business_key=seen.instance.business_key,
        instance_id=seen.instance.id,
        initiator=seen.instance.started_by,
        actor=actor.id,
    )
    data = foreseeing.foresee(
        seen.definition.process, made, seen.state, task.token, values, topic=TOPIC, template=template
    )
    shown = documents.preview(found, data, now=seen.now, names=seen.names, labels=labels)
    _refuse_too_much("生成的公文", len(shown.html.encode(errors="replace")))
    return Preview(found.name, found.kind, shown.title, shown.html)


def _refuse_too_much(what: str, size: int) -> None:
    if size > MOST_BYTES:
        raise errors.InvalidInput(
            f"{what}有 {size // 1000} 千字节，预览最多为 {MOST_BYTES // 1000} 千字节（约十六万字）；"
            "可以先保存，办结后查看正式公文。"
        )


def named(process: bpmn_process.Process) -> frozenset[str]:
    """Return the templates that the tasks of a process show before they are issued."""
    return frozenset(name for element in process.elements.values() for name in _named(element.properties))


def _named(properties: Mapping[str, str]) -> list[str]:
    return [each.strip() for each in properties.get(PROPERTY, "").split(",") if each.strip()]


def _template(
    uow: unit_of_work.UnitOfWork, seen: case_reading.Reading, task: instances.UserTask, template: str
) -> documents.Template | None:
    if template not in _named(seen.definition.process.elements[task.element_id].properties):
        return None
    return record_writing.template_in(uow, seen.definition.row, template)


def _filled(
    seen: case_reading.Reading, task: instances.UserTask, submission: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the variables as the form would leave them, right or wrong, and what its fields are called."""
    if task.form_key is None:
        return {}, {}
    form = seen.definition.form(task.form_key)
    current = execution.variables_at(seen.definition.process, seen.state, task.token)
    values = forms.standing(form, submission, current, seen.definition.rights(task.element_id))
    return values, {field.name: field.label for field in form.fields}

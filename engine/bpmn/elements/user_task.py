"""User task: work for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import errors
from engine.bpmn import expressions, timers, ways
from engine.bpmn.elements import activity
from engine.model import steps

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping

    from engine.bpmn.execution import Context
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import ProcessWorkflow


#: What a database keeps as an integer.
MAX_PRIORITY = 2**31 - 1


class UserTask(activity.Activity):
    """A task that waits for a person; who, by when and with which form is decided when it opens."""

    trace = ways.TASK

    def begin(self, workflow: ProcessWorkflow, token: Token) -> bool:
        """Open the user task."""
        workflow.wait(token, "user_task", self.offer(workflow, token))
        return True

    def offer(self, workflow: ProcessWorkflow, token: Token) -> steps.UserTaskOpened:
        """Return who is to do the task, by when and with which form, as things stand at the token.

        Raises:
            errors.EvaluationFailed: An expression cannot be evaluated, or gives something else than it should.
        """
        attributes = self.extensions.templates
        variables = workflow.variables(token)

        def value(name: str) -> Any:
            template = attributes.get(name)
            return None if template is None else workflow.evaluate(variables, template)

        unit = value("unitOf")
        bound = "unitOf" in attributes
        return steps.UserTaskOpened(
            token=token.id,
            element_id=self.name,
            name=str(workflow.evaluate(variables, self.extensions.name_template) or self.name),
            lane=self.lane,
            form_key=self.extensions.attributes.get("formKey"),
            assignee=_person(value("assignee"), self.title),
            candidate_users=_people(value("candidateUsers"), self.title),
            candidate_groups=_people(value("candidateGroups"), self.title),
            due=self.moment("dueDate", variables, workflow.context),
            follow_up=self.moment("followUpDate", variables, workflow.context),
            priority=_priority(value("priority"), self.title),
            clause=self.properties.get("clause"),
            unit=workflow.context.unit_of(unit, self.title) if bound else None,
            # So that the task is not offered to a unit in which nobody else could do it.
            recused=recused(self.properties.get("recused", ""), variables, self.title) if bound else (),
        )

    def moment(self, name: str, variables: Mapping[str, Any], context: Context) -> datetime.datetime | None:
        """Return the point in time that an attribute gives to a task that opens now; None where it gives none."""
        template = self.extensions.templates.get(name)
        found = None if template is None else template.evaluate(variables, context.functions)
        return None if found in (None, "") else timers.moment(found, context.now)


def _person(value: Any, title: str) -> str | None:
    if value in (None, ""):
        return None
    if not isinstance(value, str):
        raise errors.EvaluationFailed(f"“{title}”的办理人应为用户标识文本，现为 {expressions.to_json_value(value)!r}")
    return value.strip() or None


def recused(text: str, variables: Mapping[str, Any], title: str) -> tuple[str, ...]:
    """Return the ids of those whom a task keeps away (回避).

    Args:
        text: The property `recused` of the task; empty where it keeps nobody away.
        variables: What is seen at the task.
        title: The task.

    Raises:
        errors.EvaluationFailed: Who they are cannot be told.
    """
    if not text.strip():
        return ()
    named = expressions.compile_template(text.strip()).evaluate(variables, {})
    # A table of people may have rows in which nobody is named.
    return _people([each for each in named if each is not None] if isinstance(named, list) else named, title)


def _people(value: Any, title: str) -> tuple[str, ...]:
    if value in (None, ""):
        return ()
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise errors.EvaluationFailed(f"“{title}”的候选人应为逗号分隔的文本或文本列表，现为 {value!r}")
    return tuple(dict.fromkeys(name.strip() for name in names if name.strip()))


def _priority(value: Any, title: str) -> int:
    if value in (None, ""):
        return 50
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        number = None
    if number is None or not -MAX_PRIORITY <= number <= MAX_PRIORITY:
        raise errors.EvaluationFailed(f"“{title}”的优先级应为不大于 {MAX_PRIORITY} 的整数，现为 {value!r}")
    return number

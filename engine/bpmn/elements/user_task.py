"""User task: work for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import errors
from engine.bpmn import expressions, timers
from engine.bpmn.elements import activity
from engine.model import steps

if TYPE_CHECKING:
    import datetime

    from engine.bpmn.token import Token
    from engine.bpmn.workflow import ProcessWorkflow


class UserTask(activity.Activity):
    """A task that waits for a person; who, by when and with which form is decided when it opens."""

    def begin(self, workflow: ProcessWorkflow, token: Token) -> bool:
        """Open the user task."""
        attributes = self.extensions.templates
        variables = workflow.variables(token)

        def value(name: str) -> Any:
            template = attributes.get(name)
            return None if template is None else workflow.evaluate(variables, template)

        def moment(name: str) -> datetime.datetime | None:
            found = value(name)
            return None if found in (None, "") else timers.moment(found, workflow.context.now)

        workflow.wait(token, "user_task")
        workflow.record.user_tasks[token.id] = steps.UserTaskOpened(
            token=token.id,
            element_id=self.name,
            name=str(workflow.evaluate(variables, self.extensions.name_template) or self.name),
            lane=self.lane,
            form_key=self.extensions.attributes.get("formKey"),
            assignee=_person(value("assignee"), self.title),
            candidate_users=_people(value("candidateUsers"), self.title),
            candidate_groups=_people(value("candidateGroups"), self.title),
            due=moment("dueDate"),
            follow_up=moment("followUpDate"),
            priority=_priority(value("priority"), self.title),
            clause=self.properties.get("clause"),
        )
        return True


def _person(value: Any, title: str) -> str | None:
    if value in (None, ""):
        return None
    if not isinstance(value, str):
        raise errors.EvaluationFailed(f"“{title}”的办理人应为用户标识文本，现为 {expressions.to_json_value(value)!r}")
    return value.strip() or None


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
        return int(value)
    except (TypeError, ValueError):
        raise errors.EvaluationFailed(f"“{title}”的优先级应为整数，现为 {value!r}") from None

"""Who stands too near to a matter to work on it (回避): the property `recused` of a user task names them.

It is a template over the variables seen at the task, such as ``${[party.person for party in parties]}``, and gives the
id of a person, several parted by commas, or a list of them. No role is exempt, and nobody may do the task on their
behalf either.
"""

from __future__ import annotations

from engine import errors
from engine.actions import definition_cache
from engine.bpmn import execution
from engine.bpmn.elements import user_task
from engine.model import instances

#: The property that names them.
PROPERTY = "recused"


def check(
    definition: definition_cache.Definition, state: instances.InstanceState, task: instances.UserTask, person: str
) -> None:
    """Refuse somebody whom a task keeps away.

    Raises:
        errors.Forbidden: The person is one of them.
        errors.EvaluationFailed: Who they are cannot be told.
    """
    text = definition.process.elements[task.element_id].properties.get(PROPERTY, "")
    if not text.strip():
        return
    variables = execution.variables_at(definition.process, state, task.token)
    if person in user_task.recused(text, variables, task.name):
        raise errors.Forbidden(
            f"任务“{task.name}”的当事人应当回避，不能办理，也不能由他人代为办理，请由其他人办理。", recused=person
        )

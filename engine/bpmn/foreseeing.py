"""What a service task will be given once a user task is done with these values: nothing is run, nothing changes."""

from __future__ import annotations

import collections
from collections.abc import Iterator, Mapping
from typing import Any

from engine import errors
from engine.bpmn import execution, expressions, extensions, loops
from engine.bpmn.elements import base, service_task
from engine.bpmn.process import Process
from engine.model import instances

#: The local variable of a job that says from which template its document is.
TEMPLATE = "template"


def foresee(
    process: Process,
    context: execution.Context,
    before: instances.InstanceState,
    token: int,
    values: Mapping[str, Any],
    *,
    topic: str,
    template: str,
) -> dict[str, Any]:
    """Return the variables that a service task with a template would see, as far as they can be known now.

    The user task is taken for done with `values`: its output parameters are evaluated, then the input parameters of the
    nearest service task after it with this topic and template. What cannot be evaluated yet is left out; what only
    handlers on the way will compute is not known.

    Args:
        process: What runs.
        context: What expressions may look at; `actor()` is who would complete the task.
        before: The state of the instance; it stays as it is.
        token: The user task.
        values: What its form holds now.
        topic: Of the service task.
        template: What its input `template` says.
    """
    known = {**execution.variables_at(process, before, token), **values}
    task = process.spec.task_specs[_element_at(before, token)]
    known |= _evaluated(task.extensions.outputs, known, context)
    found = _nearest(process, task, topic, template)
    if found is None:
        return known
    for around in (*_scopes(process, found), found):
        known |= _first_item(around, known, context)
        known |= _evaluated(around.extensions.inputs, known, context)
    known.pop(TEMPLATE, None)
    data = known.pop("data", None)
    return {**known, **data} if isinstance(data, Mapping) else known


def _element_at(before: instances.InstanceState, token: int) -> str:
    return next(element for number, element in execution.open_tokens(before) if number == token)


def _evaluated(
    parameters: tuple[tuple[str, extensions.Value], ...], known: Mapping[str, Any], context: execution.Context
) -> dict[str, Any]:
    """Return what can be evaluated of some parameters; of a map, its entries one by one."""
    made = {}
    for name, value in parameters:
        if isinstance(value, extensions.MapValue):
            made[name] = _evaluated(value.entries, known, context)
            continue
        try:
            made[name] = expressions.to_json_value(value.evaluate(known, context.functions))
        except errors.EvaluationFailed:
            continue
    return made


def _nearest(process: Process, task: base.ElementSpec, topic: str, template: str) -> base.ElementSpec | None:
    """Return the service task that comes first on the way from a task, else the first of the diagram."""
    candidates = [each for each in process.spec.elements if _issues(each, topic, template)]
    return next((each for each in _onward(process, task) if each in candidates), next(iter(candidates), None))


def _issues(element: base.ElementSpec, topic: str, template: str) -> bool:
    if not isinstance(element, service_task.ServiceTask) or element.extensions.attributes.get("topic") != topic:
        return False
    return any(
        name == TEMPLATE and isinstance(value, expressions.Template) and value.source.strip() == template
        for name, value in element.extensions.inputs
    )


def _onward(process: Process, start: base.ElementSpec) -> Iterator[base.ElementSpec]:
    """Yield the elements on the ways from one, the nearest first; out of subprocesses and into them."""
    inside = {node.name: scope for scope in process.spec.elements if scope.content for node in scope.content.nodes}
    seen, queue = {start.name}, collections.deque([start])
    while queue:
        element = queue.popleft()
        yield element
        following = [flow.target for flow in element.outgoing]
        following += element.content.starts if element.content else []
        following += [inside[element.name]] if not element.outgoing and element.name in inside else []
        for each in following:
            if each.name not in seen:
                seen.add(each.name)
                queue.append(each)


def _scopes(process: Process, element: base.ElementSpec) -> list[base.ElementSpec]:
    """Return the subprocesses around an element, the outermost first."""
    around: list[base.ElementSpec] = []
    inside = {node.name: scope for scope in process.spec.elements if scope.content for node in scope.content.nodes}
    while element.name in inside:
        element = inside[element.name]
        around.insert(0, element)
    return around


def _first_item(element: base.ElementSpec, known: Mapping[str, Any], context: execution.Context) -> dict[str, Any]:
    """Return the variable of the first run of a multi-instance: one paper stands for all that will be made."""
    loop = element.loop
    if not isinstance(loop, loops.MultiInstance) or loop.collection is None or loop.element_variable is None:
        return {}
    try:
        items = expressions.to_json_value(loop.collection.evaluate(known, context.functions))
    except errors.EvaluationFailed:
        return {}
    return {loop.element_variable: items[0]} if isinstance(items, list) and items else {}

"""An instance as two JSON texts and back. What is finished is not in them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from engine import errors
from engine.bpmn import withdrawal, written
from engine.bpmn import workflow as workflows
from engine.bpmn.token import Token
from engine.model import instances

if TYPE_CHECKING:
    from engine.bpmn.execution import Context
    from engine.bpmn.process import Process

#: Raised when the shape of `tokens` changes; older shapes are migrated in `load`.
VERSION = 1


def save(workflow: workflows.ProcessWorkflow, before: instances.InstanceState | None) -> instances.InstanceState:
    """Write a waiting instance; the text of unchanged variables is taken from `before`."""
    rows: list[list[Any]] = []
    variables = "{}"
    for token in workflow.tasks.values():
        data = token.data
        if token._parent is None:
            unchanged = before is not None and not workflow.variables_changed
            variables = before.variables if unchanged and before is not None else written.encode(data)
            data = {}
        rows.append([token.id, token._parent or 0, token.task_spec.name, token._state, data, token.internal_data])
    tokens = written.encode({"v": VERSION, "next": workflow.next_token, "tokens": rows})
    undo = None
    if workflow.completing is not None and before is not None and not workflow.ended:
        undo = withdrawal.remember(workflow, workflow.completing, before)
    return instances.InstanceState(variables, tokens, undo)


def load(process: Process, context: Context, state: instances.InstanceState) -> workflows.ProcessWorkflow:
    """Read an instance.

    Raises:
        errors.Conflict: the state does not belong to this version of the process.
    """
    found = read(state)
    workflow = workflows.ProcessWorkflow(process, context)
    workflow.next_token = found["next"]
    specs = process.spec.task_specs
    for number, parent, name, status, data, internal in found["tokens"]:
        spec = specs.get(name)
        if spec is None:
            raise errors.Conflict(f"实例停在元素“{name}”，流程“{process.name}”的这一版本没有该元素")
        Token(workflow, spec, workflow.tasks.get(parent), number, status, data, internal)
    if workflow.tasks:
        workflow.tasks[1].data = written.Variables(state.variables)
    return workflow


def visible(process: Process, state: instances.InstanceState, number: int) -> dict[str, Any]:
    """Return the variables seen at a token, without loading the instance.

    Raises:
        errors.Conflict: the token is over, or the state has another format.
        errors.NotFound: there never was such a token.
    """
    found = read(state)
    rows = {row[0]: row for row in found["tokens"]}
    if number not in rows:
        raise missing(process, number, found["next"])
    layers: list[dict[str, Any]] = []
    while number in rows:
        _, number, _, _, data, internal = rows[number]
        layers += (data, internal.get("loop", {}))
    seen: dict[str, Any] = json.loads(state.variables)
    for layer in reversed(layers):
        seen.update(layer)
    return seen


def missing(process: Process, number: int, next_number: int) -> errors.GongkaiError:
    """Return the error that tells that a token is over, or that there never was one."""
    if 0 < number < next_number:
        return errors.Conflict(f"流程“{process.name}”的令牌{number}已不在等待")
    return errors.NotFound(f"流程“{process.name}”的这一实例没有令牌{number}")


def read(state: instances.InstanceState) -> dict[str, Any]:
    """Return the tokens of an instance as they are written.

    Raises:
        errors.Conflict: they have another format.
    """
    found: dict[str, Any] = json.loads(state.tokens)
    if found["v"] != VERSION:
        raise errors.Conflict(f"实例状态的格式应为第{VERSION}版，现为第{found['v']}版")
    return found

"""Cases and tasks in addresses: one that somebody may not see is not found, like a number that was never given."""

from __future__ import annotations

import re
from typing import Annotated, Any

import fastapi
import pydantic

from engine.actions import sight
from engine.web import access

#: The largest number that a database gives.
MAX = 2**63 - 1
_INTEGER = re.compile(r"-?[0-9]{1,20}", re.ASCII)


def decimal(value: Any) -> Any:
    """Refuse what Python takes for a number and addresses may not say: `1_000`, ` 7`, `3.0`."""
    if isinstance(value, str) and not _INTEGER.fullmatch(value):
        raise ValueError("应为整数")
    return value


Positive = Annotated[int, pydantic.Field(ge=1, le=MAX), pydantic.BeforeValidator(decimal)]
"""A number of the platform in an address; in a path one that cannot be is not found."""
Number = Annotated[Positive, fastapi.Path(description="Its number.", examples=[17])]
"""A number of the platform in a path."""


def _case(instance_id: Number, engine: access.CurrentEngine, actor: access.CurrentActor) -> int:
    return sight.case(engine, instance_id, actor).id


def _task(task_id: Number, engine: access.CurrentEngine, actor: access.CurrentActor) -> int:
    return sight.task(engine, task_id, actor).id


def _countersignature(countersignature_id: Number, engine: access.CurrentEngine, actor: access.CurrentActor) -> int:
    return sight.countersignature(engine, countersignature_id, actor).id


Case = Annotated[int, fastapi.Depends(_case)]
"""`{instance_id}` of a path: a case that the caller may see."""
Task = Annotated[int, fastapi.Depends(_task)]
"""`{task_id}` of a path: a task that the caller may see."""
Countersignature = Annotated[int, fastapi.Depends(_countersignature)]
"""`{countersignature_id}` of a path: one in a case that the caller may see."""

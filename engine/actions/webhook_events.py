"""What other programs can be told: the names of events, and the JSON of each.

The names and the fields are a promise: fields are added, none is renamed or taken away. Events name things and say how
they stand; what people filled in and wrote is for those who may ask for it by the API.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

from engine.calendars import moments
from engine.model import events, instances
from engine.store import event_queries


@dataclasses.dataclass(frozen=True, slots=True)
class Description:
    """What an event means, and the parts of its data."""

    name: str
    meaning: str
    parts: tuple[str, ...]


_TASK = ("actor", "task", "instance")
_CASE = ("actor", "instance")

CATALOGUE: tuple[Description, ...] = (
    Description("task.created", "A user task was opened.", ("task", "instance")),
    Description("task.claimed", "Somebody took a task that was offered to several.", _TASK),
    Description("task.released", "Somebody gave a task back to its candidates.", _TASK),
    Description("task.delegated", "Somebody lets somebody else prepare a task.", _TASK),
    Description("task.resolved", "A delegated task was given back to its owner.", _TASK),
    Description("task.transferred", "A task was handed over for good.", _TASK),
    Description("task.returned", "A case was sent back from this task to an earlier one.", _TASK),
    Description("task.withdrawn", "Somebody took back what they had completed.", _TASK),
    Description("task.urged", "Somebody asked for a task to be done soon.", _TASK),
    Description("task.due_moved", "A task is due on another day: the working-day calendar has changed.", _TASK),
    Description("task.countersign_asked", "Others were asked for their opinion on a task.", _TASK),
    Description("task.completed", "A task was completed.", _TASK),
    Description("task.cancelled", "A task is not wanted any more: the case went another way.", ("task", "instance")),
    Description("instance.started", "A case began.", _CASE),
    Description("instance.suspended", "A case rests.", _CASE),
    Description("instance.activated", "A case that rested goes on.", _CASE),
    Description("instance.ended", "A case ended; `status` says how.", ("instance",)),
    Description("incident.created", "A case cannot go on by itself.", ("incident", "instance")),
    Description("incident.resolved", "Somebody dealt with an incident.", ("actor", "incident", "instance")),
    Description("comment.added", "Somebody wrote a comment on a case.", _CASE),
    Description("deployment.created", "A pack was deployed.", ("actor", "deployment")),
)
NAMES = frozenset(each.name for each in CATALOGUE)

#: The fields of each part, with what they are.
PARTS: Mapping[str, Mapping[str, str]] = {
    "actor": {"": "id of who did it; `system` is the platform itself"},
    "task": {
        "id": "number of the user task",
        "name": "what is to be done",
        "element_id": "id of the element in the diagram",
        "status": "`open`, `completed`, `cancelled`, `returned` or `withdrawn`",
        "assignee": "id of who has it, or null",
        "owner": "id of who delegated it, or null",
        "candidate_users": "ids of who may take it",
        "candidate_groups": "ids of the roles that may take it; `role@unit` is the role within one unit, by its number",
        "due": "when it is due, or null",
        "created_at": "when it was opened",
        "completed_at": "when it was completed or ended otherwise, or null",
        "completed_by": "id of who did, or null",
    },
    "instance": {
        "id": "number of the case",
        "title": "what the case is about, or null",
        "business_key": "what people call it, or null",
        "status": "`active`, `suspended`, `completed`, `cancelled` or `error`",
        "definition": "object with `key`, `version` and `name` of the process",
        "parent_id": "number of the case that called it, or null",
        "started_at": "when it began",
        "started_by": "id of who started it",
        "ended_at": "when it ended, or null",
        "end_reason": "why it was ended before its time, or null",
    },
    "incident": {
        "id": "number of the incident",
        "kind": "what went wrong: `job`, `expression`, `decision`, `unhandled-error`, `stuck`, `endless-loop`",
        "element_id": "id of the element in the diagram",
        "created_at": "when it came up",
        "resolved_at": "when it was dealt with, or null",
    },
    "deployment": {"id": "number of the deployment", "pack": "slug of the pack"},
}


def task(of: instances.UserTask) -> dict[str, Any]:
    """Return a user task as other programs see it."""
    return {
        "id": of.id,
        "name": of.name,
        "element_id": of.element_id,
        "status": of.status.value,
        "assignee": of.assignee,
        "owner": of.owner,
        "candidate_users": list(of.candidate_users),
        "candidate_groups": list(of.candidate_groups),
        "due": _at(of.due),
        "created_at": _at(of.created_at),
        "completed_at": _at(of.completed_at),
        "completed_by": of.completed_by,
    }


def instance(of: event_queries.Case) -> dict[str, Any]:
    """Return a case as other programs see it."""
    found = of.instance
    return {
        "id": found.id,
        "title": found.title,
        "business_key": found.business_key,
        "status": found.status.value,
        "definition": {"key": of.key, "version": of.version, "name": of.name},
        "parent_id": found.parent_id,
        "started_at": _at(found.started_at),
        "started_by": found.started_by,
        "ended_at": _at(found.ended_at),
        "end_reason": found.end_reason,
    }


def incident(of: instances.Incident) -> dict[str, Any]:
    """Return an incident as other programs see it."""
    return {
        "id": of.id,
        "kind": of.kind.value,
        "element_id": of.element_id,
        "created_at": _at(of.created_at),
        "resolved_at": _at(of.resolved_at),
    }


def body(event: events.Event) -> dict[str, Any]:
    """Return the whole of what is sent."""
    return {"id": event.id, "type": event.name, "timestamp": _at(event.at), "data": event.data}


def _at(moment: datetime.datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(moments.SHANGHAI).isoformat(timespec="seconds")

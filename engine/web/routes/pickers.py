"""What pickers find while somebody types: people, roles and units of the office."""

from __future__ import annotations

import fastapi
from fastapi import responses

from engine import errors
from engine.actions import people
from engine.web import access
from engine.web.forms import office

router = access.Router()


@router.get("/pickers/{kind}", rule=access.SIGNED_IN, response_class=responses.JSONResponse)
def find(
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    kind: str,
    q: str = "",
    role: str | None = None,
    working: bool = False,
) -> fastapi.Response:
    """Answer with what matches every word of `q`: a list of `{"id", "name", "note"}`, the best first.

    `kind` is person, role or unit; `role` leaves only people who have it, `working` those who have any.
    """
    if kind not in office.KINDS:
        raise errors.NotFound("没有此种选择器，可用的有：person、role、unit。")
    found = office.of(people.directory(engine)).find(kind, q[:100], role, working=working)
    return responses.JSONResponse([{"id": each.id, "name": each.name, "note": each.note or each.id} for each in found])

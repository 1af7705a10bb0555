"""Where people go: the places that packs name, with what one can do there and how to reach them."""

from __future__ import annotations

import dataclasses

import fastapi

from engine.actions import taking_part
from engine.model import offices
from engine.web import access, fresh, pages

router = access.Router("/public")


@dataclasses.dataclass(frozen=True, slots=True)
class PlacesPage:
    """Places, each kind with the form by which people say something about them, if it is open."""

    kinds: tuple[tuple[offices.Places, taking_part.Service | None], ...]


@router.get("/places", rule=access.PUBLIC)
def places(request: fastapi.Request, engine: access.CurrentEngine) -> fastapi.Response:
    """Show where people go."""
    services = {(each.key, each.way.element_id): each for each in taking_part.services(engine)}
    found = ((kind, services.get(kind.form) if kind.form else None) for kind in pages.hosts(request).places)
    return fresh.page(request, pages.show(request, "public/places.html", PlacesPage(tuple(found))))

"""What `pack.yaml` tells the public of its office: `office` and `places`."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from engine.model import offices, records

if TYPE_CHECKING:
    from engine import packfile

_CONTACT = tuple(field.name for field in dataclasses.fields(offices.Contact))


def office(reader: packfile.Reader, node: packfile.Node | None) -> offices.Office | None:
    """Read who publishes."""
    if node is None:
        return None
    given = reader.mapping(node, "office", ("name", *_CONTACT), required=("name",))
    return offices.Office(reader.text(given.get("name"), "office.name"), _contact(reader, given, "office"))


def places(reader: packfile.Reader, node: packfile.Node | None, clauses: Collection[str]) -> offices.Places | None:
    """Read where people go; `clauses` are the ids of those of the pack."""
    if node is None:
        return None
    keys = ("title", "short", "clause", "notes", "services", "form", "list")
    given = reader.mapping(node, "places", keys, required=("title", "list"))
    form = reader.mapping(given.get("form"), "places.form", ("process", "event"), required=("process", "event"))
    clause = reader.optional(given.get("clause"), "places.clause")
    if clause and clause not in clauses:
        reader.complain(given["clause"], "places.clause", "clause 是 clauses 中的条款", clause)
    title = reader.text(given.get("title"), "places.title")
    found = offices.Places(
        title=title,
        short=reader.optional(given.get("short"), "places.short") or title,
        places=tuple(reader.each(given.get("list"), "places.list", _place)),
        notes=tuple(reader.each(given.get("notes"), "places.notes", _sentence)),
        services=tuple(reader.each(given.get("services"), "places.services", _sentence)),
        form=None
        if not form
        else (
            reader.identifier(form.get("process"), "places.form.process"),
            reader.identifier(form.get("event"), "places.form.event"),
        ),
        clause=clause,
    )
    reader.unique(given.get("list"), "places.list", [place.id for place in found.places])
    return found


def portal(reader: packfile.Reader, node: packfile.Node | None) -> offices.Portal:
    """Read what lists are called and narrowed by."""
    given = reader.mapping(node, "portal", ("kinds", "filters"))
    known = tuple(kind.value for kind in records.PublicationKind)
    kinds = reader.mapping(given.get("kinds"), "portal.kinds", known)
    return offices.Portal(
        {kind: reader.text(name, f"portal.kinds.{kind}") for kind, name in kinds.items() if kind in known},
        tuple(reader.each(given.get("filters"), "portal.filters", _sentence)),
    )


def _place(reader: packfile.Reader, node: packfile.Node, place: str) -> offices.Place:
    given = reader.mapping(node, place, ("id", "name", "note", *_CONTACT), required=("id", "name"))
    return offices.Place(
        reader.identifier(given.get("id"), f"{place}.id"),
        reader.text(given.get("name"), f"{place}.name"),
        _contact(reader, given, place),
        reader.optional(given.get("note"), f"{place}.note"),
    )


def _contact(reader: packfile.Reader, given: Mapping[str, packfile.Node], place: str) -> offices.Contact:
    return offices.Contact(**{name: reader.optional(given.get(name), f"{place}.{name}") for name in _CONTACT})


def _sentence(reader: packfile.Reader, node: packfile.Node, place: str) -> str:
    return reader.text(node, place)

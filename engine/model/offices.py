"""What the public is told of the body that a pack belongs to: who it is, how to reach it, and where to go."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True, slots=True)
class Contact:
    """How to reach somebody; what is empty is not known, and not shown."""

    address: str = ""
    phone: str = ""
    postcode: str = ""
    email: str = ""
    hours: str = ""

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in dataclasses.fields(self))


@dataclasses.dataclass(frozen=True, slots=True)
class Office:
    """The body that publishes (主办单位)."""

    name: str
    contact: Contact = Contact()


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """A place where people are served."""

    id: str
    name: str
    contact: Contact
    note: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Places:
    """Places of one kind, on one page of the portal.

    Parameters:
        title: the heading of the page; `short` is what menus call it.
        places: each place.
        notes: what holds at all of them, a paragraph each.
        services: what people can do there, each in a sentence.
        form: the process and the public start event by which people say something about them, if there is one.
        clause: the clause of the document that founds them.
    """

    title: str
    short: str
    places: tuple[Place, ...]
    notes: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    form: tuple[str, str] | None = None
    clause: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Portal:
    """What the lists of the portal are called, by kind, and by which facts of publications they can be narrowed."""

    kinds: Mapping[str, str] = dataclasses.field(default_factory=dict)
    filters: tuple[str, ...] = ()


NO_PORTAL = Portal()

"""Small pages that ask for something before an act: to whom, why, sure? The same as a dialog when htmx asks.

An act is a POST to the address of its page. What was typed is kept when it is refused.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Callable, Collection

import fastapi
from starlette import datastructures

from engine import errors
from engine.actions import context, people
from engine.web import access, english, pages
from engine.web.forms import office

#: Out of so many people at most one is chosen from a list, and some are ticked in one; of more, by typing.
LISTED, TICKED = 12, 200
#: What stands between names that are typed one after another.
_NAMES = re.compile(r"[、，,;；\n]")


@dataclasses.dataclass(frozen=True, slots=True)
class Option:
    """One thing that can be chosen; `group` is the heading it stands under."""

    value: str
    label: str
    note: str = ""
    group: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Field:
    """One thing that is asked.

    Parameters:
        kind: text, long, day, choice (radio buttons), person, people (several), role, check.
        options: of a choice, a person or a role; those of one group follow each other.
        search: where a person is looked up while one types; nothing where only those listed can be chosen.
    """

    name: str
    label: str
    kind: str = "text"
    help: str = ""
    required: bool = True
    options: tuple[Option, ...] = ()
    search: str = "/pickers/person"
    most: int = 2000
    values: tuple[str, ...] = ()
    error: str = ""

    @property
    def value(self) -> str:
        """Return what was typed, or nothing."""
        return self.values[0] if self.values else ""

    @property
    def searched(self) -> bool:
        """Tell whether there are too many to choose from a list."""
        return bool(self.search) and len(self.options) > {"person": LISTED, "people": TICKED}.get(
            self.kind, len(self.options)
        )

    @property
    def groups(self) -> list[tuple[str, list[Option]]]:
        """Return what can be chosen under its headings."""
        return [(name, list(found)) for name, found in itertools.groupby(self.options, lambda each: each.group)]


@dataclasses.dataclass(frozen=True, slots=True)
class Ask:
    """A page that asks. `back` is where one goes without doing it; `about` says which case and task it is about."""

    heading: str
    action: str
    back: str
    submit: str
    fields: tuple[Field, ...] = ()
    about: tuple[str, ...] = ()
    text: str = ""
    danger: bool = False
    error: str = ""
    #: What went wrong, in general: for those who read English.
    english: str = ""
    #: What cannot be chosen, and why.
    impossible: tuple[tuple[str, str], ...] = ()

    def with_typed(self, typed: datastructures.FormData, error: errors.GongkaiError) -> Ask:
        """Return the page with what was typed and what is wrong with it."""
        fields = tuple(
            dataclasses.replace(
                each, values=tuple(value for value in typed.getlist(each.name) if isinstance(value, str))
            )
            for each in self.fields
        )
        return dataclasses.replace(self, fields=fields, error=error.message, english=english.of_error(error))


def show(request: fastapi.Request, ask: Ask, status: int = 200) -> fastapi.Response:
    """Return a page that asks, or the dialog alone where htmx asks for it."""
    template = "asks/dialog.html" if request.headers.get("hx-request") else "asks/page.html"
    return pages.show(request, template, ask, status=status)


def attempt(request: fastapi.Request, ask: Ask, act: Callable[[], str], *, to: str) -> fastapi.Response:
    """Act on what was typed, and go on; what is refused comes back with everything that was typed.

    Args:
        request: The POST.
        ask: The page that asked.
        act: Does it and returns what to say on the next page.
        to: The next page.
    """
    try:
        said = act()
    except (errors.InvalidInput, errors.Conflict) as error:
        status = 409 if isinstance(error, errors.Conflict) else 422
        return show(request, ask.with_typed(access.posted(request), error), status)
    return pages.redirect(request, to, said)


def person(engine: context.Engine, typed: datastructures.FormData, name: str) -> str:
    """Return the id of the person that was chosen from a list, or whose name was typed.

    Raises:
        errors.InvalidInput: Nobody, or several, are called so.
    """
    found = persons(engine, typed, name)
    if not found:
        raise errors.InvalidInput("请选择人员。")
    return found[-1]


def persons(engine: context.Engine, typed: datastructures.FormData, name: str) -> list[str]:
    """Return the ids of the people that were chosen from a list, or whose names were typed; raises as `person` does."""
    known = office.of(people.directory(engine))
    found = []
    for text in (part for value in typed.getlist(name) if isinstance(value, str) for part in _NAMES.split(value)):
        named = known.named("person", text) if text.strip() else None
        if text.strip() and named is None:
            raise errors.InvalidInput(f"没有或不止一个名为“{text.strip()[:40]}”的人员，请从列表中选择，或输入用户名。")
        if named is not None and named not in found:
            found.append(named)
    return found


def staff(
    request: fastapi.Request,
    engine: context.Engine,
    name: str,
    label: str,
    *,
    without: str | None = None,
    several: bool = False,
    required: bool = True,
    only: Collection[str] | None = None,
) -> Field:
    """Return the field in which somebody, or several people, are chosen, by unit and name.

    Offered are those who work on cases. Accounts without any role, which look after the platform, are offered to each
    other alone; whoever's name is typed can be chosen all the same.

    Args:
        request: Who asks.
        engine: The engine.
        name: Of the field.
        label: What it asks.
        without: Who cannot be chosen.
        several: More than one can be chosen.
        required: Nobody is no answer.
        only: Who can be chosen, by id; by default everybody.
    """
    names, actor = people.directory(engine), access.visitor_of(request).actor
    known = office.of(names)
    working = actor is None or bool(actor.roles)
    found = []
    for pick in known.picks("person", working=working):
        user = names.users.get(pick.id)
        held = "、".join(names.role_name(each) for each in user.roles) if user else ""
        if pick.id != without and (only is None or pick.id in only):
            found.append(Option(pick.id, pick.text, held, pick.note))
    kind = "people" if several else "person"
    search = "/pickers/person?working=1" if working else "/pickers/person"
    if only is not None:
        search = ""
    return Field(name, label, kind, required=required, options=tuple(found), search=search)


def roles(engine: context.Engine) -> tuple[Option, ...]:
    """Return the roles that can be chosen."""
    return tuple(Option(pick.id, pick.name, pick.note) for pick in office.of(people.directory(engine)).picks("role"))

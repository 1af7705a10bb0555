"""What a form is once it has been read: immutable fields in display order and the validator that goes with them."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Mapping
from typing import Any


@dataclasses.dataclass(frozen=True, slots=True)
class Option:
    """One of the values that may be chosen, and what people read for it."""

    value: str | int | float | bool
    label: str


@dataclasses.dataclass(frozen=True, slots=True)
class Condition:
    """A field is shown while its sibling `field` has (for a list: contains) one of `values`."""

    field: str
    values: tuple[Any, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class DateBound:
    """A limit of a date: `anchor` (`today`, an ISO date, or a sibling date field) moved by `days` calendar days."""

    anchor: str
    days: int


@dataclasses.dataclass(frozen=True, slots=True)
class Computation:
    """How a computed field gets its value: a function of `engine.forms.computing` and the paths it reads."""

    function: str
    arguments: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Field:
    """One thing to fill in, with everything a page needs to show it.

    `path` is dotted and without row numbers (`attendees.phone`). `type` is the JSON type; an array has an `item`;
    an object, and an array of objects, has `children`; a file is an object of format `file`. `required` says whether
    the field is always required; what else is required depends on the values (`conditions.required_names`).
    `private` is None, or the value is personal data: only these roles may read it besides those who handle it.
    """

    name: str
    path: str
    label: str
    type: str
    widget: str
    schema: Mapping[str, Any]
    required: bool = False
    read_only: bool = False
    private: frozenset[str] | None = None
    format: str = ""
    help: str = ""
    placeholder: str = ""
    section: str = ""
    default: Any = None
    examples: tuple[Any, ...] = ()
    options: tuple[Option, ...] = ()
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    visible_when: Condition | None = None
    computed: Computation | None = None
    earliest: DateBound | None = None
    latest: DateBound | None = None
    item: Field | None = None
    children: tuple[Field, ...] = ()

    @property
    def is_file(self) -> bool:
        """Tell whether the value is one stored file."""
        return self.type == "object" and self.format == "file"

    @property
    def is_group(self) -> bool:
        """Tell whether the value is a nested section."""
        return self.type == "object" and not self.is_file

    @property
    def is_rows(self) -> bool:
        """Tell whether the value is a list of nested sections."""
        return self.item is not None and self.item.is_group

    @property
    def has_fixed_rows(self) -> bool:
        """Tell whether the process gives the rows: nobody adds, removes or reorders them."""
        return self.schema.get("x-rows") == "fixed"

    def option_label(self, value: object) -> str | None:
        """Return what people read for `value`, or None when it is no option of this field."""
        for option in self.options:
            if option.value == value and isinstance(option.value, bool) == isinstance(value, bool):
                return option.label
        return None


@dataclasses.dataclass(frozen=True, slots=True)
class Section:
    """A titled part of the page and the names of its fields, in order."""

    title: str
    fields: tuple[str, ...]
    help: str = ""


@dataclasses.dataclass(frozen=True)
class Form:
    """A form as deployed. `id` is the form key that diagrams use; `sha256` addresses the bytes it was read from.

    `schema` and `ui` are the parts of the file as written; `validator` is made from the schema with local references
    replaced and default limits filled in. Nothing changes a form after it has been read.
    """

    id: str
    title: str
    clause: str
    description: str
    schema: Mapping[str, Any] = dataclasses.field(compare=False, repr=False)
    ui: Mapping[str, Any] = dataclasses.field(compare=False, repr=False)
    fields: tuple[Field, ...] = dataclasses.field(compare=False, repr=False)
    sections: tuple[Section, ...] = dataclasses.field(compare=False, repr=False)
    sha256: str
    validator: Any = dataclasses.field(compare=False, repr=False)

    @functools.cached_property
    def by_name(self) -> Mapping[str, Field]:
        """The top-level fields by name."""
        return {field.name: field for field in self.fields}

    def walk(self) -> Iterator[Field]:
        """Yield every field in display order, groups before their children."""
        pending = list(reversed(self.fields))
        while pending:
            field = pending.pop()
            yield field
            pending.extend(reversed(field.children))

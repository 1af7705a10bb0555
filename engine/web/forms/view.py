"""A form as a page shows it: frozen, ready for the templates in `templates/forms`, without a decision left to make."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from engine import forms


@dataclasses.dataclass(frozen=True, slots=True)
class Choice:
    """One option of a select, or of a group of radio buttons or checkboxes."""

    value: str
    label: str
    chosen: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Error:
    """What is wrong at a field; `item` numbers (from 1) the item of a list that has no place of its own."""

    message: str
    item: int | None = None
    english: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class File:
    """A stored file: what the page posts of it, and where it can be read."""

    name: str
    size: str
    url: str
    posted: tuple[tuple[str, str], ...] = ()
    #: The path that `_action=remove:…` takes.
    path: str = ""
    #: Where a browser shows it, if one can.
    preview: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One item of a repeating group."""

    name: str
    id: str
    number: int
    nodes: tuple[Node, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Node:
    """One field at its place on the page.

    `widget` names the macro that shows it: a widget of the form, or `output` (computed), `reading` (only to read),
    `kept` (not shown now; what was typed is kept in `posted`). `name` is what the page posts, `id` the element that a
    link of the error summary leads to.
    """

    field: forms.Field
    widget: str
    name: str
    id: str
    label: str
    value: str = ""
    text: str = ""
    help: str = ""
    example: str = ""
    #: Characters at most, where the form says so.
    limit: int | None = None
    required: bool = False
    #: Whether `required` may change while the page is filled in.
    marked: bool = False
    #: Whether others have to be looked at again when this changes.
    decisive: bool = False
    #: Whether the field is there only at times.
    conditional: bool = False
    focus: bool = False
    #: Whether the button that adds an item gets the focus.
    focus_add: bool = False
    errors: tuple[Error, ...] = ()
    choices: tuple[Choice, ...] = ()
    nodes: tuple[Node, ...] = ()
    rows: tuple[Row, ...] = ()
    files: tuple[File, ...] = ()
    posted: tuple[tuple[str, str], ...] = ()
    may_add: bool = False
    may_remove: bool = False
    #: Whether it is only read now, and nobody has filled it in yet.
    unfilled: bool = False
    #: Whether nothing on the page is the label of the input, which then says it itself.
    unlabelled: bool = False
    #: Of a picker that searches: where.
    search: str = ""
    #: Attributes of an input that only some fields have: `min`, `max`, `step`, `accept`, `inputmode`.
    extra: tuple[tuple[str, str], ...] = ()

    @property
    def shown(self) -> bool:
        """Whether the field is on the page."""
        return self.widget != "kept"

    @property
    def described_by(self) -> str:
        """The ids of what explains the field, for `aria-describedby`."""
        parts = [("help", self.explained), ("words", self.widget == "money"), ("unit", self.suffix)]
        ids = [f"{self.id}-{part}" for part, there in parts if there]
        return " ".join([*([f"{self.id}-error"] if self.errors else []), *ids])

    @property
    def explained(self) -> bool:
        """Whether there is an explanation beside the field."""
        return bool(self.help or self.example or self.limit or (self.widget == "file" and (self.text or self.value)))

    @property
    def suffix(self) -> str:
        """The unit behind the value."""
        suffix: str = self.field.settings.get("suffix", "元" if self.field.widget == "money" else "")
        return suffix

    def walk(self) -> Iterator[Node]:
        """Yield this node and all below it."""
        yield self
        for node in self.nodes:
            yield from node.walk()
        for row in self.rows:
            for node in row.nodes:
                yield from node.walk()


@dataclasses.dataclass(frozen=True, slots=True)
class Section:
    """A titled part of the form. It is left out while none of its fields is shown."""

    id: str
    title: str
    help: str
    nodes: tuple[Node, ...]

    @property
    def shown(self) -> bool:
        """Whether anything of it is on the page."""
        return any(node.shown for node in self.nodes)

    @property
    def conditional(self) -> bool:
        """Whether it is there only at times."""
        return all(node.conditional for node in self.nodes)


@dataclasses.dataclass(frozen=True, slots=True)
class SummaryLine:
    """One line of the error summary; without an `id` there is nothing on the page to go to."""

    label: str
    message: str
    id: str | None
    english: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class FormView:
    """A whole form. `action` is where it is posted; `key` makes a repeated submission harmless."""

    form: forms.Form
    action: str
    sections: tuple[Section, ...]
    summary: tuple[SummaryLine, ...] = ()
    key: str = ""
    draft_url: str | None = None
    #: Whether the page holds what nobody has saved.
    dirty: bool = False
    editable: bool = True

    def walk(self) -> Iterator[Node]:
        """Yield all nodes."""
        for section in self.sections:
            for node in section.nodes:
                yield from node.walk()

    @property
    def has_files(self) -> bool:
        """Whether files may be chosen on the page."""
        return any(node.widget == "file" for node in self.walk())

    @property
    def dynamic(self) -> bool:
        """Whether something on the page depends on something else on it."""
        return any(node.decisive for node in self.walk())

    @property
    def shown_now(self) -> str:
        """What of the conditional parts is shown, for the page to post back."""
        names = [node.name for node in self.walk() if node.conditional and node.shown]
        return ",".join([*names, *(f"#{each.id}" for each in self.sections if each.conditional and each.shown)])

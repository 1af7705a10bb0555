"""Single fields: an input with what is in it, or what is in it to read."""

from __future__ import annotations

import dataclasses
import datetime
import re
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any

from engine import forms
from engine.web.forms import office, view
from engine.web.forms import sheet as sheets
from engine.web.forms.sheet import Sheet

#: `type` of inputs by the format of a text.
_TYPES = {"email": "email", "phone": "tel", "uri": "url"}
_EXAMPLES = 2
#: Nobody has to be told of a limit that is as long as this.
_UNSAID = 100_000
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LOCAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?")

Errors = tuple[view.Error, ...]


def element_id(name: str) -> str:
    """Return the id of the element of a field; names have neither hyphens nor dots, so no two get the same."""
    return "f-" + name.replace(".", "-")


def item_of(field: forms.Field) -> forms.Field:
    """Return what stands for one item of a list, with the picker that the list was given."""
    assert field.item is not None
    if field.widget not in office.KINDS:
        return field.item
    return dataclasses.replace(field.item, widget=field.widget, settings=field.settings)


def example(field: forms.Field) -> str:
    """Return examples as people read them."""
    return "、".join(forms.text(field, each) for each in field.examples[:_EXAMPLES])


def control(
    sheet: Sheet,
    field: forms.Field,
    name: str,
    raw: Any,
    *,
    focus: bool,
    errors: Errors,
    label: str | None = None,
    **common: Any,
) -> view.Node:
    """Return the input of one field.

    Args:
        sheet: The form.
        field: The field; an item of a list stands for itself.
        name: What it is called when it is posted.
        raw: What it holds: a value, or the text that somebody typed.
        focus: Whether it gets the focus.
        errors: What is wrong with it.
        label: Instead of the label of the field.
        common: Further attributes of the node.
    """
    node = view.Node(
        field,
        field.widget,
        name,
        element_id(name),
        field.label if label is None else label,
        help=field.help,
        example=example(field),
        focus=focus,
        errors=errors,
        **common,
    )
    if (field.item or field).is_file:
        return dataclasses.replace(node, **_files(sheet, field, name, raw))
    if field.widget in office.KINDS:
        return dataclasses.replace(node, **_picker(sheet.office, field, raw))
    if field.options:
        widget = {"checkbox": "checks"}.get(field.widget, field.widget) if field.item is not None else field.widget
        return dataclasses.replace(node, widget=widget, choices=_choices(field, raw))
    value = _typed(field, raw)
    return dataclasses.replace(node, value=value, **_text(sheet, field, value))


class Reader:
    """Shows what is in a field to somebody who does not fill it in.

    Args:
        sheet: The form.
        errors_at: What is wrong at a posted name; nothing by default.
    """

    def __init__(self, sheet: Sheet, errors_at: Callable[[str], Errors] = lambda _: ()) -> None:
        self._sheet = sheet
        self._errors_at = errors_at
        self._names = sheet.office.every_name

    def node(self, field: forms.Field, name: str, value: Any) -> view.Node:
        """Return a field with its value in words; groups and rows with those within them."""
        made = view.Node(
            field,
            "reading",
            name,
            element_id(name),
            field.label,
            errors=self._errors_at(name),
            conditional=field.visible_when is not None,
        )
        if field.is_group and isinstance(value, Mapping):
            return dataclasses.replace(made, nodes=self._children(field, name, value))
        if field.is_rows and isinstance(value, list):
            rows = [
                view.Row(f"{name}.{at}", element_id(f"{name}.{at}"), at + 1, self._children(field, f"{name}.{at}", row))
                for at, row in enumerate(value)
                if isinstance(row, Mapping)
            ]
            return dataclasses.replace(made, rows=tuple(rows))
        if (field.item or field).is_file:
            return dataclasses.replace(made, files=tuple(_stored(self._sheet, field, name, value)))
        return dataclasses.replace(made, value="" if forms.is_empty(value) else forms.text(field, value, self._names))

    def computed(self, field: forms.Field, value: Any) -> view.Node:
        """Return a computed field."""
        text = "" if value is None else forms.text(field, value, self._names)
        return view.Node(
            field,
            "output",
            field.name,
            element_id(field.name),
            field.label,
            value=text,
            help=field.help,
            text=_capitals(field, value),
            errors=self._errors_at(field.name),
            conditional=field.visible_when is not None,
        )

    def _children(self, field: forms.Field, name: str, values: Mapping[str, Any]) -> tuple[view.Node, ...]:
        visible = forms.visible_names(field.children, values)
        return tuple(
            self.node(child, f"{name}.{child.name}", values.get(child.name))
            for child in field.children
            if child.name in visible
        )


def _typed(field: forms.Field, raw: Any) -> str:
    """Return what stands in the input: what was typed, exactly; a value as an input writes it."""
    return forms.input_text(field, raw) if isinstance(raw, str | int | float) else ""


def _capitals(field: forms.Field, value: Any) -> str:
    return (forms.capitals(value) or "") if field.widget == "money" else ""


def _text(sheet: Sheet, field: forms.Field, value: str) -> dict[str, Any]:
    """Return what is special about inputs that one types into."""
    if field.widget == "date":
        return {"extra": _date(sheet, field, value)}
    if field.widget == "datetime":
        local = _as_local(value)
        kind = "text" if value and local is None else "datetime-local"
        step = (("step", "1"),) if local is not None and local.second else ()
        return {"extra": (("type", kind), *step)}
    if field.widget in ("number", "money"):
        # Not type="number": browsers throw away there what they cannot read, and change it when the wheel turns.
        mode = "numeric" if field.type == "integer" and field.schema.get("minimum", -1) >= 0 else "decimal"
        return {"extra": (("type", "text"), ("inputmode", mode)), "text": _capitals(field, forms.coerce(field, value))}
    if field.widget == "textarea":
        longest = field.schema["maxLength"]
        return {"limit": longest if longest < _UNSAID else None}
    return {"extra": (("type", _TYPES.get(field.format, "text")),)}


def _date(sheet: Sheet, field: forms.Field, value: str) -> tuple[tuple[str, str], ...]:
    """Return the attributes of a date; what is no date can be shown by a text input alone."""
    if value and _as_date(value) is None:
        return (("type", "text"),)
    bounds = []
    for attribute, bound in (("min", field.earliest), ("max", field.latest)):
        anchor = None if bound is None else sheet.today if bound.anchor == "today" else _as_date(bound.anchor)
        if bound is not None and anchor is not None:
            bounds.append((attribute, (anchor + datetime.timedelta(days=bound.days)).isoformat()))
    return (("type", "date"), *bounds)


def _as_date(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def _as_local(text: str) -> datetime.datetime | None:
    """Return a moment as a datetime-local input takes it."""
    try:
        return datetime.datetime.fromisoformat(text) if _LOCAL.fullmatch(text) else None
    except ValueError:
        return None


def _choices(field: forms.Field, raw: Any) -> tuple[view.Choice, ...]:
    held = forms.coerce(field, raw)
    chosen = held if isinstance(held, list) else [] if held is None else [held]
    option_field = field.item or field
    found = [
        view.Choice(forms.input_text(option_field, option.value), option.label, _among(option.value, chosen))
        for option in field.options
    ]
    if field.widget == "select":
        # An option that a newer version of the form no longer has: shown, so that people see what has to be replaced.
        known = [option.value for option in field.options]
        strange = [each for each in chosen if isinstance(each, str | int | float) and not _among(each, known)]
        found += [view.Choice(text, text, True) for text in (forms.input_text(option_field, each) for each in strange)]
    return tuple(found)


def _among(value: Any, others: list[Any]) -> bool:
    return any(value == other and isinstance(value, bool) == isinstance(other, bool) for other in others)


def _picker(offices: office.Office, field: forms.Field, raw: Any) -> dict[str, Any]:
    """Return a list to choose from while it is short, else an input that searches."""
    kind, role = field.widget, field.settings.get("role")
    held = raw.strip() if isinstance(raw, str) else ""
    picks = offices.picks(kind, role)
    if len(picks) <= offices.listed:
        choices = [view.Choice(pick.id, pick.name, pick.id == held) for pick in picks]
        if held and not any(choice.chosen for choice in choices):
            choices.append(view.Choice(held, offices.label(kind, held), True))
        return {"widget": "select", "choices": tuple(choices)}
    query = "" if role is None else "?" + urllib.parse.urlencode({"role": role})
    # What was typed and names nobody stays in sight, and is no id.
    value = held if offices.knows(kind, held) else ""
    return {"widget": "picker", "value": value, "text": offices.label(kind, held), "search": f"/pickers/{kind}{query}"}


def _files(sheet: Sheet, field: forms.Field, name: str, raw: Any) -> dict[str, Any]:
    item = field.item or field
    stored = tuple(_stored(sheet, field, name, raw))
    most = field.schema["maxItems"] if field.item is not None else 1
    extra = []
    if "x-accept" in item.schema:
        accept = ",".join(item.schema["x-accept"])
        extra += [("accept", accept), ("data-field-accept", accept)]
    if "x-maxSize" in item.schema:
        extra.append(("data-field-most", str(item.schema["x-maxSize"])))
    return {
        "widget": "file",
        "files": stored,
        "may_add": field.item is None or len(stored) < most,
        "extra": tuple(extra),
        # What may be chosen, and how large it may be.
        "text": "、".join(item.schema.get("x-accept", ())),
        "value": forms.size(item.schema["x-maxSize"]) if "x-maxSize" in item.schema else "",
    }


def _stored(sheet: Sheet, field: forms.Field, name: str, raw: Any) -> list[view.File]:
    """Return the files that a field holds; what is none (yet) is left out."""
    several = field.item is not None
    held = forms.coerce(field, raw)
    values = held if isinstance(held, list) else [held]
    found = []
    for index, value in enumerate(values):
        if not forms.is_file(value):
            continue
        place = f"{name}.{index}" if several else name
        found.append(stored_file(value, place, sheet.case))
    return found


def stored_file(value: Mapping[str, Any], place: str, case: int | None = None) -> view.File:
    """Return how a stored file is shown.

    Args:
        value: Its value in a form.
        place: What the page calls it.
        case: The case it is read as part of.
    """
    token, name = value["token"], value["name"]
    return view.File(
        name,
        forms.size(value["size"]),
        sheets.file_url(token, case),
        tuple((f"{place}.{key}", str(part)) for key, part in value.items()),
        place,
        sheets.preview_url(token, name, case),
    )

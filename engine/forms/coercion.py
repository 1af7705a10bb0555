"""The one place where typed text becomes values: what HTML pages and people at a command line send, as JSON types.

`coerce` never refuses: what it cannot read stays as it came, and validation says what was expected.
docs/reference/forms.md has the table.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from engine.forms import definition, field_rights, formats, vocabulary

_TRUE = frozenset({"true", "on", "1", "yes", "是"})
_FALSE = frozenset({"false", "off", "0", "no", "否"})
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,18}\.[0-9]{1,18}")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
_DATE = re.compile(r"([0-9]{4})(?:-|/|年)([0-9]{1,2})(?:-|/|月)([0-9]{1,2})日?")
_LOCAL_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2})(:[0-9]{2})?")
_ROW = re.compile(r"[0-9]{1,6}")
_SEPARATORS = re.compile(r"[,，、;；\n]")


def coerce(field: definition.Field, value: object) -> Any:
    """Return `value` as the type of `field` wants it, all strings trimmed and with plain line ends.

    What is empty becomes None (a list stays a list); inside groups and rows what is empty is left out.
    """
    if isinstance(value, str):
        value = value.replace("\r\n", "\n").replace("\r", "\n").strip()
        if not value:
            return [] if field.type == "array" else None
    if field.item is not None:
        return _list(field.item, value)
    if field.is_group and isinstance(value, Mapping):
        return _group(field, value)
    if field.is_file and isinstance(value, Mapping):
        return _file(value)
    if isinstance(value, str):
        return _text(field, value)
    if field.type == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def titles_read(form: definition.Form, typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return what somebody typed with titles of options (社会) replaced by the values that have them (society).

    For people who see titles and type them; pages and messages send values. What is a value already, what is no title,
    and a title of several values stay as they are.
    """
    fields = form.by_name
    return {name: _title_read(fields[name], text) if name in fields else text for name, text in typed.items()}


def _title_read(field: definition.Field, typed: Any) -> Any:
    if not isinstance(typed, str):
        return typed
    if field.item is not None and field.item.options:
        parts = [part.strip() for part in _SEPARATORS.split(typed)]
        read = [_option(field.item, part) for part in parts]
        return typed if None in read else read
    found = _option(field, typed.strip())
    return typed if found is None else found


def _option(field: definition.Field, text: str) -> Any:
    values = [option.value for option in field.options if str(option.value) == text]
    named = values or [option.value for option in field.options if option.label == text]
    return named[0] if len(named) == 1 else None


def is_empty(value: object) -> bool:
    """Tell whether `value` counts as nothing filled in; false and 0 are something."""
    return value is None or value == "" or value == [] or value == {}


def _list(item: definition.Field, value: object) -> Any:
    if value is None:
        return []
    if isinstance(value, str):
        parts = [part.strip() for part in _SEPARATORS.split(value)] if item.options else value.split("\n")
        known = {str(option.value) for option in item.options}
        value = parts if not item.options or set(parts) <= known else [value]
    if not isinstance(value, list | tuple):
        return value
    items = [coerce(item, part) for part in value]
    # An empty row is a row that somebody added and has to fill in or remove; an empty line of a list is nothing.
    return items if item.is_group else [part for part in items if not is_empty(part)]


def _group(field: definition.Field, value: Mapping[Any, Any]) -> dict[Any, Any]:
    children = {child.name: child for child in field.children}
    result = {key: coerce(children[key], part) if key in children else part for key, part in value.items()}
    return {key: part for key, part in result.items() if key not in children or not is_empty(part)}


def _file(value: Mapping[Any, Any]) -> dict[Any, Any] | None:
    """Read a file as a page posts it, its size as text; an input without a file is nothing."""
    if all(is_empty(part) for part in value.values()):
        return None
    size = value.get("size")
    if isinstance(size, str) and _INTEGER.fullmatch(size):
        return {**value, "size": int(size)}
    return dict(value)


def _text(field: definition.Field, text: str) -> Any:
    """Read a text that is not empty."""
    if field.type in ("integer", "number"):
        return _number(field, text)
    if field.type == "boolean":
        word = text.lower()
        return True if word in _TRUE else False if word in _FALSE else text
    if field.format == "date":
        match = _DATE.fullmatch(text)
        return f"{match[1]}-{match[2]:0>2}-{match[3]:0>2}" if match else text
    if field.format == "date-time":
        match = _LOCAL_TIME.fullmatch(text)
        return f"{match[1]}T{match[2]}{match[3] or ':00'}+08:00" if match else text
    return text


def _number(field: definition.Field, text: str) -> Any:
    # Input methods leave full-width digits behind (５); only numbers are folded, other text stays as typed.
    plain = unicodedata.normalize("NFKC", text)
    if field.widget == "money":
        plain = plain.removeprefix("¥").removesuffix("元").strip()
    if _GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    if _INTEGER.fullmatch(plain):
        return int(plain)
    if _DECIMAL.fullmatch(plain):
        number = float(plain)
        return int(number) if field.type == "integer" and number.is_integer() else number
    return text


def from_html(
    form: definition.Form,
    pairs: Iterable[tuple[str, str]],
    rights: field_rights.Rights = field_rights.ALL_EDIT,
    *,
    partial: bool = False,
) -> dict[str, Any]:
    """Turn the names and values of a posted page into a submission, still untyped.

    Rows are named `list.0.name`, groups `group.name`; a name that occurs several times is a list; names that begin
    with an underscore belong to the page and are left out. A checkbox without a tick and a list without items are
    not posted at all: they become False and [] for the fields that `rights` let edit, unless the post is `partial`.
    Pages post each row and group once more under its own name (`list.0`), empty, so that one with nothing but such
    checkboxes in it is posted at all.
    """
    root = _Node()
    for name, value in pairs:
        if not name.startswith("_"):
            root.place(name.split("."), value)
    result = {name: _shape(form.by_name.get(name), node) for name, node in root.children.items()}
    for field in () if partial else rights.editable(form.fields):
        unticked = _untouched(field)
        if unticked is not None:
            result.setdefault(field.name, unticked)
    return result


@dataclasses.dataclass
class _Node:
    """A posted name: the values posted under it, and the names below it."""

    values: list[str] = dataclasses.field(default_factory=list)
    children: dict[str, _Node] = dataclasses.field(default_factory=dict)

    def place(self, names: list[str], value: str) -> None:
        node = self
        # A deeper name is refused by validation anyway; following it here would only cost memory.
        for name in names[: vocabulary.MAX_DEPTH + 2]:
            node = node.children.setdefault(name, _Node())
        node.values.append(value)


def _untouched(field: definition.Field) -> Any:
    """Return what a browser means by posting nothing for `field`; None when it means nothing at all."""
    if field.type == "array":
        return []
    return False if field.type == "boolean" and field.widget == "checkbox" else None


def _shape(field: definition.Field | None, node: _Node) -> Any:
    """Turn a node into a list, a group or a text, as the field asks."""
    if field is not None and field.item is not None:
        return _shape_list(field.item, node)
    if field is not None and field.is_group and not (node.values and any(node.values)):
        return _shape_group(field, node)
    if not node.children:
        return node.values[0] if len(node.values) == 1 else node.values
    group = {name: _shape(None, part) for name, part in node.children.items()}
    if node.values:
        group[""] = node.values  # a value for the group itself means nothing; validation refuses it
    return group


def _shape_group(field: definition.Field, node: _Node) -> dict[str, Any]:
    """Build a group or a row. Posted empty under its own name, it is there although nothing in it may be posted."""
    children = {child.name: child for child in field.children}
    group = {name: _shape(children.get(name), part) for name, part in node.children.items()}
    for child in children.values():
        if _untouched(child) is not None and not child.read_only:
            group.setdefault(child.name, _untouched(child))
    return group


def _shape_list(item: definition.Field, node: _Node) -> Any:
    others = {name: _shape(None, part) for name, part in node.children.items() if not _ROW.fullmatch(name)}
    if others:
        # Names that are no rows are kept, so that validation refuses them.
        return others
    rows = sorted(node.children, key=int)
    return [*node.values, *(_shape(item, node.children[row]) for row in rows)]


def to_html(form: definition.Form, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return `values` as the names and values that a page posts: the inverse of `from_html` and `coerce`."""
    pairs: list[tuple[str, str]] = []
    for field in form.fields:
        if field.name in values:
            field_to_html(field, field.name, values[field.name], pairs)
    return pairs


def field_to_html(field: definition.Field, name: str, value: Any, pairs: list[tuple[str, str]]) -> None:
    """Add to `pairs` what a page posts for a `field` that it calls `name`."""
    if value is None:
        return
    if field.item is not None and isinstance(value, list):
        for index, part in enumerate(value):
            inner = f"{name}.{index}" if field.item.type == "object" else name
            field_to_html(field.item, inner, part, pairs)
    elif isinstance(value, Mapping):
        children = {child.name: child for child in field.children}
        for key, part in value.items():
            if key in children:
                field_to_html(children[key], f"{name}.{key}", part, pairs)
            elif field.is_file:
                pairs.append((f"{name}.{key}", str(part)))
    else:
        pairs.append((name, input_text(field, value)))


def input_text(field: definition.Field, value: object) -> str:
    """Return `value` as the text of an HTML input of `field`; a date-time in Beijing time, as its input wants it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if field.format == "date-time":
        instant = formats.parse_date_time(value)
        if instant is not None:
            local: datetime.datetime = instant.astimezone(formats.BEIJING).replace(tzinfo=None)
            return local.isoformat(timespec="minutes" if local.second == 0 else "seconds")
    if isinstance(value, int | float) and field.widget == "money":
        exact = decimal.Decimal(str(value))
        return format(exact, ".2f") if exact == round(exact, 2) else format(exact, "f")
    if isinstance(value, float):
        return format(decimal.Decimal(str(value)), "f")
    return "" if value is None else str(value)

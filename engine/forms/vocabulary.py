"""What a form file may say: schema keywords by type, widgets by kind of field, parts of `ui`, and limits.

`docs/reference/forms.md` prints these tables and a test compares the two. Whatever is not listed is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MAX_FILE_BYTES = 1_000_000
MAX_SCHEMA_DEPTH = 6
MAX_FIELDS = 500
#: Limits of a field that sets none of its own: characters of a text, items of a list.
DEFAULT_MAX_LENGTH = 100_000
DEFAULT_MAX_ITEMS = 1_000
#: Limits of a whole submission: nested levels, values of any kind, characters of all texts and keys together.
MAX_DEPTH = 8
MAX_VALUES = 50_000
MAX_CHARACTERS = 2_000_000
#: The largest integer that JSON readers of other languages keep exactly.
MAX_NUMBER = 2**53 - 1

TYPES = ("string", "integer", "number", "boolean", "array", "object")
TYPE_NAMES: Mapping[str, str] = {
    "string": "文本",
    "integer": "整数",
    "number": "数字",
    "boolean": "“是”或“否”",
    "array": "列表",
    "object": "一组字段",
}

#: Keywords that say something about a field and restrict nothing.
ANNOTATIONS = frozenset({"title", "description", "default", "examples", "$comment", "x-messages"})
ITEM_ANNOTATIONS = frozenset({"title", "description", "$comment", "x-messages"})
_VALUES = frozenset({"enum", "const", "oneOf"})
_NUMBER = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
#: Keywords that combine the fields of a group.
GROUP_RULES = frozenset({"required", "dependentRequired", "allOf", "anyOf", "if", "then", "else"})

#: Keywords of a declared field, besides `type`, `$ref` and the annotations.
FIELD_KEYWORDS: Mapping[str, frozenset[str]] = {
    "string": _VALUES | {"minLength", "maxLength", "pattern", "format", "formatMinimum", "formatMaximum", "x-private"},
    "integer": _VALUES | _NUMBER,
    "number": _VALUES | _NUMBER,
    "boolean": frozenset({"const", "oneOf"}),
    "array": frozenset({"items", "minItems", "maxItems", "uniqueItems", "x-covers", "x-rows"}),
    "object": GROUP_RULES | {"properties", "additionalProperties"},
    "file": frozenset({"format", "x-maxSize", "x-accept"}),
}
#: Keywords of the schema itself, besides those of a group.
ROOT_KEYWORDS = frozenset({"$schema", "$comment", "$defs", "type", "description"})

#: Keywords that `then` and `else` may add to a field that is declared in `properties`.
REFINEMENT_KEYWORDS: Mapping[str, frozenset[str]] = {
    "string": frozenset({"enum", "const", "minLength", "maxLength", "pattern", "format"}),
    "integer": _NUMBER | {"enum", "const"},
    "number": _NUMBER | {"enum", "const"},
    "boolean": frozenset({"const"}),
    "array": frozenset({"minItems", "maxItems"}),
    "object": frozenset(),
    "file": frozenset({"x-maxSize", "x-accept"}),
}
#: Keywords that `if` may ask of a field.
CONDITION_KEYWORDS: Mapping[str, frozenset[str]] = {
    "string": frozenset({"enum", "const", "minLength", "maxLength", "pattern", "not"}),
    "integer": _NUMBER | {"enum", "const", "not"},
    "number": _NUMBER | {"enum", "const", "not"},
    "boolean": frozenset({"const"}),
    "array": frozenset({"contains", "minItems", "maxItems", "not"}),
    "object": frozenset({"properties", "required", "not", "allOf", "anyOf"}),
    "file": frozenset(),
}
#: Keywords whose message a form may word itself by `x-messages`.
MESSAGE_KEYWORDS = frozenset(
    {"required", "type", "enum", "const", "minLength", "maxLength", "pattern", "format", "minItems", "maxItems"}
    | {"uniqueItems", "formatMinimum", "formatMaximum", "x-maxSize", "x-accept"}
    | _NUMBER
)

#: Widgets by kind of field; the first is what a field has when `ui.widgets` says nothing.
WIDGETS: Mapping[str, tuple[str, ...]] = {
    "text": ("text", "textarea", "person", "role", "unit"),
    "choice": ("select", "radio"),
    "date": ("date",),
    "date-time": ("datetime",),
    "number": ("number", "money"),
    "boolean": ("checkbox", "radio", "select"),
    "file": ("file",),
    "files": ("file",),
    "choices": ("checkbox", "select"),
    "list": ("list", "person", "role", "unit"),
    "rows": ("table", "group"),
    "group": ("group",),
}

#: Widgets that pick somebody or something of the office; the value is an id.
PICKERS = ("person", "role", "unit")

#: Settings of `ui.options`: the Python type of the value, and the widgets that understand it (none: all).
SETTINGS: Mapping[str, tuple[type, frozenset[str]]] = {
    "rows": (int, frozenset({"textarea"})),
    "inline": (bool, frozenset({"radio", "checkbox"})),
    "autocomplete": (str, frozenset({"text"})),
    "suffix": (str, frozenset({"text", "number", "money"})),
    "link": (bool, frozenset({"text"})),
    "role": (str, frozenset({"person"})),
    "addLabel": (str, frozenset({"table", "group", "list"})),
}
UI_KEYS = frozenset(
    {"order", "sections", "widgets", "help", "placeholder", "readOnly", "visibleWhen", "computed", "options"}
)
FORM_KEYS = frozenset({"id", "title", "clause", "schema", "ui"})


def rule_type(schema: Mapping[str, Any]) -> str:
    """Return the row of the keyword tables that a declared field falls under: its JSON type, or `file`."""
    declared = str(schema.get("type"))
    return "file" if declared == "object" and schema.get("format") == "file" else declared


def kind(schema: Mapping[str, Any]) -> str:
    """Return the row of WIDGETS that a checked field falls under."""
    declared = rule_type(schema)
    if declared == "array":
        item = schema["items"]
        inner = kind(item)
        return {"file": "files", "choice": "choices", "group": "rows"}.get(inner, "list")
    if declared == "object":
        return "group"
    if declared in ("file", "boolean"):
        return declared
    if "enum" in schema or "oneOf" in schema:
        return "choice"
    if declared == "string":
        return str(schema["format"]) if schema.get("format") in ("date", "date-time") else "text"
    return "number"

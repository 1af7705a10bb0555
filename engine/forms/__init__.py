"""Forms: a JSON Schema with a `ui` part, read once; submissions become variables or errors for people. Pure.

docs/reference/forms.md describes the file format, the rules of validation and the coercion of typed text.
"""

from __future__ import annotations

from engine.forms.coercion import from_html, titles_read, to_html
from engine.forms.conditions import required_names, visible_names
from engine.forms.definition import Field, Form, Option, Section
from engine.forms.field_rights import ALL_EDIT, Right, Rights
from engine.forms.presentation import describe, initial, text
from engine.forms.reading import parse
from engine.forms.validation import draft, validate

__all__ = [
    "ALL_EDIT",
    "Field",
    "Form",
    "Option",
    "Right",
    "Rights",
    "Section",
    "describe",
    "draft",
    "from_html",
    "initial",
    "parse",
    "required_names",
    "text",
    "titles_read",
    "to_html",
    "validate",
    "visible_names",
]

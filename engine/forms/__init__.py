"""Forms: a JSON Schema with a `ui` part, read once; submissions become variables or errors for people. Pure.

docs/reference/forms.md describes the file format, the rules of validation and the coercion of typed text.
"""

from __future__ import annotations

from engine.forms.coercion import coerce, field_to_html, from_html, input_text, is_empty, titles_read, to_html
from engine.forms.conditions import required_children, required_names, visible_names
from engine.forms.definition import Field, Form, Option, Section
from engine.forms.field_rights import ALL_EDIT, Right, Rights
from engine.forms.fixed_rows import stand as standing_rows
from engine.forms.formats import is_file, is_file_name
from engine.forms.influences import Influences
from engine.forms.influences import of as influences
from engine.forms.messages import size
from engine.forms.money import capitals
from engine.forms.presentation import describe, initial, standing, text
from engine.forms.privacy import MASK, concealed, declared, masked, private, redacted
from engine.forms.reading import parse
from engine.forms.validation import draft, validate
from engine.forms.value_checks import References

__all__ = [
    "ALL_EDIT",
    "MASK",
    "Field",
    "Form",
    "Influences",
    "Option",
    "References",
    "Right",
    "Rights",
    "Section",
    "capitals",
    "coerce",
    "concealed",
    "declared",
    "describe",
    "draft",
    "field_to_html",
    "from_html",
    "influences",
    "initial",
    "input_text",
    "is_empty",
    "is_file",
    "is_file_name",
    "masked",
    "parse",
    "private",
    "redacted",
    "required_children",
    "required_names",
    "size",
    "standing",
    "standing_rows",
    "text",
    "titles_read",
    "to_html",
    "validate",
    "visible_names",
]

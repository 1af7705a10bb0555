"""Form pages without a server: rendered as the templates do, read and posted as a browser does."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from typing import Any

import lxml.html

from engine import forms
from engine.web import access, pages
from engine.web import forms as web_forms

TODAY = datetime.date(2026, 11, 20)
_SHEET = """
{% from "forms/form.html" import form, reading with context %}
<html><body><main><h1>表单</h1>
{% if view.editable %}{% call form(view) %}<button type="submit" name="_action" value="submit">提交</button>{% endcall %}
{% else %}{{ reading(view) }}{% endif %}
</main></body></html>
"""
_ENVIRONMENT = pages.environment()


def parse(schema: dict[str, Any], **ui: Any) -> forms.Form:
    """Return a form of these fields."""
    root = {"type": "object", **schema}
    return forms.parse(
        json.dumps({"id": "pack/form", "title": "表单", "schema": root, "ui": ui}).encode(), "pack/form.json"
    )


def sheet(form: forms.Form, **given: Any) -> web_forms.Sheet:
    """Return a form on a desk."""
    return web_forms.Sheet(form, **{"action": "/tasks/1", "today": TODAY, **given})


def html(view: web_forms.FormView, language: str = "zh") -> str:
    """Return a page with a form as text."""
    template = _ENVIRONMENT.from_string(_SHEET)
    return template.render(view=view, visitor=access.Visitor(csrf="token"), language=language)


def page(view: web_forms.FormView, language: str = "zh") -> Any:
    """Return a page with a form, parsed."""
    return lxml.html.document_fromstring(html(view, language))


def field(root: Any, name: str) -> Any:
    """Return the control with a posted name."""
    (found,) = [each for each in root.iter("input", "select", "textarea") if each.get("name") == name]
    return found


def by_id(root: Any, element_id: str) -> Any:
    """Return the element with an id."""
    (found,) = [each for each in root.iter() if isinstance(each.tag, str) and each.get("id") == element_id]
    return found


def posted(root: Any) -> list[tuple[str, str]]:
    """Return what a browser posts for the form as it stands (the HTML standard: constructing the entry list)."""
    (form,) = root.iter("form")
    return [pair for control in form.iter("input", "select", "textarea") for pair in _entries(control)]


def _entries(control: Any) -> Iterator[tuple[str, str]]:
    name = control.get("name")
    if not name or control.get("disabled") is not None:
        return
    if control.tag == "select":
        options = list(control.iter("option"))
        chosen = [option for option in options if option.get("selected") is not None]
        if control.get("multiple") is None:
            chosen = chosen[-1:] or options[:1]
        for option in chosen:
            yield name, option.get("value", option.text or "")
    elif control.tag == "textarea":
        # The parser of a browser drops one line end at the beginning, and posts line ends as CR LF.
        yield name, (control.text or "").removeprefix("\n").replace("\r\n", "\n").replace("\n", "\r\n")
    elif control.get("type") in ("checkbox", "radio"):
        if control.get("checked") is not None:
            yield name, control.get("value", "on")
    elif control.get("type") not in ("file", "submit", "button", "image"):
        yield name, _sanitized(control.get("type"), control.get("value", ""))


def _sanitized(kind: str | None, value: str) -> str:
    """Return a value as an input of this type keeps it: those of dates forget what they cannot read."""
    if kind == "date":
        return value if _reads(datetime.date, value, 10) else ""
    if kind == "datetime-local":
        return value if _reads(datetime.datetime, value, 16) else ""
    if kind == "hidden":
        return value
    return value.replace("\r", "").replace("\n", "")


def _reads(kind: type[datetime.date], value: str, least: int) -> bool:
    try:
        kind.fromisoformat(value)
    except ValueError:
        return False
    return len(value) >= least

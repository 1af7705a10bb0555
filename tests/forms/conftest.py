"""Building small forms and submitting them."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import Any

import pytest

from engine import errors, forms
from engine.forms import problems, vocabulary

TODAY = datetime.date(2026, 11, 20)


def build(properties: dict[str, Any], ui: dict[str, Any] | None = None, **schema: Any) -> forms.Form:
    """Parse a form with these fields; a field without a title gets its name as one."""
    titled = {name: {"title": name, **field} for name, field in properties.items()}
    content = {
        "id": "pack/form",
        "title": "测试表单",
        "clause": "P000-02 §2",
        "schema": {"type": "object", "properties": titled, **schema},
        "ui": ui or {},
    }
    return forms.parse(json.dumps(content, ensure_ascii=False).encode(), "forms/pack/form.json")


def submit(
    form: forms.Form, submission: Any, current: dict[str, Any] | None = None, rights: str = "", today: Any = TODAY
) -> dict[str, Any]:
    return forms.validate(form, submission, current=current or {}, rights=forms.Rights.parse(rights), today=today)


def refuse(form: forms.Form, submission: Any, current: Any = None, rights: str = "") -> list[tuple[str, str, str]]:
    """Submit what must be refused; return field, code and message of every error."""
    with pytest.raises(errors.InvalidForm) as caught:
        submit(form, submission, current, rights)
    listed = caught.value.details["errors"]
    assert isinstance(listed, list)
    assert all(set(entry) == {"field", "label", "message", "code"} for entry in listed)
    assert {entry["code"] for entry in listed} <= problems.CODES | vocabulary.MESSAGE_KEYWORDS
    return [(entry["field"], entry["code"], entry["message"]) for entry in listed]


def findings(content: Any, filename: str = "forms/pack/form.json") -> list[tuple[str | None, str]]:
    """Parse what must be refused; return place and rule of every finding."""
    data = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
    with pytest.raises(errors.InvalidFormDefinition) as caught:
        forms.parse(data, filename)
    listed: Any = caught.value.details["findings"]
    assert all(one.file == filename and one.expected and one.found for one in listed)
    return [(one.element_id, one.rule) for one in listed]


@pytest.fixture
def make_form() -> Callable[..., forms.Form]:
    return build


@pytest.fixture
def accept() -> Callable[..., dict[str, Any]]:
    return submit


@pytest.fixture
def refused() -> Callable[..., list[tuple[str, str, str]]]:
    return refuse


@pytest.fixture
def wrong() -> Callable[..., list[tuple[str | None, str]]]:
    return findings

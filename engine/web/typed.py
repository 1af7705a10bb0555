"""Reading what people type into the small forms of administration; what is wrong is said in a sentence."""

from __future__ import annotations

import datetime
import enum
from collections.abc import Mapping
from typing import TypeVar

from starlette import datastructures

from engine import errors

_Choice = TypeVar("_Choice", bound=enum.StrEnum)


def texts(fields: datastructures.FormData, *, strip: bool = True) -> dict[str, str]:
    """Return the texts of a form by name, of several with the same name the last; files are left out."""
    found = {name: value for name, value in fields.multi_items() if isinstance(value, str)}
    return {name: value.strip() for name, value in found.items()} if strip else found


def date(given: Mapping[str, str], name: str, label: str) -> datetime.date:
    """Return a date.

    Raises:
        errors.InvalidInput: It is missing or none.
    """
    found = optional_date(given, name, label)
    if found is None:
        raise errors.InvalidInput(f"请填写{label}。")
    return found


def optional_date(given: Mapping[str, str], name: str, label: str) -> datetime.date | None:
    """Return a date, None where nothing was typed; raises as `date` does."""
    text = given.get(name, "")
    if not text:
        return None
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise errors.InvalidInput(f"{label}应为 2026-01-01 形式的日期，现为“{text[:20]}”。") from None


def choice(kind: type[_Choice], given: Mapping[str, str], name: str, label: str) -> _Choice:
    """Return one of the values of an enumeration.

    Raises:
        errors.InvalidInput: It is none of them.
    """
    try:
        return kind(given.get(name, ""))
    except ValueError:
        raise errors.InvalidInput(f"请选择{label}。") from None


def optional_number(given: Mapping[str, str], name: str, label: str) -> int | None:
    """Return a whole number, None where nothing was typed.

    Raises:
        errors.InvalidInput: It is no number.
    """
    text = given.get(name, "")
    if not text:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise errors.InvalidInput(f"{label}应为数字，现为“{text[:20]}”。")
    return int(text)

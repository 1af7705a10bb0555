"""What pages with lists share: where a page of a list begins, and the address of the list under other filters."""

from __future__ import annotations

import datetime
import urllib.parse
from collections.abc import Iterable, Mapping
from typing import TypedDict

#: Days outside are typing errors.
_FIRST, _LAST = datetime.date(1900, 1, 1), datetime.date(2999, 12, 31)


class Place(TypedDict, total=False):
    """Where a page of a list begins, as the read actions take it."""

    after: str | None
    before: str | None


def place(query: Mapping[str, str]) -> Place:
    """Return the place that the parameters of an address name: after or before a row, or the beginning."""
    if query.get("before"):
        return {"before": query["before"]}
    return {"after": query.get("after") or None}


def day(text: str | None) -> datetime.date | None:
    """Return the day that a parameter of an address names; None for none, and for what is no day of our time."""
    try:
        found = datetime.date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if _FIRST <= found <= _LAST else None


def options(values: Iterable[str], asked: str | None) -> list[tuple[str, str]]:
    """Return values as what is chosen from, each its own name; what is asked for is among them."""
    found = list(values)
    return [(each, each) for each in ([asked] if asked and asked not in found else []) + found]


def filled(parameters: Mapping[str, object]) -> dict[str, str]:
    """Return the parameters of an address that say something."""
    texts = {name: "" if value is None else str(value) for name, value in parameters.items()}
    return {name: text for name, text in texts.items() if text}


def address(path: str, query: Mapping[str, str]) -> str:
    """Return the address of a list under filters."""
    return f"{path}?{urllib.parse.urlencode(query)}" if query else path


def without_origin(url: str) -> str:
    """Return the path and the query of an address."""
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit(("", "", parts.path, parts.query, ""))

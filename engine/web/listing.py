"""What pages with lists share: where a page of a list begins, and the address of the list under other filters."""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping
from typing import TypedDict


class Place(TypedDict, total=False):
    """Where a page of a list begins, as the read actions take it."""

    after: str | None
    before: str | None


def place(query: Mapping[str, str]) -> Place:
    """Return the place that the parameters of an address name: after or before a row, or the beginning."""
    if query.get("before"):
        return {"before": query["before"]}
    return {"after": query.get("after") or None}


def address(path: str, query: Mapping[str, str]) -> str:
    """Return the address of a list under filters."""
    return f"{path}?{urllib.parse.urlencode(query)}" if query else path


def without_origin(url: str) -> str:
    """Return the path and the query of an address."""
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit(("", "", parts.path, parts.query, ""))

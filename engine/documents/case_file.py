"""The file of a finished case as one page: what an archive shows to people, without the platform and without a network.

Pure: what it says is given to it, and the same gives the same bytes.
"""

from __future__ import annotations

import datetime
import pathlib
import re
import urllib.parse
from collections.abc import Mapping
from typing import Any

import jinja2
import markupsafe

from engine.documents import language

_HERE = pathlib.Path(__file__).parent
#: The script that proves a package, and needs nothing but Python: it goes into every one.
VERIFIER = _HERE / "verify_package.py"
#: How a picture shows the way that a case has taken.
PICTURE_STYLES = """
.is-done > :is(rect, circle, polygon, path):first-of-type { fill: #e8eff6; stroke: #1f4b73; stroke-width: 2px; }
.bpmn-sequenceFlow.is-done > path:first-of-type { fill: none; stroke: #1f4b73; stroke-width: 3px; }
:is(.bpmn-subProcess, .bpmn-transaction, .bpmn-adHocSubProcess).is-done > rect:first-of-type { fill: #fff; }
"""
_ROOT = re.compile(r'^<svg([^>]*?) width="[^"]*" height="[^"]*"')


def render(given: Mapping[str, Any]) -> str:
    """Return the page of a case and of those that it called.

    Args:
        given: What `engine.actions.archive_page` puts together.
    """
    return _PAGES.get_template("case_file.html.j2").render(given)


def _second(value: datetime.datetime) -> str:
    """Return 2026-11-22 09:30:05 in official time."""
    return value.astimezone(language.BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def _minute(value: datetime.datetime | None) -> str:
    return "" if value is None else value.astimezone(language.BEIJING).strftime("%Y-%m-%d %H:%M")


def _size(value: int) -> str:
    """Return how large a file is: 1.5 MB."""
    for unit, size in (("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)):
        if value >= size:
            return f"{value / size:.1f} {unit}"
    return f"{value} B"


def _scaled(svg: str) -> markupsafe.Markup:
    """Return a picture that is as wide as there is room."""
    return markupsafe.Markup(_ROOT.sub(r"<svg\1", svg, count=1))  # noqa: S704  the picture is escaped where it is drawn


def _address(path: str) -> str:
    return urllib.parse.quote(path)


_PAGES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_HERE),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_PAGES.filters.update(second=_second, minute=_minute, day=language.day, size=_size, scaled=_scaled, address=_address)

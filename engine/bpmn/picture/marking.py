"""Marks on a picture: a further class on elements, so that a page can show where a case stands and has been."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

#: How `engine.bpmn.picture` opens the group of an element; attributes never come in another order.
_GROUP = re.compile(r'<g class="(bpmn-\w+)" data-element="([^"]*)"')


def marked(svg: str, classes: Mapping[str, str]) -> str:
    """Return a picture of `engine.bpmn.picture` with a further class on elements, by their ids."""

    def group(found: re.Match[str]) -> str:
        added = classes.get(html.unescape(found[2]))
        return f'<g class="{found[1]} {added}" data-element="{found[2]}"' if added else found[0]

    return _GROUP.sub(group, svg)


def styled(svg: str, css: str) -> str:
    """Return a picture that brings a style sheet of its own, to be looked at outside of a page."""
    head, sign, rest = svg.partition(">")
    return f"{head}{sign}<style>{css}</style>{rest}"

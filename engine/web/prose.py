"""What people wrote, as a page shows it: whom it names stands out, and its punctuation is Chinese."""

from __future__ import annotations

import itertools
import operator
import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import markupsafe

# Not the @ within an address.
_NAME = re.compile(r"(?<![A-Za-z0-9._%+-])@([\w.·-]{1,40})")


def mentions(text: str, names: Collection[str]) -> markupsafe.Markup:
    """Return a text, escaped, with every `@name` of somebody who works here marked.

    Args:
        text: What somebody wrote.
        names: Names and ids of people.
    """
    parts = []
    end = 0
    for found in _NAME.finditer(text):
        name = _known(found[1], names)
        if name:
            begin, stop = found.start(), found.start(1) + len(name)
            parts += [markupsafe.escape(text[end:begin]), _MENTION.format(f"@{name}")]
            end = stop
    return markupsafe.Markup("").join([*parts, markupsafe.escape(text[end:])])


def _known(written: str, names: Collection[str]) -> str:
    """Return the longest name that a word begins with: no space ends a name in Chinese."""
    return next((written[:length] for length in range(len(written), 0, -1) if written[:length] in names), "")


def joined(parts: Iterable[str], separator: str = "；") -> str:
    """Return short remarks as one text: what does not end in a punctuation mark is parted from what follows."""
    found = ""
    for part in (each.strip() for each in parts if each.strip()):
        found += ("" if not found else (" " if separator.isascii() else "") if found[-1] in _ENDS else separator) + part
    return found


def excerpt(parts: Sequence[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """Return an excerpt of the index, part by part, with Chinese marks between Chinese: the index knows ASCII alone."""
    whole = _HALF_WIDTH.sub(lambda found: _FULL_WIDTH[found[0]], "".join(text for text, _ in parts))
    found, place = [], 0
    for text, matches in parts:
        found.append((whole[place : place + len(text)], matches))
        place += len(text)
    return found


_ENDS = "。；！？…：.;!?:"
_FULL_WIDTH = {",": "，", ":": "：", ";": "；", "!": "！", "?": "？", "(": "（", ")": "）"}
_HAN = "\u3400-\u9fff，：；！？（）、。》”"
_HALF_WIDTH = re.compile(f"(?<=[{_HAN}])[,:;!?()]|[()](?=[\u3400-\u9fff])")
_MENTION = markupsafe.Markup('<span class="mention">{}</span>')


def runs(items: Iterable[Any], attribute: str) -> list[tuple[Any, list[Any]]]:
    """Return neighbours with the same value of an attribute together, in their order: (value, items of the run)."""
    return [(value, list(run)) for value, run in itertools.groupby(items, operator.attrgetter(attribute))]

"""What people wrote, as a page shows it: whom it names stands out."""

from __future__ import annotations

import re
from collections.abc import Collection

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


_MENTION = markupsafe.Markup('<span class="mention">{}</span>')

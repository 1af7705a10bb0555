"""How wide text is and where it breaks, without a font at hand.

Chinese characters are as wide as the font is high; the other widths are those of Helvetica and Arial, which bpmn-js
and the Camunda Modeler draw with.  A line never starts with a closing mark and never ends with an opening one.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

#: Font sizes of bpmn-js, in pixels: names inside shapes, and labels outside of them.
INSIDE, OUTSIDE = 12, 11
#: Height of a line, in font sizes.
LINE_HEIGHT = 1.2
#: bpmn-js wraps labels outside of shapes at this width, in pixels.
LABEL_WIDTH = 90

# Helvetica, in thousandths of the font size, from U+0020 to U+007E.
_HELVETICA = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 278"
    " 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944"
    " 667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500"
    " 278 556 500 722 500 500 500 334 260 334 584"
)
_ASCII = {chr(32 + i): int(width) / 1000 for i, width in enumerate(_HELVETICA.split())}
_CLOSING = frozenset("，。、；：？！）】》」』〉”’…％%),.;:?!]}")
_OPENING = frozenset("（【《「『〈“‘([{")


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of text and the box around them, in pixels."""

    lines: tuple[str, ...]
    width: float
    height: float


def _advance(char: str) -> float:
    known = _ASCII.get(char)
    if known is not None:
        return known
    if unicodedata.combining(char) or unicodedata.category(char) == "Cf":
        return 0.0
    return 1.0 if unicodedata.east_asian_width(char) in "WFA" else 0.6


@lru_cache(maxsize=4096)
def width(text: str, size: float) -> float:
    """Width of one line in pixels; ``size`` is the font size in pixels."""
    return sum(_advance(char) for char in text) * size


def _pieces(text: str) -> list[str]:
    """Split into what must stay on one line: words of letters and digits, and single Chinese characters with the
    marks that belong to them."""
    pieces: list[str] = []
    glue = False
    for char in text:
        wide = unicodedata.east_asian_width(char) in "WF"
        attach = bool(pieces) and (
            glue
            or (char in _CLOSING and not pieces[-1].isspace())
            or (
                not wide
                and char not in _OPENING
                and not char.isspace()
                and not pieces[-1].isspace()
                and _narrow(pieces[-1][-1])
            )
        )
        if attach:
            pieces[-1] += char
        else:
            pieces.append(char)
        glue = char in _OPENING
    return pieces


def _narrow(char: str) -> bool:
    return unicodedata.east_asian_width(char) not in "WF" and char not in _CLOSING


def _fill(paragraph: str, limit: float, size: float) -> list[str]:
    lines: list[str] = []
    line = ""
    for piece in _pieces(paragraph):
        if line and width((line + piece).rstrip(), size) > limit:
            lines.append(line.rstrip())
            line = ""
        line = (line + piece).lstrip() if not line else line + piece
        while width(line, size) > limit and len(line) > 1:
            cut = next(n for n in range(len(line), 0, -1) if n == 1 or width(line[:n], size) <= limit)
            lines.append(line[:cut])
            line = line[cut:]
    lines.append(line.rstrip())
    return lines


@lru_cache(maxsize=4096)
def wrap(text: str, limit: float, size: float) -> Block:
    """Break text into lines no wider than ``limit`` pixels; line breaks of the text itself are kept."""
    lines: list[str] = []
    for paragraph in text.strip().splitlines():
        lines += _fill(" ".join(paragraph.split()), limit, size)
    if not lines:
        return Block((), 0.0, 0.0)
    return Block(tuple(lines), max(width(line, size) for line in lines), len(lines) * size * LINE_HEIGHT)


def balanced(text: str, limit: float, size: float) -> Block:
    """Like :func:`wrap`, with lines of about the same length instead of a short last one."""
    block = wrap(text, limit, size)
    if len(block.lines) < 2:
        return block
    narrow, wide = block.width / 2, limit
    while wide - narrow > 1:
        middle = (narrow + wide) / 2
        if len(wrap(text, middle, size).lines) > len(block.lines):
            narrow = middle
        else:
            wide = middle
    return wrap(text, wide, size)


def label(text: str) -> Block:
    """The block that a label outside of its shape makes."""
    return wrap(text, LABEL_WIDTH, OUTSIDE)

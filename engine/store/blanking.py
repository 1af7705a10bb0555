"""Takes personal data out of texts and pages that stay."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

#: What stands where personal data was.
ERASED = "（个人信息已删除）"
#: Texts that are shorter stand for too much else.
_SHORTEST = 2
#: What a title that is broken into lines has within a word.
_BREAK = r"(?:<br ?/?>)?"
_TAG = re.compile(r"<[^>]*>")


def parts(texts: Iterable[str]) -> list[str]:
    """Return the lines of texts, the longest first; what is shorter than two letters stands for too much else."""
    found = {line.strip() for text in texts for line in text.splitlines()}
    return sorted((line for line in found if len(line) >= _SHORTEST), key=lambda line: (-len(line), line))


def text(given: str, texts: Iterable[str]) -> str:
    """Return a text with every one of some texts taken out of it."""
    for each in texts:
        given = given.replace(each, ERASED)
    return given


def page(given: str, texts: Iterable[str]) -> str:
    """Return HTML with every one of some texts taken out of it, however its letters are escaped or its lines broken."""
    for each in texts:
        given = _pattern(each).sub(_blanked, given)
    return given


def _pattern(wanted: str) -> re.Pattern[str]:
    return re.compile(_BREAK.join(map(_letter, wanted)))


def _letter(letter: str) -> str:
    if letter.isspace():
        return r"\s+"
    if letter not in "&<>\"'":
        return re.escape(letter)
    number = ord(letter)
    return f"(?:{html.escape(letter)}|&#0*{number};|&#[xX]0*(?i:{number:x});|{re.escape(letter)})"


def _blanked(found: re.Match[str]) -> str:
    return ERASED + "".join(_TAG.findall(found[0]))

"""Two languages: the Chinese text is the key, `translations/en/*.json` has the English.

What the domain says (names of procedures, tasks, forms) is Chinese in both; `engine.web.english` has English for its
errors, acts and notices.
"""

from __future__ import annotations

import functools
import importlib.resources
import json
from collections.abc import Mapping

import fastapi

CHINESE, ENGLISH = "zh", "en"
LANGUAGES: Mapping[str, str] = {CHINESE: "中文", ENGLISH: "English"}
#: As `lang` attributes of HTML name them.
TAGS: Mapping[str, str] = {CHINESE: "zh-CN", ENGLISH: "en"}
COOKIE = "gongkai_language"


@functools.cache
def english() -> Mapping[str, str]:
    """Return the English texts of all areas by their Chinese."""
    found: dict[str, str] = {}
    folder = importlib.resources.files("engine.web") / "translations" / "en"
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        found.update(json.loads(file.read_text(encoding="utf-8")))
    return found


def translate(language: str, text: str, /, **values: object) -> str:
    """Return a text in a language, with `{name}` replaced by the values; what has no English stays Chinese."""
    found = english().get(text, text) if language == ENGLISH else text
    return found.format(**values) if values else found


def language_of(request: fastapi.Request) -> str:
    """Return the language of whoever sends a request: of their account, of strangers that of the browser."""
    visitor = getattr(request.state, "visitor", None)
    if visitor is not None and visitor.user is not None:
        return str(visitor.user.language)
    chosen = request.cookies.get(COOKIE, CHINESE)
    return chosen if chosen in LANGUAGES else CHINESE


def text(request: fastapi.Request, source: str, /, **values: object) -> str:
    """Return a text in the language of a request."""
    return translate(language_of(request), source, **values)

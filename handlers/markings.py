"""Marks of secrecy (密级标志, 警示字样) in what is to be published (000 §36)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

#: Kinds of 000 §36: (一) 标有密级的“三密”文件, (三) 标有警示字样的信息.
CLASSIFIED, MARKED = "classified", "marked"
_LEVEL = "(?:绝密|机密|秘密)"
_WARNING = "(?:内部(?:文件|资料)|注意(?:保密|保管|保存))"
# A level is a mark with its star, behind the word 密级, or alone on a line; “保守国家秘密” in a sentence is none.
_CLASSIFIED = (
    re.compile(rf"{_LEVEL}\s*[★☆]\s*(?:\d+\s*[年月]|长期)?"),
    re.compile(rf"密级\s*[:：]?\s*{_LEVEL}"),
    re.compile(rf"^[^\w\n]*{_LEVEL}[^\w\n]*$", re.MULTILINE),
)
# A warning stands in brackets or alone on a line; “请注意保管好个人物品” is none.
_MARKED = (
    re.compile(rf"[【〔\[（(《]\s*(?:{_WARNING}[\s、，,]*)+[】〕\]）)》]"),
    re.compile(rf"^[^\w\n]*(?:{_WARNING}[^\w\n]*)+$", re.MULTILINE),
)


def find(item: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the marks that stand in an item, each once: `kind` (classified or marked) and `text`.

    Looked at are its texts and the names of its files. What stands inside of files a person has to see.

    Args:
        item: `title`, `summary`, `content`, `basis` and `attachments`, as far as they are there.
    """
    found: dict[tuple[str, str], None] = {}
    for text in _texts(item):
        for kind, patterns in ((CLASSIFIED, _CLASSIFIED), (MARKED, _MARKED)):
            for pattern in patterns:
                for match in pattern.finditer(text):
                    found.setdefault((kind, f"“{match.group().strip()}”"))
    return [{"kind": kind, "text": text} for kind, text in found]


def kinds(marks: list[dict[str, str]]) -> list[str]:
    """Return which kinds of 000 §36 the marks belong to, each once."""
    return list(dict.fromkeys(mark["kind"] for mark in marks))


def _texts(item: Mapping[str, Any]) -> Iterator[str]:
    for name in ("title", "summary", "content", "basis"):
        if isinstance(item.get(name), str):
            yield item[name]
    for each in item.get("attachments") or ():
        yield str(each.get("name", ""))

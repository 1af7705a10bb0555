"""The first look at a submission, before anything walks through it: plain JSON, of bounded size, of printable text."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from engine.forms import definition, problems, vocabulary

# Neither XML documents nor PostgreSQL can hold these; halves of surrogate pairs cannot even be stored as UTF-8.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def check(form: definition.Form, submission: object) -> None:
    """Raise errors.InvalidForm for a submission that is no JSON object or exceeds the limits of `vocabulary`."""
    found = problems.Problems(form)
    if not isinstance(submission, Mapping):
        found.add((), "type", "提交的内容应为一个 JSON 对象")
        found.raise_if_any()
    level: list[tuple[tuple[str | int, ...], object]] = [((), submission)]
    values = characters = depth = 0
    while level and not found:
        depth += 1
        following: list[tuple[tuple[str | int, ...], object]] = []
        for path, value in level:
            characters += _check_value(found, path, value)
            following.extend(_children(found, path, value))
            values += 1
            if characters > vocabulary.MAX_CHARACTERS or values + len(following) > vocabulary.MAX_VALUES:
                found.add(path[:1], "too-large", _limits())
                break
        level = following
        if level and depth >= vocabulary.MAX_DEPTH:
            found.add(level[0][0][:1], "too-deep", f"嵌套应不超过 {vocabulary.MAX_DEPTH} 层")
    found.raise_if_any()


def _limits() -> str:
    return f"提交的内容过多：应不超过 {vocabulary.MAX_VALUES} 个值、{vocabulary.MAX_CHARACTERS} 个字"


def _children(
    found: problems.Problems, path: tuple[str | int, ...], value: object
) -> list[tuple[tuple[str | int, ...], object]]:
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                found.add(path, "type", "字段名应为文本")
            elif _UNPRINTABLE.search(key):
                found.add(path, "unprintable", "字段名含有控制字符")
        return [((*path, str(key)), child) for key, child in value.items()]
    if isinstance(value, list | tuple):
        return [((*path, index), child) for index, child in enumerate(value)]
    return []


def _check_value(found: problems.Problems, path: tuple[str | int, ...], value: object) -> int:
    """Check one value without its children; return the characters that it and its keys hold."""
    if isinstance(value, str):
        if _UNPRINTABLE.search(value):
            found.add(path, "unprintable", "含有不能显示的控制字符，请删除后重新填写")
        return len(value)
    if isinstance(value, Mapping):
        return sum(len(str(key)) for key in value)
    if isinstance(value, float) and not math.isfinite(value):
        found.add(path, "type", "应为有限的数")
    elif isinstance(value, int | float) and abs(value) > vocabulary.MAX_NUMBER:
        found.add(path, "too-large", f"数值应在 ±{vocabulary.MAX_NUMBER} 之间")
    elif value is not None and not isinstance(value, bool | int | float | list | tuple):
        found.add(path, "type", "应为 JSON 值（文本、数字、是否、列表或一组字段）")
    return 0

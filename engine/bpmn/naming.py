"""What cases are called: the title and the business key that a process says of its cases.

`caseTitle` is a template of process variables (`${title}`), evaluated whenever they change.  `businessKey` is a pattern
(`预审〔{year}〕{n}号`) for cases that are started without a key: `{n}` counts them, per process and, where the pattern
names the year, from one again each year.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from engine import errors
from engine.bpmn.process import Process

#: Longer titles are cut: lists show one line.
TITLE_LENGTH = 200
#: Longest pattern of business keys.
PATTERN_LENGTH = 60

_FIELD = re.compile(r"\{([^{}]*)\}")


def title(
    process: Process,
    variables: Mapping[str, Any],
    functions: Mapping[str, Callable[..., Any]],
    business_key: str | None,
) -> str | None:
    """Return what a case is about, as one line; None while its process does not say, or cannot yet.

    Args:
        process: What the case runs on.
        variables: Its process variables.
        functions: What expressions may call.
        business_key: Its business key.
    """
    if process.case_title is None:
        return None
    try:
        found = process.case_title.evaluate({"businessKey": business_key, **variables}, functions)
    except errors.EvaluationFailed:  # a variable is not there yet
        return None
    text = " ".join(str(found).split()) if found is not None else ""
    return text if len(text) <= TITLE_LENGTH else text[: TITLE_LENGTH - 1] + "…"


def wrong_with(pattern: str) -> str | None:
    """Return what is wrong with a pattern of business keys; None if nothing is."""
    fields = _FIELD.findall(pattern)
    unknown = [field for field in fields if field not in ("year", "n")]
    if unknown:
        return f"含有 {{{unknown[0]}}}"
    if fields.count("n") != 1:
        return f"{{n}} 出现 {fields.count('n')} 次"
    if any(brace in _FIELD.sub("", pattern) for brace in "{}"):
        return "花括号不成对"
    return f"长 {len(pattern)} 字" if len(pattern) > PATTERN_LENGTH else None


def series(process: Process, year: int) -> str:
    """Return the name of the series that the next number of a process belongs to."""
    return f"{process.key}/{year}" if "{year}" in (process.key_pattern or "") else process.key


def business_key(process: Process, year: int, number: int) -> str:
    """Return the business key with this number."""
    return (process.key_pattern or "{n}").replace("{year}", str(year)).replace("{n}", str(number))

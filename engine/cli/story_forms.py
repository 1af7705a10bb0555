"""What stories of packs fill into forms: days and values that only the case knows.

publish_on: "@+3d"                 # three days after the case began
planned_at: "@+9d 09:30"           # on that day, at half past nine in Beijing
assessed_year: "@year-1"           # the year before the one in which the case began
by: "@speakers.0.ticket"           # what the case knows by that name: the ticket of its first speaker
statements: {rows: [{present: true, content: …}, …]}   # each row that the form begins with, completed by one of
                                   # these; the last one serves for all rows that are left
"""

from __future__ import annotations

import datetime
import functools
import re
from collections.abc import Callable, Mapping
from typing import Any

_DAY = re.compile(r"@\+(\d{1,4})d(?: (\d\d:\d\d))?")
_YEAR = re.compile(r"@year(?:-(\d{1,2}))?")
_KNOWN = re.compile(r"@([a-z]\w*(?:\.\w+)*)")

#: Gives what the case knows, when it is asked for.
Known = Callable[[], Mapping[str, Any]]


def fill(form: Any, begin: datetime.date, known: Known) -> Any:
    """Return a form of a story as a person would have filled it in.

    Args:
        form: As the story writes it.
        begin: The day on which the case began.
        known: The variables of the case as the task sees them.

    Raises:
        KeyError, IndexError: The story names what the case does not know.
    """
    if isinstance(form, Mapping):
        return {name: _field(name, value, begin, known) for name, value in form.items()}
    if isinstance(form, list):
        return [fill(value, begin, known) for value in form]
    return _value(form, begin, known) if isinstance(form, str) else form


def _field(name: str, value: Any, begin: datetime.date, known: Known) -> Any:
    if isinstance(value, Mapping) and set(value) == {"rows"}:
        answers = [fill(answer, begin, known) for answer in value["rows"]]
        offered = known()[name]
        return [{**row, **answers[min(index, len(answers) - 1)]} for index, row in enumerate(offered)]
    return fill(value, begin, known)


def _value(text: str, begin: datetime.date, known: Known) -> Any:
    if match := _DAY.fullmatch(text):
        day = (begin + datetime.timedelta(days=int(match[1]))).isoformat()
        return f"{day}T{match[2]}:00+08:00" if match[2] else day
    if match := _YEAR.fullmatch(text):
        return begin.year - int(match[1] or 0)
    if match := _KNOWN.fullmatch(text):
        return functools.reduce(_part, match[1].split("."), known())
    return text


def _part(value: Any, name: str) -> Any:
    return value[int(name)] if isinstance(value, list) else value[name]

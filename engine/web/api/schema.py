"""What requests and answers are made of: strict, described, with examples."""

from __future__ import annotations

import datetime
import json
import re
from typing import Annotated, Any, TypeVar

import fastapi
import pydantic

from engine.web import seen

_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)",
    re.ASCII,
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
#: No control characters; tabs and line breaks may be in texts, not in names. Something to be seen must be in both.
_PLAIN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$"
_SAID = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*[^\x00-\x20\s][^\x00-\x08\x0b\x0c\x0e-\x1f]*$"
_NAME = r"^[^\x00-\x1f]*[^\x00-\x20\s][^\x00-\x1f]*$"
#: Nothing that people fill in is nested deeper.
_DEEPEST = 64


M = TypeVar("M", bound=pydantic.BaseModel)


class Model(pydantic.BaseModel):
    """A request or an answer: nothing undeclared goes in or comes out."""

    model_config = pydantic.ConfigDict(extra="forbid", from_attributes=True, frozen=True)


def of(kind: type[M], found: Any, **changes: Any) -> M:
    """Return an answer made of the attributes of an object that has more of them; `changes` replaces some."""
    known = {name: getattr(found, name) for name in kind.model_fields if name not in changes}
    return kind.model_validate({**known, **changes})


def about(text: str, example: Any, **limits: Any) -> Any:
    """Return a field with its description and an example; `limits` as `pydantic.Field` takes them."""
    return pydantic.Field(description=text, examples=[example], **limits)


def _rfc3339(value: Any) -> Any:
    if isinstance(value, datetime.datetime) or (isinstance(value, str) and _RFC3339.fullmatch(value)):
        return value
    raise ValueError("应为带时区的时间（RFC 3339），如 2026-03-09T09:00:00+08:00")


def _in_utc(value: datetime.datetime) -> datetime.datetime:
    """Write one moment in one way only, whatever zone it came in."""
    try:
        return value.astimezone(datetime.UTC)
    except OverflowError:
        raise ValueError("时间超出可以表示的范围") from None


def _date(value: Any) -> Any:
    if isinstance(value, datetime.date) or (isinstance(value, str) and _DATE.fullmatch(value)):
        return value
    raise ValueError("应为日期，如 2026-03-09")


def _boolean(value: Any) -> Any:
    if isinstance(value, str):
        if value not in ("true", "false"):
            raise ValueError("应为 true 或 false")
        return value == "true"
    return value


def _is_json(value: dict[str, Any]) -> dict[str, Any]:
    """Refuse what is no JSON although Python reads it so: NaN, Infinity, halves of characters; and bottomless pits."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise ValueError("应为 JSON 对象，不含 NaN、Infinity 和不能显示的字符") from None
    if _depth(value) > _DEEPEST:
        raise ValueError(f"嵌套应不超过 {_DEEPEST} 层")
    return value


def _depth(value: Any) -> int:
    deepest, pending = 0, [(value, 1)]
    while pending:
        each, depth = pending.pop()
        deepest = max(deepest, depth)
        if isinstance(each, (dict, list)):
            pending += [(inner, depth + 1) for inner in (each.values() if isinstance(each, dict) else each)]
    return deepest


Moment = Annotated[pydantic.AwareDatetime, pydantic.AfterValidator(_in_utc), pydantic.BeforeValidator(_rfc3339)]
"""A time with its zone; answers have it in UTC."""
Day = Annotated[datetime.date, pydantic.BeforeValidator(_date)]
"""A day of the calendar."""
Whole = Annotated[int, pydantic.Strict()]
"""A whole number in a body: `"3"` is none."""
Id = Annotated[Whole, pydantic.Field(ge=1, le=seen.MAX)]
"""A number of the platform in a body or an answer."""
Flag = Annotated[bool, pydantic.Strict()]
"""True or false in a body."""
Text = Annotated[str, pydantic.StringConstraints(max_length=10_000, pattern=_PLAIN)]
"""Text without control characters."""
Said = Annotated[str, pydantic.StringConstraints(min_length=1, max_length=4000, pattern=_SAID)]
"""Text that says something."""
Name = Annotated[str, pydantic.StringConstraints(min_length=1, max_length=255, pattern=_NAME)]
"""An id, a key or a name: on one line, not blank."""
Values = Annotated[dict[str, Any], pydantic.AfterValidator(_is_json)]
"""A JSON object: variables, or a filled-in form by field name."""

PathId = seen.Number
"""A number of the platform in a path; one that cannot be is not found."""
Chain = Annotated[int, pydantic.Field(ge=0, le=seen.MAX), pydantic.BeforeValidator(seen.decimal)]
"""A number of the platform, or 0, in an address."""
Limit = Annotated[int, pydantic.Field(ge=1, le=100), pydantic.BeforeValidator(seen.decimal)]
"""How many items of a list."""
Positive = seen.Positive
"""A number of the platform as a filter."""
QueryFlag = Annotated[bool, pydantic.BeforeValidator(_boolean)]
"""true or false in an address."""
Words = Annotated[str, pydantic.StringConstraints(min_length=1, max_length=100, pattern=_NAME)]
"""Words to look for."""
IdempotencyKey = Annotated[
    str | None,
    fastapi.Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="Chosen by the caller. A repetition with the same key gets the first answer and does nothing else. "
        "Keys of different callers never meet; they are kept for 30 days.",
        examples=["b1f2c9e0-5a4f-4b7c-9d2f-0a4f0a1f6c11"],
    ),
]

"""The formats that a field may have, each with its check, its name and an example for people."""

from __future__ import annotations

import dataclasses
import datetime
import re
import urllib.parse
from collections.abc import Callable, Mapping

#: Chinese public bodies keep one time; a date-time typed without an offset is Beijing time (北京时间).
BEIJING = datetime.timezone(datetime.timedelta(hours=8))

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_EMAIL_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
# Mobile, land line with or without area code and extension, 400/800 numbers, hotlines (12345), other countries.
_PHONE = re.compile(
    r"(\+?86[- ]?)?(1[3-9][0-9]{9}|(0[1-9][0-9]{1,2}-?)?[2-9][0-9]{6,7}(-[0-9]{1,6})?|[48]00-?[0-9]{3}-?[0-9]{4})"
    r"|1[0-9]{2,4}|9[56][0-9]{3,4}|\+[1-9][0-9]{6,14}"
)
# Years outside are typing mistakes of date inputs (0202, 20261), and would make arithmetic overflow.
_YEARS = range(1000, 3000)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,200}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
FILE_KEYS = ("token", "name", "size", "sha256")


def parse_date(text: object) -> datetime.date | None:
    """Return the date written `YYYY-MM-DD`, or None for anything else."""
    if not isinstance(text, str) or not _DATE.fullmatch(text):
        return None
    try:
        date = datetime.date.fromisoformat(text)
    except ValueError:
        return None
    return date if date.year in _YEARS else None


def parse_date_time(text: object) -> datetime.datetime | None:
    """Return the aware instant written as RFC 3339, or None for anything else."""
    if not isinstance(text, str) or not _DATE_TIME.fullmatch(text):
        return None
    try:
        instant = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.year in _YEARS else None


def is_email(text: object) -> bool:
    """Tell whether `text` is an e-mail address that mail systems accept."""
    if not isinstance(text, str) or len(text) > 254:
        return False
    local, at, domain = text.rpartition("@")
    labels = domain.split(".")
    return bool(
        at
        and len(local) <= 64
        and _EMAIL_LOCAL.fullmatch(local)
        and len(labels) >= 2
        and all(_DOMAIN_LABEL.fullmatch(label) for label in labels)
    )


def is_web_address(text: object) -> bool:
    """Tell whether `text` is an absolute http or https address; `javascript:` links would be dangerous."""
    if not isinstance(text, str) or len(text) > 2000 or any(char.isspace() or char in '"<>\\^`{|}' for char in text):
        return False
    try:
        parts = urllib.parse.urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def is_phone(text: object) -> bool:
    """Tell whether `text` is a telephone number as written in China."""
    return isinstance(text, str) and _PHONE.fullmatch(text) is not None


def is_file(value: object) -> bool:
    """Tell whether `value` has the form of a stored file: `{"token", "name", "size" in bytes, "sha256"}`."""
    if not isinstance(value, Mapping) or set(value) != set(FILE_KEYS):
        return False
    token, name, size, sha256 = (value[key] for key in FILE_KEYS)
    return (
        isinstance(token, str)
        and _TOKEN.fullmatch(token) is not None
        and isinstance(name, str)
        and is_file_name(name)
        and isinstance(size, int)
        and not isinstance(size, bool)
        and size >= 0
        and isinstance(sha256, str)
        and _SHA256.fullmatch(sha256) is not None
    )


def is_file_name(name: str) -> bool:
    """Tell whether `name` is a plain file name: no path, no control character, no more than 255 bytes."""
    return (
        name.strip(". ") != ""
        and name == name.strip()
        and not any(char in '/\\:*?"<>|' or not char.isprintable() for char in name)
        and len(name.encode("utf-8", "replace")) <= 255
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Format:
    """A format: what it is called, how it is written, the JSON type it belongs to, and its check."""

    name: str
    example: str
    type: str
    check: Callable[[object], bool]


FORMATS: Mapping[str, Format] = {
    "date": Format("日期", "2026-11-21", "string", lambda value: parse_date(value) is not None),
    "date-time": Format("日期和时间", "2026-11-21 09:30", "string", lambda value: parse_date_time(value) is not None),
    "email": Format("电子邮箱", "zhangsan@example.gov.cn", "string", is_email),
    "phone": Format("电话号码", "13800138000 或 010-65432100", "string", is_phone),
    "uri": Format("网址", "https://www.example.gov.cn/", "string", is_web_address),
    "file": Format("已上传的文件", "", "object", is_file),
}

"""Versions of what people and programs write over: who writes may say what they have seen, so that nothing is lost."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any

from engine import errors


def of(values: Mapping[str, Any] | None) -> str:
    """Return the version of some values: another one as soon as anything in them is."""
    text = json.dumps(values, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def check(values: Mapping[str, Any] | None, expected: Collection[str] | None) -> None:
    """Raise errors.Outdated when values are of none of the expected versions; None expects nothing."""
    if expected is not None and of(values) not in expected:
        raise errors.Outdated

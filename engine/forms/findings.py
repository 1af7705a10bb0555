"""Collecting everything that is wrong with a form file, so that a designer mends it in one go."""

from __future__ import annotations

import json
from collections.abc import Iterable

from engine import errors
from engine.model import definitions


def shown(value: object, limit: int = 60) -> str:
    """Return `value` as short JSON text."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= limit else text[: limit - 1] + "…"


class Report:
    """The findings of one file; `at` is the place inside the file (`schema/properties/title/maxLength`)."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[definitions.Finding] = []

    def add(self, at: str, rule: str, expected: str, found: str, line: int | None = None) -> None:
        """Note one finding."""
        self.findings.append(
            definitions.Finding(self.file, rule, expected, found, element_id=at or None, line=line),
        )

    def unexpected(self, at: str, rule: str, keys: Iterable[str], allowed: Iterable[str]) -> None:
        """Note the keys that have no place at `at`, one finding each."""
        choice = "、".join(sorted(allowed)) or "无"
        for key in sorted(keys):
            self.add(f"{at}/{key}" if at else key, rule, f"下列之一：{choice}", shown(key))

    def raise_if_any(self) -> None:
        """Raise errors.InvalidFormDefinition with all findings, unless there are none."""
        if not self.findings:
            return
        first = self.findings[0].sentence()
        count = len(self.findings)
        more = f"（共 {count} 处问题）" if count > 1 else ""
        raise errors.InvalidFormDefinition(f"表单定义不能部署：{first}{more}", findings=tuple(self.findings))

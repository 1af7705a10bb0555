"""Collects everything that is wrong with a file, so that a designer mends it in one go."""

from __future__ import annotations

import collections
import dataclasses
from typing import Protocol

from engine import errors
from engine.model.definitions import Finding

#: Most findings of one severity that are kept of a file; more help nobody.
MAX_FINDINGS = 500


class Spot(Protocol):
    """Something of the file that a finding can point at."""

    @property
    def id(self) -> str:
        """The id of the element."""

    @property
    def line(self) -> int:
        """The line of the element, from 1."""


class Report:
    """The findings about one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []
        self._counts: collections.Counter[str] = collections.Counter()

    def error(self, spot: Spot, place: str, rule: str, expected: str, found: str) -> None:
        """Record what prevents deployment; `place` tells in words where the spot is."""
        self._add(spot, place, rule, expected, found, "error")

    def warning(self, spot: Spot, place: str, rule: str, expected: str, found: str) -> None:
        """Record what a designer should look at."""
        self._add(spot, place, rule, expected, found, "warning")

    def _add(self, spot: Spot, place: str, rule: str, expected: str, found: str, severity: str) -> None:
        self._counts[severity] += 1
        if self._counts[severity] > MAX_FINDINGS:
            return
        finding = Finding(
            self.file,
            rule,
            expected,
            found,
            element_id=spot.id or None,
            element_name=place or None,
            line=spot.line,
            severity=severity,
        )
        self.findings.append(finding)

    @property
    def errors(self) -> list[Finding]:
        """The findings that prevent deployment."""
        return [finding for finding in self.findings if finding.severity == "error"]

    def refuse(self) -> None:
        """Raise what has been found, if any of it prevents deployment.

        Raises:
            errors.InvalidDecision: With the first finding in words and all of them in ``details["findings"]``.
        """
        if not self.errors:
            return
        self.findings.sort(key=lambda finding: finding.line or 0)
        first, count = self.errors[0].sentence(), len(self.errors)
        more = f"（另有 {count - 1} 处错误）" if count > 1 else ""
        findings = [dataclasses.asdict(finding) for finding in self.findings]
        raise errors.InvalidDecision(f"决策表不能部署：{first}{more}。", file=self.file, findings=findings)

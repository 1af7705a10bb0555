"""Findings for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence

from engine.bpmn.lint import rules
from engine.model import definitions


def in_order(findings: Sequence[definitions.Finding]) -> list[definitions.Finding]:
    """Return the findings by file and line, each said once."""
    once = dict.fromkeys(findings)
    return sorted(once, key=lambda each: (each.file, each.line or 0, each.rule, each.element_id or "", each.found))


def report_text(findings: Sequence[definitions.Finding]) -> str:
    """Return the findings as text for a terminal, one a line, with a sum at the end."""
    lines = [f"{rules.SEVERITIES[each.severity]} {each.sentence()}" for each in findings]
    return "\n".join([*lines, _sum(findings)]) + "\n"


def report_json(findings: Sequence[definitions.Finding]) -> str:
    """Return the findings as one JSON object: counts of errors and warnings, and a list with all fields of each."""
    content = {
        "errors": _count(findings, rules.ERROR),
        "warnings": _count(findings, rules.WARNING),
        "findings": [
            {
                "file": each.file,
                "line": each.line,
                "element_id": each.element_id,
                "element_name": each.element_name,
                "rule": each.rule,
                "severity": each.severity,
                "expected": each.expected,
                "found": each.found,
            }
            for each in findings
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _count(findings: Sequence[definitions.Finding], severity: str) -> int:
    return sum(1 for each in findings if each.severity == severity)


def _sum(findings: Sequence[definitions.Finding]) -> str:
    if not findings:
        return "检查通过，没有发现问题。"
    errors, warnings = _count(findings, rules.ERROR), _count(findings, rules.WARNING)
    if not errors:
        return f"检查通过，有 {warnings} 处提醒。"
    return f"共 {errors} 处错误、{warnings} 处提醒；有错误的流程图不能部署。"

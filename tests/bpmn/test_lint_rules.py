"""Every rule finds what it is for, at the right place and nothing else, and is silent about the mended diagram."""

from __future__ import annotations

import re

import pytest
from lint_cases import activities, events, files, gateways, people, structure, supported
from lint_cases.case import AROUND, Case

from engine.bpmn import lint
from engine.bpmn.lint import rules

MODULES = (files, supported, structure, gateways, events, activities, people)
CASES = [case for module in MODULES for case in module.CASES]


def line_of(case: Case) -> int:
    wanted = re.escape(case.at) if case.at is not None else rf'\bid="{re.escape(case.element or "")}"'
    lines = case.broken.decode().splitlines()
    return next(number for number, line in enumerate(lines, 1) if re.search(wanted, line))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule} {case.title}")
def test_a_broken_diagram_has_exactly_this_finding(case: Case) -> None:
    findings = lint.check(case.broken, "图.bpmn", AROUND)
    assert [finding.rule for finding in findings] == [case.rule], lint.report_text(findings)
    finding = findings[0]
    assert finding.file == "图.bpmn"
    assert finding.severity == case.severity
    assert finding.element_id == case.element
    assert case.found in finding.found
    if case.element is not None:
        assert finding.line == line_of(case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule} {case.title}")
def test_the_mended_diagram_has_no_finding(case: Case) -> None:
    assert lint.check(case.mended, "图.bpmn", AROUND) == []


def test_every_rule_has_a_case() -> None:
    assert {case.rule for case in CASES} == {rule.id for rule in rules.RULES}


def test_rule_ids_are_unique() -> None:
    assert len(rules.BY_ID) == len(rules.RULES)

"""Whatever is put before it, the check answers; and what it lets through can be read."""

from __future__ import annotations

import copy
import pathlib
import random

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lint_cases.case import AROUND
from lxml import etree

from engine.bpmn import lint, reader
from engine.bpmn.lint import rules

CLEAN = (pathlib.Path(__file__).parent / "lint_fixtures" / "clean.bpmn").read_bytes()
ROOT = etree.fromstring(CLEAN)
TAGS = sorted({element.tag for element in ROOT.iter(etree.Element)} | {f"{{{ROOT.nsmap['bpmn']}}}complexGateway"})
VALUES = [
    "",
    " ",
    "true",
    "false",
    "1",
    "Task_draft",
    "Gateway_wait",
    "Sub_sign",
    "Start_request",
    "public_notice",
    "x:y",
    "${",
    "${a}",
    "R3/PT1H",
    "P5D",
    "意见",
    "End",
    "-1",
    "all",
]

quick = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def checked(data: bytes) -> list[str]:
    """Check, and return the rules of the errors."""
    findings = lint.check(data, "任意.bpmn", AROUND)
    for finding in findings:
        assert finding.rule in rules.BY_ID
        assert finding.expected
        assert finding.found
        assert finding.line is None or finding.line >= 1
    assert lint.check(data, "任意.bpmn", AROUND) == findings
    assert lint.report_text(findings)
    assert lint.report_json(findings)
    return [finding.rule for finding in findings if finding.severity == rules.ERROR]


@quick
@given(st.binary(max_size=400))
@example(b"<a/>")
@example(b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>')
def test_any_bytes_are_answered(data: bytes) -> None:
    assert checked(data)


@quick
@given(st.integers(0, len(CLEAN)), st.integers(0, 60), st.binary(max_size=12))
def test_a_damaged_file_is_answered(at: int, cut: int, instead: bytes) -> None:
    checked(CLEAN[:at] + instead + CLEAN[at + cut :])


def mutate(root: etree._Element, chance: random.Random) -> None:
    """Change the tree somewhere: an attribute, a text, a tag, a place, or a whole part."""
    every = list(root.iter(etree.Element))
    element = chance.choice(every[1:])
    parent = element.getparent()
    assert parent is not None
    act = chance.randrange(7)
    if act == 0 and element.attrib:
        del element.attrib[chance.choice(list(element.attrib))]
    elif act == 1 and element.attrib:
        element.set(chance.choice(list(element.attrib)), chance.choice(VALUES))
    elif act == 2:
        element.tag = chance.choice(TAGS)
    elif act == 3:
        element.text = chance.choice(VALUES)
    elif act == 4:
        parent.remove(element)
    elif act == 5:
        parent.append(copy.deepcopy(element))
    else:
        target = chance.choice(every)
        if target is not element and element not in target.iterancestors():
            target.append(element)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32), st.integers(1, 4))
def test_what_passes_the_check_can_be_read(seed: int, changes: int) -> None:
    root = copy.deepcopy(ROOT)
    chance = random.Random(seed)
    for _ in range(changes):
        mutate(root, chance)
    data = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    if not checked(data):
        assert reader.read(data, "任意.bpmn")

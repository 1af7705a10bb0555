"""The check and the executor agree on what is executed."""

from __future__ import annotations

import pytest
from lint_cases import supported

from engine.bpmn import extensions
from engine.bpmn.elements import table
from engine.bpmn.lint import markup, vocabulary


def test_every_executed_element_is_known_and_not_refused() -> None:
    assert set(table.ELEMENTS) <= markup.FLOW_NODES
    assert not set(table.ELEMENTS) & set(vocabulary.REFUSED_ELEMENTS)
    assert not set(table.NOT_EXECUTED) & set(vocabulary.REFUSED_ELEMENTS)


def test_every_flow_node_is_either_executed_or_refused() -> None:
    assert set(table.ELEMENTS) | set(vocabulary.REFUSED_ELEMENTS) >= markup.FLOW_NODES


def test_what_the_element_table_refuses_the_check_refuses() -> None:
    assert set(table.REFUSED) <= set(vocabulary.REFUSED_ELEMENTS)


def test_attributes_are_either_read_or_refused() -> None:
    assert not set(vocabulary.ATTRIBUTES) & set(vocabulary.REFUSED_ATTRIBUTES)
    assert not set(vocabulary.ELEMENTS) & set(vocabulary.REFUSED_CAMUNDA_ELEMENTS)
    assert set(extensions.TEMPLATES) <= set(vocabulary.ATTRIBUTES)
    assert set(vocabulary.ELEMENT_ATTRIBUTES) == set(vocabulary.ELEMENTS)


@pytest.mark.parametrize("rule", ["unsupported-element", "unsupported-construct", "camunda-unsupported"])
def test_refusals_are_shown_by_cases(rule: str) -> None:
    assert sum(case.rule == rule for case in supported.CASES) >= 5

"""The reference of expressions is true: its examples give what they say, and it names everything there is."""

from __future__ import annotations

import doctest
import json
import pathlib
import re

import pytest

from engine.bpmn import expressions
from engine.bpmn.expressions import evaluation, methods

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "reference" / "expressions.md"
TEXT = PAGE.read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


VARIABLES, SAVED = (json.loads(block) for block in blocks("json"))
EXAMPLES = [re.split(r"\s+→ ", line) for block in blocks("text") for line in block.splitlines()]


@pytest.mark.parametrize(("source", "shown"), EXAMPLES)
def test_an_example_has_the_value_shown(source: str, shown: str) -> None:
    value = expressions.to_json_value(expressions.compile_expression(source).evaluate(VARIABLES))
    assert value == json.loads(shown)
    assert type(value) is type(json.loads(shown))


def test_the_script_saves_what_is_shown() -> None:
    (script,) = blocks("script")
    assert expressions.compile_script(script).run(VARIABLES) == SAVED


def test_the_session_for_programmers_goes_as_shown() -> None:
    assert doctest.testfile(str(PAGE), module_relative=False).failed == 0


def test_every_function_and_method_is_on_the_page() -> None:
    functions = re.findall(r"`(\w+)\(", TEXT)
    assert set(functions) >= expressions.DEFAULT_FUNCTIONS
    listed = set(" ".join(re.findall(r"`([a-z_ ]+)`", TEXT)).split())
    assert listed >= {*methods.METHODS, *methods.MUTATORS}


def test_the_limits_are_those_of_the_code() -> None:
    for limit in (
        evaluation.MAX_EXPRESSION_LENGTH,
        evaluation.MAX_SCRIPT_LENGTH,
        evaluation.MAX_EXPRESSION_NODES,
        evaluation.MAX_SCRIPT_NODES,
        evaluation.MAX_STEPS,
        evaluation.MAX_SIZE,
        evaluation.MAX_CHARACTERS,
    ):
        assert f"{limit:,}" in TEXT

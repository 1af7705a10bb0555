"""The reference page says what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from engine import dmn
from engine.dmn import functions, grammar, parsing, reader, syntax, tokens, values
from engine.dmn.model import Aggregation

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reference/decisions.md").read_text("utf-8")
SCOPE = syntax.Scope({"limit": 10})


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table below a heading, without its head."""
    section = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def listed(cell: str) -> list[object]:
    found = json.loads(f"[{cell}]")
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize(("cell", "yes", "no"), rows("Input cells"))
def test_input_cells_match_what_the_page_says(cell: str, yes: str, no: str) -> None:
    test = grammar.unary_tests("" if cell == "(empty)" else cell.strip("`"))

    assert [test.matches(values.from_json(value), SCOPE) is True for value in listed(yes)] == [True] * len(listed(yes))
    assert [test.matches(values.from_json(value), SCOPE) is True for value in listed(no)] == [False] * len(listed(no))


def test_every_function_type_and_hit_policy_is_on_the_page() -> None:
    named = {name for row in rows("Expressions") if row[0] == "functions" for name in re.findall(r"`([^`]+)`", row[1])}
    types = {name for row in rows("Types") for name in re.findall(r"`([A-Za-z ]+)`", row[0])}
    policies = {row[0].strip("`") for row in rows("Hit policies")}

    assert named == set(functions.FUNCTIONS)
    assert types == set(values.TYPE_REFS)
    assert policies == set(dmn.HitPolicy)
    assert all(f"`{aggregation}`" in PAGE for aggregation in Aggregation)


def test_every_finding_is_on_the_page_and_no_other() -> None:
    source = "".join(path.read_text("utf-8") for path in (ROOT / "engine/dmn").glob("*.py"))

    assert {row[0].strip("`") for row in rows('What `details["findings"]` names')} == set(
        re.findall(r'"(dmn-[a-z-]+)"', source)
    )


def test_the_bounds_are_those_of_the_page() -> None:
    for bound in (
        f"{tokens.MAX_LENGTH} characters",
        f"{grammar.MAX_OPERATORS} operators",
        f"{grammar.MAX_DEPTH} levels",
        f"{reader.MAX_RULES} rules",
        f"{reader.MAX_COLUMNS} columns",
        f"{parsing.MAX_DECISIONS} decisions",
    ):
        assert bound in PAGE

"""The page of supported elements says what the table says."""

from __future__ import annotations

import pathlib

from engine.bpmn import supported

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "reference" / "supported-elements.md"


def test_the_page_is_generated_from_the_table():
    assert PAGE.read_text(encoding="utf-8") == supported.markdown(), (
        "run: python -m engine.bpmn.supported > docs/reference/supported-elements.md"
    )

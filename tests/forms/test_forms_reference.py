"""docs/reference/forms.md says what the code does: its tables, its example, its error codes."""

from __future__ import annotations

import datetime
import pathlib
import re

import pytest

from engine import forms
from engine.forms import computing, formats, patterns, problems, vocabulary

ROOT = pathlib.Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "forms.md").read_text("utf-8")


def _table(name: str) -> list[list[str]]:
    """Return the cells of the table that follows its marker, without the head."""
    block = PAGE.split(f"<!-- table: {name} -->\n", 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()[2:]]


def _words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("fields", vocabulary.FIELD_KEYWORDS),
        ("conditions", vocabulary.CONDITION_KEYWORDS),
        ("refinements", vocabulary.REFINEMENT_KEYWORDS),
    ],
)
def test_supported_keywords_are_documented(name: str, table: dict[str, frozenset[str]]) -> None:
    assert {row[0]: set(_words(row[1])) for row in _table(name)} == table


def test_widgets_are_documented_the_usual_one_first() -> None:
    assert {row[0]: tuple(_words(row[1])) for row in _table("widgets")} == vocabulary.WIDGETS


def test_settings_are_documented() -> None:
    documented = {
        _words(row[0])[0]: (row[1].split(",")[0].split()[0], frozenset(_words(row[2]))) for row in _table("settings")
    }
    names = {int: "integer", bool: "boolean", str: "text"}
    assert documented == {name: (names[kind], widgets) for name, (kind, widgets) in vocabulary.SETTINGS.items()}


def test_every_part_of_a_file_and_of_ui_is_documented() -> None:
    for key in vocabulary.FORM_KEYS | vocabulary.UI_KEYS:
        assert f"| `{key}` |" in PAGE
    for key in vocabulary.ANNOTATIONS | vocabulary.ROOT_KEYWORDS:
        assert f"`{key}`" in PAGE or f'"{key}"' in PAGE


def test_formats_and_functions_are_documented() -> None:
    assert {_words(row[0])[0]: row[1] for row in _table("formats")} == {
        name: known.example for name, known in formats.FORMATS.items()
    }
    assert [(_words(row[0])[0], row[1]) for row in _table("functions")] == [
        (function.usage, function.meaning) for function in computing.FUNCTIONS.values()
    ]


def test_limits_are_documented() -> None:
    assert [int(row[1]) for row in _table("limits")] == [
        vocabulary.DEFAULT_MAX_LENGTH,
        patterns.MAX_TEXT,
        vocabulary.DEFAULT_MAX_ITEMS,
        vocabulary.MAX_DEPTH,
        vocabulary.MAX_VALUES,
        vocabulary.MAX_CHARACTERS,
        vocabulary.MAX_NUMBER,
        vocabulary.MAX_FIELDS,
        vocabulary.MAX_FILE_BYTES,
    ]


def test_every_error_code_is_documented() -> None:
    assert {code for row in _table("codes") for code in _words(row[0])} == problems.CODES


def test_example_of_the_page_works() -> None:
    source = PAGE.split("<!-- example: forms/demo/notice.json -->\n```json\n", 1)[1].split("\n```", 1)[0]
    form = forms.parse(source.encode(), "forms/demo/notice.json")
    submission = {
        "subject": "大厅调整窗口",
        "plan": "拟将综合窗口由八个调整为十二个，理由见附件。",
        "begin": "2026年11月23日",
        "days": "5",
        "channels": ["公开栏", "会议"],
        "secret": "否",
        "contacts": [{"name": "张三", "phone": "0746-8378000"}],
    }
    written = forms.validate(form, submission, current={}, today=datetime.date(2026, 11, 20))
    assert written == {**submission, "begin": "2026-11-23", "days": 5, "secret": False}
    assert forms.describe(form, written)[2] == ("保密审查", "可以公开")
    assert forms.required_names(form, {"channels": ["互联网"], "secret": True}) >= {"attachments", "reason"}

"""Widths and line breaks of Chinese and mixed text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bpmn.layout import text


def test_a_chinese_character_is_as_wide_as_the_font_is_high() -> None:
    assert text.width("审核公开申请", 12) == 72
    assert text.width("，", 12) == 12


def test_latin_letters_have_the_widths_of_helvetica() -> None:
    assert text.width("Wi", 10) == pytest.approx(9.44 + 2.22)


@pytest.mark.parametrize(
    ("content", "limit", "lines"),
    [
        ("审核公开申请", 72, ("审核公开申请",)),
        ("审核公开申请并登记", 72, ("审核公开申请", "并登记")),
        ("经审核，同意公开", 36, ("经审", "核，同", "意公开")),
        ("送达（第五条）", 36, ("送达", "（第五", "条）")),
        ("生成 PDF 文件", 38, ("生成", "PDF", "文件")),
        ("reply document", 60, ("reply", "document")),
        ("abcdefghij", 30, ("abcd", "efghij")),
        ("第一行\n第二行", 200, ("第一行", "第二行")),
        ("  ", 50, ()),
    ],
)
def test_lines_break_where_a_chinese_printer_would_break_them(
    content: str, limit: float, lines: tuple[str, ...]
) -> None:
    assert text.wrap(content, limit, 12).lines == lines


def test_balanced_lines_leave_no_single_character_behind() -> None:
    assert text.wrap("提出初步考核等次", 90, 12).lines == ("提出初步考核等", "次")
    assert text.balanced("提出初步考核等次", 90, 12).lines == ("提出初步", "考核等次")


NAMES = st.text(alphabet="审核公开申请，。（）《》？ab1 -", max_size=40)


@given(NAMES, st.integers(24, 200))
def test_wrapping_loses_no_character_and_keeps_to_the_width(content: str, limit: int) -> None:
    block = text.wrap(content, limit, 12)

    assert "".join(block.lines).replace(" ", "") == content.replace(" ", "")
    assert all(text.width(line, 12) <= limit for line in block.lines if len(line) > 1)
    assert block.height == pytest.approx(len(block.lines) * 14.4)


@given(NAMES, st.integers(24, 200))
def test_balancing_needs_no_more_lines(content: str, limit: int) -> None:
    assert len(text.balanced(content, limit, 12).lines) == len(text.wrap(content, limit, 12).lines)

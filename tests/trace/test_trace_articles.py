"""The articles of a pack, in `pack.yaml`: what they have to say, and the sentences that tell what is wrong."""

from __future__ import annotations

import datetime
import re

import pytest

from engine import catalog, config, errors, packfile
from engine.actions import tracing
from engine.model import tracing as model

HEAD = """title: 制度
source: {file: a.txt, date: 2016-06-08, issuer: 市政务办}
clauses:
  - {id: P000-06, articles: 第九条, summary: 公告, kind: procedure}
articles:
"""
GOOD = "  - {number: 9, kind: procedure, rows: [P000-06], summary: 公告, items: 2}\n"


def parse(lines: str) -> packfile.PackInfo:
    return packfile.parse((HEAD + lines).encode(), "demo")


def test_an_article_has_number_kind_rows_and_summary():
    (article,) = parse(GOOD).articles
    assert article == model.Article("9", model.ArticleKind.PROCEDURE, "公告", ("P000-06",), 2)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (GOOD + GOOD, "不重复"),
        ("  - {number: 9, kind: law, rows: [P000-06], summary: 公告}\n", "procedure、rule、principle"),
        ("  - {number: 9, kind: procedure, summary: 公告}\n", "写明属于哪些 clauses"),
        ("  - {number: 9, kind: procedure, rows: [P000-06], summary: 公告, reason: 不办}\n", "没有 reason"),
        ("  - {number: 9, kind: principle, rows: [P000-06], summary: 公告}\n", "为什么无需执行"),
        ("  - {number: 9, kind: rule, rows: [P000-06, P000-99], summary: 公告}\n", "P000-99"),
        ("  - {number: 9, kind: scope, summary: 公告, reason: 没有程序}\n", "“P000-06”没有"),
        ("  - {number: 9, kind: rule, rows: [P000-06], summary: 公告, items: 两}\n", "有几项"),
        ("  - {number: 9, kind: rule, rows: [P000-06], summary: 公告, items: true}\n", "有几项"),
        ("  - {number: 9.5, kind: rule, rows: [P000-06], summary: 公告}\n", "非空文字"),
        ("  - {kind: rule, rows: [P000-06], summary: 公告}\n", "有 number"),
        ("  - {number: 9, kind: rule, rows: [P000-06], summary: 公告, text: 全文}\n", "text"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(lines, told):
    with pytest.raises(errors.InvalidInput, match=re.escape(told)) as caught:
        parse(lines)
    assert all(finding.line for finding in caught.value.details["findings"])


@pytest.mark.parametrize(
    ("written", "quote"),
    [
        ("P000-16 §37(四)", ("P000-16", "37", 4)),
        ("P000-06a §9", ("P000-06a", "9", None)),
        ("P000-06", ("P000-06", None, None)),
        ("P001-06 §附则", ("P001-06", "附则", None)),
        ("P000-20  §42(十二)", ("P000-20", "42", 12)),
        ("P000-20 §42(二十)", ("P000-20", "42", 20)),
        ("P000-20 §42(一二)", ("P000-20", "42", 0)),
        ("P000-20 §42(3)", ("P000-20", "42(3)", None)),
    ],
)
def test_quotations_are_read(written, quote):
    (found,) = model.quotes(f"{written}; ")
    assert (found.row, found.number, found.item) == quote


# --- the document of the product ------------------------------------------------------------------------------------------

PACK = catalog.find(config.Settings()).pack("shizhengwuban")
_DIGITS = "零一二三四五六七八九"


def number(chinese: str) -> int:
    tens, ten, ones = chinese.rpartition("十")
    return (_DIGITS.index(tens) if tens else 1 if ten else 0) * 10 + (_DIGITS.index(ones) if ones else 0)


def test_every_article_of_the_document_is_there_in_order():
    assert PACK.info.source.date == datetime.date(2016, 6, 8)
    assert [each.number for each in PACK.info.articles] == [str(n) for n in range(1, 54)]
    assert {each.number: each.items for each in PACK.info.articles if each.items} == {
        "11": 4, "12": 5, "23": 4, "27": 4, "31": 2, "36": 4, "37": 4, "42": 5,
    }  # fmt: skip


def test_the_rows_of_the_articles_are_what_the_clauses_say():
    """Each clause names its articles in words (第四十四至四十七、五十条); each article names its clauses."""
    for clause in PACK.info.clauses:
        named = set()
        for part in clause.articles.partition("条")[0].removeprefix("第").split("、"):
            first, _, last = part.partition("至")
            named |= set(range(number(first), number(last or first) + 1))
        written = {int(each.number) for each in PACK.info.articles if clause.id in each.rows}
        assert named <= written, clause.id
        assert written - named <= {46}, (
            clause.id
        )  # what is released keeps secrets (§46) is a matter of the contents, too


def test_every_row_and_every_article_that_can_be_carried_out_is_green():
    (trace,) = tracing.on_disk(catalog.find(config.Settings()), ["shizhengwuban"])
    assert [finding.sentence() for finding in trace.findings] == []
    green = [each for each in trace.articles if each.status is model.Status.GREEN]
    assert len(green) == 48
    assert {each.article.number for each in trace.articles} - {each.article.number for each in green} == {
        "21", "35", "45", "52", "53",
    }  # fmt: skip
    assert [each.status for each in trace.rows] == [model.Status.GREEN] * 27

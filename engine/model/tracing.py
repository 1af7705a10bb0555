"""Traceability: the articles of a document, what carries them out, what proves them, and what is missing."""

from __future__ import annotations

import dataclasses
import enum
import re
from collections.abc import Iterator

from engine.model import definitions

_ITEM = re.compile(r"(.*)\(([一二三四五六七八九十]{1,3})\)")
_ONES = "一二三四五六七八九"


class ArticleKind(enum.StrEnum):
    """What an article is. Only procedures and rules can be carried out; the others say why they are not."""

    PROCEDURE = "procedure"
    RULE = "rule"
    PRINCIPLE = "principle"
    ORGANISATION = "organisation"
    QUALIFICATION = "qualification"
    DEFINITION = "definition"
    SCOPE = "scope"
    INTERPRETATION = "interpretation"
    COMMENCEMENT = "commencement"

    @property
    def executable(self) -> bool:
        """Tell whether elements have to carry it out and tests have to prove it."""
        return self in (ArticleKind.PROCEDURE, ArticleKind.RULE)

    @property
    def text(self) -> str:
        """Return what it is called."""
        return _KINDS[self]


_KINDS = {
    ArticleKind.PROCEDURE: "程序",
    ArticleKind.RULE: "规则",
    ArticleKind.PRINCIPLE: "原则",
    ArticleKind.ORGANISATION: "组织",
    ArticleKind.QUALIFICATION: "条件",
    ArticleKind.DEFINITION: "定义",
    ArticleKind.SCOPE: "适用",
    ArticleKind.INTERPRETATION: "解释",
    ArticleKind.COMMENCEMENT: "施行",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Article:
    """An article of a source document.

    Parameters:
        number: as clauses are quoted, without §: 9.
        summary: what it says, in our own words.
        rows: ids of the clauses of the pack that it belongs to.
        items: how many numbered items it has, from (一) on.
        reason: why nothing carries it out, for those that cannot be.
    """

    number: str
    kind: ArticleKind
    summary: str
    rows: tuple[str, ...] = ()
    items: int = 0
    reason: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Quote:
    """A clause as an element or a test quotes it: `P000-16 §37(四)` has a row, a number and an item."""

    written: str
    row: str
    number: str | None = None
    item: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Carrier:
    """An element that quotes clauses. `process` is the id of its process, `definition_id` where it is deployed."""

    process: str
    process_name: str
    element_id: str
    element_name: str
    element_kind: str
    clause: str
    file: str
    definition_id: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Mark:
    """A test that says which clauses it proves. `quoted` is None where it cannot be read or stands in vain."""

    file: str
    line: int
    test: str
    quoted: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """A case that went through an element of an article."""

    id: int
    title: str
    business_key: str | None
    ended: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Cases:
    """The cases that went through the elements of an article: how many, and the newest ones."""

    running: int = 0
    ended: int = 0
    newest: tuple[Case, ...] = ()


class Status(enum.StrEnum):
    """Where an article stands."""

    GREEN = "green"
    NOTHING = "nothing-to-execute"
    NO_ELEMENT = "no-element"
    NO_TEST = "no-test"
    UNTESTED = "tests-not-looked-at"

    @property
    def text(self) -> str:
        """Return what it is called."""
        return _STATUSES[self]


_STATUSES = {
    Status.GREEN: "已落实",
    Status.NOTHING: "无需执行",
    Status.NO_ELEMENT: "缺元素",
    Status.NO_TEST: "缺测试",
    Status.UNTESTED: "有元素",
}


@dataclasses.dataclass(frozen=True, slots=True)
class TracedArticle:
    """An article with the elements that carry it out, the tests that prove it and the cases that exercised it.

    `cases` is None where nobody looked at them.
    """

    article: Article
    status: Status
    carriers: tuple[Carrier, ...]
    tests: tuple[Mark, ...]
    cases: Cases | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class TracedRow:
    """A row of the pack: how many elements and tests quote it."""

    id: str
    articles: str
    summary: str
    status: Status
    elements: int
    tests: int


@dataclasses.dataclass(frozen=True, slots=True)
class Trace:
    """What became of a document. `tests_seen` tells whether its tests could be looked at."""

    pack: str
    title: str
    articles: tuple[TracedArticle, ...]
    rows: tuple[TracedRow, ...]
    findings: tuple[definitions.Finding, ...]
    tests_seen: bool


def quotes(clause: str | None) -> Iterator[Quote]:
    """Yield the clauses that a text quotes, e.g. ``P000-06a §9;P000-16 §37(四)``."""
    for part in re.split("[;；]", clause or ""):
        written = " ".join(part.split())
        if not written:
            continue
        row, _, number = written.partition("§")
        item = _ITEM.fullmatch(number.strip())
        yield Quote(
            written,
            row.strip(),
            (item[1] if item else number).strip() or None,
            _count(item[2]) if item else None,
        )


def _count(chinese: str) -> int:
    """Return a number up to 99 that is written in Chinese; 0, which no item has, where it is none."""
    tens, ten, ones = chinese.rpartition("十")
    if len(tens) > 1 or len(ones) > 1 or "十" in tens:
        return 0
    return (_ONES.index(tens) + 1 if tens else 1 if ten else 0) * 10 + (_ONES.index(ones) + 1 if ones else 0)

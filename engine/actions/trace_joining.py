"""What became of the articles of a document: pure, from what was read of its pack, its diagrams and its tests."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from engine import packfile
from engine.model import definitions, tracing

#: Rows of this kind were done once and for all: no element has to do them again.
_DONE = "one-off"
_T = TypeVar("_T")


def join(
    info: packfile.PackInfo,
    carriers: Sequence[tracing.Carrier],
    marks: Sequence[tracing.Mark] | None,
    cases: Mapping[str, tracing.Cases] | None = None,
    *,
    file: str = packfile.NAME,
    others: Collection[str] = (),
) -> tracing.Trace:
    """Put together what belongs to each article, and say what is missing.

    Args:
        info: What the pack says of itself.
        carriers: The elements of its processes that quote clauses.
        marks: The marks of the tests that lie beside it; None where there are none to look at.
        cases: Cases by number of article; None where nobody looked at them.
        file: Where the articles are written, for findings.
        others: Ids of clauses of other packs, which tests may quote as well.
    """
    joined = _Join(info, file)
    by_article, by_row = joined.sort((carrier, carrier.clause) for carrier in carriers)
    proven, proven_rows = joined.sort((mark, mark.quoted) for mark in marks or ())
    articles = tuple(
        tracing.TracedArticle(
            article,
            _status(article.kind.executable, by_article[article.number], proven[article.number], marks is not None),
            tuple(by_article[article.number]),
            tuple(proven[article.number]),
            None if cases is None else cases.get(article.number, tracing.Cases()),
        )
        for article in info.articles
    )
    rows = tuple(
        tracing.TracedRow(
            clause.id,
            clause.articles,
            clause.summary,
            _status(clause.kind != _DONE, by_row[clause.id], proven_rows[clause.id], marks is not None),
            len(by_row[clause.id]),
            len(proven_rows[clause.id]),
        )
        for clause in info.clauses
    )
    findings = [
        *joined.whole(),
        *joined.gaps(articles, rows),
        *joined.unknown_elements(carriers),
        *joined.unknown_marks(marks or (), others),
    ]
    return tracing.Trace(info.slug, info.title, articles, rows, tuple(findings), marks is not None)


def _status(executable: bool, carriers: Sequence[object], tests: Sequence[object], looked: bool) -> tracing.Status:
    if not executable:
        return tracing.Status.NOTHING
    if not carriers:
        return tracing.Status.NO_ELEMENT
    if not looked:
        return tracing.Status.UNTESTED
    return tracing.Status.GREEN if tests else tracing.Status.NO_TEST


@dataclasses.dataclass(frozen=True)
class _Join:
    info: packfile.PackInfo
    file: str

    def knows(self, quote: tracing.Quote) -> bool:
        """Tell whether a quotation names a row of the pack and, if it has articles, one that belongs to this row."""
        if quote.row not in {clause.id for clause in self.info.clauses}:
            return False
        if quote.number is None or not self.info.articles:
            return True
        return any(
            article.number == quote.number
            and quote.row in article.rows
            and (quote.item is None or 1 <= quote.item <= article.items)
            for article in self.info.articles
        )

    def sort(self, quoting: Iterable[tuple[_T, str | None]]) -> tuple[dict[str, list[_T]], dict[str, list[_T]]]:
        """Return what quotes each article and each row; what quotes a row alone belongs to no article."""
        articles: dict[str, dict[_T, None]] = {article.number: {} for article in self.info.articles}
        rows: dict[str, dict[_T, None]] = {clause.id: {} for clause in self.info.clauses}
        for each, clause in quoting:
            for quote in filter(self.knows, tracing.quotes(clause)):
                rows[quote.row][each] = None
                if quote.number in articles:
                    articles[quote.number][each] = None
        return {key: list(found) for key, found in articles.items()}, {key: list(found) for key, found in rows.items()}

    def whole(self) -> Iterator[definitions.Finding]:
        """Yield that a pack has clauses, but not the articles to hold them against."""
        if self.info.clauses and not self.info.articles:
            yield definitions.Finding(self.file, "trace-articles", "articles 逐条列出原文的条文", "没有")

    def gaps(
        self, articles: Iterable[tracing.TracedArticle], rows: Iterable[tracing.TracedRow]
    ) -> Iterator[definitions.Finding]:
        """Yield articles and rows that nothing carries out or proves."""
        named = [
            (f"第 {each.article.number} 条（{each.article.summary}）", "article", each.status) for each in articles
        ]
        named += [(f"{each.id}（{each.summary}）", "row", each.status) for each in rows]
        for name, what, status in named:
            if status is tracing.Status.NO_ELEMENT:
                yield definitions.Finding(self.file, f"trace-{what}-element", f"{name}有流程元素执行", "没有元素引用它")
            elif status is tracing.Status.NO_TEST:
                yield definitions.Finding(self.file, f"trace-{what}-test", f"{name}有测试证明", "没有测试引用它")

    def unknown_elements(self, carriers: Iterable[tracing.Carrier]) -> Iterator[definitions.Finding]:
        """Yield elements that quote what the document does not have."""
        for carrier in carriers:
            for quote in tracing.quotes(carrier.clause):
                if not self.knows(quote):
                    yield definitions.Finding(
                        carrier.file,
                        "trace-unknown-clause",
                        f"{packfile.NAME} 中的条款和属于它的条文",
                        f"“{quote.written}”",
                        carrier.element_id,
                        carrier.element_name,
                    )

    def unknown_marks(self, marks: Iterable[tracing.Mark], others: Collection[str]) -> Iterator[definitions.Finding]:
        """Yield marks of tests that quote what no document has, or that cannot be read."""
        for mark in marks:
            if mark.quoted is None:
                expected = '标记写在测试上，条款写成文字，例如 @pytest.mark.clause("P000-06 §9")'
                yield definitions.Finding(mark.file, "trace-mark", expected, mark.test or "读不出", line=mark.line)
                continue
            quoted = list(tracing.quotes(mark.quoted))
            wrong = [each.written for each in quoted if each.row not in others and not self.knows(each)]
            if wrong or not quoted:
                found = f"{mark.test} 写的是“{'；'.join(wrong)}”"
                expected = "存在的条款和属于它的条文"
                yield definitions.Finding(mark.file, "trace-unknown-clause", expected, found, line=mark.line)

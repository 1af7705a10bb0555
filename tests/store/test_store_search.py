"""The index of characters: what contains a term has its grams, on either database, however much there is."""

from __future__ import annotations

from typing import Any

import hypothesis
import hypothesis.strategies as st

from engine.store import counting, queries_search, search_index
from engine.store.involvement import Involved

LI = Involved(frozenset({"li"}), frozenset({"clerk"}))
texts = st.text(alphabet="公开申请收费標準 AbC12é〔〕，.％ｱ\n", max_size=40)


@hypothesis.given(text=texts, start=st.integers(0, 30), length=st.integers(2, 12))
@hypothesis.settings(max_examples=200)
def test_what_contains_a_term_has_all_its_grams(text: str, start: int, length: int) -> None:
    plain = search_index.plain(text)
    term = plain[start : start + length].strip()
    # A term that begins within a word of Latin letters is no beginning of it.
    before = plain[start - 1 : start].casefold() if start else ""
    if before.isascii() and before.isalnum():
        return
    assert set(search_index.asked([term])) <= search_index.grams(plain)


@hypothesis.given(text=texts)
def test_plain_text_stays_plain(text: str) -> None:
    assert search_index.plain(search_index.plain(text)) == search_index.plain(text)


def test_a_document_that_changes_loses_its_old_grams(desk) -> None:
    case = desk.start()
    for seq, text in enumerate(("停车收费", "停车免费"), start=1):
        with desk.database.write() as uow:
            uow.search_index.put(case, case, seq, text, LI)

    def found(*terms: str) -> list[int]:
        with desk.database.read() as uow:
            page = queries_search.find(uow, terms, people={"li"}, groups=())
            return [row.case.id for row, _ in page]

    assert found("停车免费") == [case]
    assert found("收费") == []
    with desk.database.read() as uow:
        for who, seen in ((("wang", "clerk"), True), (("wang", "head"), False), (("li", "head"), True)):
            page = queries_search.find(uow, ["停车"], people={who[0]}, groups={who[1]})
            assert bool(page.items) is seen


def test_what_is_up_to_date_is_not_behind(desk) -> None:
    case = desk.start()
    with desk.database.write() as uow:
        seq = uow.search_index.behind(case)
        assert seq is not None
        uow.search_index.put(case, case, seq, "停车收费", LI)
        assert uow.search_index.behind(case) is None
    desk.go_on(case)
    with desk.database.read() as uow:
        assert uow.search_index.behind(case) is not None


def test_a_rare_word_among_many_cases_is_found_as_fast_as_among_few(desk) -> None:
    def fill(number: int) -> None:
        """Write many documents of the same words by the database itself, of a few that the reader may see."""
        series = f"WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {number})"
        first = desk.start()
        with desk.database.write() as uow:
            uow.link.driver(
                "INSERT INTO instances (id, definition_id, status, started_at, started_by, audit_seq, audit_hash,"
                f" variables, tokens) {series} SELECT {first} + n, {desk.definition_id}, 'active',"
                f" '2026-03-01T08:00:00.000000Z', 'zhang', 0, '', '{{}}', '{{}}' FROM s"
            )
            uow.link.driver(
                f"INSERT INTO search_documents (instance_id, root_id, seq, text) {series}"
                f" SELECT {first} + n, {first} + n, 1, '公开申请' FROM s"
            )
            for gram in ("公开", "开申", "申请"):
                uow.link.driver(
                    f"INSERT INTO search_grams (gram, instance_id) {series} SELECT '{gram}', {first} + n FROM s"
                )
            uow.link.driver(
                f"INSERT INTO search_readers (root_id, kind, name) {series}"
                f" SELECT {first} + n, 'group', CASE n % 50 WHEN 0 THEN 'clerk' ELSE 'other' END FROM s"
            )
            uow.search_index.put(first, first, 1, "公开申请 听证", LI)
            desk.catch_up(uow, "instances")

    def measure(*terms: str) -> tuple[int, int, int]:
        def run(uow: Any) -> Any:
            return queries_search.find(uow, terms, people={"li"}, groups={"clerk"})

        with counting.counted(desk.database) as count, desk.database.read() as uow:
            page = run(uow)
        return desk.steps_of(run), count.statements, len(page)

    queries: list[Any] = [("公开申请",), ("公开", "听证"), ("听证",), ("没有",)]
    fill(200)
    small = [measure(*terms) for terms in queries]
    fill(50_000)
    large = [measure(*terms) for terms in queries]
    for terms, few, many in zip(queries, small, large, strict=True):
        assert many[0] < 3 * few[0] + 1500, (terms, few, many)  # reading all 50,000 takes many times as much
        assert many[1] == few[1] <= 2
    assert [size for _, _, size in large] == [25, 2, 2, 0]

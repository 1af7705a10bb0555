"""What the public searches is what it reads; a row that nobody can understand keeps nobody from the others."""

from __future__ import annotations

import logging

import publicpages
import pytest
import website

from engine.store import queries_public

DETAILS = {
    "facts": [{"name": "报名人数", "value": "十四人"}],
    "tables": [{"caption": "意见采纳情况", "columns": ["意见", "理由"], "rows": [["延长时间", "确有需要"]]}],
    "checks": [{"text": "名单的摘要值", "command": "sha256sum list.txt"}],
}

office = publicpages.office


def found(office, text):
    with office.engine.store.read() as uow:
        return [each.title for each in queries_public.publications_page(uow, text=text).items]


@pytest.mark.parametrize(
    "text", ["报名人数", "十四人", "采纳情况", "理由", "延长时间", "确有需要", "摘要值", "结果 延长"]
)
def test_what_readers_see_is_found(office, text):
    publicpages.publish(office, publicpages.announce("结果", details=DETAILS))
    assert found(office, text) == ["结果"]


@pytest.mark.parametrize("text", ["facts", "caption", "rows", "value", '"', "[", "sha256sum", "结果 facts", "%", "_"])
def test_names_of_fields_and_signs_are_no_words(office, text):
    publicpages.publish(office, publicpages.announce("结果", details=DETAILS))
    assert found(office, text) == []


def test_the_search_is_bounded_and_takes_whatever_is_typed(office):
    stranger = office.client(None)
    publicpages.publish(office, publicpages.announce("结果"))
    assert found(office, "结\0果") == ["结果"]
    assert found(office, "\0") == ["结果"]
    sent: list[str] = []
    with office.engine.store.observed(sent.append):
        found(office, " ".join(f"词{n}" for n in range(500)))
    (query,) = [each for each in sent if "LIKE" in each]
    assert query.count("LIKE") == 8 * 4
    for text in ("%00", "x" * 60_000, "%20".join("abcdefghijklmnop")):
        assert stranger.get(f"/public/search?text={text}").status_code == 200


def test_a_row_that_nobody_can_understand_is_told_to_operators_and_breaks_no_page(office, caplog):
    stranger = office.client(None)
    bad, good = publicpages.publish(
        office, publicpages.announce("坏的", details=DETAILS), publicpages.announce("好的", details=DETAILS)
    )
    with office.engine.store.write() as uow:
        uow.link.driver(f"UPDATE publications SET details = '{{\"x\": 1}}' WHERE id = {bad}")
    for path in ("/public", "/public/gongshi", "/public/search?text=的", "/public/feed.atom", f"/public/items/{good}"):
        answer = stranger.get(path)
        assert answer.status_code == 200, path
        assert "坏的" in answer.text, path
    with caplog.at_level(logging.ERROR, "engine.store.records"):
        page = stranger.get(f"/public/items/{bad}")
    assert page.status_code == 200
    assert "与公布时的摘要值不符" in website.text(page, "//div[@role='alert']")
    assert f"publication {bad}: its details cannot be understood" in caplog.text


def test_lists_read_no_texts(office):
    publicpages.publish(
        office, publicpages.announce("结果", content="正文", details=DETAILS, until="2026-03-13T00:00:00+08:00")
    )
    with office.engine.store.read() as uow:
        (one,) = queries_public.publications_page(uow).items
        (again,) = queries_public.open_publications(uow, office.engine.clock.now())
    for each in (one, again):
        assert (each.content, bool(each.details), each.attachments) == (None, False, ())

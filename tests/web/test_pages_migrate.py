"""The page on which operators migrate a case: what it shows before, what it does, and who finds it."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import packbuilder as p
import pytest
import snippets as s
import website
from migrated import CHECK, DRAFT, FORM, ONE, TWO, line, redeploy


@pytest.fixture
def office(tmp_path: pathlib.Path) -> Iterator[website.Office]:
    """A case that waits for its first task, and a second version with one task more."""
    p.write(tmp_path / "packs", {"main": ONE}, forms=FORM)
    with website.Office(tmp_path, tmp_path / "packs") as made:
        made.driver.start("main", as_="zhangsan")
        redeploy(made.driver, main=TWO)
        yield made


def url(office: website.Office) -> str:
    return f"/cases/{office.driver.case().id}/migrate"


def operations(office: website.Office) -> list[str]:
    page = website.page(office.client("admin").get(f"/cases/{office.driver.case().id}"))
    return page.xpath("//details[@class='menu']//a/@href")


def test_an_operator_sees_what_it_changes_and_then_does_it(office: website.Office) -> None:
    assert url(office) in operations(office)
    shown = office.client("admin").get(url(office))
    assert "由第 1 版迁移到第 2 版" in website.text(shown)
    assert "可以迁移" in website.text(shown, "//section[@aria-labelledby='plan']")
    assert "正在等待的环节都不变" in website.text(shown)
    answer = office.client("admin").post(url(office), data={"version": "2", "mapping": ""})
    assert answer.status_code == 303
    after = office.client("admin").get(answer.headers["location"])
    assert "已迁移到第 2 版。" in website.text(after)
    assert "将事项由流程第 1 版迁移到第 2 版" in website.text(after, "//section[@aria-labelledby='history']")
    again = office.client("admin").post(url(office), data={"version": "2"})
    assert again.status_code == 409
    assert "无需迁移" in website.text(again)


def test_what_has_no_place_is_listed_and_a_mapping_gives_it_one(office: website.Office) -> None:
    redeploy(office.driver, main=line(DRAFT.replace('"draft"', '"write"'), CHECK, ids=("write", "check")))
    client = office.client("admin")
    shown = client.get(url(office))
    rows = website.page(shown).xpath("//section[@aria-labelledby='plan']//tbody/tr")
    assert [row.xpath("string(td[1])") for row in rows] == ["起草draft"]
    assert not website.page(shown).xpath("//form[@method='post' and contains(@action, 'migrate')]")
    refused = client.post(url(office), data={"version": "3"})
    assert (refused.status_code, "没有对应的元素" in website.text(refused)) == (409, True)
    mapped = client.get(url(office), params={"version": "3", "mapping": "draft=write"})
    assert "“起草”对应到“起草”（write）" in website.text(mapped)
    assert client.post(url(office), data={"version": "3", "mapping": "draft=write"}).status_code == 303
    assert office.driver.task("起草").element_id == "write"


def test_what_is_typed_wrong_is_said_and_kept(office: website.Office) -> None:
    wrong = office.client("admin").get(url(office), params={"version": "2", "mapping": "draft"})
    assert wrong.status_code == 422
    assert "每行一对" in website.text(wrong)
    assert website.page(wrong).xpath("string(//textarea)").strip() == "draft"
    assert office.client("admin").get(url(office), params={"version": "x"}).status_code == 422
    assert office.client("admin").get(url(office), params={"version": "9"}).status_code == 404


def test_only_operators_find_it_and_only_where_there_is_another_version(office: website.Office) -> None:
    for who in ("zhangsan", "wangwu", "zhaoliu"):
        assert office.client(who).get(url(office)).status_code in (403, 404)
        assert office.client(who).post(url(office), data={"version": "2"}).status_code in (403, 404)
    p.write(office.engine.packs.roots[0], {"other": p.line(s.user("a"), ids=("a",), id="other")})
    office.driver.deploy("demo")
    office.driver.start("other", as_="zhangsan")
    assert url(office) not in operations(office)
    assert "本流程没有其他版本" in website.text(office.client("admin").get(url(office)))
    office.driver.cancel("误报")
    assert operations(office) == []

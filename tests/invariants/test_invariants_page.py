"""合规检查 on its page: for those who watch over the office, with what was found and where."""

from __future__ import annotations

import csv
import io

import behind
import guifanxing_case
import pytest
import website


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """One paper that is published, and one that is withheld: its entry was changed behind the product's back."""
    place = tmp_path_factory.mktemp("office")
    with website.Office(place) as made:
        guifanxing_case.issue(made.driver)
        guifanxing_case.issue(made.driver, form=guifanxing_case.REFUSE, title="窗口人员名册")
        ground = {"reason": "涉及商业秘密", "ground": "涉及商业秘密"}
        behind.change(
            made.engine.settings.database,
            behind.fields("register_entries", "values", "register = 'bugongkai'", **ground),
            "update user_tasks set completed_by = 'chenjing' where element_id = 'Task_hefa'",
        )
        yield made


def test_opening_the_page_checks_what_happened_last_and_offers_more(office):
    answer = office.client("admin").get("/compliance")
    page = website.text(answer)
    assert "I-08" in page
    assert "打开本页即自动核对。每一种流程、台账、公文和公开信息核对了最近的 20 件" in page
    assert "发现违反 2 处，提示 1 处。" in page
    assert website.page(answer).xpath("//a[@href='/compliance?check=yes']")[0].text_content() == "核对更多（200 件）"
    assert "第三十七条" in page  # the clause as people write it
    assert "本制度没有投诉的规定" in page  # why one does not apply


def test_what_was_found_stands_with_its_invariant_and_leads_to_its_case(office):
    answer = office.client("admin").get("/compliance", params={"check": "yes"})
    page = website.page(answer)
    (card,) = page.xpath("//section[@id='shizhengwuban-I-04']")
    assert "违反 2 处" in card.text_content()
    assert "“复核文件的公开性”与“核发文件并决定公开属性”均由陈静办理。" in card.text_content()
    assert card.xpath(".//tbody//a/@href")[-1] == "/cases/1"
    (warned,) = page.xpath("//section[@id='shizhengwuban-I-19']")
    assert "提示 1 处" in warned.text_content()
    (link, case) = warned.xpath(".//tbody//a/@href")
    assert office.client("admin").get(link).status_code == 200
    assert case == "/cases/2"
    (good,) = page.xpath("//section[@id='shizhengwuban-I-55']")
    assert "符合" in good.text_content()
    assert "核对 2 件" in good.text_content()
    assert "发现违反 2 处，提示 1 处。" in website.text(answer)
    assert "最近的 200 件" in website.text(answer)


def test_the_result_is_taken_along_as_a_file(office):
    answer = office.client("admin").get("/compliance/export.csv")
    head, *rows = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert head[:4] == ["编号", "要求", "条款", "结果"]
    assert [row[3] for row in rows if row[0] == "I-04"] == ["违反", "违反"]
    assert [row[3] for row in rows if row[0] == "I-05"] == ["不适用"]
    assert any("均由陈静办理" in row[8] for row in rows)


def test_only_those_who_watch_over_the_office_see_it(office):
    for user in ("zhangsan", "zhouming"):
        client = office.client(user)
        assert client.get("/compliance").status_code == 403
        assert client.get("/compliance/export.csv").status_code == 403
        assert "合规检查" not in website.text(client.get("/tasks"), "//nav")


def test_the_page_speaks_english(office):
    client = office.client("admin")
    client.post("/language", data={"language": "en", "next": "/compliance"})
    page = website.text(client.get("/compliance", params={"check": "yes"}))
    client.post("/language", data={"language": "zh", "next": "/compliance"})
    assert page.startswith("Compliance")
    assert "Violations: 2; warnings: 1." in page

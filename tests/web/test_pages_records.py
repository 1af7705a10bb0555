"""Documents and registers on their pages: for those who may read them, as they were written."""

from __future__ import annotations

import io
import zipfile

import packbuilder as p
import pypdfium2
import pytest
import snippets as s
import website

EXTRA = """
registers:
  - id: fabu
    name: 发布登记
    clause: P000-06
    number: "发布〔{year}〕{n}号"
    readers: [clerk]
    fields:
      - {id: title, name: 信息名称}
      - {id: open, name: 公开, type: boolean}
  - id: secret
    name: 密件台账
    fields:
      - {id: title, name: 名称}
"""
HANDLERS = """
from engine.model import records
@registry.handler("write")
def write(job):
    for kind, given in job.inputs["requests"]:
        job.write(getattr(records, kind)(**given))
"""
NOTICE = """---
title: 关于{{ subject }}的公告
kind: 公告
number: "市政务办告〔{year}〕{n}号"
issuer: 市政务办
---
<p>{{ text }}</p><table><tr><th>名额</th><td>10</td></tr></table>
"""
REQUESTS = [
    ["Append", {"register": "fabu", "values": {"title": "=1+1 办事指南", "open": True}}],
    ["Append", {"register": "secret", "values": {"title": "密件"}}],
    ["Issue", {"template": "notice", "data": {"subject": "<听证>", "text": "欢迎参加。"}}],
]


@pytest.fixture
def office(tmp_path):
    (tmp_path / "database").mkdir()
    task = s.service("write", camunda_topic="write")
    diagram = p.line(task, s.user("after", name="收尾"), ids=("write", "after"))
    root = p.write(tmp_path / "packs", {"main": diagram}, templates={"notice": NOTICE}, handlers=HANDLERS, extra=EXTRA)
    with website.Office(tmp_path / "database", root) as made:
        yield made


def write(office, *requests):
    return office.driver.start("main", as_="admin", variables={"requests": list(requests or REQUESTS)})


def test_the_case_lists_what_it_left_behind_as_far_as_one_may_read_it(office):
    case = write(office)

    def section(user, name):
        return website.text(office.client(user).get(f"/cases/{case.id}"), f"//section[@aria-labelledby='{name}']")

    year = office.driver.now.year
    assert section("lisi", "papers").startswith(f"公文 关于<听证>的公告公告 · 市政务办告〔{year}〕1号")
    assert f"发布登记发布〔{year}〕1号" in section("lisi", "registered")
    assert "密件台账" not in section("lisi", "registered")
    assert "密件台账" in section("monitor", "registered")


def test_many_entries_of_one_register_fold_and_so_does_what_the_case_did_by_itself(office):
    case = write(
        office, *(["Append", {"register": "fabu", "values": {"title": f"第{n}件", "open": True}}] for n in range(4))
    )
    page = website.page(office.client("lisi").get(f"/cases/{case.id}"))
    (folded,) = page.xpath("//section[@aria-labelledby='registered']//details")
    assert folded.xpath("summary")[0].text_content() == "发布登记（4 条）"
    assert len(folded.xpath(".//a[contains(@href, '#entry-')]")) == 4
    (automatic,) = page.xpath("//section[@aria-labelledby='history']//details")
    assert "“收尾”送" not in automatic.text_content(), "what people have to do is never folded away"
    assert page.xpath("//section[@aria-labelledby='history']")[0].text_content().count("“收尾”送") == 1


def test_a_document_is_shown_printed_and_written_on(office):
    case = write(office)
    with office.engine.store.read() as uow:
        (document,) = uow.records.documents_of(case.id)
    client = office.client("lisi")
    page = client.get(f"/documents/{document.id}")
    assert website.page(page).xpath("//article//h1/text()") == ["关于<听证>的公告"]
    assert document.sha256 in website.text(page)

    pdf = pypdfium2.PdfDocument(client.get(f"/documents/{document.id}.pdf").content)
    text = pdf[0].get_textpage().get_text_bounded()
    assert all(words in text for words in ("关于<听证>的公告", "欢迎参加", "— 1 —", "名额"))

    word = zipfile.ZipFile(io.BytesIO(client.get(f"/documents/{document.id}.docx").content))
    body = word.read("word/document.xml").decode()
    assert all(words in body for words in ("关于&lt;听证&gt;的公告", "欢迎参加", "名额", "市政务办"))


def test_a_document_is_for_those_who_may_see_its_case(office):
    case = write(office)
    with office.engine.store.read() as uow:
        (document,) = uow.records.documents_of(case.id)
    for ending in ("", ".pdf", ".docx"):
        assert office.client("wangwu").get(f"/documents/{document.id}{ending}").status_code == 404
        assert office.client(None).get(f"/documents/{document.id}{ending}").status_code == 303


def test_a_register_is_for_its_readers(office):
    write(office)
    rows = website.page(office.client("zhangsan").get("/registers")).xpath("//tbody/tr")
    assert [" ".join(row.text_content().split()[:3]) for row in rows] == [
        f"发布登记 1 发布〔{office.driver.now.year}〕1号{office.driver.now:%Y-%m-%d}"
    ]
    assert "密件台账" not in website.text(office.client("zhangsan").get("/registers"))
    assert office.client("zhangsan").get("/registers/demo/secret").status_code == 404
    assert office.client("wangwu").get("/registers/demo/fabu").status_code == 404
    assert office.client("wangwu").get("/registers/demo/fabu/export.xlsx").status_code == 404
    assert office.client("monitor").get("/registers/demo/secret").status_code == 200


def test_a_register_is_looked_through_and_leafed_through(office):
    many = [["Append", {"register": "fabu", "values": {"title": f"第{n}件", "open": False}}] for n in range(1, 61)]
    write(office, *many)
    client = office.client("zhangsan")
    first = client.get("/registers/demo/fabu")
    assert "第60件" in website.text(first)
    assert "第10件" not in website.text(first)
    (older,) = website.page(first).xpath("//a[@rel='next']/@href")
    assert "第10件" in website.text(client.get(older))
    found = website.text(client.get("/registers/demo/fabu", params={"text": "第5"}))
    assert "第5件" in found
    assert "第55件" in found
    assert "第41件" not in found


def test_what_was_corrected_says_so(office):
    year = office.driver.now.year
    entry = {"register": "fabu", "values": {"title": "对", "open": True}}
    write(office, ["Append", {**entry, "values": {"title": "错", "open": True}}])
    write(office, ["Append", {**entry, "corrects": f"发布〔{year}〕1号", "reason": "名称有误"}])
    text = website.text(office.client("zhangsan").get("/registers/demo/fabu"))
    assert f"已由 发布〔{year}〕2号 更正" in text
    assert f"更正 发布〔{year}〕1号：名称有误" in text


def test_a_register_is_taken_along_whole_and_no_cell_is_a_formula(office):
    write(office)
    client = office.client("zhangsan")
    lines = client.get("/registers/demo/fabu/export.csv").text.splitlines()
    assert lines[0].lstrip("\ufeff").split(",")[:3] == ["编号", "信息名称", "公开"]
    assert "'=1+1 办事指南,是" in lines[1]
    book = zipfile.ZipFile(io.BytesIO(client.get("/registers/demo/fabu/export.xlsx").content))
    assert "=1+1 办事指南" in book.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in book.read("xl/worksheets/sheet1.xml").decode()

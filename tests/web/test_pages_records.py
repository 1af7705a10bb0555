"""Documents and registers on their pages: for those who may read them, as they were written."""

from __future__ import annotations

import csv
import io
import zipfile

import packbuilder as p
import pypdfium2
import pytest
import snippets as s
import website

from engine.actions import people

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
  - id: jindu
    name: 办理台账
    number: "办〔{year}〕{n}号"
    continues: true
    readers: [clerk]
    fields:
      - {id: title, name: 事项}
      - {id: unit, name: 单位, type: choice}
      - {id: signers, name: 签字人, type: person}
      - {id: decided_by, name: 决定人, type: person, optional: true}
      - {id: decided_on, name: 决定日期, type: date, optional: true}
      - {id: told_at, name: 告知时间, type: datetime, optional: true}
      - {id: urgent, name: 急件, type: boolean, optional: true}
      - {id: ways, name: 形式, type: list, optional: true}
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
        f"发布登记 1 发布〔{office.driver.now.year}〕1号{office.driver.now:%Y-%m-%d}",
        "办理台账 0 尚无登记",
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


# --- filters ---------------------------------------------------------------------------------------------------------


def progress(title, **values):
    return [
        "Append",
        {"register": "jindu", "values": {"title": title, "unit": "审批处", "signers": ["lisi"], **values}},
    ]


def titles(office, **query):
    page = website.page(office.client("zhangsan").get("/registers/demo/jindu", params=query))
    return [row.xpath("td")[1].text_content().strip() for row in page.xpath("//tbody/tr")]


def test_days_units_people_and_marks_are_asked_for_by_what_the_register_holds(office):
    write(
        office,
        progress("甲", decided_on="2026-03-01", urgent=True),
        progress("乙", unit="服务处", signers=["wangwu", "lisi"], decided_on="2026-03-10", urgent=False),
        progress("丙", signers=["wangwu"], decided_by="lisi", told_at="2026-03-10T16:30:00+00:00"),
    )
    page = website.page(office.client("zhangsan").get("/registers/demo/jindu"))
    assert page.xpath("//select[@name='f.unit']/option/text()") == ["全部", "审批处", "服务处"]
    assert page.xpath("//select[@name='day']/option/text()") == ["登记时间", "决定日期", "告知时间"]
    assert page.xpath("//input[@name='f.signers']/@type") == ["search"]
    assert not page.xpath("//*[@name='f.title' or @name='f.ways']")

    assert titles(office) == ["丙", "乙", "甲"]
    assert titles(office, **{"f.unit": "服务处"}) == ["乙"]
    assert titles(office, **{"f.urgent": "yes"}) == ["甲"]
    assert titles(office, **{"f.urgent": "no"}) == ["乙"]
    assert titles(office, day="decided_on", since="2026-03-02") == ["乙"]
    assert titles(office, day="decided_on", since="2026-03-01", until="2026-03-10") == ["乙", "甲"]
    assert titles(office, day="told_at", since="2026-03-11", until="2026-03-11") == ["丙"], "the day in official time"
    today = f"{office.driver.now:%Y-%m-%d}"
    assert titles(office, since=today, until=today) == ["丙", "乙", "甲"]
    assert titles(office, until="2020-01-01") == []
    assert titles(office, since="昨天", day="nothing") == ["丙", "乙", "甲"], "what is no day asks nothing"


def test_people_are_found_by_their_names_in_the_field_that_is_meant(office):
    names = {user.id: user.name for user in people.directory(office.engine).users.values()}
    write(office, progress("甲"), progress("乙", signers=["wangwu"], decided_by="lisi"))
    assert titles(office, text=names["lisi"]) == ["乙", "甲"]
    assert titles(office, text="lisi") == []
    assert titles(office, **{"f.signers": names["lisi"]}) == ["甲"]
    assert titles(office, **{"f.decided_by": names["lisi"]}) == ["乙"]
    assert titles(office, **{"f.signers": "无此人"}) == []
    assert titles(office, text='"signers"') == titles(office, text="审批处\0") == []


def test_an_entry_that_goes_on_with_an_older_one_is_no_correction(office):
    year = office.driver.now.year
    write(office, progress("公示"))
    _, given = progress("公示", decided_on="2026-03-10")
    write(office, ["Append", {**given, "corrects": f"办〔{year}〕1号", "reason": "公示期满"}])
    page = office.client("zhangsan").get("/registers/demo/jindu")
    assert f"关联 办〔{year}〕1号：公示期满" in website.text(page)
    assert f"后续：办〔{year}〕2号" in website.text(page)
    assert "更正" not in website.text(page)
    client = office.client("zhangsan")
    first, second = csv_lines(client.get("/registers/demo/jindu/export.csv"))
    assert (first["关联的记录"], first["后续的记录"]) == ("", f"办〔{year}〕2号")
    assert (second["关联的记录"], second["说明"], second["后续的记录"]) == (f"办〔{year}〕1号", "公示期满", "")


def csv_lines(answer):
    return list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))


def test_a_file_has_what_was_looked_for_and_says_what_corrects_what(office):
    year = office.driver.now.year
    entry = {"register": "fabu", "values": {"title": "对", "open": True}}
    write(office, ["Append", {**entry, "values": {"title": "错", "open": False}}])
    write(office, ["Append", {**entry, "corrects": f"发布〔{year}〕1号", "reason": "名称有误"}])
    client = office.client("zhangsan")
    page = website.page(client.get("/registers/demo/fabu", params={"text": "发布", "f.open": "yes"}))
    (sheet, file) = page.xpath("//div[@class='page-actions']/a/@href")
    (line,) = csv_lines(client.get(file))
    assert (line["信息名称"], line["更正的记录"], line["更正理由"]) == ("对", f"发布〔{year}〕1号", "名称有误")
    wrong, _ = csv_lines(client.get("/registers/demo/fabu/export.csv"))
    assert wrong["更正此条的记录"] == f"发布〔{year}〕2号"
    book = zipfile.ZipFile(io.BytesIO(client.get(sheet).content)).read("xl/sharedStrings.xml").decode()
    assert ("对" in book, "错" in book) == (True, False)


def test_leafing_on_keeps_what_was_looked_for(office):
    write(office, *(progress(f"第{n}件", unit="服务处" if n % 2 else "审批处") for n in range(1, 121)))
    first = office.client("zhangsan").get("/registers/demo/jindu", params={"f.unit": "服务处"})
    (older,) = website.page(first).xpath("//a[@rel='next']/@href")
    rows = website.page(office.client("zhangsan").get(older)).xpath("//tbody/tr")
    assert len(rows) == 10
    assert all("服务处" in row.text_content() for row in rows)

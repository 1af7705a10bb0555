"""What a task shows of the documents it leads to: for whoever does it, with what is typed, and nothing is written."""

from __future__ import annotations

import contextlib

import packbuilder as p
import pypdfium2
import pytest
import snippets as s
import website

from engine.web import printing

NOTICE = """---
title: 关于{{ subject }}的公告
kind: 公告
number: "市政务办告〔{year}〕{n}号"
issuer: 市政务办
---
<p>{{ text }}</p><p>{{ greeting }}</p><p>审签：{{ signature.person|person }}</p>{% for each in rows %}<p>{{ each }}</p>{% endfor %}
<p>{{ later }}</p>
"""
HANDLERS = """
from engine.model import records
@registry.handler("documents.issue")
def issue(job):
    job.write(records.Issue(job.inputs["template"], job.inputs["data"]))
"""
MAPPING = """<camunda:inputOutput>
<camunda:inputParameter name="template">notice</camunda:inputParameter>
<camunda:inputParameter name="data"><camunda:map><camunda:entry key="greeting">${'欢迎参加' + subject}</camunda:entry>
<camunda:entry key="later">${computed_by_nobody}</camunda:entry></camunda:map></camunda:inputParameter>
</camunda:inputOutput>"""
SIGNED = """<camunda:inputOutput>
<camunda:outputParameter name="subject">${subject}</camunda:outputParameter>
<camunda:outputParameter name="text">${get('text')}</camunda:outputParameter>
<camunda:outputParameter name="signature">${dict(person=actor(), at=now())}</camunda:outputParameter>
</camunda:inputOutput>"""


@pytest.fixture
def office(tmp_path):
    (tmp_path / "database").mkdir()
    properties = s.properties(clause=s.CLAUSE, previews="notice")
    draft = s.user("draft", props=properties + SIGNED, name="拟订公告", camunda_formKey="demo/notice")
    issue = s.service("issue", s.extensions(MAPPING), camunda_topic="documents.issue")
    diagram = p.line(draft, s.user("look", name="看一看"), issue, ids=("draft", "look", "issue"))
    form = p.schema(subject=p.text(), text=p.text())
    root = p.write(
        tmp_path / "packs", {"main": diagram}, templates={"notice": NOTICE}, forms={"notice": form}, handlers=HANDLERS
    )
    with website.Office(tmp_path / "database", root) as made:
        made.driver.start("main", as_="zhangsan")
        yield made


def url(office, name="拟订公告"):
    return f"/tasks/{office.driver.task(name).id}"


def look(office, user="zhangsan", **typed):
    client = office.client(user)
    (form,) = website.page(client.get(url(office))).xpath("//form[@id='form']")
    (button,) = form.xpath(".//button[@name='_preview']")
    assert button.get("formtarget") == "_blank"
    return client.post(
        button.get("formaction"), data={**dict(form.form_values()), "_preview": button.get("value"), **typed}
    )


def test_a_document_is_shown_with_what_is_typed_and_nothing_is_written(office):
    before = office.driver.case()
    answer = look(office, subject="停水<b>", text="")
    said = website.text(answer)
    assert answer.status_code == 200
    assert "关于停水<b>的公告" in said
    assert "欢迎参加停水<b>" in said  # as the service task will be given it
    assert "审签：张三" in said
    assert "〔待填写：text〕" in said
    assert "〔待定〕" in said  # what nothing has computed yet
    assert "（待编号）" in said
    assert "预览稿" in said
    assert office.driver.task("拟订公告").draft is None
    assert office.driver.case() == before
    with office.engine.store.read() as uow:
        assert uow.records.documents_of(before.id) == []


def test_the_preview_is_printed_with_what_was_typed(office):
    client = office.client("zhangsan")
    answer = look(office, subject="停水", text="正文如下")
    (form,) = website.page(answer).xpath("//main//form[.//input[@name='_format']]")
    printed = client.post(form.get("action"), data=dict(form.form_values()))
    assert printed.headers["content-type"] == "application/pdf"
    text = pypdfium2.PdfDocument(printed.content)[0].get_textpage().get_text_bounded()
    assert "正文如下" in text
    assert "未制发" in text


def test_looking_takes_no_number(office):
    for _ in range(3):
        assert look(office, subject="停水", text="正文").status_code == 200
    with office.engine.store.write() as uow:
        year = office.driver.now.year
        assert uow.numbering.next(f"document/demo/市政务办告〔{year}〕{{n}}号") == 1


def test_a_preview_is_for_whoever_does_the_task(office):
    address = f"{url(office)}/preview"
    typed = {"_preview": "notice", "subject": "停水", "text": "正文"}
    assert office.client("wangwu").post(address, data=typed).status_code == 404  # who does not know of the case
    for user in ("monitor", "admin"):  # they see it, but it is not theirs
        assert office.client(user).post(address, data=typed).status_code == 403
    assert office.client(None).post(address, data=typed).status_code in (303, 403)
    assert office.client("zhangsan").post(address, data={**typed, "_preview": "other"}).status_code == 404
    client = office.client("zhangsan", new=True)
    del client.headers["x-csrf-token"]
    assert client.post(address, data=typed).status_code == 403


def test_only_tasks_that_say_so_offer_a_preview(office):
    office.driver.complete("拟订公告", as_="zhangsan", form={"subject": "停水", "text": "正文"})
    client = office.client("zhangsan")
    assert not website.page(client.get(url(office, "看一看"))).xpath("//button[@name='_preview']")
    assert client.post(f"{url(office, '看一看')}/preview", data={"_preview": "notice"}).status_code == 404


def test_a_task_that_is_done_shows_no_preview_any_more(office):
    address = url(office)
    office.driver.complete("拟订公告", as_="zhangsan", form={"subject": "停水", "text": "正文"})
    client = office.client("zhangsan")
    assert not website.page(client.get(address)).xpath("//button[@name='_preview']")
    assert client.post(f"{address}/preview", data={"_preview": "notice"}).status_code == 409


def test_a_preview_is_of_what_somebody_reads_not_of_any_amount(office):
    long = look(office, subject="题", text="x" * 600_000)
    assert long.status_code == 422
    assert "填写的内容有 6" in website.text(long, "//body") and "预览最多为 500 千字节" in website.text(long, "//body")


def test_few_documents_are_printed_at_once_and_the_same_one_is_not_printed_twice(office, monkeypatch):
    monkeypatch.setattr(printing, "_PATIENCE", 0.01)
    first = look(office, subject="甲", _format="pdf")
    assert first.status_code == 200
    with contextlib.ExitStack() as busy:
        for _ in range(2):
            busy.enter_context(printing._turn())
        assert look(office, subject="甲", _format="pdf").content == first.content
        other = look(office, subject="乙", _format="pdf")
    assert other.status_code == 429
    assert "正在生成的文件较多" in website.text(other, "//body")
    assert look(office, subject="乙", _format="pdf").status_code == 200

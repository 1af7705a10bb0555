"""A document issued anew: beside the old one, by those who administer, with the reason for everybody to read."""

from __future__ import annotations

import json

import click.testing
import packbuilder as p
import pytest
import snippets as s
import website

import cli

HANDLERS = """
from engine.model import records
@registry.handler("demo.issue")
def issue(job):
    job.write(records.Issue(job.inputs["template"], {"subject": "停水"}))
"""
INPUTS = """<camunda:inputOutput><camunda:inputParameter name="template">{template}</camunda:inputParameter>
</camunda:inputOutput>"""
HEAD = """---
title: 关于{{{{ subject }}}}的公告
kind: {kind}
{number}issuer: 市政务办
---
"""
NUMBER = 'number: "市政务办告〔{year}〕{n}号"\n'


def templates(text):
    return {
        "notice": HEAD.format(kind="公告", number=NUMBER) + f"<p>{text}{{{{ today|day }}}}，{{{{ place }}}}</p>",
        "sheet": HEAD.format(kind="表", number="") + f"<p>{text}</p>",
    }


def write(root, text):
    tasks = [
        s.service(each, s.extensions(INPUTS.format(template=each)), camunda_topic="demo.issue")
        for each in ("notice", "sheet")
    ]
    diagram = p.line(*tasks, s.user("after", name="收尾"), ids=("notice", "sheet", "after"))
    return p.write(root, {"main": diagram}, templates=templates(text), handlers=HANDLERS)


@pytest.fixture
def office(tmp_path):
    (tmp_path / "database").mkdir()
    with website.Office(tmp_path / "database", write(tmp_path / "packs", "定余")) as made:
        made.root = tmp_path / "packs"
        made.case = made.driver.start("main", as_="admin", variables={"place": "城东"})
        yield made


def mend(office):
    write(office.root, "定于")
    office.driver.deploy("demo")


def papers(office):
    with office.engine.store.read() as uow:
        return uow.records.documents_of(office.case.id)


def reissue(office, paper, reason="“定于”误作“定余”", user="admin"):
    return office.client(user).post(f"/documents/{paper.id}/reissue", data={"reason": reason})


def test_a_new_version_stands_beside_the_old_one(office):
    old = papers(office)[0]
    office.driver.advance(days=3)
    mend(office)
    answer = reissue(office, old)
    assert answer.status_code == 303, website.text(answer)
    new = papers(office)[-1]
    assert (new.number, new.title) == (f"{old.number}（第2版）", old.title)
    assert "定于" in new.html
    assert "定余" not in new.html
    assert "城东" in new.html  # what it was made of then
    day = old.html[old.html.index("定余") + 2 :].partition("，")[0]
    assert f"定于{day}，" in new.html  # the date of the document stays
    page = office.client("admin").get(f"/documents/{new.id}")
    assert "第2版，替代" in website.text(page)
    assert "“定于”误作“定余”" in website.text(page)
    assert papers(office)[0] == old  # nothing of the old one changed
    page = office.client("admin").get(f"/documents/{old.id}")
    assert "已由第2版替代。" in website.text(page)
    assert website.page(page).xpath(f"//main//a[@href='/documents/{new.id}']")
    assert "定余" in website.text(page)
    assert "已由第2版替代。" in website.text(office.client("admin").get(f"/cases/{office.case.id}"))


def test_versions_follow_each_other_and_only_the_newest_is_issued_anew(office):
    old = papers(office)[0]
    mend(office)
    reissue(office, old)
    second = papers(office)[-1]
    again = reissue(office, old)
    assert again.status_code == 409
    assert "已由第2版替代" in website.text(again)
    same = reissue(office, second)
    assert same.status_code == 409
    assert "没有不同" in website.text(same)
    write(office.root, "特定于")
    office.driver.deploy("demo")
    assert reissue(office, second).status_code == 303
    assert papers(office)[-1].number == f"{old.number}（第3版）"


def test_a_paper_without_a_number_says_its_version(office):
    old = papers(office)[1]
    mend(office)
    assert reissue(office, old).status_code == 303
    new = papers(office)[-1]
    assert new.number == ""
    assert '<p class="paper-number">第2版</p>' in new.html


def test_a_reason_is_demanded_and_what_was_typed_stays(office):
    mend(office)
    answer = reissue(office, papers(office)[0], reason=" ")
    assert answer.status_code == 422
    assert "1 至 500 字" in website.text(answer)
    assert len(papers(office)) == 2
    long = "长" * 501
    assert (
        long in website.page(reissue(office, papers(office)[0], reason=long)).xpath("//textarea[@id='reason']")[0].text
    )


def test_only_administrators_issue_anew(office):
    paper = papers(office)[0]
    mend(office)
    for user in ("zhangsan", "monitor"):
        assert reissue(office, paper, user=user).status_code in (403, 404)
    assert "重新制发" not in website.text(office.client("monitor").get(f"/documents/{paper.id}"))
    assert "重新制发" in website.text(office.client("admin").get(f"/documents/{paper.id}"))
    assert len(papers(office)) == 2


def test_it_is_in_the_audit_trail(office):
    old = papers(office)[0]
    mend(office)
    reissue(office, old)
    with office.engine.store.read() as uow:
        assert uow.audit.verify() == []
    said = website.text(office.client("admin").get(f"/cases/{office.case.id}"))
    assert "重新制发公文" in said
    assert f"{old.number}（第2版）" in said


def test_what_was_issued_before_its_data_was_kept_is_not_issued_anew(office):
    from engine.store import tables

    old = papers(office)[0]
    with office.engine.store.write() as uow:
        uow.link.run(tables.metadata.tables["document_versions"].delete(), {})
    mend(office)
    answer = reissue(office, old)
    assert answer.status_code == 409
    assert "没有留存" in website.text(answer)


def test_the_command_issues_anew_and_tells_the_number(office, tmp_path, monkeypatch):
    old = papers(office)[0]
    mend(office)
    monkeypatch.setenv("GONGKAI_PACKS", str(office.root))
    address = str(office.engine.settings.database)
    run = click.testing.CliRunner().invoke
    done = run(cli.main, ["--database", address, "document", "reissue", str(old.id), "--reason", "模板有误", "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["number"] == f"{old.number}（第2版）"
    again = run(cli.main, ["--database", address, "document", "reissue", str(old.id), "--reason", "模板有误"])
    assert again.exit_code == 5
    assert "已由第2版替代" in again.output

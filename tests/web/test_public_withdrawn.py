"""What was withdrawn from the public: its title, when and why stay; its content is not given by any door."""

from __future__ import annotations

import json

import click.testing
import publicpages
import pytest
import website

import cli
from engine import errors
from engine.actions import portal, taking_part, withdrawing

SECRET = "王某身份证号"

office = publicpages.office
stranger = publicpages.stranger


@pytest.fixture
def leaked(office):
    issue = ["Issue", {"template": "notice", "data": {"subject": SECRET, "text": SECRET}}]
    case = office.driver.start("main", as_="admin", variables={"requests": [issue]})
    with office.engine.store.read() as uow:
        (paper,) = uow.records.documents_of(case.id)
    said = {"summary": SECRET, "content": SECRET, "document": paper.id, "until": "2026-03-13T00:00:00+08:00"}
    table = {"caption": "名单", "columns": ["姓名"], "rows": [[SECRET]]}
    (one,) = publicpages.publish(office, publicpages.announce("停车收费方案", details={"tables": [table]}, **said))
    return one


def withdraw(office, publication_id, reason="误公开个人信息"):
    withdrawing.withdraw(office.engine, publication_id, office.driver.user("admin"), reason)


def test_the_title_stays_and_says_when_and_why_and_nothing_else_is_given(office, stranger, leaked):
    doors = [f"/public/items/{leaked}{end}" for end in ("", "/content.json", "/document.html", "/document.docx")]
    lists = ["/public", "/public/gongshi", "/public/feed.atom", "/public/gongshi/feed.atom", "/public/search?text=停车"]
    assert all(SECRET in stranger.get(each).text for each in [doors[0], doors[1], doors[2], *lists[1:4]])
    withdraw(office, leaked)

    page = stranger.get(doors[0])
    assert page.status_code == 200
    assert website.page(page).xpath("//h1")[0].text_content() == "停车收费方案"
    assert "撤回的理由：误公开个人信息" in website.text(page)
    assert "可能已被改动" not in website.text(page)
    for each in (*doors[1:], f"{doors[0]}/document.pdf"):
        assert stranger.get(each).status_code == 404, each
    for each in (*doors, *lists):
        assert SECRET not in stranger.get(each).text, each
    for each in lists:
        assert "停车收费方案" in stranger.get(each).text or each == "/public", each
    assert "已撤回" in website.text(stranger.get("/public/gongshi"))
    assert "停车收费方案" not in website.text(stranger.get("/public"), "//section[@aria-labelledby='gongshi']//p")


def test_nobody_finds_what_was_in_it_by_searching(office, stranger, leaked):
    assert "停车收费方案" in website.text(stranger.get("/public/search", params={"text": SECRET}))
    withdraw(office, leaked)
    assert "停车收费方案" not in website.text(stranger.get("/public/search", params={"text": SECRET}), "//main//ul")


def test_it_takes_nothing_any_more_and_is_open_no_longer(office, stranger, leaked):
    assert taking_part.ways(office.engine, leaked)
    assert [each.id for each in portal.overview(office.engine).open] == [leaked]
    withdraw(office, leaked)
    assert taking_part.ways(office.engine, leaked) == ()
    assert portal.overview(office.engine).open == ()
    with pytest.raises(taking_part.Closed, match="已经撤回"):
        taking_part.submit(office.engine, leaked, "opinion", {"opinion": "晚了"}, key="k" * 32)


def test_an_operator_withdraws_on_the_page_of_the_case_with_a_reason_and_once(office, stranger, leaked):
    case = publicpages.case_of(office, leaked)
    admin, path = office.client("admin"), f"/publications/{leaked}/withdraw"
    assert path in website.page(admin.get(f"/cases/{case}")).xpath("//a/@href")
    assert path not in website.page(office.client("monitor").get(f"/cases/{case}")).xpath("//a/@href")
    assert "停车收费方案" in website.text(admin.get(path))
    assert admin.post(path, data={"reason": " "}).status_code == 422
    assert "撤回的理由" not in website.text(stranger.get(f"/public/items/{leaked}"))

    done = admin.post(path, data={"reason": "误公开个人信息"}, follow_redirects=True)
    assert "撤回公开信息" in website.text(done, "//section[@aria-labelledby='history']")
    assert path not in website.page(done).xpath("//a/@href")
    assert admin.post(path, data={"reason": "再次"}).status_code == 409
    for who in ("monitor", "lisi"):
        assert office.client(who).post(path, data={"reason": "想撤"}).status_code == 403


def test_the_record_stays_and_proves_itself(office, leaked, monkeypatch, tmp_path):
    monkeypatch.setenv("GONGKAI_PACKS", str(tmp_path / "packs"))
    address, run = str(office.engine.settings.database), click.testing.CliRunner().invoke
    command = ["publication", "withdraw", str(leaked), "--reason", "误公开", "--json"]
    done = run(cli.main, ["--database", address, *command])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {"withdrawn": leaked}
    with office.engine.store.read() as uow:
        assert uow.records.publication(leaked).content == SECRET
    proof = run(cli.main, ["--database", address, "audit", "verify", "--no-files"])
    assert proof.exit_code == 0, proof.output
    with pytest.raises(errors.Conflict, match="已经撤回"):
        withdraw(office, leaked)

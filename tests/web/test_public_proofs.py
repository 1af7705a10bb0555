"""What strangers were given is proven too: their receipts, and what they alone are told."""

from __future__ import annotations

import re

import publicpages
import pytest
import website

from engine.actions import proving, reissuing
from engine.model import commands

UNTIL = "2026-03-13T00:00:00+08:00"
CODE = re.compile(r"\b[2-9A-HJ-NP-Z]{4}(?:-[2-9A-HJ-NP-Z]{4}){3}\b")


@pytest.fixture
def office(tmp_path):
    """Two cases; to the first somebody sent two opinions, and each was told something by a third case."""
    (tmp_path / "database").mkdir()
    root = publicpages.pack(tmp_path / "packs")
    with website.Office(tmp_path / "database", root) as made:
        made.root = root
        stranger = made.client(None)
        one, _ = (publicpages.publish(made, publicpages.announce(each, until=UNTIL))[0] for each in ("甲", "乙"))
        for _ in range(2):
            path = f"/public/items/{one}/opinion"
            fields = website.page(stranger.get(path)).xpath("//main//form[1]//input[@type='hidden']")
            data = {field.get("name"): field.get("value") for field in fields}
            assert stranger.post(path, data={**data, "_action": "submit", "opinion": "可以"}).status_code == 200
        with made.engine.store.read() as uow:
            found = uow.link.connection.exec_driver_sql("SELECT code_hash FROM public_receipts ORDER BY id")
            hashes = [row[0] for row in found]
        for receipt in hashes:
            publicpages.publish(made, ["Tell", {"receipt": receipt, "text": "已收到"}])
        yield made


def prove(office):
    found = proving.prove(office.engine, lambda _: None)
    assert found.problems == ()
    return [flaw.sentence() for flaw in found.flaws], found.unsealed


def tamper(office, *sql):
    with office.engine.store.write() as uow:
        for each in sql:
            uow.link.driver(each)


def test_what_was_given_and_told_is_proven(office):
    assert prove(office) == ([], 0)


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("UPDATE public_receipts SET instance_id = 2 WHERE id = 1", "网上提交的回执第 1 件：登记的内容与审计记录不符"),
        ("UPDATE public_receipts SET code_hash = 'x' WHERE id = 1", "网上提交的回执第 1 件：登记的内容与审计记录不符"),
        ("UPDATE public_receipts SET received_at = '2020' WHERE id = 1", "第 1 件：登记的内容与审计记录不符"),
        ("DELETE FROM public_receipts WHERE id = 1", "网上提交的回执第 1 件：审计记录中有，现在没有，已被删除"),
        (
            "INSERT INTO public_receipts (code_hash, instance_id, element_id, received_at)"
            " VALUES ('y', 2, 'e', '2026-03-02T00:00:00.000000Z')",
            "网上提交的回执第 3 件：审计记录中没有，已被改动或者伪造",
        ),
        (
            "UPDATE receipt_notes SET text = '不予受理' WHERE id = 1",
            "对网上提交的告知第 1 件：告知的内容与审计记录不符",
        ),
        ("UPDATE receipt_notes SET receipt_id = 2 WHERE id = 1", "对网上提交的告知第 1 件：告知的内容与审计记录不符"),
        ("UPDATE receipt_notes SET told_by = NULL WHERE id = 2", "对网上提交的告知第 2 件：告知的内容与审计记录不符"),
        ("DELETE FROM receipt_notes WHERE id = 2", "对网上提交的告知第 2 件：审计记录中有，现在没有，已被删除"),
        (
            "INSERT INTO receipt_notes (receipt_id, at, text) VALUES (1, '2026-03-02T00:00:00.000000Z', '伪造')",
            "对网上提交的告知第 3 件：审计记录中没有，已被改动或者伪造",
        ),
        (
            "INSERT INTO receipt_notes (id, receipt_id, at, text) VALUES (0, 1, '2026-03-02T00:00:00.000000Z', '伪造')",
            "对网上提交的告知第 0 件：审计记录中没有，已被改动或者伪造",
        ),
    ],
)
def test_what_somebody_forges_is_found(office, sql, sentence):
    beside = "DELETE FROM receipt_notes WHERE receipt_id = 1" if sql.startswith("DELETE FROM public_receipts") else ""
    tamper(office, *filter(None, [beside]), sql)
    assert [found for found in prove(office)[0] if sentence in found], prove(office)[0]


def test_whoever_was_told_of_a_letter_is_told_when_it_is_issued_anew(office, monkeypatch):
    with office.engine.store.read() as uow:
        found = uow.link.connection.exec_driver_sql("SELECT code_hash FROM public_receipts ORDER BY id")
        receipts = [row[0] for row in found]
    letter = {"template": "notice", "data": {"subject": "意见", "text": "内容"}}
    office.driver.start(
        "main",
        as_="admin",
        variables={"requests": [["Issue", {**letter, "tell": [{"receipt": receipts[0], "text": "回复见公文"}]}]]},
    )
    with office.engine.store.read() as uow:
        (note,) = [each for each in uow.receipts.notes(receipts[0]) if each.document_id is not None]

    monkeypatch.setattr(
        publicpages, "NOTICE", publicpages.NOTICE.replace("<p>{{ text }}</p>", "<p>更正：{{ text }}</p>")
    )
    publicpages.pack(office.root)
    office.driver.deploy("demo")
    admin = commands.Actor("admin", admin=True)
    new = reissuing.reissue(office.engine, note.document_id, admin, "模板有误")
    with office.engine.store.read() as uow:
        told, other = uow.receipts.notes(receipts[0]), uow.receipts.notes(receipts[1])
    assert (told[0].document_id, told[1].document_id) == (new.id, note.document_id)
    assert told[0].text == f"“{new.title}”已更正后重新制发，请以第2版为准。"
    assert [each.document_id for each in other] == [None]
    assert prove(office) == ([], 0)

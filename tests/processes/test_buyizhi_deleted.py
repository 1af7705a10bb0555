"""P000-15 after ten years: what a citizen wrote is nowhere any more; what was published and registered still is."""

from __future__ import annotations

import dataclasses
import hashlib
import json

import left_over
import pytest
import sqlalchemy as sa
import staff
from buyizhi_case import AGREE, CORRECTION, GROUP, INCONSISTENT, REPLY, REPORT, RETURN, review

from engine import errors, testing
from engine.actions import erasing, invariants, portal, proving, retention, search, taking_part, webhooks
from engine.jobs import notify
from engine.store import tables

NAME, CONTACT, SCAN = "端木晓芙", "朝阳巷甲字九十九号，13900139017", "只有端木家的人才知道的事"
SETTINGS = dataclasses.replace(
    staff.SETTINGS, smtp_host="127.0.0.1", smtp_sender="gongkai@office.test", webhook_private=True
)


@pytest.fixture
def office(tmp_path):
    """An office of which mails and a program are told, and which has corrected what a citizen found to be wrong."""
    settings = dataclasses.replace(SETTINGS, cleanup_archives=str(tmp_path / "archives"))
    (tmp_path / "data").mkdir()
    with testing.EngineDriver("shizhengwuban", directory=tmp_path / "data", settings=settings) as driver:
        webhooks.add(driver.engine, staff.ADMIN, "http://127.0.0.1:9/", ["*"])
        yield driver


def report(driver, name, contact):
    """Have a citizen report by the portal; return the code and the case."""
    given = {**REPORT, "reporter_name": name, "reporter_contact": contact}
    code = taking_part.start(driver.engine, "buyizhi", "Event_wangshang", given, page_key=f"{name}-{contact}").code
    driver.run()
    with driver.engine.store.read() as uow:
        return code, uow.receipts.find(hashlib.sha256(code.replace("-", "").encode()).hexdigest()).instance_id


def correct(driver, name, contact, scan):
    """Have a citizen report, the office correct and publish, and all who are to know be told; return code and case."""
    code, case = report(driver, name, contact)
    form = {**INCONSISTENT, "reply_to_reporter": True}
    driver.complete("核实反映的情况", as_="刘洋", form=form, case=case)
    # the letter of the citizen is attached first, then taken out: the table alone is published
    letter, table = (
        driver.upload(f"{title}.png", b"\x89PNG\r\n\x1a\n" + text.encode(), as_="张三")
        for title, text in (("来信", scan), ("对照表", "修订前后对照"))
    )
    driver.complete("修订完善信息", as_="张三", form={**CORRECTION, "attachments": [letter, table]}, case=case)
    driver.complete("审核修订的内容", as_="陈静", form=RETURN, case=case)
    driver.complete("修订完善信息", as_="张三", form={**CORRECTION, "attachments": [table]}, case=case)
    driver.complete("审核修订的内容", as_="陈静", form=AGREE, case=case)
    review(driver, driver.children(case)[-1])
    driver.complete("审定修订的内容", as_="周明", form=GROUP, case=case)
    reply = {**REPLY, "reply_text": f"{name}：所反映的情况属实"}
    driver.complete("答复反映人", as_="陈静", form=reply, case=case)
    assert driver.status(case) == "completed", driver.tasks(case)
    for user in driver.engine.packs.pack("shizhengwuban").info.users:
        staff.add(driver, user.id, user.name, roles=user.roles, email=f"{user.id}@office.test")
    while search.index_pending(driver.engine):
        pass
    for _ in range(3):
        driver.clock.advance(minutes=20)
        while notify.round_(driver.engine):
            pass
    return code, case


def rows(driver, name):
    with driver.engine.store.read() as uow:
        return uow.link.select(sa.select(tables.metadata.tables[name]))


def broken(driver):
    return {each.invariant.id for each in invariants.audit(driver.engine, staff.ADMIN).outcomes if each.violated}


def test_保存期满后个人信息无处可查_台账和公开的信息仍在(office, tmp_path):
    code, case = correct(office, NAME, CONTACT, SCAN)
    office.advance(days=3000)
    _, later = report(office, "欧阳远", "13700137000")
    assert left_over.in_tables(office, CONTACT) != []
    assert left_over.in_files(office.engine.blobs.root, SCAN) != []
    told = ("notices", "webhook_deliveries", "search_documents")
    assert {name for name in told if rows(office, name)} == set(told)
    office.advance(days=3660 - 3000)
    (due,) = retention.plan(office.engine, staff.ADMIN)
    assert (due.instance_id, due.kept, due.stays) == (case, "P10Y", ())
    (before,) = portal.listed(office.engine).items
    shown = portal.item(office.engine, before.id)
    assert [file.name for file in shown.attachments] == ["对照表.png"] and shown.intact

    violated = broken(office)

    outcomes = []
    assert erasing.run(office.engine, staff.ADMIN, worker="test", told=outcomes.append) == 1, outcomes

    for text in (NAME, CONTACT, "13900139017", SCAN):
        assert left_over.in_tables(office, text) == [], text
        assert left_over.in_files(tmp_path / "data", text) == [], text
    about = ("search_grams", "search_documents", "notices")
    assert {row.instance_id for name in about for row in rows(office, name)} <= {later}
    assert {json.loads(row.body)["data"]["instance"]["id"] for row in rows(office, "webhook_deliveries")} <= {later}
    found = proving.prove(office.engine, lambda _: None)
    assert (found.problems, found.flaws) == ((), ())
    with pytest.raises(errors.NotFound):
        taking_part.track(office.engine, code)
    assert broken(office) <= violated
    after = portal.item(office.engine, before.id)
    assert dataclasses.replace(after.publication, instance_id=case) == shown.publication
    assert (after.attachments, after.intact) == (shown.attachments, True)
    assert left_over.in_tables(office, "13700137000") and office.status(later) == "active"
    with office.engine.store.read() as uow:
        kept = {name: uow.records.entries("shizhengwuban", name) for name in ("fanying", "fabu", "xiuding")}
    assert {name: [each.instance_id for each in found] for name, found in kept.items()} == {
        "fanying": [None, later],
        "fabu": [None],
        "xiuding": [None],
    }

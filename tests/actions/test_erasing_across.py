"""What deleted cases have left elsewhere: with other cases, in letters, beside batches, in the pages of the database."""

from __future__ import annotations

import dataclasses
import sqlite3

import left_over
import packbuilder as p
import pytest
import recording
import snippets as s
import sqlalchemy as sa
import staff

from engine import errors
from engine.actions import batch_work, batches, erasing, files, proving, record_writing, transaction
from engine.model import batches as model_batches
from engine.model import commands, records
from engine.store import blanking, sealing, tables

SETTINGS = dataclasses.replace(staff.SETTINGS, cleanup_without_archive=True)
REGISTERS = "registers:\n" + recording.LEDGER
SAID = "{{ name }}住{{ place }}，{{ text }}"
FORMS = {
    "visit": p.schema(
        name=p.text(title="姓名", **{"x-private": True}),
        place=p.text(title="住址", **{"x-private": True}),
        scan={"type": "object", "title": "材料", "format": "file"},
    )
}


@pytest.fixture
def office(drive):
    """An office in which somebody says who they are, and a letter and records come of it."""
    main = p.line(
        s.user("register", name="登记", camunda_formKey="demo/visit"),
        s.service("write", camunda_topic="write"),
        ids=("register", "write"),
    )
    return drive(
        main=main,
        handlers=recording.HANDLERS,
        extra=REGISTERS,
        forms=FORMS,
        templates={"letter": recording.template("答复", "函", SAID, "答〔{year}〕{n}号")},
        settings=SETTINGS,
    )


def begin(driver, *requests):
    return driver.start("main", as_="admin", variables={"requests": list(requests)}).id


def end(driver, case, name="端木晓芙", place="朝阳巷", **more):
    scan = more or {"scan": driver.upload("材料.txt", f"事项{case}".encode(), as_="lisi")}
    driver.complete("登记", as_="lisi", form={"name": name, "place": place, **scan}, case=case)
    driver.run()
    assert driver.status(case) == "completed", driver.incidents(case)


def erase(driver, case):
    return erasing.on_demand(driver.engine, case, staff.ADMIN, "本人要求", archive=False, worker="test")


def sound(driver):
    found = proving.prove(driver.engine, lambda _: None)
    return [each.sentence() for each in (*found.problems, *found.flaws)]


def send_in(driver, case, code="0" * 64):
    """Have a case be one that somebody has sent in, with a receipt."""
    with transaction.begin(driver.engine, commands.SYSTEM) as tx:
        locked = tx.uow.instances.lock(case)
        receipt = tx.uow.receipts.add(code, records.Receipt(case, "Event_in", None, driver.now))
        tx.note(locked, "give-receipt", f"receipt/{receipt}", seal=sealing.receipt(tx.uow.link, receipt))
        tx.uow.flush()
    return code


def tell(driver, case, code):
    """Have a case tell somebody something who has sent in another one."""
    with transaction.begin(driver.engine, commands.SYSTEM) as tx:
        record_writing.tell(tx, tx.uow.instances.lock(case), [records.Tell(code, "已收到")])
        tx.uow.flush()


@pytest.mark.parametrize("first", ["teller", "sender"])
def test_what_one_case_told_the_sender_of_another_is_proven_whichever_is_deleted_first(office, first):
    sender = begin(office)
    teller = begin(office)
    tell(office, teller, send_in(office, sender))
    end(office, sender)
    end(office, teller)
    assert sound(office) == []

    erase(office, teller if first == "teller" else sender)
    assert sound(office) == []
    erase(office, sender if first == "teller" else teller)
    assert sound(office) == []


@pytest.mark.parametrize("name", ["O'Neil", '张"小"三', "王<五>&赵"])
def test_personal_data_is_taken_out_of_letters_however_it_is_written_there(office, name):
    case = begin(office, recording.issue("letter", "特此函复"))
    end(office, case, name=name)
    with office.engine.store.read() as uow:
        (letter,) = uow.records.documents_of(case)
    assert "住朝阳巷" in letter.html

    erase(office, case)

    with office.engine.store.read() as uow:
        left = uow.records.document(letter.id).html
    assert "（个人信息已删除）住（个人信息已删除），特此函复" in left
    assert sound(office) == []


def test_what_a_batch_said_of_a_case_goes_with_it(office, monkeypatch):
    case = begin(office)
    kept = begin(office)

    def broken(tx, target, given):
        raise ValueError("invalid literal: '端木晓芙'" if target == case else "of another")

    with monkeypatch.context() as patch:
        kinds = batch_work.batch_kinds.KINDS
        patch.setitem(kinds, "suspend", dataclasses.replace(kinds["suspend"], act=broken))
        batches.order(office.engine, "suspend", model_batches.Selection(ids=(case, kept)), staff.ADMIN)
        for _ in range(batch_work.MOST_ATTEMPTS):
            batch_work.go_on(office.engine)
            office.advance(minutes=11)
    end(office, case)

    assert "batch_items.sentence" in left_over.in_tables(office, "端木晓芙")

    erase(office, case)

    assert left_over.in_tables(office, "端木晓芙") == []
    assert left_over.in_tables(office, "of another") == ["batch_items.sentence"]


def test_a_case_is_deleted_though_what_it_left_in_the_pages_cannot_be_overwritten_yet(office, tmp_path):
    case = begin(office)
    end(office, case)
    if office.engine.store.dialect != "sqlite":
        return
    (file,) = (tmp_path / "database").glob("*.db")
    with sqlite3.connect(file) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM instances").fetchone()  # somebody who reads the old pages
        assert erase(office, case).deleted
        assert left_over.in_files(tmp_path / "database", "朝阳巷")
        other.rollback()
    other.close()
    assert erasing.clean_up(office.engine, "worker", lambda: True) == 0
    assert left_over.in_files(tmp_path / "database", "朝阳巷") == []


def test_a_scrub_that_fails_does_not_say_that_the_case_is_still_there(office, monkeypatch):
    case = begin(office)
    end(office, case)
    with monkeypatch.context() as patch:

        def full(_):
            raise errors.StoreError("磁盘已满")

        patch.setattr(type(office.engine.store), "scrub", full)
        assert erase(office, case).deleted
    with pytest.raises(errors.NotFound):
        erase(office, case)
    with office.engine.store.read() as uow:
        assert uow.link.select(sa.select(tables.instances.c.id)) == []


def test_a_name_is_taken_out_of_a_title_that_is_broken_within_it():
    page = "<h1>关于端木<br>晓芙申请的答复</h1><p>端木晓芙 O&#x27;N &amp; O&#39;N</p>"
    assert blanking.page(page, ["端木晓芙", "O'N"]) == (
        "<h1>关于（个人信息已删除）<br>申请的答复</h1><p>（个人信息已删除） （个人信息已删除） &amp; （个人信息已删除）</p>"
    )


def test_a_file_goes_with_its_case_though_it_was_sent_in_a_moment_ago_and_one_that_another_case_shows_stays(office):
    case, other = begin(office), begin(office)
    scan, shared = (office.upload(f"{text}.txt", text.encode(), as_="lisi") for text in ("只此一份", "两案共用"))
    end(office, case, scan=scan)
    end(office, other, scan=shared)
    third = begin(office)
    end(office, third, scan=shared)

    erase(office, case)
    erase(office, other)

    assert left_over.in_files(office.engine.blobs.root, "只此一份") == []
    assert left_over.in_files(office.engine.blobs.root, "两案共用") != []
    with pytest.raises(errors.NotFound):
        files.find(office.engine, scan["token"], office.user("lisi"))
    assert sound(office) == []

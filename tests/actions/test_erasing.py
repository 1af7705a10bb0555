"""Cases whose time is over are archived and deleted: nothing that tells of them is left, and the rest is still proven."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import itertools
import json
import os
import shutil
import signal
import threading

import click.testing
import left_over
import packbuilder as p
import pytest
import recording
import snippets as s
import sqlalchemy as sa
import staff

import cli
from engine import bootstrap, config, errors, testing
from engine.actions import (
    case_view,
    erasing,
    files,
    instances,
    linking,
    notices,
    proving,
    record_reading,
    reissuing,
    retention,
    webhooks,
    withdrawing,
)
from engine.jobs import notify
from engine.model import commands, events
from engine.model import retention as model
from engine.store import belonging, tables

PHONE, PLACE = "13900139017", "朝阳巷甲字九十九号"
ADMIN = commands.Actor("admin", admin=True)
REGISTERS = "registers:\n" + recording.register(
    "laifang",
    "来访登记",
    "来访〔{year}〕{n}号",
    "id: title, name: 事由",
    "id: contact, name: 联系方式, private: true",
    readers=["clerk"],
)
ALSO = "{{ phone }}，送{{ place }}。{{ text }}"
LETTER = recording.template("答复", "函", f"请拨打{ALSO}", "答〔{year}〕{n}号")
PAPER = recording.template("笔录", "笔录", f"请拨打{ALSO}")
FORMS = {
    "visit": p.schema(
        name=p.text(title="事由"),
        phone=p.text(title="电话", **{"x-private": True}),
        place=p.text(title="住址", **{"x-private": True}),
        scan={"type": "object", "title": "材料", "format": "file"},
    )
}
SETTINGS = dataclasses.replace(staff.SETTINGS, cleanup_without_archive=True)


def entry(title, register="laifang", **values):
    return recording.entry(title, register, **values)


def issue(template="letter"):
    return recording.issue(template, "特此函复")


@pytest.fixture
def office(drive):
    """An office whose cases are kept for a year; each calls another one."""
    write = s.service("write", camunda_topic="write")
    called = s.element(
        "callActivity", "call", s.extensions('<camunda:in variables="all"/>'), calledElement="below", name="会签"
    )
    main = p.line(
        s.user("register", name="登记", camunda_formKey="demo/visit"),
        called,
        write,
        ids=("register", "call", "write"),
        camunda_historyTimeToLive="P1Y",
    )
    below = p.line(s.service("write", camunda_topic="write"), ids=("write",), id="below")
    return drive(
        main=main,
        below=below,
        handlers=recording.HANDLERS,
        extra=REGISTERS + recording.LEDGER,
        forms=FORMS,
        templates={"letter": LETTER, "paper": PAPER},
        settings=SETTINGS,
    )


def visit(driver, *requests, phone=PHONE, place=PLACE, scan=None):
    """A case in which somebody's telephone and address are filled in, a file is sent in, and records are made."""
    case = driver.start("main", as_="admin", variables={"requests": list(requests)}).id
    given = scan or driver.upload("材料.txt", f"本人住在{place}".encode(), as_="lisi")
    form = {"name": "反映情况", "phone": phone, "place": place, "scan": given}
    driver.complete("登记", as_="lisi", form=form, case=case)
    driver.run()
    assert driver.status(case) == "completed", driver.incidents(case)
    return case


def clean(driver, **more):
    return erasing.run(driver.engine, ADMIN, worker="test", **more)


def sound(driver):
    found = proving.prove(driver.engine, lambda _: None)
    return [each.sentence() for each in (*found.problems, *found.flaws)]


def rows(driver, table):
    wanted = tables.metadata.tables[table]
    with driver.engine.store.read() as uow:
        return uow.link.select(sa.select(wanted).order_by(*wanted.primary_key))


def system(driver, action="erase-case"):
    audit = tables.metadata.tables["audit"].c
    with driver.engine.store.read() as uow:
        return uow.link.select(sa.select(audit.subject, audit.details).where(audit.chain == 0, audit.action == action))


def test_every_table_has_been_thought_of():
    assert belonging.unknown() == []
    assert set(belonging.LEFT) <= set(tables.metadata.tables)


def test_no_deletion_reads_a_table_from_end_to_end(office):
    if office.engine.store.dialect != "sqlite":
        return
    with office.engine.store.write() as uow:
        for name, statement in belonging.deletions():
            sql = uow.link._library.prepared(statement).sql
            plan = uow.link._cursor.execute(f"EXPLAIN QUERY PLAN {sql}", [1] * sql.count("?")).fetchall()
            assert not [row[3] for row in plan if row[3].startswith("SCAN ")], (name, plan)


def test_after_its_time_nothing_of_a_case_is_left_but_records_without_personal_data(office, tmp_path):
    requests = (entry("反映", contact=PHONE), entry("反映", "all"), issue(), issue("paper"), recording.announce("公告"))
    other, case = visit(office, phone="02188886666", place="和平路一号"), visit(office, *requests)
    office.advance(days=200)
    late = visit(office, entry("后来", contact="02100000000"), phone="02100000000", place="建设路二号")
    before = left_over.in_tables(office, PHONE)
    assert {"register_entries.values", "documents.html", "user_tasks.submission", "instances.variables"} <= set(before)
    assert sound(office) == []
    office.advance(days=200)

    assert clean(office) == 2

    for text in (PHONE, PLACE, "02188886666", "和平路一号"):
        assert left_over.in_tables(office, text) == []
        if office.engine.store.dialect == "sqlite":
            assert left_over.in_files(tmp_path / "database", text) == []
        assert left_over.in_files(office.engine.blobs.root, text) == []
    assert sound(office) == []
    assert [row.id for row in rows(office, "instances")] == [late, late + 1]
    assert left_over.in_tables(office, "02100000000") and left_over.in_tables(office, "建设路二号")
    # what the law wants kept stays, without what was personal: one of each, made by each of the two cases of a family
    assert [row.number for row in rows(office, "register_entries")] == [
        "来访〔2026〕1号", "1", "来访〔2026〕2号", "2", "来访〔2026〕3号", "来访〔2026〕4号"
    ]  # fmt: skip
    assert [row.values["contact"][:3] for row in rows(office, "register_entries") if "contact" in row.values] == [
        "（个人", "（个人", "021", "021"
    ]  # fmt: skip
    letters = [
        (row.number, "（个人信息已删除），送（个人信息已删除）。" in row.html) for row in rows(office, "documents")
    ]
    assert letters == [("答〔2026〕1号", True), ("答〔2026〕2号", True)]
    assert len(rows(office, "publications")) == 2
    assert sorted(row[0] for row in system(office)) == sorted(
        f"instance/{number}" for number in (case, case + 1, other, other + 1)
    )


def test_what_has_no_time_or_whose_time_is_not_over_stays(office):
    case = visit(office)
    free = office.start("below", as_="admin", variables={"requests": []}).id
    office.run()
    office.advance(days=364)
    assert (retention.plan(office.engine, ADMIN), clean(office)) == ([], 0)
    office.advance(days=2)
    (due,) = retention.plan(office.engine, ADMIN)
    assert (due.instance_id, due.kept, due.cases, due.stays) == (case, "P1Y", 2, ())
    assert due.until == due.ended_at.replace(year=due.ended_at.year + 1)
    assert clean(office) == 1
    assert [row.id for row in rows(office, "instances")] == [free]


@pytest.mark.parametrize(
    ("kept", "days"),
    [("30", 30), ("P30D", 30), ("P1M", 31), ("P1Y", 366), ("", None), ("PT", None), ("P9999999Y", None)],
)
def test_a_time_is_days_or_a_duration_on_the_calendar(kept, days):
    ended = datetime.datetime(2024, 1, 31, tzinfo=datetime.UTC)
    over = retention.until(ended, kept)
    assert over == (
        None
        if days is None
        else {"P1M": datetime.datetime(2024, 2, 29, tzinfo=datetime.UTC)}.get(
            kept, ended + datetime.timedelta(days=days)
        )
    )


def test_a_case_under_hold_stays_until_it_is_released_and_both_are_on_its_trail(office):
    case = visit(office)
    with pytest.raises(errors.Forbidden):
        retention.hold(office.engine, case, office.user("lisi"), "诉讼")
    with pytest.raises(errors.InvalidInput):
        retention.hold(office.engine, case, ADMIN, "  ")
    placed = retention.hold(office.engine, case + 1, ADMIN, "法院调卷")  # of one that it called: of the whole family
    assert (placed.instance_id, placed.reason) == (case, "法院调卷")
    with pytest.raises(errors.Conflict):
        retention.hold(office.engine, case, ADMIN, "再次")
    office.advance(days=400)
    (due,) = retention.plan(office.engine, ADMIN)
    assert [(each.obstacle, each.why) for each in due.stays] == [(model.Obstacle.HOLD, f"事项 {case} 已保全：法院调卷")]
    assert [each.instance_id for each in retention.holds(office.engine, ADMIN)] == [case]
    assert clean(office) == 0
    retention.release(office.engine, case, ADMIN, "案结")
    with pytest.raises(errors.Conflict):
        retention.release(office.engine, case, ADMIN, "案结")
    assert [each.action for each in office.audit(case)][-2:] == ["hold-case", "release-hold"]
    assert clean(office) == 1
    assert sound(office) == []


def test_a_case_stays_while_one_that_it_is_linked_with_is_open(office):
    case = visit(office)
    other = office.start("main", as_="admin", variables={"requests": []}).id
    linking.link(office.engine, case, other, ADMIN)
    office.advance(days=400)
    (due,) = retention.plan(office.engine, ADMIN)
    assert [(each.obstacle, each.why) for each in due.stays] == [(model.Obstacle.LINKED, f"关联事项 {other} 尚未办结")]
    assert clean(office) == 0
    instances.cancel(office.engine, other, "撤销", ADMIN)
    assert clean(office) == 1
    assert sound(office) == []


def test_mails_deliveries_and_repeated_answers_that_tell_of_a_case_go_with_it(office):
    mail = {"smtp_host": "127.0.0.1", "smtp_sender": "gongkai@office.test"}
    office.engine.settings = dataclasses.replace(SETTINGS, webhook_private=True, **mail)
    staff.add(office, "lisi", "李四", roles=["clerk"], email="lisi@office.test")
    webhooks.add(office.engine, ADMIN, "http://127.0.0.1:9/", ["*"])
    wanted = {events.NoticeKind.OFFERED: events.Choice(mail=events.MailChoice.NOW)}
    given = {"remind_before": None, "remind_overdue": False, "digest": events.DigestRhythm.OFF}
    notices.save_settings(office.engine, staff.acts(office, "lisi"), choices=wanted, **given)
    told = ("notices", "mails", "webhook_deliveries", "idempotency")
    cases = []
    for key in ("one", "two"):
        given = {"variables": {"requests": []}, "idempotency_key": key}
        cases.append(instances.start(office.engine, "main", ADMIN, **given).id)
        for _ in range(2):
            while notify.round_(office.engine):
                pass
            office.advance(minutes=15)
    instances.cancel(office.engine, cases[0], "撤销", ADMIN)
    while notify.round_(office.engine):
        pass
    before = {name: len(rows(office, name)) for name in told}
    assert (before["mails"], before["idempotency"]) == (2, 2) and min(before.values()) > 1
    office.advance(days=400)
    assert clean(office) == 1
    assert [row.result["instance_id"] for row in rows(office, "idempotency")] == [cases[1]]
    assert {row.instance_id for row in rows(office, "notices")} == {cases[1]}
    (mail,) = rows(office, "mails")
    assert f"/tasks/{rows(office, 'user_tasks')[0].id}" in str(mail.content)
    assert {json.loads(row.body)["data"]["instance"]["id"] for row in rows(office, "webhook_deliveries")} == {cases[1]}


def test_a_file_stays_while_another_case_or_a_publication_shows_it(office):
    scan = office.upload("材料.txt", "地址".encode(), as_="lisi")
    shown = office.upload("公告.txt", "公告全文".encode(), as_="lisi")
    visit(office, recording.announce("公告", attachments=[shown]), scan=scan)
    visit(office, scan=shown)
    office.advance(days=300)
    visit(office, scan=scan)
    office.advance(days=100)
    assert clean(office) == 2
    assert [row.token for row in rows(office, "files")] == [scan["token"], shown["token"]]
    office.advance(days=300)
    assert clean(office) == 1
    assert [row.token for row in rows(office, "files")] == [shown["token"]]
    assert files.sweep(office.engine) == 0
    assert sound(office) == []


def test_who_sees_all_cases_is_told_that_one_was_deleted_and_nobody_else(office):
    case = visit(office)
    office.advance(days=400)
    clean(office)
    with pytest.raises(errors.NotFound, match=r"已于 2027-\d\d-\d\d 删除（historyTimeToLive=P1Y）"):
        case_view.view(office.engine, case, ADMIN)
    for who, number in ((office.user("lisi"), case), (ADMIN, 999)):
        with pytest.raises(errors.NotFound, match="没有编号为"):
            case_view.view(office.engine, number, who)


def test_a_letter_of_a_deleted_case_is_read_by_those_who_see_all_cases_and_never_issued_anew(office):
    visit(office, issue())
    office.advance(days=400)
    clean(office)
    monitor = commands.Actor("dudao", monitor=True)
    assert record_reading.document(office.engine, 1, monitor).number == "答〔2026〕1号"
    with pytest.raises(errors.NotFound):
        record_reading.document(office.engine, 1, office.user("lisi"))
    with pytest.raises(errors.Conflict, match="已经删除"):
        reissuing.reissue(office.engine, 1, ADMIN, "更正")


def test_a_publication_of_a_deleted_case_is_still_withdrawn(office):
    visit(office, recording.announce("公告"))
    office.advance(days=400)
    clean(office)
    withdrawing.withdraw(office.engine, 1, ADMIN, "有误")
    assert sound(office) == []


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("UPDATE register_entries SET \"values\" = replace(\"values\", '反映', '改过') WHERE id = 1", "已被改动"),
        ("UPDATE documents SET html = '改过' WHERE id = 1", "已被改动"),
        ("UPDATE documents SET title = '改过' WHERE id = 1", "已被改动"),
        ("UPDATE publications SET content = '改过'", "已被改动"),
        ("DELETE FROM publications", "现在没有，已被删除"),
        ("DELETE FROM register_values WHERE entry_id = 2; DELETE FROM register_entries WHERE id = 2", "现在没有"),
        ("UPDATE erased_origins SET content = NULL WHERE kind = 'register' AND record_id = 1", "已被改动"),
        (
            "UPDATE erased_origins SET instance_id = 99 WHERE kind = 'document' AND record_id = 1",
            "没有这一事项的删除登记",
        ),
        ("DELETE FROM erased_origins WHERE kind = 'publication'", "不属于任何事项"),
        ("DELETE FROM audit WHERE chain = 0 AND action = 'erase-case'", "没有这一事项的删除登记"),
        ("DELETE FROM audit WHERE chain = 0 AND action = 'erase-case'", "但系统审计链中有启动记录"),
        ("UPDATE audit SET details = '{}' WHERE chain = 0 AND action = 'erase-case'", "内容与哈希值不符"),
    ],
)
def test_whoever_changes_what_is_left_is_found(office, sql, found):
    visit(office, entry("反映", contact=PHONE), issue(), recording.announce("公告"))
    office.advance(days=400)
    clean(office)
    assert sound(office) == []
    with office.engine.store.write() as uow:
        for each in sql.split("; "):
            uow.link.driver(each)
    assert any(found in each for each in sound(office)), sound(office)


@pytest.mark.parametrize(
    ("sql", "obstacle"),
    [
        ("UPDATE documents SET title = '改过' WHERE instance_id = :case", "公文"),
        ("UPDATE publications SET title = '改过' WHERE instance_id = :case", "公开信息"),
        ("DELETE FROM register_values; DELETE FROM register_entries WHERE instance_id = :case", "现在没有"),
    ],
)
def test_a_case_whose_records_were_changed_is_not_deleted(office, sql, obstacle):
    case = visit(office, entry("反映", contact=PHONE), issue(), recording.announce("公告"))
    office.advance(days=400)
    with office.engine.store.write() as uow:
        for each in sql.replace(":case", str(case)).split("; "):
            uow.link.driver(each)
    outcomes = []
    assert clean(office, told=outcomes.append) == 0
    (stay,) = outcomes[0].case.stays
    assert stay.obstacle is model.Obstacle.UNPROVEN and obstacle in stay.why
    assert office.case(case).id == case


def test_a_case_that_comes_back_after_its_deletion_is_found(office):
    case = visit(office)
    row = next(each for each in rows(office, "instances") if each.id == case)
    office.advance(days=400)
    clean(office)
    with office.engine.store.write() as uow:
        uow.link.change(sa.insert(tables.instances).values(**row._mapping))
    assert "已登记删除，但流程实例仍然存在" in "".join(sound(office))


def test_the_number_of_a_deleted_case_is_never_given_again(office):
    case = visit(office)
    office.advance(days=400)
    clean(office)
    assert office.start("below", as_="admin", variables={"requests": []}).id > case + 1


def test_a_worker_cleans_up_within_the_window_alone(office):
    visit(office), visit(office)
    office.advance(days=400)
    office.engine.settings = dataclasses.replace(SETTINGS, cleanup_window="22:00-06:00")
    for at, deleted in (("01T21:59", 0), ("01T22:00", 1), ("02T06:00", 0), ("03T05:59", 1)):
        office.clock.set(f"2027-05-{at}+08:00")
        # asked before the first case, before the second, and so on: it is stopped after one
        assert erasing.clean_up(office.engine, "w", iter([True, True, False]).__next__) == deleted


def test_what_another_worker_has_taken_is_left_to_it_until_its_time_is_over(office):
    case = visit(office)
    office.advance(days=400)
    now = office.now
    with office.engine.store.write() as uow:
        assert uow.retention.claim(case, "other", now, now + datetime.timedelta(minutes=30))
    outcomes = []
    assert clean(office, told=outcomes.append) == 0
    assert outcomes[0].case.stays[0].obstacle is model.Obstacle.BUSY
    office.advance(minutes=31)
    assert clean(office) == 1


def test_what_somebody_does_while_a_case_is_archived_has_it_stay(office, tmp_path, monkeypatch):
    case = visit(office)
    office.advance(days=400)
    office.engine.settings = dataclasses.replace(SETTINGS, cleanup_archives=str(tmp_path / "archives"))
    write = erasing.archiving.write

    def meanwhile(engine, instance_id, directory, actor):
        office.comment("还有一事", as_="admin", case=case)
        return write(engine, instance_id, directory, actor)

    with monkeypatch.context() as patch:
        patch.setattr(erasing.archiving, "write", meanwhile)
        outcomes = []
        assert clean(office, told=outcomes.append) == 0
        assert outcomes[0].case.stays[-1].obstacle is model.Obstacle.BUSY
    assert clean(office) == 1


def test_nothing_is_deleted_without_archive_unless_the_settings_say_so(office):
    visit(office)
    office.advance(days=400)
    office.engine.settings = config.Settings()
    with pytest.raises(errors.InvalidInput, match="GONGKAI_CLEANUP_ARCHIVES"):
        clean(office)
    with pytest.raises(errors.InvalidInput, match="CLEANUP_ARCHIVES"):
        config.Settings(cleanup_window="22:00-06:00")
    for wrong in ("22:00", "22:00-22:00", "24:00-06:00", "nachts"):
        with pytest.raises(errors.InvalidInput, match="CLEANUP_WINDOW"):
            config.Settings(cleanup_window=wrong, cleanup_without_archive=True)


def test_the_archive_package_is_written_before_and_its_fingerprint_is_on_the_trail(office, tmp_path):
    case = visit(office, entry("反映", contact=PHONE))
    office.advance(days=400)
    office.engine.settings = dataclasses.replace(SETTINGS, cleanup_archives=str(tmp_path / "archives"))
    outcomes = []
    assert clean(office, told=outcomes.append) == 1
    (package,) = (tmp_path / "archives").iterdir()
    assert outcomes[0].archive == str(package)
    (first, second) = retention.erasures(office.engine, ADMIN)
    assert (first.instance_id, first.root_id, first.archive) == (case, case, package.name)
    assert first.archive_sha256 == hashlib.sha256(package.read_bytes()).hexdigest() == second.archive_sha256
    assert all(first.archive_sha256 in row[1] and "historyTimeToLive=P1Y" in row[1] for row in system(office))


def test_an_ended_case_is_deleted_on_demand_before_its_time(office, tmp_path):
    open_case = office.start("main", as_="admin", variables={"requests": []}).id
    case = visit(office, entry("反映", contact=PHONE), recording.announce("公告"))

    def demand(instance_id, who=ADMIN, reason="本人要求删除（个人信息保护法第四十七条）", *, archive=False):
        return erasing.on_demand(office.engine, instance_id, who, reason, archive=archive, worker="test")

    for instance_id, more, kind, message in (
        (case, {"who": office.user("lisi")}, errors.Forbidden, "没有权限"),
        (case, {"reason": " "}, errors.InvalidInput, "理由"),
        (case, {"archive": True}, errors.InvalidInput, "GONGKAI_CLEANUP_ARCHIVES"),
        (case + 1, {}, errors.Conflict, f"由事项 {case} 调用"),
        (open_case, {}, errors.Conflict, "尚未办结"),
        (99, {}, errors.NotFound, "99"),
    ):
        with pytest.raises(kind, match=message):
            demand(instance_id, **more)
    retention.hold(office.engine, case, ADMIN, "诉讼")
    with pytest.raises(errors.Conflict, match="已保全：诉讼"):
        demand(case)
    retention.release(office.engine, case, ADMIN, "案结")
    assert demand(case).deleted
    assert left_over.in_tables(office, PHONE) == []
    assert sound(office) == []
    assert [each.ground for each in retention.erasures(office.engine, ADMIN)] == [
        "本人要求删除（个人信息保护法第四十七条）"
    ] * 2


def test_the_command_line_plans_holds_deletes_and_lists(office, tmp_path):
    case = visit(office, entry("反映", contact=PHONE))
    given = {
        "GONGKAI_PACKS": str(tmp_path / "packs"),
        "GONGKAI_DATABASE": office.engine.settings.database,
        "GONGKAI_FILES": str(office.engine.blobs.root),
        "GONGKAI_CLEANUP_ARCHIVES": str(tmp_path / "archives"),
    }

    def gongkai(*arguments):
        return click.testing.CliRunner().invoke(cli.main, [str(each) for each in arguments], env=given)

    assert "没有保存期满的事项" in gongkai("retention", "plan").output  # not yet, by the clock of the machine
    assert json.loads(gongkai("retention", "run", "--dry-run", "--json").output) == []
    assert json.loads(gongkai("retention", "run", "--json").output) == {"deleted": 0, "scrubbed": True, "cases": []}
    assert "已保全" in gongkai("instance", "hold", case, "--reason", "法院调卷").output
    assert "法院调卷" in gongkai("retention", "holds").output
    refused = gongkai("retention", "erase", case, "--reason", "本人要求")
    assert (refused.exit_code, "已保全：法院调卷" in refused.output) == (5, True)
    assert "已解除" in gongkai("instance", "release-hold", case, "--reason", "案结").output
    done = gongkai("retention", "erase", case, "--reason", "本人要求")
    assert (done.exit_code, f"已删除事项 {case}（共2件），归档包：" in done.output) == (0, True), done.output
    assert "本人要求" in gongkai("retention", "deleted").output
    verified = gongkai("audit", "verify")
    assert (verified.exit_code, "未发现改动、缺失或伪造" in verified.output) == (0, True), verified.output
    (package,) = (tmp_path / "archives").iterdir()
    assert json.loads(gongkai("retention", "deleted", "--json").output)[0]["archive"] == package.name


def test_two_workers_at_once_delete_every_case_once(office):
    cases = [visit(office) for _ in range(4)]
    office.advance(days=400)
    deleted = []
    threads = [
        threading.Thread(target=lambda name=name: deleted.append(erasing.run(office.engine, ADMIN, worker=name)))
        for name in ("one", "two")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(deleted) == len(cases)
    assert sound(office) == []
    assert rows(office, "instances") == []


def test_a_clean_up_that_is_killed_at_any_commit_goes_on(office, tmp_path):
    if office.engine.store.dialect != "sqlite":
        return
    visit(office, entry("反映", contact=PHONE), issue(), recording.announce("公告")), visit(office)
    office.advance(days=400)
    now, place = office.now, tmp_path / "database"
    office.close()
    for point in itertools.count(1):
        copy = tmp_path / f"copy-{point}"
        shutil.copytree(place, copy)
        settings = dataclasses.replace(
            office.engine.settings,
            database=f"sqlite:///{copy / office.engine.settings.files_directory.name.removesuffix('-files')}.db",
            cleanup_archives=str(copy / "archives"),
        )
        killed = killed_at(settings, now, point)
        with bootstrap.open_engine(settings, testing.FixedClock(now), shipped_packs=False) as engine:
            found = proving.prove(engine, lambda _: None)
            assert (found.problems, [each for each in found.flaws if each.kind != "file"]) == ((), []), point
            engine.clock.advance(minutes=31)
            erasing.run(engine, ADMIN, worker="next")
            found = proving.prove(engine, lambda _: None)
            assert (found.problems, found.flaws) == ((), ()), point
            with engine.store.read() as uow:
                assert uow.link.select(sa.select(tables.instances.c.id)) == []
        assert left_over.in_files(copy, PHONE, but=[copy / "archives"]) == [], point
        assert left_over.in_files(copy, PLACE, but=[copy / "archives"]) == [], point
        if not killed:
            break
    assert point > 4


def killed_at(settings, now, point):
    """Clean up in another process that kills itself at the n-th commit; tell whether it came to that."""
    child = os.fork()
    if child == 0:
        try:
            commits = itertools.count(1)

            def observe(sql):
                if sql == "COMMIT" and next(commits) == point:
                    os.kill(os.getpid(), signal.SIGKILL)

            opened = bootstrap.open_engine(settings, testing.FixedClock(now), shipped_packs=False)
            with opened as engine, engine.store.observed(observe):
                erasing.run(engine, ADMIN, worker="killed")
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)

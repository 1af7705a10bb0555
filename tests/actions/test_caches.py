"""What is kept in memory: read in whatever unit of work comes first, and never older than what was said of it."""

from __future__ import annotations

import threading

import packbuilder as p
import pytest
import snippets as s

from engine import testing
from engine.actions import deployments, hosting, people, record_reading, transaction
from engine.model import commands, definitions

ADMIN = commands.Actor("root", admin=True)
CLOSED = (
    "calendar:\n  - {date: 2026-03-10, working: false, document: 演政发1号, scope: city, proposer: 张三, approver: 李四,"
    " valid_from: 2026-01-01, counts_for_statutory: true}\n"
)
TUESDAY = testing.moment("2026-03-10 09:00").date()


def main(id="main"):
    return p.line(s.user("a"), ids=("a",), id=id)


def meanwhile(act, *arguments, **named):
    """Let another thread of the server do something, to its end."""
    failed = []

    def run():
        try:
            act(*arguments, **named)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert not failed


def looked(uow):
    """Have a unit of work see the database as it is now, and so to its end."""
    uow.users.all()
    return uow


def test_a_name_is_not_remembered_as_it_was_before_it_changed(drive):
    driver = drive(main=main())
    engine = driver.engine
    people.create_user(engine, ADMIN, "clerk", "张三", password="correct-horse-7")

    with engine.store.read() as uow:
        looked(uow)
        meanwhile(people.update_user, engine, ADMIN, "clerk", name="章三")
        # It has begun before, and sees the office as it was then: that is right for it, and for nobody else.
        assert engine.directory.within(uow).name("clerk") == "张三"

    assert people.directory(engine).name("clerk") == "章三"


def test_a_calendar_is_not_remembered_as_it_was_before_it_was_deployed(drive):
    driver = drive(main=main())
    engine = driver.engine
    p.write(engine.packs.roots[0], {}, extra=CLOSED)

    with engine.store.read() as uow:
        looked(uow)
        meanwhile(deployments.deploy, engine, "demo", ADMIN)
        assert engine.calendars.get(uow, "demo").is_workday(TUESDAY)

    with engine.store.read() as uow:
        assert not engine.calendars.get(uow, "demo").is_workday(TUESDAY)


def test_what_a_deployment_starts_counts_on_its_own_calendar_whatever_others_read_meanwhile(drive, monkeypatch):
    driver = drive(main=main())
    engine = driver.engine
    begin = s.element("startEvent", "start", s.timer("${workdays(1)}", "timeDate"), name="到期")
    timed = p.diagram(begin, s.user("a"), s.end(), s.path("start", "a", "end"), id="timed")
    p.write(engine.packs.roots[0], {"timed": timed}, extra=CLOSED)
    listen = deployments.listen

    def look():
        with engine.store.read() as uow:
            assert engine.calendars.get(uow, "demo").is_workday(TUESDAY)  # until it is deployed

    def listened(tx, definition):
        meanwhile(look)
        listen(tx, definition)

    monkeypatch.setattr(deployments, "listen", listened)
    driver.deploy("demo")

    with engine.store.read() as uow:
        assert uow.timers.next_due() == testing.moment("2026-03-11 23:59:59")
        assert not engine.calendars.get(uow, "demo").is_workday(TUESDAY)


def test_what_was_rolled_back_is_not_taken_for_what_is_deployed_under_its_number(drive):
    driver = drive(main=main(), roles={"clerk": "经办人"})
    engine = driver.engine
    home = "processes/demo/pack.yaml"
    content = next(each for each in engine.packs.pack("demo").resources if each.path == home).content
    wrong = definitions.Resource(
        home, definitions.ResourceKind.PACK, "0" * 64, content.replace("经办人".encode(), "误".encode())
    )
    lost = []

    def give_up():
        with transaction.begin(engine, ADMIN) as tx:
            lost.append(tx.uow.deployments.add("demo", "1" * 64, [wrong], deployed_at=tx.now, deployed_by="root").id)
            assert engine.directory.within(tx.uow).role_name("clerk") == "误"
            raise RuntimeError("given up")

    engine.directory.forget()
    with pytest.raises(RuntimeError, match="given up"):
        give_up()
    p.write(engine.packs.roots[0], {"main": main(), "other": main("other")}, roles={"clerk": "承办人"})
    report = deployments.deploy(engine, "demo", ADMIN)

    # SQLite gives the number once more, PostgreSQL the next one.
    assert report.deployment.id == (lost[0] if engine.store.dialect == "sqlite" else lost[0] + 1)
    assert people.directory(engine).role_name("clerk") == "承办人"


OFFICE = "office:\n  name: {name}\nregisters:\n  - {{id: book, name: 台账, readers: [{reader}], fields: [{{id: a, name: 甲}}]}}\n"


def test_what_a_pack_says_of_itself_is_that_of_its_last_deployment_also_when_no_process_changed(drive, tmp_path):
    roles = {"clerk": "经办人", "chief": "负责人"}
    driver = drive(main=main(), roles=roles, extra=OFFICE.format(name="旧称", reader="clerk"))
    engine, clerk = driver.engine, commands.Actor("zhangsan", frozenset({"clerk"}))
    assert hosting.hosts(engine).name == "旧称"
    assert [each.kept.register.id for each in record_reading.registers(engine, clerk)] == ["book"]

    p.write(tmp_path / "packs", {}, roles=roles, extra=OFFICE.format(name="新称", reader="chief"))
    report = driver.deploy("demo")

    assert [change.version for change in report.changes] == [1]
    assert hosting.hosts(engine).name == "新称"
    assert record_reading.registers(engine, clerk) == []


def test_who_publishes_is_never_asked_in_the_middle_of_a_unit_of_work(drive):
    driver = drive(main=main())
    held = hosting.Held()
    held.get(driver.engine)  # it is known; else it would be refused only where it happens to be stale
    with driver.engine.store.read(), pytest.raises(RuntimeError, match="do not nest"):
        held.get(driver.engine)

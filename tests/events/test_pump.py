"""The pump: several of them at once, and killed in the middle, tell everybody of everything once."""

from __future__ import annotations

import collections
import subprocess
import sys
import threading

import patience
import staff

from engine import bootstrap, jobs
from engine.actions import feed, instances, notices, user_tasks
from engine.jobs import notify
from engine.model import commands, events


def told(office, user_id: str) -> collections.Counter[str]:
    """Return how often somebody was told each thing."""
    page = notices.inbox(office.engine, commands.Actor(user_id), limit=1000)
    return collections.Counter(f"{notice.kind} {notice.event}" for notice in page.items)


def test_several_pumps_on_one_database_tell_everybody_once(open_office):
    office = open_office()
    who = staff.acts(office, "zhangsan")
    settings = office.engine.settings
    others = [bootstrap.open_engine(settings, office.clock, shipped_packs=False) for _ in range(2)]
    ended = threading.Event()

    def pump(engine) -> None:
        while not ended.is_set() or feed.follow(engine, limit=3):
            feed.follow(engine, limit=3)

    threads = [threading.Thread(target=pump, args=(engine,)) for engine in (office.engine, *others)]
    for thread in threads:
        thread.start()
    for number in range(30):
        case = instances.start(office.engine, "main", who)
        if number % 2:
            user_tasks.complete(office.engine, office.task("起草", case).id, staff.acts(office, "lisi"))
    ended.set()
    for thread in threads:
        thread.join(60)
    for engine in others:
        engine.close()

    counts, others_counts = told(office, "zhangsan"), told(office, "lisi")
    assert set(counts.values()) == set(others_counts.values()) == {1}
    ends = [each for each in counts if each.startswith("case-ended")]
    offers = [each for each in others_counts if each.startswith("task-offered")]
    assert len(ends) == 15
    assert len(offers) >= 15, "those that were done before anybody looked need not be told"
    assert feed.lag(office.engine) is None


KILLED = """
import os, pathlib, sys
from engine import bootstrap, config, testing
from engine.actions import feed
from engine.store import feeds

feeds.Feeds.save = lambda *_: os._exit(9)  # everything is written, nothing is committed
settings = config.Settings(database=sys.argv[1], packs=(pathlib.Path(sys.argv[2]),))
with bootstrap.open_engine(settings, testing.FixedClock(sys.argv[3]), shipped_packs=False) as engine:
    feed.follow(engine)
"""


def test_a_process_that_is_killed_in_the_middle_leaves_it_to_the_next_one(open_office, tmp_path):
    office = open_office()
    for _ in range(3):
        instances.start(office.engine, "main", staff.acts(office, "zhangsan"))
    arguments = [office.engine.settings.database, str(tmp_path / "packs"), office.now.isoformat()]
    died = subprocess.run([sys.executable, "-c", KILLED, *arguments], timeout=60, check=False)
    assert died.returncode == 9
    assert told(office, "lisi") == {}
    assert feed.lag(office.engine) is not None

    office.run()
    assert set(told(office, "lisi").values()) == {1}
    assert len(told(office, "lisi")) == 3


def test_a_worker_tells_people_while_it_works(open_office, mail_server, mail_settings):
    server = mail_server()
    office = open_office(mail_settings(server.port))
    lisi = commands.Actor("lisi")
    notices.save_settings(
        office.engine,
        lisi,
        choices={events.NoticeKind.OFFERED: events.Choice(mail=events.MailChoice.NOW)},
        remind_before=1,
        remind_overdue=True,
        digest=events.DigestRhythm.OFF,
    )
    with jobs.Worker(office.engine, poll=0.01) as worker:
        instances.start(office.engine, "main", staff.acts(office, "zhangsan"))
        patience.until(lambda: notices.unread(office.engine, lisi) == 1)
        office.clock.advance(minutes=2)
        patience.until(lambda: len(server.letters) == 1)
        assert worker.stop(5)
    assert notify.until_idle(office.engine) == 0


def test_a_failure_of_the_pump_keeps_no_case_from_going_on(open_office, monkeypatch, caplog):
    office = open_office()

    def fail(*_: object, **__: object) -> int:
        raise RuntimeError("no way")

    monkeypatch.setattr(notify, "round_", fail)
    with jobs.Worker(office.engine, poll=0.01):
        instances.start(office.engine, "main", staff.acts(office, "zhangsan"))
        patience.until(lambda: "could not go on with notices" in caplog.text)
        assert office.tasks(1)

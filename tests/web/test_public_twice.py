"""A form that is sent twice at the same moment is one thing sent in, with one code: both pages show it.

On PostgreSQL both are under way at once.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable

import publicpages
import pytest

from engine import bootstrap, config, jobs, testing
from engine.actions import deployments, instances, proving, taking_part
from engine.model import commands
from engine.store import queries

ADMIN = commands.Actor("admin", admin=True)


@pytest.fixture
def engine(url, tmp_path):
    root = publicpages.pack(tmp_path / "packs")
    settings = dataclasses.replace(config.Settings(), database=url, packs=(root,), files=str(tmp_path / "files"))
    with bootstrap.open_engine(settings, testing.FixedClock(), shipped_packs=False) as opened:
        for slug in opened.packs.slugs:
            deployments.deploy(opened, slug, ADMIN)
        yield opened


def publish(engine):
    """Publish something by a case of its own; return the case and the publication."""
    request = publicpages.announce("方案", until="2026-03-13T00:00:00+08:00")
    case = instances.start(engine, "main", ADMIN, variables={"requests": [request]})
    jobs.run_until_idle(engine)
    with engine.store.read() as uow:
        (found,) = uow.records.publications_of(case.id)
    return case.id, found.id


def at_once(
    engine, send: Callable[[], taking_part.Accepted], hold: int | None
) -> list[taking_part.Accepted | Exception]:
    """Send something twice while the database is held, so that both have begun before either can end."""
    answers: list[taking_part.Accepted | Exception] = []

    def run() -> None:
        try:
            answers.append(send())
        except Exception as error:
            answers.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    with engine.store.write() as uow:
        if hold is not None:
            uow.instances.lock(hold)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(0.3)  # what they can do, they have done by then
    for thread in threads:
        thread.join(30)
    return answers


def test_an_opinion_sent_twice_at_once_is_one_with_one_code(engine):
    case, publication = publish(engine)
    answers = at_once(
        engine, lambda: taking_part.submit(engine, publication, "opinion", {"opinion": "好"}, key="page"), case
    )
    assert answers[0] == answers[1], answers
    assert isinstance(answers[0], taking_part.Accepted)
    assert taking_part.track(engine, answers[0].code).about == "opinion"
    with engine.store.read() as uow:
        assert len([task for task in uow.user_tasks.of_instance(case) if task.element_id == "read"]) == 1
    proven = proving.prove(engine, lambda _: None)
    assert (proven.problems, proven.flaws, proven.unsealed) == ((), (), 0)


def test_a_report_sent_twice_at_once_starts_one_case(engine):
    answers = at_once(
        engine, lambda: taking_part.start(engine, "report", "reported", {"problem": "有误"}, page_key="page"), None
    )
    assert answers[0] == answers[1], answers
    assert isinstance(answers[0], taking_part.Accepted)
    with engine.store.read() as uow:
        assert len(queries.instances(uow, definition_key="report").items) == 1


def test_what_is_refused_is_refused_both_times(engine):
    _, publication = publish(engine)
    answers = at_once(engine, lambda: taking_part.submit(engine, publication, "opinion", {}, key="page"), None)
    assert [type(each).__name__ for each in answers] == ["InvalidForm", "InvalidForm"]

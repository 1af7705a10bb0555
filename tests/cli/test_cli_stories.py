"""Stories that packs tell: days and rows that only the case knows, and all of them played to where they end."""

from __future__ import annotations

import datetime

import pytest

from engine import bootstrap, config
from engine.actions import deployments
from engine.cli import stories, story_forms
from engine.model import commands, instances
from engine.store import queries, queries_public

BEGIN = datetime.date(2026, 12, 30)
KNOWN = {"speakers": [{"ticket": "S007", "name": "某某"}, {"ticket": "S002", "name": "某某"}], "place": "大厅"}


def fill(form):
    return story_forms.fill(form, BEGIN, lambda: KNOWN)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("@+3d", "2027-01-02"),
        ("@+0d 09:30", "2026-12-30T09:30:00+08:00"),
        ("@year", 2026),
        ("@year-1", 2025),
        ("@speakers.1.ticket", "S002"),
        ("@place", "大厅"),
        ("zwb@example.gov.cn", "zwb@example.gov.cn"),
        (5, 5),
        (None, None),
    ],
)
def test_a_form_of_a_story_names_days_and_what_the_case_knows(written, meant):
    assert fill({"field": [written]}) == {"field": [meant]}


def test_rows_of_a_form_are_completed_in_their_order_and_the_last_answer_serves_for_the_rest():
    form = fill({"speakers": {"rows": [{"present": True, "on": "@+1d"}]}})
    assert [row["ticket"] for row in form["speakers"]] == ["S007", "S002"]
    assert [row["on"] for row in form["speakers"]] == ["2026-12-31"] * 2
    form = fill({"speakers": {"rows": [{"answer": "decline"}, {"answer": "confirm"}, {"answer": "never"}]}})
    assert [row["answer"] for row in form["speakers"]] == ["decline", "confirm"]


def test_what_a_case_does_not_know_is_a_mistake_of_the_story():
    with pytest.raises(KeyError):
        fill({"by": "@observers.0.ticket"})


# After a long holiday, and in the night of a Sunday: a demonstration may begin at any time.
@pytest.mark.parametrize("today", ["2026-05-06T10:00", "2027-02-28T23:50"])
def test_all_stories_end_at_the_present_as_they_say(tmp_path, today):
    clock = stories.Clock(datetime.datetime.fromisoformat(f"{today}+08:00").astimezone(datetime.UTC))
    settings = config.Settings(database=f"sqlite:///{tmp_path / 'stories.db'}")
    store = bootstrap.open_store(settings)
    store.upgrade()
    store.dispose()
    with bootstrap.open_engine(settings, clock) as engine:
        deployments.deploy(engine, "shizhengwuban", commands.Actor("admin", admin=True))
        found = stories.find(engine.packs)
        played = [story.content["title"] for story in stories.play_together(engine, clock, found)]
        assert sorted(played) == sorted(story.content["title"] for story in found)
        with engine.store.read() as uow:
            cases = [row.instance for row in queries.instances(uow, limit=500).items]
            open_incidents = queries.incidents(uow, open_only=True).items
            linked = {case.id: uow.case_links.of_instance(case.id) for case in cases}
            matters = {
                frozenset(each.title for each in queries_public.of_matter(uow, case.id))
                for case in cases
                if linked[case.id]
            }
    assert open_incidents == ()
    # the notice, the hearing, the release and the conference of one decision
    assert sorted(len(others) for others in linked.values() if others) == [1, 2, 2, 3]
    assert len(matters) == 1 and len(*matters) >= 4
    begun = [case for case in cases if case.parent_id is None]
    left_open = [story for story in found if story.content.get("open")]
    assert sum(case.status is instances.InstanceStatus.ACTIVE for case in begun) == len(left_open)
    assert all(case.started_at <= clock.at for case in cases)

"""Random processes and random acts: nothing lost, nothing doubled, and saving between acts changes nothing."""

from __future__ import annotations

import collections
from typing import Any

import pytest
from play import Case
from random_acts import Player, play

from engine.bpmn import execution, record, state, workflow

SEEDS = range(240)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_token_is_lost_or_doubled(seed):
    case, made = play(seed)
    made.check(
        collections.Counter(
            v.element_id for v in case.visits if v.outcome == "completed" and v.element_type != "multiInstanceBody"
        )
    )
    every_visit_begins_once_and_ends_once(case)


def every_visit_begins_once_and_ends_once(case: Case) -> None:
    entered = collections.Counter(v.token for v in case.visits if not v.known)
    left = collections.Counter(v.token for v in case.visits if v.left_at)
    assert entered == left
    assert set(entered.values()) <= {1}


@pytest.mark.parametrize("seed", SEEDS[::3])
def test_a_case_cancelled_at_any_moment_leaves_nothing_open(seed):
    player = Player(seed)
    for _ in range(player.chance.randint(0, 20)):
        if not player.case.ended:
            player.act()
    if not player.case.ended:
        player.case.cancel()
    every_visit_begins_once_and_ends_once(player.case)


def test_what_is_seen_at_a_token_needs_no_running_instance(monkeypatch):
    seen = []

    def look(process, context, before):
        running = load(process, context, before)
        for number, token in running.tasks.items():
            seen.append(number)
            assert execution.variables_at(process, before, number) == running.visible(token)
        return running

    load = state.load
    monkeypatch.setattr(state, "load", look)
    for seed in SEEDS[::8]:
        play(seed)
    assert seen


@pytest.mark.parametrize("seed", SEEDS)
def test_an_uninterrupted_run_leaves_the_same_trace(seed, monkeypatch):
    saved, _ = play(seed)
    kept: dict[str, Any] = {}
    save, load = state.save, state.load

    def remember(running, before):
        kept["workflow"], kept["state"] = running, save(running, before)
        return kept["state"]

    def recall(process, context, found):
        assert found is kept["state"]
        running = kept["workflow"]
        running.context, running.record = context, record.Record(context.now)
        running.changed = running.variables_changed = False
        running.completing, running.overwritten = None, {}
        return running

    monkeypatch.setattr(state, "save", remember)
    monkeypatch.setattr(state, "load", recall)
    monkeypatch.setattr(workflow.ProcessWorkflow, "forget", lambda _: None)
    alive, _ = play(seed)
    assert alive.visits == saved.visits
    assert alive.state == saved.state
    monkeypatch.setattr(state, "load", load)
    assert alive.variables == saved.variables

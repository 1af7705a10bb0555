"""Random processes in which people go back: nothing lost, nothing doubled, and the case still comes to its end."""

from __future__ import annotations

import collections

import pytest
from random_returns import Returner

from engine.bpmn import ways

SEEDS = range(100)


@pytest.mark.parametrize("seed", SEEDS)
def test_going_back_loses_and_doubles_nothing(seed):
    _play(seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_going_back_over_everything_that_may_be_done_again_loses_and_doubles_nothing(seed, monkeypatch):
    monkeypatch.setattr(ways, "reaches_out", lambda spec: False)
    _play(seed)


def _play(seed: int) -> Returner:
    player = Returner(seed)
    player.to_the_end()
    player.made.check(player.counted())
    entered = collections.Counter(v.token for v in player.case.visits if not v.known)
    left = collections.Counter(v.token for v in player.case.visits if v.left_at)
    assert entered == left
    assert set(entered.values()) <= {1}
    return player


def test_these_processes_go_back_often_and_are_refused_often(monkeypatch):
    monkeypatch.setattr(ways, "reaches_out", lambda spec: False)
    played = [_play(seed) for seed in SEEDS[::4]]
    assert sum(player.returns for player in played) > 60
    assert sum(player.refusals for player in played) > 60

"""Random processes and random acts: nothing lost, nothing doubled, and saving between acts changes nothing."""

from __future__ import annotations

import collections
import random
from typing import Any

import pytest
from play import Case
from random_process import make

from engine.bpmn import execution, record, state, workflow

SEEDS = range(240)

#: An act is chosen among what is open; events that need not fire are chosen less often, and not without end.
MAX_ACTS = 400


def act(case: Case, optional: set[str], chance: random.Random) -> bool:
    """Do one random act; False when nothing is left to do."""
    choices = [(kind, token) for kind, rows in sorted(case.open.items()) for token in sorted(rows)]
    if not choices:
        return False
    must = [c for c in choices if case.open[c[0]][c[1]].element_id not in optional]
    kind, token = chance.choice(choices if chance.random() < 0.5 or not must else must)
    element = case.open[kind][token].element_id
    index = sorted(t for t, row in case.open[kind].items() if row.element_id == element).index(token)
    if kind in ("user_task", "job"):
        case._do(execution.complete, token, {f"v_{element}": case.steps})
    elif kind == "call":
        case.child(element, index=index)
    elif kind == "timer":
        case.now = max(case.now, case.open[kind][token].due)
        case._do(execution.fire_timer, token)
    else:
        assert kind == "subscription", f"{element}: {case.open[kind][token]}"
        case._do(execution.deliver, token, {})
    return True


def play(seed: int) -> tuple[Case, Any]:
    """Play a random process to its end."""
    made = make(seed)
    case = Case(made.data, {"count": 0}, decide=lambda name, seen: [])
    chance = random.Random(seed)
    acts = 0
    while not case.ended:
        acts += 1
        assert acts < MAX_ACTS, f"seed {seed} does not end; open: { {k: case.waiting(k) for k in case.open} }"
        assert act(case, made.optional if acts < 60 else set(), chance), f"seed {seed} is stuck: {case.state.tokens}"
    return case, made


@pytest.mark.parametrize("seed", SEEDS)
def test_no_token_is_lost_or_doubled(seed):
    case, made = play(seed)
    made.check(
        collections.Counter(
            v.element_id for v in case.visits if v.outcome == "completed" and v.element_type != "multiInstanceBody"
        )
    )
    entered = collections.Counter(v.token for v in case.visits if not v.known)
    left = collections.Counter(v.token for v in case.visits if v.left_at)
    assert entered == left, "every visit begins once and ends once"
    assert set(entered.values()) <= {1}


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
        return running

    monkeypatch.setattr(state, "save", remember)
    monkeypatch.setattr(state, "load", recall)
    monkeypatch.setattr(workflow.ProcessWorkflow, "forget", lambda _: None)
    alive, _ = play(seed)
    assert alive.visits == saved.visits
    assert alive.state == saved.state
    monkeypatch.setattr(state, "load", load)
    assert alive.variables == saved.variables

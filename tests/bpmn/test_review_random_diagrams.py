"""Any act at any moment on diagrams without discipline: never an exception, never a row and a state that disagree."""

from __future__ import annotations

import collections
import json
import random
from typing import Any

import pytest
import random_diagram
from play import Case

from engine.bpmn import execution, record, returning, state, workflow

SEEDS = range(120)
ACTS = 40

#: What may be done to what waits, with arguments; the last of each kind is done less often.
KINDS: dict[str, list[tuple[str, Any]]] = {
    "user_task": [
        ("complete", lambda chance: ({"f2": chance.random() < 0.5},)),
        ("complete", lambda chance: ({},)),
        ("throw_error", lambda chance: (chance.choice(["E1", "E2", "E3"]), "m", {})),
    ],
    "job": [
        ("complete", lambda chance: ({},)),
        ("fail", lambda chance: ("m",)),
        ("throw_error", lambda chance: (chance.choice(["E1", "E2", "E3"]), "m", {})),
    ],
    "call": [
        ("complete_call", lambda chance: ({"x": 1},)),
        ("escalate", lambda chance: (chance.choice(["X1", "X2"]), {})),
        ("fail", lambda chance: ("m",)),
        ("throw_error", lambda chance: (chance.choice(["E1", "E2"]), "m", {})),
    ],
    "timer": [("fire_timer", lambda chance: ())],
    "subscription": [("deliver", lambda chance: ({},))],
    "incident": [("retry", lambda chance: ())],
}


class Troublemaker:
    """Acts at random on a random diagram."""

    def __init__(self, seed: int, depth: int = 2) -> None:
        self.chance = random.Random(seed)
        self.case = Case(random_diagram.make(seed, depth), {"f1": False, "f2": True, "f3": False})
        self.done: collections.Counter[str] = collections.Counter()
        self.compare()

    def act(self) -> None:
        """Do something that may be done."""
        case, chance = self.case, self.chance
        choices = [(kind, token) for kind, rows in sorted(case.open.items()) for token in sorted(rows)]
        if case.open["incident"] and chance.random() < 0.7:
            choices = [choice for choice in choices if choice[0] != "incident"]
        if not choices or chance.random() < 0.15:
            case.set(**{chance.choice(random_diagram.FLAGS): chance.random() < 0.5})
        elif chance.random() < 0.02:
            case.set(missing=chance.choice(["PT1H", True, False]))
        else:
            self._at(*chance.choice(choices))
        self.compare()

    def _at(self, kind: str, token: int) -> None:
        case = self.case
        if kind == "user_task" and self.chance.random() < 0.3:
            targets = [each for each in returning.targets(case.process, case.state, token) if each.allowed]
            if targets:
                self.done["return_to"] += 1
                case._do(returning.return_to, token, self.chance.choice(targets).element_id)
                return
        name, arguments = self.chance.choice(KINDS[kind])
        self.done[name] += 1
        if name == "fire_timer":
            case.now = max(case.now, case.open[kind][token].due)
        if name == "fail":
            del case.open[kind][token]
        case._do(getattr(execution, name), token, *arguments(self.chance))

    def compare(self) -> None:
        """Check that rows and state tell the same, and that everything in the state has something to wait for."""
        read = json.loads(self.case.state.tokens)
        inside: dict[int, list[dict[str, Any]]] = collections.defaultdict(list)
        seen: set[int] = set()
        for number, parent, _, _, _, internal in read["tokens"]:
            assert number not in seen and number < read["next"] and (parent in seen or not parent)
            seen.add(number)
            inside[parent].append(internal)
        waits = {(kind, row[0]) for row in read["tokens"] for kind in row[5].get("waits", ())}
        assert waits == {(kind, token) for kind, opened in self.case.open.items() for token in opened}
        if not self.case.status.ended:
            for number, _, name, _, _, internal in read["tokens"]:
                holds = any(child.get("role") in (None, "arm") for child in inside[number])
                waits_itself = internal.get("waits") or "in" in internal or "condition" in internal
                assert holds or waits_itself, f"nothing will ever happen at {name}: {internal}"

    def finish(self) -> Case:
        """Act for a while, then cancel."""
        for _ in range(ACTS):
            if not self.case.ended:
                self.act()
        if not self.case.ended:
            self.case.cancel()
        return self.case


@pytest.fixture(autouse=True)
def short_patience(monkeypatch):
    """Stop endless loops of the diagrams early."""
    monkeypatch.setattr(workflow, "BUDGET", 150)


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_is_done_rows_and_state_agree_and_nothing_is_forgotten(seed):
    case = Troublemaker(seed).finish()
    entered = collections.Counter(v.token for v in case.visits if not v.known)
    left = collections.Counter(v.token for v in case.visits if v.left_at)
    assert entered == left
    assert set(entered.values()) <= {1}


@pytest.mark.parametrize("seed", SEEDS[::2])
def test_saving_and_loading_changes_nothing(seed, monkeypatch):
    saved = Troublemaker(seed).finish()
    kept: dict[str, Any] = {}
    save = state.save

    def remember(running, before):
        kept["workflow"], kept["state"] = running, save(running, before)
        return kept["state"]

    def recall(process, context, found):
        assert found is kept["state"]
        running = kept["workflow"]
        running.context, running.record = context, record.Record(context.now)
        running.changed = running.variables_changed = False
        running.completing, running.overwritten = None, {}
        running.budget = workflow.BUDGET
        return running

    monkeypatch.setattr(state, "save", remember)
    monkeypatch.setattr(state, "load", recall)
    monkeypatch.setattr(workflow.ProcessWorkflow, "forget", lambda _: None)
    alive = Troublemaker(seed).finish()
    assert alive.visits == saved.visits
    assert alive.state == saved.state

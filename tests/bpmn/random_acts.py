"""Random acts on a random process: whatever a case waits for is done, fails, is mended, is tried again."""

from __future__ import annotations

import json
import random
from typing import Any

from play import Case
from random_process import MENDED, RandomProcess, make

from engine.bpmn import execution

#: After so many acts events that need not fire do not, and what can fail does not: the case comes to its end.
LIVELY = 60
MAX_ACTS = 600


class Player:
    """Plays one random process, and checks after each act that the rows and the state tell the same."""

    def __init__(self, seed: int, parts: int = 4, depth: int = 6, *, people: bool = False) -> None:
        self.seed = seed
        self.chance = random.Random(seed)
        self.made: RandomProcess = make(seed, parts=parts, depth=depth, trouble=True, people=people)
        self.case = Case(self.made.data, {"count": 0, **self.made.variables}, decide=lambda name, seen: [])
        self.acts = 0

    def to_the_end(self) -> Player:
        """Act until the instance has ended."""
        while not self.case.ended:
            self.act()
        return self

    def act(self) -> None:
        """Do one random act."""
        case, lively = self.case, self.acts < LIVELY
        self.acts += 1
        waits = {kind: case.waiting(kind) for kind in case.open}
        assert self.acts < MAX_ACTS, f"seed {self.seed} does not end; open: {waits}"
        if lively and self.made.variables and self.chance.random() < 0.1:
            case.set(**{self.chance.choice(sorted(self.made.variables)): self.chance.random() < 0.5})
        choices = [(kind, token) for kind, rows in sorted(case.open.items()) for token in sorted(rows)]
        if not case.ended:
            assert choices, f"seed {self.seed} is stuck: {case.state.tokens}"
            must = [c for c in choices if case.open[c[0]][c[1]].element_id not in self.made.optional]
            kind, token = self.chance.choice(choices if (lively and self.chance.random() < 0.5) or not must else must)
            getattr(self, f"_{kind}")(token, lively)
        self._compare()

    def _do(self, act: Any, token: int, *arguments: Any) -> None:
        self.case._do(act, token, *arguments)

    def _user_task(self, token: int, lively: bool) -> None:
        self._complete("user_task", token)

    def _job(self, token: int, lively: bool) -> None:
        how = self.chance.random()
        if lively and how < 0.1:
            del self.case.open["job"][token]
            self._do(execution.fail, token, "连接失败")
        elif lively and how < 0.3:
            self._do(execution.throw_error, token, "E2", "m", {})
        else:
            self._complete("job", token)

    def _complete(self, kind: str, token: int) -> None:
        element = self.case.open[kind][token].element_id
        self._do(execution.complete, token, {f"v_{element}": self.case.steps})

    def _call(self, token: int, lively: bool) -> None:
        how = self.chance.random()
        if lively and how < 0.2:
            self._do(execution.throw_error, token, "E2", "m", {})
        elif lively and how < 0.3:
            self._do(execution.escalate, token, "X9", {})
        else:
            self._do(execution.complete_call, token, {"n": 1})

    def _timer(self, token: int, lively: bool) -> None:
        self.case.now = max(self.case.now, self.case.open["timer"][token].due)
        self._do(execution.fire_timer, token)

    def _subscription(self, token: int, lively: bool) -> None:
        self._do(execution.deliver, token, {})

    def _incident(self, token: int, lively: bool) -> None:
        if not lively or self.chance.random() < 0.6:
            self.case.set(**{f"mend_{self.case.open['incident'][token].element_id}": MENDED})
        self._do(execution.retry, token)

    def _compare(self) -> None:
        read = json.loads(self.case.state.tokens)
        waits = {(kind, row[0]) for row in read["tokens"] for kind in row[5].get("waits", ())}
        rows = {(kind, token) for kind, opened in self.case.open.items() for token in opened}
        assert waits == rows, f"seed {self.seed}: state and rows differ by {waits ^ rows}"
        assert all(row[0] < read["next"] for row in read["tokens"])


def play(seed: int) -> tuple[Case, RandomProcess]:
    """Play a random process to its end."""
    player = Player(seed).to_the_end()
    return player.case, player.made

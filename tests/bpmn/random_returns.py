"""Random acts with returns, and what the visits must count in the end when what was gone over again is left out.

What a return undoes is found here without asking the executor: all that was set off, directly or not, by the completion
of the task to which the case goes back. When the return is sound, that is what led from there to here, and nothing else.
"""

from __future__ import annotations

import collections
from typing import Any

from random_acts import LIVELY, Player

from engine.bpmn import execution, returning


class Returner(Player):
    """Plays a random process, and goes back now and then."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed, parts=4, depth=4, people=True)
        self.made.variables.clear()  # what a condition set off in the middle of nothing has no act to be undone with
        self.acted: int | None = None
        self.looked_at = 0
        #: For each act the act that brought about the token it was done to; None where nobody acted on a token.
        self.parents: list[int | None] = []
        self.born: dict[int, int] = {}
        self.completed: list[tuple[int, Any]] = []
        self.undone: set[int] = set()
        #: For each act the rounds that had been counted before it.
        self.counters: list[dict[str, int]] = []
        self.returns = self.refusals = 0
        self._note()

    def act(self) -> None:
        """Do one random act, or go back."""
        tasks = sorted(self.case.open["user_task"])
        if self.acts < LIVELY and tasks and self.chance.random() < 0.35:
            self._go_back(self.chance.choice(tasks))
        else:
            super().act()

    def _do(self, act: Any, token: int, *arguments: Any) -> None:
        if len(self.case.visits) > self.looked_at:
            self._note()  # what setting a variable set off
        self.acted = token
        seen = execution.variables_at(self.case.process, self.case.state, token)
        self.counters.append({name: seen[name] for name in self.made.counters.values() if name in seen})
        super()._do(act, token, *arguments)
        self._note()

    def _note(self) -> None:
        now = len(self.parents)
        if self.acted is None:
            self.counters.append({})
        self.parents.append(None if self.acted is None else self.born[self.acted])
        self.acted = None
        for visit in self.case.visits[self.looked_at :]:
            self.born.setdefault(visit.token, now)
            if visit.outcome == "completed" and visit.element_type != "multiInstanceBody":
                self.completed.append((now, visit))
        self.looked_at = len(self.case.visits)
        for rows in self.case.open.values():
            for token in rows:
                self.born.setdefault(token, now)

    def _go_back(self, token: int) -> None:
        case = self.case
        targets = returning.targets(case.process, case.state, token)
        self.refusals += sum(not target.allowed for target in targets)
        allowed = [target for target in targets if target.allowed]
        if not allowed:
            return
        self.acts += 1
        self.returns += 1
        target = self.chance.choice(allowed)
        counters = self._undo(target.token)
        before = set(case.open["user_task"])
        self._do(returning.return_to, token, target.element_id)
        self._compare()
        opened = [t for t, row in case.open["user_task"].items() if t not in before]
        waiting = [t for t, row in case.open["incident"].items() if row.element_id == target.element_id]
        assert len([t for t in opened if case.open["user_task"][t].element_id == target.element_id]) == 1 or waiting
        if counters:  # returning leaves variables as they are, also those that count the rounds of loops
            arguments = (case.process, case.context, case.state, counters, [*opened, *waiting][0])
            case._take(execution.set_variables(*arguments))
            self._note()

    def _undo(self, token: int) -> dict[str, int]:
        """Leave out what the completion of a task set off; return the rounds that had been counted before it."""
        origin = max(act for act, visit in self.completed if visit.token == token)
        caused = {origin}
        for act in range(origin + 1, len(self.parents)):
            if self.parents[act] in caused:
                caused.add(act)
        gone = {i for i, (act, _) in enumerate(self.completed) if act in caused} - self.undone
        self.undone |= gone
        written = {self.made.counters.get(self.completed[i][1].element_id) for i in gone}
        return {name: value for name, value in self.counters[origin].items() if name in written}

    def counted(self) -> collections.Counter[str]:
        """Return how often each element was completed, rounds that were gone over again counted once."""
        return collections.Counter(
            visit.element_id for i, (_, visit) in enumerate(self.completed) if i not in self.undone
        )

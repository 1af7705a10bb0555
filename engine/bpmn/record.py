"""What a run has done so far, on the way to becoming a Step."""

from __future__ import annotations

import dataclasses
import datetime
from typing import TYPE_CHECKING, Any

from engine.model import instances, steps

if TYPE_CHECKING:
    from engine.bpmn.token import Token


#: What a token may wait for.
KINDS = ("user_task", "job", "timer", "subscription", "call", "incident")


@dataclasses.dataclass(slots=True)
class Record:
    """Collects openings, closings and visits; what opens and closes within one run leaves no trace but its visit."""

    now: datetime.datetime
    opened: dict[str, dict[int, Any]] = dataclasses.field(default_factory=lambda: {kind: {} for kind in KINDS})
    moved: set[tuple[str, int]] = dataclasses.field(default_factory=set)
    closed: list[steps.Closed] = dataclasses.field(default_factory=list)
    messages: list[steps.MessageThrown] = dataclasses.field(default_factory=list)
    signals: list[steps.SignalThrown] = dataclasses.field(default_factory=list)
    escalations: list[steps.EscalationThrown] = dataclasses.field(default_factory=list)
    entered: dict[int, Token] = dataclasses.field(default_factory=dict)
    visits: list[steps.Visit] = dataclasses.field(default_factory=list)

    def open(self, kind: str, opened: Any, *, again: bool) -> None:
        """Note that a token waits; `again` tells that it did so already: its timer is moved."""
        if again and opened.token not in self.opened[kind]:
            self.moved.add((kind, opened.token))
        self.opened[kind][opened.token] = opened

    def close(self, kind: str, token: int, outcome: str) -> None:
        """Note that a wait is over; one opened in this run is simply forgotten."""
        if self.opened[kind].pop(token, None) is None or (kind, token) in self.moved:
            self.closed.append(steps.Closed(kind, token, outcome))

    def enter(self, token: Token) -> None:
        """Note that a token entered its element."""
        self.entered[token.id] = token

    def leave(self, token: Token, outcome: str) -> None:
        """Note that a token left its element, or was cancelled there."""
        known = self.entered.pop(token.id, None) is None
        self.visits.append(_visit(token, None if known else self.now, self.now, outcome, known))

    def enter_again(self, token: Token) -> None:
        """Note that a visit that was over goes on."""
        self.visits.append(_visit(token, None, None, None, True))

    def step(
        self, state: instances.InstanceState, status: instances.InstanceStatus, reopened: tuple[int, ...] = ()
    ) -> steps.Step:
        """Return everything as a Step."""
        user_tasks, jobs, timers, subscriptions, calls, incidents = (tuple(self.opened[k].values()) for k in KINDS)
        still_there = tuple(_visit(token, self.now, None, None, False) for token in self.entered.values())
        return steps.Step(
            state=state,
            status=status,
            user_tasks=user_tasks,
            jobs=jobs,
            timers=timers,
            subscriptions=subscriptions,
            calls=calls,
            incidents=incidents,
            closed=tuple(self.closed),
            messages=tuple(self.messages),
            signals=tuple(self.signals),
            escalations=tuple(self.escalations),
            visits=(*self.visits, *still_there),
            reopened=reopened,
        )


def _visit(
    token: Token,
    entered_at: datetime.datetime | None,
    left_at: datetime.datetime | None,
    outcome: str | None,
    known: bool,
) -> steps.Visit:
    spec = token.task_spec
    body = spec.loop is not None and "i" not in token.internal_data
    kind = "multiInstanceBody" if body else spec.type
    return steps.Visit(token.id, spec.name, kind, spec.title, entered_at, left_at, outcome, known)

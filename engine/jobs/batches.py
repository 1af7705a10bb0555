"""Batches in the background: a thread beside those that run jobs, so that neither waits for the other."""

from __future__ import annotations

from engine.actions import batch_work, context
from engine.jobs import repeating


class Batches(repeating.Repeating):
    """Does what there is of batches until it is stopped.

    Args:
        engine: The engine; any number of these, in any number of processes, share its batches.
        name: For logs.
        poll: Seconds between looks at the database when there is nothing to do.

    One that is killed loses nothing: what it had taken and not done is done by another one when its lease has run out.
    One that is stopped ends with the item under way, and gives the others back.
    """

    def __init__(self, engine: context.Engine, name: str, poll: float) -> None:
        super().__init__(f"{name}-batches", self._go_on, poll, f"worker {name} could not go on with batches")
        self._engine = engine

    def _go_on(self) -> int:
        return batch_work.go_on(self._engine, going=self.goes_on)

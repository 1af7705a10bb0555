"""What a case is called: its title, as its variables change, and its business key, when it starts without one."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

from engine import errors
from engine.actions import definition_cache
from engine.bpmn import naming
from engine.calendars import moments
from engine.model import steps
from engine.store import instances as stored

if TYPE_CHECKING:
    from engine.actions.transaction import Transaction


def retitle(tx: Transaction, locked: stored.LockedInstance, step: steps.Step) -> None:
    """Give a case the title that the variables of a step make; `UnitOfWork.record` writes it along with the state.

    While an expression of the title cannot be evaluated, the case keeps the title it has.
    """
    definition = tx.of(locked)
    if definition.process.case_title is None:
        return
    instance = locked.instance
    if instance.title is not None and step.state.variables == locked.state.variables:
        return
    functions = tx.context(locked).functions
    variables = json.loads(step.state.variables)
    title = naming.title(definition.process, variables, functions, instance.business_key)
    if title and title != instance.title:
        locked.instance = dataclasses.replace(instance, title=title)


def business_key(tx: Transaction, definition: definition_cache.Definition, wanted: str | None) -> str | None:
    """Return the business key of a case that starts: as wanted, or the next number where its process has a pattern.

    Where it has one, keys are official numbers, and each is given once: a number that somebody has taken by hand is
    passed over. It is taken within the transaction: a start that fails leaves no gap.

    Raises:
        errors.Conflict: Another case of the process has the number that is wanted.
    """
    process, instances = definition.process, tx.uow.instances
    if process.key_pattern is None:
        return wanted
    if wanted is not None:
        if instances.keyed(definition.row.key, wanted):
            raise errors.Conflict(f"编号“{wanted}”已由另一事项使用。不写编号的，由系统依次编号。")
        return wanted
    year = moments.local_day(tx.now).year
    series = naming.series(process, year)
    while True:
        number = naming.business_key(process, year, tx.uow.numbering.next(series))
        if not instances.keyed(definition.row.key, number):
            return number

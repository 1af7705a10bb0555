"""What a case is called: its title, as its variables change, and its business key, when it starts without one."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

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


def next_key(tx: Transaction, definition: definition_cache.Definition) -> str | None:
    """Return the business key of a case that starts without one: the next number, where its process has a pattern.

    The number is taken within the transaction: a start that fails leaves no gap.
    """
    process = definition.process
    if process.key_pattern is None:
        return None
    year = moments.local_day(tx.now).year
    return naming.business_key(process, year, tx.uow.numbering.next(naming.series(process, year)))

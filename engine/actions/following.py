"""What a case leads to: the procedures that its end names, for who may start them, and what goes along.

The property `leadsTo` of an end event is a template over the variables of the case that gives the key of a process,
several parted by commas, or nothing, such as ``${'release' if audience == 'society' else ''}``. The property `carries`
gives the first variables of a case that is started so, such as ``${dict(title=title, content=content)}``: nobody has to
type again, or can mistype, what was decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine import errors
from engine.actions import case_reading, catalogue, context, definition_cache, transaction
from engine.bpmn import execution, expressions, process
from engine.model import definitions, instances, views_catalogue
from engine.store import instances as stored

#: The property of what goes along.
CARRIED = "carries"


def of(engine: context.Engine, seen: case_reading.Reading) -> tuple[views_catalogue.Entry, ...]:
    """Return the ways to start what follows a case that has come to its end, as far as its reader may start them."""
    keys = _keys(seen)
    if not keys:
        return ()
    entries = (entry for shelf in catalogue.shelves(engine, seen.actor) for entry in shelf.entries)
    plain = definitions.StartKind.NONE
    return tuple(each for each in entries if each.key in keys and each.startable and each.kind is plain)


def carried(tx: transaction.Transaction, origin: stored.LockedInstance, key: str) -> dict[str, Any]:
    """Return what a case gives to one of a process that is started from it: nothing, unless its end leads there.

    Args:
        tx: The transaction.
        origin: The case.
        key: Id of the process that is started.
    """
    definition = tx.of(origin)
    given: dict[str, Any] = {}
    ends = _ends(definition, origin.instance, tx.uow.history.of_instance(origin.id))
    variables = execution.variables_at(definition.process, origin.state) if ends else {}
    for end in ends:
        if key in _named(end, variables):
            value = _value(end.get(CARRIED, ""), variables)
            given.update(value if isinstance(value, dict) else {})
    return given


def _keys(seen: case_reading.Reading) -> frozenset[str]:
    ends = _ends(seen.definition, seen.instance, seen.history)
    variables = seen.variables() if ends else {}
    return frozenset(key for end in ends for key in _named(end, variables))


def _ends(
    definition: definition_cache.Definition,
    instance: instances.ProcessInstance,
    history: Iterable[instances.HistoryEntry],
) -> list[Mapping[str, str]]:
    """Return the properties of the ends at which a completed case came to its end, of those that lead on."""
    if instance.status is not instances.InstanceStatus.COMPLETED:
        return []
    elements = definition.process.elements
    visited = dict.fromkeys(each.element_id for each in history if each.element_id in elements)
    return [elements[each].properties for each in visited if elements[each].properties.get(process.LEADS_TO)]


def _named(end: Mapping[str, str], variables: Mapping[str, Any]) -> Iterator[str]:
    keys = str(_value(end[process.LEADS_TO], variables) or "").split(",")
    return filter(None, map(str.strip, keys))


def _value(text: str, variables: Mapping[str, Any]) -> Any:
    """Return what a template comes to; None where the case does not have what it names."""
    try:
        return expressions.compile_template(text.strip()).evaluate(variables, {})
    except errors.EvaluationFailed:
        return None

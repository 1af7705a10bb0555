"""What a case leads to: the procedures that its end names, for who may start them (property `leadsTo` of an end event).

It is a template over the variables of the case that gives the key of a process, several parted by commas, or nothing,
such as ``${'release' if audience == 'society' else ''}``.
"""

from __future__ import annotations

from engine import errors
from engine.actions import case_reading, catalogue, context
from engine.bpmn import expressions
from engine.model import definitions, instances, views

#: The property that names them.
PROPERTY = "leadsTo"


def of(engine: context.Engine, seen: case_reading.Reading) -> tuple[views.Entry, ...]:
    """Return the ways to start what follows a case that has come to its end, as far as its reader may start them."""
    keys = _keys(seen)
    if not keys:
        return ()
    entries = (entry for shelf in catalogue.shelves(engine, seen.actor) for entry in shelf.entries)
    plain = definitions.StartKind.NONE
    return tuple(each for each in entries if each.key in keys and each.startable and each.kind is plain)


def _keys(seen: case_reading.Reading) -> frozenset[str]:
    if seen.instance.status is not instances.InstanceStatus.COMPLETED:
        return frozenset()
    elements = seen.definition.process.elements
    visited = dict.fromkeys(each.element_id for each in seen.history)
    written = [elements[each].properties.get(PROPERTY, "").strip() for each in visited if each in elements]
    variables = seen.variables() if any(written) else {}
    found: set[str] = set()
    for text in filter(None, written):
        try:
            value = expressions.compile_template(text).evaluate(variables, {})
        except errors.EvaluationFailed:
            continue
        found.update(each.strip() for each in str(value or "").split(","))
    return frozenset(found - {""})

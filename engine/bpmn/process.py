"""A process as it was read from a diagram: what others may know of it, and the specification SpiffWorkflow runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec

from engine import errors
from engine.bpmn import events, expressions
from engine.bpmn.elements import base, inclusive_gateway
from engine.bpmn.extensions import Extensions
from engine.model import definitions

#: The property of an end event that names the processes which follow.
LEADS_TO = "leadsTo"
#: The name of the root element: no XML id can be it.
ROOT = "(process)"


class ProcessSpec(BpmnProcessSpec):
    """The elements of one process, all scopes in one table; `start` is the process itself as a scope.

    Stock SpiffWorkflow adds elements named Start, End and EndJoin, and completes a process when one called End does.
    """

    def __init__(self, name: str, title: str, filename: str | None) -> None:
        super().__init__(name=name, description=title, filename=filename)
        self.task_specs.clear()
        self.start = base.ProcessRoot(self, ROOT, type="process", extensions=Extensions(), bpmn_name=title)
        self.start.content = base.Content()
        self.end = None

    def prepare(self) -> None:
        """Finish what needs the whole diagram: called once, when all flows are connected."""
        for element in self.elements:
            element.prepare()
        #: What running instances need not look for when the diagram has none of it.
        self.has_conditions = any(isinstance(getattr(e, "event", None), events.ConditionalEvent) for e in self.elements)
        self.joins_inclusively = any(isinstance(e, inclusive_gateway.InclusiveGateway) for e in self.elements)

    @property
    def elements(self) -> list[base.ElementSpec]:
        """All flow nodes in the order of the diagram, without the root."""
        return [spec for spec in self.task_specs.values() if spec is not self.start]


@dataclasses.dataclass(frozen=True, slots=True)
class Element:
    """What the rest of the platform may know of a flow node."""

    id: str
    type: str
    name: str
    lane: str | None = None
    clause: str | None = None
    form_key: str | None = None
    properties: Mapping[str, str] = dataclasses.field(default_factory=dict)
    documentation: str | None = None
    retry_cycle: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class SequenceFlow:
    """A way from one flow node to another, by their ids; `name` is its label."""

    id: str
    source: str
    target: str
    name: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Process:
    """One executable process, immutable: shared by all its instances and cached as long as one likes.

    `case_title` and `key_pattern` say what its cases are called (`engine.bpmn.naming`), `topic` what it is filed under,
    `returns` to which of its user tasks a case may be sent back. One that is not `offered` is called by others, and
    stands in no catalogue.
    """

    key: str
    name: str
    spec: ProcessSpec
    version_tag: str | None = None
    starter_groups: tuple[str, ...] = ()
    starter_users: tuple[str, ...] = ()
    offered: bool = True
    history_ttl: str | None = None
    lanes: tuple[str, ...] = ()
    starts: tuple[definitions.StartPoint, ...] = ()
    elements: Mapping[str, Element] = dataclasses.field(default_factory=dict)
    called_elements: frozenset[str] = frozenset()
    decision_refs: frozenset[str] = frozenset()
    form_keys: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    documentation: str | None = None
    flows: tuple[SequenceFlow, ...] = ()
    case_title: expressions.Template | None = None
    key_pattern: str | None = None
    topic: str = ""
    returns: str | None = None


def describe(spec: base.ElementSpec) -> Element:
    """Tell others what an element is."""
    return Element(
        id=spec.name,
        type=spec.type,
        name=spec.title,
        lane=spec.lane,
        clause=spec.properties.get("clause"),
        form_key=spec.extensions.attributes.get("formKey"),
        properties=dict(spec.properties),
        documentation=spec.documentation,
        retry_cycle=spec.extensions.retry_cycle,
    )


def led_to(text: str) -> frozenset[str]:
    """Return the ids of processes that a `leadsTo` writes out, also those among which a condition chooses.

    What is computed cannot be told, and what does not compile is told by the check of expressions: neither has any.
    """
    try:
        written = expressions.written_results(text.strip())
    except errors.InvalidExpression:
        return frozenset()
    return frozenset(key.strip() for keys in written for key in keys.split(",") if key.strip())


def start_point(spec: Any) -> definitions.StartPoint:
    """Tell others how a start event starts an instance."""
    return definitions.StartPoint(
        element_id=spec.name,
        kind=spec.event.start_kind,
        name=spec.event.start_name(),
        form_key=spec.extensions.attributes.get("formKey"),
        public=spec.properties.get("public") == "true",
    )


def collect(elements: Iterable[base.ElementSpec], attribute: str) -> frozenset[str]:
    """Collect the values of a vendor attribute."""
    return frozenset(value for e in elements if (value := e.extensions.attributes.get(attribute)) is not None)


def named(process: Process, parameter: str, topic: str) -> frozenset[str] | None:
    """Return what the elements of a process name by an input parameter, such as the template of a document.

    None when that is known only at run time: an expression, or a task of this topic that does not have the parameter.
    """
    found: set[str] = set()
    for element in process.spec.elements:
        values = [value for name, value in element.extensions.inputs if name == parameter]
        if not values and element.extensions.attributes.get("topic") == topic:
            return None
        for value in values:
            if not isinstance(value, expressions.Template) or "${" in value.source:
                return None
            found.add(value.source.strip())
    return frozenset(found)

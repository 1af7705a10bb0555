"""A diagram as the checks see it: scopes, nodes, flows and where each stands in the file.

The model is tolerant on purpose: it is built from any XML, however wrong, and never raises, so that a check can say
what is wrong.  References that lead nowhere are None; of two elements with one id the first counts.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator

from lxml import etree

from engine.bpmn.lint import markup, rules
from engine.model import definitions


@dataclasses.dataclass(slots=True, eq=False)
class Node:
    """A flow node with the flows that start and end at it."""

    element: etree._Element
    tag: str
    id: str
    scope: Scope
    incoming: list[Flow] = dataclasses.field(default_factory=list)
    outgoing: list[Flow] = dataclasses.field(default_factory=list)
    boundary: list[Node] = dataclasses.field(default_factory=list)

    @property
    def name(self) -> str:
        """The name, on one line; empty when there is none."""
        return markup.name_of(self.element) or ""

    @property
    def kind(self) -> str:
        """What the node is, in Chinese."""
        return markup.KINDS.get(self.tag, self.tag)

    @property
    def label(self) -> str:
        """What a reader calls the node: its name, or else its id."""
        return self.name or self.id

    @property
    def events(self) -> list[etree._Element]:
        """The event definitions written inside the node."""
        return [each for each in markup.bpmn_children(self.element) if markup.local(each).endswith("EventDefinition")]

    @property
    def event(self) -> str | None:
        """Kind of the only event definition (``timer``), ``none`` without one, None when there are several."""
        found = self.events
        if len(found) > 1:
            return None
        return markup.local(found[0]).removesuffix("EventDefinition") if found else "none"

    @property
    def triggered_by_event(self) -> bool:
        """Tell whether the node is an event subprocess."""
        return self.tag == "subProcess" and markup.truth(self.element, "triggeredByEvent")


@dataclasses.dataclass(slots=True, eq=False)
class Flow:
    """A sequence flow."""

    element: etree._Element
    id: str
    source: Node | None
    target: Node | None

    @property
    def condition(self) -> str | None:
        """The text of the condition; None when there is none or it is empty."""
        written = markup.child(self.element, "conditionExpression")
        return (markup.text_of(written) or None) if written is not None else None

    @property
    def default(self) -> bool:
        """Tell whether the source takes this flow when it takes no other."""
        return self.source is not None and bool(self.id) and self.source.element.get("default") == self.id

    @property
    def label(self) -> str:
        """What a reader calls the flow: its label, or else its id."""
        return markup.name_of(self.element) or self.id


@dataclasses.dataclass(slots=True, eq=False)
class Scope:
    """A process or a subprocess: something that holds nodes and flows."""

    element: etree._Element
    tag: str
    node: Node | None
    parent: Scope | None
    nodes: list[Node] = dataclasses.field(default_factory=list)
    flows: list[Flow] = dataclasses.field(default_factory=list)

    @property
    def process(self) -> Scope:
        """The process that this scope is or belongs to."""
        return self if self.parent is None else self.parent.process

    @property
    def kind(self) -> str:
        """What the scope is, in Chinese."""
        if self.node is not None and self.node.triggered_by_event:
            return "事件子流程"
        return markup.KINDS.get(self.tag, self.tag)


class Diagram:
    """One file, indexed.

    A process that says it is not executable, beside one that is, shows what a partner does: it is not deployed, and of
    its content nothing is demanded but ids and the XSD.
    """

    def __init__(self, root: etree._Element, filename: str) -> None:
        self.root = root
        self.filename = filename
        self.by_id: dict[str, etree._Element] = {}
        self.node_by_id: dict[str, Node] = {}
        self.scopes: list[Scope] = []
        for element in markup.elements(root):
            if identifier := element.get("id"):
                self.by_id.setdefault(identifier, element)
        self.processes = markup.bpmn_children(root, "process")
        self.drawn = _drawn_only(self.processes)
        for process in self.processes:
            self._scope(process, None, None)
        every = self.scopes
        self.scopes = [scope for scope in every if scope.process.element not in self.drawn]
        self.nodes = [node for scope in self.scopes for node in scope.nodes]
        for scope in every:
            self._connect(scope)
        self.flows = [flow for scope in self.scopes for flow in scope.flows]

    def considered(self) -> Iterator[etree._Element]:
        """Yield every element that is not part of a process that is drawn only."""
        for element in markup.elements(self.root):
            if not self.drawn or not any(above in self.drawn for above in (element, *element.iterancestors())):
                yield element

    @functools.cached_property
    def collaborations(self) -> list[etree._Element]:
        """The collaborations of the file: what holds pools and message flows."""
        return markup.bpmn_children(self.root, "collaboration")

    def resolve(self, reference: str | None) -> etree._Element | None:
        """Return the element that a reference (with or without a prefix) means."""
        return self.by_id.get(markup.plain(reference)) if reference else None

    def finding(
        self, rule: str, element: etree._Element | None, expected: str, found: str, severity: str | None = None
    ) -> definitions.Finding:
        """Make a finding: the line is the element's, the id and name those of what a reader would point at."""
        named = markup.owner(element) if element is not None else None
        return definitions.Finding(
            file=self.filename,
            rule=rule,
            expected=expected,
            found=found,
            element_id=named.get("id") if named is not None else None,
            element_name=markup.name_of(named) if named is not None else None,
            line=markup.line_of(element) if element is not None else None,
            severity=severity or rules.BY_ID[rule].severity,
        )

    def _scope(self, element: etree._Element, node: Node | None, parent: Scope | None) -> None:
        scope = Scope(element, markup.local(element), node, parent)
        self.scopes.append(scope)
        for inner in markup.bpmn_children(element):
            tag = markup.local(inner)
            if tag not in markup.FLOW_NODES:
                continue
            made = Node(inner, tag, inner.get("id", ""), scope)
            scope.nodes.append(made)
            if made.id:
                self.node_by_id.setdefault(made.id, made)
            if tag in markup.SUBPROCESSES:
                self._scope(inner, made, scope)

    def _connect(self, scope: Scope) -> None:
        for element in markup.bpmn_children(scope.element, "sequenceFlow"):
            source = self.node_by_id.get(markup.plain(element.get("sourceRef", "")))
            target = self.node_by_id.get(markup.plain(element.get("targetRef", "")))
            flow = Flow(element, element.get("id", ""), source, target)
            scope.flows.append(flow)
            if source is not None:
                source.outgoing.append(flow)
            if target is not None:
                target.incoming.append(flow)
        for node in scope.nodes:
            if node.tag == "boundaryEvent":
                host = self.node_by_id.get(markup.plain(node.element.get("attachedToRef", "")))
                if host is not None:
                    host.boundary.append(node)


def _drawn_only(processes: list[etree._Element]) -> list[etree._Element]:
    """Return the processes said not to be executable, when they stand beside one that is."""
    if not any(markup.truth(process, "isExecutable") for process in processes):
        return []
    return [each for each in processes if "isExecutable" in each.attrib and not markup.truth(each, "isExecutable")]

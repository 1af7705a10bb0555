"""Read a BPMN file into diagrams without coordinates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lxml import etree

from engine.bpmn.layout import groups, lanes, sizes, split
from engine.bpmn.layout.model import ARTIFACTS, HOSTS, BlackBox, Border, Diagram, Edge, Flow, Kind, Node, Pool, Scope

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"

TASKS = frozenset(
    f"{kind}Task" for kind in ("user", "manual", "service", "script", "send", "receive", "businessRule")
) | {"task", "callActivity"}
SUBPROCESSES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
GATEWAYS = frozenset(f"{kind}Gateway" for kind in ("exclusive", "parallel", "inclusive", "eventBased", "complex"))
EVENTS = frozenset({"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})
DATA = frozenset({"dataObjectReference", "dataStoreReference"})
_UNHAPPY = frozenset(
    f"{{{BPMN}}}{kind}EventDefinition" for kind in ("error", "terminate", "cancel", "escalation", "compensate")
)


def q(tag: str) -> str:
    """The tag with the namespace of BPMN."""
    return f"{{{BPMN}}}{tag}"


def local(element: etree._Element) -> str:
    """Local name of a BPMN element, empty for anything else."""
    tag = element.tag
    prefix = f"{{{BPMN}}}"
    return tag[len(prefix) :] if isinstance(tag, str) and tag.startswith(prefix) else ""


def diagrams(root: etree._Element) -> list[Diagram]:
    """The diagrams of a file: one of the collaboration, one of every process that is no pool of it."""
    processes = {p.get("id") or "": p for p in root.iterchildren(q("process"))}
    found: list[Diagram] = []
    drawn: dict[str, None] = {}
    collaboration = root.find(q("collaboration"))
    participants = [] if collaboration is None else list(collaboration.iterchildren(q("participant")))
    if collaboration is not None and participants and collaboration.get("id"):
        reader = _Reader(collaboration.get("id") or "")
        for participant in participants:
            process = processes.get(_name_of(participant.get("processRef")))
            if process is None or (process.get("id") or "") in drawn:
                reader.black_box(participant)
            else:
                drawn[process.get("id") or ""] = None
                reader.pool(process, participant)
        found.append(reader.finish([collaboration, *(processes[key] for key in drawn)]))
    for process_id, process in processes.items():
        if process_id and process_id not in drawn:
            reader = _Reader(process_id)
            reader.pool(process, None)
            found.append(reader.finish([process]))
    return found


def _name_of(reference: str | None) -> str:
    """The id in a reference, which may be a qualified name."""
    return (reference or "").strip().rpartition(":")[2]


class _Reader:
    """Collects one diagram; elements without an id cannot be drawn and are left out."""

    def __init__(self, plane: str) -> None:
        self.diagram = Diagram(plane, Scope(plane))
        self.root = self.diagram.root
        self.scopes: dict[str, Scope] = {plane: self.root}
        self.nodes: dict[str, Node] = {}
        self.links: list[Edge] = []
        self.defaults: set[str] = set()

    def black_box(self, participant: etree._Element) -> None:
        """A participant of which the file says nothing but the name."""
        if participant.get("id"):
            self.root.black_boxes.append(BlackBox(participant.get("id") or "", participant.get("name") or ""))

    def pool(self, process: etree._Element, participant: etree._Element | None) -> None:
        """A process, in its pool or by itself."""
        first = self.root.pools[-1].last + 1 if self.root.pools else 0
        tree, bands = lanes.read(process, first)
        source = process if participant is None else participant
        last = max([first, *(lane.last for lane in tree)])
        pool_id = None if participant is None else participant.get("id")
        self.root.pools.append(Pool(pool_id, source.get("name") or "", first, last, tuple(tree)))
        before = set(self.nodes)
        self._container(process, self.root)
        own = [node for key, node in self.nodes.items() if key not in before and node.scope == self.root.id]
        for node in lanes.settle(own, self.links, bands, first):
            self.nodes[node.id] = node

    def finish(self, owners: list[etree._Element]) -> Diagram:
        """Settle the artifacts and split the edges into the parts that single scopes lay out.

        ``owners`` are the collaboration, if there is one, and the processes of the diagram.
        """
        owner = owners[0]
        if local(owner) == "collaboration":
            self._artifacts(owner, self.root)
            for flow in owner.iterchildren(q("messageFlow")):
                self._link(flow, Flow.MESSAGE, _name_of(flow.get("sourceRef")), _name_of(flow.get("targetRef")))
        self._lost_hosts()
        self._move_notes()
        for node in self.nodes.values():
            self.scopes[node.scope].nodes[node.id] = node
        self._borders()
        split.edges(self.diagram, self.scopes, self.nodes, self.links)
        self.diagram.groups = groups.find(owners, self.nodes)
        return self.diagram

    def _container(self, container: etree._Element, scope: Scope) -> None:
        self.defaults |= {e.get("default") or "" for e in container.iterchildren()}
        for element in container.iterchildren():
            tag, key = local(element), element.get("id")
            if not key or key in self.nodes:
                continue
            node = _node(element, tag, key, scope.id)
            if node is not None:
                self.nodes[key] = node
                for kind in ("dataInputAssociation", "dataOutputAssociation"):
                    for data in element.iterchildren(q(kind)):
                        self._data(data, key)
            if node is not None and node.kind is Kind.SUBPROCESS:
                inner = Scope(key, [Pool(None, "", 0, 0)])
                for side in ("top", "bottom"):
                    inner.borders[f"{key}#{side}"] = Border(f"{key}#{side}", side == "top")
                self.scopes[key] = self.diagram.inner[key] = inner
                self._container(element, inner)
            elif tag == "sequenceFlow":
                self._link(element, Flow.SEQUENCE, element.get("sourceRef") or "", element.get("targetRef") or "")
        self._artifacts(container, scope)

    def _artifacts(self, container: etree._Element, scope: Scope) -> None:
        for element in container.iterchildren(q("textAnnotation")):
            key, content = element.get("id"), element.findtext(q("text")) or ""
            if key:
                width, height = sizes.note(content)
                self.nodes[key] = Node(key, "textAnnotation", Kind.NOTE, content, width, height, scope.id)
        for element in container.iterchildren(q("association")):
            self._link(
                element, Flow.ASSOCIATION, _name_of(element.get("sourceRef")), _name_of(element.get("targetRef"))
            )

    def _data(self, element: etree._Element, owner: str) -> None:
        if local(element) == "dataInputAssociation":
            for source in element.iterchildren(q("sourceRef")):
                self._link(element, Flow.DATA, _name_of(source.text), owner)
        else:
            self._link(element, Flow.DATA, owner, _name_of(element.findtext(q("targetRef"))))

    def _link(self, element: etree._Element, flow: Flow, source: str, target: str) -> None:
        key = element.get("id")
        if key and source and target and all(key != link.id for link in self.links):
            name = (element.get("name") or "").strip() if flow is not Flow.DATA else ""
            self.links.append(Edge(key, flow, source, target, name, key in self.defaults))

    def _lost_hosts(self) -> None:
        """A boundary event whose host is not there is drawn as any other event."""
        for key, node in self.nodes.items():
            host = self.nodes.get(node.host or "")
            if node.host and (host is None or host.scope != node.scope or host.kind not in HOSTS):
                self.nodes[key] = replace(node, host=None, kind=Kind.EVENT)

    def _move_notes(self) -> None:
        """Artifacts stand in the band, and annotations in the scope, of what they are connected with."""
        flows = {link.id: link.source for link in self.links}
        for key, node in list(self.nodes.items()):
            if node.kind not in ARTIFACTS:
                continue
            partners = list(self._partners(key, flows))
            same = [p for p in partners if p.scope == node.scope]
            scopes = {p.scope for p in partners}
            if same:
                self.nodes[key] = replace(node, band=same[0].band)
            elif len(scopes) == 1 and node.kind is Kind.NOTE:
                self.nodes[key] = replace(node, scope=partners[0].scope, band=partners[0].band)

    def _partners(self, key: str, flows: dict[str, str]) -> Iterator[Node]:
        for link in self.links:
            if key in (link.source, link.target):
                other = link.target if link.source == key else link.source
                node = self.nodes.get(other) or self.nodes.get(flows.get(other, ""))
                if node is not None and node.kind not in ARTIFACTS:
                    yield node

    def _borders(self) -> None:
        """Black-box pools go to the side of the lanes that they talk with."""
        middle = self.root.bands / 2
        for box in self.root.black_boxes:
            bands = [band + 0.5 for link in self.links for band in self._talks(link, box.id)]
            above = bool(bands) and sum(bands) / len(bands) < middle
            self.root.borders[box.id] = Border(box.id, above)
        for index, pool in enumerate(self.root.pools):
            for side in ("top", "bottom") if pool.id else ():
                self.root.borders[f"{pool.id}#{side}"] = Border(f"{pool.id}#{side}", side == "top", index)

    def _talks(self, link: Edge, box: str) -> Iterator[int]:
        if box in (link.source, link.target):
            other = self.nodes.get(link.target if link.source == box else link.source)
            while other is not None and other.scope != self.root.id:
                other = self.nodes[other.scope]
            if other is not None:
                yield other.band


def _node(element: etree._Element, tag: str, key: str, scope: str) -> Node | None:
    name = (element.get("name") or "").strip()
    if tag in SUBPROCESSES and any(local(child) in TASKS | EVENTS | GATEWAYS | SUBPROCESSES for child in element):
        driven = element.get("triggeredByEvent") == "true"
        return Node(key, tag, Kind.SUBPROCESS, name, 0, 0, scope, event_driven=driven)
    if tag in TASKS | SUBPROCESSES:
        return Node(key, tag, Kind.TASK, name, *sizes.task(name), scope)
    if tag in GATEWAYS:
        return Node(key, tag, Kind.GATEWAY, name, sizes.GATEWAY, sizes.GATEWAY, scope)
    if tag in EVENTS:
        host = element.get("attachedToRef") if tag == "boundaryEvent" else None
        kind = Kind.BOUNDARY if host else Kind.EVENT
        happy = not any(child.tag in _UNHAPPY for child in element)
        return Node(key, tag, kind, name, sizes.EVENT, sizes.EVENT, scope, host=host, happy_end=happy)
    if tag in DATA:
        width, height = sizes.DATA_OBJECT if tag == "dataObjectReference" else sizes.DATA_STORE
        return Node(key, tag, Kind.DATA, name, width, height, scope)
    return None

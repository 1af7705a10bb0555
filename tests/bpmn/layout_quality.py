"""Measures of a laid out diagram, read from the file alone, and random files to measure.

Nothing here uses the layout engine except its idea of how wide text is.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field, fields
from xml.sax.saxutils import quoteattr

from lxml import etree

from engine.bpmn.layout import text

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
NS = {
    "b": BPMN,
    "i": "http://www.omg.org/spec/BPMN/20100524/DI",
    "c": "http://www.omg.org/spec/DD/20100524/DC",
    "d": "http://www.omg.org/spec/DD/20100524/DI",
}
EDGES = ("sequenceFlow", "messageFlow", "association", "dataInputAssociation", "dataOutputAssociation")
NODES = {
    "task",
    "userTask",
    "manualTask",
    "serviceTask",
    "scriptTask",
    "sendTask",
    "receiveTask",
    "businessRuleTask",
    "callActivity",
    "subProcess",
    "transaction",
    "adHocSubProcess",
    "exclusiveGateway",
    "parallelGateway",
    "inclusiveGateway",
    "eventBasedGateway",
    "complexGateway",
    "startEvent",
    "endEvent",
    "intermediateCatchEvent",
    "intermediateThrowEvent",
    "boundaryEvent",
    "dataObjectReference",
    "dataStoreReference",
    "textAnnotation",
}
LABELLED = ("Event", "Gateway", "Reference")

Rect = tuple[float, float, float, float]
Point = tuple[float, float]


@dataclass
class Quality:
    """Counts of what is wrong; the last ones are not wrong, but better when small."""

    missing: list[str] = field(default_factory=list)
    node_overlaps: list[str] = field(default_factory=list)
    through_node: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    slanted: list[str] = field(default_factory=list)
    loose_ends: list[str] = field(default_factory=list)
    covered_edges: list[str] = field(default_factory=list)
    label_on_node: list[str] = field(default_factory=list)
    label_on_label: list[str] = field(default_factory=list)
    label_struck: list[str] = field(default_factory=list)
    label_on_border: list[str] = field(default_factory=list)
    text_too_long: list[str] = field(default_factory=list)
    crossings: int = 0
    bends: int = 0
    edges: int = 0
    width: float = 0
    height: float = 0

    def faults(self) -> dict[str, list[str]]:
        """Everything that must never happen."""
        return {
            f.name: getattr(self, f.name)
            for f in fields(self)
            if isinstance(getattr(self, f.name), list) and getattr(self, f.name)
        }


class Picture:
    """The diagram interchange of a file beside its elements."""

    def __init__(self, data: bytes) -> None:
        self.root = etree.fromstring(data)
        self.elements = {e.get("id"): e for e in self.root.iter(f"{{{BPMN}}}*") if e.get("id")}
        self.shapes: dict[str, Rect] = {}
        self.labels: dict[str, Rect] = {}
        self.lines: dict[str, list[Point]] = {}
        for shape in self.root.iterfind(".//i:BPMNShape", NS):
            key = shape.get("bpmnElement")
            self.shapes[key] = _rect(shape.find("c:Bounds", NS))
            self._label(shape, key)
        for edge in self.root.iterfind(".//i:BPMNEdge", NS):
            key = edge.get("bpmnElement")
            self.lines[key] = [(float(w.get("x")), float(w.get("y"))) for w in edge.iterfind("d:waypoint", NS)]
            self._label(edge, key)

    def _label(self, holder: etree._Element, key: str) -> None:
        bounds = holder.find("i:BPMNLabel/c:Bounds", NS)
        if bounds is not None:
            self.labels[key] = _rect(bounds)

    def tag(self, key: str) -> str:
        return etree.QName(self.elements[key]).localname

    def ends(self, key: str) -> tuple[str, str]:
        element = self.elements[key]
        if self.tag(key) == "dataInputAssociation":
            return element.findtext("b:sourceRef", namespaces=NS), element.getparent().get("id")
        if self.tag(key) == "dataOutputAssociation":
            return element.getparent().get("id"), element.findtext("b:targetRef", namespaces=NS)
        return element.get("sourceRef"), element.get("targetRef")

    def around(self, key: str) -> set[str]:
        """Subprocesses that an element lies in."""
        found = set()
        parent = self.elements[key].getparent()
        while parent is not None:
            if parent.get("id") in self.shapes:
                found.add(parent.get("id"))
            parent = parent.getparent()
        return found

    def host(self, key: str) -> str | None:
        return self.elements[key].get("attachedToRef")


def _rect(bounds: etree._Element) -> Rect:
    x, y, w, h = (float(bounds.get(k)) for k in ("x", "y", "width", "height"))
    return x, y, x + w, y + h


def _meet(a: Rect, b: Rect, slack: float = 0.5) -> bool:
    return a[0] < b[2] - slack and b[0] < a[2] - slack and a[1] < b[3] - slack and b[1] < a[3] - slack


def _struck(box: Rect, a: Point, b: Point, slack: float = 0.5) -> bool:
    return (
        min(a[0], b[0]) < box[2] - slack
        and max(a[0], b[0]) > box[0] + slack
        and min(a[1], b[1]) < box[3] - slack
        and max(a[1], b[1]) > box[1] + slack
    )


def _pieces(line: list[Point]) -> list[tuple[Point, Point]]:
    return list(zip(line, line[1:], strict=False))


def measure(data: bytes) -> Quality:
    """Everything that can be measured of a file with diagram interchange."""
    picture = Picture(data)
    quality = Quality()
    nodes = {k: r for k, r in picture.shapes.items() if picture.tag(k) in NODES}
    frames = {k: r for k, r in picture.shapes.items() if picture.tag(k) in ("participant", "lane")}
    boxes = {
        k: r for k, r in frames.items() if picture.tag(k) == "participant" and not picture.elements[k].get("processRef")
    }
    _completeness(picture, quality)
    _overlaps(picture, nodes, boxes, quality)
    _lanes(picture, nodes, frames, quality)
    _lines(picture, nodes, boxes, quality)
    _crossings(picture, quality)
    _labels(picture, nodes, frames, quality)
    every = [*picture.shapes.values()]
    if every:
        quality.width = max(r[2] for r in every) - min(r[0] for r in every)
        quality.height = max(r[3] for r in every) - min(r[1] for r in every)
    return quality


def _completeness(picture: Picture, quality: Quality) -> None:
    for key, element in picture.elements.items():
        tag = picture.tag(key)
        if tag in NODES or tag in ("lane", "participant"):
            if key not in picture.shapes:
                quality.missing.append(key)
            elif element.get("name") and tag.endswith(LABELLED) and key not in picture.labels:
                quality.missing.append(f"label of {key}")
        elif tag in EDGES:
            if key not in picture.lines:
                quality.missing.append(key)
            elif element.get("name") and key not in picture.labels:
                quality.missing.append(f"label of {key}")


def _overlaps(picture: Picture, nodes: dict[str, Rect], boxes: dict[str, Rect], quality: Quality) -> None:
    for (a, r), (b, s) in itertools.combinations([*nodes.items(), *boxes.items()], 2):
        if picture.host(a) == b or picture.host(b) == a or b in picture.around(a) or a in picture.around(b):
            continue
        if _meet(r, s):
            quality.node_overlaps.append(f"{a} {b}")


def _inside(inner: Rect, outer: Rect) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and inner[2] <= outer[2] and inner[3] <= outer[3]


def _lanes(picture: Picture, nodes: dict[str, Rect], frames: dict[str, Rect], quality: Quality) -> None:
    lane_of = {}
    for lane in picture.root.iter(f"{{{BPMN}}}lane"):
        for reference in lane.iterfind("b:flowNodeRef", NS):
            lane_of[reference.text] = lane.get("id")
    pool_of = {p.get("processRef"): p.get("id") for p in picture.root.iter(f"{{{BPMN}}}participant")}
    for key, rect in nodes.items():
        parent = picture.elements[key].getparent().get("id")
        holders = [lane_of.get(key), pool_of.get(parent), parent if parent in nodes else None]
        for holder in holders:
            outer = picture.shapes.get(holder)
            if outer is not None and not _inside(rect, outer):
                quality.outside.append(f"{key} not in {holder}")


def _lines(picture: Picture, nodes: dict[str, Rect], boxes: dict[str, Rect], quality: Quality) -> None:
    for key, line in picture.lines.items():
        quality.edges += 1
        quality.bends += len(line) - 2
        ends = picture.ends(key)
        allowed = {*ends}
        for end in ends:
            if end in picture.elements and end not in picture.lines:
                allowed |= picture.around(end)
                allowed |= {picture.host(end), *(n for n in nodes if picture.host(n) == end and end == ends[0])}
        for a, b in _pieces(line):
            if abs(a[0] - b[0]) > 0.5 and abs(a[1] - b[1]) > 0.5:
                quality.slanted.append(key)
            for node, rect in (*nodes.items(), *boxes.items()):
                if node not in allowed and _struck(rect, a, b):
                    quality.through_node.append(f"{key} {node}")
        _own_ends(picture, key, line, ends, quality)


def _own_ends(picture: Picture, key: str, line: list[Point], ends: tuple[str, str], quality: Quality) -> None:
    """The line starts and ends at the outline of its nodes, and does not run through them."""
    for end, point, rest in ((ends[0], line[0], _pieces(line)[1:]), (ends[1], line[-1], _pieces(line)[:-1])):
        rect = picture.shapes.get(end)
        if rect is None:
            continue
        inside = rect[0] - 1 <= point[0] <= rect[2] + 1 and rect[1] - 1 <= point[1] <= rect[3] + 1
        if not inside:
            quality.loose_ends.append(f"{key} {end}")
        other = ends[1] if end == ends[0] else ends[0]
        nested = other in picture.elements and end in picture.around(other)
        if picture.tag(end) in NODES and not nested and any(_struck(rect, a, b, 2) for a, b in rest):
            quality.through_node.append(f"{key} {end}")


def _crossings(picture: Picture, quality: Quality) -> None:
    segments = [(key, a, b) for key, line in picture.lines.items() for a, b in _pieces(line)]
    for (e, a, b), (f, c, d) in itertools.combinations(segments, 2):
        if e == f:
            continue
        flat, other = a[1] == b[1], c[1] == d[1]
        if flat != other:
            (p, q), (u, v) = ((a, b), (c, d)) if flat else ((c, d), (a, b))
            x, y = u[0], p[1]
            if min(p[0], q[0]) + 1 < x < max(p[0], q[0]) - 1 and min(u[1], v[1]) + 1 < y < max(u[1], v[1]) - 1:
                quality.crossings += 1
            continue
        k, m = (1, 0) if flat else (0, 1)
        shared = min(max(a[m], b[m]), max(c[m], d[m])) - max(min(a[m], b[m]), min(c[m], d[m]))
        if abs(a[k] - c[k]) < 3 and shared > 3 and not _related(picture, e, f):
            quality.covered_edges.append(f"{e} {f}")


def _related(picture: Picture, e: str, f: str) -> bool:
    """Sequence flows of one source or target may share a piece, and so may the many data flows of one data object."""
    (a, b), (c, d) = picture.ends(e), picture.ends(f)
    if picture.tag(e).startswith("data") and picture.tag(f).startswith("data"):
        return bool({a, b} & {c, d})
    return picture.tag(e) == picture.tag(f) == "sequenceFlow" and (a == c or b == d)


def _labels(picture: Picture, nodes: dict[str, Rect], frames: dict[str, Rect], quality: Quality) -> None:
    labels = dict(picture.labels)
    for key, rect in nodes.items():
        if picture.tag(key) in ("subProcess", "transaction", "adHocSubProcess") and any(
            picture.elements[n].getparent() is picture.elements[key] for n in nodes
        ):
            block = text.wrap(picture.elements[key].get("name") or "", rect[2] - rect[0] - 10, text.INSIDE)
            middle = (rect[0] + rect[2]) / 2
            labels[f"{key} title"] = (
                middle - block.width / 2,
                rect[1] + 4,
                middle + block.width / 2,
                rect[1] + 4 + block.height,
            )
    for key, label in labels.items():
        own = key.removesuffix(" title")
        element = picture.elements[own]
        block = text.label(element.get("name") or "")
        if own == key and (label[2] - label[0] < block.width - 1 or label[3] - label[1] < block.height - 1):
            quality.text_too_long.append(key)
        around = picture.around(own) | {own}
        for node, rect in nodes.items():
            if node in around or (node == own and own == key):
                continue
            if _meet(label, rect, 1):
                quality.label_on_node.append(f"{key} {node}")
        if own == key and own in nodes and _meet(label, nodes[own], 1):
            quality.label_on_node.append(f"{key} itself")
        for other, line in picture.lines.items():
            if any(_struck(label, a, b) for a, b in _pieces(line)):
                quality.label_struck.append(f"{key} {other}")
        for frame, rect in (*frames.items(), *((k, nodes[k]) for k in around & set(nodes) - {own})):
            x1, y1, x2, y2 = rect
            sides = [((x1, y1), (x2, y1)), ((x1, y2), (x2, y2)), ((x1, y1), (x1, y2)), ((x2, y1), (x2, y2))]
            if any(_struck(label, a, b) for a, b in sides):
                quality.label_on_border.append(f"{key} {frame}")
    for (a, r), (b, s) in itertools.combinations(labels.items(), 2):
        if _meet(r, s, 1):
            quality.label_on_label.append(f"{a} {b}")
    for key, rect in frames.items():
        name = picture.elements[key].get("name") or ""
        upright = picture.elements[key].get("processRef") or picture.tag(key) == "lane"
        if upright and text.width(name, text.INSIDE) > 2 * (rect[3] - rect[1]):
            quality.text_too_long.append(key)


class RandomFile:
    """A random BPMN file with everything that the layout draws."""

    NAMES = (
        "审核",
        "登记申请",
        "填写公开申请单",
        "提出预审意见",
        "书面征求第三方意见",
        "公开公平公正遴选陈述人和旁听人",
    )
    ENDS = ("已公开", "不予受理", "视为放弃申请", "")
    FLOWS = ("是", "否", "同意公开", "退回并说明理由", "", "")

    def __init__(self, seed: int, size: int, lanes: int, rich: bool = True) -> None:
        self.random = random.Random(seed)
        self.rich, self.count = rich, 0
        self.collaboration: list[str] = []
        self.messages: list[str] = []
        self.tasks: list[str] = []
        self.data_objects: list[list[str]] = []
        processes = [self._process("p", size, lanes)]
        pools = 1 if not rich or self.random.random() < 0.6 else 2
        if pools == 2:
            processes.append(self._process("q", max(2, size // 3), self.random.choice((0, 2))))
        if lanes or pools == 2:
            self._participants(pools)
        self.data = self._file(processes)

    def _id(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def _file(self, processes: list[str]) -> bytes:
        body = "".join(processes)
        if self.collaboration:
            inside = "".join([*self.collaboration, *self.messages])
            body = f'<b:collaboration id="c">{inside}</b:collaboration>{body}'
        return f'<b:definitions xmlns:b="{BPMN}" id="d" targetNamespace="x">{body}</b:definitions>'.encode()

    def _participants(self, pools: int) -> None:
        for p in ("p", "q")[:pools]:
            self.collaboration.append(f'<b:participant id="pool_{p}" name="市政务办{p}" processRef="{p}"/>')
        if not self.rich:
            return
        boxes = [f"box{n}" for n in range(self.random.choice((0, 1, 1, 2)))]
        for box in boxes:
            self.collaboration.append(f'<b:participant id="{box}" name="社会公众"/>')
        partners = [*boxes, *(["other"] if pools == 2 else [])]
        for task in self.random.sample(self.tasks, min(len(self.tasks), 4 if partners else 0)):
            other = self.random.choice(partners)
            if other == "other":
                mine = task.startswith("p")
                others = [t for t in self.tasks if t.startswith("p") != mine]
                if not others:
                    continue
                other = self.random.choice(others)
            pair = (task, other) if self.random.random() < 0.5 else (other, task)
            name = self.random.choice(("听证公告", "登记申请", "遴选结果告知书", ""))
            self.messages.append(
                f'<b:messageFlow id="{self._id("m")}" name="{name}" sourceRef="{pair[0]}" targetRef="{pair[1]}"/>'
            )

    def _process(self, key: str, size: int, lanes: int) -> str:
        ids, xml = self._flow(key, size, depth=0)
        lane_of = {}
        current = 0
        for node in ids:
            if self.random.random() < 0.35:
                current = self.random.randrange(max(1, lanes))
            lane_of[node] = current
        parts = [
            f'<b:lane id="{key}_lane{n}" name="责任单位{n}">'
            + "".join(f"<b:flowNodeRef>{i}</b:flowNodeRef>" for i in ids if lane_of[i] == n)
            + "</b:lane>"
            for n in range(lanes)
        ]
        if self.rich and lanes > 2 and self.random.random() < 0.3:
            inner = "".join(parts[1:])
            outer = f'<b:lane id="{key}_outer" name="机关内部"><b:childLaneSet id="{key}_inner">{inner}</b:childLaneSet></b:lane>'
            parts[1:] = [outer]
        sets = "".join(parts)
        sets = f'<b:laneSet id="{key}_lanes">{sets}</b:laneSet>' if lanes else ""
        return f'<b:process id="{key}">{sets}{xml}</b:process>'

    def _flow(self, key: str, size: int, depth: int) -> tuple[list[str], str]:
        chance = self.random.random
        self.data_objects.append([])
        ids = [self._id(f"{key}_n") for _ in range(size)]
        kinds = [
            self.random.choice(["userTask"] * 6 + ["exclusiveGateway", "parallelGateway", "intermediateThrowEvent"])
            for _ in ids
        ]
        xml: list[str] = []
        flows: list[tuple[str, str, str]] = []
        start, end = self._id(f"{key}_s"), self._id(f"{key}_e")
        for node, kind in zip(ids, kinds, strict=True):
            xml.append(self._node(key, node, kind, depth))
        xml += [
            self._named("startEvent", start, "收到申请"),
            self._named("endEvent", end, self.random.choice(self.ENDS)),
        ]
        order = [start, *ids, end]
        flows += [(a, b, "") for a, b in zip(order, order[1:], strict=False)]
        for n, kind in enumerate(kinds, 1):
            if kind == "exclusiveGateway":
                forward = chance() < 0.7
                to = (
                    order[min(len(order) - 1, n + self.random.randint(2, 6))]
                    if forward
                    else order[max(1, n - self.random.randint(2, 5))]
                )
                flows.append((order[n], to, self.random.choice(self.FLOWS)))
            elif kind == "parallelGateway":
                extra = self._id(f"{key}_n")
                ids.append(extra)
                xml.append(self._node(key, extra, "userTask", 2))
                flows += [(order[n], extra, ""), (extra, order[min(len(order) - 1, n + self.random.randint(2, 5))], "")]
            elif kind == "userTask" and self.rich and chance() < 0.12:
                self._boundary(key, order[n], ids, xml, flows)
        flows = list({(a, b): (a, b, n) for a, b, n in flows if a != b and a != end and b != start}.values())
        flow_xml = [
            f'<b:sequenceFlow id="{self._id("f")}" name={quoteattr(name)} sourceRef="{a}" targetRef="{b}"/>'
            for a, b, name in flows
        ]
        if self.rich and depth == 0:
            flow_xml.append(self._artifacts(ids, [f'id="f{self.count}"']))
            if chance() < 0.25:
                node, inner = self._event_subprocess(key)
                ids.append(node)
                flow_xml.append(inner)
        flow_xml.append(self._named_data())
        return [start, *ids, end], "".join(xml + flow_xml)

    def _named(self, tag: str, key: str, name: str, more: str = "", inside: str = "") -> str:
        return f'<b:{tag} id="{key}" name={quoteattr(name)}{more}>{inside}</b:{tag}>'

    def _node(self, key: str, node: str, kind: str, depth: int) -> str:
        if kind != "userTask":
            return self._named(kind, node, self.random.choice(("", "是否属实？", "登记人数超过十人？")))
        if self.rich and depth < 2 and self.random.random() < 0.06:
            _, inner = self._flow(f"{key}{depth}", self.random.randint(1, 4), depth + 1)
            return self._named("subProcess", node, "征求意见", inside=inner)
        self.tasks.append(node)
        data = "".join(self._data(key) for _ in range(2) if self.rich and self.random.random() < 0.05)
        return self._named("userTask", node, self.random.choice(self.NAMES), inside=data)

    def _data(self, key: str) -> str:
        """An association with a data object of the same scope that exists already, or with a new one."""
        known = self.data_objects[-1]
        if not known or self.random.random() < 0.5:
            known.append(self._id(f"{key}_d"))
        data, link = self.random.choice(known), self._id("da")
        if self.random.random() < 0.5:
            return f'<b:dataOutputAssociation id="{link}"><b:targetRef>{data}</b:targetRef></b:dataOutputAssociation>'
        return f'<b:dataInputAssociation id="{link}"><b:sourceRef>{data}</b:sourceRef></b:dataInputAssociation>'

    def _named_data(self) -> str:
        kinds = ("dataObjectReference", "dataStoreReference")
        return "".join(self._named(self.random.choice(kinds), d, "公开申请单") for d in self.data_objects.pop())

    def _event_subprocess(self, key: str) -> tuple[str, str]:
        node = self._id(f"{key}_n")
        _, inner = self._flow(f"{key}x", self.random.randint(1, 3), 2)
        return node, self._named("subProcess", node, "撤回申请", ' triggeredByEvent="true"', inner)

    def _boundary(self, key: str, host: str, ids: list[str], xml: list[str], flows: list[tuple[str, str, str]]) -> None:
        event, handler = self._id(f"{key}_b"), self._id(f"{key}_n")
        ids.append(handler)
        name = self.random.choice(("五个工作日届满", "逾期", ""))
        xml.append(self._named("boundaryEvent", event, name, f' attachedToRef="{host}"', "<b:timerEventDefinition/>"))
        xml.append(self._node(key, handler, "userTask", 2))
        flows.append((event, handler, ""))
        if self.random.random() < 0.5:
            flows.append((handler, ids[-2 if len(ids) > 1 else -1], ""))

    def _artifacts(self, ids: list[str], flows: list[str]) -> str:
        """Annotations of nodes and, now and then, of a flow."""
        found = []
        targets = [*ids, *(flow.split('"')[1] for flow in flows)]
        for target in targets:
            if self.random.random() < 0.08:
                note = self._id("note")
                words = "不应公开的，须注明理由。" * self.random.randint(1, 3)
                found.append(f'<b:textAnnotation id="{note}"><b:text>{words}</b:text></b:textAnnotation>')
                found.append(f'<b:association id="{self._id("a")}" sourceRef="{target}" targetRef="{note}"/>')
        return "".join(found)

"""The measures see what they are there to see: each fault, made by hand, is found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import layout_quality
import pytest
from lxml import etree

from engine.bpmn import layout

NS = layout_quality.NS
FIXTURES = Path(__file__).parent / "layout_fixtures"


def laid_out(name: str) -> etree._Element:
    return etree.fromstring(layout.layout((FIXTURES / f"{name}.bpmn").read_bytes()))


def bounds(root: etree._Element, key: str, label: bool = False) -> etree._Element:
    path = "i:BPMNLabel/c:Bounds" if label else "c:Bounds"
    return root.find(f".//*[@bpmnElement='{key}']/{path}", NS)


def put(box: etree._Element, **values: float) -> None:
    for key, value in values.items():
        box.set(key, str(value))


def over(root: etree._Element, moved: etree._Element, key: str) -> None:
    target = bounds(root, key)
    put(moved, x=float(target.get("x")) + 4, y=float(target.get("y")) + 4)


def edge(root: etree._Element, source: str, target: str) -> str:
    return root.find(f".//b:sequenceFlow[@sourceRef='{source}'][@targetRef='{target}']", NS).get("id")


def waypoints(root: etree._Element, key: str) -> list[etree._Element]:
    return root.findall(f".//i:BPMNEdge[@bpmnElement='{key}']/d:waypoint", NS)


def node_on_node(root: etree._Element) -> None:
    over(root, bounds(root, "decide"), "check")


def node_out_of_its_lane(root: etree._Element) -> None:
    put(bounds(root, "check"), y=-400)


def edge_through_a_node(root: etree._Element) -> None:
    points = waypoints(root, edge(root, "s", "fill"))
    put(points[-1], x=float(bounds(root, "signed").get("x")) + 50)


def slanted_edge(root: etree._Element) -> None:
    put(waypoints(root, edge(root, "s", "fill"))[0], y=0)


def edge_that_ends_nowhere(root: etree._Element) -> None:
    put(waypoints(root, edge(root, "s", "fill"))[-1], x=float(bounds(root, "fill").get("x")) - 20)


def edge_on_another_edge(root: etree._Element) -> None:
    from_, to = waypoints(root, edge(root, "s", "fill")), waypoints(root, edge(root, "opinion", "decide"))
    for old in to[2:]:
        old.getparent().remove(old)
    put(to[0], x=float(from_[0].get("x")), y=float(from_[0].get("y")))
    put(to[1], x=float(from_[-1].get("x")), y=float(from_[-1].get("y")))


def label_on_a_node(root: etree._Element) -> None:
    over(root, bounds(root, "s", label=True), "fill")


def label_on_a_label(root: etree._Element) -> None:
    source, target = bounds(root, "true", label=True), bounds(root, "complete", label=True)
    put(source, x=float(target.get("x")), y=float(target.get("y")))


def label_under_an_edge(root: etree._Element) -> None:
    point = waypoints(root, edge(root, "back", "fill"))[1]
    put(bounds(root, "s", label=True), x=float(point.get("x")) + 300, y=float(point.get("y")) - 6)


def label_on_a_border(root: etree._Element) -> None:
    put(bounds(root, "s", label=True), y=float(bounds(root, "office").get("y")) - 6)


def label_too_small(root: etree._Element) -> None:
    put(bounds(root, "s", label=True), width=20)


def missing_shape(root: etree._Element) -> None:
    shape = bounds(root, "decide").getparent()
    shape.getparent().remove(shape)


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (node_on_node, "node_overlaps"),
        (node_out_of_its_lane, "outside"),
        (edge_through_a_node, "through_node"),
        (slanted_edge, "slanted"),
        (edge_that_ends_nowhere, "loose_ends"),
        (edge_on_another_edge, "covered_edges"),
        (label_on_a_node, "label_on_node"),
        (label_on_a_label, "label_on_label"),
        (label_under_an_edge, "label_struck"),
        (label_on_a_border, "label_on_border"),
        (label_too_small, "text_too_long"),
        (missing_shape, "missing"),
    ],
)
def test_a_damage_is_found(damage: Callable[[etree._Element], None], fault: str) -> None:
    root = laid_out("returns")
    damage(root)

    assert fault in layout_quality.measure(etree.tostring(root)).faults()


def test_crossings_are_counted() -> None:
    root = laid_out("returns")
    before = layout_quality.measure(etree.tostring(root)).crossings
    start, end = waypoints(root, edge(root, "s", "fill"))
    middle = (float(start.get("x")) + float(end.get("x"))) / 2
    crossing = waypoints(root, edge(root, "publish", "published"))
    for point, y in zip(crossing, (0, 900), strict=False):
        put(point, x=middle, y=y)
    for point in crossing[2:]:
        point.getparent().remove(point)

    assert layout_quality.measure(etree.tostring(root)).crossings > before

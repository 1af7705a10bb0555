"""Lanes: their tree, and the lane of every node."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from lxml import etree

from engine.bpmn.layout.model import Edge, Flow, Lane, Node

_BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"


def read(process: etree._Element, first: int) -> tuple[list[Lane], dict[str, int]]:
    """The lanes of a process, outer ones first, and the band of every node that a lane names.

    Args:
        process: The ``process`` element.
        first: Number of the band that the first innermost lane gets.
    """
    found: list[Lane] = []
    bands: dict[str, int] = {}

    def visit(holder: etree._Element, depth: int, band: int, kind: str) -> int:
        for lane_set in holder.iterchildren(_BPMN + kind):
            for lane in lane_set.iterchildren(_BPMN + "lane"):
                place = len(found)
                start = band
                band = visit(lane, depth + 1, band, "childLaneSet")
                inner = band > start
                band = band if inner else band + 1
                found.insert(place, Lane(lane.get("id") or "", lane.get("name") or "", depth, start, band - 1))
                for reference in lane.iterchildren(_BPMN + "flowNodeRef"):
                    bands.setdefault((reference.text or "").strip(), start)
        return band

    visit(process, 0, first, "laneSet")
    return found, bands


def settle(nodes: list[Node], links: Iterable[Edge], bands: dict[str, int], first: int) -> list[Node]:
    """The nodes with their bands; one that no lane names stands with its neighbour in the flow."""
    known = {node.id: bands[node.id] for node in nodes if node.id in bands}
    hosts = {node.id: node.host for node in nodes if node.host}
    flows = [link for link in links if link.flow is Flow.SEQUENCE]
    pairs = [(f.source, f.target) for f in flows] + [(f.target, f.source) for f in flows]
    changed = True
    while changed:
        changed = False
        for known_id, other in pairs:
            if known_id in known and other not in known:
                known[other] = known[known_id]
                changed = True
        for event, host in hosts.items():
            if host in known and known.get(event) != known[host]:
                known[event] = known[host]
                changed = True
    return [replace(node, band=known.get(node.id, first)) for node in nodes]

"""Joins that wait for branches which never come together, and merges of branches which run at the same time.

Each scope is read as a Petri net (flows are places) and its concurrency relation is computed: which two flows may hold
a token at the same time (A. Kovalyov, J. Esparza, 1996: exact for live and bounded free-choice nets, else too large).
A parallel join with two incoming flows outside the relation can never go on; that much is certain for every net.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator

from engine.bpmn.lint import conditions, flow
from engine.bpmn.lint.diagram import Diagram, Flow, Node, Scope
from engine.bpmn.lint.markup import ACTIVITIES
from engine.model import definitions

Findings = Iterator[definitions.Finding]

#: Scopes with more flows than this are not analysed: no reader could follow them either.
MAX_FLOWS = 600


@dataclasses.dataclass(frozen=True, slots=True)
class Transition:
    """Tokens are taken from all inputs and put on all outputs; places are numbered."""

    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


class Net:
    """A scope as a net."""

    def __init__(self, scope: Scope) -> None:
        self._places: dict[object, int] = {}
        self.transitions: list[Transition] = []
        self.initial: list[int] = []
        self._scope = scope
        for node in scope.nodes:
            self._node(node)
        self.concurrent = [0] * len(self._places)
        self.marked = 0
        self._relate()

    def place(self, key: object) -> int:
        """Return the number of the place of a flow, or of a node where a token stays."""
        return self._places.setdefault(key, len(self._places))

    def is_marked(self, place: int) -> bool:
        """Tell whether the place may ever hold a token."""
        return bool(self.marked >> place & 1)

    def together(self, one: int, other: int) -> bool:
        """Tell whether both places may hold a token at the same time."""
        return bool(self.concurrent[one] >> other & 1)

    def _node(self, node: Node) -> None:
        arriving = [self.place(each) for each in flow.in_scope(node.incoming, self._scope)]
        if node.tag == "startEvent":
            arriving.append(self.place(node))
            self.initial.append(self.place(node))
        elif node.tag in ("boundaryEvent", "intermediateCatchEvent"):
            arriving.append(self.place(node))
        leaving = self._leaving(node)
        if node.tag == "parallelGateway":
            arrivals = [tuple(arriving)] if arriving else []
        else:
            arrivals = [(place,) for place in arriving]
        if node.tag in ACTIVITIES and node.boundary:
            self._host(node, arrivals, leaving)
        else:
            self.transitions += [Transition(taken, given) for taken in arrivals for given in leaving]

    def _host(self, node: Node, arrivals: list[tuple[int, ...]], leaving: list[tuple[int, ...]]) -> None:
        stay = self.place(node)
        self.transitions += [Transition(taken, (stay,)) for taken in arrivals]
        self.transitions += [Transition((stay,), given) for given in leaving]
        for event in node.boundary:
            stays = event.element.get("cancelActivity", "true") == "false"
            self.transitions.append(Transition((stay,), (self.place(event), *([stay] if stays else []))))

    def _leaving(self, node: Node) -> list[tuple[int, ...]]:
        """Return the alternatives on which a token may leave a node."""
        flows = flow.in_scope(node.outgoing, self._scope)
        if node.tag in ("exclusiveGateway", "eventBasedGateway"):
            return [(self.place(each),) for each in flows]
        if node.tag == "intermediateThrowEvent" and node.event == "link":
            return [(self.place(landing),) for landing in flow.landings(node)]
        default = [self.place(each) for each in flows if each.default]
        others = [each for each in flows if not each.default]
        if len(others) == 2 and _either(others[0], others[1]):
            alternatives: list[tuple[int, ...]] = [(self.place(each),) for each in others]
        else:
            alternatives = [tuple(self.place(each) for each in others)]
        if default and all(each.condition for each in others):
            return [*alternatives, tuple(default)]
        return [(*alternative, *default) for alternative in alternatives]

    def _relate(self) -> None:
        for place in self.initial:
            self.marked |= 1 << place
        changed = True
        while changed:
            changed = False
            for transition in self.transitions:
                changed = self._fire(transition) or changed

    def _fire(self, transition: Transition) -> bool:
        """Add what a firing of the transition brings about; tell whether that is anything new."""
        if not all(self.is_marked(place) for place in transition.inputs):
            return False
        if not all(self.together(one, other) for one, other in itertools.combinations(transition.inputs, 2)):
            return False
        beside = ~0
        for place in transition.inputs:
            beside &= self.concurrent[place]
        changed = False
        for index, place in enumerate(transition.outputs):
            siblings = sum(1 << other for other in transition.outputs[:index] + transition.outputs[index + 1 :])
            new = (beside | siblings) & ~self.concurrent[place]
            if new or not self.is_marked(place):
                changed = True
                self.marked |= 1 << place
                self._add(place, new)
        return changed

    def _add(self, place: int, others: int) -> None:
        self.concurrent[place] |= others
        while others:
            lowest = others & -others
            self.concurrent[lowest.bit_length() - 1] |= 1 << place
            others ^= lowest


def _either(one: Flow, other: Flow) -> bool:
    return bool(one.condition and other.condition and conditions.opposite(one.condition, other.condition))


def check(seen: Diagram) -> Findings:
    """Yield parallel joins that never go on, and exclusive merges that let several tokens through."""
    for scope in seen.scopes:
        if len(scope.flows) > MAX_FLOWS:
            continue
        net = Net(scope)
        yield from _blocked(seen, scope, net)
        yield from _doubled(seen, scope, net)


def _blocked(seen: Diagram, scope: Scope, net: Net) -> Findings:
    waiting: list[tuple[Node, list[Flow]]] = []
    for node in scope.nodes:
        arriving = flow.in_scope(node.incoming, scope)
        if node.tag != "parallelGateway" or len(arriving) < 2:
            continue
        places = [net.place(each) for each in arriving]
        marked = [each for each, place in zip(arriving, places, strict=True) if net.is_marked(place)]
        apart = [
            [arriving[one], arriving[other]]
            for one, other in itertools.combinations(range(len(arriving)), 2)
            if not net.together(places[one], places[other])
        ]
        if len(marked) == len(arriving) and apart:
            yield _finding(seen, node, f"“{_from(apart[0][0])}”和“{_from(apart[0][1])}”两路不会同时到达")
            return  # what comes after it is a consequence
        missing = [each for each in arriving if each not in marked]
        if marked and any(each.source in flow.beyond(node) for each in missing):
            waiting.append((node, [each for each in missing if each.source in flow.beyond(node)]))
    for node, missing in waiting[:1]:
        yield _finding(seen, node, f"“{_from(missing[0])}”一路要等本网关走过才会到达")


def _finding(seen: Diagram, node: Node, found: str) -> definitions.Finding:
    return seen.finding("join-blocked", node.element, "各路能同时到达（不是并行的各路请用排他网关合并）", found)


def _doubled(seen: Diagram, scope: Scope, net: Net) -> Findings:
    for node in scope.nodes:
        arriving = flow.in_scope(node.incoming, scope)
        if node.tag != "exclusiveGateway":
            continue
        for one, other in itertools.combinations(arriving, 2):
            if net.together(net.place(one), net.place(other)):
                found = f"“{_from(one)}”和“{_from(other)}”两路可能都到达"
                yield seen.finding(
                    "merge-doubled", node.element, "只有一路到达（并行的各路请用并行或包容网关汇合）", found
                )
                break


def _from(arriving: Flow) -> str:
    return arriving.source.label if arriving.source is not None else arriving.id

"""Return paths: tasks that only lead back to something earlier, drawn from right to left."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from engine.bpmn.layout.model import Flow, Kind, Scope, Step


@dataclass(frozen=True, slots=True)
class Return:
    """Tasks in the order of the flow, the gateways that lead to the first one, and where the last one leads."""

    chain: tuple[str, ...]
    gates: tuple[str, ...]
    goal: str


def find(scope: Scope, forward: list[Step], back: list[Step], happy: set[str]) -> list[Return]:
    """The return paths off the happy path: chains of tasks between gateways and an earlier element."""
    after: dict[str, list[Step]] = defaultdict(list)
    before: dict[str, list[Step]] = defaultdict(list)
    closing: dict[str, list[Step]] = defaultdict(list)
    for step in forward:
        after[step.source].append(step)
        before[step.target].append(step)
    for step in back:
        closing[step.source].append(step)
    hosts = {n.host for n in scope.nodes.values() if n.host}

    def plain(node: str) -> bool:
        return scope.nodes[node].kind is Kind.TASK and node not in happy and node not in hosts

    found = []
    for last, steps in closing.items():
        if len(steps) > 1 or after[last] or not plain(last):
            continue
        chain = [last]
        while len(before[chain[0]]) == 1:
            node = before[chain[0]][0].source
            if not plain(node) or len(after[node]) > 1 or node in closing:
                break
            chain.insert(0, node)
        ways = before[chain[0]]
        gates = [step.source for step in ways if step.edge.source == step.source and step.edge.flow is Flow.SEQUENCE]
        if gates and len(gates) == len(ways) and all(scope.nodes[g].kind is Kind.GATEWAY for g in gates):
            found.append(Return(tuple(chain), tuple(gates), steps[0].target))
    return found


def place(column: dict[str, int], paths: list[Return]) -> None:
    """Put return paths into the column of their first gateway and those left of it, if they fit in there."""
    for path in paths:
        start = min(column[gate] for gate in path.gates)
        fits = start - len(path.chain) >= column.get(path.goal, 0)
        for index, node in enumerate(path.chain):
            column[node] = start - index if fits else start + 1 + index

"""Cut the flow into straight runs: the happy path first, then the longest branches, each cut where it changes lanes."""

from __future__ import annotations

from collections import defaultdict

from engine.bpmn.layout.model import Scope
from engine.bpmn.layout.rank import Ranking, order


def decompose(scope: Scope, ranking: Ranking) -> list[list[str]]:
    """Runs of nodes that want one row, in the order in which they should be placed."""
    pairs = [(s.source, s.target) for s in ranking.forward]
    after: dict[str, list[str]] = defaultdict(list)
    before: dict[str, list[str]] = defaultdict(list)
    for source, target in pairs:
        after[source].append(target)
        before[target].append(source)
    sequence = order(list(ranking.column), pairs)
    left = dict.fromkeys(sequence)
    found = _cut(scope, ranking.happy)
    for node in ranking.happy:
        left.pop(node, None)
    while left:
        chain = _longest(left, after)
        for node in chain:
            del left[node]
        found += _cut(scope, chain)
    return found


def _longest(left: dict[str, None], after: dict[str, list[str]]) -> list[str]:
    length: dict[str, int] = {}
    following: dict[str, str | None] = {}
    for node in reversed(left):
        choices = [t for t in after[node] if t in left]
        best = max(choices, key=lambda t: length[t], default=None)
        following[node] = best
        length[node] = 1 + (length[best] if best is not None else 0)
    node = max(left, key=lambda n: length[n])
    chain = [node]
    while (best := following[chain[-1]]) is not None:
        chain.append(best)
    return chain


def _cut(scope: Scope, chain: list[str]) -> list[list[str]]:
    """A chain falls into one run for each lane it visits: coming back, it takes up the row it left."""
    runs: dict[int, list[str]] = {}
    for node in chain:
        runs.setdefault(scope.nodes[node].band, []).append(node)
    return list(runs.values())

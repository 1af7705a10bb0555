"""Split edges that cross the frames of subprocesses into one part for every scope they run in."""

from __future__ import annotations

from dataclasses import replace

from engine.bpmn.layout.model import Border, Diagram, Edge, Node, Scope


def edges(diagram: Diagram, scopes: dict[str, Scope], nodes: dict[str, Node], links: list[Edge]) -> None:
    """Put every link, whole or in parts, into the scopes that lay it out; links of unknown ends are left out."""
    by_id = {link.id: link for link in links}
    for link in links:
        _Splitter(diagram, scopes, nodes, by_id, link).run()


class _Splitter:
    def __init__(
        self,
        diagram: Diagram,
        scopes: dict[str, Scope],
        nodes: dict[str, Node],
        links: dict[str, Edge],
        link: Edge,
    ) -> None:
        self.diagram, self.scopes, self.nodes, self.links, self.link = diagram, scopes, nodes, links, link
        self.root = diagram.root

    def run(self) -> None:
        link = self.link
        source, target = self._chain(link.source), self._chain(link.target)
        if source is None or target is None:
            return
        # From the outermost scope inwards: how long do both ends go the same way?
        common = 0
        while common + 1 < min(len(source), len(target)) and source[common] == target[common]:
            common += 1
        shared = source[common - 1] if common else self.root.id
        top = self._leaves_at_top()
        order: list[str] = []
        for index in range(len(source) - 2, common - 1, -1):
            inside = source[index]
            self._add(inside, source[index + 1], f"{inside}#{'top' if top else 'bottom'}", order)
        left = self._end(source, common, target)
        right = self._end(target, common, source)
        # The two are the same for a loop, and where one end lies inside of the other.
        if left != right or self.link.source == self.link.target:
            self._add(shared, left, right, order)
        for index in range(common, len(target) - 1):
            inside = target[index]
            self._add(inside, f"{inside}#{'top' if top else 'bottom'}", target[index + 1], order)
        self.diagram.parts[link.id] = order

    def _end(self, chain: list[str], common: int, other: list[str]) -> str:
        end = chain[common]
        border = self._pool_border(end, other)
        return border or end

    def _add(self, scope: str, source: str, target: str, order: list[str]) -> None:
        self.scopes[scope].edges.append(replace(self.link, source=source, target=target))
        order.append(scope)

    def _chain(self, end: str) -> list[str] | None:
        """The subprocesses around an end, outermost first, and the end itself; None when it cannot be drawn."""
        chain = [end]
        if end in self.links:
            inner = self.nodes.get(self.links[end].source) or self.nodes.get(self.links[end].target)
            if inner is None:
                return None if self.links[end].id == self.link.id else chain
            scope = inner.scope
        elif end in self.nodes:
            scope = self.nodes[end].scope
        elif end in self.root.borders or any(pool.id == end for pool in self.root.pools):
            scope = self.root.id
        else:
            return None
        while scope != self.root.id:
            chain.insert(0, scope)
            scope = self.nodes[scope].scope
        return chain

    def _pool_border(self, end: str, other: list[str]) -> str | None:
        for index, pool in enumerate(self.root.pools):
            if pool.id == end:
                return f"{end}#{'top' if self._above(other[0], index) else 'bottom'}"
        return None

    def _above(self, end: str, index: int) -> bool:
        """Whether an end of the outermost scope lies above the pool of that index."""
        border: Border | None = self.root.borders.get(end)
        if border is not None:
            return border.above
        place = self._pool_index(end)
        return place is not None and place < index

    def _pool_index(self, end: str) -> int | None:
        if end in self.nodes:
            return self.root.pool_of(self.nodes[end].band)
        return next((i for i, pool in enumerate(self.root.pools) if pool.id == end), None)

    def _leaves_at_top(self) -> bool:
        """Whether the edge leaves subprocesses upwards: when its other end lies above their pool."""
        source, target = (self._chain(end) or [end] for end in (self.link.source, self.link.target))
        for inside, outside in ((source, target), (target, source)):
            if len(inside) > 1:
                index = self._pool_index(inside[0])
                if index is not None and self._above(outside[0], index):
                    return True
        return False

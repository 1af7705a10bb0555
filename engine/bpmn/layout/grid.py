"""The lines that edges run on, and where they may pass.

Vertical lines are the channels left and right of the columns, the middles of the columns, and a few more through ports
that are not in the middle of a column.  Horizontal lines are the levels of the placement: rows and channels.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.bpmn.layout.model import Scope
from engine.bpmn.layout.place import Frame, Level, levels
from engine.bpmn.layout.rows import Cells


@dataclass(frozen=True, slots=True)
class Line:
    """A vertical line; channel c lies left of column c.

    ``shift`` is the distance from the middle of the column, or of the node ``owner`` when there is one, in pixels.
    """

    column: int
    channel: bool
    shift: float = 0.0
    owner: str | None = None


class Grid:
    """Lines with nominal coordinates, and the cells that are taken."""

    def __init__(self, scope: Scope, cells: Cells, frame: Frame, ports: list[Line]) -> None:
        self.scope, self.cells, self._frame = scope, cells, frame
        self.levels: list[Level] = levels(scope, cells)
        self.taken: dict[tuple[int, int], str] = {}
        for key, cell in cells.of.items():
            for c in range(cell.column, cell.column + cell.span):
                self.taken[cell.row, c] = key
        self.level_of_row = {level.row: i for i, level in enumerate(self.levels) if level.row is not None}
        self._lines(frame, ports)
        self._heights(frame)
        self._flat = [[self._flat_free(i, j) for j in range(len(self.levels))] for i in range(len(self.lines) - 1)]
        self._steep = [[self._steep_free(i, j) for j in range(len(self.levels) - 1)] for i in range(len(self.lines))]

    def _lines(self, frame: Frame, ports: list[Line]) -> None:
        placed: list[tuple[float, int, Line]] = []
        for c in range(self.cells.columns + 1):
            placed.append((frame.vertical[c][0], 0, Line(c, True)))
        for c in range(self.cells.columns):
            placed.append((frame.center[c], 1, Line(c, False)))
        for line in dict.fromkeys(ports):
            placed.append((self.nominal(line, frame), 2, line))
        placed.sort(key=lambda item: (item[0], item[1]))
        self.lines = [line for _, _, line in placed]
        self.x = [x for x, _, _ in placed]
        self.index = {line: i for i, line in enumerate(self.lines)}

    def nominal(self, line: Line, frame: Frame) -> float:
        """Coordinate of a line through a port, kept within its column."""
        if line.owner is None:
            return frame.center[line.column] + line.shift
        cell = self.cells.of[line.owner]
        x = (frame.left[cell.column] + frame.right[cell.column + cell.span - 1]) / 2 + line.shift
        return min(max(x, frame.left[line.column] + 1), frame.right[line.column] - 1)

    def _heights(self, frame: Frame) -> None:
        self.y = [
            frame.horizontal[i][0] if level.row is None else frame.middle[level.row]
            for i, level in enumerate(self.levels)
        ]

    def _flat_free(self, i: int, j: int) -> bool:
        row = self.levels[j].row
        return row is None or (row, self.lines[i].column) not in self.taken

    def _steep_free(self, i: int, j: int) -> bool:
        row = self.levels[j].row
        if row is None:
            row = self.levels[j + 1].row
        if row is None:
            return True
        line = self.lines[i]
        c = line.column
        if line.channel:
            left, right = self.taken.get((row, c - 1)), self.taken.get((row, c))
            return left is None or left != right
        if line.owner is not None:
            # Where exactly this line runs is known only at the end.
            return all((row, n) not in self.taken for n in (c - 1, c, c + 1))
        return (row, c) not in self.taken

    def flat_free(self, i: int, j: int) -> bool:
        """Whether an edge may run on level j from line i to the next one."""
        return self._flat[i][j]

    def steep_free(self, i: int, j: int) -> bool:
        """Whether an edge may run on line i from level j to the next one."""
        return self._steep[i][j]

    def stub(self, node: str, width: int, line: int) -> float:
        """Distance from the nearer side of a node to a channel beside it."""
        cell = self.cells.of[node]
        left, right = self._frame.center[cell.column], self._frame.center[cell.column + cell.span - 1]
        middle = (left + right) / 2
        return max(0.0, abs(self.x[line] - middle) - width / 2)

    def channel(self, column: int) -> int:
        """Index of the channel left of a column."""
        return self.index[Line(column, True)]

    def region(self, pool: int | None) -> tuple[int, int]:
        """First and last level of a pool, or of everything."""
        if pool is None:
            return 0, len(self.levels) - 1
        inside = [i for i, level in enumerate(self.levels) if level.pool == pool]
        return inside[0], inside[-1]

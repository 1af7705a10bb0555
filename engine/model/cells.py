"""Cells: offices, or parts of a large one, whose databases know nothing of each other and share no id.

An id is ``cell × SIZE + number``: whoever holds one knows which cell to ask. Numbers grow with time within a cell. The
largest id of the last cell is below 2⁵³, up to where JavaScript and other readers of JSON know whole numbers exactly.
"""

from __future__ import annotations

#: Ids of one cell; also the first number that is not cell 0's.
SIZE = 10**12
#: The cell with the highest number.
LAST = 9_000


def first(cell: int) -> int:
    """Return the number that the ids of a cell come after."""
    return cell * SIZE


def of(number: int) -> int:
    """Return the cell that has given an id."""
    return number // SIZE

"""Figures as tables that people read, and targets beside what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any


def table(heads: Sequence[Sequence[str]], rows: Iterable[Sequence[str]]) -> str:
    """Return rows under their heads, the first column to the left and the others to the right."""
    rows = list(rows)
    widths = [max(len(row[n]) for row in (*heads, *rows)) for n in range(len(heads[0]))]
    lines = [
        "  ".join(
            cell.ljust(width) if n == 0 else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (*heads, *rows)
    ]
    return "\n".join([*lines[: len(heads)], "-" * (sum(widths) + 2 * len(widths) - 2), *lines[len(heads) :]])


def number(value: float | None, digits: int = 0) -> str:
    """Return a figure with so many digits behind the point; a dash for one that there is none of."""
    return "–" if value is None else f"{value:,.{digits}f}"


def at_most(name: str, target: float, measured: float) -> dict[str, Any]:
    """Return a target that is met by no more than it says."""
    return {"name": name, "target": f"≤ {target:g}", "measured": measured, "met": measured <= target}


def at_least(name: str, target: float, measured: float) -> dict[str, Any]:
    """Return a target that is met by no less than it says."""
    return {"name": name, "target": f"≥ {target:g}", "measured": measured, "met": measured >= target}


def goals(targets: Iterable[dict[str, Any]]) -> str:
    """Return targets beside what was measured."""
    rows = [
        (each["name"], f"{each['measured']:,.2f}", each["target"], "met" if each["met"] else "missed")
        for each in targets
    ]
    return table((("target", "measured", "", ""),), rows)

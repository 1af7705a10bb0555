"""A broken diagram, what a check must say of it, and the same diagram mended."""

from __future__ import annotations

import dataclasses

import snippets as s

from engine.bpmn import lint

AROUND = lint.Surroundings(
    topics={"notices.send"},
    forms={"pack/apply": {"title", "level"}, "pack/other": None},
    decisions={"level"},
    processes={"other"},
    called={"part"},
    roles={"经办人": "clerk", "审核人": "reviewer"},
    clauses={"P000-06", "P000-07"},
    templates={"notice", "letter"},
)


@dataclasses.dataclass(frozen=True)
class Case:
    """`broken` must have exactly one finding: of the rule, at the element, with a text that holds `found`."""

    rule: str
    title: str
    broken: bytes
    mended: bytes
    element: str | None
    found: str
    severity: str = "error"
    at: str | None = None  # text on the line that is named, when that is not the line of the element


def flowing(node: str, *names: str, before: str = "", after: str = "", root: str = "") -> bytes:
    """Put one node, given as XML, between a start and an end event; `names` is its id."""
    name = names[0] if names else "x"
    return s.diagram(before, s.start(), node, s.end(), s.path("start", name, "end"), after, root=root)


def between(*body: str, root: str = "", **attributes: str) -> bytes:
    """Write a process of a start event, an end event and whatever is given."""
    return s.diagram(s.start(), s.end(), *body, root=root, **attributes)

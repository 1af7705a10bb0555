"""What a page is answered that wants itself shown anew: the parts that have changed, or all of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import fastapi
from fastapi import responses

from engine.web import pages
from engine.web.forms import building, posted, view
from engine.web.forms.sheet import Sheet


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """A part of the page: a whole field or section, or the `mark`, the `words` or the `output` of a field."""

    target: str
    kind: str
    node: view.Node | None = None
    section: view.Section | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Changes:
    """What changes on a page; what somebody may be typing into just now is not among it."""

    form: view.FormView
    parts: tuple[Part, ...]


def again(
    request: fastapi.Request,
    sheet: Sheet,
    given: posted.Posted,
    show: Callable[[view.FormView], fastapi.Response],
) -> fastapi.Response:
    """Answer a page that asked for nothing but itself: one more row, one fewer, what has become necessary.

    Args:
        request: The request; htmx gets the changed parts, another browser the page.
        sheet: The form.
        given: What was posted; `changes_page_only` is true.
        show: Makes the page.
    """
    shown = building.build(sheet, typed=given.submission, errors=given.problems, focus=given.focus)
    if request.headers.get("hx-request") != "true":
        return show(shown)
    content = pages.render(request, "forms/changes.html", page=changes(shown, given))
    return responses.HTMLResponse(content)


def changes(shown: view.FormView, given: posted.Posted) -> Changes:
    """Return what a page has to replace to become as `shown`."""
    touched = given.path.rpartition(".")[0] if given.action in (posted.ADD, posted.REMOVE) else None
    parts: list[Part] = []
    for section in shown.sections:
        if section.conditional and section.shown != (f"#{section.id}" in given.shown):
            parts.append(Part(section.id, "section", section=section))
        else:
            for node in section.nodes:
                parts.extend(_parts(node, given.shown, touched))
    return Changes(shown, tuple(parts))


def _parts(node: view.Node, before: frozenset[str], touched: str | None) -> Iterator[Part]:
    if node.name == touched or (node.conditional and node.shown != (node.name in before)):
        yield Part(f"w-{node.id}", "field", node)
        return
    if not node.shown:
        return
    if node.marked:
        yield Part(f"m-{node.id}", "mark", node)
    if node.widget == "output":
        yield Part(node.id, "output", node)
    elif node.widget == "money":
        yield Part(f"{node.id}-words", "words", node)
    for child in (*node.nodes, *(child for row in node.rows for child in row.nodes)):
        yield from _parts(child, before, touched)

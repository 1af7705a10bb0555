"""What is drawn on the diagram of a case: as classes on the server's picture, and as data for the diagram island."""

from __future__ import annotations

import dataclasses
import re
import urllib.parse
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import markupsafe

from engine.bpmn.picture import marking
from engine.model import tracing, views_diagrams

#: An article, with its item if need be: 37, 37(四).
_ARTICLE = re.compile(r"(\d{1,3})((?:\([^()]+\))?)")
_DIGITS = "零一二三四五六七八九"


@dataclasses.dataclass(frozen=True, slots=True)
class Drawn:
    """What `ui.diagram` of `templates/components/ui.html` shows.

    Parameters:
        picture: SVG with classes on the elements: is-active, is-done, is-incident.
        state: data for the island, as frontend/README.md describes it.
    """

    picture: markupsafe.Markup
    state: dict[str, Any]


def articles(quoted: str) -> str:
    """Return quoted clauses as people write them: `P000-16 §37(四);P000-02 §2` is 第三十七条（四）、第二条."""
    found = []
    for part in quoted.split(";"):
        clause, _, article = part.strip().partition("§")
        number = _ARTICLE.fullmatch(article.strip())
        if number is None:
            found.append(part.strip() if article else clause.strip())
        else:
            found.append(f"第{_chinese(int(number[1]))}条" + number[2].replace("(", "（").replace(")", "）"))
    return "、".join(dict.fromkeys(found))


@dataclasses.dataclass(frozen=True, slots=True)
class ClauseLink:
    """A quoted clause as people write it, and where 制度对照 tells what became of it."""

    text: str
    url: str


def clause_links(quoted: str) -> tuple[ClauseLink, ...]:
    """Return quoted clauses as people write them (as `articles` does), each with its address."""
    found: dict[str, ClauseLink] = {}
    for quote in tracing.quotes(quoted):
        url = f"/trace?clause={urllib.parse.quote(quote.row)}"
        if quote.number is not None:
            url += f"#article-{urllib.parse.quote(quote.number)}"
        text = articles(quote.written)
        found.setdefault(text, ClauseLink(text, url))
    return tuple(found.values())


def pointed(svg: str, element_id: str | None, steps: Sequence[views_diagrams.Step] = ()) -> Drawn:
    """Draw a process that no case is looked at of, and point at one element.

    Args:
        svg: Picture of the process by `engine.bpmn.picture`.
        element_id: The element; None, or one that is not there, marks nothing.
        steps: The elements, for clauses.
    """
    bare = drawn(svg, None, steps)
    if element_id is None:
        return bare
    return Drawn(marked(svg, {element_id: "is-active"}), {**bare.state, "pointed": [element_id]})


def drawn(
    svg: str, state: views_diagrams.DiagramState | None = None, steps: Sequence[views_diagrams.Step] = ()
) -> Drawn:
    """Draw where a case stands.

    Args:
        svg: Picture of the process by `engine.bpmn.picture`.
        state: Tokens, ways gone and incidents; None for a process that no case is looked at of.
        steps: The elements, for clauses, number of visits and time spent.
    """
    shown: dict[str, Any] = {"clauses": {step.element_id: articles(step.clause) for step in steps if step.clause}}
    if state is None:
        return Drawn(marked(svg, {}), shown)
    shown |= {
        "tokens": state.tokens,
        "visited": state.visited,
        "flows": state.flows,
        "incidents": state.incidents,
        "counts": {step.element_id: step.visits for step in steps if step.visits > 1},
        "times": {
            step.element_id: {"seconds": round(step.seconds), "text": step.duration}
            for step in steps
            if step.seconds >= 1 and step.duration
        },
    }
    # The later class wins: an incident is where a token is, and a token where the case has been.
    classes: dict[str, str] = {}
    for ids, name in (
        ((*state.visited, *state.flows), "is-done"),
        (state.tokens, "is-active"),
        (state.incidents, "is-incident"),
    ):
        classes |= _each(ids, name)
    return Drawn(marked(svg, classes), shown)


def marked(svg: str, classes: Mapping[str, str]) -> markupsafe.Markup:
    """Return a picture of `engine.bpmn.picture` with a further class on elements, by their ids."""
    return markupsafe.Markup(marking.marked(svg, classes))  # noqa: S704  the picture is escaped where it is drawn


def _each(ids: Iterable[str], name: str) -> dict[str, str]:
    return dict.fromkeys(ids, name)


def _chinese(number: int) -> str:
    """Return a number below 1000 in Chinese: 29 is 二十九, 105 is 一百零五."""
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    text = f"{_DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        # 十五 by itself, 一百一十五 behind a hundred.
        text += ("" if tens == 1 and not hundreds else _DIGITS[tens]) + "十"
    elif hundreds and ones:
        text += "零"
    return text + (_DIGITS[ones] if ones or not number else "")

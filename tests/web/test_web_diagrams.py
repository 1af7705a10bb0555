"""What is drawn on diagrams: marks on the server's picture, and the data of the island."""

from __future__ import annotations

import json

import pytest

from engine.model import views_diagrams
from engine.web import diagrams

SVG = (
    '<svg><g class="bpmn-userTask" data-element="Task_a"><rect/></g><g class="bpmn-sequenceFlow" data-element="Flow_1">'
    '<path/></g><g class="bpmn-userTask" data-element="Task_b"><rect/></g><g class="bpmn-task" data-element="T&amp;c"/></svg>'
)


def test_a_picture_says_where_a_case_stands_and_where_it_has_been() -> None:
    state = views_diagrams.DiagramState("p", {"Task_b": 1}, ("Task_a", "Task_b", "T&c"), ("Flow_1",), {"Task_a": 60.0})
    picture = str(diagrams.drawn(SVG, state).picture)
    assert '<g class="bpmn-userTask is-done" data-element="Task_a">' in picture
    assert '<g class="bpmn-sequenceFlow is-done" data-element="Flow_1">' in picture
    assert '<g class="bpmn-userTask is-active" data-element="Task_b">' in picture
    assert '<g class="bpmn-task is-done" data-element="T&amp;c"/>' in picture


def test_an_incident_is_seen_before_the_token_that_waits_there() -> None:
    state = views_diagrams.DiagramState("p", {"Task_b": 1}, ("Task_a",), (), {}, incidents=("Task_b",))
    assert '"bpmn-userTask is-incident" data-element="Task_b"' in diagrams.drawn(SVG, state).picture


def test_the_data_of_the_island_is_json() -> None:
    state = views_diagrams.DiagramState("p", {"Task_b": 2}, ("Task_a",), ("Flow_1",), {"Task_a": 60.0}, ("Task_b",))
    shown = json.loads(json.dumps(diagrams.drawn(SVG, state).state))
    assert (shown["tokens"], shown["visited"], shown["flows"]) == ({"Task_b": 2}, ["Task_a"], ["Flow_1"])
    assert shown["incidents"] == ["Task_b"]


def test_a_process_without_a_case_has_no_marks() -> None:
    drawn = diagrams.drawn(SVG)
    assert "is-" not in drawn.picture
    assert drawn.state == {"clauses": {}}


@pytest.mark.parametrize(
    ("quoted", "written"),
    [
        ("P000-02 §2", "第二条"),
        ("P000-16 §37(四)", "第三十七条（四）"),
        ("P000-16 §36;P000-17 §38", "第三十六条、第三十八条"),
        ("P000-02 §2; P000-03 §2", "第二条"),
        ("P000-07 §10", "第十条"),
        ("P000-07 §105", "第一百零五条"),
        ("P000-07 §110", "第一百一十条"),
        ("P000-06", "P000-06"),
        ("P001-06 §附则", "P001-06 §附则"),
    ],
)
def test_clauses_are_named_as_people_write_them(quoted: str, written: str) -> None:
    assert diagrams.articles(quoted) == written

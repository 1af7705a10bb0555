"""Pictures of diagrams: everything is drawn, nothing can be smuggled in."""

from __future__ import annotations

from pathlib import Path

import layout_quality
import pytest
from lxml import etree

from engine import errors
from engine.bpmn import layout, picture

FIXTURES = sorted((Path(__file__).parent / "layout_fixtures").glob("*.bpmn"))
SVG = "{http://www.w3.org/2000/svg}"


def drawn(data: bytes) -> etree._Element:
    return etree.fromstring(picture.svg(layout.layout(data)).encode())


def process(inside: str) -> bytes:
    return (
        f'<b:definitions xmlns:b="{layout_quality.BPMN}" id="d"><b:process id="p">{inside}</b:process></b:definitions>'
    ).encode()


def group(root: etree._Element, key: str) -> etree._Element:
    return root.find(f".//{SVG}g[@data-element='{key}']")


@pytest.mark.parametrize("file", FIXTURES, ids=lambda file: file.stem)
def test_every_element_of_the_diagram_is_drawn(file: Path) -> None:
    data = layout.layout(file.read_bytes())
    elements = layout_quality.Picture(data)

    root = etree.fromstring(picture.svg(data).encode())

    groups = {g.get("data-element") for g in root.iter(f"{SVG}g") if g.get("data-element")}
    assert groups == set(elements.shapes) | set(elements.lines)
    assert all(len(group(root, key)) for key in groups)
    labels = {g.get("data-label") for g in root.iter(f"{SVG}g") if g.get("data-label")}
    assert labels == set(elements.labels)


@pytest.mark.parametrize("file", FIXTURES, ids=lambda file: file.stem)
def test_every_name_is_readable_in_the_picture(file: Path) -> None:
    data = layout.layout(file.read_bytes())
    root = etree.fromstring(picture.svg(data).encode())
    shown = "".join("".join(node.itertext()) for node in root.iter(f"{SVG}text")).replace(" ", "")

    for key in layout_quality.Picture(data).elements.values():
        if key.get("id") in layout_quality.Picture(data).shapes and key.get("name"):
            assert key.get("name").replace(" ", "") in shown


@pytest.mark.parametrize("file", FIXTURES, ids=lambda file: file.stem)
def test_everything_lies_on_the_sheet(file: Path) -> None:
    data = layout.layout(file.read_bytes())
    root = etree.fromstring(picture.svg(data).encode())
    x, y, width, height = (float(v) for v in root.get("viewBox").split())
    elements = layout_quality.Picture(data)

    for rect in (*elements.shapes.values(), *elements.labels.values()):
        assert x <= rect[0] and rect[2] <= x + width
        assert y <= rect[1] and rect[3] <= y + height


def test_text_is_escaped_and_nothing_is_active() -> None:
    evil = "&lt;script&gt;alert(1)&lt;/script&gt;&quot; onload=&quot;x"

    content = picture.svg(layout.layout(process(f'<b:task id="t" name="{evil}"/><b:startEvent id="s" name="{evil}"/>')))

    root = etree.fromstring(content.encode())
    assert {e.tag.removeprefix(SVG) for e in root.iter()} <= {
        "svg",
        "g",
        "title",
        "rect",
        "path",
        "circle",
        "text",
        "tspan",
    }
    attributes = {name for e in root.iter() for name in e.attrib}
    assert not {a for a in attributes if a.startswith("on") or "href" in a or a in ("style", "src")}
    assert "url(" not in content and "<script" not in content


def test_a_colour_is_taken_over_only_when_it_is_one() -> None:
    data = layout.layout(process('<b:task id="t"/><b:task id="u"/>')).decode()
    data = data.replace("<b:definitions ", '<b:definitions xmlns:c="http://bpmn.io/schema/bpmn/biocolor/1.0" ', 1)
    data = data.replace('bpmnElement="t"', 'bpmnElement="t" c:fill="#ffe0b2"')
    data = data.replace('bpmnElement="u"', 'bpmnElement="u" c:fill="url(http://x/)"')

    root = etree.fromstring(picture.svg(data.encode()).encode())

    assert group(root, "t").find(f"{SVG}rect").get("fill") == "#ffe0b2"
    assert group(root, "u").find(f"{SVG}rect").get("fill") == "#ffffff"


def test_events_that_do_not_interrupt_are_dashed_and_ends_are_bold() -> None:
    root = drawn(
        process(
            '<b:task id="t"/><b:endEvent id="e"/><b:boundaryEvent id="a" attachedToRef="t"><b:timerEventDefinition/>'
            '</b:boundaryEvent><b:boundaryEvent id="b" attachedToRef="t" cancelActivity="false"/>'
        )
    )

    rings = {key: [c for c in group(root, key).iter(f"{SVG}circle") if c.get("cx")] for key in "eab"}
    assert [len(rings[key]) for key in "eab"] == [1, 2, 2]
    assert [rings[key][0].get("stroke-dasharray") is not None for key in "eab"] == [False, False, True]
    assert float(rings["e"][0].get("stroke-width")) > float(rings["a"][0].get("stroke-width"))


@pytest.mark.parametrize("tag", ["userTask", "manualTask", "serviceTask", "scriptTask", "sendTask", "businessRuleTask"])
def test_kinds_of_tasks_have_icons(tag: str) -> None:
    root = drawn(process(f'<b:{tag} id="t"/><b:task id="plain"/>'))

    assert len(group(root, "t")) == len(group(root, "plain")) + 1


@pytest.mark.parametrize(
    "kind", ["message", "timer", "error", "signal", "escalation", "conditional", "link", "compensate", "terminate"]
)
def test_kinds_of_events_have_marks(kind: str) -> None:
    root = drawn(process(f'<b:endEvent id="e"><b:{kind}EventDefinition/></b:endEvent><b:endEvent id="plain"/>'))

    assert len(group(root, "e")) == len(group(root, "plain")) + 1


def test_flows_messages_and_associations_look_different() -> None:
    hearing = etree.fromstring(picture.svg(layout.layout((FIXTURES[0].parent / "hearing.bpmn").read_bytes())).encode())
    kinds = {tag: hearing.find(f".//{SVG}g[@class='bpmn-{tag}']") for tag in ("sequenceFlow", "messageFlow")}

    assert kinds["sequenceFlow"].find(f"{SVG}path").get("stroke-dasharray") is None
    assert kinds["messageFlow"].find(f"{SVG}path").get("stroke-dasharray") is not None
    assert len(kinds["messageFlow"].findall(f"{SVG}g")) == 2


def test_the_same_file_gives_the_same_picture() -> None:
    data = layout.layout(FIXTURES[0].read_bytes())

    assert picture.svg(data) == picture.svg(data)


def test_a_file_without_a_drawing_says_how_to_get_one() -> None:
    with pytest.raises(errors.InvalidDiagram, match="gongkai layout"):
        picture.svg(process('<b:task id="t"/>'))


def test_a_foreign_layout_without_label_places_is_drawn_too() -> None:
    data = layout.layout(
        process(
            '<b:startEvent id="s" name="收到申请"/><b:task id="t"/><b:sequenceFlow id="f" name="是" sourceRef="s" targetRef="t"/>'
        )
    )
    root = etree.fromstring(data)
    for label in root.findall(".//i:BPMNLabel", layout_quality.NS):
        label.getparent().remove(label)

    found = etree.fromstring(picture.svg(etree.tostring(root)).encode())

    assert {g.get("data-label") for g in found.iter(f"{SVG}g")} >= {"s", "f"}

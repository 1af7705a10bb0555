"""`gongkai layout`: what a designer sees, and what happens to the file."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import layout_quality
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from engine import errors
from engine.bpmn import layout

FIXTURES = sorted((Path(__file__).parent / "layout_fixtures").glob("*.bpmn"))
NS = layout_quality.NS


def read(name: str) -> bytes:
    return (Path(__file__).parent / "layout_fixtures" / f"{name}.bpmn").read_bytes()


def picture(name: str) -> layout_quality.Picture:
    return layout_quality.Picture(layout.layout(read(name)))


def middle(rect: layout_quality.Rect) -> tuple[float, float]:
    return (rect[0] + rect[2]) / 2, (rect[1] + rect[3]) / 2


@pytest.mark.parametrize("file", FIXTURES, ids=lambda file: file.stem)
def test_a_realistic_diagram_has_no_fault(file: Path) -> None:
    quality = layout_quality.measure(layout.layout(file.read_bytes()))

    assert quality.faults() == {}


def test_realistic_diagrams_have_few_crossings_and_bends() -> None:
    found = [layout_quality.measure(layout.layout(file.read_bytes())) for file in FIXTURES]
    edges = sum(q.edges for q in found)

    assert sum(q.crossings for q in found) <= 0.09 * edges
    assert sum(q.bends for q in found) <= 0.85 * edges


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), size=st.integers(1, 22), lanes=st.integers(0, 5))
def test_any_diagram_has_no_fault(seed: int, size: int, lanes: int) -> None:
    data = layout_quality.RandomFile(seed, size, lanes).data

    quality = layout_quality.measure(layout.layout(data))

    assert quality.faults() == {}


def test_sixty_elements_take_less_than_two_seconds() -> None:
    data = layout_quality.RandomFile(7, 60, 5, rich=False).data
    start = time.process_time()

    layout.layout(data)

    assert time.process_time() - start < 2


def test_the_happy_path_is_straight_within_a_lane() -> None:
    found = picture("no_lanes")
    path = ["s", "register", "classify", "kind", "open", "join", "reply", "both", "send", "done", "e"]

    assert len({middle(found.shapes[node])[1] for node in path}) == 1
    columns = [middle(found.shapes[node])[0] for node in path]
    assert columns == sorted(columns)


def test_the_happy_path_keeps_its_row_when_it_comes_back_to_a_lane() -> None:
    found = picture("hearing")
    row = [middle(found.shapes[node])[1] for node in ("propose", "file_hearing", "announce", "period", "inform")]

    assert len(set(row)) == 1


def test_a_return_path_runs_from_right_to_left() -> None:
    found = picture("returns")
    line = next(found.lines[key] for key in found.lines if found.ends(key) == ("refill", "signed"))

    assert middle(found.shapes["refill"])[0] == middle(found.shapes["true"])[0]
    assert line[0][0] > line[-1][0]


def test_a_return_path_of_several_tasks_is_one_picture_too() -> None:
    flows = [
        *(("start", "draft"), ("draft", "asked"), ("asked", "done")),
        *(("asked", "first"), ("first", "second"), ("second", "draft")),
    ]
    nodes = '<b:startEvent id="start"/><b:exclusiveGateway id="asked"/><b:endEvent id="done"/>' + "".join(
        f'<b:task id="{each}"/>' for each in ("draft", "first", "second")
    )
    lines = "".join(f'<b:sequenceFlow id="f{n}" sourceRef="{a}" targetRef="{z}"/>' for n, (a, z) in enumerate(flows))
    quality = layout_quality.measure(layout.layout(RootFile(nodes + lines).data))

    assert quality.faults() == {}


def test_lanes_fill_their_pool_in_the_order_of_the_file() -> None:
    found = picture("hearing")
    pool = found.shapes["hearing"]
    lanes = [found.shapes[key] for key in ("zhc", "lead", "host", "clerk", "speaker", "observer")]

    assert lanes[0][1] == pool[1]
    assert lanes[-1][3] == pool[3]
    assert all(upper[3] == lower[1] for upper, lower in zip(lanes, lanes[1:], strict=False))
    assert all(lane[0] == pool[0] + 30 and lane[2] == pool[2] for lane in lanes)


def test_nested_lanes_lie_inside_of_their_parents() -> None:
    found = picture("nested_lanes")
    agency, depts, air = (found.shapes[key] for key in ("agency", "depts", "air"))

    assert (depts[0], air[0]) == (agency[0] + 30, agency[0] + 60)
    assert agency[1] < depts[1] == air[1] < air[3] < depts[3] < agency[3]
    assert agency[2] == depts[2] == air[2]


def test_messages_with_a_black_box_pool_run_straight() -> None:
    found = picture("hearing")
    messages = [line for key, line in found.lines.items() if found.tag(key) == "messageFlow"]

    assert found.shapes["public"][3] < found.shapes["hearing"][1]
    assert [len(line) for line in messages] == [2, 2, 2, 2]
    assert all(a[0] == b[0] for a, b in messages)


def test_a_message_from_within_a_subprocess_leaves_it_straight() -> None:
    found = picture("subprocess")
    message = next(found.lines[key] for key in found.lines if found.ends(key) == ("post", "public_pool"))

    assert len(message) == 2
    assert message[0][1] == found.shapes["post"][1]
    assert message[1][1] == found.shapes["public_pool"][3]


def test_boundary_events_sit_on_the_lower_edge_of_their_host() -> None:
    found = picture("boundaries")
    host = found.shapes["a"]
    events = sorted(found.shapes[key] for key in ("t1", "t2", "m1", "er1"))

    assert {middle(event)[1] for event in events} == {host[3]}
    assert host[0] < events[0][0] and events[-1][2] < host[2]
    assert all(left[2] < right[0] for left, right in zip(events, events[1:], strict=False))


def test_event_subprocesses_lie_below_the_flow() -> None:
    found = picture("event_subprocess")
    flow = ["s", "plan", "self", "wait", "onsite", "split", "interview", "urge", "e"]

    for key in ("cancel", "objection"):
        assert found.shapes[key][1] > max(found.shapes[node][3] for node in flow)


def test_subprocess_contents_lie_in_its_frame_below_its_name() -> None:
    found = picture("subprocess")
    outer, inner = found.shapes["public"], found.shapes["collect"]

    assert outer[0] < inner[0] and inner[2] < outer[2]
    for node, frame in (("post", outer), ("record", inner), ("invalid", inner)):
        rect = found.shapes[node]
        assert frame[0] < rect[0] and rect[2] < frame[2]
        assert frame[1] + 20 < rect[1] and rect[3] < frame[3]
    expanded = found.root.xpath("//i:BPMNShape[@isExpanded='true']/@bpmnElement", namespaces=NS)
    assert set(expanded) == {"public", "collect"}


def test_a_long_name_gets_a_larger_box() -> None:
    found = picture("long_names")
    width = {key: rect[2] - rect[0] for key, rect in found.shapes.items()}

    assert width["g"] == 100
    assert width["d"] == 140
    assert found.shapes["d"][3] - found.shapes["d"][1] > 80


def test_a_name_of_sixteen_characters_fits_into_four_lines() -> None:
    name = "公开公平公正遴选听证会陈述人旁听"
    assert len(name) == 16
    data = RootFile(f'<b:userTask id="t" name="{name}"/>').data

    rect = layout_quality.Picture(layout.layout(data)).shapes["t"]

    block = layout_quality.text.wrap(name, rect[2] - rect[0] - 10, 12)
    assert len(block.lines) <= 4
    assert block.height <= rect[3] - rect[1]


class RootFile:
    """A file with one process."""

    def __init__(self, inside: str, head: str = "", tail: str = "") -> None:
        self.data = (
            f'{head}<b:definitions xmlns:b="{layout_quality.BPMN}" id="d" targetNamespace="x">'
            f'<b:process id="p">{inside}</b:process>{tail}</b:definitions>'
        ).encode()


def test_the_same_file_gives_the_same_bytes_in_any_process() -> None:
    code = "import sys; from engine.bpmn.layout import layout;sys.stdout.buffer.write(layout(sys.stdin.buffer.read()))"
    data = layout_quality.RandomFile(11, 14, 3).data
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            input=data,
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }

    assert outputs == {layout.layout(data)}


@pytest.mark.parametrize("file", FIXTURES, ids=lambda file: file.stem)
def test_a_diagram_that_is_laid_out_stays_as_it_is(file: Path) -> None:
    once = layout.layout(file.read_bytes())

    assert layout.layout(once) == once


def without_diagram(data: bytes, encoding: str = "utf-8") -> str:
    content = data.decode(encoding)
    return re.sub(r"\s*<(\w+:)?BPMNDiagram.*</(\w+:)?BPMNDiagram>\s*", "\n", content, flags=re.DOTALL)


@pytest.mark.parametrize("file", FIXTURES, ids=lambda file: file.stem)
def test_everything_but_the_diagram_stays_byte_for_byte(file: Path) -> None:
    before = file.read_text(encoding="utf-8")
    head, tail = before.rsplit("</bpmn:definitions>", 1)

    after = layout.layout(file.read_bytes()).decode()

    assert after.startswith(head.rstrip())
    assert without_diagram(after.encode()) == head.rstrip() + "\n</bpmn:definitions>" + tail


STRANGE = """<?xml version='1.0'  encoding="UTF-8" ?>
<!-- 第一条 -->
<definitions  xmlns = "http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:ui="http://www.omg.org/spec/BPMN/20100524/DI"
   xmlns:odd='urn:odd' id='d' targetNamespace="x" odd:hint="a &amp; b &#x4e2d;">
  <?keep me?>
  <process id="p"   odd:flag='1'><extensionElements><odd:thing><![CDATA[<raw> & ]]></odd:thing></extensionElements>
    <startEvent id='s'/><!-- in the middle --><sequenceFlow id="f" targetRef="t" sourceRef="s"></sequenceFlow>
    <task odd:x="1" name='审核' id="t" ></task><group id="g"/></process>
  <ui:BPMNDiagram id="old"><ui:BPMNPlane id="plane" bpmnElement="p">
    <ui:BPMNShape id="t_di" bpmnElement="t" odd:colour="#ff0000"/></ui:BPMNPlane></ui:BPMNDiagram>
  <!-- after the diagram -->
  <ui:BPMNDiagram id="second"/>
  <relationship type="kept"><source>a</source><target>b</target></relationship>
</definitions>
<!-- 完 -->
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_comments_extensions_quotes_and_order_survive(newline: str) -> None:
    before = STRANGE.replace("\n", newline)

    after = layout.layout(before.encode()).decode()

    head = before[: before.index("<ui:BPMNDiagram")]
    tail = before[before.index("  <relationship") :]
    assert after.startswith(head + "<ui:BPMNDiagram")
    assert after.endswith(f"</ui:BPMNDiagram>{newline}  <!-- after the diagram -->{newline}{tail}")
    assert after.count("<ui:BPMNDiagram") == 1 and "second" not in after
    assert after.count("\n") == after.count(newline)


def test_colours_and_other_attributes_of_old_shapes_are_kept() -> None:
    root = etree.fromstring(layout.layout(STRANGE.encode()))

    shape = root.find(".//i:BPMNShape[@bpmnElement='t']", NS)
    assert shape.get("{urn:odd}colour") == "#ff0000"


def test_prefixes_of_the_file_are_used_and_missing_ones_declared() -> None:
    after = layout.layout(STRANGE.encode()).decode()

    assert "<ui:BPMNShape" in after and "bpmndi" not in after
    assert after.count('xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"') == 1


@pytest.mark.parametrize("encoding", ["gbk", "utf-16", "utf-8-sig"])
def test_the_encoding_of_the_file_is_kept(encoding: str) -> None:
    declared = encoding.removesuffix("-sig")
    content = f'<?xml version="1.0" encoding="{declared}"?>\n' + RootFile('<b:task id="t" name="审核"/>').data.decode()
    data = content.encode(encoding)

    after = layout.layout(data)

    shown = content.replace("</b:definitions>", "")
    assert after.decode(encoding).startswith(shown)
    assert after[:3] == data[:3]
    assert layout_quality.measure(after).faults() == {}


def test_ids_of_the_diagram_never_clash_with_those_of_elements() -> None:
    data = RootFile('<b:task id="t"/><b:task id="t_di"/><b:task id="BPMNPlane_1"/>').data

    ids = [e.get("id") for e in etree.fromstring(layout.layout(data)).iter() if e.get("id")]

    assert len(ids) == len(set(ids))


def test_processes_that_are_no_pools_get_a_diagram_of_their_own() -> None:
    data = RootFile('<b:task id="t"/>', tail='<b:process id="q"><b:task id="u"/></b:process>').data

    planes = etree.fromstring(layout.layout(data)).xpath("//i:BPMNPlane/@bpmnElement", namespaces=NS)

    assert planes == ["p", "q"]


def test_lanes_without_a_pool_are_drawn() -> None:
    data = RootFile(
        '<b:laneSet id="ls"><b:lane id="a" name="综合处"><b:flowNodeRef>t</b:flowNodeRef></b:lane>'
        '<b:lane id="b" name="领导小组"/></b:laneSet><b:task id="t"/>'
    ).data

    found = layout_quality.Picture(layout.layout(data))

    assert set(found.shapes) == {"a", "b", "t"}
    assert found.shapes["a"][3] == found.shapes["b"][1]


def test_an_annotation_of_a_flow_reaches_the_line() -> None:
    data = RootFile(
        '<b:task id="t"/><b:task id="u"/><b:sequenceFlow id="f" sourceRef="t" targetRef="u"/>'
        '<b:textAnnotation id="n"><b:text>五日内</b:text></b:textAnnotation>'
        '<b:association id="a" sourceRef="f" targetRef="n"/>'
    ).data

    found = layout_quality.Picture(layout.layout(data))

    (x1, y), (x2, _) = found.lines["f"][0], found.lines["f"][-1]
    end = found.lines["a"][0]
    assert x1 < end[0] < x2 and end[1] == y


def test_a_group_goes_with_what_it_framed() -> None:
    di = "http://www.omg.org/spec/BPMN/20100524/DI"
    dc = "http://www.omg.org/spec/DD/20100524/DC"
    places = {"t": (100, 100, 100, 80), "u": (300, 100, 100, 80), "v": (500, 100, 100, 80), "g": (80, 80, 340, 120)}
    old = "".join(
        f'<i:BPMNShape bpmnElement="{key}"><c:Bounds x="{x}" y="{y}" width="{w}" height="{h}"/></i:BPMNShape>'
        for key, (x, y, w, h) in places.items()
    )
    data = RootFile(
        '<b:task id="t"/><b:task id="u"/><b:task id="v"/><b:group id="g"/><b:group id="empty"/>'
        '<b:sequenceFlow id="f" sourceRef="t" targetRef="u"/><b:sequenceFlow id="h" sourceRef="u" targetRef="v"/>',
        tail=f'<i:BPMNDiagram xmlns:i="{di}" xmlns:c="{dc}"><i:BPMNPlane bpmnElement="p">{old}</i:BPMNPlane></i:BPMNDiagram>',
    ).data

    once = layout.layout(data)

    found = layout_quality.Picture(once).shapes
    assert found["g"][0] < found["t"][0] and found["u"][2] < found["g"][2] < found["v"][0]
    assert found["empty"][1] > found["t"][3]
    assert layout.layout(once) == once


@pytest.mark.parametrize(
    "inside",
    [
        "",
        '<b:task id="t"/><b:sequenceFlow id="f" sourceRef="t" targetRef="t"/>',
        '<b:task id="t"/><b:sequenceFlow id="f" sourceRef="t" targetRef="nowhere"/>',
        '<b:task/><b:task id="t"/><b:boundaryEvent id="b" attachedToRef="nowhere"/>',
        '<b:subProcess id="s"/><b:subProcess id="v"><b:task id="t"/></b:subProcess>',
        '<b:task id="t"/><b:textAnnotation id="n"/><b:dataObjectReference id="o" name="表"/>',
        '<b:exclusiveGateway id="a"/><b:exclusiveGateway id="b"/><b:sequenceFlow id="f" sourceRef="a" targetRef="b"/>'
        '<b:sequenceFlow id="g" sourceRef="b" targetRef="a"/><b:sequenceFlow id="h" sourceRef="a" targetRef="b"/>',
    ],
    ids=[
        "empty",
        "self-loop",
        "dangling flow",
        "no id, lost host",
        "empty subprocess",
        "loose artifacts",
        "only a cycle",
    ],
)
def test_unfinished_diagrams_are_laid_out_too(inside: str) -> None:
    quality = layout_quality.measure(layout.layout(RootFile(inside).data))

    known = {"missing": ["f"]} if "nowhere" in inside and "sequenceFlow" in inside else {}
    assert quality.faults() == known


def test_a_file_that_is_no_bpmn_is_refused_with_what_was_found() -> None:
    with pytest.raises(errors.InvalidDiagram, match="note.xml：根元素应为 BPMN 2.0 的 definitions，实际为“note”"):
        layout.layout(b"<note/>", "note.xml")


def test_a_file_without_a_process_is_refused() -> None:
    data = f'<b:definitions xmlns:b="{layout_quality.BPMN}" id="d"/>'.encode()

    with pytest.raises(errors.InvalidDiagram, match="没有找到带 id 的 process"):
        layout.layout(data)

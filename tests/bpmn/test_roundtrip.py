"""A diagram that we read and write keeps everything that we did not understand."""

from __future__ import annotations

import pathlib

import pytest
import snippets as s
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from engine import errors, xmlio
from engine.bpmn import roundtrip

HERE = pathlib.Path(__file__).parent
STRANGE = (HERE / "lint_fixtures" / "strange.bpmn").read_bytes()
FILES = sorted((HERE / "lint_fixtures").glob("*.bpmn"))


def canonical(data: bytes) -> bytes:
    return etree.tostring(etree.fromstring(data), method="c14n", with_comments=True)


def everything(data: bytes) -> list[tuple[object, ...]]:
    """List every node of a file in order: elements with attributes and texts, comments, instructions."""
    tree = xmlio.parse(data, "x")
    before = list(tree.getroot().itersiblings(preceding=True))
    after = list(tree.getroot().itersiblings())
    nodes = [*reversed(before), *tree.getroot().iter(), *after]
    return [(str(node.tag), list(node.attrib.items()), node.text, node.tail, dict(node.nsmap or {})) for node in nodes]


def rewritten(data: bytes) -> bytes:
    """Write a file that was changed and changed back, so that it is really serialized."""
    document = roundtrip.open(data)
    return roundtrip.save(roundtrip.Document(document.tree, document.source, None))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_an_unchanged_file_is_written_byte_by_byte(path: pathlib.Path) -> None:
    assert roundtrip.save(roundtrip.open(path.read_bytes())) == path.read_bytes()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_is_lost_when_a_file_is_serialized(path: pathlib.Path) -> None:
    data = path.read_bytes()
    assert canonical(rewritten(data)) == canonical(data)
    assert everything(rewritten(data)) == everything(data)


def test_what_we_do_not_understand_is_still_there() -> None:
    text = rewritten(STRANGE).decode()
    for part in (
        "<!-- 草稿：待审 -->",
        "<?modeler keep='this'?>",
        "<!-- 末尾注释 -->",
        'camunda:modelerTemplate="cn.gov.templates.Publish" camunda:modelerTemplateVersion="3"',
        'modeler:executionPlatform="Camunda Platform" modeler:executionPlatformVersion="7.22.0"',
        '<zeebe:taskDefinition type="publish" retries="3" />',
        '<vendor:note vendor:level="5">原样 &lt;保留&gt; &amp; 不动</vendor:note>',
        'bioc:stroke="#0d4372" bioc:fill="#bbdefb" color:background-color="#bbdefb" color:border-color="#0d4372"',
        "<![CDATA[if a < b and c > d: /> x = 1]]>",
        'xmlns:unused="http://example.com/unused"',
        'name="起草&#10;公示"',
        "<!-- 不是空标签：<a/> -->",
    ):
        assert part in text, part
    assert text == STRANGE.decode()


def test_an_edit_of_one_attribute_changes_only_that() -> None:
    document = roundtrip.open(STRANGE)
    task = document.root.find(f".//{{{s.BPMN}}}userTask")
    assert task is not None
    task.set("name", "核对“公示”<文本>")
    saved = roundtrip.save(document)
    lines = [(a, b) for a, b in zip(STRANGE.splitlines(), saved.splitlines(), strict=True) if a != b]
    assert len(lines) == 1
    old, new = lines[0]
    assert old.decode().replace("起草&#10;公示", "核对“公示”&lt;文本&gt;") == new.decode()


@pytest.mark.parametrize("encoding", ["gb18030", "gbk"])
def test_the_encoding_is_kept(encoding: str) -> None:
    text = s.diagram(s.user(name="审核申请"), s.start(), s.end(), s.path("start", "check", "end")).decode()
    data = text.replace('encoding="UTF-8"', f'encoding="{encoding.upper()}"').encode(encoding)
    document = roundtrip.open(data)
    assert roundtrip.save(document) == data
    document.root.set("name", "公示 😀")
    saved = roundtrip.save(document)
    assert saved.decode("gb18030").startswith(f'<?xml version="1.0" encoding="{encoding.upper()}"?>')
    assert roundtrip.open(saved).root.get("name") == "公示 😀"
    assert "审核申请" in saved.decode(encoding)


def test_byte_order_mark_and_line_ends_are_kept() -> None:
    data = "\ufeff".encode() + STRANGE.replace(b"\n", b"\r\n")
    document = roundtrip.open(data)
    document.root.set("name", "x")
    saved = roundtrip.save(document)
    assert saved.startswith("\ufeff<?xml".encode())
    assert saved.count(b"\r\n") == saved.count(b"\n") == data.count(b"\n")


def test_utf_16_is_kept() -> None:
    data = STRANGE.decode().replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")
    document = roundtrip.open(data)
    document.root.set("name", "公示")
    saved = roundtrip.save(document)
    assert roundtrip.open(saved).root.get("name") == "公示"
    assert saved.decode("utf-16").replace(' name="公示"', "", 1).encode("utf-16") == data


def test_a_file_without_declaration_stays_without() -> None:
    data = b'<a x="1"><b/></a>\n'
    document = roundtrip.open(data)
    document.root.set("x", "2")
    assert roundtrip.save(document) == b'<a x="2"><b/></a>\n'


def test_what_is_no_safe_xml_is_refused() -> None:
    with pytest.raises(errors.InvalidXml):
        roundtrip.open(b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>')


names = st.sampled_from(["a", "b", "公示", "x:y", "camunda:z"])
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=8
)


@st.composite
def parts(draw: st.DrawFn, depth: int = 3) -> str:
    from xml.sax.saxutils import escape, quoteattr

    kind = draw(st.integers(0, 5 if depth else 3))
    text = draw(texts)
    if kind == 0:
        return escape(text)
    if kind == 1:
        return "<!--" + text.replace("-", "—") + "-->"
    if kind == 2:
        return "<![CDATA[" + text.replace("]", " ") + "]]>"
    if kind == 3:
        return "<?note " + text.replace("?", " ") + "?>"
    name, value = draw(names), quoteattr(text + draw(st.sampled_from(["", "\n", "\t", "/>", "&", "<"])))
    content = "".join(draw(st.lists(parts(depth - 1), max_size=3)))
    blank = draw(st.sampled_from(["", " "]))
    return f"<{name} k={value}>{content}</{name}>" if content else f"<{name} k={value}{blank}/>"


@settings(max_examples=200, deadline=None)
@given(st.lists(parts(), max_size=4))
def test_any_xml_survives(content: list[str]) -> None:
    data = (
        f'<r xmlns:x="http://x.example" xmlns:camunda="{s.NAMESPACES["xmlns:camunda"]}">{"".join(content)}</r>'.encode()
    )
    assert roundtrip.save(roundtrip.open(data)) == data
    assert canonical(rewritten(data)) == canonical(data)
    assert everything(rewritten(data)) == everything(data)

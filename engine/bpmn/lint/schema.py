"""Validation against the XSD of BPMN 2.0 that SpiffWorkflow ships, told in Chinese."""

from __future__ import annotations

import functools
import importlib.resources
import re
import threading
from collections.abc import Iterable, Iterator
from typing import Any, cast

from lxml import etree

from engine.bpmn.lint import markup
from engine.bpmn.lint.diagram import Diagram
from engine.model import definitions

_PATH = "bpmn/parser/schema/BPMN20.xsd"

# The error log of a schema belongs to the schema: one validation at a time.
_lock = threading.Lock()

_QUALIFIED = re.compile(r"\{[^}]*\}")
_ELEMENT = re.compile(r"^Element '(?P<element>[^']*)'")
_ATTRIBUTE = re.compile(r"^Element '(?P<element>[^']*)', attribute '(?P<attribute>[^']*)': ")
_NOT_ALLOWED = re.compile(r"The attribute '(?P<attribute>[^']*)' is not allowed\.")
_REQUIRED = re.compile(r"The attribute '(?P<attribute>[^']*)' is required but missing\.")
_UNEXPECTED = re.compile(r"^Element '(?P<element>[^']*)': This element is not expected\.(?: Expected is (?P<what>.*))?")
_MISSING = re.compile(r"^Element '(?P<element>[^']*)': Missing child element\(s\)\. Expected is (?P<what>.*)")
_SET = re.compile(r"The value '(?P<value>[^']*)' is not an element of the set \{(?P<set>[^}]*)\}")
_TYPE = re.compile(
    r"'(?P<value>[^']*)' is not a valid value of the (?:atomic|union|local|list)[^']*type '?(?P<type>[^'.]*)'?"
)

_TYPES = {
    "xs:boolean": "true 或 false",
    "xs:integer": "整数",
    "xs:int": "整数",
    "xs:double": "数字",
    "xs:ID": "合法且不重复的 id（以字母或下划线开头，不含空格）",
    "xs:IDREF": "元素的 id",
    "xs:QName": "元素的 id",
    "xs:anyURI": "网址形式的标识",
}

Entry = tuple[int, str]


@functools.cache
def _schema() -> etree.XMLSchema:
    resource = importlib.resources.files("SpiffWorkflow") / _PATH
    with importlib.resources.as_file(resource) as path:
        return etree.XMLSchema(file=str(path))


def check(seen: Diagram) -> Iterator[definitions.Finding]:
    """Yield what the XSD says is wrong; duplicate ids are told by a rule of their own."""
    with _lock:
        schema = _schema()
        if schema.validate(seen.root):
            return
        log = cast("Iterable[Any]", schema.error_log)
        entries: list[Entry] = [(entry.line, entry.message) for entry in log]
    duplicates = _duplicates(seen)
    for line, message in entries:
        typed = _TYPE.search(message)
        if typed and typed["type"] == "xs:ID" and typed["value"].strip() in duplicates:
            continue
        expected, found = _in_chinese(message)
        yield seen.finding("schema", _element(seen, line, message), expected, found)


def _duplicates(seen: Diagram) -> set[str]:
    once: set[str] = set()
    twice: set[str] = set()
    for element in markup.elements(seen.root):
        identifier = element.get("id", "").strip()
        (twice if identifier in once else once).add(identifier)
    return twice


def _element(seen: Diagram, line: int, message: str) -> etree._Element:
    # libxml2 names line and tag but not the element; of several on one line an attribute in the message tells.
    tag = named["element"] if (named := _ELEMENT.match(message)) else ""
    there = [each for each in markup.elements(seen.root) if markup.line_of(each) == line]
    alike = [each for each in there if each.tag == tag]
    for each in alike:
        if any(f"'{value}'" in message for _, value in markup.attributes(each)):
            return each
    return next(iter(alike or there), seen.root)


def _in_chinese(message: str) -> tuple[str, str]:
    """Return what was expected and what was found."""
    place = _ATTRIBUTE.match(message)
    attribute = f"属性 {_short(place['attribute'])}=" if place else ""
    if match := _NOT_ALLOWED.search(message):
        return "标准中有的属性", f"标准中没有的属性 {_short(match['attribute'])}"
    if match := _REQUIRED.search(message):
        return f"有属性 {_short(match['attribute'])}", "没有"
    if match := _UNEXPECTED.search(message):
        return _one_of(match["what"]), f"元素 {_short(match['element'])} 出现在不该出现的位置"
    if match := _MISSING.search(message):
        return f"其中含有 {_one_of(match['what'])}", "没有"
    if match := _SET.search(message):
        return _choices(match["set"].replace("'", "").split(", ")), f"{attribute}“{match['value']}”"
    if match := _TYPE.search(message):
        kind = match["type"].rpartition("}")[2]
        return _TYPES.get(kind, f"类型为 {kind} 的值"), f"{attribute}“{match['value']}”"
    if "No matching global declaration" in message:
        return "根元素 definitions（命名空间 http://www.omg.org/spec/BPMN/20100524/MODEL）", "不是 BPMN 2.0 文件"
    if "Character content" in message:
        return "此处只有子元素，没有文字", "多余的文字"
    return "符合 BPMN 2.0 的结构", _QUALIFIED.sub("", message).rstrip(".")


def _one_of(what: str | None) -> str:
    if not what:
        return "没有此元素"
    names = [_short(name) for name in what.removeprefix("one of").strip("( ).").split(", ")]
    return _choices(names)


def _choices(names: list[str], limit: int = 6) -> str:
    shown = "、".join(name.strip() for name in names[:limit])
    return f"{shown} 等之一" if len(names) > limit else f"{shown} 之一" if len(names) > 1 else shown


def _short(name: str) -> str:
    return _QUALIFIED.sub("", name).strip("#")

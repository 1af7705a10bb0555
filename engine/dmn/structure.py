"""What a DMN file may contain: nothing in it is skipped in silence, except what draws the diagram."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from lxml import etree

from engine.dmn.report import Report

#: The namespaces of DMN; decision tables have the same structure in all of them.
NAMESPACES = {
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20151101/dmn11.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "1.2",
    "https://www.omg.org/spec/DMN/20191111/MODEL/": "1.3",
    "https://www.omg.org/spec/DMN/20211108/MODEL/": "1.4",
    "https://www.omg.org/spec/DMN/20230324/MODEL/": "1.5",
}
CAMUNDA = "http://camunda.org/schema/1.0/dmn"

_TEXT = {"text"}
_LANGUAGE = {"expressionLanguage"}
_EXPRESSION = {"typeRef"} | _LANGUAGE
_NAMED = {"name"}
_DOCUMENTARY = {
    "question",
    "allowedAnswers",
    "authorityRequirement",
    "supportedObjective",
    "impactedPerformanceIndicator",
    "decisionMaker",
    "decisionOwner",
    "usingProcess",
    "usingTask",
}
#: Elements that may stand several times below one parent; of every other, the second would be overlooked.
_REPEATED = {
    *_DOCUMENTARY,
    "decision",
    "inputData",
    "informationRequirement",
    "input",
    "output",
    "annotation",
    "rule",
    "inputEntry",
    "outputEntry",
    "annotationEntry",
    "knowledgeSource",
    "textAnnotation",
    "association",
    "group",
    "elementCollection",
    "performanceIndicator",
    "organizationUnit",
}
#: Elements that only draw or document, with everything below them.
_OPAQUE = {
    *_DOCUMENTARY,
    "description",
    "extensionElements",
    "knowledgeSource",
    "textAnnotation",
    "association",
    "group",
    "elementCollection",
    "performanceIndicator",
    "organizationUnit",
}


@dataclasses.dataclass(frozen=True, slots=True)
class _Shape:
    attributes: frozenset[str]
    children: frozenset[str]
    camunda: frozenset[str]


def _shape(attributes: set[str], children: set[str], camunda: set[str] | None = None) -> _Shape:
    return _Shape(
        frozenset(attributes | {"id", "label"}),
        frozenset(children | {"description", "extensionElements"}),
        frozenset(camunda or ()),
    )


_SHAPES = {
    "definitions": _shape(
        _NAMED | {"namespace", "expressionLanguage", "typeLanguage", "exporter", "exporterVersion"},
        {"decision", "inputData"} | (_OPAQUE - _DOCUMENTARY),
    ),
    "decision": _shape(
        _NAMED,
        {"variable", "informationRequirement", "decisionTable", "literalExpression"} | _DOCUMENTARY,
        {"versionTag", "historyTimeToLive"},
    ),
    "inputData": _shape(_NAMED, {"variable"}),
    "variable": _shape(_NAMED | {"typeRef"}, set()),
    "informationRequirement": _shape(set(), {"requiredDecision", "requiredInput"}),
    "requiredDecision": _shape({"href"}, set()),
    "requiredInput": _shape({"href"}, set()),
    "decisionTable": _shape(
        {"hitPolicy", "aggregation", "preferredOrientation", "outputLabel"},
        {"input", "output", "annotation", "rule"},
    ),
    "input": _shape(set(), {"inputExpression", "inputValues"}, {"inputVariable"}),
    "inputExpression": _shape(_EXPRESSION, _TEXT),
    "inputValues": _shape(_LANGUAGE, _TEXT),
    "output": _shape(_NAMED | {"typeRef"}, {"outputValues", "defaultOutputEntry"}),
    "outputValues": _shape(_LANGUAGE, _TEXT),
    "defaultOutputEntry": _shape(_LANGUAGE, _TEXT),
    "annotation": _shape(_NAMED, set()),
    "rule": _shape(set(), {"inputEntry", "outputEntry", "annotationEntry"}),
    "inputEntry": _shape(_LANGUAGE, _TEXT),
    "outputEntry": _shape(_LANGUAGE, _TEXT),
    "annotationEntry": _shape(set(), _TEXT),
    "literalExpression": _shape(_EXPRESSION, _TEXT),
    "text": _shape(set(), set()),
}
_REFUSED = {
    "businessKnowledgeModel": "业务知识模型（businessKnowledgeModel）",
    "knowledgeRequirement": "业务知识模型（businessKnowledgeModel）",
    "decisionService": "决策服务（decisionService）",
    "itemDefinition": "自定义数据类型（itemDefinition）",
    "import": "引用其他文件（import）",
    "importedValues": "引用其他文件中的值（importedValues）",
    "context": "上下文（context）",
    "relation": "关系表（relation）",
    "invocation": "函数调用（invocation）",
    "functionDefinition": "函数定义（functionDefinition）",
    "list": "列表表达式（list）",
    "conditional": "条件表达式（conditional）",
    "filter": "筛选表达式（filter）",
    "for": "循环表达式（for）",
    "every": "量词表达式（every）",
    "some": "量词表达式（some）",
}
_SUPPORTED = "决策表或文字表达式（decisionTable、literalExpression）"


@dataclasses.dataclass(frozen=True, slots=True)
class ElementSpot:
    """An element of the file as a finding points at it."""

    id: str
    line: int


def spot(element: etree._Element) -> ElementSpot:
    """Return the place of an element."""
    return ElementSpot(element.get("id", ""), line(element))


def line(element: etree._Element) -> int:
    """Return the line on which an element begins, from 1."""
    found: object = element.sourceline
    return found if isinstance(found, int) else 0


def local(element: etree._Element) -> str:
    """Return the name of an element without its namespace."""
    return etree.QName(element).localname


def children(element: etree._Element, name: str) -> list[etree._Element]:
    """Return the children of a name, in the namespace of the parent."""
    namespace = etree.QName(element).namespace or ""
    return element.findall(f"{{{namespace}}}{name}")


def child(element: etree._Element, name: str) -> etree._Element | None:
    """Return the first child of a name, or None."""
    return next(iter(children(element, name)), None)


def text(element: etree._Element | None) -> str:
    """Return the content of the `text` child, without spaces around it."""
    holder = None if element is None else child(element, "text")
    return "" if holder is None else str(holder.xpath("string()")).strip()


def check(root: etree._Element, report: Report) -> None:
    """Record every element and attribute that has no meaning here, and every id that stands twice."""
    _check_element(root, report)
    _check_ids(root, report)


def _check_element(root: etree._Element, report: Report) -> None:
    # A loop, not a recursion: the depth of the file is the sender's choice.
    waiting = [root]
    while waiting:
        current = waiting.pop()
        _check_attributes(current, _SHAPES[local(current)], report)
        _check_content(current, report)
        seen: set[str] = set()
        for below in _elements(current):
            name = local(below)
            if etree.QName(below).namespace != etree.QName(root).namespace:
                # Diagram interchange hangs below the root; anything else of other tools is in extensionElements.
                if current is not root:
                    report.error(spot(below), "", "dmn-element", _SUPPORTED, f"<{below.prefix}:{name}>")
            elif _is_expected(below, name, current, seen, report):
                seen.add(name)
                waiting.append(below)


def _is_expected(element: etree._Element, name: str, parent: etree._Element, seen: set[str], report: Report) -> bool:
    """Tell whether the inside of an element is to be checked; record an element that has no business there."""
    if name in _REFUSED:
        found = f"{_REFUSED[name]}，不受支持"
        report.error(spot(element), element.get("name", ""), "dmn-unsupported", _SUPPORTED, found)
    elif name not in _SHAPES[local(parent)].children:
        report.error(spot(element), "", "dmn-element", "DMN 规定的元素", f"<{local(parent)}> 之下的 <{name}>")
    elif name in seen and name not in _REPEATED:
        report.error(spot(element), "", "dmn-element", f"至多一个 <{name}>", f"<{local(parent)}> 之下的又一个 <{name}>")
    elif name in _OPAQUE:
        _check_extensions(element, report)
        seen.add(name)
    else:
        return True
    return False


def _check_content(element: etree._Element, report: Report) -> None:
    # A cell whose text lacks its <text> would be an empty cell, which matches everything.
    if local(element) == "text":
        return
    stray = "".join([element.text or "", *(below.tail or "" for below in element)]).strip()
    if stray:
        found = f"<{local(element)}> 之下的文字“{stray[:40]}”"
        report.error(spot(element), element.get("name", ""), "dmn-element", "放在 <text> 中的文字", found)


def _check_attributes(element: etree._Element, shape: _Shape, report: Report) -> None:
    for key in element.attrib:
        name = etree.QName(key)
        if not name.namespace and name.localname not in shape.attributes:
            found = f"<{local(element)}> 的属性 {name.localname}"
            report.error(spot(element), element.get("name", ""), "dmn-attribute", "DMN 规定的属性", found)
        if name.namespace == CAMUNDA and name.localname not in shape.camunda:
            found = f"<{local(element)}> 的属性 camunda:{name.localname}，不受支持"
            report.error(spot(element), element.get("name", ""), "dmn-attribute", "受支持的 camunda 属性", found)


def _check_extensions(element: etree._Element, report: Report) -> None:
    for below in _elements(element):
        if etree.QName(below).namespace == CAMUNDA:
            found = f"<camunda:{local(below)}>，不受支持"
            report.error(spot(below), "", "dmn-element", "受支持的扩展元素", found)


def _check_ids(root: etree._Element, report: Report) -> None:
    seen: dict[str, int] = {}
    for element in root.iter("*"):
        identity = element.get("id")
        if identity is None:
            continue
        if identity in seen:
            found = f"与第 {seen[identity]} 行重复的“{identity}”"
            report.error(spot(element), "", "dmn-id", "文件中不重复的 id", found)
        seen.setdefault(identity, line(element))


def _elements(element: etree._Element) -> Iterator[etree._Element]:
    # Comments and processing instructions are left out.
    return element.iterchildren("*")

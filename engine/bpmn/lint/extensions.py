"""Vendor extensions: what is misspelt, what Camunda knows and this engine does not, what belongs to another engine."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator

from lxml import etree

from engine.bpmn import naming
from engine.bpmn.lint import literals, markup, vocabulary
from engine.bpmn.lint.diagram import Diagram
from engine.model import definitions

Findings = Iterator[definitions.Finding]

_MODELER = "http://camunda.org/schema/modeler/1.0"


def check(seen: Diagram) -> Findings:
    """Yield what is wrong with the extensions of a file."""
    yield from _foreign(seen)
    for element in seen.considered():
        space = markup.namespace(element)
        if space == markup.BPMN:
            yield from _attributes(seen, element)
        elif space == markup.CAMUNDA:
            yield from _element(seen, element)
        elif (parent := element.getparent()) is not None and markup.namespace(parent) == markup.CAMUNDA:
            found = f"元素 {element.tag}"
            yield seen.finding("camunda-unknown", element, f"camunda:{markup.local(parent)} 中只有 camunda 元素", found)


def _attributes(seen: Diagram, element: etree._Element) -> Findings:
    tag = markup.local(element)
    for key, value in markup.attributes(element):
        space, _, name = key.removeprefix("{").rpartition("}")
        if space != markup.CAMUNDA:
            continue
        word = vocabulary.ATTRIBUTES.get(name)
        if word is not None and (tag in word.places or "*" in word.places):
            if word.values is not None and value.strip() not in word.values:
                yield seen.finding(
                    "camunda-value",
                    element,
                    f"camunda:{name} 为 {'、'.join(word.values)} 之一",
                    f"camunda:{name}=“{value}”",
                )
            elif name in vocabulary.VARIABLES and not vocabulary.is_name(value.strip()):
                yield seen.finding("camunda-value", element, f"camunda:{name} 是变量名", f"“{value}”")
            elif tag.endswith("EventDefinition") and name in vocabulary.VARIABLES and _throws(element):
                yield seen.finding("camunda-unknown", element, "抛出事件不接收变量", f"属性 camunda:{name}=“{value}”")
        elif name in vocabulary.REFUSED_ATTRIBUTES:
            yield seen.finding(
                "camunda-unsupported", element, vocabulary.REFUSED_ATTRIBUTES[name], f"属性 camunda:{name}=“{value}”"
            )
        else:
            known = [each for each, word in vocabulary.ATTRIBUTES.items() if tag in word.places]
            yield seen.finding(
                "camunda-unknown", element, _known("属性", name, known), f"属性 camunda:{name}=“{value}”"
            )


def _throws(definition: etree._Element) -> bool:
    event = definition.getparent()
    return event is not None and markup.local(event) in markup.THROW_EVENTS


def _element(seen: Diagram, element: etree._Element) -> Findings:
    tag, parent = markup.local(element), element.getparent()
    if parent is not None and markup.local(parent) in vocabulary.REFUSED_CAMUNDA_ELEMENTS:
        return  # told once, at the outermost
    where = markup.local(_holder(element))
    word = vocabulary.ELEMENTS.get(tag)
    if word is not None and (where in word.places or "*" in word.places):
        yield from _plain_attributes(seen, element, tag)
        if tag == "property":
            yield from _property(seen, element)
    elif tag in vocabulary.REFUSED_CAMUNDA_ELEMENTS:
        yield seen.finding(
            "camunda-unsupported", element, vocabulary.REFUSED_CAMUNDA_ELEMENTS[tag], f"元素 camunda:{tag}"
        )
    else:
        known = [each for each, word in vocabulary.ELEMENTS.items() if where in word.places or "*" in word.places]
        found = f"元素 camunda:{tag}" + ("" if word is None else f" 在 {where} 中")
        yield seen.finding("camunda-unknown", element, _known("元素", tag, known), found)


def _holder(element: etree._Element) -> etree._Element:
    """Return what an extension belongs to: the element around ``extensionElements``."""
    parent = element.getparent()
    if parent is None:
        return element
    if markup.local(parent) == "extensionElements":
        around = parent.getparent()
        return parent if around is None else around
    return parent


def _plain_attributes(seen: Diagram, element: etree._Element, tag: str) -> Findings:
    known = vocabulary.ELEMENT_ATTRIBUTES[tag]
    for name, value in markup.attributes(element):
        if name.startswith("{") or name in known:
            continue
        yield seen.finding(
            "camunda-unknown",
            element,
            _known("属性", name, known, ""),
            f"camunda:{tag} 的属性 {name}=“{value}”",
        )


def _property(seen: Diagram, element: etree._Element) -> Findings:
    name, value = element.get("name", ""), element.get("value", "").strip()
    owner = markup.local(markup.owner(element))
    word = vocabulary.PROPERTIES.get(name)
    if word is None or not (owner in word.places or "*" in word.places):
        known = [each for each, word in vocabulary.PROPERTIES.items() if owner in word.places or "*" in word.places]
        yield seen.finding(
            "property-unknown", element, _known("扩展属性", name, known, ""), f"扩展属性 {name}=“{value}”"
        )
    elif word.values is not None and value not in word.values:
        yield seen.finding("property-value", element, f"扩展属性 {name} 为 {'、'.join(word.values)} 之一", f"“{value}”")
    elif name == "outputCollection" and not vocabulary.is_name(value):
        yield seen.finding("property-value", element, "扩展属性 outputCollection 是变量名", f"“{value}”")
    elif name == "businessKey" and (wrong := naming.wrong_with(value)) is not None:
        rule = f"{naming.PATTERN_LENGTH} 字以内，{{n}} 恰一次"
        expected = f"扩展属性 businessKey 是编号样式（如 预审〔{{year}}〕{{n}}号，{rule}）"
        yield seen.finding("property-value", element, expected, f"“{value}”{wrong}")
    elif name in ("caseTitle", "topic") and not value:
        yield seen.finding("property-value", element, f"扩展属性 {name} 有内容", "空")
    elif name == "timeToLive" and not literals.is_duration(value):
        yield seen.finding("property-value", element, "扩展属性 timeToLive 是 ISO 8601 时长（如 P30D）", f"“{value}”")


def _known(kind: str, name: str, known: Collection[str], prefix: str = "camunda:") -> str:
    if not known:
        return f"此处没有{kind}"
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
    hint = f"（是否应为 {prefix}{near[0]}？）" if near else ""
    return f"{kind} {'、'.join(prefix + each for each in sorted(known))} 之一{hint}"


def _foreign(seen: Diagram) -> Findings:
    used: dict[str, etree._Element] = {}
    for element in markup.elements(seen.root):
        spaces = [markup.namespace(element)]
        spaces += [key[1:].partition("}")[0] for key, _ in markup.attributes(element) if key.startswith("{")]
        for space in spaces:
            if space in vocabulary.FOREIGN_ENGINES:
                used.setdefault(space, element)
    for space, element in used.items():
        engine = vocabulary.FOREIGN_ENGINES[space]
        yield seen.finding("foreign-extension", element, "camunda 命名空间的扩展", f"{engine} 的扩展，不会执行")
    platform = seen.root.get(f"{{{_MODELER}}}executionPlatform")
    if platform is not None and platform != "Camunda Platform":
        yield seen.finding(
            "foreign-extension", seen.root, "modeler:executionPlatform=“Camunda Platform”", f"“{platform}”"
        )

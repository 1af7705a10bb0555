"""Every expression, template and script of a diagram is compiled, with the compiler that the executor uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lxml import etree

from engine import errors
from engine.bpmn import expressions, extensions
from engine.bpmn.lint import markup
from engine.bpmn.lint.diagram import Diagram, Node
from engine.model import definitions

Findings = Iterator[definitions.Finding]
Compiler = Callable[[str], object]
#: Where it is written, what it is in Chinese, its text, how it is compiled.
Written = tuple[etree._Element, str, str, Compiler]

_BODIES: dict[str, tuple[str, Compiler]] = {
    "conditionExpression": ("条件", expressions.compile_expression),
    "condition": ("条件", expressions.compile_expression),
    "timeDate": ("日期", expressions.compile_template),
    "timeDuration": ("时长", expressions.compile_template),
    "timeCycle": ("循环", expressions.compile_template),
    "loopCardinality": ("次数", expressions.compile_expression),
    "loopDataInputRef": ("集合", expressions.compile_expression),
    "completionCondition": ("完成条件", expressions.compile_expression),
    "loopCondition": ("循环条件", expressions.compile_expression),
}


def check(seen: Diagram) -> Findings:
    """Yield what does not compile."""
    for element, what, text, compiler in _written(seen):
        try:
            compiler(text)
        except errors.InvalidExpression as error:
            yield seen.finding("expression", element, f"可以编译的{what}", f"“{_short(text)}”：{error.message}")


def _written(seen: Diagram) -> Iterator[Written]:
    for process in seen.processes:
        if process not in seen.drawn:
            yield from _properties(process)
    for flow in seen.flows:
        yield from _bodies(flow.element)
    for node in seen.nodes:
        yield node.element, "名称", node.element.get("name", ""), expressions.compile_template
        for definition in node.events:
            yield from _bodies(definition)
            if markup.local(definition) == "conditionalEventDefinition" and not _has_condition(definition):
                yield definition, "条件", "", expressions.compile_expression
        yield from _of_node(node)


def _of_node(node: Node) -> Iterator[Written]:
    element = node.element
    for name in extensions.TEMPLATES:
        value = markup.camunda(element, name)
        if value is not None and node.tag == "userTask":
            yield element, f" camunda:{name}", value, expressions.compile_template
    for loop in markup.bpmn_children(element):
        if markup.local(loop).endswith("LoopCharacteristics"):
            yield from _bodies(loop)
            if collection := markup.camunda(loop, "collection"):
                yield loop, "集合", collection, expressions.compile_expression
    if node.tag == "scriptTask":
        yield from _script(element)
    for holder in markup.extensions(element, "inputOutput"):
        for parameter in holder.iterchildren(f"{{{markup.CAMUNDA}}}*"):
            yield from _values(parameter, f"参数 {parameter.get('name', '')}")
    yield from _mappings(element)
    yield from _properties(element)


def _bodies(element: etree._Element) -> Iterator[Written]:
    for child in markup.bpmn_children(element):
        what, compiler = _BODIES.get(markup.local(child), ("", None))
        text = markup.text_of(child)
        if compiler is not None and text:
            yield child, what, text, compiler


def _has_condition(definition: etree._Element) -> bool:
    condition = markup.child(definition, "condition")
    return condition is not None and bool(markup.text_of(condition))


def _script(element: etree._Element) -> Iterator[Written]:
    script = markup.child(element, "script")
    text = (script.text or "") if script is not None else ""
    if script is not None and text.strip():
        if markup.camunda(element, "resultVariable"):
            yield script, "表达式", text, expressions.compile_expression
        else:
            yield script, "脚本", text, expressions.compile_script


def _values(element: etree._Element, what: str) -> Iterator[Written]:
    """Yield the texts of a parameter: its own, or those of the list or map in it."""
    inside = list(element.iterchildren(etree.Element))
    if not inside:
        yield element, what, markup.text_of(element), expressions.compile_template
    for child in inside:
        if markup.local(child) in ("list", "map"):
            for entry in child.iterchildren(etree.Element):
                yield from _values(entry, what)


def _mappings(element: etree._Element) -> Iterator[Written]:
    for tag in ("in", "out"):
        for mapping in markup.extensions(element, tag):
            if text := mapping.get("sourceExpression"):
                yield mapping, f" camunda:{tag}", text, expressions.compile_expression
            if text := mapping.get("businessKey"):
                yield mapping, " businessKey", text, expressions.compile_template


def _properties(element: etree._Element) -> Iterator[Written]:
    for entry in markup.property_elements(element):
        text = entry.get("value", "")
        if entry.get("name") == "correlationKey" and text.strip():
            yield entry, " correlationKey", text, expressions.compile_template
        elif entry.get("name") == "caseTitle" and text.strip():
            yield entry, " caseTitle", text, expressions.compile_template
        elif entry.get("name") in ("recused", "unitOf", "leadsTo", "carries") and text.strip():
            yield entry, f" {entry.get('name')}", text, expressions.compile_template
        elif entry.get("name") == "outputElement":
            yield entry, " outputElement", text, expressions.compile_expression


def _short(text: str, limit: int = 60) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"

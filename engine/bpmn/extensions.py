"""What the `camunda:` namespace says of an element (design: BPMN conventions), compiled."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lxml import etree

from engine import errors
from engine.bpmn import expressions

if TYPE_CHECKING:
    from engine.bpmn.workflow import ProcessWorkflow

CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"

#: Attributes that hold a text with expressions in it.
TEMPLATES = ("assignee", "candidateUsers", "candidateGroups", "dueDate", "followUpDate", "priority")

#: Properties that do.
PROPERTIES = ("unitOf",)

#: How often and how far apart a failed job is tried again, where the diagram does not say.
DEFAULT_RETRY_CYCLE = "R3/PT5M"


@dataclasses.dataclass(frozen=True, slots=True)
class ListValue:
    """A list of values to be evaluated one by one."""

    items: tuple[Value, ...]

    def evaluate(self, variables: Mapping[str, Any], functions: Mapping[str, Any]) -> Any:
        """Evaluate all items."""
        return [item.evaluate(variables, functions) for item in self.items]


@dataclasses.dataclass(frozen=True, slots=True)
class MapValue:
    """A mapping of names to values to be evaluated one by one."""

    entries: tuple[tuple[str, Value], ...]

    def evaluate(self, variables: Mapping[str, Any], functions: Mapping[str, Any]) -> Any:
        """Evaluate all entries."""
        return {key: value.evaluate(variables, functions) for key, value in self.entries}


Value = expressions.Template | ListValue | MapValue


@dataclasses.dataclass(frozen=True, slots=True)
class CallMapping:
    """One `camunda:in` or `camunda:out` of a call activity; without a source it hands over everything."""

    source: expressions.Expression | None
    target: str | None

    def apply(
        self, workflow: ProcessWorkflow, variables: Mapping[str, Any], everything: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return what the mapping yields: its source evaluated on `variables`, or `everything`."""
        if self.source is None or self.target is None:
            return dict(everything)
        return {self.target: workflow.evaluate(variables, self.source)}


@dataclasses.dataclass(frozen=True, slots=True)
class Extensions:
    """The vendor attributes and elements of one BPMN element."""

    attributes: Mapping[str, str] = dataclasses.field(default_factory=dict)
    properties: Mapping[str, str] = dataclasses.field(default_factory=dict)
    templates: Mapping[str, expressions.Template] = dataclasses.field(default_factory=dict)
    name_template: expressions.Template = dataclasses.field(default_factory=lambda: expressions.compile_template(""))
    inputs: tuple[tuple[str, Value], ...] = ()
    outputs: tuple[tuple[str, Value], ...] = ()
    ins: tuple[CallMapping, ...] = ()
    outs: tuple[CallMapping, ...] = ()
    business_key: expressions.Template | None = None
    retry_cycle: str = DEFAULT_RETRY_CYCLE


def read(node: etree._Element) -> Extensions:
    """Read the extensions of a BPMN element.

    Event definitions inside an event carry attributes of their own (topic, errorCodeVariable); they count as the
    event's.

    Raises:
        errors.InvalidExpression: an expression in them does not compile.
    """
    attributes = _attributes(node)
    for child in node:
        if isinstance(child.tag, str) and child.tag.endswith("EventDefinition"):
            attributes.update(_attributes(child))
    block = node.find(f"{{{BPMN}}}extensionElements")
    elements = (
        [] if block is None else [e for e in block if isinstance(e.tag, str) and e.tag.startswith(f"{{{CAMUNDA}}}")]
    )
    by_name: dict[str, list[etree._Element]] = {}
    for element in elements:
        by_name.setdefault(etree.QName(element).localname, []).append(element)
    parameters = [p for io in by_name.get("inputOutput", []) for p in io if isinstance(p.tag, str)]
    ins = [e for e in by_name.get("in", []) if e.get("businessKey") is None]
    keys = [e.get("businessKey") for e in by_name.get("in", []) if e.get("businessKey") is not None]
    retry = by_name.get("failedJobRetryTimeCycle", [])
    properties = {
        str(p.get("name")): p.get("value", "")
        for block in by_name.get("properties", [])
        for p in block.findall(f"{{{CAMUNDA}}}property")
    }
    return Extensions(
        attributes=attributes,
        properties=properties,
        templates={
            name: expressions.compile_template(written[name])
            for names, written in ((TEMPLATES, attributes), (PROPERTIES, properties))
            for name in names
            if name in written
        },
        name_template=expressions.compile_template(node.get("name") or ""),
        inputs=tuple(_parameter(p) for p in parameters if etree.QName(p).localname == "inputParameter"),
        outputs=tuple(_parameter(p) for p in parameters if etree.QName(p).localname == "outputParameter"),
        ins=tuple(_call_mapping(e) for e in ins),
        outs=tuple(_call_mapping(e) for e in by_name.get("out", [])),
        business_key=expressions.compile_template(str(keys[0])) if keys else None,
        retry_cycle=(retry[0].text or "").strip() if retry else DEFAULT_RETRY_CYCLE,
    )


def _attributes(node: etree._Element) -> dict[str, str]:
    found = {}
    for key, value in node.attrib.items():
        name = etree.QName(str(key))
        if name.namespace == CAMUNDA:
            found[name.localname] = str(value)
    return found


def _parameter(node: etree._Element) -> tuple[str, Value]:
    return str(node.get("name")), _value(node)


def _value(node: etree._Element) -> Value:
    children = [child for child in node if isinstance(child.tag, str)]
    if not children:
        return expressions.compile_template((node.text or "").strip())
    child = children[0]
    kind = etree.QName(child).localname
    if kind == "list":
        return ListValue(tuple(_value(item) for item in child if isinstance(item.tag, str)))
    if kind == "map":
        return MapValue(tuple((str(e.get("key")), _value(e)) for e in child if isinstance(e.tag, str)))
    raise errors.InvalidExpression(f"参数的值应为文本、list 或 map，现为 camunda:{kind}")


def _call_mapping(node: etree._Element) -> CallMapping:
    if node.get("variables") == "all":
        return CallMapping(None, None)
    source = node.get("sourceExpression") or node.get("source") or ""
    return CallMapping(expressions.compile_expression(source), str(node.get("target")))

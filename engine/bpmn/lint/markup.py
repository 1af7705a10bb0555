"""The markup of a diagram: tags, attributes, and what things are called in Chinese."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"

TASKS = frozenset(
    {
        "task",
        "userTask",
        "manualTask",
        "serviceTask",
        "sendTask",
        "receiveTask",
        "scriptTask",
        "businessRuleTask",
    }
)
SUBPROCESSES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
ACTIVITIES = TASKS | SUBPROCESSES | {"callActivity"}
GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"})
CATCH_EVENTS = frozenset({"startEvent", "intermediateCatchEvent", "boundaryEvent"})
THROW_EVENTS = frozenset({"intermediateThrowEvent", "endEvent", "implicitThrowEvent"})
EVENTS = CATCH_EVENTS | THROW_EVENTS
CHOREOGRAPHIES = frozenset({"choreographyTask", "subChoreography", "callChoreography"})
FLOW_NODES = ACTIVITIES | GATEWAYS | EVENTS | CHOREOGRAPHIES

#: Elements that a finding names; anything inside one of them is reported as part of it.
_OWNERS = FLOW_NODES | {
    "process",
    "sequenceFlow",
    "lane",
    "collaboration",
    "participant",
    "messageFlow",
    "message",
    "signal",
    "error",
    "escalation",
    "dataObject",
    "dataObjectReference",
    "dataStore",
    "dataStoreReference",
    "textAnnotation",
    "association",
    "group",
}

KINDS = {
    "process": "流程",
    "task": "任务",
    "userTask": "用户任务",
    "manualTask": "手工任务",
    "serviceTask": "服务任务",
    "sendTask": "发送任务",
    "receiveTask": "接收任务",
    "scriptTask": "脚本任务",
    "businessRuleTask": "业务规则任务",
    "callActivity": "调用活动",
    "subProcess": "子流程",
    "transaction": "事务子流程",
    "adHocSubProcess": "特别子流程",
    "exclusiveGateway": "排他网关",
    "parallelGateway": "并行网关",
    "inclusiveGateway": "包容网关",
    "eventBasedGateway": "事件网关",
    "complexGateway": "复杂网关",
    "startEvent": "开始事件",
    "endEvent": "结束事件",
    "intermediateCatchEvent": "中间捕获事件",
    "intermediateThrowEvent": "中间抛出事件",
    "implicitThrowEvent": "隐式抛出事件",
    "boundaryEvent": "边界事件",
    "choreographyTask": "编排任务",
    "subChoreography": "子编排",
    "callChoreography": "调用编排",
    "sequenceFlow": "顺序流",
    "messageFlow": "消息流",
    "participant": "泳池",
    "lane": "泳道",
}

EVENT_KINDS = {
    "messageEventDefinition": "消息",
    "timerEventDefinition": "定时",
    "signalEventDefinition": "信号",
    "errorEventDefinition": "错误",
    "escalationEventDefinition": "升级",
    "conditionalEventDefinition": "条件",
    "linkEventDefinition": "链接",
    "terminateEventDefinition": "终止",
    "cancelEventDefinition": "取消",
    "compensateEventDefinition": "补偿",
}


def elements(root: etree._Element) -> Iterator[etree._Element]:
    """Yield the element and all elements inside it, without comments and processing instructions."""
    return root.iter(etree.Element)


def local(element: etree._Element) -> str:
    """Return the tag without its namespace."""
    return element.tag.rpartition("}")[2]


def namespace(element: etree._Element) -> str:
    """Return the namespace of the tag; empty when there is none."""
    return element.tag[1:].partition("}")[0] if element.tag.startswith("{") else ""


def bpmn_children(element: etree._Element, tag: str | None = None) -> list[etree._Element]:
    """Return the children that belong to BPMN, all or those of one tag."""
    return list(element.iterchildren(f"{{{BPMN}}}{tag or '*'}"))


def child(element: etree._Element, tag: str) -> etree._Element | None:
    """Return the first BPMN child of that tag."""
    return element.find(f"{{{BPMN}}}{tag}")


def extensions(element: etree._Element, tag: str | None = None) -> list[etree._Element]:
    """Return the camunda elements inside ``extensionElements``, all or those of one tag."""
    holder = child(element, "extensionElements")
    return list(holder.iterchildren(f"{{{CAMUNDA}}}{tag or '*'}")) if holder is not None else []


def camunda(element: etree._Element, attribute: str) -> str | None:
    """Return a camunda attribute without surrounding blanks; None when absent."""
    value = element.get(f"{{{CAMUNDA}}}{attribute}")
    return value.strip() if value is not None else None


def property_elements(element: etree._Element) -> list[etree._Element]:
    """Return the ``camunda:property`` elements of an element."""
    return [
        entry for holder in extensions(element, "properties") for entry in holder.iterchildren(f"{{{CAMUNDA}}}property")
    ]


def properties(element: etree._Element) -> dict[str, str]:
    """Return the camunda properties of an element."""
    return {entry.get("name", ""): entry.get("value", "").strip() for entry in property_elements(element)}


def attributes(element: etree._Element) -> list[tuple[str, str]]:
    """Return names, with their namespace in braces, and values of all attributes."""
    return [(str(name), str(value)) for name, value in element.attrib.items()]


def truth(element: etree._Element, attribute: str, default: bool = False) -> bool:
    """Read an XSD boolean; anything that is none counts as the default."""
    value = element.get(attribute, "").strip()
    return default if value not in ("true", "false", "1", "0") else value in ("true", "1")


def plain(reference: str) -> str:
    """Return a reference without blanks and prefix."""
    return reference.strip().rpartition(":")[2]


def line_of(element: etree._Element) -> int | None:
    """Return the line of the file where the element begins, as far as the parser knows."""
    return cast("int | None", element.sourceline)


def text_of(element: etree._Element) -> str:
    """Return the text directly inside an element, without surrounding blanks."""
    pieces = [element.text or "", *(inner.tail or "" for inner in element)]
    return "".join(pieces).strip()


def name_of(element: etree._Element) -> str | None:
    """Return the name on one line, as the Modeler writes line breaks into names; None without one."""
    return " ".join(element.get("name", "").split()) or None


def owner(element: etree._Element) -> etree._Element:
    """Return what a reader would point at: the node, flow or the like that the element is a part of, or else itself."""
    upwards = [element, *element.iterancestors()]
    for here in upwards:
        if namespace(here) == BPMN and local(here) in _OWNERS:
            return here
    return next((here for here in upwards if here.get("id")), element)

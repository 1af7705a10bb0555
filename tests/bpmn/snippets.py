"""Builds small diagrams for tests: each element on a line of its own, drawn without being told how.

snippets.diagram(snippets.start(), snippets.user("审核"), snippets.end(), snippets.path("start", "审核", "end"))
"""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
NAMESPACES = {
    "xmlns": BPMN,
    "xmlns:bpmndi": "http://www.omg.org/spec/BPMN/20100524/DI",
    "xmlns:dc": "http://www.omg.org/spec/DD/20100524/DC",
    "xmlns:di": "http://www.omg.org/spec/DD/20100524/DI",
    "xmlns:camunda": "http://camunda.org/schema/1.0/bpmn",
    "xmlns:zeebe": "http://camunda.org/schema/zeebe/1.0",
    "xmlns:modeler": "http://camunda.org/schema/modeler/1.0",
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
CLAUSE = "P000-06 §9"

_NODES = ("Task", "task", "Event", "Gateway", "subProcess", "callActivity", "transaction", "adHocSubProcess")
_SHAPES = (*_NODES, "participant", "lane", "textAnnotation", "group", "dataObjectReference", "dataStoreReference")
_EDGES = ("sequenceFlow", "messageFlow", "association")


def element(tag: str, id: str | None = None, inner: str = "", **attributes: str) -> str:
    """Write an element on one line; `camunda_formKey` becomes `camunda:formKey`."""
    named = {"id": id, **attributes} if id is not None else attributes
    written = "".join(f" {name.replace('_', ':', 1)}={quoteattr(value)}" for name, value in named.items())
    return f"<{tag}{written}>{inner}</{tag}>" if inner else f"<{tag}{written}/>"


def extensions(*inner: str) -> str:
    """Write extension elements."""
    return f"<extensionElements>{''.join(inner)}</extensionElements>"


def properties(**values: str) -> str:
    """Write camunda properties, to be put into `extensions`."""
    entries = "".join(f"<camunda:property name={quoteattr(k)} value={quoteattr(v)}/>" for k, v in values.items())
    return f"<camunda:properties>{entries}</camunda:properties>"


def start(id: str = "start", inner: str = "", **attributes: str) -> str:
    """Write a start event."""
    return element("startEvent", id, inner, **{"name": "收到材料", **attributes})


def end(id: str = "end", inner: str = "", **attributes: str) -> str:
    """Write an end event."""
    return element("endEvent", id, inner, **{"name": "已办结", **attributes})


def user(id: str = "check", inner: str = "", clause: str | None = CLAUSE, props: str = "", **attributes: str) -> str:
    """Write a user task that a clerk can do; `props` are extension elements beside the clause."""
    quoted = properties(clause=clause) if clause is not None else ""
    block = extensions(props or quoted) if props or quoted else ""
    return element(
        "userTask", id, block + inner, **{"name": "审核申请", "camunda_candidateGroups": "clerk", **attributes}
    )


def task(tag: str, id: str, inner: str = "", **attributes: str) -> str:
    """Write another kind of task."""
    return element(tag, id, inner, **{"name": "登记结果", **attributes})


def service(id: str = "send", inner: str = "", **attributes: str) -> str:
    """Write an external service task."""
    given = {"name": "发出通知", "camunda_type": "external", "camunda_topic": "notices.send", **attributes}
    return element("serviceTask", id, inner, **given)


def gateway(kind: str, id: str, inner: str = "", **attributes: str) -> str:
    """Write a gateway, `kind` as in exclusiveGateway."""
    return element(f"{kind}Gateway", id, inner, **attributes)


def flow(source: str, target: str, condition: str | None = None, id: str | None = None, **attributes: str) -> str:
    """Write a sequence flow, with a condition when one is given."""
    inner = ""
    if condition is not None:
        inner = f'<conditionExpression xsi:type="tFormalExpression"><![CDATA[{condition}]]></conditionExpression>'
    given = {**attributes, "sourceRef": source, "targetRef": target}
    return element("sequenceFlow", id or f"{source}_{target}", inner, **given)


def path(*nodes: str) -> str:
    """Write the flows from node to node."""
    return "\n".join(flow(source, target) for source, target in zip(nodes, nodes[1:], strict=False))


def event(kind: str, inner: str = "", **attributes: str) -> str:
    """Write an event definition."""
    return element(f"{kind}EventDefinition", None, inner, **attributes)


def timer(text: str, kind: str = "timeDuration") -> str:
    """Write a timer definition."""
    return event("timer", f'<{kind} xsi:type="tFormalExpression">{text}</{kind}>')


def boundary(id: str, host: str, inner: str, **attributes: str) -> str:
    """Write a boundary event."""
    return element("boundaryEvent", id, inner, **{"name": "已逾期", **attributes, "attachedToRef": host})


def subprocess(id: str, *inner: str, **attributes: str) -> str:
    """Write an embedded subprocess."""
    content = "\n".join(inner)
    return element("subProcess", id, f"\n{content}\n", **{"name": "会签", **attributes})


def process(*body: str, id: str = "p", **attributes: str) -> str:
    """Write an executable process."""
    given = {"name": "公开申请审核", "isExecutable": "true", "camunda_versionTag": "1.0", **attributes}
    content = "\n".join(body)
    return element("process", id, f"\n{content}\n", **{k: v for k, v in given.items() if v})


def document(*roots: str, drawn: bool = True, **attributes: str) -> bytes:
    """Write a file of root elements, with diagram interchange."""
    given = {**NAMESPACES, "id": "file", "targetNamespace": "http://gongkai.example/bpmn", **attributes}
    head = "".join(f" {name.replace('_', ':', 1)}={quoteattr(value)}" for name, value in given.items())
    content = "\n".join(roots)
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<definitions{head}>\n{content}\n%s</definitions>\n'
    return (text % (_drawing(text % "") if drawn else "")).encode()


def diagram(*body: str, root: str = "", after: str = "", drawn: bool = True, **attributes: str) -> bytes:
    """Write a file with one process; `root` goes before the process, `after` behind it."""
    return document(*(part for part in (root, process(*body, **attributes), after) if part), drawn=drawn)


def _drawing(text: str) -> str:
    lines = ['<bpmndi:BPMNDiagram id="drawing"><bpmndi:BPMNPlane id="plane" bpmnElement="p">']
    parser = etree.XMLParser(recover=True)
    for found in etree.fromstring(text.encode(), parser).iter(f"{{{BPMN}}}*"):
        tag, identifier = etree.QName(found).localname, found.get("id")
        if identifier and tag in _EDGES:
            points = '<di:waypoint x="0" y="0"/><di:waypoint x="9" y="0"/>'
            lines.append(f'<bpmndi:BPMNEdge id="{identifier}_di" bpmnElement="{identifier}">{points}</bpmndi:BPMNEdge>')
        elif identifier and tag.endswith(_SHAPES) and not tag.endswith("Definition"):
            bounds = '<dc:Bounds x="0" y="0" width="100" height="80"/>'
            lines.append(
                f'<bpmndi:BPMNShape id="{identifier}_di" bpmnElement="{identifier}">{bounds}</bpmndi:BPMNShape>'
            )
    return "\n".join([*dict.fromkeys(lines), "</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>", ""])

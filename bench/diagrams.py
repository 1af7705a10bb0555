"""The processes that are measured, as BPMN files: they deploy here and run in stock SpiffWorkflow as well."""

from __future__ import annotations

import itertools

ROLE, ROLE_NAME = "clerk", "综合处"
CLAUSE = "P000-06"

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
             xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"
             xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
             xmlns:di="http://www.omg.org/spec/DD/20100524/DI"
             xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
             xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
             id="file" targetNamespace="http://gongkai.example/bench">
"""


def chain(length: int, *, key: str = "chain", form: str | None = None) -> bytes:
    """Return start, so many user tasks one after the other, end."""
    tasks = [f"task_{n}" for n in range(length)]
    return _file(key, tasks, itertools.pairwise(["start", *tasks, "end"]), form=form)


def loop() -> bytes:
    """Return a user task that comes again while the variable `again` is true."""
    gateway = '<exclusiveGateway id="again" name="再办？" default="again_end"/>'
    flows = [("start", "task_0"), ("task_0", "again"), ("again", "end")]
    back = (
        '<sequenceFlow id="again_task_0" name="是" sourceRef="again" targetRef="task_0">'
        '<conditionExpression xsi:type="tFormalExpression">again</conditionExpression></sequenceFlow>'
    )
    return _file("loop", ["task_0"], flows, more=(gateway, back), edges=("again_task_0",), nodes=("again",))


def parallel(branches: int) -> bytes:
    """Return a fork into so many user tasks and the join behind them."""
    tasks = [f"task_{n}" for n in range(branches)]
    gateways = ('<parallelGateway id="fork" name="分"/>', '<parallelGateway id="join" name="合"/>')
    flows = [("start", "fork"), *(pair for task in tasks for pair in (("fork", task), (task, "join"))), ("join", "end")]
    return _file("parallel", tasks, flows, more=gateways, nodes=("fork", "join"))


def multi_instance() -> bytes:
    """Return a user task in `runs` parallel instances."""
    inner = (
        '<multiInstanceLoopCharacteristics isSequential="false">'
        '<loopCardinality xsi:type="tFormalExpression">runs</loopCardinality></multiInstanceLoopCharacteristics>'
    )
    return _file("multi", ["task_0"], [("start", "task_0"), ("task_0", "end")], inner=inner)


def job(key: str, topic: str) -> bytes:
    """Return start, one service task of a topic, end."""
    return _single(key, f'<serviceTask id="work" name="登记材料" camunda:type="external" camunda:topic="{topic}"/>')


def timer() -> bytes:
    """Return start, a timer that the variable `due` tells the time of, end."""
    definition = '<timeDate xsi:type="tFormalExpression">${due}</timeDate>'
    return _single(
        "timer",
        '<intermediateCatchEvent id="work" name="期限届满">'
        f'<timerEventDefinition id="until">{definition}</timerEventDefinition></intermediateCatchEvent>',
    )


def _single(key: str, node: str) -> bytes:
    return _file(key, [], [("start", "work"), ("work", "end")], more=(node,), nodes=("work",))


def _file(key, tasks, flows, *, form=None, inner="", more=(), nodes=(), edges=()) -> bytes:
    flows = list(flows)
    body = [
        '<startEvent id="start" name="收到材料"/>',
        *(_user_task(task, form, inner) for task in tasks),
        '<endEvent id="end" name="已办结"/>',
        *(
            f'<sequenceFlow id="{source}_{target}"{_label(source)} sourceRef="{source}" targetRef="{target}"/>'
            for source, target in flows
        ),
        *more,
    ]
    process = (
        f'<process id="{key}" name="测量" isExecutable="true" camunda:candidateStarterGroups="{ROLE}">\n'
        + "\n".join(body)
        + "\n</process>\n"
    )
    return whole(process, key, ["start", *tasks, *nodes, "end"], [*(f"{s}_{t}" for s, t in flows), *edges])


def whole(process: str, key: str, nodes: list[str], edges: list[str]) -> bytes:
    """Return the file of a process, given as XML, with a drawing of its elements."""
    return (_HEAD + process + _drawing(key, nodes, edges) + "</definitions>\n").encode()


def _label(source: str) -> str:
    return ' name="否"' if source == "again" else ""


def _user_task(id_: str, form: str | None, inner: str) -> str:
    key = "" if form is None else f' camunda:formKey="{form}"'
    clause = f'<camunda:properties><camunda:property name="clause" value="{CLAUSE}"/></camunda:properties>'
    return (
        f'<userTask id="{id_}" name="审核材料" camunda:candidateGroups="{ROLE}"{key}>'
        f"<extensionElements>{clause}</extensionElements>{inner}</userTask>"
    )


def _drawing(key: str, nodes: list[str], edges: list[str]) -> str:
    shapes = "".join(
        f'<bpmndi:BPMNShape id="{node}_di" bpmnElement="{node}">'
        f'<dc:Bounds x="{160 * n}" y="100" width="100" height="80"/></bpmndi:BPMNShape>\n'
        for n, node in enumerate(nodes)
    )
    lines = "".join(
        f'<bpmndi:BPMNEdge id="{edge}_di" bpmnElement="{edge}">'
        '<di:waypoint x="0" y="140"/><di:waypoint x="60" y="140"/></bpmndi:BPMNEdge>\n'
        for edge in edges
    )
    plane = f'<bpmndi:BPMNPlane id="plane" bpmnElement="{key}">\n{shapes}{lines}</bpmndi:BPMNPlane>'
    return f'<bpmndi:BPMNDiagram id="drawing">{plane}</bpmndi:BPMNDiagram>\n'

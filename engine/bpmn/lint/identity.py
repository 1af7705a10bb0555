"""Ids and names of a file, and whether its processes are meant to run."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.bpmn.lint import markup, rules
from engine.bpmn.lint.diagram import Diagram
from engine.bpmn.lint.surroundings import Surroundings
from engine.model import definitions

Findings = Iterator[definitions.Finding]

# Names SpiffWorkflow gives to task specs of its own: WorkflowSpec ("Start", "Root"), BpmnProcessSpec ("End",
# "<process>.EndJoin") and TaskParser (the two around boundary events).
_RESERVED = frozenset({"Start", "End", "Root"})
#: What says who starts a process by itself.
_STARTERS = ("isStartableInTasklist", "candidateStarterGroups", "candidateStarterUsers")
_RESERVED_ENDINGS = (".EndJoin", ".BoundaryEventSplit", ".BoundaryEventJoin")


def check(seen: Diagram, around: Surroundings) -> Findings:
    """Yield what is wrong with ids, names and the flags of processes."""
    yield from _ids(seen)
    yield from _processes(seen, around)
    yield from _names(seen)


def _ids(seen: Diagram) -> Findings:
    first: dict[str, etree._Element] = {}
    for element in markup.elements(seen.root):
        identifier = element.get("id", "").strip()
        if not identifier or markup.namespace(element) == markup.CAMUNDA:
            continue
        other = first.setdefault(identifier, element)
        if other is not element:
            yield seen.finding(
                "duplicate-id", element, "文件中不重复的 id", f"第 {other.sourceline} 行已有 id “{identifier}”"
            )
    for process in seen.processes:
        if not process.get("id", "").strip():
            yield seen.finding("missing-id", process, "流程有 id", "没有")
    for node in seen.nodes:
        if not node.id.strip():
            yield seen.finding("missing-id", node.element, f"{node.kind}有 id", "没有")
        elif node.id in _RESERVED or node.id.endswith(_RESERVED_ENDINGS):
            yield seen.finding(
                "reserved-id",
                node.element,
                f"不是 Start、End、Root，也不以 {'、'.join(_RESERVED_ENDINGS)} 结尾的 id",
                f"id “{node.id}”",
            )
    for flow in seen.flows:
        if not flow.id.strip():
            yield seen.finding("missing-id", flow.element, "顺序流有 id", "没有")


def _processes(seen: Diagram, around: Surroundings) -> Findings:
    if not seen.processes:
        yield seen.finding("executable", seen.root, "文件中有一个可执行的流程", "没有流程")
    for process in seen.processes:
        if markup.truth(process, "isExecutable"):
            yield from _executable(seen, process, around)
            continue
        said = process.get("isExecutable")
        found = "没有 isExecutable" if said is None else f"isExecutable=“{said}”，该流程不会部署"
        severity = rules.WARNING if process in seen.drawn else rules.ERROR
        yield seen.finding("executable", process, "isExecutable=“true”", found, severity=severity)


def _executable(seen: Diagram, process: etree._Element, around: Surroundings) -> Findings:
    if markup.name_of(process) is None:
        yield seen.finding("process-name", process, "流程有名称", "没有")
    if not markup.camunda(process, "versionTag"):
        yield seen.finding("version-tag", process, "camunda:versionTag，例如 1.0", "没有")
    called = process.get("id") in (around.called or ())
    if called and not any(markup.camunda(process, name) for name in _STARTERS):
        expected = "写明 isStartableInTasklist=“false”，或者 candidateStarterGroups、candidateStarterUsers"
        yield seen.finding("called-starter", process, expected, "都没有")


def _names(seen: Diagram) -> Findings:
    wanted = markup.EVENTS | markup.TASKS | {"subProcess", "callActivity"}
    for node in seen.nodes:
        if node.tag not in wanted or node.name:
            continue
        severity = rules.ERROR if node.tag == "userTask" else rules.WARNING
        yield seen.finding("name-missing", node.element, f"{node.kind}有名称", "没有", severity=severity)

"""Cases: files, ids, names."""

import snippets as s
from lint_cases.case import Case, between, flowing

GOOD = flowing(s.user(), "check")


def _named(identifier: str) -> bytes:
    return flowing(s.task("task", identifier), identifier)


def _replace(old: str, new: str) -> bytes:
    assert old in GOOD.decode()
    return GOOD.decode().replace(old, new).encode()


CASES = [
    Case("xml", "unfinished", GOOD[:200], GOOD, None, "属性值没有写完"),
    Case(
        "xml",
        "entity",
        GOOD.replace(b"<definitions", b"<!DOCTYPE x [<!ENTITY e 'x'>]><definitions", 1),
        GOOD,
        None,
        "DOCTYPE",
    ),
    Case("xml", "empty", b"", GOOD, None, "XML"),
    Case(
        "schema", "attribute", _replace('<endEvent id="end"', '<endEvent id="end" colour="red"'), GOOD, "end", "colour"
    ),
    Case("schema", "element", _replace("<endEvent", "<ende/><endEvent"), GOOD, "p", "元素 ende", at="<ende/>"),
    Case("schema", "required", _replace(' targetRef="end"', ""), GOOD, "check_end", "没有"),
    Case("schema", "value", _replace('isExecutable="true"', 'isExecutable="ja"'), GOOD, "p", "属性 isExecutable=“ja”"),
    Case("schema", "other XML", b"<html/>", GOOD, None, "不是 BPMN 2.0 文件"),
    Case("schema", "order", _replace("<endEvent", "<textAnnotation/><endEvent"), GOOD, "end", "元素 endEvent"),
    Case(
        "missing-id",
        "node",
        flowing(s.user() + '<task name="登记结果"/>', "check"),
        GOOD,
        None,
        "没有",
    ),
    Case("missing-id", "process", _replace('<process id="p" ', "<process "), GOOD, None, "没有"),
    Case(
        "missing-id",
        "flow",
        between('<sequenceFlow sourceRef="start" targetRef="end"/>'),
        GOOD,
        None,
        "没有",
    ),
    Case(
        "duplicate-id",
        "node and drawing",
        _replace('id="check_di"', 'id="check"'),
        GOOD,
        "check",
        "第 6 行已有 id “check”",
        at='bpmnElement="check"',
    ),
    *(
        Case("reserved-id", identifier, _named(identifier), _named("register"), identifier, f"“{identifier}”")
        for identifier in ("Start", "End", "Root", "p.EndJoin", "a.BoundaryEventSplit", "a.BoundaryEventJoin")
    ),
    Case("executable", "not said", _replace(' isExecutable="true"', ""), GOOD, "p", "没有 isExecutable"),
    Case("executable", "none", s.document(), GOOD, "file", "没有流程"),
    Case(
        "executable",
        "said no",
        _replace('isExecutable="true"', 'isExecutable="false"'),
        GOOD,
        "p",
        "该流程不会部署",
    ),
    Case(
        "executable",
        "partner drawn beside",
        s.document(
            s.process(s.start(), s.user(), s.end(), s.path("start", "check", "end")),
            s.process("<userTask id='theirs'/>", id="q", isExecutable="false"),
        ),
        GOOD,
        "q",
        "该流程不会部署",
        "warning",
    ),
    Case("process-name", "none", _replace(' name="公开申请审核"', ""), GOOD, "p", "没有", "warning"),
    Case("version-tag", "none", _replace(' camunda:versionTag="1.0"', ""), GOOD, "p", "没有", "warning"),
    Case("name-missing", "user task", _replace('name="审核申请"', 'name=""'), GOOD, "check", "没有"),
    Case("name-missing", "event", _replace(' name="已办结"', ""), GOOD, "end", "没有", "warning"),
    Case(
        "diagram-missing",
        "whole file",
        s.diagram(s.start(), s.end(), s.path("start", "end"), drawn=False),
        between(s.path("start", "end")),
        "file",
        "整个文件都没有",
    ),
    Case("diagram-missing", "shape", _replace('bpmnElement="end"', 'bpmnElement="start"'), GOOD, "end", "没有"),
    Case(
        "diagram-missing",
        "edge",
        _replace('bpmnElement="check_end"', 'bpmnElement="start_check"'),
        GOOD,
        "check_end",
        "没有",
    ),
    Case(
        "diagram-dangling",
        "shape",
        _replace(
            "</bpmndi:BPMNPlane>",
            '<bpmndi:BPMNEdge id="e" bpmnElement="gone"><di:waypoint x="0" y="0"/><di:waypoint x="0" y="0"/></bpmndi:BPMNEdge>\n</bpmndi:BPMNPlane>',
        ),
        GOOD,
        "e",
        "“gone”",
        "warning",
    ),
]

"""A whole diagram as the Modeler writes it: clean as it is, and each slip is found on its line."""

from __future__ import annotations

import json
import pathlib

import pytest
from lint_cases.case import AROUND

from engine.bpmn import lint, reader

CLEAN = (pathlib.Path(__file__).parent / "lint_fixtures" / "clean.bpmn").read_text("utf-8")

SLIPS = [
    ("camunda:priority", "camunda:prioritaet", "camunda-unknown", "Task_draft", "起草公示 文本"),
    (
        'name="clause" value="P000-07 §2"',
        'name="clause" value="P007-07 §2"',
        "clause-unknown",
        "Task_draft",
        "起草公示 文本",
    ),
    ('value="title:read, level:edit"', 'value="title:read; level:edit"', "field-rights", "Task_check", "审核公示文本"),
    ('value="Task_draft"', 'value="Task_level"', "separation", "Task_check", "审核公示文本"),
    ("R3/P1D", "0 0 9 * * ?", "timer", "Event_overdue", "会签逾期"),
    ("${nrOfCompletedInstances &gt;= 2}", "${nrOfCompletedInstances &gt;=}", "expression", "Sub_sign", "会签"),
    ("<camunda:value>${businessKey}", "<camunda:value>${businessKey", "expression", "Task_remind", "催办会签"),
    ("R5/PT10M", "PT10M", "retry-cycle", "Task_remind", "催办会签"),
    ("count = (count", "import os; count = (count", "expression", "Task_count", "登记意见数"),
    ("${level &lt; 2}", "${level &lt; 3}", "gateway-default", "Gateway_level", "需要保密审查？"),
    ('messageRef="Message_opinion"', 'messageRef="Message_gone"', "event-reference", "Start_opinion", "收到意见"),
    (
        '<camunda:in source="title" target="title" />',
        '<camunda:in source="title" />',
        "call-mapping",
        "Call_secrecy",
        "保密审查",
    ),
    ("<bpmn:flowNodeRef>Task_level<", "<bpmn:flowNodeRef>Task_levle<", "lane-membership", "Lane_clerk", "经办人"),
    ('bpmnElement="Flow_return"', 'bpmnElement="Flow_retrun"', "diagram-dangling", "Flow_return_di", None),
]


def test_the_clean_diagram_has_no_finding_and_can_be_read() -> None:
    assert lint.check(CLEAN.encode(), "clean.bpmn", AROUND) == []
    assert [process.key for process in reader.read(CLEAN.encode(), "clean.bpmn")] == ["public_notice"]


@pytest.mark.parametrize(("right", "wrong", "rule", "element", "name"), SLIPS, ids=[slip[1] for slip in SLIPS])
def test_a_slip_is_found_on_its_line(right: str, wrong: str, rule: str, element: str, name: str | None) -> None:
    assert CLEAN.count(right) == 1
    broken = CLEAN.replace(right, wrong)
    findings = [each for each in lint.check(broken.encode(), "clean.bpmn", AROUND) if each.rule == rule]
    found = next(each for each in findings if each.element_id == element)
    assert found.element_name == name
    if rule != "gateway-default":
        assert wrong in broken.splitlines()[(found.line or 0) - 1]


def test_without_surroundings_only_what_stands_in_the_file_is_checked() -> None:
    strange = CLEAN.replace("notices.send", "nobody.knows").replace("pack/apply", "no/form").replace("经办人", "谁")
    assert lint.check(strange.encode(), "clean.bpmn") == []
    rules = {each.rule for each in lint.check(strange.encode(), "clean.bpmn", AROUND)}
    assert rules == {"handler", "form", "lane-role"}


def test_findings_come_in_the_order_of_the_file() -> None:
    broken = CLEAN.replace("camunda:topic", "camunda:topik").replace("R3/P1D", "daily").encode()
    lines = [finding.line or 0 for finding in lint.check(broken, "clean.bpmn", AROUND)]
    assert lines == sorted(lines)
    assert len(lines) >= 5


def test_an_xsd_error_hides_what_follows_from_it_on_the_same_line_only() -> None:
    broken = CLEAN.replace('sourceRef="Task_draft" targetRef="Task_level"', 'targetRef="Task_level"')
    broken = broken.replace("R5/PT10M", "PT10M")
    rules = [finding.rule for finding in lint.check(broken.encode(), "clean.bpmn", AROUND)]
    assert "schema" in rules
    assert "retry-cycle" in rules
    assert "flow-ends" not in rules


def test_the_text_report_has_a_line_for_each_finding_and_a_sum() -> None:
    broken = CLEAN.replace("R5/PT10M", "PT10M").replace(' camunda:versionTag="1.2"', "").encode()
    text = lint.report_text(lint.check(broken, "公示.bpmn", AROUND))
    lines = text.splitlines()
    assert lines[0].startswith("提醒 公示.bpmn:")
    assert lines[1].endswith(
        "催办会签[Task_remind] retry-cycle：应为R次数/间隔（R3/PT5M）或各次的间隔（PT1M,PT10M）；现为“PT10M”"
    )
    assert lines[2] == "共 1 处错误、1 处提醒；有错误的流程图不能部署。"
    assert lint.report_text([]) == "检查通过，没有发现问题。\n"
    assert "检查通过，有 1 处提醒。" in lint.report_text(lint.check(broken, "公示.bpmn", AROUND)[:1])


def test_the_json_report_has_every_field() -> None:
    broken = CLEAN.replace("R5/PT10M", "PT10M").encode()
    findings = lint.check(broken, "公示.bpmn", AROUND)
    report = json.loads(lint.report_json(findings))
    assert report == {
        "errors": 1,
        "warnings": 0,
        "findings": [
            {
                "file": "公示.bpmn",
                "line": findings[0].line,
                "element_id": "Task_remind",
                "element_name": "催办会签",
                "rule": "retry-cycle",
                "severity": "error",
                "expected": "R次数/间隔（R3/PT5M）或各次的间隔（PT1M,PT10M）",
                "found": "“PT10M”",
            }
        ],
    }

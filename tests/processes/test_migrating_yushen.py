"""A live case of 预审 goes on with a version of the diagram that has one task more."""

from __future__ import annotations

import pathlib
import shutil

import pytest
from yushen_case import AGREE, APPROVE, to_office

from engine import errors, testing
from engine.actions import case_view, migrating, oversight

ROOT = pathlib.Path(__file__).parents[2]
#: What 综合处 does between the review and the decision in the second version.
TASK = """<bpmn:userTask id="Task_fuhe" name="复核预审意见">
      <bpmn:extensionElements><camunda:properties>
        <camunda:property name="clause" value="P000-02 §2"/>
        <camunda:property name="notSameActorAs" value="Task_yushen"/>
      </camunda:properties></bpmn:extensionElements>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="Flow_fuhe_shending" sourceRef="Task_fuhe" targetRef="Task_shending"/>
    <bpmn:sequenceFlow id="Flow_yushen_shending" """
DRAWN = """<bpmndi:BPMNShape id="Task_fuhe_di" bpmnElement="Task_fuhe">
        <dc:Bounds x="1330" y="620" width="100" height="80" /></bpmndi:BPMNShape>
      <bpmndi:BPMNEdge id="Flow_fuhe_shending_di" bpmnElement="Flow_fuhe_shending">
        <di:waypoint x="1430" y="660" /><di:waypoint x="1452" y="660" /><di:waypoint x="1452" y="875" />
      </bpmndi:BPMNEdge>
      <bpmndi:BPMNShape id="Task_yushen_di" """


def second_version(text: str) -> str:
    """Put the task between the gateway behind 预审 and 审定."""
    for old, new in (
        ('<bpmn:sequenceFlow id="Flow_yushen_shending" ', TASK),
        ('sourceRef="Gateway_yushen" targetRef="Task_shending"', 'sourceRef="Gateway_yushen" targetRef="Task_fuhe"'),
        ("<bpmn:flowNodeRef>Gateway_yushen<", "<bpmn:flowNodeRef>Task_fuhe</bpmn:flowNodeRef><bpmn:flowNodeRef>Gateway_yushen<"),
        ('<bpmndi:BPMNShape id="Task_yushen_di" ', DRAWN),
        ("<bpmn:incoming>Flow_yushen_shending<", "<bpmn:incoming>Flow_fuhe_shending<"),
        ('camunda:versionTag="', 'camunda:versionTag="fuhe-'),
    ):  # fmt: skip
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text


@pytest.fixture
def driver(tmp_path: pathlib.Path):
    """The pack as it is shipped, in a place where it can be changed."""
    for name in ("processes", "forms"):
        shutil.copytree(ROOT / name / "shizhengwuban", tmp_path / "packs" / name / "shizhengwuban")
    shutil.copytree(ROOT / "handlers", tmp_path / "packs" / "handlers", ignore=shutil.ignore_patterns("__pycache__"))
    with testing.EngineDriver(tmp_path / "packs", directory=tmp_path) as made:
        yield made


def test_a_live_case_meets_the_new_task_and_comes_to_its_end(driver):
    to_office(driver)
    driver.claim("预审公开申请", as_="陈静")
    task = driver.task("预审公开申请")
    diagram = driver.engine.packs.roots[0] / "processes" / "shizhengwuban" / "yushen.bpmn"
    diagram.write_text(second_version(diagram.read_text(encoding="utf-8")), encoding="utf-8")
    report = driver.deploy("shizhengwuban")
    assert ("yushen", 2) in {(each.key, each.version) for each in report.changes}
    admin, case = driver.user("admin"), driver.case().id

    plan = migrating.plan(driver.engine, case, admin)
    assert (plan.possible, plan.from_version, plan.to_version) == (True, 1, 2)
    migrating.migrate(driver.engine, case, admin)

    kept = driver.task("预审公开申请")
    assert (kept.id, kept.assignee, kept.due) == (task.id, task.assignee, task.due)
    driver.complete("预审公开申请", as_="陈静", form=AGREE)
    with pytest.raises(errors.Forbidden, match="不能由同一人办理"):
        driver.complete("复核预审意见", as_="陈静")
    other = next(user for user in driver.engine.packs.pack("shizhengwuban").info.users if _may(driver, user.id))
    driver.complete("复核预审意见", as_=other.id)
    driver.complete("审定公开信息", as_="周明", form=APPROVE)
    driver.advance(days=4)
    assert driver.status() == "completed"
    assert "Task_fuhe" in driver.path()
    view = case_view.view(driver.engine, case, admin)
    assert "Task_fuhe" in view.diagram.visited
    assert oversight.verify_audit(driver.engine, admin).problems == ()


def _may(driver, person):
    user = driver.user(person)
    return bool(user.groups & set(driver.task("复核预审意见").candidate_groups)) and person != driver.user("陈静").id

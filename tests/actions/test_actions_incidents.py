"""Incidents: an error in an expression, a decision or a handler never loses a case."""

from __future__ import annotations

import packbuilder as p
import pytest
import snippets as s

from engine import errors
from engine.actions import incidents, user_tasks
from engine.bpmn import execution
from engine.model import instances as model

BY_HAND = p.line(s.service("b", camunda_topic="work"), s.user("c", name="核对"), ids=("b", "c"))
BROKEN = """
@registry.handler("work", inputs={"path": str | None})
def work(job):
    raise OSError("磁盘已满")
"""


def test_a_broken_expression_is_an_incident_and_goes_on_when_mended(drive):
    condition = s.flow("ok", "end", "total > 10", id="yes", name="是")
    body = (
        s.start(), s.user("a", name="办理"), s.gateway("exclusive", "ok", name="超过？", default="no"),
        s.user("b", name="核对"), s.end(), s.path("start", "a", "ok"), condition,
        s.flow("ok", "b", id="no", name="否"), s.path("b", "end"),
    )  # fmt: skip
    driver = drive(main=p.diagram(*body))
    driver.start("main", as_="zhangsan")
    driver.complete("办理", as_="lisi")

    (incident,) = driver.incidents()
    assert (incident.kind, incident.element_id) == (model.IncidentKind.EXPRESSION, "ok")
    assert driver.status() == "active"
    driver.retry()  # the cause is still there
    (second,) = driver.incidents()
    assert second.id != incident.id

    driver.set_variables({"total": 3})
    driver.retry()
    assert driver.incidents() == []
    assert [task.name for task in driver.tasks()] == ["核对"]
    with driver.refused(f"异常 {incident.id} 已由 admin 处理", errors.Conflict):
        incidents.retry(driver.engine, incident.id, driver.user("admin"))


def test_a_decision_that_fails_is_an_incident(drive):
    dmn = """<?xml version="1.0" encoding="UTF-8"?>
    <definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="http://x">
      <decision id="level" name="密级"><decisionTable id="t" hitPolicy="UNIQUE">
        <input id="i"><inputExpression id="ie" typeRef="number"><text>days</text></inputExpression></input>
        <output id="o" name="level" typeRef="string"/>
        <rule id="r"><inputEntry id="c"><text>&gt; 5</text></inputEntry>
          <outputEntry id="oe"><text>"高"</text></outputEntry></rule>
      </decisionTable></decision></definitions>"""
    task = s.element(
        "businessRuleTask", "decide", name="定级", camunda_decisionRef="level",
        camunda_mapDecisionResult="singleEntry", camunda_resultVariable="level",
    )  # fmt: skip
    driver = drive(
        main=p.diagram(s.start(), task, s.user("a"), s.end(), s.path("start", "decide", "a", "end")),
        decisions={"levels": dmn.encode()},
    )
    driver.start("main", as_="admin", variables={"days": "many"})
    (incident,) = driver.incidents()
    assert incident.kind is model.IncidentKind.DECISION
    driver.set_variables({"days": 9})
    driver.retry()
    assert driver.variables()["level"] == "高"


def test_a_handler_that_fails_runs_three_times_and_then_waits_for_ops(drive):
    driver = drive(main=BY_HAND, handlers=BROKEN)
    driver.start("main", as_="zhangsan")
    with driver.engine.store.read() as uow:
        assert uow.jobs.get(1).retries_left == 2
    assert driver.incidents() == []
    driver.advance(minutes=5)
    assert driver.incidents() == []
    driver.advance(minutes=5)

    (incident,) = driver.incidents()
    assert incident.kind is model.IncidentKind.JOB
    assert incident.message.startswith("OSError: 磁盘已满")
    assert "demo.py" in incident.message
    with driver.engine.store.read() as uow:
        job = uow.jobs.get(1)
    assert (job.status, job.attempt) == (model.JobStatus.FAILED, 3)
    assert [e.action for e in driver.audit()] == ["start-instance", "retry-job", "retry-job", "fail-job"]


def test_a_list_of_delays_is_kept_to(drive):
    cycle = s.extensions("<camunda:failedJobRetryTimeCycle>PT1M,PT10M</camunda:failedJobRetryTimeCycle>")
    driver = drive(main=p.line(s.service("b", cycle, camunda_topic="work"), ids=("b",)), handlers=BROKEN)
    start = driver.now
    driver.start("main", as_="zhangsan")
    minutes = []
    while not driver.incidents():
        from engine import jobs

        due = jobs.next_due(driver.engine)
        minutes.append((due - start).total_seconds() / 60)
        driver.advance(to=due)
    assert minutes == [1, 11]


def test_a_retried_incident_of_a_job_runs_the_handler_again_with_the_same_key(drive, tmp_path):
    log = tmp_path / "log"
    handlers = f"""
    @registry.handler("work")
    def work(job):
        with open({str(log)!r}, "a") as file:
            file.write(job.idempotency_key + "\\n")
        if job.inputs.get("mended"):
            return {{"done": True}}
        raise ValueError("no")
    """
    cycle = s.extensions("<camunda:failedJobRetryTimeCycle>R1/PT1M</camunda:failedJobRetryTimeCycle>")
    driver = drive(main=p.line(s.service("b", cycle, camunda_topic="work"), ids=("b",)), handlers=handlers)
    driver.start("main", as_="zhangsan")
    driver.set_variables({"mended": True})
    driver.retry()
    assert driver.status() == "completed"
    assert driver.variables() == {"mended": True, "done": True}
    first, second = log.read_text().split()
    assert first == second


def test_work_done_by_hand_lets_the_case_go_on(drive):
    driver = drive(main=BY_HAND, handlers=BROKEN)
    driver.start("main", as_="zhangsan")
    driver.advance(hours=1)
    (incident,) = driver.incidents()
    admin = driver.user("admin")
    with driver.refused("应说明做了什么", errors.InvalidInput):
        incidents.resolve(driver.engine, incident.id, " ", admin)

    incidents.resolve(driver.engine, incident.id, "已在报纸上刊登", admin, variables={"published": "日报"})

    assert driver.incidents() == []
    assert driver.variables() == {"published": "日报"}
    assert [task.name for task in driver.tasks()] == ["核对"]
    assert driver.audit()[-1].details["reason"] == "已在报纸上刊登"
    assert driver.run().jobs == 0


def test_only_a_job_can_be_done_by_hand(drive):
    script = s.task("scriptTask", "s", "<script>y = x + 1</script>", scriptFormat="python")
    driver = drive(main=p.diagram(s.start(), script, s.end(), s.path("start", "s", "end")))
    driver.start("main", as_="zhangsan")
    (incident,) = driver.incidents()
    with driver.refused("更正原因后重试", errors.Conflict):
        incidents.resolve(driver.engine, incident.id, "x", driver.user("admin"))


@pytest.mark.parametrize(
    ("handlers", "sentence"),
    [
        ("@registry.handler('work', inputs={'path': str})\ndef work(job):\n    return {}", "缺少“path”"),
        ("@registry.handler('work')\ndef work(job):\n    return [1]", "应返回“变量名: 值”的字典"),
        ("@registry.handler('work')\ndef work(job):\n    raise errors.Conflict('外部系统忙')", "外部系统忙"),
    ],
)
def test_what_a_handler_does_wrong_is_told(drive, handlers, sentence):
    driver = drive(main=p.line(s.service("b", camunda_topic="work"), ids=("b",)), handlers=handlers)
    driver.start("main", as_="zhangsan")
    driver.advance(hours=1)
    (incident,) = driver.incidents()
    assert sentence in incident.message


def test_wrong_inputs_are_not_tried_again(drive):
    handlers = "@registry.handler('work', inputs={'path': str})\ndef work(job):\n    return {}"
    driver = drive(main=p.line(s.service("b", camunda_topic="work"), ids=("b",)), handlers=handlers)
    driver.start("main", as_="zhangsan")
    assert len(driver.incidents()) == 1


def test_a_topic_whose_handler_is_gone_is_an_incident_that_names_it(drive):
    driver = drive(main=BY_HAND, handlers=BROKEN)
    driver.engine.handlers = type(driver.engine.handlers)()
    driver.start("main", as_="zhangsan")
    (incident,) = driver.incidents()
    assert "主题“work”没有处理程序" in incident.message


def test_what_fails_unexpectedly_leaves_the_case_as_it_was(drive, monkeypatch):
    driver = drive(main=p.line(s.user("a", name="办理"), ids=("a",)))
    driver.start("main", as_="zhangsan")

    def broken(*_):
        raise RuntimeError("a bug")

    monkeypatch.setattr(execution, "complete", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        user_tasks.complete(driver.engine, driver.task("办理").id, driver.user("lisi"))
    monkeypatch.undo()
    assert driver.task("办理").status is model.UserTaskStatus.OPEN
    assert [entry.action for entry in driver.audit()] == ["start-instance"]
    driver.complete("办理", as_="lisi")
    assert driver.status() == "completed"

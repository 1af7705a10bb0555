"""User, manual, service, send, receive, script and business rule tasks, call activities, flows in and out."""

from __future__ import annotations

import datetime

import pytest
from play import NOW, ROOTS, Case, diagram, end, script, service, start, user

from engine import errors
from engine.bpmn import execution
from engine.model.instances import IncidentKind, InstanceStatus


def io(*, inputs: dict[str, str] | None = None, outputs: dict[str, str] | None = None) -> str:
    rows = "".join(
        f'<camunda:inputParameter name="{n}">{v}</camunda:inputParameter>' for n, v in (inputs or {}).items()
    )
    rows += "".join(
        f'<camunda:outputParameter name="{n}">{v}</camunda:outputParameter>' for n, v in (outputs or {}).items()
    )
    return f"<extensionElements><camunda:inputOutput>{rows}</camunda:inputOutput></extensionElements>"


def test_a_user_task_says_who_by_when_and_with_what():
    task = (
        '<userTask id="a" name="审核${title}" camunda:assignee="${who}" camunda:candidateUsers="wang, li" '
        'camunda:candidateGroups="${groups}" camunda:dueDate="P5D" camunda:followUpDate="2026-03-03" camunda:priority="${10 + 5}" '
        'camunda:formKey="pack/form"><extensionElements><camunda:properties>'
        '<camunda:property name="clause" value="P000-02 §2"/></camunda:properties></extensionElements></userTask>'
    )
    case = Case(diagram(start() + task, "s>a"), {"title": "公开申请", "who": "zhang", "groups": ["zonghe", "lingdao"]})
    opened = next(iter(case.open["user_task"].values()))
    assert opened.name == "审核公开申请"
    assert opened.assignee == "zhang"
    assert opened.candidate_users == ("wang", "li")
    assert opened.candidate_groups == ("zonghe", "lingdao")
    assert opened.due == NOW + datetime.timedelta(days=5)
    assert opened.follow_up == datetime.datetime(2026, 3, 4, tzinfo=NOW.tzinfo), "a date ends with its day"
    assert (opened.priority, opened.form_key, opened.clause) == (15, "pack/form", "P000-02 §2")


def test_a_user_task_knows_its_lane_also_inside_a_subprocess():
    lanes = (
        '<laneSet id="ls"><lane id="l1" name="综合处"><flowNodeRef>a</flowNodeRef></lane>'
        '<lane id="l2" name="领导小组"><flowNodeRef>sub</flowNodeRef></lane></laneSet>'
    )
    sub = '<subProcess id="sub"><startEvent id="s2"/><userTask id="x"/><sequenceFlow id="q" sourceRef="s2" targetRef="x"/></subProcess>'
    case = Case(diagram(lanes + start() + user("a") + sub, "s>a>sub"))
    assert next(iter(case.open["user_task"].values())).lane == "综合处"
    case.complete("a")
    assert next(iter(case.open["user_task"].values())).lane == "领导小组"


@pytest.mark.parametrize(
    "attribute", ['camunda:assignee="${nobody}"', 'camunda:dueDate="soon"', 'camunda:priority="high"']
)
def test_a_user_task_that_cannot_be_opened_is_an_incident(attribute):
    case = Case(diagram(start() + f'<userTask id="a" {attribute}/>', "s>a"))
    assert case.waiting("incident") == ["a"]
    assert not case.tasks


def test_manual_and_undefined_tasks_pass_and_leave_their_mark():
    case = Case(diagram(start() + '<manualTask id="m"/><task id="t"/>' + end(), "s>m>t>e"))
    assert case.ended
    assert case.path == ["s", "m", "t", "e"]


def test_a_job_sees_all_variables_or_just_its_inputs():
    assert Case(diagram(start() + service("a"), "s>a"), {"x": 1}).open["job"].popitem()[1].inputs == {"x": 1}
    task = f'<serviceTask id="a" camunda:type="external" camunda:topic="t">{io(inputs={"double": "${x * 2}", "text": "第${x}号"})}</serviceTask>'
    job = Case(diagram(start() + task, "s>a"), {"x": 1}).open["job"].popitem()[1]
    assert job.inputs == {"double": 2, "text": "第1号"}
    assert job.topic == "t"
    assert job.retry_cycle == "R3/PT5M"


def test_outputs_alone_leave_a_task_that_declares_them():
    task = f'<serviceTask id="a" camunda:type="external" camunda:topic="t">{io(outputs={"number": "${result.number}"})}</serviceTask>'
    case = Case(diagram(start() + task + user("z"), "s>a>z")).job("a", result={"number": "公开〔2026〕1号"}, noise=1)
    assert case.variables == {"number": "公开〔2026〕1号"}


def test_an_output_that_fails_is_an_incident_and_the_result_is_kept():
    task = f'<serviceTask id="a" camunda:type="external" camunda:topic="t">{io(outputs={"y": "${result + extra}"})}</serviceTask>'
    case = Case(diagram(start() + task + user("z"), "s>a>z")).job("a", result=2)
    assert case.waiting("incident") == ["a"]
    assert case.set(extra=3).retry("a").tasks == ["z"]
    assert case.variables == {"extra": 3, "y": 5}


@pytest.mark.parametrize("kind", ["userTask", 'serviceTask camunda:type="external" camunda:topic="t"'])
def test_a_date_given_to_a_task_is_kept_as_text(kind):
    task = f'<{kind} id="a">{io(inputs={"day": "${today()}"}, outputs={"begun": "${day}"})}</{kind.split()[0]}>'
    case = Case(diagram(start() + task + user("z"), "s>a>z"), functions={"today": lambda: datetime.date(2026, 3, 2)})
    (case.complete if kind == "userTask" else case.job)("a")
    assert case.variables == {"begun": "2026-03-02"}


@pytest.mark.parametrize("outputs", [None, {"y": "${x}"}])
def test_what_is_no_data_is_refused_when_a_task_is_completed_also_with_outputs(outputs):
    case = Case(diagram(start() + f'<userTask id="a">{io(outputs=outputs)}</userTask>' + user("z"), "s>a>z"))
    with pytest.raises(errors.EvaluationFailed):
        case.complete("a", x=object())
    assert case.complete("a", x=1).tasks == ["z"]


def test_inputs_of_lists_and_maps():
    block = (
        "<extensionElements><camunda:inputOutput><camunda:inputParameter name='m'><camunda:map><camunda:entry key='k'>${x}</camunda:entry>"
        "</camunda:map></camunda:inputParameter><camunda:inputParameter name='l'><camunda:list><camunda:value>a</camunda:value>"
        "<camunda:value>${x}</camunda:value></camunda:list></camunda:inputParameter></camunda:inputOutput></extensionElements>"
    )
    task = f'<serviceTask id="a" camunda:type="external" camunda:topic="t">{block}</serviceTask>'
    assert Case(diagram(start() + task, "s>a"), {"x": 1}).open["job"].popitem()[1].inputs == {
        "m": {"k": 1},
        "l": ["a", 1],
    }


def test_a_job_whose_retries_are_exhausted_waits_for_ops():
    case = Case(diagram(start() + service("a") + user("z"), "s>a>z"))
    token = case.token("job", "a")
    del case.open["job"][token]
    case._take(execution.fail(case.process, case.context, case.state, token, "连接失败"))
    incident = next(iter(case.open["incident"].values()))
    assert (incident.kind, incident.message) == (IncidentKind.JOB, "连接失败")
    case.retry("a")
    assert case.waiting("job") == ["a"]
    assert case.job("a").tasks == ["z"]


def test_a_failed_job_is_tried_again_on_what_was_mended_also_under_the_same_name():
    block = "<extensionElements><camunda:inputOutput><camunda:inputParameter name='x'>${x}</camunda:inputParameter></camunda:inputOutput></extensionElements>"
    task = f'<serviceTask id="a" camunda:type="external" camunda:topic="t">{block}</serviceTask>'
    case = Case(diagram(start() + task + user("z"), "s>a>z"), {"x": "wrong"})
    token = case.token("job", "a")
    del case.open["job"][token]
    case._take(execution.fail(case.process, case.context, case.state, token, "查无此号"))
    case.set(x="right").retry("a")
    assert case.open["job"][token].inputs == {"x": "right"}


def test_trying_a_failed_job_again_leaves_its_boundary_timer_running():
    boundary = '<boundaryEvent id="b" attachedToRef="a"><timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition></boundaryEvent>'
    case = Case(diagram(start() + service("a") + boundary + user("z", "late"), "s>a>z; b>late"))
    due = next(iter(case.open["timer"].values())).due
    token = case.token("job", "a")
    del case.open["job"][token]
    case._take(execution.fail(case.process, case.context, case.state, token, "连接失败"))
    case.now += datetime.timedelta(hours=5)
    case.retry("a")
    assert [t.due for t in case.open["timer"].values()] == [due]
    assert case.fire("b").tasks == ["late"]


@pytest.mark.parametrize("tag", ["intermediateThrowEvent", "endEvent"])
def test_an_event_with_a_topic_is_thrown_by_a_job(tag):
    event = f'<{tag} id="a"><messageEventDefinition camunda:type="external" camunda:topic="notices.send"/></{tag}>'
    case = Case(diagram(start() + event, "s>a"))
    assert case.open["job"][case.token("job", "a")].topic == "notices.send"
    assert case.job("a").ended


def test_send_task_sends_by_message_or_by_topic():
    case = Case(diagram(start() + '<sendTask id="a" messageRef="M"/>' + user("z"), "s>a>z", ROOTS))
    assert [m.name for m in case.messages] == ["msg"]
    assert case.tasks == ["z"]
    case = Case(
        diagram(
            start() + '<sendTask id="a" camunda:type="external" camunda:topic="notices.send"/>' + user("z"), "s>a>z"
        )
    )
    assert case.waiting("job") == ["a"]


def test_receive_task_waits_for_its_message():
    case = Case(diagram(start() + '<receiveTask id="a" messageRef="M"/>' + user("z"), "s>a>z", ROOTS))
    assert case.message("a", reply=1).tasks == ["z"]


def test_a_script_assigns():
    data = diagram(
        start() + script("a", "total = sum(items)\nnames = [n for n in names if n != '丙']") + user("z"), "s>a>z"
    )
    assert Case(data, {"items": [1, 2], "names": ["甲", "丙"]}).variables == {
        "items": [1, 2],
        "names": ["甲"],
        "total": 3,
    }


def test_a_script_that_fails_changes_nothing_and_is_an_incident():
    data = diagram(start() + script("a", "x = 1\ny = missing + 1") + user("z"), "s>a>z")
    case = Case(data)
    assert case.waiting("incident") == ["a"]
    assert case.variables == {}
    assert case.set(missing=1).retry("a").variables == {"missing": 1, "x": 1, "y": 2}


def test_a_script_with_a_result_variable_is_an_expression():
    data = diagram(
        start() + '<scriptTask id="a" camunda:resultVariable="r"><script>x + 1</script></scriptTask>' + user("z"),
        "s>a>z",
    )
    assert Case(data, {"x": 1}).variables == {"x": 1, "r": 2}


ROWS = [{"grade": "优秀"}, {"grade": "合格"}]


@pytest.mark.parametrize(
    ("attributes", "rows", "variables"),
    [
        ("", ROWS[:1], {"grade": "优秀"}),
        ("", [], {}),
        ('camunda:resultVariable="r"', ROWS, {"r": ROWS}),
        ('camunda:resultVariable="r" camunda:mapDecisionResult="singleResult"', ROWS[:1], {"r": {"grade": "优秀"}}),
        ('camunda:resultVariable="r" camunda:mapDecisionResult="singleEntry"', ROWS[:1], {"r": "优秀"}),
        ('camunda:resultVariable="r" camunda:mapDecisionResult="singleEntry"', [], {"r": None}),
        ('camunda:resultVariable="r" camunda:mapDecisionResult="collectEntries"', ROWS, {"r": ["优秀", "合格"]}),
    ],
)
def test_a_decision_gives_what_the_diagram_asks_for(attributes, rows, variables):
    asked = []

    def decide(name, seen):
        asked.append((name, seen["score"]))
        return rows

    data = diagram(
        start() + f'<businessRuleTask id="a" camunda:decisionRef="grades" {attributes}/>' + user("z"), "s>a>z"
    )
    case = Case(data, {"score": 90}, decide=decide)
    assert asked == [("grades", 90)]
    assert case.variables == {"score": 90, **variables}


def test_a_decision_that_fails_is_an_incident():
    def decide(name, seen):
        raise errors.DecisionFailed("两行同时命中")

    case = Case(
        diagram(start() + '<businessRuleTask id="a" camunda:decisionRef="d"/>' + user("z"), "s>a>z"), decide=decide
    )
    incident = next(iter(case.open["incident"].values()))
    assert (incident.kind, incident.message) == (IncidentKind.DECISION, "两行同时命中")
    case.decide = lambda name, seen: ROWS[:1]
    assert case.retry("a").tasks == ["z"]


CALL = (
    '<callActivity id="a" calledElement="child" {}><extensionElements>'
    '<camunda:in businessKey="${{businessKey}}"/><camunda:in source="x" target="given"/>'
    '<camunda:in sourceExpression="${{x + 1}}" target="more"/><camunda:out source="answer" target="reply"/></extensionElements></callActivity>'
)


def test_a_call_hands_over_what_it_names_and_takes_back_what_it_names():
    case = Case(diagram(start() + CALL.format("") + user("z"), "s>a>z"), {"x": 1, "secret": 2})
    call = next(iter(case.open["call"].values()))
    assert (call.called_element, call.binding, call.business_key) == ("child", "deployment", "K1")
    assert call.variables == {"given": 1, "more": 2}
    case.child("a", answer="好", other=1)
    assert case.variables == {"x": 1, "secret": 2, "reply": "好"}
    assert case.tasks == ["z"]


def test_a_call_may_hand_over_everything():
    call = '<callActivity id="a" calledElement="c"><extensionElements><camunda:in variables="all"/><camunda:out variables="all"/></extensionElements></callActivity>'
    case = Case(diagram(start() + call + user("z"), "s>a>z"), {"x": 1, "typename": "foo"})
    assert next(iter(case.open["call"].values())).variables == {"x": 1, "typename": "foo"}
    assert case.child("a", x=2, y=3).variables == {"x": 2, "y": 3, "typename": "foo"}


def test_a_child_that_does_not_give_what_was_asked_is_an_incident():
    case = Case(diagram(start() + CALL.format("") + user("z"), "s>a>z"), {"x": 1}).child("a")
    assert case.waiting("incident") == ["a"]


def test_an_error_of_a_child_is_caught_at_the_call():
    data = diagram(
        start()
        + CALL.format("")
        + '<boundaryEvent id="b" attachedToRef="a"><errorEventDefinition errorRef="E"/></boundaryEvent>'
        + user("z", "h"),
        "s>a>z; b>h",
        ROOTS,
    )
    case = Case(data, {"x": 1})
    token = case.token("call", "a")
    assert execution.catches_error(case.process, case.state, token, "E1")
    assert not execution.catches_error(case.process, case.state, token, "E2")
    case._take(execution.throw_error(case.process, case.context, case.state, token, "E1", "m", {"why": 1}))
    assert case.tasks == ["h"]


def test_several_flows_out_of_a_task_are_all_taken():
    assert Case(diagram(start() + user("a", "b", "c"), "s>a>b; a>c")).complete("a").tasks == ["b", "c"]


def test_several_flows_into_a_task_run_it_once_for_each_token():
    case = Case(diagram(start() + user("a", "b", "c"), "s>a>c; s>b>c")).complete("a").complete("b")
    assert case.tasks == ["c", "c"]


@pytest.mark.parametrize(("x", "tasks"), [(1, ["b", "c"]), (2, ["b", "d"]), (3, ["b"])])
def test_conditional_flows_out_of_a_task(x, tasks):
    data = diagram(start() + user("a", "b", "c", "d"), "s>a>b; a>[x == 1]c; a>[x == 2]d")
    assert Case(data, {"x": x}).complete("a").tasks == tasks


@pytest.mark.parametrize(("x", "tasks"), [(1, ["c"]), (2, ["d"])])
def test_the_default_flow_out_of_a_task(x, tasks):
    data = diagram(start() + '<userTask id="a" default="a_d"/>' + user("c", "d"), "s>a>[x == 1]c; a>d")
    assert Case(data, {"x": x}).complete("a").tasks == tasks


def test_completing_what_is_done_is_refused():
    case = Case(diagram(start() + user("a", "b"), "s>a>b"))
    token = case.token("user_task", "a")
    before = case.state
    case.complete("a")
    with pytest.raises(errors.Conflict):
        execution.complete(case.process, case.context, case.state, token, {})
    assert execution.complete(case.process, case.context, before, token, {}).user_tasks[0].element_id == "b"


@pytest.mark.parametrize(
    "value", [{"typename": "foo"}, {"a": {"typename": 1}}, [[], {}, None, True, 1.5, "𠮷\n"], 2**70, "", {"": {"": []}}]
)
def test_any_json_value_survives(value):
    case = Case(diagram(start() + user("a", "b"), "s>a>b")).complete("a", v=value, typename=value)
    assert case.variables == {"v": value, "typename": value}
    assert case.set(other=1).variables["v"] == value


def test_what_is_not_json_is_refused_and_nothing_changes():
    case = Case(diagram(start() + user("a", "b"), "s>a>b"))
    for bad in (float("nan"), object(), {1: 2}):
        with pytest.raises(errors.EvaluationFailed):
            case.complete("a", v=bad)
    assert case.tasks == ["a"]


def test_cancelling_closes_every_wait():
    data = diagram(
        start() + '<parallelGateway id="f"/>' + user("a") + service("j") + '<receiveTask id="r" messageRef="M"/>',
        "s>f>a; f>j; f>r",
        ROOTS,
    )
    case = Case(data).cancel()
    assert case.status is InstanceStatus.CANCELLED
    assert {v.outcome for v in case.visits if v.element_id in "ajr" and v.left_at} == {"cancelled"}

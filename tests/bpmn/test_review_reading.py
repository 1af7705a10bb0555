"""What lacks something is refused when it is read, also without the check; what XML allows is read as it is meant."""

from __future__ import annotations

import datetime

import pytest
from pieces import boundary, each, event_subprocess, subprocess, task
from play import ERROR, MESSAGE, NOW, ROOTS, TERMINATE, Case, diagram, flows, start, timer, user

from engine import errors
from engine.bpmn import reader, timers

CATCH, THROW = (
    '<intermediateCatchEvent id="x">{}</intermediateCatchEvent>',
    '<intermediateThrowEvent id="x">{}</intermediateThrowEvent>',
)


def without_id(data: bytes, what: str) -> bytes:
    return data.replace(f' id="{what}"'.encode(), b"")


LACKING = {
    "flow without id": (without_id(diagram(start() + user("a"), "s>a"), "s_a"), "自己的 id"),
    "two flows of one id": (diagram(start() + user("a", "b"), "s>a; a>b").replace(b'"a_b"', b'"s_a"'), "自己的 id"),
    "element without id": (without_id(diagram(start() + user("a")), "a"), "自己的 id"),
    "two elements of one id": (diagram(start() + user("a", "a")), "自己的 id"),
    "process without id": (without_id(diagram(start()), "p"), "流程应有 id"),
    "service task without topic": (diagram(start() + '<serviceTask id="x"/>'), "camunda:topic"),
    "decision without reference": (diagram(start() + '<businessRuleTask id="x"/>'), "camunda:decisionRef"),
    "call of nothing": (diagram(start() + '<callActivity id="x"/>'), "calledElement"),
    "receive task without message": (diagram(start() + '<receiveTask id="x"/>'), "messageRef"),
    "send task without message": (diagram(start() + '<sendTask id="x"/>'), "camunda:topic 或 messageRef"),
    "catch of nothing": (diagram(start() + CATCH.format("")), "none"),
    "catch of an error": (diagram(start() + CATCH.format(ERROR), "", ROOTS), "error"),
    "catch of a terminate": (diagram(start() + CATCH.format(TERMINATE)), "terminate"),
    "throw of a timer": (diagram(start() + THROW.format(timer("Duration", "P1D"))), "timer"),
    "boundary of nothing": (diagram(start() + user("a") + boundary("b", "a", "")), "none"),
    "boundary on a gateway": (diagram(start() + '<exclusiveGateway id="a"/>' + boundary("b", "a", MESSAGE), "", ROOTS), "不是活动"),
    "boundary on another level": (
        diagram(start() + subprocess("sub", start("s2") + user("a")) + boundary("b", "a", MESSAGE), "", ROOTS), "同一层",
    ),
    "flow between levels": (diagram(start() + subprocess("sub", start("s2") + user("a")), "s>a"), "一层之内"),
    "process started by an error": (diagram(f'<startEvent id="s">{ERROR}</startEvent>', "", ROOTS), "error"),
    "subprocess started by a message": (
        diagram(start() + subprocess("sub", f'<startEvent id="s2">{MESSAGE}</startEvent>'), "", ROOTS), "无事件定义",
    ),
    "subprocess with two starts": (diagram(start() + subprocess("sub", start("s2") + start("s3"))), "现有2个"),
    "subprocess without a start": (diagram(start() + subprocess("sub", user("a"))), "现有0个"),
    "event subprocess started by nothing": (diagram(start() + event_subprocess("esp", "")), "应有事件定义"),
    "event gateway before a task": (diagram(start() + '<eventBasedGateway id="g"/>' + user("a"), "g>a"), "事件网关"),
    "link to nowhere": (diagram(start() + THROW.format('<linkEventDefinition name="L"/>')), "链接捕获事件"),
    "multi-instance of nothing": (diagram(start() + task("a", "", "<multiInstanceLoopCharacteristics/>")), "集合或次数"),
    "loop of a word": (diagram(start() + task("a", "", '<standardLoopCharacteristics loopMaximum="x"/>')), "loopMaximum"),
}  # fmt: skip


@pytest.mark.parametrize("what", LACKING)
def test_what_could_not_run_is_refused(what):
    data, reason = LACKING[what]
    with pytest.raises(errors.InvalidDiagram, match=reason):
        reader.read(data, "bad.bpmn")


def test_an_xsd_boolean_may_be_written_as_a_digit():
    data = diagram(
        start() + task("a", "", each(sequential=True)) + boundary("b", "a", MESSAGE, cancel=False)
        + event_subprocess("esp", MESSAGE, interrupting=False) + task("l", "", '<standardLoopCharacteristics testBefore="true"><loopCondition>False</loopCondition></standardLoopCharacteristics>'),
        "s>a; s>l",
        ROOTS,
    )  # fmt: skip
    digits = (
        data.replace(b'="true"', b'="1"')
        .replace(b'="false"', b'="0"')
        .replace(b'isExecutable="1"', b'isExecutable="true"')
    )
    assert digits != data
    for each_ in (data, digits):
        case = Case(each_, {"people": [1, 2]}).message("b").message("esp_s")
        assert case.tasks == ["a", "esp_t"]


def test_a_condition_on_the_only_flow_out_of_an_exclusive_gateway_is_judged():
    data = diagram(start() + '<exclusiveGateway id="x"/>' + user("a"), "s>x>[go]a")
    assert Case(data, {"go": True}).tasks == ["a"]
    case = Case(data, {"go": False})
    assert case.waiting("incident") == ["x"]
    assert case.set(go=True).retry("x").tasks == ["a"]


# -- times ---------------------------------------------------------------------------------------------------------------


def due(text: str, variables: dict[str, object] | None = None) -> datetime.datetime | None:
    case = Case(diagram(start() + task("a", f'camunda:dueDate="{text}"'), "s>a"), variables)
    tasks = list(case.open["user_task"].values())
    return tasks[0].due if tasks else None


def test_a_date_for_ever_is_a_date():
    assert due("9999-12-31") == datetime.datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=timers.BEIJING)
    assert due("9999-12-30") == datetime.datetime(9999, 12, 31, tzinfo=timers.BEIJING)


@pytest.mark.parametrize("text", ["P9999Y", "0001-01-01T00:00:00", "${when}", "10000-01-01"])
def test_a_time_outside_the_calendar_is_an_incident(text):
    assert due(text, {"when": "P9000Y"}) is None


@pytest.mark.parametrize("value", ["1e400", "x", 2**40, -(2**40), [], "∞"])
def test_a_priority_that_no_database_holds_is_an_incident(value):
    case = Case(diagram(start() + task("a", 'camunda:priority="${p}"'), "s>a"), {"p": value})
    assert case.waiting("incident") == ["a"]
    assert case.set(p=7).retry("a").open["user_task"].popitem()[1].priority == 7


@pytest.mark.parametrize("text", ["R0/PT1H", "R/PT0S", "R3", "PT1H", "R/P1D/PT1H", "R-1/PT1H", "R3/PT1H/2026-01-01"])
def test_a_cycle_that_means_nothing_is_an_incident(text):
    case = Case(diagram(start() + user("a") + boundary("b", "a", timer("Cycle", text), cancel=False), "s>a"))
    assert (case.tasks, case.waiting("incident")) == (["a"], ["b"])


def test_a_fast_rhythm_is_found_again_after_years_at_once():
    cycle = timers.cycle("R/PT1S")
    later = NOW + datetime.timedelta(days=2000, microseconds=300)
    assert timers.next_in_cycle(cycle, NOW, later) == NOW + datetime.timedelta(days=2000, seconds=1)
    monthly = timers.cycle("R/P1M")
    assert timers.next_in_cycle(monthly, NOW, later) == datetime.datetime(2031, 9, 2, 9, tzinfo=NOW.tzinfo)


@pytest.mark.parametrize("every", ["PT90S", "P1D", "P2W", "PT36H"])
@pytest.mark.parametrize("late", [0, 1, 59, 3600, 86_400 * 40 + 7])
def test_the_rhythm_is_kept_however_late_it_is(every, late):
    cycle, now = timers.cycle(f"R/{every}"), NOW + datetime.timedelta(seconds=late)
    found = timers.next_in_cycle(cycle, NOW, now)
    walked = timers.after(NOW, every)
    while walked <= now:
        walked = timers.after(walked, every)
    assert found == walked


def test_a_cycle_with_a_start_keeps_to_it():
    text = "R2/2026-03-05T08:00:00/P1D"
    data = diagram(start() + user("a", "h") + boundary("b", "a", timer("Cycle", text), cancel=False), "s>a; b>h")
    case = Case(data)
    seen = []
    while case.open["timer"]:
        seen.append(next(iter(case.open["timer"].values())).due)
        case.fire("b")
    assert [moment.isoformat() for moment in seen] == ["2026-03-05T08:00:00+08:00", "2026-03-06T08:00:00+08:00"]


def test_flows_into_each_other_are_read_in_the_order_of_the_diagram():
    data = diagram(start() + '<exclusiveGateway id="g"/>' + user("a", "b") + flows("g>[True]b; g>[True]a"), "s>g")
    assert Case(data).tasks == ["b"]

"""Start, end, intermediate catch and throw events."""

from __future__ import annotations

import datetime

import pytest
from play import (
    ERROR,
    ESCALATION,
    MESSAGE,
    NOW,
    ROOTS,
    SIGNAL,
    TERMINATE,
    Case,
    condition,
    diagram,
    flows,
    service,
    start,
    timer,
    user,
)

from engine import errors
from engine.bpmn import execution, reader
from engine.model.definitions import StartKind


def started_by(definition: str, extra: str = "") -> bytes:
    return diagram(f'<startEvent id="s" {extra}>{definition}</startEvent>' + user("a"), "s>a", ROOTS)


@pytest.mark.parametrize(
    ("definition", "kind", "name"),
    [
        ("", StartKind.NONE, None),
        (MESSAGE, StartKind.MESSAGE, "msg"),
        (SIGNAL, StartKind.SIGNAL, "sig"),
        (timer("Cycle", "R2/P1D"), StartKind.TIMER, "R2/P1D"),
        (condition("x > 1"), StartKind.CONDITIONAL, "x > 1"),
    ],
)
def test_every_start_is_announced_and_starts(definition, kind, name):
    process = reader.read(started_by(definition), "t")[0]
    assert [(p.element_id, p.kind, p.name) for p in process.starts] == [("s", kind, name)]
    case = Case(started_by(definition), start="s", payload={"n": 1})
    assert case.tasks == ["a"]
    assert case.variables == {"n": 1}


def test_a_process_without_a_plain_start_cannot_be_started_plainly():
    with pytest.raises(errors.NotFound, match="没有开始事件"):
        Case(started_by(MESSAGE))


def test_one_of_several_starts():
    data = diagram(start() + f'<startEvent id="m">{MESSAGE}</startEvent>' + user("a", "b"), "s>a; m>b", ROOTS)
    assert Case(data).tasks == ["a"]
    assert Case(data, start="m").tasks == ["b"]


def test_the_initiator_is_kept():
    assert Case(started_by("", 'camunda:initiator="starter"')).variables == {"starter": "lisi"}


def test_a_timer_start_tells_when_it_is_due():
    process = reader.read(started_by(timer("Cycle", "R2/P1D")), "t")[0]
    context = Case(started_by("")).context
    first = execution.start_due(process, context, "s")
    assert first == NOW + datetime.timedelta(days=1)
    second = execution.start_due(process, context, "s", 1, first)
    assert second == NOW + datetime.timedelta(days=2)
    assert execution.start_due(process, context, "s", 2, second) is None


def test_a_conditional_start_tells_whether_it_holds():
    process = reader.read(started_by(condition("x > 1")), "t")[0]
    context = Case(started_by("")).context
    assert execution.start_condition(process, context, "s", {"x": 2})
    assert not execution.start_condition(process, context, "s", {"x": 1})


def catching(definition: str) -> bytes:
    return diagram(
        start() + f'<intermediateCatchEvent id="c">{definition}</intermediateCatchEvent>' + user("a"), "s>c>a", ROOTS
    )


def test_catching_a_message_by_name_and_business_key():
    case = Case(catching(MESSAGE), key="CASE-9")
    subscription = next(iter(case.open["subscription"].values()))
    assert (subscription.name, subscription.correlation_key) == ("msg", "CASE-9")
    case.message("c", reply="yes")
    assert case.tasks == ["a"]
    assert case.variables == {"reply": "yes"}


def test_a_correlation_key_of_its_own():
    definition = MESSAGE + ""
    data = catching(definition).replace(
        b'<intermediateCatchEvent id="c">',
        b'<intermediateCatchEvent id="c"><extensionElements><camunda:properties>'
        b'<camunda:property name="correlationKey" value="${applicant}"/></camunda:properties></extensionElements>',
    )
    keys = [
        next(iter(Case(data, {"applicant": value}).open["subscription"].values())).correlation_key
        for value in ("甲", 7, ["b", 1])
    ]
    assert keys == ["甲", "7", '["b",1]']


def test_catching_a_signal():
    assert Case(catching(SIGNAL)).signal("c", n=1).tasks == ["a"]


@pytest.mark.parametrize(
    ("kind", "text", "due"),
    [
        ("Duration", "PT1H30M", NOW + datetime.timedelta(hours=1, minutes=30)),
        ("Duration", "P1M", datetime.datetime(2026, 4, 2, 9, tzinfo=NOW.tzinfo)),
        ("Duration", "${span}", NOW + datetime.timedelta(days=2)),
        ("Date", "2026-05-01T08:00:00+08:00", datetime.datetime(2026, 5, 1, 8, tzinfo=NOW.tzinfo)),
        ("Date", "2026-05-01T08:00:00", datetime.datetime(2026, 5, 1, 8, tzinfo=NOW.tzinfo)),
        ("Date", "${five()}", NOW + datetime.timedelta(days=5)),
    ],
)
def test_when_a_timer_is_due(kind, text, due):
    case = Case(
        catching(timer(kind, text.replace("five", "workdays"))),
        {"span": "P2D"},
        functions={"workdays": lambda: NOW + datetime.timedelta(days=5)},
    )
    assert next(iter(case.open["timer"].values())).due == due
    assert case.fire("c").tasks == ["a"]


@pytest.mark.parametrize("text", ["-PT1H", "PT", "1h", "P", "0 0 12 * * ?", "tomorrow", "P1H"])
def test_a_timer_that_means_nothing_is_an_incident(text):
    assert Case(catching(timer("Duration", text))).waiting("incident") == ["c"]


def test_months_are_counted_on_the_calendar():
    from engine.bpmn import timers

    assert timers.after(datetime.datetime(2026, 1, 31, 9, tzinfo=NOW.tzinfo), "P1M").date() == datetime.date(
        2026, 2, 28
    )


def test_catching_a_condition():
    case = Case(catching(condition("x > 1")), {"x": 0})
    assert not case.tasks
    assert case.set(x=2).tasks == ["a"]
    assert Case(catching(condition("x > 1")), {"x": 5}).tasks == ["a"]


def test_a_condition_that_fails_is_an_incident_and_not_a_lost_instance():
    case = Case(catching(condition("x > 1")))
    assert case.waiting("incident") == ["c"]
    assert case.set(x=2).retry("c").tasks == ["a"]


def test_a_link_jumps():
    data = diagram(
        start() + '<intermediateThrowEvent id="t"><linkEventDefinition name="L"/></intermediateThrowEvent>'
        '<intermediateCatchEvent id="c"><linkEventDefinition name="L"/></intermediateCatchEvent>' + user("a"),
        "s>t; c>a",
    )
    assert Case(data).tasks == ["a"]


def throwing(definition: str, extension: str = "") -> bytes:
    return diagram(
        start() + f'<intermediateThrowEvent id="t">{extension}{definition}</intermediateThrowEvent>' + user("a"),
        "s>t>a",
        ROOTS,
    )


INPUT = '<extensionElements><camunda:inputOutput><camunda:inputParameter name="n">${x + 1}</camunda:inputParameter></camunda:inputOutput></extensionElements>'


def test_throwing_a_message_with_its_payload():
    case = Case(throwing(MESSAGE, INPUT), {"x": 1})
    assert [(m.name, m.correlation_key, m.payload) for m in case.messages] == [("msg", "K1", {"n": 2})]
    assert case.tasks == ["a"]
    assert case.variables == {"x": 1}


def test_throwing_nothing_passes():
    assert Case(throwing("")).tasks == ["a"]


def test_a_signal_reaches_its_own_instance_at_once_and_others_by_the_step():
    data = diagram(
        start()
        + f'<parallelGateway id="f"/><intermediateCatchEvent id="c">{SIGNAL}</intermediateCatchEvent>'
        + user("w", "a", "b")
        + f'<intermediateThrowEvent id="t">{SIGNAL}</intermediateThrowEvent>',
        "s>f>c>a; f>w>t>b",
        ROOTS,
    )
    case = Case(data).complete("w")
    assert case.tasks == ["a", "b"]
    assert [s.name for s in case.signals] == ["sig"]


def ending(definition: str) -> bytes:
    return diagram(start() + user("a") + f'<endEvent id="e">{definition}</endEvent>', "s>a>e", ROOTS)


@pytest.mark.parametrize("definition", ["", MESSAGE, SIGNAL, ESCALATION, TERMINATE])
def test_every_end_ends(definition):
    case = Case(ending(definition)).complete("a")
    assert case.ended
    assert case.path == ["s", "a", "e"]


def test_an_error_end_without_catcher_is_an_incident_with_its_code():
    case = Case(ending(ERROR)).complete("a")
    assert next(iter(case.open["incident"].values())).error_code == "E1"
    assert not case.ended


def test_an_error_end_of_a_subprocess_goes_to_its_boundary():
    inner = (
        f'<startEvent id="s2"/>{user("x", "y")}<parallelGateway id="f"/><endEvent id="bad">{ERROR}</endEvent>'
        + flows("s2>f>x>bad; f>y")
    )
    data = diagram(
        start()
        + f'<subProcess id="sub">{inner}</subProcess><boundaryEvent id="b" attachedToRef="sub">{ERROR}</boundaryEvent>'
        + user("h"),
        "s>sub; b>h",
        ROOTS,
    )
    case = Case(data).complete("x")
    assert case.tasks == ["h"]
    assert case.path == ["s", "s2", "f", "x", "bad", "b"]


def test_terminate_stops_siblings_at_once():
    data = diagram(
        start()
        + '<parallelGateway id="f"/>'
        + user("a", "b")
        + service("j")
        + f'<endEvent id="t">{TERMINATE}</endEvent>',
        "s>f>a>t; f>b; f>j",
    )
    case = Case(data).complete("a")
    assert case.ended
    assert [v.outcome for v in case.visits if v.element_id == "b"] == [None, "cancelled"]


def test_a_process_without_an_end_event_ends_with_its_last_token():
    assert Case(diagram(start() + user("a"), "s>a")).complete("a").ended


def test_the_ids_spiffworkflow_treats_specially_are_ordinary_here():
    data = diagram('<startEvent id="Start"/><userTask id="End"/><userTask id="b"/>', "Start>End>b")
    assert Case(data).complete("End").tasks == ["b"]

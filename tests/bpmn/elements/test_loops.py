"""Multi-instance and standard loops on tasks, subprocesses and call activities."""

from __future__ import annotations

import pytest
from play import ERROR, ROOTS, Case, diagram, end, flows, start, timer, user

from engine import errors


def multiple(
    id: str = "a",
    *,
    tag: str = "userTask",
    sequential: bool = False,
    inside: str = "",
    body: str = "",
    collect: str = "",
    attributes: str = "",
) -> str:
    source = (
        'camunda:collection="${people}" camunda:elementVariable="person"'
        if not inside or "loopCardinality" not in inside
        else ""
    )
    results = (
        '<extensionElements><camunda:properties><camunda:property name="outputCollection" value="results"/>'
        f'<camunda:property name="outputElement" value="{collect}"/></camunda:properties></extensionElements>'
        if collect
        else ""
    )
    return (
        f'<{tag} id="{id}" name="{id}" {attributes}>{results}'
        f'<multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}" {source}>{inside}</multiInstanceLoopCharacteristics>'
        f"{body}</{tag}>"
    )


PEOPLE = {"people": ["甲", "乙", "丙"]}


def test_parallel_opens_all_at_once_and_goes_on_after_the_last():
    case = Case(diagram(start() + multiple(attributes='camunda:assignee="${person}"') + user("z"), "s>a>z"), PEOPLE)
    assert [t.assignee for t in case.open["user_task"].values()] == ["甲", "乙", "丙"]
    case.complete("a", index=1).complete("a")
    assert case.tasks == ["a"]
    assert case.complete("a").tasks == ["z"]


def test_sequential_opens_one_after_the_other_in_order():
    case = Case(
        diagram(start() + multiple(sequential=True, attributes='camunda:assignee="${person}"') + user("z"), "s>a>z"),
        PEOPLE,
    )
    seen = []
    while case.tasks == ["a"]:
        seen.append(next(iter(case.open["user_task"].values())).assignee)
        case.complete("a")
    assert seen == ["甲", "乙", "丙"]
    assert case.tasks == ["z"]


@pytest.mark.parametrize("sequential", [True, False])
def test_cardinality(sequential):
    inside = "<loopCardinality>${n + 1}</loopCardinality>"
    case = Case(diagram(start() + multiple(sequential=sequential, inside=inside) + user("z"), "s>a>z"), {"n": 2})
    done = 0
    while case.tasks[0] == "a":
        case.complete("a")
        done += 1
    assert done == 3


@pytest.mark.parametrize("sequential", [True, False])
def test_an_empty_collection_is_nothing_to_do(sequential):
    assert Case(diagram(start() + multiple(sequential=sequential) + user("z"), "s>a>z"), {"people": []}).tasks == ["z"]


@pytest.mark.parametrize("sequential", [True, False])
def test_the_completion_condition_ends_the_rest(sequential):
    inside = "<completionCondition>${nrOfCompletedInstances / nrOfInstances >= 0.5}</completionCondition>"
    case = Case(diagram(start() + multiple(sequential=sequential, inside=inside) + user("z"), "s>a>z"), PEOPLE)
    case.complete("a")
    assert "a" in case.tasks
    case.complete("a")
    assert case.tasks == ["z"]


def test_results_are_collected_in_the_order_of_the_collection():
    case = Case(diagram(start() + multiple(collect="${vote}") + user("z"), "s>a>z"), PEOPLE)
    for index, vote in ((2, "丙同意"), (0, "甲反对"), (0, "乙同意")):
        case.complete("a", index=index, vote=vote)
    assert case.variables["results"] == ["甲反对", "乙同意", "丙同意"]


def test_variables_of_an_iteration_stay_in_it():
    case = Case(diagram(start() + multiple() + user("z"), "s>a>z"), PEOPLE)
    case.complete("a").complete("a").complete("a")
    assert set(case.variables) == {"people"}


def test_lists_written_in_iterations_are_not_merged():
    case = Case(diagram(start() + multiple(inside="") + user("z"), "s>a>z"), {**PEOPLE, "out": [1, 2, 3]})
    case.complete("a", out=[3, 1]).complete("a", out=[9]).complete("a", out=[7, 7])
    assert case.variables["out"] == [7, 7]


def test_a_job_for_each():
    case = Case(
        diagram(
            start() + multiple(tag="serviceTask", attributes='camunda:type="external" camunda:topic="t"') + user("z"),
            "s>a>z",
        ),
        PEOPLE,
    )
    assert [j.inputs["person"] for j in case.open["job"].values()] == ["甲", "乙", "丙"]
    case.job("a").job("a").job("a")
    assert case.tasks == ["z"]


def test_a_script_for_each_runs_at_once():
    data = diagram(
        start() + multiple(tag="scriptTask", sequential=True, body="<script>log = log + [person]</script>") + user("z"),
        "s>a>z",
    )
    case = Case(data, {**PEOPLE, "log": []})
    assert case.variables["log"] == ["甲", "乙", "丙"]
    assert case.tasks == ["z"]


@pytest.mark.parametrize("sequential", [True, False])
def test_a_subprocess_for_each(sequential):
    inner = '<startEvent id="s2"/>' + user("x", "y") + "<endEvent id='e2'/>" + flows("s2>x>y>e2")
    case = Case(
        diagram(start() + multiple(tag="subProcess", sequential=sequential, body=inner) + user("z"), "s>a>z"), PEOPLE
    )
    rounds = 0
    while "x" in case.tasks:
        case.complete("x").complete("y")
        rounds += 1
    assert rounds == 3
    assert case.tasks == ["z"]


def test_a_child_instance_for_each():
    data = diagram(
        start()
        + '<callActivity id="a" calledElement="q"><extensionElements><camunda:in source="person" target="who"/></extensionElements>'
        '<multiInstanceLoopCharacteristics camunda:collection="people" camunda:elementVariable="person"/></callActivity>'
        + user("z"),
        "s>a>z",
    )
    case = Case(data, PEOPLE)
    assert [c.variables for c in case.open["call"].values()] == [{"who": "甲"}, {"who": "乙"}, {"who": "丙"}]
    case.child("a").child("a").child("a")
    assert case.tasks == ["z"]


def test_a_boundary_event_interrupts_all_runs():
    data = diagram(
        start()
        + multiple()
        + f'<boundaryEvent id="b" attachedToRef="a">{timer("Duration", "P1D")}</boundaryEvent>'
        + user("z", "late"),
        "s>a>z; b>late",
    )
    case = Case(data, PEOPLE).complete("a")
    assert len(case.open["timer"]) == 1
    assert case.fire("b").tasks == ["late"]


def test_an_error_in_one_run_goes_to_the_boundary_of_the_whole():
    data = diagram(
        start()
        + multiple(tag="serviceTask", attributes='camunda:type="external" camunda:topic="t"')
        + f'<boundaryEvent id="b" attachedToRef="a">{ERROR}</boundaryEvent>'
        + user("z", "bad"),
        "s>a>z; b>bad",
        ROOTS,
    )
    case = Case(data, PEOPLE).job("a").job_error("a", "E1")
    assert case.tasks == ["bad"]
    assert not case.waiting("job")


def test_a_collection_that_is_none_is_an_incident():
    case = Case(diagram(start() + multiple() + user("z"), "s>a>z"), {"people": "甲乙"})
    assert case.waiting("incident") == ["a"]
    assert case.set(people=["甲"]).retry("a").tasks == ["a"]


def test_a_thousand_runs_in_parallel():
    case = Case(diagram(start() + multiple() + user("z"), "s>a>z"), {"people": list(range(1000))})
    assert len(case.tasks) == 1000
    for _ in range(1000):
        case.complete("a")
    assert case.tasks == ["z"]


def loop(attributes: str = "", inside: str = "") -> bytes:
    return diagram(
        start()
        + f'<userTask id="a"><standardLoopCharacteristics {attributes}>{inside}</standardLoopCharacteristics></userTask>'
        + user("z"),
        "s>a>z",
    )


def test_standard_loop_runs_while_the_condition_holds():
    case = Case(loop(inside="<loopCondition>${again}</loopCondition>"), {"again": True, "log": []})
    case.complete("a", log=[1]).complete("a", log=[1, 1])
    assert case.tasks == ["a"]
    assert case.complete("a", again=False).tasks == ["z"]
    assert case.variables["log"] == [1, 1]


def test_standard_loop_stops_at_its_maximum():
    case = Case(loop('loopMaximum="2"', "<loopCondition>${True}</loopCondition>")).complete("a")
    assert case.tasks == ["a"]
    assert case.complete("a").tasks == ["z"]


def test_standard_loop_may_test_first():
    data = loop('testBefore="true"', "<loopCondition>${again}</loopCondition>")
    assert Case(data, {"again": False}).tasks == ["z"]
    assert Case(data, {"again": True}).tasks == ["a"]


def test_more_runs_than_an_office_can_mean_are_an_incident():
    case = Case(diagram(start() + multiple(inside="<loopCardinality>100001</loopCardinality>") + end(), "s>a>e"))
    assert case.waiting("incident") == ["a"]


def test_initial_variables_that_are_not_json_are_refused():
    with pytest.raises(errors.EvaluationFailed):
        Case(diagram(start() + user("a"), "s>a"), {"x": object()})

"""Loops around activities: what each run may write, how they end, and what interrupts them."""

from __future__ import annotations

import pytest
from pieces import boundary, call, each, enough, event_subprocess, io, job, properties, subprocess, task
from play import (
    ERROR,
    ESCALATION,
    MESSAGE,
    ROOTS,
    SIGNAL,
    TERMINATE,
    Case,
    condition,
    diagram,
    end,
    flows,
    script,
    start,
    timer,
    user,
)

from engine.bpmn import execution

PEOPLE = {"people": ["甲", "乙", "丙"]}
RESULTS = properties(outputCollection="results", outputElement="${opinion}")


def inner(*tasks: str, last: str = "") -> str:
    chain = ">".join(["s2", *tasks, "e2"])
    return start("s2") + user(*tasks) + f'<endEvent id="e2">{last}</endEvent>' + flows(chain)


# -- variables ------------------------------------------------------------------------------------------------------


def test_parallel_runs_of_several_steps_do_not_write_over_each_other():
    sub = subprocess("a", inner("fill", "approve"), RESULTS + each())
    case = Case(diagram(start() + sub + user("z"), "s>a>z"), PEOPLE)
    for opinion in ("同意", "反对", "弃权"):
        case.complete("fill", opinion=opinion)
    for index in (2, 0, 0):
        case.complete("approve", index=index)
    assert case.tasks == ["z"]
    assert case.variables == {**PEOPLE, "results": ["同意", "反对", "弃权"]}


def test_a_decision_inside_a_run_sees_the_run_it_is_in():
    body = (
        start("s2")
        + user("fill", "yes", "no")
        + '<exclusiveGateway id="g" default="g_no"/>'
        + flows("s2>fill>g>[opinion == '同意']yes; g>no")
    )
    case = Case(diagram(start() + subprocess("a", body, each()), "s>a"), PEOPLE)
    case.complete("fill", opinion="同意").complete("fill", opinion="反对").complete("fill", opinion="同意")
    assert case.tasks == ["no", "yes", "yes"]
    assert [execution.variables_at(case.process, case.state, t)["opinion"] for t in sorted(case.open["user_task"])] == [
        "同意",
        "反对",
        "同意",
    ]


def test_a_variable_of_the_process_is_written_where_it_is_also_from_a_run():
    case = Case(diagram(start() + task("a", "", each()) + user("z"), "s>a>z"), {**PEOPLE, "last": None})
    case.complete("a", last="甲").complete("a", last="乙").complete("a", own=1)
    assert case.variables == {**PEOPLE, "last": "乙"}


def test_output_parameters_leave_a_run():
    data = diagram(start() + task("a", "", io(None, {"last": "${opinion}"}) + each()) + user("z"), "s>a>z")
    case = Case(data, PEOPLE).complete("a", opinion="同意").complete("a", opinion="反对").complete("a", opinion="弃权")
    assert case.variables == {**PEOPLE, "last": "弃权"}


def test_what_a_standard_loop_writes_outlives_it():
    loop = '<standardLoopCharacteristics loopMaximum="3"><loopCondition>not approved</loopCondition></standardLoopCharacteristics>'
    case = Case(diagram(start() + task("a", "", loop) + user("z"), "s>a>z"))
    case.complete("a", approved=False, draft=1).complete("a", approved=True, draft=2)
    assert case.tasks == ["z"]
    assert case.variables == {"approved": True, "draft": 2}


@pytest.mark.parametrize("sequential", [True, False])
def test_the_element_of_a_run_is_written_in_the_run_also_when_the_process_has_its_name(sequential):
    data = diagram(start() + task("a", "", each(sequential=sequential)) + user("z"), "s>a>z")
    case = Case(data, {"people": ["甲", "乙"], "person": "外"}).complete("a", person="改")
    assert case.variables["person"] == "外"
    token = case.token("user_task", "a")
    assert execution.variables_at(case.process, case.state, token)["person"] == "乙"
    assert case.complete("a").variables["person"] == "外"


@pytest.mark.parametrize("sequential", [True, False])
@pytest.mark.parametrize("name", ["nrOfInstances", "nrOfCompletedInstances", "nrOfActiveInstances", "loopCounter"])
@pytest.mark.parametrize("value", ["x", 99, -5, None, []])
def test_no_variable_of_a_form_upsets_the_count_of_the_runs(name, value, sequential):
    data = diagram(
        start() + task("a", "", each(enough("nrOfCompletedInstances >= 2"), sequential=sequential)) + user("z"), "s>a>z"
    )
    case = Case(data, PEOPLE).complete("a", **{name: value})
    assert "z" not in case.tasks
    assert case.complete("a").tasks == ["z"]


@pytest.mark.parametrize(("sequential", "seen"), [(False, [(3, 1, 2), (3, 2, 1)]), (True, [(3, 1, 1), (3, 2, 1)])])
def test_the_completion_condition_counts_the_run_that_has_just_ended(sequential, seen):
    found = []

    def days(done, *rest):
        found.append((*rest[:1], done, *rest[1:]))
        return done == 2

    condition_ = enough("days(nrOfCompletedInstances, nrOfInstances, nrOfActiveInstances)")
    data = diagram(start() + task("a", "", each(condition_, sequential=sequential)) + user("z"), "s>a>z")
    case = Case(data, PEOPLE, functions={"days": days}).complete("a").complete("a")
    assert case.tasks == ["z"]
    assert found == seen


def test_a_collection_changed_while_its_runs_are_open_changes_nothing():
    for sequential in (True, False):
        data = diagram(start() + task("a", "", each(sequential=sequential)) + user("z"), "s>a>z")
        case = Case(data, {"people": [1, 2, 3]}).set(people=[]).complete("a")
        seen = [case.open["user_task"][t].token for t in case.open["user_task"]]
        assert execution.variables_at(case.process, case.state, seen[-1])["person"] in (2, 3)
        assert case.complete("a").complete("a").tasks == ["z"]


def test_the_state_of_a_sequential_loop_shrinks_as_it_goes():
    case = Case(
        diagram(start() + task("a", "", each(sequential=True)) + user("z"), "s>a>z"), {"people": list(range(9))}
    )
    sizes, seen = [], []
    while "a" in case.tasks:
        sizes.append(len(case.state.tokens))
        seen.append(execution.variables_at(case.process, case.state, case.token("user_task", "a"))["person"])
        case.complete("a")
    assert seen == list(range(9))
    assert sizes[-1] < sizes[0]


def test_enough_runs_of_a_call_are_ended_by_the_error_of_one():
    data = diagram(start() + call("a", "", each()) + boundary("b", "a", ERROR) + user("h"), "s>a; b>h", ROOTS)
    case = Case(data, PEOPLE).child("a")
    case._do(execution.throw_error, case.token("call", "a"), "E1", "m", {"why": 1})
    assert (case.tasks, case.waiting("call"), case.variables["why"]) == (["h"], [], 1)


def test_a_message_sent_by_each_run_tells_its_input_parameters_and_no_more():
    send = task("a", 'messageRef="M"', io({"n": "${person}"}) + each(), "sendTask")
    case = Case(diagram(start() + send + user("z"), "s>a>z", ROOTS), {"people": ["甲", "乙"]})
    assert [m.payload for m in case.messages] == [{"n": "甲"}, {"n": "乙"}]


def test_a_child_of_each_run_is_given_its_input_parameters_and_no_more():
    element = task(
        "a",
        'calledElement="c"',
        io({"n": "${person}"}) + each(),
        "callActivity",
    )
    case = Case(diagram(start() + element, "s>a"), {"people": ["甲"]})
    assert [c.variables for c in case.open["call"].values()] == [{"n": "甲"}]


# -- ends ----------------------------------------------------------------------------------------------------------


def test_an_empty_loop_in_a_parallel_branch_goes_on_and_leaves_no_boundary_event():
    data = diagram(
        start()
        + '<parallelGateway id="f"/><parallelGateway id="j"/>'
        + task("a", "", RESULTS + each())
        + boundary("t", "a", timer("Duration", "P1D"))
        + user("b", "z"),
        "s>f>a>j>z; f>b>j",
    )
    case = Case(data, {"people": []})
    assert (case.tasks, case.waiting("timer")) == (["b"], [])
    assert case.variables["results"] == []
    assert case.complete("b").tasks == ["z"]


def test_enough_runs_cancel_the_children_of_the_others():
    data = diagram(start() + call("a", "", each(enough("nrOfCompletedInstances >= 1"))) + user("z"), "s>a>z")
    case = Case(data, PEOPLE)
    others = [t for t in case.open["call"] if t != case.token("call", "a", 1)]
    step = execution.complete_call(case.process, case.context, case.state, case.token("call", "a", 1), {})
    assert sorted((c.token, c.outcome) for c in step.closed if c.kind == "call") == sorted(
        [(case.token("call", "a", 1), "completed"), *((t, "cancelled") for t in others)]
    )
    assert case._take(step) and case.tasks == ["z"]


def test_results_of_runs_that_were_not_needed_are_not_collected():
    data = diagram(start() + task("a", "", RESULTS + each(enough("nrOfCompletedInstances >= 2"))) + user("z"), "s>a>z")
    case = Case(data, PEOPLE).complete("a", index=2, opinion="丙").complete("a", index=0, opinion="甲")
    assert case.variables["results"] == ["甲", "丙"]


def test_terminate_ends_its_own_run_only():
    body = (
        start("s2")
        + '<parallelGateway id="f"/>'
        + user("x", "y")
        + f'<endEvent id="t">{TERMINATE}</endEvent>'
        + flows("s2>f>x>t; f>y")
    )
    case = Case(diagram(start() + subprocess("a", body, each()) + user("z"), "s>a>z"), {"people": [1, 2]})
    assert case.complete("x").tasks == ["x", "y"]
    assert case.complete("x").tasks == ["z"]


def test_conditional_and_default_flows_are_taken_once_after_all_runs():
    data = diagram(start() + task("a", 'default="a_d"', each()) + user("c", "d", "e"), "s>a>[n > 1]c; a>[n > 2]e; a>d")
    for n, tasks in ((3, ["c", "e"]), (2, ["c"]), (0, ["d"])):
        case = Case(data, {**PEOPLE, "n": 0}).complete("a").complete("a", n=n).complete("a")
        assert case.tasks == tasks


def test_two_tokens_into_a_looping_activity_are_two_loops():
    data = diagram(start() + user("p", "q") + task("a", "", each()) + user("z"), "s>p>a>z; s>q>a")
    case = Case(data, {"people": [1, 2]}).complete("p").complete("q")
    assert case.tasks == ["a"] * 4
    for _ in range(4):
        case.complete("a")
    assert case.tasks == ["z", "z"]


def test_a_loop_within_a_loop_counts_for_itself():
    sub = subprocess(
        "a",
        start("s2") + task("x", 'camunda:assignee="${person + str(loopCounter)}"', each(collection="teams[person]"))
        + user("y") + flows("s2>x>y"),
        each(collection="list(teams)"),
    )  # fmt: skip
    case = Case(diagram(start() + sub + user("z"), "s>a>z"), {"teams": {"甲": ["A", "B"], "乙": ["C"]}})
    assert [t.assignee for t in case.open["user_task"].values()] == ["A0", "B1", "C0"]
    case.complete("x", index=2)
    assert case.tasks == ["x", "x", "y"]
    assert case.complete("x").complete("x").complete("y").complete("y").tasks == ["z"]


# -- what interrupts -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sequential", [True, False])
def test_a_boundary_condition_may_watch_the_counters(sequential):
    data = diagram(
        start()
        + task("a", "", each(sequential=sequential))
        + user("z", "h")
        + boundary("b", "a", condition("nrOfCompletedInstances >= 2")),
        "s>a>z; b>h",
    )
    case = Case(data, PEOPLE).complete("a")
    assert "a" in case.tasks
    assert case.complete("a").tasks == ["h"]


def test_no_variable_of_a_form_passes_for_a_counter():
    watched = boundary("b", "a", condition("nrOfCompletedInstances >= 2"))
    case = Case(diagram(start() + task("a", "", each()) + watched + user("h"), "s>a; b>h"), PEOPLE)
    case.complete("a", nrOfCompletedInstances=99)
    assert case.tasks == ["a", "a"]
    assert case.complete("a").tasks == ["h"]


def test_a_boundary_timer_of_a_sequential_loop_runs_over_all_of_it():
    data = diagram(
        start() + task("a", "", each(sequential=True)) + user("late", "z") + boundary("b", "a", timer("Duration", "P1D")),
        "s>a>z; b>late",
    )  # fmt: skip
    case = Case(data, PEOPLE)
    token = case.token("timer", "b")
    case.complete("a").complete("a")
    assert list(case.open["timer"]) == [token]
    assert case.fire("b").tasks == ["late"]


def test_a_non_interrupting_boundary_of_a_loop_fires_once_for_the_whole():
    data = diagram(
        start() + task("a", "", each()) + user("z", "h") + boundary("b", "a", SIGNAL, cancel=False), "s>a>z; b>h", ROOTS
    )
    case = Case(data, PEOPLE).signal("b")
    assert case.tasks == ["a", "a", "a", "h"]


def test_an_escalation_out_of_one_run_reaches_the_boundary_of_the_whole():
    for cancel, tasks in ((True, ["h"]), (False, ["h", "w", "x", "x"])):
        body = (
            start("s2") + user("x", "w")
            + f'<intermediateThrowEvent id="up">{ESCALATION}</intermediateThrowEvent>' + flows("s2>x>up>w")
        )  # fmt: skip
        data = diagram(
            start() + subprocess("a", body, each()) + boundary("b", "a", ESCALATION, cancel=cancel) + user("h"),
            "s>a; b>h",
            ROOTS,
        )
        assert Case(data, PEOPLE).complete("x").tasks == tasks


def test_an_error_out_of_one_run_of_a_subprocess_ends_all_runs():
    body = start("s2") + user("x") + f'<endEvent id="e2">{ERROR}</endEvent>' + flows("s2>x>e2")
    data = diagram(start() + subprocess("a", body, each()) + boundary("b", "a", ERROR) + user("h"), "s>a; b>h", ROOTS)
    assert Case(data, PEOPLE).complete("x").tasks == ["h"]


def test_an_event_subprocess_in_a_run_interrupts_that_run():
    body = start("s2") + user("x") + flows("s2>x") + event_subprocess("esp", MESSAGE)
    data = diagram(start() + subprocess("a", body, each()) + user("z"), "s>a>z", ROOTS)
    case = Case(data, {"people": [1, 2]}).message("esp_s", index=1)
    assert case.tasks == ["esp_t", "x"]
    assert case.complete("esp_t").complete("x").tasks == ["z"]


def test_an_error_in_a_run_is_caught_inside_the_run_first():
    body = start("s2") + job("x") + flows("s2>x") + event_subprocess("esp", ERROR)
    data = diagram(
        start() + subprocess("a", body, each()) + boundary("b", "a", ERROR) + user("z", "h"), "s>a>z; b>h", ROOTS
    )
    case = Case(data, {"people": [1, 2]}).job_error("x", "E1")
    assert (case.tasks, case.waiting("job")) == (["esp_t"], ["x"])


def test_a_standard_loop_over_a_subprocess_with_a_boundary():
    loop = "<standardLoopCharacteristics><loopCondition>again</loopCondition></standardLoopCharacteristics>"
    data = diagram(
        start() + subprocess("a", inner("x"), loop) + boundary("b", "a", MESSAGE) + user("z", "h"),
        "s>a>z; b>h",
        ROOTS,
    )
    case = Case(data, {"again": True}).complete("x").complete("x")
    assert (case.tasks, case.waiting("subscription")) == (["x"], ["b"])
    assert case.message("b").tasks == ["h"]
    assert Case(data, {"again": True}).complete("x", again=False).tasks == ["z"]


def test_scripts_of_parallel_runs_that_end_early_do_not_run():
    data = diagram(
        start() + task("a", "", each(enough("nrOfCompletedInstances >= 2")) + "<script>n = n + 1</script>", "scriptTask")
        + user("z"),
        "s>a>z",
    )  # fmt: skip
    case = Case(data, {**PEOPLE, "n": 0})
    assert case.variables["n"] == 2
    assert case.tasks == ["z"]


def test_an_event_gateway_in_each_run_waits_for_itself():
    arms = (
        f'<intermediateCatchEvent id="m">{MESSAGE}</intermediateCatchEvent>'
        f'<intermediateCatchEvent id="t">{timer("Duration", "PT1H")}</intermediateCatchEvent>'
    )
    body = start("s2") + '<eventBasedGateway id="g"/>' + arms + user("x", "y") + flows("s2>g>m>x; g>t>y")
    case = Case(diagram(start() + subprocess("a", body, each()), "s>a", ROOTS), {"people": [1, 2]})
    case.message("m", index=1)
    assert (case.tasks, case.waiting("timer"), case.waiting("subscription")) == (["x"], ["t"], ["m"])
    assert case.fire("t").tasks == ["x", "y"]


def test_runs_of_receive_tasks_take_a_message_each():
    case = Case(
        diagram(start() + task("a", 'messageRef="M"', each(), "receiveTask") + user("z"), "s>a>z", ROOTS), PEOPLE
    )
    assert case.message("a").message("a").message("a").tasks == ["z"]


def test_a_loop_around_a_script_in_a_loop_of_the_diagram():
    data = diagram(
        start()
        + '<exclusiveGateway id="m"/><exclusiveGateway id="g" default="g_e"/>'
        + task("a", "", each() + "<script>n = n + 1</script>", "scriptTask")
        + script("again", "rounds = rounds + 1")
        + end(),
        "s>m>a>again>g>[rounds < 4]m; g>e",
    )
    case = Case(data, {**PEOPLE, "n": 0, "rounds": 0})
    assert case.ended
    assert case.variables["n"] == 12

"""Taking a completion back: everything is as it was, or nothing changes and it says why."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from play import (
    ESCALATION,
    MESSAGE,
    ROOTS,
    SIGNAL,
    Case,
    condition,
    diagram,
    end,
    flows,
    script,
    service,
    start,
    timer,
    user,
)
from random_acts import LIVELY, Player

from engine import errors
from engine.bpmn import execution, withdrawal

SEEDS = range(100)


def withdraw(case: Case, element_id: str) -> Case:
    """Take back the completion of a task that was completed last."""
    token = max(
        token for (kind, token), row in case.over.items() if kind == "user_task" and row.element_id == element_id
    )
    case._do(withdrawal.withdraw, token)
    return case


def refusal(case: Case, element_id: str) -> str:
    with pytest.raises(errors.Conflict) as refused:
        withdraw(case, element_id)
    return refused.value.message


def test_a_task_that_is_taken_back_is_open_again_with_the_variables_of_before():
    case = Case(diagram(start() + user("a", "b") + end(), "s>a>b>e"), {"kept": 1, "changed": [1]})
    before, rows = case.state, copy.deepcopy(case.open)
    case.complete("a", changed=[2], new="x")
    withdraw(case, "a")
    assert case.tasks == ["a"]
    assert case.open == rows
    assert case.variables == json.loads(before.variables)
    assert case.complete("a").complete("b").ended


def test_the_token_is_the_same_one_and_later_ones_are_never_given_again():
    case = Case(diagram(start() + user("a", "b") + end(), "s>a>b>e"))
    first = case.token("user_task", "a")
    second = case.complete("a").token("user_task", "b")
    assert withdraw(case, "a").token("user_task", "a") == first
    assert case.complete("a").token("user_task", "b") > second


def test_all_branches_that_a_completion_opened_go():
    data = diagram(
        start() + user("a", "b", "c", "z") + '<parallelGateway id="f"/><parallelGateway id="j"/>' + end(),
        "s>a>f>b>j>z>e; f>c>j",
    )
    case = Case(data).complete("a")
    assert case.tasks == ["b", "c"]
    assert withdraw(case, "a").tasks == ["a"]
    case.complete("a").complete("b")
    assert withdraw(case, "b").tasks == ["b", "c"]
    assert case.complete("c").complete("b").complete("z").ended


def test_what_listened_beside_the_task_listens_again_and_its_deadline_is_the_old_one():
    body = (
        f'{user("a", "b")}<boundaryEvent id="t" attachedToRef="a">{timer("Duration", "P3D")}</boundaryEvent>'
        f'<boundaryEvent id="m" attachedToRef="a">{MESSAGE}</boundaryEvent>'
        f'<boundaryEvent id="g" attachedToRef="a" cancelActivity="false">{SIGNAL}</boundaryEvent>'
    )
    case = Case(diagram(start() + body + end(), "s>a>b>e; t>e; m>e; g>e", ROOTS))
    rows = copy.deepcopy(case.open)
    case.complete("a")
    assert not case.open["timer"]
    case.now = case.now.replace(day=case.now.day + 1)
    withdraw(case, "a")
    assert case.open == rows
    assert case.fire("t").ended


def test_one_of_several_people_takes_back_even_what_ended_the_work_of_the_others():
    loop = (
        '<multiInstanceLoopCharacteristics camunda:collection="people" camunda:elementVariable="person">'
        "<completionCondition>nrOfCompletedInstances >= 2</completionCondition></multiInstanceLoopCharacteristics>"
    )
    case = Case(
        diagram(start() + f'<userTask id="a" camunda:assignee="${{person}}">{loop}</userTask>' + user("z"), "s>a>z"),
        {"people": ["甲", "乙", "丙"]},
    )
    case.complete("a")
    rows = copy.deepcopy(case.open)
    token = case.token("user_task", "a")
    assert case.complete("a").tasks == ["z"]
    case._do(withdrawal.withdraw, token)
    assert case.open == rows
    assert case.complete("a", index=1).tasks == ["z"]


def test_one_written_over_by_true_is_one_again():
    local = '<camunda:properties><camunda:property name="localScope" value="true"/></camunda:properties>'
    body = (
        f'<subProcess id="u"><extensionElements>{local}</extensionElements>{start("us")}{user("a", "b")}'
        f"{flows('us>a>b')}</subProcess>"
    )
    case = Case(diagram(start() + body + end(), "s>u>e"))
    token = case.token("user_task", "a")
    case._take(execution.set_variables(case.process, case.context, case.state, {"flag": 1}, token))
    case.complete("a", flag=True)
    case._do(withdrawal.withdraw, token)
    assert execution.variables_at(case.process, case.state, token) == {"flag": 1}
    assert execution.variables_at(case.process, case.state, token)["flag"] is not True


@pytest.mark.parametrize(
    ("body", "flow", "told"),
    [
        (service("x"), "s>a>x>b>e", "自动办理“x”"),
        ('<callActivity id="x" calledElement="c"/>', "s>a>x>b>e", "启动“x”"),
        (script("x", "y = missing"), "s>a>x>b>e", "办理“x”时发生异常"),
        (f'<intermediateThrowEvent id="x">{MESSAGE}</intermediateThrowEvent>', "s>a>x>b>e", "已发出“msg”"),
        (f'<intermediateThrowEvent id="x">{SIGNAL}</intermediateThrowEvent>', "s>a>x>b>e", "已发出“sig”"),
        (f'<intermediateThrowEvent id="x">{ESCALATION}</intermediateThrowEvent>', "s>a>x>b>e", "已上报"),
    ],
)
def test_what_has_reached_beyond_the_case_is_not_taken_back(body: str, flow: str, told: str):
    case = Case(diagram(start() + user("a", "b") + body + end(), flow, ROOTS))
    assert told in refusal(case.complete("a"), "a")


def test_work_of_the_platform_that_a_completion_ended_does_not_begin_anew():
    terminate = '<endEvent id="k"><terminateEventDefinition/></endEvent>'
    inside = f'<subProcess id="u">{start("us")}{user("a")}{service("x")}<parallelGateway id="f"/>{terminate}'
    case = Case(diagram(start() + f"{inside}{flows('us>f>a>k; f>x')}</subProcess>" + user("b"), "s>u>b"))
    assert "自动办理的环节已经终止" in refusal(case.complete("a"), "a")


def test_whatever_happens_next_ends_the_time_for_taking_back():
    fork = '<parallelGateway id="f"/>'
    data = diagram(start() + user("a", "b", "c", "z") + fork + end(), "s>f>a>b>e; f>c>z>e")
    later: list[Any] = [lambda case: case.complete("c"), lambda case: case.complete("b"), lambda case: case.set(x=1)]
    for act in later:
        case = Case(data).complete("a")
        act(case)
        assert "新的进展" in refusal(case, "a")


def test_a_condition_that_came_true_waits_to_come_true_again():
    body = (
        f'{user("a", "b")}<boundaryEvent id="k" attachedToRef="b" cancelActivity="false">{condition("ready")}'
        f"</boundaryEvent>{user('h')}"
    )
    case = Case(diagram(start() + body + end(), "s>a>b>e; k>h>e"), {"ready": False})
    assert case.complete("a", ready=True).tasks == ["b", "h"]
    assert withdraw(case, "a").tasks == ["a"]
    assert case.complete("a", ready=False).tasks == ["b"]


class Withdrawer(Player):
    """Plays a random process, and takes back what can be taken back now and then."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed, parts=4, depth=4, people=True)
        self.withdrawn = 0

    def _user_task(self, token: int, lively: bool) -> None:
        case = self.case
        before, rows = case.state, copy.deepcopy(case.open)
        super()._user_task(token, lively)
        if not case.ended and lively and self.chance.random() < 0.5 and not withdrawal.why_not(case.state, token):
            case._do(withdrawal.withdraw, token)
            self.withdrawn += 1
            was, now = json.loads(before.tokens), json.loads(case.state.tokens)
            assert (now["tokens"], json.loads(case.state.variables)) == (was["tokens"], json.loads(before.variables))
            assert now["next"] >= was["next"]
            assert case.open == rows


def test_after_taking_back_a_random_process_stands_exactly_where_it_stood():
    withdrawn = 0
    for seed in SEEDS:
        player = Withdrawer(seed)
        for _ in range(LIVELY):
            if not player.case.ended:
                player.act()
        withdrawn += player.withdrawn
    assert withdrawn > 100

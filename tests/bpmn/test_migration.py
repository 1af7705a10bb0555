"""Moving a running instance to another version of its process: where every open token goes, or why it cannot."""

from __future__ import annotations

import dataclasses
import datetime
import json

from pieces import boundary, call, each, event_subprocess, io, job, properties, subprocess, task
from play import MESSAGE, NOW, ROOTS, SIGNAL, Case, condition, diagram, end, flows, start, timer, user

from engine.bpmn import execution, migration, reader, returning, withdrawal
from engine.model import instances


def version(body: str, flow: str = "") -> bytes:
    return diagram(start() + end() + body, flow, ROOTS)


def attempt(case: Case, data: bytes, reckon: bool = False, **mapping: str) -> migration.Migration:
    new = reader.read(data, "new.bpmn")[0]
    began = dataclasses.replace(case.context, now=NOW)
    contexts = migration.Contexts(case.context, case.context, (lambda _: began) if reckon else None)
    return migration.migrate(case.process, new, contexts, case.state, mapping)


def move(case: Case, data: bytes, reckon: bool = False, **mapping: str) -> migration.Migration:
    """Migrate, and keep the rows as the store would."""
    found = attempt(case, data, reckon, **mapping)
    assert found.step is not None, [each.sentence() for each in found.findings]
    for opened in case.open.values():
        for token, row in opened.items():
            opened[token] = dataclasses.replace(row, element_id=mapping.get(row.element_id, row.element_id))
    case.process = reader.read(data, "new.bpmn")[0]
    closed = found.step.closed
    case._take(dataclasses.replace(found.step, closed=closed))
    return found


def findings(case: Case, data: bytes, **mapping: str) -> list[str]:
    before = case.state
    found = attempt(case, data, **mapping)
    assert found.step is None
    assert case.state == before
    return [each.sentence() for each in found.findings]


def told(found: migration.Migration) -> list[str]:
    return [each.text for each in found.changes]


def test_a_task_goes_on_with_its_number_and_meets_what_is_new_behind_it():
    case = Case(version(user("a", "b"), "s>a>b>e"), {"x": 1})
    token = case.token("user_task", "a")
    move(case, version(user("a", "n", "b"), "s>a>n>b>e"))
    assert case.token("user_task", "a") == token
    case.complete("a")
    assert case.tasks == ["n"]
    assert case.complete("n").complete("b").ended
    assert case.variables == {"x": 1}


def test_an_element_that_has_another_id_is_mapped():
    case = Case(version(user("a", "b"), "s>a>b>e"))
    new = version(user("z", "b"), "s>z>b>e")
    assert findings(case, new) == ["“a”应在目标版本中有对应的元素（相同的 id，或者以对应关系给出）；现没有对应的元素"]
    found = move(case, new, a="z")
    assert told(found) == ["“a”对应到“z”（z）"]
    assert case.tasks == ["z"]
    assert case.complete("z").complete("b").ended


def test_all_that_does_not_fit_is_told_at_once():
    body = '<parallelGateway id="g"/>' + user("a", "b") + job("c") + task("m", "", each())
    case = Case(version(body, "s>g>a>e; g>b>e; g>c>e; g>m>e"), {"people": [1, 2]})
    new = version('<parallelGateway id="g"/>' + job("a") + task("c", 'camunda:type="external" camunda:topic="other"',
                  tag="serviceTask") + task("m"), "s>g>a>e; g>c>e; g>m>e")  # fmt: skip
    assert findings(case, new) == [
        "“a”应仍为用户任务；现对应的“a”（a）为服务任务",
        "“b”应在目标版本中有对应的元素（相同的 id，或者以对应关系给出）；现没有对应的元素",
        "“c”应仍由“c”处理：它的作业已经派出；现已改为“other”",
        "“m”应仍为多实例；现对应的“m”为只办理一次",
    ]


def test_a_mapping_names_what_is_there():
    case = Case(version(user("a"), "s>a>e"))
    assert findings(case, version(user("a"), "s>a>e"), q="a", a="w")[:2] == [
        "“q”应是原版本中的元素或顺序流，才能用于对应关系 q=a；现没有",
        "“w”应是目标版本中的元素或顺序流，才能用于对应关系 a=w；现没有",
    ]


def test_a_task_that_is_in_another_scope_now_is_refused():
    case = Case(version(user("a"), "s>a>e"))
    inner = subprocess("sub", '<startEvent id="s2"/><endEvent id="e2"/>' + user("a") + flows("s2>a>e2"))
    assert findings(case, version(inner, "s>sub>e")) == ["“a”应仍在流程之内；现对应的“a”在子流程“sub”之内"]


def test_an_embedded_subprocess_does_not_become_a_call():
    inner = subprocess("sub", '<startEvent id="s2"/><endEvent id="e2"/>' + user("a") + flows("s2>a>e2"))
    case = Case(version(inner, "s>sub>e"))
    assert "“sub”应仍为子流程；现对应的“sub”（sub）为调用活动" in findings(
        case, version(call("sub") + user("a"), "s>sub>e")
    )


def test_what_is_inside_a_subprocess_goes_on_there():
    def inner(sub: str, *names: str) -> str:
        chain = ">".join(["s2", *names, "e2"])
        return subprocess(sub, '<startEvent id="s2"/><endEvent id="e2"/>' + user(*names) + flows(chain))

    case = Case(version(inner("sub", "a") + user("b"), "s>sub>b>e"))
    move(case, version(inner("part", "a", "n") + user("b"), "s>part>b>e"), sub="part")
    assert case.complete("a").tasks == ["n"]
    assert case.complete("n").complete("b").ended


# -- events ----------------------------------------------------------------------------------------------------------


def test_boundary_events_follow_the_diagram_and_those_that_stay_keep_their_time():
    kept, gone = boundary("kept", "a", timer("Duration", "PT5H")), boundary("gone", "a", MESSAGE)
    case = Case(version(user("a", "k") + kept + gone, "s>a>e; kept>k>e; gone>e"))
    due = case.open["timer"][case.token("timer", "kept")].due
    case.now += datetime.timedelta(hours=1)
    late, added = boundary("kept", "a", timer("Duration", "PT9H")), boundary("added", "a", SIGNAL, cancel=False)
    found = move(case, version(user("a", "k", "n") + late + added, "s>a>e; kept>k>e; added>n>e"))
    assert case.waiting("subscription") == ["added"]
    assert case.open["timer"][case.token("timer", "kept")].due == due
    assert told(found) == [
        "“gone”不再等待：目标版本在此没有它，或者它等待的是另一类事件",
        "“added”开始等待",
        f"“kept”到期时间不变，仍为 {due:%Y-%m-%d %H:%M}（新版本写为 PT9H）",
    ]
    case.signal("added")
    assert case.tasks == ["a", "n"]
    case.fire("kept")
    assert case.tasks == ["k", "n"]


def test_times_may_be_counted_anew_from_when_the_wait_began():
    case = Case(version(user("a") + boundary("t", "a", timer("Duration", "PT5H")), "s>a>e; t>e"))
    case.now += datetime.timedelta(hours=1)
    found = move(case, version(user("a") + boundary("t", "a", timer("Duration", "PT9H")), "s>a>e; t>e"), reckon=True)
    assert case.open["timer"][case.token("timer", "t")].due == NOW + datetime.timedelta(hours=9)
    assert told(found) == ["“t”到期时间改为 2026-03-02 18:00"]


def test_a_timer_that_has_fired_is_not_set_again():
    side = boundary("t", "a", timer("Duration", "PT5H"), cancel=False)
    case = Case(version(user("a", "k") + side, "s>a>e; t>k>e")).fire("t")
    move(case, version(user("a", "k") + side, "s>a>e; t>k>e"))
    assert case.waiting("timer") == []


def test_an_event_of_another_kind_takes_the_place_of_the_old_one():
    case = Case(version(user("a") + boundary("x", "a", timer("Duration", "PT5H")), "s>a>e; x>e"))
    move(case, version(user("a") + boundary("x", "a", MESSAGE), "s>a>e; x>e"))
    assert (case.waiting("timer"), case.waiting("subscription")) == ([], ["x"])
    assert case.message("x").ended


def test_a_boundary_event_is_armed_beside_what_had_none():
    case = Case(version(user("a"), "s>a>e"))
    move(case, version(user("a", "k") + boundary("x", "a", MESSAGE), "s>a>e; x>k>e"))
    assert case.message("x").tasks == ["k"]


def test_event_subprocesses_begin_and_cease_to_listen():
    one, two = event_subprocess("one", MESSAGE, interrupting=False), event_subprocess("two", SIGNAL)
    case = Case(version(user("a") + one, "s>a>e"))
    move(case, version(user("a") + two, "s>a>e"))
    assert case.waiting("subscription") == ["two_s"]
    case.signal("two_s")
    assert case.tasks == ["two_t"]
    assert case.complete("two_t").ended


def test_while_an_interrupting_event_subprocess_goes_on_nothing_else_listens():
    case = Case(version(user("a") + event_subprocess("one", MESSAGE), "s>a>e")).message("one_s")
    new = version(user("a") + event_subprocess("one", MESSAGE) + event_subprocess("two", SIGNAL), "s>a>e")
    move(case, new)
    assert case.waiting("subscription") == []
    assert case.complete("one_t").ended


def test_the_arms_of_an_event_gateway_follow_the_diagram():
    def arms(**definitions: str) -> str:
        caught = "".join(
            f'<intermediateCatchEvent id="{i}">{d}</intermediateCatchEvent>' for i, d in definitions.items()
        )
        return '<eventBasedGateway id="g"/>' + caught

    case = Case(version(arms(m=MESSAGE, t=timer("Duration", "PT1H")), "s>g>m>e; g>t>e"))
    due = case.open["timer"][case.token("timer", "t")].due
    move(case, version(arms(n=SIGNAL, t=timer("Duration", "PT1H")) + user("k"), "s>g>n>k>e; g>t>e"))
    assert case.waiting("subscription") == ["n"]
    assert case.open["timer"][case.token("timer", "t")].due == due
    assert case.signal("n").tasks == ["k"]
    assert case.waiting("timer") == []


def test_a_message_of_another_name_is_waited_for():
    case = Case(version('<receiveTask id="r" messageRef="M"/>', "s>r>e"))
    found = attempt(
        case, diagram(start() + end() + '<receiveTask id="r" messageRef="N"/>', "s>r>e", '<message id="N" name="new"/>')
    )
    assert found.step is not None
    assert [each.name for each in found.step.subscriptions] == ["new"]


def test_a_condition_that_holds_now_fires():
    def waiting(text: str) -> bytes:
        return version(
            f'<intermediateCatchEvent id="c">{condition(text)}</intermediateCatchEvent>' + user("k"), "s>c>k>e"
        )

    case = Case(waiting("x > 5"), {"x": 3})
    move(case, waiting("x > 2"))
    assert case.tasks == ["k"]


# -- joins -----------------------------------------------------------------------------------------------------------

FORK = '<parallelGateway id="f"/><parallelGateway id="j"/>'


def test_a_branch_that_has_come_to_a_join_stays_so_where_a_task_was_put_before_it():
    case = Case(version(FORK + user("a", "b"), "s>f>a>j>e; f>b>j")).complete("a")
    found = move(case, version(FORK + user("a", "n", "b"), "s>f>a>n>j>e; f>b>j"))
    assert told(found)[0] == "“j”已到达的分支计为来自“n”的分支，其间新加的环节不再补办"
    assert case.complete("b").ended


def test_a_branch_whose_way_into_a_join_cannot_be_told_is_named_by_the_mapping():
    case = Case(version(FORK + user("a", "b"), "s>f>a>j>e; f>b>j")).complete("a")
    new = version(FORK + user("x", "y", "b"), "s>f>x>j>e; f>y>j; f>b>j")
    assert findings(case, new) == [
        "“j”应仍有顺序流接收已经到达的、来自“a”的分支（可用对应关系 a_j=新顺序流 说明）；现没有可以对应的顺序流，或者不止一条",
        "“j”应等待的每条分支都已到达或者正在办理；现来自“x、y”的分支没有开始过，不会到达，汇聚将一直等待",
    ]
    two = version(FORK + user("x", "b"), "s>f>x>j>e; f>b>j")
    move(case, two, a_j="x_j")
    assert case.complete("b").ended


def test_a_join_that_would_wait_for_a_branch_never_begun_is_refused():
    case = Case(version(FORK + user("a", "b"), "s>f>a>j>e; f>b>j"))
    assert findings(case, version(FORK + user("a", "b", "c"), "s>f>a>j>e; f>b>j; f>c>j")) == [
        "“j”应等待的每条分支都已到达或者正在办理；现来自“c”的分支没有开始过，不会到达，汇聚将一直等待"
    ]
    early = Case(version(user("t") + FORK + user("a", "b"), "s>t>f>a>j>e; f>b>j"))
    move(early, version(user("t") + FORK + user("a", "b", "c"), "s>t>f>a>j>e; f>b>j; f>c>j"))
    assert early.complete("t").tasks == ["a", "b", "c"]


def test_a_join_goes_on_when_nobody_else_is_to_come():
    case = Case(version(FORK + user("a", "b", "k"), "s>f>a>j>k>e; f>b>j")).complete("a").complete("b")
    assert case.tasks == ["k"]
    half = Case(version(FORK + user("a", "b", "k"), "s>f>a>j>k>e; f>b>j")).complete("a")
    move(half, version(FORK + user("a", "b", "k"), "s>f>a>j>k>e; f>b>e"))
    assert half.tasks == ["b", "k"]
    half.complete("b")
    assert half.complete("k").ended


def test_an_inclusive_join_looks_at_the_new_diagram():
    gates = '<inclusiveGateway id="f"/><inclusiveGateway id="j"/>'
    case = Case(version(gates + user("a", "b", "k"), "s>f>[True]a>j>k>e; f>[True]b>j")).complete("a")
    assert case.tasks == ["b"]
    move(case, version(gates + user("a", "b", "n", "k"), "s>f>[True]a>j>k>e; f>[True]b>n>j"))
    assert case.complete("b").tasks == ["n"]
    assert case.complete("n").tasks == ["k"]


# -- loops, calls, incidents -------------------------------------------------------------------------------------------


def test_a_running_multi_instance_goes_on_with_its_new_condition():
    case = Case(version(task("m", "", each()), "s>m>e"), {"people": [1, 2, 3]}).complete("m")
    enough = each("<completionCondition>nrOfCompletedInstances >= 2</completionCondition>")
    move(case, version(task("m", "", enough) + user("k"), "s>m>k>e"))
    assert case.complete("m").tasks == ["k"]


def test_what_a_running_multi_instance_goes_over_is_not_changed():
    case = Case(version(task("m", "", each()), "s>m>e"), {"people": [1, 2]})
    assert findings(case, version(task("m", "", each(sequential=True)), "s>m>e")) == [
        "“m”应仍为同时办理；现已改为依次办理，而各次办理已经开始"
    ]
    number = "<multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics>"
    assert findings(case, version(task("m", "", number), "s>m>e")) == [
        "“m”应仍以“person”逐项办理；现已改为“次数”，而各次办理已经开始"
    ]


def test_a_multi_instance_may_begin_to_collect():
    collects = properties(outputCollection="found", outputElement="${got}")
    case = Case(version(task("m", "", each()), "s>m>e"), {"people": [1, 2]}).complete("m", got=1)
    move(case, version(task("m", "", collects + each()) + user("k"), "s>m>k>e"))
    assert case.complete("m", got=2).tasks == ["k"]
    assert case.variables["found"] == [2]


def test_a_call_waits_for_its_child_whatever_it_would_call_now():
    case = Case(version(call("c"), "s>c>e"))
    move(case, version(call("c").replace("child", "other") + user("k"), "s>c>k>e"))
    assert case.waiting("call") == ["c"]
    assert case.child("c").tasks == ["k"]


def test_a_job_that_has_failed_is_done_by_the_new_topic():
    case = Case(version(job("a"), "s>a>e"))
    token = case.token("job", "a")
    del case.open["job"][token]
    case._do(execution.fail, token, "连接失败")
    move(case, version(task("a", 'camunda:type="external" camunda:topic="better"', tag="serviceTask"), "s>a>e"))
    case.retry("a")
    assert [row.topic for row in case.open["job"].values()] == ["better"]


def test_a_gateway_that_knew_no_way_finds_it_in_the_new_version():
    case = Case(
        version('<exclusiveGateway id="g"/>' + user("a", "b"), "s>g>[x]a>e; g>[y]b>e"), {"x": False, "y": False}
    )
    assert case.waiting("incident") == ["g"]
    move(case, version('<exclusiveGateway id="g"/>' + user("a", "b"), "s>g>[x]a>e; g>[not x]b>e"))
    assert case.retry("g").tasks == ["b"]


def test_what_would_be_an_incident_is_refused():
    case = Case(version(user("a"), "s>a>e"))
    wrong = boundary("x", "a", timer("Duration", "${missing}"))
    assert findings(case, version(user("a") + wrong, "s>a>e; x>e"))[0].startswith(
        "“x”应在目标版本中能够继续；现会发生异常："
    )
    unknown = task("a", 'camunda:assignee="${nobody}"')
    assert findings(case, version(unknown, "s>a>e"))[0].startswith("“a”应在目标版本中能够继续等待；现求值失败：")


# -- people ------------------------------------------------------------------------------------------------------------


def test_a_task_is_offered_as_each_version_says():
    case = Case(version(task("a", 'camunda:candidateGroups="old" camunda:formKey="p/one"'), "s>a>e"), {"who": "li"})
    into = io({"title": "${who}"})
    new = task("a", 'camunda:candidateGroups="new" camunda:formKey="p/two"', into).replace(
        'name="a"', 'name="${title}的事"'
    )
    offer = move(case, version(new, "s>a>e")).offers[0]
    assert offer.was is not None
    assert (offer.was.candidate_groups, offer.was.form_key) == (("old",), "p/one")
    assert (offer.now.name, offer.now.candidate_groups, offer.now.form_key) == ("li的事", ("new",), "p/two")


def test_the_completion_before_can_be_withdrawn_no_more():
    case = Case(version(user("a", "b"), "s>a>b>e"))
    token = case.token("user_task", "a")
    case.complete("a")
    assert withdrawal.why_not(case.state, token) == ""
    found = move(case, version(user("a", "b", "c"), "s>a>b>c>e"))
    assert told(found) == ["上一环节的办结不能再撤回"]
    assert withdrawal.why_not(case.state, token) == migration.MIGRATED


def test_a_case_goes_back_to_what_stands_for_the_task_that_was_done():
    case = Case(version(user("a", "x", "b"), "s>a>x>b>e")).complete("a").complete("x")
    move(case, version(user("z", "b"), "s>z>b>e"), a="z")
    token = case.token("user_task", "b")
    assert [each.element_id for each in returning.targets(case.process, case.state, token)] == ["z"]
    case._do(returning.return_to, token, "z")
    assert case.tasks == ["z"]


def test_what_reached_beyond_the_case_still_does():
    case = Case(version(user("a", "b") + job("x"), "s>a>x>b>e")).complete("a").job("x")
    move(case, version(user("a", "b"), "s>a>b>e"))
    (target,) = returning.targets(case.process, case.state, case.token("user_task", "b"))
    assert "“x”已经完成并对外生效" in target.why


def test_a_migration_to_the_same_diagram_changes_nothing_but_what_may_be_withdrawn():
    body = FORK + user("a", "b") + boundary("t", "b", timer("Duration", "PT5H"))
    data = version(body, "s>f>a>j>e; f>b>j; t>e")
    case = Case(data).complete("a")
    before = json.loads(case.state.tokens)
    found = attempt(case, data)
    assert found.step is not None
    assert json.loads(found.step.state.tokens) == before
    assert (found.step.closed, found.step.visits, found.step.status) == ((), (), instances.InstanceStatus.ACTIVE)

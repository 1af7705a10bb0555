"""The page of a case: what happened, where it stands, what was written, as far as somebody may see it."""

from __future__ import annotations

import json

import packbuilder as p
import pytest
import snippets as s

from engine import errors
from engine.actions import case_view
from engine.model import commands, views_cases, views_diagrams
from engine.store import counting

MONITOR = commands.Actor("duban", monitor=True)
FILE = {"token": "T" * 32, "name": "指南.pdf", "size": 12, "sha256": "0" * 64}
FORMS = {
    "apply": p.schema(subject=p.text(title="信息名称"), secret=p.text(title="内部备注")),
    "judge": {
        "type": "object",
        "properties": {
            "subject": p.text(title="信息名称"),
            "secret": p.text(title="内部备注"),
            "verdict": {
                "type": "string",
                "title": "结论",
                "oneOf": [{"const": "ok", "title": "同意"}, {"const": "no", "title": "退回修改"}],
            },
            "opinion": p.text(title="意见"),
        },
        "required": ["verdict"],
        "additionalProperties": False,
    },
}


def diagram() -> bytes:
    """A clerk applies, another clerk judges; a bad one is judged again. The chief does not see the remark."""
    rights = "subject:read,secret:edit"
    judge = s.user(
        "judge",
        name="审核申请",
        props=s.properties(clause="P000-06 §9", fieldRights=rights),
        camunda_formKey="demo/judge",
        camunda_dueDate="${workdays(2)}",
    )
    approve = s.user(
        "approve",
        name="批准申请",
        props=s.properties(clause=s.CLAUSE, fieldRights="subject:read,secret:hide"),
        camunda_formKey="demo/judge",
        camunda_candidateGroups="chief",
    )
    return p.diagram(
        s.extensions(s.properties(caseTitle="${subject}")),
        s.start(camunda_formKey="demo/apply"),
        judge,
        s.gateway("exclusive", "fine", name="合格？", default="fine_approve"),
        approve,
        s.end(),
        s.path("start", "judge", "fine"),
        s.flow("fine", "judge", "verdict == 'no'", name="不合格"),
        s.flow("fine", "approve", name="合格"),
        s.path("approve", "end"),
    )


@pytest.fixture
def driver(drive):
    driver = drive(main=diagram(), forms=FORMS)
    driver.start("main", as_="zhangsan", form={"subject": "收费标准", "secret": "先不公开"})
    driver.advance(hours=2)
    driver.complete("judge", as_="lisi", form={"verdict": "no", "opinion": "请补正"})
    driver.advance(days=1)
    driver.comment("请抓紧办理", as_="zhangsan")
    driver.complete("judge", as_="zhangsan", form={"verdict": "ok", "opinion": "已补正", "secret": "改了"})
    return driver


def view(driver, who):
    return case_view.view(driver.engine, driver.case().id, driver.user(who))


def test_the_timeline_says_who_did_what_in_order(driver):
    shown = view(driver, "wangwu")
    told = [(event.sentence, event.detail) for event in shown.timeline]
    assert told == [
        ("张三发起事项", ""),
        ("“审核申请”送综合处", ""),
        ("李四办结“审核申请”", ""),
        ("“审核申请”送综合处", ""),
        ("张三发表意见", "请抓紧办理"),
        ("张三办结“审核申请”", ""),
        ("“批准申请”送领导小组", ""),
    ]
    assert [event.by for event in shown.timeline if event.by] == ["zhangsan", "lisi", "zhangsan", "zhangsan"]
    assert [event.at for event in shown.timeline] == sorted(event.at for event in shown.timeline)


def test_what_happens_within_one_moment_is_told_in_order(drive):
    driver = drive(main=diagram(), forms=FORMS)
    driver.start("main", as_="zhangsan", form={"subject": "收费标准", "secret": "先不公开"})
    driver.complete("judge", as_="lisi", form={"verdict": "no", "opinion": "请补正"})
    driver.comment("请抓紧办理", as_="zhangsan")
    driver.complete("judge", as_="zhangsan", form={"verdict": "ok", "opinion": "已补正", "secret": "改了"})
    driver.complete("approve", as_="wangwu", form={"verdict": "ok", "opinion": "同意"})

    assert len({event.at for event in view(driver, "zhangsan").timeline}) == 1
    assert [event.sentence for event in view(driver, "zhangsan").timeline] == [
        "张三发起事项",
        "“审核申请”送综合处",
        "李四办结“审核申请”",
        "“审核申请”送综合处",
        "张三发表意见",
        "张三办结“审核申请”",
        "“批准申请”送领导小组",
        "王五办结“批准申请”",
        "到达“已办结”",
    ]


def test_the_table_says_the_same_as_the_diagram(driver):
    shown = view(driver, "wangwu")
    rows = {step.element_id: step for step in shown.steps}
    assert [step.element_id for step in shown.steps] == ["start", "judge", "fine", "approve", "end"]
    judge = rows["judge"]
    assert (judge.mark, judge.visits, judge.by, judge.text) == (
        views_diagrams.Mark.DONE,
        2,
        ("lisi", "zhangsan"),
        "已完成",
    )
    assert (judge.seconds, judge.duration) == (26 * 3600, "1 天 2 小时")
    assert (rows["approve"].mark, rows["approve"].here, rows["approve"].text) == (views_diagrams.Mark.HERE, 1, "办理中")
    assert rows["end"].mark is views_diagrams.Mark.AHEAD
    assert rows["fine"].ways == ("不合格", "合格")
    assert shown.diagram.tokens == {"approve": 1}
    assert shown.diagram.visited == ("start", "judge", "fine", "approve")
    assert shown.diagram.flows == ("start_judge", "judge_fine", "fine_judge", "fine_approve")
    assert shown.diagram.incidents == ()


def test_earlier_opinions_stay_readable_after_later_rounds(driver):
    shown = view(driver, "zhangsan")
    said = [
        (each.kind, each.name, each.by, each.round, [(value.label, value.text) for value in each.values])
        for each in shown.opinions
    ]
    assert said == [
        ("start", "收到材料", "zhangsan", 1, [("信息名称", "收费标准"), ("内部备注", "先不公开")]),
        ("task", "审核申请", "lisi", 1, [("结论", "退回修改"), ("意见", "请补正")]),
        ("task", "审核申请", "zhangsan", 2, [("内部备注", "改了"), ("结论", "同意"), ("意见", "已补正")]),
    ]


def labels(view: views_cases.CaseView) -> dict[str, str]:
    return {value.label: value.text for group in view.values for value in group.values}


def test_values_have_labels_and_what_is_hidden_from_somebody_is_not_shown(driver):
    driver.set_variables({"internal": {"a": 1}})
    everything = {"信息名称": "收费标准", "内部备注": "改了", "结论": "同意", "意见": "已补正"}
    assert labels(view(driver, "zhangsan")) == everything
    assert labels(view(driver, "lisi")) == everything
    assert labels(view(driver, MONITOR)) == everything
    assert labels(view(driver, "admin")) == everything | {"internal": '{"a": 1}'}
    # The chief's form hides the remark: neither the value nor what others wrote there is theirs to read.
    chief = view(driver, "wangwu")
    assert labels(chief) == {name: text for name, text in everything.items() if name != "内部备注"}
    assert "内部备注" not in json.dumps([value.label for each in chief.opinions for value in each.values])
    assert [group.title for group in view(driver, "lisi").values] == ["apply", "judge"]


def test_a_stranger_finds_no_case_and_a_monitor_every_case(driver):
    for who in ("zhaoliu", commands.Actor("fremd", frozenset({"other"}))):
        with pytest.raises(errors.NotFound) as unseen:
            view(driver, who)
        with pytest.raises(errors.NotFound):
            case_view.diagram(driver.engine, 1, driver.user(who))
    with pytest.raises(errors.NotFound) as absent:
        case_view.view(driver.engine, 99, driver.user("admin"))
    assert unseen.value.message.replace("1", "99") == absent.value.message
    assert not view(driver, MONITOR).may_comment
    assert view(driver, "lisi").may_comment
    assert view(driver, commands.Actor("stand-in", acting_for=(driver.user("lisi"),))).header.title == "收费标准"


def test_the_header_and_open_tasks_say_where_it_stands(driver):
    shown = view(driver, "wangwu")
    header = shown.header
    assert (header.title, header.status_text, header.procedure, header.pack_title) == (
        "收费标准",
        "办理中",
        "公开申请审核",
        "演示",
    )
    assert header.duration == "1 天 2 小时"
    (task,) = shown.tasks
    assert (task.name, task.own, task.claimable, shown.next_task_id) == ("批准申请", True, True, task.id)
    assert view(driver, "zhangsan").next_task_id is None
    driver.complete("approve", as_="wangwu", form={"verdict": "ok"})
    ended = view(driver, "wangwu")
    assert (ended.header.status_text, ended.tasks, ended.next_task_id) == ("已办结", (), None)
    assert ended.timeline[-1].sentence == "到达“已办结”"


def test_the_diagram_comes_with_what_to_draw_on_it(driver):
    shown = case_view.diagram(driver.engine, driver.case().id, driver.user("lisi"))
    assert shown.xml.startswith(b"<")
    assert 'data-element="judge"' in shown.svg
    assert shown.state == view(driver, "lisi").diagram


def test_a_case_takes_as_many_statements_after_many_rounds(driver):
    view(driver, "lisi")
    with counting.counted(driver.engine.store) as few:
        view(driver, "lisi")
    driver.start("main", as_="zhangsan", form={"subject": "x", "secret": "y"})
    for _ in range(15):
        driver.complete("judge", as_="lisi", form={"verdict": "no"})
        driver.comment("再改", as_="lisi")
    with counting.counted(driver.engine.store) as many:
        shown = view(driver, "lisi")
    assert many.statements == few.statements <= 20
    assert len(shown.opinions) == 16
    assert shown.opinions[-1].round == 15


def test_files_are_found_with_who_brought_them(drive):
    upload = {"type": "object", "format": "file", "title": "附件"}
    schema = {"type": "object", "properties": {"scan": upload}, "additionalProperties": False}
    driver = drive(main=p.line(s.user("check"), ids=("check",)), forms={"apply": schema})
    case = driver.start("main", as_="zhangsan")
    driver.set_variables({"scan": [FILE]})
    shown = view(driver, "admin")
    assert [(file.token, file.name, file.label) for file in shown.files] == [("T" * 32, "指南.pdf", "scan")]
    assert view(driver, "lisi").files == ()
    assert case.id == shown.header.id


def test_callers_and_called_cases_refer_to_each_other(drive):
    child = p.line(s.user("inner", name="内部办理"), ids=("inner",), id="child", name="下级流程")
    call = s.task("callActivity", "call", name="办理下级事项", calledElement="child")
    driver = drive(main=p.line(call, ids=("call",)), child=child)
    parent = driver.start("main", as_="zhangsan")
    (below,) = driver.children()
    shown = view(driver, "zhangsan")
    assert [(link.id, link.procedure) for link in shown.children] == [(below.id, "下级流程")]
    assert [event.sentence for event in shown.timeline] == ["张三发起事项", "“办理下级事项”启动下级事项"]
    inside = case_view.view(driver.engine, below.id, driver.user("zhangsan"))
    assert inside.parent is not None
    assert (inside.parent.id, inside.children) == (parent.id, ())

    driver.complete("inner", as_="lisi", case=below)
    assert "下级事项已办结" in [event.sentence for event in view(driver, "zhangsan").timeline]


def test_incidents_are_for_those_who_watch(drive):
    script = s.task("scriptTask", "sum", "<script>total = missing + 1</script>", scriptFormat="python", name="汇总")
    driver = drive(main=p.line(script, s.user("b"), ids=("sum", "b")))
    driver.start("main", as_="zhangsan")
    shown = view(driver, "admin")
    assert [incident.element_id for incident in shown.incidents] == ["sum"]
    assert shown.diagram.incidents == ("sum",)
    assert next(step for step in shown.steps if step.element_id == "sum").mark is views_diagrams.Mark.TROUBLE
    assert view(driver, "zhangsan").incidents == ()


def test_parallel_ways_are_all_taken_and_join_once(drive):
    tasks = (s.user("a", name="甲"), s.user("b", name="乙"))
    body = (s.start(), s.gateway("parallel", "fork"), *tasks, s.gateway("parallel", "join"), s.end())
    paths = (s.path("start", "fork", "a", "join", "end"), s.path("fork", "b", "join"))
    driver = drive(main=p.diagram(*body, *paths))
    driver.start("main", as_="zhangsan")
    driver.complete("a", as_="lisi")
    driver.advance(hours=1)
    shown = view(driver, "zhangsan")
    assert shown.diagram.tokens == {"b": 1}
    assert set(shown.diagram.flows) == {"start_fork", "fork_a", "fork_b", "a_join"}
    driver.complete("b", as_="lisi")
    assert set(view(driver, "zhangsan").diagram.flows) == {
        *("start_fork", "fork_a", "fork_b"),
        *("a_join", "b_join", "join_end"),
    }


def test_of_several_ways_out_of_a_question_only_those_taken_are_drawn(drive):
    # Both ways end in the same task, reached in the same moment: one directly, one by way of a script.
    script = s.task("scriptTask", "note", "<script>noted = 1</script>", scriptFormat="python", name="登记")
    body = (
        s.start(),
        s.gateway("exclusive", "ask", name="登记？", default="ask_b"),
        script,
        s.user("b", name="乙"),
        s.end(),
        s.path("start", "ask"),
        s.flow("ask", "note", "1 == 1", name="是"),
        s.flow("ask", "b", name="否"),
        s.path("note", "b", "end"),
    )
    driver = drive(main=p.diagram(*body))
    driver.start("main", as_="zhangsan")
    assert view(driver, "zhangsan").diagram.flows == ("start_ask", "ask_note", "note_b")

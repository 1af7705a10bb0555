"""Working together on a case from the command line."""

from __future__ import annotations

import packbuilder as p
import pytest
import snippets as s
from office import Office

MAIN = p.diagram(
    s.start(),
    s.user("draft", name="起草"),
    s.user("review", name="审核"),
    s.user("approve", name="批准", camunda_candidateGroups="chief"),
    s.end(),
    s.path("start", "draft", "review", "approve", "end"),
    tag="1",
)


@pytest.fixture
def case(bare: Office) -> Office:
    """A case that waits for the third of three tasks."""
    bare.write(main=MAIN)
    bare("deploy", "demo")
    bare("instance", "start", "main", as_="zhangsan")
    bare("task", "complete", 1, as_="zhangsan")
    bare("task", "complete", 2, as_="lisi")
    return bare


def test_a_case_is_sent_back_to_a_task_that_the_command_lists(case: Office) -> None:
    case("task", "claim", 3, as_="wangwu")
    listed = case("task", "return", 3, as_="wangwu")
    assert [row[:3] for row in listed.rows] == [["review", "审核", "李四"], ["draft", "起草", "张三"]]
    assert "可以退回" in listed.out
    assert [each["element_id"] for each in case("task", "return", 3, "--json", as_="wangwu").json] == [
        "review",
        "draft",
    ]
    done = case("task", "return", 3, "--to", "draft", "--reason", "依据不足", as_="wangwu")
    assert done.out == "已退回“起草”（任务 4，张三）。\n"
    assert "还没有办结" not in case("task", "return", 4, as_="zhangsan").out
    assert case("task", "return", 4, as_="zhangsan").out == "没有可以退回的环节。\n"


def test_a_completion_is_taken_back(case: Office) -> None:
    assert case("task", "withdraw", 2, as_="lisi").out == "已撤回任务 2“审核”，可以重新办理。\n"
    assert "不能撤回" in case("task", "withdraw", 1, as_="zhangsan", code=5).err


def test_others_are_asked_and_answer(case: Office) -> None:
    case("task", "claim", 3, as_="wangwu")
    asked = case(
        "task", "countersign", 3, "--person", "lisi", "--person", "zhangsan", "--question", "可否", as_="wangwu"
    )
    assert asked.out == "已请他人加签：1（李四）、2（张三）。\n"
    assert "加签意见，收齐后才能办结" in case("task", "complete", 3, as_="wangwu", code=5).err
    given = case("task", "opinion", 1, "--agree", "--opinion", "同意", as_="lisi")
    assert given.out == "已对任务 3 提出加签意见：同意。\n"
    assert case("task", "uncountersign", 2, as_="wangwu").out == "已撤销请张三加签。\n"
    case("task", "countersign", 3, "--kind", "after", "--person", "zhangsan", as_="wangwu")
    held = case("task", "complete", 3, as_="wangwu")
    assert held.out == "已办理任务 3，等待会签同意后生效。\n"
    assert "请写明意见和理由" in case("task", "opinion", 3, "--disagree", as_="zhangsan", code=6).err
    case("task", "opinion", 3, "--agree", as_="zhangsan")
    assert "已办结" in case("instance", "show", 1).out


def test_copies_are_sent_and_tasks_are_urged(case: Office) -> None:
    sent = case("task", "copy", 3, "--person", "zhaoliu", "--role", "chief", "--text", "请知悉", as_="lisi")
    assert sent.out == "已抄送赵六、领导小组。\n"
    assert case("task", "urge", 3, as_="zhangsan").out == "已催办任务 3。\n"
    assert "一小时内只能催办一次" in case("task", "urge", 3, code=5).err

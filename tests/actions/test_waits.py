"""What a case waits for that no person does: said on its page, in lists and in the table of its steps."""

from __future__ import annotations

import packbuilder as p
import pytest
import snippets as s

from engine.actions import case_view, worklists
from engine.model import commands, views_diagrams
from engine.store import counting

MONITOR = commands.Actor("duban", monitor=True)


def catch(id: str, inner: str, name: str) -> str:
    return s.element("intermediateCatchEvent", id, inner, name=name)


def timer(id: str, name: str, duration: str) -> str:
    inner = f"<timerEventDefinition><timeDuration>{duration}</timeDuration></timerEventDefinition>"
    return catch(id, inner, name)


PUBLISHED = timer("published", "公开时间已到", "P9M1D")
REPLY = catch("reply", '<messageEventDefinition messageRef="M"/>', "市政府批复")


def header(driver, who="zhangsan"):
    return case_view.view(driver.engine, driver.case().id, driver.user(who))


def listed(driver, scope=worklists.Scope.ALL):
    return worklists.cases(driver.engine, MONITOR, scope).items


def test_a_case_says_for_which_time_it_waits(drive):
    driver = drive(main=p.line(s.user("check"), PUBLISHED, ids=("check", "published")))
    driver.start("main", as_="zhangsan")
    assert header(driver).header.waits == listed(driver)[0].waits == ()

    driver.complete("check", as_="lisi")
    shown = header(driver)
    assert [wait.text for wait in shown.header.waits] == ["公开时间已到（2026年12月10日）"]
    assert listed(driver)[0].waits == shown.header.waits
    (step,) = (step for step in shown.steps if step.element_id == "published")
    assert (step.mark, step.text, step.until) == (views_diagrams.Mark.HERE, "等待", driver.timers()[0].due)
    assert {step.text for step in shown.steps} == {"已完成", "等待", "未到"}

    driver.advance(days=300)
    assert header(driver).header.waits == listed(driver)[0].waits == ()


def test_what_comes_today_is_told_with_its_hour(drive):
    driver = drive(main=p.line(timer("soon", "稍候", "PT2H"), ids=("soon",)))
    driver.start("main", as_="zhangsan")
    (wait,) = header(driver).header.waits
    due = driver.timers()[0].due
    assert wait.text == f"稍候（2026年3月9日 {due.astimezone(driver.now.tzinfo):%H:%M}）"


def test_of_a_time_and_a_message_both_are_told_the_time_first(drive):
    gateway = s.gateway("eventBased", "either", name="先到者")
    body = (s.start(), gateway, PUBLISHED, REPLY, s.user("check"), s.end())
    paths = (s.path("start", "either", "published", "check", "end"), s.path("either", "reply", "check"))
    driver = drive(main=p.diagram(*body, *paths))
    driver.start("main", as_="zhangsan")
    assert [wait.text for wait in header(driver).header.waits] == ["公开时间已到（2026年12月10日）", "市政府批复"]
    assert len(listed(driver)[0].waits) == 2


def test_a_deadline_beside_a_task_is_nothing_that_the_case_waits_for(drive):
    late = s.element(
        "boundaryEvent",
        "late",
        "<timerEventDefinition><timeDuration>P3D</timeDuration></timerEventDefinition>",
        name="逾期",
        attachedToRef="check",
        cancelActivity="false",
    )
    body = (s.start(), s.user("check"), late, s.end(), s.end("over"))
    driver = drive(main=p.diagram(*body, s.path("start", "check", "end"), s.path("late", "over")))
    driver.start("main", as_="zhangsan")
    assert driver.timers()
    shown = header(driver)
    assert shown.header.waits == ()
    assert "等待" not in {step.text for step in shown.steps}


@pytest.mark.parametrize("number", [1, 12])
def test_a_list_of_cases_that_wait_takes_as_many_statements_as_one_of_few(drive, number):
    driver = drive(main=p.line(PUBLISHED, ids=("published",)))
    for _ in range(number):
        driver.start("main", as_="zhangsan")
    listed(driver)
    with counting.counted(driver.engine.store) as count:
        assert all(len(item.waits) == 1 for item in listed(driver))
    assert count.statements == 3

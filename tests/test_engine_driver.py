"""The driver for authors of procedures: names as in the diagram, a clock that stands still, clear complaints."""

from __future__ import annotations

import datetime

import packbuilder as p
import pytest
import snippets as s

from engine import errors, testing

MAIN = p.diagram(
    s.start(),
    s.user("a", name="起草"),
    s.element("intermediateCatchEvent", "wait", s.timer("P5D"), name="公告期满"),
    s.service("b", camunda_topic="publish"),
    s.user("c", name="归档"),
    s.end(),
    s.path("start", "a", "wait", "b", "c", "end"),
)
HANDLERS = """
@registry.handler("publish")
def publish(job):
    return {"published_at": job.now.isoformat()}
"""


@pytest.fixture
def driver(tmp_path):
    root = p.write(tmp_path / "packs", {"main": MAIN}, handlers=HANDLERS)
    with testing.EngineDriver(root, at="2026-03-09 10:00") as driver:
        yield driver


def test_a_case_is_driven_by_the_names_of_the_diagram(driver):
    case = driver.start("main", as_="张三", business_key="K1")
    assert (case.started_by, driver.case().business_key) == ("zhangsan", "K1")
    driver.complete("a", as_="李四")
    driver.advance(days=5)
    driver.complete(driver.task("归档"), as_="lisi")
    assert driver.status() == "completed"
    assert driver.path() == ["start", "a", "wait", "b", "c", "end"]
    assert driver.visits("b") == 1


def test_what_is_due_on_the_way_happens_at_its_own_time(driver):
    driver.start("main", as_="张三")
    driver.complete("起草", as_="李四")
    assert driver.advance(days=30) == testing.moment("2026-04-08 10:00") == driver.now
    assert driver.variables() == {"published_at": "2026-03-14T10:00:00+08:00"}


def test_downtime_is_caught_up_with_when_it_is_over(driver):
    driver.start("main", as_="张三")
    driver.complete("起草", as_="李四")
    driver.sleep(to="2026-03-20 08:00")
    assert driver.tasks() == []
    assert driver.run().timers == 1
    assert driver.variables() == {"published_at": "2026-03-20T08:00:00+08:00"}


def test_the_clock_never_goes_back():
    clock = testing.FixedClock("2026-03-09 09:00")
    assert clock.advance(hours=1) == testing.moment("2026-03-09 10:00")
    with pytest.raises(errors.InvalidInput, match="时钟不能倒拨"):
        clock.set(testing.MONDAY - datetime.timedelta(days=1))


def test_several_cases_are_told_apart(driver):
    first, second = driver.start("main", as_="张三"), driver.start("main", as_="张三")
    driver.complete("起草", as_="李四", case=first)
    assert driver.tasks(first.id) == []
    assert [task.name for task in driver.tasks()] == ["起草"]
    assert driver.task("起草").instance_id == second.id


def test_a_wrong_name_says_what_there_is(driver):
    with pytest.raises(AssertionError, match="no case has been started"):
        driver.tasks()
    driver.start("main", as_="张三")
    with pytest.raises(AssertionError, match=r"0 open tasks '审核'.*起草 \[a\]"):
        driver.complete("审核", as_="李四")
    with pytest.raises(AssertionError, match="no user 'nobody'.*zhangsan"):
        driver.complete("起草", as_="nobody")


def test_refused_is_not_satisfied_by_just_anything(driver):
    driver.start("main", as_="张三")
    with pytest.raises(AssertionError, match="not refused"), driver.refused("不能"):
        driver.claim("起草", as_="李四")
    with pytest.raises(AssertionError, match="for another reason: .*已由李四签收"), driver.refused("不能由同一人"):
        driver.claim("起草", as_="张三")
    with pytest.raises(errors.Conflict), driver.refused("签收", errors.Forbidden):
        driver.claim("起草", as_="张三")
    with driver.refused("已由李四签收", errors.Conflict):
        driver.claim("起草", as_="张三")


def test_users_can_be_added(driver):
    driver.start("main", as_="张三")
    driver.add_user("sunqi", "孙七", roles=["clerk"])
    driver.complete("起草", as_="孙七")
    assert driver.audit()[-1].actor == "sunqi"

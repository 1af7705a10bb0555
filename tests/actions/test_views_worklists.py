"""What people see of their work: whose it is, how far off, what came back, and what they may take."""

from __future__ import annotations

import datetime

import packbuilder as p
import pytest
import snippets as s

from engine import errors
from engine.actions import saved_filters, worklists
from engine.model import commands, views_lists
from engine.store import counting

MONITOR = commands.Actor("duban", monitor=True)


@pytest.fixture
def driver(drive):
    """A case that goes from a clerk, in three working days, to the chief; from Monday, 9 March 2026."""
    body = (
        s.start(camunda_formKey="demo/apply"),
        s.user("check", camunda_dueDate="${workdays(3)}"),
        s.user("decide", name="批准申请", camunda_candidateGroups="chief"),
        s.end(),
    )
    named = s.extensions(s.properties(caseTitle="${subject}", businessKey="{n}号"))
    other = p.line(s.user("plain", camunda_assignee="lisi"), ids=("plain",), id="other", name="另一流程")
    return drive(
        main=p.diagram(named, *body, s.path("start", "check", "decide", "end")),
        other=other,
        forms={"apply": p.schema(subject=p.text())},
    )


def begin(driver, subject="收费标准", **values):
    return driver.start("main", as_="zhangsan", form={"subject": subject}, **values)


def to_do(driver, who, **chosen):
    return worklists.to_do(driver.engine, driver.user(who), views_lists.TaskFilter(**chosen)).items


def test_a_row_has_everything_that_the_page_shows(driver):
    case = begin(driver)
    (row,) = to_do(driver, "lisi")
    assert (row.title, row.business_key, row.procedure) == ("收费标准", "1号", "公开申请审核")
    assert (row.name, row.offered_roles, row.holder, row.claimable) == ("审核申请", ("clerk",), None, True)
    assert (row.standing.text, row.standing.workdays, row.standing.tone) == ("还剩 3 个工作日", 3, "later")
    assert (row.instance_id, row.clause, row.key) == (case.id, s.CLAUSE, str(row.id))


def test_what_others_must_do_is_not_offered_to_who_did_the_task_before(drive):
    apart = s.properties(clause=s.CLAUSE, notSameActorAs="check")
    driver = drive(main=p.line(s.user("check"), s.user("decide", name="复核", props=apart), ids=("check", "decide")))
    case = driver.start("main", as_="zhangsan")
    driver.complete("check", as_="lisi", case=case)
    (row,) = to_do(driver, "lisi")
    assert (row.claimable, row.apart_from) == (True, "审核申请")
    with pytest.raises(errors.Forbidden, match="不能由同一人办理"):
        driver.claim("decide", as_="lisi", case=case)
    (row,) = to_do(driver, "zhangsan")
    assert row.apart_from is None


@pytest.mark.parametrize(
    ("now", "text", "tone"),
    [
        ("2026-03-10T09:00:00+08:00", "还剩 2 个工作日", "soon"),
        ("2026-03-12T23:59:00+08:00", "今天到期", "today"),
        ("2026-03-13T09:00:00+08:00", "已超期 1 个工作日", "overdue"),
        ("2026-03-15T09:00:00+08:00", "已超期 1 个工作日", "overdue"),
        ("2026-03-16T09:00:00+08:00", "已超期 2 个工作日", "overdue"),
    ],
)
def test_working_days_left_are_counted_by_the_calendar(driver, now, text, tone):
    begin(driver)
    driver.sleep(to=now)
    (row,) = to_do(driver, "lisi")
    assert (row.standing.text, row.standing.tone) == (text, tone)


def test_claimed_tasks_leave_the_lists_of_others_and_done_ones_come_into_the_own(driver):
    begin(driver)
    driver.claim("check", as_="lisi")
    assert to_do(driver, "zhangsan") == ()
    (mine,) = to_do(driver, "lisi", tab=views_lists.Tab.MINE)
    assert (mine.holder, mine.claimable) == ("lisi", False)
    assert to_do(driver, "lisi", tab=views_lists.Tab.CLAIMABLE) == ()

    driver.complete("check", as_="lisi")
    assert to_do(driver, "lisi") == ()
    (done,) = worklists.done(driver.engine, driver.user("lisi"))
    assert (done.name, done.completed_at, done.standing) == ("审核申请", driver.now, None)
    assert [row.name for row in to_do(driver, "wangwu")] == ["批准申请"]


def test_a_substitute_sees_whose_work_it_is(driver):
    begin(driver)
    driver.claim("check", as_="lisi")
    begin(driver, "办事指南")
    zhao = commands.Actor("zhaoliu", acting_for=(commands.Actor("lisi", frozenset({"clerk"})),))
    rows = worklists.to_do(driver.engine, zhao).items
    assert {(row.title, row.on_behalf_of, row.claimable) for row in rows} == {
        ("收费标准", "lisi", False),
        ("办事指南", "lisi", True),
    }
    # Who may do it anyhow does it for themselves.
    wang = commands.Actor("zhangsan", frozenset({"clerk"}), acting_for=zhao.acting_for)
    assert {row.on_behalf_of for row in worklists.to_do(driver.engine, wang).items} == {"lisi", None}


def test_delegated_tasks_say_who_lets_whom_prepare_them(driver):
    begin(driver)
    driver.claim("check", as_="lisi")
    driver.delegate("check", to="zhangsan", as_="lisi")
    (row,) = to_do(driver, "zhangsan")
    assert (row.holder, row.delegated_by) == ("zhangsan", "lisi")
    driver.resolve("check", as_="zhangsan")
    (row,) = to_do(driver, "lisi")
    assert (row.delegated_by, row.delegation_returned) == (None, True)


def test_filters_and_counts_say_the_same(driver):
    for subject in ("甲", "乙"):
        begin(driver, subject)
    driver.claim(driver.tasks()[0], as_="lisi")
    driver.start("other", as_="admin")
    counts = worklists.counts(driver.engine, driver.user("lisi"))
    assert [counts.all.text, counts.mine.text, counts.claimable.text] == ["3", "2", "1"]
    assert (counts.overdue.number, counts.today.number) == (0, 0)
    assert [row.title for row in to_do(driver, "lisi", procedure="other")] == ["另一流程"]
    assert [row.title for row in to_do(driver, "lisi", text="乙 审核")] == ["乙"]
    assert [row.procedure for row in to_do(driver, "lisi", due=views_lists.Due.NONE)] == ["另一流程"]
    assert len(to_do(driver, "lisi", due=views_lists.Due.WEEK)) == 2

    driver.sleep(to="2026-03-12T10:00:00+08:00")
    assert worklists.counts(driver.engine, driver.user("lisi")).today.number == 2
    assert len(to_do(driver, "lisi", due=views_lists.Due.TODAY)) == 2
    driver.sleep(to="2026-03-13T10:00:00+08:00")
    assert worklists.counts(driver.engine, driver.user("lisi")).overdue.number == 2
    assert len(to_do(driver, "lisi", due=views_lists.Due.OVERDUE)) == 2
    chosen = views_lists.TaskFilter(text="甲", tab=views_lists.Tab.MINE, due=views_lists.Due.TODAY)
    assert worklists.counts(driver.engine, driver.user("lisi"), chosen).all.number == 1


def test_my_cases_are_those_i_started_or_worked_on_and_all_are_for_monitors(driver):
    first = begin(driver)
    driver.complete("check", as_="lisi")
    second = begin(driver, "办事指南")

    def cases(who, scope=worklists.Scope.MINE, **chosen):
        found = worklists.cases(driver.engine, driver.user(who), scope, views_lists.CaseFilter(**chosen))
        return [case.id for case in found]

    assert cases("zhangsan") == [second.id, first.id]
    assert cases("lisi") == [first.id]
    assert cases("wangwu") == []
    assert cases(MONITOR, worklists.Scope.ALL) == [second.id, first.id]
    assert cases(MONITOR, worklists.Scope.ALL, starter="zhangsan", text="指南") == [second.id]
    assert cases(MONITOR, worklists.Scope.ALL, procedure="main", state=views_lists.State.COMPLETED) == []
    with pytest.raises(errors.Forbidden, match="督办"):
        cases("lisi", worklists.Scope.ALL)
    with pytest.raises(errors.Forbidden, match="督办"):
        worklists.all_tasks(driver.engine, driver.user("lisi"))
    assert [row.title for row in worklists.all_tasks(driver.engine, MONITOR)] == ["办事指南", "收费标准"]

    (row,) = worklists.cases(driver.engine, MONITOR, worklists.Scope.ALL, views_lists.CaseFilter(text="收费"))
    assert [(task.name, task.offered_roles, task.own) for task in row.tasks] == [("批准申请", ("chief",), False)]
    driver.cancel("误报", case=first)
    (row,) = worklists.cases(
        driver.engine, MONITOR, worklists.Scope.ALL, views_lists.CaseFilter(state=views_lists.State.CANCELLED)
    )
    assert (row.id, row.end_reason, row.tasks) == (first.id, "误报", ())


def test_cases_can_be_filtered_by_when_their_tasks_are_due(driver):
    case = begin(driver)
    driver.complete("check", as_="lisi")
    late = begin(driver, "late")
    driver.sleep(to="2026-03-13T10:00:00+08:00")

    def found(due):
        page = worklists.cases(driver.engine, MONITOR, worklists.Scope.ALL, views_lists.CaseFilter(due=due))
        return [row.id for row in page]

    assert found(views_lists.Due.OVERDUE) == [late.id]
    assert found(views_lists.Due.NONE) == [case.id]
    assert found(views_lists.Due.TODAY) == []


def test_a_page_of_many_rows_takes_as_many_statements_as_one_of_few(driver):
    def statements():
        with counting.counted(driver.engine.store) as count:
            worklists.to_do(driver.engine, driver.user("lisi"))
            worklists.counts(driver.engine, driver.user("lisi"))
            worklists.done(driver.engine, driver.user("zhangsan"))
            worklists.cases(driver.engine, driver.user("zhangsan"))
            worklists.cases(driver.engine, MONITOR, worklists.Scope.ALL)
        return count.statements

    begin(driver)
    driver.complete("check", as_="zhangsan")
    begin(driver)
    statements()  # the calendar of the pack is read once
    few = statements()
    for _ in range(20):
        begin(driver)
        driver.complete("check", as_="zhangsan")
        begin(driver)
    assert statements() == few <= 7


def test_the_next_own_task_is_what_one_has_then_what_one_may_take(drive):
    fork, join = s.gateway("parallel", "fork"), s.gateway("parallel", "join")
    tasks = (s.user("a", name="甲"), s.user("b", name="乙"), s.user("c", name="丙", camunda_candidateGroups="chief"))
    flows = [s.path("start", "fork", each, "join") if each == "a" else s.path("fork", each, "join") for each in "abc"]
    driver = drive(main=p.diagram(s.start(), fork, *tasks, join, s.end(), *flows, s.path("join", "end")))
    case = driver.start("main", as_="zhangsan")

    def next_of(who):
        found = worklists.next_own_task(driver.engine, case.id, driver.user(who))
        return next((task.name for task in driver.tasks() if task.id == found), None)

    assert next_of("lisi") == "甲"
    driver.claim("乙", as_="lisi")
    assert next_of("lisi") == "乙"
    assert next_of("zhangsan") == "甲"
    stands_in = commands.Actor("zhaoliu", frozenset({"clerk"}), acting_for=(commands.Actor("lisi"),))
    assert next_of(stands_in) == "甲"
    assert next_of(commands.Actor("qian")) is None
    driver.suspend()
    assert next_of("lisi") is None


@pytest.mark.parametrize(
    "query", [{"due": "soon"}, {"tab": "all;"}, {"text": "x" * 101}, {"procedure": "a\0b"}, {"role": "r" * 101}]
)
def test_filters_that_cannot_be_are_refused(query):
    with pytest.raises(errors.InvalidInput, match="筛选条件"):
        worklists.task_filter(query)


def test_a_filter_is_the_address_that_it_is_read_from():
    chosen = views_lists.TaskFilter(views_lists.Tab.MINE, "yushen", "clerk", views_lists.Due.WEEK, "收费 标准")
    assert worklists.task_filter(worklists.query_of(chosen)) == chosen
    assert worklists.query_of(views_lists.TaskFilter()) == {}
    assert worklists.task_filter({"text": "  ", "page": "3", "tab": ""}) == views_lists.TaskFilter()
    cases = views_lists.CaseFilter(state=views_lists.State.OPEN, starter="li")
    assert worklists.case_filter(worklists.query_of(cases)) == cases


def test_saved_filters_are_each_ones_own_and_limited(driver):
    engine, li, zhang = driver.engine, driver.user("lisi"), driver.user("zhangsan")
    first = saved_filters.save(engine, li, "todo", " 我的  急件 ", {"due": "week", "page": "2", "tab": "all"})
    assert (first.name, first.query) == ("我的 急件", {"due": "week"})
    again = saved_filters.save(engine, li, "todo", "我的 急件", {"due": "today"})
    assert (again.id, again.query) == (first.id, {"due": "today"})
    saved_filters.save(engine, li, "all", "未办", {"state": "open"})
    assert [each.list for each in saved_filters.of(engine, li)] == ["all", "todo"]
    assert saved_filters.of(engine, li, "todo") == (again,)
    assert saved_filters.of(engine, zhang) == ()
    with pytest.raises(errors.NotFound):
        saved_filters.remove(engine, zhang, first.id)
    saved_filters.remove(engine, li, first.id)
    assert saved_filters.of(engine, li, "todo") == ()

    for number in range(saved_filters.MOST):
        saved_filters.save(engine, li, "todo", str(number), {"text": "x"})
    with pytest.raises(errors.Conflict, match="最多"):
        saved_filters.save(engine, li, "todo", "多", {"text": "x"})


@pytest.mark.parametrize(
    ("list_", "name", "query"),
    [
        ("none", "x", {"text": "x"}),
        ("todo", "", {"text": "x"}),
        ("todo", "x" * 41, {"text": "x"}),
        ("todo", "x", {}),
        ("todo", "x", {"due": "never"}),
    ],
)
def test_filters_that_make_no_sense_are_not_saved(driver, list_, name, query):
    with pytest.raises(errors.InvalidInput):
        saved_filters.save(driver.engine, driver.user("lisi"), list_, name, query)


def test_choices_are_what_is_deployed_and_the_own_roles(driver):
    found = worklists.choices(driver.engine, driver.user("zhangsan"))
    assert found.procedures == (("main", "公开申请审核"), ("other", "另一流程"))
    assert found.roles == (("clerk", "综合处"),)


def test_due_times_beyond_the_calendar_are_counted_in_days(driver):
    from engine.actions import standing
    from engine.calendars import calendar

    now = driver.now
    far = standing.of(now + datetime.timedelta(days=20_000), now, calendar.load())
    assert (far.workdays, far.text) == (None, "还剩 20000 天")
    assert standing.of(now - datetime.timedelta(minutes=1), now, calendar.load()).text == "今天已超期"
    saturday = datetime.datetime.fromisoformat("2026-03-14T12:00:00+08:00")
    friday = datetime.datetime.fromisoformat("2026-03-13T18:00:00+08:00")
    sunday = saturday + datetime.timedelta(days=1)
    assert standing.of(saturday, friday, calendar.load()).text == "还剩不足 1 个工作日"
    assert standing.of(saturday, sunday, calendar.load()).text == "已超期，不足 1 个工作日"
    assert standing.of(None, now, calendar.load()) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "不到 1 分钟"),
        (59, "不到 1 分钟"),
        (60, "1 分钟"),
        (3_660, "1 小时 1 分钟"),
        (90_000, "1 天 1 小时"),
        (86_400, "1 天"),
    ],
)
def test_lengths_of_time_are_said_shortly(seconds, text):
    from engine.actions import standing

    assert standing.duration(seconds) == text

"""The numbers leaders look at: against what a story of some weeks is known to have been, day by day."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import statistics as arithmetic

import packbuilder as p
import pytest
import snippets as s

from engine import errors, testing
from engine.actions import directory, figures, people, statistics
from engine.model import commands
from engine.model import figures as model
from engine.store import counting

MONITOR = commands.Actor("leader", monitor=True)
#: 清明节 2026 as officially announced; the story has no other holiday in it.
HOLIDAYS = {datetime.date(2026, 4, 4), datetime.date(2026, 4, 5), datetime.date(2026, 4, 6)}
REGISTERS = """
registers:
  - id: shencha
    name: 审查台账
    fields:
      - {id: unit, name: 单位}
      - {id: verdict, name: 结论}
      - {id: pages, name: 页数, type: integer, optional: true}
      - {id: copies, name: 份数, type: integer, optional: true}
"""
FIGURES = """
figures:
  - {id: jielun, name: 审查结论, count: entries, register: shencha, by: verdict, unit: unit, dashboard: true}
  - {id: zongshu, name: 审查件数, count: entries, register: shencha, dashboard: true}
  - {id: buyu, name: 不予公开, count: entries, register: shencha, where: {verdict: 不公开}, dashboard: true}
  - {id: renwu, name: 按时办理, count: tasks, procedures: [main], dashboard: true}
  - {id: heji, name: 页数合计, count: entries, register: shencha, sum: {pages: 页, copies: 份}, dashboard: true}
  - {id: neibu, name: 内部用, count: cases}
"""
HANDLERS = """
from engine.model import records
@registry.handler("write")
def write(job):
    for given in job.inputs["entries"]:
        job.write(records.Append("shencha", **given))
"""
#: How many days each case is drafted and checked.
DAYS = ((0, 4), (1, 0), (3, 6), (6, 2), (2, 7), (0, 1), (4, 0), (2, 0))
SPRING = statistics.Filter(datetime.date(2026, 3, 1), datetime.date(2026, 4, 30))


@dataclasses.dataclass
class Played:
    """What the story did, as whoever played it wrote it down."""

    element: str
    doer: str
    came: datetime.datetime
    done: datetime.datetime
    due: datetime.datetime | None


def pack(root):
    draft = s.user("draft", name="拟稿", camunda_candidateGroups="clerk", camunda_dueDate="${workdays(2)}")
    check = s.user("check", name="审核", camunda_candidateGroups="chief")
    main = p.line(draft, check, ids=("draft", "check"))
    entries = s.service("write", camunda_topic="write")
    review = p.line(entries, ids=("write",), id="review", name="审查")
    p.write(root, {"main": main, "review": review}, handlers=HANDLERS, extra=REGISTERS)
    (root / "processes" / "demo" / "figures.yaml").write_text(FIGURES, encoding="utf-8")
    return root


@pytest.fixture
def driver(tmp_path):
    (tmp_path / "database").mkdir()
    with testing.EngineDriver(pack(tmp_path / "packs"), directory=tmp_path / "database") as made:
        admin = made.user("admin")
        office = people.create_unit(made.engine, admin, "市政务办")
        units = {name: people.create_unit(made.engine, admin, name, office.id).id for name in ("综合处", "审批处")}
        people.create_user(made.engine, admin, "zhangsan", "张三", unit_id=units["综合处"], roles=["clerk"])
        people.create_user(made.engine, admin, "lisi", "李四", unit_id=units["审批处"], roles=["clerk"])
        people.create_user(made.engine, admin, "wangwu", "王五", unit_id=office.id, roles=["chief"])
        yield made


def unit_id(driver, name):
    (found,) = [unit.id for unit in people.directory(driver.engine).units.values() if unit.name == name]
    return found


def play(driver):
    """Play eight cases, one after the other, across weekends and a holiday."""
    played = []
    for number, (drafting, checking) in enumerate(DAYS):
        who = ("zhangsan", "lisi")[number % 2]
        case = driver.start("main", as_=who)
        for element, doer, days in (("draft", who, drafting), ("check", "wangwu", checking)):
            task = driver.task(element, case)
            driver.advance(days=days, hours=1)
            driver.complete(task, as_=doer, case=case)
            played.append(Played(element, doer, task.created_at, driver.now, task.due))
    return played


def official(at):
    return at.astimezone(testing.SHANGHAI).date()


def workdays(came, done):
    """Count day by day: the day after it came until the day it was done."""
    day, found = official(came), 0
    while day < official(done):
        day += datetime.timedelta(days=1)
        found += day.weekday() < 5 and day not in HOLIDAYS
    return found


def test_numbers_are_those_of_the_story(driver):
    played = play(driver)
    late_open = driver.start("main", as_="zhangsan")
    driver.claim("draft", as_="zhangsan", case=late_open)
    began = driver.now
    driver.advance(days=9)
    assert official(driver.now) <= SPRING.until

    found = statistics.overview(driver.engine, MONITOR, SPRING)

    (row,) = found.cases
    assert (row.procedure.name, row.completed, row.open, row.total, row.called) == ("公开申请审核", 8, 1, 9, 0)
    names = {unit.unit: people.directory(driver.engine).units[unit.unit].name for unit in found.units}
    expected = {}
    for name, doer in (("综合处", "zhangsan"), ("审批处", "lisi"), ("市政务办", "wangwu")):
        own = [each for each in played if each.doer == doer]
        dated = [each for each in own if each.due]
        late = sum(each.done > each.due for each in dated)
        expected[name] = (len(dated) - late, late, len(own) - len(dated), 1 if doer == "zhangsan" else 0)
    assert {names[r.unit]: (r.on_time, r.late, r.undated, r.overdue) for r in found.units} == expected
    assert any(unit.late for unit in found.units)
    assert sum(unit.on_time for unit in found.units) >= 2

    steps = {step.element: step for step in found.steps}
    for element in ("draft", "check"):
        took = [workdays(each.came, each.done) for each in played if each.element == element]
        step = steps[element]
        assert step.done == 8
        assert step.mean == pytest.approx(arithmetic.mean(took))
        assert step.median == arithmetic.median(took)
        assert step.longest == max(took)
    waiting = workdays(began, driver.now)
    assert (steps["draft"].waiting, steps["draft"].oldest) == (1, waiting)
    assert steps["draft"].wait == max(steps["draft"].mean, waiting)
    assert steps["check"].wait == steps["check"].mean
    assert [step.element for step in found.steps] == sorted(steps, key=lambda each: -steps[each].wait)


def test_what_nobody_claims_is_overdue_in_the_unit_of_those_who_may(driver):
    def overdue(chosen=SPRING):
        return {row.unit: row.overdue for row in statistics.overview(driver.engine, MONITOR, chosen).units}

    office = unit_id(driver, "综合处")
    for who in ("zhangsan", "lisi"):
        driver.start("main", as_=who)
    driver.advance(days=20)
    assert overdue() == {None: 2}  # clerks sit in two units
    people.create_user(driver.engine, driver.user("admin"), "zhaoliu", "赵六", unit_id=office, roles=["clerk"])
    assert overdue() == {office: 2}  # most of them
    people.deactivate(driver.engine, driver.user("admin"), "lisi", "已调离")
    assert overdue() == {office: 2}
    assert overdue(dataclasses.replace(SPRING, unit=office)) == {office: 2}
    assert overdue(dataclasses.replace(SPRING, unit=unit_id(driver, "审批处"))) == {}


def test_a_median_of_an_even_number_lies_between_the_two_in_the_middle():
    days = collections.Counter({0: 1, 1: 1, 4: 2})
    assert statistics._median(days) == 2.5
    assert statistics._median(collections.Counter({3: 5})) == 3


def test_what_was_done_by_a_substitute_counts_for_whom_it_was_done(driver):
    case = driver.start("main", as_="zhangsan")
    driver.claim("draft", as_="zhangsan", case=case)
    admin, today = driver.user("admin"), official(driver.now)
    people.create_substitution(driver.engine, admin, "zhangsan", "lisi", today, today, "出差")
    with driver.engine.store.read() as uow:
        lisi = directory.actor(uow, uow.users.get("lisi"), driver.now)
    driver.complete("draft", as_=lisi, case=case)
    (row,) = statistics.overview(driver.engine, MONITOR, SPRING).units
    assert row.unit == unit_id(driver, "综合处")
    assert row.on_time == 1


def test_filters_narrow_everything(driver):
    played = play(driver)
    day = official(played[7].done)
    until = statistics.overview(driver.engine, MONITOR, statistics.Filter(SPRING.since, day))
    assert sum(step.done for step in until.steps) == sum(official(each.done) <= day for each in played)

    unit = statistics.Filter(SPRING.since, SPRING.until, unit=unit_id(driver, "综合处"))
    own = statistics.overview(driver.engine, MONITOR, unit)
    assert [row.total for row in own.cases] == [4]
    assert {step.element: step.done for step in own.steps} == {"draft": 4}
    whole = statistics.Filter(SPRING.since, SPRING.until, unit=unit_id(driver, "市政务办"))
    assert sum(row.total for row in statistics.overview(driver.engine, MONITOR, whole).cases) == 8

    other = statistics.overview(driver.engine, MONITOR, statistics.Filter(SPRING.since, SPRING.until, "review"))
    assert (other.cases, other.units, other.steps) == ((), (), ())


def test_declared_figures_count_entries_and_corrections_take_the_place_of_what_they_correct(driver):
    rows = [("综合处", "主动公开"), ("综合处", "不公开"), ("审批处", "主动公开")]
    entries = [{"values": {"unit": unit, "verdict": verdict, "pages": 7}} for unit, verdict in rows]
    driver.start("review", as_="admin", variables={"entries": entries})
    correction = {"values": {"unit": "综合处", "verdict": "依申请公开"}, "corrects": "2", "reason": "误登"}
    driver.start("review", as_="admin", variables={"entries": [correction]})

    found = statistics.overview(driver.engine, MONITOR, SPRING)
    measured = {each.figure.id: each for each in found.figures}
    assert measured["jielun"].parts == (("主动公开", 2), ("依申请公开", 1))
    assert measured["zongshu"].total == 3
    assert measured["buyu"].total == 0
    assert measured["heji"].parts == (("页", 14), ("份", 0))  # that of the corrected entry does not count
    assert "neibu" not in measured

    unit = statistics.Filter(SPRING.since, SPRING.until, unit=unit_id(driver, "综合处"))
    own = statistics.overview(driver.engine, MONITOR, unit)
    assert {each.figure.id: each.total for each in own.figures} == {"jielun": 2, "renwu": 0}
    assert [each.id for each in own.unavailable] == ["zongshu", "buyu", "heji"]
    before = statistics.Filter(datetime.date(2026, 1, 1), datetime.date(2026, 3, 8))
    assert {each.total for each in statistics.overview(driver.engine, MONITOR, before).figures} == {0}


def test_what_is_corrected_next_year_belongs_to_the_year_in_which_it_happened(driver):
    entry = {"values": {"unit": "综合处", "verdict": "不公开", "pages": 7}}
    driver.start("review", as_="admin", variables={"entries": [entry]})
    driver.advance(to="2027-01-10 09:00")
    for number, verdict in (("1", "主动公开"), ("2", "依申请公开")):  # and the correction is corrected
        again = {"values": {"unit": "综合处", "verdict": verdict}, "corrects": number, "reason": "误登"}
        driver.start("review", as_="admin", variables={"entries": [again]})
    years = [statistics.Filter(datetime.date(year, 1, 1), datetime.date(year, 12, 31)) for year in (2026, 2027)]
    found = [
        {each.figure.id: each for each in statistics.overview(driver.engine, MONITOR, year).figures} for year in years
    ]
    assert [each["zongshu"].total for each in found] == [1, 0]
    assert [each["jielun"].parts for each in found] == [(("依申请公开", 1),), ()]


def test_an_entry_that_was_corrected_twice_counts_once_as_its_newest_correction(driver):
    entry = {"values": {"unit": "综合处", "verdict": "不公开", "pages": 7}}
    driver.start("review", as_="admin", variables={"entries": [entry]})
    for number, verdict in (("1", "主动公开"), ("2", "不公开"), ("1", "依申请公开")):
        again = {"values": {"unit": "综合处", "verdict": verdict, "pages": 5}, "corrects": number, "reason": "误登"}
        driver.start("review", as_="admin", variables={"entries": [again]})
    found = {each.figure.id: each for each in statistics.overview(driver.engine, MONITOR, SPRING).figures}
    assert (found["zongshu"].total, found["jielun"].parts) == (1, (("依申请公开", 1),))
    assert found["heji"].parts == (("页", 5), ("份", 0))


def test_figures_of_records_are_of_the_procedure_that_is_asked_for(driver):
    entry = {"values": {"unit": "综合处", "verdict": "不公开", "pages": 7}}
    driver.start("review", as_="admin", variables={"entries": [entry]})
    for procedure, total in (("review", 1), ("main", 0)):
        chosen = statistics.Filter(SPRING.since, SPRING.until, procedure)
        found = {each.figure.id: each.total for each in statistics.overview(driver.engine, MONITOR, chosen).figures}
        assert found["zongshu"] == total


def test_a_service_task_counts_in_a_transaction_that_only_reads_and_not_without_end(driver):
    case = driver.start(
        "review", as_="admin", variables={"entries": [{"values": {"unit": "综合处", "verdict": "不公开"}}]}
    )
    day = driver.clock.now().date()
    asked = model.Count(({"figure": "zongshu", "name": "总数"},), day, day)
    with driver.engine.store.read() as uow:
        (row,) = figures.count(driver.engine, uow, case.id, asked)["counts"]
        assert (row["name"], row["counted"], row["total"]) == ("总数", True, 1)
        many = dataclasses.replace(asked, figures=asked.figures * (figures.MOST_FIGURES + 1))
        with pytest.raises(errors.InvalidRecord, match="一次最多统计 100 项"):
            figures.count(driver.engine, uow, case.id, many)


def test_a_day_begins_and_ends_in_official_time(driver):
    driver.advance(to="2026-03-31 23:30")
    driver.start("main", as_="zhangsan")
    driver.advance(to="2026-04-01 00:30")
    driver.complete("draft", as_="zhangsan")
    march = statistics.Filter(datetime.date(2026, 3, 1), datetime.date(2026, 3, 31))
    april = statistics.Filter(datetime.date(2026, 4, 1), datetime.date(2026, 4, 30))
    found = [statistics.overview(driver.engine, MONITOR, each) for each in (march, april)]
    assert [sum(row.total for row in each.cases) for each in found] == [1, 0]
    assert [sum(step.done for step in each.steps) for each in found] == [0, 1]
    assert [step.mean for step in found[1].steps if step.done] == [1]  # it came yesterday, in UTC on the same day


def test_the_number_of_statements_does_not_follow_what_there_is(driver):
    def statements():
        with counting.counted(driver.engine.store) as count:
            statistics.overview(driver.engine, MONITOR, SPRING)
        return count.statements

    statistics.overview(driver.engine, MONITOR, SPRING)  # directory and calendar are then in memory
    before = statements()
    play(driver)
    assert statements() == before <= 15


@pytest.mark.parametrize(
    ("actor", "chosen", "kind"),
    [
        (commands.Actor("zhangsan", frozenset({"clerk"})), SPRING, errors.Forbidden),
        (MONITOR, statistics.Filter(SPRING.until, SPRING.since), errors.InvalidInput),
        (MONITOR, dataclasses.replace(SPRING, procedure="none"), errors.InvalidInput),
        (MONITOR, dataclasses.replace(SPRING, unit=4711), errors.InvalidInput),
    ],
)
def test_what_cannot_be_answered_is_refused(driver, actor, chosen, kind):
    with pytest.raises(kind):
        statistics.overview(driver.engine, actor, chosen)


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        ("{id: a, name: 甲, count: entries, register: none}", "registers 中的台账"),
        ("{id: a, name: 甲, count: entries, register: shencha, by: none}", "台账“shencha”的字段"),
        ("{id: a, name: 甲, count: tasks, register: shencha}", "count: tasks 没有此项"),
        ("{id: a, name: 甲, count: tasks, procedures: [none]}", "流程包中的流程"),
        ("{id: a, name: 甲, count: things}", "entries、publications、cases、tasks 之一"),
        ("{id: a, name: 甲, count: publications, kinds: [none]}", "gonggao"),
        ("{id: a, name: 甲}", "有 count"),
        ("{id: a, name: 甲, count: entries, register: shencha, sum: {unit: 单位}}", "sum 是 integer 字段"),
        ("{id: a, name: 甲, count: entries, register: shencha, by: unit, sum: {pages: 页}}", "只写一项"),
        ("{id: a, name: 甲, count: entries, register: shencha, where: [unit]}", "“字段: 文字”的映射"),
    ],
)
def test_a_figure_of_what_is_not_there_is_refused_at_deployment(tmp_path, figure, said):
    (tmp_path / "database").mkdir()
    root = pack(tmp_path / "packs")
    (root / "processes" / "demo" / "figures.yaml").write_text(f"figures:\n  - {figure}\n", encoding="utf-8")
    with pytest.raises(errors.InvalidInput, match=said), testing.EngineDriver(root, directory=tmp_path / "database"):
        pass

"""The shipped table: complete, generated, and the same as two independent libraries have it."""

from __future__ import annotations

import datetime as dt
import doctest
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import chinese_calendar
import holidays
import pytest

from engine import errors
from engine.calendars import calendar as calendars
from engine.calendars import overrides, years

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "engine" / "calendars" / "data" / "cn.json"

#: chinesecalendar has this day off; 国办发明电〔2005〕35号 says 上班.
KNOWN_EXCEPTION = dt.date(2005, 12, 31)


def days(first: int, last: int) -> list[dt.date]:
    start = dt.date(first, 1, 1).toordinal()
    return [dt.date.fromordinal(ordinal) for ordinal in range(start, dt.date(last, 12, 31).toordinal() + 1)]


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_calendar", ROOT / "tools" / "make_calendar.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_calendar"] = module
    spec.loader.exec_module(module)
    return module


def test_the_table_agrees_with_chinesecalendar_on_every_day_but_one():
    calendar = calendars.load()
    different = [day for day in days(2004, 2026) if calendar.is_workday(day) != chinese_calendar.is_workday(day)]
    assert different == [KNOWN_EXCEPTION]
    assert calendar.is_workday(KNOWN_EXCEPTION)


def test_the_table_agrees_with_holidays_on_every_day():
    calendar = calendars.load()
    source = holidays.country_holidays("CN")
    assert [day for day in days(2004, 2026) if calendar.is_workday(day) != source.is_working_day(day)] == []


def test_generating_the_file_again_gives_the_same_days(generator):
    def content(table: years.Year) -> tuple[object, ...]:
        dates = [[marked.date for marked in marks] for marks in (table.off, table.working)]
        return table.year, table.status, table.notices, table.source, dates

    # Reasons are left out: `holidays` may rename a festival without moving a day.
    assert [content(table) for table in generator.build()] == [content(table) for table in calendars.load().years]


def test_generating_twice_gives_the_same_bytes(generator):
    assert generator.render(generator.build()) == generator.render(generator.build())


def test_the_generator_checks_and_names_what_differs(generator, tmp_path, capsys):
    target = tmp_path / "cn.json"
    assert generator.main(["--target", str(target)]) == 0
    assert generator.main(["--target", str(target), "--check"]) == 0
    edited = target.read_text(encoding="utf-8").replace('   "2026-10-10": "与2026-10-07调休"\n', "")
    target.write_text(edited, encoding="utf-8")
    capsys.readouterr()

    assert generator.main(["--target", str(target), "--check"]) == 1

    assert "2026-10-10" in capsys.readouterr().out
    assert target.read_text(encoding="utf-8") == edited


def test_the_generator_refuses_a_notice_that_holidays_does_not_know(generator, monkeypatch):
    later = dict(generator.YEARLY) | {2099: (None, None, "https://www.gov.cn/", "")}
    monkeypatch.setattr(generator, "YEARLY", later)
    with pytest.raises(SystemExit, match="2099.*升级holidays"):
        generator.build()


@pytest.mark.parametrize(
    ("year", "make_up"),
    [
        (2024, ["02-04", "02-18", "04-07", "04-28", "05-11", "09-14", "09-29", "10-12"]),
        (2025, ["01-26", "02-08", "04-27", "09-28", "10-11"]),
        (2026, ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"]),
    ],
)
def test_make_up_days_are_those_of_the_notice(year, make_up):
    table = next(table for table in calendars.load().years if table.year == year)
    assert [f"{marked.date:%m-%d}" for marked in table.working] == make_up


def test_official_years_are_those_with_a_notice_and_the_rest_is_estimated():
    by_status = {status: [t.year for t in calendars.load().years if t.status is status] for status in years.Status}
    assert by_status[years.Status.OFFICIAL] == list(range(2004, 2027))
    assert by_status[years.Status.ESTIMATED] == list(range(2027, 2041))


def test_every_year_says_where_it_comes_from():
    for table in calendars.load().years:
        assert table.source
        assert bool(table.notices) is (table.status is years.Status.OFFICIAL)
        for notice in table.notices:
            assert notice.title
            if notice.document:
                assert notice.document.startswith(("国办发明电〔", "国发明电〔"))
                assert notice.document[-1] == "号"


def test_every_day_a_notice_claims_is_a_day_of_the_table():
    for table in calendars.load().years:
        marked = {day.date for day in (*table.off, *table.working)}
        assert {day for notice in table.notices for day in notice.days} <= marked


def test_estimated_years_hold_the_statutory_days_and_no_exchange():
    year_2027 = next(table for table in calendars.load().years if table.year == 2027)
    assert year_2027.working == ()
    off = "01-01 02-05 02-08 02-09 02-10 04-05 05-03 05-04 06-09 09-15 10-01 10-04 10-05"
    assert [f"{marked.date:%m-%d}" for marked in year_2027.off] == off.split()


def test_an_estimate_has_as_many_working_days_as_the_notice_turned_out_to_have(generator):
    calendar = calendars.load()
    for year in (2021, 2022, 2023, 2024, 2025, 2026):
        estimate = sum(generator.statutory().is_working_day(day) for day in days(year, year))
        assert estimate == sum(calendar.is_workday(day) for day in days(year, year))


def test_a_day_knows_its_reason_and_document():
    calendar = calendars.load()
    made_up = calendar.day(dt.date(2026, 10, 10))
    assert (made_up.working, made_up.reason) == (True, "与2026-10-07调休")
    assert (made_up.document, made_up.scope) == ("国办发明电〔2025〕7号", overrides.Scope.NATION)
    assert calendar.day(dt.date(2026, 10, 1)).reason == "国庆节"
    plain = calendar.day(dt.date(2026, 9, 12))
    assert (plain.working, plain.reason, plain.document, plain.scope) == (False, "星期六", None, None)
    assert calendar.day(dt.date(2026, 9, 14)).reason == "星期一"


@pytest.mark.parametrize(
    ("day", "document"),
    [
        ("2005-12-31", "国办发明电〔2005〕35号"),  # the notice for 2006 reached back
        ("2015-09-06", "国发明电〔2015〕1号"),
        ("2019-05-05", "国办发明电〔2019〕3号"),
        ("2019-05-01", "国办发明电〔2018〕15号"),
        ("2020-01-31", "国办发明电〔2020〕1号"),
        ("2005-02-05", None),  # number not verified: left out
        ("2027-02-10", None),  # no notice yet
    ],
)
def test_a_day_names_the_notice_that_decided_it(day, document):
    assert calendars.load().day(dt.date.fromisoformat(day)).document == document


def test_reading_and_writing_the_file_loses_nothing():
    text = DATA.read_text(encoding="utf-8")
    assert years.dump(years.parse(json.loads(text))) == json.loads(text)


def test_load_reads_once_and_another_file_on_demand(tmp_path):
    assert calendars.load() is calendars.load()
    copy = tmp_path / "city.json"
    copy.write_bytes(DATA.read_bytes())
    assert calendars.load(copy).version == calendars.load().version


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("not json", "无法读取日历文件"),
        ("[]", "日历文件应为对象"),
        ('{"years": {}}', "至少有一年"),
        ('{"years": {"26": {}}}', "四位数字的年份"),
        ('{"years": {"2026": {"status": "official"}}}', "notices应为列表"),
        ('{"years": {"2026": {"status": "maybe", "notices": []}}}', "official或estimated，实为'maybe'"),
        ('{"years": {"2026": {"status": "official", "notices": [], "off": {}, "working": {}}}}', "没有任何通知"),
        ('{"years": {"2027": {"status": "estimated", "notices": [], "off": [], "working": {}}}}', "off应为对象"),
        (
            '{"years": {"2027": {"status": "estimated", "notices": [], "off": {"x": ""}, "working": {}}}}',
            "日期，实为'x'",
        ),
        (
            '{"years": {"2027": {"status": "estimated", "notices": [], "off": {"2027-01-01": 1}, "working": {}}}}',
            "2027-01-01应为文本",
        ),
        (
            '{"years": {"2027": {"status": "estimated", "notices": [{"title": "x"}], "off": {}, "working": {}}}}',
            "days应为列表",
        ),
    ],
)
def test_a_broken_file_is_refused_with_the_place(tmp_path, content, message):
    broken = tmp_path / "broken.json"
    broken.write_text(content, encoding="utf-8")
    with pytest.raises(errors.CalendarError, match=message):
        calendars.load(broken)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(errors.CalendarError, match="无法读取"):
        calendars.load(tmp_path / "missing.json")


@pytest.mark.parametrize(
    ("off", "working", "message"),
    [
        (["2026-01-01"], [], "请移到2026年"),
        (["2027-01-02"], [], "应是星期一至星期五"),
        ([], ["2027-01-04"], "应是星期六或星期日"),
        (["2027-01-05", "2027-01-04"], [], "递增"),
        (["2027-01-05", "2027-01-05"], [], "递增"),
    ],
)
def test_a_year_refuses_days_that_cannot_be(off, working, message):
    def marked(texts: list[str]) -> tuple[years.MarkedDay, ...]:
        return tuple(years.MarkedDay(dt.date.fromisoformat(text), "") for text in texts)

    with pytest.raises(errors.CalendarError, match=message):
        years.Year(2027, years.Status.ESTIMATED, marked(off), marked(working))


def test_the_reference_page_shows_what_happens():
    page = ROOT / "docs" / "reference" / "calendar.md"
    assert doctest.testfile(str(page), module_relative=False, encoding="utf-8") == (0, 5)

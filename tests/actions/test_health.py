"""What the platform says of its own state."""

from __future__ import annotations

import packbuilder as p
import pytest
import snippets as s

from engine.actions import health
from engine.calendars import calendar, years
from engine.model import commands

ADMIN = commands.Actor("root", admin=True)
KNOWN = max(year.year for year in calendar.load().years if year.status is years.Status.OFFICIAL)


@pytest.fixture
def working_calendar(drive):
    driver = drive(main=p.line(s.user("check"), ids=("check",)))

    def look(day: str) -> health.Check:
        driver.sleep(to=f"{day}T09:00:00+08:00")
        (found,) = (check for check in health.report(driver.engine, ADMIN).checks if check.name == "工作日历")
        return found

    return look


def test_the_working_calendar_is_well_until_the_next_year_should_have_been_announced(working_calendar):
    assert working_calendar(f"{KNOWN}-11-14").well
    late = working_calendar(f"{KNOWN}-11-15")
    assert not late.well
    assert late.found == f"尚未载入 {KNOWN + 1} 年放假安排，跨年期限按推算"
    assert f"{KNOWN + 1} 年放假安排" in late.hint
    assert "工作日历" in late.hint


def test_the_working_calendar_stays_a_warning_in_a_year_that_was_never_loaded(working_calendar):
    late = working_calendar(f"{KNOWN + 1}-03-01")
    assert not late.well
    assert f"已载入至 {KNOWN} 年" in late.found

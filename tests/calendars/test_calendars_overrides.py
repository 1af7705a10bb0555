"""Local layers: who wins, what moves a statutory limit, and what is refused."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from engine import errors
from engine.calendars import calendar as calendars
from engine.calendars import overrides

NATIONAL = calendars.load()
WEDNESDAY = dt.date(2026, 9, 16)
SATURDAY = dt.date(2026, 9, 19)

TORCH_FESTIVAL = overrides.Override(
    date=WEDNESDAY,
    working=False,
    document="凉府办发〔2026〕1号",
    scope=overrides.Scope.CITY,
    proposer="王某",
    approver="李某",
    valid_from=dt.date(2026, 1, 1),
    counts_for_statutory=True,
    reason="火把节",
)


def change(**values: object) -> overrides.Override:
    return dataclasses.replace(TORCH_FESTIVAL, **values)


def test_a_local_holiday_moves_statutory_limits():
    calendar = NATIONAL.with_overrides([TORCH_FESTIVAL])
    assert not calendar.is_workday(WEDNESDAY)
    assert calendar.add_workdays(dt.date(2026, 9, 14), 20).day == dt.date(2026, 10, 19)
    assert NATIONAL.is_workday(WEDNESDAY)


def test_a_worked_weekend_moves_them_too():
    worked = change(date=SATURDAY, working=True)
    assert NATIONAL.with_overrides([worked]).add_workdays(dt.date(2026, 9, 14), 20).day == dt.date(2026, 10, 15)


def test_an_agencys_own_closure_does_not_move_statutory_limits():
    closure = change(scope=overrides.Scope.AGENCY, counts_for_statutory=False, reason="搬迁")
    calendar = NATIONAL.with_overrides([closure])
    assert calendar.is_workday(WEDNESDAY)
    assert calendar.add_workdays(dt.date(2026, 9, 14), 20).day == dt.date(2026, 10, 16)


def test_the_office_calendar_counts_every_layer():
    closure = change(scope=overrides.Scope.AGENCY, counts_for_statutory=False, reason="搬迁")
    office = NATIONAL.with_overrides([closure]).office
    assert not office.is_workday(WEDNESDAY)
    assert office.add_workdays(dt.date(2026, 9, 15), 1).day == dt.date(2026, 9, 17)
    assert office.office is office


def test_the_more_specific_layer_wins_whatever_the_order_of_entry():
    by_scope = {scope: change(scope=scope, working=working) for scope, working in zip(
        overrides.Scope, (False, True, False, True), strict=True
    )}  # fmt: skip
    for entries in (list(by_scope.values()), list(by_scope.values())[::-1]):
        assert NATIONAL.with_overrides(entries).day(WEDNESDAY).scope is overrides.Scope.AGENCY
        assert NATIONAL.with_overrides(entries).is_workday(WEDNESDAY)
        assert not NATIONAL.with_overrides([e for e in entries if e.scope != "agency"]).is_workday(WEDNESDAY)
        assert NATIONAL.with_overrides([e for e in entries if e.scope in ("nation", "province")]).is_workday(WEDNESDAY)


def test_a_layer_that_does_not_count_does_not_hide_one_that_does():
    agency_opens = change(scope=overrides.Scope.AGENCY, working=True, counts_for_statutory=False)
    calendar = NATIONAL.with_overrides([TORCH_FESTIVAL, agency_opens])
    assert not calendar.is_workday(WEDNESDAY)
    assert calendar.office.is_workday(WEDNESDAY)


def test_layers_are_listed_from_general_to_specific():
    province = change(scope=overrides.Scope.PROVINCE, date=dt.date(2026, 9, 17))
    calendar = NATIONAL.with_overrides([TORCH_FESTIVAL]).with_overrides([province])
    assert list(calendar.layers) == [overrides.Scope.PROVINCE, overrides.Scope.CITY]
    assert calendar.layers[overrides.Scope.CITY] == (TORCH_FESTIVAL,)
    assert NATIONAL.layers == {}


def test_an_overridden_day_names_its_decision():
    found = NATIONAL.with_overrides([TORCH_FESTIVAL]).day(WEDNESDAY)
    assert (found.working, found.reason, found.document) == (False, "火把节", "凉府办发〔2026〕1号")
    assert found.scope is overrides.Scope.CITY
    nameless = NATIONAL.with_overrides([change(reason=""), change(date=SATURDAY, working=True, reason="")])
    assert (nameless.day(WEDNESDAY).reason, nameless.day(SATURDAY).reason) == ("放假", "上班")


def test_overrides_make_a_new_version_and_the_order_of_entry_does_not_matter():
    second = change(date=dt.date(2026, 9, 17))
    one, other = NATIONAL.with_overrides([TORCH_FESTIVAL, second]), NATIONAL.with_overrides([second, TORCH_FESTIVAL])
    assert one.version == other.version
    assert len({NATIONAL.version, one.version, one.office.version}) == 3


def test_a_year_does_not_become_official_by_one_override():
    assert NATIONAL.with_overrides([change(date=dt.date(2027, 2, 11))]).is_estimated(dt.date(2027, 2, 11))


def test_a_later_entry_of_the_same_layer_replaces_the_earlier():
    withdrawn = change(working=True, document="凉府办发〔2026〕9号", valid_from=dt.date(2026, 8, 1))
    assert NATIONAL.with_overrides([withdrawn, TORCH_FESTIVAL]).is_workday(WEDNESDAY)
    before = NATIONAL.with_overrides([withdrawn, TORCH_FESTIVAL], as_of=dt.date(2026, 7, 31))
    assert not before.is_workday(WEDNESDAY)
    assert NATIONAL.with_overrides([TORCH_FESTIVAL], as_of=dt.date(2025, 12, 31)).overrides == ()


def test_the_same_entry_twice_is_one_entry():
    assert NATIONAL.with_overrides([TORCH_FESTIVAL, change()]).overrides == (TORCH_FESTIVAL,)


def test_two_different_entries_of_one_layer_for_one_day_are_refused():
    with pytest.raises(
        errors.CalendarError, match="市级对2026-09-16有两条.*凉府办发〔2026〕1号与凉府办发〔2026〕2号.*请撤销"
    ):
        NATIONAL.with_overrides([TORCH_FESTIVAL, change(working=True, document="凉府办发〔2026〕2号")])


def test_a_day_outside_the_calendar_is_refused():
    with pytest.raises(errors.CalendarError, match="2003-09-16不在工作日历的范围"):
        NATIONAL.with_overrides([change(date=dt.date(2003, 9, 16))])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"approver": "王某"}, "由王某提出，又由同一人批准.*请改由他人批准"),
        ({"approver": " 王某 "}, "同一人批准"),
        ({"proposer": ""}, "没有填写提出人"),
        ({"approver": " "}, "没有填写批准人"),
        ({"document": ""}, "没有填写文号"),
        ({"working": "no"}, "working应为true或false，实为'no'"),
        ({"date": "2026-09-16"}, "date应为日期"),
        ({"date": dt.datetime(2026, 9, 16)}, "date应为日期"),
        ({"scope": "city"}, "scope应为层级"),
        ({"reason": None}, "reason应为文本"),
    ],
)
def test_an_incomplete_entry_is_refused(values, message):
    with pytest.raises(errors.CalendarError, match=message):
        change(**values)


def test_entries_are_read_as_pack_files_write_them():
    written = overrides.dump(TORCH_FESTIVAL)
    from_yaml = written | {"date": WEDNESDAY, "valid_from": dt.date(2026, 1, 1)}
    assert overrides.parse([written, from_yaml]) == (TORCH_FESTIVAL, TORCH_FESTIVAL)
    short = {key: value for key, value in written.items() if key not in ("counts_for_statutory", "reason")}
    assert overrides.parse([short])[0].counts_for_statutory is False


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"scope": "county"}, "第1条日历调整的scope应为nation、province、city、agency之一，实为'county'"),
        ({"date": "9月16日"}, "第1条日历调整的date应为2026-01-01形式的日期"),
        ({"typo": 1}, "不认识的字段typo"),
    ],
)
def test_entries_that_cannot_be_read_are_named(values, message):
    with pytest.raises(errors.CalendarError, match=message):
        overrides.parse([overrides.dump(TORCH_FESTIVAL) | values])


def test_missing_fields_are_named():
    written = overrides.dump(TORCH_FESTIVAL)
    del written["approver"]
    with pytest.raises(errors.CalendarError, match="缺少字段approver"):
        overrides.parse([written])


def test_every_layer_has_a_name():
    assert [scope.label for scope in overrides.Scope] == ["国家", "省级", "市级", "本单位"]

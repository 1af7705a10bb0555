"""Write engine/calendars/data/cn.json from `holidays` and the list of notices below.

    python tools/make_calendar.py            write the file
    python tools/make_calendar.py --check    compare, print the differences, exit 1 if there are any

Deterministic: the same `holidays` data give the same bytes. How to add the notice of a new year is told in
docs/reference/calendar.md.
"""

from __future__ import annotations

import argparse
import datetime as dt
import difflib
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import holidays

from engine.calendars import years as tables

TARGET = Path(__file__).resolve().parent.parent / "engine" / "calendars" / "data" / "cn.json"
FIRST_YEAR = 2004
LAST_ESTIMATED_YEAR = 2040

_GAZETTE = "https://www.gov.cn/gongbao/"
_WIKISOURCE = "https://zh.wikisource.org/wiki/国务院办公厅关于{year}年部分节假日安排的通知"
_GENERATED = "日期由holidays生成，并与chinesecalendar逐日核对。"
_TEXT = _GENERATED + "文号、成文日期与通知全文核对。"
_ONE_COPY = _GENERATED + "文号只见于一份全文转载，未见第二份来源。"
_NO_NUMBER = _GENERATED + "文号未能核实，留空。"
_ESTIMATE = "尚无通知。按《全国年节及纪念日放假办法》（2024年修订）的法定假日、逢周末补假和周末推算，不含调休。"

#: Yearly notices: document number (文号), date of the document, where it was published, how it was checked.
#: None where a number or date could not be verified: it is left out, never guessed.
YEARLY: Mapping[int, tuple[str | None, str | None, str, str]] = {
    2004: (None, None, _WIKISOURCE, _NO_NUMBER),
    2005: (None, None, _WIKISOURCE, _NO_NUMBER),
    2006: ("国办发明电〔2005〕35号", "2005-12-16", _WIKISOURCE, _TEXT),
    2007: ("国办发明电〔2006〕49号", "2006-12-14", _GAZETTE + "content/2007/content_503397.htm", _TEXT),
    2008: (None, None, _GAZETTE + "content/2008/content_859870.htm", _NO_NUMBER),
    2009: ("国办发明电〔2008〕42号", None, _GAZETTE + "content/2008/content_1175823.htm", _ONE_COPY),
    2010: ("国办发明电〔2009〕27号", "2009-12-07", _GAZETTE + "content/2009/content_1487011.htm", _TEXT),
    2011: ("国办发明电〔2010〕40号", "2010-12-09", _GAZETTE + "content/2010/content_1765282.htm", _TEXT),
    2012: ("国办发明电〔2011〕45号", "2011-12-05", _GAZETTE + "content/2011/content_2020918.htm", _TEXT),
    2013: ("国办发明电〔2012〕33号", "2012-12-08", _GAZETTE + "content/2012/content_2292057.htm", _TEXT),
    2014: ("国办发明电〔2013〕28号", "2013-12-11", _GAZETTE + "content/2014/content_2561299.htm", _TEXT),
    2015: ("国办发明电〔2014〕28号", "2014-12-16", _GAZETTE + "content/2015/content_2799019.htm", _ONE_COPY),
    2016: ("国办发明电〔2015〕18号", "2015-12-10", _GAZETTE + "content/2016/content_2979719.htm", _TEXT),
    2017: ("国办发明电〔2016〕17号", "2016-12-01", _GAZETTE + "content/2016/content_5148793.htm", _TEXT),
    2018: ("国办发明电〔2017〕12号", "2017-11-30", _GAZETTE + "content/2017/content_5248221.htm", _TEXT),
    2019: ("国办发明电〔2018〕15号", "2018-12-04", _GAZETTE + "content/2018/content_5350046.htm", _TEXT),
    2020: ("国办发明电〔2019〕16号", "2019-11-21", _GAZETTE + "content/2019/content_5459138.htm", _TEXT),
    2021: ("国办发明电〔2020〕27号", "2020-11-25", _GAZETTE + "content/2020/content_5567750.htm", _TEXT),
    2022: ("国办发明电〔2021〕11号", "2021-10-25", _GAZETTE + "content/2021/content_5651728.htm", _TEXT),
    2023: ("国办发明电〔2022〕16号", "2022-12-08", _GAZETTE + "content/2023/content_5736714.htm", _TEXT),
    2024: ("国办发明电〔2023〕7号", "2023-10-25", _GAZETTE + "2023/issue_10806/202311/content_6913823.html", _TEXT),
    2025: ("国办发明电〔2024〕12号", "2024-11-12", _GAZETTE + "2024/issue_11726/202411/content_6989767.html", _TEXT),
    2026: ("国办发明电〔2025〕7号", "2025-11-04", _GAZETTE + "2025/issue_12406/202511/content_7048922.html", _TEXT),
}

#: Years whose table the notice of the *following* year reaches back into, with the days it marked.
REACHED_BACK: Mapping[int, tuple[str, ...]] = {
    2005: ("2005-12-31",),
    2006: ("2006-12-30", "2006-12-31"),
    2007: ("2007-12-29", "2007-12-31"),
    2011: ("2011-12-31",),
    2018: ("2018-12-29", "2018-12-31"),
}

#: Notices that changed a year later on.
CHANGES: Mapping[int, tables.Notice] = {
    2015: tables.Notice(
        title="国务院关于中国人民抗日战争暨世界反法西斯战争胜利70周年纪念日调休放假的通知",
        document="国发明电〔2015〕1号",
        issued=dt.date(2015, 5, 13),
        days=(dt.date(2015, 9, 3), dt.date(2015, 9, 4), dt.date(2015, 9, 6)),
    ),
    2019: tables.Notice(
        title="国务院办公厅关于调整2019年劳动节假期安排的通知",
        document="国办发明电〔2019〕3号",
        issued=dt.date(2019, 3, 22),
        url=_GAZETTE + "content/2019/content_5380356.htm",
        days=tuple(map(dt.date.fromisoformat, ("2019-04-28", "2019-05-02", "2019-05-03", "2019-05-05"))),
    ),
    2020: tables.Notice(
        title="国务院办公厅关于延长2020年春节假期的通知",
        document="国办发明电〔2020〕1号",
        issued=dt.date(2020, 1, 26),
        url=_GAZETTE + "content/2020/content_5477297.htm",
        days=(dt.date(2020, 1, 31),),
    ),
}

_SUBSTITUTED = re.compile(r"休息日（由\s*(\d{4}-\d{2}-\d{2})\s*调休）")


def build() -> tuple[tables.Year, ...]:
    """Return all years: official as the notices have them, then estimated.

    Raises:
        SystemExit: `holidays` does not know the substitution days of a year whose notice is listed.
    """
    official = holidays.country_holidays("CN", language="zh_CN")
    last = max(YEARLY)
    if missing := [year for year in YEARLY if year not in official.special_public_holidays]:
        sys.exit(f"已安装的holidays没有{missing}年的调休数据，请先升级holidays。")
    off_days = _weekdays_off(official, FIRST_YEAR, last)
    exchanged = {dt.date.fromisoformat(match[1]): day for day, match in _substitutions(off_days)}
    return (
        *(_official_year(year, off_days, exchanged) for year in range(FIRST_YEAR, last + 1)),
        *(_estimated_year(year) for year in range(last + 1, LAST_ESTIMATED_YEAR + 1)),
    )


def statutory() -> holidays.HolidayBase:
    """Return `holidays` without anything a yearly notice ordered: statutory days and their substitutes alone.

    Used for years without a notice even when the installed `holidays` already knows it, so that a year turns official
    here, by an entry in YEARLY, and nowhere else.
    """
    plain = holidays.country_holidays("CN", language="zh_CN")
    plain.special_public_holidays = {}
    plain.special_public_holidays_observed = {}
    plain.weekend_workdays = set()
    return plain


def render(years: tuple[tables.Year, ...]) -> str:
    """Return the text of the calendar file."""
    return json.dumps(tables.dump(years), ensure_ascii=False, indent=1) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Write or check the file; return the exit code."""
    parser = argparse.ArgumentParser(description="由holidays生成工作日历数据文件。")
    parser.add_argument("--check", action="store_true", help="只比较，不写入；有差异时退出码为1")
    parser.add_argument("--target", type=Path, default=TARGET, help="数据文件的位置")
    options = parser.parse_args(arguments)
    text = render(build())
    if not options.check:
        options.target.parent.mkdir(parents=True, exist_ok=True)
        options.target.write_text(text, encoding="utf-8")
        print(f"已写入{options.target}")
        return 0
    current = options.target.read_text(encoding="utf-8") if options.target.exists() else ""
    if current == text:
        print(f"{options.target}与生成结果一致")
        return 0
    difference = difflib.unified_diff(current.splitlines(), text.splitlines(), "现有", "应为", n=0, lineterm="")
    print("\n".join(difference))
    return 1


def _official_year(year: int, off_days: Mapping[dt.date, str], exchanged: Mapping[dt.date, dt.date]) -> tables.Year:
    notices = [_yearly(year)]
    if year in REACHED_BACK:
        days = tuple(map(dt.date.fromisoformat, REACHED_BACK[year]))
        following = _yearly(year + 1)
        notices.append(tables.Notice(following.title, following.document, following.issued, following.url, days))
    if year in CHANGES:
        notices.append(CHANGES[year])
    return tables.Year(
        year=year,
        status=tables.Status.OFFICIAL,
        off=tuple(
            tables.MarkedDay(day, _SUBSTITUTED.sub(r"与\1调休", reason))
            for day, reason in sorted(off_days.items())
            if day.year == year
        ),
        working=tuple(
            tables.MarkedDay(day, f"与{off}调休") for day, off in sorted(exchanged.items()) if day.year == year
        ),
        notices=tuple(notices),
        source=YEARLY[year][3],
    )


def _estimated_year(year: int) -> tables.Year:
    off = tuple(tables.MarkedDay(day, reason) for day, reason in sorted(_weekdays_off(statutory(), year, year).items()))
    return tables.Year(year=year, status=tables.Status.ESTIMATED, off=off, working=(), source=_ESTIMATE)


def _yearly(year: int) -> tables.Notice:
    document, issued, url, _ = YEARLY[year]
    return tables.Notice(
        title=f"国务院办公厅关于{year}年部分节假日安排的通知",
        document=document,
        issued=dt.date.fromisoformat(issued) if issued else None,
        url=url.format(year=year),
    )


def _weekdays_off(source: holidays.HolidayBase, first: int, last: int) -> dict[dt.date, str]:
    """Return every Monday to Friday off in these years with the name `holidays` gives it."""
    days = (
        dt.date.fromordinal(ordinal)
        for ordinal in range(dt.date(first, 1, 1).toordinal(), dt.date(last, 12, 31).toordinal() + 1)
    )
    return {day: "、".join(source.get_list(day)) for day in days if day.weekday() < tables.SATURDAY and day in source}


def _substitutions(off_days: Mapping[dt.date, str]) -> list[tuple[dt.date, re.Match[str]]]:
    found = ((day, _SUBSTITUTED.search(reason)) for day, reason in off_days.items())
    return [(day, match) for day, match in found if match]


if __name__ == "__main__":
    sys.exit(main())

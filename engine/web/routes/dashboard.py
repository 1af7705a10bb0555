"""统计分析: how much there is, how punctual it is, where it waits; for those who watch over the office."""

from __future__ import annotations

import dataclasses
import datetime
import threading
import time
import weakref

import fastapi
import markupsafe

from engine import errors
from engine.actions import context, people, published, statistics
from engine.calendars import moments
from engine.model import commands
from engine.web import access, charts, downloads, figure_tables, fresh, i18n, listing, pages, spreadsheets

router = access.Router("/dashboard")

#: Seconds for which the charts and files of a page use what the page counted: they say the same, and cost nothing more.
FRESH = 60.0
#: Pages of which it is kept.
_KEPT = 8
#: Years that may be asked for: no office has cases of others, and calendars end.
_YEARS = (2000, 2100)

_QUARTERS = {"1": "第一季度", "2": "第二季度", "3": "第三季度", "4": "第四季度"}


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for; `since` and `until` are there when days are chosen rather than a year."""

    year: int
    quarter: str
    since: str
    until: str
    procedure: str
    unit: str
    heat: str

    @property
    def query(self) -> dict[str, str]:
        """Return it as parameters of an address."""
        return listing.filled(dataclasses.asdict(self))


@dataclasses.dataclass(frozen=True, slots=True)
class Heat:
    """The diagram of a procedure with the wait at its tasks; `rows` are those that have any, the longest wait first."""

    procedure: statistics.Procedure
    picture: markupsafe.Markup
    rows: tuple[statistics.StepRow, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class DashboardPage:
    """The page of statistics."""

    asked: Asked
    found: statistics.Overview
    tables: tuple[figure_tables.Table, ...]
    heat: Heat | None
    units: tuple[tuple[str, str], ...]
    quarters: tuple[tuple[str, str], ...]

    @property
    def filtered(self) -> bool:
        """Tell whether more than a year is chosen."""
        return any((self.asked.quarter, self.asked.since, self.asked.until, self.asked.procedure, self.asked.unit))

    @property
    def procedures(self) -> tuple[tuple[str, str], ...]:
        """Return the choices of procedures."""
        return tuple((each.key, each.name) for each in self.found.procedures)

    @property
    def years(self) -> tuple[int, ...]:
        """Return the choices of years."""
        return tuple(sorted({*self.found.years, self.asked.year}, reverse=True))

    @property
    def figures(self) -> list[tuple[str, str]]:
        """Return the numbers at the head of the page, with what they are called."""
        cases, units = self.found.cases, self.found.units
        dated, on_time = sum(row.on_time + row.late for row in units), sum(row.on_time for row in units)
        return [
            ("期间内发起的事项", f"{sum(row.total - row.called for row in cases)}"),
            ("其中已办结", f"{sum(row.completed - row.called_completed for row in cases)}"),
            ("按期办结率", "—" if not dated else f"{on_time / dated:.1%}"),
            ("现在逾期未办", f"{sum(row.overdue for row in units)}"),
        ]

    def link(self, table: figure_tables.Table, ending: str) -> str:
        """Return the address of a table as a file, or of its chart."""
        folder = "charts" if ending == "svg" else "tables"
        return listing.address(f"/dashboard/{folder}/{table.id}.{ending}", self.asked.query)

    def narrow(self, table: figure_tables.Table) -> str:
        """Return the address of the chart for phones."""
        return listing.address(f"/dashboard/charts/{table.id}.svg", {**self.asked.query, "narrow": "1"})

    def heat_class(self, heat: int) -> str:
        """Return what a class of the heat is called."""
        return figure_tables.heat_name(heat)


@router.get("", rule=access.MONITOR)
def show(request: fastapi.Request, engine: access.CurrentEngine, actor: access.CurrentActor) -> fastapi.Response:
    """Show the statistics."""
    asked, found, tables = _look(request, engine, actor, anew=True)
    known = people.directory(engine)
    units = sorted((known.unit_name(id_), str(id_)) for id_ in known.units)
    page = DashboardPage(
        asked=asked,
        found=found,
        tables=tables,
        heat=_heat(engine, found, asked.heat),
        units=tuple((id_, name) for name, id_ in units),
        quarters=tuple((number, i18n.text(request, name)) for number, name in _QUARTERS.items()),
    )
    return pages.show(request, "dashboard/dashboard.html", page)


@router.get("/tables/{table}.csv", rule=access.MONITOR)
def export_csv(
    request: fastapi.Request, table: str, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Send a table as a file for spreadsheets."""
    asked, _, tables = _look(request, engine, actor)
    wanted = _one(tables, table)
    return spreadsheets.download(_file_name(wanted, asked), wanted.head, wanted.rows)


@router.get("/tables/{table}.xlsx", rule=access.MONITOR)
def export_xlsx(
    request: fastapi.Request, table: str, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Send a table as a workbook."""
    asked, _, tables = _look(request, engine, actor)
    wanted = _one(tables, table)
    book = spreadsheets.workbook(wanted.title, wanted.head, wanted.rows)
    return downloads.file(book, downloads.SHEET, f"{_file_name(wanted, asked)}.xlsx")


@router.get("/charts/{table}.svg", rule=access.MONITOR)
def chart(
    request: fastapi.Request,
    table: str,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    narrow: str = "",
) -> fastapi.Response:
    """Send a chart; a browser that has it already is told so."""
    _, _, tables = _look(request, engine, actor)
    wanted = _one(tables, table).chart
    if wanted is None:
        raise errors.NotFound("没有可以画图的数据。")
    tag = f'"{wanted.digest(narrow=bool(narrow))}"'
    answer = fresh.answer(request, lambda: charts.draw(wanted, narrow=bool(narrow)), "image/svg+xml", etag=tag)
    answer.headers["content-security-policy"] = charts.POLICY
    return answer


class _Recent:
    """What was counted last for an engine, by what was asked. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: weakref.WeakKeyDictionary[
            context.Engine, dict[statistics.Filter, tuple[float, statistics.Overview]]
        ] = weakref.WeakKeyDictionary()

    def get(self, engine: context.Engine, chosen: statistics.Filter) -> statistics.Overview | None:
        """Return what was counted within the last `FRESH` seconds."""
        with self._lock:
            at, found = self._found.get(engine, {}).get(chosen, (0.0, None))
        return found if found is not None and time.monotonic() - at < FRESH else None

    def keep(self, engine: context.Engine, found: statistics.Overview) -> None:
        """Keep what was counted now; the oldest goes."""
        with self._lock:
            held = self._found.setdefault(engine, {})
            held.pop(found.chosen, None)
            held[found.chosen] = (time.monotonic(), found)
            while len(held) > _KEPT:
                del held[next(iter(held))]


_RECENT = _Recent()


def _look(
    request: fastapi.Request, engine: context.Engine, actor: commands.Actor, *, anew: bool = False
) -> tuple[Asked, statistics.Overview, tuple[figure_tables.Table, ...]]:
    """Return what is asked for, counted `anew` for the page itself; the rule of every route is that of the action."""
    asked = _asked(request, moments.local_day(engine.clock.now()))
    chosen = _filter(asked)
    found = None if anew else _RECENT.get(engine, chosen)
    if found is None:
        found = statistics.overview(engine, actor, chosen)
        _RECENT.keep(engine, found)
    known = people.directory(engine)
    return asked, found, figure_tables.tables(found, known.unit_name, lambda source: i18n.text(request, source))


def _asked(request: fastapi.Request, today: datetime.date) -> Asked:
    query = {name: value.strip()[:100] for name, value in request.query_params.items()}
    year = query.get("year", "")
    return Asked(
        year=int(year) if year.isdecimal() and _YEARS[0] <= int(year) <= _YEARS[1] else today.year,
        quarter=query.get("quarter", "") if query.get("quarter") in _QUARTERS else "",
        since=query.get("since", ""),
        until=query.get("until", ""),
        procedure=query.get("procedure", ""),
        unit=query.get("unit", ""),
        heat=query.get("heat", ""),
    )


def _filter(asked: Asked) -> statistics.Filter:
    quarter = int(asked.quarter or 0)
    first = datetime.date(asked.year, 3 * quarter - 2 if quarter else 1, 1)
    after = datetime.date(asked.year + (quarter in (0, 4)), 3 * quarter % 12 + 1 if quarter else 1, 1)
    if asked.unit and not asked.unit.isdecimal():
        raise errors.InvalidInput(f"没有编号为 {asked.unit} 的单位，请从列表中选择。")
    return statistics.Filter(
        since=_day(asked.since, first),
        until=_day(asked.until, after - datetime.timedelta(days=1)),
        procedure=asked.procedure or None,
        unit=int(asked.unit) if asked.unit else None,
    )


def _day(text: str, default: datetime.date) -> datetime.date:
    if not text:
        return default
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        raise errors.InvalidInput(f"日期应写作 2026-03-01，现为“{text[:20]}”。") from None
    if not _YEARS[0] <= day.year <= _YEARS[1]:
        raise errors.InvalidInput(f"日期应在 {_YEARS[0]} 年至 {_YEARS[1]} 年之间，现为“{text}”。")
    return day


def _heat(engine: context.Engine, found: statistics.Overview, wanted: str) -> Heat | None:
    """Draw the procedure that is asked for; else the filtered one; else that in which tasks wait longest altogether."""
    waits: dict[str, float] = {}
    for row in found.steps:
        waits[row.procedure.key] = waits.get(row.procedure.key, 0) + row.wait * (row.done + row.waiting)
    key = wanted or found.chosen.procedure or max(sorted(waits), key=lambda each: waits[each], default="")
    procedure = next((each for each in found.procedures if each.key == key), None)
    if procedure is None:
        return None
    rows = sorted((row for row in found.steps if row.procedure == procedure), key=lambda row: (-row.wait, row.element))
    try:
        svg, _ = published.svg(engine, procedure.definition)
    except errors.NotFound:
        svg = ""
    return Heat(procedure, figure_tables.heated(svg, rows), tuple(rows))


def _one(tables: tuple[figure_tables.Table, ...], wanted: str) -> figure_tables.Table:
    for table in tables:
        if table.id == wanted:
            return table
    raise errors.NotFound("没有此统计表。", table=wanted)


def _file_name(table: figure_tables.Table, asked: Asked) -> str:
    chosen = _filter(asked)
    return f"{table.title} {chosen.since}至{chosen.until}"

"""Statistics as tables and charts: what the page shows, what is exported and what is drawn are the same numbers."""

from __future__ import annotations

import dataclasses
import html
import re
from collections.abc import Callable, Iterable, Mapping

import markupsafe

from engine.actions import figures, statistics
from engine.model import figures as model
from engine.web import charts, diagrams

#: Gives a text in the language of the reader.
Say = Callable[[str], str]
#: A task in a picture of `engine.bpmn.picture`: its group, its id, and the rectangle that it is.
_TASK = re.compile(
    r'(<g class="bpmn-\w+[^"]*" data-element="([^"]*)">(?:<title>[^<]*</title>)?'
    r'<rect x="([-\d.]+)" y="([-\d.]+)" width="([-\d.]+)"[^>]*/>)'
)


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """Numbers with their heads. `rows` begin with texts, as many as `texts`; `chart` is None where nothing is drawn."""

    id: str
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    texts: int = 1
    note: str = ""
    chart: charts.Chart | None = None
    empty: str = ""


def tables(found: statistics.Overview, unit_name: Callable[[int | None], str], say: Say) -> tuple[Table, ...]:
    """Return every table of the page, in its order."""
    return (
        cases(found, say),
        units(found, unit_name, say),
        steps(found, say),
        *(measured(each, say) for each in found.figures),
    )


def cases(found: statistics.Overview, say: Say) -> Table:
    """Return how many cases of each procedure stand where."""
    states = (
        ("办理中", "good", "open"),
        ("已暂停", "wait", "suspended"),
        ("已办结", "main", "completed"),
        ("已取消", "off", "cancelled"),
        ("异常终止", "bad", "error"),
    )
    rows = tuple(
        (row.procedure.name, *(getattr(row, field) for _, _, field in states), row.total, row.called)
        for row in found.cases
    )
    parts = tuple(
        charts.Part(say(name), tone, values)
        for name, tone, field in states
        if any(values := tuple(float(getattr(row, field)) for row in found.cases[: charts.MOST_ROWS]))
    )
    return Table(
        id="cases",
        title=say("各流程事项"),
        head=(say("流程"), *(say(name) for name, _, _ in states), say("合计"), say("其中由其他事项发起")),
        rows=rows,
        note=say("期间内发起的事项现在的状态。"),
        chart=charts.Chart(tuple(row.procedure.name for row in found.cases), parts, say("件")) if rows else None,
        empty=say("期间内没有发起的事项"),
    )


def units(found: statistics.Overview, unit_name: Callable[[int | None], str], say: Say) -> Table:
    """Return how punctual each unit is."""
    names = tuple(unit_name(row.unit) or say("多个单位可签收或未分单位") for row in found.units)
    parts = (
        ("按期办结", "main", tuple(float(row.on_time) for row in found.units)),
        ("逾期办结", "bad", tuple(float(row.late) for row in found.units)),
        ("逾期未办", "wait", tuple(float(row.overdue) for row in found.units)),
    )
    drawn = tuple(charts.Part(say(name), tone, values) for name, tone, values in parts if any(values))
    return Table(
        id="units",
        title=say("各单位按期办理"),
        head=tuple(say(name) for name in ("单位", "按期办结", "逾期办结", "按期率（%）", "无期限办结", "逾期未办")),
        rows=tuple(
            (name, row.on_time, row.late, row.rate, row.undated, row.overdue)
            for name, row in zip(names, found.units, strict=True)
        ),
        note=say(
            "期间内办结的任务，按办理期限计算；代办的计入委托人的单位。逾期未办的是现在的数量，未签收的计入可以签收的多数人员所在的单位。"
        ),
        chart=charts.Chart(tuple(_short(name) for name in names), drawn, say("项任务")) if drawn else None,
        empty=say("期间内没有办结的任务"),
    )


def steps(found: statistics.Overview, say: Say) -> Table:
    """Return how many working days the steps take, the longest wait first."""
    slowest = sorted(found.steps, key=lambda row: (-row.wait, row.procedure.name, row.element))
    done = sorted((row for row in found.steps if row.mean is not None), key=lambda row: (-(row.mean or 0), row.element))
    part = charts.Part(say("平均"), "good", tuple(round(row.mean or 0, 1) for row in done))
    names = tuple(f"{row.name}（{row.procedure.name}）" if not found.chosen.procedure else row.name for row in done)
    medians = tuple(row.median for row in done)
    chart = charts.Chart(names, (part,), say("工作日"), medians, say("中位数"), 1) if done else None
    return Table(
        id="steps",
        title=say("各环节用时"),
        head=tuple(
            say(name)
            for name in (
                "流程",
                "环节",
                "办结件数",
                "平均用时",
                "中位数",
                "最长",
                "在办件数",
                "在办最久",
                "平均停留",
                "停留程度",
            )
        ),
        rows=tuple(
            (
                row.procedure.name,
                row.name,
                row.done,
                _one(row.mean),
                _one(row.median),
                row.longest,
                row.waiting,
                row.oldest,
                _one(row.wait),
                say(heat_name(row.heat)),
            )
            for row in slowest
        ),
        texts=2,
        note=say(
            "单位为工作日，按工作日历计算，到达当天不计。平均停留取已办结和在办两个平均数中较长的一个，以免积压被以往办得快的任务掩盖。"
        ),
        chart=chart,
        empty=say("期间内没有办结的任务，现在也没有在办的任务"),
    )


def measured(found: model.Measured, say: Say) -> Table:
    """Return what a figure of a pack came to."""
    figure = found.figure
    head: tuple[str, ...]
    if figure.by:
        rows: tuple[tuple[object, ...], ...] = tuple(
            (name or say("未填写"), count, figures.percent(count, found.total)) for name, count in found.parts
        )
        head = (say("结果"), say("数量"), say("占比（%）"))
    elif figure.sums:
        rows, head = found.parts, (say("结果"), say("数量"))
    elif found.late is not None:
        on_time = found.total - found.late
        rows = ((figure.name, found.total, on_time, found.late, figures.percent(on_time, found.total)),)
        head = (say("项目"), say("应办"), say("按期办结"), say("逾期"), say("按期率（%）"))
    else:
        rows = ((figure.name, found.total),)
        head = (say("项目"), say("数量"))
    chart = None
    if found.parts and any(count for _, count in found.parts):
        part = charts.Part(say("数量"), "main", tuple(float(count) for _, count in found.parts))
        chart = charts.Chart(tuple(name or say("未填写") for name, _ in found.parts), (part,), say("件"))
    return Table(
        id=f"{found.pack}-{figure.id}",
        title=figure.name,
        head=head,
        rows=rows if found.total or any(count for _, count in found.parts) else (),
        note=figure.note,
        chart=chart,
        empty=say("期间内没有记录"),
    )


def heat_name(heat: int) -> str:
    """Return what a class of the heat is called, in Chinese."""
    low, high = (0, *statistics.HEAT)[heat], (*statistics.HEAT, None)[heat]
    if high is None:
        return f"{low} 个工作日以上"
    return f"不足 {high} 个工作日" if not low else f"{low} 至 {high} 个工作日"


def heated(svg: str, steps: Iterable[statistics.StepRow]) -> markupsafe.Markup:
    """Return the picture of a procedure with the wait at each task: as a class for its colour, and as a number.

    Args:
        svg: By `engine.bpmn.picture`.
        steps: Those of the procedure.
    """
    rows: Mapping[str, statistics.StepRow] = {row.element: row for row in steps}
    coloured = diagrams.marked(svg, {element: f"heat heat-{row.heat}" for element, row in rows.items()})

    def labelled(found: re.Match[str]) -> str:
        row = rows.get(html.unescape(found[2]))
        if row is None:
            return found[1]
        right, top = float(found[3]) + float(found[5]), float(found[4])
        text = f"{row.wait:.1f} ({row.waiting})" if row.waiting else f"{row.wait:.1f}"
        width = 12 + 7 * len(text)
        return (
            f'{found[1]}<g class="heat-number"><rect x="{right - width + 8:g}" y="{top - 11:g}" width="{width}" '
            f'height="20" rx="10"/><text x="{right - width / 2 + 8:g}" y="{top + 4:g}" text-anchor="middle" '
            f'font-size="13">{text}</text></g>'
        )

    return markupsafe.Markup(_TASK.sub(labelled, str(coloured)))  # noqa: S704  numbers alone are added


def _one(value: float | None) -> float | None:
    return None if value is None else round(value + 1e-9, 1)


def _short(path: str) -> str:
    """Return the last name of a unit's path: the units above it are in the table."""
    return path.rpartition("／")[2]

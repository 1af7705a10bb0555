"""Charts, drawn on the server as SVG: bars, one line a row, each part with its number.

matplotlib draws (docs/decisions/0013-charts.md); it is imported when the first chart is asked for. Every chart stands
beside a table that says the same, so it carries nothing alone; parts differ by hatching as well as by colour.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import io
import threading
import warnings
from collections.abc import Sequence
from typing import Any

#: What the browser may do with a chart: nothing but draw it. matplotlib writes styles as attributes.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
#: Rows of a chart at most; its table has them all.
MOST_ROWS = 15

_INK, _SOFT, _LINE = "#1b2631", "#4a5663", "#dfe4ea"
#: Fill and hatching of the tones that a part may have.
_TONES = {
    "main": ("#1f4b73", ""),
    "good": ("#4c7ba6", ""),
    "calm": ("#c9d6e3", ""),
    "wait": ("#e0b65c", ".."),
    "bad": ("#b5483f", "///"),
    "off": ("#aab3bd", "xx"),
}
#: Fonts with Chinese, the first one that the machine has is measured by; the browser may take another of them.
_FONTS = ("Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", "SimHei")
_FALLBACK = "DejaVu Sans"
_LOCK = threading.Lock()


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """A part of every bar: `values` are one for each row."""

    name: str
    tone: str
    values: tuple[float, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Chart:
    """Bars from the top down.

    Parameters:
        rows: what they are called.
        parts: what they are made of, from the left.
        unit: what the numbers are, below the axis.
        marks: a further number for each row, as a stroke across its bar (None: no stroke there).
        marked: what the stroke means.
        digits: after the decimal point.
    """

    rows: tuple[str, ...]
    parts: tuple[Part, ...]
    unit: str
    marks: tuple[float | None, ...] = ()
    marked: str = ""
    digits: int = 0

    def digest(self, *, narrow: bool) -> str:
        """Return what is the same for equal pictures only."""
        return hashlib.sha256(f"{self!r}{narrow}".encode()).hexdigest()[:32]

    def first(self) -> Chart:
        """Return the chart with no more rows than a chart may have."""
        return dataclasses.replace(
            self,
            rows=self.rows[:MOST_ROWS],
            parts=tuple(dataclasses.replace(part, values=part.values[:MOST_ROWS]) for part in self.parts),
            marks=self.marks[:MOST_ROWS],
        )


@functools.lru_cache(maxsize=64)
def draw(chart: Chart, *, narrow: bool = False) -> bytes:
    """Return a chart as SVG; the same chart always gives the same bytes.

    Args:
        chart: What is drawn.
        narrow: For phones: half as wide, the letters as large.
    """
    # One at a time: what matplotlib is set to and the warnings below belong to the whole process.
    with _LOCK, warnings.catch_warnings():
        # On a machine without Chinese fonts the browser's own are used; only measuring is coarser then.
        warnings.filterwarnings("ignore", message="Glyph ", category=UserWarning)
        return _draw(chart.first(), narrow)


def _draw(chart: Chart, narrow: bool) -> bytes:
    import matplotlib
    from matplotlib.backends import backend_svg
    from matplotlib.figure import Figure

    settings: dict[Any, Any] = {
        "font.family": _families(),
        "font.size": 10,
        "svg.fonttype": "none",
        "svg.hashsalt": "gongkai",
        "hatch.linewidth": 0.6,
        "axes.unicode_minus": False,
        "text.parse_math": False,
    }
    labels = [wrapped(row, 9 if narrow else 18) for row in chart.rows]
    lines = sum(max(2, label.count("\n") + 1) for label in labels)
    with matplotlib.rc_context(settings):
        head = 0.65 + 0.3 * (len(chart.parts) > 1 or bool(chart.marked))
        figure = Figure(figsize=(4.4 if narrow else 10.4, head + 0.2 * lines), layout="constrained")
        backend_svg.FigureCanvasSVG(figure)
        _bars(figure.add_subplot(), chart, labels, narrow)
        target = io.BytesIO()
        figure.savefig(target, format="svg", metadata={"Date": None, "Creator": None})
    return target.getvalue()


def _bars(axes: Any, chart: Chart, labels: Sequence[str], narrow: bool) -> None:
    places = list(range(len(labels)))
    left = [0.0] * len(labels)
    widest = max([sum(values) for values in zip(*(part.values for part in chart.parts), strict=True)] or [0]) or 1
    for part in chart.parts:
        fill, hatch = _TONES[part.tone]
        axes.barh(
            places, part.values, left=left, height=0.62, color=fill, hatch=hatch, edgecolor="white", label=part.name
        )
        for place, value in enumerate(part.values):
            if value and (len(chart.parts) == 1 or value / widest > (0.07 if narrow else 0.03)):
                _number(axes, chart, place, left[place], value, part, alone=len(chart.parts) == 1)
        left = [begin + value for begin, value in zip(left, part.values, strict=True)]
    for number, mark in enumerate(chart.marks):
        if mark is not None:
            legend = (
                chart.marked if number == next(at for at, each in enumerate(chart.marks) if each is not None) else None
            )
            axes.plot([mark, mark], [number - 0.4, number + 0.4], color=_INK, linewidth=2, label=legend)
    axes.set_yticks(places, labels)
    axes.invert_yaxis()
    axes.set_xlim(0, max([widest, *(mark for mark in chart.marks if mark is not None)]) * 1.12)
    axes.set_xlabel(chart.unit, color=_SOFT)
    axes.tick_params(length=0, colors=_INK)
    axes.xaxis.get_major_locator().set_params(integer=chart.digits == 0, nbins=4 if narrow else 8)
    axes.grid(axis="x", color=_LINE, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    axes.spines["left"].set_color(_SOFT)
    if len(chart.parts) > 1 or chart.marked:
        columns = 2 if narrow else len(chart.parts) + 1
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, frameon=False, handlelength=1.4)


def _number(axes: Any, chart: Chart, place: int, begin: float, value: float, part: Part, *, alone: bool) -> None:
    text = f"{value:.{chart.digits}f}"
    if alone:
        axes.annotate(text, (value, place), (4, 0), textcoords="offset points", va="center", color=_INK)
    else:
        dark = part.tone in ("main", "good", "bad")
        box = {"facecolor": _TONES[part.tone][0], "edgecolor": "none", "pad": 1.2}
        axes.text(begin + value / 2, place, text, ha="center", va="center", color="white" if dark else _INK, bbox=box)


@functools.cache
def _families() -> list[str]:
    from matplotlib import font_manager

    known = set(font_manager.get_font_names())
    return [*(name for name in _FONTS if name in known), _FALLBACK]


def wrapped(text: str, width: int) -> str:
    """Return a text on two lines at most, of as many Chinese characters; what is too long ends in dots."""
    if len(text) <= width:
        return text
    rest = text[width:]
    return f"{text[:width]}\n{rest if len(rest) <= width else rest[: width - 1] + '…'}"

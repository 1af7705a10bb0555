"""Writing SVG: elements with escaped attributes, text in lines, nothing that a strict content policy would refuse."""

from __future__ import annotations

import unicodedata
from xml.sax.saxutils import escape, quoteattr

from engine.bpmn.layout import text as texts
from engine.bpmn.layout.text import LINE_HEIGHT

INK, PAPER = "#22242a", "#ffffff"
FONT = "Arial, 'Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', sans-serif"
# In vertical text these stand on their side, as Latin words do.
_TURNED = frozenset("（）《》〈〉「」『』【】〔〕—…～－()[]{}<>")


def number(value: float) -> str:
    """A coordinate without superfluous digits."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if abs(value) >= 0.005 else "0"


def element(tag: str, content: str = "", /, **attributes: str | float | None) -> str:
    """An SVG element; underscores of attribute names become hyphens, attributes that are None are left out."""
    parts = [tag]
    for name, value in attributes.items():
        if value is not None:
            shown = value if isinstance(value, str) else number(value)
            parts.append(f"{name.rstrip('_').replace('_', '-')}={quoteattr(shown)}")
    head = " ".join(parts)
    return f"<{head}>{content}</{tag}>" if content else f"<{head}/>"


def stroke(width: float = 1.5, fill: str = "none", color: str = INK, dash: str | None = None) -> dict[str, str]:
    """Attributes of an outline."""
    found = {"fill": fill, "stroke": color, "stroke_width": number(width)}
    if dash:
        found["stroke_dasharray"] = dash
    return found


def lines(block: texts.Block, x: float, top: float, size: float, anchor: str = "middle", halo: bool = False) -> str:
    """Text in lines, centred on x or starting there; ``top`` is the upper side of the first line, in pixels."""
    spans = []
    height = size * LINE_HEIGHT
    for n, line in enumerate(block.lines):
        # The base line of a line of text lies about a third of the font size below its middle.
        y = top + height * (n + 0.5) + size * 0.36
        spans.append(element("tspan", escape(line), x=x, y=y))
    if not spans:
        return ""
    behind = {"stroke": PAPER, "stroke_width": "3", "stroke_linejoin": "round", "paint_order": "stroke"} if halo else {}
    return element("text", "".join(spans), font_size=size, text_anchor=anchor, fill=INK, **behind)


def shortened(content: str, limit: float, size: float, most: int) -> texts.Block:
    """Text wrapped to at most that many lines; what does not fit ends in an ellipsis."""
    block = texts.wrap(content, limit, size)
    if len(block.lines) <= most:
        return texts.balanced(content, limit, size)
    last = block.lines[most - 1]
    while last and texts.width(last + "…", size) > limit:
        last = last[:-1]
    kept = (*block.lines[: most - 1], last + "…")
    return texts.Block(kept, block.width, most * size * LINE_HEIGHT)


def upright(content: str, x: float, y: float, size: float, room: float) -> str:
    """A vertical title around a middle point: Chinese characters upright, other writing on its side.

    Args:
        content: The title.
        x: Middle, in pixels.
        y: Middle, in pixels.
        size: Font size in pixels.
        room: Height that the title may take, in pixels; longer titles get a second column.
    """
    units = _units(content)
    lengths = [_length(unit, size) for unit in units]
    columns = [units]
    if sum(lengths) > room and len(units) > 1:
        half, at = sum(lengths) / 2, 0.0
        cut = 0
        while at < half:
            at += lengths[cut]
            cut += 1
        columns = [units[:cut], units[cut:]]
    drawn = []
    for n, column in enumerate(columns):
        # The first column of vertical Chinese text is the right one.
        middle = x + (len(columns) - 1 - 2 * n) * size * 0.6
        top = y - sum(_length(unit, size) for unit in column) / 2
        for unit in column:
            drawn.append(_unit(unit, middle, top, size))
            top += _length(unit, size)
    return "".join(drawn)


def _units(content: str) -> list[str]:
    """Characters that stand upright, and runs that are turned."""
    units: list[str] = []
    turned = False
    for char in " ".join(content.split()):
        lying = char in _TURNED or unicodedata.east_asian_width(char) not in "WF"
        if lying and turned:
            units[-1] += char
        else:
            units.append(char)
        turned = lying
    return units


def _lies(unit: str) -> bool:
    return len(unit) > 1 or unit in _TURNED or unicodedata.east_asian_width(unit) not in "WF"


def _length(unit: str, size: float) -> float:
    return texts.width(unit, size) if _lies(unit) else size * 1.05


def _unit(unit: str, x: float, top: float, size: float) -> str:
    middle = top + _length(unit, size) / 2
    turn = f"rotate(90 {number(x)} {number(middle)})" if _lies(unit) else None
    return element(
        "text",
        escape(unit),
        x=x,
        y=middle + size * 0.36,
        font_size=size,
        text_anchor="middle",
        fill=INK,
        transform=turn,
    )

"""Sizes of shapes, in pixels: those of bpmn-js, widened where a Chinese name would not fit."""

from __future__ import annotations

from engine.bpmn.layout import text

EVENT, GATEWAY = 36, 50
TASK_HEIGHT = 80
DATA_OBJECT, DATA_STORE = (36, 50), (50, 50)
#: Inner margins of an expanded subprocess; the name stands in the upper one, loop markers in the lower one.
FRAME_LEFT, FRAME_TOP, FRAME_RIGHT, FRAME_BOTTOM = 4, 28, 4, 20

_TASK_WIDTHS = (100, 120, 140)
_TASK_PADDING, _ICON = 5, 24
_NOTE_WIDTHS = (100, 120, 140, 160, 180)
_NOTE_PADDING = 7


def task(name: str) -> tuple[int, int]:
    """The smallest box in which a name stays clear of the icon in the corner: two lines, or more in a wide one."""
    for width in _TASK_WIDTHS:
        block = text.wrap(name, width - 2 * _TASK_PADDING, text.INSIDE)
        if len(block.lines) <= 2:
            return width, TASK_HEIGHT
    return _TASK_WIDTHS[-1], max(TASK_HEIGHT, _even(block.height + 2 * _ICON))


def note(content: str) -> tuple[int, int]:
    """A box for an annotation that is wider than it is high."""
    for width in _NOTE_WIDTHS:
        block = text.wrap(content, width - 2 * _NOTE_PADDING, text.INSIDE)
        if block.height + 10 <= width * 0.6 or width == _NOTE_WIDTHS[-1]:
            break
    # bpmn-js never draws an annotation less than 40 high.
    return width, max(40, _even(block.height + 12))


def _even(value: float) -> int:
    return -(-int(value + 0.999) // 2) * 2


def frame(name: str, width: float, height: float) -> tuple[int, int]:
    """An expanded subprocess around contents of that size, wide enough for its name."""
    least = text.wrap(name, 300, text.INSIDE).width + 60
    return (
        _even(max(width + FRAME_LEFT + FRAME_RIGHT, least)),
        _even(height + FRAME_TOP + FRAME_BOTTOM),
    )

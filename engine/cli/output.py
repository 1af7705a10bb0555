"""How commands answer: tables that keep their columns in Chinese terminals, fields, sentences, or JSON for programs."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import io
import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click
import rich.box
import rich.cells
import rich.console
import rich.table

BEIJING = datetime.timezone(datetime.timedelta(hours=8))

#: Columns of a table that is written to a file or pipe: nothing is cut off there.
_WIDE = 240
#: The width of a point in time: what is no wider is not worth wrapping.
_SHORT = 16
#: The least that a column with sentences is to have.
_SENTENCE = 12


def write_what_can_be_shown() -> None:
    """Let a terminal of another encoding show `?` for a character it does not have, instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def plain(value: Any) -> Any:
    """Turn model objects into what JSON can hold."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, datetime.datetime):
        return value.astimezone(BEIJING).isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def as_json(value: Any) -> None:
    """Write a value as JSON."""
    click.echo(json.dumps(plain(value), ensure_ascii=False, indent=2))


def answer(wanted: bool, value: Any, sentence: str) -> None:
    """Write what was done: as JSON when that is wanted, else as a sentence."""
    if wanted:
        as_json(value)
    else:
        click.echo(clean(sentence))


def event(wanted: bool, value: Any, sentence: str) -> None:
    """Write what happens while a command goes on: a line of JSON each, or a sentence."""
    click.echo(json.dumps(plain(value), ensure_ascii=False) if wanted else clean(sentence))


def text(value: Any) -> str:
    """Write one value for people."""
    if value is None or value == "" or value == () or value == []:
        return "—"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime.datetime):
        return value.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, enum.Enum):
        return WORDS.get(value.value, str(value.value))
    if isinstance(value, list | tuple | frozenset):
        return "、".join(text(item) for item in (sorted(value) if isinstance(value, frozenset) else value)) or "—"
    if isinstance(value, Mapping):
        return clean(json.dumps(plain(value), ensure_ascii=False))
    return clean(str(value))


def clean(shown: str) -> str:
    """Replace what would steer a terminal instead of being read on it, such as an escape in the name of a case."""
    return "".join(c if c in "\n\t" or unicodedata.category(c)[0] != "C" else "\ufffd" for c in shown)


#: What the values of the model are called in Chinese.
WORDS = {
    "active": "办理中",
    "suspended": "已暂停",
    "completed": "已办结",
    "cancelled": "已取消",
    "error": "出错终止",
    "open": "待办",
    "ready": "待执行",
    "leased": "执行中",
    "failed": "失败",
    "new": "新增",
    "changed": "有变化",
    "unchanged": "未变",
    "removed": "已移出",
    "message": "消息",
    "signal": "信号",
    "expression": "表达式错误",
    "decision": "决策错误",
    "job": "作业失败",
    "unhandled-error": "错误无人接收",
    "stuck": "汇聚等待不到分支",
    "endless-loop": "循环没有等待",
    "admin": "系统管理",
    "monitor": "督办",
    "design": "流程设计",
    "handed": "已移交",
    "returned": "已交回",
    "offered": "留待签收",
    "kept": "未能移交",
}


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str = "没有记录。") -> None:
    """Write rows under headings, each column as wide as its content, counting Chinese characters as two."""
    filled = [[text(cell) for cell in row] for row in rows]
    if not filled:
        click.echo(empty)
        return
    widths = [max(map(rich.cells.cell_len, column)) for column in zip(headings, *filled, strict=True)]
    room = _console().width - 3 * len(widths) - sum(width for width in widths if width <= _SHORT)
    # Numbers, dates and words of state stay whole in a narrow terminal, as long as that leaves room for sentences.
    whole = room >= _SENTENCE * sum(1 for width in widths if width > _SHORT)
    drawn = rich.table.Table(box=rich.box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading, width in zip(headings, widths, strict=True):
        drawn.add_column(heading, overflow="fold", no_wrap=whole and width <= _SHORT)
    for row in filled:
        drawn.add_row(*row)
    _print(drawn)


def fields(pairs: Iterable[tuple[str, Any]]) -> None:
    """Write names and values below each other."""
    shown = [(name, text(value)) for name, value in pairs]
    grid = rich.table.Table.grid(padding=(0, 2))
    for name, value in shown:
        grid.add_row(name, value)
    _print(grid)


def _print(drawn: rich.table.Table) -> None:
    """Write a table as wide as the terminal, without blanks at the ends of lines."""
    console = _console()
    with console.capture() as captured:
        console.print(drawn)
    for line in captured.get().splitlines():
        click.echo(line.rstrip())


def _console() -> rich.console.Console:
    width = None if sys.stdout.isatty() else _WIDE
    return rich.console.Console(width=width, highlight=False, markup=False, emoji=False)


def more(next_page: str | None) -> None:
    """Say that there is more, on standard error so that it never mixes with the rows."""
    if next_page is not None:
        click.echo("还有更多：加 --limit 显示更多行。", err=True)

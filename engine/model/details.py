"""What a publication shows besides its text: facts, tables, and lines by which anybody checks them.

A process gives them as plain data, so that pages show results without knowing what procedure they come from. They are
part of what is hashed when something is published.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from engine import errors

#: The most that one publication may carry: enough for every case of an office, too little to hurt a reader's phone.
FACTS, TABLES, CHECKS, COLUMNS, ROWS = 50, 20, 20, 12, 5000
LONGEST_NAME, LONGEST_TEXT, LONGEST_COMMAND = 200, 5000, 100_000
MOST_BYTES = 2_000_000


@dataclasses.dataclass(frozen=True, slots=True)
class Fact:
    """Something in a word: what it is called, and what it is."""

    name: str
    value: str


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """Rows with as many cells as there are columns."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Check:
    """How a reader checks something: in words, and as one line of shell."""

    text: str
    command: str


@dataclasses.dataclass(frozen=True, slots=True)
class Details:
    """Everything of this kind that a publication shows."""

    facts: tuple[Fact, ...] = ()
    tables: tuple[Table, ...] = ()
    checks: tuple[Check, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.facts or self.tables or self.checks)

    def words(self) -> str:
        """Return what people read of it, a text a line; the lines of shell are for machines."""
        said = [text for fact in self.facts for text in (fact.name, fact.value)]
        for table in self.tables:
            said += [table.caption, *table.columns, *(cell for row in table.rows for cell in row)]
        return "\n".join([*said, *(check.text for check in self.checks)])

    def as_json(self) -> dict[str, Any]:
        """Return them as plain data, as `read` takes them."""
        return {
            "facts": [{"name": each.name, "value": each.value} for each in self.facts],
            "tables": [
                {"caption": each.caption, "columns": list(each.columns), "rows": [list(row) for row in each.rows]}
                for each in self.tables
            ],
            "checks": [{"text": each.text, "command": each.command} for each in self.checks],
        }


NOTHING = Details()


def read(given: Mapping[str, Any] | None) -> Details:
    """Return details from plain data.

    Args:
        given: `facts` ({name, value}), `tables` ({caption, columns, rows}) and `checks` ({text, command}), each a
            list and each optional. Numbers become texts; facts without a value are left out.

    Raises:
        errors.InvalidRecord: Something is missing, of another form, or more than a publication may carry.
    """
    if not given:
        return NOTHING
    if unknown := set(given) - {"facts", "tables", "checks"}:
        raise errors.InvalidRecord(f"公开内容可以带 facts、tables、checks，实际有：{'、'.join(sorted(unknown))}。")
    facts = [_fact(each) for each in _list(given, "facts", FACTS)]
    found = Details(
        tuple(each for each in facts if each.value),
        tuple(_table(each) for each in _list(given, "tables", TABLES)),
        tuple(_check(each) for each in _list(given, "checks", CHECKS)),
    )
    size = len(json.dumps(found.as_json(), ensure_ascii=False).encode(errors="replace"))
    if size > MOST_BYTES:
        raise errors.InvalidRecord(f"公开内容的表格、要点和核对方法合计应不超过 {MOST_BYTES} 字节，实际 {size} 字节。")
    return found


def _fact(given: Any) -> Fact:
    kind = "要点（facts）"
    return Fact(_named(kind, given, "name"), _text(kind, _part(kind, given, "value"), LONGEST_TEXT).strip())


def _table(given: Any) -> Table:
    kind = "表格（tables）"
    caption = _named(kind, given, "caption")
    columns = tuple(_text(kind, each, LONGEST_NAME) for each in _list(given, "columns", COLUMNS))
    if not columns:
        raise errors.InvalidRecord(f"表格“{caption}”应至少有一栏（columns），实际没有。")
    rows = []
    for number, row in enumerate(_list(given, "rows", ROWS), 1):
        if not isinstance(row, Sequence) or isinstance(row, str) or len(row) != len(columns):
            raise errors.InvalidRecord(f"表格“{caption}”第 {number} 行应有 {len(columns)} 格，与栏数相同。")
        rows.append(tuple(_text(kind, cell, LONGEST_TEXT) for cell in row))
    return Table(caption, columns, tuple(rows))


def _check(given: Any) -> Check:
    kind = "核对方法（checks）"
    command = _text(kind, _part(kind, given, "command"), LONGEST_COMMAND).strip()
    # Somebody pastes it into a shell: a line break would run what follows before it was read.
    if not command or not command.isprintable():
        raise errors.InvalidRecord("核对方法（checks）的命令（command）应为一行可见的文字。")
    return Check(_named(kind, given, "text", LONGEST_TEXT), command)


def _named(kind: str, given: Any, name: str, longest: int = LONGEST_NAME) -> str:
    found = _text(kind, _part(kind, given, name), longest).strip()
    if not found:
        raise errors.InvalidRecord(f"公开内容的{kind}应写明 {name}，实际没有。")
    return found


def _part(kind: str, given: Any, name: str) -> Any:
    if not isinstance(given, Mapping):
        raise errors.InvalidRecord(f"公开内容的{kind}应逐项写明 {name} 等，实际为“{given!s:.40}”。")
    return given.get(name)


def _text(kind: str, value: Any, longest: int) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise errors.InvalidRecord(f"公开内容的{kind}应为文字或数字，实际为“{value!s:.40}”。")
    text = str(value)
    if len(text) > longest:
        raise errors.InvalidRecord(f"公开内容的{kind}每项应不超过 {longest} 字，实际 {len(text)} 字：“{text:.20}…”。")
    return text


def _list(given: Any, name: str, most: int) -> Sequence[Any]:
    found = given.get(name) if isinstance(given, Mapping) else given
    if found is None:
        return ()
    if not isinstance(found, Sequence) or isinstance(found, str):
        raise errors.InvalidRecord(f"公开内容的 {name} 应为列表，实际为“{found!s:.40}”。")
    if len(found) > most:
        raise errors.InvalidRecord(f"公开内容的 {name} 应不超过 {most} 项，实际 {len(found)} 项。")
    return found

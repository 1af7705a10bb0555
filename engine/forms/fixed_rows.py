"""Tables that the process fills in (`x-rows: fixed`): their rows are given, and so are the read-only fields in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.forms import coercion, definition, dialect, problems


def stand(field: definition.Field, rows: Any, given: Any) -> list[dict[str, Any]]:
    """Return as many rows as are given, each with what is filled in of it, its read-only fields as they are given.

    Args:
        field: A field with fixed rows.
        rows: What was submitted, typed or kept; whatever is no list of rows counts as nothing filled in.
        given: The rows as the process has them.
    """
    kept = {child.name for child in field.children if child.read_only}
    typed = rows if isinstance(rows, list) else []
    found = []
    for index, row in enumerate(_rows(given)):
        mine = typed[index] if index < len(typed) else row
        mine = mine if isinstance(mine, Mapping) else {}
        parts = {name: row[name] for name in kept if name in row}
        parts |= {name: part for name, part in mine.items() if name not in kept}
        known = [child.name for child in field.children if child.name in parts]
        found.append({name: parts[name] for name in [*known, *(set(parts) - set(known))]})
    return found


def complaints(field: definition.Field, rows: Any, given: Any) -> Iterator[tuple[problems.Path, str, str]]:
    """Yield path, code and message of what a submission changes in rows that are given."""
    known = _rows(given)
    if not isinstance(rows, list):
        return  # the schema says that it is no list
    if len(rows) != len(known):
        yield (field.name,), "fixed-rows", f"应为 {len(known)} 行，不能增加或者删除，现为 {len(rows)} 行"
        return
    for index, (row, was) in enumerate(zip(rows, known, strict=True)):
        for child in field.children if isinstance(row, Mapping) else ():
            if child.read_only and child.name in row and not _same(row[child.name], was.get(child.name)):
                yield (field.name, index, child.name), "read-only", "此项已经给定，不能修改，行的次序也不能改变"


def _rows(given: Any) -> list[Mapping[str, Any]]:
    return [row for row in given if isinstance(row, Mapping)] if isinstance(given, list) else []


def _same(one: Any, other: Any) -> bool:
    if coercion.is_empty(one) or coercion.is_empty(other):
        return coercion.is_empty(one) and coercion.is_empty(other)
    return dialect.canonical(one) == dialect.canonical(other)

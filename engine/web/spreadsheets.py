"""Lists as files that spreadsheet programs open without further questions."""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections.abc import Iterable, Iterator, Sequence

import xlsxwriter
from fastapi import responses

from engine.web import downloads

#: Tells spreadsheet programs that the text is UTF-8.
_MARK = "\ufeff"
#: What the name of a sheet may not have in it.
_SHEET_NAME = re.compile(r"[\[\]:*?/\\]")
#: A cell that begins so would be run as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def download(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> responses.StreamingResponse:
    """Return rows as a file to be saved, sent while they are read.

    Args:
        name: Of the file, without extension.
        head: Titles of the columns.
        rows: Cells; None is an empty one.
    """
    headers = {"content-disposition": downloads.disposition(f"{name}.csv")}
    return responses.StreamingResponse(_lines(head, rows), media_type="text/csv; charset=utf-8", headers=headers)


def workbook(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows as a workbook (XLSX); what is text stays text.

    Args:
        name: Of its sheet.
        head: Titles of the columns.
        rows: Cells; None is an empty one.
    """
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)})
    sheet = book.add_worksheet(_SHEET_NAME.sub(" ", name)[:31])
    bold = book.add_format({"bold": True, "bottom": 1})
    sheet.freeze_panes(1, 0)
    for at, title in enumerate(head):
        sheet.write_string(0, at, title, bold)
        sheet.set_column(at, at, max(12, min(40, 2 * len(title) + 4)))
    for number, row in enumerate(rows, start=1):
        for at, cell in enumerate(row):
            if cell is not None:
                sheet.write_string(number, at, str(cell))
    book.close()
    return target.getvalue()


def _lines(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield _MARK
    writer.writerow(head)
    for row in rows:
        writer.writerow([_safe(cell) for cell in row])
        if buffer.tell() > 16_384:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def _safe(cell: object) -> str:
    """Return the text of a cell; what a spreadsheet would take for a formula is made text."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(_FORMULA) else text

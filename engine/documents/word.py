"""A document as DOCX, for those who go on writing: what matters of the layout, and every word."""

from __future__ import annotations

import html.parser
import io
from typing import Any

import docx
from docx.enum import text as layout
from docx.oxml import ns
from docx.shared import Mm, Pt, RGBColor

_BODY, _TITLE = "仿宋", "方正小标宋简体"
_RED = RGBColor(0xD1, 0x00, 0x1C)
_CENTRED = frozenset({"h1", "paper-issuer", "paper-number"})
_RIGHT = frozenset({"paper-signature", "paper-date"})
#: Neither: they begin where the line begins.
_FLUSH = frozenset({"addressee", "paper-upward"})
#: How wide the text is.
_WIDTH = Mm(210 - 28 - 26)


def docx_of(title: str, content: str) -> bytes:
    """Return a document as DOCX.

    Args:
        title: Of the document.
        content: As `Rendered.html`.
    """
    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    style: Any = document.styles["Normal"]
    style.font.name, style.font.size = _BODY, Pt(16)
    style.element.rPr.rFonts.set(ns.qn("w:eastAsia"), _BODY)
    style.paragraph_format.line_spacing = Pt(29)
    style.paragraph_format.space_after = Pt(0)
    document.core_properties.title = title
    document.core_properties.author = ""
    _Writer(document).feed(content)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


class _Writer(html.parser.HTMLParser):
    """Turns the simple HTML of documents into paragraphs and tables."""

    def __init__(self, document: Any) -> None:
        super().__init__(convert_charrefs=True)
        self._document = document
        self._paragraph: Any = None
        self._bold = 0
        self._lists: list[list[Any]] = []
        self._rows: list[list[str]] | None = None
        self._cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kinds = (dict(attrs).get("class") or "").split()
        if tag == "table":
            self._rows = []
        elif tag == "tr" and self._rows is not None:
            self._rows.append([])
        elif tag in ("td", "th") and self._rows:
            self._cell = []
        elif self._cell is not None:
            if tag in ("p", "br", "li") and self._cell and self._cell[-1] != "\n":
                self._cell.append("\n")
        elif tag in ("ol", "ul"):
            self._lists.append([tag, 0])
        elif tag == "li" and self._lists:
            self._lists[-1][1] += 1
            kind, number = self._lists[-1]
            self._begin("p", [])
            self._paragraph.add_run(f"{number}. " if kind == "ol" else "· ")
        elif tag in ("p", "h1", "h2", "h3"):
            if not (tag == "p" and self._lists and self._paragraph is not None and len(self._paragraph.text) <= 4):
                self._begin(tag, kinds)
        elif tag in ("strong", "b"):
            self._bold += 1
        elif tag == "span" and "paper-signer" in kinds and self._paragraph is not None:
            self._paragraph.paragraph_format.tab_stops.add_tab_stop(_WIDTH, layout.WD_TAB_ALIGNMENT.RIGHT)
            self._paragraph.add_run().add_tab()
        elif tag == "br" and self._paragraph is not None:
            self._paragraph.add_run().add_break()

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self._cell is not None and self._rows:
            self._rows[-1].append("".join(self._cell).strip())
            self._cell = None
        elif tag == "table" and self._rows is not None:
            self._table(self._rows)
            self._rows = None
        elif self._cell is None and tag in ("p", "h1", "h2", "h3", "li"):
            self._paragraph = None
        elif tag in ("ol", "ul") and self._lists:
            self._lists.pop()
        elif tag in ("strong", "b"):
            self._bold = max(self._bold - 1, 0)

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split()) if data.strip() else ""
        if not text:
            return
        if self._cell is not None:
            self._cell.append(text)
        elif self._rows is None:
            if self._paragraph is None:
                self._begin("p", [])
            run = self._paragraph.add_run(text)
            run.bold = bool(self._bold) or None
            self._dress(run)

    def _begin(self, tag: str, kinds: list[str]) -> None:
        self._kind = next((kind for kind in kinds if kind in _CENTRED | _RIGHT | _FLUSH), tag)
        self._paragraph = self._document.add_paragraph()
        if self._kind in _CENTRED:
            self._paragraph.alignment = layout.WD_ALIGN_PARAGRAPH.CENTER
        elif self._kind in _RIGHT:
            self._paragraph.alignment = layout.WD_ALIGN_PARAGRAPH.RIGHT
        elif self._kind not in _FLUSH:
            self._paragraph.paragraph_format.first_line_indent = Pt(32)
        if self._kind == "h1":
            self._paragraph.paragraph_format.space_before = self._paragraph.paragraph_format.space_after = Pt(24)

    def _dress(self, run: Any) -> None:
        if self._kind == "paper-issuer":
            run.font.size, run.font.color.rgb, run.bold = Pt(34), _RED, True
            self._paragraph.paragraph_format.line_spacing = 1.3
        if self._kind == "h1":
            run.font.size, run.bold = Pt(22), True
            self._paragraph.paragraph_format.line_spacing = 1.3
        if self._kind in ("h1", "paper-issuer"):
            run.font.name = _TITLE
            run._element.rPr.rFonts.set(ns.qn("w:eastAsia"), _TITLE)
        if self._kind == "h2":
            run.font.name = "黑体"
            run._element.rPr.rFonts.set(ns.qn("w:eastAsia"), "黑体")

    def _table(self, rows: list[list[str]]) -> None:
        width = max((len(row) for row in rows), default=0)
        if not width:
            return
        table = self._document.add_table(rows=0, cols=width, style="Table Grid")
        for row in rows:
            cells = table.add_row().cells
            for cell, text in zip(cells, row, strict=False):
                cell.text = text
                for paragraph in cell.paragraphs:
                    paragraph.paragraph_format.line_spacing = Pt(18)
                    for run in paragraph.runs:
                        run.font.size = Pt(12)

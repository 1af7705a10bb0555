"""A document as PDF: the same pages from the same HTML, without looking at anything outside of it."""

from __future__ import annotations

import functools
import logging
import pathlib
from html import escape

from engine import errors

#: The styles of official documents, for pages and paper alike.
STYLES = pathlib.Path(__file__).with_name("paper.css")


def page(title: str, html: str) -> str:
    """Return a document as a page that needs nothing else.

    Args:
        title: Of the document.
        html: As `Rendered.html`.
    """
    head = f'<!doctype html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
    return f"{head}<style>\n{_styles()}</style>\n</head>\n<body>\n{html}</body>\n</html>\n"


def pdf(title: str, html: str) -> bytes:
    """Return a document as PDF.

    Raises:
        errors.GongkaiError: The libraries that lay out pages are not installed on this machine.
    """
    try:
        # Loads libraries of the system, which only whoever prints needs.
        import weasyprint
        from weasyprint import urls
    except OSError as error:
        raise errors.GongkaiError(
            "本机缺少排版所需的 Pango，不能生成 PDF。请由管理员安装 libpango-1.0-0、libpangoft2-1.0-0 和 "
            f"libharfbuzz-subset0 后再试（{error}）。"
        ) from None
    logging.getLogger("weasyprint").setLevel(logging.ERROR)  # fonts that are not there are told of once for each glyph
    nothing = urls.URLFetcher(allowed_protocols=())  # a document looks at nothing outside of itself
    made: bytes = weasyprint.HTML(string=page(title, html), url_fetcher=nothing).write_pdf()
    return made


@functools.cache
def _styles() -> str:
    return STYLES.read_text(encoding="utf-8")

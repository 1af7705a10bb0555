"""Official documents as PDF and DOCX: printing takes a second of a processor, so few are printed at the same time.

What is printed is kept for a while, for the staff and the public together: a document never changes, and of a preview
the same is often asked for twice.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator

from engine import documents, errors

#: Documents kept, documents printed at the same time, and seconds that one waits for its turn.
_KEPT, _AT_ONCE, _PATIENCE = 32, 2, 20

_turns = threading.BoundedSemaphore(_AT_ONCE)


@functools.lru_cache(maxsize=_KEPT)
def pdf(title: str, html: str) -> bytes:
    """Return a document as PDF.

    Args:
        title: Its title.
        html: Its HTML, as it is kept.

    Raises:
        errors.TooManyAttempts: Too many others are being printed; nobody waits for long.
    """
    with _turn():
        return documents.pdf(title, html)


@functools.lru_cache(maxsize=_KEPT)
def docx(title: str, html: str) -> bytes:
    """Return a document as DOCX; arguments and errors as in `pdf`."""
    with _turn():
        return documents.docx_of(title, html)


@contextlib.contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(timeout=_PATIENCE):
        raise errors.TooManyAttempts("正在生成的文件较多，请稍后再试。", wait=_PATIENCE)
    try:
        yield
    finally:
        _turns.release()

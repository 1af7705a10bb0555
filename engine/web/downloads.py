"""What a browser saves as a file, under a name."""

from __future__ import annotations

import urllib.parse

import fastapi

#: Kinds of files that are made for whoever asks.
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def disposition(name: str, *, inline: bool = False) -> str:
    """Return the header that names a download, for browsers of any age (RFC 6266, RFC 8187)."""
    kind = "inline" if inline else "attachment"
    plain = "".join(char if char.isascii() and char.isprintable() and char not in '"\\%' else "_" for char in name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{urllib.parse.quote(name, safe='')}"


def file(content: bytes, media_type: str, name: str) -> fastapi.Response:
    """Return a file that is made for whoever asks."""
    return fastapi.Response(content, media_type=media_type, headers={"content-disposition": disposition(name)})

"""Asking the listener of another process of this machine, by its socket."""

from __future__ import annotations

import http.client
import pathlib
import socket

#: Bytes of an answer at most.
_MOST = 32_000_000


class _Connection(http.client.HTTPConnection):
    """HTTP by a socket in the file system."""

    def __init__(self, path: pathlib.Path, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        """Connect."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def ask(path: pathlib.Path, page: str, seconds: float) -> tuple[int, str] | None:
    """Return status and text of a page; None when there is no answer.

    Args:
        path: The socket.
        page: What is asked for.
        seconds: How long each part of the answer may take.
    """
    connection = _Connection(path, seconds)
    try:
        connection.request("GET", page)
        answer = connection.getresponse()
        return answer.status, answer.read(_MOST).decode(errors="replace")
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()

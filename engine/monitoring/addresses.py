"""Where a listener listens: a port of this machine unless told otherwise, or a socket in a private directory."""

from __future__ import annotations

import dataclasses
import pathlib
import re
import socket

from engine import errors

LOCAL = "127.0.0.1"
_UNIX = "unix:"
_TCP = re.compile(r"(?:(?P<host>\[[0-9a-fA-F:.%]+\]|[^\s\[\]:/]+):)?(?P<port>\d{1,5})")


@dataclasses.dataclass(frozen=True, slots=True)
class Address:
    """Host and port, or the path of a socket; port 0 takes a free one."""

    host: str = LOCAL
    port: int = 0
    path: pathlib.Path | None = None

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read `HOST:PORT`, `PORT` (of this machine) or `unix:PATH`.

        Raises:
            errors.InvalidInput: It is none of these.
        """
        if text.startswith(_UNIX) and len(text) > len(_UNIX):
            return cls(path=pathlib.Path(text.removeprefix(_UNIX)))
        found = _TCP.fullmatch(text)
        if found is None or int(found["port"]) > 65535:
            raise errors.InvalidInput(f"监测地址应写作 主机:端口 或 端口，如 127.0.0.1:9464，现为“{text}”。")
        return cls((found["host"] or LOCAL).strip("[]"), int(found["port"]))

    @property
    def family(self) -> socket.AddressFamily:
        """Return the family of sockets that the address belongs to."""
        if self.path is not None:
            return socket.AF_UNIX
        return socket.AF_INET6 if ":" in self.host else socket.AF_INET

    @property
    def target(self) -> str | tuple[str, int]:
        """Return the address as a socket takes it."""
        return str(self.path) if self.path is not None else (self.host, self.port)

    def __str__(self) -> str:
        """Return how people write it."""
        if self.path is not None:
            return f"{_UNIX}{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

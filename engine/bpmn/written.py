"""What a case keeps, as JSON text: written, and read when somebody first asks for it."""

from __future__ import annotations

import json
from collections.abc import Iterator, MutableMapping
from typing import Any

import msgspec

_DECODER = msgspec.json.Decoder(dict[str, msgspec.Raw])


def encode(value: Any) -> str:
    """Write a JSON value, or variables: what is none, or contains itself, was refused when it became a variable.

    Where a case has much data this is most of the work: the standard library takes four times as long.
    """
    return _ENCODER.encode(value).decode()


class Variables(MutableMapping[str, Any]):
    """Variables as they were written. Those that nobody asks for are neither read nor written anew.

    Most steps of a case touch a few of its variables: where there is much data, reading and writing all of it takes
    longer than everything else.

    Args:
        text: A JSON object, as `encode` gives it. Written again, what somebody asked for is as it is by then.
    """

    __slots__ = ("_values",)

    def __init__(self, text: str) -> None:
        #: In the order of the text; what has not been asked for as its part of it.
        self._values: dict[str, Any] = _DECODER.decode(text)

    def __getitem__(self, name: str) -> Any:
        value = self._values[name]
        if type(value) is msgspec.Raw:
            # The standard library's reader is held to every number that Python can write.
            value = self._values[name] = json.loads(bytes(value))
        return value

    def __setitem__(self, name: str, value: Any) -> None:
        self._values[name] = value

    def __delitem__(self, name: str) -> None:
        del self._values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def _inside(value: Any) -> dict[str, Any]:
    if isinstance(value, Variables):
        return value._values
    raise TypeError(f"no JSON value: {type(value).__name__}")


_ENCODER = msgspec.json.Encoder(enc_hook=_inside)

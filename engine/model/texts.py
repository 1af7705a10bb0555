"""Text that came from outside, such as the words of an error, as it can be kept everywhere."""

from __future__ import annotations


def storable(text: str) -> str:
    """Return a text as every database keeps it: halves of surrogate pairs and NUL as their escapes.

    For what is to be kept whatever it says: why something failed, above all. What people send is refused instead.
    """
    return text.encode(errors="backslashreplace").decode().replace("\0", "\\x00")

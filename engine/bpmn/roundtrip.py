"""Reading a diagram and writing it again without loss, for whatever edits diagrams: layout, editor, migration.

What is not understood stays: foreign attributes and elements, comments, processing instructions, CDATA, namespace
declarations, and the order of everything.  A document that was not changed is written back byte by byte; of a changed
one only the blanks inside tags may differ from the original, where they were not written as the Modeler does.
"""

from __future__ import annotations

import codecs
import dataclasses
import re

from lxml import etree

from engine import xmlio

_DECLARATION = re.compile(r"<\?xml\s[^>]*?\?>\s*")
_ENCODING = re.compile(r"""\bencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
# Everything in which "/>" may stand without ending an empty tag comes first.
_EMPTY_TAG = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|(?P<tag><[^<>!?][^<>]*?)/>", re.DOTALL)


@dataclasses.dataclass(frozen=True, slots=True)
class Written:
    """A tree as text: comments and instructions before the root, the root, those after it."""

    before: tuple[str, ...]
    root: str
    after: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Document:
    """An open diagram: `tree` may be changed; the rest remembers how the file was written."""

    tree: etree._ElementTree
    source: bytes
    unchanged: Written | None

    @property
    def root(self) -> etree._Element:
        """The root element."""
        return self.tree.getroot()


def open(data: bytes, filename: str = "diagram.bpmn") -> Document:
    """Open a diagram for changing.

    Args:
        data: The file.
        filename: Used in messages only.

    Raises:
        errors.InvalidXml: The content is not well-formed or not safe to open.
    """
    tree = xmlio.parse(data, filename)
    return Document(tree, data, _written(tree))


def save(document: Document) -> bytes:
    """Write a document in the encoding, with the declaration, line ends and style of empty tags that its file had."""
    now = _written(document.tree)
    if now == document.unchanged:
        return document.source
    codec, bom = _codec(document.source)
    # GB 18030 holds the older GB encodings, and is what the file was accepted as; it is written as it declares itself.
    source = document.source[len(bom) :].decode("gb18030" if codec.startswith("gb") else codec)
    windows = "\r\n" in source
    source = source.replace("\r\n", "\n")
    root = now.root
    if " />" in source:
        root = _EMPTY_TAG.sub(lambda found: f"{found['tag']} />" if found["tag"] else found[0], root)
    text = _head(source, now.before) + root + _tail(source, now.after)
    return bom + (text.replace("\n", "\r\n") if windows else text).encode(codec, "xmlcharrefreplace")


def _written(tree: etree._ElementTree) -> Written:
    root = tree.getroot()
    before = [_text(node) for node in root.itersiblings(preceding=True)]
    return Written(tuple(reversed(before)), _text(root), tuple(_text(node) for node in root.itersiblings()))


def _text(node: etree._Element) -> str:
    return etree.tostring(node, encoding="unicode", with_tail=False)


def _head(source: str, pieces: tuple[str, ...]) -> str:
    """Return what stands before the root, with the line breaks of the source where it still is as it was."""
    declaration = _DECLARATION.match(source)
    at = start = declaration.end() if declaration else 0
    for piece in pieces:
        found = source.find(piece, at)
        if found < 0 or source[at:found].strip():
            return source[:start] + "".join(f"{each}\n" for each in pieces)
        at = found + len(piece)
    return source[: at + len(source[at:]) - len(source[at:].lstrip())]


def _tail(source: str, pieces: tuple[str, ...]) -> str:
    """Return what stands after the root, likewise."""
    end = len(source)
    for piece in reversed(pieces):
        rest = source[:end].rstrip()
        if not rest.endswith(piece):
            return "".join(f"\n{each}" for each in pieces) + "\n"
        end = len(rest) - len(piece)
    return source[len(source[:end].rstrip()) :]


def _codec(source: bytes) -> tuple[str, bytes]:
    """Return the codec of a file that `xmlio` has accepted, and its byte order mark."""
    for bom, codec in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if source.startswith(bom):
            return codec, bom
    declared = _ENCODING.search(source[:200].partition(b"?>")[0].decode("ascii", "replace"))
    return (declared[1].lower() if declared else "utf-8"), b""

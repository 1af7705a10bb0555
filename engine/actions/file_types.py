"""What a file is, by its content: the ending of a name is what somebody wrote there.

Only kinds in `KINDS` are taken unless a form names another ending. What such an ending stands for cannot be verified;
its content must at least be nothing that a machine would run or a browser would show.
"""

from __future__ import annotations

import codecs
import dataclasses
import pathlib
import struct
import zipfile
from collections.abc import Callable, Mapping

_HEAD = 1 << 16
#: Archives with more entries, or a longer list of them, are no documents.
_MOST_ENTRIES = 20_000
_MOST_DIRECTORY = 8_000_000
_TAIL = 65_557
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_UNKNOWN = "application/octet-stream"
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."


@dataclasses.dataclass(frozen=True, slots=True)
class Content:
    """The beginning of a file, and where it is."""

    path: pathlib.Path
    head: bytes

    def names(self) -> frozenset[str]:
        """Return the names in a ZIP archive; none if it is no archive that may be a document."""
        try:
            if not _is_small(self.path):
                return frozenset()
            with zipfile.ZipFile(self.path) as archive:
                return frozenset(archive.namelist())
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error):
            return frozenset()


Test = Callable[[Content], bool]


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: its media type, and how its content is recognised."""

    content_type: str
    test: Test
    #: Whether a browser may show it inside a page or a tab of its own without running anything in it.
    safe_to_show: bool = False


def _begins(*starts: bytes) -> Test:
    return lambda content: content.head.startswith(starts)


def _zip_with(*names: str) -> Test:
    wanted = frozenset(names)
    return lambda content: content.head.startswith(_ZIP) and wanted <= content.names()


def _either(*tests: Test) -> Test:
    return lambda content: any(test(content) for test in tests)


def _brand(content: Content) -> bool:
    return content.head[4:8] == b"ftyp"


def _riff(kind: bytes) -> Test:
    return lambda content: content.head.startswith(b"RIFF") and content.head[8:12] == kind


def _open_document(content: Content) -> bool:
    return content.head.startswith(_ZIP) and content.head[30:].startswith(
        b"mimetypeapplication/vnd.oasis.opendocument."
    )


def _is_text(content: Content) -> bool:
    """Tell whether the content is Chinese or other text, in UTF-8 or GB 18030."""
    if b"\0" in content.head:
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            # Incremental: the head may end in the middle of a character.
            codecs.getincrementaldecoder(encoding)().decode(content.head)
        except UnicodeDecodeError:
            continue
        return True
    return False


_PART = "[Content_Types].xml"
_ole = _begins(_OLE)
_any_zip = _begins(_ZIP, b"PK\x05\x06")
_jpeg = Kind("image/jpeg", _begins(b"\xff\xd8\xff"), safe_to_show=True)
_tiff = Kind("image/tiff", _begins(b"II*\0", b"MM\0*"))
#: By ending. WPS writes the containers of Microsoft's formats under endings of its own.
KINDS: Mapping[str, Kind] = {
    ".pdf": Kind("application/pdf", _begins(b"%PDF-"), safe_to_show=True),
    ".ofd": Kind("application/ofd", _zip_with("OFD.xml")),
    ".doc": Kind("application/msword", _ole),
    ".xls": Kind("application/vnd.ms-excel", _ole),
    ".ppt": Kind("application/vnd.ms-powerpoint", _ole),
    ".docx": Kind(f"{_OFFICE}wordprocessingml.document", _zip_with(_PART, "word/document.xml")),
    ".xlsx": Kind(f"{_OFFICE}spreadsheetml.sheet", _zip_with(_PART, "xl/workbook.xml")),
    ".pptx": Kind(f"{_OFFICE}presentationml.presentation", _zip_with(_PART, "ppt/presentation.xml")),
    ".wps": Kind("application/vnd.ms-works", _either(_ole, _zip_with(_PART))),
    ".et": Kind("application/wps-office.et", _either(_ole, _zip_with(_PART))),
    ".dps": Kind("application/wps-office.dps", _either(_ole, _zip_with(_PART))),
    ".odt": Kind(f"{_OPEN}text", _open_document),
    ".ods": Kind(f"{_OPEN}spreadsheet", _open_document),
    ".odp": Kind(f"{_OPEN}presentation", _open_document),
    ".rtf": Kind("application/rtf", _begins(b"{\\rtf")),
    ".txt": Kind("text/plain", _is_text),
    ".csv": Kind("text/csv", _is_text),
    ".png": Kind("image/png", _begins(b"\x89PNG\r\n\x1a\n"), safe_to_show=True),
    ".jpg": _jpeg,
    ".jpeg": _jpeg,
    ".gif": Kind("image/gif", _begins(b"GIF87a", b"GIF89a"), safe_to_show=True),
    ".webp": Kind("image/webp", _riff(b"WEBP"), safe_to_show=True),
    ".bmp": Kind("image/bmp", _begins(b"BM")),
    ".tif": _tiff,
    ".tiff": _tiff,
    ".mp3": Kind("audio/mpeg", _begins(b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")),
    ".wav": Kind("audio/wav", _riff(b"WAVE")),
    ".mp4": Kind("video/mp4", _brand),
    ".mov": Kind("video/quicktime", _brand),
    ".zip": Kind("application/zip", _any_zip),
    ".rar": Kind("application/vnd.rar", _begins(b"Rar!\x1a\x07")),
    ".7z": Kind("application/x-7z-compressed", _begins(b"7z\xbc\xaf\x27\x1c")),
}
#: What a machine runs, or a browser takes for a page.
_DANGEROUS = _begins(
    b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xcf\xfa\xed\xfe"
)
_MARKUP = (b"<!doctype", b"<html", b"<script", b"<svg", b"<?xml", b"<?php")
SAFE_TO_SHOW = frozenset(kind.content_type for kind in KINDS.values() if kind.safe_to_show)


def ending(name: str) -> str:
    """Return the ending of a file name, in lower case with its dot; empty if it has none."""
    return pathlib.PurePath(name).suffix.lower()


def recognise(path: pathlib.Path, name: str, *, asked_for: frozenset[str] = frozenset()) -> str:
    """Return the media type of a file.

    Args:
        path: Where its content is.
        name: What it is called.
        asked_for: Endings that a form names, in lower case; others than those of `KINDS` are taken only if it does.

    Raises:
        ValueError: With a sentence for people: the kind is not taken, or the content is not what the name says.
    """
    with path.open("rb") as file:
        content = Content(path, file.read(_HEAD))
    found = ending(name)
    kind = KINDS.get(found)
    if not content.head:
        raise ValueError(f"文件“{name}”是空的，请检查后重新上传。")
    if kind is None:
        if found not in asked_for:
            raise ValueError(f"不接受这种类型的文件“{name}”，可以上传的有：{'、'.join(KINDS)}。")
        if _is_dangerous(content) or any(other.test(content) for other in KINDS.values() if other.test is not _is_text):
            raise ValueError(f"文件“{name}”的内容与扩展名 {found} 不符，请检查后重新上传。")
        return _UNKNOWN
    if kind.test is _is_text and _is_dangerous(content):
        raise ValueError(f"文件“{name}”的内容不是文本，请检查后重新上传。")
    if not kind.test(content):
        locked = "（可能设有打开密码，请去掉密码）" if found in (".docx", ".xlsx", ".pptx") and _ole(content) else ""
        raise ValueError(f"文件“{name}”的内容与扩展名 {found} 不符{locked}，请检查后重新上传。")
    return kind.content_type


def _is_dangerous(content: Content) -> bool:
    start = content.head[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return _DANGEROUS(content) or start.startswith(_MARKUP)


def _is_small(path: pathlib.Path) -> bool:
    """Tell whether the list of an archive's entries is short enough to be read; a ZIP file ends with its length."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        return False
    entries, length = struct.unpack_from("<HI", tail, at + 10)
    return bool(entries <= _MOST_ENTRIES and length <= _MOST_DIRECTORY)

"""What a template says of itself, and whether it can be used at all."""

from __future__ import annotations

import dataclasses
import functools
import re
from typing import Any

import jinja2
import yaml

from engine import errors
from engine.documents import language

#: Kinds of documents (公文种类 and working papers); the layout goes by it.
KINDS = ("公告", "通知", "通报", "决定", "函", "请示", "报告", "批复", "方案", "表", "笔录", "告知书", "说明", "稿")
#: Kinds that are working papers: no red head, no signature of the office.
PAPERS = frozenset({"表", "笔录", "稿"})
_KEYS = ("title", "kind", "number", "issuer", "signer", "note")
_FRONT = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*\r?\n", re.DOTALL | re.MULTILINE)
_BRACED = re.compile(r"\{([^{}]*)\}")


Sources = tuple[jinja2.Template, jinja2.Template, jinja2.Template, jinja2.Template]


@dataclasses.dataclass(frozen=True)
class Template:
    """A template of a pack.

    Parameters:
        name: its file without directory and ending.
        title: Jinja2 source of the title.
        kind: one of `KINDS`.
        number: how its documents are numbered, with `{year}` and `{n}`; empty for papers without a number.
        issuer: whose document it is.
        body: Jinja2 source of the body.
        signer: Jinja2 source of who signs it off (签发人), of a document to a superior body (上行文); else empty.
        note: Jinja2 source of what stands below the date in brackets (附注), as whom to ask; else empty.
    """

    name: str
    title: str
    kind: str
    number: str
    issuer: str
    body: str
    signer: str = ""
    note: str = ""

    @functools.cached_property
    def compiled(self) -> Sources:
        """Title, body, signer and note, compiled."""
        return self.sources(language.TEXT, language.HTML)

    def sources(self, text: jinja2.Environment, html: jinja2.Environment) -> Sources:
        """Return title, body, signer and note, compiled in these languages."""
        return (
            text.from_string(self.title),
            html.from_string(self.body),
            html.from_string(self.signer),
            html.from_string(self.note),
        )


def parse(content: bytes, path: str) -> Template:
    """Read a template.

    Args:
        content: The file.
        path: Where it is in the pack; the name of the template is taken from it.

    Raises:
        errors.InvalidDocumentTemplate: It is not as described; the message says what was expected and found, and the
            line where it is known.
    """
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise _wrong(path, "文字编码应为 UTF-8，实际不是") from None
    found = _FRONT.match(text)
    if found is None:
        raise _wrong(path, f"文件开头应有两行 --- 之间的说明（{'、'.join(_KEYS[:4])}），实际没有")
    front = _front(found[1], path)
    made = Template(
        name=path.rsplit("/", 1)[-1].removesuffix(".j2"),
        title=front["title"],
        kind=front["kind"],
        number=front.get("number", ""),
        issuer=front["issuer"],
        body=text[found.end() :],
        signer=front.get("signer", ""),
        note=front.get("note", ""),
    )
    try:
        made.compiled  # noqa: B018 - whether it can be compiled
    except jinja2.TemplateSyntaxError as error:
        line = error.lineno + text[: found.end()].count("\n")
        raise _wrong(path, f"第 {line} 行：{error.message}") from None
    return made


def _front(text: str, path: str) -> dict[str, str]:
    try:
        given: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _wrong(path, f"开头的说明应为 YAML，实际不是：{getattr(error, 'problem', None) or error}") from None
    if not isinstance(given, dict):
        raise _wrong(path, f"开头的说明应写明 {'、'.join(_KEYS[:4])}，实际不是")
    for key in given:
        if key not in _KEYS:
            raise _wrong(path, f"开头的说明应只有 {'、'.join(_KEYS)}，实际有“{key}”")
    for key in ("title", "kind", "issuer"):
        if not isinstance(given.get(key), str) or not given[key].strip():
            raise _wrong(path, f"开头的说明应有 {key}（文字），实际没有")
    if given["kind"] not in KINDS:
        raise _wrong(path, f"kind 应为 {'、'.join(KINDS)} 之一，实际为“{given['kind']}”")
    number = given.get("number", "")
    if not isinstance(number, str) or (number and set(_BRACED.findall(number)) != {"year", "n"}):
        raise _wrong(path, f"number 应含 {{year}} 和 {{n}}，例如 市政务办听告〔{{year}}〕{{n}}号，实际为“{number}”")
    for key in ("signer", "note"):
        if not isinstance(given.get(key, ""), str):
            raise _wrong(path, f"{key} 应为文字，实际不是")
        if given.get(key) and given["kind"] in PAPERS:
            raise _wrong(path, f"只有有红头的公文才有 {key}，实际 kind 为“{given['kind']}”")
    return {key: str(value).strip() for key, value in given.items()}


def _wrong(path: str, what: str) -> errors.InvalidDocumentTemplate:
    return errors.InvalidDocumentTemplate(f"公文模板 {path}：{what}。")

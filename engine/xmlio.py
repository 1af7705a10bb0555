"""The one door through which XML enters: no DTD, no entities, no network, no huge trees.

Diagrams and decision tables are uploaded by people and exchanged between offices, so every byte is hostile until it
has passed here.  What comes out is a plain lxml tree that keeps comments, processing instructions and CDATA, so that a
file can be written back without loss.
"""

from __future__ import annotations

import codecs
import re

from lxml import etree

from engine import errors

#: Default limit of a file, in bytes.  The largest diagram of the source documents is below 200 KB.
MAX_SIZE = 5 * 1024 * 1024

# Only encodings in which the scan for a DOCTYPE below sees the same characters as libxml2 does.
_ENCODINGS = {"utf-8", "utf8", "us-ascii", "ascii", "gb18030", "gbk", "gb2312"}
_DECLARED = re.compile(rb"\A<\?xml\s[^>]{0,200}?\bencoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_UTF16_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

_SENTENCES = {
    "ERR_DOCUMENT_EMPTY": "内容不是 XML，应以 <?xml 或根元素开头",
    "ERR_DOCUMENT_END": "根元素结束之后还有多余内容",
    "ERR_TAG_NAME_MISMATCH": "开始标签与结束标签不一致",
    "ERR_TAG_NOT_FINISHED": "文件不完整，有标签没有结束",
    "ERR_GT_REQUIRED": "标签没有写完，缺少“>”",
    "ERR_LT_IN_ATTRIBUTE": "属性值中不能直接写“<”，应写作 &lt;",
    "ERR_ATTRIBUTE_NOT_FINISHED": "属性值没有写完，缺少引号",
    "ERR_ATTRIBUTE_NOT_STARTED": "属性值应放在引号中",
    "ERR_ATTRIBUTE_REDEFINED": "同一个标签中属性重复",
    "ERR_INVALID_CHAR": "含有 XML 不允许的控制字符",
    "ERR_INVALID_ENCODING": "文件的实际编码与声明的编码不一致",
    "ERR_UNDECLARED_ENTITY": "引用了未定义的实体，只能使用 &lt; &gt; &amp; &apos; &quot;",
    "ERR_NAME_REQUIRED": "此处应为元素名或属性名",
    "ERR_COMMENT_NOT_FINISHED": "注释没有结束，缺少“-->”",
    "ERR_CDATA_NOT_FINISHED": "CDATA 没有结束，缺少“]]>”",
    "NS_ERR_UNDEFINED_NAMESPACE": "使用了未声明的命名空间前缀",
    "ERR_RESERVED_XML_NAME": "XML 声明只能出现在文件的最开头",
    "ERR_RESOURCE_LIMIT": "嵌套层数或单个内容超过允许的大小",
}


def parse(data: bytes, filename: str, *, max_size: int = MAX_SIZE) -> etree._ElementTree:
    """Parse XML that nobody vouches for.

    Args:
        data: The content of the file.
        filename: Name used in messages.
        max_size: Largest accepted content, in bytes.

    Raises:
        errors.InvalidXml: The content is too large, declares a DTD, is not in its declared encoding, or is not
            well-formed.  ``details`` has file, line and column (from 1; 0 where no place can be named).
    """
    if len(data) > max_size:
        raise _invalid(filename, 0, 0, f"文件过大：应不超过 {max_size} 字节，实际为 {len(data)} 字节")
    text = _decode(data, filename)
    _refuse_doctype(text, filename)
    parser = _parser()
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise _from_libxml(error, parser, filename) from None
    tree = root.getroottree()
    if tree.docinfo.internalDTD is not None:  # the scan above and libxml2 must never disagree
        raise _doctype(filename, 1, 1)
    return tree


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        no_network=True,
        huge_tree=False,
        recover=False,
        remove_blank_text=False,
        remove_comments=False,
        remove_pis=False,
        strip_cdata=False,
    )


def _decode(data: bytes, filename: str) -> str:
    encoding = _encoding(data, filename)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        name = encoding.removesuffix("-sig").upper()
        raise _invalid(filename, line, column, f"内容不是有效的 {name} 编码，请将文件另存为 UTF-8") from None


def _encoding(data: bytes, filename: str) -> str:
    if data.startswith(_UTF16_BOMS) and not data.startswith(codecs.BOM_UTF32_LE):
        return "utf-16"
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    declared = _DECLARED.match(data)
    name = declared.group(1).decode("ascii").lower() if declared else "utf-8"
    if name not in _ENCODINGS:
        raise _invalid(filename, 1, 1, f"不支持编码“{name}”，请将文件另存为 UTF-8")
    return "gb18030" if name.startswith("gb") else name


def _refuse_doctype(text: str, filename: str) -> None:
    # A DOCTYPE can only stand before the root element, among comments and processing instructions.
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        closing = "?>" if text.startswith("<?", at) else "-->" if text.startswith("<!--", at) else None
        if closing is None:
            break
        end = text.find(closing, at)
        if end < 0:
            return  # not well-formed: libxml2 says where
        at = end + len(closing)
    if text[at : at + 9].upper() == "<!DOCTYPE":
        raise _doctype(filename, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))


def _doctype(filename: str, line: int, column: int) -> errors.InvalidXml:
    return _invalid(filename, line, column, "文件中不允许出现 DOCTYPE（文档类型声明和实体），请删除后重试")


def _from_libxml(error: etree.XMLSyntaxError, parser: etree.XMLParser, filename: str) -> errors.InvalidXml:
    # The log of the parser holds this document alone; the log of the exception is the thread's, with older files in it.
    entry = next(iter(parser.error_log), None)
    known = _SENTENCES.get(entry.type_name) if entry is not None else None
    english = ((entry.message if entry is not None else error.msg) or "").strip()
    line, column = (entry.line, entry.column) if entry is not None else (error.lineno or 0, error.offset or 0)
    sentence = f"{known}（{english}）" if known else f"XML 语法错误（{english}）"
    return _invalid(filename, line, max(column, 1), sentence)


def _invalid(filename: str, line: int, column: int, sentence: str) -> errors.InvalidXml:
    place = f"{filename} 第 {line} 行第 {column} 列" if line else filename
    return errors.InvalidXml(f"{place}：{sentence}。", file=filename, line=line, column=column)

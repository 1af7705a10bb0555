"""What hostile or damaged XML does when it is handed in: it is refused, with the place and a sentence."""

from __future__ import annotations

import codecs
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from engine import errors, xmlio


def refused(data: bytes, **kwargs: int) -> errors.InvalidXml:
    with pytest.raises(errors.InvalidXml) as caught:
        xmlio.parse(data, "审查.bpmn", **kwargs)
    error = caught.value
    assert error.details["file"] == "审查.bpmn"
    assert error.message.startswith("审查.bpmn")
    assert error.message.endswith("。")
    return error


def test_a_well_formed_file_is_a_tree_with_lines() -> None:
    tree = xmlio.parse('<?xml version="1.0" encoding="UTF-8"?>\n<a>\n  <b 名="审查"/>\n</a>'.encode(), "a.bpmn")

    child = tree.getroot()[0]
    assert child.get("名") == "审查"
    assert child.sourceline == 3


def test_nothing_is_lost_on_the_way() -> None:
    source = b"<?keep me?><!-- before --><a>\n  <![CDATA[<x>]]><?pi?><!-- in -->\n  <b/>&#160;</a>"

    tree = xmlio.parse(source, "a.bpmn")

    assert etree.tostring(tree) == source


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF8 + "<a>公开</a>".encode(),
        codecs.BOM_UTF8 + '<?xml version="1.0" encoding="UTF-8"?><a>公开</a>'.encode(),
        "<a>公开</a>".encode("utf-16"),
        '<?xml version="1.0" encoding="GBK"?><a>公开</a>'.encode("gbk"),
        '<?xml version="1.0" encoding="gb18030"?><a>公开</a>'.encode("gb18030"),
    ],
    ids=["BOM", "BOM and declaration", "UTF-16", "GBK", "GB18030"],
)
def test_the_encodings_of_chinese_offices_are_read(data: bytes) -> None:
    assert xmlio.parse(data, "a.bpmn").getroot().text == "公开"


def test_an_external_entity_reads_no_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("机密")
    data = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}">]><a>&x;</a>'.encode()

    error = refused(data)

    assert "DOCTYPE" in error.message
    assert "机密" not in error.message
    assert (error.details["line"], error.details["column"]) == (1, 1)


def test_billion_laughs_is_refused_at_once() -> None:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    data = f'<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY l0 "ha">{levels}]>\n<a b="&l11;">&l11;</a>'.encode()

    started = time.process_time()
    error = refused(data)

    assert time.process_time() - started < 1
    assert error.details["line"] == 2


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/evil.dtd">',
        '<!DOCTYPE a PUBLIC "-//X//Y" "http://127.0.0.1:9/evil.dtd">',
        "<!DOCTYPE a>",
        "<!-- <a> --><?pi <!-- ?>\n<!DOCTYPE a>",
        '\n\n  <!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p;]>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_doctype_is_refused_outright(prolog: str, encoding: str) -> None:
    error = refused(f"{prolog}<a/>".encode(encoding))

    assert "不允许出现 DOCTYPE" in error.message


def test_the_word_doctype_inside_the_content_is_harmless() -> None:
    assert (
        xmlio.parse(b"<!-- <!DOCTYPE a> --><a><![CDATA[<!DOCTYPE a>]]></a>", "a.bpmn").getroot().text == "<!DOCTYPE a>"
    )


def test_xinclude_is_left_alone() -> None:
    source = b'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/hostname" parse="text"/></a>'

    assert etree.tostring(xmlio.parse(source, "a.bpmn")) == source


def test_gbk_bytes_without_declaration_name_the_place() -> None:
    error = refused("<a>\n <b/>\n  公开</a>".encode("gbk"))

    assert "UTF-8" in error.message
    assert (error.details["line"], error.details["column"]) == (3, 3)


@pytest.mark.parametrize("name", ["utf-7", "utf-32", "IBM037", "iso-2022-jp", "nonsense", "utf-16"])
def test_encodings_that_hide_markup_are_refused(name: str) -> None:
    error = refused(f'<?xml version="1.0" encoding="{name}"?><a/>'.encode())

    assert f"不支持编码“{name.lower()}”" in error.message


@pytest.mark.parametrize(
    ("data", "sentence", "line"),
    [
        (b"", "内容不是 XML", 1),
        (b"hello", "内容不是 XML", 1),
        (b"{}", "内容不是 XML", 1),
        (b"PK\x03\x04", "内容不是 XML", 1),
        (b"<a>\n<b>", "文件不完整", 2),
        (b"<a>\n<b></a>", "开始标签与结束标签不一致", 2),
        (b"<a>\n<b", "缺少“>”", 2),
        (b"<a>&nbsp;</a>", "未定义的实体", 1),
        (b"<a>\n</a>\n<b/>", "根元素结束之后", 3),
        (b"<a b='1' b='2'/>", "属性重复", 1),
        (b"<a b=1/>", "引号", 1),
        (b"<a\nb='", "缺少引号", 2),
        (b"<camunda:a/>", "命名空间前缀", 1),
        (b"<a>\x01</a>", "控制字符", 1),
        (b" <?xml version='1.0'?><a/>", "最开头", 1),
        (b"<a><!-- ", "注释没有结束", 1),
        (b"<!-- ", "注释没有结束", 1),
        (b"<a>" * 300 + b"</a>" * 300, "嵌套层数", 1),
    ],
)
def test_damage_is_named_with_its_line(data: bytes, sentence: str, line: int) -> None:
    refused(b"<earlier><file></earlier>")  # an error of an older file must not show up in this one
    error = refused(data)

    assert sentence in error.message
    assert error.details["line"] == line
    assert isinstance(error.details["column"], int)
    assert error.details["column"] >= 1


def test_a_file_over_the_limit_is_refused_before_it_is_read() -> None:
    data = b"<a>" + b" " * 100 + b"</a>"

    error = refused(data, max_size=99)

    assert "应不超过 99 字节，实际为 107 字节" in error.message
    assert xmlio.parse(data, "a.bpmn", max_size=107).getroot().tag == "a"


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from([*"<>/!?-[]&;'\"= a中", "<!DOCTYPE", "<?xml", "<a>", "</a>", "<![CDATA["]), max_size=12)
)
def test_any_text_is_a_tree_or_a_refusal(parts: list[str]) -> None:
    data = "".join(parts).encode()

    try:
        tree = xmlio.parse(data, "a.bpmn")
    except errors.InvalidXml:
        return
    assert tree.docinfo.internalDTD is None

"""Templates of official documents: what they may do, what is escaped, how dates and numbers are written."""

from __future__ import annotations

import datetime
import io
import re
import zipfile

import docx
import hypothesis
import pypdfium2
import pytest
from hypothesis import strategies as st

from engine import documents, errors
from engine.documents import language, titles

NOW = datetime.datetime(2026, 11, 22, 16, 30, tzinfo=datetime.UTC)  # the 23rd, half past midnight, in Beijing


def template(body: str, *, title: str = "关于公示的公告", kind: str = "公告", more: str = "") -> documents.Template:
    text = f"---\ntitle: {title}\nkind: {kind}\nissuer: 市政务办\n{more}---\n{body}"
    return documents.parse(text.encode(), "processes/demo/documents/gonggao.j2")


def render(body: str, number: str = "", **data: object) -> documents.Rendered:
    return documents.render(template(body), data, number=number, now=NOW)


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("{{ '2026-11-22'|day }}", "2026年11月22日"),
        ("{{ '2026-11-22T16:30:00+00:00'|day }}", "2026年11月23日"),
        ("{{ '2026-11-22T01:05:00+00:00'|minute }}", "2026年11月22日9时5分"),
        ("{{ '2026-11-22T01:00:00+00:00'|minute }}", "2026年11月22日9时"),
        ("{{ '2030-10-20'|chinese_day }}", "二〇三〇年十月二十日"),
        ("{{ today|chinese_day }}", "二〇二六年十一月二十三日"),
        ("{{ 10|chinese }}、{{ 21|chinese }}、{{ 0|chinese }}", "十、二十一、零"),
        ("{{ '1234.5'|yuan }}", "1,234.50 元"),
        ("{{ issuer }}", "市政务办"),
    ],
)
def test_dates_and_numbers_are_written_as_in_official_documents(source: str, written: str) -> None:
    assert f">{written}<" in render(f"<p>{source}</p>").html


def test_a_title_without_end_is_refused_at_once() -> None:
    with pytest.raises(errors.InvalidRecord, match="标题应不超过 300 字，实际有 200002 字"):
        documents.render(
            template("<p>x</p>", title="关于{{ title }}"), {"title": "《啊啊啊" * 50_000}, number="", now=NOW
        )


def test_people_are_called_by_their_names() -> None:
    names = {"zhangsan": "张三<"}
    made = documents.render(
        template("<p>{{ who|person }}、{{ other|person }}</p>"),
        {"who": "zhangsan", "other": "lisi"},
        number="",
        now=NOW,
        names=names,
    )
    assert "<p>张三&lt;、lisi</p>" in made.html


@hypothesis.given(st.text(max_size=60))
def test_what_people_typed_is_text_wherever_it_stands(typed: str) -> None:
    made = render('<p>{{ x }}</p>{{ x|lines }}<a title="{{ x }}">y</a>', x=typed).html
    tags = re.sub(r'(?<=title=")[^"]*', "", made)
    assert set(re.findall(r"</?(\w+)", tags)) <= {"article", "header", "h1", "div", "p", "a", "footer"}


@pytest.mark.parametrize(
    "body",
    [
        "{{ x.__class__ }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ x.mro() }}",
        "{{ self._TemplateReference__context }}",
        "{{ cycler.__init__.__globals__ }}",
        "{% for i in range(10**9) %}x{% endfor %}",
        "{{ 'x' * 10**10 }}",
        "{{ missing }}",
        "{{ x.missing }}",
        "{{ 'tomorrow'|day }}",
        "{{ 100|chinese }}",
        "{{ x.append(1) }}",
    ],
)
def test_what_a_template_may_not_do_or_cannot_find_is_refused(body: str) -> None:
    with pytest.raises(errors.InvalidRecord, match="gonggao"):
        render(body, x=[])


def test_a_variable_may_be_named_like_a_method() -> None:
    assert "甲、乙" in render("{{ x['items']|join('、') }}", x={"items": ["甲", "乙"]}).html
    assert ">3<" in render("<p>{{ x.count }}</p>", x={"count": 3}).html


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<p>x</p>", "两行 ---"),
        ("---\ntitle: 甲\n---\n".encode(), "应有 kind"),
        ("---\ntitle: 甲\nkind: 诗\nissuer: 乙\n---\n".encode(), "kind 应为"),
        ("---\ntitle: 甲\nkind: 函\nissuer: 乙\nnumber: 一号\n---\n".encode(), "number 应含"),
        ("---\ntitle: 甲\nkind: 函\nissuer: 乙\nsecret: 1\n---\n".encode(), "实际有“secret”"),
        ("---\ntitle: [甲\n---\n".encode(), "应为 YAML"),
        ("---\ntitle: 甲\nkind: 函\nissuer: 乙\n---\n第一行\n{% if %}".encode(), "第 7 行"),
        ("---\ntitle: 甲\n---\n".encode("gbk"), "UTF-8"),
    ],
)
def test_a_template_that_cannot_be_used_says_what_was_expected(content: bytes, sentence: str) -> None:
    with pytest.raises(errors.InvalidDocumentTemplate, match=sentence):
        documents.parse(content, "processes/demo/documents/x.j2")


def test_letters_have_head_signature_and_date_and_working_papers_do_not() -> None:
    letter = render("<p>正文</p>", number="市政务办告〔2026〕1号").html
    for part in ("paper-issuer", "市政务办告〔2026〕1号", "paper-signature", "二〇二六年十一月二十三日"):
        assert part in letter
    sheet = documents.render(template("<p>正文</p>", kind="表"), {}, number="", now=NOW).html
    for part in ("paper-issuer", "paper-number", "paper-signature"):
        assert part not in sheet


def test_the_same_data_make_the_same_document() -> None:
    first, second = (render("<p>{{ x }}</p>", x="甲") for _ in range(2))
    assert first == second
    assert first.sha256 != render("<p>{{ x }}</p>", x="乙").sha256


def test_a_long_document_has_numbered_pages_and_nothing_from_outside() -> None:
    body = (
        '<img src="http://office.test/x.png"><link rel="stylesheet" href="file:///etc/passwd">' + "<p>正文。</p>" * 60
    )
    pages = pypdfium2.PdfDocument(documents.pdf("公告", render(body).html))
    texts = [page.get_textpage().get_text_bounded() for page in pages]
    assert len(texts) > 1
    assert all(f"— {number} —" in text for number, text in enumerate(texts, start=1))
    assert pages[0].get_size() == pytest.approx((595.28, 841.89), abs=0.1)


def test_a_document_to_write_on_has_every_word_and_the_table() -> None:
    body = "<h2>一、事由</h2><p>第一<strong>段</strong></p><ol><li>甲</li><li>乙</li></ol><table><tr><th>名</th><td>10</td></tr></table>"
    rendered = render(body, number="告〔2026〕1号")
    word = zipfile.ZipFile(io.BytesIO(documents.docx_of(rendered.title, rendered.html)))
    text = re.sub(r"<[^>]+>", "", word.read("word/document.xml").decode())
    for words in (
        "市政务办",
        "告〔2026〕1号",
        rendered.title,
        "一、事由",
        "第一段",
        "1. 甲",
        "2. 乙",
        "名10",
        "二〇二六年",
    ):
        assert words in text
    assert word.read("word/document.xml").count(b"<w:tbl>") == 1


@hypothesis.given(st.dates(datetime.date(1949, 10, 1), datetime.date(2999, 12, 31)))
def test_days_in_words_name_the_day(day: datetime.date) -> None:
    digits = {word: str(number) for number, word in enumerate("〇一二三四五六七八九")}

    def number(words: str) -> int:
        if "十" not in words:
            return int("".join(digits[word] for word in words))
        tens, ones = words.split("十")
        return 10 * int(digits.get(tens, "1")) + int(digits.get(ones, "0"))

    year, rest = language.chinese_day(day).split("年")
    month, rest = rest.split("月")
    assert (int("".join(digits[word] for word in year)), number(month), number(rest[:-1])) == (
        day.year,
        day.month,
        day.day,
    )


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("关于调整窗口办公时间的公示", "关于调整窗口办公时间的公示"),
        ("关于调整窗口办公时间公示意见采纳情况的说明", "关于调整窗口办公时间<br>公示意见采纳情况的说明"),
        ("关于举行市民中心停车收费标准调整听证会的公告", "关于举行市民中心停车<br>收费标准调整听证会的公告"),
        (
            "关于报请市政府决定市政务服务事项目录公开内容的请示",
            "关于报请市政府决定市政务<br>服务事项目录公开内容的请示",
        ),
        ("关于协调确认《窗口服务评价办法》公开内容的函", "关于协调确认《窗口服务评价办法》<br>公开内容的函"),
    ],
)
def test_a_title_is_broken_into_even_lines(title: str, shown: str) -> None:
    assert f"<h1>{shown}</h1>" in documents.render(template("<p>x</p>", title=title), {}, number="", now=NOW).html


@hypothesis.given(
    st.text("关于窗口办公时间的《》“”、，（）公示说明abc 12", min_size=1, max_size=90).map(str.strip).filter(bool)
)
def test_a_broken_title_says_the_same_and_fits(title: str) -> None:
    made = titles.lines(title)
    assert "".join(made).replace(" ", "") == title.replace(" ", "")
    assert all(0 < titles.width(line) <= titles.WIDTH for line in made)


# --- to a superior body --------------------------------------------------------------------------------------------------

UPWARD = """---
title: 关于{{ subject }}的请示
kind: 请示
number: "市政务办请〔{year}〕{n}号"
issuer: 市政务办
signer: "{{ signed.person|person }}"
note: 联系人：{{ contact }}
---
<p>妥否，请批示。</p>
"""


def test_what_goes_to_a_superior_body_says_who_signed_it_off_beside_its_number_and_whom_to_ask_below_its_date():
    template = documents.parse(UPWARD.encode(), "processes/demo/documents/qingshi.j2")
    data = {"subject": "窗口", "signed": {"person": "zhouming"}, "contact": "陈<静>"}
    made = documents.render(template, data, number="市政务办请〔2026〕1号", now=NOW, names={"zhouming": "周明"})
    head, _, foot = made.html.partition("<h1>")
    assert "市政务办请〔2026〕1号" in head
    assert "签发人：" in head
    assert "周明" in head
    assert foot.index("paper-date") < foot.index("（联系人：陈&lt;静&gt;）")
    shown = docx.Document(io.BytesIO(documents.docx_of(made.title, made.html)))
    assert "市政务办请〔2026〕1号\t签发人：周明" in [each.text for each in shown.paragraphs]
    draft = documents.preview(template, {"subject": "窗口"}, now=NOW)
    assert "签发人：" in draft.html
    assert "待定" in draft.html.partition("<h1>")[0]


def test_nobody_signs_off_what_nobody_signed():
    template = documents.parse(UPWARD.encode(), "processes/demo/documents/qingshi.j2")
    data = {"subject": "窗口", "contact": "陈静"}
    with pytest.raises(errors.InvalidRecord, match="signed"):
        documents.render(template, data, number="1", now=NOW)
    with pytest.raises(errors.InvalidRecord, match="应有签发人"):
        documents.render(template, {**data, "signed": {"person": ""}}, number="1", now=NOW)


def test_working_papers_are_not_signed_off():
    with pytest.raises(errors.InvalidDocumentTemplate, match="只有有红头的公文才有 signer"):
        documents.parse(UPWARD.replace("kind: 请示", "kind: 表").encode(), "processes/demo/documents/biao.j2")

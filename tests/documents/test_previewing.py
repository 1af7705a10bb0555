"""Documents before they are issued: gaps are marked, nothing that is missing is an error, and nobody takes it for real."""

from __future__ import annotations

import datetime
import pathlib

import pypdfium2
import pytest

from engine import documents, errors

NOW = datetime.datetime(2026, 11, 22, 9, 30, tzinfo=datetime.UTC)
PACKS = pathlib.Path(__file__).parents[2] / "processes"
TEMPLATES = sorted(PACKS.glob("*/documents/*.j2"))


def preview(body: str, labels: dict[str, str] | None = None, kind: str = "公告", **data: object) -> documents.Rendered:
    text = f'---\ntitle: 关于{{{{ title }}}}的公告\nkind: {kind}\nissuer: 市政务办\nnumber: "告〔{{year}}〕{{n}}号"\n---\n{body}'
    template = documents.parse(text.encode(), "processes/demo/documents/gonggao.j2")
    return documents.preview(template, data, now=NOW, names={"zhangsan": "张三"}, labels=labels)


def test_what_is_known_stands_as_it_will_be_and_the_whole_is_marked() -> None:
    made = preview("<p>{{ when|day }}，{{ who|person }}</p>", title="<停水>", when="2026-11-30", who="zhangsan")
    assert made.title == "关于<停水>的公告"
    assert "<h1>关于&lt;停水&gt;的公告</h1>" in made.html
    assert "<p>2026年11月30日，张三</p>" in made.html
    assert "预览稿" in made.html
    assert "告〔2026〕（待编号）号" in made.html


def test_what_is_to_be_filled_in_is_named_and_what_is_computed_later_is_marked() -> None:
    body = "<p>{{ place }}</p><p>{{ draw.seed[3]|day }}</p>{{ reasons|lines }}"
    made = preview(body, {"place": "地点<>", "title": "事项", "reasons": "理由"}, place=None, reasons="")
    assert made.title == "关于〔待填写：事项〕的公告"
    assert '<mark class="gap">〔待填写：地点&lt;&gt;〕</mark>' in made.html
    assert '<p><mark class="gap">〔待定〕</mark></p>' in made.html
    assert '<p><mark class="gap">〔待填写：理由〕</mark></p>' in made.html


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ("{% if x %}有{% else %}没有{% endif %}", "没有"),
        ("{% for each in x %}一{% else %}没有{% endfor %}", "没有"),
        ("{{ x|length }}、{{ x|map('person')|join('，') }}。", "0、。"),
        ("{{ {'a': '甲'}[x] }}", "〔待定〕"),
        ("{{ x + 1 }}{{ 1 - x }}{{ -x }}", "〔待定〕"),
        ("{% if x > 3 %}多{% else %}少{% endif %}", "少"),
        ("{{ (x ~ 'T' ~ y)|minute }}", "〔待定〕"),
        ("{{ 'kein'|day }}{{ '3'|chinese }}", "〔待定〕"),
        ("{{ none }}", "〔待定〕"),
    ],
)
def test_a_template_can_do_with_a_gap_whatever_it_does_with_a_value(body: str, written: str) -> None:
    assert written in preview(f"<p>{body}</p>").html


def test_a_list_that_is_to_be_filled_in_shows_one_gap() -> None:
    body = "<p>通过{% for each in ways %}{{ {'a': '甲'}[each] }}{% endfor %}反馈</p>"
    assert '<p>通过<mark class="gap">〔待填写：渠道〕</mark>反馈</p>' in preview(body, {"ways": "渠道"}, ways=[]).html
    assert "<p>通过反馈</p>" in preview(body, ways=[]).html


def test_what_templates_may_not_do_they_may_not_in_a_preview_either() -> None:
    with pytest.raises(errors.InvalidRecord):
        preview("{{ title.upper() }}", title="甲")
    assert "class" not in preview("{{ ''.__class__ }}").html.partition("paper-body")[2].replace('class="', "")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_every_template_is_shown_when_nothing_is_known_yet(path: pathlib.Path) -> None:
    made = documents.preview(documents.parse(path.read_bytes(), path.name), {}, now=NOW)
    assert "预览稿" in made.html
    assert "None" not in made.html
    assert "Undefined" not in made.html


def test_every_page_of_the_pdf_says_that_it_is_a_preview() -> None:
    made = preview("<p>正文</p>" * 60, title="停水")
    pages = [
        page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(documents.pdf(made.title, made.html))
    ]
    assert len(pages) > 1
    assert all("未制发" in page for page in pages)

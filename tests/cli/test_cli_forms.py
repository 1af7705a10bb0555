"""`gongkai form` and `gongkai file`: what designers of forms use, and files at the command line."""

from __future__ import annotations

import json
import pathlib

import lxml.html
import pytest
from office import Office

PDF = b"%PDF-1.7\n%%EOF\n"
SHIPPED = pathlib.Path(__file__).parents[2] / "forms"


def test_form_check_names_every_mistake_of_every_file(bare: Office, tmp_path: pathlib.Path) -> None:
    directory = tmp_path / "forms" / "demo"
    directory.mkdir(parents=True)
    fields = {"a": {"type": "string", "title": "甲", "maxlength": 3}, "b": {"type": "number"}}
    content = {"id": "demo/sheet", "title": "表单", "schema": {"type": "object", "properties": fields}}
    (directory / "sheet.json").write_text(json.dumps(content), encoding="utf-8")
    (directory / "other.json").write_text("{", encoding="utf-8")

    found = bare("form", "check", tmp_path, code=1).out
    assert "forms/demo/sheet.json [schema/properties/a/maxlength]" in found
    assert "没有 title" in found
    assert "forms/demo/other.json:1" in found
    as_json = bare("form", "check", tmp_path, "--json", code=1).json
    assert as_json["errors"] == 3
    assert bare("form", "check", SHIPPED).out == "检查通过，没有发现问题。\n"
    assert "没有找到表单文件" in bare("form", "check", bare.root / "packs" / "processes", code=3).err
    assert not (bare.root / "office.db").exists(), "designers need no database"


def test_form_list_shows_the_forms_of_the_packs(bare: Office) -> None:
    rows = [row[:3] for row in bare("form", "list").rows]
    assert ["demo/apply", "apply", "1"] in rows
    assert ["demo/check", "check", "3"] in rows
    assert {"id", "title", "clause", "pack", "sha256"} == set(bare("form", "list", "--json").json[0])


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*/*.json")), ids=lambda path: path.stem)
def test_every_shipped_form_can_be_previewed_without_a_server(bare: Office, path: pathlib.Path) -> None:
    target = bare.root / "page.html"
    assert "已写入" in bare("form", "preview", path, "-o", target).err
    text = target.read_text("utf-8")
    root = lxml.html.document_fromstring(text)
    title = json.loads(path.read_text("utf-8"))["title"]
    assert [heading.text_content() for heading in root.iter("h1")] == [title]
    assert not root.xpath("//script | //link | //img | //iframe")
    assert not [each for each in root.xpath("//@src | //@href") if not each.startswith("#")]
    assert "url(../" not in text


def test_a_preview_shows_values_and_how_they_are_read(bare: Office) -> None:
    form = bare.root / "packs" / "forms" / "demo" / "check.json"
    values = bare.root / "values.json"
    values.write_text('{"opinion": "同意</textarea>", "agree": true}', encoding="utf-8")
    filled = lxml.html.document_fromstring(bare("form", "preview", form, "--values", values).out)
    assert filled.xpath("//input[@name='opinion']/@value") == ["同意</textarea>"]
    read = lxml.html.document_fromstring(bare("form", "preview", form, "--values", values, "--read-only").out)
    assert [each.text_content() for each in read.iter("dd")] == ["同意</textarea>", "是", "—"]


def test_a_broken_form_has_no_preview(bare: Office, tmp_path: pathlib.Path) -> None:
    (tmp_path / "x.json").write_text("{}", encoding="utf-8")
    assert "表单定义不能部署" in bare("form", "preview", tmp_path / "x.json", code=6).err


def test_a_file_is_stored_and_got_back(office: Office, tmp_path: pathlib.Path) -> None:
    source = tmp_path / "附件.pdf"
    source.write_bytes(PDF)
    value = office("file", "store", source).json
    assert (value["name"], value["size"]) == ("附件.pdf", len(PDF))
    target = tmp_path / "copy.pdf"
    office("file", "get", value["token"], "-o", target)
    assert target.read_bytes() == PDF
    assert "没有此文件" in office("file", "get", "nothing", "-o", target, code=3).err
    source.write_bytes(b"no pdf")
    assert "与扩展名 .pdf 不符" in office("file", "store", source, code=6).err

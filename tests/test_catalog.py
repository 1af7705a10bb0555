"""Packs on disk: found in every place, read with clear findings, hashed by content."""

from __future__ import annotations

import datetime
import importlib.metadata
import pathlib

import pytest

from engine import catalog, config, errors, packfile
from engine.model import definitions

YAML = """\
title: 政务公开
source: {file: 000_x.txt, date: 2016-06-08, issuer: 市政务办}
roles:
  - {id: zonghechu, name: 综合处, description: 预审}
  - {id: lingdao, name: 领导小组}
users:
  - {id: zhangsan, name: 张三, roles: [zonghechu]}
calendar:
  - {date: 2026-03-06, workday: false}
clauses:
  - {id: P000-02, articles: 第二条, summary: 分级预审, kind: procedure}
"""


def pack(root: pathlib.Path, slug: str = "demo", yaml: str = YAML) -> pathlib.Path:
    home = root / "processes" / slug
    (home / "documents").mkdir(parents=True)
    (root / "forms" / slug).mkdir(parents=True)
    (home / "pack.yaml").write_text(yaml, encoding="utf-8")
    (home / "a.bpmn").write_text("<a/>")
    (home / "b.dmn").write_text("<b/>")
    (home / "README.md").write_text("not part of a deployment")
    (home / "documents" / "notice.j2").write_text("{{ x }}")
    (root / "forms" / slug / "apply.json").write_text("{}")
    return home


def test_a_pack_is_read_with_all_its_resources(tmp_path) -> None:
    pack(tmp_path)

    found = catalog.Catalog([tmp_path]).pack("demo")

    kinds = definitions.ResourceKind
    assert [(each.path, each.kind) for each in found.resources] == [
        ("forms/demo/apply.json", kinds.FORM),
        ("processes/demo/a.bpmn", kinds.PROCESS),
        ("processes/demo/b.dmn", kinds.DECISION),
        ("processes/demo/documents/notice.j2", kinds.TEMPLATE),
        ("processes/demo/pack.yaml", kinds.PACK),
    ]
    assert found.info.title == "政务公开"
    assert found.info.source.date == datetime.date(2016, 6, 8)
    assert found.info.lanes == {"综合处": "zonghechu", "领导小组": "lingdao"}
    assert found.info.users == (packfile.DemoUser("zhangsan", "张三", ("zonghechu",)),)
    assert found.info.calendar == [{"date": datetime.date(2026, 3, 6), "workday": False}]
    assert found.of_kind(kinds.DECISION)[0].content == b"<b/>"


def test_the_hash_follows_content_and_path_and_nothing_else(tmp_path) -> None:
    home = pack(tmp_path)
    packs = catalog.Catalog([tmp_path])
    first = packs.pack("demo").sha256

    (home / "README.md").write_text("changed")
    (home / "a.bpmn").touch()
    assert packs.pack("demo").sha256 == first

    (home / "a.bpmn").write_text("<a />")
    changed = packs.pack("demo").sha256
    assert changed != first

    (home / "a.bpmn").rename(home / "c.bpmn")
    assert packs.pack("demo").sha256 not in (first, changed)


def test_packs_come_from_the_repository_the_setting_and_installed_distributions(tmp_path, monkeypatch) -> None:
    pack(tmp_path / "city", "city")
    pack(tmp_path / "dist", "dist")
    point = importlib.metadata.EntryPoint("dist", "fake_pack_distribution", catalog.ENTRY_POINTS)
    (tmp_path / "dist" / "fake_pack_distribution.py").write_text(f"root = {str(tmp_path / 'dist')!r}\n")
    monkeypatch.syspath_prepend(tmp_path / "dist")
    point = importlib.metadata.EntryPoint("dist", "fake_pack_distribution:root", catalog.ENTRY_POINTS)
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [point])

    found = catalog.find(config.Settings(packs=(tmp_path / "city",)))

    assert {"city", "dist"} <= set(found.slugs)
    own = pathlib.Path(catalog.__file__).parent.parent
    assert own / "handlers" in found.handler_directories
    assert tmp_path / "city" / "handlers" in found.handler_directories


def test_an_entry_point_that_cannot_be_loaded_is_named(monkeypatch) -> None:
    point = importlib.metadata.EntryPoint("bad", "no_such_module_here", catalog.ENTRY_POINTS)
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [point])
    with pytest.raises(errors.InvalidInput, match="bad.*no_such_module_here"):
        catalog.find(config.Settings())


def test_a_configured_directory_without_packs_is_refused(tmp_path) -> None:
    with pytest.raises(errors.InvalidInput, match="GONGKAI_PACKS"):
        catalog.find(config.Settings(packs=(tmp_path,)))


def test_two_packs_of_one_name_are_refused_and_both_places_named(tmp_path) -> None:
    pack(tmp_path / "a")
    pack(tmp_path / "b")
    with pytest.raises(errors.InvalidInput) as refusal:
        catalog.Catalog([tmp_path / "a", tmp_path / "b"])
    assert str(tmp_path / "a" / "processes" / "demo") in refusal.value.message
    assert str(tmp_path / "b" / "processes" / "demo") in refusal.value.message


def test_an_unknown_pack_suggests_those_that_look_alike(tmp_path) -> None:
    pack(tmp_path)
    packs = catalog.Catalog([tmp_path])
    with pytest.raises(errors.NotFound, match="是否应为：demo"):
        packs.pack("dmo")
    with pytest.raises(errors.NotFound, match="现有：demo"):
        packs.pack("zzz")


def test_a_file_that_points_out_of_the_pack_is_refused(tmp_path) -> None:
    home = pack(tmp_path / "root")
    (tmp_path / "secret.bpmn").write_text("secret")
    (home / "c.bpmn").symlink_to(tmp_path / "secret.bpmn")
    with pytest.raises(errors.InvalidInput, match="c.bpmn"):
        catalog.Catalog([tmp_path / "root"]).pack("demo")


def test_a_directory_name_that_is_no_slug_is_refused(tmp_path) -> None:
    pack(tmp_path, "政务")
    with pytest.raises(errors.InvalidInput, match="政务"):
        catalog.Catalog([tmp_path])


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("title: 政务公开\n", "", "pack.yaml：应为有 title；现为缺少"),
        ("title: 政务公开", "title: 5", "pack.yaml:1 title：应为非空文字"),
        ("title: 政务公开", "titel: 政务公开", "应为键 title；现为titel"),
        ("date: 2016-06-08", "date: 去年", "pack.yaml:2 source.date：应为日期，如 2016-06-08；现为去年"),
        ("  - {id: lingdao, name: 领导小组}", "  - {id: zonghechu, name: 领导小组}", "“zonghechu”出现 2 次"),
        ("name: 领导小组", "name: 综合处", "“综合处”出现 2 次"),
        ("{id: lingdao, name: 领导小组}", "{id: a b, name: 领导小组}", "pack.yaml:5 roles[2]：应为不含空格"),
        ("roles: [zonghechu]", "roles: [zonghecu]", "应为roles 中的角色（zonghechu？）；现为zonghecu"),
        ("roles: [zonghechu]", "roles: zonghechu", "pack.yaml:7 users[1].roles：应为列表；现为zonghechu"),
        ("kind: procedure", "kind: law", "应为procedure、rule、system、one-off 之一；现为law"),
        ("summary: 分级预审, ", "", "应为有 summary；现为缺少"),
        ("title: 政务公开", "title: 政务公开\ntitle: 公开", "应为不重复；现为title"),
        ("title: 政务公开", "title: [", "格式：应为有效的 YAML"),
        ("title: 政务公开", "title: &a 政务公开\ncalendar: [*a]", "不支持锚点与别名"),
        ("title: 政务公开", "title: !!python/object:os.system {}", "格式：应为有效的 YAML"),
    ],
)
def test_a_wrong_pack_yaml_is_refused_with_line_expected_and_found(old: str, new: str, sentence: str) -> None:
    assert old in YAML
    with pytest.raises(errors.InvalidInput) as refusal:
        packfile.parse(YAML.replace(old, new).encode(), "demo")
    assert sentence in refusal.value.message
    assert refusal.value.details["findings"]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"- a", b"[" * 5000])
def test_what_is_no_mapping_is_refused_not_crashed_on(content: bytes) -> None:
    with pytest.raises(errors.InvalidInput):
        packfile.parse(content, "demo")


def test_all_findings_come_at_once() -> None:
    text = YAML.replace("title: 政务公开\n", "").replace("kind: procedure", "kind: law")
    with pytest.raises(errors.InvalidInput) as refusal:
        packfile.parse(text.encode(), "demo")
    assert len(refusal.value.details["findings"]) == 2

"""Uploaded files: what is taken, what is refused, who may read it, and when it goes."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import io
import json
import os
import pathlib
import sys
import zipfile

import packbuilder as p
import pytest
import snippets as s
from hypothesis import given
from hypothesis import strategies as st

from engine import config, errors, forms
from engine.actions import files, housekeeping, people
from engine.model import commands
from engine.store import blobs, queries

PDF = b"%PDF-1.7\nhello\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
FILE = {"type": "object", "title": "附件", "format": "file", "x-maxSize": 100_000, "x-accept": [".pdf", ".png"]}
FORM = {
    "type": "object",
    "properties": {
        "subject": {"type": "string", "title": "标题"},
        "paper": FILE,
        "papers": {"type": "array", "title": "材料", "items": {"type": "object", "format": "file"}},
        "reader": {"type": "string", "title": "阅办人"},
        "role": {"type": "string", "title": "角色"},
    },
}


def archive(*names: str) -> bytes:
    """Return a ZIP archive with these entries."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return target.getvalue()


DOCX = archive("[Content_Types].xml", "word/document.xml")


@pytest.fixture
def driver(drive):
    """Two tasks in a row: clerks begin, the chief ends; both may upload."""
    body = (
        s.start(camunda_formKey="demo/sheet"),
        s.user("a", camunda_formKey="demo/sheet", camunda_candidateGroups="clerk"),
        s.user("b", camunda_formKey="demo/sheet", camunda_candidateGroups="chief"),
        s.end(),
        s.path("start", "a", "b", "end"),
    )
    return drive(main=p.diagram(*body), forms={"sheet": FORM})


def store(driver, content=PDF, name="附件.pdf", as_="zhangsan", **given):
    return files.store(driver.engine, driver.user(as_), io.BytesIO(content), name, purpose="test", **given)


def find(driver, token, as_, **given):
    return files.find(driver.engine, token, driver.user(as_), **given)


def on_disk(driver):
    """Everything below the directory of files, by its path."""
    root = driver.engine.blobs.root
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_a_file_is_stored_whole_under_its_hash_with_what_is_known_of_it(driver):
    stored = store(driver)

    digest = hashlib.sha256(PDF).hexdigest()
    assert (stored.sha256, stored.size, stored.name) == (digest, len(PDF), "附件.pdf")
    assert (stored.content_type, stored.owner, stored.purpose) == ("application/pdf", "zhangsan", "test")
    assert on_disk(driver) == {f"{digest[:2]}/{digest[2:]}"}
    found, path = find(driver, stored.token, "zhangsan")
    assert (found, path.read_bytes()) == (stored, PDF)
    assert forms.is_file(stored.as_value())


def test_the_same_content_twice_is_two_files_and_one_blob(driver):
    first, second = store(driver, name="一.pdf"), store(driver, name="二.pdf", as_="lisi")

    assert (first.token != second.token, first.sha256) == (True, second.sha256)
    assert len(on_disk(driver)) == 1


def test_a_file_that_is_too_large_leaves_nothing_behind(driver):
    class Endless(io.RawIOBase):
        """A stream that never ends: it must be cut off while it is read, not afterwards."""

        def read(self, size: int = -1) -> bytes:
            return b"%PDF-" + b"0" * (size - 5)

    with pytest.raises(blobs.TooLarge, match=r"文件“附件.pdf”过大，应不超过 3 MB"):
        files.store(driver.engine, driver.user("zhangsan"), Endless(), "附件.pdf", purpose="test", most=3 * 1024 * 1024)
    assert on_disk(driver) == set()


def test_a_full_disk_is_said_in_a_sentence_and_leaves_nothing_behind(driver, monkeypatch):
    def full(_handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(errors.StoreError, match="磁盘空间不足，文件没有保存"):
        store(driver)
    monkeypatch.undo()
    assert on_disk(driver) == set()
    assert store(driver).size == len(PDF)


def test_a_directory_that_cannot_be_written_is_named(driver, tmp_path):
    (tmp_path / "file").write_text("in the way")
    driver.engine.blobs.root = tmp_path / "file"
    with pytest.raises(errors.StoreError, match="GONGKAI_FILES"):
        store(driver)


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("a.pdf", PDF, "application/pdf"),
        ("A.PDF", PDF, "application/pdf"),
        ("a.docx", DOCX, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.doc", OLE, "application/msword"),
        ("a.wps", OLE, "application/vnd.ms-works"),
        ("a.et", archive("[Content_Types].xml"), "application/wps-office.et"),
        ("a.ofd", archive("OFD.xml", "Doc_0/Document.xml"), "application/ofd"),
        ("a.png", PNG, "image/png"),
        ("a.jpeg", b"\xff\xd8\xff\xe0" + b"\0" * 20, "image/jpeg"),
        ("a.txt", "公开属性：主动公开".encode("gb18030"), "text/plain"),
        ("a.txt", "公开属性".encode()[:-1] + b"\x80", "text/plain"),
        ("a.zip", archive("a"), "application/zip"),
    ],
)
def test_what_offices_send_each_other_is_taken(driver, name, content, content_type):
    assert store(driver, content, name).content_type == content_type


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.pdf", PNG, "内容与扩展名 .pdf 不符"),
        ("a.png", b"<svg onload=alert(1)>", "内容与扩展名 .png 不符"),
        ("a.docx", archive("evil.exe"), "内容与扩展名 .docx 不符"),
        ("a.docx", archive("[Content_Types].xml", "xl/workbook.xml"), "内容与扩展名 .docx 不符"),
        ("a.docx", OLE, "可能设有打开密码"),
        ("a.docx", DOCX[:-30], "不符"),
        ("a.ofd", DOCX, "内容与扩展名 .ofd 不符"),
        ("a.txt", b"MZ\x90\x00", "内容不是文本"),
        ("a.txt", b"\xef\xbb\xbf<!DOCTYPE html><script>", "内容不是文本"),
        ("a.csv", PDF + b"\0", "内容与扩展名 .csv 不符"),
        ("a.pdf", b"", "是空的"),
        ("a.exe", b"MZ\x90\x00", "不接受这种类型的文件"),
        ("a.svg", b"<svg/>", "不接受这种类型的文件"),
        ("a.html", b"<html>", "不接受这种类型的文件"),
        ("readme", PDF, "不接受这种类型的文件"),
    ],
)
def test_what_is_not_what_it_says_is_refused(driver, name, content, sentence):
    with pytest.raises(errors.InvalidInput, match=sentence):
        store(driver, content, name)
    assert on_disk(driver) == set()


def test_a_form_names_the_endings_it_takes(driver):
    with pytest.raises(errors.InvalidInput, match=r"应为 \.ofd、\.pdf"):
        store(driver, PNG, "a.png", accept=[".pdf", ".ofd"])
    assert store(driver, b"CEB3\x01", "a.ceb", accept=[".ceb"]).content_type == "application/octet-stream"
    for content in (b"MZ\x90", PDF, b"  <html>", b"#!/bin/sh"):
        with pytest.raises(errors.InvalidInput, match=r"与扩展名 \.ceb 不符"):
            store(driver, content, "a.ceb", accept=[".ceb"])


def test_an_archive_with_endless_entries_is_not_even_listed(driver, monkeypatch):
    monkeypatch.setattr("engine.actions.file_types._MOST_ENTRIES", 1)
    with pytest.raises(errors.InvalidInput, match="不符"):
        store(driver, DOCX, "a.docx")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("C:\\Users\\张三\\附件（一）.pdf", "附件（一）.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("附件\u202efdp.pdf", "附件_fdp.pdf"),
        ('a"b|c?.pdf', "a_b_c_.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "a  Set-Cookie_ x.pdf"),
        ("  空格 .pdf ", "空格 .pdf"),
        ("公" * 200 + ".pdf", "公" * 83 + ".pdf"),
        ("e\u0301.pdf", "é.pdf"),
    ],
)
def test_names_are_made_safe_and_stay_readable(driver, given, kept):
    assert store(driver, name=given).name == kept


@given(st.text(max_size=300))
def test_every_name_becomes_one_that_a_form_takes(name):
    assert forms.is_file_name(files.safe_name(name))


# --- the virus scanner ------------------------------------------------------------------------------------------------


def scanner(tmp_path: pathlib.Path, body: str) -> config.Settings:
    """Settings with a scanner whose verdict is a line of Python about `content`."""
    script = tmp_path / "scan.py"
    script.write_text(f"import sys, time\ncontent = open(sys.argv[-1], 'rb').read()\n{body}\n")
    return config.Settings(scan_command=f"{sys.executable} '{script}' --quiet", scan_seconds=20.0)


@pytest.fixture
def scanned(driver, tmp_path):
    """Have the driver scan with a scanner of the test's own."""

    def use(body: str, **settings: float):
        made = dataclasses.replace(scanner(tmp_path, body), **settings)
        driver.engine.settings = dataclasses.replace(
            driver.engine.settings, scan_command=made.scan_command, scan_seconds=made.scan_seconds
        )
        return driver

    return use


def test_the_scanner_is_given_the_whole_file_and_clean_ones_are_kept(scanned):
    driver = scanned("sys.exit(b'EICAR' in content)")
    assert store(driver).size == len(PDF)


def test_an_infected_file_goes_into_quarantine_and_the_trail_says_who_sent_it(scanned):
    driver = scanned("sys.exit(b'EICAR' in content)")
    content = PDF + b"EICAR"
    with pytest.raises(files.Infected, match="没有通过病毒扫描"):
        store(driver, content)
    assert on_disk(driver) == {f"quarantine/{hashlib.sha256(content).hexdigest()}"}
    with driver.engine.store.read() as uow:
        (entry,) = queries.audit(uow, action="refuse-file").items
    assert (entry.actor, entry.details["name"]) == ("zhangsan", "附件.pdf")


@pytest.mark.parametrize(
    ("body", "settings", "why"),
    [("sys.exit(2)", {}, "扫描程序返回 2"), ("time.sleep(30)", {"scan_seconds": 0.3}, "超过 0.3 秒")],
)
def test_without_a_verdict_nothing_is_kept(scanned, body, settings, why):
    driver = scanned(body, **settings)
    with pytest.raises(errors.StoreError, match=f"病毒扫描没有完成（{why}）"):
        store(driver)
    assert on_disk(driver) == set()


def test_a_scanner_that_is_not_there_refuses_everything(driver):
    driver.engine.settings = dataclasses.replace(driver.engine.settings, scan_command="/nowhere/clamscan")
    with pytest.raises(errors.StoreError, match="不能运行扫描程序"):
        store(driver)


# --- who may read it --------------------------------------------------------------------------------------------------


def test_before_it_is_submitted_only_the_uploader_may_read_a_file(driver):
    stored = store(driver)
    driver.start("main", as_="zhangsan")
    assert find(driver, stored.token, "zhangsan")
    for other in ("lisi", "wangwu", "zhaoliu", "admin"):
        with pytest.raises(errors.NotFound):
            find(driver, stored.token, other)


def test_a_submitted_file_belongs_to_the_case_and_to_those_who_may_see_it(driver):
    value = driver.upload("附件.pdf", PDF, as_="zhangsan")
    driver.start("main", as_="zhangsan", form={"paper": value})
    for allowed in ("zhangsan", "lisi", "admin"):
        assert find(driver, value["token"], allowed)[0].name == "附件.pdf"
    for stranger in ("wangwu", "zhaoliu"):
        with pytest.raises(errors.NotFound):
            find(driver, value["token"], stranger)
    # the chief once the case has come to them
    driver.complete("a", as_="lisi", form={})
    assert find(driver, value["token"], "wangwu")


def test_a_file_of_a_draft_may_be_read_by_those_who_may_do_the_task_while_it_is_open(driver):
    driver.start("main", as_="zhangsan", form={})
    value = driver.upload("附件.pdf", PDF, as_="zhangsan")
    driver.save_draft("a", as_="zhangsan", form={"paper": value})
    assert find(driver, value["token"], "lisi")
    # a colleague goes on with the draft and submits the same file
    driver.complete("a", as_="lisi", form={"paper": value})
    assert find(driver, value["token"], "wangwu")


def test_a_file_dropped_from_a_draft_is_the_uploaders_alone_again(driver):
    driver.start("main", as_="zhangsan", form={})
    value = driver.upload("附件.pdf", PDF, as_="zhangsan")
    driver.save_draft("a", as_="zhangsan", form={"paper": value})
    driver.save_draft("a", as_="zhangsan", form={"paper": None})
    with pytest.raises(errors.NotFound):
        find(driver, value["token"], "lisi")


def test_a_file_that_came_by_a_message_is_read_through_the_case_that_holds_it(driver):
    value = driver.upload("附件.pdf", PDF, as_="admin")
    driver.start("main", as_="zhangsan", form={})
    driver.set_variables({"evidence": [value]})
    case = driver.case().id
    assert find(driver, value["token"], "lisi", case=case)
    with pytest.raises(errors.NotFound):
        find(driver, value["token"], "lisi")
    with pytest.raises(errors.NotFound):
        find(driver, value["token"], "zhaoliu", case=case)
    other = driver.start("main", as_="lisi", form={}).id
    with pytest.raises(errors.NotFound):
        find(driver, value["token"], "lisi", case=other)


def test_content_that_is_gone_from_the_disk_is_said_plainly(driver):
    stored = store(driver)
    driver.engine.blobs.path(stored.sha256).unlink()
    with pytest.raises(errors.StoreError, match="已不在磁盘上"):
        find(driver, stored.token, "zhangsan")


# --- what may be submitted --------------------------------------------------------------------------------------------


def test_a_submission_names_only_files_as_they_were_stored(driver):
    value = driver.upload("附件.pdf", PDF, as_="zhangsan")
    for changed in (
        {"token": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
        {"name": "别的.pdf"},
        {"size": value["size"] + 1},
        {"sha256": "0" * 64},
    ):
        with driver.refused("已不存在，请重新上传"):
            driver.start("main", as_="zhangsan", form={"paper": {**value, **changed}})


def test_the_files_of_others_cannot_be_submitted(driver):
    value = driver.upload("附件.pdf", PDF, as_="lisi")
    with driver.refused("不是您上传的"):
        driver.start("main", as_="zhangsan", form={"papers": [value]})


def test_a_draft_with_a_file_of_others_gives_nobody_a_right_to_it(driver):
    value = driver.upload("附件.pdf", PDF, as_="wangwu")
    driver.start("main", as_="zhangsan", form={})
    driver.save_draft("a", as_="zhangsan", form={"paper": value})
    with pytest.raises(errors.NotFound):
        find(driver, value["token"], "zhangsan")
    with driver.refused("不是您上传的"):
        driver.complete("a", as_="zhangsan", form={"paper": value})


def test_a_file_of_the_case_may_be_submitted_again_by_the_next_one(driver):
    value = driver.upload("附件.pdf", PDF, as_="zhangsan")
    driver.start("main", as_="zhangsan", form={"papers": [value]})
    driver.complete("a", as_="lisi", form={"papers": [value, driver.upload("二.png", PNG, as_="lisi")]})
    assert [each["name"] for each in driver.variables()["papers"]] == ["附件.pdf", "二.png"]
    assert find(driver, driver.variables()["papers"][1]["token"], "wangwu")


def test_what_was_uploaded_for_another_field_is_judged_by_the_form(driver):
    value = driver.upload("a.txt", "文字".encode(), as_="zhangsan")
    with driver.refused("文件类型应为"):
        driver.start("main", as_="zhangsan", form={"paper": value})
    large = driver.upload("a.pdf", PDF + b"0" * 200_000, as_="zhangsan")
    with driver.refused("文件应不超过"):
        driver.start("main", as_="zhangsan", form={"paper": large})


# --- people, roles, units ---------------------------------------------------------------------------------------------


@pytest.fixture
def picking(drive):
    """A form with pickers; the reader has to be a chief."""
    schema = {name: FORM["properties"][name] for name in ("reader", "role", "subject")}
    schema["unit"] = {"type": "string", "title": "单位"}
    ui = {
        "widgets": {"reader": "person", "role": "role", "unit": "unit"},
        "options": {"reader": {"role": "chief"}},
    }
    body = (s.start(camunda_formKey="demo/pick"), s.user("a", camunda_candidateGroups="clerk"), s.end())
    root = {"type": "object", "properties": schema}
    driver = drive(main=p.diagram(*body, s.path("start", "a", "end")), forms={"pick": root})
    path = pathlib.Path(driver.engine.settings.packs[0]) / "forms" / "demo" / "pick.json"
    path.write_text(json.dumps({"id": "demo/pick", "title": "选择", "schema": root, "ui": ui}), "utf-8")
    driver.deploy("demo")
    return driver


def test_while_there_are_no_accounts_the_people_of_the_pack_count(picking):
    picking.start("main", as_="zhangsan", form={"reader": "wangwu", "role": "chief"})
    assert picking.variables()["reader"] == "wangwu"
    with picking.refused("没有标识为“nobody”的用户"):
        picking.start("main", as_="zhangsan", form={"reader": "nobody"})
    with picking.refused("应为领导小组的人员"):
        picking.start("main", as_="zhangsan", form={"reader": "lisi"})
    with picking.refused("没有标识为“nobody”的角色"):
        picking.start("main", as_="zhangsan", form={"role": "nobody"})
    with picking.refused("没有编号为“7”的单位"):
        picking.start("main", as_="zhangsan", form={"unit": "7"})


def test_with_accounts_only_active_ones_with_the_role_count(picking):
    people.seed_demo(picking.engine)
    picking.start("main", as_="zhangsan", form={"reader": "wangwu"})
    people.deactivate(picking.engine, commands.Actor("admin", admin=True), "wangwu", "退休")
    with picking.refused("账号已停用"):
        picking.start("main", as_="zhangsan", form={"reader": "wangwu"})


# --- when it goes -----------------------------------------------------------------------------------------------------


def test_uploads_that_nobody_submits_go_after_a_day_and_no_others(driver):
    lost = store(driver, PDF + b"lost")
    twin = store(driver, PDF)
    kept = driver.upload("附件.pdf", PDF, as_="zhangsan")
    driver.start("main", as_="zhangsan", form={"paper": kept})
    drafted = driver.upload("草稿.png", PNG, as_="zhangsan")
    driver.save_draft("a", as_="zhangsan", form={"paper": drafted})

    driver.sleep(hours=23)
    assert files.sweep(driver.engine) == 0
    driver.sleep(hours=2)
    assert housekeeping.tidy(driver.engine) == 2, "the one that was lost, and the twin of the one that is kept"

    for gone in (lost, twin):
        with pytest.raises(errors.NotFound):
            find(driver, gone.token, "zhangsan")
    assert find(driver, kept["token"], "zhangsan")[1].read_bytes() == PDF
    assert find(driver, drafted["token"], "zhangsan")[1].read_bytes() == PNG
    assert len(on_disk(driver)) == 2
    # a draft whose task is over holds nothing any more
    driver.complete("a", as_="zhangsan", form={})
    assert files.sweep(driver.engine) == 1
    assert len(on_disk(driver)) == 1


def test_content_that_was_swept_can_be_uploaded_again(driver):
    first = store(driver)
    driver.sleep(days=2)
    files.sweep(driver.engine)
    assert on_disk(driver) == set()
    assert find(driver, store(driver).token, "zhangsan")[0].sha256 == first.sha256


def test_what_a_crash_left_half_received_goes_too(driver):
    store(driver)
    left = driver.engine.blobs.root / "incoming" / "0123"
    left.write_bytes(b"half")
    fresh = driver.engine.blobs.root / "incoming" / "4567"
    fresh.write_bytes(b"half")
    os.utime(left, (0, 0))
    files.sweep(driver.engine)
    assert (left.exists(), fresh.exists()) == (False, True)


def test_a_database_in_memory_leaves_no_files_behind():
    from engine import bootstrap

    settings = config.Settings(database="sqlite://")
    with bootstrap.open_engine(settings, shipped_packs=False) as engine:
        stored = files.store(engine, commands.Actor("a"), io.BytesIO(PDF), "a.pdf", purpose="test")
        path = engine.blobs.path(stored.sha256)
        assert path.is_file()
    assert not path.exists()


@pytest.mark.parametrize(
    ("database", "chosen", "expected"),
    [
        ("sqlite:///var/gongkai.db", "", "var/gongkai-files"),
        ("sqlite:////srv/a.sqlite3?timeout=5", "", "/srv/a-files"),
        ("postgresql+psycopg://u@h/d", "", "var/files"),
        ("sqlite:///var/gongkai.db", "/data/files", "/data/files"),
    ],
)
def test_files_are_kept_beside_the_database_or_where_one_says(database, chosen, expected):
    assert config.Settings(database=database, files=chosen).files_directory == pathlib.Path(expected)

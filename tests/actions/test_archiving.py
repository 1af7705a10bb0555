"""The archive package of a finished case: whole, readable without the platform, and proved by the script in it."""

from __future__ import annotations

import ast
import hashlib
import json
import pathlib
import subprocess
import warnings
import zipfile

import packbuilder as p
import pytest
import snippets as s
import sqlalchemy as sa

from engine import errors, testing
from engine.actions import archiving, linking, withdrawing
from engine.store import queries, tables

SCRIPT = "verify.py"
FILE = {"type": "object", "title": "附件", "format": "file", "x-maxSize": 100_000, "x-accept": [".txt"]}
SHEET = p.schema(subject=p.text(title="标题"), phone=p.text(title="联系电话", **{"x-private": True}), paper=FILE)
OPINION = p.schema(opinion=p.text(title="意见"))
REGISTER = """
registers:
  - id: fabu
    name: 发布登记
    number: "发布〔{year}〕{n}号"
    fields: [{id: title, name: 名称}]
"""
NOTICE = """---
title: 公告
kind: 公告
number: "告〔{year}〕{n}号"
issuer: 市政务办
---
<p>{{ subject }}</p>
"""
HANDLERS = """
from engine.model import records

@registry.handler("record")
def record(job):
    job.write(records.Append(register="fabu", values={"title": job.inputs["subject"]}))
    made = job.write(records.Issue(template="notice", data={"subject": job.inputs["subject"]}))
    job.write(records.Announce(kind=records.PublicationKind.ANNOUNCEMENT, title="公告", content="已经决定"))
"""


def parent() -> bytes:
    call = s.element("callActivity", "call", name="会签", calledElement="child")
    nodes = (
        s.start(camunda_formKey="demo/sheet"),
        s.user("review", name="审核", camunda_formKey="demo/opinion", camunda_candidateGroups="chief"),
        call,
        s.service("record", name="登记", camunda_topic="record"),
        s.end(),
    )
    return p.diagram(*nodes, s.path("start", "review", "call", "record", "end"))


CHILD = p.line(s.user("sign", name="签字", camunda_formKey="demo/opinion"), ids=("sign",), id="child", name="会签流程")


PARTS = {"forms": {"sheet": SHEET, "opinion": OPINION}, "handlers": HANDLERS, "extra": REGISTER}


@pytest.fixture
def driver(drive):
    return drive(main=parent(), child=CHILD, templates={"notice": NOTICE}, **PARTS)


def begin(driver, business_key="办〔2026〕1号"):
    paper = driver.upload("证明 材料.txt", "看见\n".encode() * 1000, as_="zhangsan")
    form = {"subject": "街道办事指南<b>", "phone": "13900000001", "paper": paper}
    return driver.start("main", as_="zhangsan", form=form, business_key=business_key)


def finish(driver, case):
    driver.comment("请核对附件", as_="zhangsan", case=case)
    driver.complete("审核", as_="wangwu", form={"opinion": "同意公开"}, case=case)
    (child,) = driver.children(case)
    driver.complete("签字", as_="lisi", form={"opinion": "会签同意"}, case=child)
    assert driver.incidents(case) == []
    assert driver.status(case) == "completed"


@pytest.fixture
def case(driver):
    started = begin(driver)
    finish(driver, started)
    return started


@pytest.fixture(scope="module")
def archived(tmp_path_factory):
    """An office with a case that was archived, for tests that look and change nothing: driver, case, package."""
    root = tmp_path_factory.mktemp("archived")
    p.write(root / "packs", {"main": parent(), "child": CHILD}, templates={"notice": NOTICE}, **PARTS)
    with testing.EngineDriver(root / "packs", directory=root) as driver:
        case = begin(driver)
        finish(driver, case)
        yield driver, case, archiving.write(driver.engine, case.id, root / "archive", driver.user("admin"))


@pytest.fixture
def package(archived):
    return archived[2]


def unpack(package: pathlib.Path, place: pathlib.Path) -> pathlib.Path:
    with zipfile.ZipFile(package) as opened:
        opened.extractall(place)
    return place


def verify(place: pathlib.Path, *given: str) -> subprocess.CompletedProcess[str]:
    """Run the script of a package with the Python of the system, which has nothing of the platform."""
    command = ["/usr/bin/env", "-i", "PYTHONIOENCODING=utf-8", "/usr/bin/python3", "-I", str(place / SCRIPT), *given]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False)


def read(place: pathlib.Path, name: str):
    return json.loads((place / name).read_text(encoding="utf-8"))


def relist(place: pathlib.Path) -> None:
    """Write the list of hashes anew, as a forger does."""
    names = sorted(path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file())
    listed = [(name, (place / name).read_bytes()) for name in names if name != archiving.LISTING]
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in listed]
    (place / archiving.LISTING).write_bytes("".join(lines).encode())


def forge(place: pathlib.Path, change) -> subprocess.CompletedProcess[str]:
    trail = read(place, "trail.json")
    change(trail)
    (place / "trail.json").write_text(json.dumps(trail, ensure_ascii=False), encoding="utf-8")
    relist(place)
    return verify(place)


# --- what is in it ---------------------------------------------------------------------------------------------------


def test_a_package_proves_itself_packed_and_unpacked(package, tmp_path):
    place = unpack(package, tmp_path / "unpacked")

    proved = verify(place)
    assert proved.returncode == 0, proved.stdout
    assert "核验通过" in proved.stdout
    assert "proven" in proved.stdout
    assert verify(place, str(package)).stdout == proved.stdout
    assert package.stat().st_mode & 0o777 == 0o600


def test_the_script_is_short_and_needs_nothing_but_python(package, tmp_path):
    script = (unpack(package, tmp_path / "unpacked") / SCRIPT).read_text(encoding="utf-8")

    assert len(script.splitlines()) <= 50
    ast.parse(script, feature_version=(3, 8))
    imported = {line.split()[1] for line in script.splitlines() if line.startswith(("import ", "from "))}
    assert imported == {"hashlib", "json", "pathlib", "sys", "zipfile"}


def test_everything_of_the_case_and_of_those_it_called_is_there(archived, tmp_path):
    driver, case, package = archived
    place = unpack(package, tmp_path / "unpacked")
    (child,) = driver.children(case)
    names = {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}

    assert {"index.html", "case.json", "trail.json", "MANIFEST.sha256", SCRIPT} <= names
    assert {f"diagrams/{case.id}.svg", f"diagrams/{child.id}.svg"} <= names
    deployed = {name.partition("/")[2].partition("/")[2] for name in names if name.startswith("deployments/")}
    assert deployed == {
        "processes/demo/main.bpmn",
        "processes/demo/child.bpmn",
        "processes/demo/pack.yaml",
        "forms/demo/sheet.json",
        "forms/demo/opinion.json",
    }
    assert (place / "files/0001-证明 材料.txt").read_bytes() == "看见\n".encode() * 1000
    assert "街道办事指南&lt;b&gt;" in (place / "documents/0001.html").read_text(encoding="utf-8")
    whole = read(place, "case.json")
    assert whole["cases"] == [case.id, child.id]
    assert [row["submission"] for row in whole["tables"]["user_tasks"]] == [
        {"opinion": "同意公开"},
        {"opinion": "会签同意"},
    ]
    (submitted,) = whole["tables"]["submissions"]
    assert submitted["values"]["phone"] == "13900000001"  # the complete file, personal data too
    assert {"audit"} & set(whole["tables"]) == set()
    assert len(whole["tables"]["register_entries"]) == len(whole["tables"]["publications"]) == 1
    assert [chain["chain"] for chain in read(place, "trail.json")["chains"]] == [case.id, child.id]


def test_the_page_tells_the_case_to_people_without_a_network(package, tmp_path):
    page = (unpack(package, tmp_path / "unpacked") / "index.html").read_text(encoding="utf-8")

    for told in (
        "公开申请审核",
        "办〔2026〕1号",
        "王五办结“审核”",
        "同意公开",
        "会签同意",
        "请核对附件",
        "13900000001",
    ):
        assert told in page
    assert "发布〔2026〕1号" in page
    assert "街道办事指南&lt;b&gt;" in page
    assert "<b>" not in page
    assert "<script" not in page
    assert "src=" not in page
    assert "http://" not in page.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert 'href="files/0001-%E8%AF%81%E6%98%8E%20%E6%9D%90%E6%96%99.txt"' in page
    assert "is-done" in page


def test_what_the_database_cannot_tell_twice_the_package_does_not_tell(package):
    with zipfile.ZipFile(package) as opened:
        assert {each.date_time for each in opened.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_same_case_gives_the_same_bytes_whoever_archives_it_when(archived, tmp_path):
    driver, case, package = archived
    driver.sleep(days=400)
    driver.add_user("chief-admin", admin=True)
    again = archiving.write(driver.engine, case.id, tmp_path / "again", driver.user("chief-admin"))

    assert again.name == package.name
    assert again.read_bytes() == package.read_bytes()


def test_a_second_package_takes_the_place_of_the_same_one(archived):
    driver, case, package = archived
    assert archiving.write(driver.engine, case.id, package.parent, driver.user("admin")) == package
    assert list(package.parent.iterdir()) == [package]


def test_what_happens_after_the_end_makes_another_package_beside_it(driver, case, tmp_path):
    package = archiving.write(driver.engine, case.id, tmp_path, driver.user("admin"))
    withdrawing.withdraw(driver.engine, 1, driver.user("admin"), "误公开")
    later = archiving.write(driver.engine, case.id, package.parent, driver.user("admin"))

    assert later != package
    assert verify_packed(later).returncode == 0
    with zipfile.ZipFile(later) as opened:
        assert "误公开" in opened.read("index.html").decode()


def verify_packed(package: pathlib.Path) -> subprocess.CompletedProcess[str]:
    place = unpack(package, package.with_suffix(".unpacked"))
    return verify(place)


def test_the_trail_of_the_system_keeps_the_fingerprint_that_the_script_tells(driver, case, tmp_path):
    package = archiving.write(driver.engine, case.id, tmp_path, driver.user("admin"))
    told = verify(unpack(package, tmp_path / "unpacked")).stdout
    with driver.engine.store.read() as uow:
        (noted,) = queries.audit(uow, chain=0, action=archiving.ARCHIVED).items

    assert noted.details["sha256"] in told
    assert package.name == f"case-{case.id}-{noted.details['sha256'][:12]}.zip"
    assert noted.subject == f"instance/{case.id}"
    assert noted.actor == "admin"


def test_a_case_that_was_cancelled_is_archived_too_and_linked_cases_are_named(driver, case, tmp_path):
    other = begin(driver, "办〔2026〕2号")
    linking.link(driver.engine, other.id, case.id, driver.user("admin"))
    driver.cancel("申请人撤回", case=other)
    package = archiving.write(driver.engine, other.id, tmp_path / "archive", driver.user("admin"))

    assert verify_packed(package).returncode == 0
    with zipfile.ZipFile(package) as opened:
        page = opened.read("index.html").decode()
    assert "已取消：申请人撤回" in page
    assert "公开申请审核（办〔2026〕1号）" in page


# --- who, and which cases --------------------------------------------------------------------------------------------


def test_a_case_that_has_not_ended_is_refused(driver, tmp_path):
    case = begin(driver)
    with pytest.raises(errors.Conflict, match=f"事项 {case.id} 尚未结束（办理中）"):
        archiving.write(driver.engine, case.id, tmp_path / "archive", driver.user("admin"))
    assert not (tmp_path / "archive").exists()


def test_a_case_that_is_not_there_is_not_found(driver, tmp_path):
    with pytest.raises(errors.NotFound):
        archiving.write(driver.engine, 99, tmp_path, driver.user("admin"))


def test_monitors_and_those_who_did_the_case_are_refused(driver, case, tmp_path):
    for who in ("zhangsan", "wangwu"):
        with pytest.raises(errors.Forbidden, match="归档事项"):
            archiving.write(driver.engine, case.id, tmp_path, driver.user(who))


# --- what does not prove itself does not leave the house -------------------------------------------------------------


def test_an_attachment_that_was_changed_or_is_gone_is_refused(driver, case, tmp_path):
    (content,) = (path for path in driver.engine.blobs.root.rglob("*") if path.is_file())
    kept = content.read_bytes()
    content.chmod(0o600)
    content.write_bytes(kept[:-1] + b"!")
    with pytest.raises(errors.Conflict, match="附件“证明 材料.txt”的内容与登记的哈希值不符"):
        archiving.write(driver.engine, case.id, tmp_path / "archive", driver.user("admin"))
    content.unlink()
    with pytest.raises(errors.Conflict, match="附件“证明 材料.txt”的内容不能读取"):
        archiving.write(driver.engine, case.id, tmp_path / "archive", driver.user("admin"))

    assert list((tmp_path / "archive").iterdir()) == []


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE documents SET title = '假的'",
        "UPDATE documents SET html = '<p>假的</p>'",
        "UPDATE register_entries SET number = '9号'",
        "DELETE FROM register_values; DELETE FROM register_entries",
        "UPDATE audit SET actor = 'lisi' WHERE chain = 1 AND seq = 2",
        "DELETE FROM audit WHERE chain = 1 AND seq = 2",
        "UPDATE audit SET details = '{}' WHERE chain = 2 AND seq = 1",
    ],
)
def test_a_case_whose_rows_do_not_fit_its_trail_is_refused(driver, case, tmp_path, sql):
    with driver.engine.store.write() as uow:
        for each in sql.split(";"):
            uow.link.driver(each)
    with pytest.raises(errors.Conflict, match="归档卷核验未通过，没有归档"):
        archiving.write(driver.engine, case.id, tmp_path / "archive", driver.user("admin"))

    assert list((tmp_path / "archive").iterdir()) == []
    with driver.engine.store.read() as uow:
        noted = uow.link.select(sa.select(tables.audit.c.id).where(tables.audit.c.action == archiving.ARCHIVED))
        assert noted == []


def test_a_directory_that_cannot_be_written_is_a_sentence(driver, case, tmp_path):
    (tmp_path / "in-the-way").write_text("x")
    with pytest.raises(errors.StoreError, match="不能在“.*in-the-way”写入归档卷"):
        archiving.write(driver.engine, case.id, tmp_path / "in-the-way", driver.user("admin"))


# --- what somebody does to it afterwards is found --------------------------------------------------------------------


def test_a_changed_byte_in_any_member_is_found(package, tmp_path):
    place = unpack(package, tmp_path / "unpacked")
    names = sorted(path for path in place.rglob("*") if path.is_file())
    assert len(names) > 10
    for number, path in enumerate(names):
        content = path.read_bytes()
        at = (0, len(content) // 2, len(content) - 1)[number % 3]
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        if path.name == SCRIPT:  # the script itself: whoever doubts it takes that of another package
            found = verify(unpack(package, tmp_path / "other"), str(place))
        else:
            found = verify(place)
        assert found.returncode == 1, (path.name, at, found.stdout)
        assert "Traceback" not in found.stderr
        path.write_bytes(content)
    assert verify(place).returncode == 0


def test_a_file_that_is_there_twice_is_found_as_other_programs_show_the_other_one(package, tmp_path):
    twins = tmp_path / "twins.zip"
    with zipfile.ZipFile(package) as old, zipfile.ZipFile(twins, "w") as new, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        new.writestr("index.html", "伪造")
        for name in old.namelist():
            new.writestr(name, old.read(name))
    found = verify(unpack(package, tmp_path / "unpacked"), str(twins))
    assert found.returncode == 1
    assert "index.html" in found.stdout


def test_a_missing_or_added_file_is_found_by_name(package, tmp_path):
    place = unpack(package, tmp_path / "unpacked")
    (place / "files/0002-伪造.txt").write_text("x")
    added = verify(place)
    (place / "files/0002-伪造.txt").unlink()
    (place / "case.json").unlink()
    missing = verify(place)

    assert (added.returncode, missing.returncode) == (1, 1)
    assert "缺失或多出" in added.stdout
    assert "files/0002-伪造.txt" in added.stdout
    assert "case.json" in missing.stdout


def changed(trail):
    trail["chains"][0]["acts"][1][3] = "lisi"


def removed(trail):
    del trail["chains"][0]["acts"][2]


def removed_last(trail):
    del trail["chains"][0]["acts"][-1]


def reordered(trail):
    acts = trail["chains"][0]["acts"]
    acts[1], acts[2] = acts[2], acts[1]


def swapped_details(trail):
    first, second = trail["chains"][0]["acts"][1:3]
    first[6], second[6] = second[6], first[6]


def removed_record(trail):
    trail["proofs"] = [each for each in trail["proofs"] if "file" in each]


def changed_record(trail):
    (entry,) = (each for each in trail["proofs"] if "发布〔2026〕1号" in each.get("text", ""))
    entry["text"] = entry["text"].replace("发布〔2026〕1号", "发布〔2026〕2号")


def added_record(trail):
    trail["proofs"].append({**trail["proofs"][0], "seq": 1})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (changed, "改动、缺失或调换"),
        (removed, "改动、缺失或调换"),
        (reordered, "改动、缺失或调换"),
        (swapped_details, "改动、缺失或调换"),
        (removed_last, "审计记录末尾缺失"),
        (removed_record, "登记与审计记录不符"),
        (changed_record, "登记与审计记录不符"),
        (added_record, "审计记录中没有此登记"),
    ],
)
def test_a_forged_trail_is_found_though_the_list_of_files_was_written_anew(package, tmp_path, change, said):
    found = forge(unpack(package, tmp_path / "unpacked"), change)

    assert found.returncode == 1
    assert said in found.stdout


def test_a_forged_document_is_found_though_the_list_of_files_was_written_anew(package, tmp_path):
    place = unpack(package, tmp_path / "unpacked")
    paper = place / "documents/0001.html"
    paper.write_text(paper.read_text(encoding="utf-8").replace("街道", "区里"), encoding="utf-8")
    relist(place)

    assert "登记与审计记录不符" in verify(place).stdout


def test_what_was_made_up_as_a_whole_has_another_fingerprint(package, tmp_path):
    place = unpack(package, tmp_path / "unpacked")
    genuine = verify(place).stdout
    page = place / "index.html"
    page.write_text(page.read_text(encoding="utf-8").replace("同意公开", "不予公开"), encoding="utf-8")
    relist(place)

    made_up = verify(place)
    assert made_up.returncode == 0
    assert made_up.stdout != genuine


def test_what_is_no_package_is_said_in_a_sentence(package, tmp_path):
    place = unpack(package, tmp_path / "unpacked")
    half = tmp_path / "half.zip"
    half.write_bytes(package.read_bytes()[:-200])

    found = verify(place, str(half))
    assert found.returncode == 1
    assert "不能读取，已损坏或被改动" in found.stdout
    assert found.stderr == ""

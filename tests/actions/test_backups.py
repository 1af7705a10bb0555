"""Backups made while the office works: whole or nothing, of one moment, and the same office again on either database."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import itertools
import pathlib
import signal
import subprocess
import sys
import tarfile
import threading
import zlib

import packbuilder as p
import pytest
import snippets as s
import sqlalchemy as sa

from engine import bootstrap, config, errors, store, testing
from engine.actions import backups, files, proving, restoring
from engine.store import dumping, loading, queries

FILE = {"type": "object", "title": "附件", "format": "file", "x-maxSize": 100_000, "x-accept": [".txt"]}
SHEET = p.schema(subject=p.text(title="标题"), paper=FILE)
REGISTER = """
registers:
  - {id: fabu, name: 发布登记, number: "发布〔{year}〕{n}号", fields: [{id: title, name: 名称}]}
"""
HANDLERS = """
from engine.model import records
@registry.handler("record")
def record(job):
    job.write(records.Append(register="fabu", values={"title": "行"}))
"""
KINDS = ("sqlite", "postgresql")


@pytest.fixture(scope="module")
def packs(tmp_path_factory):
    nodes = (
        s.user("sign", name="签发", camunda_formKey="demo/sheet", camunda_candidateGroups="clerk"),
        s.service("record", camunda_topic="record"),
    )
    main = p.line(*nodes, ids=("sign", "record"))
    root = tmp_path_factory.mktemp("packs")
    return p.write(root, {"main": main}, forms={"sheet": SHEET}, handlers=HANDLERS, extra=REGISTER)


@pytest.fixture
def empty(tmp_path, request):
    """Make empty databases of a kind: `empty("postgresql")` gives the URL."""
    with contextlib.ExitStack() as opened:
        numbers = itertools.count(1)

        def make(kind: str) -> str:
            if kind == "sqlite":
                return f"sqlite:///{tmp_path / f'empty-{next(numbers)}' / 'office.db'}"
            return opened.enter_context(request.getfixturevalue("postgres")(empty=True))

        yield make


@pytest.fixture
def office(packs, empty, tmp_path, request):
    """Open an office with three cases, one of them under way: `office("sqlite")`."""
    with contextlib.ExitStack() as opened:

        def make(kind: str = "sqlite") -> testing.EngineDriver:
            url = empty(kind) if kind == "sqlite" else opened.enter_context(request.getfixturevalue("postgres")())
            driver = opened.enter_context(testing.EngineDriver(packs, directory=tmp_path / "source", database=url))
            for number in range(2):
                carry_out(driver, number)
            driver.start("main", as_="zhangsan", business_key="办3")
            return driver

        (tmp_path / "source").mkdir()
        yield make


def carry_out(driver, number):
    """Start a case and end it; return its number in the register."""
    driver.start("main", as_="zhangsan", business_key=f"办{number}")
    paper = driver.upload(f"证明{number}.txt", f"看见{number}\n".encode() * 500, as_="zhangsan")
    driver.complete("签发", as_="zhangsan", form={"subject": f"第{number}件", "paper": paper})
    assert driver.status() == "completed", driver.incidents()
    return driver.variables()["entry"]["number"]


def back_up(driver, place, progress=lambda _: None, **more):
    return backups.backup(driver.engine, place, driver.user("admin"), progress, **more)


def restored(backup, url, place):
    restoring.restore(backups.check(backup), url, place, lambda _: None)


def dumped(database):
    """Everything in a database, by table."""
    with database.read() as uow:
        dump = dumping.Dump(uow.link)
        return {
            each.name: (each.columns, b"".join(part for _, part in dump.parts(each.name))) for each in dump.tables()
        }


def dumped_at(url):
    database = store.Store(url)
    try:
        return dumped(database)
    finally:
        database.dispose()


def contents(root):
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@contextlib.contextmanager
def going_on(packs, url, place):
    """Open a driver on a restored office; deploying the pack again changes nothing."""
    with testing.EngineDriver(
        packs, directory=place, database=url, settings=config.Settings(files=str(place / "files"))
    ) as driver:
        yield driver


# --- there and back --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("source", "target"), list(itertools.product(KINDS, KINDS)))
def test_a_restored_office_is_the_same_and_goes_on(office, packs, empty, tmp_path, source, target):
    driver = office(source)
    before = dumped(driver.engine.store)
    backup = back_up(driver, tmp_path / "backup.tar")
    url, place = empty(target), tmp_path / "restored"
    restored(backup.file, url, place / "files")

    assert dumped_at(url) == before
    assert contents(place / "files") == contents(driver.engine.blobs.root)
    with going_on(packs, url, place) as again:
        proof = proving.prove(again.engine, lambda _: None)
        assert (proof.problems, proof.flaws, proof.files) == ((), (), 2)
        assert again.status(3) == "active"
        paper = again.upload("证明.txt", b"seen\n", as_="zhangsan")
        again.complete("签发", as_="zhangsan", form={"subject": "第三件", "paper": paper}, case=3)
        assert again.variables(3)["entry"]["number"] == "发布〔2026〕3号"
        assert carry_out(again, 4) == "发布〔2026〕4号"
        assert again.case().id == 4
        proof = proving.prove(again.engine, lambda _: None)
        assert (proof.problems, proof.flaws) == ((), ())


@pytest.mark.parametrize(("source", "target"), [("sqlite", "sqlite"), ("sqlite", "postgresql")])
def test_a_number_that_was_given_once_is_not_given_again(office, empty, tmp_path, source, target):
    driver = office(source)
    with driver.engine.store.write() as uow:
        uow.link.driver("INSERT INTO notices (person, kind, event, title, text, link, created_at, inbox)"
                        " VALUES ('x', 'task', 'e', 't', 't', '/', '2026-01-01T00:00:00.000000Z', true)")  # fmt: skip
        last = uow.link.select(sa.text("SELECT max(id) FROM notices"))[0][0]
        uow.link.driver("DELETE FROM notices")
    backup = back_up(driver, tmp_path / "backup.tar")
    url = empty(target)
    restored(backup.file, url, tmp_path / "files")

    again = store.Store(url)
    with again.write() as uow:
        uow.link.driver("INSERT INTO notices (person, kind, event, title, text, link, created_at, inbox)"
                        " VALUES ('x', 'task', 'e', 't', 't', '/', '2026-01-01T00:00:00.000000Z', true)")  # fmt: skip
        assert uow.link.select(sa.text("SELECT id FROM notices")) == [(last + 1,)]
    again.dispose()


def test_a_database_of_an_older_version_is_backed_up_as_it_is_and_restored_as_one_of_now(empty, tmp_path):
    older = store.Store(empty_file := f"sqlite:///{tmp_path / 'old.db'}")
    with older.exclusive() as connection:
        store.database.schema.upgrade(connection, "0017")
        connection.exec_driver_sql("INSERT INTO units (name) VALUES ('综合处')")
    older.dispose()
    settings = config.Settings(database=empty_file, files=str(tmp_path / "old-files"))
    with bootstrap.open_engine(settings, any_version=True) as engine:
        backup = backups.backup(engine, tmp_path / "old.tar", testing.commands.Actor("a", admin=True), lambda _: None)
    url = empty("sqlite")
    restored(backup.file, url, tmp_path / "files")

    found = store.Store(url)
    found.check()
    with found.read() as uow:
        assert uow.link.select(sa.text("SELECT name FROM units")) == [("综合处",)]
    found.dispose()


def test_no_table_is_left_out(url):
    database = store.Store(url)
    with database.read() as uow:
        names = sa.inspect(uow.link.connection).get_table_names()
        # What the queue holds are ids of rows, carried anew after a restore.
        there = {name for name in names if name != "alembic_version" and not name.startswith("procrastinate_")}
        assert {each.name for each in dumping.Dump(uow.link).tables()} == there
    database.dispose()


# --- while the office works ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_what_happens_during_a_backup_is_not_in_it(office, empty, tmp_path, kind):
    driver = office(kind)
    before = dumped(driver.engine.store)
    started = []

    def work(_count):
        """After each of the first parts that are written somebody else completes a case, and waits for nothing."""
        if len(started) == 4:
            return
        one = threading.Thread(target=lambda: started.append(carry_out(driver, 10 + len(started))))
        one.start()
        one.join(60)

    backup = back_up(driver, tmp_path / "backup.tar", work)
    url = empty(kind)
    restored(backup.file, url, tmp_path / "files")

    assert len(started) == 4
    assert dumped_at(url) == before
    assert len(contents(tmp_path / "files")) == 2


def test_a_copy_of_an_office_in_full_work_proves_itself(office, packs, empty, tmp_path):
    driver = office()
    done, over = itertools.count(100), threading.Event()

    def work():
        while not over.is_set():
            carry_out(driver, next(done))

    others = threading.Thread(target=work)
    others.start()
    try:
        backup = back_up(driver, tmp_path / "backup.tar")
    finally:
        over.set()
        others.join(60)
    url = empty("sqlite")
    restored(backup.file, url, tmp_path / "files")
    with going_on(packs, url, tmp_path / "restored") as again:
        again.engine.blobs.root = tmp_path / "files"
        proof = proving.prove(again.engine, lambda _: None)
        assert (proof.problems, proof.flaws) == ((), ())
        with again.engine.store.read() as uow:
            found = [row.instance.business_key for row in queries.instances(uow, limit=1000).items]
        numbers = sorted(int(key.removeprefix("办")) for key in found if int(key.removeprefix("办")) >= 100)
        assert numbers == list(range(100, 100 + len(numbers)))


def test_a_file_that_nobody_needs_and_that_is_tidied_away_meanwhile_is_no_flaw(office, packs, empty, tmp_path):
    driver = office()
    driver.upload("没有提交.txt", b"nobody needs this\n", as_="zhangsan")
    driver.sleep(days=3)
    tidied = []

    def tidy(_count):
        if not tidied:
            one = threading.Thread(target=lambda: tidied.append(files.sweep(driver.engine)))
            one.start()
            one.join(60)

    backup = back_up(driver, tmp_path / "backup.tar", tidy)
    assert (backup.missing, backup.files) == ((), 2)
    url = empty("sqlite")
    restored(backup.file, url, tmp_path / "restored" / "files")
    with going_on(packs, url, tmp_path / "restored") as again:
        proof = proving.prove(again.engine, lambda _: None)
        assert (proof.problems, proof.flaws, proof.files) == ((), (), 2)


def test_a_content_that_is_missing_or_was_changed_is_told_and_the_rest_is_backed_up(office, empty, tmp_path):
    driver = office()
    first, second = sorted(path for path in driver.engine.blobs.root.rglob("*") if path.is_file())
    first.unlink()
    second.chmod(0o600)
    second.write_bytes(b"x")
    backup = back_up(driver, tmp_path / "backup.tar")

    assert backup.missing == tuple(f"{path.parent.name}{path.name}" for path in (first, second))
    restored(backup.file, empty("sqlite"), tmp_path / "files")


# --- whole or nothing ------------------------------------------------------------------------------------------------


def test_a_backup_is_for_its_owner_alone_and_writes_over_nothing(office, tmp_path):
    driver = office()
    backup = back_up(driver, tmp_path / "backup.tar")
    assert backup.file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(errors.Conflict, match="已经存在，没有备份"):
        back_up(driver, backup.file)
    assert back_up(driver, backup.file, force=True).sha256 != backup.sha256
    (tmp_path / "many").mkdir()
    named = back_up(driver, tmp_path / "many", compress=False)

    assert named.file.name == f"gongkai-{driver.now.astimezone(testing.SHANGHAI):%Y%m%d-%H%M%S}.tar"
    assert list((tmp_path / "many").iterdir()) == [named.file]
    with driver.engine.store.read() as uow:
        told = [entry.details["sha256"] for entry in queries.audit(uow, action=backups.BACKED_UP).items]
    assert told[0] == named.sha256 == backups.check(named.file).sha256
    assert len(told) == 3


def cut(content):
    """A file that was cut off: everywhere that is a border, and in between."""
    for length in (0, 100, 512, 700, len(content) // 2, len(content) // 2 // 512 * 512, len(content) - 10_240):
        yield content[:length]


@pytest.fixture
def whole(office, tmp_path):
    return back_up(office(), tmp_path / "backup.tar").file


def test_a_file_that_was_cut_off_is_refused_and_nothing_is_made(whole, tmp_path, empty):
    broken, url = tmp_path / "broken.tar", empty("sqlite")
    for content in cut(whole.read_bytes()):
        broken.write_bytes(content)
        with pytest.raises(errors.InvalidInput, match="不是完好的备份"):
            restored(broken, url, tmp_path / "files")
    assert not pathlib.Path(url.removeprefix("sqlite:///")).exists()
    assert not (tmp_path / "files").exists()


def test_a_changed_byte_in_any_member_is_found_before_anything_is_restored(whole, tmp_path):
    content = bytearray(whole.read_bytes())
    with tarfile.open(whole) as archive:
        places = [(member.name, member.offset_data + member.size // 2) for member in archive]
    assert {name.partition("/")[0] for name, _ in places} == {"tables", "files", backups.MANIFEST, backups.SEAL}
    broken = tmp_path / "broken.tar"
    for name, at in places:
        content[at] ^= 1
        broken.write_bytes(content)
        with pytest.raises(errors.InvalidInput, match="不是完好的备份"):
            backups.check(broken)
        content[at] ^= 1
        assert name


def rewritten(source, target, change):
    """Write a backup anew, with `change(name, content)` of every member: another content, None for none."""
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for member in old:
            content = change(member.name, old.extractfile(member).read())
            if content is not None:
                info = tarfile.TarInfo(member.name)
                info.size = len(content)
                new.addfile(info, io.BytesIO(content))
    return target


def test_a_member_that_is_missing_or_added_is_found(whole, tmp_path):
    without = rewritten(whole, tmp_path / "a.tar", lambda name, content: None if "audit" in name else content)
    fileless = rewritten(whole, tmp_path / "b.tar", lambda name, content: None if "files/" in name else content)
    added = rewritten(whole, tmp_path / "c.tar", lambda name, content: content)
    with tarfile.open(added, "a") as archive:
        archive.addfile(tarfile.TarInfo("tables/audit/000009.jsonl"), io.BytesIO(b""))
    for broken in (without, fileless, added):
        with pytest.raises(errors.InvalidInput, match="不是完好的备份"):
            backups.check(broken)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.GNUTYPE_SPARSE, tarfile.DIRTYPE])
def test_links_and_other_things_that_are_no_files_are_refused_unread(whole, tmp_path, kind):
    odd = tmp_path / "odd.tar"
    with tarfile.open(odd, "w") as archive:
        info = tarfile.TarInfo("manifest.json")
        info.type, info.linkname = kind, "manifest.json"
        if kind == tarfile.GNUTYPE_SPARSE:  # a terabyte of nothing
            info.type, info.pax_headers = tarfile.REGTYPE, {"GNU.sparse.size": str(1 << 40), "GNU.sparse.map": "0,0"}
        archive.addfile(info, io.BytesIO(b""))
    with pytest.raises(errors.InvalidInput, match="“manifest.json”不是文件"):
        backups.check(odd)


def sealed(source, target, change):
    """A backup whose manifest somebody has written anew, with its hash."""
    told = {}

    def written(name, content):
        if name == backups.MANIFEST:
            told["sha256"] = hashlib.sha256(content := change(content)).hexdigest()
        return f"{told['sha256']}  {backups.MANIFEST}\n".encode() if name == backups.SEAL else content

    return rewritten(source, target, written)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"format":"gongkai-backup/1"}'])
def test_a_manifest_that_is_none_is_a_sentence(whole, tmp_path, content):
    with pytest.raises(errors.InvalidInput, match="清单不能读取"):
        backups.check(sealed(whole, tmp_path / "odd.tar", lambda _: content))


def test_a_table_that_the_manifest_does_not_name_is_a_sentence(whole, tmp_path):
    def renamed(content):
        return content.replace(b'"name": "audit"', b'"name": "other"')

    with pytest.raises(errors.InvalidInput, match=r"清单中没有“tables/audit/0+1\.jsonl\.gz”的表"):
        backups.check(sealed(whole, tmp_path / "odd.tar", renamed))


def test_a_part_that_unfolds_to_more_than_there_can_be_is_refused(monkeypatch):
    small, large = (gzip.compress(b"x" * size) for size in (1 << 20, (1 << 20) + 1))
    monkeypatch.setattr(backups, "_LARGEST", 1 << 20)
    assert backups.rows("a.jsonl.gz", small) == b"x" * (1 << 20)
    for wrong in (large, small[:-9]):
        with pytest.raises(zlib.error):
            backups.rows("a.jsonl.gz", wrong)


def test_a_database_that_is_not_empty_is_left_alone(whole, office, tmp_path, url):
    target = store.Store(url)
    before = dumped(target)
    with pytest.raises(errors.Conflict, match="目标数据库应为空"):
        restored(whole, url, tmp_path / "files")

    assert dumped(target) == before
    target.dispose()


def test_what_sqlite_left_beside_a_database_that_was_moved_away_is_not_taken_for_its_own(whole, tmp_path):
    (tmp_path / "office.db-wal").write_bytes(b"x" * 100)
    with pytest.raises(errors.Conflict, match="office.db-wal”已经存在"):
        restored(whole, f"sqlite:///{tmp_path / 'office.db'}", tmp_path / "files")


def test_a_backup_of_a_newer_version_is_refused(empty_url):
    database = store.Store(empty_url)
    with pytest.raises(errors.StoreError, match="新于本程序"), loading.into(database, "9999", {}):
        pass
    database.dispose()


DYING = """
import os, pathlib, resource, signal, sys
from engine import bootstrap, config
from engine.actions import backups, restoring
from engine.model import commands
what, source, target, files, calls = sys.argv[1:]
left = int(calls)
def die(_count):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
if left < 0:
    resource.setrlimit(resource.RLIMIT_FSIZE, (-left, -left))
if what == "backup":
    settings = config.Settings(database=source, files=files)
    with bootstrap.open_engine(settings, shipped_packs=False) as engine:
        backups.backup(engine, pathlib.Path(target), commands.Actor("ops", admin=True), die)
else:
    restoring.restore(backups.check(pathlib.Path(source)), target, pathlib.Path(files), die)
"""


def dying(*given):
    """Back up or restore in a process of its own that is killed after some parts, or may not write more bytes."""
    command = [sys.executable, "-c", DYING, *map(str, given)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_backup_that_is_killed_leaves_no_file_of_its_name(office, tmp_path):
    driver = office()
    settings = driver.engine.settings
    (tmp_path / "out").mkdir()
    killed = dying("backup", settings.database, tmp_path / "out" / "b.tar", driver.engine.blobs.root, 5)

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    (left,) = (tmp_path / "out").iterdir()
    assert left.name.startswith(".b.tar.")
    with pytest.raises(errors.InvalidInput, match="不是完好的备份"):
        backups.check(left)


@pytest.mark.parametrize("kind", KINDS)
def test_a_restore_that_is_killed_leaves_no_database_and_can_be_done_again(whole, empty, tmp_path, kind):
    url = empty(kind)
    killed = dying("restore", whole, url, tmp_path / "files", 9)
    assert killed.returncode == -signal.SIGKILL, killed.stderr

    restored(whole, url, tmp_path / "files")
    assert len(dumped_at(url)) > 30


def test_a_full_disk_is_a_sentence_and_leaves_no_database(whole, empty, tmp_path):
    url = empty("sqlite")
    failed = dying("restore", whole, url, tmp_path / "files", -150_000)

    assert failed.returncode == 1
    assert "StoreError" in failed.stderr
    assert "空间不足" in failed.stderr or "磁盘" in failed.stderr
    assert list(pathlib.Path(url.removeprefix("sqlite:///")).parent.glob("*.db")) == []


def test_a_backup_onto_a_full_disk_is_a_sentence_and_leaves_nothing(office, tmp_path):
    driver = office()
    (tmp_path / "out").mkdir()
    # the database may not grow either, so nothing is written to it
    failed = dying("backup", driver.engine.settings.database, tmp_path / "out/b.tar", driver.engine.blobs.root, -20_000)

    assert failed.returncode == 1
    assert "磁盘空间不足，没有备份" in failed.stderr
    assert list((tmp_path / "out").iterdir()) == []

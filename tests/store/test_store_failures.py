"""What goes wrong with a database is said in a sentence that its reader can act upon."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from pathlib import Path

import pytest
from sqlalchemy import exc

from engine import errors, store
from engine.store import failures


@pytest.fixture
def path(tmp_path: Path, template: Path) -> Path:
    """The file of a database with its tables."""
    return Path(shutil.copy(template, tmp_path / "copy.db"))


def refusal(url: str) -> errors.GongkaiError:
    """What is said when something is to be written."""
    database = store.Store(url, wait=0.05)
    try:
        with pytest.raises(errors.GongkaiError) as refused, database.write() as uow:
            uow.link.driver("CREATE TABLE x (y)")
    finally:
        database.dispose()
    return refused.value


def test_a_full_disk_refuses_the_action_and_keeps_what_was_there(desk, path: Path) -> None:
    database = store.Store(f"sqlite:///{path}")

    def write_much() -> None:
        with database.write() as uow:
            uow.link.driver("PRAGMA max_page_count = 1")  # no smaller than the file already is
            uow.messages.add("通知", None, {"x": "长" * 10**6}, received_at=desk.now, expires_at=desk.now)

    with pytest.raises(errors.StoreError, match="磁盘已满"):
        write_much()
    database.dispose()

    database = store.Store(f"sqlite:///{path}")
    with database.write() as uow:
        assert uow.messages.expire(desk.now, 10) == []
        uow.messages.add("通知", None, {}, received_at=desk.now, expires_at=desk.now)
    database.dispose()


def test_a_read_only_database_is_said_to_be_so(path: Path) -> None:
    found = refusal(f"sqlite:///file:{path}?mode=ro&uri=true")
    assert isinstance(found, errors.StoreError)
    assert "只读" in found.message


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    found = refusal(f"sqlite:///{tmp_path / 'nowhere' / 'store.db'}")
    assert isinstance(found, errors.StoreError)
    assert "所在目录是否存在" in found.message


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("会议记录" * 1000)
    found = refusal(f"sqlite:///{tmp_path / 'notes.txt'}")
    assert isinstance(found, errors.StoreError)
    assert "不是数据库" in found.message
    assert (tmp_path / "notes.txt").read_text() == "会议记录" * 1000


def test_a_damaged_database_is_said_to_be_damaged(path: Path) -> None:
    damaged = bytearray(path.read_bytes())
    for at in range(4096, len(damaged), 4096):
        damaged[at : at + 100] = b"\xff" * 100
    path.write_bytes(damaged)
    database = store.Store(f"sqlite:///{path}")
    with pytest.raises(errors.StoreError, match="已损坏"), database.read() as uow:
        uow.audit.count()
    database.dispose()


def test_a_database_held_by_another_program_is_waited_for_and_then_refused(path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    found = refusal(f"sqlite:///{path}")
    other.close()
    assert isinstance(found, errors.Conflict)
    assert found.message == failures.BUSY


@pytest.mark.parametrize(
    "url", ["", "store.db", "mysql://localhost/x", "nonsense://x", "sqlite://user@host/x", "postgresql+nodriver://x/y"]
)
def test_an_address_of_no_database_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(errors.StoreError, match="sqlite:///文件"):
        store.Store(url)


def test_a_password_in_the_address_is_not_repeated() -> None:
    with pytest.raises(errors.StoreError) as refused:
        store.Store("postgresql+nodriver://user:geheim@host/x")
    assert "geheim" not in refused.value.message


def test_after_a_refusal_the_store_goes_on(desk) -> None:
    for _ in range(100):  # more often than there are connections
        with pytest.raises(errors.Conflict), desk.database.write() as uow:
            uow.comments.add(4711, None, "zhang", "text", desk.now)
    desk.start()


def test_errors_of_the_driver_are_kept_as_the_cause_for_those_who_mend_them(desk) -> None:
    with pytest.raises(errors.Conflict) as refused, desk.database.write() as uow:
        uow.comments.add(4711, None, "zhang", "text", desk.now)
    assert "foreign key" in str(refused.value.details["cause"]).lower()
    assert "foreign key" not in refused.value.message.lower()


class Complaint(Exception):
    """An error as PostgreSQL's driver raises it."""

    def __init__(self, sqlstate: str | None) -> None:
        super().__init__("server said no")
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("sqlstate", "kind", "words"),
    [
        ("40001", errors.Deadlock, "正忙"),
        ("40P01", errors.Deadlock, "正忙"),
        ("55P03", errors.Conflict, "正忙"),
        ("23503", errors.Conflict, "冲突"),
        ("22P05", errors.InvalidInput, "字符"),
        ("54000", errors.InvalidInput, "大小"),
        ("42P01", errors.StoreError, "gongkai db upgrade"),
        ("53100", errors.StoreError, "磁盘已满"),
        ("53300", errors.StoreError, "资源不足"),
        ("25006", errors.StoreError, "只读"),
        ("08006", errors.StoreError, "已断开"),
        ("57P01", errors.StoreError, "已断开"),
        ("XX000", errors.StoreError, "数据库出错"),
        (None, errors.StoreError, "数据库出错"),
    ],
)
def test_complaints_of_postgresql_are_said_in_chinese(sqlstate: str | None, kind: type, words: str) -> None:
    complaint = Complaint(sqlstate)
    for error in (complaint, exc.DBAPIError("SELECT 1", {}, complaint)):
        found = failures.translate(error)
        assert type(found) is kind
        assert words in found.message


def test_every_error_has_a_sentence() -> None:
    for error in (exc.TimeoutError("pool"), exc.ResourceClosedError("closed"), sqlite3.OperationalError("odd")):
        assert failures.translate(error).message.endswith("。")


def test_the_file_of_the_database_is_made_where_it_is_asked_for(path: Path) -> None:
    assert stat.S_ISREG(path.stat().st_mode)

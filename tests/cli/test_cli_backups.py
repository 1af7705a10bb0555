"""Backups and archives from the command line."""

from __future__ import annotations

import sqlite3

import pytest
from office import Office

from engine import store


@pytest.fixture
def worked(office: Office) -> Office:
    """An office with a case that was cancelled and one under way."""
    for title in ("一", "二"):
        office("--as", "zhangsan", "instance", "start", "review", "--form", f"title=指南{title}")
    office("instance", "cancel", 1, "--reason", "重复")
    return office


def test_an_office_is_backed_up_and_restored_with_its_proof(worked: Office) -> None:
    made = worked("backup", worked.root / "b.tar")
    assert f"已备份到 {worked.root / 'b.tar'}：数据 " in made.out
    assert "指纹（请另行记下）：" in made.out
    again = f"sqlite:///{worked.root / 'again' / 'office.db'}"
    restored = worked("restore", worked.root / "b.tar", "--to", again)

    assert "备份完好：" in restored.out
    assert f"已恢复到 {again}" in restored.out
    assert "未发现改动、缺失或错序" in restored.out
    listed = worked("--database", again, "instance", "list", "--all", "--json").json
    assert [(row["instance"]["id"], row["instance"]["status"]) for row in listed] == [(2, "active"), (1, "cancelled")]
    started = worked("--database", again, "--as", "zhangsan", "instance", "start", "review", "--form", "title=三")
    assert "已发起事项 3" in started.out


def test_an_office_moves_to_postgresql_and_back(worked: Office, postgres) -> None:
    worked("backup", worked.root / "there.tar")
    with postgres(empty=True) as url:
        moved = worked("restore", worked.root / "there.tar", "--to", url, "--json").json
        assert moved["proof"]["problems"] == moved["proof"]["flaws"] == []
        worked("--database", url, "instance", "cancel", 2, "--reason", "改期")
        worked("--database", url, "backup", worked.root / "back.tar")
        assert "目标数据库应为空" in worked("restore", worked.root / "back.tar", "--to", url, code=5).err
    back = f"sqlite:///{worked.root / 'back.db'}"
    worked("restore", worked.root / "back.tar", "--to", back)

    assert "未发现改动" in worked("--database", back, "audit", "verify").out
    (second, _) = worked("--database", back, "instance", "list", "--all", "--json").json
    assert second["instance"]["end_reason"] == "改期"


def test_a_backup_is_checked_without_restoring_it(worked: Office) -> None:
    backup = worked.root / "b.tar"
    worked("backup", backup, "--no-compress")
    told = worked("restore", "--check", backup, "--json").json
    assert told["format"] == "gongkai-backup/1"
    assert worked("backup", backup, code=5).err.startswith("错误：“")
    worked("backup", backup, "--force")
    backup.write_bytes(backup.read_bytes()[:-20_000])
    assert "不是完好的备份" in worked("restore", "--check", backup, code=6).err


@pytest.mark.file
def test_the_database_that_is_there_is_not_written_over(worked: Office) -> None:
    worked("backup", worked.root / "b.tar")
    before = (worked.root / "office.db").read_bytes()
    refused = worked("restore", worked.root / "b.tar", code=5).err
    assert "office.db”已经存在，没有恢复" in refused
    assert (worked.root / "office.db").read_bytes() == before


@pytest.mark.file
def test_a_restored_office_that_was_forged_before_says_so(worked: Office) -> None:
    with sqlite3.connect(worked.root / "office.db") as database:
        database.execute("UPDATE audit SET actor = 'lisi' WHERE chain = 1 AND seq = 1")
    worked("backup", worked.root / "b.tar")
    told = worked("restore", worked.root / "b.tar", "--to", f"sqlite:///{worked.root / 'again.db'}", code=1)
    assert "流程实例 1 的审计链第 1 条" in told.out


@pytest.mark.file
def test_a_database_that_is_not_there_is_not_backed_up(bare: Office) -> None:
    assert "没有数据库" in bare("backup", bare.root / "b.tar", code=3).err
    assert list(bare.root.glob("*.db")) == []


@pytest.mark.file
def test_a_database_of_before_is_backed_up_before_it_is_upgraded(bare: Office) -> None:
    older = store.Store(f"sqlite:///{bare.root / 'office.db'}")
    with older.exclusive() as connection:
        store.database.schema.upgrade(connection, "0017")
    older.dispose()
    bare("backup", bare.root / "b.tar")
    assert bare("restore", "--check", bare.root / "b.tar", "--json").json["schema"] == "0017"


def test_cases_are_archived_by_number(worked: Office) -> None:
    told = worked("instance", "archive", 1, "--to", worked.root / "archive").out
    (package,) = (worked.root / "archive").iterdir()
    assert told == f"已归档事项 1：{package}\n"
    assert worked("instance", "archive", 1, "--to", worked.root / "archive", "--json").json == {
        "instance": 1,
        "file": str(package),
    }
    assert "尚未结束" in worked("instance", "archive", 2, "--to", worked.root / "archive", code=5).err
    refused = worked("--as", "zhangsan", "instance", "archive", 1, "--to", worked.root / "archive", code=4).err
    assert "没有权限归档事项" in refused

"""What the database complains of, in the words of the platform. Nobody outside sees an error of a driver."""

from __future__ import annotations

import sqlite3
from typing import Any

import sqlalchemy
from sqlalchemy import exc

from engine import errors

BUSY = "数据库正忙，等待超过了允许的时间，操作未执行，请稍后再试。"
_LOST = "与数据库的连接已断开，操作未执行，请稍后再试。"
CLOSED = "系统正在停止，操作未执行，请稍后再试。"
_CONSTRAINT = "数据与已有的记录冲突，操作未执行，请刷新后再试。"
_OUTDATED = "数据库的结构与程序的版本不一致，请先运行 gongkai db upgrade。"
ENCODING = "文字中含有数据库不能保存的字符，请删除后再试。"
_TOO_LARGE = "数据超过了数据库允许的大小，请减小后再试。"
_FULL = "存放数据库的磁盘已满，操作未执行，请清理磁盘后再试。"
#: Where PostgreSQL makes a file longer: a quota that is used up has no code of its own there.
_EXTENDING = ("mdextend", "mdzeroextend")

#: Primary result codes of SQLite, and what they mean here.
_SQLITE: dict[int, tuple[type[errors.GongkaiError], str]] = {
    sqlite3.SQLITE_BUSY: (errors.Conflict, BUSY),
    sqlite3.SQLITE_LOCKED: (errors.Conflict, BUSY),
    sqlite3.SQLITE_CONSTRAINT: (errors.Conflict, _CONSTRAINT),
    sqlite3.SQLITE_TOOBIG: (errors.InvalidInput, _TOO_LARGE),
    sqlite3.SQLITE_FULL: (errors.StoreError, _FULL),
    sqlite3.SQLITE_READONLY: (errors.StoreError, "数据库文件是只读的，请检查文件和所在目录的写权限。"),
    sqlite3.SQLITE_CANTOPEN: (errors.StoreError, "不能打开数据库文件，请检查所在目录是否存在、是否有读写权限。"),
    sqlite3.SQLITE_PERM: (errors.StoreError, "没有读写数据库文件的权限，请检查文件权限。"),
    sqlite3.SQLITE_IOERR: (errors.StoreError, "读写数据库文件时磁盘出错，操作未执行，请检查磁盘。"),
    sqlite3.SQLITE_CORRUPT: (errors.StoreError, "数据库文件已损坏，请停止服务并从备份恢复。"),
    sqlite3.SQLITE_NOTADB: (errors.StoreError, "所指的文件不是数据库，请检查数据库地址。"),
}

#: Classes or codes of SQLSTATE (PostgreSQL), longest match first.
_SQLSTATE: tuple[tuple[str, type[errors.GongkaiError], str], ...] = (
    ("40", errors.Deadlock, BUSY),
    ("55P03", errors.Conflict, BUSY),
    ("57014", errors.Conflict, BUSY),
    ("23", errors.Conflict, _CONSTRAINT),
    ("22", errors.InvalidInput, ENCODING),
    ("54", errors.InvalidInput, _TOO_LARGE),
    ("42P01", errors.StoreError, _OUTDATED),
    ("42703", errors.StoreError, _OUTDATED),
    ("53100", errors.StoreError, _FULL),
    ("25P03", errors.StoreError, _LOST),
    ("25006", errors.StoreError, "数据库是只读的，操作未执行。"),
    ("53", errors.StoreError, "数据库的资源不足，操作未执行，请稍后再试。"),
    ("08", errors.StoreError, _LOST),
    ("57P", errors.StoreError, _LOST),
)


def drivers_errors(dialect: sqlalchemy.Dialect) -> tuple[type[BaseException], ...]:
    """Return everything that a statement may raise and `translate` understands."""
    dbapi: Any = dialect.dbapi
    return (dbapi.Error, dbapi.Warning, exc.SQLAlchemyError, UnicodeEncodeError, OverflowError)


def translate(error: BaseException) -> errors.GongkaiError:
    """Return the error of the platform for one of a driver or of SQLAlchemy."""
    cause: BaseException = error
    if isinstance(error, exc.StatementError) and error.orig is not None:
        cause = error.orig
    if isinstance(cause, errors.GongkaiError):  # a value that its type refused
        return cause
    if isinstance(cause, UnicodeEncodeError):
        return errors.InvalidInput(ENCODING)
    if isinstance(cause, OverflowError):
        return errors.InvalidInput("数字超过了数据库允许的范围，请检查后再试。")
    if isinstance(cause, exc.TimeoutError):
        return errors.Conflict(BUSY)
    kind, sentence = _of_sqlite(cause) or _of_sqlstate(cause) or (errors.StoreError, f"数据库出错：{cause}。")
    return kind(sentence, cause=f"{type(cause).__name__}: {cause}")


def is_duplicate(error: BaseException) -> bool:
    """Tell whether a unique constraint refused the row."""
    cause = error.orig if isinstance(error, exc.StatementError) else error
    if getattr(cause, "sqlstate", None) == "23505":
        return True
    return getattr(cause, "sqlite_errorcode", None) in (
        sqlite3.SQLITE_CONSTRAINT_UNIQUE,
        sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
    )


def _of_sqlite(cause: BaseException) -> tuple[type[errors.GongkaiError], str] | None:
    if not isinstance(cause, sqlite3.Error):
        return None
    code: int | None = getattr(cause, "sqlite_errorcode", None)
    if code is None:  # raised by the driver itself, e.g. for a text that is too long
        return (errors.InvalidInput, _TOO_LARGE) if isinstance(cause, sqlite3.DataError) else None
    if code == sqlite3.SQLITE_ERROR and str(cause).startswith(("no such table", "no such column")):
        return errors.StoreError, _OUTDATED
    return _SQLITE.get(code & 0xFF)


def _of_sqlstate(cause: BaseException) -> tuple[type[errors.GongkaiError], str] | None:
    state = getattr(cause, "sqlstate", None)
    if state is None and type(cause).__name__ == "DataError":  # the driver itself refuses NUL in a text
        return errors.InvalidInput, ENCODING
    if state is None:  # a driver that cannot reach its server has no state to tell
        lost = type(cause).__name__ == "OperationalError" and not isinstance(cause, sqlite3.Error)
        return (errors.StoreError, "不能连接数据库，请检查数据库地址和服务是否运行。") if lost else None
    if getattr(getattr(cause, "diag", None), "source_function", None) in _EXTENDING:
        return errors.StoreError, _FULL
    return next(((kind, sentence) for prefix, kind, sentence in _SQLSTATE if state.startswith(prefix)), None)

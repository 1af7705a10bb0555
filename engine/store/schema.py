"""The version of the tables, and the way from an older one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from engine import errors
from engine.store import numbers, tables

if TYPE_CHECKING:
    from engine.store.statements import Link

#: The newest migration; a test keeps it in step with `engine/store/migrations/versions`.
HEAD = "0026"

_VERSION = sa.table("alembic_version", sa.column("version_num"))
_CURRENT = sa.select(_VERSION.c.version_num)
_OLDEST = sa.select(tables.compatibility.c.oldest)
_CELL = sa.select(tables.compatibility.c.cell)


def upgrade(connection: sa.Connection, to: str = "head", *, cell: int = 0) -> None:
    """Run the migrations that the database lacks, on a connection whose transaction the caller ends.

    Args:
        connection: The connection.
        to: The version to end at; one that the program does not know is refused.
        cell: Which cell the ids of a database are of that is made now; another one has to be of that cell.

    Raises:
        errors.StoreError: The database is of a newer version than this program knows, or of another cell.
    """
    # Alembic is slow to import, and only this needs it.
    from alembic import command, config, util

    settings = config.Config()
    settings.set_main_option("script_location", "engine.store:migrations")
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    found = _made_for(connection)
    if found is not None:
        _refuse_other(found, cell)
    try:
        with numbers.kept(cell):
            command.upgrade(settings, to)
    except util.CommandError as error:
        raise errors.StoreError(
            f"不能升级数据库：其结构不是本程序（版本 {HEAD}）所知的版本，请使用部署该数据库的程序版本（{error}）。"
        ) from error
    numbers.begin(connection, cell)
    if found is None and cell:
        connection.execute(sa.update(tables.compatibility).values(cell=cell))


def check(link: Link, cell: int = 0) -> None:
    """Check version and cell of the tables; see `Store.check`. A newer version will do where it lets this one go on."""
    row = link.one(_CURRENT, {})
    found = None if row is None else row[0]
    if found != HEAD and not (_newer(found) and _lets_go_on(link)):
        raise errors.StoreError(
            f"数据库的结构应为版本 {HEAD}，现为 {found or '空'}，请先备份并运行 gongkai db upgrade；"
            "若数据库的版本更新，请使用相应版本的程序。"
        )
    row = link.one(_CELL, {})
    _refuse_other(0 if row is None else row[0], cell)


def cell_of(connection: sa.Connection) -> int:
    """Return which cell the ids of a database are of."""
    return _made_for(connection) or 0


def _made_for(connection: sa.Connection) -> int | None:
    """Return which cell the ids of a database are of; None for a database without tables."""
    inspector = sa.inspect(connection)
    if not inspector.has_table(_VERSION.name):
        return None
    name = tables.compatibility.name
    if not inspector.has_table(name) or "cell" not in {each["name"] for each in inspector.get_columns(name)}:
        return 0
    return int(connection.execute(_CELL).scalar() or 0)


def _refuse_other(found: int, cell: int) -> None:
    if found != cell:
        raise errors.StoreError(
            f"数据库属于单元 {found}，而设置 GONGKAI_CELL 为 {cell}。请将 GONGKAI_CELL 改为 {found}，"
            "或者检查 GONGKAI_DATABASE 所指的是否为另一单元的数据库。"
        )


def known(link: Link) -> str:
    """Return the version of the tables, which may be an older one.

    Raises:
        errors.StoreError: There are no tables, or they are of a newer version.
    """
    row = link.one(_CURRENT, {})
    if row is None or row[0] > HEAD:
        raise errors.StoreError(
            f"数据库的结构应为版本 {HEAD} 或者更早，现为 {'空' if row is None else row[0]}，请使用相应版本的程序。"
        )
    return str(row[0])


def _newer(found: str | None) -> bool:
    return found is not None and found.isdigit() and found > HEAD


def _lets_go_on(link: Link) -> bool:
    """Tell whether the tables, which are newer, are still those that this program needs."""
    row = link.one(_OLDEST, {})
    return row is not None and row[0] <= HEAD


# --- tables of a library, in the same database ------------------------------------------------------------------------


def upgrade_foreign(connection: sa.Connection, table: str, fresh: str, versions: Sequence[tuple[str, str]]) -> None:
    """Make the tables of a library, or run what leads from their version to its newest.

    Args:
        connection: To PostgreSQL, with a transaction that the caller ends.
        table: By which one knows whether they are there. Its comment says of which version they are.
        fresh: SQL that makes all of them.
        versions: In order, each with the SQL that leads to it from the one before.

    Raises:
        errors.StoreError: They are of a version that is not among them.
    """
    found = connection.execute(_foreign(table)).scalar()
    newest = versions[-1][0]
    if found == newest:
        return
    if found is not None:
        _refuse_unknown(table, found, [number for number, _ in versions])
    scripts = [fresh] if found is None else [script for number, script in versions if number > found]
    cursor = connection.connection.cursor()  # the driver's own: it leaves percent signs alone
    for script in scripts:
        cursor.execute(script)
    cursor.close()
    connection.exec_driver_sql(f"COMMENT ON TABLE {table} IS '{newest}'")


def check_foreign(link: Link, table: str, version: str) -> None:
    """Check that the tables of a library are of a version; see `upgrade_foreign`."""
    found = link.select(_foreign(table))[0][0]
    if found != version:
        raise errors.StoreError(
            f"作业队列的表（{table}）应为版本 {version}，现为 {found or '空'}，请先备份并运行 gongkai db upgrade。"
        )


def _foreign(table: str) -> sa.Select[Any]:
    """Return the statement that tells the version of a library's tables; NULL when they are not there."""
    return sa.select(sa.func.obj_description(sa.func.to_regclass(table), sa.literal("pg_class")))


def _refuse_unknown(table: str, found: str, known: Sequence[str]) -> None:
    if found not in known:
        raise errors.StoreError(
            f"不能升级作业队列的表（{table}）：其版本 {found} 不是本程序所知的版本（最新 {known[-1]}），"
            "请使用部署该数据库的程序版本。"
        )

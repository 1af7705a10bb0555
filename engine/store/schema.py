"""The version of the tables, and the way from an older one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from engine import errors

if TYPE_CHECKING:
    from engine.store.statements import Link

#: The newest migration; a test keeps it in step with `engine/store/migrations/versions`.
HEAD = "0020"

_VERSION = sa.table("alembic_version", sa.column("version_num"))
_CURRENT = sa.select(_VERSION.c.version_num)


def upgrade(connection: sa.Connection) -> None:
    """Run the migrations that the database lacks, on a connection whose transaction the caller ends.

    Raises:
        errors.StoreError: The database is of a newer version than this program knows.
    """
    # Alembic is slow to import, and only this needs it.
    from alembic import command, config, util

    settings = config.Config()
    settings.set_main_option("script_location", "engine.store:migrations")
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    try:
        command.upgrade(settings, "head")
    except util.CommandError as error:
        raise errors.StoreError(
            f"不能升级数据库：其结构不是本程序（版本 {HEAD}）所知的版本，请使用部署该数据库的程序版本（{error}）。"
        ) from error


def check(link: Link) -> None:
    """Check that the tables are of version `HEAD`; see `Store.check`."""
    row = link.one(_CURRENT, {})
    found = None if row is None else row[0]
    if found != HEAD:
        raise errors.StoreError(
            f"数据库的结构应为版本 {HEAD}，现为 {found or '空'}，请先备份并运行 gongkai db upgrade；"
            "若数据库的版本更新，请使用相应版本的程序。"
        )

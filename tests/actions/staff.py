"""An office with accounts, and who acts in it as the database knows them."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any

import behind
import postgresql

from engine import config, testing
from engine.actions import directory, people, policy
from engine.model import commands
from engine.model import people as model
from engine.store import queries

#: Hashing passwords takes as little as the settings allow: tests sign in often.
SETTINGS = config.Settings(password_memory_kib=8192)
ADMIN = commands.Actor("root", admin=True)
PASSWORD = "correct-horse-7"
PEOPLE = {
    "zhangsan": ("张三", ["clerk"]),
    "lisi": ("李四", ["clerk"]),
    "wangwu": ("王五", ["chief"]),
    "zhaoliu": ("赵六", []),
}


#: URLs of offices that are ready, by name: a copy of one is quicker than to migrate, deploy and hash passwords again.
_READY: dict[str, str] = {}


def open_office(
    drive: Callable[..., testing.EngineDriver],
    directory: pathlib.Path,
    name: str,
    furnish: Callable[[testing.EngineDriver], None],
    **parts: Any,
) -> testing.EngineDriver:
    """Return an office of its own for one test, furnished as every test of its module finds it.

    Args:
        drive: The fixture.
        directory: The `tmp_path` of the test.
        name: Of the office, the same for all tests of a module.
        furnish: Makes accounts; called for the first test alone.
        parts: The pack, as `drive` takes it.
    """
    if name in _READY:
        url = behind.copy(_READY[name], directory / "database" / "driver.db")
        driver = drive(settings=SETTINGS, database=url, **parts)
        if not url.startswith("sqlite"):
            driver._cleanup.callback(postgresql.drop, url)
        return driver
    driver = drive(settings=SETTINGS, **parts)
    furnish(driver)
    driver.engine.store.dispose()  # a database that somebody is connected to is not copied
    _READY[name] = behind.copy(driver.engine.settings.database, directory.parent / f"{name}.db")
    return driver


def hire(driver: testing.EngineDriver, **further: tuple[str, list[str]]) -> None:
    """Make accounts for the people of the pack that tests write, and for some more; with a password each."""
    for id_, (name, roles) in {**PEOPLE, **further}.items():
        add(driver, id_, name, roles=roles)


def add(driver: testing.EngineDriver, id_: str, name: str, **fields: Any) -> model.User:
    """Make an account that need not change its password."""
    made = people.create_user(driver.engine, ADMIN, id_, name, password=PASSWORD, **fields)
    return made.user


def acts(driver: testing.EngineDriver, user_id: str) -> commands.Actor:
    """Return somebody as a page would: with roles, rights and whom they stand in for now."""
    with driver.engine.store.read() as uow:
        return directory.actor(uow, uow.users.get(user_id), driver.now)


def sees(driver: testing.EngineDriver, user_id: str, case: int) -> bool:
    """Tell whether somebody may see a case."""
    actor = acts(driver, user_id)
    with driver.engine.store.read() as uow:
        return policy.sees(uow, actor, case)


def trail(driver: testing.EngineDriver, action: str | None = None) -> list[Any]:
    """Return the audit trail of the system, oldest first."""
    with driver.engine.store.read() as uow:
        return list(reversed(queries.audit(uow, chain=0, action=action, limit=1000).items))

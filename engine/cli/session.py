"""What commands share: the engine, who acts, how errors end a command."""

from __future__ import annotations

import dataclasses
import functools
import getpass
import json
import sys
from collections.abc import Callable
from typing import Any

import click

from engine import bootstrap, catalog, config, errors, registry
from engine.actions import context
from engine.cli import output
from engine.model import commands

#: Exit codes; 0 is success, 2 is a wrong command line (click).
EXIT_CODES = {
    "error": 1,
    "findings": 1,
    "not-found": 3,
    "forbidden": 4,
    "conflict": 5,
    "invalid-input": 6,
    "store-error": 7,
}


class Session:
    """One run of the command: settings are read and the database is opened when first needed."""

    def __init__(self, database: str | None, user: str | None) -> None:
        self._database = database
        self._user = user
        self._engine: context.Engine | None = None

    @functools.cached_property
    def settings(self) -> config.Settings:
        """The settings of the environment; `--database` goes before."""
        found = config.read()
        return found if self._database is None else dataclasses.replace(found, database=self._database)

    @functools.cached_property
    def packs(self) -> catalog.Catalog:
        """The packs on disk; needs no database."""
        return catalog.find(self.settings)

    @functools.cached_property
    def handlers(self) -> registry.Registry:
        """The handlers of the packs; needs no database."""
        return registry.scan(self.packs.handler_directories)

    @property
    def engine(self) -> context.Engine:
        """The engine, opened once."""
        if self._engine is None:
            self._engine = bootstrap.open_engine(self.settings)
        return self._engine

    @property
    def actor(self) -> commands.Actor:
        """Who acts: the user named by `--as`, or whoever runs the command, as an operator.

        Whoever may open the database file may do everything with it; `--as` lets them see it as a user would.

        Raises:
            errors.NotFound: no pack knows the user.
        """
        if self._user is None:
            return commands.Actor(getpass.getuser(), admin=True)
        found = [user for pack in self.packs.packs() for user in pack.info.users if user.id == self._user]
        if not found:
            known = sorted({user.id for pack in self.packs.packs() for user in pack.info.users})
            raise errors.NotFound(f"没有名为“{self._user}”的用户，可用的有：{'、'.join(known)}。")
        return commands.Actor(self._user, frozenset(role for user in found for role in user.roles))

    def close(self) -> None:
        """Close the database."""
        if self._engine is not None:
            self._engine.close()


class Group(click.Group):
    """A command group whose commands end with a sentence and an exit code instead of a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except errors.GongkaiError as error:
            _report(error, as_json=_wants_json())
            ctx.exit(exit_code(error))


def exit_code(error: errors.GongkaiError) -> int:
    """Return the exit code of an error: that of the closest kind that has one."""
    for kind in type(error).__mro__:
        code = getattr(kind, "code", None)
        if code in EXIT_CODES:
            return EXIT_CODES[code]
    return EXIT_CODES["error"]


def _wants_json() -> bool:
    return "--json" in sys.argv or bool(click.get_current_context().meta.get("json"))


def _report(error: errors.GongkaiError, *, as_json: bool) -> None:
    details = output.plain({k: v for k, v in error.details.items() if k in ("errors", "findings")})
    if as_json:
        click.echo(json.dumps({"error": error.code, "message": error.message, **details}, ensure_ascii=False), err=True)
        return
    click.secho(f"错误：{error.message}", fg="red", err=True)
    for field in details.get("errors", []):
        click.echo(f"  · {field.get('message', field)}", err=True)


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--json` to a command."""

    def remember(ctx: click.Context, _: click.Parameter, value: bool) -> bool:
        ctx.meta["json"] = value
        return value

    return click.option("--json", "as_json", is_flag=True, callback=remember, help="Answer in JSON.")(command)


def limit_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--limit` to a list."""
    return click.option("--limit", default=50, show_default=True, help="Rows at most.")(command)


def pairs(values: tuple[str, ...], file: Any = None) -> dict[str, Any]:
    """Read `name=value` pairs; a value that is JSON is taken as such, another as text.

    Args:
        values: the pairs.
        file: an open JSON file with an object, whose entries come first.

    Raises:
        click.BadParameter: a pair has no name, or the file is no JSON object.
    """
    found: dict[str, Any] = {}
    if file is not None:
        try:
            loaded = json.load(file)
        except ValueError as error:
            raise click.BadParameter(f"{file.name} 应为 JSON 对象：{error}") from None
        if not isinstance(loaded, dict):
            raise click.BadParameter(f"{file.name} 应为 JSON 对象，现为 {type(loaded).__name__}")
        found.update(loaded)
    for pair in values:
        name, sign, value = pair.partition("=")
        if not sign or not name:
            raise click.BadParameter(f"应写作 名称=值，现为“{pair}”")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


pass_session = click.make_pass_decorator(Session)

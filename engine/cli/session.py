"""What commands share: the engine, who acts, how errors end a command."""

from __future__ import annotations

import dataclasses
import errno
import functools
import getpass
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

import click

from engine import bootstrap, catalog, config, errors, registry
from engine.actions import accounts, context, people
from engine.cli import output
from engine.model import commands
from engine.model import people as model

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

    @property
    def named(self) -> bool:
        """Whether `--as` names a user."""
        return self._user is not None

    @functools.cached_property
    def settings(self) -> config.Settings:
        """The settings of the environment; `--database` goes before."""
        found = config.read()
        return found if self._database is None else dataclasses.replace(found, database=self._database)

    @property
    def database(self) -> str:
        """The address of the database as it may be shown, without a password."""
        return self.shown(self.settings.database)

    @staticmethod
    def shown(url: str) -> str:
        """Return the address of a database without its password."""
        return re.sub(r"(?<=://)([^:/@]*):[^@]*@", r"\1:***@", url)

    @functools.cached_property
    def packs(self) -> catalog.Catalog:
        """The packs on disk; needs no database."""
        return catalog.find(self.settings)

    @functools.cached_property
    def handlers(self) -> registry.Registry:
        """The handlers of the packs; needs no database."""
        return registry.scan(self.packs.handler_directories)

    @functools.cached_property
    def names(self) -> Mapping[str, str]:
        """Names of the roles and people by id: of all packs, and of the accounts."""
        found: dict[str, str] = {}
        for pack in self.packs.packs():
            found.update({role.id: role.name for role in pack.info.roles})
            found.update({user.id: user.name for user in pack.info.users})
        return found | {user.id: user.name for user in people.directory(self.engine).users.values()}

    def names_of(self, ids: Iterable[str | None]) -> tuple[str, ...]:
        """Return the names of roles or people, an id where no name is known."""
        return tuple(self._name(each) for each in ids if each is not None)

    def _name(self, id_: str) -> str:
        role, unit = model.parted(id_)
        name = self.names.get(role, role)
        return name if unit is None else f"{name}（{people.directory(self.engine).unit_label(unit)}）"

    @property
    def engine(self) -> context.Engine:
        """The engine, opened once."""
        if self._engine is None:
            self._engine = bootstrap.open_engine(self.settings)
        return self._engine

    @property
    def actor(self) -> commands.Actor:
        """Who acts: the user named by `--as`, or whoever runs the command, as an operator.

        Whoever may open the database file may do everything with it; `--as` lets them see it as a user would. Users are
        those with accounts; while there are none, the people of the packs.

        Raises:
            errors.NotFound: there is no such user.
            errors.Forbidden: the account is closed.
        """
        if self._user is None:
            return commands.Actor(_who_runs_this(), admin=True)
        return accounts.actor_named(self.engine, self._user) or self._of_packs(self._user)

    def _of_packs(self, wanted: str) -> commands.Actor:
        found = [(user, pack.info) for pack in self.packs.packs() for user in pack.info.users if user.id == wanted]
        if not found:
            known = sorted({user.id for pack in self.packs.packs() for user in pack.info.users})
            raise errors.NotFound(f"没有名为“{wanted}”的用户，可用的有：{'、'.join(known)}。")
        roles = frozenset(role for user, _ in found for role in user.roles)
        return commands.Actor(wanted, roles, unit=found[0][0].unit or found[0][1].source.issuer)

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
            _report(ctx, error)
            ctx.exit(exit_code(error))
        except OSError as error:
            if error.errno == errno.EPIPE:  # click ends quietly when nobody reads on
                raise
            what = error.strerror or error
            failure = errors.GongkaiError(f"不能读写“{error.filename or '文件'}”（{what}），请检查路径和权限。")
            _report(ctx, failure)
            ctx.exit(exit_code(failure))


def exit_code(error: errors.GongkaiError) -> int:
    """Return the exit code of an error: that of the closest kind that has one."""
    for kind in type(error).__mro__:
        code = getattr(kind, "code", None)
        if code in EXIT_CODES:
            return EXIT_CODES[code]
    return EXIT_CODES["error"]


def _who_runs_this() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number that has no name
        return f"uid-{os.getuid()}"


def _report(ctx: click.Context, error: errors.GongkaiError) -> None:
    """Say on standard error what went wrong and what to do: a sentence, a line for each wrong field, a command."""
    details = output.plain({k: v for k, v in error.details.items() if k in ("errors", "findings")})
    if ctx.meta.get(_JSON):
        click.echo(json.dumps({"error": error.code, "message": error.message, **details}, ensure_ascii=False), err=True)
        return
    fields = details.get("errors", [])
    sentence = f"表单有{len(fields)}处填写有误，请更正后再提交。" if fields else error.message
    click.secho(output.clean(f"错误：{sentence}"), fg="red", err=True)
    for field in fields:
        click.echo(output.clean(f"  · {field['field']}（{field['label']}）：{field['message']}"), err=True)
    hint = _hint(ctx, error)
    if hint:
        click.echo(f"  {hint}", err=True)


def _hint(ctx: click.Context, error: errors.GongkaiError) -> str:
    """Return which command helps, where the error itself cannot know that somebody sits at a command line."""
    if isinstance(error, errors.NotFound) and isinstance(ctx.command, click.Group) and "list" in ctx.command.commands:
        every = " --all" if ctx.info_name in ("instance", "incident") else ""
        return f"查看现有的：gongkai {ctx.info_name} list{every}"
    session = ctx.find_object(Session)
    if isinstance(error, errors.Forbidden) and session is not None and not session.named:
        return "以某位用户的身份操作：gongkai --as 用户 …"
    return ""


_JSON = "gongkai.json"


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--json` to a command."""

    def remember(ctx: click.Context, _: click.Parameter, value: bool) -> bool:
        ctx.meta[_JSON] = value
        return value

    option = click.option("--json", "as_json", is_flag=True, is_eager=True, callback=remember, help="Answer in JSON.")
    return option(command)


def limit_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--limit` to a list."""
    within = click.IntRange(1, 1000)
    return click.option("--limit", type=within, default=50, show_default=True, help="Rows at most.")(command)


def pairs(values: tuple[str, ...], file: Any = None) -> dict[str, Any]:
    """Read `name=value` pairs of variables; a value that is JSON is taken as such, another as text.

    Args:
        values: the pairs.
        file: an open JSON file with an object, whose entries come first.

    Raises:
        click.BadParameter: a pair has no name, or the file is no JSON object.
    """
    return _object(file) | {name: _value(text) for name, text in map(_pair, values)}


def fields(values: tuple[str, ...], file: Any = None) -> dict[str, Any]:
    """Read `name=value` pairs of a form: the form knows the types, so only lists and objects are read as JSON.

    Args and errors are those of `pairs`.
    """
    read = {name: _value(text) if text.lstrip()[:1] in ("[", "{") else text for name, text in map(_pair, values)}
    return _object(file) | read


def _object(file: Any) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        loaded = json.load(file, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise click.BadParameter(f"{file.name} 应为 JSON 对象：{error}") from None
    if not isinstance(loaded, dict):
        raise click.BadParameter(f"{file.name} 应为 JSON 对象，现为 {type(loaded).__name__}")
    return loaded


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise click.BadParameter(f"应写作 名称=值，现为“{text}”")
    return name, value


def _value(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return text


def _refuse(constant: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError(constant)


pass_session = click.make_pass_decorator(Session)

"""What `serve` and `worker` share for those who watch them: logs, spans, the listener, and many workers as one."""

from __future__ import annotations

import contextlib
import gc
import importlib.metadata
import logging
import os
import pathlib
import platform
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import click
from click.core import ParameterSource

from engine import config, errors, logs, metrics, monitoring, tracing
from engine.actions import context
from engine.cli import output, session

#: What a supervisor does not pass on to its processes: its own affairs, and what it says by other words.
_OWN = frozenset({"processes", "monitor", "name", "supervised"})
_START = "import cli; cli.main(prog_name='gongkai')"


class _AddressType(click.ParamType[monitoring.Address]):
    name = "address"

    def convert(
        self, value: str | monitoring.Address, param: click.Parameter | None, ctx: click.Context | None
    ) -> monitoring.Address:
        """Read an address."""
        if isinstance(value, monitoring.Address):
            return value
        try:
            return monitoring.Address.parse(value)
        except errors.InvalidInput as error:
            self.fail(error.message, param, ctx)


monitor_option = click.option(
    "--monitor",
    type=_AddressType(),
    metavar="[HOST:]PORT",
    default=None,
    help="Answer /healthz, /readyz and /metrics there, on this machine alone unless HOST says otherwise.",
)


@contextlib.contextmanager
def observed(settings: config.Settings) -> Iterator[None]:
    """Write logs, and make spans, as the settings say, while a service runs.

    Raises:
        errors.InvalidInput: Spans are wanted, and what makes them is not installed.
    """
    version = importlib.metadata.version("gongkai")
    metrics.built(version, platform.python_version())
    logs.configure(settings.log, settings.log_level)
    with contextlib.ExitStack() as closing:
        if settings.otel:
            closing.callback(tracing.start(version))
        try:
            yield
        finally:
            gc.freeze()  # the process ends: looking through all it holds once more would take seconds


@contextlib.contextmanager
def listening(
    engine: context.Engine,
    address: monitoring.Address | None,
    *,
    worker: monitoring.Runner | None = None,
    server: monitoring.Server | None = None,
) -> Iterator[monitoring.Listener | None]:
    """Answer those who watch this process at an address, if there is one.

    Raises:
        errors.InvalidInput: The address cannot be listened on.
    """
    if address is None:
        yield None
        return
    pages, look = monitoring.of_process(engine, worker=worker, server=server)
    with monitoring.Listener(address, pages, look) as opened:
        yield opened


def supervise(
    current: session.Session, count: int, *, name: str | None, monitor: monitoring.Address | None, as_json: bool
) -> None:
    """Run worker processes until interrupted, and exit as the last of them did where another start is of no use."""
    settings, passed = current.settings, _passed(click.get_current_context())

    def command(place: int, socket: pathlib.Path) -> Sequence[str]:
        named = [] if name is None else ["--name", f"{name}-{place}"]
        # -P: a file of the working directory is not to be taken for a module.
        own = ["--supervised", "--monitor", f"unix:{socket}"]
        return [sys.executable, "-P", "-c", _START, "worker", *passed, *named, *own]

    logs.configure(settings.log, settings.log_level)
    # The address of the database may hold a password, and everybody sees the arguments of a process.
    environment = {**os.environ, "GONGKAI_DATABASE": settings.database}
    found = monitoring.Supervisor(
        count, command, environment, silent=settings.silent_seconds, grace=settings.grace_seconds
    )
    with contextlib.ExitStack() as closing:
        if monitor is not None:
            listener = closing.enter_context(monitoring.Listener(monitor, found.pages()))
            logs.event(logging.getLogger(__name__), logging.INFO, "monitoring", address=str(listener.address))
        output.event(
            as_json,
            {"event": "supervising", "processes": count, "pid": os.getpid()},
            f"正在启动 {count} 个工作进程。按 Ctrl-C 停止。",
        )
        code, clean = found.run()
    end = "所有工作进程已停止。" if clean else "所有工作进程已停止；没有按时结束的，其作业由其他工作进程重新执行。"
    output.event(as_json, {"event": "supervised", "processes": count, "clean": clean}, end)
    if code:
        raise click.exceptions.Exit(code)


def _passed(ctx: click.Context) -> list[str]:
    """Return the options that were given on the command line, for the processes to be given them, too."""
    words: list[str] = []
    for parameter in ctx.command.params:
        given = ctx.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
        if not given or parameter.name in _OWN or not isinstance(parameter, click.Option):
            continue
        value: Any = ctx.params.get(parameter.name or "")
        if parameter.is_flag:
            words.append((parameter.opts if value else parameter.secondary_opts or parameter.opts)[0])
        else:
            for each in value if parameter.multiple else [value]:
                words += [parameter.opts[0], str(each)]
    return words

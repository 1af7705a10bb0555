"""`serve`: the product: pages, API and, unless told otherwise, a worker in the same process."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import logging
import socket
import time
import urllib.parse

import click
import fastapi
import uvicorn

from engine import bootstrap, config, errors, jobs, monitoring, web
from engine.actions import context, deployments, people
from engine.cli import output, session, stories, watching
from engine.model import people as model
from engine.store import queries

_RIGHTS = {model.Right.ADMIN: "系统管理", model.Right.MONITOR: "督办", model.Right.DESIGN: "流程设计"}


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one.")
@click.option("--worker/--no-worker", default=True, show_default=True, help="Run jobs and timers in this process.")
@click.option("--demo", is_flag=True, help="Deploy all packs, and make demo users and cases if there are none yet.")
@watching.monitor_option
@session.pass_session
def serve(
    current: session.Session, host: str, port: int, worker: bool, demo: bool, monitor: monitoring.Address | None
) -> None:
    """Serve the pages and the API until interrupted; Ctrl-C or SIGTERM lets running requests and jobs finish."""
    with contextlib.ExitStack() as closing:
        closing.enter_context(watching.observed(current.settings))
        listener = closing.enter_context(_listen(host, port))
        if demo:
            _prepare(current)
        address = _address(host, listener)
        if current.settings.public_url == config.LOCAL_URL:
            current.settings = dataclasses.replace(current.settings, public_url=address)
        engine = current.engine
        click.echo(f"数据库：{current.database}")
        found = closing.enter_context(jobs.Worker(engine)) if worker else None
        server = _server(engine)
        watched = closing.enter_context(watching.listening(engine, monitor, worker=found, server=server))
        if watched is not None:
            click.echo(f"监测地址：http://{watched.address}/healthz")
        click.secho(f"请在浏览器中打开：{address}", bold=True)
        if demo:
            _introduce(engine)
        click.echo("按 Ctrl-C 停止。")
        server.run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=512)
        # Connections inherit it. Head and body of an answer are two writes, and without it the second one waits until
        # the first is acknowledged: 40 ms. asyncio sees to that only for sockets that say they are TCP's.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except OSError as error:
        raise errors.InvalidInput(
            f"不能在 {host} 的 {port} 端口提供服务（{error.strerror or error}）。"
            "端口已被占用的，请用 --port 换一个，例如 gongkai serve --port 8080。"
        ) from None


def _address(host: str, listener: socket.socket) -> str:
    port = listener.getsockname()[1]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return urllib.parse.urlunsplit(("http", f"{shown}:{port}", "/", "", ""))


class _Server(uvicorn.Server):
    """A server that tells when its loop last went round, and lets go who waits for work when it stops."""

    def __init__(self, settings: uvicorn.Config, application: fastapi.FastAPI) -> None:
        super().__init__(settings)
        self._application = application
        self.turned = time.monotonic()

    async def on_tick(self, counter: int) -> bool:
        """Notice that the loop goes round."""
        self.turned = time.monotonic()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop."""
        self._application.state.waiting.close()
        await super().shutdown(sockets)


def _server(engine: context.Engine) -> _Server:
    application = web.create_app(engine)
    settings = uvicorn.Config(
        application,
        log_config=None,  # its lines go where all others go
        log_level=logging.WARNING,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=int(engine.settings.grace_seconds),
    )
    return _Server(settings, application)


# --- the demonstration ----------------------------------------------------------------------------------------------


def _prepare(current: session.Session) -> None:
    """Bring the database up to date, deploy the packs, and make people and cases where there are none."""
    store = bootstrap.open_store(current.settings)
    try:
        bootstrap.upgrade(store)
    finally:
        store.dispose()
    clock = stories.Clock(datetime.datetime.now(datetime.UTC))
    # What the stories make is done here and now, by their clock: no queue, no workers.
    with bootstrap.open_engine(dataclasses.replace(current.settings, queue="rows"), clock) as engine:
        for slug in engine.packs.slugs:
            _deploy(current, engine, slug)
        people.seed_demo(engine)
        with engine.store.read() as uow:
            begun = bool(queries.instances(uow, limit=1).items)
        if begun:
            return
        found = stories.find(engine.packs)
        with click.progressbar(length=len(found), label="正在准备演示事项") as bar:
            for _ in stories.play_together(engine, clock, found):
                bar.update(1)


def _deploy(current: session.Session, engine: context.Engine, slug: str) -> None:
    """Deploy a pack; what has other contents under the same version tags was deployed by an older gongkai."""
    try:
        deployments.deploy(engine, slug, current.actor)
    except errors.Conflict as error:
        if "version_tag" not in error.details:
            raise
        raise errors.Conflict(
            f"{error.message}\n此数据库是用以前的流程包准备的。要看现在的演示，请换一个新的数据库，"
            "例如 gongkai --database sqlite:///demo-new.db serve --demo；要继续使用原有的事项，请不加 --demo。"
        ) from error


def _introduce(engine: context.Engine) -> None:
    """Say who may sign in."""
    known = people.directory(engine)
    users = sorted(known.users.values(), key=lambda user: (not user.rights, not user.roles, user.id))
    rows = [(user.id, user.name, _duties(known, user)) for user in users if user.active]
    click.echo(f"演示用户，密码均为 {people.DEMO_PASSWORD}：")
    output.table(("用户名", "姓名", "角色"), rows)


def _duties(known: people.Directory, user: model.User) -> str:
    return "、".join(known.role_name(role) for role in user.roles) or "、".join(map(_RIGHTS.__getitem__, user.rights))

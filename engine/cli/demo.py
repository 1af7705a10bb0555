"""`demo`: plays the cases that packs tell in their `demo.yaml`, aloud, and leaves another one for the reader."""

from __future__ import annotations

import dataclasses
import datetime
import pathlib
import sys

import click
import rich.cells

from engine import bootstrap, errors
from engine.actions import context, deployments
from engine.cli import session, stories


@click.command()
@session.pass_session
def demo(current: session.Session) -> None:
    """Deploy all packs on the database and play a case to its end on an accelerated clock."""
    told = [story for story in stories.find(current.packs) if story.told]
    if not told:
        raise errors.NotFound("没有流程包带有演示：在 processes/<流程包>/demo.yaml 中写一件事项即可。")
    store = bootstrap.open_store(current.settings)
    try:
        bootstrap.upgrade(store)
    finally:
        store.dispose()
    clock = stories.Clock(datetime.datetime.now(datetime.UTC))
    # What the stories make is done here and now, by their clock: no queue, no workers.
    with bootstrap.open_engine(dataclasses.replace(current.settings, queue="rows"), clock) as engine:
        click.secho(f"数据库：{current.database}", dim=True)
        deploy_all(current, engine)
        for story in told:
            stories.Telling(engine, clock, story).play()
    _farewell(told)


def deploy_all(current: session.Session, engine: context.Engine) -> None:
    """Deploy every pack, and say what that made."""
    for slug in current.packs.slugs:
        report = deployments.deploy(engine, slug, current.actor)
        names = "、".join(f"{change.name}（第{change.version}版）" for change in report.changes)
        click.secho(f"已部署流程包 {slug}：{names}", dim=True)


def _farewell(told: list[stories.Story]) -> None:
    command = sys.argv[0] if sys.argv[0].startswith((".", "/")) else "gongkai"
    command = ".venv/bin/gongkai" if pathlib.Path(".venv/bin/gongkai").is_file() else command
    user = next((s.content["next"] for s in told if "next" in s.content), told[0].content["start"]["as"])
    click.echo("\n接着自己办：")
    for words, what in (
        ("instance list --all", "全部事项"),
        ("instance show 1", "一件事项的经过、变量和期限"),
        (f"--as {user} task list", "某人的待办"),
        (f"--as {user} task show 任务号", "任务的表单和依据条款"),
        (f"--as {user} task complete 任务号 --form 字段=值", "办理"),
        ("worker", "启动后台：执行作业、触发定时"),
        ("audit verify", "核对审计链"),
    ):
        line = f"{command} {words}"
        click.echo(f"  {line}{' ' * max(2, 76 - rich.cells.cell_len(line))}{what}")

"""`job list|run`, `incident list|show|retry|resolve`, `worker`: what happens behind the desks."""

from __future__ import annotations

import contextlib
import functools
import logging
import signal
from collections.abc import Callable, Iterator
from types import FrameType

import click

from engine import errors, jobs, monitoring
from engine.actions import context, oversight
from engine.actions import incidents as actions
from engine.cli import output, session, watching
from engine.model import instances
from engine.store import queries


@click.group(cls=session.Group)
def job() -> None:
    """Jobs: work for handlers."""


@job.command("list")
@click.option("--status", type=click.Choice([s.value for s in instances.JobStatus]), help="That stand so.")
@click.option("--instance", "instance_id", type=int, help="Of one instance.")
@session.limit_option
@session.json_option
@session.pass_session
def list_jobs(current: session.Session, status: str | None, instance_id: int | None, limit: int, as_json: bool) -> None:
    """List jobs, newest first."""
    chosen = None if status is None else instances.JobStatus(status)
    page = oversight.jobs(current.engine, current.actor, status=chosen, instance_id=instance_id, limit=limit)
    if as_json:
        output.as_json(page.items)
        return
    rows = [
        (j.id, j.instance_id, j.topic, j.status, j.attempt, j.retries_left, j.due, j.last_error) for j in page.items
    ]
    output.table(("作业", "事项", "主题", "状态", "次数", "剩余", "时间", "最近的错误"), rows, empty="没有作业。")
    output.more(page.after)


@job.command()
@click.option("--verbose", is_flag=True, help="Show the tracebacks of handlers that fail.")
@session.json_option
@session.pass_session
def run(current: session.Session, verbose: bool, as_json: bool) -> None:
    """Do all work that is due now, timers and jobs, and stop."""
    with contextlib.nullcontext() if verbose else _without_tracebacks():
        done = jobs.run_until_idle(current.engine)
    with current.engine.store.read() as uow:
        waiting = queries.jobs(uow, status=instances.JobStatus.READY, limit=1000).items
        incidents = queries.incidents(uow, limit=1000).items
    if as_json:
        output.as_json({"jobs": done.jobs, "timers": done.timers, "expired": done.expired, "incidents": len(incidents)})
        return
    click.echo(f"执行了{done.jobs}个作业，触发了{done.timers}个定时。")
    for each in waiting:
        if each.last_error:
            click.echo(f"作业 {each.id}（{each.topic}）失败，{output.text(each.due)} 再试：{each.last_error}")
    if incidents:
        click.echo(f"有{len(incidents)}个异常待处理：gongkai incident list")


@contextlib.contextmanager
def _without_tracebacks() -> Iterator[None]:
    """Leave it to `incident list` to tell what failed: a traceback is for whoever writes the handler."""
    log = logging.getLogger("engine.jobs")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)


@click.group(cls=session.Group)
def incident() -> None:
    """Incidents: cases that cannot go on by themselves."""


@incident.command("list")
@click.option("--all", "every", is_flag=True, help="Resolved ones too.")
@session.limit_option
@session.json_option
@session.pass_session
def list_incidents(current: session.Session, every: bool, limit: int, as_json: bool) -> None:
    """List incidents, newest first."""
    with current.engine.store.read() as uow:
        page = queries.incidents(uow, open_only=not every, limit=limit)
    if as_json:
        output.as_json(page.items)
        return
    rows = [(i.id, i.instance_id, i.element_id, i.kind, i.created_at, i.message) for i in page.items]
    output.table(("异常", "事项", "元素", "类型", "时间", "说明"), rows, empty="没有异常。")
    output.more(page.after)


@incident.command()
@click.argument("incident_id", type=int)
@session.json_option
@session.pass_session
def show(current: session.Session, incident_id: int, as_json: bool) -> None:
    """Show an incident in full."""
    with current.engine.store.read() as uow:
        found = uow.incidents.get(incident_id)
    if as_json:
        output.as_json(found)
        return
    output.fields(
        [
            ("异常", found.id),
            ("事项", found.instance_id),
            ("元素", found.element_id),
            ("类型", found.kind),
            ("发生", found.created_at),
            ("说明", found.message),
            ("处理", f"{found.resolved_by or ''}　{output.text(found.resolved_at)}"),
        ]
    )
    if found.resolved_at is None:
        click.echo(f"\n更正原因后重试：gongkai incident retry {found.id}")


@incident.command()
@click.argument("incident_id", type=int)
@session.json_option
@session.pass_session
def retry(current: session.Session, incident_id: int, as_json: bool) -> None:
    """Do again what failed."""
    done = actions.retry(current.engine, incident_id, current.actor)
    output.answer(as_json, done, f"已重试异常 {done.id}。查看结果：gongkai instance show {done.instance_id}")


@incident.command()
@click.argument("incident_id", type=int)
@click.option("--reason", required=True, help="What was done by hand; kept in the audit trail.")
@click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", help="What the handler would have returned.")
@session.json_option
@session.pass_session
def resolve(current: session.Session, incident_id: int, reason: str, variables: tuple[str, ...], as_json: bool) -> None:
    """Go on after the work of a failed job has been done by hand."""
    values = session.pairs(variables)
    done = actions.resolve(current.engine, incident_id, reason, current.actor, variables=values)
    output.answer(as_json, done, f"已人工处理异常 {done.id}，事项 {done.instance_id} 继续办理。")


@click.command()
@click.option("--name", default=None, help="Name of the worker in leases and logs.")
@click.option("--concurrency", type=click.IntRange(1), default=None, help="Jobs at the same time.")
@click.option("--topics", default=None, metavar="A,B", help="Run only jobs of these topics; by default of all.")
@click.option(
    "--processes", type=click.IntRange(1, 64), default=None, help="Run so many worker processes, and see to them."
)
@watching.monitor_option
@click.option("--supervised", is_flag=True, hidden=True, help="One of the processes of a supervisor.")
@session.json_option
@session.pass_session
def worker(
    current: session.Session,
    name: str | None,
    concurrency: int | None,
    topics: str | None,
    processes: int | None,
    monitor: monitoring.Address | None,
    supervised: bool,
    as_json: bool,
) -> None:
    """Run jobs and timers until interrupted; Ctrl-C or SIGTERM lets running jobs finish.

    With --processes a supervisor runs that many workers, and starts those again that end or no longer fetch.
    """
    make = functools.partial(jobs.Worker, name=name, concurrency=concurrency, topics=_topics(topics))
    if processes is not None:
        watching.supervise(current, processes, name=name, monitor=monitor, as_json=as_json)
        return
    line = monitoring.LifeLine(current.settings.grace_seconds + monitoring.MARGIN) if supervised else None
    with watching.observed(current.settings):
        _work(current.engine, make, monitor, line, as_json)


def _work(
    engine: context.Engine,
    make: Callable[[context.Engine], jobs.Worker],
    monitor: monitoring.Address | None,
    line: monitoring.LifeLine | None,
    as_json: bool,
) -> None:
    found = make(engine)
    chosen = sorted(engine.handlers.topics if found.topics is None else found.topics)
    started = {"event": "started", "worker": found.name, "topics": chosen}
    if line is not None:
        line.stop_by(found.request_stop)
    # A supervisor sees to the end itself; whoever stops all processes of a unit at once sends each a second signal.
    with _stopped_by_signals(found, again=line is None), watching.listening(engine, monitor, worker=found):
        output.event(
            as_json, started, f"工作进程已启动，可处理的主题：{'、'.join(chosen) or '（无）'}。按 Ctrl-C 停止。"
        )
        clean = found.run()
    end = "工作进程已停止。" if clean else "工作进程已停止；等不到的作业已交还，由其他工作进程重新执行。"
    output.event(as_json, {"event": "stopped", "worker": found.name, "clean": clean}, end)


def _topics(given: str | None) -> list[str] | None:
    if given is None:
        return None
    topics = [topic for part in given.split(",") if (topic := part.strip())]
    if not topics:
        raise errors.InvalidInput("--topics 应写明一个或几个主题，用逗号分隔；要处理所有主题，请不用此选项。")
    return topics


@contextlib.contextmanager
def _stopped_by_signals(found: jobs.Worker, *, again: bool) -> Iterator[None]:
    """Stop a worker on the first SIGTERM or Ctrl-C; a second one (`again`) ends the process at once."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def stop(number: int, _: FrameType | None) -> None:
        if again:
            signal.signal(number, before[signal.Signals(number)])
        found.request_stop()

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

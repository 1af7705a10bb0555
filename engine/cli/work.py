"""`job list|run`, `incident list|show|retry|resolve`, `worker`: what happens behind the desks."""

from __future__ import annotations

import click

from engine import jobs
from engine.actions import incidents as actions
from engine.cli import output, session
from engine.model import instances
from engine.store import queries


@click.group(cls=session.Group)
def job() -> None:
    """Jobs: work for handlers."""


@job.command("list")
@click.option("--status", type=click.Choice([s.value for s in instances.JobStatus]))
@click.option("--instance", "instance_id", type=int, help="Of one instance.")
@session.limit_option
@session.json_option
@session.pass_session
def list_jobs(current: session.Session, status: str | None, instance_id: int | None, limit: int, as_json: bool) -> None:
    """List jobs, newest first."""
    chosen = None if status is None else instances.JobStatus(status)
    with current.engine.store.read() as uow:
        page = queries.jobs(uow, status=chosen, instance_id=instance_id, limit=limit)
    if as_json:
        output.as_json(page.items)
        return
    rows = [
        (j.id, j.instance_id, j.topic, j.status, j.attempt, j.retries_left, j.due, j.last_error) for j in page.items
    ]
    output.table(("作业", "事项", "主题", "状态", "次数", "剩余", "时间", "最近的错误"), rows, empty="没有作业。")
    output.more(page.after)


@job.command()
@session.json_option
@session.pass_session
def run(current: session.Session, as_json: bool) -> None:
    """Do all work that is due now, timers and jobs, and stop."""
    done = jobs.run_until_idle(current.engine)
    if as_json:
        output.as_json(done)
        return
    click.echo(f"执行了{done.jobs}个作业，触发了{done.timers}个定时。")


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
@session.pass_session
def retry(current: session.Session, incident_id: int) -> None:
    """Do again what failed."""
    done = actions.retry(current.engine, incident_id, current.actor)
    click.echo(f"已重试异常 {done.id}。查看结果：gongkai instance show {done.instance_id}")


@incident.command()
@click.argument("incident_id", type=int)
@click.option("--reason", required=True, help="What was done by hand; kept in the audit trail.")
@click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", help="What the handler would have returned.")
@session.pass_session
def resolve(current: session.Session, incident_id: int, reason: str, variables: tuple[str, ...]) -> None:
    """Go on after the work of a failed job has been done by hand."""
    values = session.pairs(variables)
    done = actions.resolve(current.engine, incident_id, reason, current.actor, variables=values)
    click.echo(f"已人工处理异常 {done.id}，事项 {done.instance_id} 继续办理。")


@click.command()
@click.option("--name", default=None, help="Name of the worker in leases and logs.")
@click.option("--concurrency", type=click.IntRange(1), default=None, help="Jobs at the same time.")
@session.pass_session
def worker(current: session.Session, name: str | None, concurrency: int | None) -> None:
    """Run jobs and timers until interrupted; Ctrl-C or SIGTERM lets running jobs finish."""
    engine = current.engine
    found = jobs.Worker(engine, name=name, concurrency=concurrency)
    click.echo(f"工作进程已启动，可处理的主题：{'、'.join(sorted(engine.handlers.topics))}。按 Ctrl-C 停止。")
    clean = found.run()
    click.echo("工作进程已停止。" if clean else "工作进程已停止；未完成的作业将在租约到期后由其他进程重新执行。")

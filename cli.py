"""The command line `gongkai`."""

from __future__ import annotations

import click

from engine.cli import (
    backups,
    batches,
    cooperation,
    definitions,
    demo,
    documents,
    events,
    forms,
    instances,
    notify,
    organisation,
    output,
    packs,
    people,
    records,
    retention,
    serve,
    session,
    tracing,
    work,
)


@click.group(cls=session.Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--database", metavar="URL", help="The database (default: GONGKAI_DATABASE, else var/gongkai.db).")
@click.option("--as", "user", metavar="USER", help="Act as this user (default: as an operator).")
@click.version_option(package_name="gongkai")
@click.pass_context
def main(ctx: click.Context, database: str | None, user: str | None) -> None:
    """Run the written procedures of public bodies.

    Exit codes: 0 done, 1 problems found or another error, 2 wrong command line, 3 not found, 4 not allowed,
    5 the state has changed, 6 invalid input, 7 the database.
    """
    output.write_what_can_be_shown()
    ctx.obj = session.Session(database, user)
    ctx.call_on_close(ctx.obj.close)


for _command in (
    packs.check,
    packs.layout,
    packs.deploy,
    tracing.trace,
    forms.form,
    forms.file,
    definitions.definition,
    instances.instance,
    cooperation.task,
    events.message,
    events.signal,
    events.timer,
    events.subscription,
    work.job,
    work.incident,
    work.worker,
    batches.batch,
    people.user,
    organisation.unit,
    organisation.substitution,
    notify.notice,
    notify.mail,
    notify.webhook,
    documents.document,
    documents.publication,
    records.audit,
    records.calendar,
    records.db,
    retention.retention,
    backups.backup,
    backups.restore,
    demo.demo,
    serve.serve,
):
    main.add_command(_command)

"""`backup`, `restore`: the whole office in one file, and back."""

from __future__ import annotations

import dataclasses
import datetime
import pathlib
import sys

import click

from engine import bootstrap, errors
from engine.actions import backups, proving, restoring
from engine.cli import output, records, session


@click.command()
@click.argument("place", type=click.Path(path_type=pathlib.Path), metavar="DIRECTORY_OR_FILE")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@click.option("--compress/--no-compress", default=True, show_default=True, help="Compress the rows of the database.")
@session.json_option
@session.pass_session
def backup(current: session.Session, place: pathlib.Path, force: bool, compress: bool, as_json: bool) -> None:
    """Back up the database and the uploaded files into one file, while the office works.

    The file restores into SQLite and PostgreSQL alike. A database that is to be upgraded is backed up as it is. Exit
    code 1 tells that contents of files were missing.
    """
    if not bootstrap.has_database(current.settings):
        raise errors.NotFound(f"没有数据库“{current.database}”，请检查 GONGKAI_DATABASE 或 --database。")
    hidden = as_json or not sys.stderr.isatty()
    with (
        bootstrap.open_engine(current.settings, any_version=True) as engine,
        click.progressbar(length=backups.size(engine), label="备份", file=sys.stderr, hidden=hidden) as bar,
    ):
        made = backups.backup(engine, place, current.actor, bar.update, force=force, compress=compress)
    sentence = (
        f"已备份到 {made.file}：数据 {made.rows} 行，附件 {made.files} 个（{made.size / (1 << 20):.1f} MB）。\n"
        f"指纹（请另行记下）：{made.sha256}"
    )
    output.answer(as_json, {**dataclasses.asdict(made), "file": str(made.file)}, sentence)
    if made.missing:
        click.echo(f"附件缺失或已损坏 {len(made.missing)} 个，没有备份。请运行 gongkai audit verify 查明。", err=True)
        sys.exit(session.EXIT_CODES["findings"])


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=pathlib.Path))
@click.option("--to", "url", metavar="URL", help="The database (default: GONGKAI_DATABASE, else var/gongkai.db).")
@click.option("--check", "only_check", is_flag=True, help="Check the backup, restore nothing.")
@session.json_option
@session.pass_session
def restore(current: session.Session, file: pathlib.Path, url: str | None, only_check: bool, as_json: bool) -> None:
    """Restore a backup into an empty database, and prove it as `audit verify` does.

    Every hash of the backup is recomputed first. Exit code 1 tells that the proof has found something.
    """
    hidden = as_json or not sys.stderr.isatty()
    click.echo("正在检查备份……", err=True)
    checked = backups.check(file)
    made_at = output.text(datetime.datetime.fromisoformat(checked.manifest["made_at"]))
    told = (
        f"备份完好：{made_at} 的数据库（结构版本 {checked.manifest['schema']}），"
        f"数据 {checked.rows} 行，附件 {checked.files} 个，审计记录 {checked.manifest['audit']} 条。"
    )
    if only_check:
        output.answer(as_json, {"file": str(file), "sha256": checked.sha256, **checked.manifest}, told)
        return
    settings = current.settings if url is None else dataclasses.replace(current.settings, database=url)
    files = settings.files_directory
    if files is None:
        raise errors.InvalidInput("不能恢复到内存中的数据库，请以 --to 指定数据库。")
    work = checked.rows + checked.files
    with click.progressbar(length=work, label="恢复", file=sys.stderr, hidden=hidden) as bar:
        restoring.restore(checked, settings.database, files, bar.update, cell=settings.cell)
    database = bootstrap.open_store(settings)
    try:
        bootstrap.upgrade(database)  # a backup has no tables of the queue
    finally:
        database.dispose()
    with bootstrap.open_engine(settings) as engine:
        length = proving.size(engine)
        with click.progressbar(length=length, label="核对", file=sys.stderr, hidden=hidden) as bar:
            found = proving.prove(engine, bar.update)
    if as_json:
        output.as_json({"database": current.shown(settings.database), "files": str(files), "proof": found})
    else:
        click.echo(f"{told}\n已恢复到 {current.shown(settings.database)}，附件在 {files}。")
        records.tell(found)
    if found.problems or found.flaws:
        sys.exit(session.EXIT_CODES["findings"])

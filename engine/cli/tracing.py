"""`trace`: what became of every article of a document."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Sequence

import click

from engine import bootstrap, errors
from engine.actions import context, tracing
from engine.cli import output, session
from engine.model import tracing as model

_COLOURS = {model.Status.GREEN: "green", model.Status.NO_ELEMENT: "red", model.Status.NO_TEST: "red"}


@click.command()
@click.option("--pack", "packs", multiple=True, metavar="SLUG", help="Only this pack (default: all with clauses).")
@click.option("--article", "number", metavar="N", help="One article: its elements, tests and newest cases.")
@click.option("--strict", is_flag=True, help="Exit with 1 if anything is missing or quoted wrongly.")
@session.json_option
@session.pass_session
def trace(current: session.Session, packs: tuple[str, ...], number: str | None, strict: bool, as_json: bool) -> None:
    """Show what became of every article: the elements that carry it out, the tests that prove it, the cases.

    Reads the packs on disk and the tests beside them. Cases are counted if there is a database.
    """
    found = tracing.on_disk(current.packs, packs, _engine(current))
    if number is not None:
        found = tuple(_only(each, number.strip().removeprefix("§")) for each in found)
        if not any(each.articles for each in found):
            raise errors.NotFound(f"没有第 {number} 条。")
    if as_json:
        output.as_json([_plain(each) for each in found])
    elif not found:
        click.echo("没有列出条款的流程包。")
    else:
        for each in found:
            _show(each, one=number is not None)
    if strict and any(each.findings for each in found):
        sys.exit(session.EXIT_CODES["findings"])


def _engine(current: session.Session) -> Callable[[], context.Engine] | None:
    """Return what opens the database; None if there is none, or it is not up to date: nothing is made or changed."""
    if not bootstrap.has_database(current.settings):
        return None
    try:
        engine = current.engine
    except errors.StoreError as error:
        click.echo(f"没有统计事项：{error.message}", err=True)
        return None
    return lambda: engine


def _only(found: model.Trace, number: str) -> model.Trace:
    articles = tuple(each for each in found.articles if each.article.number == number)
    return dataclasses.replace(found, articles=articles, rows=())


def _plain(found: model.Trace) -> object:
    """Return what JSON has: the same, with the number of every article in front."""
    return {
        "pack": found.pack,
        "title": found.title,
        "tests_seen": found.tests_seen,
        "articles": [
            {**output.plain(each.article), **output.plain(each), "article": each.article.number}
            for each in found.articles
        ],
        "rows": found.rows,
        "findings": found.findings,
    }


def _show(found: model.Trace, *, one: bool) -> None:
    click.secho(output.clean(found.title), bold=True)
    for each in found.articles if one else ():
        _show_article(each, found.tests_seen)
    if not one and found.articles:
        rows = [
            (
                each.article.number, each.article.kind.text, each.status.text, len(each.carriers),
                _number(each.tests, found.tests_seen), _cases(each.cases), each.article.summary,
            )
            for each in found.articles
        ]  # fmt: skip
        output.table(("条", "类别", "状态", "元素", "测试", "事项", "内容"), rows)
    if not one:
        click.echo(f"条文：{_counted([each.status for each in found.articles])}")
        click.echo(f"条款：{_counted([each.status for each in found.rows])}")
    if not found.tests_seen:
        click.echo("没有查看测试：流程包旁没有 tests/processes 目录。")
    for finding in found.findings:
        click.secho(output.clean(finding.sentence()), fg="red")
    if not found.findings:
        click.secho("没有发现问题。", fg="green")


def _show_article(each: model.TracedArticle, tests_seen: bool) -> None:
    article = each.article
    output.fields(
        [
            ("条文", f"第 {article.number} 条：{article.summary}"),
            ("类别", article.kind.text),
            ("条款", article.rows),
            ("状态", each.status.text),
            *([("原因", article.reason)] if article.reason else []),
            ("事项", _cases(each.cases)),
        ]
    )
    click.echo()
    elements = [
        (each.process, each.element_id, each.element_kind, each.element_name, each.clause) for each in each.carriers
    ]
    output.table(("流程", "元素", "类型", "名称", "条款"), elements, empty="没有元素引用本条。")
    click.echo()
    if tests_seen:
        tests = [(f"{mark.file}:{mark.line}", mark.test) for mark in each.tests]
        output.table(("文件", "测试"), tests, empty="没有测试引用本条。")
        click.echo()
    if each.cases is not None and each.cases.newest:
        cases = [
            (case.id, case.title, case.business_key, "已办结" if case.ended else "办理中") for case in each.cases.newest
        ]
        output.table(("事项号", "事项", "编号", "状态"), cases)
        click.echo()


def _number(tests: Sequence[object], seen: bool) -> str:
    return str(len(tests)) if seen else "未查看"


def _cases(cases: model.Cases | None) -> str:
    return "未统计" if cases is None else f"{cases.running} 件办理中，{cases.ended} 件已结束"


def _counted(statuses: Sequence[model.Status]) -> str:
    counts = [(status, statuses.count(status)) for status in model.Status if status in statuses]
    parts = "，".join(click.style(f"{status.text} {count}", fg=_COLOURS.get(status)) for status, count in counts)
    return f"共 {len(statuses)} 条，{parts}" if parts else "没有"

"""`document reissue`, `publication withdraw`: what was issued and what was published."""

from __future__ import annotations

import click

from engine.actions import reissuing, withdrawing
from engine.cli import output, session


@click.group(cls=session.Group)
def document() -> None:
    """Official documents (公文): never changed, issued anew as the next version."""


@document.command()
@click.argument("document_id", type=int)
@click.option("--reason", required=True, help="Why; whoever reads the document reads it.")
@session.json_option
@session.pass_session
def reissue(current: session.Session, document_id: int, reason: str, as_json: bool) -> None:
    """Issue a document anew with the template as deployed now; the old one stays and says so."""
    issued = reissuing.reissue(current.engine, document_id, current.actor, reason)
    name = f"{issued.title}{f'（{issued.number}）' if issued.number else ''}"
    output.answer(as_json, issued.reference(), f"已制发新的一版：公文 {issued.id}“{name}”，原件保留。")


@click.group(cls=session.Group)
def publication() -> None:
    """What was published (公开信息): never changed, replaced by its procedure or withdrawn."""


@publication.command()
@click.argument("publication_id", type=int)
@click.option("--reason", required=True, help="Why; everybody reads it.")
@session.json_option
@session.pass_session
def withdraw(current: session.Session, publication_id: int, reason: str, as_json: bool) -> None:
    """Withdraw a publication: its title stays and says so, its content is not given any more."""
    withdrawing.withdraw(current.engine, publication_id, current.actor, reason)
    output.answer(
        as_json, {"withdrawn": publication_id}, f"公开信息 {publication_id} 已撤回，公开页面只保留标题和理由。"
    )

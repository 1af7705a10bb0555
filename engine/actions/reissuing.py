"""New versions of official documents: made again of what the old one was made of, beside it and never instead of it."""

from __future__ import annotations

import dataclasses

from engine import documents, errors
from engine.actions import context, policy, record_writing, transaction
from engine.model import commands, definitions
from engine.model import records as model
from engine.store import instances as stored

#: Longest reason, in letters.
LONGEST = 500


def reissue(engine: context.Engine, document_id: int, actor: commands.Actor, reason: str) -> model.Document:
    """Issue a document anew with the template as it is deployed now, after a mistake in the template.

    It has the number and the date of the old one, with the number of the version; the old one stays as it is and says
    what has taken its place. What has been published stays published as it was reviewed.

    Args:
        engine: The engine.
        document_id: The newest version of the document.
        actor: An operator.
        reason: Why; everybody who may read the document reads it.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.NotFound: There is no such document.
        errors.InvalidInput: The reason is empty or too long.
        errors.Conflict: It has been replaced already, nothing would change, or nobody knows what it was made of.
        errors.InvalidRecord: The template cannot be filled in.
    """
    policy.operate(actor, "重新制发公文")
    reason = reason.strip()
    if not 0 < len(reason) <= LONGEST:
        raise errors.InvalidInput(f"重新制发的理由应为 1 至 {LONGEST} 字，现为 {len(reason)} 字。")
    with transaction.begin(engine, actor) as tx:
        old = tx.uow.records.document(document_id)
        if old.instance_id is None:
            raise errors.Conflict(f"“{old.title}”所属的事项保存期满，已经删除，不能重新制发。")
        locked = tx.uow.instances.lock(old.instance_id)
        version = tx.uow.document_versions.of(document_id)
        if version.newer is not None:
            raise errors.Conflict(f"“{old.title}”已由第{version.newer}版替代，请从最新的一版重新制发。")
        data = tx.uow.document_versions.data(document_id)
        if data is None:
            raise errors.Conflict(f"“{old.title}”制发时没有留存所用的数据，不能重新制发；需要更正的，由事项另行制发。")
        template = _newest(tx, tx.of(locked).row, old.template)
        first = _first(tx, old, version)
        names = tx.names(locked)
        same = documents.render(template, data, number=old.number, now=first.issued_at, names=names)
        if same.sha256 == old.sha256:
            raise errors.Conflict(f"“{old.title}”按现在的模板重新生成，与原件没有不同，无需重新制发。")
        number = _numbered(first.number, version.version + 1)
        rendered = documents.render(template, data, number=number, now=first.issued_at, names=names)
        issued = record_writing.keep_document(
            tx,
            locked,
            "reissue-document",
            template,
            rendered,
            data,
            number=number if first.number else "",
            name=f"{rendered.title}（{number}）：{reason}",
            version=version.version + 1,
            replaces=document_id,
            reason=reason,
        )
        _tell(tx, locked, old, issued, version.version + 1)
        return issued


def _tell(
    tx: transaction.Transaction,
    locked: stored.LockedInstance,
    old: model.Document,
    issued: model.Document,
    version: int,
) -> None:
    """Tell those whom the old version was told to by the public portal; the reason is for the office."""
    text = f"“{old.title}”已更正后重新制发，请以第{version}版为准。"
    told = (model.Tell(receipt, text) for receipt in tx.uow.receipts.told_of(old.id))
    record_writing.tell(tx, locked, told, issued.id)


def _newest(tx: transaction.Transaction, row: definitions.ProcessDefinition, name: str) -> documents.Template:
    """Return a template as it was last deployed, whichever version of the process the case runs on."""
    latest = tx.uow.deployments.latest(row.pack)
    now = row if latest is None else dataclasses.replace(row, deployment_id=latest.id)
    return record_writing.template_in(tx.uow, now, name)


def _numbered(number: str, version: int) -> str:
    return f"{number}（第{version}版）" if number else f"第{version}版"


def _first(tx: transaction.Transaction, document: model.Document, version: model.DocumentVersion) -> model.Document:
    """Return the first version of a document: its number and date are those of all."""
    while version.replaces is not None:
        document = tx.uow.records.document(version.replaces)
        version = tx.uow.document_versions.of(document.id)
    return document

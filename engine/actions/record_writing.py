"""Writing registers, documents and publications: in the transaction of the act that they belong to.

Series of numbers are held until the transaction ends, so a number is given once, and none is left out.
"""

from __future__ import annotations

import datetime
import functools
import json
from collections.abc import Iterable, Mapping
from typing import Any

from engine import documents, errors
from engine.actions import published_content, transaction, withdrawing
from engine.bpmn import execution
from engine.calendars import moments
from engine.model import definitions, details
from engine.model import records as model
from engine.store import instances as stored
from engine.store import sealing, unit_of_work

#: BPMN error of what may not be published without a review that is not there.
REVIEW_MISSING = "review-missing"
#: BPMN error of what would take the place of a publication that is not there.
REPLACED_MISSING = "replaced-missing"
#: BPMN error of a publication that is not there and cannot be withdrawn.
PUBLICATION_MISSING = "publication-missing"
#: A heading that nobody reads to its end is none.
_LONGEST_TITLE = 500
_LONGEST_NOTE = 2000
_JSON_TYPES: Mapping[model.FieldType, tuple[type, ...]] = {
    model.FieldType.TEXT: (str,),
    model.FieldType.CHOICE: (str,),
    model.FieldType.DATE: (str,),
    model.FieldType.DATETIME: (str,),
    model.FieldType.INTEGER: (int,),
    model.FieldType.NUMBER: (int, float),
    model.FieldType.BOOLEAN: (bool,),
    model.FieldType.PERSON: (str, list),
    model.FieldType.FILE: (dict,),
    model.FieldType.LIST: (list, tuple),
    model.FieldType.OBJECT: (dict,),
}
_TYPE_NAMES: Mapping[model.FieldType, str] = {
    model.FieldType.TEXT: "文字",
    model.FieldType.CHOICE: "文字",
    model.FieldType.DATE: "日期，如 2026-11-22",
    model.FieldType.DATETIME: "时间，如 2026-11-22T09:30:00+08:00",
    model.FieldType.INTEGER: "整数",
    model.FieldType.NUMBER: "数字",
    model.FieldType.BOOLEAN: "是或否",
    model.FieldType.PERSON: "人员的用户名，或者其列表",
    model.FieldType.FILE: "文件",
    model.FieldType.LIST: "列表",
    model.FieldType.OBJECT: "对象",
}


def write(
    tx: transaction.Transaction, locked: stored.LockedInstance, token: int, requests: Iterable[model.Request]
) -> dict[str, Any]:
    """Write what a handler asked for, in its order.

    Args:
        tx: The transaction.
        locked: The case.
        token: The service task; the variables seen there are what documents are made of.
        requests: What is to be written.

    Returns:
        The last of each kind: `entry`, `document`, `publication`, `withdrawal`, `found`.

    Raises:
        errors.BpmnError: `review-missing`, `replaced-missing`, `publication-missing`.
        errors.InvalidRecord: A request is not as its register or template wants it.
    """
    made: dict[str, Any] = {}
    for request in requests:
        if isinstance(request, model.Append):
            made["entry"] = _append(tx, locked, request).reference()
            tell(tx, locked, request.tell)
        elif isinstance(request, model.Issue):
            issued = _issue(tx, locked, token, request)
            tell(tx, locked, request.tell, issued.id)
            made["document"] = issued.reference()
        elif isinstance(request, model.Announce):
            made["publication"] = _announce(tx, locked, request).reference()
            tell(tx, locked, request.tell)
        elif isinstance(request, model.Withdraw):
            made["withdrawal"] = _withdraw(tx, locked, request)
            tell(tx, locked, request.tell)
        elif isinstance(request, model.Find):
            made["found"] = _find(tx, locked, request)
        else:
            tell(tx, locked, [request])
    return made


# --- registers -------------------------------------------------------------------------------------------------------


def _append(tx: transaction.Transaction, locked: stored.LockedInstance, request: model.Append) -> model.Entry:
    definition = tx.of(locked)
    pack = definition.row.pack
    try:
        register = definition.pack.register(request.register)
    except errors.NotFound as error:
        raise errors.InvalidRecord(error.message) from None
    values = _values(register, request.values)
    year = tx.now.astimezone(moments.SHANGHAI).year if "{year}" in register.number else 0
    # The series of the register as a whole is what its chain of hashes waits for.
    overall = tx.uow.numbering.next(f"register/{pack}/{register.id}")
    serial = tx.uow.numbering.next(f"register/{pack}/{register.id}/{year}") if year else overall
    number = register.number.replace("{year}", str(year)).replace("{n}", str(serial))
    corrects = None
    if request.corrects is not None:
        old = tx.uow.records.numbered(pack, register.id, request.corrects)
        if old is None or not (request.reason or "").strip():
            raise errors.InvalidRecord(f"更正“{register.name}”应写明已有记录的编号和理由：“{request.corrects}”。")
        corrects = old.id
    entry = tx.uow.records.append(
        pack,
        register.id,
        year,
        serial,
        number,
        values,
        instance_id=locked.id,
        corrects=corrects,
        reason=request.reason,
        at=tx.now,
        by=tx.actor.id,
    )
    tx.note(
        locked, "append-to-register", f"register/{register.id}", name=f"{register.name} {number}", sha256=entry.hash
    )
    return entry


def _values(register: model.Register, given: Mapping[str, Any]) -> dict[str, Any]:
    known = {field.id: field for field in register.fields}
    for name in given:
        if name not in known:
            raise errors.InvalidRecord(f"台账“{register.name}”没有“{name}”一项，应为：{'、'.join(known)}。")
    kept: dict[str, Any] = {}
    for field in register.fields:
        value = given.get(field.id)
        if value is None or value == "":
            if not field.optional:
                raise errors.InvalidRecord(f"台账“{register.name}”的“{field.name}”（{field.id}）应填写，实际没有。")
            continue
        if not _fits(field.type, value):
            shown = json.dumps(value, ensure_ascii=False, default=str)[:80]
            wanted = _TYPE_NAMES[field.type]
            raise errors.InvalidRecord(
                f"台账“{register.name}”的“{field.name}”（{field.id}）应为{wanted}，实际为 {shown}。"
            )
        kept[field.id] = value
    return kept


def _fits(kind: model.FieldType, value: Any) -> bool:
    if not isinstance(value, _JSON_TYPES[kind]) or (isinstance(value, bool) and kind is not model.FieldType.BOOLEAN):
        return False
    try:
        if kind is model.FieldType.DATE:
            datetime.date.fromisoformat(str(value))
        elif kind is model.FieldType.DATETIME:
            return datetime.datetime.fromisoformat(str(value)).tzinfo is not None
    except ValueError:
        return False
    return True


def _find(tx: transaction.Transaction, locked: stored.LockedInstance, request: model.Find) -> dict[str, Any] | None:
    definition = tx.of(locked)
    try:
        register = definition.pack.register(request.register)
    except errors.NotFound as error:
        raise errors.InvalidRecord(error.message) from None
    if not request.values and not request.number:
        raise errors.InvalidRecord(f"查找“{register.name}”应写明编号或者内容，实际没有。")
    found = tx.uow.records.newest(definition.row.pack, register.id, request.values, request.number)
    return None if found is None else {**found.reference(), "values": dict(found.values), "case": found.instance_id}


# --- documents -------------------------------------------------------------------------------------------------------


def _issue(
    tx: transaction.Transaction, locked: stored.LockedInstance, token: int, request: model.Issue
) -> model.Document:
    definition = tx.of(locked)
    template = template_of(tx, definition.row, request.template)
    data = {**execution.variables_at(definition.process, locked.state, token), **request.data}
    number = ""
    if template.number:
        year = tx.now.astimezone(moments.SHANGHAI).year
        pattern = template.number.replace("{year}", str(year))
        number = pattern.replace("{n}", str(tx.uow.numbering.next(f"document/{definition.row.pack}/{pattern}")))
    rendered = documents.render(template, data, number=number, now=tx.now, names=tx.names(locked))
    told = f"{rendered.title}{f'（{number}）' if number else ''}"
    return keep_document(tx, locked, "issue-document", template, rendered, data, number=number, name=told)


def keep_document(
    tx: transaction.Transaction,
    locked: stored.LockedInstance,
    act: str,
    template: documents.Template,
    rendered: documents.Rendered,
    data: Mapping[str, Any],
    *,
    number: str,
    name: str,
    version: int = 1,
    replaces: int | None = None,
    reason: str | None = None,
) -> model.Document:
    """Keep a document and what it was made of, and put it on the trail with its seal.

    Args:
        tx: The transaction.
        locked: The case.
        act: What the trail calls it.
        template: What it was made from.
        rendered: The document.
        data: What it was made of.
        number: Its number; empty where it has none.
        name: What people read of the act.
        version: Which version it is.
        replaces: The document that it takes the place of.
        reason: Why it does.
    """
    issued = tx.uow.records.issue(
        pack=tx.of(locked).row.pack,
        template=template.name,
        title=rendered.title,
        kind=template.kind,
        number=number,
        issuer=template.issuer,
        instance_id=locked.id,
        html=rendered.html,
        sha256=rendered.sha256,
        issued_at=tx.now,
        by=tx.actor.id,
    )
    tx.uow.document_versions.keep(issued.id, data, version=version, replaces=replaces, reason=reason)
    old = {} if replaces is None else {"replaces": replaces}
    seal = sealing.document(tx.uow.link, issued.id)
    tx.note(locked, act, f"document/{issued.id}", name=name, sha256=issued.sha256, seal=seal, **old)
    return issued


def template_of(tx: transaction.Transaction, row: definitions.ProcessDefinition, name: str) -> documents.Template:
    """Return a template of the deployment that a definition belongs to.

    Raises:
        errors.InvalidRecord: The deployment has no such template.
    """
    return template_in(tx.uow, row, name)


def template_in(uow: unit_of_work.UnitOfWork, row: definitions.ProcessDefinition, name: str) -> documents.Template:
    """Return a template of the deployment that a definition belongs to, outside of any act; raises as above."""
    path = f"processes/{row.pack}/documents/{name}.j2"
    try:
        found = uow.deployments.resource(row.deployment_id, path)
    except errors.NotFound:
        raise errors.InvalidRecord(f"流程包“{row.pack}”没有公文模板“{name}”（{path}）。") from None
    return _parsed(found.content, path)


@functools.lru_cache(maxsize=128)
def _parsed(content: bytes, path: str) -> documents.Template:
    return documents.parse(content, path)


# --- publications ----------------------------------------------------------------------------------------------------


def _announce(tx: transaction.Transaction, locked: stored.LockedInstance, request: model.Announce) -> model.Publication:
    pack = tx.of(locked).row.pack
    if request.kind not in list(model.PublicationKind):
        kinds = "、".join(model.PublicationKind)
        raise errors.InvalidRecord(f"公开的类别应为 {kinds} 之一，实际为“{request.kind}”。")
    if not request.title.strip():
        raise errors.InvalidRecord("公开的信息应有名称，实际没有。")
    if request.review is not None:
        register, wanted = request.review
        if tx.uow.records.newest(pack, register, {name: str(value) for name, value in wanted.items()}) is None:
            raise errors.BpmnError(
                REVIEW_MISSING, f"“{request.title}”没有完成保密审查，或者审查后内容有改动，不得公开。"
            )
    issued = None
    if request.document is not None:
        issued = tx.uow.records.document(request.document)
        if issued.pack != pack:
            raise errors.InvalidRecord("公开的公文应是本流程包制发的。")
    if request.replaces is not None and not _published(tx, pack, request.replaces):
        raise errors.BpmnError(
            REPLACED_MISSING, f"没有编号为 {request.replaces} 的公开信息，不能由“{request.title}”接替。"
        )
    if len(request.title) > _LONGEST_TITLE:
        raise errors.InvalidRecord(f"公开信息的名称应不超过 {_LONGEST_TITLE} 字，实际 {len(request.title)} 字。")
    content = {
        "kind": model.PublicationKind(request.kind),
        "title": request.title.strip(),
        "summary": request.summary,
        "content": request.content,
        "attachments": tuple(dict(each) for each in request.attachments),
        "until": request.until,
        "replaces": request.replaces,
        "details": details.read(request.details),
    }
    shown = published_content.sha256(published_content.text(content, None if issued is None else issued.sha256))
    published = tx.uow.records.announce(
        pack=pack,
        **content,
        document_id=request.document,
        content_sha256=request.content_sha256 or shown,
        shown_sha256=shown,
        instance_id=locked.id,
        published_at=tx.now,
        by=tx.actor.id,
    )
    subject = f"publication/{published.id}"
    seals = {"sha256": published.content_sha256, "shown": shown, "seal": sealing.publication(tx.uow.link, published.id)}
    tx.note(locked, "publish", subject, name=published.title, **seals)
    return published


def _published(tx: transaction.Transaction, pack: str, publication: int) -> bool:
    try:
        return tx.uow.records.publication(publication).pack == pack
    except errors.NotFound:
        return False


def _withdraw(tx: transaction.Transaction, locked: stored.LockedInstance, request: model.Withdraw) -> dict[str, Any]:
    if not _published(tx, tx.of(locked).row.pack, request.publication):
        raise errors.BpmnError(PUBLICATION_MISSING, f"没有编号为 {request.publication} 的公开信息，不能撤回。")
    try:
        reason = withdrawing.checked(request.reason)
    except errors.InvalidInput as error:
        raise errors.InvalidRecord(error.message) from None
    withdrawing.take_down(tx, locked, request.publication, reason)
    gone = tx.uow.records.withdrawals([request.publication])[request.publication]
    title = tx.uow.records.publication(request.publication).title
    return {"publication": request.publication, "title": title, "at": gone.at.isoformat(), "reason": gone.reason}


# --- those who sent something in -------------------------------------------------------------------------------------


def tell(
    tx: transaction.Transaction,
    locked: stored.LockedInstance,
    told: Iterable[model.Tell],
    document_id: int | None = None,
) -> None:
    """Tell those who sent something in by the public portal; with a document, where that is for them.

    Raises:
        errors.InvalidRecord: A text is empty or too long, or nobody has the receipt.
    """
    for each in told:
        if not each.text.strip() or len(each.text) > _LONGEST_NOTE:
            raise errors.InvalidRecord(f"告知的内容应为 1 至 {_LONGEST_NOTE} 字，实际 {len(each.text)} 字。")
        note = tx.uow.receipts.tell(each.receipt, each.text.strip(), document_id, tx.now, told_by=locked.id)
        if note is None:
            raise errors.InvalidRecord("告知的对象应是网上提交的人（receipt），实际没有这一件。")
        # The trail says that somebody was told, not who: the hash of a code is all that is known of them.
        seal = sealing.answer(tx.uow.link, note)
        tx.note(locked, "tell-sender", f"receipt/{each.receipt[:12]}", note=note, seal=seal)

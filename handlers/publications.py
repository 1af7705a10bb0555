"""Publications (公开): the last act of a review, made only when everybody who answers for the item has signed.

A signature is what the output parameter `${dict(person=actor(), at=now())}` of a user task leaves behind: who completed
it and when, both by the engine and neither typed in.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from engine import errors, registry
from engine.model import records

#: BPMN error of an item whose signatures are missing, doubtful or void; a boundary event of the task may take it.
SIGNATURES_INCOMPLETE = "signatures-incomplete"
#: BPMN error of a publication that is not there.
PUBLICATION_MISSING = "publication-missing"
AUDIENCES = {"society": "社会", "internal": "单位内部"}
#: Official Chinese time, in which records are kept.
BEIJING = datetime.timezone(datetime.timedelta(hours=8))


@registry.handler(
    "publications.publish",
    inputs={
        "item": dict,
        "issuer": str,
        "audience": str,
        "channels": list[str],
        "signatures": dict,
        "required_signatures": list[str],
        "reviewed_sha256": str | None,
        "portal": dict | None,
    },
)
def publish(job: registry.Job) -> dict[str, object]:
    """Publish an item and return its record as the variable `publication`.

    Inputs:
        item: what is published: `title`, and whatever else belongs to it; its hash identifies the content.
        issuer: the unit that answers for the item.
        audience: society (社会) or internal (单位内部).
        channels: at least one form of publication.
        signatures: by name of the step, `{"person": id, "at": ISO 8601 time}` or None.
        required_signatures: the steps that must be signed, in their order.
        reviewed_sha256: the hash of the content that was reviewed, where the review kept one; what goes to the portal
            then needs an entry of the same content with the verdict 主动公开 in the register `baomi`.
        portal: how it is read on the public portal, if it is to stand there: `kind`, and as `announce` takes them
            `summary`, `content`, `document`, `attachments`, `until`, `facts`, `tables`, `checks` and `tell`. What is
            published inside the unit never does.

    Raises:
        errors.BpmnError: `signatures-incomplete`; the message says which step lacks what (000 §2). `review-missing`.
        errors.InvalidInput: an input that no retry can mend.
    """
    given = job.inputs
    item, required = given["item"], given["required_signatures"]
    _check(given)
    digest = content_sha256(item)
    if given.get("reviewed_sha256") not in (None, digest):
        raise errors.BpmnError(SIGNATURES_INCOMPLETE, "公开的内容与审核过的内容不一致，原有签字无效，请重新审核")
    check_signatures(given["signatures"], required, job.now)
    record = {
        "id": f"publication-{job.idempotency_key}",
        "title": item["title"],
        "issuer": given["issuer"],
        "audience": given["audience"],
        "channels": given["channels"],
        "content_sha256": digest,
        "published_at": job.now.astimezone(BEIJING).isoformat(),
        "signatures": [{"step": step, **given["signatures"][step]} for step in required],
    }
    if given.get("portal") is not None and given["audience"] == "society":
        announcement = _announcement({"title": item["title"], **given["portal"]}, digest)
        job.write(dataclasses.replace(announcement, review=_review(given.get("reviewed_sha256"))))
    return {"publication": record}


@registry.handler(
    "publications.announce",
    inputs={
        "kind": str,
        "title": str,
        "summary": str | None,
        "content": str | None,
        "document": dict | None,
        "attachments": list | None,
        "until": str | None,
        "replaces": int | None,
        "reviewed_sha256": str | None,
        "facts": list | None,
        "tables": list | None,
        "checks": list | None,
        "tell": list | None,
    },
)
def announce(job: registry.Job) -> None:
    """Publish something; the variable `publication` then names its id, title, time and hash.

    Inputs:
        kind: gonggao, gongshi, tingzheng, jieguo, xinxi or xinwen.
        title, summary, content: what is read; paragraphs of the content end with the line.
        document: what `documents.issue` left, where a document is published.
        attachments: values of file fields.
        until: ISO 8601 time until which it is open for opinions or registration.
        replaces: id of an older publication.
        reviewed_sha256: hash of the content as it was reviewed; then there must be a review of the same content with
            the verdict 主动公开 in the register `baomi`, which no newer entry corrects.
        facts, tables, checks: what is shown besides the text: `{name, value}`, `{caption, columns, rows}`, and how a
            reader checks it, `{text, command}`.
        tell: whom by the public portal it concerns, each `{receipt, text}`; entries without a receipt are left out.

    Raises:
        errors.BpmnError: `review-missing`, `replaced-missing`.
        errors.InvalidInput: an input that no retry can mend.
    """
    given = job.inputs
    reviewed = given.get("reviewed_sha256")
    job.write(dataclasses.replace(_announcement(given, reviewed), review=_review(reviewed)))


def _review(reviewed: str | None) -> tuple[str, dict[str, str]] | None:
    """Return the entry without which content that was reviewed may not be published."""
    return None if reviewed is None else ("baomi", {"content_sha256": reviewed, "verdict": "主动公开"})


@registry.handler("publications.withdraw", inputs={"publication": int | None, "reason": str, "tell": list | None})
def withdraw(job: registry.Job) -> None:
    """Withdraw a publication; the variable `withdrawal` then names its publication, title, time and reason.

    Its address and title stay and say when and why; its content goes. What was withdrawn before stays as it was.

    Inputs:
        publication: its id.
        reason: why; everybody reads it.
        tell: who is told by the public portal, each `{receipt, text}`.

    Raises:
        errors.BpmnError: `publication-missing`.
    """
    given = job.inputs
    if given.get("publication") is None:
        raise errors.BpmnError(PUBLICATION_MISSING, "没有写明公开信息的编号，不能撤回。")
    job.write(records.Withdraw(given["publication"], given["reason"], told(given.get("tell"))))


def _announcement(given: Mapping[str, Any], digest: str | None) -> records.Announce:
    try:
        kind = records.PublicationKind(given["kind"])
        until = None if given.get("until") is None else datetime.datetime.fromisoformat(given["until"])
    except (KeyError, ValueError):
        wanted = "、".join(records.PublicationKind)
        found = f"{given.get('kind')}、{given.get('until')}"
        raise errors.InvalidInput(f"kind 应为 {wanted} 之一，until 应为时间；实际为 {found}。") from None
    if until is not None and until.tzinfo is None:
        raise errors.InvalidInput(f"until 应带有时区，实际为 {given['until']}。")
    return records.Announce(
        kind=kind,
        title=given["title"],
        summary=given.get("summary"),
        content=given.get("content"),
        document=(given.get("document") or {}).get("id"),
        attachments=tuple(given.get("attachments") or ()),
        until=until,
        replaces=given.get("replaces"),
        content_sha256=digest,
        details={name: given[name] for name in ("facts", "tables", "checks") if given.get(name)},
        tell=told(given.get("tell")),
    )


def told(given: Sequence[Mapping[str, Any]] | None) -> tuple[records.Tell, ...]:
    """Return who is told what; whoever came to the office has no receipt, and is told there."""
    return tuple(records.Tell(str(each["receipt"]), str(each["text"])) for each in given or () if each.get("receipt"))


def content_sha256(item: Mapping[str, Any]) -> str:
    """Return what is the same for equal items only: SHA-256 of the item as JSON with sorted keys.

    Attached files count by their own hash, so it does not matter where they are stored.
    """
    text = json.dumps(_content(item), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def check_signatures(signatures: Mapping[str, Any], required: Sequence[str], now: datetime.datetime) -> None:
    """Refuse signatures that are missing, of one person for two steps, or not in the order of the steps.

    A signature that is older than that of the step before it was given for an earlier version of the item.

    Raises:
        errors.BpmnError: `signatures-incomplete`.
    """
    signed: dict[str, str] = {}
    last = ("", datetime.datetime.min.replace(tzinfo=datetime.UTC))
    for step in required:
        person, at = _signature(step, signatures.get(step))
        if person in signed:
            raise _incomplete(f"“{signed[person]}”与“{step}”应由不同的人签字，均为 {person}")
        if at < last[1]:
            raise _incomplete(f"“{step}”的签字早于“{last[0]}”，应在其后重新签字")
        if at > now:
            raise _incomplete(f"“{step}”的签字时间 {at.isoformat()} 晚于现在")
        signed[person] = step
        last = (step, at)


def _check(given: Mapping[str, Any]) -> None:
    title = given["item"].get("title")
    if not isinstance(title, str) or not title.strip():
        raise errors.InvalidInput("公开的信息应有名称（item.title），实际没有。")
    if not given["issuer"].strip():
        raise errors.InvalidInput("公开的信息应有负责的单位（issuer），实际没有。")
    if given["audience"] not in AUDIENCES:
        wanted = "、".join(f"{key}（{name}）" for key, name in AUDIENCES.items())
        raise errors.InvalidInput(f"公开范围（audience）应为 {wanted} 之一，实际为“{given['audience']}”。")
    if not given["channels"]:
        raise errors.InvalidInput("公开形式（channels）应至少有一种，实际没有。")
    if not given["required_signatures"]:
        raise errors.InvalidInput("应写明须有哪些环节的签字（required_signatures），实际没有。")


def _signature(step: str, found: Any) -> tuple[str, datetime.datetime]:
    person, at = (found.get("person"), found.get("at")) if isinstance(found, dict) else (None, None)
    if not isinstance(person, str) or not person.strip() or not isinstance(at, str):
        raise _incomplete(f"“{step}”没有责任人签字")
    try:
        moment = datetime.datetime.fromisoformat(at)
    except ValueError:
        raise _incomplete(f"“{step}”的签字时间“{at}”不是日期时间") from None
    if moment.tzinfo is None:
        raise _incomplete(f"“{step}”的签字时间“{at}”没有时区")
    return person, moment


def _incomplete(what: str) -> errors.BpmnError:
    return errors.BpmnError(SIGNATURES_INCOMPLETE, f"签批手续不全，不能公开：{what}")


def _content(value: Any) -> Any:
    if isinstance(value, dict):
        if {"token", "sha256", "name"} <= value.keys():
            return {"name": value["name"], "sha256": value["sha256"]}
        return {key: _content(part) for key, part in value.items()}
    return [_content(part) for part in value] if isinstance(value, list) else value

"""Release (统一发布): the last look at what is about to be published: does everything hold for this content?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import errors, registry
from handlers import markings, publications

#: BPMN error of an item that may not be published as it is.
RELEASE_REFUSED = "release-refused"


@registry.handler(
    "release.check",
    inputs={
        "item": dict,
        "content_sha256": str | None,
        "verdict": str | None,
        "reviewed_sha256": str | None,
        "departments": list,
        "settlements": list,
        "approval_required": bool,
        "approval": dict | None,
        "marked_approval": str | None,
        "signatures": dict,
        "required_signatures": list[str],
    },
)
def check(job: registry.Job) -> None:
    """Let an item pass that may be published as it is now.

    Inputs:
        item: what would be published, made up like the item that was fixed.
        content_sha256: the hash of the content that was proposed, confirmed and approved.
        verdict, reviewed_sha256: outcome and content of the secrecy review (000 §37); only `open` passes.
        departments: whom the item concerns, each with `department` and `relation` (000 §30, §39).
        settlements: what became of their answers: `department`, `relation`, `outcome`, `content_sha256`.
        approval_required, approval: whether it needs approval (000 §32), and the approval with `approved` and
            `content_sha256`.
        marked_approval: approval of what bears a warning (000 §36(三)).
        signatures, required_signatures: the steps of 000 §29, by different people and in this order.

    Raises:
        errors.BpmnError: `release-refused`; the message says everything that is missing.
        errors.InvalidInput: no step is named.
    """
    given = job.inputs
    if not given["required_signatures"]:
        raise errors.InvalidInput("应写明发布须有哪些环节的签字（required_signatures），实际没有。")
    digest = publications.content_sha256(given["item"])
    missing = [*_content(given, digest), *_others(given, digest)]
    try:
        publications.check_signatures(given["signatures"], given["required_signatures"], job.now)
    except errors.BpmnError as error:
        missing.append(error.message)
    if missing:
        raise errors.BpmnError(RELEASE_REFUSED, f"不能发布：{'；'.join(missing)}。请修改后从头办理。")


def _content(given: Mapping[str, Any], digest: str) -> list[str]:
    missing = []
    if given.get("content_sha256") != digest:
        missing.append("内容在审核以后有改动，原有的审核、审查和审定作废")
    if given.get("verdict") != "open" or given.get("reviewed_sha256") != digest:
        missing.append("现在的内容没有完成保密审查，或者审查结论不是主动公开")
    for mark in markings.find(given["item"]):
        if mark["kind"] == markings.CLASSIFIED or not given.get("marked_approval"):
            missing.append(f"内容标有{mark['text']}，属于涉密信息")
    return missing


def _others(given: Mapping[str, Any], digest: str) -> list[str]:
    settled = {
        (each.get("department"), each.get("relation"))
        for each in given["settlements"]
        if each.get("outcome") == "keep" and each.get("content_sha256") == digest
    }
    missing = [
        f"{each['department']}没有就现在的内容答复"
        for each in given["departments"]
        if (each["department"], each["relation"]) not in settled
    ]
    approval = given.get("approval") or {}
    if given["approval_required"] and not (approval.get("approved") and approval.get("content_sha256") == digest):
        missing.append("现在的内容须经批准而没有批准")
    return missing

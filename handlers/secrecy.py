"""Secrecy review (保密审查): fixes what is reviewed, holds the outcome against it, and puts the review on record.

A review is of one content. What comes to be released or filed is compared with what was submitted by its hash, and the
four signatures with the four levels; a review that does not hold is void and begins again (000 §37).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import errors, registry
from handlers import markings, publications

#: BPMN error of a review that does not hold: the content was changed, or a signature is missing or doubtful.
REVIEW_VOID = "review-void"
#: The classes of 000 §37(三).
CLASSES = {"open": "主动公开", "on_request": "依申请公开", "exempt": "免于公开"}


@registry.handler("secrecy.fix_item", inputs={"item": dict})
def fix_item(job: registry.Job) -> dict[str, object]:
    """Bind a review to the content that was submitted for it: the variable `reviewed_sha256`.

    Also tells which marks of secrecy stand in it: `marks`, each with kind and text, and `marked_kinds`, the kinds of
    000 §36 that they belong to.

    Inputs:
        item: what is reviewed: `title`, with `content` or `attachments`, and whatever else belongs to it.

    Raises:
        errors.InvalidInput: there is nothing to review.
    """
    item = job.inputs["item"]
    if not str(item.get("title") or "").strip() or not (item.get("content") or item.get("attachments")):
        raise errors.InvalidInput(
            "报审的信息应有名称（item.title），并有内容（item.content）或附件（item.attachments）。"
        )
    marks = markings.find(item)
    return {
        "reviewed_sha256": publications.content_sha256(item),
        "marks": marks,
        "marked_kinds": markings.kinds(marks),
    }


@registry.handler(
    "secrecy.check_unchanged",
    inputs={
        "item": dict,
        "reviewed_sha256": str | None,
        "signatures": dict,
        "required_signatures": list[str],
    },
)
def check_unchanged(job: registry.Job) -> None:
    """Let a review pass that holds for the item as it is now.

    Inputs:
        item: what would be released or filed, made up like the item that was fixed.
        reviewed_sha256: the hash that `secrecy.fix_item` gave.
        signatures: by name of the level, `{"person": id, "at": ISO 8601 time}` or None.
        required_signatures: the levels that must be signed, by different people and in this order.

    Raises:
        errors.BpmnError: `review-void`; the message says why.
        errors.InvalidInput: no level is named.
    """
    _check_holds(job)


@registry.handler(
    "secrecy.register",
    inputs={
        "item": dict,
        "reviewed_sha256": str,
        "signatures": dict,
        "required_signatures": list[str],
        "classification": str,
        "exempt_ground": str | None,
        "exempt_reason": str | None,
        "secret_grounds": list[str],
        "sheet": dict | None,
    },
)
def register(job: registry.Job) -> dict[str, object]:
    """Put a finished review on record and return the filled-in form (保密审查表) as the variable `review`.

    One case is one review of one item (一事一审). Its number is that of its entry in the register, which the diagram
    writes next: a number that a review took and did not come to would leave a gap.

    Inputs:
        item, reviewed_sha256, signatures, required_signatures: as for `secrecy.check_unchanged`.
        classification: open (主动公开), on_request (依申请公开) or exempt (免于公开).
        exempt_ground, exempt_reason: both for what is exempt (000 §37(三)), neither for anything else.
        secret_grounds: what of 000 §36 the item comes under; with any the class is exempt.
        sheet: what else the form says: unit, document number, opinions of the four levels.

    Raises:
        errors.BpmnError: `review-void`, as above.
        errors.InvalidInput: a class that the review may not come to.
    """
    given = job.inputs
    _check_holds(job)
    _check_class(given)
    now = job.now.astimezone(publications.BEIJING)
    record = {
        **(given.get("sheet") or {}),
        "id": f"review-{job.idempotency_key}",
        "title": given["item"]["title"],
        "content_sha256": given["reviewed_sha256"],
        "classification": given["classification"],
        "exempt_ground": given.get("exempt_ground"),
        "exempt_reason": given.get("exempt_reason"),
        "secret_grounds": given["secret_grounds"],
        "signatures": [{"step": step, **given["signatures"][step]} for step in given["required_signatures"]],
        "registered_at": now.isoformat(),
    }
    return {"review": record}


def _check_holds(job: registry.Job) -> None:
    given = job.inputs
    if not given["required_signatures"]:
        raise errors.InvalidInput("应写明保密审查须有哪几级的签字（required_signatures），实际没有。")
    if given.get("reviewed_sha256") != publications.content_sha256(given["item"]):
        raise errors.BpmnError(REVIEW_VOID, "内容与报审时的内容不一致，原审查作废，请重新报审")
    try:
        publications.check_signatures(given["signatures"], given["required_signatures"], job.now)
    except errors.BpmnError as error:
        raise errors.BpmnError(REVIEW_VOID, f"{error.message}；原审查作废，请重新报审") from None


def _check_class(given: Mapping[str, Any]) -> None:
    found = given["classification"]
    if found not in CLASSES:
        wanted = "、".join(f"{key}（{name}）" for key, name in CLASSES.items())
        raise errors.InvalidInput(f"审定的类别（classification）应为 {wanted} 之一，实际为“{found}”。")
    if given["secret_grounds"] and found != "exempt":
        grounds = "、".join(given["secret_grounds"])
        raise errors.InvalidInput(
            f"属于第三十六条所列涉密信息（{grounds}）的，应为免于公开，实际为“{CLASSES[found]}”。"
        )
    for name, label in (("exempt_ground", "依据"), ("exempt_reason", "理由")):
        if bool((given.get(name) or "").strip()) != (found == "exempt"):
            wanted = "应注明" if found == "exempt" else "不应有免于公开的"
            raise errors.InvalidInput(f"{CLASSES[found]}的信息{wanted}{label}（{name}）。")

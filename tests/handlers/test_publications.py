"""Nothing is published that was not signed, in order, by different people, for exactly this content."""

from __future__ import annotations

import datetime

import pytest

from engine import errors, registry
from handlers import publications

NOW = datetime.datetime(2026, 3, 12, 1, 30, tzinfo=datetime.UTC)
FILE = {"token": "f1", "name": "指南.pdf", "size": 3, "sha256": "a" * 64}
ITEM = {"title": "办事指南", "content": "正文", "attachments": [FILE]}
SIGNED = {
    "申请": {"person": "wangfang", "at": "2026-03-09T09:00:00+08:00"},
    "预审": {"person": "chenjing", "at": "2026-03-09T09:00:00+08:00"},
    "审定": {"person": "zhouming", "at": "2026-03-10T09:00:00+08:00"},
}
INPUTS = {
    "item": ITEM,
    "issuer": "行政审批一处",
    "audience": "society",
    "channels": ["website"],
    "signatures": SIGNED,
    "required_signatures": ["申请", "预审", "审定"],
}
(HANDLER,) = registry.of(publications.publish)


def publish(**changes):
    job = registry.Job(
        topic="publications.publish",
        inputs={**INPUTS, **changes},
        business_key=None,
        instance_id=7,
        element_id="Task_gongkai",
        attempt=1,
        idempotency_key="7-11",
        now=NOW,
    )
    return HANDLER.run(job)["publication"]


def resigned(**changes):
    return {step: changes.get(step, signature) for step, signature in SIGNED.items()}


def test_the_record_says_what_was_published_to_whom_when_and_who_signed():
    assert publish() == {
        "id": "publication-7-11",
        "title": "办事指南",
        "issuer": "行政审批一处",
        "audience": "society",
        "channels": ["website"],
        "content_sha256": publications.content_sha256(ITEM),
        "published_at": "2026-03-12T09:30:00+08:00",
        "signatures": [{"step": step, **signature} for step, signature in SIGNED.items()],
    }


def test_running_twice_gives_the_same_record():
    assert publish() == publish()


@pytest.mark.parametrize("step", SIGNED)
@pytest.mark.parametrize(
    "lacking", [None, {}, "王芳", {"person": "", "at": "2026-03-09T09:00:00+08:00"}, {"person": "x"}]
)
def test_a_step_without_signature_is_named(step, lacking):
    with pytest.raises(errors.BpmnError, match=f"“{step}”没有责任人签字") as refusal:
        publish(signatures=resigned(**{step: lacking}))
    assert refusal.value.error_code == publications.SIGNATURES_INCOMPLETE


@pytest.mark.parametrize(
    ("signature", "reason"),
    [
        ({"person": "chenjing", "at": "2026-03-10T09:00:00+08:00"}, "“预审”与“审定”应由不同的人签字"),
        ({"person": "zhouming", "at": "2026-03-09T08:59:59+08:00"}, "早于“预审”"),
        ({"person": "zhouming", "at": "2026-03-13T09:00:00+08:00"}, "晚于现在"),
        ({"person": "zhouming", "at": "2026-03-10T09:00:00"}, "没有时区"),
        ({"person": "zhouming", "at": "三月十日"}, "不是日期时间"),
    ],
)
def test_a_doubtful_signature_is_refused(signature, reason):
    with pytest.raises(errors.BpmnError, match=reason):
        publish(signatures=resigned(审定=signature))


def test_content_that_changed_after_its_review_is_refused():
    reviewed = publications.content_sha256(ITEM)
    assert publish(reviewed_sha256=reviewed)["content_sha256"] == reviewed
    with pytest.raises(errors.BpmnError, match="请重新审核"):
        publish(item={**ITEM, "content": "正文。"}, reviewed_sha256=reviewed)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"item": {"title": " "}}, "item.title"),
        ({"issuer": ""}, "issuer"),
        ({"audience": "public"}, "audience"),
        ({"channels": []}, "channels"),
        ({"required_signatures": []}, "required_signatures"),
        ({"channels": "website"}, "“channels”应为列表"),
        ({"surprise": 1}, "多出“surprise”"),
    ],
)
def test_an_input_that_no_retry_can_mend_is_refused(changes, reason):
    with pytest.raises(errors.InvalidInput, match=reason):
        publish(**changes)


def test_the_hash_follows_content_and_not_order_or_storage():
    digest = publications.content_sha256(ITEM)
    assert publications.content_sha256(dict(reversed(ITEM.items()))) == digest
    assert publications.content_sha256({**ITEM, "attachments": [{**FILE, "token": "elsewhere"}]}) == digest
    assert publications.content_sha256({**ITEM, "attachments": [{**FILE, "sha256": "b" * 64}]}) != digest
    assert publications.content_sha256({**ITEM, "content": "正文 "}) != digest

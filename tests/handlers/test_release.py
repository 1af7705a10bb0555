"""What is released holds for one content: reviewed, confirmed, approved, signed; the refusal says all that is missing."""

from __future__ import annotations

import datetime

import pytest

from engine import errors, registry
from handlers import publications, release

NOW = datetime.datetime(2026, 12, 31, 17, 30, tzinfo=datetime.UTC)
ITEM = {"title": "评价办法", "summary": "评价", "content": "第一条", "attachments": [], "basis": "目录第八条"}
DIGEST = publications.content_sha256(ITEM)
STEPS = ["建议", "审核", "审定"]
SIGNED = {
    step: {"person": person, "at": f"2026-03-{day:02}T09:00:00+08:00"}
    for day, (step, person) in enumerate(zip(STEPS, ["zhangsan", "chenjing", "zhouming"], strict=True), 9)
}
CONCERNED = {"department": "市住建局", "relation": "confirm", "matter": "条件"}
SETTLED = {"department": "市住建局", "relation": "confirm", "outcome": "keep", "content_sha256": DIGEST}
APPROVED = {"approved": True, "content_sha256": DIGEST}
READY = {
    "item": ITEM,
    "content_sha256": DIGEST,
    "verdict": "open",
    "reviewed_sha256": DIGEST,
    "departments": [CONCERNED],
    "settlements": [SETTLED],
    "approval_required": True,
    "approval": APPROVED,
    "signatures": SIGNED,
    "required_signatures": STEPS,
}
OTHER = "0" * 64


def check(**changes):
    (handler,) = registry.of(release.check)
    job = registry.Job(
        topic=handler.topic,
        inputs={**READY, **changes},
        business_key=None,
        instance_id=7,
        element_id="Task_hedui",
        attempt=1,
        idempotency_key="7-11",
        now=NOW,
    )
    return handler.run(job)


def refusal(**changes):
    with pytest.raises(errors.BpmnError) as caught:
        check(**changes)
    assert caught.value.error_code == release.RELEASE_REFUSED
    return caught.value.message


def test_what_is_complete_passes():
    check()
    check(departments=[], settlements=[], approval_required=False, approval=None)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"content_sha256": OTHER}, "内容在审核以后有改动"),
        ({"content_sha256": None}, "内容在审核以后有改动"),
        ({"reviewed_sha256": OTHER}, "没有完成保密审查"),
        ({"reviewed_sha256": None}, "没有完成保密审查"),
        ({"verdict": "on_request"}, "审查结论不是主动公开"),
        ({"verdict": "exempt"}, "审查结论不是主动公开"),
        ({"verdict": None}, "没有完成保密审查"),
        ({"settlements": []}, "市住建局没有就现在的内容答复"),
        ({"settlements": [{**SETTLED, "content_sha256": OTHER}]}, "市住建局没有就现在的内容答复"),
        ({"settlements": [{**SETTLED, "outcome": "revise"}]}, "市住建局没有就现在的内容答复"),
        ({"settlements": [{**SETTLED, "relation": "consult"}]}, "市住建局没有就现在的内容答复"),
        ({"approval": None}, "须经批准而没有批准"),
        ({"approval": {**APPROVED, "approved": False}}, "须经批准而没有批准"),
        ({"approval": {**APPROVED, "content_sha256": OTHER}}, "须经批准而没有批准"),
        ({"signatures": {**SIGNED, "审核": None}}, "“审核”没有责任人签字"),
        ({"signatures": {**SIGNED, "审定": SIGNED["建议"]}}, "应由不同的人签字"),
    ],
)
def test_one_thing_missing_is_enough(changes, why):
    assert why in refusal(**changes)


def test_everything_that_is_missing_is_said_at_once():
    message = refusal(verdict=None, settlements=[], approval=None, signatures={})
    for part in ("没有完成保密审查", "市住建局", "须经批准", "没有责任人签字"):
        assert part in message


def test_marks_stop_it_even_when_all_else_holds():
    def marked(text):
        item = {**ITEM, "content": text}
        digest = publications.content_sha256(item)
        settled = [{**SETTLED, "content_sha256": digest}]
        approval = {**APPROVED, "content_sha256": digest}
        given = {"content_sha256": digest, "reviewed_sha256": digest, "settlements": settled, "approval": approval}
        return {"item": item, **given}

    assert "“内部文件”" in refusal(**marked("内部文件\n第一条"))
    check(**marked("内部文件\n第一条"), marked_approval="市政办批〔2026〕3号")
    assert "“机密★”" in refusal(**marked("机密★\n第一条"), marked_approval="市政办批〔2026〕3号")


def test_steps_have_to_be_named():
    with pytest.raises(errors.InvalidInput, match="required_signatures"):
        check(required_signatures=[])

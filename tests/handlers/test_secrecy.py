"""A review holds for the content it was made of and with its four signatures, and goes on record as it was decided."""

from __future__ import annotations

import datetime

import pytest

from engine import errors, registry
from handlers import publications, secrecy

NOW = datetime.datetime(2026, 12, 31, 17, 30, tzinfo=datetime.UTC)
FILE = {"token": "f1", "name": "办法.pdf", "size": 3, "sha256": "a" * 64}
ITEM = {"title": "评价办法", "summary": "评价", "content": None, "attachments": [FILE], "basis": "目录第八条"}
LEVELS = ["报审", "审核", "复核", "审定"]
SIGNED = {
    level: {"person": person, "at": f"2026-03-{day:02}T09:00:00+08:00"}
    for day, (level, person) in enumerate(zip(LEVELS, ["zhangsan", "wangfang", "chenjing", "fengyan"], strict=True), 9)
}
REVIEW = {
    "item": ITEM,
    "reviewed_sha256": publications.content_sha256(ITEM),
    "signatures": SIGNED,
    "required_signatures": LEVELS,
}
OUTCOME = {**REVIEW, "classification": "open", "secret_grounds": []}
EXEMPT = {"classification": "exempt", "exempt_ground": "privacy", "exempt_reason": "涉及个人住址"}


def run(function, inputs):
    (handler,) = registry.of(function)
    job = registry.Job(
        topic=handler.topic,
        inputs=inputs,
        business_key=None,
        instance_id=7,
        element_id="Task_hedui",
        attempt=1,
        idempotency_key="7-11",
        now=NOW,
    )
    return handler.run(job)


def refusal(function, inputs, kind=errors.BpmnError):
    with pytest.raises(kind) as refused:
        run(function, inputs)
    return refused.value


def test_what_is_submitted_is_known_by_its_content_alone():
    stored_anew = {**ITEM, "attachments": [{**FILE, "token": "f2"}]}
    first, second = (run(secrecy.fix_item, {"item": item})["reviewed_sha256"] for item in (ITEM, stored_anew))
    assert first == second
    assert first != run(secrecy.fix_item, {"item": {**ITEM, "basis": "目录第九条"}})["reviewed_sha256"]


@pytest.mark.parametrize("lacking", [{"title": " "}, {"title": None}, {"attachments": []}])
def test_nothing_is_not_reviewed(lacking):
    assert "报审的信息应有名称" in refusal(secrecy.fix_item, {"item": {**ITEM, **lacking}}, errors.InvalidInput).message


def test_a_review_holds_for_unchanged_content_with_four_signatures():
    assert not run(secrecy.check_unchanged, REVIEW)


@pytest.mark.parametrize("function", [secrecy.check_unchanged, secrecy.register])
@pytest.mark.parametrize("change", ["title", "summary", "content", "basis"])
def test_changed_content_voids_the_review(function, change):
    inputs = REVIEW if function is secrecy.check_unchanged else OUTCOME
    error = refusal(function, {**inputs, "item": {**ITEM, change: "改动"}})
    assert (error.error_code, "内容与报审时的内容不一致" in error.message) == (secrecy.REVIEW_VOID, True)


def test_content_that_was_never_fixed_was_never_reviewed():
    assert refusal(secrecy.check_unchanged, {**REVIEW, "reviewed_sha256": None}).error_code == secrecy.REVIEW_VOID


LATE = {"person": "somebody", "at": "2027-03-01T09:00:00+08:00"}
EARLY = {"person": "somebody", "at": "2026-03-01T09:00:00+08:00"}
NOBODY = {"person": "", "at": "2026-03-09T09:00:00+08:00"}


@pytest.mark.parametrize(("function", "inputs"), [(secrecy.check_unchanged, REVIEW), (secrecy.register, OUTCOME)])
@pytest.mark.parametrize(
    ("level", "signature", "reason"),
    [(level, none, f"“{level}”没有责任人签字") for level in LEVELS for none in (None, NOBODY)]
    + [(level, EARLY, f"“{level}”的签字早于") for level in LEVELS[1:]]
    + [(level, LATE, f"“{level}”的签字时间 2027-03-01T09:00:00+08:00 晚于现在") for level in LEVELS],
)
def test_a_missing_or_misplaced_signature_voids_the_review(function, inputs, level, signature, reason):
    error = refusal(function, {**inputs, "signatures": {**SIGNED, level: signature}})
    assert error.error_code == secrecy.REVIEW_VOID
    assert "请重新报审" in error.message
    assert reason in error.message


@pytest.mark.parametrize(("function", "inputs"), [(secrecy.check_unchanged, REVIEW), (secrecy.register, OUTCOME)])
def test_a_review_without_levels_is_none(function, inputs):
    error = refusal(function, {**inputs, "required_signatures": []}, errors.InvalidInput)
    assert "required_signatures" in error.message


def test_one_person_signs_one_level():
    twice = {**SIGNED, "审定": {**SIGNED["审定"], "person": "wangfang"}}
    assert "不同的人" in refusal(secrecy.check_unchanged, {**REVIEW, "signatures": twice}).message


def test_the_record_keeps_the_form_with_hash_and_signatures():
    sheet = {"unit": "行政审批一处", "head": {"decision": "publish", "opinion": None}, "title": "not this one"}
    assert run(secrecy.register, {**OUTCOME, "sheet": sheet}) == {
        "review": {
            "unit": "行政审批一处",
            "head": {"decision": "publish", "opinion": None},
            "id": "review-7-11",
            "title": "评价办法",
            "content_sha256": REVIEW["reviewed_sha256"],
            "classification": "open",
            "exempt_ground": None,
            "exempt_reason": None,
            "secret_grounds": [],
            "signatures": [{"step": level, **SIGNED[level]} for level in LEVELS],
            "registered_at": "2027-01-01T01:30:00+08:00",  # the year has changed in Beijing
        }
    }


@pytest.mark.parametrize("lacking", ["exempt_ground", "exempt_reason"])
@pytest.mark.parametrize("empty", [None, "", " "])
def test_what_is_exempt_has_ground_and_reason(lacking, empty):
    assert run(secrecy.register, {**OUTCOME, **EXEMPT})["review"]["exempt_reason"] == "涉及个人住址"
    error = refusal(secrecy.register, {**OUTCOME, **EXEMPT, lacking: empty}, errors.InvalidInput)
    assert f"应注明{'依据' if lacking == 'exempt_ground' else '理由'}" in error.message


@pytest.mark.parametrize("classification", ["open", "on_request"])
def test_what_is_not_exempt_has_neither(classification):
    given = {**OUTCOME, **EXEMPT, "classification": classification}
    assert "不应有免于公开的依据" in refusal(secrecy.register, given, errors.InvalidInput).message


@pytest.mark.parametrize("classification", ["open", "on_request"])
def test_what_article_36_lists_is_exempt(classification):
    given = {**OUTCOME, "classification": classification, "secret_grounds": ["标有密级的“三密”文件"]}
    assert "应为免于公开" in refusal(secrecy.register, given, errors.InvalidInput).message
    assert run(secrecy.register, {**OUTCOME, **EXEMPT, "secret_grounds": ["其他不宜公开的内部办公事项"]})


def test_there_are_three_classes():
    error = refusal(secrecy.register, {**OUTCOME, "classification": "uncertain"}, errors.InvalidInput)
    assert "主动公开" in error.message
    assert "依申请公开" in error.message
    assert "免于公开" in error.message

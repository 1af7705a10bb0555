"""Cases and tasks through the API alone: from the catalogue to the end, with everything on the way."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

import api_office
import pytest


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[api_office.ApiOffice]:
    with api_office.ApiOffice(pathlib.Path(tmp_path_factory.mktemp("office"))) as made:
        yield made


def started(office: api_office.ApiOffice, **more: Any) -> dict[str, Any]:
    """Start a case as `zhangsan`."""
    body = {"key": "main", "form": api_office.APPLICATION, **more}
    answer = office.api("zhangsan").post("/instances", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/api/v1/instances/{answer.json()['id']}"
    return dict(answer.json())


def task_of(office: api_office.ApiOffice, case: int) -> int:
    """Return the number of the one open task of a case, as the API tells it."""
    (task,) = office.api("admin").get(f"/instances/{case}").json()["tasks"]
    return int(task["id"])


# --- from the beginning to the end -----------------------------------------------------------------------------------


def test_a_case_lives_through_the_api_from_the_catalogue_to_its_end(office):
    applicant, clerk, chief = office.api("zhangsan"), office.api("lisi"), office.api("wangwu")
    entries = {
        entry["key"]: entry for shelf in applicant.get("/catalogue").json()["items"] for entry in shelf["entries"]
    }
    assert entries["main"]["startable"] and entries["main"]["form_key"] == "demo/apply"
    form = applicant.get(f"/definitions/{entries['main']['definition_id']}/start-form").json()
    assert form["json_schema"]["required"] == ["title", "pages"]

    case = started(office, business_key="2026-7")["id"]
    (waiting,) = [each for each in clerk.get("/tasks").json()["items"] if each["instance_id"] == case]
    assert (waiting["name"], waiting["claimable"], waiting["holder"]) == ("审核申请", True, None)
    assert clerk.post(f"/tasks/{waiting['id']}/claim").json()["assignee"] == "lisi"
    shown = clerk.get(f"/tasks/{waiting['id']}/form").json()
    assert (shown["form"]["key"], shown["fills"]) == ("demo/review", True)
    done = clerk.post(f"/tasks/{waiting['id']}/complete", json={"form": {"verdict": "同意"}}).json()
    assert (done["completed_by"], done["instance_status"]) == ("lisi", "active")

    (approval,) = done["opened"]
    seen = chief.get(f"/tasks/{approval}").json()
    assert [opinion["by"] for opinion in seen["opinions"]] == ["zhangsan", "lisi"]
    assert {each["action"]: each["allowed"] for each in seen["possibilities"]}["complete"] is True
    assert chief.post(f"/tasks/{approval}/complete", json={}).json()["instance_status"] == "completed"

    end = applicant.get(f"/instances/{case}").json()
    assert (end["header"]["status"], end["header"]["business_key"], end["tasks"]) == ("completed", "2026-7", [])
    groups = applicant.get(f"/instances/{case}/values").json()["groups"]
    assert {value["label"]: value["text"] for group in groups for value in group["values"]}["title"] == "办事指南"
    told = [event["sentence"] for event in applicant.get(f"/instances/{case}/timeline").json()["items"]]
    assert any("审核申请" in sentence for sentence in told)
    steps = applicant.get(f"/instances/{case}/diagram").json()["steps"]
    assert {step["element_id"]: step["mark"] for step in steps}["approve"] == "done"
    assert [visit["element_id"] for visit in applicant.get(f"/instances/{case}/history").json()["items"]] == [
        "start",
        "review",
        "approve",
        "end",
    ]
    assert case in [each["id"] for each in applicant.get("/instances").json()["items"]]
    assert approval in [each["id"] for each in chief.get("/tasks?list=done").json()["items"]]


def test_a_case_can_be_started_by_a_message_with_its_form(office):
    answer = office.api("zhangsan").post(
        "/start-by-message", json={"message": "收到申请", "form": api_office.APPLICATION, "business_key": "2026-8"}
    )
    assert answer.status_code == 201
    assert answer.json()["business_key"] == "2026-8"
    assert office.api("zhangsan").post("/start-by-message", json={"message": "没有"}).status_code == 404


# --- what is refused -------------------------------------------------------------------------------------------------


def test_a_form_that_is_wrong_names_every_field_and_changes_nothing(office):
    answer = office.api("zhangsan").post("/instances", json={"key": "main", "form": {"pages": 0, "extra": 1}})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-form")
    found = {each["field"]: each["code"] for each in answer.json()["errors"]}
    assert found == {"title": "required", "pages": "minimum", "extra": "undeclared"}
    case = started(office)["id"]
    task = task_of(office, case)
    answer = office.api("lisi").post(f"/tasks/{task}/complete", json={"form": {"verdict": "也许"}})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "verdict")
    assert office.api("lisi").get(f"/tasks/{task}").json()["task"]["status"] == "open"


def test_who_may_not_start_is_told_so(office):
    answer = office.api("zhaoliu").post("/instances", json={"key": "main", "form": api_office.APPLICATION})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert office.api("zhangsan").post("/instances", json={"key": "none"}).status_code == 404
    answer = office.api("zhangsan").post("/instances", json={"key": "main", "form": {}, "variables": {"a": 1}})
    assert answer.status_code == 403


def test_who_takes_no_part_finds_neither_case_nor_task(office):
    case = started(office)["id"]
    task = task_of(office, case)
    office.api("lisi").post(f"/tasks/{task}/claim")
    outsider = office.api("zhaoliu")
    for path in ("", "/values", "/opinions", "/timeline", "/diagram", "/comments", "/history"):
        assert outsider.get(f"/instances/{case}{path}").status_code == 404
    for path in ("", "/form", "/draft"):
        assert outsider.get(f"/tasks/{task}{path}").status_code == 404
    for path in ("claim", "unclaim", "complete", "delegate", "transfer", "resolve"):
        body = {} if path == "complete" else {"to": "lisi"}
        answer = outsider.post(f"/tasks/{task}/{path}", json=body)
        assert (answer.status_code, "审核" in answer.text) == (404, False)
    never = 2**40
    for body in ({}, {"form": {"opinion": "拟同意"}}, {"to": "lisi"}, {"form": 7}):
        hidden, missing = (outsider.post(f"/tasks/{each}/complete", json=body) for each in (task, never))
        assert hidden.status_code == missing.status_code
        assert hidden.text.replace(str(task), str(never)) == missing.text
    assert outsider.get("/instances").json()["items"] == []
    assert outsider.get("/instances?scope=all").status_code == 403
    assert outsider.get("/tasks?list=all").status_code == 403
    assert case in [each["id"] for each in office.api("monitor").get("/instances?scope=all&limit=100").json()["items"]]


def test_what_somebody_else_has_done_is_said_with_name_and_time(office):
    case = started(office)["id"]
    task = task_of(office, case)
    assert office.api("lisi").post(f"/tasks/{task}/complete", json={"form": {"verdict": "同意"}}).status_code == 200
    answer = office.api("zhangsan").post(f"/tasks/{task}/complete", json={"form": {"verdict": "同意"}})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert answer.json()["detail"] == "该任务已由李四于 09:00 办结。"


# --- repeating -------------------------------------------------------------------------------------------------------


def test_a_repeated_request_gets_the_first_answer(office):
    body = {"key": "main", "form": api_office.APPLICATION}
    headers = {"idempotency-key": "start-1"}
    first = office.api("zhangsan").post("/instances", json=body, headers=headers).json()
    assert office.api("zhangsan").post("/instances", json=body, headers=headers).json()["id"] == first["id"]
    other = office.api("lisi").post("/instances", json=body, headers=headers).json()
    assert other["id"] != first["id"], "keys of different people never meet"
    assert office.api("zhangsan").post("/instances", json={"key": "wait"}, headers=headers).status_code == 409

    task = task_of(office, first["id"])
    headers = {"idempotency-key": "complete-1"}
    answers = [
        office.api("lisi").post(f"/tasks/{task}/complete", json={"form": {"verdict": "同意"}}, headers=headers)
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize("key", ["", "x" * 201, "a b", "键".encode()])
def test_a_key_that_no_header_can_carry_is_refused(office, key):
    answer = office.api("zhangsan").post("/instances", json={"key": "main"}, headers={"idempotency-key": key})
    assert answer.status_code == 422


# --- working together ------------------------------------------------------------------------------------------------


def test_a_task_goes_from_hand_to_hand(office):
    case = started(office)["id"]
    task = task_of(office, case)
    mine, other = office.api("zhangsan"), office.api("lisi")
    assert other.post(f"/tasks/{task}/claim").status_code == 200
    assert mine.post(f"/tasks/{task}/claim").status_code == 409
    assert other.post(f"/tasks/{task}/unclaim").json()["assignee"] is None
    other.post(f"/tasks/{task}/claim")
    delegated = other.post(f"/tasks/{task}/delegate", json={"to": "zhangsan"}).json()
    assert (delegated["assignee"], delegated["owner"], delegated["delegation"]) == ("zhangsan", "lisi", "pending")
    assert mine.post(f"/tasks/{task}/resolve").json()["assignee"] == "lisi"
    assert other.post(f"/tasks/{task}/transfer", json={"to": "zhangsan"}).json()["assignee"] == "zhangsan"
    assert other.post(f"/tasks/{task}/transfer", json={"to": "nobody"}).status_code in (403, 422)


def test_a_comment_is_written_and_read(office):
    case = started(office)["id"]
    written = office.api("lisi").post(f"/instances/{case}/comments", json={"text": "请核对附件。"})
    assert (written.status_code, written.json()["by"]) == (201, "lisi")
    (comment,) = office.api("zhangsan").get(f"/instances/{case}/comments").json()["items"]
    assert comment["text"] == "请核对附件。"
    for text in ("", " \n", "x" * 4001):
        assert office.api("lisi").post(f"/instances/{case}/comments", json={"text": text}).status_code == 422


# --- drafts and variables --------------------------------------------------------------------------------------------


def test_a_draft_does_not_overwrite_what_its_writer_has_not_seen(office):
    case = started(office)["id"]
    task = task_of(office, case)
    client = office.api("lisi")
    first = client.get(f"/tasks/{task}/draft")
    assert first.json() == {"form": {}}
    headers = {"if-match": first.headers["etag"]}
    saved = client.put(f"/tasks/{task}/draft", json={"form": {"verdict": "同意"}}, headers=headers)
    assert (saved.status_code, saved.json()) == (200, {"form": {"verdict": "同意"}})
    late = client.put(f"/tasks/{task}/draft", json={"form": {"verdict": "退回"}}, headers=headers)
    assert (late.status_code, late.json()["code"]) == (412, "outdated")
    assert client.get(f"/tasks/{task}/draft").headers["etag"] == saved.headers["etag"]
    headers = {"if-match": saved.headers["etag"]}
    assert client.put(f"/tasks/{task}/draft", json={"form": {}}, headers=headers).status_code == 200
    assert client.put(f"/tasks/{task}/draft", json={"form": {"verdict": "退回"}}).status_code == 200
    assert client.get(f"/tasks/{task}/form").json()["values"] == {"verdict": "退回"}


def test_nobody_else_sees_a_draft(office):
    case = started(office)["id"]
    task = task_of(office, case)
    client = office.api("lisi")
    client.post(f"/tasks/{task}/claim")
    client.put(f"/tasks/{task}/draft", json={"form": {"verdict": "退回"}})
    assert office.api("zhangsan").get(f"/tasks/{task}/draft").status_code == 403
    assert office.api("zhangsan").get(f"/tasks/{task}/form").json()["values"] == {}
    assert "退回" not in office.api("monitor").get(f"/tasks/{task}").text


def test_an_operator_changes_variables_that_have_not_changed_since(office):
    case = started(office)["id"]
    client = office.api("admin")
    first = client.get(f"/instances/{case}/variables")
    assert first.json()["variables"] == api_office.APPLICATION
    headers = {"if-match": first.headers["etag"]}
    change = {"variables": {"pages": 4}}
    assert client.patch(f"/instances/{case}/variables", json=change, headers=headers).status_code == 200
    assert client.patch(f"/instances/{case}/variables", json=change, headers=headers).status_code == 412
    assert client.get(f"/instances/{case}/variables").json()["variables"]["pages"] == 4
    assert office.api("zhangsan").get(f"/instances/{case}/variables").status_code == 403
    assert office.api("monitor").get(f"/instances/{case}/variables").status_code == 403


# --- operating -------------------------------------------------------------------------------------------------------


def test_who_started_a_case_cancels_it_and_nobody_finds_those_of_others(office):
    case = office.case("main")
    assert office.api("zhaoliu").post(f"/instances/{case}/cancel-own", json={"reason": "x"}).status_code == 404
    assert office.api("lisi").post(f"/instances/{case}/cancel-own", json={"reason": "x"}).status_code == 403
    assert office.api("zhangsan").post(f"/instances/{case}/cancel-own", json={"reason": ""}).status_code == 422
    ended = office.api("zhangsan").post(f"/instances/{case}/cancel-own", json={"reason": "选错了流程"}).json()
    assert (ended["status"], ended["end_reason"]) == ("cancelled", "选错了流程")


def test_a_case_rests_goes_on_and_is_cancelled(office):
    case = started(office)["id"]
    client = office.api("admin")
    assert client.post(f"/instances/{case}/suspend").json()["status"] == "suspended"
    assert office.api("lisi").post(f"/tasks/{task_of(office, case)}/claim").status_code == 409
    assert client.post(f"/instances/{case}/suspend").status_code == 409
    assert client.post(f"/instances/{case}/activate").json()["status"] == "active"
    assert client.post(f"/instances/{case}/cancel", json={"reason": " "}).status_code == 422
    ended = client.post(f"/instances/{case}/cancel", json={"reason": "申请人撤回申请"}).json()
    assert (ended["status"], ended["end_reason"]) == ("cancelled", "申请人撤回申请")
    assert office.api("zhangsan").post(f"/instances/{case}/cancel", json={"reason": "x"}).status_code == 403


def test_lists_are_filtered(office):
    case = started(office, business_key="2026-99")["id"]
    client = office.api("monitor")

    def numbers(query: str) -> list[int]:
        answer = client.get(f"/instances?scope=all&limit=100&{query}")
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json()["items"]]

    assert case in numbers("procedure=main") and case not in numbers("procedure=wait")
    assert case in numbers("starter=zhangsan&state=open") and case not in numbers("state=completed")
    assert client.get("/instances?state=nonsense").status_code == 422
    counts = office.api("lisi").get("/tasks/counts").json()
    assert counts["all"]["number"] >= counts["claimable"]["number"] >= 1

"""What operators and monitors do through the API: messages, signals, incidents, timers, the audit trail, people, files."""

from __future__ import annotations

import io
import pathlib
from collections.abc import Iterator

import api_office
import pytest


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[api_office.ApiOffice]:
    with api_office.ApiOffice(pathlib.Path(tmp_path_factory.mktemp("office"))) as made:
        yield made


# --- messages and signals --------------------------------------------------------------------------------------------


def test_a_message_finds_its_case_and_its_repetition_gets_the_same_answer(office):
    case = office.case("wait", business_key="2026-17")
    client = office.api("admin")
    (waiting,) = client.get("/subscriptions?name=补正材料").json()["items"]
    assert (waiting["instance_id"], waiting["correlation_key"]) == (case, "2026-17")
    body = {"name": "补正材料", "key": "2026-17", "payload": {"pages": 3}}
    headers = {"idempotency-key": "m-1"}
    first = client.post("/messages", json=body, headers=headers)
    assert (first.status_code, first.json()) == (
        200,
        {"outcome": "delivered", "instance_id": case, "expires_at": None},
    )
    assert client.post("/messages", json=body, headers=headers).json() == first.json()
    assert client.post("/messages", json={**body, "key": "other"}, headers=headers).status_code == 409
    assert office.driver.variables(case) == {"pages": 3}


def test_a_message_that_nobody_waits_for_is_kept_or_refused(office):
    client = office.api("admin")
    assert client.post("/messages", json={"name": "补正材料", "key": "x", "ttl": "PT0S"}).status_code == 404
    body = {"name": "补正材料", "key": "x", "message_id": "mail-1", "ttl": "P1D"}
    kept = client.post("/messages", json=body).json()
    assert (kept["outcome"], kept["expires_at"]) == ("buffered", "2026-03-10T01:00:00Z")
    assert client.post("/messages", json=body).status_code == 409
    assert [each["message_id"] for each in office.api("monitor").get("/messages").json()["items"]] == ["mail-1"]
    for ttl in ("-P1D", "P99999D", "soon"):
        assert client.post("/messages", json={"name": "补正材料", "ttl": ttl}).status_code == 422


def test_a_signal_reaches_all_once_per_key(office):
    client = office.api("admin")
    headers = {"idempotency-key": "s-1"}
    first = client.post("/signals", json={"name": "停止受理"}, headers=headers).json()
    assert len(first["started"]) == 1
    assert client.post("/signals", json={"name": "停止受理"}, headers=headers).json() == first
    assert client.post("/signals", json={"name": "别的"}, headers=headers).status_code == 409


def test_conditions_start_what_waits_for_them_once_per_key(office):
    client = office.api("admin")
    headers = {"idempotency-key": "c-1"}
    body = {"variables": {"overdue": 12}, "business_key": "2026-30"}
    first = client.post("/conditions", json=body, headers=headers).json()
    assert len(first["instance_ids"]) == 1
    assert client.post("/conditions", json=body, headers=headers).json() == first
    assert client.post("/conditions", json={"variables": {"overdue": 3}}).json() == {"instance_ids": []}
    answer = client.post("/conditions", json={"variables": {}})
    assert (answer.status_code, answer.json()["code"]) == (422, "evaluation-failed")


# --- what stopped ----------------------------------------------------------------------------------------------------


def test_an_incident_is_seen_by_monitors_and_cleared_by_operators(office):
    case = office.case("post")
    watcher, operator = office.api("monitor"), office.api("admin")
    (incident,) = watcher.get(f"/incidents?instance_id={case}").json()["items"]
    assert (incident["kind"], "碎纸机" in incident["message"]) == ("job", True)
    (job,) = watcher.get(f"/jobs?instance_id={case}&status=failed").json()["items"]
    assert watcher.get(f"/jobs/{job['id']}").json()["topic"] == "papers.shred"
    assert watcher.post(f"/incidents/{incident['id']}/retry").status_code == 403
    assert operator.post(f"/incidents/{incident['id']}/retry").json()["resolved_by"] == "admin"
    office.driver.run()
    (again,) = watcher.get(f"/incidents?instance_id={case}").json()["items"]
    assert operator.post(f"/incidents/{again['id']}/resolve", json={"reason": ""}).status_code == 422
    cleared = operator.post(f"/incidents/{again['id']}/resolve", json={"reason": "已手工销毁"})
    assert (cleared.status_code, office.driver.status(case)) == (200, "completed")
    assert watcher.get(f"/incidents?instance_id={case}").json()["items"] == []
    assert len(watcher.get(f"/incidents?instance_id={case}&all=true").json()["items"]) == 2


def test_timers_are_listed_by_due_time(office):
    case = office.case("late")
    client = office.api("monitor")
    (timer,) = client.get(f"/timers?instance_id={case}").json()["items"]
    assert (timer["element_id"], timer["due"]) == ("passed", "2026-03-14T01:00:00Z")
    assert client.get("/timers?due_before=2026-03-14T09:00:00%2B08:00").json()["items"] == []
    for moment in ("2026-03-14", "2026-03-14T09:00:00", "1773450000", "yesterday", "0001-01-01T00:00:00%2B23:59"):
        assert client.get(f"/timers?due_before={moment}").status_code == 422


# --- the audit trail -------------------------------------------------------------------------------------------------


def test_the_audit_trail_is_read_and_verified(office):
    case = office.case("main")
    client = office.api("monitor")
    entries = client.get(f"/audit?chain={case}").json()["items"]
    assert entries[-1]["action"] == "start-instance"
    assert entries[-1]["actor"] == "zhangsan"
    assert client.get(f"/audit?chain={case}&by=nobody").json()["items"] == []
    found = client.get("/audit/verification").json()
    assert found["intact"] and found["entries"] > 10


# --- people ----------------------------------------------------------------------------------------------------------


def test_people_are_found_by_part_of_a_name_role_and_unit(office):
    client = office.api("zhangsan")
    found = client.get("/people?q=李").json()["items"]
    assert [(each["id"], each["name"], each["active"]) for each in found] == [("lisi", "李四", True)]
    assert [each["id"] for each in client.get("/people?role=chief").json()["items"]] == ["wangwu"]
    first = client.get("/people?limit=2").json()
    rest = client.get(f"/people?limit=100&after={first['after']}").json()
    everybody = [each["id"] for each in (*first["items"], *rest["items"])]
    assert everybody == sorted(everybody) and len(everybody) == len(set(everybody)) > 4
    assert client.get("/people/wangwu").json()["roles"] == ["chief"]
    assert client.get("/people/none").status_code == 404
    assert {role["id"] for role in client.get("/roles").json()["items"]} == {"clerk", "chief"}
    assert client.get("/units").status_code == 200


def test_an_address_of_mail_is_nobody_elses_business(office):
    assert "email" not in office.api("zhangsan").get("/people/lisi").text


# --- files -----------------------------------------------------------------------------------------------------------

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def test_a_file_is_stored_described_and_fetched_by_its_uploader_alone(office):
    mine, other = office.api("zhangsan"), office.api("lisi")
    answer = mine.post("/files", files={"file": ("../办事 指南.pdf", io.BytesIO(PDF), "text/html")})
    assert answer.status_code == 201, answer.text
    stored = answer.json()
    assert (stored["name"], stored["size"], stored["content_type"]) == ("办事 指南.pdf", len(PDF), "application/pdf")
    assert set(stored["value"]) == {"token", "name", "size", "sha256"}
    address = answer.headers["location"].removeprefix("/api/v1")
    assert mine.get(address).json() == stored
    fetched = mine.get(f"{address}/content", headers={"accept": "*/*"})
    assert (fetched.content, fetched.headers["content-type"]) == (PDF, "application/octet-stream")
    assert fetched.headers["content-disposition"].startswith("attachment;")
    again = mine.get(f"{address}/content", headers={"accept": "*/*", "if-none-match": fetched.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for path in (address, f"{address}/content"):
        assert other.get(path, headers={"accept": "*/*"}).status_code == 404


def test_an_upload_without_a_file_or_of_an_unknown_kind_is_refused(office):
    client = office.api("zhangsan")
    assert client.post("/files", files={"other": ("a.pdf", io.BytesIO(PDF))}).status_code == 422
    assert client.post("/files", data={"file": "text"}, files={"x": ("a", b"")}).status_code == 422
    assert client.post("/files", files={"file": ("a.pdf", io.BytesIO(b"MZ\x90\x00"))}).status_code == 422
    headers = {"content-type": "multipart/form-data"}
    assert client.post("/files", content=b"--x", headers=headers).status_code == 400


# --- notices and webhooks --------------------------------------------------------------------------------------------


def test_settings_of_notices_are_kept(office):
    client = office.api("zhangsan")
    before = client.get("/notices/settings").json()
    assert "incident" not in before["choices"]
    changed = {**before, "choices": {"task-offered": {"inbox": True, "mail": "digest"}}, "digest": "daily"}
    after = client.put("/notices/settings", json=changed).json()
    assert (after["digest"], after["choices"]["task-offered"]["mail"]) == ("daily", "digest")
    assert after["choices"]["task-assigned"] == before["choices"]["task-assigned"]
    assert client.put("/notices/settings", json={**before, "remind_before": 99}).status_code == 422


def test_a_webhook_is_added_paused_and_removed(office):
    client = office.api("admin")
    names = {each["name"] for each in client.get("/events").json()["items"]}
    assert "task.completed" in names
    answer = client.post("/webhooks", json={"url": "https://portal.example/hook", "events": ["task.completed"]})
    assert answer.status_code == 201 and answer.json()["secret"].startswith("whsec_")
    number = answer.json()["webhook"]["id"]
    assert "whsec_" not in client.get("/webhooks").text
    assert client.post(f"/webhooks/{number}/pause").json()["status"] == "paused"
    assert client.post(f"/webhooks/{number}/activate").json()["status"] == "active"
    assert client.get(f"/webhooks/{number}/deliveries").json()["items"] == []
    assert client.delete(f"/webhooks/{number}").status_code == 204
    assert client.delete(f"/webhooks/{number}").status_code == 404
    for url in ("ftp://x", "https://user:pw@x", "x" * 9):
        assert client.post("/webhooks", json={"url": url, "events": ["*"]}).status_code == 422

"""Returning, withdrawing, countersigning, copying and urging through the API."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import api_office
import pytest


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[api_office.ApiOffice]:
    with api_office.ApiOffice(pathlib.Path(tmp_path_factory.mktemp("office"))) as made:
        yield made


def reviewed(office: api_office.ApiOffice) -> tuple[int, int, int]:
    """Return a case whose first task `lisi` has done: the case, that task, and the one that waits for `wangwu`."""
    case = office.case("main")
    first = office.task(case)
    office.driver.complete("审核申请", as_="lisi", form={"verdict": "同意"}, case=case)
    return case, first, office.task(case)


def test_a_case_is_returned_to_who_did_the_task_before(office):
    case, _, task = reviewed(office)
    chief = office.api("wangwu")
    chief.post(f"/tasks/{task}/claim")
    (target,) = chief.get(f"/tasks/{task}/return-targets").json()["items"]
    assert (target["element_id"], target["completed_by"], target["allowed"]) == ("review", "lisi", True)
    assert chief.post(f"/tasks/{task}/return", json={"element_id": "review", "reason": " "}).status_code == 422
    assert chief.post(f"/tasks/{task}/return", json={"element_id": "none", "reason": "不符"}).status_code == 422
    again = chief.post(f"/tasks/{task}/return", json={"element_id": "review", "reason": "页数不符"})
    assert (again.status_code, again.json()["assignee"], again.json()["status"]) == (200, "lisi", "open")
    (waiting,) = [each for each in office.api("lisi").get("/tasks").json()["items"] if each["instance_id"] == case]
    assert waiting["returned"]["reason"] == "页数不符"


def test_a_completion_is_withdrawn_while_nobody_has_begun(office):
    _, first, task = reviewed(office)
    assert office.api("zhangsan").post(f"/tasks/{first}/withdraw").status_code == 403
    back = office.api("lisi").post(f"/tasks/{first}/withdraw")
    assert (back.status_code, back.json()["status"], back.json()["assignee"]) == (200, "open", "lisi")
    assert office.api("lisi").get(f"/tasks/{first}/draft").json() == {"form": {"verdict": "同意"}}
    assert office.api("wangwu").get(f"/tasks/{task}").json()["task"]["status"] == "withdrawn"
    _, first, task = reviewed(office)
    office.api("wangwu").post(f"/tasks/{task}/claim")
    assert office.api("lisi").post(f"/tasks/{first}/withdraw").status_code == 409


def test_an_opinion_is_asked_for_given_and_removed(office):
    case = office.case("main")
    task = office.task(case)
    clerk, chief = office.api("lisi"), office.api("wangwu")
    clerk.post(f"/tasks/{task}/claim")
    body = {"kind": "before", "people": ["wangwu"], "question": "是否涉密？"}
    asked = clerk.post(f"/tasks/{task}/countersignatures", json=body)
    assert asked.status_code == 201, asked.text
    (wanted,) = asked.json()["items"]
    assert clerk.post(f"/tasks/{task}/complete", json={"form": {"verdict": "同意"}}).status_code == 409
    (row,) = [each for each in chief.get("/tasks").json()["items"] if each["instance_id"] == case]
    assert row["countersign"]["question"] == "是否涉密？"
    address = f"/countersignatures/{wanted['id']}"
    assert office.api("zhaoliu").post(f"{address}/answer", json={"agrees": True}).status_code == 404
    assert clerk.post(f"{address}/answer", json={"agrees": True}).status_code == 403
    assert chief.post(f"{address}/answer", json={"agrees": False}).status_code == 422
    given = chief.post(f"{address}/answer", json={"agrees": True, "opinion": "不涉密"}).json()
    assert (given["status"], given["answered_by"], given["agrees"]) == ("given", "wangwu", True)
    assert chief.post(f"{address}/answer", json={"agrees": True}).status_code == 409
    again = clerk.post(f"/tasks/{task}/countersignatures", json=body).json()["items"][0]
    assert clerk.post(f"/countersignatures/{again['id']}/remove").json()["status"] == "removed"
    assert clerk.post(f"/tasks/{task}/complete", json={"form": {"verdict": "同意"}}).status_code == 200


def test_who_is_sent_a_copy_sees_the_case_from_then_on(office):
    case = office.case("main")
    reader = office.api("zhaoliu")
    assert reader.get(f"/instances/{case}").status_code == 404
    sent = office.api("lisi").post(f"/instances/{case}/copies", json={"people": ["zhaoliu"], "text": "请知悉"})
    assert sent.status_code == 201, sent.text
    assert reader.get(f"/instances/{case}").status_code == 200
    (copy,) = reader.get("/copies?unread=true").json()["items"]
    assert (copy["copy"]["instance_id"], copy["copy"]["text"], copy["read_at"]) == (case, "请知悉", None)
    assert reader.post(f"/instances/{case}/copies/read").status_code == 204
    assert reader.get("/copies?unread=true").json()["items"] == []
    assert office.api("lisi").post(f"/instances/{case}/copies", json={}).status_code == 422


def test_cases_of_one_matter_are_linked_and_a_case_is_started_from_another(office):
    one, two = office.case("main"), office.case("main")
    client = office.api("zhangsan")
    linked = client.post(f"/instances/{one}/links", json={"other_id": two})
    assert (linked.status_code, [each["id"] for each in linked.json()["items"]]) == (201, [two])
    assert [each["id"] for each in client.get(f"/instances/{two}").json()["links"]] == [one]
    assert client.post(f"/instances/{two}/links", json={"other_id": one}).status_code == 409
    assert client.post(f"/instances/{one}/links", json={"other_id": one}).status_code == 422
    assert office.api("zhaoliu").delete(f"/instances/{one}/links/{two}").status_code == 404
    assert client.delete(f"/instances/{one}/links/{two}").status_code == 204
    assert client.delete(f"/instances/{one}/links/{two}").status_code == 404
    assert client.get(f"/instances/{one}").json()["links"] == []


def test_a_task_is_urged_once_an_hour(office):
    case = office.case("main")
    task = office.task(case)
    starter = office.api("zhangsan")
    urged = starter.post(f"/tasks/{task}/urge", json={"text": "请尽快办理"})
    assert (urged.status_code, urged.json()["by"]) == (201, "zhangsan")
    assert starter.post(f"/tasks/{task}/urge", json={}).status_code == 409

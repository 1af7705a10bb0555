"""Batches through the API: looked at before, ordered once, watched, paused, cancelled."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import api_office
import pytest


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[api_office.ApiOffice]:
    with api_office.ApiOffice(pathlib.Path(tmp_path_factory.mktemp("office"))) as made:
        yield made


def test_a_batch_is_looked_at_ordered_once_and_tells_what_came_of_each_item(office):
    cases = [office.case("late") for _ in range(3)]
    client = office.api("admin")
    wanted = {"kind": "cancel", "selection": {"definition": "late"}}
    assert client.post("/batches/preview", json=wanted).json() == {"total": 3, "first": cases}

    order = {**wanted, "reason": "政策调整", "expected": 3}
    first = client.post("/batches", json=order, headers={"idempotency-key": "b-1"})
    assert first.status_code == 202
    batch = first.json()
    assert batch["counts"] == {"waiting": 3, "done": 0, "refused": 0, "failed": 0}
    assert client.post("/batches", json=order, headers={"idempotency-key": "b-1"}).json()["id"] == batch["id"]
    office.driver.cancel("已另行办理", case=cases[1])  # runs the batch, too

    shown = client.get(f"/batches/{batch['id']}").json()
    assert (shown["state"], shown["selection"], shown["parameters"]) == (
        "finished",
        {"definition": "late"},
        {"reason": "政策调整"},
    )
    assert shown["counts"] == {"waiting": 0, "done": 2, "refused": 1, "failed": 0}
    page = client.get(f"/batches/{batch['id']}/items?limit=2").json()
    assert [each["target"] for each in page["items"]] == cases[:2]
    rest = client.get(f"/batches/{batch['id']}/items?limit=2&after={page['after']}").json()
    assert [each["instance_id"] for each in rest["items"]] == cases[2:]
    (refused,) = client.get(f"/batches/{batch['id']}/items?state=refused").json()["items"]
    assert (refused["target"], refused["sentence"]) == (cases[1], f"事项 {cases[1]} 已取消，不能再操作。")


def test_a_batch_rests_goes_on_and_ends_at_a_word(office):
    cases = [office.case("late") for _ in range(2)]
    client = office.api("admin")
    batch = client.post("/batches", json={"kind": "suspend", "selection": {"ids": cases}}).json()["id"]
    assert client.post(f"/batches/{batch}/pause").json()["state"] == "paused"
    assert client.post(f"/batches/{batch}/pause").status_code == 409
    office.driver.run()
    assert client.post(f"/batches/{batch}/resume").json()["state"] == "running"
    assert client.post(f"/batches/{batch}/retry").status_code == 409
    cancelled = client.post(f"/batches/{batch}/cancel").json()
    assert (cancelled["state"], cancelled["counts"]["waiting"]) == ("cancelled", 2)
    assert client.get("/batches?state=cancelled").json()["items"][0]["id"] == batch


def test_cases_are_migrated(office):
    case = office.case("late")
    client = office.api("admin")
    order = {"kind": "migrate", "selection": {"ids": [case]}, "to_version": 1, "mapping": {"a": "a"}}
    batch = client.post("/batches", json=order).json()
    assert batch["parameters"] == {"to_version": 1, "mapping": {"a": "a"}, "reckon": False}
    office.driver.run()
    (item,) = client.get(f"/batches/{batch['id']}/items").json()["items"]
    assert item["state"] == "refused"  # it runs on that version already


def test_what_is_no_batch_is_refused(office):
    client = office.api("admin")
    for body in (
        {"kind": "delete", "selection": {"definition": "late"}},
        {"kind": "suspend", "selection": {}},
        {"kind": "suspend", "selection": {"ids": ["17"]}},
        {"kind": "suspend", "selection": {"definition": "late", "started_after": "2026-03-09"}},
        {"kind": "cancel", "selection": {"definition": "late"}},
        {"kind": "suspend"},
        {"kind": "migrate", "selection": {"definition": "late"}},
        {"kind": "migrate", "selection": {"definition": "late"}, "to_version": 7},
        {"kind": "suspend", "selection": {"definition": "late"}, "to_version": 1},
    ):
        assert client.post("/batches", json=body).status_code == 422, body
    assert client.post("/batches", json={"kind": "suspend", "selection": {"definition": "none"}}).status_code == 409
    assert client.get("/batches/999").status_code == 404
    assert office.api("monitor").get("/batches").status_code == 403

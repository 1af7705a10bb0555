"""Migrating a case through the API: the plan before, the act, what is refused and for whom."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import api_office
import packbuilder as p
import pytest
import snippets as s


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[api_office.ApiOffice]:
    """An office whose process has a second version, in which the first task has another id and a task follows it."""
    with api_office.ApiOffice(pathlib.Path(tmp_path_factory.mktemp("office"))) as made:
        body = (
            s.start(camunda_formKey="demo/apply"),
            s.user("examine", name="审核申请", camunda_formKey="demo/review"),
            s.user("approve", name="审定", camunda_candidateGroups="chief"),
            s.user("keep", name="归档"),
            s.end(),
            s.path("start", "examine", "approve", "keep", "end"),
        )
        made.older = [made.case(), made.case()]
        p.write(made.driver.engine.packs.roots[0], {"main": p.diagram(*body, name="公开申请审核")})
        made.driver.deploy("demo")
        yield made


def test_a_case_is_planned_and_migrated(office):
    case, client = office.older[0], office.api("admin")
    refused = client.post(f"/instances/{case}/migration-plan", json={}).json()
    assert (refused["possible"], refused["from_version"], refused["to_version"]) == (False, 1, 2)
    assert [each["element_id"] for each in refused["findings"]] == ["review"]
    problem = client.post(f"/instances/{case}/migrate", json={"version": 2})
    assert (problem.status_code, problem.json()["code"]) == (409, "conflict")
    assert "“审核申请”（review）应在目标版本中有对应的元素" in problem.json()["detail"]

    wish = {"version": 2, "mapping": {"review": "examine"}}
    plan = client.post(f"/instances/{case}/migration-plan", json=wish).json()
    assert plan["possible"] and client.get(f"/instances/{case}").json()["header"]["version"] == 1
    done = client.post(f"/instances/{case}/migrate", json=wish).json()
    assert (
        done["changes"]
        == plan["changes"]
        == [{"element_id": "review", "text": "“审核申请”对应到“审核申请”（examine）"}]
    )
    assert client.get(f"/instances/{case}").json()["header"]["version"] == 2
    assert client.post(f"/instances/{case}/migrate", json=wish).status_code == 409


def test_only_operators_may(office):
    case = office.older[1]
    for act in ("migration-plan", "migrate"):
        for who in ("lisi", "monitor", "zhaoliu"):
            assert office.api(who).post(f"/instances/{case}/{act}", json={}).status_code == 403
        assert office.api("admin").post("/instances/999/" + act, json={}).status_code == 404
        assert office.api("admin").post(f"/instances/{case}/{act}", json={"version": 9}).status_code == 404
        assert office.api("admin").post(f"/instances/{case}/{act}", json={"mapping": {"review": ""}}).status_code == 422

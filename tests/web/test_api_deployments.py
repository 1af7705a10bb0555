"""Deploying through the API, and reading what is deployed."""

from __future__ import annotations

import io
import pathlib
import zipfile
from collections.abc import Iterator

import api_office
import packbuilder as p
import pytest
import snippets as s


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[api_office.ApiOffice]:
    with api_office.ApiOffice(pathlib.Path(tmp_path_factory.mktemp("office"))) as made:
        yield made


def archive(directory: pathlib.Path, **diagrams: bytes) -> dict[str, tuple[str, io.BytesIO]]:
    """Return the upload of a pack `second` with these diagrams."""
    root = p.write(directory / "second", diagrams, slug="second", roles={"clerk": "综合处"})
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        for path in sorted(root.rglob("*.*")):
            made.write(path, path.relative_to(root).as_posix())
    stream.seek(0)
    return {"pack": ("second.zip", stream)}


def diagram(task: str, tag: str = "1") -> bytes:
    return p.line(s.user("a", name=task), ids=("a",), id="other", name="另一流程", tag=tag)


def test_a_pack_is_tried_deployed_and_deployed_again(office, tmp_path):
    client = office.api("admin")
    dry = client.post("/deployments?dry_run=true", files=archive(tmp_path, other=diagram("审核")))
    assert (dry.status_code, dry.json()["deployment"]) == (200, None)
    assert [change["kind"] for change in dry.json()["changes"]] == ["new"]
    assert client.get("/definitions?key=other").json()["items"] == []

    done = client.post("/deployments", files=archive(tmp_path, other=diagram("审核")))
    assert done.status_code == 201, done.text
    number = done.json()["deployment"]["id"]
    assert done.headers["location"] == f"/api/v1/deployments/{number}"
    again = client.post("/deployments", files=archive(tmp_path, other=diagram("审核")))
    assert (again.status_code, again.json()["unchanged"]) == (200, True)
    newer = client.post("/deployments", files=archive(tmp_path, other=diagram("复核", "2")))
    assert [(change["kind"], change["version"]) for change in newer.json()["changes"]] == [("changed", 2)]
    assert [each["version"] for each in client.get("/definitions?key=other").json()["items"]] == [1, 2]
    assert [each["version"] for each in client.get("/definitions?key=other&latest=true").json()["items"]] == [2]

    shown = client.get(f"/deployments/{number}").json()
    assert [each["key"] for each in shown["definitions"]] == ["other"]
    paths = [each["path"] for each in shown["resources"]]
    assert paths == ["processes/second/other.bpmn", "processes/second/pack.yaml"]
    fetched = client.get(f"/deployments/{number}/resources/{paths[0]}", headers={"accept": "*/*"})
    assert fetched.content == diagram("审核")
    assert fetched.headers["content-type"] == "application/octet-stream"
    for path in ("processes/second/none.bpmn", "../../etc/passwd", "%2e%2e/pack.yaml"):
        answer = client.get(f"/deployments/{number}/resources/{path}", headers={"accept": "*/*"})
        assert answer.status_code == 404
    assert {each["pack"] for each in client.get("/deployments").json()["items"]} == {"demo", "second"}


def test_a_file_with_a_chinese_name_is_fetched_under_it(office, tmp_path):
    upload = archive(tmp_path, other=diagram("审核", "3"), 流程=diagram("审定").replace(b'"other"', b'"third"'))
    done = office.api("admin").post("/deployments", files=upload)
    assert done.status_code == 201, done.text
    address = f"/deployments/{done.json()['deployment']['id']}/resources/processes/second/流程.bpmn"
    fetched = office.api("admin").get(address, headers={"accept": "*/*"})
    assert fetched.headers["content-disposition"].endswith("; filename*=UTF-8''%E6%B5%81%E7%A8%8B.bpmn")


def test_what_is_wrong_with_a_pack_is_listed(office, tmp_path):
    bad = p.line(s.service(camunda_topic="none.such"), ids=("send",), id="bad", name="坏流程")
    answer = office.api("admin").post("/deployments?dry_run=true", files=archive(tmp_path, bad=bad))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-diagram")
    (finding,) = answer.json()["findings"]
    assert (finding["rule"], finding["element_id"]) == ("handler", "send")


def test_what_is_no_pack_is_refused(office):
    client = office.api("admin")
    assert client.post("/deployments", files={"pack": ("x.zip", io.BytesIO(b"no zip"))}).status_code == 422
    assert client.post("/deployments", files={"other": ("x.zip", io.BytesIO(b""))}).status_code == 422


def test_only_designers_and_operators_come_near(office, tmp_path):
    clerk = office.api("zhangsan")
    assert clerk.get("/deployments").status_code == 403
    assert clerk.post("/deployments", files=archive(tmp_path, other=diagram("审核"))).status_code == 403


def test_a_definition_is_shown_with_diagram_picture_and_forms(office):
    client = office.api("zhangsan")
    (found,) = client.get("/definitions?key=main&latest=true").json()["items"]
    address = f"/definitions/{found['id']}"
    shown = client.get(address).json()
    assert shown["form_keys"] == ["demo/apply", "demo/review"]
    assert [(point["kind"], point["form_key"]) for point in shown["starts"]] == [("none", "demo/apply")]
    assert client.get(f"{address}/xml", headers={"accept": "*/*"}).content == api_office.PROCESSES["main"]
    picture = client.get(f"{address}/picture", headers={"accept": "*/*"})
    assert picture.headers["content-type"] == "image/svg+xml" and 'data-element="review"' in picture.text
    assert client.get(f"{address}/start-form").json()["key"] == "demo/apply"
    assert client.get(f"{address}/start-form?message=none").status_code == 404
    assert client.get(f"{address}/forms/demo/review").json()["json_schema"]["required"] == ["verdict"]
    assert client.get(f"{address}/forms/demo/none").status_code == 404
    assert [each["key"] for each in client.get("/forms/demo").json()["items"]] == ["demo/apply", "demo/review"]
    assert client.get("/forms/none").status_code == 404
    assert client.get("/forms/demo/none").status_code == 404


def test_a_definition_is_suspended_and_activated(office):
    client, clerk = office.api("admin"), office.api("zhangsan")
    (found,) = client.get("/definitions?key=late").json()["items"]
    etag = clerk.get(f"/definitions/{found['id']}").headers["etag"]
    assert client.post(f"/definitions/{found['id']}/suspend").json()["status"] == "suspended"
    assert client.post(f"/definitions/{found['id']}/suspend").status_code == 409
    assert clerk.get(f"/definitions/{found['id']}", headers={"if-none-match": etag}).status_code == 200
    assert clerk.post("/instances", json={"key": "late"}).status_code == 409
    assert client.post(f"/definitions/{found['id']}/activate").json()["status"] == "active"
    assert clerk.post("/instances", json={"key": "late"}).status_code == 201

"""What all operations of the API share: errors, media types, methods, paging, entity tags, tokens, examples."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterator
from typing import Any

import api_office
import jsonschema
import pytest
from starlette import testclient

from engine.web.api import description, negotiation, specification


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[api_office.ApiOffice]:
    with api_office.ApiOffice(pathlib.Path(tmp_path_factory.mktemp("office"))) as made:
        made.case("main", business_key="2026-1")
        made.case("post")
        yield made


@pytest.fixture(scope="module")
def described(office: api_office.ApiOffice) -> dict[str, Any]:
    return description.of(office.app)


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Return the problem that an answer is."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, negotiation.PROBLEM), answer.text
    found: dict[str, Any] = answer.json()
    assert (found["status"], found["code"], found["type"]) == (status, code, f"urn:gongkai:problem:{code}")
    assert found["title"] and found["detail"]
    return found


# --- errors ----------------------------------------------------------------------------------------------------------


def test_an_unknown_address_is_a_problem(office):
    problem(office.api("zhangsan").get("/nothing"), 404, "not-found")
    problem(office.api(None).get("/nothing", headers={"accept": "text/html"}), 404, "not-found")


def test_a_stranger_learns_how_to_sign_in(office):
    answer = office.api(None).get("/me")
    problem(answer, 401, "sign-in-needed")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_number_that_cannot_be_is_not_found(office):
    for number in ("0", "-1", "x", "1.0", "1_0", "99999999999999999999", "9223372036854775808"):
        found = problem(office.api("zhangsan").get(f"/definitions/{number}"), 404, "not-found")
        assert found["errors"][0]["field"] == "path.definition_id"
    problem(office.api("zhangsan").get("/definitions/9223372036854775807"), 404, "not-found")


def test_each_wrong_field_is_named_in_chinese(office):
    answer = office.api("admin").post("/messages", json={"nam": "x", "payload": [], "key": " "})
    found = problem(answer, 422, "invalid-request")
    assert {(each["field"], each["message"]) for each in found["errors"]} == {
        ("body.name", "缺少此项"),
        ("body.nam", "没有此项，请删去"),
        ("body.payload", "应为 JSON 对象"),
        ("body.key", "不符合规定的写法"),
    }


@pytest.mark.parametrize("body", [b"{", b'{"a": 1,}', b"", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_refused(office, body):
    answer = office.api("admin").post("/messages", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == negotiation.PROBLEM


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "1e999", '"\\ud800"', "[" * 70 + "]" * 70, '{"a":' * 70 + "1" + "}" * 70]
)
def test_what_python_takes_for_json_and_nobody_else_is_refused(office, value):
    content = f'{{"name": "补正材料", "payload": {{"x": {value}}}}}'
    answer = office.api("admin").post("/messages", content=content, headers={"content-type": "application/json"})
    problem(answer, 422, "invalid-request")


def test_the_request_of_another_site_is_refused(office):
    client = office.api("admin")
    del client.headers["x-csrf-token"]
    problem(client.post("/signals", json={"name": "停止受理"}), 403, "csrf")
    client = office.api("admin")
    answer = client.post("/signals", json={"name": "停止受理"}, headers={"origin": "http://evil.test"})
    problem(answer, 403, "csrf")


# --- media types and methods -----------------------------------------------------------------------------------------


def test_other_kinds_of_body_are_not_read(office):
    client = office.api("admin")
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml"):
        answer = client.post("/signals", content=b'{"name": "x"}', headers={"content-type": kind})
        problem(answer, 415, "unsupported-media-type")
    problem(client.post("/signals", content=b'{"name": "x"}'), 415, "unsupported-media-type")
    problem(client.post("/deployments", json={}), 415, "unsupported-media-type")


def test_who_cannot_read_the_answer_does_not_get_it(office):
    client = office.api("zhangsan")
    for accept in ("text/html", "application/json;q=0", "image/*"):
        problem(client.get("/me", headers={"accept": accept}), 406, "not-acceptable")
    for accept in ("*/*", "application/*", "text/html, application/json;q=0.1", "application/json; charset=utf-8"):
        assert client.get("/me", headers={"accept": accept}).status_code == 200
    problem(client.get("/definitions/1/xml"), 406, "not-acceptable")


def test_a_method_that_an_address_has_not_is_answered_with_those_it_has(office):
    answer = office.api("zhangsan").delete("/signals")
    problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"
    answer = office.api("zhangsan").put("/messages", json={})
    problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "GET, HEAD, POST"


def test_head_is_get_without_the_body(office):
    client = office.api("zhangsan")
    got, head = client.get("/definitions"), client.head("/definitions")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]
    assert client.head("/signals").status_code == 405


def test_a_body_that_is_too_long_is_refused(office):
    client = office.api("admin")
    long = b'{"name": "x", "payload": {"x": "' + b"x" * 4_100_000 + b'"}}'
    problem(client.post("/signals", content=long, headers={"content-type": "application/json"}), 413, "too-large")

    def pieces() -> Iterator[bytes]:
        yield from (b"x" * 1_000_000 for _ in range(5))

    problem(client.post("/signals", content=pieces(), headers={"content-type": "application/json"}), 413, "too-large")


def test_answers_are_utf_8_with_safe_headers(office):
    answer = office.api("zhangsan").get("/me")
    assert "张三" in answer.content.decode("utf-8")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


# --- lists -----------------------------------------------------------------------------------------------------------


def test_pages_lead_to_one_another(office):
    client = office.api("zhangsan")
    everything = client.get("/definitions").json()["items"]
    found: list[Any] = []
    address = "/definitions?limit=2"
    while True:
        answer = client.get(address)
        found += answer.json()["items"]
        if answer.json()["after"] is None:
            assert "link" not in answer.headers
            break
        address = answer.links["next"]["url"]
        assert address.startswith("/api/v1/definitions?limit=2&after=")
        address = address.removeprefix("/api/v1")
    assert found == everything
    assert len(found) == len(api_office.PROCESSES)


def test_a_place_that_no_page_named_is_refused(office):
    client = office.api("zhangsan")
    problem(client.get("/definitions?after=nonsense"), 422, "invalid-input")
    problem(client.get("/definitions?after=!"), 422, "invalid-request")
    for limit in ("0", "101", "x", "1.0", "-3"):
        problem(client.get(f"/definitions?limit={limit}"), 422, "invalid-request")


def test_a_misspelt_filter_is_refused_rather_than_ignored(office):
    found = problem(office.api("zhangsan").get("/definitions?kee=main&latest=true"), 422, "invalid-request")
    assert found["errors"] == [{"field": "query.kee", "code": "extra_forbidden", "message": "没有此项，请删去"}]


# --- entity tags -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "accept"),
    [
        ("/definitions/1", "application/json"),
        ("/definitions/1/xml", "application/xml"),
        ("/definitions/1/picture", "image/svg+xml"),
        ("/forms/demo/apply", "application/json"),
        ("/openapi.json", "application/json"),
    ],
)
def test_what_somebody_has_already_is_not_sent_again(office, address, accept):
    client = office.api("zhangsan")
    first = client.get(address, headers={"accept": accept})
    assert (first.status_code, first.headers["content-type"].split(";")[0]) == (200, accept)
    assert first.headers["cache-control"] == "private, no-cache"
    for given in (first.headers["etag"], f"W/{first.headers['etag']}", f'"x", {first.headers["etag"]}', "*"):
        again = client.get(address, headers={"accept": accept, "if-none-match": given})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    assert client.get(address, headers={"accept": accept, "if-none-match": '"x"'}).status_code == 200


def test_a_stranger_does_not_learn_what_has_changed(office):
    assert office.api(None).get("/definitions/1", headers={"if-none-match": "*"}).status_code == 401


# --- tokens ----------------------------------------------------------------------------------------------------------


def test_a_token_does_what_its_scopes_say_and_no_more(office):
    reader = office.bearer("admin", "read")
    assert reader.get("/definitions").status_code == 200
    found = problem(reader.post("/signals", json={"name": "停止受理"}), 403, "forbidden")
    assert "系统管理员" in found["detail"] or "operate" in found["detail"]
    operator = office.bearer("admin", "operate")
    assert operator.post("/signals", json={"name": "停止受理"}).status_code == 200
    problem(operator.get("/definitions"), 403, "forbidden")


def test_no_token_makes_another(office):
    client = office.bearer("zhangsan", "read", "work", "start")
    problem(client.get("/tokens"), 403, "forbidden")
    problem(client.post("/tokens", json={"name": "x", "scopes": ["read"]}), 403, "forbidden")


def test_a_token_that_is_unknown_or_revoked_lets_nobody_in(office):
    client = office.api(None)
    problem(client.get("/me", headers={"authorization": "Bearer gongkai_x"}), 401, "sign-in-needed")
    browser = office.api("lisi")
    made = browser.post("/tokens", json={"name": "x", "scopes": ["read"]}).json()
    headers = {"authorization": f"Bearer {made['secret']}"}
    assert client.get("/me", headers=headers).json()["scopes"] == ["read"]
    assert browser.post(f"/tokens/{made['token']['id']}/revoke").status_code == 204
    problem(client.get("/me", headers=headers), 401, "sign-in-needed")
    problem(browser.post(f"/tokens/{made['token']['id']}/revoke"), 409, "conflict")


# --- the description -------------------------------------------------------------------------------------------------


def test_every_example_is_what_it_is_an_example_of(described):
    schemas = described["components"]["schemas"]
    checked = 0
    for path, method, operation in specification.operations(described):
        for body in (operation.get("requestBody", {}), *operation["responses"].values()):
            for media_type, content in body.get("content", {}).items():
                if media_type == negotiation.JSON:
                    whole = {**content["schema"], "components": {"schemas": schemas}}
                    validator = jsonschema.Draft202012Validator(
                        whole, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
                    )
                    faults = [fault.message for fault in validator.iter_errors(content["example"])]
                    assert not faults, (path, method, faults, content["example"])
                    checked += 1
    assert checked > 40


def test_every_operation_and_field_is_described(described):
    ids = [operation["operationId"] for _, _, operation in specification.operations(described)]
    assert len(ids) == len(set(ids))
    tags = {tag["name"] for tag in described["tags"]}
    for path, method, operation in specification.operations(described):
        assert operation["summary"] and operation["description"], (path, method)
        assert set(operation["tags"]) <= tags
        assert operation["security"] and operation["x-rule"]
        for parameter in operation.get("parameters", ()):
            told = parameter.get("description") or "$ref" in parameter["schema"]
            assert told, (path, method, parameter["name"])
    for name, schema in described["components"]["schemas"].items():
        assert schema.get("description"), name
        for field, inner in schema.get("properties", {}).items():
            assert "$ref" in str(inner) or inner.get("description"), (name, field)


def test_the_description_names_every_code(office, described):
    codes = described["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]
    for code in ("not-found", "forbidden", "conflict", "invalid-form", "outdated", "csrf", "too-large"):
        assert code in codes


def test_the_page_of_the_reference_shows_every_operation(office, described):
    answer = office.client("zhangsan").get("/api/v1/docs")
    assert answer.status_code == 200
    for path, _, operation in specification.operations(described):
        assert f'id="{operation["operationId"]}"' in answer.text
        assert path in answer.text
    assert "<script>" not in answer.text and "style=" not in answer.text
    stranger = office.client(None).get("/api/v1/docs")
    assert (stranger.status_code, stranger.headers["location"]) == (303, "/login?next=/api/v1/docs")


def test_the_description_can_be_read_by_programs(office):
    answer: Any = office.bearer("zhangsan", "read").get("/openapi.json")
    assert json.loads(answer.text)["openapi"].startswith("3.1")
    assert isinstance(office.api(None), testclient.TestClient)

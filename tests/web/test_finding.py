"""The index of routes finds the very route that would have been found by asking one after the other."""

from __future__ import annotations

import re
from typing import Any

import pytest
from starlette import responses, routing, testclient

from engine.web import api, app, finding, routes

ROUTES: list[Any] = [
    route for package in (routes, api) for router in app.routers(package) for route in router.routes.routes
]
INDEX = finding.Index(ROUTES)
ADDRESSES = [
    *(re.sub(r"\{[^}]*\}", "17", route.path) for route in ROUTES),
    *("/", "", "//", "/nowhere", "/api", "/api/", "/api/v1", "/api/v1/", "/api/v1/nowhere", "/api/v2/tasks"),
    *("/tasks/", "/tasks/17/nowhere", "/api/v1/tasks/17/complete/more", "/TASKS", "tasks", "*"),
]


def scope(method: str, path: str, **more: Any) -> dict[str, Any]:
    return {"type": "http", "method": method, "path": path, "root_path": "", "path_params": {}, **more}


def one_after_the_other(asked: dict[str, Any]) -> tuple[routing.Match, Any]:
    """Return what the framework finds."""
    found = [(match, route) for route in ROUTES if (match := route.matches(asked)[0]) is not routing.Match.NONE]
    full = [each for each in found if each[0] is routing.Match.FULL]
    return (full or found or [(routing.Match.NONE, None)])[0]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "BREW"])
def test_every_address_leads_to_the_route_that_asking_all_of_them_finds(method: str) -> None:
    for path in ADDRESSES:
        match, child = INDEX.matches(scope(method, path))
        assert (match, child.get("route")) == one_after_the_other(scope(method, path)), path


def test_behind_a_prefix_of_the_server_the_same_routes_are_found() -> None:
    match, child = INDEX.matches(scope("GET", "/office/tasks/17", root_path="/office"))
    assert match is routing.Match.FULL
    assert child["route"].path == "/tasks/{task_id:int}"


def test_few_routes_are_asked_for_a_request() -> None:
    asked = INDEX._candidates(scope("POST", "/api/v1/tasks/17/complete"))
    assert {route.path for route in asked} == {route.path for route in ROUTES if route.path.startswith("/api/v1/tasks")}


def test_a_route_that_may_begin_with_anything_is_asked_in_its_turn() -> None:
    async def endpoint(_: Any) -> None:
        """Answer nothing."""

    listed = [routing.Route(path, endpoint) for path in ("/{name}/first", "/a/{rest:path}", "/{name}/last")]
    index = finding.Index(listed)
    found = {path: index.matches(scope("GET", path))[1].get("route") for path in ("/a/first", "/a/last", "/b/last")}
    assert found == {"/a/first": listed[0], "/a/last": listed[1], "/b/last": listed[2]}


def test_the_route_that_was_found_answers() -> None:
    async def hello(_: Any) -> Any:
        return responses.PlainTextResponse("hello")

    served = routing.Router(routes=[finding.Index([routing.Route("/greet/{name}", hello, methods=["GET"])])])
    client = testclient.TestClient(served)
    assert client.get("/greet/zhang").text == "hello"
    assert client.post("/greet/zhang").status_code == 405
    assert client.get("/greet").status_code == 404

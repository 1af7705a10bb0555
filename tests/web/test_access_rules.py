"""Every page and every operation of the API, walked as a stranger, with the wrong role and with the right one.

A route that declares no rule fails here, and so does one whose rule does not hold. New routes need no test of their own.
"""

from __future__ import annotations

import dataclasses
import io
import pathlib
import re
from collections.abc import Iterator
from typing import Any

import api_office
import pytest
import website
from starlette import testclient

from engine.actions import cooperation, files, notices
from engine.model import cooperation as model
from engine.web import access, finding

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
#: A number that nothing has, and a name.
NOBODY = {"user_id": "nobody", "token": "x" * 24, "pack": "none", "name": "none", "path": "none"}
#: Ends what the walk needs for its next step; tests of signing in look at them.
ENDS_THE_SESSION = ("/logout", "/account/sessions/end", "/account/sessions/{session_id}/end", "/account/password")


@dataclasses.dataclass(frozen=True)
class Route:
    """A method at an address, with what it declares."""

    method: str
    path: str
    rule: access.Rule
    scope: str | None

    def at(self, **numbers: object) -> str:
        """Return the address, with every part filled in."""

        def value(match: re.Match[str]) -> str:
            return str(numbers.get(match[1], NOBODY.get(match[1], 987654321)))

        return re.sub(r"{(\w+)(?::\w+)?}", value, self.path)

    @property
    def is_api(self) -> bool:
        """Tell whether programs call it, rather than browsers."""
        return self.path.startswith("/api/") and not self.path.endswith("/docs")

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[api_office.ApiOffice]:
    with api_office.ApiOffice(pathlib.Path(tmp_path_factory.mktemp("office"))) as made:
        yield made


@pytest.fixture(scope="module")
def routes(office: api_office.ApiOffice) -> list[Route]:
    return [
        Route(method, context.path, access.Rule(context.openapi_extra["x-rule"]), context.openapi_extra.get("x-scope"))
        for context in contexts(office)
        for method in sorted(context.methods)
    ]


def contexts(office: api_office.ApiOffice) -> Iterator[Any]:
    """Yield every route of the application but the directory of stylesheets and scripts."""
    for route in office.app.routes:
        if isinstance(route, finding.Index):
            yield from route.routes
        else:
            assert route.path == "/static"


def call(client: testclient.TestClient, route: Route, address: str | None = None, **options: Any) -> Any:
    """Call a route as its own kind of client does: a page as a browser, an operation as a program."""
    accept = "*/*" if route.is_api else "text/html"
    json = {} if route.is_api and route.method in UNSAFE else None
    return client.request(
        route.method, address or route.at(), headers={"accept": accept, **options.pop("headers", {})}, json=json
    )


def refused(route: Route, answer: Any, code: str | None = None) -> bool:
    """Tell whether a program got the problem with this code, or a browser the page that says so."""
    if not route.is_api:
        return answer.status_code == 403
    return answer.status_code == 403 and (code is None or answer.json()["code"] == code)


# --- rules -----------------------------------------------------------------------------------------------------------


def test_every_route_has_a_rule_and_a_gate_that_asks_it(office):
    walked = 0
    for context in contexts(office):
        extra = context.openapi_extra or {}
        gates = [each.dependency for each in context.dependencies if isinstance(each.dependency, access._Gate)]
        assert len(gates) == 1, f"{context.path} has no rule: declare it by access.Router"
        assert gates[0].rule.value == extra["x-rule"], context.path
        assert gates[0].scope == extra.get("x-scope"), context.path
        walked += 1
    assert walked > 100


def test_nobody_unknown_gets_past_anything_that_is_not_public(office, routes):
    stranger = office.client(None, new=True)
    failed = []
    for route in routes:
        if route.rule is access.PUBLIC:
            continue
        answer = call(stranger, route)
        if route.is_api:
            fine = answer.status_code == 401 and answer.headers["www-authenticate"] == "Bearer"
        else:
            fine = answer.status_code == 303 and answer.headers["location"].startswith("/login")
        if not fine:
            failed.append((str(route), answer.status_code))
    assert not failed


def test_what_is_public_is_little_and_known(routes):
    public = {str(route) for route in routes if route.rule is access.PUBLIC}
    assert public <= {
        "GET /favicon.ico",
        "GET /health",
        "GET /login",
        "POST /login",
        "POST /language",
        "GET /login/single-sign-on",
        "GET /paper.css",
        "GET /login/single-sign-on/callback",
        "GET /public",
        "GET /public/feed.atom",
        "GET /public/items/{item_id:int}",
        "GET /public/items/{item_id:int}/content.json",
        "GET /public/items/{item_id:int}/document.html",
        "GET /public/items/{item_id:int}/document.pdf",
        "GET /public/items/{item_id:int}/document.docx",
        "GET /public/items/{item_id:int}/files/{number:int}",
        "GET /public/items/{item_id:int}/{element_id}",
        "POST /public/items/{item_id:int}/{element_id}",
        "GET /public/services",
        "GET /public/services/{key}/{element_id}",
        "POST /public/services/{key}/{element_id}",
        "GET /public/track",
        "POST /public/track",
        "GET /public/search",
        "GET /public/places",
        "GET /public/{kind}",
        "GET /public/{kind}/feed.atom",
    }


@pytest.mark.parametrize(
    ("user", "passes"),
    [
        ("zhaoliu", ()),
        ("monitor", (access.MONITOR,)),
    ],
)
def test_a_wrong_role_is_refused_whatever_is_asked(office, routes, user, passes):
    failed = []
    for route in routes:
        if route.rule in (access.PUBLIC, access.SIGNED_IN, *passes):
            continue
        answer = call(office.client(user), route)
        if not refused(route, answer):
            failed.append((str(route), answer.status_code))
    assert not failed


def test_the_right_role_gets_through(office, routes):
    failed = []
    for route in routes:
        if route.rule is access.PUBLIC or route.path in ENDS_THE_SESSION:
            continue
        answer = call(office.client("admin"), route)
        if answer.status_code in (401, 403) or answer.status_code >= 500:
            failed.append((str(route), answer.status_code, answer.text[-300:]))
    assert not failed


def test_an_unsafe_request_without_the_token_of_the_page_changes_nothing(office, routes):
    careless = office.api("admin")
    careless.base_url = "http://office.test"
    del careless.headers[access.CSRF_HEADER]
    failed = []
    for route in routes:
        if route.method in UNSAFE:
            answer = call(careless, route)
            if not refused(route, answer, "csrf"):
                failed.append((str(route), answer.status_code))
    assert not failed
    assert sum(route.method in UNSAFE for route in routes) > 50


def test_an_api_token_opens_no_page_and_nothing_beyond_its_scopes(office, routes):
    scopes = {route.scope for route in routes if route.scope is not None}
    assert scopes == {"read", "work", "start", "operate", "design", "jobs"}
    for scope in sorted(scopes):
        bearer = office.bearer("admin", scope)
        bearer.base_url = "http://office.test"
        failed = []
        for route in routes:
            if route.rule is access.PUBLIC:
                continue
            answer = call(bearer, route)
            passes = answer.status_code not in (401, 403)
            if passes != (route.scope == scope):
                failed.append((str(route), route.scope, answer.status_code))
        assert not failed, scope


# --- objects ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def belongings(office: api_office.ApiOffice) -> dict[str, object]:
    """Return what belongs to others: by the names that addresses give to it."""
    case = office.case("main")
    task = office.task(case)
    office.driver.claim("审核申请", as_="lisi", case=case)
    kind = model.CountersignKind.BEFORE
    (asked,) = cooperation.countersign(office.engine, task, kind, ["wangwu"], office.driver.user("lisi"))
    incident_case = office.case("post")
    (incident,) = office.driver.incidents(incident_case)
    stored = files.store(
        office.engine, office.driver.user("lisi"), io.BytesIO(b"%PDF-1.7\n%%EOF\n"), "a.pdf", purpose="t"
    )
    told = notices.inbox(office.engine, office.driver.user("lisi")).items
    assert told
    return {
        "instance_id": case,
        "case_id": case,
        "task_id": task,
        "countersignature_id": asked.id,
        "incident_id": incident.id,
        "token": stored.token,
        "notice_id": told[0].id,
    }


OURS = re.compile(r"{(instance_id|case_id|task_id|countersignature_id|token|notice_id)}")


def test_what_belongs_to_others_is_not_found(office, routes, belongings):
    """`zhaoliu` has no role and no part in anything: not even that the number was given is told."""
    client = office.client("zhaoliu")
    failed, asked = [], 0
    for route in routes:
        if not OURS.search(route.path) or route.rule is not access.SIGNED_IN:
            continue
        answer = call(client, route, route.at(**belongings))
        asked += 1
        if answer.status_code != 404:
            failed.append((str(route), answer.status_code))
    assert not failed
    assert asked > 10


def test_what_is_not_found_looks_like_what_never_was(office, routes, belongings):
    client = office.client("zhaoliu")
    for route in routes:
        if OURS.search(route.path) and route.rule is access.SIGNED_IN and route.is_api:
            theirs, nothing = call(client, route, route.at(**belongings)), call(client, route)
            detail = re.sub(r"\d+", "N", theirs.json()["detail"])
            assert detail == re.sub(r"\d+", "N", nothing.json()["detail"]), str(route)


#: What a case offers to who started it alone; `test_pages_cases` tries it.
FOR_STARTERS = {"/cases/{case_id:int}/cancel"}


def test_who_takes_part_finds_it(office, routes, belongings):
    client = office.client("lisi")
    failed = []
    for route in routes:
        if route.path in FOR_STARTERS:
            assert call(client, route, route.at(**belongings)).status_code == 403
            continue
        if OURS.search(route.path) and route.rule is access.SIGNED_IN and route.method == "GET":
            answer = call(client, route, route.at(**belongings))
            leads_on = answer.status_code == 303 and not answer.headers["location"].startswith("/login")
            if answer.status_code != 200 and not leads_on:
                failed.append((str(route), answer.status_code))
    assert not failed


def test_the_reference_of_the_api_says_who_may_call_what(office, routes):
    described = website.text(office.client("admin").get("/api/v1/docs"))
    for route in routes:
        if route.is_api:
            assert f"{route.method} {re.sub(':[a-z]+}', '}', route.path)}" in described


@pytest.mark.parametrize("number", [10**20, 2**63, -1, 0, "x"])
def test_a_number_that_cannot_be_is_no_trouble_anywhere(office, routes, number):
    client = office.client("admin")
    failed = []
    for route in routes:
        names = [name for name in re.findall(r"{(\w+)", route.path) if name not in NOBODY]
        if names and route.path not in ENDS_THE_SESSION:
            answer = call(client, route, route.at(**dict.fromkeys(names, number)))
            if answer.status_code != 404 and (route.is_api or answer.status_code != 422):
                failed.append((str(route), answer.status_code))
    assert not failed

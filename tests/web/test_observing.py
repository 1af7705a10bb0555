"""Requests are measured and logged by the template of their route: an address may hold what is private."""

from __future__ import annotations

import logging

import pytest
import website

from engine import metrics
from engine.web import observing


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with website.Office(tmp_path_factory.mktemp("office")) as opened:
        yield opened


def counted():
    return {
        tuple(sample.labels[name] for name in ("method", "route", "status")): sample.value
        for family in metrics.REGISTRY.collect()
        for sample in family.samples
        if sample.name == "gongkai_http_request_duration_seconds_count"
    }


def test_a_request_counts_under_its_route_and_never_under_its_address(office):
    client, before = office.client("chenjing"), counted()
    for path in ("/tasks", "/tasks/917", "/cases/917", "/static/917", "/李某某/917", "/public/track/917"):
        client.get(path)
    client.head("/tasks")
    grown = {key: value - before.get(key, 0) for key, value in counted().items() if value != before.get(key)}
    assert grown[("GET", "/tasks", "2xx")] == 2  # HEAD is answered as GET
    assert grown[("GET", "/tasks/{task_id:int}", "4xx")] == 1
    assert grown[("GET", observing.STATIC, "4xx")] == 1
    assert ("GET", observing.NO_ROUTE, "4xx") in grown
    assert not [key for key in counted() if "917" in key[1] or "李" in key[1]]


def test_a_request_has_an_id_in_its_answer_and_its_line_which_a_proxy_may_give(office, caplog):
    with caplog.at_level(logging.INFO, "engine.web.observing"):
        given = office.client().get("/login", headers={"x-request-id": "proxy-12345678"})
        own = office.client().get("/login", headers={"x-request-id": "a b"})
    assert given.headers["x-request-id"] == "proxy-12345678"
    assert len(own.headers["x-request-id"]) == 16
    (line, _) = (record.gongkai for record in caplog.records if record.getMessage() == "request")
    assert {name: line[name] for name in ("method", "route", "status")} == {
        "method": "GET",
        "route": "/login",
        "status": 200,
    }


def test_unknown_methods_do_not_make_labels(office):
    office.client().request("BREW917", "/login")
    assert not [key for key in counted() if "BREW" in key[0]]

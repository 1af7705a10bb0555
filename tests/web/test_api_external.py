"""External workers over HTTP: locked, waited for without a thread, reported once, refused to everybody else."""

from __future__ import annotations

import contextlib
import pathlib
import socket
import threading
import time
from collections.abc import Iterator
from concurrent import futures
from typing import Any

import archive_pack
import httpx2
import patience
import pytest

from engine import bootstrap, config, testing
from engine.actions import deployments, instances, people
from engine.cli import serve
from engine.model import commands

ADMIN = commands.Actor("admin", admin=True)
CLERK = commands.Actor("zhangsan", frozenset({"clerk"}))
TOPIC = [{"topic": "archive.store"}]
#: Seconds that a program waits for work, at most; a test that needs them fails.
LONG_POLL = 60


class Served:
    """An office on loopback whose only news are those that its own process makes: it hardly ever polls."""

    def __init__(self, engine: bootstrap.Engine, app: Any, address: str) -> None:
        self.engine, self.app, self.address = engine, app, address
        people.create_user(engine, ADMIN, "bot", "档案馆程序")
        people.create_user(engine, ADMIN, "reader", "统计程序")
        made = people.create_token(engine, ADMIN, "移交", ["jobs"], user_id="bot", topics=["archive.store"])
        self.token = made.secret

    def client(self, token: str | None = None) -> httpx2.Client:
        return httpx2.Client(
            base_url=f"{self.address}/api/v1",
            headers={"authorization": f"Bearer {token or self.token}"},
            timeout=2 * LONG_POLL,  # longer than it waits for work
            trust_env=False,
        )

    def begin(self) -> int:
        return instances.start(self.engine, "main", CLERK, form=archive_pack.APPLICATION).id

    def fetch(self, **given: Any) -> list[dict[str, Any]]:
        with self.client() as client:
            answer = client.post("/jobs/fetch-and-lock", json={"worker": "w1", "topics": TOPIC, **given})
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    def until_waiting(self, number: int) -> None:
        patience.until(lambda: self.app.state.waiting.waiting == number)


@contextlib.contextmanager
def serving(place: pathlib.Path, database: str, **settings: Any) -> Iterator[Served]:
    given = {
        "poll_seconds": 3600.0,
        "silent_seconds": 7200.0,
        "long_poll_seconds": LONG_POLL,
        "files": str(place / "files"),
        **settings,
    }
    packs = archive_pack.write(place / "packs")
    listener = socket.create_server(("127.0.0.1", 0))
    chosen = config.Settings(database=database, packs=(packs,), **given)
    with bootstrap.open_engine(chosen, shipped_packs=False) as engine:
        deployments.deploy(engine, "demo", ADMIN)
        server = serve._server(engine)  # as `gongkai serve` stops: who waits for work is let go
        app = server.config.app
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        patience.until(lambda: server.started)
        try:
            yield Served(engine, app, f"http://127.0.0.1:{listener.getsockname()[1]}")
        finally:
            server.should_exit = True
            thread.join()
            listener.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    place = tmp_path_factory.mktemp("served")
    with testing.fresh_database(place, None, testing.MONDAY) as url, serving(place, url) as office:
        yield office
        assert office.app.state.waiting.waiting == 0


def test_a_job_is_fetched_completed_and_completed_again(served: Served) -> None:
    case = served.begin()
    (job,) = served.fetch(lock_seconds=300)
    assert job["inputs"] == {"title": "办事指南", "pages": 3}
    assert (job["instance_id"], job["attempt"], job["retries_left"]) == (case, 1, 3)
    assert "secret" not in str(job)
    with served.client() as client:
        extended = client.post(f"/jobs/{job['id']}/extend-lock", json={"lock": job["lock"], "lock_seconds": 600})
        assert extended.json()["locked_until"] > job["locked_until"]
        given = {"lock": job["lock"], "variables": {"number": "A-1"}}
        first = client.post(f"/jobs/{job['id']}/complete", json=given)
        assert first.json() == {"job_id": job["id"], "instance_id": case, "outcome": "completed", "again": None}
        again = client.post(f"/jobs/{job['id']}/complete", json=given)
        assert (again.status_code, again.json()) == (200, first.json())
        late = client.post(f"/jobs/{job['id']}/release", json={"lock": job["lock"]})
    assert late.status_code == 409
    assert late.json()["detail"] == f"作业 {job['id']} 已经结束或已由其他工作进程接手，本次执行的结果不再采用。"


def test_failures_errors_and_what_does_not_fit(served: Served) -> None:
    served.begin()
    (job,) = served.fetch()
    with served.client() as client:

        def say(path: str, **body: Any) -> Any:
            return client.post(f"/jobs/{job['id']}/{path}", json={"lock": job["lock"], **body})

        assert say("complete", variables={"number": 1}).status_code == 422
        failed = say("fail", message="网络不通", retry_after=0)
        assert failed.json()["outcome"] == "retry"
        (job,) = served.fetch()
        assert (job["attempt"], job["retries_left"]) == (2, 2)
        assert say("release").status_code == 204
        (job,) = served.fetch()
        assert job["attempt"] == 2
        assert say("bpmn-error", code="FULL", message="库房已满").json()["outcome"] == "bpmn-error"
    assert served.fetch() == []


def test_a_request_waits_until_there_is_work(served: Served) -> None:
    with futures.ThreadPoolExecutor(1) as pool:
        asked = pool.submit(served.fetch, wait_seconds=LONG_POLL)
        served.until_waiting(1)
        case = served.begin()
        (job,) = asked.result(patience.SECONDS)
    assert job["instance_id"] == case
    finish(served, job)


def test_who_waits_holds_no_thread_and_no_connection_and_each_job_goes_to_one(served: Served) -> None:
    many = 60  # more than there are threads in the pool of the server
    with futures.ThreadPoolExecutor(many) as pool:
        asked = [pool.submit(served.fetch, worker=f"w{n}", wait_seconds=LONG_POLL) for n in range(many)]
        served.until_waiting(many)
        assert httpx2.get(f"{served.address}/health", timeout=patience.SECONDS, trust_env=False).status_code == 200
        cases = [served.begin() for _ in range(10)]
        patience.until(lambda: sum(each.done() for each in asked) == 10)
        served.app.state.waiting.dismiss()
        found = [job for each in asked for job in each.result(patience.SECONDS)]
    assert sorted(job["instance_id"] for job in found) == cases
    for job in found:
        finish(served, job)


def test_a_client_that_goes_away_frees_its_place_and_takes_no_job_along(served: Served) -> None:
    host, port = served.address.removeprefix("http://").split(":")
    body = b'{"worker": "gone", "topics": [{"topic": "archive.store"}], "wait_seconds": 60}'
    head = (
        f"POST /api/v1/jobs/fetch-and-lock HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {served.token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((host, int(port))) as client:
        client.sendall(head.encode() + body)
        served.until_waiting(1)
    served.until_waiting(0)
    served.begin()
    (job,) = served.fetch()
    assert job["attempt"] == 1
    finish(served, job)


def test_nothing_in_time_is_an_empty_answer(served: Served) -> None:
    assert served.fetch(wait_seconds=1) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"topics": []},
        {"topics": ["archive.store"]},
        {"max_jobs": 101},
        {"lock_seconds": 0},
        {"lock_seconds": 3601},
        {"wait_seconds": -1},
        {"worker": ""},
        {"variables": ["title"]},
    ],
)
def test_what_cannot_be_asked_for_is_refused(served: Served, wrong: dict[str, Any]) -> None:
    with served.client() as client:
        answer = client.post("/jobs/fetch-and-lock", json={"worker": "w1", "topics": TOPIC, **wrong})
    assert answer.status_code == 422


def test_other_tokens_and_other_topics_are_refused(served: Served) -> None:
    reader = people.create_token(served.engine, ADMIN, "统计", ["read", "work", "start"], user_id="reader").secret
    asked = {"worker": "w1", "topics": TOPIC}
    with served.client(reader) as client:
        answer = client.post("/jobs/fetch-and-lock", json=asked)
        assert answer.status_code == 403
        assert "jobs" in answer.json()["detail"]
    with served.client() as client:
        other = client.post("/jobs/fetch-and-lock", json={**asked, "topics": [*TOPIC, {"topic": "archive.find"}]})
        assert other.status_code == 403
        assert "“archive.find”" in other.json()["detail"]
        for path in ("/jobs", "/instances", "/tasks", "/me"):
            assert client.get(path).status_code == 403, "it does jobs, and nothing else"
        assert client.post("/jobs/999/complete", json={"lock": "999.1"}).status_code == 404


def test_a_late_report_is_refused_in_words(served: Served) -> None:
    served.begin()
    (late,) = served.fetch(lock_seconds=1)
    (held,) = served.fetch(wait_seconds=0) or _soon(served)
    assert held["id"] == late["id"]
    with served.client() as client:
        answer = client.post(f"/jobs/{late['id']}/complete", json={"lock": late["lock"], "variables": {"number": "A"}})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert "接手" in answer.json()["detail"]
    finish(served, held)


def test_when_all_places_are_taken_the_answer_comes_at_once(tmp_path: pathlib.Path, url: str) -> None:
    with serving(tmp_path, url, long_polls=1) as office, futures.ThreadPoolExecutor(1) as pool:
        asked = pool.submit(office.fetch, wait_seconds=LONG_POLL)
        office.until_waiting(1)
        assert office.fetch(wait_seconds=LONG_POLL) == []
        assert not asked.done()
        office.begin()
        (job,) = asked.result(patience.SECONDS)
        finish(office, job)


def test_work_that_another_process_makes_is_found_by_a_look_now_and_then(tmp_path: pathlib.Path, url: str) -> None:
    with serving(tmp_path, url, poll_seconds=0.05) as office, futures.ThreadPoolExecutor(1) as pool:
        with bootstrap.open_engine(office.engine.settings, shipped_packs=False) as other:
            asked = pool.submit(office.fetch, wait_seconds=LONG_POLL)
            office.until_waiting(1)
            case = instances.start(other, "main", CLERK, form=archive_pack.APPLICATION).id
            (job,) = asked.result(patience.SECONDS)
        assert job["instance_id"] == case


def test_a_server_that_stops_lets_go_who_waits(tmp_path: pathlib.Path, url: str) -> None:
    with futures.ThreadPoolExecutor(1) as pool:
        with serving(tmp_path, url) as office:
            asked = pool.submit(office.fetch, wait_seconds=LONG_POLL)
            office.until_waiting(1)
            began = time.monotonic()
        assert asked.result(patience.SECONDS) == []
    assert time.monotonic() - began < LONG_POLL / 2


def _soon(served: Served) -> list[dict[str, Any]]:
    """Ask until a lock has run out: nobody tells of that, and this office hardly ever looks."""
    found: list[dict[str, Any]] = []
    patience.until(lambda: bool(found) or bool(found.extend(served.fetch(worker="w2")) or found))
    return found


def finish(served: Served, job: dict[str, Any]) -> None:
    with served.client() as client:
        given = {"lock": job["lock"], "variables": {"number": "A-1"}}
        assert client.post(f"/jobs/{job['id']}/complete", json=given).status_code == 200

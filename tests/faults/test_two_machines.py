"""Two machines on one PostgreSQL, as docs/ops/scale-out.md sets them up: the commands themselves, as processes.

A web process and a worker each; the worker of one machine dies in the middle of its work.
"""

from __future__ import annotations

import collections
import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys

import httpx2
import packbuilder as p
import patience
import pytest
import snippets as s

from engine import bootstrap, config
from engine.actions import deployments, people
from engine.model import commands

ADMIN = commands.Actor("admin", admin=True)
CASES = 40
HANDLER = """
import os, time

@registry.handler("work")
def work(job):
    with open(os.environ["EFFECTS"], "a") as told:
        told.write(job.idempotency_key + "\\n")
    time.sleep(0.02)
    return {}
"""


@pytest.fixture
def office(postgres, tmp_path):
    """The settings that both machines share, with a pack deployed, and a token for a program."""
    wait = s.element("intermediateCatchEvent", "wait", s.timer("PT1S"), name="稍候")
    main = p.diagram(
        s.start(),
        s.service("b", camunda_topic="work"),
        wait,
        s.service("c", camunda_topic="work"),
        s.end(),
        s.path("start", "b", "wait", "c", "end"),
    )
    p.write(tmp_path / "packs", {"main": main}, handlers=HANDLER)
    with postgres() as url:
        settings = config.Settings(database=url, packs=(tmp_path / "packs",), files=str(tmp_path / "files"))
        with bootstrap.open_engine(settings) as engine:
            deployments.deploy(engine, "demo", ADMIN)
            people.create_user(engine, ADMIN, "admin", "系统管理员", rights=["admin"])
            token = people.create_token(engine, ADMIN, "program", ["read", "operate", "start"]).secret
        environment = {
            **os.environ,
            "GONGKAI_DATABASE": url,
            "GONGKAI_PACKS": str(tmp_path / "packs"),
            "GONGKAI_FILES": str(tmp_path / "files"),
            "GONGKAI_LEASE_SECONDS": "3",
            "GONGKAI_HEARTBEAT_SECONDS": "1",
            "EFFECTS": str(tmp_path / "effects"),
        }
        yield environment, token


@contextlib.contextmanager
def machine(environment, *command):
    """Run a command of gongkai; give the process and the file of what it says."""
    said = pathlib.Path(environment["EFFECTS"]).with_name("-".join(command).replace("/", "_"))
    with said.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", "import cli; cli.main()", *command], env=environment, stdout=out, stderr=out
        )
    try:
        yield process, said
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(patience.SECONDS)


def test_what_one_web_process_begins_the_other_shows_and_any_worker_ends_though_one_dies(office):
    environment, token = office
    headers = {"Authorization": f"Bearer {token}"}
    with contextlib.ExitStack() as stack:
        webs = [
            stack.enter_context(machine(environment, "serve", "--no-worker", "--port", "0", "--monitor", str(place)))[1]
            for place in ("127.0.0.1:0", "127.0.0.2:0")
        ]
        (doomed, _), (survivor, _) = (
            stack.enter_context(machine(environment, "worker", "--name", name)) for name in ("one", "two")
        )
        patience.until(
            lambda: all("http://127.0.0.1:" in web.read_text() and "按 Ctrl-C" in web.read_text() for web in webs)
        )
        first, second = (
            stack.enter_context(
                httpx2.Client(
                    base_url=re.search(r"浏览器中打开：(\S+)/", web.read_text())[1],
                    headers=headers,
                    timeout=patience.SECONDS,
                )
            )
            for web in webs
        )

        # when cases are begun at the one, and a worker is killed among them
        cases = []
        for number in range(CASES):
            answer = first.post("/api/v1/instances", json={"key": "main"})
            assert answer.status_code == 201, answer.text
            cases.append(answer.json()["id"])
            if number == CASES // 2:
                patience.until(lambda: pathlib.Path(environment["EFFECTS"]).exists())
                doomed.kill()

        # then the other shows that all of them ended
        patience.until(
            lambda: all(
                second.get(f"/api/v1/instances/{case}").json()["header"]["status"] == "completed" for case in cases
            )
        )
        assert survivor.poll() is None
    effects = collections.Counter(pathlib.Path(environment["EFFECTS"]).read_text().split())
    assert len(effects) == 2 * CASES  # each job under one key, at least once
    assert sum(effects.values()) - len(effects) <= 2  # what the dead one had begun was done again
    with (
        bootstrap.open_engine(
            config.read({k: v for k, v in environment.items() if k.startswith("GONGKAI_")})
        ) as engine,
        engine.store.read() as uow,
    ):
        assert uow.audit.verify() == []

"""`gongkai worker --processes` and `--monitor`, as operators run them."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import patience
import pytest

START = [sys.executable, "-c", "import cli; cli.main(prog_name='gongkai')"]


@pytest.fixture
def run(office, tmp_path):
    """Run a command in a process of its own; it ends with the test."""
    with contextlib.ExitStack() as closing:

        def start(*words):
            log = closing.enter_context((tmp_path / "log").open("w"))
            environment = {**os.environ, "GONGKAI_LOG": "json", "GONGKAI_LOG_LEVEL": "info"}
            process = closing.enter_context(
                subprocess.Popen([*START, *words], stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
            )
            closing.callback(process.kill)
            return process

        yield start


def get(address):
    with urllib.request.urlopen(address, timeout=patience.SECONDS) as answer:
        return answer.status, answer.read().decode()


def test_processes_are_given_the_options_of_the_command_and_are_one_to_the_outside(office, run, tmp_path):
    process = run("worker", "--processes", "2", "--name", "w", "--topics", "work", "--monitor", "0", "--json")
    events = [json.loads(process.stdout.readline()) for _ in range(3)]
    assert events[0] == {"event": "supervising", "processes": 2, "pid": process.pid}
    assert sorted((event["worker"], *event["topics"]) for event in events[1:]) == [("w-1", "work"), ("w-2", "work")]
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    (address,) = (line["address"] for line in lines if line["event"] == "monitoring")
    assert address.startswith("127.0.0.1:")
    children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    words = [word for pid in children for word in pathlib.Path(f"/proc/{pid}/cmdline").read_text().split("\0")]
    assert len(children) == 2
    assert not [word for word in words if "sqlite" in word or "://" in word]  # an address may hold a password
    case = office.start()
    office.complete(case)
    process.send_signal(signal.SIGTERM)
    ends = [json.loads(line) for line in process.stdout]
    assert [(end["event"], end["clean"]) for end in ends] == [("stopped", True)] * 2 + [("supervised", True)]
    assert process.wait(patience.SECONDS) == 0


def test_pages_are_watched_on_an_address_of_its_own(run):
    process = run("serve", "--port", "0", "--monitor", "0")
    told = next(line for line in process.stdout if "监测地址" in line)
    address = re.search(r"http://127\.0\.0\.1:\d+", told)[0]
    status, body = get(f"{address}/healthz")
    assert (status, set(json.loads(body)["checks"])) == (200, {"worker", "web"})
    assert json.loads(get(f"{address}/readyz")[1])["checks"]["packs"] == {"ok": True, "deployed": 1}
    pages = re.search(r"http://\S+", next(line for line in process.stdout if "浏览器" in line))[0]
    assert "gongkai_" not in get(f"{pages}login")[1]
    with pytest.raises(urllib.error.HTTPError) as refused:
        get(f"{pages}metrics")
    refused.value.close()
    text = get(f"{address}/metrics")[1]
    assert 'gongkai_http_request_duration_seconds_count{method="GET",route="/login",status="2xx"} 1.0' in text
    assert "gongkai_build_info{" in text
    process.send_signal(signal.SIGTERM)
    process.stdout.read()
    assert process.wait(patience.SECONDS) in (0, -signal.SIGTERM)


def test_what_is_no_address_or_is_taken_is_refused_in_a_sentence(office):
    assert "监测地址应写作 主机:端口" in office("worker", "--monitor", "here", code=2).err
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"不能在 127.0.0.1:{port} 提供监测信息" in office("worker", "--monitor", port, code=6).err

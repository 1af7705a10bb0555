"""The installed command in processes of its own: what a shell, systemd and a pipe see."""

from __future__ import annotations

import json
import os
import pathlib
import re
import select
import signal
import subprocess
import sys

import patience
import pytest
from office import Office
from rich import cells

GONGKAI = str(pathlib.Path(sys.executable).parent / "gongkai")


def run(*arguments: str, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([GONGKAI, *arguments], capture_output=True, text=True, timeout=60, **more)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_runs_jobs_and_stops_when_told_to(office: Office, number: signal.Signals) -> None:
    case = office.start()
    office.complete(case)
    with subprocess.Popen([GONGKAI, "worker", "--name", "w1"], stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        started = worker.stdout.readline()
        topics = re.search("可处理的主题：(.+?)。", started)
        assert topics, started
        assert {"publications.publish", "work"} <= set(topics[1].split("、"))
        patience.until(lambda: office("instance", "show", case, "--json").json["instance"]["status"] == "completed")
        worker.send_signal(number)
        assert worker.wait(30) == 0
        assert worker.stdout.read() == "工作进程已停止。\n"
    office("audit", "verify")


def test_a_worker_tells_programs_what_it_does(office: Office) -> None:
    with subprocess.Popen([GONGKAI, "worker", "--json"], stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        assert json.loads(worker.stdout.readline())["event"] == "started"
        worker.send_signal(signal.SIGTERM)
        assert json.loads(worker.stdout.read())["clean"] is True
        assert worker.wait(30) == 0


def test_a_worker_of_some_topics_says_which_and_refuses_those_without_a_handler(office: Office) -> None:
    with subprocess.Popen(
        [GONGKAI, "worker", "--topics", "work", "--json"], stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdout is not None
        assert json.loads(worker.stdout.readline())["topics"] == ["work"]
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
    assert "是否应为：work" in office("worker", "--topics", "wrok", code=3).err
    assert "--topics" in office("worker", "--topics", " , ", code=6).err


def test_rows_go_to_standard_output_and_everything_else_to_standard_error(office: Office) -> None:
    for _ in range(3):
        office.start()
    listed = run("instance", "list", "--limit", "2", "--json")
    assert (listed.returncode, len(json.loads(listed.stdout)), listed.stderr) == (0, 2, "")
    missing = run("task", "show", "99")
    assert (missing.returncode, missing.stdout) == (3, "")
    assert missing.stderr.startswith("错误：没有编号为 99 的任务。")
    assert run("audit", "verify").stderr == ""


def test_a_handler_that_fails_shows_its_traceback_only_when_asked(office: Office) -> None:
    for more in ((), ("--verbose",)):
        case = office.start()
        office.complete(case, opinion="坏")
        told = run("job", "run", *more)
        assert told.returncode == 0
        assert ("Traceback" in told.stderr) is bool(more)
        assert "个异常待处理：gongkai incident list" in told.stdout


def test_a_reader_that_goes_away_ends_the_command_quietly(office: Office) -> None:
    for _ in range(3):
        office.start()
    shell = subprocess.run(
        ["sh", "-c", f"{GONGKAI} audit list --limit 1000 | head -n 1"], capture_output=True, text=True, timeout=60
    )
    assert shell.stderr == ""
    assert shell.stdout.startswith("时间")


@pytest.mark.parametrize("variables", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "gbk"}])
def test_terminals_of_other_encodings_get_what_they_can_show(office: Office, variables: dict[str, str]) -> None:
    office.start(business_key="𠮷〔2026〕")
    answer = subprocess.run(
        [GONGKAI, "instance", "list"], capture_output=True, timeout=60, env={**os.environ, **variables}
    )
    assert (answer.returncode, answer.stderr) == (0, b"")
    assert b"2026" in answer.stdout


def test_arguments_that_are_no_text_are_refused_in_a_sentence(office: Office) -> None:
    for line in ([b"instance", b"start", b"\xff"], [b"\xff"]):
        answer = subprocess.run([os.fsencode(GONGKAI), *line], capture_output=True, timeout=60)
        assert answer.returncode in (2, 6)
        assert b"Traceback" not in answer.stderr


def test_a_narrow_terminal_wraps_within_columns(office: Office) -> None:
    office.start(business_key="预审公开〔2026〕1号（第二次补正）")
    master, slave = os.openpty()
    subprocess.run(
        [GONGKAI, "instance", "list"], stdout=slave, check=True, timeout=60, env={**os.environ, "COLUMNS": "60"}
    )
    os.close(slave)
    shown = b""
    while select.select([master], [], [], 1)[0]:
        try:
            shown += os.read(master, 65536)
        except OSError:
            break
    os.close(master)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown.decode()).splitlines()
    assert max(cells.cell_len(line) for line in lines) <= 60
    assert "".join(lines).count("公开") >= 1

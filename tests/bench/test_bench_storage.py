"""What ids and cases take on PostgreSQL is measured, table by table."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    directory = tmp_path_factory.mktemp("bench")
    figures = directory / "figures.json"
    given = ["ids", "storage", "--quick", "--json", str(figures)]
    command = [sys.executable, "-m", "bench", *given]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "element_history" in done.stdout
    return json.loads(figures.read_text(encoding="utf-8"))


def test_uuids_take_more_room_than_numbers(found):
    lines = {(each["table"], each["kind"]): each for each in found["ids"]["lines"]}
    assert len(lines) == 4
    for table in ("user_tasks", "audit"):
        number, uuid = lines[table, "number"], lines[table, "uuid"]
        assert number["rows"] == uuid["rows"]
        for figure in ("table_bytes", "index_bytes", "wal_bytes"):
            assert 0 < number[figure] < uuid[figure], figure


def test_every_row_of_a_case_is_counted(found):
    opened, finished = found["storage"]
    for each, tasks in ((opened, 1), (finished, 3)):
        rows = {line["table"]: line["rows"] for line in each["tables"]}
        assert (rows["instances"], rows["user_tasks"]) == (1, tasks)
        assert each["rows"] == sum(rows.values())
        assert each["bytes"] == sum(line["bytes"] for line in each["tables"]) > 0
    # The system notes the start, and the case its acts: the start, three completions.
    assert {line["table"]: line["rows"] for line in finished["tables"]}["audit"] == 5

"""Every promise of the engine names the tests that hold it, and those tests exist."""

from __future__ import annotations

import pathlib
import re

ROOT = pathlib.Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference"
PAGE = (REFERENCE / "semantics.md").read_text(encoding="utf-8")
FAULTS = (REFERENCE / "faults.md").read_text(encoding="utf-8")


def test_all_eleven_promises_name_tests():
    parts = re.split(r"^## (\d+)\. ", PAGE, flags=re.M)[1:]
    promises = dict(zip(map(int, parts[::2]), parts[1::2], strict=True))
    assert sorted(promises) == list(range(1, 12))
    assert all(re.search(r"`test_\w+`", text) for text in promises.values())


def test_every_test_that_is_named_exists():
    named = set(re.findall(r"`(test_\w+)`", PAGE + FAULTS))
    found = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), flags=re.M)
    }
    assert named <= found, f"no such test: {sorted(named - found)}"

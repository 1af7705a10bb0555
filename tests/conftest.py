"""What all tests share: property tests that never fail for the time of day, and repeat exactly where it counts."""

from __future__ import annotations

import os
from collections.abc import Generator

import hypothesis
import pytest

# The machine may be busy: no example has a deadline. On CI the examples are the same in every run.
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Escape what cannot be UTF-8 in captured logs: tests of hostile texts would end a run on several processes."""
    report = yield
    report.sections = [(name, text.encode(errors="backslashreplace").decode()) for name, text in report.sections]
    return report

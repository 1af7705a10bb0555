"""What the acceptance modules of procedures share: one engine for all tests of a module, unless it has its own."""

from __future__ import annotations

import pytest
import xinwen_case

from engine import testing


@pytest.fixture(scope="module")
def driver():
    """One engine for all tests of a module: each starts a case of its own, and time only goes forward."""
    with testing.EngineDriver("shizhengwuban") as driver:
        yield driver


@pytest.fixture(scope="module")
def spokesperson(driver):
    """Somebody speaks for the office to the press (§44)."""
    xinwen_case.appoint(driver)

"""The browser, one for all tests; the office with its server, one for each."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import browsing
import pytest
import website
from playwright import sync_api


# For this directory, not for the session: Playwright keeps an event loop running in the thread of the tests, and other
# tests may want one of their own.
@pytest.fixture(scope="package")
def chromium() -> Iterator[sync_api.Browser]:
    """The Chromium of the system."""
    with browsing.chromium() as browser:
        yield browser


@pytest.fixture
def site(chromium: sync_api.Browser, tmp_path: pathlib.Path) -> Iterator[browsing.Site]:
    """The office of the shipped packs on a Monday morning, on a server of its own.

    At the end the test fails on anything in a console, a violation of the content security policy, an error of a
    script, or a request that left the server.
    """
    with website.Office(tmp_path) as office, browsing.served(office.app) as address:
        made = browsing.Site(address, chromium, office)
        yield made
        made.close()
        assert made.watch.problems == []

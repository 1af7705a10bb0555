"""The office with its server and the browser, one for all tests; for each test browsers of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import browsing
import pytest
import website
from playwright import sync_api

from engine.actions import people
from engine.model import commands
from engine.model import people as model


@dataclasses.dataclass(frozen=True)
class House:
    """An office that is served, and a browser to open it with."""

    office: website.Office
    address: str
    chromium: sync_api.Browser


# For this directory, not for the session: Playwright keeps an event loop running in the thread of the tests, and other
# tests may want one of their own. One office for all of them, as in life: cases are told apart by their titles.
@pytest.fixture(scope="package")
def chromium() -> Iterator[sync_api.Browser]:
    """The Chromium of the system."""
    with browsing.chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory, chromium: sync_api.Browser) -> Iterator[House]:
    """The office of the shipped packs, beginning on a Monday morning."""
    with website.Office(tmp_path_factory.mktemp("office")) as office, browsing.served(office.app) as address:
        yield House(office, address, chromium)


@pytest.fixture
def site(house: House) -> Iterator[browsing.Site]:
    """The office in browsers.

    At the end the test fails on anything in a console, a violation of the content security policy, an error of a
    script, or a request that left the server.
    """
    made = browsing.Site(house.address, house.chromium, house.office)
    yield made
    made.close()
    _read_chinese(house.office)
    assert made.watch.problems == []


def _read_chinese(office: website.Office) -> None:
    """A language that somebody chose is theirs for good: the next test begins as this one did."""
    for user in people.directory(office.engine).users.values():
        if user.language is not model.Language.ZH:
            people.update_profile(office.engine, commands.Actor(user.id), email=user.email, language=model.Language.ZH)

"""The whole API against its own description: whatever is sent, the answer is one that the description promises."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

import api_office
import pytest
import schemathesis
from schemathesis import config

from engine.web import api, app
from engine.web.api import specification

DESCRIPTION = specification.describe([route for each in app.routers(api) for route in each.routes.routes])
SCOPES = {"admin": ("read", "work", "start", "operate", "design", "jobs"), "lisi": ("read", "work", "start")}


def described(*, examples: int, coverage: bool) -> Any:
    """Return the description with bounded, repeatable examples; `coverage` tries every boundary of every field."""
    chosen = config.SchemathesisConfig.from_dict(
        {
            "seed": 20160608,
            "generation": {
                "mode": "all",
                "max-examples": examples,
                "deterministic": True,
                "no-shrink": True,
                "with-security-parameters": False,
                "database": "none",
            },
            # One method that an address has not is enough: the others are refused in the same place.
            "phases": {"coverage": {"enabled": coverage, "unexpected-methods": ["DELETE", "OPTIONS"]}},
            "checks": {
                "ignored_auth": {"enabled": False},  # test_access_rules.py walks as a stranger
                # What is well-formed may still be about something that there is not, or break a rule of the domain.
                "positive_data_acceptance": {"expected-statuses": ["2xx", "304", "403", "404", "409", "412", "422"]},
            },
        }
    )
    return schemathesis.openapi.from_dict(DESCRIPTION, config=chosen)


for_admin = described(examples=3, coverage=True)
for_clerk = described(examples=2, coverage=False)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[api_office.ApiOffice]:
    with api_office.ApiOffice(pathlib.Path(tmp_path_factory.mktemp("office"))) as made:
        for key in ("main", "wait", "post", "late"):
            made.case(key)
        yield made


@pytest.fixture(scope="module")
def bearers(office: api_office.ApiOffice) -> dict[str, dict[str, str]]:
    """Return the header that each of the two signs in with."""
    return {
        user: {"authorization": office.bearer(user, *scopes).headers["authorization"]}
        for user, scopes in SCOPES.items()
    }


@for_admin.parametrize()
def test_an_administrator_gets_what_is_promised(case: Any, office: Any, bearers: Any) -> None:
    case.call_and_validate(app=office.app, headers=bearers["admin"])


@for_clerk.parametrize()
def test_a_clerk_gets_what_is_promised(case: Any, office: Any, bearers: Any) -> None:
    case.call_and_validate(app=office.app, headers=bearers["lisi"])

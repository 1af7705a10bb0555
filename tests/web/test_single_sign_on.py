"""Single sign-on against a real identity provider on loopback: who gets in, and who tries to."""

from __future__ import annotations

import dataclasses
import json
import logging
import pathlib
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from typing import Any

import httpx2
import oidc_provider
import pytest
import website
from starlette import testclient

from engine import config, errors, testing
from engine.actions import people
from engine.model import commands
from engine.store import queries
from engine.web import access, single_sign_on

ADMIN = commands.Actor("admin", admin=True)
NOW = testing.MONDAY.timestamp()
CALLBACK = "/login/single-sign-on/callback"


@dataclasses.dataclass
class Door:
    """An office with an identity provider, and a browser in front of it."""

    office: website.Office
    issuer: str
    browser: testclient.TestClient

    def provider(self, **does: Any) -> None:
        """Change what the provider does."""
        httpx2.post(f"{self.issuer}/control", json=does, trust_env=False)

    def asked(self) -> list[str]:
        """Return what the provider has been asked since the last change."""
        return httpx2.get(f"{self.issuer}/asked", trust_env=False).json()[:-1]

    def depart(self, target: str = "") -> str:
        """Click on the link; return where at the provider the browser is sent to."""
        sent = self.browser.get(single_sign_on.PATH, params={"next": target} if target else {})
        assert sent.status_code == 303, sent.text
        return sent.headers["location"]

    def authorize(self, address: str) -> str:
        """Sign in at the provider; return where it sends the browser back to."""
        back = httpx2.get(address, trust_env=False)
        assert back.status_code == 302, back.text
        return back.headers["location"]

    def arrive(self, back: str) -> Any:
        """Come back to the office."""
        return self.browser.get(back)

    def enter(self, target: str = "") -> Any:
        """Go the whole way."""
        return self.arrive(self.authorize(self.depart(target)))

    def setup(self, **settings: Any) -> None:
        """Begin anew with other settings."""
        given = dataclasses.replace(self.office.engine.settings, **{**self.settings(), **settings})
        self.office.app.state.single_sign_on = single_sign_on.SingleSignOn(given, self.office.engine.clock)

    def settings(self) -> dict[str, Any]:
        return {
            "oidc_issuer": self.issuer,
            "oidc_client_id": oidc_provider.CLIENT_ID,
            "oidc_client_secret": oidc_provider.CLIENT_SECRET,
            "public_url": "http://office.test",
        }


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider in a process of its own."""
    running = subprocess.Popen(
        [sys.executable, oidc_provider.__file__, json.dumps({"now": NOW})], stdout=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    yield running.stdout.readline().strip()
    running.terminate()
    running.wait(10)
    running.stdout.close()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[website.Office]:
    """One office for all: every test leaves it as it was."""
    with website.Office(pathlib.Path(tmp_path_factory.mktemp("office"))) as made:
        yield made


@pytest.fixture
def door(office: website.Office, issuer: str) -> Iterator[Door]:
    people.update_user(office.engine, ADMIN, "zhangsan", external_id="sub-1")
    if not people.directory(office.engine).users["zhangsan"].active:
        people.activate(office.engine, ADMIN, "zhangsan")
    made = Door(office, issuer, office.client(new=True))
    made.setup()
    blank = dict.fromkeys(("description", "back", "token", "claims", "header"), {})
    made.provider(sub="sub-1", now=NOW, kid="first", keys=["first"], forged=False, userinfo={}, **blank)
    yield made
    made.browser.close()
    office.app.state.single_sign_on = None


def refused(door: Door, answer: Any, words: str = "没有完成") -> bool:
    """Tell whether the browser sees the page to sign in, with this to read, and is not let in."""
    assert answer.status_code == 403, (answer.status_code, answer.headers)
    assert access.SESSION_COOKIE not in door.browser.cookies
    shown = website.text(answer, "//*[@role='alert']")
    assert words in shown, shown
    return "Token" not in shown and "Error" not in shown


# --- getting in -------------------------------------------------------------------------------------------------------


def test_who_signs_in_at_the_provider_is_in_and_where_they_wanted(door: Door) -> None:
    form = website.page(door.browser.get("/login?next=/cases"))
    (link,) = form.xpath("//a[starts-with(@href, '/login/single-sign-on')]")
    assert link.text_content() == "使用统一身份认证登录"

    back = door.authorize(door.browser.get(link.get("href")).headers["location"])
    arrived = door.arrive(back)

    assert (arrived.status_code, arrived.headers["location"]) == (303, "/cases")
    assert "张三" in website.text(door.browser.get("/account"), "//body")
    with door.office.engine.store.read() as uow:
        (entry,) = queries.audit(uow, action="sign-in", limit=1).items
    assert (entry.actor, entry.details["how"]) == ("zhangsan", "single-sign-on")
    assert single_sign_on.COOKIE not in door.browser.cookies


def test_the_way_there_tells_no_secret_and_can_be_gone_once(door: Door) -> None:
    first, second = (urllib.parse.urlsplit(door.depart()) for _ in range(2))
    query = dict(urllib.parse.parse_qsl(first.query))

    assert f"{first.scheme}://{first.netloc}" == door.issuer
    assert query["redirect_uri"] == f"http://office.test{CALLBACK}"
    assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
    assert oidc_provider.CLIENT_SECRET not in first.query
    kept = single_sign_on.attempt(door.browser.cookies[single_sign_on.COOKIE])
    assert kept.verifier not in first.query + second.query
    other = dict(urllib.parse.parse_qsl(second.query))
    for name in ("state", "nonce", "code_challenge"):
        assert len(query[name]) >= 43
        assert query[name] != other[name]


def test_the_cookie_of_an_attempt_is_for_the_server_alone_and_short(door: Door) -> None:
    (cookie,) = door.browser.get(single_sign_on.PATH).headers.get_list("set-cookie")
    assert {"httponly", "samesite=lax", "max-age=600"} <= {part.strip().lower() for part in cookie.split(";")}


def test_a_session_is_a_new_one_each_time(door: Door) -> None:
    door.enter()
    first = door.browser.cookies[access.SESSION_COOKIE]
    door.browser.cookies.clear()
    door.enter()
    assert door.browser.cookies[access.SESSION_COOKIE] != first


def test_who_is_in_already_need_not_go_there(door: Door) -> None:
    door.enter()
    again = door.browser.get(single_sign_on.PATH, params={"next": "/cases"})
    assert again.headers["location"] == "/cases"


@pytest.mark.parametrize("target", ["//evil.test/", "https://evil.test/", "/\\evil.test", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_site(door: Door, target: str) -> None:
    assert door.enter(target).headers["location"] == "/tasks"


def test_not_even_by_a_cookie_of_their_own_making(door: Door) -> None:
    back = door.authorize(door.depart())
    kept = single_sign_on.attempt(door.browser.cookies[single_sign_on.COOKIE])
    door.browser.cookies.set(single_sign_on.COOKIE, dataclasses.replace(kept, target="//evil.test").cookie())
    assert door.arrive(back).headers["location"] == "/tasks"


# --- the account ------------------------------------------------------------------------------------------------------


def test_whom_nobody_has_entered_does_not_get_in_and_no_account_is_made(door: Door) -> None:
    before = people.directory(door.office.engine).users
    door.provider(sub="sub-of-a-stranger")
    assert refused(door, door.enter(), "没有与之对应的在用账号")
    door.provider(sub="zhangsan")  # the id of the account is not what the provider calls the person
    assert refused(door, door.enter(), "没有与之对应的在用账号")
    assert people.directory(door.office.engine).users == before


def test_a_closed_account_stays_closed(door: Door) -> None:
    people.deactivate(door.office.engine, ADMIN, "zhangsan", "离职")
    assert refused(door, door.enter(), "没有与之对应的在用账号")


def test_the_claim_that_names_the_account_can_be_chosen(door: Door) -> None:
    door.setup(oidc_claim="preferred_username")
    people.update_user(door.office.engine, ADMIN, "zhangsan", external_id="zhang.san")
    door.provider(claims={"preferred_username": "zhang.san"})
    assert door.enter().status_code == 303


@pytest.mark.parametrize("claims", [{}, {"staff": ""}, {"staff": ["sub-1"]}, {"staff": 7}, {"staff": None}])
def test_without_that_claim_nobody_gets_in(door: Door, claims: dict[str, Any]) -> None:
    door.setup(oidc_claim="staff")
    door.provider(claims=claims, userinfo={"sub": "sub-1"})
    assert refused(door, door.enter())


def test_an_address_counts_only_when_the_provider_has_verified_it(door: Door) -> None:
    door.setup(oidc_claim="email", oidc_scopes="openid email")
    people.update_user(door.office.engine, ADMIN, "zhangsan", external_id="z@example.org")
    for verified in (False, None, "true"):
        door.provider(claims={"email": "z@example.org", "email_verified": verified})
        assert refused(door, door.enter())
    door.provider(claims={"email": "z@example.org", "email_verified": True})
    assert door.enter().status_code == 303


def test_what_the_token_lacks_is_asked_for_and_must_be_about_the_same_person(door: Door) -> None:
    door.setup(oidc_claim="staff")
    people.update_user(door.office.engine, ADMIN, "zhangsan", external_id="007")
    door.provider(userinfo={"sub": "sub-1", "staff": "007"})
    assert door.enter().status_code == 303
    door.browser.cookies.clear()
    for other in ({"sub": "sub-2", "staff": "007"}, {"staff": "007"}, ["sub-1"]):
        door.provider(userinfo=other)
        assert refused(door, door.enter())


# --- attacks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "does",
    [
        {"claims": {"nonce": "another"}},
        {"claims": {"nonce": None}},
        {"claims": {"iss": "http://evil.test"}},
        {"claims": {"iss": None}},
        {"claims": {"aud": "another-client"}},
        {"claims": {"aud": None}},
        {"claims": {"aud": []}},
        {"claims": {"aud": [oidc_provider.CLIENT_ID, "another-client"]}},
        {"claims": {"aud": [oidc_provider.CLIENT_ID, "another-client"], "azp": "another-client"}},
        {"claims": {"azp": "another-client"}},
        {"claims": {"exp": NOW - 61}},
        {"claims": {"exp": None}},
        {"claims": {"exp": "never"}},
        {"claims": {"iat": NOW + 120}},
        {"claims": {"iat": None}},
        {"claims": {"nbf": NOW + 120}},
        {"claims": {"sub": None}},
        {"claims": {"sub": 7}},
        {"claims": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}},
        {"forged": True},
        {"kid": "second"},
        {"header": {"alg": "none"}},
        {"header": {"alg": "HS256"}},
        {"token": {"id_token": None}},
        {"token": {"id_token": "x.y.z"}},
        {"token": {"id_token": ""}},
        {"back": {"iss": "http://evil.test"}},
        {"back": {"code": "guessed"}},
        {"back": {"code": ""}},
        {"back": {"error": "access_denied", "code": ""}},
    ],
    ids=str,
)
def test_an_answer_with_anything_wrong_lets_nobody_in(door: Door, does: dict[str, Any]) -> None:
    door.provider(**does)
    assert refused(door, door.enter())
    door.provider(claims={}, forged=False, kid="first", header={}, token={}, back={})
    assert door.enter().status_code == 303, "it was that, and nothing else"


def test_a_state_that_is_not_the_browsers_own_lets_nobody_in(door: Door) -> None:
    back = door.authorize(door.depart())
    code = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))["code"]
    for state in ("", "another", "x" * 43, "状态"):
        door.depart()
        assert refused(door, door.browser.get(CALLBACK, params={"code": code, "state": state}), "不是从本系统")
    door.depart()
    assert refused(door, door.browser.get(CALLBACK, params={"code": code}), "不是从本系统")
    assert "/token" not in door.asked(), "the code was not even shown to the provider"


def test_somebody_elses_way_back_does_not_sign_the_victim_in_as_the_attacker(door: Door) -> None:
    attackers = Door(door.office, door.issuer, door.office.client(new=True))
    lure = attackers.authorize(attackers.depart())
    assert refused(door, door.arrive(lure), "不是从本系统")
    door.depart()  # the victim has begun an attempt of their own
    assert refused(door, door.arrive(lure), "不是从本系统")
    attackers.browser.close()


def test_a_code_that_was_stolen_is_of_no_use_without_what_the_browser_keeps(door: Door) -> None:
    stolen = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(door.authorize(door.depart())).query))["code"]
    thief = Door(door.office, door.issuer, door.office.client(new=True))
    state = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(thief.depart()).query))["state"]
    assert refused(thief, thief.browser.get(CALLBACK, params={"code": stolen, "state": state}))
    thief.browser.close()


def test_the_same_way_back_works_once(door: Door) -> None:
    address = door.depart()
    cookie = door.browser.cookies[single_sign_on.COOKIE]
    back = door.authorize(address)
    assert door.arrive(back).status_code == 303
    door.browser.cookies.clear()

    assert refused(door, door.arrive(back), "不是从本系统"), "the attempt has ended"
    door.browser.cookies.set(single_sign_on.COOKIE, cookie)
    assert refused(door, door.arrive(back)), "and its code is used up"


@pytest.mark.parametrize(
    "cookie", ["", "x", "e30", "W10", "WzEsMiwzLDRd", "bnVsbA", "WyJcdWQ4MDAiLCJhIiwiYiIsImMiXQ", "="]
)
def test_a_cookie_that_was_never_given_is_no_attempt(door: Door, cookie: str) -> None:
    door.browser.cookies.set(single_sign_on.COOKIE, cookie)
    assert refused(door, door.browser.get(CALLBACK, params={"code": "c", "state": "a"}), "不是从本系统")


def test_a_provider_that_calls_itself_otherwise_is_not_believed(door: Door) -> None:
    for description in ({"issuer": f"{door.issuer}/"}, {"issuer": "https://evil.test"}, {"issuer": None}):
        door.provider(description=description)
        door.setup()
        answer = door.browser.get(single_sign_on.PATH)
        assert (answer.status_code, "没有完成" in answer.text) == (503, True)


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_nothing_goes_over_an_open_line(door: Door, name: str) -> None:
    for address in ("http://provider.test/x", "ftp://127.0.0.1/x", "//127.0.0.1/x", 7):
        door.provider(description={name: address})
        door.setup()
        first = door.browser.get(single_sign_on.PATH)
        if first.status_code == 303:
            assert name != "authorization_endpoint"
            assert refused(door, door.arrive(door.authorize(first.headers["location"])))
        else:
            assert first.status_code == 503


# --- the provider lives -----------------------------------------------------------------------------------------------


def test_new_keys_are_looked_up_when_they_are_first_used(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    assert door.enter().status_code == 303
    door.browser.cookies.clear()
    door.provider(kid="second", keys=["first", "second"])
    assert refused(door, door.enter()), "it was asked a moment ago"
    monkeypatch.setattr(single_sign_on, "_BETWEEN_LOOKS", 0.0)
    assert door.enter().status_code == 303


def test_it_is_asked_for_what_it_is_once_and_not_every_time(door: Door) -> None:
    door.enter()
    door.browser.cookies.clear()
    door.provider()
    door.enter()
    assert door.asked() == ["/authorize", "/token"]


def test_a_provider_that_is_away_is_no_reason_to_fail(door: Door) -> None:
    door.setup(oidc_issuer="http://127.0.0.1:9")
    answer = door.browser.get(single_sign_on.PATH, params={"next": "/cases"})
    assert answer.status_code == 503, answer.headers
    assert "暂时不能使用" in website.text(answer, "//*[@role='alert']")
    assert website.page(answer).xpath("//main//input[@name='next']/@value") == ["/cases"]
    website.sign_in(door.browser, "lisi")


# --- the secret -------------------------------------------------------------------------------------------------------


def test_a_wrong_secret_lets_nobody_in_and_no_log_tells_one(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    door.setup(oidc_client_secret="wrong-secret-of-the-office")
    answer = door.enter()
    assert refused(door, answer)
    door.setup()
    door.enter()
    told = caplog.text + answer.text + str([record.__dict__ for record in caplog.records])
    for secret in ("wrong-secret-of-the-office", oidc_provider.CLIENT_SECRET):
        assert secret not in told
    assert "invalid_client" in caplog.text


def test_the_secret_may_be_in_a_file(door: Door, tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{oidc_provider.CLIENT_SECRET}\n", encoding="utf-8")
    door.setup(oidc_client_secret="", oidc_client_secret_file=str(secret))
    assert door.enter().status_code == 303
    secret.unlink()
    door.browser.cookies.clear()
    answer = door.browser.get(single_sign_on.PATH)
    assert (answer.status_code, str(secret) in answer.text, str(secret) in caplog.text) == (503, False, True)


def test_settings_do_not_show_the_secret() -> None:
    settings = config.read(
        {
            "GONGKAI_OIDC_ISSUER": "https://id.example.org",
            "GONGKAI_OIDC_CLIENT_ID": "gongkai",
            "GONGKAI_OIDC_CLIENT_SECRET": "hush",
        }
    )
    assert settings.oidc_secret == "hush"
    assert "hush" not in repr(settings)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"ISSUER": "http://id.example.org"}, "https://"),
        ({"ISSUER": "id.example.org"}, "https://"),
        ({"ISSUER": "http://127.0.0.1.evil.test"}, "https://"),
        ({"ISSUER": "https://id.example.org", "CLIENT_ID": ""}, "OIDC_CLIENT_ID"),
        ({"ISSUER": "https://id.example.org", "SCOPES": "profile"}, "openid"),
        ({"ISSUER": "https://id.example.org", "CLIENT_SECRET": "hush", "CLIENT_SECRET_FILE": "x"}, "只能设置其中一个"),
    ],
)
def test_settings_that_cannot_work_are_refused_at_once(given: dict[str, str], why: str) -> None:
    named = {f"GONGKAI_OIDC_{name}": value for name, value in {"CLIENT_ID": "gongkai", **given}.items()}
    with pytest.raises(errors.InvalidInput, match=why) as refusal:
        config.read(named)
    assert "hush" not in refusal.value.message


def test_without_a_provider_there_is_no_such_way(office: website.Office) -> None:
    browser = office.client(new=True)
    assert "single-sign-on" not in browser.get("/login").text
    for address in (single_sign_on.PATH, CALLBACK):
        assert browser.get(address).status_code == 404

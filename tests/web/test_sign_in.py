"""Signing in and out, sessions, CSRF: what an attacker would try."""

from __future__ import annotations

import pytest
import website
from starlette import testclient

from engine.actions import people
from engine.web import access, pages


def test_a_stranger_is_sent_to_sign_in_and_then_to_where_they_wanted(office) -> None:
    stranger = office.client()
    sent = stranger.get("/admin/users?q=%E5%BC%A0")
    assert (sent.status_code, sent.headers["location"]) == (303, "/login?next=/admin/users%3Fq%3D%25E5%25BC%25A0")

    form = stranger.get(sent.headers["location"])
    (target,) = website.page(form).xpath("//main//input[@name='next']/@value")
    data = {"user": "admin", "password": people.DEMO_PASSWORD, "next": target, access.CSRF_FIELD: website.csrf(form)}
    answer = stranger.post("/login", data=data)

    assert answer.headers["location"] == "/admin/users?q=%E5%BC%A0"
    assert "张三" in website.text(stranger.get(answer.headers["location"]))


def test_the_session_cookie_is_for_the_server_alone(office) -> None:
    client = office.client()
    data = {"user": "zhangsan", "password": people.DEMO_PASSWORD, access.CSRF_FIELD: website.csrf(client.get("/login"))}
    cookies = client.post("/login", data=data).headers.get_list("set-cookie")
    (session,) = [cookie for cookie in cookies if cookie.startswith(access.SESSION_COOKIE)]
    assert "httponly" in session.lower()
    assert "samesite=lax" in session.lower()
    secure = testclient.TestClient(office.app, "https://office.test", follow_redirects=False, headers=website.HTML)
    data[access.CSRF_FIELD] = website.csrf(secure.get("/login"))
    assert all("secure" in cookie.lower() for cookie in secure.post("/login", data=data).headers.get_list("set-cookie"))


@pytest.mark.parametrize(("user", "password"), [("zhangsan", "wrong"), ("nobody", "wrong"), ("", ""), ("zhangsan", "")])
def test_a_refusal_tells_neither_whether_the_user_exists_nor_what_was_wrong(office, user, password) -> None:
    client = office.client(None, new=True)
    data = {"user": user, "password": password, access.CSRF_FIELD: website.csrf(client.get("/login"))}
    answer = client.post("/login", data=data)
    assert answer.status_code == 403
    assert website.text(answer, "//*[@role='alert']") == "用户名或密码不正确，或者账号已停用。"
    assert access.SESSION_COOKIE not in answer.cookies


@pytest.mark.parametrize(
    "target",
    [
        "//evil.test/",
        "https://evil.test/",
        "/\\evil.test",
        "javascript:alert(1)",
        "\\\\evil.test",
        "/a\nb",
        "tasks",
        "",
    ],
)
def test_signing_in_leads_to_no_other_site(target) -> None:
    assert pages.local(target) == "/tasks"


def test_a_post_from_another_site_does_nothing(office) -> None:
    client = office.client("zhangsan", new=True)
    token = client.headers.pop(access.CSRF_HEADER)
    for headers, data in (
        ({}, {}),
        ({}, {access.CSRF_FIELD: "wrong"}),
        ({"origin": "https://evil.test"}, {access.CSRF_FIELD: token}),
        ({"sec-fetch-site": "cross-site"}, {access.CSRF_FIELD: token}),
        ({"sec-fetch-site": "same-site"}, {access.CSRF_FIELD: token}),
    ):
        assert client.post("/logout", headers=headers, data=data).status_code == 403
    assert client.get("/account").status_code == 200
    assert (
        client.post("/logout", headers={"origin": "http://office.test"}, data={access.CSRF_FIELD: token}).status_code
        == 303
    )
    assert client.get("/account").status_code == 303


def test_another_sites_page_cannot_sign_somebody_in(office) -> None:
    client = office.client(None, new=True)
    client.get("/login")
    answer = client.post(
        "/login", data={"user": "zhangsan", "password": people.DEMO_PASSWORD, access.CSRF_FIELD: "guessed"}
    )
    assert answer.status_code == 403
    assert client.get("/account").status_code == 303


def test_signing_out_ends_the_session_on_the_server(office) -> None:
    client = office.client("zhangsan", new=True)
    stolen = client.cookies[access.SESSION_COOKIE]
    client.post("/logout")
    thief = testclient.TestClient(
        office.app,
        "http://office.test",
        cookies={access.SESSION_COOKIE: stolen},
        headers=website.HTML,
        follow_redirects=False,
    )
    assert thief.get("/account").status_code == 303


def test_a_session_ends_when_nobody_uses_it_and_at_the_latest_after_its_time(office) -> None:
    client = office.client("zhangsan", new=True)
    office.driver.sleep(hours=7, minutes=59)
    assert client.get("/account").status_code == 200
    office.driver.sleep(hours=8, minutes=1)
    assert client.get("/account").status_code == 303

    busy = office.client("lisi", new=True)
    for _ in range(7 * 4 - 1):
        office.driver.sleep(hours=6)
        assert busy.get("/account").status_code == 200
    office.driver.sleep(hours=6, minutes=1)
    assert busy.get("/account").status_code == 303


def test_guessing_is_slowed_down_for_one_account_and_others_may_still_sign_in(office) -> None:
    client = office.client(None, new=True)
    token = website.csrf(client.get("/login"))
    for _ in range(8):
        client.post("/login", data={"user": "zhangsan", "password": "guess", access.CSRF_FIELD: token})
    refused = client.post(
        "/login", data={"user": "zhangsan", "password": people.DEMO_PASSWORD, access.CSRF_FIELD: token}
    )
    assert refused.status_code == 403
    office.driver.sleep(hours=1)
    website.sign_in(client, "zhangsan")


def test_pages_carry_the_policy_that_forbids_everything_from_elsewhere(office) -> None:
    for path in ("/login", "/account", "/nothing-here", "/static/dist/app.css"):
        headers = office.client("zhangsan").get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
    assert office.client("zhangsan").get("/account").headers["cache-control"] == "no-store"


def test_the_language_is_one_setting_of_the_account(office) -> None:
    client = office.client("lisi", new=True)
    assert "退出" in client.get("/account").text
    client.post("/language", data={"language": "en", "next": "/account"})
    english = client.get("/account")
    assert website.page(english).get("lang") == "en"
    assert "Sign out" in english.text
    client.post("/language", data={"language": "xx", "next": "/account"})
    assert website.page(client.get("/account")).get("lang") == "en"
    elsewhere = office.client("lisi", new=True).get("/account")
    assert website.page(elsewhere).get("lang") == "en"
    assert website.page(elsewhere).xpath(
        "//*[@name='language' and (@checked or @selected)]/@value|//select[@name='language']/option[@selected]/@value"
    ) == ["en"]


def test_a_body_that_is_too_long_is_refused_before_it_is_read_whole(office) -> None:
    client = office.client("zhangsan")

    def endless():
        for _ in range(100):
            yield b"a" * 100_000

    answer = client.post("/logout", content=endless(), headers={"content-type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 413
    assert "4 MB" in answer.text


def test_errors_are_pages_for_people_and_problems_for_programs(office) -> None:
    client = office.client("zhangsan")
    page = client.get("/no-such-page")
    assert (page.status_code, website.text(page, "//h1")) == (404, "没有找到")
    problem = client.get("/no-such-page", headers={"accept": "application/json"})
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["code"] == "not-found"
    assert client.get("/admin").status_code == 403
    assert "系统管理员使用" in website.text(client.get("/admin"))
    assert client.put("/login").status_code == 405

"""What everybody looks after by themselves."""

from __future__ import annotations

import re

import website

from engine.actions import accounts, people
from engine.web import access


def test_changing_the_password_signs_all_other_browsers_out(office) -> None:
    here, elsewhere = office.client("zhangsan", new=True), office.client("zhangsan", new=True)
    wrong = {"old": "wrong", "new": "correct horse 2026", "again": "correct horse 2026"}
    assert here.post("/account/password", data=wrong).status_code == 422
    differing = {"old": people.DEMO_PASSWORD, "new": "correct horse 2026", "again": "correct horse 2027"}
    refused = here.post("/account/password", data=differing)
    assert "两次输入的新密码不一致" in website.text(refused)
    assert "correct horse" not in refused.text

    assert here.post("/account/password", data=differing | {"again": differing["new"]}).status_code == 303

    assert here.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 303
    website.sign_in(office.client(None, new=True), "zhangsan", "correct horse 2026")


def test_a_password_that_an_administrator_set_is_changed_before_anything_else(office) -> None:
    people.reset_password(office.engine, office.driver.user("admin"), "lisi", "first password 1")
    client = office.client(None, new=True)
    token = website.csrf(client.get("/login"))
    client.post("/login", data={"user": "lisi", "password": "first password 1", access.CSRF_FIELD: token})
    assert client.get("/account").headers["location"] == "/account/password"
    page = client.get("/account/password")
    assert "请先改为只有自己知道的密码" in website.text(page)
    data = {"old": "first password 1", "new": "second password 2", "again": "second password 2"}
    assert client.post("/account/password", data=data | {access.CSRF_FIELD: website.csrf(page)}).status_code == 303
    assert client.get("/account").status_code == 200


def test_other_browsers_are_listed_and_signed_out_one_or_all(office) -> None:
    here, lost = office.client("zhangsan", new=True), office.client("zhangsan", new=True)
    (end,) = website.page(here.get("/account")).xpath(
        "//form[contains(@action, '/account/sessions/')]/@action[not(.='/account/sessions/end')]"
    )
    assert office.client("lisi").post(end).status_code == 404
    assert lost.get("/account").status_code == 200
    assert here.post(end).status_code == 303
    assert lost.get("/account").status_code == 303
    again = office.client("zhangsan", new=True)
    assert here.post("/account/sessions/end").status_code == 303
    assert again.get("/account").status_code == here.get("/account").status_code == 303


def test_a_token_is_shown_once_and_works_until_it_is_revoked(office) -> None:
    client = office.client("zhangsan", new=True)
    made = client.post("/account/tokens", data={"name": "统计系统", "scopes": ["read", "work"]})
    (secret,) = website.page(made).xpath("//*[@id='secret']/text()")
    found = accounts.token_actor(office.engine, secret)
    assert found is not None
    assert (found[1].id, {scope.value for scope in found[0].scopes}) == ("zhangsan", {"read", "work"})
    later = client.get("/account")
    assert "统计系统" in later.text
    assert secret not in later.text

    (revoke,) = re.findall(r'action="(/account/tokens/\d+/revoke)"', later.text)
    assert office.client("lisi").post(revoke).status_code in (403, 404)
    assert client.post(revoke).status_code == 303
    assert accounts.token_actor(office.engine, secret) is None


def test_a_new_token_is_offered_what_its_owner_may_do(office) -> None:
    def offered(user_id: str) -> list[str]:
        page = website.page(office.client(user_id).get("/account"))
        return [str(value) for value in page.xpath("//input[@name='scopes']/@value")]

    assert offered("zhangsan") == ["read", "work", "start"]
    assert offered("admin") == ["read", "work", "start", "operate", "design"]


def test_a_token_allows_no_more_than_its_owner(office) -> None:
    refused = office.client("zhangsan").post("/account/tokens", data={"name": "甲", "scopes": ["operate"]})
    assert refused.status_code == 422
    assert not website.page(refused).xpath("//*[@id='secret']")


def test_somebody_asks_another_to_stand_in_and_ends_it(office) -> None:
    client = office.client("wangfang", new=True)
    data = {"substitute": "zhaogang", "begins_on": "2026-03-09", "ends_on": "2026-03-13", "reason": "出差"}
    assert client.post("/account/substitutions", data=data | {"substitute": "wangfang"}).status_code == 422
    backwards = client.post("/account/substitutions", data=data | {"ends_on": "2026-03-01"})
    assert backwards.status_code == 422
    assert website.page(backwards).xpath("//input[@id='reason']/@value") == ["出差"]
    assert client.post("/account/substitutions", data=data).status_code == 303
    assert "代理中" in website.text(client.get("/account"))
    assert "代理中" in website.text(office.client("zhaogang").get("/account"))

    (end,) = website.page(client.get("/account")).xpath("//form[contains(@action, '/account/substitutions/')]/@action")
    assert office.client("lisi").post(end).status_code == 403
    assert client.post(end).status_code == 303
    assert "代理中" not in website.text(client.get("/account"))


def test_the_profile_keeps_address_and_language(office) -> None:
    client = office.client("lisi", new=True)
    assert client.post("/account/profile", data={"email": "not an address", "language": "en"}).status_code == 422
    assert client.post("/account/profile", data={"email": "li@example.gov.cn", "language": "en"}).status_code == 303
    page = client.get("/account")
    assert website.page(page).get("lang") == "en"
    assert website.page(page).xpath("//input[@id='email']/@value") == ["li@example.gov.cn"]

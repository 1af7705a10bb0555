"""What strangers may ask of the portal is bounded by address, and what they have already is not sent again."""

from __future__ import annotations

import datetime

import publicpages
import pytest
import website
from starlette import testclient

from engine import errors
from engine.actions import attempts, withdrawing
from engine.web import throttle
from engine.web.routes import public_part

office = publicpages.office
stranger = publicpages.stranger


def paper(office):
    """Publish an official document; return the path of its publication."""
    issue = ["Issue", {"template": "notice", "data": {"subject": "停车", "text": "全文。"}}]
    case = office.driver.start("main", as_="admin", variables={"requests": [issue]})
    with office.engine.store.read() as uow:
        (issued,) = uow.records.documents_of(case.id)
    (one,) = publicpages.publish(office, publicpages.announce("停车方案", document=issued.id))
    return one, f"/public/items/{one}"


# --- how often -------------------------------------------------------------------------------------------------------


def test_so_many_at_once_then_one_after_a_while_and_others_are_not_held_up():
    held, now, second = throttle.Throttle(), datetime.datetime.now(datetime.UTC), datetime.timedelta(seconds=1)
    allowance = attempts.Allowance("print", 2, 10 * second)
    held.spend(allowance, "10.0.0.1", now)
    held.spend(allowance, "10.0.0.1", now)
    with pytest.raises(errors.TooManyAttempts, match="10 秒后再试"):
        held.spend(allowance, "10.0.0.1", now)
    held.spend(allowance, "10.0.0.2", now)
    held.spend(throttle.SEARCHING, "10.0.0.1", now)
    with pytest.raises(errors.TooManyAttempts, match="1 秒后再试"):
        held.spend(allowance, "10.0.0.1", now + 9 * second)
    held.spend(allowance, "10.0.0.1", now + 10 * second)
    with pytest.raises(errors.TooManyAttempts, match="4 秒后再试"):
        held.spend(allowance, "10.0.0.1", now + 16 * second)


@pytest.mark.parametrize(
    ("host", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
    ],
)
def test_an_address_of_version_6_is_counted_with_its_whole_network(office, host, client):
    seen = []
    made = testclient.TestClient(office.app, client=(host, 1))
    held = office.app.state.throttle
    office.app.state.throttle = type("Seen", (), {"spend": lambda _, __, who, ___: seen.append(who)})()
    made.get("/public/search?text=停车")
    office.app.state.throttle = held
    assert seen == [client]


def test_searching_and_printing_are_bounded_and_say_when_to_come_back(office, stranger):
    _, path = paper(office)
    for _ in range(throttle.SEARCHING.most):
        assert stranger.get("/public/search?text=停车").status_code == 200
    refused = stranger.get("/public/search?text=停车")
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1
    assert "操作过于频繁" in website.text(refused)
    assert stranger.get("/public/gongshi").status_code == 200, "reading on is free"
    for _ in range(throttle.PRINTING.most):
        assert stranger.get(f"{path}/document.docx").status_code == 200
    refused = stranger.get(f"{path}/document.docx")
    assert refused.status_code == 429
    assert "content-disposition" not in refused.headers


def test_downloads_are_bounded_and_what_a_browser_has_already_costs_nothing(office, stranger, monkeypatch):
    monkeypatch.setattr(throttle, "DOWNLOADING", attempts.Allowance("download", 2, datetime.timedelta(seconds=1)))
    named = office.driver.upload("方案.txt", "全文".encode(), as_="zhangsan")
    (one,) = publicpages.publish(office, publicpages.announce("方案", attachments=[named]))
    path = f"/public/items/{one}/files/1"
    first = stranger.get(path)
    assert first.headers["cache-control"] == "public, no-cache"
    known = {"if-none-match": first.headers["etag"]}
    assert [stranger.get(path, headers=known).status_code for _ in range(4)] == [304] * 4
    assert [stranger.get(path).status_code for _ in range(2)] == [200, 429]
    office.driver.advance(seconds=1)
    assert stranger.get(path).status_code == 200


def test_files_that_one_address_sends_in_a_day_are_bounded(office, stranger, monkeypatch):
    half = datetime.timedelta(hours=12)
    monkeypatch.setattr(public_part, "_UPLOADING", attempts.Allowance("public-upload", 2, half))
    path = "/public/services/report/reported"

    def send():
        fields = website.page(stranger.get(path)).xpath("//main//form[1]//input[@type='hidden']")
        data = {field.get("name"): field.get("value") for field in fields}
        typed = {**data, "_action": "submit", "problem": "不一致"}
        return stranger.post(path, data=typed, files={"proof": ("证明.txt", b"x" * 900_000, "text/plain")})

    assert [send().status_code for _ in range(3)] == [200, 200, 429]
    office.driver.advance(hours=13)
    assert send().status_code == 200, "half of a day gives half of it back"


def test_what_costs_more_counts_more(office):
    allowance = attempts.Allowance("upload", 5, datetime.timedelta(minutes=1))
    attempts.spend(office.engine, allowance, "10.0.0.1", cost=4)
    with pytest.raises(errors.TooManyAttempts, match="2 分钟后再试"):
        attempts.spend(office.engine, allowance, "10.0.0.1", cost=3)
    attempts.spend(office.engine, allowance, "10.0.0.1")


# --- what need not be sent again -------------------------------------------------------------------------------------


def test_files_are_not_sent_to_whoever_has_them_and_go_at_once_when_withdrawn(office, stranger):
    one, path = paper(office)
    for end in ("content.json", "document.html", "document.docx"):
        first = stranger.get(f"{path}/{end}")
        assert first.headers["cache-control"] == "public, no-cache"
        again = stranger.get(f"{path}/{end}", headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), end
        other = stranger.get(f"{path}/{end}", headers={"if-none-match": '"other"'})
        assert other.content == first.content
    changed = stranger.get(f"{path}/document.html").headers["last-modified"]
    assert stranger.get(f"{path}/document.html", headers={"if-modified-since": changed}).status_code == 304
    old = {"if-modified-since": "Mon, 01 Jan 2001 00:00:00 GMT"}
    assert stranger.get(f"{path}/document.html", headers=old).status_code == 200
    withdrawing.withdraw(office.engine, one, office.driver.user("admin"), "误公开")
    known = {"if-none-match": first.headers["etag"]}
    assert stranger.get(f"{path}/document.docx", headers=known).status_code == 404


def test_whoever_has_a_document_is_not_held_up(office, stranger):
    _, path = paper(office)
    etag = stranger.get(f"{path}/document.docx").headers["etag"]
    for _ in range(throttle.PRINTING.most + 5):
        assert stranger.get(f"{path}/document.docx", headers={"if-none-match": etag}).status_code == 304


def test_pages_and_feeds_are_sent_again_when_they_changed(office, stranger):
    paper(office)
    for path in ("/public", "/public/gongshi", "/public/places", "/public/feed.atom"):
        stranger.get(path)  # gets the cookie
        first = stranger.get(path)
        known = {"if-none-match": first.headers["etag"]}
        assert stranger.get(path, headers=known).status_code == 304, path
        if path != "/public/places":
            publicpages.publish(office, publicpages.announce(f"新的方案{path}"))
            later = stranger.get(path, headers=known)
            assert later.status_code == 200, path
            assert f"新的方案{path}" in later.text
    assert stranger.get("/public").headers["cache-control"] == "private, no-cache"
    assert stranger.get("/public/track").headers["cache-control"] == "no-store"

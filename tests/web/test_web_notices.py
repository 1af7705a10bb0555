"""The pages of notices, and those on which administrators look after mail and webhooks."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest
import website

from engine.actions import mails, notices, people, telling, webhooks
from engine.model import commands, events

ADMIN = commands.Actor("root", admin=True)


def say(
    office: website.Office,
    *users: str,
    kind: events.NoticeKind = events.NoticeKind.OFFERED,
    number: int = 1,
    link: str = "/tasks",
) -> None:
    """Tell people of something."""
    names = people.directory(office.engine)
    with office.engine.store.write() as uow:
        told = telling.Telling(office.engine, uow, names, office.driver.now)
        for each in range(number):
            told.tell(users, kind, f"e{kind}{link}{each}", f"可签收任务“{each}”", text="公开预审：办事指南", link=link)
        told.write()


def first(office: website.Office, user: str) -> events.Notice:
    return notices.inbox(office.engine, commands.Actor(user)).items[0]


def unread(office: website.Office, user: str) -> Sequence[events.Notice]:
    return notices.inbox(office.engine, commands.Actor(user), unread_only=True).items


def test_the_inbox_shows_what_is_unread_and_every_page_how_much(office):
    client = office.client("lisi")
    assert "没有未读通知" in website.text(client.get("/notices"))
    assert website.page(client.get("/account")).xpath("//header//span[contains(@class,'count-new')]") == []
    say(office, "lisi", "zhangsan", number=2)

    answer = client.get("/notices")
    assert "有 2 条未读" in website.text(answer)
    assert "可签收任务“0”" in website.text(answer)
    badge = website.page(client.get("/account")).xpath("//header//span[contains(@class,'count-new')]")
    assert badge[0].text.strip() == "2"


def test_following_a_notice_leads_to_what_it_is_about_and_marks_it_as_read(office):
    say(office, "lisi")
    notice = first(office, "lisi")
    answer = office.client("lisi").get(f"/notices/{notice.id}")

    assert (answer.status_code, answer.headers["location"]) == (303, "/tasks")
    assert "没有未读通知" in website.text(office.client("lisi").get("/notices"))
    assert "标为未读" in website.text(office.client("lisi").get("/notices?tab=all"))


def test_whoever_opens_what_notices_lead_to_has_read_them(office):
    case = office.driver.start("yushen", as_="张三")
    for link in (f"/tasks/{office.driver.task('填报公开申请单').id}", f"/cases/{case.id}"):
        say(office, "zhangsan", "lisi", kind=events.NoticeKind.URGED, number=2, link=link)
        assert office.client("zhangsan").get(link).status_code == 200
        assert [each.link for each in unread(office, "zhangsan") if each.link == link] == []
    assert len(unread(office, "lisi")) == 4


def test_a_notice_leads_nowhere_else(office):
    say(office, "lisi")
    with office.engine.store.write() as uow:
        uow.link.driver("UPDATE notices SET link = '//evil.test/'")
    answer = office.client("lisi").get(f"/notices/{first(office, 'lisi').id}")
    assert answer.headers["location"] == "/tasks"


def test_notices_of_others_are_not_there(office):
    say(office, "lisi")
    number = first(office, "lisi").id
    client = office.client("zhangsan")

    assert client.get(f"/notices/{number}").status_code == 404
    assert client.post(f"/notices/{number}/read").status_code == 404
    client.post(f"/notices/{number}/unread")
    client.post("/notices/read-all", data={"newest": str(number)})
    assert first(office, "lisi").read_at is None


def test_marking_as_read_and_unread_leads_back_to_the_list(office):
    say(office, "lisi")
    number = first(office, "lisi").id
    client = office.client("lisi")
    answer = client.post(f"/notices/{number}/read", data={"next": "/notices?tab=all&group=work"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/notices?tab=all&group=work")
    assert first(office, "lisi").read_at is not None

    answer = client.post(f"/notices/{number}/unread", data={"next": "https://evil.test/"})
    assert answer.headers["location"] == "/notices"
    assert first(office, "lisi").read_at is None


def test_everything_is_marked_as_read_up_to_what_was_shown(office):
    say(office, "lisi", number=3)
    client = office.client("lisi")
    (newest,) = website.page(client.get("/notices")).xpath("//input[@name='newest']/@value")
    say(office, "lisi", kind=events.NoticeKind.COPIED)
    assert client.post("/notices/read-all", data={"newest": newest}).status_code == 303

    assert "有 1 条未读" in website.text(client.get("/notices"))
    for wrong in ("", "x", "-1", "9" * 30):
        assert client.post("/notices/read-all", data={"newest": wrong}).status_code == 303
    assert "有 1 条未读" in website.text(client.get("/notices"))


def test_the_list_is_narrowed_and_paged(office):
    say(office, "lisi", number=31)
    say(office, "lisi", kind=events.NoticeKind.COPIED)
    client = office.client("lisi")
    (rows,) = [website.page(client.get("/notices?group=know")).xpath("//tbody/tr")]
    assert len(rows) == 1

    page = website.page(client.get("/notices"))
    assert len(page.xpath("//tbody/tr")) == 30
    (further,) = page.xpath("//a[@rel='next']/@href")
    assert len(website.page(client.get(further)).xpath("//tbody/tr")) == 2
    assert client.get("/notices?tab=nonsense&group=nonsense").status_code == 200
    assert client.get("/notices?after=nonsense").status_code == 422


def test_what_is_settled_is_greyed_with_its_outcome(office):
    say(office, "lisi")
    number = first(office, "lisi").id
    with office.engine.store.write() as uow:
        uow.notices.settle([(number, "现由张三办理")], office.driver.now)
    page = website.page(office.client("lisi").get("/notices?tab=all"))

    assert "现由张三办理" in page.text_content()
    assert page.xpath("//tbody/tr/td[@class='muted']")
    assert page.xpath("//tbody//form") == []


# --- preferences ------------------------------------------------------------------------------------------------------


def form(office, user: str) -> dict[str, str]:
    """Return the form of preferences as a browser would post it."""
    (found,) = website.page(office.client(user).get("/notices/preferences")).xpath(
        "//form[@action='/notices/preferences']"
    )
    return {name: value for name, value in found.form_values() if name != "csrf"}


def test_choices_are_kept_and_shown(office):
    given = form(office, "lisi")
    assert (given["remind_before"], given["digest"], given["mail-task-assigned"]) == ("1", "off", "now")
    given.pop("inbox-copied")
    given |= {"remind_before": "", "digest": "weekly", "mail-copied": "digest"}
    given.pop("remind_overdue")
    answer = office.client("lisi").post("/notices/preferences", data=given)

    assert answer.headers["location"] == "/notices/preferences"
    kept = notices.settings(office.engine, commands.Actor("lisi"))
    assert (kept.remind_before, kept.remind_overdue, kept.digest) == (None, False, events.DigestRhythm.WEEKLY)
    assert kept.choices == {events.NoticeKind.COPIED: events.Choice(False, events.MailChoice.DIGEST)}
    assert form(office, "lisi") == given


def test_choices_that_do_not_go_together_come_back_as_they_were_made(office):
    given = form(office, "lisi") | {"mail-copied": "digest", "remind_before": "3"}
    answer = office.client("lisi").post("/notices/preferences", data=given)

    assert answer.status_code == 422
    assert "请同时选择摘要的发送周期" in website.text(answer)
    page = website.page(answer)
    assert page.xpath("//select[@name='mail-copied']/option[@selected]/@value") == ["digest"]
    assert page.xpath("//select[@name='remind_before']/option[@selected]/@value") == ["3"]
    assert notices.settings(office.engine, commands.Actor("lisi")).choices == {}


@pytest.mark.parametrize("wrong", [{"remind_before": "99"}, {"digest": "hourly"}, {"mail-copied": "maybe"}])
def test_what_no_form_offers_is_refused(office, wrong):
    answer = office.client("lisi").post("/notices/preferences", data=form(office, "lisi") | wrong)
    assert answer.status_code == 422


def test_what_only_administrators_are_told_is_offered_to_them_alone(office):
    assert "办理异常" not in website.text(office.client("lisi").get("/notices/preferences"))
    assert "办理异常" in website.text(office.client("admin").get("/notices/preferences"))


# --- mail and webhooks ------------------------------------------------------------------------------------------------


@pytest.fixture
def mailing(office, monkeypatch):
    """The same office with a mail server in its settings."""
    settings = dataclasses.replace(
        office.engine.settings, smtp_host="mail.test", smtp_sender="gongkai@office.test", smtp_password="s3cret"
    )
    monkeypatch.setattr(office.engine, "settings", settings)
    return office


def test_administrators_see_how_mail_is_set_up_and_goes(office):
    assert "尚未设置邮件服务器" in website.text(office.client("admin").get("/admin/mail"))
    assert office.client("admin").post("/admin/mail/test", data={"address": "a@b.test"}).status_code == 422


def test_a_test_mail_is_posted_and_a_failed_one_sent_again(mailing):
    client = mailing.client("admin")
    assert client.post("/admin/mail/test", data={"address": "nobody"}).status_code == 422
    assert client.post("/admin/mail/test", data={"address": "li@office.test"}).status_code == 303
    answer = client.get("/admin/mail")
    assert "mail.test:587" in website.text(answer)
    assert "li@office.test" in website.text(answer)
    assert "s3cret" not in answer.text
    (mail,) = mails.lease(mailing.engine)
    mails.refused(mailing.engine, mail, "邮件服务器答复 550：no such user")
    assert "no such user" in website.text(client.get("/admin/mail?status=failed"))
    assert "没有邮件" in website.text(client.get("/admin/mail?status=sent"))
    assert client.post(f"/admin/mail/{mail.id}/retry").status_code == 303
    assert client.post(f"/admin/mail/{mail.id}/retry").status_code == 409


def test_a_webhook_is_added_and_its_secret_shown_once(office):
    client = office.client("admin")
    given = {"url": "https://other.test/hook", "events": ["task.created", "instance.ended"]}
    answer = client.post("/admin/webhooks", data=given)
    (secret,) = website.page(answer).xpath("//code[@id='secret']/text()")

    assert secret.startswith("whsec_")
    again = client.get("/admin/webhooks")
    assert "https://other.test/hook" in website.text(again)
    assert secret not in again.text
    assert webhooks.webhooks(office.engine, ADMIN)[0].events == ("task.created", "instance.ended")


def test_a_webhook_that_is_refused_comes_back_as_it_was_typed(office):
    answer = office.client("admin").post("/admin/webhooks", data={"url": "nowhere", "events": ["task.created"]})

    assert answer.status_code == 422
    page = website.page(answer)
    assert page.xpath("//input[@name='url']/@value") == ["nowhere"]
    assert page.xpath("//input[@name='events'][@checked]/@value") == ["task.created"]


def test_a_webhook_is_paused_activated_looked_at_and_removed(office):
    client = office.client("admin")
    number = webhooks.add(office.engine, ADMIN, "https://other.test/", ["*"]).webhook.id
    event = events.Event("e1", "task.created", office.driver.now, {})
    with office.engine.store.write() as uow:
        uow.webhooks.post([(number, "d-1", event, "{}")], office.driver.now)

    assert "d-1" in website.text(client.get(f"/admin/webhooks/{number}"))
    assert client.post("/admin/webhooks/deliveries/1/retry").headers["location"] == f"/admin/webhooks/{number}"
    assert client.post(f"/admin/webhooks/{number}/pause").status_code == 303
    assert "暂停" in website.text(client.get("/admin/webhooks"))
    assert client.post(f"/admin/webhooks/{number}/activate").status_code == 303
    assert client.post(f"/admin/webhooks/{number}/remove").status_code == 303
    assert client.get(f"/admin/webhooks/{number}").status_code == 404


@pytest.mark.parametrize("path", ["/admin/mail", "/admin/webhooks", "/admin/webhooks/1"])
def test_only_administrators_look_after_mail_and_webhooks(office, path):
    assert office.client("lisi").get(path).status_code == 403


@pytest.mark.parametrize("path", ["/notices", "/notices/preferences", "/admin/mail", "/admin/webhooks"])
def test_pages_are_there_in_english(office, path):
    client = office.client("admin")
    client.post("/language", data={"language": "en", "next": "/notices"})
    main = website.text(client.get(path), "//main//h1")
    assert main.isascii()


def test_the_front_page_of_administration_tells_of_mail_and_webhooks_in_trouble(mailing):
    client = mailing.client("admin")
    mailing.driver.clock.advance(minutes=1)
    assert "没有等待发送的邮件" in website.text(client.get("/admin"), "//tr[th='邮件']")
    mails.post_test(mailing.engine, ADMIN, "li@office.test")
    hook = webhooks.add(mailing.engine, ADMIN, "https://other.test/", ["*"]).webhook
    with mailing.engine.store.write() as uow:
        uow.webhooks.set_status(hook, events.WebhookStatus.DISABLED, None, error="503")
    mailing.driver.clock.advance(hours=2)

    page = client.get("/admin")
    assert "1 封等待发送，最早的已等待 2 小时" in website.text(page, "//tr[th='邮件']")
    assert "1 号已停用" in website.text(page, "//tr[th='事件推送']")
    assert "需处理" in website.text(page, "//tr[th='通知']"), "nobody was told for two hours"

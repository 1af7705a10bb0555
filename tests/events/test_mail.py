"""Mail over a real SMTP server: what it says, how often it comes, and that nothing is lost on the way."""

from __future__ import annotations

import datetime
import pathlib
import subprocess
import sys

import certificates
import pytest
import staff

from engine import errors
from engine.actions import mails, notices
from engine.jobs import notify, smtp
from engine.model import commands, events
from engine.store import tables_events

MINUTE = datetime.timedelta(minutes=1)


def text(letter) -> str:
    return letter.get_body(("plain",)).get_content()


def html(letter) -> str:
    return letter.get_body(("html",)).get_content()


def post(office) -> list[events.Mail]:
    """Return the mails of an office, oldest first."""
    return list(reversed(mails.overview(office.engine, staff.ADMIN, limit=1000).page.items))


@pytest.fixture
def server(mail_server):
    return mail_server()


@pytest.fixture
def office(open_office, mail_settings, server):
    return open_office(mail_settings(server.port))


# --- what it says -----------------------------------------------------------------------------------------------------


def test_a_task_of_ones_own_comes_by_mail_with_a_way_to_its_page(office, server):
    office.start("own", as_="lisi", business_key="BZ-7")
    office.advance(minutes=2)

    (letter,) = server.letters
    task = office.task("补正材料")
    assert letter["To"] == "张三 <zhangsan@office.test>"
    assert letter["From"] == "政务公开办理 <gongkai@office.test>"
    assert letter["Subject"] == "待办任务“补正材料”"
    assert letter["List-Id"] == "<gongkai.office.test>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"].endswith("@office.test>")
    for said in (text(letter), html(letter)):
        assert "张三，您好" in said
        assert "BZ-7" in said
        assert f"https://office.test/tasks/{task.id}" in said
        assert "https://office.test/notices/preferences" in said


def test_what_others_may_do_as_well_comes_by_no_mail_unless_somebody_wants_it(office, server):
    choose(office, "lisi", {events.NoticeKind.OFFERED: events.Choice(mail=events.MailChoice.NOW)})
    office.start("main", as_="zhangsan")
    office.advance(minutes=2)

    assert [letter["To"] for letter in server.letters] == ["李四 <lisi@office.test>"]


def choose(office, user_id, choices, digest=events.DigestRhythm.OFF):
    notices.save_settings(
        office.engine, commands.Actor(user_id), choices=choices, remind_before=1, remind_overdue=True, digest=digest
    )


def test_nothing_that_people_write_becomes_a_header_or_markup(office, server):
    hostile = "甲\r\nBcc: thief@evil.test\r\n\r\n<script>alert(1)</script>"
    office.start("own", as_="lisi", business_key=hostile)
    with office.engine.store.write() as uow:
        uow.link.run(tables_events.notices.update().values(title="x\r\nBcc: thief@evil.test"), {})
    office.advance(minutes=2)

    (letter,) = server.letters
    assert letter["Bcc"] is None
    assert letter["X-Recipients"] == "zhangsan@office.test"
    assert "<script>" not in html(letter)
    assert "&lt;script&gt;" in html(letter)


def test_a_name_that_nobody_could_put_in_a_header_harms_nobody(office, server):
    with office.engine.store.write() as uow:
        uow.link.driver("UPDATE users SET name = '张\n三', email = 'zhang san@@x' WHERE id = 'zhangsan'")
        uow.link.driver("UPDATE users SET name = '\"李\" <x@y>, 四' WHERE id = 'lisi'")
    office.start("own", as_="lisi")
    office.advance(minutes=2)
    (bad,) = post(office)
    assert (bad.status, server.letters) == (events.MailStatus.FAILED, [])

    office.transfer("补正材料", to="lisi", as_="admin")
    office.run()
    office.advance(minutes=2)
    assert [letter["X-Recipients"] for letter in server.letters] == ["lisi@office.test"]


# --- how often --------------------------------------------------------------------------------------------------------


def test_what_happens_together_comes_in_one_mail_and_the_next_one_ten_minutes_later(office, server):
    for number in range(3):
        office.start("own", as_="lisi", business_key=f"BZ-{number}")
    office.advance(minutes=2)
    assert [letter["Subject"] for letter in server.letters] == ["待办任务“补正材料”等3条通知"]

    for number in range(3, 6):
        office.start("own", as_="lisi", business_key=f"BZ-{number}")
        office.advance(minutes=1)
    assert len(server.letters) == 1
    office.advance(minutes=10)
    assert len(server.letters) == 2
    assert all(f"BZ-{number}" in text(server.letters[1]) for number in (3, 4, 5))


def test_what_was_read_or_done_meanwhile_comes_by_no_mail(office, server):
    office.start("own", as_="lisi")
    zhangsan = commands.Actor("zhangsan")
    (notice,) = notices.inbox(office.engine, zhangsan).items
    notices.mark_read(office.engine, zhangsan, [notice.id])
    office.start("own", as_="lisi")
    office.complete("补正材料", as_="zhangsan")
    office.advance(minutes=30)

    assert server.letters == []
    assert post(office) == []


def test_what_is_about_the_account_comes_at_once(office, server):
    from engine.actions import people

    office.start("own", as_="lisi")
    office.advance(minutes=2)
    people.reset_password(office.engine, staff.ADMIN, "zhangsan")
    office.run()

    assert [letter["Subject"] for letter in server.letters] == ["待办任务“补正材料”", "您的密码已重置"]


def test_without_a_mail_server_nothing_is_posted(open_office):
    office = open_office(staff.SETTINGS)
    office.start("own", as_="lisi")
    office.advance(days=2)

    with office.refused("没有设置邮件服务器", errors.Conflict):
        mails.post_test(office.engine, staff.ADMIN, "a@office.test")
    assert post(office) == []
    assert notify.next_due(office.engine) is None


# --- digests ----------------------------------------------------------------------------------------------------------


def test_a_digest_lists_what_is_overdue_due_soon_open_and_offered(office, server):
    choose(office, "zhangsan", {}, events.DigestRhythm.DAILY)
    office.start("main", as_="lisi", business_key="旧件")
    office.claim("起草", as_="zhangsan")
    office.sleep(to="2026-03-16 09:30")
    office.run()
    server.letters.clear()
    office.start("main", as_="lisi", business_key="新件")
    office.claim("起草", as_="zhangsan")
    office.start("main", as_="lisi", business_key="众件")
    office.start("own", as_="lisi", business_key="无期")
    office.advance(to="2026-03-17 09:00")

    (digest,) = [letter for letter in server.letters if letter["Subject"].startswith("待办摘要")]
    assert digest["Subject"] == "待办摘要：已逾期1件，即将到期1件，其他待办1件，可签收1件"
    said = text(digest)
    places = [
        said.index(each)
        for each in ("已逾期（1）", "旧件", "即将到期（1）", "新件", "其他待办（1）", "无期", "可签收（1）", "众件")
    ]
    assert places == sorted(places)


def test_a_digest_comes_once_after_downtime_and_not_when_there_is_nothing_to_say(office, server):
    choose(office, "zhangsan", {}, events.DigestRhythm.DAILY)
    office.advance(days=3)
    assert server.letters == []

    office.start("own", as_="lisi")
    office.advance(minutes=5)
    server.letters.clear()
    office.sleep(to="2026-03-27 11:00")
    office.run()
    assert [letter["Subject"] for letter in server.letters] == ["待办摘要：其他待办1件"]


def test_notices_wait_for_the_digest_where_somebody_wants_that(office, server):
    offered = {events.NoticeKind.OFFERED: events.Choice(mail=events.MailChoice.DIGEST)}
    choose(office, "lisi", offered, events.DigestRhythm.WEEKLY)
    office.start("main", as_="zhangsan", business_key="周件")
    office.complete("起草", as_="zhangsan")
    office.start("main", as_="zhangsan", business_key="另件")
    office.advance(to="2026-03-16 09:00")

    (letter,) = [each for each in server.letters if each["To"].startswith("李四") and "摘要" in each["Subject"]]
    assert "通知（1）" in text(letter), "the first one is done: it is no news any more"
    assert "另件" in text(letter)


# --- trouble ----------------------------------------------------------------------------------------------------------


def test_a_recipient_that_is_refused_fails_alone_and_administrators_are_told(office, server):
    server.refusals["zhangsan@office.test"] = "550 5.1.1 no such user"
    office.start("own", as_="lisi")
    choose(office, "lisi", {events.NoticeKind.OFFERED: events.Choice(mail=events.MailChoice.NOW)})
    office.start("main", as_="zhangsan")
    office.advance(minutes=2)

    assert [letter["X-Recipients"] for letter in server.letters] == ["lisi@office.test"]
    (failed,) = [mail for mail in post(office) if mail.status is events.MailStatus.FAILED]
    assert failed.last_error == "邮件服务器答复 550：5.1.1 no such user"
    assert failed.attempts == 1
    (notice,) = notices.inbox(office.engine, commands.Actor("boss")).items
    assert notice.title == "发往 zhangsan@office.test 的邮件未能送达"
    assert mails.overview(office.engine, staff.ADMIN).traffic.failed == 1


def test_a_failed_mail_is_sent_when_somebody_says_so(office, server):
    server.refusals["zhangsan@office.test"] = "550 no"
    office.start("own", as_="lisi")
    office.advance(minutes=2)
    server.refusals.clear()
    (failed,) = post(office)

    assert mails.retry(office.engine, staff.ADMIN, failed.id).status is events.MailStatus.WAITING
    office.run()
    assert len(server.letters) == 1
    with office.refused("没有失败", errors.Conflict):
        mails.retry(office.engine, staff.ADMIN, failed.id)


def test_a_server_that_is_down_gets_the_mail_when_it_is_up_again(office, server):
    server.stop()
    office.start("own", as_="lisi")
    office.advance(seconds=90)
    (waiting,) = post(office)
    assert (waiting.status, waiting.attempts) == (events.MailStatus.WAITING, 1)
    assert "不能连接邮件服务器" in waiting.last_error

    office.advance(minutes=30)
    (notice,) = notices.inbox(office.engine, commands.Actor("boss")).items
    assert notice.title == "邮件发送不出去，正在重试"
    server.start()
    office.advance(hours=2)
    (letter,) = server.letters
    assert letter["Message-ID"] == waiting.message_id
    assert post(office)[0].status is events.MailStatus.SENT


def test_a_mail_that_is_put_off_by_the_server_is_tried_with_the_same_message_id(office, server):
    server.refusals["zhangsan@office.test"] = "451 4.7.1 greylisted"
    office.start("own", as_="lisi")
    office.advance(seconds=90)
    before = post(office)[0]
    server.refusals.clear()
    office.advance(minutes=2)

    assert [letter["Message-ID"] for letter in server.letters] == [before.message_id]


def test_a_mail_that_nobody_takes_is_given_up_after_a_day(office, server):
    server.refusals["zhangsan@office.test"] = "451 not now"
    office.start("own", as_="lisi")
    office.advance(hours=20)
    assert post(office)[0].status is events.MailStatus.WAITING
    office.advance(hours=5)

    mail = post(office)[0]
    assert (mail.status, mail.attempts) == (events.MailStatus.FAILED, len(mails.BACKOFF) + 1)


KILLED = """
import os, pathlib, sys
from engine import bootstrap, config, testing
from engine.actions import mails
from engine.jobs import smtp

def die(*_):
    os._exit(9)

mails.sent = die  # the server has taken it, and nobody noted that
settings = config.Settings(database=sys.argv[1], smtp_host="127.0.0.1", smtp_port=int(sys.argv[2]),
    smtp_security="none", smtp_sender="gongkai@office.test", packs=(pathlib.Path(sys.argv[3]),))
with bootstrap.open_engine(settings, testing.FixedClock(sys.argv[4]), shipped_packs=False) as engine:
    smtp.send_due(engine)
"""


def test_a_mail_of_a_killed_process_is_sent_again_with_the_same_message_id(office, server, tmp_path):
    office.start("own", as_="lisi")
    office.clock.advance(minutes=2)
    notify.round_(office.engine)  # posted, not sent
    arguments = [office.engine.settings.database, str(server.port), str(tmp_path / "packs"), office.now.isoformat()]
    died = subprocess.run([sys.executable, "-c", KILLED, *arguments], timeout=60, check=False)
    assert died.returncode == 9
    assert len(server.letters) == 1

    office.run()
    assert len(server.letters) == 1, "somebody may still be at it"
    office.advance(seconds=mails.LEASE_SECONDS)
    first, second = server.letters
    assert first["Message-ID"] == second["Message-ID"]
    assert text(first).splitlines()[0] == text(second).splitlines()[0]
    office.advance(days=1)
    assert len([each for each in server.letters if each["Message-ID"] == first["Message-ID"]]) == 2


def test_a_sender_that_comes_back_late_has_no_say(office, server):
    office.start("own", as_="lisi")
    office.clock.advance(minutes=2)
    notify.round_(office.engine)
    (late,) = mails.lease(office.engine)
    office.clock.advance(seconds=mails.LEASE_SECONDS)
    notify.until_idle(office.engine)
    mails.refused(office.engine, late, "too late")

    assert post(office)[0].status is events.MailStatus.SENT


# --- how it connects --------------------------------------------------------------------------------------------------


def send_test(office) -> events.Mail:
    made = mails.post_test(office.engine, staff.ADMIN, "probe@office.test")
    smtp.send_due(office.engine)
    with office.engine.store.read() as uow:
        return uow.mails.get(made.id)


@pytest.fixture
def trusted(tmp_path, monkeypatch):
    """A certificate that this process trusts."""
    made = certificates.make(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.certificate))
    return made


class Login:
    """Lets in one user."""

    def __call__(self, server, session, envelope, mechanism, data):
        from aiosmtpd.smtp import AuthResult

        return AuthResult(success=(data.login, data.password) == (b"gongkai", b"s3cret-words"), handled=False)


def test_a_connection_is_protected_by_starttls_before_anybody_signs_in(
    open_office, mail_server, mail_settings, trusted
):
    server = mail_server(
        tls_context=trusted.server_context(), require_starttls=True, authenticator=Login(), auth_required=True
    )
    office = open_office(
        mail_settings(
            server.port,
            smtp_host="localhost",
            smtp_security="starttls",
            smtp_user="gongkai",
            smtp_password="s3cret-words",
        )
    )
    assert send_test(office).status is events.MailStatus.SENT
    assert server.letters[0]["Subject"] == "测试邮件"


def test_a_connection_is_protected_from_its_beginning_by_ssl(open_office, mail_server, mail_settings, trusted):
    server = mail_server(ssl_context=trusted.server_context())
    office = open_office(mail_settings(server.port, smtp_host="localhost", smtp_security="ssl"))

    assert send_test(office).status is events.MailStatus.SENT


def test_a_server_that_offers_no_protection_gets_neither_password_nor_mail(open_office, mail_server, mail_settings):
    server = mail_server()
    office = open_office(
        mail_settings(server.port, smtp_security="starttls", smtp_user="gongkai", smtp_password="s3cret-words")
    )
    mail = send_test(office)

    assert (mail.status, server.letters) == (events.MailStatus.WAITING, [])
    assert "STARTTLS" in mail.last_error


def test_a_server_that_nobody_vouches_for_gets_neither_password_nor_mail(
    open_office, mail_server, mail_settings, tmp_path
):
    unknown = certificates.make(tmp_path)
    server = mail_server(ssl_context=unknown.server_context())
    office = open_office(mail_settings(server.port, smtp_host="localhost", smtp_security="ssl"))
    mail = send_test(office)

    assert (mail.status, server.letters) == (events.MailStatus.WAITING, [])
    assert "certificate" in mail.last_error.lower()


def test_a_wrong_password_is_told_and_never_shown(open_office, mail_server, mail_settings, caplog):
    server = mail_server(authenticator=Login(), auth_require_tls=False)
    office = open_office(mail_settings(server.port, smtp_user="gongkai", smtp_password="wr0ng-words"))
    mail = send_test(office)

    assert "拒绝登录" in mail.last_error
    assert "wr0ng-words" not in mail.last_error + caplog.text + repr(office.engine.settings)


def test_a_password_may_be_in_a_file(open_office, mail_server, mail_settings, tmp_path: pathlib.Path):
    (tmp_path / "password").write_text("s3cret-words\n", encoding="utf-8")
    server = mail_server(authenticator=Login(), auth_require_tls=False)
    given = {"smtp_user": "gongkai", "smtp_password_file": str(tmp_path / "password")}
    office = open_office(mail_settings(server.port, **given))
    assert send_test(office).status is events.MailStatus.SENT

    (tmp_path / "password").unlink()
    mail = send_test(office)
    assert "不能读取邮件密码文件" in mail.last_error


def test_only_operators_look_at_mail_and_send_tests(office):
    for call in (
        lambda actor: mails.overview(office.engine, actor),
        lambda actor: mails.post_test(office.engine, actor, "a@office.test"),
        lambda actor: mails.retry(office.engine, actor, 1),
    ):
        with pytest.raises(errors.Forbidden):
            call(commands.Actor("zhangsan"))


def test_an_address_that_is_none_is_not_posted_to(office):
    for address in ("", "a", "a@", "a b@c", "a@b\r\nBcc: c@d"):
        with office.refused("名称@域名", errors.InvalidInput):
            mails.post_test(office.engine, staff.ADMIN, address)

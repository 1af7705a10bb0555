"""Notices, choices, mail and webhooks as they are kept, the same on every database."""

from __future__ import annotations

import dataclasses
import datetime

import pytest

from engine import errors
from engine.model import events, instances, steps
from engine.store import event_queries, notices

NOW = datetime.datetime(2026, 3, 2, 1, 30, tzinfo=datetime.UTC)
MINUTE = datetime.timedelta(minutes=1)
KIND = events.NoticeKind


def notice(person: str = "li", event: str = "user_task/1", **given: object) -> notices.NewNotice:
    values: dict[str, object] = {"kind": KIND.OFFERED, "title": "新任务", "text": "", "link": "/tasks/1", **given}
    return notices.NewNotice(person=person, event=event, created_at=NOW, **values)


def tell(database, *new: notices.NewNotice) -> None:
    with database.write() as uow:
        uow.notices.add(new)


def inbox(database, person: str = "li", **given: object) -> list[events.Notice]:
    with database.read() as uow:
        return list(event_queries.inbox(uow, person, **given).items)


# --- notices ----------------------------------------------------------------------------------------------------------


def test_a_notice_is_kept_once_for_each_person_kind_and_event(database):
    tell(database, notice(), notice("wang"), notice(kind=KIND.URGED))
    tell(database, notice(title="又一次"), notice(event="user_task/2"))

    assert [(n.kind, n.event, n.title) for n in inbox(database)] == [
        (KIND.OFFERED, "user_task/2", "新任务"),
        (KIND.URGED, "user_task/1", "新任务"),
        (KIND.OFFERED, "user_task/1", "新任务"),
    ]
    assert len(inbox(database, "wang")) == 1


def test_what_somebody_does_not_want_in_the_inbox_is_not_there_and_not_counted(database):
    tell(database, notice(inbox=False, mail=events.MailChoice.NOW))

    assert inbox(database) == []
    with database.read() as uow:
        assert uow.notices.unread("li") == 0
        assert len(uow.notices.unmailed("li", events.MailChoice.NOW, 10)) == 1


def test_unread_notices_are_counted_up_to_a_limit(database):
    tell(database, *(notice(event=f"e{number}") for number in range(notices.MOST_COUNTED + 5)))
    with database.read() as uow:
        assert uow.notices.unread("li") == notices.MOST_COUNTED
    with database.write() as uow:
        assert uow.notices.read_all("li", 100_000, NOW) == notices.MOST_COUNTED + 5
    with database.read() as uow:
        assert uow.notices.unread("li") == 0


def test_the_inbox_can_be_narrowed_to_what_is_unread_and_to_kinds(database):
    tell(database, notice(), notice(kind=KIND.COPIED), notice(kind=KIND.URGED))
    newest = inbox(database)[0]
    with database.write() as uow:
        uow.notices.read(newest.id, "li", NOW)
        uow.notices.read(newest.id - 1, "wang", NOW)  # not theirs

    assert [n.kind for n in inbox(database, unread_only=True)] == [KIND.COPIED, KIND.OFFERED]
    assert [n.kind for n in inbox(database, kinds=[KIND.COPIED, KIND.URGED])] == [KIND.URGED, KIND.COPIED]


def test_a_notice_is_settled_when_its_task_is_over_or_somebody_elses(desk):
    database, task = desk.database, desk.task(assignee="li")
    given = {"instance_id": task.instance_id, "user_task_id": task.id}
    tell(database, notice("li", **given), notice("wang", mail=events.MailChoice.NOW, **given))
    with database.write() as uow:
        (found,) = uow.notices.unsettled([task.instance_id])
        assert (found.person, found.assignee, found.status) == ("wang", "li", instances.UserTaskStatus.OPEN)
        uow.notices.settle([(found.id, "现由李四办理")], NOW)
        assert uow.notices.unsettled([task.instance_id]) == []
        assert uow.notices.unmailed("wang", events.MailChoice.NOW, 10) == []
    assert inbox(database, "wang")[0].outcome == "现由李四办理"
    desk.go_on(task.instance_id, closed=(steps.Closed("user_task", task.token, "completed"),))
    with database.read() as uow:
        assert [each.person for each in uow.notices.unsettled([task.instance_id])] == ["li"]


def test_a_settled_notice_asks_for_work_again(database):
    tell(database, notice(), notice("wang"))
    with database.write() as uow:
        uow.notices.settle([(each.id, "x") for person in ("li", "wang") for each in inbox_of(uow, person)], NOW)
        uow.notices.reopen(["li"], KIND.OFFERED, "user_task/1")

    assert inbox(database)[0].settled_at is None
    assert inbox(database, "wang")[0].settled_at == NOW


def inbox_of(uow, person):
    return event_queries.inbox(uow, person).items


def test_a_later_notice_takes_the_place_of_earlier_ones_of_the_same_task(desk):
    database, task = desk.database, desk.task(assignee="li")
    given = {"instance_id": task.instance_id, "user_task_id": task.id}
    tell(
        database,
        notice(**given),
        notice(event="audit/7", kind=KIND.DELEGATED, **given),
        notice(event="d", kind=KIND.DUE_SOON, **given),
        notice("wang", event="d", kind=KIND.OVERDUE, **given),
    )
    with database.write() as uow:
        uow.notices.supersede_reminders(task, NOW)
    assert [n.settled_at for n in inbox(database)] == [NOW, None, None]
    assert inbox(database, "wang")[0].settled_at == NOW
    with database.write() as uow:
        uow.notices.supersede(task, ["li"], "audit/7", NOW)
    assert [n.settled_at for n in inbox(database)] == [NOW, None, NOW]


def test_old_notices_are_forgotten_and_new_ones_kept(database):
    tell(database, notice(event="old"))
    tell(database, dataclasses.replace(notice(event="new"), created_at=NOW + MINUTE))
    with database.write() as uow:
        assert uow.notices.purge(NOW + MINUTE) == 1
        assert uow.notices.purge(NOW + MINUTE) == 0
    assert [n.event for n in inbox(database)] == ["new"]


def test_a_mailbox_is_emptied_at_the_earliest_time_that_was_asked_for(database):
    with database.write() as uow:
        uow.notices.mail_by([("li", NOW + 2 * MINUTE), ("wang", NOW)])
        uow.notices.mail_by([("li", NOW + MINUTE)])
        uow.notices.mail_by([("li", NOW + 3 * MINUTE)])
        assert uow.notices.full_mailboxes(NOW, 10) == ["wang"]
        assert uow.notices.full_mailboxes(NOW + MINUTE, 10) == ["wang", "li"]
        assert uow.notices.last_mailed(["li", "wang"]) == {}
        uow.notices.emptied("li", NOW + MINUTE, None)
        uow.notices.emptied("wang", None, NOW + 9 * MINUTE)
        assert uow.notices.last_mailed(["li", "wang"]) == {"li": NOW + MINUTE}
        uow.notices.emptied("li", None, None)
        assert uow.notices.last_mailed(["li"]) == {"li": NOW + MINUTE}
        assert not uow.notices.any_full(NOW + 8 * MINUTE)
        assert uow.notices.any_full(NOW + 9 * MINUTE)


def test_what_was_put_into_a_mail_is_not_put_into_another(database):
    tell(database, *(notice(event=f"e{number}", mail=events.MailChoice.NOW) for number in range(3)))
    tell(database, notice(event="later", mail=events.MailChoice.DIGEST))
    with database.write() as uow:
        two = uow.notices.unmailed("li", events.MailChoice.NOW, 2)
        uow.notices.mailed("li", events.MailChoice.NOW, two[-1].id)
        assert [n.event for n in uow.notices.unmailed("li", events.MailChoice.NOW, 10)] == ["e2"]
        assert [n.event for n in uow.notices.unmailed("li", events.MailChoice.DIGEST, 10)] == ["later"]


# --- choices and reminders --------------------------------------------------------------------------------------------


def test_choices_come_back_as_they_were_made(database):
    chosen = events.NoticeSettings(
        "li",
        {KIND.OFFERED: events.Choice(False, events.MailChoice.DIGEST)},
        remind_before=None,
        remind_overdue=False,
        digest=events.DigestRhythm.WEEKLY,
        digest_due=NOW,
    )
    with database.write() as uow:
        uow.notice_settings.save(dataclasses.replace(chosen, remind_before=3))
        uow.notice_settings.save(chosen)
    with database.write() as uow:
        assert uow.notice_settings.get("li") == chosen
        assert uow.notice_settings.get("wang") == events.NoticeSettings("wang")
        assert uow.notice_settings.of(["li", "wang"])["wang"].remind_before == 1
        assert uow.notice_settings.any_digest_due(NOW)
        assert not uow.notice_settings.any_digest_due(NOW - MINUTE)
        assert uow.notice_settings.due_digests(NOW, 10) == [chosen]


def test_things_are_looked_at_when_their_time_has_come(database):
    with database.write() as uow:
        uow.reminders.set({"user_task/1": NOW + MINUTE, "user_task/2": NOW, "substitution/1": NOW - MINUTE})
        uow.reminders.set({"user_task/1": NOW - 2 * MINUTE, "substitution/1": None})
        assert uow.reminders.due(NOW, 10) == ["user_task/1", "user_task/2"]
        assert uow.reminders.any_due(NOW)
        assert not uow.reminders.any_due(NOW - 3 * MINUTE)


# --- mail -------------------------------------------------------------------------------------------------------------


def add_mail(uow, event: str = "e") -> events.Mail:
    uow.mails.add(
        event,
        events.MailKind.NOTICES,
        person="li",
        address="li@office.test",
        subject="新任务",
        content={"name": "李", "sections": []},
        message_id="<1@office.test>",
        at=NOW,
    )
    return uow.mails.of_event(event)


def test_a_mail_is_posted_once_and_leased_to_one_sender_at_a_time(database):
    with database.write() as uow:
        add_mail(uow)
        add_mail(uow)
        (mail,) = uow.mails.lease(NOW, 10, 60)
        assert mail.attempts == 1
        assert uow.mails.lease(NOW, 10, 60) == []
        (again,) = uow.mails.lease(NOW + MINUTE, 10, 60)
        assert not uow.mails.sent(mail, NOW), "the first sender has no say any more"
        assert uow.mails.sent(again, NOW)
        assert not uow.mails.retry(again, NOW, "x")
        assert uow.mails.get(mail.id).status is events.MailStatus.SENT
        assert not uow.mails.any_due(NOW + 1000 * MINUTE)


def test_a_mail_that_failed_waits_again_when_somebody_says_so(database):
    with database.write() as uow:
        add_mail(uow)
        (mail,) = uow.mails.lease(NOW, 10, 60)
        assert uow.mails.retry(mail, NOW + MINUTE, "later")
        (mail,) = uow.mails.lease(NOW + MINUTE, 10, 60)
        assert (mail.attempts, mail.last_error) == (2, "later")
        assert uow.mails.fail(mail, "never")
        assert uow.mails.traffic().failed == 1
        assert [m.id for m in event_queries.mails(uow, status=events.MailStatus.FAILED).items] == [mail.id]
        assert event_queries.mails(uow, status=events.MailStatus.SENT).items == ()
        assert uow.mails.again(mail.id, NOW)
        assert not uow.mails.again(mail.id, NOW)
        traffic = uow.mails.traffic()
        assert (traffic.waiting, traffic.waiting_since, traffic.failed) == (1, NOW, 0)


def test_old_mails_are_forgotten_unless_they_still_wait(database):
    with database.write() as uow:
        add_mail(uow, "waits")
        add_mail(uow, "done")
        for mail in uow.mails.lease(NOW, 10, 60):
            if mail.event == "done":
                uow.mails.sent(mail, NOW)
        assert uow.mails.purge(NOW + MINUTE) == 1
        assert [m.event for m in event_queries.mails(uow).items] == ["waits"]


# --- webhooks ---------------------------------------------------------------------------------------------------------


def event(number: int = 1) -> events.Event:
    return events.Event(f"e{number}", "task.created", NOW, {})


def add_hook(uow, url: str = "https://a.test/") -> events.Webhook:
    return uow.webhooks.add(url, ("*",), "whsec_x", by="root", at=NOW)


def test_an_event_is_posted_to_a_webhook_once(database):
    with database.write() as uow:
        hook = add_hook(uow)
        uow.webhooks.post([(hook.id, "d1", event(), "{}"), (hook.id, "d2", event(), "{}")], NOW)
        uow.webhooks.post([(hook.id, "d3", event(), "{}")], NOW)
        (delivery,) = event_queries.deliveries(uow, hook.id).items
        assert (delivery.delivery_id, delivery.status) == ("d1", events.DeliveryStatus.WAITING)
        assert uow.webhooks.secret(hook.id) == "whsec_x"


def test_a_webhook_is_leased_to_one_sender_and_its_deliveries_come_in_order(database):
    with database.write() as uow:
        hook = add_hook(uow)
        assert uow.webhooks.lease(NOW, 60) is None
        uow.webhooks.post([(hook.id, f"d{number}", event(number), "{}") for number in (1, 2)], NOW)
        assert uow.webhooks.any_due(NOW)
        leased, secret = uow.webhooks.lease(NOW, 60)
        assert (leased.fence, secret) == (1, "whsec_x")
        assert uow.webhooks.lease(NOW, 60) is None
        first = uow.webhooks.next_delivery(hook.id, NOW)
        assert first.delivery_id == "d1"
        uow.webhooks.attempted(dataclasses.replace(first, status=events.DeliveryStatus.DELIVERED, due=None, attempts=1))
        assert uow.webhooks.next_delivery(hook.id, NOW).delivery_id == "d2"
        assert uow.webhooks.renew(leased, NOW + MINUTE)
        again, _ = uow.webhooks.lease(NOW + 2 * MINUTE, 60)
        assert not uow.webhooks.renew(leased, NOW)
        assert not uow.webhooks.release(leased, failures=0, error=None)
        assert uow.webhooks.release(again, failures=3, error="x", rest_until=NOW + 9 * MINUTE)
        uow.webhooks.post([(hook.id, "d3", event(3), "{}")], NOW)
        assert uow.webhooks.lease(NOW + 8 * MINUTE, 60) is None, "it rests, whatever comes meanwhile"
        rested, _ = uow.webhooks.lease(NOW + 9 * MINUTE, 60)
        assert (rested.failures, rested.resting_until) == (3, None)


def test_a_webhook_that_is_not_active_is_not_served(database):
    with database.write() as uow:
        hook = add_hook(uow)
        uow.webhooks.post([(hook.id, "d1", event(), "{}")], NOW)
        leased, _ = uow.webhooks.lease(NOW, 60)
        uow.webhooks.set_status(leased, events.WebhookStatus.DISABLED, None, error="x")
        assert not uow.webhooks.renew(leased, NOW)
        assert uow.webhooks.lease(NOW + 1000 * MINUTE, 60) is None
        assert uow.webhooks.active() == []
        uow.webhooks.set_status(uow.webhooks.lock(hook.id), events.WebhookStatus.ACTIVE, NOW)
        assert uow.webhooks.lease(NOW, 60) is not None
        assert [each.id for each in uow.webhooks.all()] == [hook.id]


def test_a_delivery_can_be_made_again_and_a_webhook_goes_with_all_of_them(database):
    with database.write() as uow:
        hook = add_hook(uow)
        uow.webhooks.post([(hook.id, "d1", event(), "{}")], NOW)
        (delivery,) = event_queries.deliveries(uow, hook.id).items
        done = dataclasses.replace(delivery, status=events.DeliveryStatus.FAILED, due=None, attempts=9)
        uow.webhooks.attempted(done)
        assert event_queries.deliveries(uow, hook.id, status=events.DeliveryStatus.WAITING).items == ()
        uow.webhooks.again(done, NOW)
        found = uow.webhooks.get_delivery(delivery.id)
        assert (found.status, found.attempts, found.due) == (events.DeliveryStatus.WAITING, 0, NOW)
        uow.webhooks.remove(hook.id)
        with pytest.raises(errors.NotFound):
            uow.webhooks.get(hook.id)
    with database.read() as uow, pytest.raises(errors.NotFound):
        uow.webhooks.get_delivery(delivery.id)


def test_old_deliveries_are_forgotten_unless_they_still_wait(database):
    with database.write() as uow:
        hook = add_hook(uow)
        uow.webhooks.post([(hook.id, f"d{number}", event(number), "{}") for number in (1, 2)], NOW)
        first = uow.webhooks.next_delivery(hook.id, NOW)
        uow.webhooks.attempted(dataclasses.replace(first, status=events.DeliveryStatus.DELIVERED, due=None))
        assert uow.webhooks.purge(NOW + MINUTE) == 1
        assert [each.delivery_id for each in event_queries.deliveries(uow, hook.id).items] == ["d2"]


# --- what they are about ----------------------------------------------------------------------------------------------


def test_cases_and_tasks_are_looked_up_together(desk):
    first, second = desk.task(), desk.task(name="另一件")
    with desk.database.read() as uow:
        cases = event_queries.cases(uow, {first.instance_id, second.instance_id, 999})
        tasks = event_queries.tasks(uow, {first.id, second.id, 999})
        assert event_queries.cases(uow, set()) == {} == event_queries.tasks(uow, set())
    assert {number: case.label for number, case in cases.items()} == {
        first.instance_id: f"流程yushen {first.instance_id}",
        second.instance_id: f"流程yushen {second.instance_id}",
    }
    assert tasks[second.id].name == "另一件"


def test_cancelled_tasks_and_incidents_are_found_from_a_time_on(desk):
    task = desk.task()
    opened = steps.IncidentOpened(token=9, element_id="e", kind=instances.IncidentKind.JOB, message="坏了")
    desk.go_on(task.instance_id, closed=(steps.Closed("user_task", task.token, "cancelled"),), incidents=(opened,))
    with desk.database.read() as uow:
        ids = {task.instance_id}
        assert [each.id for each in event_queries.cancelled_tasks(uow, ids, desk.now)] == [task.id]
        assert [each.message for each in event_queries.new_incidents(uow, ids, desk.now)] == ["坏了"]
        later = desk.now + MINUTE
        assert event_queries.cancelled_tasks(uow, ids, later) == event_queries.new_incidents(uow, ids, later) == []
        assert event_queries.cancelled_tasks(uow, set(), later) == event_queries.new_incidents(uow, set(), later) == []


def test_it_is_known_when_time_brings_something_next(database):
    def due(*, mail: bool = True) -> datetime.datetime | None:
        with database.read() as uow:
            return event_queries.next_due(uow, mail=mail)

    assert due() is None
    with database.write() as uow:
        add_mail(uow)
    assert (due(), due(mail=False)) == (NOW, None)
    with database.write() as uow:
        uow.reminders.set({"user_task/1": NOW - MINUTE})
        uow.notices.mail_by([("li", NOW - 2 * MINUTE)])
    assert due(mail=False) == NOW - 2 * MINUTE
    with database.write() as uow:
        hook = add_hook(uow)
        uow.webhooks.post([(hook.id, "d1", event(), "{}")], NOW - 3 * MINUTE)
    assert due() == NOW - 3 * MINUTE

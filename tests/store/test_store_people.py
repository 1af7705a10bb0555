"""Accounts, sessions, substitutions, tokens and involvement, on every database."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import datetime

import pytest

from engine import errors
from engine.model import people as model
from engine.model import steps

NOW = datetime.datetime(2026, 3, 2, 9, 30, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)
DAY = NOW.date()


def user(id_: str = "zhang", **fields) -> model.User:
    blank = model.User(
        id=id_,
        name=id_.title(),
        unit_id=None,
        roles=(),
        rights=frozenset(),
        email=None,
        active=True,
        created_at=NOW,
        must_change_password=False,
        language=model.Language.ZH,
        external_id=None,
        deactivated_at=None,
        has_password=False,
    )
    return dataclasses.replace(blank, **fields)


@pytest.fixture
def hired(database):
    with database.write() as uow:
        for id_ in ("zhang", "li", "wang"):
            uow.users.add(user(id_, roles=("clerk",)), None)
    return database


def test_an_account_comes_back_as_it_was_stored(database):
    with database.write() as uow:
        assert not uow.users.any()
        unit = uow.units.add("综合处", None)
        given = user(
            unit_id=unit.id,
            roles=("chief", "clerk"),
            rights=frozenset({model.Right.ADMIN, model.Right.DESIGN}),
            email="z@example.org",
            must_change_password=True,
            language=model.Language.EN,
            external_id="sub-1",
            has_password=True,
        )
        uow.users.add(given, "$argon2id$")
    with database.read() as uow:
        assert uow.users.any()
        assert uow.users.get("zhang") == uow.users.by_external_id("sub-1") == uow.users.all()[0] == given
        assert uow.users.with_password("zhang") == (given, "$argon2id$")
        assert uow.users.with_password("li") is uow.users.by_external_id("sub-2") is uow.users.find("li") is None
        assert uow.units.all() == [unit]
        assert uow.units.members(unit.id) == 1


def test_no_account_shows_its_password(hired):
    with hired.write() as uow:
        uow.users.set_password("zhang", "$argon2id$secret", must_change=True)
    with hired.read() as uow:
        everything = repr([uow.users.all(), uow.users.get("zhang"), uow.users.by_external_id("x")])
    assert "secret" not in everything
    assert "has_password=True" in everything


def test_saving_an_account_leaves_its_password_alone(hired):
    with hired.write() as uow:
        uow.users.set_password("zhang", "hash", must_change=False)
        changed = dataclasses.replace(uow.users.lock("zhang"), name="张", active=False, deactivated_at=NOW)
        uow.users.save(changed)
    with hired.read() as uow:
        assert uow.users.with_password("zhang") == (changed, "hash")


def test_a_hash_is_renewed_only_while_it_is_the_one_that_was_checked(hired):
    with hired.write() as uow:
        uow.users.set_password("zhang", "new", must_change=False)
        uow.users.renew_hash("zhang", "old", "stronger-old")
        assert uow.users.with_password("zhang")[1] == "new"
        uow.users.renew_hash("zhang", "new", "stronger-new")
        assert uow.users.with_password("zhang")[1] == "stronger-new"


def test_ids_are_exact_and_given_once(hired):
    with hired.read() as uow:
        assert uow.users.find("Zhang") is uow.users.find("zhang ") is uow.users.find("zhan_") is None
    for duplicate in (user("zhang"), user("new", external_id="sub-1")):
        with hired.write() as uow:
            uow.users.save(dataclasses.replace(uow.users.get("li"), external_id="sub-1"))
        with pytest.raises(errors.Conflict), hired.write() as uow:
            uow.users.add(duplicate, None)
    with pytest.raises(errors.NotFound, match="nobody"), hired.write() as uow:
        uow.users.lock("nobody")


def test_administrators_are_those_who_are_active_and_have_the_right(hired):
    rights = {
        "zhang": {model.Right.ADMIN},
        "li": {model.Right.MONITOR, model.Right.ADMIN},
        "wang": {model.Right.DESIGN},
    }
    with hired.write() as uow:
        for id_, held in rights.items():
            uow.users.save(dataclasses.replace(uow.users.get(id_), rights=frozenset(held)))
        assert uow.users.lock_admins() == ["li", "zhang"]
        uow.users.save(dataclasses.replace(uow.users.get("li"), active=False))
        assert uow.users.lock_admins() == ["zhang"]


def test_a_unit_is_renamed_moved_and_removed(database):
    with database.write() as uow:
        top, low = uow.units.add("办", None), uow.units.add("处", None)
        uow.units.save(model.Unit(low.id, "综合处", top.id))
        assert uow.units.all() == [top, model.Unit(low.id, "综合处", top.id)]
        uow.units.remove(low.id)
        assert uow.units.all() == [top]


def open_session(uow, token="a" * 64, user_id="zhang"):
    return uow.sessions.add(token, user_id, at=NOW, until=NOW + HOUR, csrf="c", client="1.2.3.4")


def test_a_session_is_found_by_the_hash_of_its_token_with_its_owner(hired):
    with hired.write() as uow:
        opened = open_session(uow)
    with hired.read() as uow:
        assert uow.sessions.find("a" * 64) == (opened, uow.users.get("zhang"))
        assert uow.sessions.find("b" * 64) is None
    with hired.write() as uow:
        uow.sessions.seen(opened.id, NOW + HOUR)
        assert uow.sessions.find("a" * 64)[0].last_seen_at == NOW + HOUR


def test_sessions_end_one_by_one_or_all_at_once(hired):
    with hired.write() as uow:
        first, second = open_session(uow), open_session(uow, "b" * 64)
        other = open_session(uow, "c" * 64, "li")
        assert [each.id for each in uow.sessions.of_user("zhang")] == [second.id, first.id]
        assert not uow.sessions.end_one("zhang", other.id)
        assert uow.sessions.end_one("zhang", first.id)
        uow.sessions.end("b" * 64)
        assert uow.sessions.of_user("zhang") == []
        open_session(uow)
        open_session(uow, "d" * 64)
        assert uow.sessions.end_all("zhang") == 2
        assert uow.sessions.of_user("li") == [other]


def test_the_number_of_a_session_is_never_given_again(hired):
    with hired.write() as uow:
        first = open_session(uow)
        uow.sessions.end_all("zhang")
        assert open_session(uow).id > first.id


def test_sessions_whose_time_is_over_are_forgotten(hired):
    with hired.write() as uow:
        open_session(uow)
        assert uow.sessions.purge(NOW + HOUR - datetime.timedelta(microseconds=1)) == 0
        assert uow.sessions.purge(NOW + HOUR) == 1


def test_attempts_are_counted_by_name_and_forgotten(database):
    with database.write() as uow:
        assert uow.sign_in_attempts.lock("k", NOW) == model.Attempts(0, NOW, None)
        for count in (1, 2):
            uow.sign_in_attempts.set("k", model.Attempts(count, NOW, None))
        uow.sign_in_attempts.set("l", model.Attempts(7, NOW + HOUR, NOW + 2 * HOUR))
        assert uow.sign_in_attempts.lock("k", NOW + HOUR) == model.Attempts(2, NOW, None)
        assert uow.sign_in_attempts.lock("l", NOW) == model.Attempts(7, NOW + HOUR, NOW + 2 * HOUR)
        assert uow.sign_in_attempts.purge(NOW + HOUR) == 1
        uow.sign_in_attempts.forget("l")
        for name in "kl":
            assert uow.sign_in_attempts.lock(name, NOW) == model.Attempts(0, NOW, None)


def test_attempts_that_are_counted_at_the_same_time_wait_for_each_other(database):
    def count(_):
        with database.write() as uow:
            known = uow.sign_in_attempts.lock("k", NOW).failures
            uow.sign_in_attempts.set("k", model.Attempts(known + 1, NOW, None))

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        list(pool.map(count, range(12)))

    with database.write() as uow:
        assert uow.sign_in_attempts.lock("k", NOW).failures == 12


def test_a_text_that_no_database_keeps_is_refused_with_a_sentence(database):
    for text in ("\udcff", "a\0b"):
        with pytest.raises(errors.InvalidInput, match="不能保存的字符"), database.write() as uow:
            uow.sign_in_attempts.lock(text, NOW)


def test_principals_are_those_of_the_day_who_are_active_each_once(hired):
    with hired.write() as uow:

        def add(principal, substitute, first, last):
            days = [DAY + datetime.timedelta(days=offset) for offset in (first, last)]
            return uow.substitutions.add(principal, substitute, *days, reason="出差", by="admin", at=NOW)

        made = add("zhang", "wang", 0, 2)
        add("zhang", "wang", 1, 5)
        add("li", "wang", 2, 2)
        add("wang", "li", 0, 9)

        def principals(offset):
            return [each.id for each in uow.substitutions.principals("wang", DAY + datetime.timedelta(days=offset))]

        assert [principals(offset) for offset in (-1, 0, 1, 2, 3, 6)] == [
            [],
            ["zhang"],
            ["zhang"],
            ["li", "zhang"],
            ["zhang"],
            [],
        ]
        assert uow.substitutions.end(made.id, NOW)
        assert not uow.substitutions.end(made.id, NOW)
        assert uow.substitutions.get(made.id) == dataclasses.replace(made, ended_at=NOW)
        assert principals(0) == []
        uow.users.save(dataclasses.replace(uow.users.get("zhang"), active=False))
        assert principals(2) == ["li"]
        assert [each.principal for each in uow.substitutions.of_user("li")] == ["wang", "li"]
        assert len(uow.substitutions.all()) == 4
        assert [made.runs(DAY + datetime.timedelta(days=offset)) for offset in (-1, 0, 2, 3)] == [
            False,
            True,
            True,
            False,
        ]
    with pytest.raises(errors.NotFound), hired.read() as uow:
        uow.substitutions.get(99)


def test_a_token_is_found_by_its_hash_with_its_owner(hired):
    scopes = frozenset({model.Scope.READ, model.Scope.WORK})
    with hired.write() as uow:
        made = uow.api_tokens.add("a" * 64, "zhang", "报表", scopes, prefix="gongkai_x", at=NOW, until=NOW + HOUR)
        assert uow.api_tokens.find("a" * 64) == (made, uow.users.get("zhang"))
        assert uow.api_tokens.find("b" * 64) is None
        uow.api_tokens.used(made.id, NOW)
        assert uow.api_tokens.revoke(made.id, NOW + HOUR)
        assert not uow.api_tokens.revoke(made.id, NOW + HOUR)
        expected = dataclasses.replace(made, last_used_at=NOW, revoked_at=NOW + HOUR)
        assert uow.api_tokens.get(made.id) == expected
        assert uow.api_tokens.of_user("zhang") == uow.api_tokens.all() == [expected]
        assert uow.api_tokens.revoke_all("zhang", NOW) == 0
    with pytest.raises(errors.NotFound), hired.read() as uow:
        uow.api_tokens.get(99)


def test_involved_are_those_whom_anything_of_the_case_names(desk):
    first = desk.task(candidate_users=("wu",), candidate_groups=("clerk", "chief"))
    other = desk.task(assignee="qian", token=1)
    with desk.database.write() as uow:
        uow.comments.add(first.instance_id, None, "sun", "好", NOW)
        for _ in range(2):
            uow.involvement.add(first.instance_id, "zhou", model.Participation.MENTIONED, NOW)
    with desk.database.read() as uow:
        found = uow.involvement.of_instance(first.instance_id)
        assert found == uow.involvement.of_family(first.instance_id)
        assert (found.users, found.groups) == ({"zhang", "wu", "sun", "zhou"}, {"clerk", "chief"})
        assert uow.involvement.of_instance(other.instance_id).users == {"zhang", "qian"}
        assert uow.involvement.of_family(999).users == frozenset()


def test_a_family_is_the_first_case_with_all_that_it_has_led_to(desk):
    def child(parent, root, user_id):
        with desk.database.write() as uow:
            locked = uow.instances.create(
                desk.definition_id, business_key=None, started_at=NOW, started_by=user_id,
                parent_id=parent, parent_token=1, root_id=root,
            )  # fmt: skip
            uow.record(locked, desk.step(), NOW, by=user_id)
            return locked.id

    top = desk.start()
    low = child(top, top, "li")
    lowest, beside = child(low, top, "wang"), child(top, top, "zhao")
    stranger = desk.start()
    with desk.database.read() as uow:
        families = [uow.involvement.of_family(case).users for case in (top, low, lowest, beside)]
        assert families == [{"zhang", "li", "wang", "zhao"}] * 4
        assert uow.involvement.of_instance(lowest).users == {"wang"}
        assert uow.involvement.of_family(stranger).users == {"zhang"}


def test_what_somebody_holds_is_what_they_have_gave_away_or_are_offered_by_name(desk):
    having = desk.task(assignee="li")
    offered = desk.task(candidate_users=("li", "wu"))
    given = desk.task(assignee="li")
    desk.task(assignee="wu", candidate_users=("li",))
    desk.task(candidate_groups=("li",))
    done = desk.task(assignee="li")
    with desk.database.write() as uow:
        task, _ = uow.user_tasks.lock(given.id)
        uow.user_tasks.change(task, assignee="wu", owner="li")
    closed = steps.Closed("user_task", done.token, "completed")
    desk.go_on(done.instance_id, by="li", closed=(closed,))
    with desk.database.read() as uow:
        assert uow.user_tasks.held_by("li") == [having.id, offered.id, given.id]
        assert uow.user_tasks.held_by("nobody") == []


def test_a_task_keeps_whom_its_signer_stood_in_for(desk):
    task = desk.task(assignee="li")
    with desk.database.write() as uow:
        locked = uow.instances.lock(task.instance_id)
        uow.audit.append(locked, "wang", "complete", "x", {}, NOW)
        closed = (steps.Closed("user_task", task.token, "completed"),)
        uow.record(locked, desk.step(closed=closed), NOW, by="wang", on_behalf="li")
    with desk.database.read() as uow:
        found = uow.user_tasks.get(task.id)
        assert (found.completed_by, found.completed_for) == ("wang", "li")
        assert uow.user_tasks.doers(task.instance_id, [task.element_id]) == [("wang", "li", task.name, False)]
        assert uow.involvement.of_instance(task.instance_id).users == {"zhang", "li", "wang"}


def test_a_cancelled_task_was_signed_for_nobody(desk):
    task = desk.task(assignee="li")
    with desk.database.write() as uow:
        locked = uow.instances.lock(task.instance_id)
        uow.audit.append(locked, "wang", "cancel", "x", {}, NOW)
        closed = (steps.Closed("user_task", task.token, "cancelled"),)
        uow.record(locked, desk.step(closed=closed), NOW, by="wang", on_behalf="li")
    with desk.database.read() as uow:
        assert uow.user_tasks.get(task.id).completed_for is None

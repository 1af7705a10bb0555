"""API tokens: what a program may do with one, and what somebody can do who finds one."""

from __future__ import annotations

import datetime

import packbuilder as p
import pytest
import snippets as s
import staff

from engine import errors
from engine.actions import accounts, api_tokens, people
from engine.model import people as model


@pytest.fixture
def office(drive, tmp_path):
    return staff.open_office(drive, tmp_path, "tokens", furnish, main=p.line(s.user("a"), ids=("a",)))


def furnish(driver):
    staff.hire(driver)
    staff.add(driver, "root2", "管理员", rights=["admin"])
    staff.add(driver, "artist", "设计", rights=["design"])


def make(office, user="zhangsan", scopes=("read",), **more):
    return people.create_token(office.engine, staff.acts(office, user), "报表", scopes, **more)


def test_a_token_acts_as_its_owner(office):
    made = make(office, scopes=["read", "work"])

    token, actor = accounts.token_actor(office.engine, made.secret)

    assert (token.id, token.scopes) == (made.token.id, {model.Scope.READ, model.Scope.WORK})
    assert (actor.id, actor.roles) == ("zhangsan", {"clerk"})
    assert made.secret.startswith(api_tokens.MARK) and made.secret.startswith(made.token.prefix)
    assert len(made.secret) - len(made.token.prefix) >= 32, "what is shown of it does not help to guess the rest"


def test_rights_come_along_only_as_far_as_the_scope_says(office):
    def actor(user, *scopes):
        return accounts.token_actor(office.engine, make(office, user, scopes).secret)[1]

    reading = actor("root2", "read")
    assert (reading.admin, reading.monitor, reading.designs) == (False, True, False)
    assert not reading.is_operator
    assert actor("root2", "read", "operate").admin
    assert not actor("artist", "read").designs
    assert actor("artist", "design").designs


def test_nobody_gives_a_token_more_than_its_owner_has(office):
    for user, scope in (("zhangsan", "operate"), ("zhangsan", "design"), ("artist", "operate")):
        with pytest.raises(errors.Forbidden, match=scope):
            make(office, user, [scope])
    with pytest.raises(errors.Forbidden, match="operate"):  # not even an administrator
        people.create_token(office.engine, staff.ADMIN, "x", ["operate"], user_id="zhangsan")


def test_a_right_taken_away_is_taken_from_tokens_too(office):
    staff.add(office, "root3", "又一名", rights=["admin"])
    secret = make(office, "root2", ["operate", "design"]).secret
    people.update_user(office.engine, staff.ADMIN, "root2", rights=[])
    _, actor = accounts.token_actor(office.engine, secret)
    assert not (actor.admin or actor.designs or actor.monitor)


def test_a_token_is_of_no_use_once_revoked_expired_or_its_owner_gone(office):
    def works(secret):
        return accounts.token_actor(office.engine, secret) is not None

    forever, soon = make(office), make(office, expires_at=office.now + datetime.timedelta(hours=1))
    other = make(office, "lisi")
    assert works(forever.secret) and works(soon.secret) and works(other.secret)

    office.sleep(hours=1)
    assert not works(soon.secret)
    people.revoke_token(office.engine, staff.acts(office, "zhangsan"), forever.token.id)
    assert not works(forever.secret)
    people.deactivate(office.engine, staff.ADMIN, "lisi", "离职")
    assert not works(other.secret)
    people.activate(office.engine, staff.ADMIN, "lisi")
    assert not works(other.secret)


def test_a_token_is_no_session_and_a_session_no_token(office):
    secret = make(office).secret
    opened = accounts.sign_in(office.engine, "zhangsan", staff.PASSWORD, client="x")
    assert accounts.session(office.engine, secret) is None
    assert accounts.token_actor(office.engine, opened.token) is None
    assert accounts.token_actor(office.engine, accounts.hash_token(secret)) is None


def test_its_last_use_is_known_to_the_minute(office):
    from engine.store import counting

    made = make(office)
    assert made.token.last_used_at is None
    accounts.token_actor(office.engine, made.secret)
    used = office.now
    office.sleep(seconds=59)
    with counting.counted(office.engine.store) as count:
        accounts.token_actor(office.engine, made.secret)
    assert count.commits == 0
    (listed,) = people.tokens(office.engine, staff.acts(office, "zhangsan"), "zhangsan")
    assert listed.last_used_at == used


def test_one_has_and_sees_the_own_alone(office):
    mine = make(office).token
    lisi = staff.acts(office, "lisi")
    with pytest.raises(errors.Forbidden):
        people.create_token(office.engine, lisi, "x", ["read"], user_id="zhangsan")
    with pytest.raises(errors.Forbidden):
        people.revoke_token(office.engine, lisi, mine.id)
    for asked in ("zhangsan", None):
        with pytest.raises(errors.Forbidden):
            people.tokens(office.engine, lisi, asked)
    assert people.tokens(office.engine, lisi, "lisi") == []
    assert people.tokens(office.engine, staff.ADMIN) == [mine]
    people.revoke_token(office.engine, staff.ADMIN, mine.id)
    with pytest.raises(errors.Conflict):
        people.revoke_token(office.engine, staff.ADMIN, mine.id)


def test_standing_in_for_somebody_is_no_right_to_their_tokens(office):
    today = office.now.date()
    people.create_substitution(office.engine, staff.ADMIN, "zhangsan", "zhaoliu", today, today, "出差")
    with pytest.raises(errors.Forbidden):
        people.create_token(office.engine, staff.acts(office, "zhaoliu"), "x", ["read"], user_id="zhangsan")
    secret = make(office, "zhaoliu").secret
    assert [each.id for each in accounts.token_actor(office.engine, secret)[1].acting_for] == ["zhangsan"]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"scopes": []}, "没有选择"),
        ({"scopes": ["everything"]}, "everything"),
        ({"scopes": ["read", "READ"]}, "READ"),
        ({"expires_at": datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)}, "将来"),
    ],
)
def test_what_makes_no_sense_is_refused(office, fields, why):
    with pytest.raises(errors.InvalidInput, match=why):
        make(office, **fields)


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\nb"])
def test_a_token_says_what_it_is_for(office, name):
    with pytest.raises(errors.InvalidInput, match="用途"):
        people.create_token(office.engine, staff.acts(office, "zhangsan"), name, ["read"])


def test_tokens_do_not_pile_up(office, monkeypatch):
    monkeypatch.setattr(api_tokens, "MOST", 2)
    first = make(office)
    make(office)
    with pytest.raises(errors.Conflict, match="撤销"):
        make(office)
    people.revoke_token(office.engine, staff.ADMIN, first.token.id)
    make(office)


def test_no_token_is_made_for_a_closed_account_or_nobody(office):
    people.deactivate(office.engine, staff.ADMIN, "lisi", "离职")
    with pytest.raises(errors.InvalidInput, match="已停用"):
        people.create_token(office.engine, staff.ADMIN, "x", ["read"], user_id="lisi")
    with pytest.raises(errors.NotFound):
        people.create_token(office.engine, staff.ADMIN, "x", ["read"], user_id="nobody")


def test_the_trail_names_tokens_and_does_not_tell_them(office):
    made = make(office, expires_at=office.now + datetime.timedelta(days=1))
    people.revoke_token(office.engine, staff.ADMIN, made.token.id)
    told = [(e.action, e.actor, e.details) for e in staff.trail(office)][-2:]
    assert [(action, actor) for action, actor, _ in told] == [("create-token", "zhangsan"), ("revoke-token", "root")]
    assert made.secret not in str(told) and accounts.hash_token(made.secret) not in str(told)

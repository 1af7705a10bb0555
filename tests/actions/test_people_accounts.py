"""Signing in and out: who gets in, for how long, and what somebody learns who tries to."""

from __future__ import annotations

import concurrent.futures
import datetime
import hashlib
import pathlib

import behind
import packbuilder as p
import pytest
import snippets as s
import staff

from engine import config, errors
from engine.actions import accounts, attempts, passwords, people
from engine.model import people as model

HERE = "192.0.2.7"


@pytest.fixture
def office(drive, tmp_path):
    return staff.open_office(drive, tmp_path, "accounts", staff.hire, main=p.line(s.user("a"), ids=("a",)))


def sign_in(office, user="zhangsan", password=staff.PASSWORD, client=HERE):
    return accounts.sign_in(office.engine, user, password, client=client)


def refused(office, user="zhangsan", password="wrong", client=HERE):
    with pytest.raises(errors.Forbidden) as refusal:
        sign_in(office, user, password, client)
    return refusal.value


# --- getting in ---------------------------------------------------------------------------------------------------


def test_the_right_password_opens_a_session_as_who_one_is(office):
    signed_in = sign_in(office)

    session, actor, user = accounts.session(office.engine, signed_in.token)
    assert session == signed_in.session
    assert (actor.id, actor.roles, actor.admin) == ("zhangsan", {"clerk"}, False)
    assert (user.name, session.client) == ("张三", HERE)
    assert session.csrf not in ("", signed_in.token)


def test_every_sign_in_is_a_session_of_its_own(office):
    first, second = sign_in(office), sign_in(office)

    assert first.token != second.token
    assert first.session.id != second.session.id
    assert first.session.csrf != second.session.csrf
    assert accounts.session(office.engine, first.token)
    assert [each.id for each in accounts.sessions(office.engine, staff.acts(office, "zhangsan"))] == [
        second.session.id,
        first.session.id,
    ]


@pytest.mark.parametrize("token", ["", "x", "0" * 43, "\udcff", "' OR 1=1 --"])
def test_a_token_that_was_never_given_is_nobody(office, token):
    sign_in(office)
    assert accounts.session(office.engine, token) is None
    assert accounts.token_actor(office.engine, token) is None


def test_the_hash_of_a_token_is_no_token(office):
    token = sign_in(office).token
    assert accounts.session(office.engine, hashlib.sha256(token.encode()).hexdigest()) is None


def test_whoever_is_refused_learns_nothing_about_the_account(office):
    people.deactivate(office.engine, staff.ADMIN, "lisi", "调离")
    people.create_user(office.engine, staff.ADMIN, "sso", "单点", without_password=True)

    sentences = {
        str(refused(office)),
        str(refused(office, "nobody")),
        str(refused(office, "nobody", staff.PASSWORD)),
        str(refused(office, "lisi", staff.PASSWORD)),
        str(refused(office, "sso", "")),
        str(refused(office, "", "")),
        str(refused(office, "system", "x")),
        str(refused(office, "\udcff\0", "\udcff\0")),
        str(refused(office, "x" * 10_000, "x" * 1_000_000)),
    }

    assert sentences == {"用户名或密码不正确，或者账号已停用。"}


def test_refusing_an_unknown_user_is_as_much_work_as_refusing_a_known_one(office, monkeypatch):
    hashed = []
    real = passwords.Passwords._verify
    monkeypatch.setattr(
        passwords.Passwords, "_verify", lambda self, given, kept: hashed.append(kept) or real(self, given, kept)
    )
    people.create_user(office.engine, staff.ADMIN, "sso", "单点", without_password=True)

    for user in ("zhangsan", "nobody", "sso"):
        refused(office, user)

    assert len(hashed) == 3
    parameters = {each.rsplit("$", 2)[0] for each in hashed}
    assert parameters == {"$argon2id$v=19$m=8192,t=3,p=1"}


def test_a_password_is_the_same_however_it_was_typed_and_no_other(office):
    people.create_user(office.engine, staff.ADMIN, "wide", "全角", password="Ａbc-１２３-公开")

    assert sign_in(office, "wide", "Abc-123-公开")
    for other in ("abc-123-公开", "Abc-123-公开 ", "Abc-123-公", ""):
        refused(office, "wide", other)


# --- too many attempts --------------------------------------------------------------------------------------------


def test_after_five_failures_the_right_password_must_wait_and_ever_longer(office):
    waits = []
    for _ in range(9):
        error = refused(office)
        while isinstance(error, errors.TooManyAttempts):
            assert "次数过多" in error.message
            refused(office, password=staff.PASSWORD)  # the right one does not get in, either
            waits.append(error.details["wait"])
            office.sleep(seconds=error.details["wait"])
            error = refused(office)

    assert waits[:3] == [10, 20, 40]
    assert waits == sorted(waits)


def test_the_wait_is_never_longer_than_a_quarter_of_an_hour(office):
    for _ in range(30):
        error = refused(office)
        if isinstance(error, errors.TooManyAttempts):
            assert 0 < error.details["wait"] <= 900
            office.sleep(seconds=error.details["wait"])
    office.sleep(minutes=15)
    assert sign_in(office)


def test_failures_are_forgotten_once_one_gets_in(office):
    for _ in range(3):
        for _ in range(attempts.FREE_BY_USER - 1):
            assert isinstance(refused(office, client="elsewhere"), errors.SignInRefused)
        sign_in(office)


def test_failures_of_long_ago_do_not_count(office):
    for _ in range(8):
        assert isinstance(refused(office), errors.SignInRefused)
        office.sleep(days=1, seconds=1)


def test_the_failures_of_one_are_not_counted_for_another(office):
    for _ in range(6):
        refused(office)
    assert sign_in(office, "lisi")


def test_an_unknown_user_must_wait_as_a_known_one(office):
    known = [str(refused(office, client="a")) for _ in range(7)]
    unknown = [str(refused(office, "nobody", client="b")) for _ in range(7)]
    assert known == unknown
    assert known[-1] != known[0]


def test_one_client_cannot_try_one_password_on_everybody(office):
    kinds = [type(refused(office, f"user{number}")) for number in range(25)]

    assert kinds[: attempts.FREE_BY_CLIENT] == [errors.SignInRefused] * attempts.FREE_BY_CLIENT
    assert set(kinds[attempts.FREE_BY_CLIENT :]) == {errors.TooManyAttempts}
    assert sign_in(office, client="198.51.100.1"), "others are not held up"


def test_signing_in_oneself_does_not_set_guessing_free(office):
    for number in range(attempts.FREE_BY_CLIENT * 2):
        try:
            sign_in(office, "lisi")
            refused(office, f"user{number}")
        except errors.TooManyAttempts:
            break
    else:
        pytest.fail("an attacker with an account of their own may guess for ever")


def test_attempts_at_the_same_time_see_each_other(office):
    def guess(number: int) -> type:
        return type(refused(office, password=f"guess-{number}"))

    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        kinds = list(pool.map(guess, range(24)))

    assert kinds.count(errors.SignInRefused) == attempts.FREE_BY_USER


def test_what_is_kept_of_attempts_goes_away(office):
    for number in range(10):
        refused(office, f"user{number}")
    office.sleep(days=3)
    sign_in(office)
    with office.engine.store.read() as uow:
        rows = uow.link.connection.exec_driver_sql("SELECT count(*) FROM sign_in_attempts").scalar()
    assert rows == 1  # this client, without a failure


# --- what is kept -------------------------------------------------------------------------------------------------


def test_nothing_that_lets_anybody_in_is_in_the_database(office, tmp_path: pathlib.Path):
    token = sign_in(office).token
    typed = "my-password-in-the-wrong-field"
    refused(office, typed, typed)
    generated = people.reset_password(office.engine, staff.ADMIN, "lisi")
    secret = people.create_token(office.engine, staff.acts(office, "zhangsan"), "报表", ["read"]).secret
    made = people.create_user(office.engine, staff.ADMIN, "new", "新人")

    office.engine.store.dispose()
    written = b"".join(path.read_bytes() for path in (tmp_path / "database").iterdir() if path.is_file())
    content = written + repr(behind.rows(office.engine.settings.database)).encode()

    assert b"zhangsan" in content
    for hidden in (token, typed, generated, secret, made.password, staff.PASSWORD):
        assert hidden and hidden.encode() not in content


def test_the_trail_tells_who_got_in_and_who_did_not_but_not_what_was_typed(office):
    session = sign_in(office).session
    refused(office)
    refused(office, "i-typed-my-password-here")

    entries = [(e.actor, e.action, e.subject, e.details) for e in staff.trail(office)][-3:]

    assert entries == [
        ("zhangsan", "sign-in", "user/zhangsan", {"session": session.id, "client": HERE, "how": "password"}),
        ("system", "refuse-sign-in", "user/zhangsan", {"client": HERE}),
        ("system", "refuse-sign-in", "user/unknown", {"client": HERE}),
    ]


def test_a_hash_that_has_become_weak_is_renewed_when_its_owner_signs_in(drive):
    driver = drive(main=p.line(s.user("a"), ids=("a",)), settings=staff.SETTINGS)
    staff.hire(driver)
    driver.engine.passwords = passwords.Passwords(16_384)

    refused(driver)
    assert _hash(driver, "zhangsan").startswith("$argon2id$v=19$m=8192,")
    sign_in(driver)
    renewed = _hash(driver, "zhangsan")
    assert renewed.startswith("$argon2id$v=19$m=16384,")
    sign_in(driver)
    assert _hash(driver, "zhangsan") == renewed
    assert _hash(driver, "lisi").startswith("$argon2id$v=19$m=8192,")


def _hash(driver, user_id):
    with driver.engine.store.read() as uow:
        return uow.users.with_password(user_id)[1]


# --- how long it lasts --------------------------------------------------------------------------------------------


def test_a_session_ends_after_some_time_of_doing_nothing(office):
    token = sign_in(office).token
    idle = office.engine.settings.session_idle_seconds

    for _ in range(3):
        office.sleep(seconds=idle - 1)
        assert accounts.session(office.engine, token), "it was used in time"
    office.sleep(seconds=idle)
    assert accounts.session(office.engine, token) is None
    assert accounts.sessions(office.engine, staff.acts(office, "zhangsan")) == []


def test_a_session_ends_after_a_week_however_busy_it_is(office):
    signed_in = sign_in(office)
    end = signed_in.session.created_at + datetime.timedelta(seconds=office.engine.settings.session_seconds)

    while office.now < end - datetime.timedelta(hours=4):
        assert accounts.session(office.engine, signed_in.token)
        office.sleep(hours=4)
    office.sleep(to=end - datetime.timedelta(seconds=1))
    assert accounts.session(office.engine, signed_in.token)
    office.sleep(to=end)
    assert accounts.session(office.engine, signed_in.token) is None


def test_a_session_in_use_is_written_down_once_a_minute_at_most(office):
    from engine.store import counting

    token = sign_in(office).token
    commits = 0
    for _ in range(120):
        office.sleep(seconds=1)
        with counting.counted(office.engine.store) as count:
            accounts.session(office.engine, token)
        commits += count.commits
    assert commits == 2


def test_the_settings_say_how_long(drive):
    settings = config.Settings(password_memory_kib=8192, session_idle_seconds=60, session_seconds=90)
    driver = drive(main=p.line(s.user("a"), ids=("a",)), settings=settings)
    staff.hire(driver)
    token = sign_in(driver).token

    driver.sleep(seconds=59)
    assert accounts.session(driver.engine, token)
    driver.sleep(seconds=31)
    assert accounts.session(driver.engine, token) is None


# --- how it ends --------------------------------------------------------------------------------------------------


def test_who_signs_out_is_out_in_this_browser_alone(office):
    here, there = sign_in(office).token, sign_in(office).token

    accounts.sign_out(office.engine, here)
    accounts.sign_out(office.engine, here)

    assert accounts.session(office.engine, here) is None
    assert accounts.session(office.engine, there)
    assert [e.actor for e in staff.trail(office, "sign-out")] == ["zhangsan"]


def test_who_signs_out_everywhere_leaves_others_alone(office):
    mine, also_mine, other = sign_in(office).token, sign_in(office).token, sign_in(office, "lisi").token

    assert accounts.sign_out_everywhere(office.engine, staff.acts(office, "zhangsan")) == 2

    assert accounts.session(office.engine, mine) is accounts.session(office.engine, also_mine) is None
    assert accounts.session(office.engine, other)


def test_nobody_ends_the_session_of_somebody_else(office):
    mine = sign_in(office)

    with pytest.raises(errors.NotFound):
        accounts.sign_out_one(office.engine, staff.acts(office, "lisi"), mine.session.id)
    assert accounts.session(office.engine, mine.token)
    accounts.sign_out_one(office.engine, staff.acts(office, "zhangsan"), mine.session.id)
    assert accounts.session(office.engine, mine.token) is None


def test_closing_an_account_ends_what_is_open_at_once_and_for_ever(office):
    token = sign_in(office).token
    people.deactivate(office.engine, staff.ADMIN, "zhangsan", "离职")
    assert accounts.session(office.engine, token) is None

    people.activate(office.engine, staff.ADMIN, "zhangsan")
    assert accounts.session(office.engine, token) is None
    assert sign_in(office)


def test_a_session_has_new_roles_at_once(office):
    token = sign_in(office).token
    people.update_user(office.engine, staff.ADMIN, "zhangsan", roles=["chief"], rights=[model.Right.MONITOR])

    _, actor, _ = accounts.session(office.engine, token)
    assert (actor.roles, actor.monitor, actor.admin) == ({"chief"}, True, False)


# --- passwords ----------------------------------------------------------------------------------------------------


def test_changing_the_password_ends_every_other_session(office):
    stolen, mine = sign_in(office).token, sign_in(office).token
    me = staff.acts(office, "zhangsan")

    fresh = accounts.change_password(office.engine, me, staff.PASSWORD, "a-better-one-8", client=HERE)

    assert accounts.session(office.engine, stolen) is accounts.session(office.engine, mine) is None
    assert accounts.session(office.engine, fresh.token)[1].id == "zhangsan"
    refused(office)
    refused(office, password=staff.PASSWORD)
    assert sign_in(office, password="a-better-one-8")


def test_the_old_password_is_asked_for_and_guessing_it_is_slowed_down(office):
    me = staff.acts(office, "zhangsan")
    kinds = []
    for number in range(7):
        with pytest.raises(errors.Forbidden) as refusal:
            accounts.change_password(office.engine, me, f"guess-{number}", "a-better-one-8")
        kinds.append(type(refusal.value))

    assert kinds == [errors.SignInRefused] * 5 + [errors.TooManyAttempts] * 2
    assert isinstance(refused(office, password=staff.PASSWORD), errors.TooManyAttempts)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short-7", "8 至 128"),
        ("x" * 129, "8 至 128"),
        ("", "8 至 128"),
        ("Password1", "过于常见"),
        ("ａａａａａａａａａａ", "过于常见"),
        ("abababababab", "过于常见"),
        ("my-zhangsan-1", "用户名"),
        ("我是张三九八七六", "姓名"),
        ("the.zhang.mail-1", "邮箱"),
        (staff.PASSWORD, "原密码相同"),
    ],
)
def test_a_password_that_is_easily_guessed_is_refused_and_not_repeated(office, password, why):
    people.update_user(office.engine, staff.ADMIN, "zhangsan", email="zhang.mail@example.org")
    me = staff.acts(office, "zhangsan")

    with pytest.raises(errors.InvalidInput) as refusal:
        accounts.change_password(office.engine, me, staff.PASSWORD, password)

    assert why in refusal.value.message
    assert not password or password not in refusal.value.message
    assert sign_in(office)


def test_a_first_password_is_to_be_changed(office):
    made = people.create_user(office.engine, staff.ADMIN, "new", "新人")
    assert made.user.must_change_password
    first = sign_in(office, "new", made.password)
    assert accounts.session(office.engine, first.token)[2].must_change_password

    fresh = accounts.change_password(office.engine, staff.acts(office, "new"), made.password, "a-better-one-8")

    assert not accounts.session(office.engine, fresh.token)[2].must_change_password


def test_a_reset_password_ends_sessions_and_is_to_be_changed(office):
    token = sign_in(office).token

    generated = people.reset_password(office.engine, staff.ADMIN, "zhangsan")

    assert accounts.session(office.engine, token) is None
    refused(office, password=staff.PASSWORD)
    opened = sign_in(office, password=generated)
    assert accounts.session(office.engine, opened.token)[2].must_change_password
    assert people.reset_password(office.engine, staff.ADMIN, "zhangsan", "chosen-by-admin-9") is None
    assert sign_in(office, password="chosen-by-admin-9")


def test_who_has_no_password_cannot_change_it(office):
    people.create_user(office.engine, staff.ADMIN, "sso", "单点", without_password=True)
    with pytest.raises(errors.Conflict, match="没有密码"):
        accounts.change_password(office.engine, staff.acts(office, "sso"), "", "a-better-one-8")


# --- somebody else vouches ------------------------------------------------------------------------------------------


def test_the_identity_provider_lets_in_whom_it_is_configured_for_and_makes_nobody(office):
    people.update_user(office.engine, staff.ADMIN, "zhangsan", external_id="sub-1")

    opened = accounts.sign_in_external(office.engine, "sub-1", client=HERE)
    assert accounts.session(office.engine, opened.token)[1].id == "zhangsan"
    for unknown in ("zhangsan", "lisi", "sub-2", ""):
        with pytest.raises(errors.SignInRefused, match="没有与之对应"):
            accounts.sign_in_external(office.engine, unknown, client=HERE)
    people.deactivate(office.engine, staff.ADMIN, "zhangsan", "离职")
    with pytest.raises(errors.SignInRefused):
        accounts.sign_in_external(office.engine, "sub-1", client=HERE)

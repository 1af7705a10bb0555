"""Accounts, units, roles and the directory: who may change them, and what is refused."""

from __future__ import annotations

import concurrent.futures
import threading

import packbuilder as p
import pytest
import snippets as s
import staff

from engine import errors
from engine.actions import accounts, people
from engine.model import commands
from engine.model import people as model


@pytest.fixture
def office(drive, tmp_path):
    return staff.open_office(drive, tmp_path, "users", staff.hire, main=p.line(s.user("a"), ids=("a",)))


def names(office):
    return people.directory(office.engine)


# --- making and changing ------------------------------------------------------------------------------------------


def test_an_account_has_what_it_was_given(office):
    unit = people.create_unit(office.engine, staff.ADMIN, "综合处")

    made = people.create_user(
        office.engine,
        staff.ADMIN,
        "chenjing",
        " 陈静 ",
        unit_id=unit.id,
        roles=["clerk", "clerk"],
        rights=["monitor"],
        email=" chen@example.org ",
        language="en",
        external_id="sub-9",
    )

    user = names(office).users["chenjing"]
    assert user == made.user
    assert (user.name, user.unit_id, user.roles, user.rights) == ("陈静", unit.id, ("clerk",), {model.Right.MONITOR})
    assert (user.email, user.language, user.external_id) == ("chen@example.org", model.Language.EN, "sub-9")
    assert user.active and user.must_change_password and user.has_password
    assert staff.acts(office, "chenjing").monitor


@pytest.mark.parametrize(
    "user_id",
    [
        "",
        " ",
        "a b",
        "a\tb",
        "a,b",
        "甲、乙",
        "a/b",
        "a\\b",
        "a?b",
        "x" * 65,
        "a\0",
        "a\u202eb",
        "\ufeffadmin",
        "ａｄｍｉｎ",
        "\udcff",
        "system",
    ],
)
def test_an_id_that_reads_like_another_or_breaks_lists_is_refused(office, user_id):
    with pytest.raises(errors.InvalidInput, match="用户标识"):
        people.create_user(office.engine, staff.ADMIN, user_id, "某人")


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"name": ""}, "姓名"),
        ({"name": "x" * 101}, "姓名"),
        ({"name": "a\nb"}, "姓名"),
        ({"name": "张\u202e三"}, "姓名"),
        ({"unit_id": 99}, "没有编号为 99 的单位"),
        ({"roles": ["boss"]}, "没有标识为“boss”的角色"),
        ({"email": "nobody"}, "邮箱"),
        ({"email": "a@b@c"}, "邮箱"),
        ({"email": "a b@c"}, "邮箱"),
        ({"email": "a@b\r\nBcc: x@y"}, "邮箱"),
    ],
)
def test_a_wrong_field_is_refused_and_nothing_changes(office, fields, why):
    before = names(office).users
    with pytest.raises(errors.InvalidInput, match=why):
        people.update_user(office.engine, staff.ADMIN, "zhangsan", **fields)
    with pytest.raises(errors.InvalidInput, match=why):
        people.create_user(office.engine, staff.ADMIN, "new", **{"name": "新人", **fields})
    assert names(office).users == before


def test_ids_and_names_at_the_identity_provider_are_given_once(office):
    people.update_user(office.engine, staff.ADMIN, "zhangsan", external_id="sub-1")
    people.deactivate(office.engine, staff.ADMIN, "zhangsan", "离职")

    with pytest.raises(errors.Conflict):
        people.create_user(office.engine, staff.ADMIN, "zhangsan", "另一个张三")
    with pytest.raises(errors.Conflict):
        people.create_user(office.engine, staff.ADMIN, "new", "新人", external_id="sub-1")
    with pytest.raises(errors.Conflict, match="已属于其他账号"):
        people.update_user(office.engine, staff.ADMIN, "lisi", external_id="sub-1")


def test_what_is_not_named_stays(office):
    before = names(office).users["zhangsan"]
    after = people.update_user(office.engine, staff.ADMIN, "zhangsan", email="z@example.org")
    assert (after.name, after.roles, after.rights) == (before.name, before.roles, before.rights)
    cleared = people.update_user(office.engine, staff.ADMIN, "zhangsan", email=None, external_id=" ")
    assert cleared.email is cleared.external_id is None


def test_a_role_that_a_pack_no_longer_has_may_be_kept_but_not_given(office, tmp_path):
    p.write(tmp_path / "packs", {"main": p.line(s.user("a"), ids=("a",))}, roles={"clerk": "综合处"})
    office.deploy("demo")

    people.update_user(office.engine, staff.ADMIN, "wangwu", name="王五甲")
    people.update_user(office.engine, staff.ADMIN, "wangwu", roles=["chief", "clerk"])
    with pytest.raises(errors.InvalidInput, match="chief"):
        people.update_user(office.engine, staff.ADMIN, "zhangsan", roles=["chief"])


def test_everybody_changes_their_own_address_and_language_and_nothing_else(office):
    me = staff.acts(office, "zhangsan")
    user = people.update_profile(office.engine, me, email="me@example.org", language=model.Language.EN)
    assert (user.email, user.language, user.roles) == ("me@example.org", "en", ("clerk",))


def test_the_trail_tells_what_was_changed(office):
    people.update_user(office.engine, staff.ADMIN, "zhangsan", rights=["admin", "design"], name="张三")
    people.update_user(office.engine, staff.ADMIN, "zhangsan", name="张三")  # nothing changes: nothing is told

    entries = staff.trail(office, "update-user")
    assert [(e.actor, e.subject, e.details) for e in entries] == [
        ("root", "user/zhangsan", {"rights": ["admin", "design"]})
    ]
    assert all("password" not in str(e.details) for e in staff.trail(office))


# --- who may ------------------------------------------------------------------------------------------------------

ACTS = {
    "create_user": lambda e, a: people.create_user(e, a, "new", "新人"),
    "update_user": lambda e, a: people.update_user(e, a, "zhangsan", rights=["admin"]),
    "reset_password": lambda e, a: people.reset_password(e, a, "root2", "a-better-one-8"),
    "deactivate": lambda e, a: people.deactivate(e, a, "lisi", "离职"),
    "activate": lambda e, a: people.activate(e, a, "lisi"),
    "create_unit": lambda e, a: people.create_unit(e, a, "处"),
    "update_unit": lambda e, a: people.update_unit(e, a, 1, name="处", parent_id=None),
    "remove_unit": lambda e, a: people.remove_unit(e, a, 1),
    "hand_over": lambda e, a: people.hand_over(e, "lisi", "zhangsan", a, "离职"),
}


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("rights", [[], ["monitor", "design"]])
def test_only_administrators_administer(office, name, rights):
    people.update_user(office.engine, staff.ADMIN, "zhangsan", rights=rights)
    staff.add(office, "root2", "管理员", rights=["admin"])
    before = len(staff.trail(office))

    for person in (staff.acts(office, "zhangsan"), commands.Actor("nobody")):
        with pytest.raises(errors.Forbidden, match=person.id):
            ACTS[name](office.engine, person)

    assert len(staff.trail(office)) == before


def test_who_stands_in_for_an_administrator_is_none(office):
    staff.add(office, "root2", "管理员", rights=["admin", "monitor", "design"], roles=["chief"])
    today = office.now.date()
    people.create_substitution(office.engine, staff.ADMIN, "root2", "zhangsan", today, today, "出差")

    actor = staff.acts(office, "zhangsan")

    assert [each.id for each in actor.acting_for] == ["root2"]
    assert not (actor.admin or actor.monitor or actor.designs or actor.is_operator)
    for principal in actor.acting_for:
        assert not (principal.admin or principal.monitor or principal.designs or principal.is_operator)
        assert principal.roles == {"chief"}
    with pytest.raises(errors.Forbidden):
        people.update_user(office.engine, actor, "zhangsan", rights=["admin"])


def test_there_is_always_an_administrator(office):
    staff.add(office, "root2", "管理员", rights=["admin"])
    for act in (
        lambda: people.update_user(office.engine, staff.ADMIN, "root2", rights=[]),
        lambda: people.deactivate(office.engine, staff.ADMIN, "root2", "离职"),
        lambda: people.hand_over(office.engine, "root2", "lisi", staff.ADMIN, "离职"),
    ):
        with pytest.raises(errors.Conflict, match="最后一名系统管理员"):
            act()

    staff.add(office, "root3", "又一名", rights=["admin"])
    people.deactivate(office.engine, staff.ADMIN, "root3", "离职")
    with pytest.raises(errors.Conflict, match="最后一名系统管理员"):  # one whose account is closed does not count
        people.deactivate(office.engine, staff.ADMIN, "root2", "离职")
    people.update_user(office.engine, staff.ADMIN, "lisi", rights=["admin"])
    assert not people.deactivate(office.engine, staff.ADMIN, "root2", "离职").active


def test_an_account_is_closed_and_opened_once_and_with_a_reason(office):
    with pytest.raises(errors.InvalidInput, match="理由"):
        people.deactivate(office.engine, staff.ADMIN, "lisi", " ")
    with pytest.raises(errors.Conflict, match="没有停用"):
        people.activate(office.engine, staff.ADMIN, "lisi")
    closed = people.deactivate(office.engine, staff.ADMIN, "lisi", "调离")
    assert closed.deactivated_at == office.now
    with pytest.raises(errors.Conflict, match="已经停用"):
        people.deactivate(office.engine, staff.ADMIN, "lisi", "调离")
    assert people.activate(office.engine, staff.ADMIN, "lisi").deactivated_at is None


@pytest.mark.parametrize("name", ["update_user", "reset_password", "deactivate", "activate"])
def test_nobody_is_not_found(office, name):
    calls = {
        "update_user": lambda: people.update_user(office.engine, staff.ADMIN, "nobody", name="某"),
        "reset_password": lambda: people.reset_password(office.engine, staff.ADMIN, "nobody"),
        "deactivate": lambda: people.deactivate(office.engine, staff.ADMIN, "nobody", "离职"),
        "activate": lambda: people.activate(office.engine, staff.ADMIN, "nobody"),
    }
    with pytest.raises(errors.NotFound, match="nobody"):
        calls[name]()


# --- units --------------------------------------------------------------------------------------------------------


def test_units_stand_below_each_other_and_bring_their_people(office):
    top = people.create_unit(office.engine, staff.ADMIN, "市政务办")
    office_ = people.create_unit(office.engine, staff.ADMIN, "综合处", top.id)
    people.update_user(office.engine, staff.ADMIN, "zhangsan", unit_id=office_.id)
    people.update_user(office.engine, staff.ADMIN, "lisi", unit_id=top.id)
    people.update_user(office.engine, staff.ADMIN, "wangwu", unit_id=office_.id)
    people.deactivate(office.engine, staff.ADMIN, "wangwu", "离职")

    known = names(office)
    assert known.unit_name(office_.id) == "市政务办／综合处"
    assert known.unit_name(None) == ""
    assert [user.id for user in known.in_unit(top.id)] == ["lisi", "zhangsan"]
    assert [user.id for user in known.in_unit(office_.id)] == ["zhangsan"]


def test_a_unit_is_never_below_itself(office):
    top = people.create_unit(office.engine, staff.ADMIN, "甲")
    middle = people.create_unit(office.engine, staff.ADMIN, "乙", top.id)
    low = people.create_unit(office.engine, staff.ADMIN, "丙", middle.id)

    for above in (top.id, middle.id, low.id):
        with pytest.raises(errors.InvalidInput, match="自身或其下级"):
            people.update_unit(office.engine, staff.ADMIN, top.id, name="甲", parent_id=above)
    people.update_unit(office.engine, staff.ADMIN, low.id, name="丙", parent_id=None)
    people.update_unit(office.engine, staff.ADMIN, top.id, name="甲", parent_id=low.id)
    assert names(office).unit_name(middle.id) == "丙／甲／乙"


def test_two_units_that_are_moved_below_each_other_at_the_same_time_do_not_both_get_there(office):
    one, two = (people.create_unit(office.engine, staff.ADMIN, name) for name in ("一处", "二处"))
    ready = threading.Barrier(2)

    def move(unit, below):
        ready.wait()
        try:
            people.update_unit(office.engine, staff.ADMIN, unit.id, name=unit.name, parent_id=below.id)
        except errors.InvalidInput:
            return "refused"
        return "moved"

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(move, (one, two), (two, one))) == ["moved", "refused"]


def test_a_unit_has_a_name_of_its_own_in_its_place(office):
    top = people.create_unit(office.engine, staff.ADMIN, "市政务办")
    people.create_unit(office.engine, staff.ADMIN, "综合处", top.id)

    with pytest.raises(errors.Conflict, match="已有“综合处”"):
        people.create_unit(office.engine, staff.ADMIN, " 综合处 ", top.id)
    other = people.create_unit(office.engine, staff.ADMIN, "综合处")
    with pytest.raises(errors.Conflict):
        people.update_unit(office.engine, staff.ADMIN, other.id, name="综合处", parent_id=top.id)
    assert people.update_unit(office.engine, staff.ADMIN, other.id, name="综合处", parent_id=None)
    for wrong in ("", "\n", "x" * 101):
        with pytest.raises(errors.InvalidInput):
            people.create_unit(office.engine, staff.ADMIN, wrong)
    with pytest.raises(errors.InvalidInput):
        people.create_unit(office.engine, staff.ADMIN, "处", 99)


def test_a_unit_goes_when_nobody_needs_it(office):
    top = people.create_unit(office.engine, staff.ADMIN, "市政务办")
    low = people.create_unit(office.engine, staff.ADMIN, "综合处", top.id)
    people.update_user(office.engine, staff.ADMIN, "zhangsan", unit_id=low.id)

    with pytest.raises(errors.Conflict, match="综合处"):
        people.remove_unit(office.engine, staff.ADMIN, top.id)
    with pytest.raises(errors.Conflict, match="1 名用户"):
        people.remove_unit(office.engine, staff.ADMIN, low.id)
    people.update_user(office.engine, staff.ADMIN, "zhangsan", unit_id=None)
    people.remove_unit(office.engine, staff.ADMIN, low.id)
    people.remove_unit(office.engine, staff.ADMIN, top.id)
    assert names(office).units == {}
    with pytest.raises(errors.NotFound):
        people.remove_unit(office.engine, staff.ADMIN, top.id)


# --- the directory ------------------------------------------------------------------------------------------------


def test_the_directory_knows_everybody_by_name(office):
    known = names(office)
    assert known.name("zhangsan") == "张三"
    assert known.name("stranger") == "stranger"
    assert known.name(None) == known.name("system") == "系统"
    assert (known.role_name("clerk"), known.role_name("boss")) == ("综合处", "boss")
    assert known.roles["chief"].pack == "demo"
    assert [user.id for user in people.people_in_role(office.engine, "clerk")] == ["lisi", "zhangsan"]


def test_the_directory_is_read_once_and_again_when_something_changes(office, tmp_path):
    from engine.store import counting

    names(office)
    with counting.counted(office.engine.store) as count:
        for _ in range(50):
            names(office)
    assert count.statements == 0

    people.update_user(office.engine, staff.ADMIN, "zhangsan", name="张三丰")
    assert names(office).name("zhangsan") == "张三丰"
    people.deactivate(office.engine, staff.ADMIN, "zhangsan", "离职")
    assert [user.id for user in people.people_in_role(office.engine, "clerk")] == ["lisi"]
    assert names(office).name("zhangsan") == "张三丰", "cases go on naming who has left"
    p.write(tmp_path / "packs", {"main": p.line(s.user("a"), ids=("a",))}, roles={"clerk": "办公室"})
    office.deploy("demo")
    assert names(office).role_name("clerk") == "办公室"


def test_sentences_name_people_as_they_are_called_today(office):
    office.start("main", as_="zhangsan")
    people.update_user(office.engine, staff.ADMIN, "lisi", name="李四光")
    office.claim("a", as_="lisi")
    with office.refused("已由李四光签收"):
        office.claim("a", as_="zhangsan")


# --- people to try it with ----------------------------------------------------------------------------------------


def test_demo_people_may_sign_in_and_do_their_work(drive):
    driver = drive(main=p.line(s.user("a"), ids=("a",)), settings=staff.SETTINGS)
    made = people.seed_demo(driver.engine)

    assert {user.id for user in made} == {*staff.PEOPLE, "admin", "secadmin", "monitor"}
    opened = accounts.sign_in(driver.engine, "zhangsan", people.DEMO_PASSWORD, client="here")
    _, actor, user = accounts.session(driver.engine, opened.token)
    assert actor.roles == {"clerk"} and not user.must_change_password
    rights = {user.id: user.rights for user in made if user.rights}
    assert rights == {
        "admin": {model.Right.ADMIN, model.Right.DESIGN},
        "secadmin": {model.Right.ADMIN},
        "monitor": {model.Right.MONITOR},
    }


def test_demo_people_stay_as_somebody_made_them(drive):
    driver = drive(main=p.line(s.user("a"), ids=("a",)), settings=staff.SETTINGS)
    people.seed_demo(driver.engine)
    people.deactivate(driver.engine, staff.ADMIN, "lisi", "试用")
    people.update_user(driver.engine, staff.ADMIN, "zhangsan", name="张三丰")
    staff.add(driver, "chenjing", "陈静")

    assert people.seed_demo(driver.engine) == []
    known = names(driver)
    assert (known.users["lisi"].active, known.name("zhangsan")) == (False, "张三丰")


def test_demo_people_never_come_to_an_office_in_earnest(office):
    before = names(office).users
    with pytest.raises(errors.Conflict, match="正式账号"):
        people.seed_demo(office.engine)
    assert names(office).users == before

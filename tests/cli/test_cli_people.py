"""Accounts, units and substitutions from the command line: how an office begins, and what ops does for people."""

from __future__ import annotations

import datetime
import re

import click.testing
import pytest
from office import Office

import cli
from engine import errors
from engine.actions import accounts
from engine.cli import output, session


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONGKAI_PASSWORD_MEMORY_KIB", "8192")


def typed(text: str, *arguments: str) -> click.testing.Result:
    """Run a command with something on its standard input."""
    return click.testing.CliRunner().invoke(cli.main, list(arguments), input=text)


def signs_in(user: str, password: str) -> bool:
    """Tell whether somebody gets in."""
    current = session.Session(None, None)
    try:
        accounts.sign_in(current.engine, user, password, client="here")
    except errors.SignInRefused:
        return False
    finally:
        current.close()
    return True


def test_the_first_administrator_is_made_by_whoever_has_the_database(office: Office) -> None:
    made = office("user", "add", "chenjing", "陈静", "--admin")
    password = re.search(r"：(\S+)\n", made.out)[1]

    assert made.out.startswith("已创建用户 chenjing（陈静）。\n")
    assert signs_in("chenjing", password)
    assert office("user", "list").rows == [["chenjing", "陈静", "—", "—", "系统管理", "须修改密码"]]
    assert password not in office("user", "show", "chenjing").out
    assert password not in office("audit", "list").out


def test_an_account_is_made_with_all_it_needs_and_changed(office: Office) -> None:
    office("unit", "add", "市政务办")
    office("unit", "add", "综合处", "--parent", 1)
    made = office(
        "user", "add", "chenjing", "陈静", "--role", "clerk", "--unit", 2, "--monitor", "--email", "c@example.org",
        "--external-id", "sub-1", "--json",
    ).json  # fmt: skip
    assert (made["user"]["roles"], made["user"]["rights"], made["user"]["unit_id"]) == (["clerk"], ["monitor"], 2)

    changed = office(
        "user", "set", "chenjing", "--name", "陈静芳", "--add-role", "chief", "--remove-role", "clerk", "--grant",
        "design", "--revoke", "monitor", "--unit", 0, "--email", "", "--json",
    ).json  # fmt: skip
    assert (changed["name"], changed["roles"], changed["rights"]) == ("陈静芳", ["chief"], ["design"])
    assert changed["unit_id"] is changed["email"] is None
    assert changed["external_id"] == "sub-1"
    assert office("user", "set", "chenjing").out == "没有改动。\n"
    shown = office("user", "show", "chenjing").out
    assert "领导小组" in shown
    assert "流程设计" in shown


def test_a_password_comes_from_standard_input_and_is_not_told(office: Office) -> None:
    result = typed("three-small-words\n", "user", "add", "chenjing", "陈静", "--password-stdin")
    assert (result.exit_code, result.output) == (0, "已创建用户 chenjing（陈静）。\n")
    assert signs_in("chenjing", "three-small-words")

    assert typed("12345678\n", "user", "password", "chenjing", "--password-stdin").exit_code == 6
    assert typed("other-small-words\r\n", "user", "password", "chenjing", "--password-stdin").exit_code == 0
    assert signs_in("chenjing", "other-small-words")
    made = office("user", "password", "chenjing", "--json").json["password"]
    assert not signs_in("chenjing", "other-small-words")
    assert signs_in("chenjing", made)


def test_who_signs_in_elsewhere_needs_no_password(office: Office) -> None:
    assert office("user", "add", "sso", "单点", "--no-password").out == "已创建用户 sso（单点）。\n"
    assert "无（单点登录）" in office("user", "show", "sso").out
    assert office("user", "add", "x", "某", "--no-password", "--password-stdin", code=2)


def test_a_new_password_ends_the_waiting_after_failed_attempts(office: Office) -> None:
    office("user", "add", "chenjing", "陈静")
    for _ in range(5):
        assert not signs_in("chenjing", "wrong")
    made = office("user", "password", "chenjing", "--json").json["password"]
    assert signs_in("chenjing", made)


def test_acting_as_somebody_goes_by_accounts_once_there_are_any(office: Office) -> None:
    assert office("instance", "start", "review", "--form", "title=一", as_="zhangsan")
    office("user", "add", "chenjing", "陈静", "--role", "clerk")

    assert "zhangsan" in office("task", "list", as_="zhangsan", code=3).err
    assert office("task", "claim", 1, as_="chenjing").out.startswith("已签收任务 1")
    office("user", "deactivate", "chenjing", "--reason", "离职")
    assert "账号已停用" in office("task", "list", as_="chenjing", code=4).err
    office("user", "activate", "chenjing")
    assert office("task", "list", as_="chenjing").rows


def test_users_do_not_administer(office: Office) -> None:
    office("user", "add", "chenjing", "陈静", "--role", "clerk")
    for command in (
        ("user", "add", "x", "某"),
        ("user", "set", "chenjing", "--grant", "admin"),
        ("user", "password", "chenjing"),
        ("user", "deactivate", "chenjing", "--reason", "x"),
        ("unit", "add", "处"),
        ("user", "token", "list"),
        ("substitution", "list"),
    ):
        assert "没有权限" in (err := office(*command, as_="chenjing", code=4).err) or "只能查看" in err


def test_handing_over_tells_what_became_of_every_task(office: Office) -> None:
    for user in ("zhangsan", "lisi"):
        office("user", "add", user, "某", "--role", "clerk")
    task = office.task(office.start())
    office("task", "claim", task, as_="lisi")

    closed = office("user", "deactivate", "lisi", "--reason", "调离")
    assert "名下还有1个任务" in closed.out
    done = office("user", "hand-over", "lisi", "--to", "zhangsan", "--reason", "调离")
    assert done.rows[0][3] == "已移交"
    assert "已停用" in done.out
    assert "zhangsan" in office("task", "show", task, "--json").out
    again = office("user", "hand-over", "lisi", "--to", "zhangsan", "--reason", "调离", "--json").json
    assert again["tasks"] == []


def test_tokens_are_shown_once_listed_and_revoked(office: Office) -> None:
    office("user", "add", "robot", "报表程序", "--no-password")
    made = office("user", "token", "add", "robot", "--name", "报表", "--scope", "read", "--days", 30)
    secret = made.out.rsplit("：", 1)[1].strip()

    listed = office("user", "token", "list", "robot")
    assert secret not in listed.out
    assert secret[:14] in listed.out
    assert secret not in office("user", "show", "robot").out
    assert office("user", "token", "revoke", 1).out == "已撤销令牌 1。\n"
    assert office("user", "token", "revoke", 1, code=5)
    assert len(office("user", "token", "list", "--json").json) == 1
    assert "没有接口令牌" in office("user", "token", "list", "lisi").out
    assert office("user", "token", "add", "robot", "--name", "x", "--scope", "operate", code=4)


def test_units_are_a_tree(office: Office) -> None:
    for name, parent in (("市政务办", ()), ("综合处", ("--parent", 1)), ("机关党委", ("--parent", 1))):
        office("unit", "add", name, *parent)
    office("user", "add", "chenjing", "陈静", "--unit", 2)

    assert office("unit", "list").rows == [["1", "市政务办", "0"], ["2", "综合处", "1"], ["3", "机关党委", "0"]]
    assert [each["id"] for each in office("user", "list", "--unit", 1, "--json").json] == ["chenjing"]
    assert office("unit", "set", 2, "--name", "办公室").out == "已修改单位 2“办公室”。\n"
    assert office("unit", "set", 2, "--parent", 0, "--json").json == {"id": 2, "name": "办公室", "parent_id": None}
    assert "1 名用户" in office("unit", "remove", 2, code=5).err
    assert office("unit", "remove", 3).out == "已移除单位 3。\n"
    assert office("unit", "set", 9, "--name", "无", code=3)


def test_somebody_stands_in_for_somebody(office: Office) -> None:
    office("user", "add", "zhangsan", "张三", "--role", "clerk")
    office("user", "add", "lisi", "李四")
    office("substitution", "add", "zhangsan", "lisi", "--to", "2999-01-01", "--reason", "出差", code=6)
    made = office("substitution", "add", "zhangsan", "lisi", "--to", _in_days(3), "--reason", "出差")
    assert made.out.startswith("已设置代理 1：李四代理张三，")
    later = ("--from", _in_days(30), "--to", _in_days(31), "--reason", "出差")
    office("substitution", "add", "zhangsan", "lisi", *later, as_="zhangsan")

    assert [row[5] for row in office("substitution", "list").rows] == ["未开始", "生效中"]
    office("instance", "start", "review", "--form", "title=一", as_="zhangsan")
    assert office("task", "claim", 1, as_="lisi").out.startswith("已签收")
    assert office("substitution", "end", 1, as_="lisi").out == "已结束代理 1。\n"
    assert [row[5] for row in office("substitution", "list", "--user", "lisi", as_="lisi").rows] == ["未开始", "已结束"]


def _in_days(days: int) -> str:
    today = datetime.datetime.now(output.BEIJING).date()
    return (today + datetime.timedelta(days=days)).isoformat()

"""What goes wrong ends in a sentence that says what to do, an exit code, and nothing half done."""

from __future__ import annotations

import json
import os
import pathlib
import sqlite3
import stat
from collections.abc import Iterator

import click
import click.testing
import pytest
import rich.cells
from office import Office

import cli
from engine import errors
from engine.cli import output, session


def commands(group: click.Group = cli.main, *names: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from commands(command, *names, name)
        else:
            yield (*names, name), command


def test_every_command_answers_in_json_too_but_for_those_that_tell_a_story_serve_or_draw() -> None:
    without = {names for names, command in commands() if not any("--json" in p.opts for p in command.params)}
    assert without == {("demo",), ("serve",), ("form", "preview")}


def test_every_command_and_option_says_what_it_is_for() -> None:
    for names, command in commands():
        assert command.get_short_help_str(), names
        for param in command.params:
            assert not isinstance(param, click.Option) or param.help, (names, param.name)


def test_every_kind_of_error_has_an_exit_code() -> None:
    codes = {
        errors.GongkaiError: 1, errors.NotFound: 3, errors.Forbidden: 4, errors.Conflict: 5,
        errors.InvalidForm: 6, errors.InvalidDiagram: 6, errors.CalendarError: 6, errors.StoreError: 7,
    }  # fmt: skip
    assert {kind: session.exit_code(kind("x")) for kind in codes} == codes
    assert session.exit_code(errors.BpmnError("code")) == 1


def test_a_wrong_form_names_each_field_with_what_it_should_be(office: Office) -> None:
    case = office.start()
    line = (
        "task",
        "complete",
        office.task(case),
        "--form",
        "opinion=" + "长" * 21,
        "--form",
        "pages=三",
        "--form",
        "other=1",
    )
    told = office(*line, as_="lisi", code=6).err.splitlines()
    assert told[0].startswith("错误：表单有4处填写有误")
    assert [row.split("（")[0] for row in told[1:]] == ["  · opinion", "  · agree", "  · pages", "  · other"]
    assert "20" in told[1]
    assert "必填" in told[2]
    as_json = json.loads(office(*line, "--json", as_="lisi", code=6).err)
    assert as_json["error"] == "invalid-form"
    assert [field["field"] for field in as_json["errors"]] == ["opinion", "agree", "pages", "other"]
    assert office("task", "show", office.task(case), "--json").json["task"]["completed_at"] is None


def test_text_that_looks_like_a_number_stays_text_in_a_form(office: Office) -> None:
    case = office.start()
    office("task", "complete", office.task(case), "--form", "opinion=007", "--form", "agree=否", as_="lisi")
    variables = office("instance", "show", case, "--json").json["variables"]
    assert (variables["opinion"], variables["agree"]) == ("007", False)


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        (("task", "show", "99"), "gongkai task list"),
        (("task", "show", "--", "-1"), "gongkai task list"),
        (("task", "complete", "99"), "gongkai task list"),
        (("instance", "show", "99"), "gongkai instance list --all"),
        (("instance", "start", "nothing"), "nothing"),
        (("definition", "show", "nothing"), "review"),
        (("definition", "diff", "review", "1", "7"), "review"),
        (("incident", "retry", "99"), "gongkai incident list --all"),
        (("deploy", "nothing"), "demo"),
        (("--as", "nobody", "task", "list"), "zhangsan"),
    ],
)  # fmt: skip
def test_what_is_not_there_says_what_is(office: Office, line: tuple[str, ...], hint: str) -> None:
    assert hint in office(*line, code=3).err


@pytest.mark.parametrize(
    "line",
    [
        ("task", "list", "--limit", "0"),
        ("task", "list", "--limit", "99999999999"),
        ("instance", "start", "review", "--form", "title"),
        ("instance", "start", "review", "--var", "=1"),
        ("instance", "start"),
        ("instance", "start", "review", "--form-file", "/nowhere.json"),
        ("message", "send", "m", "--ttl", "tomorrow"),
        ("message", "send", "m", "--ttl", "P9999Y"),
        ("job", "list", "--status", "lost"),
        ("calendar", "add-days", "2026-02-30", "3"),
        ("calendar", "add-days", "2026-02-10", "--", "-3"),
        ("calendar", "show", "2026", "13"),
        ("check",),
        ("check", "/nowhere"),
        ("worker", "--concurrency", "0"),
        ("instance", "cancel", "1"),
        ("nonsense",),
        ("task", "nonsense"),
        ("task", "show", "one"),
        ("task", "show", "1", "--nonsense"),
    ],
)
def test_a_wrong_command_line_ends_with_2_and_says_how_it_goes(office: Office, line: tuple[str, ...]) -> None:
    told = office(*line, code=2).err
    assert "gongkai" in told or "main" in told
    assert "Error: " in told


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (("task", "show", "9" * 30), 6),
        (("instance", "start", "review';drop table instances;--"), 3),
        (("instance", "start", "review", "--form", "title=[1, 2"), 0),
        (("instance", "start", "review", "--form", "title=" + "[" * 5000), 6),
        (("instance", "start", "review", "--form", "title={}"), 6),
        (("instance", "start", "review", "--form", "title=\ud800"), 6),
        (("instance", "start", "review", "--form", "title=a\x00b"), 6),
        (("instance", "start", "review", "--form", "title=" + "长" * 100_000), 6),
        (("instance", "start", "review", "--form", "title=x", "--business-key", "\ud800"), 6),
        (("instance", "start", "review", "--form", "title=x", "--var", "n=NaN"), 0),
        (("instance", "start", "review", "--form", "title=x", "--var", "n=" + "9" * 5000), 0),
        (("instance", "start", "review", "--form", "title=x", "--var", "n=" + "[" * 5000), 0),
        (("instance", "start", "\ud800"), 6),
        (("message", "send", ""), 6),
        (("message", "send", "\ud800", "--key", "\ud800"), 6),
        (("calendar", "show", "0"), 6),
        (("calendar", "show", "9999", "12"), 6),
        (("calendar", "add-days", "9999-12-31", "5"), 6),
        (("calendar", "add-days", "9999-12-31", "5", "--unit", "days"), 6),
        (("calendar", "add-days", "0001-01-01", "0"), 6),
        (("definition", "show", "review", "--version", "9" * 30), 6),
        (("audit", "list", "--instance", "9" * 30), 6),
        (("audit", "list", "--actor", "\ud800"), 6),
    ],
)
def test_hostile_arguments_are_answered_in_a_sentence(office: Office, line: tuple[str, ...], code: int) -> None:
    told = office(*line, code=code).err
    assert "错误：" in told if code else "错误" not in told
    assert "Traceback" not in told
    office("instance", "list", "--json")


def test_people_do_only_what_is_theirs(office: Office) -> None:
    case = office.start()
    task = office.task(case)
    form = ("--form", "opinion=好", "--form", "agree=true")
    assert "wangwu" in office("task", "complete", task, *form, as_="wangwu", code=4).err
    assert "候选人" in office("task", "claim", task, as_="wangwu", code=4).err
    assert "不能发起" in office("instance", "start", "review", "--form", "title=x", as_="wangwu", code=4).err
    office("instance", "cancel", case, "--reason", "x", as_="lisi", code=4)
    office("instance", "suspend", case, as_="lisi", code=4)
    office("instance", "set", case, "n=1", as_="lisi", code=4)
    office("deploy", "demo", as_="lisi", code=4)
    office("message", "send", "补正材料", as_="lisi", code=4)
    office("signal", "send", "停止受理", as_="lisi", code=4)
    office("task", "complete", task, *form, "--var", "n=1", as_="lisi", code=4)
    # An operator does not sign for others, and is told how to act as a user.
    assert "gongkai --as" in office("task", "complete", task, *form, code=4).err
    office("task", "claim", task, as_="lisi")
    assert "李四" in office("task", "claim", task, as_="zhangsan", code=5).err


def test_what_has_changed_meanwhile_is_a_conflict(office: Office) -> None:
    case = office.start()
    task = office.task(case)
    office.complete(case)
    told = office("task", "complete", task, "--form", "opinion=好", "--form", "agree=true", as_="zhangsan", code=5).err
    assert "李四" in told
    assert "办结" in told
    office("instance", "cancel", case, "--reason", "重复")
    office("instance", "cancel", case, "--reason", "重复", code=5)
    office("instance", "cancel", case, "--reason", " ", code=6)


def test_files_that_cannot_be_read_or_written_are_named(office: Office) -> None:
    source = office.root / "packs" / "processes" / "demo" / "review.bpmn"
    assert "nowhere" in office("layout", source, "-o", office.root / "nowhere" / "x.bpmn", code=1).err
    text = office.root / "text.bpmn"
    text.write_text("no diagram", encoding="utf-8")
    told = office("layout", text, code=6).err
    assert "text.bpmn" in told
    assert text.read_text(encoding="utf-8") == "no diagram"
    broken = office.root / "form.json"
    for content in ("{", "[]", "[" * 5000, '{"title": NaN}'):
        broken.write_text(content, encoding="utf-8")
        assert "form.json 应为 JSON 对象" in office("instance", "start", "review", "--form-file", broken, code=2).err
    broken.write_bytes(b"\xff\xfe")
    office("instance", "start", "review", "--form-file", broken, code=2)


def test_databases_that_cannot_be_used_end_with_7(bare: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = bare.root / "noise.db"
    noise.write_text("这不是数据库。" * 100, encoding="utf-8")
    for url in (
        f"sqlite:///{noise}", "nonsense", "oracle://x/y", f"sqlite:///{noise}/below/x.db", "sqlite:////proc/x/y.db",
        "sqlite:///a\x00b.db", f"sqlite:///{bare.root}",
    ):  # fmt: skip
        assert "错误：" in bare("--database", url, "instance", "list", code=7).err, url
    old = bare.root / "old.db"
    bare("--database", f"sqlite:///{old}", "db", "upgrade")

    with sqlite3.connect(old) as database:
        database.execute("UPDATE alembic_version SET version_num = 'v0000'")
    database.close()
    assert "gongkai db upgrade" in bare("--database", f"sqlite:///{old}", "instance", "list", code=7).err


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("GONGKAI_PAKCS", "/x", "是否应为 GONGKAI_PACKS"),
        ("GONGKAI_PACKS", "/nowhere", "/nowhere"),
        ("GONGKAI_CONCURRENCY", "many", "数字"),
    ],
)
def test_wrong_settings_are_named(
    bare: Office, monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(name, value)
    assert told in bare("instance", "list", code=6).err


def test_errors_are_json_when_json_is_asked_for_and_only_then(office: Office) -> None:
    told = json.loads(office("task", "show", "99", "--json", code=3).err)
    assert told["error"] == "not-found"
    assert told["message"].endswith("。")
    assert "{" not in office("instance", "start", "nothing", "--business-key=--json", code=3).err


def test_columns_stand_below_each_other_in_chinese(office: Office) -> None:
    office("instance", "start", "review", "--form", "title=甲", "--business-key", "公开〔2026〕1号", as_="zhangsan")
    office("instance", "start", "review", "--form", "title=乙", "--business-key", "B-2", as_="zhangsan")
    office("instance", "start", "waiting", as_="zhangsan")
    for line in (
        ("instance", "list"),
        ("task", "list"),
        ("definition", "list"),
        ("audit", "list"),
        ("subscription", "list"),
    ):
        lines = [each for each in office(*line).out.splitlines() if each]
        rule = next(n for n, each in enumerate(lines) if set(each) == {"─"})
        headings, rows = cells(lines[rule - 1]), lines[rule + 1 :]
        starts = [n for n, cell in enumerate(headings) if cell not in (" ", "") and (n == 0 or headings[n - 1] == " ")]
        assert len(rows) >= 1
        for row in map(cells, rows):
            for start in starts:
                assert row[start] not in (" ", ""), (line, "".join(row))
                assert start == 0 or row[start - 1] == " ", (line, "".join(row))
        assert not any(each.endswith(" ") for each in lines)


def cells(line: str) -> list[str]:
    """One entry a column of the terminal; the second half of a wide character is empty."""
    found: list[str] = []
    for character in line:
        found += [character, ""][: rich.cells.cell_len(character)]
    return found


def test_control_characters_of_a_case_do_not_reach_the_terminal(office: Office) -> None:
    case = office.start()
    office("instance", "set", case, "n=\u001b[31mred\u0007\u202e倒")
    shown = office("instance", "show", case).out
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "\u202e" not in shown
    assert "red" in shown


def test_values_are_written_for_people() -> None:
    assert output.text(None) == "—"
    assert output.text(True) == "是"
    assert output.text(("甲", "乙")) == "甲、乙"
    assert output.text({"a": "乙"}) == '{"a": "乙"}'


def test_a_directory_that_may_not_be_written_is_told(bare: Office) -> None:
    locked = bare.root / "locked"
    locked.mkdir()
    locked.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        if os.access(locked, os.W_OK):  # root writes everywhere: there is nothing to refuse
            bare("--database", f"sqlite:///{locked}/x.db", "db", "upgrade")
        else:
            assert "权限" in bare("--database", f"sqlite:///{locked}/x.db", "db", "upgrade", code=7).err
    finally:
        locked.chmod(stat.S_IRWXU)


def test_help_needs_nothing(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for names, _ in commands():
        result = click.testing.CliRunner().invoke(cli.main, [*names, "-h"])
        assert result.exit_code == 0, names
    assert list(tmp_path.iterdir()) == []

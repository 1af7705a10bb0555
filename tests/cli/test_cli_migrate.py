"""`gongkai instance migrate`: what it says, what it ends with, and that the dry run changes nothing."""

from __future__ import annotations

import pytest
from office import Office, review, waiting


@pytest.fixture
def moved(office: Office) -> tuple[Office, int]:
    """A case of the first version, and a second one in which its task is called otherwise."""
    case = office.start()
    office.write(review=second(), waiting=waiting())
    office("deploy", "demo")
    return office, case


def second() -> bytes:
    text = review("复核申请", tag="v2026").decode()
    for place in ("id", "Ref", "bpmnElement"):
        text = text.replace(f'{place}="check"', f'{place}="again"')
    return text.encode()


def test_what_does_not_fit_is_told_and_nothing_changes(moved: tuple[Office, int]) -> None:
    office, case = moved
    told = office("instance", "migrate", case, "--to", 2, "--dry-run", code=1).out
    assert told.startswith(
        f"事项 {case}：“公开申请审核”第 1 版 → 第 2 版，不能迁移。\n  ✗ “审核申请”（check）应在目标版本中"
    )
    refused = office("instance", "migrate", case, "--to", 2, code=5).err
    assert "不能迁移到“公开申请审核”第 2 版" in refused
    assert office("instance", "list", "--json").json[0]["definition_version"] == 1


def test_with_a_mapping_it_goes_on_in_the_other_version(moved: tuple[Office, int]) -> None:
    office, case = moved
    arguments = ("instance", "migrate", case, "--to", 2, "--map", "check=again")
    assert office(*arguments, "--dry-run", "--json").json["findings"] == []
    told = office(*arguments).out
    assert told.splitlines()[0] == f"事项 {case}：“公开申请审核”第 1 版 → 第 2 版，已迁移。"
    assert "  · “审核申请”对应到“复核申请”（again）" in told.splitlines()
    assert "第2版" in office("instance", "show", case).out
    office.complete(case)
    assert "无需迁移" in office(*arguments, code=5).err


def test_several_cases_each_go_by_themselves(moved: tuple[Office, int]) -> None:
    office, case = moved
    other = office("instance", "start", "review", "--version", 1, "--form", "title=x", "--json", as_="zhangsan").json[
        "id"
    ]
    arguments = ("instance", "migrate", case, 999, other, "--to", 2, "--map", "check=again")
    told = office(*arguments, code=1).out
    assert told.count("已迁移。") == 2
    assert "事项 999 没有迁移：" in told
    answers = office(*arguments, "--json", code=1).json
    assert [each["error"] for each in answers] == ["conflict", "not-found", "conflict"]
    assert office("instance", "migrate", case, "--to", 1, "--map", "again=check", "--json").json["to_version"] == 1
    assert office("instance", "migrate", case, "--to", "v2026", "--map", "check=again").code == 0  # a tag


def test_a_pair_names_both(moved: tuple[Office, int]) -> None:
    office, case = moved
    assert "原元素=新元素" in office("instance", "migrate", case, "--to", 2, "--map", "check", code=2).err
    office("instance", "migrate", case, "--to", 2, "--map", "check=again", as_="lisi", code=4)

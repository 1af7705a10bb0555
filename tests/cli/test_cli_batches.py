"""`gongkai batch` as operators type it."""

from __future__ import annotations

import pytest


@pytest.fixture
def cases(office):
    """Five cases of one process."""
    for title in "一二三四五":
        office("--as", "zhangsan", "instance", "start", "review", "--form", f"title={title}")
    return office


def test_many_cases_are_cancelled_at_a_word_and_each_tells_what_came_of_it(cases):
    shown = cases("batch", "start", "cancel", "--definition", "review", "--preview").out
    assert "将对 5 个事项取消事项" in shown
    assert "没有批量办理" in cases("batch", "list").out

    cases("instance", "suspend", "2")
    done = cases("batch", "start", "cancel", "--definition", "review", "--reason", "政策调整", "--yes", "--wait").out
    assert "批量办理 1 已办完：已办 5，不予办理 0，失败 0，等待 0。" in done
    assert "取消事项" in cases("batch", "list").out
    assert "政策调整" in cases("batch", "show", "1").out
    assert cases("instance", "list", "--json").json == []


def test_a_batch_is_paused_gone_on_with_and_cancelled(cases):
    ordered = cases("batch", "start", "suspend", "--id", "1", "--id", "2", "--id", "99", "--json").json
    assert (ordered["state"], ordered["counts"]["waiting"]) == ("running", 3)
    assert "已暂停" in cases("batch", "pause", "1").out
    assert cases("batch", "pause", "1", code=5)
    cases("job", "run")
    assert cases("batch", "show", "1", "--json").json["counts"]["waiting"] == 3

    assert "已办 2，不予办理 1" in cases("batch", "resume", "1", "--wait").out
    found = cases("batch", "show", "1", "--items", "refused", "--json").json
    assert [each["sentence"] for each in found["items"]] == ["没有编号为 99 的流程实例。"]
    assert cases("batch", "retry", "1", code=5)

    cases("batch", "start", "activate", "--status", "suspended", "--yes")
    assert "还有 2 个没有办理" in cases("batch", "cancel", "2").out
    assert [each["state"] for each in cases("batch", "list", "--json").json] == ["cancelled", "finished"]


def test_an_order_is_asked_about_and_refused_without_what_it_needs(cases):
    assert cases("batch", "start", "cancel", "--definition", "review", "--yes", code=6)
    assert cases("batch", "start", "suspend", code=6)
    assert cases("batch", "start", "suspend", "--definition", "none", "--yes", code=5)
    assert cases("batch", "start", "suspend", "--definition", "review", code=1)  # nobody answers the question
    assert cases("--as", "zhangsan", "batch", "list", code=4)
    assert cases("batch", "show", "9", code=3)
    assert cases("batch", "list", "--json").json == []


def test_cases_are_chosen_by_when_they_began_and_what_is_wrong_with_them(cases):
    assert cases("batch", "start", "suspend", "--started-before", "2020-01-01", "--preview", "--json").json == {
        "kind": "suspend",
        "total": 0,
        "first": [],
    }
    later = ("--started-after", "2020-01-01 09:00", "--at-version", "1", "--definition", "review")
    assert cases("batch", "start", "suspend", *later, "--preview", "--json").json["total"] == 5
    assert cases("batch", "start", "retry", "--incident", "job", "--preview", "--json").json["total"] == 0


def test_cases_are_migrated_to_a_version(cases):
    chosen = ("--definition", "review", "--at-version", "1")
    assert cases("batch", "start", "migrate", *chosen, "--yes", code=6)
    assert cases("batch", "start", "migrate", *chosen, "--to-version", "9", "--yes", code=6)
    assert cases("batch", "start", "migrate", *chosen, "--to-version", "1", "--map", "x", "--yes", code=2)
    done = cases("batch", "start", "migrate", *chosen, "--to-version", "1", "--map", "a=b", "--yes", "--wait").out
    assert "不予办理 5" in done  # they run on it already
    assert cases("batch", "show", "1", "--json").json["parameters"] == {
        "to_version": 1,
        "mapping": {"a": "b"},
        "reckon": False,
    }

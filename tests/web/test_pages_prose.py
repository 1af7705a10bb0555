"""What people wrote, as pages show it."""

from __future__ import annotations

import dataclasses
import datetime

from engine.model import views_cases
from engine.web import prose

NAMES = {"张三", "张三丰", "Li Wei"}


def test_a_mention_stands_out_and_the_rest_is_escaped() -> None:
    assert str(prose.mentions("请@张三 看 <b>", NAMES)) == '请<span class="mention">@张三</span> 看 &lt;b&gt;'


def test_the_longest_name_is_meant_and_what_follows_without_a_space_is_not_part_of_it() -> None:
    assert str(prose.mentions("@张三丰请阅", NAMES)) == '<span class="mention">@张三丰</span>请阅'


def test_who_does_not_work_here_is_not_marked() -> None:
    assert str(prose.mentions("a@b.cn @王五", NAMES)) == "a@b.cn @王五"


def test_remarks_do_not_run_together() -> None:
    assert prose.joined(["写明条款", "", "不超过 500 字"]) == "写明条款；不超过 500 字"
    assert prose.joined(["如实填写。", "例如：张三"]) == "如实填写。例如：张三"
    assert prose.joined(["Say why", "At most 500 characters"], "; ") == "Say why; At most 500 characters"
    assert prose.joined(["Say why.", "At most 500"], "; ") == "Say why. At most 500"


def test_excerpts_have_chinese_marks_between_chinese_and_keep_their_parts() -> None:
    assert prose.excerpt([("内容概述:各", False), ("窗口", True), (",见(附件)", False)]) == [
        ("内容概述：各", False),
        ("窗口", True),
        ("，见（附件）", False),
    ]
    assert prose.excerpt([("10:30 a.b:c", False)]) == [("10:30 a.b:c", False)]


def test_neighbours_of_one_kind_come_together_and_keep_their_order() -> None:
    at = datetime.datetime(2026, 11, 25, tzinfo=datetime.UTC)
    told = [views_cases.Event(at, by, number, "a") for number, by in zip("12345", "xx  x", strict=True)]
    found = prose.runs([dataclasses.replace(each, by=each.by.strip() or None) for each in told], "automatic")
    assert [(automatic, [each.sentence for each in run]) for automatic, run in found] == [
        (False, ["1", "2"]),
        (True, ["3", "4"]),
        (False, ["5"]),
    ]

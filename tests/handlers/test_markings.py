"""Marks of secrecy are found where they are marks, and not where a text speaks of secrecy."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers import markings


def kinds(text):
    return markings.kinds(markings.find({"content": text}))


@pytest.mark.parametrize(
    "text",
    ["绝密", "机密★", "秘密★10年", "秘密 ★ 长期", "密级：机密", "密级 秘密", "第一行\n  【绝密】\n第三行", "机密☆一号"],
)
def test_levels_are_found(text):
    assert kinds(text) == ["classified"]


@pytest.mark.parametrize(
    "text",
    [
        "内部文件",
        "【内部资料】评价办法",
        "（注意保密）",
        "内部文件 注意保存",
        "内部资料，注意保管",
        "正文\n注意保密！\n正文",
        "《内部文件》",
    ],
)
def test_warnings_are_found(text):
    assert kinds(text) == ["marked"]


@pytest.mark.parametrize(
    "text",
    [
        "工作人员应当保守国家秘密。",
        "不得泄露商业秘密和个人隐私",
        "机密级计算机的管理",
        "请注意保管好个人物品",
        "内部文件管理办法",
        "**机密**文件的管理",
        "",
    ],
)
def test_speaking_of_secrecy_is_no_mark(text):
    assert kinds(text) == []


def test_both_kinds_are_told_once_each_with_what_stands_there():
    found = markings.find({"title": "秘密★5年", "summary": "秘密★5年", "content": "内部文件\n秘密★5年"})
    assert found == [{"kind": "classified", "text": "“秘密★5年”"}, {"kind": "marked", "text": "“内部文件”"}]


def test_names_of_files_are_looked_at():
    assert markings.find({"attachments": [{"name": "【内部资料】名单.pdf"}]})[0]["kind"] == "marked"
    assert markings.find({"attachments": None, "content": None}) == []


@settings(max_examples=50, deadline=None)
@given(st.text(alphabet="第一条 ，。\n（）【】", max_size=200), st.sampled_from(["秘密★10年", "【内部文件】"]))
def test_a_mark_is_found_wherever_it_stands(text, mark):
    assert kinds(text + mark + text)


def test_long_texts_full_of_punctuation_take_no_time():
    assert kinds("【（〔" * 20_000 + "。" * 40_000) == []

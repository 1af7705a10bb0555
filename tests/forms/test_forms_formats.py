"""Formats accept what people in Chinese offices write and nothing that is dangerous."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.forms import coercion, definition, dialect, formats

GOOD = {
    "date": ["2026-11-21", "2024-02-29", "1949-10-01"],
    "date-time": ["2026-11-21T09:30:00+08:00", "2026-11-21T01:30:00Z", "2026-11-21T01:30:00.123Z"],
    "email": ["zhangsan@example.gov.cn", "a.b+c@x-y.cn"],
    "phone": [
        *["13800138000", "+86 13800138000", "86-13800138000", "010-62345678", "0746-8378000"],
        *["8378000", "0746-8378000-123", "400-123-4567", "12345", "110", "95588", "+85223456789"],
    ],
    "uri": ["https://www.example.gov.cn/a?b=1#c", "http://127.0.0.1:8080/", "https://例子.中国/公示"],
}
BAD = {
    "date": ["2026-13-01", "2025-02-29", "20261121", "2026-W01-1", "0202-11-21", "２０２６-11-21", "2026-11-21\n", ""],
    "date-time": ["2026-11-21", "2026-11-21T09:30:00", "2026-11-21T25:00:00Z", "2026-11-21 09:30:00Z"],
    "email": [
        "a",
        "a@b",
        "a@.cn",
        "@b.cn",
        "a b@c.cn",
        "a@b.cn\n",
        "a@b_c.cn",
        "a..b@c.cn",
        "x" * 65 + "@a.cn",
        "a@" + "b." * 130 + "cn",
    ],
    "phone": ["12", "23800138000", "1380013800", "电话", "138 0013 8000x", "13800138000\n", "0" * 11, "+0123456789"],
    "uri": [
        *[
            "javascript:alert(1)",
            "data:text/html,x",
            "www.example.cn",
            "//example.cn",
            "http://",
            "http:///x",
            "ftp://a.cn",
        ],
        *["http://a.cn/<script>", "http://a.cn/ b", "http://a.cn\n", "http://[::1", "http://a.cn:99999/", "x" * 3000],
    ],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in GOOD.items() for text in texts])
def test_format_accepts(name: str, text: str) -> None:
    assert formats.FORMATS[name].check(text)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in BAD.items() for text in texts])
def test_format_refuses(name: str, text: str) -> None:
    assert not formats.FORMATS[name].check(text)


def test_every_example_that_people_are_shown_is_accepted() -> None:
    for name, known in formats.FORMATS.items():
        field = definition.Field("a", "a", "甲", known.type, "text", {}, format=name)
        for example in known.example.split(" 或 ") if known.example else []:
            assert known.check(coercion.coerce(field, example)), example


FILE = {"token": "Ab-_9", "name": "请示 (1).pdf", "size": 0, "sha256": "0a" * 32}


@pytest.mark.parametrize(
    "change",
    [
        {"token": ""}, {"token": "../x"}, {"token": 5}, {"token": "x" * 201}, {"name": ""}, {"name": "a/b"},
        {"name": "a\\b"}, {"name": ".."}, {"name": "a\nb"}, {"name": "a\u202egpj.exe"}, {"name": "字" * 86}, {"name": " a"},
        {"size": -1}, {"size": True}, {"size": 1.5}, {"size": "1"}, {"sha256": "0A" * 32}, {"sha256": "0a"}, {"path": "/etc"},
        {"name": 5}, {"sha256": None}, {"name": 'a"b'}, {"name": "C:a"},
    ],
)  # fmt: skip
def test_file_of_another_form_is_refused(change: dict[str, object]) -> None:
    assert formats.is_file(FILE)
    assert not formats.is_file({**FILE, **change})


@pytest.mark.parametrize("key", formats.FILE_KEYS)
def test_file_without_one_of_its_parts_is_refused(key: str) -> None:
    assert not formats.is_file({name: value for name, value in FILE.items() if name != key})


@settings(max_examples=200, deadline=None)
@given(st.decimals(-(10**12), 10**12, places=2).map(float))
def test_amounts_written_with_two_decimals_are_multiples_of_a_cent(amount: float) -> None:
    assert dialect.is_multiple(amount, 0.01)


@pytest.mark.parametrize(
    ("one", "other", "same"), [(1, 1.0, True), (1, True, False), ("1", 1, False), ({"a": [1]}, {"a": [1.0]}, True)]
)
def test_equality_is_that_of_json(one: object, other: object, same: bool) -> None:
    assert (dialect.canonical(one) == dialect.canonical(other)) is same

"""What pack.yaml tells the public of its office is read whole, and what is wrong with it is said."""

from __future__ import annotations

import pytest

from engine import errors, packfile

HEAD = """
title: 办法
source: {file: a.txt, date: 2024-03-01, issuer: 市政务办}
clauses: [{id: G-01, articles: 第一条, summary: 设立, kind: procedure}]
articles: [{number: 1, kind: procedure, rows: [G-01], summary: 设立}]
"""
OFFICE = """
office: {name: 市政务办, phone: 010-65432100, postcode: "100000"}
places:
  title: 便民服务点
  clause: G-01
  notes: [免费。]
  form: {process: chayue, event: Event_jianyi}
  list: [{id: first, name: 第一服务点, hours: 工作日9:00—17:00}]
portal: {kinds: {jieguo: 结果公布}, filters: [制作单位]}
"""


def parsed(text):
    return packfile.parse(text.encode(), "demo")


def test_everything_is_read_and_what_is_missing_is_empty():
    found = parsed(HEAD + OFFICE)
    assert (found.office.name, found.office.contact.postcode, found.office.contact.address) == (
        "市政务办",
        "100000",
        "",
    )
    assert (found.places.short, found.places.form) == ("便民服务点", ("chayue", "Event_jianyi"))
    assert [(each.name, each.contact.hours) for each in found.places.places] == [("第一服务点", "工作日9:00—17:00")]
    assert (found.portal.kinds, found.portal.filters) == ({"jieguo": "结果公布"}, ("制作单位",))
    bare = parsed(HEAD)
    assert (bare.office, bare.places, bare.portal.filters) == (None, None, ())


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("name: 市政务办, phone", "phone", "有 name"),
        ('postcode: "100000"', "postcode: 100000", "非空文字"),
        ("clause: G-01\n  notes", "clause: G-02\n  notes", "G-02"),
        ("event: Event_jianyi", "evnt: Event_jianyi", "event"),
        ("kinds: {jieguo", "kinds: {jiegou", "jieguo"),
        ("[{id: first,", "[{id: first, name: 甲}, {id: first,", "不重复"),
    ],
)
def test_what_is_wrong_is_said(old, new, words):
    assert old in HEAD + OFFICE
    with pytest.raises(errors.InvalidInput, match=words):
        parsed((HEAD + OFFICE).replace(old, new))

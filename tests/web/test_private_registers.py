"""Private fields of a register: those who keep it read them, whoever watches over the office does not, by no door."""

from __future__ import annotations

import io
import zipfile

import packbuilder as p
import pytest
import snippets as s
import website

from engine import errors, forms, packfile
from engine.actions import record_reading, register_search

CONTACT = "13812345678"
EXTRA = """
registers:
  - id: dengji
    name: 申请登记
    number: "登〔{year}〕{n}号"
    readers: [clerk]
    fields:
      - {id: name, name: 姓名}
      - {id: contact, name: 联系方式, private: true}
      - {id: remark, name: 备注, optional: true, private: true}
"""
HANDLERS = """
from engine.model import records
@registry.handler("write")
def write(job):
    job.write(records.Append("dengji", {"name": "何先生", "contact": "13812345678"}))
"""


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    root = tmp_path_factory.mktemp("office")
    (root / "database").mkdir()
    task = s.service("write", camunda_topic="write")
    diagram = p.line(task, s.user("after", name="收尾"), ids=("write", "after"))
    pack = p.write(root / "packs", {"main": diagram}, handlers=HANDLERS, extra=EXTRA)
    with website.Office(root / "database", pack) as made:
        made.driver.start("main", as_="admin")
        yield made


def told(answer):
    assert answer.status_code == 200, answer.text
    return answer.text


def unpacked(answer):
    assert answer.status_code == 200
    book = zipfile.ZipFile(io.BytesIO(answer.content))
    return "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))


REGISTER = "/registers/demo/dengji"


@pytest.mark.parametrize("who", ["monitor", "admin"])
def test_who_watches_over_the_office_finds_that_something_is_filled_in_and_not_what(office, who):
    client = office.client(who)
    doors = [
        told(client.get(REGISTER)),
        told(client.get(f"{REGISTER}/export.csv")),
        unpacked(client.get(f"{REGISTER}/export.xlsx")),
    ]
    for text in doors:
        assert CONTACT not in text
        assert "何先生" in text and forms.MASK in text
    for path in ("/registers", f"/cases/{office.driver.case().id}"):
        assert CONTACT not in told(client.get(path))


def test_who_keeps_the_register_reads_it(office):
    client = office.client("zhangsan")
    assert CONTACT in told(client.get(REGISTER))
    assert CONTACT in told(client.get(f"{REGISTER}/export.csv"))
    assert CONTACT in unpacked(client.get(f"{REGISTER}/export.xlsx"))


def test_nobody_finds_out_by_searching_what_they_may_not_read(office):
    assert "何先生" in told(office.client("zhangsan").get(REGISTER, params={"text": CONTACT[:6]}))
    for who in ("monitor", "admin"):
        assert "何先生" not in told(office.client(who).get(REGISTER, params={"text": CONTACT[:6]}))
    sought = register_search.Sought(text=CONTACT)
    assert list(record_reading.every(office.engine, office.driver.user("admin"), "demo", "dengji", sought)) == []


def test_what_a_case_has_left_behind_hides_it_too(office):
    for who, shown in (("zhangsan", CONTACT), ("admin", forms.MASK)):
        left = record_reading.of_case(office.engine, office.driver.case().id, office.driver.user(who))
        ((_, entry),) = left.entries
        assert (entry.values["name"], entry.values["contact"]) == ("何先生", shown)
        assert "remark" not in entry.values  # nothing is filled in


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (EXTRA.replace("    readers: [clerk]\n", ""), "没有人能够查看"),
        (EXTRA.replace("private: true", "private: 1"), "true 或 false"),
        (EXTRA.replace("联系方式,", "联系方式, type: date,"), "是文字"),
    ],
)
def test_a_private_field_that_cannot_be_is_refused(wrong, why):
    head = "title: 演示\nsource: {file: a.txt, date: 2016-06-08, issuer: 市政务办}\nroles:\n  - {id: clerk, name: 综合处}\n"
    packfile.parse(f"{head}{EXTRA}".encode(), "demo")
    with pytest.raises(errors.InvalidInput, match=why):
        packfile.parse(f"{head}{wrong}".encode(), "demo")

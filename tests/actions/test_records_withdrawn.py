"""Withdrawing and looking up by a diagram: what a handler asks for, in the transaction of its job."""

from __future__ import annotations

import packbuilder as p
import snippets as s

REGISTERS = """
registers:
  - id: muluce
    name: 目录
    number: "目录〔{year}〕{n}号"
    fields:
      - {id: title, name: 名称}
      - {id: sha256, name: 摘要值, optional: true}
"""
HANDLERS = """
from engine.model import records
@registry.handler("write")
def write(job):
    for kind, given in job.inputs["requests"]:
        job.write(getattr(records, kind)(**given))
"""
PUBLISH = ["Announce", {"kind": "xinxi", "title": "窗口办公时间", "content": "周六上午办公"}]


def pack(**more):
    task = s.service("write", camunda_topic="write")
    return {"main": p.line(task, ids=("write",)), "handlers": HANDLERS, "extra": REGISTERS, **more}


def run(driver, *requests):
    return driver.start("main", as_="admin", variables={"requests": list(requests)})


def withdraw(publication, reason="内容不一致，不能公开"):
    return ["Withdraw", {"publication": publication, "reason": reason}]


def append(title, **more):
    return ["Append", {"register": "muluce", "values": {"title": title, **more}}]


def correct(title, number):
    values = {"title": title}
    return ["Append", {"register": "muluce", "values": values, "corrects": number, "reason": "名称有误"}]


def find(number=None, **values):
    return ["Find", {"register": "muluce", "values": values, "number": number}]


def gone(driver, publication):
    with driver.engine.store.read() as uow:
        return uow.records.withdrawals([publication]).get(publication)


def test_a_diagram_withdraws_what_was_published_and_says_why(drive):
    driver = drive(**pack())
    run(driver, PUBLISH)
    published = driver.variables()["publication"]["id"]
    run(driver, withdraw(published))
    assert gone(driver, published).reason == "内容不一致，不能公开"
    kept = driver.variables()["withdrawal"]
    assert (kept["publication"], kept["title"]) == (published, "窗口办公时间")
    assert "withdraw-publication" in str(driver.audit())


def test_what_is_withdrawn_already_stays_as_it_was(drive):
    driver = drive(**pack())
    run(driver, PUBLISH)
    published = driver.variables()["publication"]["id"]
    run(driver, withdraw(published))
    first = gone(driver, published)
    run(driver, withdraw(published, "另一理由"))
    assert gone(driver, published) == first
    assert driver.variables()["withdrawal"]["reason"] == first.reason


def test_what_was_never_published_is_a_business_error_and_no_reason_an_incident(drive):
    driver = drive(**pack())
    run(driver, withdraw(99))
    assert "没有编号为 99 的公开信息" in driver.incidents()[-1].message
    run(driver, PUBLISH)
    published = driver.variables()["publication"]["id"]
    run(driver, withdraw(published, " "))
    assert "理由应为 1 至 500 字" in driver.incidents()[-1].message
    assert gone(driver, published) is None


def test_the_newest_entry_with_these_values_is_found(drive):
    driver = drive(**pack())
    run(driver, append("办法", sha256="a" * 64), append("办法", sha256="b" * 64), append("指南"))
    run(driver, find(title="办法"))
    found = driver.variables()["found"]
    assert (found["number"].endswith("2号"), found["values"]["sha256"]) == (True, "b" * 64)
    run(driver, find(title="办法", sha256="a" * 64))
    assert driver.variables()["found"]["number"].endswith("1号")
    run(driver, find(found["number"], sha256="a" * 64))
    assert driver.variables()["found"] is None


def test_what_was_corrected_is_not_found_by_its_old_number(drive):
    driver = drive(**pack())
    run(driver, append("办法"))
    number = driver.variables()["entry"]["number"]
    run(driver, correct("办事办法", number))
    run(driver, find(number))
    assert driver.variables()["found"] is None
    run(driver, find(title="办事办法"))
    assert driver.variables()["found"]["values"] == {"title": "办事办法"}


def test_a_look_into_a_register_says_what_it_looks_for(drive):
    driver = drive(**pack())
    run(driver, find())
    assert "应写明编号或者内容" in driver.incidents()[-1].message

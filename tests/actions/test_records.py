"""Registers, documents and publications: written with the job that asks for them, once, numbered without gaps."""

from __future__ import annotations

import datetime
import threading

import packbuilder as p
import patience
import pytest
import snippets as s

from engine import errors, jobs
from engine.actions import instances
from engine.actions import jobs as job_actions
from engine.model import commands, records
from engine.store import records as stored

REGISTERS = """
registers:
  - id: fabu
    name: 发布登记
    clause: P000-06
    number: "发布〔{year}〕{n}号"
    fields:
      - {id: title, name: 信息名称}
      - {id: published_on, name: 发布日期, type: date, optional: true}
      - {id: pages, name: 页数, type: integer, optional: true}
  - id: all
    name: 总账
    fields:
      - {id: title, name: 名称}
  - id: baomi
    name: 保密审查台账
    fields:
      - {id: content_sha256, name: 内容摘要}
      - {id: verdict, name: 类别}
"""
HANDLERS = """
from engine.model import records
@registry.handler("write")
def write(job):
    for kind, given in job.inputs["requests"]:
        job.write(getattr(records, kind)(**given))
    if job.inputs.get("fail"):
        raise ValueError("late")
    return {"done": True}
"""
NOTICE = """---
title: 关于{{ subject }}的公告
kind: 公告
number: "市政务办告〔{year}〕{n}号"
issuer: 市政务办
---
{{ text|lines }}
<p>自{{ today|day }}起。编号：{{ number }}</p>
"""


def pack(**more):
    task = s.service("write", camunda_topic="write")
    return {"main": p.line(task, ids=("write",)), "handlers": HANDLERS, "extra": REGISTERS, **more}


def run(driver, *requests, **variables):
    return driver.start("main", as_="admin", variables={"requests": list(requests), **variables})


def append(title, **more):
    return ["Append", {"register": "fabu", "values": {"title": title, **more}}]


def entries(driver, register="fabu"):
    with driver.engine.store.read() as uow:
        return uow.records.entries("demo", register)


def test_an_entry_is_numbered_within_the_year_and_bound_to_the_one_before_it(drive):
    driver = drive(at="2026-12-31T10:00+08:00", **pack())
    run(driver, append("一"), append("二", published_on="2026-12-31", pages=3))
    driver.clock.set("2027-01-01T00:00+08:00")
    case = run(driver, append("三"))

    found = entries(driver)
    assert [each.number for each in found] == ["发布〔2026〕1号", "发布〔2026〕2号", "发布〔2027〕1号"]
    assert [each.previous_hash for each in found] == [stored.FIRST, found[0].hash, found[1].hash]
    assert found[1].values == {"title": "二", "published_on": "2026-12-31", "pages": 3}
    assert driver.variables()["entry"]["number"] == "发布〔2027〕1号"
    assert found[2].instance_id == case.id
    assert "登记台账" not in str(driver.variables())


def test_a_register_without_years_counts_on(drive):
    driver = drive(at="2026-12-31T10:00+08:00", **pack())
    run(driver, ["Append", {"register": "all", "values": {"title": "一"}}])
    driver.clock.set("2027-01-01T00:00+08:00")
    run(driver, ["Append", {"register": "all", "values": {"title": "二"}}])
    assert [each.number for each in entries(driver, "all")] == ["1", "2"]


def test_a_changed_entry_no_longer_has_its_hash(drive):
    driver = drive(**pack())
    run(driver, append("一"))
    (entry,) = entries(driver)
    row = {name: getattr(entry, name) for name in records.Entry.__slots__}
    assert stored.digest(row) == entry.hash
    assert stored.digest({**row, "values": {"title": "改"}}) != entry.hash


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "“信息名称”（title）应填写"),
        ({"title": "一", "more": 1}, "没有“more”一项"),
        ({"title": 1}, "应为文字，实际为 1"),
        ({"title": "一", "pages": True}, "应为整数"),
        ({"title": "一", "published_on": "昨天"}, "应为日期"),
    ],
)
def test_what_a_register_does_not_want_becomes_an_incident_and_leaves_no_gap(drive, values, sentence):
    driver = drive(**pack())
    run(driver, append("一"), ["Append", {"register": "fabu", "values": values}])
    (incident,) = driver.incidents()
    assert sentence in incident.message
    assert entries(driver) == []
    run(driver, append("二"))
    assert [each.serial for each in entries(driver)] == [1]


def test_a_handler_that_fails_in_the_end_has_written_nothing(drive):
    driver = drive(**pack())
    run(driver, append("一"), fail=True)
    assert entries(driver) == []


def test_a_job_that_has_gone_to_somebody_else_writes_nothing(drive):
    driver = drive(**pack())
    run(driver, append("一"), fail=True)  # it is tried again later, so there is a job to be leased
    driver.clock.advance(hours=1)
    (first,) = job_actions.lease(driver.engine, "one")
    driver.clock.advance(hours=1)
    (second,) = job_actions.lease(driver.engine, "two")
    request = records.Append("fabu", {"title": "一"})
    with pytest.raises(errors.Conflict):
        job_actions.complete(driver.engine, first, {}, records=[request])
    job_actions.complete(driver.engine, second, {}, records=[request])
    with pytest.raises(errors.Conflict):
        job_actions.complete(driver.engine, second, {}, records=[request])
    assert [each.serial for each in entries(driver)] == [1]


def test_a_correction_is_a_new_entry_that_points_to_the_old_one(drive):
    driver = drive(**pack())
    run(driver, append("错"))
    correction = {"register": "fabu", "values": {"title": "对"}, "corrects": "发布〔2026〕1号", "reason": "名称有误"}
    run(driver, ["Append", correction])
    old, new = entries(driver)
    assert (new.corrects, new.reason, old.values) == (old.id, "名称有误", {"title": "错"})

    for bad in ({**correction, "corrects": "发布〔2026〕9号"}, {**correction, "reason": " "}):
        run(driver, ["Append", bad])
        assert "更正" in driver.incidents()[-1].message


def test_a_document_is_made_of_the_case_numbered_and_never_changed(drive):
    driver = drive(templates={"notice": NOTICE}, **pack())
    issue = ["Issue", {"template": "notice", "data": {"text": "第一段\n<b>第二段</b>"}}]
    case = run(driver, issue, subject="听证<会>")
    run(driver, issue, subject="另一件")
    with driver.engine.store.read() as uow:
        (document,) = uow.records.documents_of(case.id)
    year = driver.now.year
    assert (document.title, document.number) == ("关于听证<会>的公告", f"市政务办告〔{year}〕1号")
    assert "<h1>关于听证&lt;会&gt;的公告</h1>" in document.html
    assert "<p>第一段</p>\n<p>&lt;b&gt;第二段&lt;/b&gt;</p>" in document.html
    assert driver.variables(case)["document"]["sha256"] == document.sha256
    assert driver.variables()["document"]["number"] == f"市政务办告〔{year}〕2号"


def test_a_document_with_holes_is_not_issued(drive):
    driver = drive(templates={"notice": NOTICE}, **pack())
    run(driver, ["Issue", {"template": "notice", "data": {"text": "x"}}])
    assert "模板用到的数据没有" in driver.incidents()[-1].message
    run(driver, ["Issue", {"template": "other", "data": {}}])
    assert "没有公文模板“other”" in driver.incidents()[-1].message


def test_a_template_that_cannot_be_used_is_not_deployed(drive):
    with pytest.raises(errors.InvalidDiagram, match="第 7 行"):
        drive(templates={"notice": NOTICE.replace("{{ text|lines }}", "{% if %}")}, **pack())


def test_nothing_is_published_without_a_review_of_the_same_content(drive):
    driver = drive(**pack())
    wanted = {"content_sha256": "a" * 64, "verdict": "主动公开"}
    announce = ["Announce", {"kind": "xinxi", "title": "办事指南", "review": ["baomi", wanted]}]
    run(driver, announce)
    assert "没有完成保密审查" in driver.incidents()[-1].message

    for values in ({**wanted, "verdict": "免于公开"}, {**wanted, "content_sha256": "b" * 64}):
        run(driver, ["Append", {"register": "baomi", "values": values}])
    run(driver, announce)
    assert driver.status() != "completed"

    run(driver, ["Append", {"register": "baomi", "values": wanted}])
    case = run(driver, announce)
    with driver.engine.store.read() as uow:
        (published,) = uow.records.publications_of(case.id)
    assert published.title == "办事指南"
    assert published.published_at == driver.now.astimezone(datetime.UTC)

    # and a review that was put right is none any more
    number = entries(driver, "baomi")[-1].number
    again = {"register": "baomi", "values": {**wanted, "verdict": "免于公开"}, "corrects": number, "reason": "有误"}
    run(driver, ["Append", again])
    assert run(driver, announce).status != "completed"
    assert "没有完成保密审查" in driver.incidents()[-1].message


def test_what_takes_the_place_of_a_publication_points_to_it(drive):
    driver = drive(**pack())
    run(driver, ["Announce", {"kind": "xinxi", "title": "旧"}])
    old = driver.variables()["publication"]["id"]
    run(driver, ["Announce", {"kind": "xinxi", "title": "新", "replaces": old}])
    new = driver.variables()["publication"]["id"]
    with driver.engine.store.read() as uow:
        assert uow.records.replaced_by(old) == new
        assert uow.records.publication(old).title == "旧"


def test_what_is_not_there_cannot_be_replaced(drive):
    driver = drive(**pack())
    run(driver, ["Announce", {"kind": "xinxi", "title": "新", "replaces": 4711}])
    (incident,) = driver.incidents()
    assert "没有编号为 4711 的公开信息" in incident.message


def test_workers_beside_each_other_leave_no_gap(drive):
    driver = drive(**pack())
    starts = [threading.Thread(target=begin, args=(driver, number)) for number in range(8)]
    with jobs.Worker(driver.engine, concurrency=4):
        for each in starts:
            each.start()
        for each in starts:
            each.join()
        patience.until(lambda: len(entries(driver)) == 16)
    assert [each.serial for each in entries(driver)] == list(range(1, 17))
    chain = [stored.FIRST, *(each.hash for each in entries(driver))]
    assert [each.previous_hash for each in entries(driver)] == chain[:-1]


def begin(driver, number):
    admin = commands.Actor("admin", admin=True)
    given = {"requests": [append(f"{number}a"), append(f"{number}b")]}
    instances.start(driver.engine, "main", admin, variables=given)

"""Contact and identity of those who register for a hearing: on no page, list, file and answer for those not concerned."""

from __future__ import annotations

import pytest
import tingzheng_case as case_of
import website

from engine import forms
from engine.model import commands

CONTACT, IDENTITY = "13812345678", "9X1234"


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with website.Office(tmp_path_factory.mktemp("office")) as made:
        case_of.announce(made.driver)
        form = case_of.applicant(applicant_contact=CONTACT, identity=IDENTITY, applicant_name="何先生")
        made.driver.complete("登记参加听证的申请", as_="刘洋", form=form)
        case_of.apply_online(
            made.driver, case_of.applicant(applicant_contact=CONTACT, identity="8Y1234"), as_=commands.SYSTEM
        )
        made.driver.run()
        yield made


def told(answer):
    assert answer.status_code == 200, answer.text
    return answer.text


def asked(client, path):
    return client.get(f"/api/v1{path}", headers={"Accept": "application/json"})


def discloses(text):
    return [each for each in (CONTACT, IDENTITY, "8Y1234") if each in text]


@pytest.mark.parametrize("who", ["chenjing", "zhouming", "admin"])
def test_the_case_its_page_and_its_print_keep_it(office, who):
    text = told(office.client(who).get(f"/cases/{office.driver.case().id}"))
    assert "何先生" in text and forms.MASK in text
    assert discloses(text) == []


def test_the_clerk_reads_what_they_registered_themselves_and_no_more(office):
    text = told(office.client("liuyang").get(f"/cases/{office.driver.case().id}"))
    assert discloses(text) == [CONTACT, IDENTITY]


@pytest.mark.parametrize("who", ["chenjing", "zhouming", "admin"])
def test_task_pages_searches_and_lists_keep_it(office, who):
    client = office.client(who)
    for task in office.driver.tasks():
        assert discloses(told(client.get(f"/tasks/{task.id}"))) == []
    for words in (CONTACT, IDENTITY):
        answer = told(client.get("/search", params={"q": words}))
        assert f"/cases/{office.driver.case().id}" not in answer
    assert discloses(told(client.get("/cases/mine/export.csv"))) == []


@pytest.mark.parametrize("who", ["chenjing", "zhouming", "admin"])
def test_the_interface_for_programs_keeps_it(office, who):
    client, case = office.client(who), office.driver.case().id
    for path in ("", "/values", "/opinions", "/timeline", "/history"):
        assert discloses(told(asked(client, f"/instances/{case}{path}"))) == []
    for task in office.driver.tasks():
        assert discloses(told(asked(client, f"/tasks/{task.id}"))) == []
        assert discloses(asked(client, f"/tasks/{task.id}/form").text) == []
    if who == "admin":
        answer = told(asked(client, f"/instances/{case}/variables"))
        assert "何先生" in answer
        assert discloses(answer) == []


@pytest.mark.parametrize("who", ["monitor", "admin"])
def test_what_handlers_were_given_keeps_it(office, who):
    client = office.client(who)
    listed = asked(client, "/jobs?limit=100")
    jobs = listed.json()["items"]
    assert len(jobs) > 1 and "何先生" not in listed.text
    assert discloses(told(listed)) == []
    for each in jobs:
        assert discloses(told(asked(client, f"/jobs/{each['id']}"))) == []

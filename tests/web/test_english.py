"""Whoever reads English is told in English what the domain says in Chinese."""

from __future__ import annotations

import importlib
import pathlib
import pkgutil
import re

import staffpages
import website
import yushen_case

import engine
from engine import errors
from engine.actions import health, sentences, timeline, webhook_events
from engine.forms import problems, vocabulary
from engine.model import commands, events
from engine.web import english
from engine.web import problems as web_problems
from engine.web.routes import admin_webhooks


def _kinds(kind: type[errors.GongkaiError]) -> set[type[errors.GongkaiError]]:
    return {kind}.union(*(_kinds(each) for each in kind.__subclasses__()))


def test_every_error_has_english() -> None:
    for found in pkgutil.walk_packages(engine.__path__, "engine."):
        if not found.name.startswith("engine.cli"):
            importlib.import_module(found.name)
    ours = {each for each in _kinds(errors.GongkaiError) if each.__module__.startswith("engine.")}
    codes = {each.code for each in ours} | set(web_problems.CODES.values())
    assert codes <= set(english.ERRORS)


def test_every_code_of_a_wrong_field_has_english() -> None:
    keywords = {code for code in vocabulary.MESSAGE_KEYWORDS if not code.startswith("$")}
    assert problems.CODES | keywords <= set(english.FIELDS)


def test_every_act_of_a_case_has_english() -> None:
    source = pathlib.Path(timeline.__file__).read_text(encoding="utf-8")
    of_history = {each for each in ("entered", "left") if f'"{each}"' in source}
    assert set(sentences.CASES) | of_history == set(english.ACTS)


def test_every_kind_of_notice_and_every_check_of_health_has_english() -> None:
    assert set(english.NOTICES) == set(events.NoticeKind)
    source = pathlib.Path(health.__file__).read_text(encoding="utf-8")
    assert set(re.findall(r'Check\("([^"]+)"', source)) == set(english.HEALTH)


def test_every_event_for_other_systems_is_explained_in_chinese() -> None:
    assert set(admin_webhooks.MEANINGS) == webhook_events.NAMES


def test_limits_are_named_and_what_english_leaves_out_stays_in_chinese() -> None:
    assert english.of_field("maxLength", {"maxLength": 50}, "应不超过 50 个字") == "at most 50 characters"
    assert english.of_field("enum", {}, "应为“是”") == "is none of the choices (应为“是”)"
    assert english.of_field("maxLength", {}, "应不超过 50 个字") == "应不超过 50 个字"


def test_forms_refusals_timelines_and_notices_speak_english(office: website.Office) -> None:
    yushen_case.to_office(office.driver)
    client = office.client("chenjing", new=True)
    client.post("/language", data={"language": "en", "next": "/tasks"})
    office.driver.claim("预审公开申请", as_="陈静")
    task = office.driver.task("预审公开申请")
    refused = staffpages.send(client, client.get(f"/tasks/{task.id}"))
    assert refused.status_code == 422
    assert "审核程序到位: required" in website.text(refused, "//*[@id='error-summary']")
    missing = client.get("/tasks/99999")
    assert missing.status_code == 404 and english.ERRORS["not-found"] in website.text(missing)
    case = client.get(f"/cases/{task.instance_id}")
    assert "claimed a task" in website.text(case, "//ol[@class='timeline']")
    answer = client.post(f"/tasks/{task.id}/transfer", data={"to": "没有此人"})
    assert english.ERRORS["invalid-input"] in website.text(answer)
    told = website.text(client.get("/notices?tab=all"))
    assert english.NOTICES[events.NoticeKind.OFFERED] in told
    admin = office.client("admin", new=True)
    admin.post("/language", data={"language": "en", "next": "/admin"})
    assert english.HEALTH["数据库"] in website.text(admin.get("/admin"))


def test_health_is_judged_by_administrators_alone(office: website.Office) -> None:
    names = {each.name for each in health.report(office.engine, commands.Actor("admin", admin=True)).checks}
    assert names <= set(english.HEALTH)

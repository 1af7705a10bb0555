"""Strangers send something in by the public portal, and ask how far it is; nobody reads what they wrote there."""

from __future__ import annotations

import re
import urllib.parse

import publicpages
import website

from engine.actions import definitions
from engine.store import queries

CODE = re.compile(r"\b[2-9A-HJ-NP-Z]{4}(?:-[2-9A-HJ-NP-Z]{4}){3}\b")
UNTIL = "2026-03-13T00:00:00+08:00"

office = publicpages.office
stranger = publicpages.stranger


def hidden(page):
    """Return what a page posts without being asked: the token, the key."""
    fields = website.page(page).xpath("//main//form[1]//input[@type='hidden']")
    return {field.get("name"): field.get("value") for field in fields}


def send(client, path, **typed):
    return client.post(path, data={**hidden(client.get(path)), "_action": "submit", **typed})


def ask(client, code):
    return client.post("/public/track", data={**hidden(client.get("/public/track")), "code": code})


def opened(office, title="停车收费方案", **more):
    (one,) = publicpages.publish(office, publicpages.announce(title, **{"until": UNTIL, **more}))
    return one


def cases(office, key):
    with office.engine.store.read() as uow:
        return [row.instance for row in queries.instances(uow, definition_key=key).items]


def test_the_code_can_be_copied_printed_and_saved(office, stranger):
    answer = send(stranger, f"/public/items/{opened(office)}/opinion", opinion="太贵了")
    page = website.page(answer)
    (code,) = page.xpath("//*[contains(@class,'public-code')]/text()")
    assert "public/track" in website.text(answer), "where to ask is printed beside it"
    (slip,) = page.xpath("//a[@download='回执.txt']/@href")
    text = urllib.parse.unquote(slip.partition(",")[2])
    assert f"查询码：{code}" in text
    assert "太贵了" not in text
    assert answer.headers["cache-control"] == "no-store"


# --- opinions --------------------------------------------------------------------------------------------------------


def test_an_opinion_reaches_the_case_that_published_and_is_never_shown(office, stranger):
    one = opened(office)
    (way,) = website.page(stranger.get(f"/public/items/{one}")).xpath("//section[@aria-labelledby='part']//a/@href")
    assert way == f"/public/items/{one}/opinion"
    answer = send(stranger, way, opinion="太贵了", contact="13800000000")
    assert answer.status_code == 200
    assert CODE.search(answer.text)
    assert "太贵了" not in answer.text

    case = publicpages.case_of(office, one)
    assert "研究意见" in [task.name for task in office.driver.tasks(case)]
    assert office.driver.variables(case)["opinion"] == "太贵了"
    for path in ("/public", f"/public/items/{one}", way, "/public/gongshi"):
        assert "太贵了" not in stranger.get(path).text
        assert "13800000000" not in stranger.get(path).text


def test_the_form_shows_nothing_of_the_case(office, stranger):
    (one,) = publicpages.publish(office, publicpages.announce("方案", until=UNTIL), others="别人的意见", opinion="甲说")
    page = stranger.get(f"/public/items/{one}/opinion")
    assert "别人的意见" not in page.text
    assert "甲说" not in page.text
    send(stranger, f"/public/items/{one}/opinion", opinion="乙说", contact="乙的电话")
    assert "乙" not in stranger.get(f"/public/items/{one}/opinion").text


def test_of_two_cases_with_one_key_the_right_one_gets_the_opinion(office, stranger):
    first, second = opened(office, "甲"), opened(office, "乙")
    send(stranger, f"/public/items/{second}/opinion", opinion="给乙")
    assert "opinion" not in office.driver.variables(publicpages.case_of(office, first))
    assert office.driver.variables(publicpages.case_of(office, second))["opinion"] == "给乙"


def test_what_is_wrong_is_said_and_what_was_typed_stays(office, stranger):
    one = opened(office)
    answer = send(stranger, f"/public/items/{one}/opinion", opinion="", contact="我的电话")
    assert answer.status_code == 422
    assert website.page(answer).xpath("//input[@name='contact']/@value") == ["我的电话"]
    assert website.page(answer).xpath("//*[@id='error-summary']")
    assert not CODE.search(answer.text)


def test_sending_a_page_twice_is_one_opinion_with_one_code(office, stranger):
    one = opened(office)
    path = f"/public/items/{one}/opinion"
    data = {**hidden(stranger.get(path)), "_action": "submit", "opinion": "一次"}
    codes = {CODE.search(stranger.post(path, data=data).text)[0] for _ in range(2)}
    assert len(codes) == 1
    tasks = [task.name for task in office.driver.tasks(publicpages.case_of(office, one))]
    assert tasks.count("研究意见") == 1
    assert CODE.search(send(stranger, path, opinion="又一次").text)[0] not in codes


def test_after_the_period_it_is_refused_in_words(office, stranger):
    one = opened(office)
    path = f"/public/items/{one}/opinion"
    data = {**hidden(stranger.get(path)), "_action": "submit", "opinion": "晚了一步"}
    office.driver.advance(days=4)
    late = stranger.post(path, data=data)
    assert late.status_code == 409
    assert "2026-03-12 24:00 截止" in website.text(late)
    assert "晚了一步" in website.text(late)
    assert "opinion" not in office.driver.variables(publicpages.case_of(office, one))
    assert stranger.get(path).status_code == 409
    page = stranger.get(f"/public/items/{one}")
    assert "已结束" in website.text(page)
    assert not website.page(page).xpath("//section[@aria-labelledby='part']")


def test_when_the_case_waits_no_longer_it_is_refused(office, stranger):
    one = opened(office)
    path = f"/public/items/{one}/opinion"
    data = {**hidden(stranger.get(path)), "_action": "submit", "opinion": "晚了"}
    office.driver.complete("等待意见", as_="zhangsan", case=publicpages.case_of(office, one))
    assert stranger.post(path, data=data).status_code == 409
    assert stranger.get(path).status_code == 409
    assert not website.page(stranger.get(f"/public/items/{one}")).xpath("//section[@aria-labelledby='part']")


def test_what_was_replaced_or_is_no_question_takes_nothing(office, stranger):
    old, result = publicpages.publish(
        office, publicpages.announce("旧方案", until=UNTIL), publicpages.announce("结果", kind="jieguo")
    )
    assert stranger.get(f"/public/items/{result}/opinion").status_code == 409
    new = opened(office, "新方案", replaces=old)
    assert "已被替代" in website.text(stranger.get(f"/public/items/{old}/opinion"))
    assert stranger.get(f"/public/items/{new}/opinion").status_code == 200


def test_only_events_that_the_diagram_opens_are_open(office, stranger):
    one = opened(office)
    for element in ("wait", "write", "start", "read", "nothing"):
        assert stranger.get(f"/public/items/{one}/{element}").status_code == 404
        assert send(stranger, f"/public/items/{one}/{element}").status_code in (403, 404)
    assert stranger.get("/public/items/987/opinion").status_code == 404
    assert stranger.get("/public/services/main/start").status_code == 404


def test_another_site_can_send_nothing(office, stranger):
    one = opened(office)
    path = f"/public/items/{one}/opinion"
    assert stranger.post(path, data={"opinion": "没有令牌"}).status_code == 403
    data = {**hidden(stranger.get(path)), "opinion": "别的网站"}
    assert stranger.post(path, data=data, headers={"origin": "http://evil.test"}).status_code == 403


def test_who_sends_too_much_has_to_wait(office, stranger):
    one = opened(office)
    path = f"/public/items/{one}/opinion"
    data = {**hidden(stranger.get(path)), "_action": "refresh"}
    answers = [stranger.post(path, data=data).status_code for _ in range(41)]
    assert answers == [200] * 40 + [429]
    office.driver.advance(minutes=2)
    assert [stranger.post(path, data=data).status_code for _ in range(3)] == [200, 200, 429]


# --- services --------------------------------------------------------------------------------------------------------


def test_what_the_public_may_start_is_listed_and_starts_a_case(office, stranger):
    page = stranger.get("/public/services")
    assert "公开的信息不一致的，请告诉我们。" in website.text(page)
    (path,) = website.page(page).xpath("//main//ul//a/@href")
    answer = send(stranger, path, problem="两处不同")
    assert CODE.search(answer.text)
    (case,) = cases(office, "report")
    assert office.driver.variables(case)["problem"] == "两处不同"
    assert case.started_by == "公众（网上）"


def test_a_file_goes_with_it_and_nobody_elses_does(office, stranger):
    path = "/public/services/report/reported"
    data = {**hidden(stranger.get(path)), "_action": "submit", "problem": "见附件"}
    answer = stranger.post(path, data=data, files={"proof": ("证明.txt", "证明".encode())})
    assert CODE.search(answer.text)
    (case,) = cases(office, "report")
    kept = office.driver.variables(case)["proof"]
    assert kept["name"] == "证明.txt"
    assert office.client("zhangsan").get(f"/files/{kept['token']}").content.decode() == "证明"

    shown = stranger.post(path, data={**data, "_action": "refresh"}, files={"proof": ("另一份.txt", b"x")})
    assert "另一份.txt" in website.text(shown)
    assert not website.page(shown).xpath("//a[starts-with(@href, '/files/')]")

    foreign = office.driver.upload("内部.txt", "内部".encode(), as_="zhangsan")
    stolen = {f"proof.{name}": str(value) for name, value in foreign.items()}
    refused = send(stranger, path, problem="拿别人的文件", **stolen)
    assert refused.status_code == 422
    reused = {f"proof.{name}": str(value) for name, value in kept.items()}
    assert send(stranger, path, problem="再用一次", **reused).status_code == 422
    assert len(cases(office, "report")) == 1


def test_an_upload_of_a_stranger_is_limited(office, stranger):
    path = "/public/services/report/reported"
    data = {**hidden(stranger.get(path)), "problem": "大文件"}
    assert stranger.post(path, data=data, files={"proof": ("大.txt", b"x" * 33_000_000)}).status_code == 413


def test_a_procedure_that_is_suspended_takes_nothing(office, stranger):
    path = "/public/services/report/reported"
    data = {**hidden(stranger.get(path)), "problem": "迟了"}
    with office.engine.store.read() as uow:
        row = uow.definitions.latest("report")
    definitions.suspend(office.engine, row.id, office.driver.user("admin"))
    assert stranger.post(path, data=data).status_code == 404
    assert "没有可以在网上办理" in website.text(stranger.get("/public/services"))


# --- codes -----------------------------------------------------------------------------------------------------------


def test_the_code_tells_how_far_it_is_and_nothing_else(office, stranger):
    code = CODE.search(send(stranger, "/public/services/report/reported", problem="我的秘密").text)[0]
    typed = code.lower().replace("-", " ")
    first = ask(stranger, typed)
    assert "已收到" in website.text(first)
    assert "我的秘密" not in first.text
    office.driver.advance(hours=1)
    (case,) = cases(office, "report")
    office.driver.complete("核实反映", as_="zhangsan", case=case)
    assert "已办结" in website.text(ask(stranger, code))


def test_an_opinion_is_being_handled_once_somebody_has_worked_on_the_case(office, stranger):
    one = opened(office)
    code = CODE.search(send(stranger, f"/public/items/{one}/opinion", opinion="太贵").text)[0]
    assert "等待办理" in website.text(ask(stranger, code))
    office.driver.advance(hours=1)
    office.driver.complete("研究意见", as_="lisi", case=publicpages.case_of(office, one))
    answer = ask(stranger, code)
    assert "正在办理" in website.text(answer)
    assert website.page(answer).xpath(f"//main//a[@href='/public/items/{one}']")


def test_a_wrong_code_is_not_found_and_guessing_is_slowed(office, stranger):
    token = hidden(stranger.get("/public/track"))
    answers = [stranger.post("/public/track", data={**token, "code": f"{n}"}).status_code for n in range(61)]
    assert answers == [404] * 60 + [429]


def test_the_database_does_not_know_the_code(office, stranger, tmp_path):
    code = CODE.search(send(stranger, "/public/services/report/reported", problem="x").text)[0]
    content = b"".join(path.read_bytes() for path in (tmp_path / "database").rglob("*") if path.is_file())
    assert code.encode() not in content
    assert code.replace("-", "").encode() not in content

"""The page of a case: what it says to whom, comments, and what operators may do."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import packbuilder
import pytest
import snippets as s
import staffpages
import website
import yushen_case


@pytest.fixture
def waiting(office: website.Office) -> website.Office:
    """A case that waits for 综合处 to pre-review it."""
    yushen_case.to_office(office.driver)
    return office


def url(office: website.Office) -> str:
    return f"/cases/{office.driver.case().id}"


def test_the_page_says_where_the_case_stands_and_what_has_happened(waiting: website.Office) -> None:
    answer = waiting.client("zhangsan").get(url(waiting))
    page = website.page(answer)
    assert [each.text_content() for each in page.xpath("//h1")] == ["企业开办办事指南"]
    assert "预审公开申请 综合处 （待签收）" in website.text(answer, "//section[@aria-labelledby='standing']")
    assert "王芳办结“审核并决定是否公开”" in website.text(answer, "//section[@aria-labelledby='history']")
    assert "行政审批一处" in website.text(answer, "//section[@aria-labelledby='content']")
    assert "公开，报综合处预审" in website.text(answer, "//section[@aria-labelledby='opinions']")


def test_for_the_diagram_there_is_a_table_that_says_the_same(waiting: website.Office) -> None:
    page = website.page(waiting.client("zhangsan").get(url(waiting)))
    drawn = set(page.xpath("//figure[@data-diagram]//*[contains(@class, 'is-active')]/@data-element"))
    (table,) = page.xpath("//details[@id='steps']//table")
    here = [row.xpath("string(th)") for row in table.xpath(".//tr[td]") if "办理中" in row.text_content()]
    assert drawn == {"Task_yushen"}
    assert [name.split()[0] for name in here] == ["预审公开申请"]


def test_who_may_work_on_it_gets_there_from_the_case(waiting: website.Office) -> None:
    task = f"/tasks/{waiting.driver.task('预审公开申请').id}"
    assert task in website.page(waiting.client("chenjing").get(url(waiting))).xpath(
        "//div[@class='page-actions']/a/@href"
    )
    assert "去办理" not in website.text(waiting.client("zhangsan").get(url(waiting)))


def test_strangers_do_not_find_it(waiting: website.Office) -> None:
    stranger = waiting.client("qianjin")
    assert stranger.get(url(waiting)).status_code == 404
    assert stranger.get(f"{url(waiting)}/diagram.bpmn").status_code == 404
    assert stranger.post(f"{url(waiting)}/comments", data={"text": "?"}).status_code == 404
    assert waiting.client().get(url(waiting)).status_code == 303
    assert stranger.get("/cases/999").status_code == 404


def test_a_comment_is_seen_by_all_who_see_the_case(waiting: website.Office) -> None:
    client = waiting.client("zhangsan")
    answer = client.post(f"{url(waiting)}/comments", data={"text": "材料已补齐"})
    assert answer.headers["location"].startswith(f"{url(waiting)}#comment-")
    assert "材料已补齐" in website.text(waiting.client("wangfang").get(url(waiting)))
    assert client.post(f"{url(waiting)}/comments", data={"text": ""}).status_code == 422


def test_operators_suspend_resume_and_cancel_and_nobody_else(waiting: website.Office) -> None:
    admin, case = waiting.client("admin"), url(waiting)
    assert {"暂停办理", "取消事项"} <= set(staffpages.menu(admin.get(case)))
    assert "暂停期间任何人都不能办理" in website.text(admin.get(f"{case}/suspend"))
    assert "已暂停办理" in website.text(staffpages.follow(admin, admin.post(f"{case}/suspend")))
    assert "事项已暂停" in website.text(waiting.client("chenjing").get("/tasks"))
    assert admin.post(f"{case}/suspend").status_code == 409
    admin.post(f"{case}/activate")
    refused = admin.post(f"{case}/cancel", data={"reason": " "})
    assert refused.status_code == 422 and "取消事项应说明理由" in website.text(refused)
    page = staffpages.follow(admin, admin.post(f"{case}/cancel", data={"reason": "申请人撤回"}))
    assert "已取消" in website.text(page) and "申请人撤回" in website.text(page)
    for act in ("suspend", "activate", "cancel"):
        assert waiting.client("zhangsan").get(f"{case}/{act}").status_code == 403
        assert waiting.client("zhangsan").post(f"{case}/{act}", data={"reason": "?"}).status_code == 403


def test_who_started_a_case_cancels_it_while_nobody_else_has_done_anything(office: website.Office) -> None:
    case = f"/cases/{office.driver.start('yushen', as_='张三').id}"
    client, other = office.client("zhangsan"), office.client("monitor")
    assert "取消事项" in staffpages.menu(client.get(case))
    assert "取消事项" not in staffpages.menu(other.get(case))
    assert (
        other.get(f"{case}/cancel").status_code == other.post(f"{case}/cancel", data={"reason": "?"}).status_code == 403
    )
    assert "不能恢复" in website.text(client.get(f"{case}/cancel"))
    assert client.post(f"{case}/cancel", data={"reason": " "}).status_code == 422
    page = staffpages.follow(client, client.post(f"{case}/cancel", data={"reason": "选错了流程"}))
    assert "已取消" in website.text(page) and "选错了流程" in website.text(page)
    assert "取消事项" not in staffpages.menu(page)
    assert client.post(f"{case}/cancel", data={"reason": "再来"}).status_code == 409


def test_a_case_that_waits_for_a_time_says_for_which(tmp_path: pathlib.Path) -> None:
    inner = "<timerEventDefinition><timeDuration>P9M1D</timeDuration></timerEventDefinition>"
    catch = s.element("intermediateCatchEvent", "published", inner, name="公开时间已到")
    body = (s.start(), catch, s.user("b", name="核对"), s.end(), s.path("start", "published", "b", "end"))
    root = packbuilder.write(tmp_path / "packs", {"main": packbuilder.diagram(*body)})
    with website.Office(tmp_path, root) as made:
        made.driver.start("main", as_="zhangsan")
        client = made.client("zhangsan")
        page = client.get(url(made))
        assert "公开时间已到（2026年12月10日）" in website.text(page, "//section[@aria-labelledby='standing']")
        (row,) = website.page(page).xpath("//*[@id='steps']//tr[contains(., '公开时间已到')]")
        assert "等待，到 2026-12-10" in row.text_content()
        assert "等待：公开时间已到（2026年12月10日）" in website.text(client.get("/cases/mine"), "//tbody")
        assert "等待：公开时间已到（2026年12月10日）" in client.get("/cases/mine/export.csv").text
        client.post("/language", data={"language": "en"})
        assert "Waiting, until 2026-12-10" in website.text(client.get(url(made)))


@pytest.fixture
def stuck(tmp_path: pathlib.Path) -> Iterator[website.Office]:
    """A case that asks for a variable which nobody has written."""
    body = (
        s.start(), s.gateway("exclusive", "ok", name="超过？", default="no"), s.user("b", name="核对"), s.end(),
        s.path("start", "ok"), s.flow("ok", "end", "total > 10", id="yes", name="是"),
        s.flow("ok", "b", id="no", name="否"), s.path("b", "end"),
    )  # fmt: skip
    root = packbuilder.write(tmp_path / "packs", {"main": packbuilder.diagram(*body)})
    with website.Office(tmp_path, root) as made:
        made.driver.start("main", as_="zhangsan")
        yield made


def test_an_operator_mends_what_failed_and_tries_again(stuck: website.Office) -> None:
    admin, case = stuck.client("admin"), url(stuck)
    page = admin.get(case)
    assert "办理中出现异常，事项停在“超过？”" in website.text(page)
    (retry,) = website.page(page).xpath("//form[contains(@action, '/retry')]/@action")
    assert stuck.client("zhangsan").post(retry).status_code == 403
    stuck.driver.set_variables({"total": 1})
    assert "已重试" in website.text(staffpages.follow(admin, admin.post(retry)))
    assert stuck.driver.task("核对")


def test_a_dialog_is_the_same_page_without_its_frame(waiting: website.Office) -> None:
    answer = waiting.client("admin").get(f"{url(waiting)}/cancel", headers={"hx-request": "true"})
    (dialog,) = website.page(answer).xpath("//dialog[@data-open]")
    assert dialog.xpath(".//textarea/@name") == ["reason"]
    assert "<html" not in answer.text


def test_the_diagram_is_sent_once(waiting: website.Office) -> None:
    client = waiting.client("zhangsan")
    answer = client.get(f"{url(waiting)}/diagram.bpmn")
    assert answer.content.startswith(b"<?xml")
    again = client.get(f"{url(waiting)}/diagram.bpmn", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    assert client.get("/definitions/1/diagram.svg").headers["content-type"].startswith("image/svg+xml")

"""Administration: people, units, roles, substitutions, calendar, health."""

from __future__ import annotations

import gongshi_case
import pytest
import staffpages
import website

from engine.actions import people
from engine.model import people as model
from engine.web import access

FORM = {
    "unit": "行政审批处",
    "title": "办事指南",
    "summary": "依据和条件",
    "content": "一、依据",
    "audience": "society",
    "channels": ["website"],
    "publish_on": "2026-04-20",
    "basis": "公开内容目录",
    "data_checked": True,
}
HEAD = {"in_catalogue": "listed", "secrecy": "clear", "decision": "publish", "opinion": "同意", "signed": True}


def test_a_new_account_has_a_first_password_shown_once(office) -> None:
    admin = office.client("admin")
    data = {"id": "newcomer", "name": "新来的", "roles": ["zonghechu"], "rights": ["monitor"], "email": "n@example.cn"}
    made = admin.post("/admin/users", data=data)
    (password,) = website.page(made).xpath("//*[@id='first-password']/text()")
    user = people.directory(office.engine).users["newcomer"]
    assert (user.name, user.roles, user.rights) == ("新来的", ("zonghechu",), {model.Right.MONITOR})
    assert password not in admin.get("/admin/users/newcomer").text
    client = office.client(None, new=True)
    token = website.csrf(client.get("/login"))
    answer = client.post("/login", data={"user": "newcomer", "password": password, access.CSRF_FIELD: token})
    assert answer.status_code == 303
    assert client.get("/tasks").headers["location"] == "/account/password"

    taken = admin.post("/admin/users", data=data | {"name": "另一人"})
    assert taken.status_code == 422
    assert website.page(taken).xpath("//input[@id='name']/@value") == ["另一人"]
    assert website.page(taken).xpath("//input[@value='zonghechu']/@checked")


def test_roles_and_rights_of_an_open_session_change_at_once(office) -> None:
    client, admin = office.client("sunlei", new=True), office.client("admin")
    assert client.get("/admin").status_code == 403
    changed = {"name": "孙磊", "roles": ["zonghechu"], "rights": ["admin"]}
    assert admin.post("/admin/users/sunlei", data=changed).status_code == 303
    assert client.get("/admin").status_code == 200
    assert admin.post("/admin/users/sunlei", data=changed | {"rights": []}).status_code == 303
    assert client.get("/admin").status_code == 403


def test_the_last_administrator_stays(office) -> None:
    admin = office.client("admin")
    for other in [
        user.id for user in people.directory(office.engine).users.values() if model.Right.ADMIN in user.rights
    ]:
        if other != "admin":
            people.deactivate(office.engine, office.driver.user("admin"), other, "离职")
    refused = admin.post("/admin/users/admin", data={"name": "系统管理员", "rights": []})
    assert refused.status_code == 422
    assert admin.get("/admin").status_code == 200


def test_filters_find_people(office) -> None:
    admin = office.client("admin")

    def found(query: str) -> set[str]:
        return set(website.page(admin.get(f"/admin/users?{query}")).xpath("//tbody//th/a/text()"))

    assert found("q=zhang") == {"张三"}
    assert found("role=baomixiaozu") == {"郑建国", "冯艳", "黄伟"}
    assert found("q=nobody") == set()
    people.deactivate(office.engine, office.driver.user("admin"), "lisi", "离职")
    assert "李四" not in found("")
    assert "李四" in found("closed=true")


def test_who_leaves_hands_over_and_cannot_sign_in(office) -> None:
    office.driver.start("yushen", as_="zhangsan")
    (task,) = office.driver.tasks()
    assert task.assignee == "zhangsan"
    gone, admin = office.client("zhangsan", new=True), office.client("admin")
    missing = admin.post("/admin/users/zhangsan/deactivate", data={"to": "lisi", "reason": " "})
    assert missing.status_code == 422

    done = admin.post("/admin/users/zhangsan/deactivate", data={"to": "lisi", "reason": "调离"})

    assert done.status_code == 200
    assert task.name in website.text(done)
    assert office.driver.task(task).assignee == "lisi"
    assert gone.get("/account").status_code == 303
    assert not people.directory(office.engine).users["zhangsan"].active
    assert admin.post("/admin/users/zhangsan/activate").status_code == 303
    website.sign_in(office.client(None, new=True), "zhangsan")


def test_units_make_a_tree(office) -> None:
    admin = office.client("admin")
    assert admin.post("/admin/units", data={"name": "电教中心", "parent": ""}).status_code == 303
    unit = next(unit for unit in people.directory(office.engine).units.values() if unit.name == "电教中心")
    assert admin.post("/admin/units", data={"name": "电教中心", "parent": ""}).status_code == 422
    assert admin.post(f"/admin/units/{unit.id}", data={"name": "数据中心", "parent": str(unit.id)}).status_code == 422
    assert admin.post(f"/admin/units/{unit.id}", data={"name": "数据中心", "parent": ""}).status_code == 303
    assert people.directory(office.engine).unit_name(unit.id) == "数据中心"
    assert admin.post(f"/admin/units/{unit.id}", data={"act": "remove"}).status_code == 303
    assert unit.id not in people.directory(office.engine).units
    kept = next(each for each in people.directory(office.engine).units.values() if each.name == "综合处")
    assert "请先调整" in website.text(admin.post(f"/admin/units/{kept.id}", data={"act": "remove"}))


def test_roles_show_who_has_them_and_which_nobody_has(office) -> None:
    people.deactivate(office.engine, office.driver.user("admin"), "xuli", "离职")
    rows = {
        row.xpath("string(./th/text()[1])").strip(): row.xpath("string(./td[2])").split()
        for row in website.page(office.client("admin").get("/admin/roles")).xpath("//tbody/tr")
    }
    assert rows["查阅点工作人员"] == ["无人担任"]
    assert "宋涛" in "".join(rows["新闻发言人"])


def test_an_administrator_sets_a_substitution_for_others(office) -> None:
    admin = office.client("admin")
    data = {"principal": "wangfang", "substitute": "zhaogang", "begins_on": "2026-03-09", "ends_on": "2026-03-13"}
    assert admin.post("/admin/substitutions", data=data).status_code == 422
    assert admin.post("/admin/substitutions", data=data | {"reason": "病假"}).status_code == 303
    page = admin.get("/admin/substitutions")
    assert "病假" in website.text(page)
    (end,) = website.page(page).xpath("//form[contains(@action, '/end')]/@action")
    assert admin.post(end).status_code == 303


def test_the_calendar_changes_when_a_second_administrator_agrees(office) -> None:
    people.update_user(office.engine, office.driver.user("admin"), "sunlei", rights=[model.Right.ADMIN])
    one, other = office.client("admin"), office.client("sunlei", new=True)
    data = {
        "day": "2026-03-10",
        "working": "no",
        "scope": "city",
        "document": "市防汛指〔2026〕3号",
        "reason": "台风停工",
    }
    for wrong in ({"day": ""}, {"working": "maybe"}, {"scope": "moon"}, {"document": ""}):
        refused = one.post("/admin/calendar", data=data | wrong)
        assert refused.status_code == 422
        assert website.page(refused).xpath("//input[@id='reason']/@value") == ["台风停工"]
    assert one.post("/admin/calendar", data=data).status_code == 303
    (consider,) = website.page(other.get("/admin/calendar")).xpath("//a[contains(., '查看影响并批准')]/@href")
    assert not website.page(one.get(consider)).xpath("//form[contains(@action, '/approve')]")
    (approve,) = website.page(other.get(consider)).xpath("//form[contains(@action, '/approve')]/@action")
    assert one.post(approve).status_code == 403
    assert "21 个工作日" not in website.text(
        one.get("/admin/calendar?year=2026"), "(//table[@class='month'])[3]/caption"
    )

    assert other.post(approve).status_code == 303

    march = "(//table[@class='month'])[3]"
    assert "21 个工作日" in website.text(one.get("/admin/calendar?year=2026"), f"{march}/caption")
    marked = website.page(one.get("/admin/calendar?year=2026")).xpath(f"{march}//td[contains(@title, '台风停工')]")
    assert [" ".join(cell.text_content().split()) for cell in marked] == ["10 休"]


def test_whoever_approves_a_change_sees_what_moves_and_is_told_how_much_did(office) -> None:
    people.update_user(office.engine, office.driver.user("admin"), "sunlei", rights=[model.Right.ADMIN])
    one, other = office.client("admin"), office.client("sunlei", new=True)
    case = office.driver.start("yushen", as_="张三")
    office.driver.complete("Task_tianbao", as_="张三", form=FORM, case=case)
    office.driver.set_variables({"review_workdays": 3}, case=case)
    office.driver.complete("Task_danweishenhe", as_="王芳", form=HEAD, case=case)
    (task,) = office.driver.tasks(case)
    data = {
        "day": "2026-03-10",
        "working": "no",
        "scope": "city",
        "document": "市防汛指〔2026〕3号",
        "statutory": "yes",
    }
    for document in ("市防汛指〔2026〕3号", "另一份通知"):
        assert one.post("/admin/calendar", data=data | {"document": document}).status_code == 303
    again, consider = website.page(other.get("/admin/calendar")).xpath("//a[contains(., '查看影响并批准')]/@href")

    shown = website.page(other.get(consider))

    (row,) = shown.xpath("//section//tbody/tr")
    assert task.name in row.text_content()
    assert row.xpath(".//a/@href") == [f"/cases/{case.id}"]
    assert [" ".join(cell.text_content().split())[:10] for cell in row.xpath("./td[position() > 1]")] == [
        "2026-03-12",
        "2026-03-13",
    ]
    (approve,) = shown.xpath("//form[contains(@action, '/approve')]/@action")
    answer = other.post(approve)
    assert "已移动 1 项未到的期限" in website.text(staffpages.follow(other, answer))
    assert "已移动 1 项期限" in website.text(one.get("/admin/calendar"))
    # The second one contradicts it by now: what would move cannot be said, and it cannot be approved.
    contradicting = other.get(again)
    assert "不同调整" in website.text(contradicting)
    assert not website.page(contradicting).xpath("//form[contains(@action, '/approve')]")
    assert other.get(consider).status_code == 409


@pytest.mark.parametrize("year", ["1900", "2026", "9999"])
def test_any_year_shows_a_calendar(office, year) -> None:
    assert office.client("admin").get(f"/admin/calendar?year={year}").status_code == 200


def test_the_front_page_tells_of_work_that_nobody_does(office) -> None:
    admin = office.client("admin")
    assert "系统运行正常" in website.text(admin.get("/admin"))
    gongshi_case.publish(office.driver)  # a period of five days runs
    assert "需处理" not in website.text(admin.get("/admin"))

    office.driver.sleep(days=6)  # no worker fires its end

    admin = office.client("admin", new=True)
    late = website.text(admin.get("/admin"), "//tr[th='后台处理']")
    assert "需处理" in late
    assert "gongkai worker" in late
    office.driver.run()
    assert "需处理" not in website.text(admin.get("/admin"))
    assert admin.get("/health").text == "ok"

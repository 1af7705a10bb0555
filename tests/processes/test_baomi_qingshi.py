"""保密审查: who cannot determine asks 市政府, and its answer is followed (§38)."""

from __future__ import annotations

import pytest
from baomi_case import (
    GROUP,
    HEAD,
    LEVELS,
    OFFICE,
    REQUEST,
    SENT,
    SIGNED,
    SUBMISSION,
    answer,
    ask,
    draft,
    exempt,
    finish,
    ticked,
    to_office,
    uncertain,
)
from left_behind import documents

from engine import errors

levels = pytest.mark.parametrize("level", LEVELS)


@pytest.mark.clause("P000-17 §38")
@levels
def test_第三十八条_无法确定的写明疑问由综合处向市政府请示(driver, level):
    come, task, who, form, verdict, why = LEVELS[level]
    come(driver)
    with driver.refused("必填", errors.InvalidForm):
        driver.complete(task, as_=who, form={**form, verdict: "uncertain"})

    driver.complete(task, as_=who, form={**form, verdict: "uncertain", why: "能否公开没有规定"})

    assert driver.tasks() == []
    (request,) = driver.children()
    asked = driver.task("起草请示", case=request)
    assert asked.candidate_groups == ("zonghechu",)
    known = driver.variables(request)
    assert (known["doubt_level"], known["doubt"]) == (level, "能否公开没有规定")
    assert known["content"] == SUBMISSION["content"]


@pytest.mark.clause("P000-17 §38")
@levels
def test_第三十八条_批复公开的从其批复逐级审完(driver, level):
    request = uncertain(driver, level)
    ask(driver, request)
    assert driver.tasks() == []
    answer(driver, request, "publish")

    _, task, who, form, verdict, why = LEVELS[level]
    against = {verdict: "withhold" if verdict.endswith("decision") else "exempt", why: "仍不同意"}
    against |= exempt(verdict.removesuffix("_class")) if verdict.endswith("class") else {}
    with driver.refused("应从其批复", errors.InvalidForm):
        driver.complete(task, as_=who, form={**form, **against})
    order = list(LEVELS)
    finish(driver, *order[order.index(level) :])
    assert driver.path()[-1] == "Event_jiaofabu"
    review = driver.variables()["review"]
    assert (review["reply"]["decision"], review["reply"]["number"]) == ("publish", "市政函〔2026〕8号")
    assert len(review["signatures"]) == 4


@pytest.mark.clause("P000-17 §38")
@levels
def test_第三十八条_批复不公开的从其批复免于公开(driver, level):
    request = uncertain(driver, level)
    ask(driver, request)
    answer(driver, request, "withhold")

    order = list(LEVELS)
    for left in order[order.index(level) :]:
        _, task, who, form, verdict, why = LEVELS[left]
        with driver.refused("市政府批复不公开的，应从其批复", errors.InvalidForm):
            driver.complete(task, as_=who, form={**form, why: "仍主张公开"})
        with driver.refused("市政府批复不公开的，应从其批复", errors.InvalidForm):
            driver.complete(task, as_=who, form={**form, verdict: "uncertain", why: "仍有疑问"})
        if verdict.endswith("decision"):
            form = {**form, verdict: "withhold", why: "市政府批复不公开"}
        else:
            side = verdict.removesuffix("_class")
            reason = {f"{side}_exempt_ground": "city", f"{side}_exempt_reason": "市政函〔2026〕8号"}
            form = {**form, verdict: "exempt", why: "从其批复", **reason}
        driver.complete(task, as_=who, form=form)
    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_mianyu")
    assert driver.variables()["review"]["reply"]["decision"] == "withhold"


@pytest.mark.clause("P000-17 §38")
@levels
def test_第三十八条_批复另有要求的由综合处处理后回到原来一级(driver, level):
    request = uncertain(driver, level)
    ask(driver, request)
    answer(driver, request, "other", reply_opinion="请先征求市国家保密局意见")
    assert driver.tasks() == []
    with driver.refused("必填", errors.InvalidForm):
        driver.complete("按批复要求处理", as_="陈静", form={"next_step": "resume"}, case=request)
    done = {"reply_handling": "市国家保密局答复不属于国家秘密", "next_step": "resume"}
    driver.complete("按批复要求处理", as_="孙磊", form=done, case=request)

    assert driver.status(request) == "completed"
    assert driver.variables()["reply_handling"] == "市国家保密局答复不属于国家秘密"
    order = list(LEVELS)
    assert driver.task(LEVELS[level][1])
    finish(driver, *order[order.index(level) :])
    assert driver.path()[-1] == "Event_jiaofabu"


@pytest.mark.clause("P000-17 §38")
def test_第三十八条_批复之后仍无法确定的可以再次请示(driver):
    request = uncertain(driver, "综合处")
    ask(driver, request)
    answer(driver, request, "other")
    again = {"reply_handling": "已补充材料", "next_step": "ask_again"}
    driver.complete("按批复要求处理", as_="陈静", form=again, case=request)
    first = driver.variables(request)["request_number"]
    ask(driver, request)
    assert driver.variables(request)["request_number"] != first
    assert driver.tasks() == []
    answer(driver, request, "withhold")
    assert driver.task("Task_fuhe")
    assert driver.variables()["reply"] == "withhold"


@pytest.mark.clause("P000-17 §38")
def test_第三十八条_审查中可以不止一次无法确定(driver):
    request = uncertain(driver, "责任人")
    ask(driver, request)
    answer(driver, request, "other")
    driver.complete("Task_luoshi", as_="陈静", form={"reply_handling": "已核实", "next_step": "resume"}, case=request)
    driver.complete("Task_baoshen", as_="张三", form=SUBMISSION)
    driver.complete("Task_shenhe", as_="王芳", form={**HEAD, "head_decision": "uncertain", "head_opinion": "另有疑问"})
    second = driver.children()[-1]
    assert second.id != request.id
    ask(driver, second)
    answer(driver, second, "publish")
    finish(driver, "单位负责人", "综合处", "保密工作领导小组")
    assert driver.path()[-1] == "Event_jiaofabu"


@pytest.mark.clause("P000-17 §38")
@pytest.mark.parametrize(
    ("lacking", "said"),
    [
        ({"reply_number": None}, "批复文号：必填"),
        ({"reply": "大概可以"}, "批复"),
        ({"reply": None}, "市政府批复：必填"),
        ({"reply_on": None}, "批复日期：必填"),
        ({"reply_on": "2030-01-01"}, "批复日期应为今天或以前的日期"),
        ({"reply": "other", "reply_opinion": None}, "批复意见：必填"),
        ({"reply_kept": None}, "应至少填写一项"),
    ],
)
def test_第三十八条_没有文号日期原件或者没有写明公开与否的批复不予登记(driver, lacking, said):
    request = uncertain(driver, "综合处")
    ask(driver, request)
    with driver.refused(said, errors.InvalidForm):
        answer(driver, request, **{"reply": "publish", **lacking})
    assert driver.task("登记市政府批复", case=request).candidate_groups == ("zonghechu",)
    answer(driver, request, "publish")
    assert driver.task("Task_fuhe")


@pytest.mark.clause("P000-17 §38")
def test_第三十八条_批复附扫描件(driver):
    request = uncertain(driver, "综合处")
    ask(driver, request)
    scan = driver.upload("批复.pdf", b"%PDF-1.4\n%%EOF\n", as_="孙磊")
    answer(driver, request, "publish", reply_file=[scan], reply_kept=None)
    kept = driver.variables(request)
    assert [each["name"] for each in kept["reply_file"]] == ["批复.pdf"]
    assert kept["reply_registered"]["person"] == "sunlei"


@pytest.mark.clause("P000-17 §38")
def test_第三十八条_批复公开而附有条件的_先按条件办理(driver):
    request = uncertain(driver, "综合处")
    ask(driver, request)
    answer(driver, request, "publish", reply_conditions="先征得市财政局同意")
    assert driver.tasks() == []
    done = {"reply_handling": "市财政局同意，财函〔2026〕2号", "next_step": "resume"}
    driver.complete("按批复要求处理", as_="陈静", form=done, case=request)
    known = driver.variables()
    assert (known["reply"], known["reply_conditions"]) == ("publish", "先征得市财政局同意")
    finish(driver, "综合处", "保密工作领导小组")
    (sheet,) = documents(driver, "baomi-shenchabiao", driver.case())
    for said in ("公开的条件：", "先征得市财政局同意", "市财政局同意，财函〔2026〕2号"):
        assert said in sheet.html


@pytest.mark.clause("P000-17 §38")
def test_第三十八条_请示由起草人以外的保密工作领导小组成员签发(driver):
    request = uncertain(driver, "单位负责人")
    driver.complete("Task_qingshi", as_="黄伟", form=REQUEST, case=request)
    assert documents(driver, case=request) == []
    assert driver.task("签发请示", case=request).candidate_groups == ("baomixiaozu",)
    for who in ("陈静", "周明"):
        with driver.refused("不能办理", errors.Forbidden):
            driver.complete("Task_qianfa", as_=who, form=SIGNED, case=request)
    with driver.refused("不能由同一人", errors.Forbidden):
        driver.complete("Task_qianfa", as_="黄伟", form=SIGNED, case=request)
    with driver.refused("请确认签字", errors.InvalidForm):
        driver.complete("Task_qianfa", as_="冯艳", form={"sign_decision": "approve"}, case=request)
    driver.complete("Task_qianfa", as_="冯艳", form=SIGNED, case=request)
    assert driver.task("报送请示", case=request)


@pytest.mark.clause("P000-17 §38")
def test_第三十八条_不同意签发的写明意见退回修改(driver):
    request = uncertain(driver, "综合处")
    draft(driver, request)
    back = {"sign_decision": "return", "sign_confirmed": True}
    with driver.refused("具体意见：必填", errors.InvalidForm):
        driver.complete("Task_qianfa", as_="冯艳", form=back, case=request)
    back["sign_opinion"] = "写明我办倾向性意见"
    driver.complete("Task_qianfa", as_="冯艳", form=back, case=request)
    assert documents(driver, case=request) == []
    assert driver.task("起草请示", case=request)
    assert driver.variables(request)["sign_opinion"] == "写明我办倾向性意见"
    draft(driver, request, request_body="我办倾向于公开。")
    driver.complete("Task_qianfa", as_="郑建国", form=SIGNED, case=request)
    (paper,) = documents(driver, case=request)
    assert "我办倾向于公开。" in paper.html


@pytest.mark.clause("P000-17 §38")
def test_第三十八条_请示编文号_写明签发人联系人和报送情况(driver):
    numbers = []
    for _ in range(2):
        request = uncertain(driver, "责任人")
        ask(driver, request)
        (paper,) = documents(driver, case=request)
        assert (paper.template, paper.kind, paper.title) == ("baomi-qingshi", "请示", REQUEST["request_title"])
        assert driver.variables(request)["request_number"] == paper.number
        for said in (
            *("《窗口服务评价办法》", REQUEST["request_rules"], "涉及的数据能否公开没有规定", REQUEST["request_body"]),
            *("签发人：", "冯艳", "（联系人：刘洋，联系电话：010-65432100）", "妥否，请批示。"),
        ):
            assert said in paper.html
        numbers.append(int(paper.number.split("〕")[1].removesuffix("号")))
    assert numbers[1] == numbers[0] + 1
    delivery = driver.variables(request)["delivery"]
    assert (delivery["way"], delivery["recipient"], delivery["person"]) == (
        "exchange",
        SENT["recipient"],
        "liuyang",
    )


@pytest.mark.clause("P000-17 §38")
@pytest.mark.parametrize("lacking", ["delivery_way", "delivered_on", "recipient"])
def test_第三十八条_没有登记报送的不能登记批复(driver, lacking):
    request = uncertain(driver, "综合处")
    draft(driver, request)
    driver.complete("Task_qianfa", as_="冯艳", form=SIGNED, case=request)
    sent = {**SENT, "delivered_on": driver.now.date().isoformat()}
    with driver.refused("必填", errors.InvalidForm):
        driver.complete("Task_baosong", as_="陈静", form={**sent, lacking: None}, case=request)
    with driver.refused("其他报送方式：必填", errors.InvalidForm):
        driver.complete("Task_baosong", as_="陈静", form={**sent, "delivery_way": "other"}, case=request)
    assert driver.task("Task_baosong", case=request)


@pytest.mark.clause("P000-17 §38")
def test_第三十八条_请示只由综合处办理_内容须齐全(driver):
    request = uncertain(driver, "单位负责人")
    for who in ("张三", "王芳", "郑建国", "周明"):
        with driver.refused("不能办理", errors.Forbidden):
            driver.complete("Task_qingshi", as_=who, form=REQUEST, case=request)
    for lacking in REQUEST:
        with driver.refused("必填", errors.InvalidForm):
            driver.complete("Task_qingshi", as_="陈静", form={**REQUEST, lacking: None}, case=request)


@pytest.mark.clause("P000-17 §38")
def test_第三十八条_没有批复之前不会发布(driver):
    request = uncertain(driver, "保密工作领导小组")
    ask(driver, request)
    driver.advance(days=40)
    assert (driver.status(), driver.tasks()) == ("active", [])
    assert not {"publication", "review"} & driver.variables().keys()


@pytest.mark.clause("P000-16 §36")
@pytest.mark.parametrize("kind", ["sensitive", "marked", "internal"])
def test_第三十六条_市政府批复公开的视为批准(driver, kind):
    to_office(driver)
    doubt = {**OFFICE, **ticked("office", kind), "office_class": "uncertain", "office_opinion": "报请市政府批准"}
    driver.complete("Task_fuhe", as_="陈静", form=doubt)
    request = driver.children()[-1]
    ask(driver, request)
    answer(driver, request, "publish")
    driver.complete("Task_fuhe", as_="陈静", form={**OFFICE, **ticked("office", kind)})
    finish(driver, "保密工作领导小组")
    assert driver.path()[-1] == "Event_jiaofabu"


@pytest.mark.clause("P000-16 §36(一)")
def test_第三十六条第一项_三密文件即使批复公开也不能公开(driver):
    to_office(driver)
    doubt = {**OFFICE, **ticked("office", "classified"), "office_class": "uncertain", "office_opinion": "可否公开"}
    driver.complete("Task_fuhe", as_="陈静", form=doubt)
    request = driver.children()[-1]
    ask(driver, request)
    answer(driver, request, "publish")
    with driver.refused("三密", errors.InvalidForm):
        driver.complete("Task_fuhe", as_="陈静", form={**OFFICE, **ticked("office", "classified")})


@pytest.mark.clause("P000-16 §36")
def test_第三十六条_最后审定时批复公开的_重新对照范围(driver):
    to_office(driver)
    form = {**OFFICE, **ticked("office", "marked"), "office_class": "exempt", "office_opinion": "标有内部文件"}
    driver.complete("Task_fuhe", as_="陈静", form={**form, **exempt("office")})
    doubt = {**GROUP, "final_class": "uncertain", "final_opinion": "内容似可公开，报请批准"}
    driver.complete("Task_shending", as_="郑建国", form=doubt)
    request = driver.children()[-1]
    ask(driver, request)
    answer(driver, request, "publish")
    assert driver.variables()["office_grounds"] == []
    driver.complete("Task_shending", as_="郑建国", form={**GROUP, "final_opinion": "从其批复"})
    assert driver.path()[-1] == "Event_jiaofabu"


@pytest.mark.clause("P000-17 §38")
def test_第三十八条_批复只对请示时的内容有效(driver):
    request = uncertain(driver, "责任人")
    ask(driver, request)
    answer(driver, request, "publish")
    driver.complete("Task_baoshen", as_="张三", form={**SUBMISSION, "content": "另一份内容"})
    assert driver.variables()["reply"] is None


@pytest.mark.clause("P000-17 §38")
def test_第三十八条_综合处可以为其他公开工作单独请示(driver):
    """§38 speaks of all disclosure, not of the secrecy review alone."""
    with driver.refused("不能发起", errors.Forbidden):
        driver.start("baomi-qingshi", as_="张三")
    request = driver.start("baomi-qingshi", as_="陈静")
    ask(driver, request)
    answer(driver, request, "publish")
    assert (driver.status(), driver.variables()["reply"]) == ("completed", "publish")

"""Every command does what its help says, for people and as JSON."""

from __future__ import annotations

import pathlib
import sqlite3

import pytest
from office import Office, review, waiting

from engine.cli import session


def test_a_case_is_run_from_the_command_line_alone(office: Office) -> None:
    started = office(
        "instance", "start", "review", "--form", "title=办事指南", "--business-key", "公开〔2026〕1号", as_="zhangsan"
    )
    assert started.out == "已发起事项 1（公开〔2026〕1号）。查看：gongkai instance show 1\n"
    assert "审核申请" in office("task", "list", as_="lisi").out

    form = office("task", "show", 1, as_="lisi").out
    assert "公告" in form  # the clause, in its own words
    assert "opinion" in form
    assert "true=是；false=否" in form

    assert office("task", "claim", 1, as_="lisi").out == "已签收任务 1“审核申请”。\n"
    done = office(
        "task", "complete", 1, "--form", "opinion=同意", "--form", "agree=true", "--form", "pages=3", as_="lisi"
    )
    assert done.out == "已办结任务 1。\n"
    assert office("job", "list").rows[0][1:4] == ["1", "work", "待执行"]
    assert office("job", "run").out == "执行了1个作业，触发了0个定时。\n"

    shown = office("instance", "show", 1).out
    assert "已办结" in shown
    assert "done_at" in shown
    assert office("instance", "list").out == "没有事项。发起一件：gongkai instance start 流程\n"
    assert office("instance", "list", "--all").rows[0][3:6] == ["公开〔2026〕1号", "已办结", "zhangsan"]
    assert "未发现改动" in office("audit", "verify").out
    assert "complete-user-task" in office("audit", "list", "--instance", 1).out


def test_check_reports_findings_and_tells_by_its_exit_code(bare: Office) -> None:
    pack = bare.root / "packs" / "processes" / "demo"
    assert bare("check", pack).out == "检查通过，没有发现问题。\n"
    bare.write(review=review("").replace(b"demo/check", b"demo/missing"))
    found = bare("check", pack, code=1).out
    assert "review.bpmn" in found
    assert "check" in found
    as_json = bare("check", pack, "--json", code=1).json
    assert as_json["errors"] == len([f for f in as_json["findings"] if f["severity"] == "error"]) > 0
    assert {"file", "line", "element_id", "element_name", "rule", "expected", "found"} <= set(as_json["findings"][0])
    assert bare("check", pack, "--format", "json", code=1).json == as_json
    assert bare("check", pack / "waiting.bpmn").out == "检查通过，没有发现问题。\n"
    assert not (bare.root / "office.db").exists()  # designers need no database


def test_layout_draws_anew_and_keeps_the_rest(bare: Office) -> None:
    source = bare.root / "packs" / "processes" / "demo" / "review.bpmn"
    drawn = bare.root / "drawn.bpmn"
    assert bare("layout", source, "-o", drawn).out == f"已写入 {drawn}\n"
    assert 'name="审核申请"' in drawn.read_text(encoding="utf-8")
    assert drawn.read_bytes() != source.read_bytes()
    assert bare("layout", drawn, "--json").json == {"written": [str(drawn)]}
    bare("layout", source, drawn, "-o", drawn, code=2)


def test_deploy_says_what_is_new_and_dry_run_changes_nothing(bare: Office) -> None:
    assert "这是预演" in bare("deploy", "demo", "--dry-run").out
    assert "还没有部署流程" in bare("definition", "list").out
    assert [row[3] for row in bare("deploy", "demo").rows] == ["新增", "新增"]
    assert [row[3] for row in bare("deploy", "demo").rows] == ["未变", "未变"]
    bare.write(review=review("复核申请", tag="2"), waiting=waiting())
    (report,) = bare("deploy", "demo", "--dry-run", "--json").json
    assert {c["key"]: c["kind"] for c in report["changes"]} == {"review": "changed", "waiting": "unchanged"}


def test_deploy_refuses_a_pack_with_errors_and_names_them(bare: Office) -> None:
    bare.write(review=review().replace(b"demo/check", b"demo/missing"))
    refused = bare("deploy", "demo", code=6).err
    assert "不能部署" in refused
    assert "review.bpmn" in refused


def test_definitions_are_listed_shown_and_compared(office: Office) -> None:
    office.write(review=review("复核申请", tag="2"), waiting=waiting())
    office("deploy", "demo")
    assert {(row[0], row[1], row[2]) for row in office("definition", "list", "--all").rows} == {
        ("review", "1", "1"), ("review", "2", "2"), ("waiting", "1", "1"),
    }  # fmt: skip
    assert len(office("definition", "list", "--json").json) == 2
    assert "复核申请" in office("definition", "show", "review").out
    assert "审核申请" in office("definition", "show", "review", "--version", 1).out
    assert office("definition", "show", "review", "--json").json["definition"]["version"] == 2
    changes = office("definition", "diff", "review", 1, 2).out
    assert "审核申请" in changes
    assert "复核申请" in changes
    assert {"kind", "subject", "change", "before", "after"} <= set(
        office("definition", "diff", "review", 1, 2, "--json").json[0]
    )
    assert office("definition", "diff", "review", 2, 2).out == "第2版与第2版没有差别。\n"


def test_a_definition_rests_and_goes_on(office: Office) -> None:
    assert office("definition", "suspend", "review").out.startswith("已停用")
    office("instance", "start", "review", "--form", "title=x", as_="zhangsan", code=5)
    assert office("definition", "activate", "review", "--json").json["status"] == "active"
    office.start()


def test_an_instance_rests_goes_on_and_is_cancelled(office: Office) -> None:
    case = office.start()
    assert office("instance", "suspend", case).out == f"已暂停事项 {case}。恢复：gongkai instance activate {case}\n"
    office("task", "claim", office.task(case), as_="lisi", code=5)
    assert office("instance", "activate", case, "--json").json["status"] == "active"
    assert office("instance", "cancel", case, "--reason", "重复申请").out == f"已取消事项 {case}。\n"
    assert "重复申请" in office("instance", "show", case).out
    assert office("instance", "show", case, "--json").json["instance"]["status"] == "cancelled"


def test_variables_are_set_by_operators_and_recorded(office: Office) -> None:
    case = office.start()
    assert office("instance", "set", case, "n=3", "名称=甲").out == f"已修改事项 {case} 的变量：n、名称。\n"
    variables = office("instance", "show", case, "--json").json["variables"]
    assert (variables["n"], variables["名称"]) == (3, "甲")


def test_tasks_are_given_back_delegated_resolved_handed_over_and_drafted(office: Office) -> None:
    case = office.start()
    task = office.task(case)
    office("task", "claim", task, as_="lisi")
    assert "已退签" in office("task", "unclaim", task, as_="lisi").out
    office("task", "claim", task, as_="lisi")
    assert "已委派" in office("task", "delegate", task, "--to", "zhangsan", as_="lisi").out
    assert office("task", "resolve", task, "--json", as_="zhangsan").json["assignee"] == "lisi"
    assert "已转办" in office("task", "transfer", task, "--to", "zhangsan", as_="lisi").out
    drafted = office("task", "complete", task, "--draft", "--form", "opinion=待定", "--json", as_="zhangsan")
    assert drafted.json["draft"] == {"opinion": "待定"}
    shown = office("task", "show", task, as_="zhangsan").out
    assert "待定" in shown
    assert "--keep" in shown
    office(
        "task", "complete", task, "--form", "agree=true", as_="zhangsan", code=6
    )  # the draft is not submitted unasked
    assert "已办结" in office("task", "complete", task, "--keep", "--form", "agree=是", as_="zhangsan").out
    assert office("instance", "show", case, "--json").json["variables"]["opinion"] == "待定"


def test_a_task_says_what_is_filled_in_how_and_what_for(bare: Office) -> None:
    bare("deploy")
    bare("instance", "start", "yushen", as_="zhangsan")
    shown = bare("task", "show", 1, as_="zhangsan")
    rows = {row[0]: row[1:] for row in shown.rows if len(row) > 4}
    assert rows["unit"][:3] == ["申请单位", "必填", "文字"]
    assert rows["audience"][1:4] == ["必填", "单选", "society=社会；internal=单位内部"]
    assert rows["channels"][1:3] == ["必填", "多选"]
    assert rows["channel_note"][1:3] == ["视情况", "文字"]
    assert rows["publish_on"][1:3] == ["必填", "日期"]
    assert "last_review_by" not in rows  # nobody has reviewed yet
    assert "  · 公开时间：审定同意后，从这一天零时起公开。" in shown.out
    assert "--keep" not in shown.out
    assert shown.out.count("P000-02（第二条）") == 1
    words = {"unit": "审批处", "title": "指南", "summary": "概述", "content": "内容", "data_checked": "是"}
    words |= {"audience": "社会", "channels": "市政务办门户网站、政务公开栏", "publish_on": "2099年1月1日"}
    bare(
        "task", "complete", 1, *(part for pair in words.items() for part in ("--form", "=".join(pair))), as_="zhangsan"
    )
    review = bare("task", "show", 2, as_="wangfang")
    assert ["channels", "公开形式", "只读", "—", "—", "市政务办门户网站、政务公开栏"] in review.rows


def test_task_lists_show_what_a_person_may_do(office: Office) -> None:
    case = office.start()
    assert [row["task"]["instance_id"] for row in office("task", "list", "--json", as_="lisi").json] == [case]
    assert office("task", "list", as_="wangwu").out == "没有待办任务。\n"
    assert len(office("task", "list", "--json").json) == 1


def test_a_form_comes_from_a_file_and_pairs_go_before_it(office: Office) -> None:
    case = office.start()
    path = office.root / "form.json"
    path.write_text('{"opinion": "文件", "agree": true, "pages": 2}', encoding="utf-8")
    office("task", "complete", office.task(case), "--form-file", path, "--form", "opinion=2026", as_="lisi")
    variables = office("instance", "show", case, "--json").json["variables"]
    assert (variables["opinion"], variables["agree"], variables["pages"]) == ("2026", True, 2)


def test_repeating_a_completion_with_its_key_does_nothing_more(office: Office) -> None:
    case = office.start()
    line = (
        "task",
        "complete",
        office.task(case),
        "--form",
        "opinion=好",
        "--form",
        "agree=是",
        "--idempotency-key",
        "k1",
    )
    first = office(*line, "--json", as_="lisi").json
    assert office(*line, "--json", as_="lisi").json == first
    office(*line[:-1], "k2", as_="lisi", code=5)


def test_messages_signals_and_timers_move_a_case(office: Office) -> None:
    case = office.start("waiting", business_key="K1")
    assert office("subscription", "list").rows[0][1:4] == ["消息", "补正材料", "K1"]
    sent = office("message", "send", "补正材料", "--key", "K1", "--payload", "pages=3")
    assert sent.out == f"消息“补正材料”已送达事项 {case}。\n"
    assert "已保存" in office("message", "send", "补正材料", "--key", "K9", "--ttl", "PT1H").out
    office("message", "send", "补正材料", "--key", "K8", "--ttl", "PT0S", code=3)
    assert office("signal", "send", "停止受理").out == "信号“停止受理”已送达1件事项，启动0件。\n"
    (timer,) = office("timer", "list", "--json").json
    assert timer["element_id"] == "days"
    assert office("timer", "list", "--instance", case).rows[0][2:4] == [str(case), "days"]
    assert office("timer", "fire").out == "已触发0个到期的定时。\n"  # three days have not passed
    assert office("instance", "show", case, "--json").json["variables"] == {"pages": 3}


def test_an_incident_is_seen_mended_and_retried(office: Office) -> None:
    case = office.start()
    office.complete(case, opinion="坏")
    office("job", "run")
    (incident,) = office("incident", "list", "--json").json
    assert (incident["element_id"], incident["kind"]) == ("send", "job")
    assert "磁盘已满" in office("incident", "list").out
    assert f"gongkai incident retry {incident['id']}" in office("incident", "show", incident["id"]).out

    office("instance", "set", case, "opinion=好")
    assert (
        office("incident", "retry", incident["id"]).out
        == f"已重试异常 {incident['id']}。查看结果：gongkai instance show {case}\n"
    )
    office("job", "run")
    assert office("instance", "show", case, "--json").json["instance"]["status"] == "completed"
    assert office("incident", "list").out == "没有异常。\n"
    assert len(office("incident", "list", "--all", "--json").json) == 1


def test_an_incident_is_resolved_when_the_work_was_done_by_hand(office: Office) -> None:
    case = office.start()
    office.complete(case, opinion="坏")
    office("job", "run")
    (incident,) = office("incident", "list", "--json").json
    office("incident", "resolve", incident["id"], "--reason", "已手工登记", "--var", "done_at=今日")
    shown = office("instance", "show", case, "--json").json
    assert (shown["instance"]["status"], shown["variables"]["done_at"]) == ("completed", "今日")


@pytest.mark.file
def test_audit_verify_finds_a_changed_entry(office: Office) -> None:
    office.start()
    assert office("audit", "verify", "--json").json["problems"] == []
    with sqlite3.connect(office.root / "office.db") as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type='trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute("UPDATE audit SET actor = 'wangwu' WHERE seq = 1 AND chain = 1")
    database.close()
    (problem,) = office("audit", "verify", "--json", code=1).json["problems"]
    assert (problem["chain"], problem["seq"]) == (1, 1)
    assert "序号" in office("audit", "verify", code=1).out


def test_the_calendar_needs_no_database(bare: Office) -> None:
    shown = bare("calendar", "show", 2026, 10)
    assert shown.rows[0][:3] == ["2026-10-01", "四", "放假"]
    assert "国办发明电〔2025〕7号" in shown.out
    assert "共18个工作日" in shown.out
    assert bare("calendar", "show", 2026, "--json").json["workdays"] > 240
    assert bare("calendar", "add-days", "2026-09-28", 5).out == "2026-09-28 起 5个工作日：2026-10-10（星期六）\n"
    assert bare("calendar", "add-days", "2026-09-28", 5, "--unit", "days", "--json").json["day"] == "2026-10-03"
    assert "推算" in bare("calendar", "add-days", "2030-01-04", 5).out
    assert not (bare.root / "office.db").exists()


@pytest.mark.file
def test_db_upgrade_creates_the_tables_and_may_be_repeated(bare: Office) -> None:
    assert bare("db", "upgrade").out == f"数据库已是最新：sqlite:///{bare.root / 'office.db'}\n"
    assert bare("db", "upgrade", "--json").json["database"].endswith("office.db")
    assert bare("instance", "list", "--json").json == []


@pytest.mark.file
def test_an_empty_file_is_a_new_database(bare: Office) -> None:
    (bare.root / "office.db").touch()
    assert bare("instance", "list", "--json").json == []


def test_database_goes_before_the_setting(office: Office) -> None:
    other = f"sqlite:///{office.root / 'other' / 'x.db'}"
    assert office("--database", other, "definition", "list", "--json").json == []
    assert (office.root / "other" / "x.db").exists()


def test_passwords_of_databases_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GONGKAI_DATABASE", raising=False)
    shown = session.Session("postgresql+psycopg://gongkai:secret@db/gongkai", None).database
    assert shown == "postgresql+psycopg://gongkai:***@db/gongkai"


def test_demo_plays_the_shipped_case_to_its_end_and_leaves_one(tmp_path: pathlib.Path, bare: Office) -> None:
    told = bare("demo").out
    assert "依据 P000-02 §2" in told
    assert "结束：准予公开" in told
    assert told.index("责令重新填报") < told.index("同意，报领导小组审定")
    cases = bare("instance", "list", "--all", "--json").json
    assert [(case["definition_key"], case["instance"]["status"]) for case in cases] == [
        *(("gongshi_fankui", "completed"), ("baomi", "completed"), ("gongshi", "completed")),
        *(("yushen", "active"), ("yushen", "completed")),
    ]
    assert told.index("公众提交“公示反馈意见”") < told.index("公示期满") < told.index("结束：结果已公开")
    assert "预审公开申请" in bare("task", "list", as_="chenjing").out
    assert "未发现改动" in bare("audit", "verify").out
    bare("demo")  # a second time: as many cases again, no new version
    assert len(bare("instance", "list", "--all", "--json").json) == 10

"""Jobs that programs elsewhere do: declared, locked, reported once, refused to everybody else."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import archive_pack
import packbuilder as p
import pytest
import snippets as s

from engine import errors, jobs, testing
from engine.actions import accounts, deployments, external, health, incidents, instances, people
from engine.model import commands
from engine.model import instances as model

BOT = commands.Actor("bot", topics=frozenset({"archive.store"}), token=7)
OTHER = commands.Actor("other", topics=frozenset({"archive.store"}), token=8)
ARCHIVE = [external.Wanted("archive.store")]

Open = Callable[..., testing.EngineDriver]


@pytest.fixture
def office(url: str, tmp_path: pathlib.Path) -> Iterator[testing.EngineDriver]:
    """One process whose service task is done elsewhere, on each kind of database."""
    with testing.EngineDriver(archive_pack.write(tmp_path / "packs"), database=url) as driver:
        yield driver


def begin(office: testing.EngineDriver, **form: Any) -> int:
    return office.start("main", as_="zhangsan", form={**archive_pack.APPLICATION, **form}).id


def fetch(office: testing.EngineDriver, actor: commands.Actor = BOT, **given: Any) -> list[external.Fetched]:
    return external.fetch(office.engine, actor, given.pop("worker", "w1"), ARCHIVE, **given)


def names(office: testing.EngineDriver, case: int) -> list[str]:
    return [task.name for task in office.tasks(case)]


def test_a_job_is_fetched_with_its_inputs_alone_and_completed_once(office: testing.EngineDriver) -> None:
    case = begin(office)

    (found,) = fetch(office, seconds=60)

    assert found.inputs == {"title": "办事指南", "pages": 3}, "never the whole case"
    assert (found.job.instance_id, found.job.attempt, found.job.leased_by) == (case, 1, "bot:w1")
    assert fetch(office) == []
    first = external.complete(office.engine, BOT, found.job.id, found.lock, {"number": "A-1"})
    assert first == external.Report(found.job.id, case, external.Outcome.COMPLETED)
    assert names(office, case) == ["核对"]
    assert office.variables(case)["number"] == "A-1"

    again = external.complete(office.engine, BOT, found.job.id, found.lock, {"number": "A-2"})
    assert again == first
    assert office.variables(case)["number"] == "A-1"
    with pytest.raises(errors.Conflict, match="接手"):
        external.fail(office.engine, BOT, found.job.id, found.lock, "late")
    entry = next(each for each in office.audit() if each.action == "complete-job")
    assert entry.actor == "bot"
    assert (entry.details["worker"], entry.details["token"]) == ("bot:w1", 7)


def test_only_the_inputs_that_are_wanted_go_out(office: testing.EngineDriver) -> None:
    begin(office)
    wanted = [external.Wanted("archive.store", frozenset({"pages", "secret"}))]
    (found,) = external.fetch(office.engine, BOT, "w1", wanted)
    assert found.inputs == {"pages": 3}


def test_workers_in_python_leave_external_topics_alone_and_do_not_wait_for_them(office: testing.EngineDriver) -> None:
    begin(office)
    assert jobs.run_until_idle(office.engine).jobs == 0
    assert jobs.next_due(office.engine) is None
    with office.engine.store.write() as uow:
        assert uow.jobs.lease("w", office.clock.now(), 9, 20, topics=["archive.store"]) == []
        assert uow.jobs.next_due(external=True) == office.clock.now()
    assert external.due(office.engine) == {"archive.store"}


def test_a_lock_that_ran_out_goes_to_the_next_who_asks_and_the_late_report_is_refused(
    office: testing.EngineDriver,
) -> None:
    case = begin(office)
    (late,) = fetch(office, seconds=30)
    office.clock.advance(seconds=29)
    assert fetch(office, OTHER) == []
    office.clock.advance(seconds=1)
    (held,) = fetch(office, OTHER, worker="w2")
    assert held.job.attempt == 2

    for report in (
        lambda: external.complete(office.engine, BOT, late.job.id, late.lock, {"number": "A-1"}),
        lambda: external.fail(office.engine, BOT, late.job.id, late.lock, "x"),
        lambda: external.throw_bpmn_error(office.engine, BOT, late.job.id, late.lock, "FULL"),
        lambda: external.extend(office.engine, BOT, late.job.id, late.lock, 30),
        lambda: external.release(office.engine, BOT, late.job.id, late.lock),
        lambda: external.complete(office.engine, BOT, held.job.id, held.lock, {"number": "A-1"}),
        lambda: external.complete(office.engine, BOT, held.job.id, "nonsense", {"number": "A-1"}),
        lambda: external.extend(office.engine, BOT, held.job.id, held.lock, 30),
        lambda: external.release(office.engine, BOT, held.job.id, held.lock),
    ):
        with pytest.raises(errors.Conflict, match=f"作业 {held.job.id} 已经结束或已由其他工作进程接手"):
            report()
    external.complete(office.engine, OTHER, held.job.id, held.lock, {"number": "B-1"})
    assert office.variables(case)["number"] == "B-1"


def test_the_jobs_of_an_account_whose_name_begins_with_that_of_another_are_its_own(
    office: testing.EngineDriver,
) -> None:
    begin(office)
    (held,) = fetch(office, commands.Actor("bot:west", topics=BOT.topics, token=9), worker="rack:1")
    for report in (
        lambda: external.complete(office.engine, BOT, held.job.id, held.lock, {"number": "A-1"}),
        lambda: external.release(office.engine, BOT, held.job.id, held.lock),
        lambda: external.extend(office.engine, BOT, held.job.id, held.lock, 30),
    ):
        with pytest.raises(errors.Conflict, match="其他工作进程接手"):
            report()


def test_a_lock_is_extended_and_given_back(office: testing.EngineDriver) -> None:
    begin(office)
    (held,) = fetch(office, seconds=30)
    office.clock.advance(seconds=20)
    until = external.extend(office.engine, BOT, held.job.id, held.lock, 30)
    assert until == office.clock.now() + testing.datetime.timedelta(seconds=30)
    office.clock.advance(seconds=29)
    assert fetch(office, OTHER) == []
    told = []
    office.engine.on_work(lambda: told.append("work"))
    external.release(office.engine, BOT, held.job.id, held.lock)
    assert told == ["work"]
    (again,) = fetch(office, OTHER)
    assert again.job.attempt == 1, "the run that was given back does not count"


def test_a_failure_runs_again_by_the_cycle_of_the_diagram_or_as_the_program_says(office: testing.EngineDriver) -> None:
    begin(office)
    (first,) = fetch(office)
    report = external.fail(office.engine, BOT, first.job.id, first.lock, "网络不通")
    assert report.outcome is external.Outcome.RETRY
    assert report.again == office.clock.now() + testing.datetime.timedelta(minutes=5)
    assert external.fail(office.engine, BOT, first.job.id, first.lock, "网络不通") == report, "told twice, it is one"
    office.clock.advance(minutes=5)
    (second,) = fetch(office)
    assert second.job.retries_left == 2
    report = external.fail(office.engine, BOT, second.job.id, second.lock, "网络不通", retry_after=60, retries=9)
    assert report.again == office.clock.now() + testing.datetime.timedelta(seconds=60)
    office.clock.advance(minutes=1)
    (third,) = fetch(office)
    report = external.fail(office.engine, BOT, third.job.id, third.lock, "网络不通")
    assert (report.outcome, report.again) == (external.Outcome.INCIDENT, None)
    (incident,) = office.incidents()
    assert incident.message == "网络不通"

    incidents.retry(office.engine, incident.id, office.user("admin"))
    (fourth,) = fetch(office)
    assert external.complete(office.engine, BOT, fourth.job.id, fourth.lock, {"number": "A-1"})


def test_a_program_may_give_up_at_once(office: testing.EngineDriver) -> None:
    begin(office)
    (held,) = fetch(office)
    report = external.fail(office.engine, BOT, held.job.id, held.lock, "没有这个全宗", retries=0)
    assert report.outcome is external.Outcome.INCIDENT
    assert fetch(office) == []


def test_a_business_error_goes_to_the_boundary_event(office: testing.EngineDriver) -> None:
    case = begin(office)
    (held,) = fetch(office)
    for wrong, said in (({"approved": True}, "多出“approved”"), ({"shelf": 3}, "“shelf”应为文字")):
        with pytest.raises(errors.InvalidInput, match=said):
            external.throw_bpmn_error(office.engine, BOT, held.job.id, held.lock, "FULL", "库房已满", wrong)
    given = {"shelf": "三号"}
    report = external.throw_bpmn_error(office.engine, BOT, held.job.id, held.lock, "FULL", "库房已满", given)
    assert report.outcome is external.Outcome.ERROR
    assert office.variables(case)["shelf"] == "三号"
    assert names(office, case) == ["等待库房"]
    assert external.throw_bpmn_error(office.engine, BOT, held.job.id, held.lock, "FULL") == report


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "缺少“number”"),
        ({"number": 5}, "“number”应为文字，实际为 5"),
        ({"number": "A-1", "secret": "x"}, "多出“secret”"),
    ],
)
def test_what_comes_back_is_what_the_pack_declares(
    office: testing.EngineDriver, variables: dict[str, Any], said: str
) -> None:
    case = begin(office)
    (held,) = fetch(office)
    with pytest.raises(errors.InvalidInput, match=said):
        external.complete(office.engine, BOT, held.job.id, held.lock, variables)
    assert names(office, case) == []
    assert external.complete(office.engine, BOT, held.job.id, held.lock, {"number": "A-1"})


def test_inputs_that_are_not_what_the_pack_declares_become_an_incident_and_do_not_go_out(
    office: testing.EngineDriver,
) -> None:
    case = begin(office)
    instances.cancel(office.engine, case, "误报", office.user("admin"))
    office.start("main", as_="admin", form={**archive_pack.APPLICATION, "title": "指南"})
    with office.engine.store.write() as uow:
        declared = uow.external_topics.of_pack("demo")[0]
        uow.external_topics.replace("demo", [testing.dataclasses.replace(declared, inputs={"title": "integer"})])
    assert fetch(office) == []
    (incident,) = office.incidents()
    assert "“title”应为整数" in incident.message
    assert "多出“pages”" in incident.message


def test_a_job_that_silences_its_programs_becomes_an_incident(office: testing.EngineDriver) -> None:
    begin(office)
    for _ in range(3):
        assert len(fetch(office, seconds=10)) == 1
        office.clock.advance(seconds=10)
    assert fetch(office) == []
    (incident,) = office.incidents()
    assert "3 次锁定到期" in incident.message


def test_a_report_on_a_case_that_rests_is_refused_and_gives_the_job_back(office: testing.EngineDriver) -> None:
    case = begin(office)
    (held,) = fetch(office)
    instances.suspend(office.engine, case, office.user("admin"))
    with pytest.raises(errors.Conflict, match="已暂停办理"):
        external.complete(office.engine, BOT, held.job.id, held.lock, {"number": "A-1"})
    assert fetch(office) == []
    instances.activate(office.engine, case, office.user("admin"))
    (again,) = fetch(office)
    assert (again.job.attempt, again.job.idempotency_key) == (1, held.job.idempotency_key)


def test_a_job_of_a_cancelled_case_is_over(office: testing.EngineDriver) -> None:
    case = begin(office)
    (held,) = fetch(office)
    instances.cancel(office.engine, case, "误报", office.user("admin"))
    with pytest.raises(errors.Conflict):
        external.complete(office.engine, BOT, held.job.id, held.lock, {"number": "A-1"})


@pytest.mark.parametrize("given", [{"limit": 0}, {"limit": 101}, {"seconds": 0.5}, {"seconds": 3601}, {"worker": " "}])
def test_numbers_out_of_bounds_are_refused(office: testing.EngineDriver, given: dict[str, Any]) -> None:
    with pytest.raises(errors.InvalidInput):
        fetch(office, **given)


def test_nobody_else_gets_a_job(office: testing.EngineDriver) -> None:
    begin(office)
    (held,) = fetch(office)
    stranger = commands.Actor("zhaoliu", topics=frozenset({"archive.find"}))
    for actor in (stranger, office.user("admin"), office.user("zhangsan"), commands.SYSTEM):
        for act in (
            lambda actor: fetch(office, actor),
            lambda actor: external.complete(office.engine, actor, held.job.id, held.lock, {}),
            lambda actor: external.fail(office.engine, actor, held.job.id, held.lock, "x"),
            lambda actor: external.throw_bpmn_error(office.engine, actor, held.job.id, held.lock, "FULL"),
            lambda actor: external.extend(office.engine, actor, held.job.id, held.lock, 60),
            lambda actor: external.release(office.engine, actor, held.job.id, held.lock),
        ):
            with pytest.raises(errors.Forbidden, match="archive.store" if actor is stranger else "不能处理外部作业"):
                act(actor)


def test_tokens_for_jobs_name_topics_and_are_made_by_administrators(office: testing.EngineDriver) -> None:
    people.create_user(office.engine, office.user("admin"), "bot", "档案馆程序")
    admin = office.user("admin")

    def make(actor: commands.Actor, scopes: list[str], *topics: str) -> people.NewToken:
        return people.create_token(office.engine, actor, "档案馆", scopes, user_id="bot", topics=topics)

    with pytest.raises(errors.Forbidden, match="系统管理员"):
        make(commands.Actor("bot"), ["jobs"], "archive.store")
    for scopes, topics, said in (
        (["jobs"], [], "应写明外部主题"),
        (["read"], ["archive.store"], "其他令牌不写主题"),
        (["jobs"], ["archive.stor"], "是否应为：archive.store"),
    ):
        with pytest.raises(errors.InvalidInput, match=said):
            make(admin, scopes, *topics)
    made = make(admin, ["jobs"], "archive.store")
    known = accounts.token_actor(office.engine, made.secret)
    assert known is not None
    token, actor = known
    assert token.topics == actor.topics == {"archive.store"}
    assert actor.token == token.id
    assert people.tokens(office.engine, admin, "bot")[0].topics == {"archive.store"}
    begin(office)
    assert len(fetch(office, actor)) == 1


def test_a_topic_that_is_external_and_has_a_handler_is_refused(drive: Any) -> None:
    handlers = '@registry.handler("archive.store")\ndef store(job):\n    return {}\n'
    with pytest.raises(errors.InvalidDiagram, match="handlers/ 中有“archive.store”的处理程序"):
        drive(main=archive_pack.diagram(), forms=archive_pack.FORM, handlers=handlers, extra=archive_pack.DECLARED)


def test_a_topic_that_is_neither_is_refused(drive: Any) -> None:
    with pytest.raises(errors.InvalidDiagram, match="external_topics"):
        drive(main=archive_pack.diagram(), forms=archive_pack.FORM)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("external_topics: [{id: a b, name: x}]", "标识"),
        ("external_topics: [{id: a}]", "有 name"),
        ("external_topics: [{id: a, name: x}, {id: a, name: y}]", "不重复"),
        ("external_topics: [{id: a, name: x, inputs: [b]}]", "映射"),
        ("external_topics: [{id: a, name: x, outputs: {b: date}}]", "text、integer"),
    ],
)
def test_a_declaration_that_is_wrong_is_refused_with_its_line(drive: Any, written: str, said: str) -> None:
    with pytest.raises(errors.InvalidInput, match=said):
        drive(main=p.line(s.user("a"), ids=("a",)), extra=written + "\n")


def test_the_newest_deployment_says_what_is_external(office: testing.EngineDriver, tmp_path: pathlib.Path) -> None:
    begin(office)
    p.write(tmp_path / "packs", {"main": p.line(s.user("a"), ids=("a",))}, forms=archive_pack.FORM)
    assert not deployments.deploy(office.engine, "demo", office.user("admin")).unchanged
    with office.engine.store.read() as uow:
        assert uow.external_topics.ids() == []
        assert uow.jobs.next_due() is not None, "without a program it is the platform's, and an incident"


def test_health_tells_external_work_that_nobody_fetches_from_a_stopped_worker(office: testing.EngineDriver) -> None:
    begin(office)
    office.clock.advance(minutes=10)
    checks = {check.name: check for check in health.report(office.engine, office.user("admin")).checks}
    assert checks["后台处理"].well
    assert not checks["外部作业"].well
    assert "10 分钟" in checks["外部作业"].found
    (held,) = fetch(office)
    external.complete(office.engine, BOT, held.job.id, held.lock, {"number": "A-1"})
    assert "外部作业" not in {check.name for check in health.report(office.engine, office.user("admin")).checks}


def test_the_row_of_a_locked_job_tells_who_has_it(office: testing.EngineDriver) -> None:
    begin(office)
    (held,) = fetch(office, worker="馆藏-2", seconds=90)
    with office.engine.store.read() as uow:
        row = uow.jobs.get(held.job.id)
    assert (row.status, row.leased_by) == (model.JobStatus.LEASED, "bot:馆藏-2")
    assert row.lease_until == office.clock.now() + testing.datetime.timedelta(seconds=90)

"""Offices whose databases know nothing of each other share no id, and everybody can read ids of thirteen digits."""

from __future__ import annotations

import contextlib
import itertools
import pathlib
import re
import subprocess
import zipfile
from typing import Any

import packbuilder as p
import postgresql
import pytest
import snippets as s
import sqlalchemy as sa
import staffpages
import website
from office import Office

from engine import bootstrap, config, errors, store, testing
from engine.actions import archiving, backups, proving, restoring
from engine.model import cells
from engine.store import all_tables, belonging, verification

FILE = {"type": "object", "title": "附件", "format": "file", "x-maxSize": 100_000, "x-accept": [".txt"]}
FORMS = {
    "sheet": {**p.schema(subject=p.text(title="标题"), paper=FILE), "required": ["subject"]},
    "opinion": p.schema(opinion=p.text(title="意见")),
}
REGISTER = """
registers:
  - {id: fabu, name: 发布登记, number: "发布〔{year}〕{n}号", fields: [{id: title, name: 名称}]}
"""
HANDLERS = """
from engine.model import records
@registry.handler("record")
def record(job):
    job.write(records.Append(register="fabu", values={"title": job.inputs["subject"]}))
    job.write(records.Announce(kind=records.PublicationKind.ANNOUNCEMENT, title="公告", content="已经决定"))
"""
MAIN = p.diagram(
    s.start(camunda_formKey="demo/sheet"),
    s.user("review", name="审核", camunda_formKey="demo/opinion", camunda_candidateGroups="chief"),
    s.element("callActivity", "call", name="会签", calledElement="child"),
    s.service("record", name="登记", camunda_topic="record"),
    s.element("intermediateCatchEvent", "days", s.timer("P3D"), name="三日已过"),
    s.element("receiveTask", "letter", name="等待补正", messageRef="M"),
    s.end(),
    s.path("start", "review", "call", "record", "days", "letter", "end"),
)
CHILD = p.line(s.user("sign", name="签字", camunda_formKey="demo/opinion"), ids=("sign",), id="child", name="会签流程")
LAST = cells.LAST


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def kind(request):
    """The kind of the databases, each in turn."""
    return request.param


@pytest.fixture(scope="module")
def packs(tmp_path_factory):
    root = tmp_path_factory.mktemp("packs")
    return p.write(root, {"main": MAIN, "child": CHILD}, forms=FORMS, handlers=HANDLERS, extra=REGISTER)


@pytest.fixture(scope="module")
def empty(kind, tmp_path_factory, request):
    """Make empty databases of the kind."""
    with contextlib.ExitStack() as opened:

        def make() -> str:
            if kind == "sqlite":
                return f"sqlite:///{tmp_path_factory.mktemp('office') / 'office.db'}"
            return opened.enter_context(request.getfixturevalue("postgres")(empty=True))

        yield make


@pytest.fixture(scope="module")
def open_office(packs, empty, tmp_path_factory):
    """Open offices by the number of their cell."""
    with contextlib.ExitStack() as opened:

        def make(cell: int, url: str | None = None) -> testing.EngineDriver:
            settings = config.Settings(database=url or empty(), cell=cell, queue="rows", password_memory_kib=8192)
            database = bootstrap.open_store(settings)
            bootstrap.upgrade(database)
            database.dispose()
            given = {"directory": tmp_path_factory.mktemp("cell"), "database": settings.database}
            return opened.enter_context(testing.EngineDriver(packs, settings=settings, **given))

        yield make


@pytest.fixture(scope="module")
def office(open_office):
    """The office with the longest ids, and the id of a case that is finished."""
    driver = open_office(LAST)
    return driver, finish_a_case(driver)


def form(subject: str = "办事指南") -> dict[str, Any]:
    return {"subject": subject}


def finish_a_case(driver: testing.EngineDriver) -> int:
    """Start a case and let everything happen that is in it; return its id."""
    paper = driver.upload("证明.txt", "看见\n".encode() * 1000, as_="zhangsan")
    case = driver.start("main", as_="zhangsan", form={**form(), "paper": paper}, business_key="办1").id
    driver.comment("请核对附件", as_="zhangsan", case=case)
    driver.complete("审核", as_="wangwu", form={"opinion": "同意公开"}, case=case)
    (child,) = driver.children(case)
    driver.complete("签字", as_="lisi", form={"opinion": "会签同意"}, case=child)
    driver.advance(days=3)
    driver.message("补正材料", key="办1")
    assert driver.status(case) == "completed", driver.incidents(case)
    return case


def ids(driver: testing.EngineDriver) -> dict[str, set[int]]:
    """Return the ids of all rows by table."""
    numbered = [each for each in all_tables.metadata.sorted_tables if each.primary_key.columns.keys() == ["id"]]
    with driver.engine.store.read() as uow:
        rows = {each.name: [row[0] for row in uow.link.select(sa.select(each.c.id))] for each in numbered}
    return {name: set(found) for name, found in rows.items() if found and isinstance(found[0], int)}


# --- ids ---------------------------------------------------------------------------------------------------------------


def test_two_cells_have_no_id_in_common(open_office):
    found = []
    for cell in (1, 2):
        driver = open_office(cell)
        finish_a_case(driver)
        found.append(ids(driver))
        for name, numbers in found[-1].items():
            assert {cells.of(number) for number in numbers} == {cell}, name
        # A table of which everything was deleted does not begin with the ids of cell 0.
        with driver.engine.store.write() as uow:
            uow.link.driver("DELETE FROM comments")
        driver.comment("再看", as_="zhangsan")
        assert ids(driver)["comments"] == {cells.first(cell) + 2}
    one, two = (set().union(*each.values()) for each in found)
    assert not one & two
    expected = {
        "instances",
        "user_tasks",
        "jobs",
        "audit",
        "comments",
        "definitions",
        "publications",
        "register_entries",
    }
    assert expected <= set(found[0])


def test_whole_numbers_of_other_programs_are_large_enough(office):
    driver, case = office
    assert case == LAST * cells.SIZE + 1
    assert all(int(float(number)) == number for numbers in ids(driver).values() for number in numbers)
    assert cells.first(LAST + 1) < 2**53
    assert [cells.of(number) for number in (1, cells.SIZE, cells.SIZE + 1, case)] == [0, 1, 1, LAST]


def test_pages_and_the_api_take_the_longest_ids(office, tmp_path):
    driver, case = office
    with website.Office(tmp_path, driver=driver) as opened:
        clerk = opened.client("lisi")
        assert "办1" in website.text(clerk.get(f"/cases/{case}"))
        assert f"/cases/{case}" in opened.client("admin").get("/cases", params={"q": str(case)}).text
        told = clerk.get(f"/api/v1/instances/{case}", headers={"accept": "application/json"})
        assert told.status_code == 200
        assert f":{case}," in told.text
        other = driver.start("main", as_="zhangsan", form=form("又一件"), business_key="办2").id
        task, chief = driver.task("审核").id, opened.client("wangwu")
        answer = staffpages.send(chief, chief.get(f"/tasks/{task}"), opinion="同意公开")
        assert answer.status_code == 303, website.text(answer)
        assert [each.name for child in driver.children(other) for each in driver.tasks(child)] == ["签字"]


def test_the_package_of_a_case_proves_itself(office, tmp_path):
    driver, case = office
    package = archiving.write(driver.engine, case, tmp_path / "archive", driver.user("admin"))
    with zipfile.ZipFile(package) as opened:
        opened.extractall(tmp_path / "unpacked")
    command = ["/usr/bin/env", "-i", "PYTHONIOENCODING=utf-8", "/usr/bin/python3", "-I", "verify.py", package]
    done = subprocess.run(command, cwd=tmp_path / "unpacked", capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout


def test_the_commands_take_the_longest_ids(office, packs, tmp_path, monkeypatch):
    driver, case = office
    for name, value in {
        "PACKS": packs,
        "DATABASE": driver.engine.settings.database,
        "FILES": driver.engine.blobs.root,
        "CELL": LAST,
        "QUEUE": "rows",
    }.items():
        monkeypatch.setenv(f"GONGKAI_{name}", str(value))
    monkeypatch.chdir(tmp_path)
    run = Office(tmp_path)
    other = run("instance", "start", "main", "--form", "subject=又一件", "--json", as_="zhangsan").json["id"]
    (row,) = run("task", "list", "--instance", other, "--json").json
    assert "审核" in run("task", "show", row["task"]["id"]).out
    run("task", "complete", row["task"]["id"], "--form", "opinion=同意", as_="wangwu")
    assert str(case) in run("instance", "show", case).out
    assert run("audit", "verify").code == 0


# --- a database belongs to its cell ------------------------------------------------------------------------------------


def test_a_database_of_another_cell_is_refused_with_what_to_set(office):
    url = office[0].engine.settings.database
    for cell in (0, 5):
        settings = config.Settings(database=url, cell=cell, queue="rows")
        with pytest.raises(errors.StoreError, match=f"属于单元 {LAST}，而设置 GONGKAI_CELL 为 {cell}"):
            bootstrap.open_engine(settings)
        database = bootstrap.open_store(settings)
        with pytest.raises(errors.StoreError, match=f"属于单元 {LAST}"):
            bootstrap.upgrade(database)
        database.dispose()


def test_a_database_from_before_there_were_cells_is_of_cell_0(empty):
    url = empty()
    older = store.Store(url)
    with older.exclusive() as connection:
        store.database.schema.upgrade(connection, "0025")
    older.dispose()
    wrong = store.Store(url, cell=1)
    with pytest.raises(errors.StoreError, match="属于单元 0，而设置 GONGKAI_CELL 为 1"):
        wrong.upgrade()
    wrong.dispose()
    right = store.Store(url)
    right.upgrade()
    right.check()
    right.dispose()


@pytest.mark.parametrize("cell", [-1, LAST + 1])
def test_there_are_so_many_cells(cell):
    with pytest.raises(errors.InvalidInput, match=f"应在 0 至 {LAST} 之间"):
        config.Settings(cell=cell)


def test_a_backup_comes_back_in_its_cell_and_goes_on_there(office, empty, packs, tmp_path):
    driver, case = office
    made = backups.backup(driver.engine, tmp_path / "office.tar", driver.user("admin"), lambda _: None)
    checked, url, files = backups.check(made.file), empty(), tmp_path / "restored"
    with pytest.raises(errors.InvalidInput, match=f"备份属于单元 {LAST}，而设置 GONGKAI_CELL 为 0"):
        restoring.restore(checked, url, files, lambda _: None)
    restoring.restore(checked, url, files, lambda _: None, cell=LAST)

    settings = config.Settings(cell=LAST, files=str(files), queue="rows")
    with testing.EngineDriver(packs, directory=tmp_path, database=url, settings=settings) as again:
        proof = proving.prove(again.engine, lambda _: None)
        assert (proof.problems, proof.flaws) == ((), ())
        assert again.status(case) == "completed"
        assert again.start("main", as_="zhangsan", form=form()).id > case
        assert {cells.of(number) for numbers in ids(again).values() for number in numbers} == {LAST}


def test_a_set_of_numbers_begins_anywhere():
    numbers = verification.Numbers()
    given = [1, 4095, 4096, cells.first(1) + 1, cells.first(LAST) + 17, 10**18]
    for number in reversed(given):
        numbers.add(number)
    assert list(numbers) == given
    assert all(number in numbers for number in given)
    assert 2 not in numbers
    assert cells.first(LAST) not in numbers


# --- shards ------------------------------------------------------------------------------------------------------------


def test_the_page_on_scale_knows_every_table():
    page = (pathlib.Path(__file__).parents[1] / "docs" / "scale.md").read_text(encoding="utf-8")
    chapter = page.partition("## The sharding key is the case")[2].partition("\n## ")[0]
    listed = {part.partition("**")[0]: part for part in re.split(r"\n\*\*", chapter)[1:]}
    named = {title: set(re.findall(r"`([a-z_]+)`", part.partition("**")[2])) for title, part in listed.items()}
    tables = {each.name: each for each in all_tables.metadata.sorted_tables}
    found = {title: names & set(tables) for title, names in named.items()}
    assert found["Rows of a case"] == {name for name, each in tables.items() if belonging.condition(each) is not None}
    assert sorted(itertools.chain(*found.values())) == sorted(tables)


def test_cells_may_be_schemas_of_one_database(postgres, packs, tmp_path):
    with postgres(empty=True) as url, contextlib.ExitStack() as opened:
        seen = []
        for cell in (1, 2):
            with contextlib.closing(postgresql.connect(url)) as connection:
                connection.execute(f"CREATE SCHEMA cell_{cell}")
            own = sa.make_url(url).update_query_dict({"options": f"-csearch_path=cell_{cell}"})
            settings = config.Settings(database=own.render_as_string(hide_password=False), cell=cell, queue="rows")
            database = bootstrap.open_store(settings)
            bootstrap.upgrade(database)
            database.dispose()
            place = tmp_path / str(cell)
            place.mkdir()
            given = {"directory": place, "database": settings.database, "settings": settings}
            driver = opened.enter_context(testing.EngineDriver(packs, **given))
            finish_a_case(driver)
            seen.append(set().union(*ids(driver).values()))
        assert seen[0]
        assert not seen[0] & seen[1]

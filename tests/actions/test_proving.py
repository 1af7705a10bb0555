"""`gongkai audit verify` proves the records too: whatever somebody does to them in the database file is found."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import io
import itertools
import json

import behind
import click.testing
import packbuilder as p
import pytest
import recording
import snippets as s
import sqlalchemy as sa

from engine.actions import files, proving, published_content, withdrawing
from engine.model import commands
from engine.store import audit_chain, proof, proof_trail, tables, types, verification
from engine.store import records as stored

REGISTERS = "registers:\n" + recording.register("fabu", "发布登记", "发布〔{year}〕{n}号", "id: title, name: 名称")
NOTICE = recording.template("公告", "公告", "{{ text }}", "告〔{year}〕{n}号")


@pytest.fixture
def office(drive):
    """An office with five entries over two years, two documents, two publications and a file."""
    task = s.service("write", camunda_topic="write")
    driver = drive(
        at="2026-12-31T10:00+08:00",
        main=p.line(task, ids=("write",)),
        handlers=recording.HANDLERS,
        extra=REGISTERS + recording.LEDGER,
        templates={"notice": NOTICE},
    )
    for title in ("一", "二"):
        run(
            driver,
            *(entry(title, each) for each in ("fabu", "all")),
            recording.issue("notice", title),
            recording.announce(title),
        )
    driver.clock.set("2027-01-01T00:00+08:00")
    run(driver, entry("三"))
    files.store(driver.engine, driver.user("zhangsan"), io.BytesIO(b"seen"), "证明.txt", purpose="form")
    return driver


def entry(title, register="fabu"):
    return recording.entry(title, register)


def run(driver, *requests):
    driver.start("main", as_="admin", variables={"requests": list(requests)})
    assert driver.incidents() == []


def prove(driver, **more):
    return proving.prove(driver.engine, lambda _: None, **more)


def sentences(driver):
    return [flaw.sentence() for flaw in prove(driver).flaws]


def tamper(driver, *sql):
    behind.change(driver.engine.settings.database, *sql)


def test_untouched_records_are_sound_and_counted_with_their_progress(office):
    done = []
    found = proving.prove(office.engine, done.append)
    assert (found.problems, found.flaws, found.records, found.files) == ((), (), 9, 1)
    assert sum(done) == proving.size(office.engine) == found.entries + 9 + 1
    assert prove(office, with_files=False).files is None


def test_the_same_is_found_however_little_is_read_at_a_time(office, monkeypatch):
    withdrawing.withdraw(office.engine, 1, commands.Actor("admin", admin=True), "有误")
    sound = prove(office)
    tamper(
        office,
        "UPDATE register_values SET value = '改' WHERE entry_id = 3",
        "UPDATE documents SET issuer = 'x' WHERE id = 1",
        "UPDATE publications SET content = '改' WHERE id = 2",
        "DELETE FROM audit WHERE chain = 2 AND seq = 1",
        "DELETE FROM audit WHERE chain = 0 AND seq = 2",
    )
    found = prove(office)
    assert (len(found.problems) >= 2, len(found.flaws)) == (True, 4)
    for module, name in [(proof, "_ROWS"), (proof, "_FEW"), (proof_trail, "_FEW"), (proof_trail, "_CASES")]:
        monkeypatch.setattr(module, name, 1)
    for name in ("_CHAINS", "_ROWS"):
        monkeypatch.setattr(verification, name, 1)
    assert prove(office) == found
    assert (sound.problems, sound.flaws) == ((), ())


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ('UPDATE register_entries SET "values" = \'{"title":"改"}\' WHERE id = 3', "内容与哈希值不符"),
        ("UPDATE register_entries SET \"values\" = 'no JSON' WHERE id = 3", "内容与哈希值不符"),
        ("UPDATE register_entries SET \"by\" = 'nobody' WHERE id = 3", "内容与哈希值不符"),
        ("UPDATE register_entries SET at = '2020-01-01T00:00:00.000000Z' WHERE id = 3", "内容与哈希值不符"),
        ("UPDATE register_entries SET reason = '更正' WHERE id = 3", "内容与哈希值不符"),
        (
            "DELETE FROM register_entries WHERE id = 1",
            "台账 demo/fabu 的“发布〔2026〕2号”：编号不连续，应为第 1 号，现为第 2 号",
        ),
        ("DELETE FROM register_entries WHERE id = 1", "台账 demo/fabu 的“发布〔2026〕2号”：与前一条记录不衔接"),
        (
            "DELETE FROM register_entries WHERE id = 5",
            "台账 fabu 的“发布登记 发布〔2027〕1号”：审计记录（流程实例 3）中有",
        ),
        ("UPDATE documents SET html = html || '<p>改</p>' WHERE id = 2", "（告〔2026〕2号）：正文与哈希值不符"),
        ("DELETE FROM documents WHERE id = 2", "公文第 2 件“公告（告〔2026〕2号）”：审计记录（流程实例 2）中有"),
        ("UPDATE publications SET title = '改' WHERE id = 1", "公开信息第 1 件“改”：所公开的内容与哈希值不符"),
        ("UPDATE publications SET content = '改' WHERE id = 1", "所公开的内容与哈希值不符"),
        ("UPDATE publications SET details = '{\"x\":1}' WHERE id = 1", "内容不能读取"),
        ("UPDATE publications SET kind = 'x' WHERE id = 1", "内容不能读取"),
        ("UPDATE publications SET words = 'x' WHERE id = 1", "用于查找的内容与所公开的不一致"),
        ("DELETE FROM publications WHERE id = 2", "公开信息第 2 件“二”：审计记录（流程实例 2）中有"),
        ("UPDATE publications SET instance_id = 1 WHERE id = 2", "中没有这一内容，已被改动或者伪造"),
        ("UPDATE publications SET instance_id = NULL WHERE id = 2", "公开信息第 2 件“二”：不属于任何事项"),
        ("UPDATE publications SET shown_sha256 = NULL WHERE id = 2", "所公开内容的哈希值与审计记录中的不符或者缺失"),
        ("UPDATE publications SET \"by\" = 'x' WHERE id = 2", "公开时登记的内容与审计记录不符"),
        ("UPDATE publications SET published_at = '2020-01-01T00:00:00.000000Z' WHERE id = 2", "公开时登记的内容"),
        (
            "UPDATE documents SET title = '改' WHERE id = 1",
            "公文第 1 件“公告（告〔2026〕1号）”：模板、标题、文种、文号",
        ),
        ("UPDATE documents SET template = 'x' WHERE id = 1", "与审计记录不符，已被改动"),
        ("UPDATE documents SET kind = 'x' WHERE id = 1", "与审计记录不符，已被改动"),
        ("UPDATE documents SET number = '告〔2026〕9号' WHERE id = 1", "与审计记录不符，已被改动"),
        ("UPDATE documents SET issuer = 'x' WHERE id = 1", "与审计记录不符，已被改动"),
        ("UPDATE document_versions SET data = '{}' WHERE document_id = 1", "所用数据与审计记录不符"),
        ("DELETE FROM document_versions WHERE document_id = 1", "与审计记录不符，已被改动"),
        ("UPDATE documents SET issuer = x'00ff' WHERE id = 1", "与审计记录不符，已被改动"),
        (
            "UPDATE register_values SET value = '改' WHERE entry_id = 1",
            "的“发布〔2026〕1号”：用于查找的内容与登记的不一致",
        ),
        (
            "INSERT INTO register_values (entry_id, field, value) VALUES (1, 'sha256', 'x')",
            "的“发布〔2026〕1号”：用于查找的内容与登记的不一致",
        ),
        ("UPDATE blobs SET size = 3", "上传文件“证明.txt”：登记的大小有误：登记 3 字节，现有 4 字节"),
    ],
)
def test_what_somebody_changes_in_the_database_is_found(office, sql, sentence):
    beside = {
        "DELETE FROM documents WHERE id = 2": "DELETE FROM document_versions WHERE document_id = 2",
        "DELETE FROM register_entries WHERE id = 1": "DELETE FROM register_values WHERE entry_id = 1",
        "DELETE FROM register_entries WHERE id = 5": "DELETE FROM register_values WHERE entry_id = 5",
    }
    if office.engine.store.dialect == "postgresql":
        sql = sql.replace("x'00ff'", "chr(1)")  # SQLite keeps bytes in a column of text, too
    tamper(office, *filter(None, [beside.get(sql)]), sql)
    assert [found for found in sentences(office) if sentence in found], sentences(office)


def test_what_is_forged_with_its_hash_is_missed_by_the_audit_trail(office):
    html = "<p>伪造</p>"
    tamper(
        office,
        f"UPDATE documents SET html = '{html}', sha256 = '{hashlib.sha256(html.encode()).hexdigest()}' WHERE id = 1",
    )
    forged, gone = sentences(office)
    assert "审计记录（流程实例 1）中没有这一内容，已被改动或者伪造" in forged
    assert "审计记录（流程实例 1）中有，现在没有这一内容" in gone


def test_a_publication_that_is_forged_with_its_hash_of_what_it_shows_is_found(office):
    with office.engine.store.read() as uow:
        old = uow.records.publication(1)
    forged = dataclasses.replace(old, content="伪造的正文")
    shown = published_content.sha256(published_content.of(forged, None))
    tamper(office, f"UPDATE publications SET content = '伪造的正文', shown_sha256 = '{shown}' WHERE id = 1")
    (found,) = sentences(office)
    assert "公开信息第 1 件“一”：所公开内容的哈希值与审计记录中的不符或者缺失，已被改动" in found


def test_a_number_in_the_trail_that_no_record_can_have_stops_nothing(office):
    tamper(office, f"UPDATE audit SET action = 'give-receipt', subject = 'public-receipt/{'9' * 5000}' WHERE id = 3")
    assert any("内容与哈希值不符" in each.message for each in prove(office).problems)


def test_a_withdrawal_that_is_taken_back_or_rewritten_or_invented_is_found(office):
    withdrawing.withdraw(office.engine, 1, commands.Actor("admin", admin=True), "有误")
    assert sentences(office) == []
    tamper(office, "UPDATE publication_withdrawals SET reason = '别的' WHERE publication_id = 1")
    (changed,) = sentences(office)
    assert "公开信息的撤回登记第 1 件：撤回的时间、人员或者理由与审计记录不符" in changed
    tamper(office, "UPDATE publication_withdrawals SET publication_id = 2")
    invented, gone = sentences(office)
    assert "第 2 件：审计记录中没有，已被改动或者伪造" in invented
    assert "第 1 件：审计记录中有，现在没有，已被删除" in gone


def test_what_another_case_withdraws_in_the_midst_of_a_proof_is_no_flaw(office, monkeypatch):
    monkeypatch.setattr(proof_trail, "_CASES", 1)
    turns = itertools.count(1)

    @contextlib.contextmanager
    def opened():
        if next(turns) == 3:  # the case that published it has been looked at
            run(office, ["Withdraw", {"publication": 1, "reason": "有误"}])
        with proving.transactions(office.engine)() as link:
            yield link

    found = proof_trail.Findings([])
    proof_trail.compare(opened, found)
    assert found.flaws == []
    with office.engine.store.read() as uow:
        assert 1 in uow.records.withdrawals([1])


def test_records_of_before_the_trail_had_seals_are_counted_and_no_flaw(office):
    strip_seals(office)
    found = prove(office)
    assert (found.problems, found.flaws, found.unsealed) == ((), (), 4)


def strip_seals(driver):
    """Make the trail as versions without seals wrote it: every chain anew."""
    with driver.engine.store.write() as uow:
        rows = uow.link.select(sa.select(*tables.audit.c).order_by(tables.audit.c.chain, tables.audit.c.seq))
        heads = {}
        for row in rows:
            details = {k: v for k, v in json.loads(row.details).items() if k not in ("seal", "shown", "note")}
            text = json.dumps(details, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            previous = heads.get(row.chain, tables.NO_HASH)
            at = types.dump_instant(row.at)
            heads[row.chain] = audit_chain.hash_entry(
                row.chain, row.seq, at, row.actor, row.action, row.subject, text, previous
            )
            changed = tables.audit.update().where(tables.audit.c.id == row.id)
            uow.link.connection.execute(changed.values(details=text, previous_hash=previous, hash=heads[row.chain]))
        for chain, head in heads.items():
            if chain:
                table, which = tables.instances, tables.instances.c.id == chain
                uow.link.connection.execute(table.update().where(which).values(audit_hash=head))
            else:
                uow.link.connection.execute(tables.audit_heads.update().values(hash=head))


def test_a_register_that_is_chained_anew_is_found_by_the_audit_trail(office):
    with office.engine.store.read() as uow:
        last = uow.records.entries("demo", "fabu")[-1]
    row = {name: getattr(last, name) for name in type(last).__slots__} | {"values": {"title": "改"}}
    forged = stored.digest(row)
    tamper(
        office, f'UPDATE register_entries SET "values" = \'{{"title":"改"}}\', hash = \'{forged}\' WHERE id = {last.id}'
    )
    found = sentences(office)
    assert len(found) == 3
    assert "用于查找的内容与登记的不一致" in found[0]
    assert "发布〔2027〕1号" in found[1]


def test_files_that_are_missing_or_changed_are_named(office):
    place = office.engine.blobs.path(hashlib.sha256(b"seen").hexdigest())
    place.chmod(0o640)
    place.write_bytes(b"SEEN")
    (changed,) = sentences(office)
    assert "上传文件“证明.txt”：内容与哈希值不符，已被改动" in changed
    place.unlink()
    (missing,) = sentences(office)
    assert "内容缺失，应在" in missing


def test_the_command_says_what_is_wrong_and_ends_with_1(office, tmp_path):
    import cli

    office.engine.store.dispose()  # a database that somebody is connected to is not copied
    with behind.copied(office.engine.settings.database, tmp_path / "copy.db") as copy:
        run = ["--database", copy, "audit", "verify"]
        office_runs = click.testing.CliRunner()
        sound = office_runs.invoke(cli.main, [*run, "--no-files"])
        assert (sound.exit_code, "台账、公文和公开信息9件，未发现改动、缺失或伪造。" in sound.stdout) == (0, True)
        behind.change(copy, "UPDATE documents SET html = '' WHERE id = 1")
        told = office_runs.invoke(cli.main, [*run, "--json"])
        assert told.exit_code == 1
        found = json.loads(told.stdout)
        assert [each["kind"] for each in found["flaws"]] == ["document", "file"]
        assert "正文与哈希值不符" in office_runs.invoke(cli.main, run).stdout

"""The audit trail: whatever somebody does to it behind our back is found."""

from __future__ import annotations

import pytest

from engine.model import steps
from engine.store import queries


@pytest.fixture
def cases(desk) -> list[int]:
    """Three cases with four entries each; the system has the three starts and one entry more."""
    made = []
    for _ in range(3):
        task = desk.task()
        for n in range(2):
            desk.go_on(task.instance_id, by="li", variables=str(n))
        desk.go_on(task.instance_id, by="wang", closed=(steps.Closed("user_task", 1, "completed"),))
        made.append(task.instance_id)
    with desk.database.write() as uow:
        uow.audit.append(None, "admin", "deploy", "deployment/1", {"包": "示例"}, desk.now)
    return made


def problems(desk) -> list[str]:
    with desk.database.read() as uow:
        return [problem.sentence() for problem in uow.audit.verify()]


def tamper(desk, *sql: str) -> None:
    with desk.database.write() as uow:
        for each in sql:
            uow.link.driver(each)


def test_an_untouched_trail_is_sound(desk, cases: list[int]) -> None:
    assert problems(desk) == []


def test_an_empty_database_is_sound(database) -> None:
    with database.read() as uow:
        assert uow.audit.verify() == []
        assert uow.audit.count() == 0


def test_entries_say_who_did_what_when(desk, cases: list[int]) -> None:
    with desk.database.read() as uow:
        entries = queries.audit(uow, chain=cases[0]).items
        assert [(entry.seq, entry.actor, entry.action) for entry in entries] == [
            (4, "wang", "go-on"),
            (3, "li", "go-on"),
            (2, "li", "go-on"),
            (1, "zhang", "start"),
        ]
        assert all(newer.previous_hash == older.hash for newer, older in zip(entries, entries[1:], strict=False))
        assert entries[0].at == desk.now
        system = queries.audit(uow, chain=0).items
        assert [(entry.action, entry.subject) for entry in system] == [
            ("deploy", "deployment/1"),
            *(("instance-started", f"instance/{instance_id}") for instance_id in reversed(cases)),
        ]
        assert system[0].details == {"包": "示例"}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "'2026-03-02T01:31:00.000000Z'"),
        ("at", "'yesterday'"),
        ("actor", "'nobody'"),
        ("action", "'claim'"),
        ("subject", "'instance/9'"),
        ("details", "'{\"x\":1}'"),
        ("details", "'no json'"),
        ("hash", "'" + "0" * 64 + "'"),
        ("previous_hash", "'" + "0" * 64 + "'"),
    ],
)
def test_a_changed_entry_is_found(desk, cases: list[int], column: str, value: str) -> None:
    tamper(desk, f"UPDATE audit SET {column} = {value} WHERE chain = {cases[1]} AND seq = 2")

    found = problems(desk)

    assert found
    assert all(f"流程实例 {cases[1]} 的审计链第 " in sentence for sentence in found)
    assert any("已被改动" in sentence for sentence in found)


def test_an_entry_with_a_value_of_another_kind_is_found(desk, cases: list[int]) -> None:
    value = "X'00ff'" if desk.database.dialect == "sqlite" else "'\\x00ff'"
    tamper(desk, f"UPDATE audit SET details = {value} WHERE chain = {cases[1]} AND seq = 2")
    assert problems(desk) == [f"流程实例 {cases[1]} 的审计链第 2 条：内容与哈希值不符，已被改动"]


def test_an_entry_rewritten_with_a_fitting_hash_is_found_at_the_next_one(desk, cases: list[int]) -> None:
    from engine.store import audit_chain

    with desk.database.read() as uow:
        entry = queries.audit(uow, chain=cases[1], actor="zhang").items[0]
    forged = audit_chain.hash_entry(
        entry.chain, 1, "2026-03-02T01:30:00.000000Z", "nobody", entry.action, entry.subject, "{}", entry.previous_hash
    )
    tamper(desk, f"UPDATE audit SET actor = 'nobody', hash = '{forged}' WHERE chain = {cases[1]} AND seq = 1")

    assert problems(desk) == [
        f"流程实例 {cases[1]} 的审计链第 2 条：与前一条不衔接，前一条被改动、替换或调换",
    ]


def test_a_missing_entry_is_found(desk, cases: list[int]) -> None:
    tamper(desk, f"DELETE FROM audit WHERE chain = {cases[1]} AND seq = 2")
    assert problems(desk) == [f"流程实例 {cases[1]} 的审计链第 3 条：之前缺失第 2 条"]


def test_a_missing_first_entry_is_found(desk, cases: list[int]) -> None:
    tamper(desk, f"DELETE FROM audit WHERE chain = {cases[0]} AND seq = 1")
    assert problems(desk) == [f"流程实例 {cases[0]} 的审计链第 2 条：之前缺失第 1 条"]


def test_entries_put_in_another_order_are_found(desk, cases: list[int]) -> None:
    tamper(
        desk,
        f"UPDATE audit SET seq = -1 WHERE chain = {cases[1]} AND seq = 2",
        f"UPDATE audit SET seq = 2 WHERE chain = {cases[1]} AND seq = 3",
        f"UPDATE audit SET seq = 3 WHERE chain = {cases[1]} AND seq = -1",
    )
    found = problems(desk)
    assert any("第 2 条：与前一条不衔接" in sentence for sentence in found)
    assert any("第 3 条：内容与哈希值不符" in sentence for sentence in found)


def test_an_entry_moved_to_another_chain_is_found(desk, cases: list[int]) -> None:
    tamper(desk, f"UPDATE audit SET chain = {cases[2]}, seq = 5 WHERE chain = {cases[1]} AND seq = 4")
    found = problems(desk)
    assert any(f"流程实例 {cases[1]} 的审计链：末尾缺失，应有 4 条，现止于第 3 条" in sentence for sentence in found)
    assert any(f"流程实例 {cases[2]} 的审计链第 5 条" in sentence for sentence in found)


@pytest.mark.parametrize("left", [1, 3])
def test_a_truncated_tail_is_found(desk, cases: list[int], left: int) -> None:
    tamper(desk, f"DELETE FROM audit WHERE chain = {cases[1]} AND seq > {left}")
    assert problems(desk) == [f"流程实例 {cases[1]} 的审计链：末尾缺失，应有 4 条，现止于第 {left} 条"]


def test_a_truncated_tail_of_the_system_is_found(desk, cases: list[int]) -> None:
    tamper(desk, "DELETE FROM audit WHERE chain = 0 AND seq > 3")
    assert problems(desk) == ["系统审计链：末尾缺失，应有 4 条，现止于第 3 条"]


def test_an_entry_appended_by_hand_is_found(desk, cases: list[int]) -> None:
    with desk.database.read() as uow:
        last = queries.audit(uow, chain=cases[1]).items[0]
    from engine.store import audit_chain

    at = "2026-03-02T01:30:00.000000Z"
    forged = audit_chain.hash_entry(cases[1], 5, at, "li", "approve", "x", "{}", last.hash)
    tamper(
        desk,
        'INSERT INTO audit (chain, seq, "at", actor, action, subject, details, previous_hash, hash) '
        f"VALUES ({cases[1]}, 5, '{at}', 'li', 'approve', 'x', '{{}}', '{last.hash}', '{forged}')",
    )
    assert problems(desk) == [f"流程实例 {cases[1]} 的审计链第 5 条：末尾与所登记的不一致，应止于第 4 条"]


def test_a_chain_that_vanished_as_a_whole_is_found(desk, cases: list[int]) -> None:
    tamper(desk, f"DELETE FROM audit WHERE chain = {cases[1]}")
    assert problems(desk) == [f"流程实例 {cases[1]} 的审计链：全部审计记录缺失，应有 4 条"]


def test_a_chain_that_vanished_and_whose_head_was_reset_is_found(desk, cases: list[int]) -> None:
    tamper(
        desk,
        f"DELETE FROM audit WHERE chain = {cases[1]}",
        f"UPDATE instances SET audit_seq = 0, audit_hash = '{'0' * 64}' WHERE id = {cases[1]}",
    )
    assert problems(desk) == [f"流程实例 {cases[1]} 的审计链：全部审计记录缺失，应有 0 条"]


@pytest.mark.parametrize("case", [0, 1, 2])
def test_a_case_that_vanished_with_all_that_belongs_to_it_is_found(desk, cases: list[int], case: int) -> None:
    gone = cases[case]
    tamper(
        desk,
        f"DELETE FROM audit WHERE chain = {gone}",
        f"DELETE FROM user_tasks WHERE instance_id = {gone}",
        f"DELETE FROM instances WHERE id = {gone}",
    )
    assert problems(desk) == [f"流程实例 {gone} 的审计链：流程实例和审计记录都已不存在，但系统审计链中有启动记录"]


def test_a_case_that_vanished_but_left_its_entries_is_found(desk, cases: list[int]) -> None:
    tamper(
        desk,
        f"DELETE FROM user_tasks WHERE instance_id = {cases[2]}",
        f"DELETE FROM instances WHERE id = {cases[2]}",
    )
    found = problems(desk)
    assert f"流程实例 {cases[2]} 的审计链：流程实例已不存在，但有审计记录" in found


def test_a_case_that_never_started_is_found(desk, cases: list[int]) -> None:
    tamper(desk, "DELETE FROM audit WHERE chain = 0", "DELETE FROM audit_heads")
    assert problems(desk) == [f"流程实例 {each} 的审计链：系统审计链中没有该流程实例的启动记录" for each in cases]


def test_a_forged_start_of_a_case_with_an_absurd_number_is_found_without_harm(desk, cases: list[int]) -> None:
    tamper(desk, f"UPDATE audit SET subject = 'instance/{10**18}' WHERE chain = 0 AND seq = 1")
    assert any("系统审计链第 1 条：内容与哈希值不符" in sentence for sentence in problems(desk))


def test_entries_without_a_step_move_the_head_too(desk) -> None:
    task = desk.task()
    with desk.database.write() as uow:
        locked_task, locked = uow.user_tasks.lock(task.id)
        uow.user_tasks.change(locked_task, assignee="li")
        uow.audit.append(locked, "li", "claim", "user_task", {}, desk.now)
        uow.audit.append(locked, "li", "comment", "user_task", {}, desk.now)
    with desk.database.read() as uow:
        assert [entry.action for entry in queries.audit(uow, chain=task.instance_id).items] == [
            "comment",
            "claim",
            "start",
        ]
    assert problems(desk) == []


def test_an_entry_noted_after_the_step_is_chained_as_well(desk) -> None:
    instance_id = desk.start()
    with desk.database.write() as uow:
        locked = uow.instances.lock(instance_id)
        uow.record(locked, desk.step(), desk.now, by="li")
        uow.audit.append(locked, "li", "after", "instance", {}, desk.now)
    assert problems(desk) == []


def test_many_entries_are_checked_with_progress(desk) -> None:
    with desk.database.write() as uow:
        for n in range(2500):
            uow.audit.append(None, "admin", "test", str(n), {}, desk.now)
    seen: list[int] = []
    with desk.database.read() as uow:
        assert uow.audit.verify(seen.append) == []
        assert seen == [1000, 2000, uow.audit.count()]

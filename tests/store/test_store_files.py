"""What is known of files: where they belong, and that content goes only when nobody needs it."""

from __future__ import annotations

import datetime
import threading

import pytest

from engine import errors, store
from engine.model import files as model

DAY = datetime.timedelta(days=1)


@pytest.fixture
def shelf(desk):
    """Files on a desk."""
    return Shelf(desk)


class Shelf:
    """The shortest way to have files."""

    def __init__(self, desk) -> None:
        self.desk = desk
        self.count = 0

    def put(
        self, uow: store.UnitOfWork, sha256: str = "a" * 64, *, at: datetime.datetime | None = None
    ) -> model.StoredFile:
        """Note an upload."""
        self.count += 1
        at = at or self.desk.now
        uow.files.claim_content(sha256, 3, at)
        return uow.files.add(
            token=f"t{self.count}",
            name="附件.pdf",
            size=3,
            sha256=sha256,
            content_type="application/pdf",
            owner="zhang",
            purpose="test",
            at=at,
        )

    def sweep(self, *, limit: int = 100) -> tuple[int, list[str]]:
        """Remove orphans that are older than now."""
        with self.desk.database.write() as uow:
            return uow.files.remove_orphans(self.desk.now + DAY, limit)


def test_a_file_is_found_as_it_was_noted(shelf):
    with shelf.desk.database.write() as uow:
        stored = shelf.put(uow)
    with shelf.desk.database.read() as uow:
        assert uow.files.find("t1") == stored
        assert uow.files.find("t2") is None
        assert (uow.files.cases(stored.id), uow.files.of_case(1)) == ([], frozenset())


def test_no_two_files_have_one_token(shelf):
    with shelf.desk.database.write() as uow:
        shelf.put(uow)
    shelf.count = 0
    with pytest.raises(errors.Conflict), shelf.desk.database.write() as uow:
        shelf.put(uow)


def test_a_file_belongs_to_the_family_of_its_case(shelf):
    parent = shelf.desk.start()
    with shelf.desk.database.write() as uow:
        child = uow.instances.create(
            shelf.desk.definition_id,
            business_key=None,
            started_at=shelf.desk.now,
            started_by="zhang",
            parent_id=parent,
            root_id=parent,
        ).id
        first, second = shelf.put(uow), shelf.put(uow)
        uow.files.link([first.id], child, at=shelf.desk.now, by="zhang")
        uow.files.link([second.id], parent, at=shelf.desk.now, by="zhang")
        uow.files.link([second.id], parent, at=shelf.desk.now, by="li")
    with shelf.desk.database.read() as uow:
        assert (uow.files.cases(first.id), uow.files.cases(second.id)) == ([child], [parent])
        assert uow.files.of_case(parent) == {first.id, second.id}


def test_a_draft_holds_its_files_while_its_task_is_open(shelf):
    task = shelf.desk.task()
    with shelf.desk.database.write() as uow:
        first, second = shelf.put(uow), shelf.put(uow)
        uow.files.keep_draft(task.id, [first.id, second.id, first.id])
        uow.files.keep_draft(task.id, [second.id])
    with shelf.desk.database.read() as uow:
        assert (uow.files.cases(first.id), uow.files.cases(second.id)) == ([], [task.instance_id])
        assert uow.files.of_case(task.instance_id) == frozenset()
        assert uow.files.of_case(task.instance_id, task.id) == {second.id}
    assert shelf.sweep() == (1, [])


def test_orphans_go_oldest_first_and_content_with_the_last_of_them(shelf):
    with shelf.desk.database.write() as uow:
        case = uow.instances.create(
            shelf.desk.definition_id, business_key=None, started_at=shelf.desk.now, started_by="zhang"
        ).id
        shelf.put(uow, "b" * 64, at=shelf.desk.now - DAY)
        shelf.put(uow, "a" * 64)
        kept = shelf.put(uow, "a" * 64)
        shelf.put(uow, "c" * 64, at=shelf.desk.now + 2 * DAY)
        uow.files.link([kept.id], case, at=shelf.desk.now, by="zhang")
    assert shelf.sweep(limit=1) == (1, ["b" * 64])
    assert shelf.sweep() == (1, [])
    assert shelf.sweep() == (0, [])


def test_content_that_is_claimed_meanwhile_is_not_given_up(shelf):
    with shelf.desk.database.write() as uow:
        shelf.put(uow)
    found: list[tuple[int, list[str]]] = []
    with shelf.desk.database.write() as uow:
        shelf.put(uow)
        # another process sweeps; it has to wait for the upload
        other = threading.Thread(target=lambda: found.append(shelf.sweep()))
        other.start()
        other.join(0.3)
        assert found == []
        uow.files.link([2], _case(uow, shelf), at=shelf.desk.now, by="zhang")
    other.join(20)
    assert found == [(1, [])]


def _case(uow, shelf):
    return uow.instances.create(
        shelf.desk.definition_id, business_key=None, started_at=shelf.desk.now, started_by="zhang"
    ).id

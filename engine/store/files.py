"""What is known of uploaded files; their content is kept by `engine.store.blobs`."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping

import sqlalchemy as sa

from engine.model import files as model
from engine.store import statements
from engine.store.tables import instances, user_tasks
from engine.store.tables_files import blobs, draft_files, file_links, files
from engine.store.tables_retention import kept_files
from engine.store.user_tasks import IS_OPEN

_CLAIM = statements.upsert(blobs, ["sha256"], ["stored_at"])
_INSERT = statements.insert(files, without=("id",), returning=files.c.id)
_BY_TOKEN = sa.select(*files.c).where(files.c.token == sa.bindparam("token"))
_LINK = statements.upsert(file_links, ["file_id", "instance_id"], [])
_FORGET_DRAFT = sa.delete(draft_files).where(draft_files.c.user_task_id == sa.bindparam("task"))
_KEEP_DRAFT = statements.insert(draft_files)
_CASES = sa.select(instances.c.id).where(
    instances.c.id.in_(sa.select(file_links.c.instance_id).where(file_links.c.file_id == sa.bindparam("file")))
    | instances.c.id.in_(
        sa.select(user_tasks.c.instance_id)
        .join_from(draft_files, user_tasks, user_tasks.c.id == draft_files.c.user_task_id)
        .where(draft_files.c.file_id == sa.bindparam("file"), IS_OPEN)
    )
)
_FAMILY = (
    sa.select(file_links.c.file_id)
    .join_from(file_links, instances, instances.c.id == file_links.c.instance_id)
    .where(sa.func.coalesce(instances.c.root_id, instances.c.id) == sa.bindparam("root"))
)
_DRAFTED = sa.select(draft_files.c.file_id).where(draft_files.c.user_task_id == sa.bindparam("task"))
_CLOSED_DRAFTS = sa.delete(draft_files).where(
    sa.exists().where(user_tasks.c.id == draft_files.c.user_task_id, ~IS_OPEN)
)
_UNUSED = (
    ~sa.exists().where(file_links.c.file_id == files.c.id),
    ~sa.exists().where(draft_files.c.file_id == files.c.id),
    ~sa.exists().where(kept_files.c.file_id == files.c.id),
)
# Rows are locked first and looked at again afterwards: somebody may be about to submit one of them.
_ORPHANS = (
    sa.select(files.c.id)
    .where(files.c.created_at < sa.bindparam("before"), *_UNUSED)
    .order_by(files.c.created_at, files.c.id)
    .limit(sa.bindparam("most"))
    .with_for_update(of=files, skip_locked=True)
)
_DELETE = sa.delete(files).where(files.c.id == sa.bindparam("file"), *_UNUSED).returning(files.c.sha256)
_CONTENTS = (
    sa.select(
        blobs.c.sha256,
        blobs.c.size,
        sa.select(sa.func.min(files.c.name)).where(files.c.sha256 == blobs.c.sha256).scalar_subquery(),
    )
    .where(blobs.c.sha256 > sa.bindparam("after"))
    .order_by(blobs.c.sha256)
    .limit(sa.bindparam("most"))
)
_CONTENT = sa.select(blobs.c.sha256).where(blobs.c.sha256 == sa.bindparam("hash"))
_COUNT_CONTENTS = sa.select(sa.func.count()).select_from(blobs)
_LOCK_BLOB = sa.select(blobs.c.sha256).where(blobs.c.sha256 == sa.bindparam("hash")).with_for_update()
_DELETE_BLOB = sa.delete(blobs).where(
    blobs.c.sha256 == sa.bindparam("hash"), ~sa.exists().where(files.c.sha256 == blobs.c.sha256)
)


class Files:
    """The files of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def claim_content(self, sha256: str, size: int, at: datetime.datetime) -> None:
        """Say that this content is (about to be) on disk; until the end of the unit of work nobody removes it."""
        self._link.run(_CLAIM, {"sha256": sha256, "size": size, "stored_at": at})

    def add(
        self,
        *,
        token: str,
        name: str,
        size: int,
        sha256: str,
        content_type: str,
        owner: str,
        purpose: str,
        at: datetime.datetime,
    ) -> model.StoredFile:
        """Note an upload whose content has been claimed."""
        row = {
            "token": token,
            "name": name,
            "size": size,
            "sha256": sha256,
            "content_type": content_type,
            "owner": owner,
            "purpose": purpose,
            "created_at": at,
        }
        new_id = self._link.insert(_INSERT, row)
        return model.StoredFile(new_id, token, name, size, sha256, content_type, owner, purpose, at)

    def find(self, token: str) -> model.StoredFile | None:
        """Return the file with this token, if there is one."""
        row = self._link.one(_BY_TOKEN, {"token": token})
        return None if row is None else model.StoredFile(*row)

    def cases(self, file_id: int) -> list[int]:
        """Return the ids of the cases that a file was submitted to, or that the draft of a task holds it for."""
        return [row[0] for row in self._link.all(_CASES, {"file": file_id})]

    def of_case(self, root_id: int, user_task_id: int | None = None) -> frozenset[int]:
        """Return the ids of the files that a case and its children have; with those of the draft of one task."""
        found = [row[0] for row in self._link.all(_FAMILY, {"root": root_id})]
        if user_task_id is not None:
            found += [row[0] for row in self._link.all(_DRAFTED, {"task": user_task_id})]
        return frozenset(found)

    def link(self, file_ids: Collection[int], instance_id: int, *, at: datetime.datetime, by: str) -> None:
        """Note that files belong to a case now; doing it again changes nothing."""
        common: Mapping[str, object] = {"instance_id": instance_id, "linked_at": at, "linked_by": by}
        self._link.run_many(_LINK, [{"file_id": each, **common} for each in sorted(set(file_ids))])

    def keep_draft(self, user_task_id: int, file_ids: Collection[int]) -> None:
        """Note which files the draft of a task holds now; none when it is over."""
        self._link.run(_FORGET_DRAFT, {"task": user_task_id})
        rows = [{"user_task_id": user_task_id, "file_id": each} for each in sorted(set(file_ids))]
        self._link.run_many(_KEEP_DRAFT, rows)

    def contents(self, after: str, limit: int) -> list[tuple[str, int, str | None]]:
        """Return contents after a hash, in order: hash, bytes, and the name of a file that has it."""
        return [(row[0], row[1], row[2]) for row in self._link.all(_CONTENTS, {"after": after, "most": limit})]

    def has_content(self, sha256: str) -> bool:
        """Tell whether content with this hash is to be on disk."""
        return self._link.one(_CONTENT, {"hash": sha256}) is not None

    def count_contents(self) -> int:
        """Return how many contents are to be on disk."""
        row = self._link.one(_COUNT_CONTENTS, {})
        return 0 if row is None else int(row[0])

    def remove_orphans(self, before: datetime.datetime, limit: int) -> tuple[int, list[str]]:
        """Forget files that no case and no draft holds.

        Args:
            before: Only what was uploaded earlier.
            limit: How many at most.

        Returns:
            How many were forgotten, and the hashes of the content that nobody needs any more. The caller removes that
            content before the unit of work ends: until then nobody can claim it again.
        """
        self._link.run(_CLOSED_DRAFTS, {})
        return self.remove([row[0] for row in self._link.all(_ORPHANS, {"before": before, "most": limit})])

    def held_by(self, instance_ids: Collection[int]) -> list[int]:
        """Return the numbers of the files that some cases and the drafts of their tasks hold."""
        linked = sa.select(file_links.c.file_id).where(file_links.c.instance_id.in_(instance_ids))
        drafted = (
            sa.select(draft_files.c.file_id)
            .join_from(draft_files, user_tasks, user_tasks.c.id == draft_files.c.user_task_id)
            .where(user_tasks.c.instance_id.in_(instance_ids))
        )
        return sorted(row[0] for row in self._link.select(linked.union(drafted)))

    def remove(self, ids: Collection[int]) -> tuple[int, list[str]]:
        """Forget those among some files that nothing holds; returns, and is to be called, as `remove_orphans`."""
        gone = [row[0] for each in ids if (row := self._link.one(_DELETE, {"file": each})) is not None]
        free = []
        for sha256 in sorted(set(gone)):
            self._link.one(_LOCK_BLOB, {"hash": sha256})
            if self._link.run(_DELETE_BLOB, {"hash": sha256}):
                free.append(sha256)
        return len(gone), free

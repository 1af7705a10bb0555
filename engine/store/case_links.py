"""Cases that belong together without calling each other: the notice, the hearing and the release of one decision.

A link is two rows, one from each side: whoever asks for either case finds it in one range.
"""

from __future__ import annotations

import datetime

import sqlalchemy as sa

from engine.store import statements
from engine.store.tables_cooperation import case_links

_PAIR = (case_links.c.instance_id == sa.bindparam("one"), case_links.c.other_id == sa.bindparam("two"))
_INSERT = statements.insert(case_links)
_DELETE = sa.delete(case_links).where(*_PAIR)
_FIND = sa.select(case_links.c.shown).where(*_PAIR)
_SHOW = sa.update(case_links).where(*_PAIR).values(shown=sa.true(), linked_by=sa.bindparam("by"))
_OF = (
    sa.select(case_links.c.other_id)
    .where(case_links.c.instance_id == sa.bindparam("instance"))
    .order_by(case_links.c.other_id)
)


class CaseLinks:
    """The links of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def add(self, one: int, two: int, *, by: str, at: datetime.datetime, shown: bool = False) -> None:
        """Link two cases.

        Args:
            one: A case.
            two: Another.
            by: Who does it.
            at: When.
            shown: Whether the public sees that they belong together.

        Raises:
            errors.Conflict: They are linked already.
        """
        for instance_id, other_id in ((one, two), (two, one)):
            row = {"instance_id": instance_id, "other_id": other_id, "linked_by": by, "linked_at": at, "shown": shown}
            self._link.run(_INSERT, row, duplicate="两个事项已经关联，无需再次关联。")

    def remove(self, one: int, two: int) -> bool:
        """Take a link back; tell whether there was one."""
        removed = [self._link.run(_DELETE, {"one": a, "two": b}) for a, b in ((one, two), (two, one))]
        return any(removed)

    def shown(self, one: int, two: int) -> bool | None:
        """Tell whether the public sees that two cases belong together; None where they are not linked."""
        row = self._link.one(_FIND, {"one": one, "two": two})
        return None if row is None else bool(row[0])

    def show(self, one: int, two: int, *, by: str) -> None:
        """Let the public see a link; `by` answers for it."""
        for a, b in ((one, two), (two, one)):
            self._link.run(_SHOW, {"one": a, "two": b, "by": by})

    def of_instance(self, instance_id: int) -> list[int]:
        """Return the cases that a case is linked with, oldest first."""
        return [row[0] for row in self._link.all(_OF, {"instance": instance_id})]

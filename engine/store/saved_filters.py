"""Filters of lists that people keep under a name."""

from __future__ import annotations

import datetime

import sqlalchemy as sa

from engine.model import views_lists
from engine.store import statements
from engine.store.tables_views import saved_filters

_SAVE = statements.upsert(saved_filters, ["owner", "list", "name"], ["query", "created_at"], without=("id",))
_OF_OWNER = (
    sa.select(
        saved_filters.c.id,
        saved_filters.c.list,
        saved_filters.c.name,
        saved_filters.c.query,
        saved_filters.c.created_at,
    )
    .where(saved_filters.c.owner == sa.bindparam("owner"))
    .order_by(saved_filters.c.list, saved_filters.c.id)
)
_DELETE = sa.delete(saved_filters).where(
    saved_filters.c.id == sa.bindparam("filter"), saved_filters.c.owner == sa.bindparam("owner")
)


class SavedFilters:
    """The saved filters of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def save(self, owner: str, list_: str, name: str, query: dict[str, str], at: datetime.datetime) -> None:
        """Keep a filter; one of the same name of the same list is replaced."""
        row = {"owner": owner, "list": list_, "name": name, "query": query, "created_at": at}
        self._link.run(_SAVE, row)

    def of_owner(self, owner: str) -> list[views_lists.SavedFilter]:
        """Return the filters of somebody, by list and age."""
        return [views_lists.SavedFilter(*row) for row in self._link.all(_OF_OWNER, {"owner": owner})]

    def delete(self, owner: str, filter_id: int) -> bool:
        """Forget a filter of somebody; tell whether there was one."""
        return self._link.run(_DELETE, {"owner": owner, "filter": filter_id}) == 1

"""Filters of lists that people keep under a name of their own; nobody else sees them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine import errors
from engine.actions import context, transaction, worklists
from engine.model import commands, views_lists

#: The lists, and how the filters of each are read.
LISTS: Mapping[str, Callable[[Mapping[str, str]], views_lists.TaskFilter | views_lists.CaseFilter]] = {
    "todo": worklists.task_filter,
    "done": worklists.task_filter,
    "mine": worklists.case_filter,
    "all": worklists.case_filter,
}
#: How many filters somebody may keep for one list, and how long a name may be.
MOST = 20
NAME_LENGTH = 40


def of(engine: context.Engine, actor: commands.Actor, list_: str | None = None) -> tuple[views_lists.SavedFilter, ...]:
    """Return the filters that the actor keeps, oldest first; of one list, or of all."""
    with engine.store.read() as uow:
        return tuple(each for each in uow.saved_filters.of_owner(actor.id) if list_ in (None, each.list))


def save(
    engine: context.Engine, actor: commands.Actor, list_: str, name: str, query: Mapping[str, str]
) -> views_lists.SavedFilter:
    """Keep a filter; one of the same name of the same list is replaced.

    Args:
        engine: The engine.
        actor: Whose filter it is.
        list_: The list it belongs to: todo, done, mine or all.
        name: What the actor calls it.
        query: The parameters of the page's address; what is no filter is left out.

    Raises:
        errors.InvalidInput: Another list, no name or too long a one, a filter that the list does not have, or nothing
            filtered at all.
        errors.Conflict: The actor keeps too many already.
    """
    if list_ not in LISTS:
        raise errors.InvalidInput(f"列表应为 {'、'.join(LISTS)} 之一，现为“{list_[:NAME_LENGTH]}”。")
    name = " ".join(name.split())
    if not 1 <= len(name) <= NAME_LENGTH or not name.isprintable():
        raise errors.InvalidInput(f"筛选的名称应为 1 至 {NAME_LENGTH} 字，现为 {len(name)} 字。")
    kept = worklists.query_of(LISTS[list_](query))
    if not kept:
        raise errors.InvalidInput("没有选择任何筛选条件，无需保存。")
    with transaction.begin(engine, actor) as tx:
        same = [each for each in tx.uow.saved_filters.of_owner(actor.id) if each.list == list_]
        if len(same) >= MOST and name not in {each.name for each in same}:
            raise errors.Conflict(f"每个列表最多保存 {MOST} 个筛选，请先删除不用的。")
        tx.note(None, "save-filter", f"user/{actor.id}", list=list_, name=name)
        tx.uow.saved_filters.save(actor.id, list_, name, kept, tx.now)
        return next(each for each in tx.uow.saved_filters.of_owner(actor.id) if (each.list, each.name) == (list_, name))


def remove(engine: context.Engine, actor: commands.Actor, filter_id: int) -> None:
    """Forget a filter.

    Raises:
        errors.NotFound: The actor keeps none with this id.
    """
    with transaction.begin(engine, actor) as tx:
        if not tx.uow.saved_filters.delete(actor.id, filter_id):
            raise errors.NotFound(f"您没有编号为 {filter_id} 的筛选。", filter=filter_id)
        tx.note(None, "remove-filter", f"user/{actor.id}", filter=filter_id)

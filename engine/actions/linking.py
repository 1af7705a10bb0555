"""Cases that belong to one matter: a notice, a hearing and a release of one decision are linked (关联事项).

A link gives nobody a right: whoever may see one case sees of the other that there is one only if they may see it, too.
The public sees what linked cases published as of one matter only where those linked them who may decide what it sees:
who has a role that `publishes` by its pack, and operators. Nobody else takes such a link back.
"""

from __future__ import annotations

from engine import errors
from engine.actions import case_reading, context, policy, transaction, worklists
from engine.model import commands, instances, views_cases, views_lists
from engine.store import instances as stored
from engine.store import queries_cases, unit_of_work

#: Cases that one case is linked with at most, and cases that are offered for what was typed.
MOST, OFFERED = 50, 10


def link(engine: context.Engine, instance_id: int, other_id: int, actor: commands.Actor) -> None:
    """Link two cases. They may have ended.

    Raises:
        errors.NotFound: One of them does not exist, or the actor may not see it.
        errors.Forbidden: The actor has to do with neither of them.
        errors.InvalidInput: They are the same.
        errors.Conflict: They are linked already, one has called the other, or one has too many links.
    """
    with transaction.begin(engine, actor) as tx:
        one, two = _both(tx, instance_id, other_id)
        _allow(tx, one, two)
        join(tx, one, two)


def unlink(engine: context.Engine, instance_id: int, other_id: int, actor: commands.Actor) -> None:
    """Take the link of two cases back; the audit trails of both keep it.

    Raises:
        errors.NotFound: One of them does not exist or the actor may not see it, or they are not linked.
        errors.Forbidden: The actor has to do with neither of them, or the public sees the link and it is not theirs to
            decide what it sees.
    """
    with transaction.begin(engine, actor) as tx:
        one, two = _both(tx, instance_id, other_id)
        _allow(tx, one, two)
        if tx.uow.case_links.shown(one.id, two.id) and not _publishes(tx, one, two):
            raise errors.Forbidden(
                f"事项“{_name(two)}”与“{_name(one)}”的关联在公众网站上可见，应由{_publishers(tx, one, two)}取消。"
            )
        _note(tx, "unlink-case", one, two)
        if not tx.uow.case_links.remove(one.id, two.id):
            raise errors.NotFound("这两个事项没有关联。", instance=one.id, other=two.id)


def named(
    engine: context.Engine, text: str, actor: commands.Actor
) -> tuple[views_cases.CaseLink | None, list[views_cases.CaseLink]]:
    """Return the case of this number, if the actor sees exactly one; and those that may be meant instead.

    Args:
        engine: The engine.
        text: What was typed: the number of a case, or words of its title.
        actor: Who typed it; what they may not see is not there.
    """
    text = " ".join(text.split())[: worklists.TEXT_LENGTH]
    if not text:
        return None, []
    with engine.store.read() as uow:
        found = [row for row in queries_cases.numbered(uow, text) if policy.sees(uow, actor, row.case.id)]
        exact = [case_reading.link(row) for row in found]
        if exact:
            return (exact[0], []) if len(exact) == 1 else (None, exact)
    scope = worklists.Scope.ALL if actor.monitor or actor.is_operator else worklists.Scope.MINE
    listed = worklists.cases(engine, actor, scope, views_lists.CaseFilter(text=text), limit=OFFERED).items
    return None, [
        views_cases.CaseLink(each.id, each.title, each.business_key, each.procedure, each.status) for each in listed
    ]


def visible(uow: unit_of_work.UnitOfWork, instance_id: int, actor: commands.Actor) -> tuple[views_cases.CaseLink, ...]:
    """Return the cases that a case is linked with, as far as somebody may see them, oldest first."""
    linked = [each for each in uow.case_links.of_instance(instance_id) if policy.sees(uow, actor, each)]
    found = queries_cases.of_ids(uow, linked)
    return tuple(case_reading.link(found[each]) for each in linked)


def origin(tx: transaction.Transaction, instance_id: int) -> stored.LockedInstance:
    """Lock the case that another one is about to be started from.

    Raises:
        errors.NotFound: There is none, or the actor may not see it.
    """
    _seen(tx, instance_id)
    return tx.uow.instances.lock(instance_id)


def join(tx: transaction.Transaction, one: stored.LockedInstance, two: stored.LockedInstance) -> None:
    """Link two cases that the actor sees, one of which is theirs; raises as `link` does."""
    if one.id == two.id:
        raise errors.InvalidInput("事项不能与自身关联，请填写另一事项的编号。", instance=one.id)
    if _root(one.instance) == _root(two.instance):
        raise errors.Conflict("两个事项已是上下级事项，无需关联。", instance=one.id, other=two.id)
    publishes = _publishes(tx, one, two)
    if publishes and tx.uow.case_links.shown(one.id, two.id) is False:
        _note(tx, "link-case", one, two, public=True)
        tx.uow.case_links.show(one.id, two.id, by=tx.actor.id)
        return
    for each in (one, two):
        if len(tx.uow.case_links.of_instance(each.id)) >= MOST:
            raise errors.Conflict(f"事项“{_name(each)}”已关联 {MOST} 个事项，不能再关联。", instance=each.id)
    _note(tx, "link-case", one, two, **({"public": True} if publishes else {}))
    tx.uow.case_links.add(one.id, two.id, by=tx.actor.id, at=tx.now, shown=publishes)


def _publishes(tx: transaction.Transaction, *cases: stored.LockedInstance) -> bool:
    """Tell whether the actor decides for the packs of all these cases what the public sees."""
    held = {role for person in (tx.actor, *tx.actor.acting_for) for role in person.roles}
    if tx.actor.is_operator:
        return True
    return all(any(role.publishes and role.id in held for role in tx.of(case).pack.roles) for case in cases)


def _publishers(tx: transaction.Transaction, *cases: stored.LockedInstance) -> str:
    roles = [role.name for case in cases for role in tx.of(case).pack.roles if role.publishes]
    return "、".join(dict.fromkeys([*roles, "系统管理员"]))


def _both(
    tx: transaction.Transaction, instance_id: int, other_id: int
) -> tuple[stored.LockedInstance, stored.LockedInstance]:
    """Lock two cases that the actor may see, always in the same order: two people may do it from both sides."""
    for each in (instance_id, other_id):
        _seen(tx, each)
    locked = {each: tx.uow.instances.lock(each) for each in sorted({instance_id, other_id})}
    return locked[instance_id], locked[other_id]


def _seen(tx: transaction.Transaction, instance_id: int) -> None:
    try:
        tx.uow.instances.get(instance_id)
        if policy.sees(tx.uow, tx.actor, instance_id):
            return
    except errors.NotFound:
        pass
    raise errors.NotFound(f"没有编号为 {instance_id} 的事项，或者您不能查看。", instance=instance_id)


def _allow(tx: transaction.Transaction, *cases: stored.LockedInstance) -> None:
    policy.link(tx.actor, ((each.instance, tx.uow.user_tasks.of_instance(each.id)) for each in cases))


def _note(
    tx: transaction.Transaction,
    action: str,
    one: stored.LockedInstance,
    two: stored.LockedInstance,
    **more: bool,
) -> None:
    for case, other in ((one, two), (two, one)):
        tx.note(case, action, f"instance/{case.id}", other=f"instance/{other.id}", name=_name(other), **more)


def _name(locked: stored.LockedInstance) -> str:
    case = locked.instance
    return " ".join(filter(None, (case.business_key or str(case.id), case.title)))


def _root(case: instances.ProcessInstance) -> int:
    return case.root_id or case.id

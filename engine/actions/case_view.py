"""One case, with everything that its page shows, as far as somebody may see it."""

from __future__ import annotations

from engine import errors
from engine.actions import case_reading, context, following, linking, policy, published, rows, worklists
from engine.model import commands, instances, views_cases, views_diagrams
from engine.store import queries_cases, unit_of_work


def view(engine: context.Engine, instance_id: int, actor: commands.Actor) -> views_cases.CaseView:
    """Return a case: header, open tasks, timeline, table of the diagram, values, files, opinions, family, comments.

    Raises:
        errors.NotFound: There is no such case, or the actor may not know of it.
    """
    seen, ((parent, children), links) = case_reading.read(
        engine,
        instance_id,
        actor,
        lambda uow, read: (_family(uow, read.instance), linking.visible(uow, instance_id, actor)),
    )
    reader = seen.reader()
    where, opinions = case_reading.where(seen), case_reading.opinions(seen, reader)
    values = reader.groups(seen.variables())
    active = seen.instance.status is instances.InstanceStatus.ACTIVE
    return views_cases.CaseView(
        header=case_reading.header(seen),
        tasks=tuple(rows.open_task(task, actor, seen.now, seen.days) for task in seen.open_tasks),
        timeline=case_reading.events(seen),
        steps=where.steps,
        diagram=where.state,
        values=values,
        files=case_reading.files(opinions, values),
        opinions=opinions,
        parent=parent,
        children=children,
        comments=case_reading.comments(seen),
        incidents=tuple(seen.incidents) if actor.monitor or actor.is_operator else (),
        copies=tuple(seen.copies),
        countersignatures=tuple(seen.countersignatures),
        may_comment=_may_comment(seen),
        operates=actor.is_operator,
        links=links,
        may_link=_may_link(seen),
        leads_to=following.of(engine, seen),
        next_task_id=worklists.own_task(seen.open_tasks, actor) if active else None,
    )


def diagram(engine: context.Engine, instance_id: int, actor: commands.Actor) -> views_diagrams.Diagram:
    """Return the diagram that a case runs on, with where it stands and has been.

    Raises:
        errors.NotFound: There is no such case, or the actor may not know of it.
    """
    seen, _ = case_reading.read(engine, instance_id, actor, lambda uow, read: None)
    row = seen.definition.row
    source = published.diagram(engine, row.id)
    svg, _ = published.svg(engine, row.id)
    return views_diagrams.Diagram(source.content, svg, row.name, source.sha256, case_reading.where(seen).state)


def _may_comment(seen: case_reading.Reading) -> bool:
    try:
        policy.comment(seen.actor, seen.instance, seen.tasks)
    except errors.Forbidden:
        return False
    return True


def _may_link(seen: case_reading.Reading) -> bool:
    try:
        policy.link(seen.actor, [(seen.instance, seen.tasks)])
    except errors.Forbidden:
        return False
    return True


def _family(
    uow: unit_of_work.UnitOfWork, instance: instances.ProcessInstance
) -> tuple[views_cases.CaseLink | None, tuple[views_cases.CaseLink, ...]]:
    """Return the case that called this one, and those that it called."""
    called = [child.id for child in uow.instances.children(instance.id)]
    above = [] if instance.parent_id is None else [instance.parent_id]
    found = queries_cases.of_ids(uow, [*called, *above])
    links = {id_: case_reading.link(row) for id_, row in found.items()}
    parent = None if instance.parent_id is None else links.get(instance.parent_id)
    return parent, tuple(links[id_] for id_ in called)

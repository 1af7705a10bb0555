"""What may be started (发起): procedures by source document and topic, what each is for, and who takes part."""

from __future__ import annotations

from collections.abc import Iterator

from engine import errors, forms
from engine.actions import context, definition_cache, directory, policy, published, starting, task_view, whereabouts
from engine.model import commands, definitions, views_catalogue
from engine.store import queries, unit_of_work

#: What somebody can start by filling in a form; timers, signals and conditions start by themselves.
_BY_HAND = (definitions.StartKind.NONE, definitions.StartKind.MESSAGE)
_MOST = 1000


def shelves(
    engine: context.Engine, actor: commands.Actor, *, text: str | None = None, topic: str | None = None
) -> tuple[views_catalogue.Shelf, ...]:
    """Return the procedures of every source document, the newest version of each; those the actor may start first.

    Args:
        engine: The engine.
        actor: Who asks; what they may not start is among the entries, with the reason.
        text: Leaves what says every word of it: in name, purpose, roles, clauses, topic or document.
        topic: Leaves what is filed under this topic.
    """
    names = engine.directory.get(engine.store)
    words = (text or "").lower().split()
    found: dict[str, tuple[definition_cache.Definition, list[views_catalogue.Entry]]] = {}
    with engine.store.read() as uow:
        for row, definition in _newest(engine, uow):
            entries = [
                entry
                for entry in _entries(row, definition, actor)
                if topic in (None, entry.topic) and _says(entry, definition, names, words)
            ]
            if entries:
                found.setdefault(definition.row.pack, (definition, []))[1].extend(entries)
    return tuple(_shelf(definition, entries) for definition, entries in found.values())


def topics(engine: context.Engine) -> tuple[str, ...]:
    """Return what procedures are filed under, in order of name."""
    with engine.store.read() as uow:
        return tuple(sorted({each.process.topic for _, each in _newest(engine, uow) if each.process.topic}))


def titles(engine: context.Engine) -> dict[str, str]:
    """Return what the packs of the newest procedures are called, by slug."""
    with engine.store.read() as uow:
        return {row.pack: definition.pack.title for row, definition in _newest(engine, uow)}


def start_view(
    engine: context.Engine, key: str, actor: commands.Actor, *, element_id: str | None = None
) -> views_catalogue.StartView:
    """Return everything that the page shows on which a case is started.

    Args:
        engine: The engine.
        key: Id of the process.
        actor: Who would start it; who may not sees why.
        element_id: The start event; by default the first one that people use.

    Raises:
        errors.NotFound: There is no such process, or nobody starts it by hand at this event.
    """
    with engine.store.read() as uow:
        row = uow.definitions.latest(key)
        if row is None:
            raise errors.NotFound(f"没有部署过流程“{key}”。", key=key)
        definition = engine.definitions.get(uow, row.id)
    entries = (entry for entry in _entries(row, definition, actor) if element_id in (None, entry.element_id))
    entry = next(entries, None)
    if entry is None:
        raise errors.NotFound(f"流程“{row.name}”不能由此发起。", key=key)
    form = definition.form(entry.form_key) if entry.form_key is not None else None
    rights = definition.rights(entry.element_id)
    svg, _ = published.svg(engine, row.id)
    return views_catalogue.StartView(
        entry=entry,
        shelf_title=definition.pack.title,
        form=form,
        rights=rights,
        values={} if form is None else forms.initial(form, {}, rights),
        svg=svg,
        steps=whereabouts.blank(definition),
    )


def _newest(
    engine: context.Engine, uow: unit_of_work.UnitOfWork
) -> Iterator[tuple[definitions.ProcessDefinition, definition_cache.Definition]]:
    for row in queries.definitions(uow, latest_only=True, limit=_MOST).items:
        yield row, engine.definitions.get(uow, row.id)


def _entries(
    row: definitions.ProcessDefinition, definition: definition_cache.Definition, actor: commands.Actor
) -> Iterator[views_catalogue.Entry]:
    """Yield the ways to start a definition; `row` is as it is now, whether it may be started among it."""
    process = definition.process
    if not process.offered:
        return
    roles = tuple(dict.fromkeys(definition.lanes[lane] for lane in process.lanes if lane in definition.lanes))
    quoted = ";".join(element.clause for element in process.elements.values() if element.clause)
    clauses = task_view.clauses(definition.pack.clauses, quoted)
    summaries = "；".join(clause.summary for clause in clauses)
    for point in process.starts:
        if point.kind not in _BY_HAND or process.elements[point.element_id].properties.get("public") == "true":
            continue  # what the public begins stands on the portal
        why_not, starters = _why_not(definition, row, point, actor)
        yield views_catalogue.Entry(
            key=row.key,
            definition_id=row.id,
            version=row.version,
            version_tag=row.version_tag,
            name=row.name,
            start_name=process.elements[point.element_id].name,
            element_id=point.element_id,
            kind=point.kind,
            message=point.name if point.kind is definitions.StartKind.MESSAGE else None,
            form_key=point.form_key,
            pack=row.pack,
            topic=process.topic,
            purpose=process.documentation or summaries,
            roles=roles,
            clauses=clauses,
            startable=not why_not,
            why_not=why_not,
            starters=starters,
        )


def _why_not(
    definition: definition_cache.Definition,
    row: definitions.ProcessDefinition,
    point: definitions.StartPoint,
    actor: commands.Actor,
) -> tuple[str, str]:
    """Return why the actor may not start a definition, and who may, where it is for others to start."""
    users, groups = starting.starters(definition, point)
    try:
        starting.refuse_suspended(row)
        policy.start(actor, row.name, users, groups, definition.people)
    except errors.Forbidden as refusal:
        who = "、".join(definition.people.get(each, each) for each in (*users, *groups))
        return refusal.message, who or "系统管理员"
    except errors.GongkaiError as refusal:
        return refusal.message, ""
    return "", ""


def _says(
    entry: views_catalogue.Entry, definition: definition_cache.Definition, names: directory.Directory, words: list[str]
) -> bool:
    if not words:
        return True
    told = [entry.name, entry.start_name, entry.purpose, entry.topic, definition.pack.title]
    told += [definition.people.get(role) or names.role_name(role) for role in entry.roles]
    told += [f"{clause.id} {clause.articles} {clause.summary}" for clause in entry.clauses]
    everything = "\n".join(told).lower()
    return all(word in everything for word in words)


def _shelf(definition: definition_cache.Definition, entries: list[views_catalogue.Entry]) -> views_catalogue.Shelf:
    source = definition.pack.source
    ordered = sorted(entries, key=lambda entry: (not entry.startable, entry.topic, entry.name))
    return views_catalogue.Shelf(definition.row.pack, definition.pack.title, source.issuer, source.date, tuple(ordered))

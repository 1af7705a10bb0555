"""Reading registers, documents and publications, as far as somebody may."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from engine import errors, forms
from engine.actions import context, definition_cache, policy, register_search, sight
from engine.model import commands
from engine.model import records as model
from engine.store import queries_registers, unit_of_work

_EVERYTHING = register_search.Sought()


@dataclasses.dataclass(frozen=True, slots=True)
class OfCase:
    """What a case has left behind, oldest first. `entries` are those of registers that the reader may read.

    `replaced` gives, by the ids of the documents that a newer version has taken the place of, which version;
    `withdrawn`, by the ids of the publications that were withdrawn, when and why.
    """

    documents: tuple[model.Document, ...]
    entries: tuple[tuple[model.Register, model.Entry], ...]
    publications: tuple[model.Publication, ...]
    replaced: Mapping[int, int]
    withdrawn: Mapping[int, model.Withdrawal]


@dataclasses.dataclass(frozen=True, slots=True)
class Kept:
    """A register of a pack."""

    pack: str
    pack_title: str
    register: model.Register


@dataclasses.dataclass(frozen=True, slots=True)
class Overview:
    """A register with how many entries it has and the newest of them."""

    kept: Kept
    entries: int
    newest: model.Entry | None


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """An entry with the number of the older one that it corrects or continues, and of the newest that does so to it."""

    entry: model.Entry
    older: str = ""
    newer: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Listed:
    """A page of a register, newest entry first.

    Parameters:
        older: where the page after it begins; None at the end.
        choices: by field of the register the values that can be asked for.
    """

    kept: Kept
    lines: tuple[Line, ...]
    older: int | None
    choices: Mapping[str, Sequence[str]]


def of_case(engine: context.Engine, instance_id: int, actor: commands.Actor) -> OfCase:
    """Return what a case has left behind.

    Raises:
        errors.NotFound: There is no such case, or the actor may not know of it.
    """
    sight.case(engine, instance_id, actor)
    with engine.store.read() as uow:
        entries = uow.records.entries_of(instance_id)
        known = {}
        if entries:
            instance = uow.instances.get(instance_id)
            pack = engine.definitions.get(uow, instance.definition_id).pack
            known = {each.id: each for each in pack.registers if policy.reads_register(actor, each.readers)}
        announced = tuple(uow.records.publications_of(instance_id))
        return OfCase(
            tuple(uow.records.documents_of(instance_id)),
            tuple(
                (known[entry.register], _concealed(actor, known[entry.register], entry))
                for entry in entries
                if entry.register in known
            ),
            announced,
            uow.document_versions.replaced_in(instance_id),
            uow.records.withdrawals([each.id for each in announced]),
        )


def document(engine: context.Engine, document_id: int, actor: commands.Actor) -> model.Document:
    """Return an official document: for those who may see its case, or all cases where it has been deleted.

    Raises:
        errors.NotFound: There is none, or the actor may not know of it.
    """
    with engine.store.read() as uow:
        try:
            found = uow.records.document(document_id)
            if found.instance_id is None:
                if actor.monitor or actor.is_operator:
                    return found
            elif policy.sees(uow, actor, found.instance_id):
                return found
        except errors.NotFound:
            pass
    raise errors.NotFound("没有此公文，或者您不能查看。", document=document_id)


def version(engine: context.Engine, document_id: int, actor: commands.Actor) -> model.DocumentVersion:
    """Return which version a document is and what has taken its place: for those who may see its case.

    Raises:
        errors.NotFound: There is none, or the actor may not know of it.
    """
    document(engine, document_id, actor)
    with engine.store.read() as uow:
        return uow.document_versions.of(document_id)


def registers(engine: context.Engine, actor: commands.Actor) -> list[Overview]:
    """Return the registers that somebody may read, by pack, in the order in which packs declare them."""
    with engine.store.read() as uow:
        written = uow.records.kept()
        return [
            Overview(each, count, newest and _concealed(actor, each.register, newest))
            for each in _all(uow)
            for count, newest in [written.get((each.pack, each.register.id), (0, None))]
            if policy.reads_register(actor, each.register.readers)
        ]


def entries(
    engine: context.Engine,
    actor: commands.Actor,
    pack: str,
    register: str,
    sought: register_search.Sought = _EVERYTHING,
    *,
    before: int | None = None,
    limit: int = 50,
) -> Listed:
    """Return a page of a register.

    Args:
        engine: The engine.
        actor: Who reads.
        pack: Slug of its pack.
        register: Its id.
        sought: What is looked for.
        before: Only entries older than the one with this id.
        limit: Entries at most.

    Raises:
        errors.NotFound: There is no such register, or the actor may not read it.
    """
    with engine.store.read() as uow:
        kept = _one(uow, actor, pack, register)
        search = register_search.Search(pack, _open(actor, kept.register), sought, engine.directory.within(uow))
        found = search.newest(uow, before, limit + 1)
        shown = found[:limit]
        few = [field.id for field in _open(actor, kept.register).fields if field.type is model.FieldType.CHOICE]
        choices = queries_registers.choices(uow, pack, register, few)
        return Listed(
            kept, _lines(uow, actor, kept.register, shown), shown[-1].id if len(found) > limit else None, choices
        )


def register(engine: context.Engine, actor: commands.Actor, pack: str, register_id: str) -> model.Register:
    """Return a register as it is defined.

    Raises:
        errors.NotFound: There is no such register, or the actor may not read it.
    """
    with engine.store.read() as uow:
        return _one(uow, actor, pack, register_id).register


def every(
    engine: context.Engine,
    actor: commands.Actor,
    pack: str,
    register: str,
    sought: register_search.Sought = _EVERYTHING,
) -> Iterator[Line]:
    """Yield every entry of a register that is looked for, oldest first; raises as `entries` does."""
    after: int | None = 0
    while after is not None:
        with engine.store.read() as uow:
            kept = _one(uow, actor, pack, register)
            search = register_search.Search(pack, _open(actor, kept.register), sought, engine.directory.within(uow))
            found, after = search.later(uow, after)
            lines = _lines(uow, actor, kept.register, found)
        yield from lines


def _open(actor: commands.Actor, register: model.Register) -> model.Register:
    """Return a register with the fields alone that somebody may read: private ones are for its own readers."""
    if policy.reads_private(actor, register.readers):
        return register
    return dataclasses.replace(register, fields=tuple(field for field in register.fields if not field.private))


def _concealed(actor: commands.Actor, register: model.Register, entry: model.Entry) -> model.Entry:
    """Return an entry as somebody may read it: where something private is filled in stands that it is."""
    hidden = {field.id for field in register.fields} - {field.id for field in _open(actor, register).fields}
    values = {name: forms.MASK if name in hidden else value for name, value in entry.values.items()}
    return dataclasses.replace(entry, values=values) if hidden else entry


def _lines(
    uow: unit_of_work.UnitOfWork, actor: commands.Actor, register: model.Register, entries: Sequence[model.Entry]
) -> tuple[Line, ...]:
    older = queries_registers.numbers(uow, [each.corrects for each in entries if each.corrects is not None])
    newer = uow.records.corrections([each.id for each in entries])
    return tuple(
        Line(_concealed(actor, register, each), older.get(each.corrects or 0, ""), newer.get(each.id, ""))
        for each in entries
    )


def _one(uow: unit_of_work.UnitOfWork, actor: commands.Actor, pack: str, register: str) -> Kept:
    for each in _all(uow):
        if (each.pack, each.register.id) == (pack, register) and policy.reads_register(actor, each.register.readers):
            return each
    raise errors.NotFound("没有此台账，或者您不能查看。", register=register)


def _all(uow: unit_of_work.UnitOfWork) -> Iterator[Kept]:
    for info in definition_cache.newest_packs(uow):
        for register in info.registers:
            yield Kept(info.slug, info.title, register)

"""Deletes cases whose time is over: first the archive package, then everything, one family of cases in one transaction.

Whoever deletes a case takes it first, so that two workers do not archive the same one; what was done in it meanwhile
has it stay. A worker that is killed leaves the case as it was, or gone: the next round goes on.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
import logging
import pathlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine import errors
from engine.actions import archiving, batch_kinds, context, definition_cache, files, policy, retention, transaction
from engine.calendars import moments
from engine.model import commands
from engine.model import retention as model
from engine.store import erasing as stored
from engine.store import retention as stored_retention
from engine.store import unit_of_work

_LOG = logging.getLogger(__name__)

#: How long a worker may take to archive a case before another one takes it.
_CLAIM = datetime.timedelta(minutes=30)


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a case whose time was over: deleted, or why it stays; and the archive package.

    `scrubbed` is False where its text still stands in the pages of the database file: the background goes on.
    """

    case: model.Due
    deleted: bool
    archive: str | None = None
    scrubbed: bool = True


def run(
    engine: context.Engine,
    actor: commands.Actor,
    *,
    worker: str,
    limit: int | None = None,
    go_on: Callable[[], bool] = lambda: True,
    told: Callable[[Outcome], None] = lambda outcome: None,
) -> int:
    """Delete cases whose time is over, one after the other.

    Args:
        engine: The engine.
        actor: An operator, or the platform.
        worker: Who does it, unique among those who do.
        limit: How many cases at most, those not counted that they called; None for all.
        go_on: Asked before each.
        told: Called with what became of each, those that stay too.

    Returns:
        How many were deleted.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.InvalidInput: There is no directory for archive packages, and the settings do not say that none are
            wanted.
    """
    policy.operate(actor, "删除保存期满的事项")
    directory = _directory(engine)
    deleted = 0
    for case in retention.due(engine):
        if deleted == limit or not go_on():
            break
        outcome = Outcome(case, deleted=False) if case.stays else erase(engine, case, actor, worker, directory)
        deleted += outcome.deleted
        told(outcome)
    _clear(engine)  # also what a run has left that was cut off
    return deleted


def on_demand(
    engine: context.Engine, instance_id: int, actor: commands.Actor, reason: str, *, archive: bool, worker: str
) -> Outcome:
    """Delete an ended case before its time, as when somebody may demand that what it says of them is deleted.

    Args:
        engine: The engine.
        instance_id: The case; those that it called go with it.
        actor: An operator.
        reason: On what ground; it stays in the trail of the system, so it names nobody.
        archive: Whether the archive package is written before; it holds all that is deleted.
        worker: As `run` has it.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.NotFound: There is no such case.
        errors.InvalidInput: The reason is empty or too long, or there is no directory for the package.
        errors.Conflict: It has not ended, another case called it, or something keeps it: a hold, an incident, an open
            case that it is linked with.
    """
    policy.operate(actor, "删除事项")
    reason = retention.checked(reason, "删除事项")
    directory = _directory(engine) if archive else None
    if archive and directory is None:
        raise errors.InvalidInput("应先在 GONGKAI_CLEANUP_ARCHIVES 中设置归档目录，或者说明不归档。")
    case = retention.single(engine, instance_id)
    outcome = Outcome(case, deleted=False) if case.stays else erase(engine, case, actor, worker, directory, reason)
    if not outcome.deleted:
        why = "；".join(each.why for each in outcome.case.stays)
        raise errors.Conflict(f"事项 {instance_id} 不能删除：{why}。", instance=instance_id)
    return dataclasses.replace(outcome, scrubbed=_clear(engine))


def clean_up(engine: context.Engine, worker: str, go_on: Callable[[], bool]) -> int:
    """Delete cases whose time is over as long as the window of the settings is open; return how many.

    Whether it is open or not, what stayed in the pages of the database of a case that is gone is overwritten.
    """

    def within() -> bool:
        return go_on() and engine.settings.cleans_up(engine.clock.now().astimezone(moments.SHANGHAI).time())

    if within():
        return run(engine, commands.SYSTEM, worker=worker, go_on=within)
    scrub(engine)  # somebody may have been reading when it was deleted
    return 0


def _clear(engine: context.Engine) -> bool:
    """Remove what deleted cases have left on the disk; tell whether nothing is left. What fails is done later."""
    try:
        files.sweep(engine)
        return scrub(engine)
    except (errors.Conflict, errors.StoreError) as error:
        _LOG.warning("what deleted cases have left on the disk is removed later: %s", error.message)
        return False


def scrub(engine: context.Engine) -> bool:
    """Overwrite what deleted cases have left in the pages of the database; tell whether nothing is left."""
    with engine.store.read() as uow:
        if not uow.retention.unscrubbed():
            return True
    upto = engine.clock.now()
    if not engine.store.scrub():
        return False
    with engine.store.write() as uow:
        uow.retention.scrubbed(upto, engine.clock.now())
    return True


def erase(
    engine: context.Engine,
    case: model.Due,
    actor: commands.Actor,
    worker: str,
    directory: pathlib.Path | None,
    reason: str | None = None,
) -> Outcome:
    """Delete a case whose time is over, with those that it called.

    Args:
        engine: The engine.
        case: As `retention.due` gave it.
        actor: An operator, or the platform.
        worker: Who does it.
        directory: Where its archive package is written before; None where none is wanted.
        reason: On what ground, if not that its time is over.
    """
    before = _claim(engine, case, actor, worker)
    if isinstance(before, model.Stay):
        return _stays(case, before)
    archive = None
    try:
        if directory is not None:
            archive = archiving.write(engine, case.instance_id, directory, actor)
        ground = reason or f"historyTimeToLive={case.kept}"
        outcome, held = _delete(engine, case, actor, worker, before, archive, ground)
    except (errors.Conflict, errors.NotFound, errors.StoreError) as error:
        obstacle = model.Obstacle.UNPROVEN if isinstance(error, stored.Unproven) else model.Obstacle.ARCHIVE
        _give_back(engine, case.instance_id, worker)
        return _stays(case, model.Stay(obstacle, error.message))
    try:
        files.forget(engine, held)
    except (errors.Conflict, errors.StoreError) as error:  # the sweep removes them when they are a day old
        _LOG.warning("files of case %s are removed later: %s", case.instance_id, error.message)
    return outcome


_Family = list[stored_retention.Member]


def _stays(case: model.Due, *why: model.Stay) -> Outcome:
    return Outcome(dataclasses.replace(case, stays=why), deleted=False)


def _claim(engine: context.Engine, case: model.Due, actor: commands.Actor, worker: str) -> _Family | model.Stay:
    """Take a case; return it and those it called as they are now, or why it stays."""
    with transaction.begin(engine, actor) as tx:
        try:
            tx.uow.instances.lock(case.instance_id)
        except (errors.NotFound, errors.Conflict):
            return model.Stay(model.Obstacle.BUSY, "另一工作进程正在处理")
        family = tx.uow.retention.family(case.instance_id)
        stays = tx.uow.retention.stays(family)
        if stays:
            return stays[0]
        if not tx.uow.retention.claim(case.instance_id, worker, tx.now, tx.now + _CLAIM):
            return model.Stay(model.Obstacle.BUSY, "另一工作进程正在处理")
        return family


def _give_back(engine: context.Engine, instance_id: int, worker: str) -> None:
    with engine.store.write() as uow:
        uow.retention.give_back(instance_id, worker)


def _delete(
    engine: context.Engine,
    case: model.Due,
    actor: commands.Actor,
    worker: str,
    before: _Family,
    archive: pathlib.Path | None,
    ground: str,
) -> tuple[Outcome, list[int]]:
    """Delete a case as it was when it was taken; return what became of it, and the files that it held."""
    digest = None if archive is None else _sha256(archive)
    with transaction.begin(engine, actor) as tx:
        for each in reversed(before):  # parents after their children, as everywhere
            tx.uow.instances.lock(each.id)
        family = tx.uow.retention.family(case.instance_id)
        stays = tx.uow.retention.stays(family)
        if stays or family != before:
            tx.uow.retention.give_back(case.instance_id, worker)
            return _stays(case, *stays, model.Stay(model.Obstacle.BUSY, "归档期间有人作了操作")), []
        definitions = {each.definition_id: tx.definition(each.definition_id) for each in family}
        held = tx.uow.files.held_by([each.id for each in family])
        members = [stored.Member(each.id, each.seq, each.head) for each in family]
        texts = {text for each in family for text in _personal(tx.uow, definitions[each.definition_id], each.id)}
        left = stored.erase(
            tx.uow.link,
            members,
            texts=texts,
            private=_registers(tx, definitions),
            on_incidents=batch_kinds.ON_INCIDENTS,
        )
        for each in family:
            _tell(tx, case, left[each.id], each.id, archive, digest, ground)
        tx.uow.flush()
    return Outcome(case, deleted=True, archive=None if archive is None else str(archive)), held


def _tell(
    tx: transaction.Transaction,
    case: model.Due,
    left: stored.Erased,
    instance_id: int,
    archive: pathlib.Path | None,
    digest: str | None,
    ground: str,
) -> None:
    """Put the deletion of a case on the trail of the system, with what proves the rest."""
    name = None if archive is None else archive.name
    tx.note(
        None,
        "erase-case",
        f"instance/{instance_id}",
        root=case.instance_id,
        ground=ground,
        ended_at=case.ended_at.isoformat(),
        until=None if case.until is None else case.until.isoformat(),
        archive=None if name is None else {"name": name, "sha256": digest},
        chain={"seq": left.seq, "hash": left.head},
        kept=list(left.kept),
        gone={kind: list(ids) for kind, ids in left.gone.items()},
        unnumbered=left.unnumbered,
    )
    done = tx.engine.store.dialect != "sqlite"
    tx.uow.retention.deleted(
        model.Erasure(
            instance_id,
            case.instance_id,
            tx.now,
            tx.actor.id,
            ground,
            name,
            digest,
            tx.now if done else None,
        )
    )


def _registers(
    tx: transaction.Transaction, definitions: Mapping[int, definition_cache.Definition]
) -> dict[tuple[str, str], set[str]]:
    """Return the fields of registers that hold personal data, as the packs say now or said when the cases ran."""
    found: dict[tuple[str, str], set[str]] = {}
    for pack in (*(each.pack for each in definitions.values()), *definition_cache.newest_packs(tx.uow)):
        for register in pack.registers:
            fields = {field.id for field in register.fields if field.private}
            found.setdefault((pack.slug, register.id), set()).update(fields)
    return found


def _personal(uow: unit_of_work.UnitOfWork, definition: definition_cache.Definition, instance_id: int) -> Iterator[str]:
    """Yield the texts that were filled in where forms ask for personal data."""
    if not definition.private:
        return
    given = [json.loads(uow.instances.state(instance_id).variables), *uow.retention.filled_in(instance_id)]
    for values in given:
        for path in definition.private:
            yield from _at(values, path.split("."))


def _at(value: Any, path: list[str]) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _at(each, path)
    elif path:
        if isinstance(value, Mapping) and path[0] in value:
            yield from _at(value[path[0]], path[1:])
    elif isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _at(each, [])


def _directory(engine: context.Engine) -> pathlib.Path | None:
    settings = engine.settings
    if settings.cleanup_archives:
        return pathlib.Path(settings.cleanup_archives)
    if settings.cleanup_without_archive:
        return None
    raise errors.InvalidInput(
        "删除保存期满的事项之前应先归档：请在 GONGKAI_CLEANUP_ARCHIVES 中设置归档目录；"
        "确实不需要归档的，将 GONGKAI_CLEANUP_WITHOUT_ARCHIVE 设置为 true。"
    )


def _sha256(path: pathlib.Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()

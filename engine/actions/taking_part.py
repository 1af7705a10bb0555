"""Taking part without an account: what strangers send in goes to the events that diagrams open to the public.

A message event with the property `public` and a form is such an event. One that waits in a case opens with what the
case has published; one that starts a case is offered by itself. What somebody wrote goes to the case and nowhere else:
the public reads it when a procedure publishes it. Whoever sent something in gets a code (查询码) that tells how far the
case is, and what the procedure tells this one sender; only its hash is kept; the event gets it as `receipt`.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine import errors, forms
from engine.actions import context, correlation, definition_cache, portal, transaction
from engine.calendars import moments
from engine.model import commands, definitions, instances
from engine.model import records as model
from engine.store import queries, queries_public, sealing, unit_of_work

#: What a code is made of: nothing that is easily taken for something else.
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_LENGTH, _GROUP = 16, 4
_MOST = 1000
_NO_FORM = "没有此项网上办理，请检查地址。"


class Closed(errors.Conflict):
    """现在不能提交。"""

    code = "closed"


class Progress(enum.StrEnum):
    """How far a case is, as far as strangers are told."""

    RECEIVED = "received"
    HANDLED = "handled"
    FINISHED = "finished"


@dataclasses.dataclass(frozen=True, slots=True)
class Way:
    """A form that the public may send in: at an event of a case that published something, or to start a case.

    `rights` hide whatever the form would show of the case: others may have written it.
    """

    element_id: str
    form: forms.Form
    rights: forms.Rights
    purpose: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Service:
    """A procedure that the public may start."""

    key: str
    name: str
    way: Way


@dataclasses.dataclass(frozen=True, slots=True)
class Accepted:
    """What somebody gets for what they sent in: the code, and when it was received."""

    code: str
    received_at: datetime.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class Told:
    """Something that one sender is told, with the official document that is for them, if there is one."""

    at: datetime.datetime
    text: str
    document: model.Document | None


@dataclasses.dataclass(frozen=True, slots=True)
class Tracked:
    """How far the case is that something was sent to, and what its sender is told; nothing of what was written.

    Parameters:
        received_at: when it was received.
        progress: how far its case is.
        about: what the form was called.
        publication: what it was about, if that was published.
        published: what the case, and those that belong to it, have published since then.
        told: what this sender alone is told, newest first.
    """

    received_at: datetime.datetime
    progress: Progress
    about: str
    publication: model.Publication | None
    published: tuple[model.Publication, ...]
    told: tuple[Told, ...] = ()


# --- what is open ----------------------------------------------------------------------------------------------------


def ways(engine: context.Engine, publication_id: int) -> tuple[Way, ...]:
    """Return what the public may send in about a publication now.

    Raises:
        errors.NotFound: There is no such publication.
    """
    with engine.store.read() as uow:
        found = portal.published(uow, publication_id)
        if _why_closed(uow, found, engine.clock.now()):
            return ()
        return tuple(_way(definition, waiting.element_id) for definition, waiting in _waiting(engine, uow, found))


def way(engine: context.Engine, publication_id: int, element_id: str) -> Way:
    """Return one of the forms that the case of a publication has for the public, whether it is open now or not.

    Raises:
        errors.NotFound: There is no such publication, or its case has no such form.
    """
    with engine.store.read() as uow:
        definition = _definition(engine, uow, portal.published(uow, publication_id))
        if definition is None or not _is_public(definition, element_id):
            raise errors.NotFound(_NO_FORM)
        return _way(definition, element_id)


def why_closed(engine: context.Engine, publication_id: int, element_id: str) -> str:
    """Return why nothing can be sent in at an event just now, in a sentence; nothing if it can.

    Raises:
        errors.NotFound: There is no such publication.
    """
    with engine.store.read() as uow:
        found = portal.published(uow, publication_id)
        reason = _why_closed(uow, found, engine.clock.now())
        if reason:
            return reason
        waits = any(waiting.element_id == element_id for _, waiting in _waiting(engine, uow, found))
        return "" if waits else _not_now(found)


def services(engine: context.Engine) -> tuple[Service, ...]:
    """Return the procedures that the public may start, by name."""
    with engine.store.read() as uow:
        found = [service for service, _ in _services(engine, uow)]
    return tuple(sorted(found, key=lambda service: (service.way.form.title, service.key)))


def service(engine: context.Engine, key: str, element_id: str) -> Service:
    """Return a procedure that the public may start.

    Raises:
        errors.NotFound: There is none.
    """
    with engine.store.read() as uow:
        return _service(engine, uow, key, element_id)[0]


# --- sending in ------------------------------------------------------------------------------------------------------


def submit(
    engine: context.Engine, publication_id: int, element_id: str, form: Mapping[str, Any], *, key: str
) -> Accepted:
    """Send something in about a publication.

    Args:
        engine: The engine.
        publication_id: The publication.
        element_id: The event that takes it.
        form: What was filled in.
        key: Random, and the same when the same page is sent once more: then nothing happens but the same answer.

    Raises:
        errors.NotFound: There is no such publication.
        errors.InvalidForm: The form is not filled in right.
        Closed: It is too late, or nothing is taken just now.
    """
    return _once(engine, _code(key), lambda code: _submit(engine, publication_id, element_id, form, code))


@transaction.again
def _submit(
    engine: context.Engine, publication_id: int, element_id: str, form: Mapping[str, Any], code: str
) -> Accepted:
    with transaction.begin(engine, commands.PUBLIC) as tx:
        found = portal.published(tx.uow, publication_id)
        reason = _why_closed(tx.uow, found, tx.now)
        if reason:
            raise Closed(reason)
        _refuse_foreign_files(tx, form)
        for _, waiting in _waiting(engine, tx.uow, found):
            if waiting.element_id == element_id:
                outcome = correlation.deliver(tx, waiting, form, receipt=_hash(code))
                if outcome is not None:
                    return _accept(tx, code, outcome, element_id, found.id)
        raise Closed(_not_now(found))


def start(engine: context.Engine, key: str, element_id: str, form: Mapping[str, Any], *, page_key: str) -> Accepted:
    """Start a case by something that somebody sends in.

    Args:
        engine: The engine.
        key: Id of the process.
        element_id: Its start event.
        form: What was filled in.
        page_key: As `key` of `submit`.

    Raises:
        errors.NotFound: The public cannot start it.
        errors.InvalidForm: The form is not filled in right.
        Closed: It is not taken just now.
    """
    return _once(engine, _code(page_key), lambda code: _start(engine, key, element_id, form, code))


@transaction.again
def _start(engine: context.Engine, key: str, element_id: str, form: Mapping[str, Any], code: str) -> Accepted:
    with transaction.begin(engine, commands.PUBLIC) as tx:
        _, start = _service(engine, tx.uow, key, element_id)
        _refuse_foreign_files(tx, form)
        outcome = correlation.begin(tx, start, None, form, receipt=_hash(code))
        if outcome is None:
            raise Closed("此项网上办理已暂停，请以其他方式联系。")
        return _accept(tx, code, outcome, element_id, None)


def _once(engine: context.Engine, code: str, send: Callable[[str], Accepted]) -> Accepted:
    """Send something in, and do nothing but answer as before when the same page was sent in before.

    Also when both are sent at the same moment: whichever is slower finds that nothing waits for it any more, that its
    file was sent in already, or that there is a receipt, and then that it is its own.
    """
    known = _known(engine, code)
    if known is not None:
        return known
    try:
        return send(code)
    except errors.GongkaiError:
        known = _known(engine, code)
        if known is None:
            raise
        return known


def _known(engine: context.Engine, code: str) -> Accepted | None:
    with engine.store.read() as uow:
        found = uow.receipts.find(_hash(code))
    return None if found is None else Accepted(code, found.received_at)


def track(engine: context.Engine, code: str) -> Tracked:
    """Return how far the case is that somebody sent something to.

    Args:
        engine: The engine.
        code: The code that they got, however they typed it.

    Raises:
        errors.NotFound: No receipt has this code.
    """
    with engine.store.read() as uow:
        receipt = uow.receipts.find(_hash(code))
        if receipt is None:
            raise errors.NotFound("没有此查询码，请核对后重新输入。")
        case = uow.instances.get(receipt.instance_id)
        definition = engine.definitions.get(uow, case.definition_id)
        progress = Progress.RECEIVED
        if case.status.ended:
            progress = Progress.FINISHED
        elif uow.receipts.is_worked_on(case.id, receipt.received_at):
            progress = Progress.HANDLED
        publication = None
        if receipt.publication_id is not None:
            publication = uow.records.publication(receipt.publication_id)
        matter = queries_public.of_matter(uow, case.id)
        since = (each for each in matter if each.published_at > receipt.received_at)
        about = _way(definition, receipt.element_id).form.title
        return Tracked(receipt.received_at, progress, about, publication, tuple(since), tuple(_told(uow, code)))


def _told(uow: unit_of_work.UnitOfWork, code: str) -> Iterator[Told]:
    for note in uow.receipts.notes(_hash(code)):
        paper = None if note.document_id is None else uow.records.document(note.document_id)
        yield Told(note.at, note.text, paper)


# --- what belongs to it ----------------------------------------------------------------------------------------------


def _definition(
    engine: context.Engine, uow: unit_of_work.UnitOfWork, publication: model.Publication
) -> definition_cache.Definition | None:
    if publication.instance_id is None:
        return None
    return engine.definitions.get(uow, uow.instances.get(publication.instance_id).definition_id)


def _is_public(definition: definition_cache.Definition, element_id: str) -> bool:
    element = definition.process.elements.get(element_id)
    return element is not None and element.properties.get("public") == "true" and element.form_key is not None


def _way(definition: definition_cache.Definition, element_id: str) -> Way:
    element = definition.process.elements[element_id]
    form = definition.form(str(element.form_key))
    given = definition.rights(element_id)
    hidden = {
        field.name: forms.Right.HIDE
        for field in form.fields
        if given.of(field) is forms.Right.READ and not given.may_compute(field)
    }
    rights = dataclasses.replace(given, by_field={**given.by_field, **hidden})
    return Way(element_id, form, rights, element.documentation or "")


def _waiting(
    engine: context.Engine, uow: unit_of_work.UnitOfWork, publication: model.Publication
) -> Iterator[tuple[definition_cache.Definition, instances.Subscription]]:
    """Yield the public events at which the case of a publication waits, each once."""
    definition = _definition(engine, uow, publication)
    if definition is None or publication.instance_id is None:
        return
    seen = set()
    for waiting in uow.subscriptions.of_instance(publication.instance_id):
        is_message = waiting.kind is instances.SubscriptionKind.MESSAGE
        if is_message and waiting.element_id not in seen and _is_public(definition, waiting.element_id):
            seen.add(waiting.element_id)
            yield definition, waiting


def _why_closed(uow: unit_of_work.UnitOfWork, publication: model.Publication, now: datetime.datetime) -> str:
    """Return why nothing can be sent in about a publication, whatever its case waits for."""
    if queries_public.replacements(uow, [publication.id]):
        return "此件已被替代，请在现行的公开信息中提交。"
    if uow.records.withdrawals([publication.id]):
        return "此件已经撤回，不再接受提交。"
    if portal.is_closed(publication, now):
        return _not_now(publication)
    if publication.until is None and publication.instance_id is not None:
        # What was announced with a time is what the public answers to; not the result that follows it.
        others = uow.records.publications_of(publication.instance_id)
        if any(each.until is not None for each in others):
            return "此件不征求意见，也不接受报名。"
    return ""


def _not_now(publication: model.Publication) -> str:
    if publication.until is None:
        return "现在不能提交：办理已经结束，或者还没有开始。"
    return f"已于 {moments.closing(publication.until)} 截止，或者办理已经结束，不再受理。"


def _services(engine: context.Engine, uow: unit_of_work.UnitOfWork) -> Iterator[tuple[Service, instances.Subscription]]:
    active = definitions.DefinitionStatus.ACTIVE
    for row in queries.definitions(uow, latest_only=True, limit=_MOST).items:
        if row.status is not active:
            continue
        definition = engine.definitions.get(uow, row.id)
        for point in definition.process.starts:
            if point.public and point.form_key is not None and point.name is not None:
                for start in uow.subscriptions.starts(instances.SubscriptionKind.MESSAGE, point.name):
                    if (start.definition_id, start.element_id) == (row.id, point.element_id):
                        yield Service(row.key, row.name, _way(definition, point.element_id)), start


def _service(
    engine: context.Engine, uow: unit_of_work.UnitOfWork, key: str, element_id: str
) -> tuple[Service, instances.Subscription]:
    for service, start in _services(engine, uow):
        if (service.key, service.way.element_id) == (key, element_id):
            return service, start
    raise errors.NotFound(_NO_FORM)


def _accept(
    tx: transaction.Transaction,
    code: str,
    outcome: correlation.Correlation,
    element_id: str,
    publication_id: int | None,
) -> Accepted:
    assert outcome.instance_id is not None
    receipt = model.Receipt(outcome.instance_id, element_id, publication_id, tx.now)
    kept = tx.uow.receipts.add(_hash(code), receipt)
    case = tx.uow.instances.lock(outcome.instance_id)
    tx.note(case, "give-receipt", f"public-receipt/{kept}", seal=sealing.receipt(tx.uow.link, kept))
    return Accepted(code, tx.now)


def _refuse_foreign_files(tx: transaction.Transaction, form: Mapping[str, Any]) -> None:
    """Refuse files that the office uploaded, or that somebody sent in with something else."""
    for token in _tokens(form):
        found = tx.uow.files.find(token)
        if found is not None and (found.owner != tx.actor.id or tx.uow.files.cases(found.id)):
            raise errors.InvalidInput("文件不是在此页面上传的，请重新上传。")


def _tokens(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        if isinstance(value.get("token"), str):
            yield value["token"]
        value = list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            yield from _tokens(part)


# --- codes -----------------------------------------------------------------------------------------------------------


def _code(key: str) -> str:
    """Return the code of a page: 80 bits of a hash of its random key, so that whoever sends it twice has one code."""
    number = int.from_bytes(hashlib.sha256(f"public/{key}".encode(errors="replace")).digest())
    letters = "".join(_LETTERS[number >> 5 * place & 31] for place in range(_LENGTH))
    return "-".join(letters[place : place + _GROUP] for place in range(0, _LENGTH, _GROUP))


def _hash(code: str) -> str:
    plain = "".join(letter for letter in code.upper() if letter in _LETTERS)
    return hashlib.sha256(plain.encode()).hexdigest()

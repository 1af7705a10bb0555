"""Everything of a finished case and of those that it called, read in one transaction: what goes into its archive."""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine import dmn, errors
from engine.actions import case_reading, context, definition_cache, directory, labelled
from engine.model import commands, instances, views_cases
from engine.model import definitions as deployed
from engine.model import files as model_files
from engine.model import records as model
from engine.store import case_rows, queries_cases, unit_of_work


@dataclasses.dataclass(frozen=True)
class Filed:
    """One case of the family, with everything that its part of the page shows."""

    seen: case_reading.Reading
    values: tuple[views_cases.ValueGroup, ...]
    opinions: tuple[views_cases.Opinion, ...]
    documents: Sequence[model.Document]
    replaced: Mapping[int, int]
    entries: Sequence[model.Entry]
    publications: Sequence[model.Publication]
    withdrawn: Mapping[int, model.Withdrawal]
    parent: queries_cases.CaseRow | None
    links: Sequence[queries_cases.CaseRow]
    resources: Sequence[deployed.Resource]


@dataclasses.dataclass(frozen=True)
class Family:
    """A case and all that it has called, itself first, with their rows, their audit trails and what these prove."""

    cases: tuple[Filed, ...]
    rows: case_rows.Rows
    chains: tuple[dict[str, Any], ...]
    proofs: tuple[dict[str, Any], ...]
    files: tuple[model_files.StoredFile, ...]

    @property
    def ids(self) -> list[int]:
        """Return the ids of the cases."""
        return [case.seen.instance.id for case in self.cases]


def read(engine: context.Engine, instance_id: int, actor: commands.Actor) -> Family:
    """Read a case that has ended, with those that it called.

    Raises:
        errors.NotFound: There is no such case.
        errors.Conflict: It has not ended, or one that it called has not.
    """
    names = engine.directory.get(engine.store)
    with engine.store.read() as uow:
        family = list(_family(uow, uow.instances.get(instance_id)))
        for each in family:
            if not each.status.ended:
                raise errors.Conflict(
                    f"事项 {each.id} 尚未结束（{case_reading.STATUS[each.status]}），结束后才能归档。", instance=each.id
                )
        ids = [each.id for each in family]
        rows = case_rows.of(uow.link, ids)
        chains = {id_: case_rows.chain(uow.link, id_) for id_ in ids}
        cases = tuple(_filed(engine, uow, names, each, actor, chains[each.id]) for each in family)
        proofs = [proof for id_ in ids for act in chains[id_] for proof in case_rows.sealed(uow.link, act, rows)]
        heads = {id_: case_rows.head(uow.link, id_) for id_ in ids}
        return Family(
            cases,
            rows,
            tuple({"chain": id_, "head": heads[id_], "acts": chains[id_]} for id_ in ids),
            tuple(proofs),
            tuple(_files(uow, rows, cases)),
        )


def _family(uow: unit_of_work.UnitOfWork, instance: instances.ProcessInstance) -> Iterator[instances.ProcessInstance]:
    """Yield a case, then each that it called with those that this one called."""
    yield instance
    for child in uow.instances.children(instance.id):
        yield from _family(uow, child)


def _filed(
    engine: context.Engine,
    uow: unit_of_work.UnitOfWork,
    names: directory.Directory,
    instance: instances.ProcessInstance,
    actor: commands.Actor,
    chain: Sequence[Sequence[Any]],
) -> Filed:
    seen = case_reading.whole(engine, uow, names, instance, actor, [_entry(act) for act in chain])
    reader = labelled.Reader.of_all(seen.definition, seen.names)
    announced = uow.records.publications_of(instance.id)
    others = uow.case_links.of_instance(instance.id)
    near = queries_cases.of_ids(uow, [*others, *([instance.parent_id] if instance.parent_id else [])])
    return Filed(
        seen=seen,
        values=reader.groups(seen.variables()),
        opinions=case_reading.opinions(seen, reader),
        documents=uow.records.documents_of(instance.id),
        replaced=uow.document_versions.replaced_in(instance.id),
        entries=uow.records.entries_of(instance.id),
        publications=announced,
        withdrawn=uow.records.withdrawals([each.id for each in announced]),
        parent=near.get(instance.parent_id or 0),
        links=[near[id_] for id_ in others if id_ in near],
        resources=_resources(uow, seen.definition),
    )


def _entry(act: Sequence[Any]) -> instances.AuditEntry:
    chain, seq, at, actor, action, subject, details, previous, hash_ = act
    moment = datetime.datetime.fromisoformat(at)
    return instances.AuditEntry(chain, seq, moment, actor, action, subject, json.loads(details), previous, hash_)


def _resources(uow: unit_of_work.UnitOfWork, definition: definition_cache.Definition) -> list[deployed.Resource]:
    """Return the files of the deployment that the case ran on: its diagram, its forms, decisions, and the pack."""
    used = {definition.row.resource, *(definition_cache.form_path(key) for key in definition.process.form_keys)}
    return [
        each
        for each in uow.deployments.resources(definition.row.deployment_id)
        if each.path in used
        or each.kind is deployed.ResourceKind.PACK
        or (each.kind is deployed.ResourceKind.DECISION and _decides(each, definition))
    ]


def _decides(file: deployed.Resource, definition: definition_cache.Definition) -> bool:
    return any(decision.id in definition.process.decision_refs for decision in dmn.parse(file.content, file.path))


def _files(
    uow: unit_of_work.UnitOfWork, rows: case_rows.Rows, cases: Sequence[Filed]
) -> Iterator[model_files.StoredFile]:
    """Yield the uploaded files that the cases hold, each once: those linked with them, and what else is named."""
    tokens = [str(row["token"]) for row in rows.get("files", [])]
    for case in cases:
        tokens += [file.token for file in labelled.files_in(case.seen.variables())]
        tokens += [file.token for opinion in case.opinions for value in opinion.values for file in value.files]
        tokens += [str(file.get("token")) for item in case.publications for file in item.attachments]
    for token in dict.fromkeys(tokens):
        found = uow.files.find(token)
        if found is not None:
            yield found

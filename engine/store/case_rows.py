"""Everything that is stored of some cases, row by row, as it is stored: for what leaves the house with them.

A table that refers to a case by `instance_id` is part of it, so that a table that is added later is not forgotten; what
is only made for finding and for telling is left out by name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from engine.store import records, sealing, statements, types
from engine.store.all_tables import metadata
from engine.store.tables import audit, definitions, deployments, instances, user_tasks
from engine.store.tables_cooperation import copies, copy_reads
from engine.store.tables_files import draft_files, file_links, files
from engine.store.tables_public import public_receipts, receipt_notes
from engine.store.tables_records import (
    document_versions,
    documents,
    publication_withdrawals,
    publications,
    register_entries,
)

#: What is made of a case to find it, to offer its tasks and to tell people of it.
LEFT_OUT = frozenset(
    {"search_documents", "search_grams", "label_grams", "candidates", "notices", "clean_ups", draft_files.name}
)
#: Columns that only the engine can read.
_INTERNAL = {"instances": frozenset({"undo"}), "publications": frozenset({"words"})}
#: Tables whose rows belong to a row of another: column, and which rows of the other are meant.
_BESIDE = (
    (document_versions.c.document_id, documents),
    (publication_withdrawals.c.publication_id, publications),
    (receipt_notes.c.receipt_id, public_receipts),
    (copy_reads.c.copy_id, copies),
)
_CHAIN = (
    sa.select(
        audit.c.chain,
        audit.c.seq,
        sa.type_coerce(audit.c.at, sa.Text),
        audit.c.actor,
        audit.c.action,
        audit.c.subject,
        audit.c.details,
        audit.c.previous_hash,
        audit.c.hash,
    )
    .where(audit.c.chain == sa.bindparam("chain"))
    .order_by(audit.c.seq)
)
_HEAD = sa.select(instances.c.audit_seq, instances.c.audit_hash).where(instances.c.id == sa.bindparam("instance"))

Rows = dict[str, list[dict[str, Any]]]


def of(link: statements.Link, instance_ids: Sequence[int]) -> Rows:
    """Return the rows of some cases by table, in order of their keys: texts of JSON as what they say.

    Args:
        link: The connection.
        instance_ids: The cases.
    """
    found: Rows = {"instances": _rows(link, instances, instances.c.id.in_(instance_ids))}
    for table in metadata.sorted_tables:
        column = table.c.get("instance_id")
        if column is not None and table.name not in LEFT_OUT:
            found[table.name] = _rows(link, table, column.in_(instance_ids))
    for column, of_what in _BESIDE:
        ids = [row["id"] for row in found[of_what.name]]
        found[column.table.name] = _rows(link, column.table, column.in_(ids))
    found[files.name] = _rows(link, files, files.c.id.in_([row["file_id"] for row in found[file_links.name]]))
    runs_on = definitions.c.id.in_([row["definition_id"] for row in found["instances"]])
    found[definitions.name] = _rows(link, definitions, runs_on)
    brought = [row["deployment_id"] for row in found[definitions.name]]
    found[deployments.name] = _rows(link, deployments, deployments.c.id.in_(brought))
    return {name: rows for name, rows in sorted(found.items()) if rows}


def chain(link: statements.Link, instance_id: int) -> list[list[Any]]:
    """Return the audit trail of a case as it is stored and hashed: chain, seq, at, actor, action, subject, details …"""
    return [list(row) for row in link.all(_CHAIN, {"chain": instance_id})]


def head(link: statements.Link, instance_id: int) -> list[Any]:
    """Return where the audit trail of a case ends, as the case has it: how many entries, and the hash of the last."""
    row = link.one(_HEAD, {"instance": instance_id})
    return [] if row is None else list(row)


def sealed(link: statements.Link, act: Sequence[Any], rows: Rows) -> list[dict[str, Any]]:
    """Return what an act of the audit trail has hashed of records and forms, as it is stored now.

    Args:
        link: The connection.
        act: As `chain` returns it.
        rows: Of its case, as `of` returns them.

    Returns:
        By the `key` of the details that has the hash, the `text` that it is of. Nothing for what was not hashed, or is
        not kept: what a task was filled in with, after the task was taken back.
    """
    action, subject, details = str(act[4]), str(act[5]), json.loads(act[6])
    place = {"chain": act[0], "seq": act[1]}
    number = _number(details.get("note", 0) if action == "tell-sender" else subject.rpartition("/")[2])
    told = details.get("sha256")
    if action == "append-to-register":
        kept = [records.content(row) for row in rows.get(register_entries.name, []) if row["hash"] == told]
        return [{**place, "key": "sha256", "text": types.dump_json(each, canonical=True)} for each in kept[:1]]
    if subject.startswith("user_task/") and told is not None:
        forms = [row["submission"] for row in rows.get(user_tasks.name, []) if row["id"] == number]
        texts = [submitted(each) for each in forms if each is not None]
        same = [text for text in texts if hashlib.sha256(text.encode()).hexdigest() == told]
        return [{**place, "key": "sha256", "text": text} for text in same]
    row = sealing.row_of(link, action, number) if "seal" in details else None
    return [] if row is None else [{**place, "key": "seal", "text": types.dump_json(row, canonical=True)}]


def submitted(values: Mapping[str, Any]) -> str:
    """Return the text of what a form was filled in with that the audit trail keeps the hash of."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode(errors="backslashreplace").decode()


def _number(text: object) -> int:
    return int(str(text)) if str(text).isascii() and str(text).isdecimal() else 0


def _rows(link: statements.Link, table: sa.FromClause, condition: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
    hidden = _INTERNAL.get(str(getattr(table, "name", "")), frozenset())
    columns = [column for column in table.c if column.name not in hidden]
    wanted = [sa.type_coerce(each, sa.Text) if isinstance(each.type, types.PLAIN) else each for each in columns]
    decoded = {each.name for each in columns if isinstance(each.type, types.Json | types.Names)}
    rows = link.select(sa.select(*wanted).where(condition).order_by(*table.primary_key))
    return [
        {
            column.name: json.loads(value) if column.name in decoded and value is not None else value
            for column, value in zip(columns, row, strict=True)
        }
        for row in rows
    ]

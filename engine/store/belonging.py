"""Which rows of which tables belong to a case, derived from the tables themselves.

A table belongs to cases when it has a column `instance_id`, refers to cases, or refers to a table that does. Whatever
else there is stands below, with the reason why nothing of a case is in it, or how it is found there: a table that
nobody has thought of is found by `unknown`, and a test asks for it.
"""

from __future__ import annotations

import functools

import sqlalchemy as sa

from engine.store import (  # noqa: F401 - all tables are to be known here
    tables_batches,
    tables_calendars,
    tables_events,
    tables_files,
    tables_people,
    tables_public,
    tables_retention,
    tables_views,
)
from engine.store.tables import audit, instances, metadata
from engine.store.tables_cooperation import case_links
from engine.store.tables_views import search_readers

#: Tables that keep nothing of a case when it is deleted, or what has to stay of it.
LEFT = {
    "api_tokens": "of accounts",
    "audit_heads": "the head of the system's chain",
    "batch_items": "numbers of cases; what is said of each is taken away (`engine.store.erasing`)",
    "batches": "acts of operators on many cases",
    "blobs": "hashes of contents; the content goes with its last file",
    "calendar_changes": "of the calendar",
    "compatibility": "which programs may go on",
    "definitions": "the procedures themselves",
    "deployment_resources": "the procedures themselves",
    "deployments": "the procedures themselves",
    "document_versions": "beside official documents; what they were made of is taken out (`engine.store.erasing`)",
    "documents": "official documents stay without personal data (`engine.store.erasing`)",
    "erased_origins": "which deleted case a record is of",
    "erasures": "that the case was deleted, when and on what ground",
    "external_topics": "of the procedures",
    "feeds": "how far readers have come",
    "files": "goes with the next sweep, when no case holds it any more",
    "idempotency": "found by the ids in its answers (`engine.store.erasing`)",
    "kept_files": "what publications show",
    "mailboxes": "of accounts",
    "mails": "found by its links (`engine.store.erasing`)",
    "messages": "what was delivered has no content any more; what nobody waited for is in no case",
    "notice_settings": "of accounts",
    "numbering": "the last number of each series",
    "publication_withdrawals": "beside publications",
    "publications": "what was published stays published",
    "register_entries": "registers stay without personal data (`engine.store.erasing`)",
    "register_values": "beside entries of registers",
    "reminders": "found by the number of the task (`engine.store.erasing`)",
    "resources": "the procedures themselves",
    "saved_filters": "of accounts",
    "sessions": "of accounts",
    "sign_in_attempts": "hashes of names",
    "substitutions": "of accounts",
    "units": "of the organisation",
    "users": "of accounts",
    "webhook_deliveries": "found by the ids in what was sent (`engine.store.erasing`)",
    "webhooks": "of programs",
}

_CASE: sa.BindParameter[int] = sa.bindparam("case", type_=sa.BigInteger)
#: Rows that no rule finds, or that are more than the rule says.
_OTHERWISE: dict[str, sa.ColumnElement[bool]] = {
    audit.name: audit.c.chain == _CASE,
    case_links.name: (case_links.c.instance_id == _CASE) | (case_links.c.other_id == _CASE),
    search_readers.name: search_readers.c.root_id == _CASE,
    instances.name: instances.c.id == _CASE,
}


def condition(table: sa.Table) -> sa.ColumnElement[bool] | None:
    """Return which rows of a table belong to the case `:case`; None where none do."""
    if table.name in LEFT:
        return None
    if table.name in _OTHERWISE:
        return _OTHERWISE[table.name]
    if "instance_id" in table.c:
        own: sa.ColumnElement[bool] = table.c.instance_id == _CASE
        return own
    found: list[sa.ColumnElement[bool]] = []
    for each in table.foreign_key_constraints:
        target = each.referred_table
        if target is table or len(each.elements) != 1:
            continue
        (reference,) = each.elements
        if target is instances:
            found.append(reference.parent == _CASE)
        elif (inner := condition(target)) is not None:
            found.append(reference.parent.in_(sa.select(reference.column).where(inner)))
    return sa.or_(*found) if found else None


def unknown() -> list[str]:
    """Return the tables of which nobody has said whether they hold anything of a case."""
    return sorted(each.name for each in metadata.sorted_tables if each.name not in LEFT and condition(each) is None)


@functools.cache
def deletions() -> tuple[tuple[str, sa.Delete], ...]:
    """Return by table, in an order that foreign keys allow, what deletes the rows of the case `:case`."""
    found = ((each, condition(each)) for each in reversed(metadata.sorted_tables))
    return tuple((table.name, sa.delete(table).where(rows)) for table, rows in found if rows is not None)

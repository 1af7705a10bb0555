"""What stands around a diagram and is referred to by it."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping


@dataclasses.dataclass(frozen=True, slots=True)
class Surroundings:
    """The names a diagram may refer to; None means unknown, and the rule that needs it is skipped.

    topics: topics with a handler.
    forms: form keys (`pack/form`), with the names of the form's fields where they are known.
    decisions: ids of decisions.
    processes: ids of the processes that may be called, without those of the file itself.
    called: ids of the processes that others of the pack call.
    roles: role ids by role name, from `pack.yaml`.
    clauses: ids of the clauses of the source document, from `pack.yaml`.
    templates: names of the templates of official documents.
    """

    topics: Collection[str] | None = None
    forms: Mapping[str, Collection[str] | None] | Collection[str] | None = None
    decisions: Collection[str] | None = None
    processes: Collection[str] | None = None
    called: Collection[str] | None = None
    roles: Mapping[str, str] | None = None
    clauses: Collection[str] | None = None
    templates: Collection[str] | None = None

    def fields(self, form: str) -> Collection[str] | None:
        """Return the field names of a form, None when they are not known."""
        return self.forms.get(form) if isinstance(self.forms, Mapping) else None

"""What must always hold, as a pack declares it, and what checking it found."""

from __future__ import annotations

import dataclasses
import datetime
import enum
from collections.abc import Mapping


class Severity(enum.StrEnum):
    """What a violation means: something wrong was done, or somebody should have a look."""

    ERROR = "error"
    WARNING = "warning"


class SubjectKind(enum.StrEnum):
    """What a check looks at, one by one."""

    CASE = "case"
    PUBLICATION = "publication"
    ENTRY = "entry"
    DOCUMENT = "document"


@dataclasses.dataclass(frozen=True, slots=True)
class Subject:
    """Which cases (keys of processes), publications (kinds), entries (registers) or documents (templates)."""

    kind: SubjectKind
    names: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Lookup:
    """The entry of a register that a subject must have.

    Parameters:
        register: id of the register.
        same: by fields of the entry expressions over the subject that must give the same value.
        values: by fields what they must hold.
        earlier: whether it must be older than the subject.
    """

    register: str
    same: Mapping[str, str]
    values: Mapping[str, str]
    earlier: bool


#: A step of a procedure: the elements that may carry it out, one instead of the other.
Step = tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Check:
    """One rule over subjects; exactly one of `holds`, `distinct`, `in_order`, `entry`, `unique` says what it is.

    Parameters:
        subject: what it looks at.
        when: an expression that tells which of them it concerns.
        holds: an expression that must be true.
        distinct: steps that people must not share.
        in_order: steps that must have been completed, one after the other, whenever one of `before` is entered.
        before: elements.
        entry: the entry of a register that there must be.
        unique: a field whose value no two entries of the register share.
        evidence: a text with `${…}` that says what was found.
    """

    subject: Subject
    when: str = ""
    holds: str = ""
    distinct: tuple[Step, ...] = ()
    in_order: tuple[Step, ...] = ()
    before: tuple[str, ...] = ()
    entry: Lookup | None = None
    unique: str = ""
    evidence: str = ""

    @property
    def expressions(self) -> tuple[str, ...]:
        """Return every expression of it."""
        looked_up = () if self.entry is None else tuple(self.entry.same.values())
        return tuple(filter(None, (self.when, self.holds, *looked_up)))


@dataclasses.dataclass(frozen=True, slots=True)
class Prevention:
    """What refuses the act that would violate an invariant, and the test that proves it."""

    how: str
    test: str


@dataclasses.dataclass(frozen=True, slots=True)
class Invariant:
    """What must always hold.

    Parameters:
        id: as in the list of the platform.
        statement: in a sentence that an official would write.
        clauses: of the source document.
        severity: of a violation.
        reading: how the text was read, where it can be read in two ways.
        prevented: how it is prevented at the moment of the act.
        checks: how it is checked afterwards.
        inapplicable: why it does not concern this document; then there are no checks.
    """

    id: str
    statement: str
    clauses: tuple[str, ...] = ()
    severity: Severity = Severity.ERROR
    reading: str = ""
    prevented: tuple[Prevention, ...] = ()
    checks: tuple[Check, ...] = ()
    inapplicable: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Rulebook:
    """The invariants of a pack, in their order."""

    pack: str
    invariants: tuple[Invariant, ...]


# --- what was found --------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class Violation:
    """A subject for which an invariant does not hold.

    Parameters:
        kind: what it is.
        id: its number.
        name: what people call it.
        register: of an entry.
        instance_id: the case it belongs to, if any.
        at: when the case began, or the record was made.
        evidence: what was found, in a sentence.
        unchecked: whether it could not be checked at all.
    """

    kind: SubjectKind
    id: int
    name: str
    register: str
    instance_id: int | None
    at: datetime.datetime
    evidence: str
    unchecked: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What checking an invariant of a pack came to; of very many violations the newest are kept.

    Parameters:
        pack: slug.
        invariant: which.
        looked_at: how many subjects it concerned.
        violated: how many violations there are.
        violations: those that are kept.
    """

    pack: str
    invariant: Invariant
    looked_at: int
    violated: int
    violations: tuple[Violation, ...]

    @property
    def holds(self) -> bool:
        """Tell whether nothing was found."""
        return not self.violated


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """What checking came to.

    Parameters:
        at: when.
        outcomes: by pack and invariant, in the order of the packs.
        newest: how many of the newest subjects of each sort were looked at; None for all of them.
    """

    at: datetime.datetime
    outcomes: tuple[Outcome, ...]
    newest: int | None = None

    @property
    def errors(self) -> int:
        """Return how many violations are errors."""
        return sum(each.violated for each in self.outcomes if each.invariant.severity is Severity.ERROR)

    @property
    def warnings(self) -> int:
        """Return how many violations are warnings."""
        return sum(each.violated for each in self.outcomes) - self.errors

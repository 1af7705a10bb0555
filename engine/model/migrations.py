"""What migrating a case to another version of its process would do, or did."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """Why a case cannot be migrated: one thing that stands where the other version has no place for it.

    `name` is what the element (or sequence flow) is called in the version in which it is.
    """

    element_id: str
    name: str
    expected: str
    found: str

    def sentence(self) -> str:
        """Return the finding as one readable line."""
        named = f"“{self.name}”（{self.element_id}）" if self.name != self.element_id else f"“{self.element_id}”"
        return f"{named}应{self.expected}；现{self.found}"


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """Something that migrating changes about what a case waits for, in a sentence."""

    element_id: str
    text: str


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """A migration before it happens (or as it happened): nothing but `findings` keeps it from happening.

    Args:
        instance_id: The case.
        key: Id of its process.
        name: Name of the process.
        from_version: The version that it runs on.
        to_version: The version that it is to run on.
        mapping: New element or flow by old one, as they were given.
        findings: Everything that keeps it from happening.
        changes: What it changes about what the case waits for.
        reckoned: Whether timers and due times are counted anew.
    """

    instance_id: int
    key: str
    name: str
    from_version: int
    to_version: int
    mapping: Mapping[str, str]
    findings: tuple[Finding, ...]
    changes: tuple[Change, ...]
    reckoned: bool = False

    @property
    def possible(self) -> bool:
        """Whether nothing keeps it from happening."""
        return not self.findings

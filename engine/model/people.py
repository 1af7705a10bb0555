"""Who works here: people, the units they belong to, and what lets them in."""

from __future__ import annotations

import dataclasses
import datetime
import enum
from collections.abc import Iterable

#: Between the names of a unit and of those above it, the highest first.
UNIT_SEPARATOR = "／"
#: Between a role and the unit that it is meant in, where not the whole role is: no identifier has it.
_WITHIN = "@"


def within(role: str, unit: str) -> str:
    """Return the candidate group of those who have a role and belong to a unit."""
    return f"{role}{_WITHIN}{unit}"


def parted(group: str) -> tuple[str, str | None]:
    """Return the role that a candidate group is of, and the unit that it is within; None for a whole role."""
    role, at, unit = group.partition(_WITHIN)
    return (role, unit) if at else (group, None)


def groups(roles: Iterable[str], unit: str | None) -> frozenset[str]:
    """Return the candidate groups that somebody is in who has these roles and belongs to a unit."""
    held = frozenset(roles)
    return held if unit is None else held | {within(role, unit) for role in held}


class Right(enum.StrEnum):
    """What somebody may do beside the work of their roles."""

    ADMIN = "admin"
    MONITOR = "monitor"
    DESIGN = "design"


class Language(enum.StrEnum):
    """The language of the interface."""

    ZH = "zh"
    EN = "en"


class Scope(enum.StrEnum):
    """What a program may do with an API token."""

    READ = "read"
    WORK = "work"
    START = "start"
    OPERATE = "operate"
    DESIGN = "design"
    JOBS = "jobs"


@dataclasses.dataclass(frozen=True, slots=True)
class Role:
    """A role of a pack: what its lanes are named by. `pack` is the slug of the pack that defines it."""

    id: str
    name: str
    description: str = ""
    pack: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Unit:
    """A part of the organisation (单位、处室)."""

    id: int
    name: str
    parent_id: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class User:
    """Somebody's account.

    `external_id` is what the identity provider of single sign-on calls the person; None where nobody signs in that way.
    `has_password` is False for those who sign in by single sign-on alone.
    """

    id: str
    name: str
    unit_id: int | None
    roles: tuple[str, ...]
    rights: frozenset[Right]
    email: str | None
    active: bool
    created_at: datetime.datetime
    must_change_password: bool
    language: Language
    external_id: str | None
    deactivated_at: datetime.datetime | None
    has_password: bool

    @property
    def unit(self) -> str | None:
        """Return what candidate groups call the unit of the person; None for who belongs to none."""
        return None if self.unit_id is None else str(self.unit_id)

    @property
    def groups(self) -> frozenset[str]:
        """Return the candidate groups that the person is in today: the roles, and these within the own unit."""
        return groups(self.roles, self.unit)


@dataclasses.dataclass(frozen=True, slots=True)
class Session:
    """One browser in which somebody has signed in.

    `csrf` is what the forms of the session carry; `client` is where the session began, as shown to its owner.
    """

    id: int
    user_id: str
    created_at: datetime.datetime
    last_seen_at: datetime.datetime
    expires_at: datetime.datetime
    csrf: str
    client: str


@dataclasses.dataclass(frozen=True, slots=True)
class Substitution:
    """Somebody acts for somebody else (代理), from the first day through the last, in Beijing time.

    `ended_at` is set when it was ended before its last day.
    """

    id: int
    principal: str
    substitute: str
    begins_on: datetime.date
    ends_on: datetime.date
    reason: str
    created_by: str
    created_at: datetime.datetime
    ended_at: datetime.datetime | None = None

    def runs(self, day: datetime.date) -> bool:
        """Tell whether it is in force on a day."""
        return self.ended_at is None and self.begins_on <= day <= self.ends_on


@dataclasses.dataclass(frozen=True, slots=True)
class ApiToken:
    """What a program signs in with. Only its hash is stored; `prefix` is the beginning, to recognise it by.

    `topics` are the external topics whose jobs it may do (scope `jobs`).
    """

    id: int
    user_id: str
    name: str
    scopes: frozenset[Scope]
    prefix: str
    created_at: datetime.datetime
    expires_at: datetime.datetime | None = None
    last_used_at: datetime.datetime | None = None
    revoked_at: datetime.datetime | None = None
    topics: frozenset[str] = frozenset()


class Participation(enum.StrEnum):
    """Why somebody may see a case that no task of theirs says."""

    HANDED_ON = "handed-on"
    MENTIONED = "mentioned"


@dataclasses.dataclass(frozen=True, slots=True)
class Attempts:
    """Failed sign-ins of one user name or one client: how many in a row, and until when no more are looked at."""

    failures: int
    last_at: datetime.datetime
    blocked_until: datetime.datetime | None

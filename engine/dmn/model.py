"""What a decision is, once it has been read: frozen, checked, ready to be evaluated."""

from __future__ import annotations

import dataclasses
import enum

from engine.dmn.syntax import Node, Test
from engine.dmn.values import Type
from engine.model.definitions import Finding


class HitPolicy(enum.StrEnum):
    """Which of the matching rules give the result; the value is the attribute of the file."""

    UNIQUE = "UNIQUE"
    FIRST = "FIRST"
    ANY = "ANY"
    PRIORITY = "PRIORITY"
    RULE_ORDER = "RULE ORDER"
    OUTPUT_ORDER = "OUTPUT ORDER"
    COLLECT = "COLLECT"

    @property
    def single(self) -> bool:
        """Whether the result has at most one row."""
        return self in (HitPolicy.UNIQUE, HitPolicy.FIRST, HitPolicy.ANY, HitPolicy.PRIORITY)

    @property
    def ordered_by_output(self) -> bool:
        """Whether the order of the output values ranks the rules."""
        return self in (HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER)


class Aggregation(enum.StrEnum):
    """What COLLECT makes of the values it has collected."""

    SUM = "SUM"
    MIN = "MIN"
    MAX = "MAX"
    COUNT = "COUNT"


@dataclasses.dataclass(frozen=True, slots=True)
class Input:
    """A column of conditions; `allowed` are the values it may have, `line` is its place in the file."""

    id: str
    label: str
    line: int
    text: str
    expression: Node
    type: Type | None = None
    allowed: Test | None = None
    allowed_text: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """An expression of the file with its text and place: an output cell, a default."""

    id: str
    line: int
    text: str
    node: Node


@dataclasses.dataclass(frozen=True, slots=True)
class Output:
    """A column of results; `priorities` are its values, the most important first."""

    id: str
    name: str
    label: str
    line: int
    type: Type | None = None
    allowed: Test | None = None
    allowed_text: str = ""
    priorities: tuple[object, ...] = ()
    default: Entry | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Condition:
    """An input cell of a rule."""

    id: str
    line: int
    text: str
    test: Test


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    """A row; `number` counts from 1 as the designer's tool shows it."""

    id: str
    number: int
    line: int
    conditions: tuple[Condition, ...]
    results: tuple[Entry, ...]
    annotations: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Decision:
    """A decision table, or a literal expression as the table it is: one rule without conditions.

    `variable` is the name under which other decisions know the result besides the id; `requires` are the decisions
    whose results this one reads; `warnings` are findings that do not prevent deployment.
    """

    id: str
    name: str
    file: str
    line: int
    hit_policy: HitPolicy
    aggregation: Aggregation | None
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    variable: str | None = None
    requires: tuple[Decision, ...] = dataclasses.field(default=(), repr=False, hash=False)
    version_tag: str | None = None
    history_ttl: str | None = None
    warnings: tuple[Finding, ...] = ()

"""Regular expressions that cannot hang: matched in time linear in the text.

Python's `re` backtracks, so that one pattern in a form and one crafted submission can occupy a process for hours.
Patterns are compiled to a deterministic automaton instead when a form is read: each character of a text costs one look
into a table, and a pattern whose table would be too large is refused with the form.
"""

from __future__ import annotations

import bisect
import functools
from collections.abc import Iterable

from engine.forms import pattern_syntax

MAX_SOURCE = 500
MAX_STATES = 600
#: Longest text that is matched, in characters; a field with a pattern is never longer.
MAX_TEXT = 2000
#: Steps of making a pattern deterministic; what needs more has too many ways to go on (`[ab]*a[ab]{100}`).
_MAX_WORK = 300_000


def _size(node: pattern_syntax.Node) -> int:
    match node:
        case pattern_syntax.Chars():
            return 1
        case pattern_syntax.Sequence():
            return 1 + sum(_size(part) for part in node.parts)
        case pattern_syntax.Choice():
            return sum(1 + _size(branch) for branch in node.branches)
        case pattern_syntax.Repeat():
            return 1 + (1 + _size(node.node)) * max(node.least + (node.most is None), node.most or 0)


class Pattern:
    """A compiled pattern; immutable.

    Raises PatternError when `source` is outside the subset or its automaton would be too large.
    """

    def __init__(self, source: str) -> None:
        if len(source) > MAX_SOURCE:
            raise pattern_syntax.PatternError(f"应不超过 {MAX_SOURCE} 个字符，现为 {len(source)} 个字符")
        self.source = source
        anchored_start, self._whole, node = pattern_syntax.parse(source)
        if _size(node) > MAX_STATES:
            raise pattern_syntax.PatternError(
                f"展开后应不超过 {MAX_STATES} 个状态，现为 {_size(node)} 个，请减少重复次数"
            )
        automaton = _Automaton(node)
        self._bounds = automaton.bounds()
        self._table, self._accepting = automaton.deterministic(self._bounds, restart=not anchored_start)

    def matches(self, text: str) -> bool:
        """Tell whether the pattern matches `text`, somewhere unless it is anchored."""
        state = 0
        for char in text:
            if not self._whole and self._accepting[state]:
                return True
            state = self._table[state][bisect.bisect_right(self._bounds, ord(char))]
        return self._accepting[state]


class _Automaton:
    """The nondeterministic automaton of a pattern: states that read a character, and states that only jump."""

    def __init__(self, node: pattern_syntax.Node) -> None:
        self.chars: list[pattern_syntax.Ranges | None] = []
        self.jumps: list[tuple[int, ...]] = []
        self.accept = self.state(None)
        self.start = self.closure((self.build(node, self.accept),))

    def state(self, chars: pattern_syntax.Ranges | None, *jumps: int) -> int:
        self.chars.append(chars)
        self.jumps.append(jumps)
        return len(self.chars) - 1

    def build(self, node: pattern_syntax.Node, after: int) -> int:
        """Add the states of `node` that lead to state `after`; return the state where they begin."""
        match node:
            case pattern_syntax.Chars():
                return self.state(node.ranges, after)
            case pattern_syntax.Sequence():
                for part in reversed(node.parts):
                    after = self.build(part, after)
                return after
            case pattern_syntax.Choice():
                return self.state(None, *(self.build(branch, after) for branch in node.branches))
            case pattern_syntax.Repeat():
                return self.build_repeat(node, after)

    def build_repeat(self, node: pattern_syntax.Repeat, after: int) -> int:
        if node.most is None:
            loop = self.state(None)
            self.jumps[loop] = (self.build(node.node, loop), after)
            start = loop
        else:
            start = after
            for _ in range(node.most - node.least):
                start = self.state(None, self.build(node.node, start), after)
        for _ in range(node.least):
            start = self.build(node.node, start)
        return start

    def closure(self, states: Iterable[int]) -> frozenset[int]:
        """Follow the jumps; keep only states that read a character, and the accepting one."""
        pending, seen = list(states), set(states)
        while pending:
            state = pending.pop()
            if self.chars[state] is None:
                fresh = set(self.jumps[state]) - seen
                seen |= fresh
                pending.extend(fresh)
        return frozenset(state for state in seen if self.chars[state] is not None or state == self.accept)

    def bounds(self) -> list[int]:
        """Return the code points at which some state begins or ceases to read; between two of them all are alike."""
        edges = {edge for ranges in self.chars for low, high in ranges or () for edge in (low, high + 1)}
        return sorted(edges)

    def deterministic(self, bounds: list[int], *, restart: bool) -> tuple[list[list[int]], list[bool]]:
        """Return, for each set of states that can be reached, where each class of characters leads, and if it accepts.

        `restart`: a match may begin anywhere in the text.
        """
        sets = [self.start]
        numbers = {self.start: 0}
        table: list[list[int]] = []
        work = 0
        while len(table) < len(sets):
            row = []
            for code in (-1, *bounds):
                following = self.move(sets[len(table)], code) | (self.start if restart else frozenset())
                work += len(following) + 1
                if work > _MAX_WORK:
                    raise pattern_syntax.PatternError("过于复杂，请减少重复次数或“|”的分支")
                if following not in numbers:
                    numbers[following] = len(sets)
                    sets.append(following)
                row.append(numbers[following])
            table.append(row)
        return table, [self.accept in states for states in sets]

    def move(self, states: frozenset[int], code: int) -> frozenset[int]:
        reached: set[int] = set()
        for state in states:
            if any(low <= code <= high for low, high in self.chars[state] or ()):
                reached.update(self.jumps[state])
        return self.closure(tuple(reached))


@functools.lru_cache(maxsize=1024)
def compiled(source: str) -> Pattern:
    """Return the compiled pattern for `source`, from a cache; raises PatternError."""
    return Pattern(source)

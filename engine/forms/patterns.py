"""Regular expressions that cannot hang: matched in time linear in the text.

Python's `re` backtracks, so that one pattern in a form and one crafted submission can occupy a process for hours.
Patterns are compiled to a small automaton instead, and its states are followed side by side.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

from engine.forms import pattern_syntax

MAX_SOURCE = 500
MAX_STATES = 600
#: Longest text that is matched, in characters; a field with a pattern is never longer.
MAX_TEXT = 2000
#: Remembered states over all remembered moves of one pattern; keeps the memory of hostile texts to a few megabytes.
_MAX_REMEMBERED = 100_000


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
    """A compiled pattern.

    Raises PatternError when `source` is outside the subset or its automaton would have more than MAX_STATES states.
    """

    def __init__(self, source: str) -> None:
        if len(source) > MAX_SOURCE:
            raise pattern_syntax.PatternError(f"应不超过 {MAX_SOURCE} 个字符，现为 {len(source)} 个字符")
        self.source = source
        self.anchored_start, self.anchored_end, node = pattern_syntax.parse(source)
        if _size(node) > MAX_STATES:
            raise pattern_syntax.PatternError(
                f"展开后应不超过 {MAX_STATES} 个状态，现为 {_size(node)} 个，请减少重复次数"
            )
        # A state is either a set of characters with the state after it, or only jumps (characters None).
        self._chars: list[pattern_syntax.Ranges | None] = []
        self._jumps: list[tuple[int, ...]] = []
        self._accept = self._state(None)
        self._start = self._closure((self._build(node, self._accept),))
        self._moves: dict[tuple[frozenset[int], str], frozenset[int]] = {}
        self._remembered = 0

    def matches(self, text: str) -> bool:
        """Tell whether the pattern matches `text`, somewhere unless it is anchored."""
        states = self._start
        for char in text:
            if not self.anchored_end and self._accept in states:
                return True
            if not states and self.anchored_start:
                return False
            states = self._move(states, char)
        return self._accept in states

    def _state(self, chars: pattern_syntax.Ranges | None, *jumps: int) -> int:
        self._chars.append(chars)
        self._jumps.append(jumps)
        return len(self._chars) - 1

    def _build(self, node: pattern_syntax.Node, after: int) -> int:
        """Add the states of `node` that lead to state `after`; return the state where they begin."""
        match node:
            case pattern_syntax.Chars():
                return self._state(node.ranges, after)
            case pattern_syntax.Sequence():
                for part in reversed(node.parts):
                    after = self._build(part, after)
                return after
            case pattern_syntax.Choice():
                return self._state(None, *(self._build(branch, after) for branch in node.branches))
            case pattern_syntax.Repeat():
                return self._build_repeat(node, after)

    def _build_repeat(self, node: pattern_syntax.Repeat, after: int) -> int:
        if node.most is None:
            loop = self._state(None)
            self._jumps[loop] = (self._build(node.node, loop), after)
            start = loop
        else:
            start = after
            for _ in range(node.most - node.least):
                start = self._state(None, self._build(node.node, start), after)
        for _ in range(node.least):
            start = self._build(node.node, start)
        return start

    def _closure(self, states: Iterable[int]) -> frozenset[int]:
        """Follow the jumps; keep only states that read a character, and the accepting one."""
        pending, seen = list(states), set(states)
        while pending:
            state = pending.pop()
            if self._chars[state] is None:
                fresh = set(self._jumps[state]) - seen
                seen |= fresh
                pending.extend(fresh)
        return frozenset(state for state in seen if self._chars[state] is not None or state == self._accept)

    def _move(self, states: frozenset[int], char: str) -> frozenset[int]:
        known = self._moves.get((states, char))
        if known is not None:
            return known
        code = ord(char)
        reached: set[int] = set()
        for state in states:
            ranges = self._chars[state]
            if ranges is not None and any(low <= code <= high for low, high in ranges):
                reached.update(self._jumps[state])
        following = self._closure(tuple(reached))
        if not self.anchored_start:
            following |= self._start
        if self._remembered > _MAX_REMEMBERED:
            self._moves.clear()
            self._remembered = 0
        self._moves[states, char] = following
        self._remembered += len(following) + 1
        return following


@functools.lru_cache(maxsize=1024)
def compiled(source: str) -> Pattern:
    """Return the compiled pattern for `source`, from a cache; raises PatternError."""
    return Pattern(source)

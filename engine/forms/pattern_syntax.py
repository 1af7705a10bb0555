"""The syntax of the patterns that forms may use: the part of the ECMA regular expressions that an automaton can run."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

_CLASSES = {
    "d": ((48, 57),),
    "w": ((48, 57), (65, 90), (95, 95), (97, 122)),
    # The white space of ECMA, so that a page which checks the same pattern in the browser agrees with the server.
    "s": (
        *((9, 13), (32, 32), (160, 160), (0x1680, 0x1680), (0x2000, 0x200A)),
        *((0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF)),
    ),
}
_CONTROLS = {"n": 10, "r": 13, "t": 9}
_PUNCTUATION = frozenset("^$\\.*+?()[]{}|/-")
_LAST = 0x10FFFF

Ranges = tuple[tuple[int, int], ...]


class PatternError(ValueError):
    """The pattern is not written in the supported subset; the text is Chinese and names the position."""


@dataclasses.dataclass(frozen=True, slots=True)
class Chars:
    """One character out of ranges of code points, both ends included."""

    ranges: Ranges


@dataclasses.dataclass(frozen=True, slots=True)
class Sequence:
    """Parts one after the other."""

    parts: tuple[Node, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Choice:
    """Any one of the branches."""

    branches: tuple[Node, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Repeat:
    """A node `least` to `most` times; no `most` means any number."""

    node: Node
    least: int
    most: int | None


Node = Chars | Sequence | Choice | Repeat


def _complement(ranges: Iterable[tuple[int, int]]) -> Ranges:
    result, start = [], 0
    for low, high in sorted(ranges):
        if low > start:
            result.append((start, low - 1))
        start = max(start, high + 1)
    if start <= _LAST:
        result.append((start, _LAST))
    return tuple(result)


class _Parser:
    """Recursive descent over the pattern; `at` is the next position."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.end = len(source)

    def fail(self, what: str) -> PatternError:
        return PatternError(f"第 {self.at + 1} 个字符处{what}")

    def peek(self) -> str:
        return self.source[self.at] if self.at < self.end else ""

    def take(self) -> str:
        char = self.peek()
        if not char:
            raise self.fail("意外结束")
        self.at += 1
        return char

    def parse(self) -> tuple[bool, bool, Node]:
        """Return whether the start and the end are anchored, and what lies between."""
        anchored_start = self.peek() == "^"
        self.at += anchored_start
        anchored_end = self.source.endswith("$") and not _escaped(self.source, len(self.source) - 1)
        self.end -= anchored_end
        node = self.choice(0)
        if self.at < self.end:
            raise self.fail("有多余的“)”")
        if isinstance(node, Choice) and (anchored_start or anchored_end):
            raise PatternError("“^”“$”与最外层的“|”并用时含义不明，请写成 ^(甲|乙)$")
        return anchored_start, anchored_end, node

    def choice(self, depth: int) -> Node:
        if depth > 20:
            raise self.fail("括号嵌套过深")
        branches = [self.sequence(depth)]
        while self.peek() == "|":
            self.at += 1
            branches.append(self.sequence(depth))
        return branches[0] if len(branches) == 1 else Choice(tuple(branches))

    def sequence(self, depth: int) -> Node:
        parts = []
        while self.peek() not in ("", "|", ")"):
            parts.append(self.repeat(self.atom(depth)))
        return Sequence(tuple(parts))

    def repeat(self, node: Node) -> Node:
        match self.peek():
            case "*":
                least, most = 0, None
            case "+":
                least, most = 1, None
            case "?":
                least, most = 0, 1
            case "{":
                return self.counted(node)
            case _:
                return node
        self.at += 1
        return self.once(Repeat(node, least, most))

    def counted(self, node: Node) -> Node:
        close = self.source.find("}", self.at, self.end)
        least, comma, most = self.source[self.at + 1 : max(close, self.at + 1)].partition(",")
        if close < 0 or not all(number.isascii() and number.isdigit() for number in (least, most or "0")):
            raise self.fail("重复次数应写成 {3}、{3,} 或 {3,5}")
        if max(len(least), len(most)) > 4 or (most and int(most) < int(least)):
            raise self.fail("重复次数过大或上限小于下限")
        self.at = close + 1
        upper = int(least) if not comma else int(most) if most else None
        return self.once(Repeat(node, int(least), upper))

    def once(self, node: Node) -> Node:
        if self.peek() in ("*", "+", "?", "{"):
            raise self.fail("重复符号不能连用（也不支持非贪婪写法）")
        return node

    def atom(self, depth: int) -> Node:
        char = self.take()
        if char == "(":
            if self.peek() == "?":
                if self.source[self.at : self.at + 2] != "?:":
                    raise self.fail("只支持 ( ) 与 (?: )，不支持断言、命名组和反向引用")
                self.at += 2
            node = self.choice(depth + 1)
            if self.take() != ")":
                raise self.fail("缺少“)”")
            return node
        if char == "[":
            return self.char_class()
        if char == "\\":
            return Chars(self.escape())
        if char == ".":
            return Chars(_complement(((10, 10), (13, 13), (0x2028, 0x2029))))
        if char in "^$*+?{}]":
            self.at -= 1
            raise self.fail(f"的“{char}”需要写成“\\{char}”（^、$ 只用于整个表达式的首尾）")
        return Chars(((ord(char), ord(char)),))

    def escape(self) -> Ranges:
        char = self.take()
        if char in _CLASSES:
            return _CLASSES[char]
        if char.lower() in _CLASSES:
            return _complement(_CLASSES[char.lower()])
        if char in _CONTROLS:
            return ((_CONTROLS[char], _CONTROLS[char]),)
        if char == "u":
            digits = self.source[self.at : min(self.at + 4, self.end)]
            if len(digits) != 4 or any(digit not in "0123456789abcdefABCDEF" for digit in digits):
                raise self.fail("应为四位十六进制数，如 \\u4e00")
            self.at += 4
            return ((int(digits, 16), int(digits, 16)),)
        if char in _PUNCTUATION:
            return ((ord(char), ord(char)),)
        self.at -= 1
        raise self.fail(f"的“\\{char}”不受支持")

    def char_class(self) -> Node:
        negated = self.peek() == "^"
        self.at += negated
        ranges: list[tuple[int, int]] = []
        while self.peek() != "]":
            low = self.member()
            if self.peek() == "-" and self.source[self.at + 1 : self.at + 2] != "]":
                self.at += 1
                high = self.member()
                if len(low) != 1 or len(high) != 1 or low[0][0] != low[0][1] or high[0][0] != high[0][1]:
                    raise self.fail("的范围两端应各为一个字符")
                if high[0][0] < low[0][0]:
                    raise self.fail("的范围上限小于下限")
                ranges.append((low[0][0], high[0][0]))
            else:
                ranges.extend(low)
        self.at += 1
        if not ranges:
            raise self.fail("的“[]”内没有字符")
        return Chars(_complement(ranges) if negated else tuple(ranges))

    def member(self) -> Ranges:
        char = self.take()
        if char == "\\":
            return self.escape()
        if char in "[(){}|/":
            self.at -= 1
            raise self.fail(f"的“{char}”在方括号内需要写成“\\{char}”")
        return ((ord(char), ord(char)),)


def _escaped(source: str, index: int) -> bool:
    slashes = 0
    while index > 0 and source[index - 1] == "\\":
        slashes, index = slashes + 1, index - 1
    return slashes % 2 == 1


def parse(source: str) -> tuple[bool, bool, Node]:
    """Return whether the start and the end of the pattern are anchored, and what lies between; raises PatternError."""
    return _Parser(source).parse()

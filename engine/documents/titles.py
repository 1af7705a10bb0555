"""Where the title of an official document is broken into lines: between words, never within one (GB/T 9704, 7.3.1)."""

from __future__ import annotations

import re

import rjieba

#: What fits into a line of a title, in half-width letters, and the first letter that is wide.
WIDTH = 38
_WIDE = 0x1100
#: A name in marks is one word unless it is longer than two thirds of a line.
_NAME = re.compile("《[^《》]*》|“[^“”]*”")
_LONGEST_NAME = WIDTH * 2 // 3
#: What does not begin a line, and what does not end one.
_NOT_FIRST = frozenset("的地得了》”、，。：；）〕和与及年月日号期度次")
_NOT_LAST = frozenset("《“（〔第")
#: Where a phrase ends, a break is welcome; where one begins or is joined, it is not. In half-width letters squared.
_ENDS = frozenset("的》”、，）〕")
_CLINGS = ("关于", "对", "和", "与", "及", "向", "在")
_WELCOME, _UNWELCOME = -30, 120


def lines(title: str) -> list[str]:
    """Return a title in as few lines as it takes, of about the same length, broken between words.

    No letter stands alone in a line; a name in marks stays whole where two thirds of a line hold it.
    """
    if width(title) <= WIDTH:
        return [title]
    words = _words(title)
    for count in range(-(-width(title) // WIDTH), len(words)):
        found = _divided(words, count)
        if found:
            return found
    return words


def width(text: str) -> int:
    """Return how wide a text is, in half-width letters."""
    return sum(1 if ord(letter) < _WIDE else 2 for letter in text)


def _words(title: str) -> list[str]:
    """Return the pieces of a title between which it may be broken."""
    pieces: list[str] = []
    end = 0
    for name in _NAME.finditer(title):
        if width(name.group()) <= _LONGEST_NAME:
            pieces += [*rjieba.cut(title[end : name.start()], False), name.group()]
            end = name.end()
    pieces += rjieba.cut(title[end:], False)
    words: list[str] = []
    for piece in pieces:
        if words and (piece[0] in _NOT_FIRST or words[-1][-1] in _NOT_LAST or not piece.strip()):
            words[-1] += piece
        else:
            words.append(piece)
    return [part for word in words for part in _bounded(word)]


def _bounded(word: str) -> list[str]:
    """Cut what no line holds, such as a number of a hundred digits."""
    most = WIDTH // 2
    return [word[at : at + most] for at in range(0, len(word), most)] if width(word) > WIDTH else [word]


def _divided(words: list[str], count: int) -> list[str]:
    """Return words in so many lines, or nothing where they do not fit: least uneven, broken where phrases end."""
    wanted = sum(map(width, words)) / count
    best: list[tuple[float, tuple[int, ...]] | None] = [(0.0, ()), *[None] * len(words)]
    for left in range(count - 1, -1, -1):
        found: list[tuple[float, tuple[int, ...]] | None] = [None] * (len(words) + 1)
        for begin, so_far in enumerate(best):
            if so_far is None:
                continue
            long = 0
            for end in range(begin + 1, len(words) - left + 1):
                long += width(words[end - 1])
                if long > WIDTH:
                    break
                cost = so_far[0] + (long - wanted) ** 2 + (_liked(words[end - 1]) if end < len(words) else 0)
                held = found[end]
                if held is None or cost < held[0]:
                    found[end] = (cost, (*so_far[1], end))
        best = found
    chosen = best[len(words)]
    ends = () if chosen is None else chosen[1]
    return ["".join(words[begin:end]).strip() for begin, end in zip((0, *ends), ends, strict=False)]


def _liked(word: str) -> float:
    if word[-1] in _ENDS:
        return _WELCOME
    return _UNWELCOME if word.endswith(_CLINGS) else 0

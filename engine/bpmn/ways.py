"""The way a token has come: which user tasks lie behind it, and to which of them it may go back.

Going back is sound when the run from the earlier task to here consumed one token and left one, whatever happened
between: then the case stands after the return as if the others had simply been faster, and that is a state the diagram
itself allows. So each token carries its way: a list of frames, the outermost first. A fork puts a new frame on the way
of every branch; a join takes it off again when all the branches have come together. What has been done in the last
frame may be done again. What stands in the frames around it may not, as branches of the fork are still under way; nor
what was done within branches that have joined, in a subprocess or in runs of a loop that have ended.

A frame is ``[id, share, of, entries]``: the branch holds `share` of `of` parts of what was forked. Its id is the number
of a token; below zero, other tokens than can be told may have part in what lies before it. An entry is one of

- ``[element, token]``: a user task that was completed by this token,
- ``[element, token, reason]``: one that cannot be opened again by itself: PARALLEL, SCOPE or LOOP,
- ``[element]``: something was done that reaches beyond the case; nothing before it is opened again.

Entries are unique by element, so a way is no longer than the diagram, however often a case goes round. Ways are never
changed in place: many tokens share one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from engine.bpmn.token import Token

Way = list[list[Any]]
Entry = list[Any]

#: What an element leaves on the way of the token that completed it: a task to go back to, or an effect outside.
TASK, EFFECT = "task", "effect"

#: Why a task cannot be opened again by itself.
PARALLEL, SCOPE, LOOP = "parallel", "scope", "loop"

#: Forks within forks that never join are remembered no deeper.
DEPTH = 12


def of(token: Token) -> Way:
    """Return the way of a token."""
    way: Way = token.internal_data.get("way", [])
    return way


def given(way: Way) -> dict[str, Any]:
    """Return what a new token that goes on along a way keeps of it."""
    return {"way": way} if way else {}


def leave(token: Token) -> Way:
    """Return the way of what leaves a completed token, and tell what it is part of. After a failure, do it again."""
    spec, way = token.task_spec, of(token)
    if spec.trace is None:
        return way
    run = "i" in token.internal_data
    body = spec.loop is not None and not run
    if spec.trace == TASK:
        if run:
            return way  # the body tells of all runs together
        entry = [spec.name, token.id]
        _tell(token, entry, LOOP if body else SCOPE)
        return _add(way, [*entry, LOOP] if body else entry, token.id)
    if reaches_out(spec) and not body:  # of a body all runs have told
        _tell(token, [spec.name])
        return _add(way, [spec.name], token.id)
    return way


def reaches_out(spec: Any) -> bool:
    """Tell whether an element that was completed cannot be undone; `reversible` says that it may be done again."""
    return bool(spec.trace == EFFECT and spec.properties.get("reversible") != "true")


def note_effect(token: Token) -> None:
    """Note at a token that is not completed that something of it may have reached beyond the case: its handler ran."""
    if reaches_out(token.task_spec):
        entry = [token.task_spec.name]
        _tell(token, entry)
        token.internal_data.update(given(_add(of(token), entry, token.id)))


def lost(number: int) -> Way:
    """Return the way of a token of which nothing is known but that other tokens may have part in it."""
    return [[-number, 1, 1, []]]


def fork(way: Way, number: int, branches: int) -> Way:
    """Return the way of each of several tokens that leave an element together."""
    return way if branches < 2 else _push(way, [number, 1, branches, []])


def aside(way: Way, number: int) -> Way:
    """Return the way of a token that came to be beside another one, which goes on as if nothing had happened."""
    return _push(way, [number, 0, 1, []])


def merge(ways: Sequence[Way], number: int) -> Way:
    """Return the way of the token of this number, which goes on where several came together."""
    if len(ways) == 1:
        return ways[0]
    depth = _common(ways)
    if depth == 0:
        return lost(number) if any(ways) else []
    frames = [way[depth - 1] for way in ways]
    kept = _beginning([frame[3] for frame in frames])
    entries = list(kept)
    for way, frame in zip(ways, frames, strict=True):
        _append_blocked(entries, frame[3][len(kept) :])
        for deeper in way[depth:]:
            _append_blocked(entries, deeper[3])
    share, of_ = 0, 1
    for way in ways:
        part, parts = _share(way[depth - 1 :])
        share, of_ = share * parts + part * of_, of_ * parts
    shared = math.gcd(share, of_)
    return _joined([*ways[0][: depth - 1], [frames[0][0], share // shared, of_ // shared, entries]])


def known_in(way: Way, number: int) -> bool:
    """Tell whether a way leads over the completion of a user task by its token, or may do so."""
    return any(frame[0] < 0 or any(len(entry) > 1 and entry[1] == number for entry in frame[3]) for frame in way)


def renamed(way: Way, rename: Callable[[Entry], Entry | None]) -> Way:
    """Return a way with every entry as `rename` gives it; without those for which it gives None."""
    return [[*frame[:3], [entry for old in frame[3] if (entry := rename(old)) is not None]] for frame in way]


def arriving(token: Token) -> Iterator[Way]:
    """Yield the ways that end in a token: its own, or those of what has arrived at a joining gateway so far."""
    internal = token.internal_data
    if "in" not in internal:
        yield of(token)
        return
    found = internal.get("ways", {})
    for flow in internal["in"]:
        yield found.get(flow, lost(token.id))


def _tell(token: Token, entry: Entry, reason: str = SCOPE) -> None:
    """Tell the subprocesses and loops around a token what was done inside: going back over them goes over it, too."""
    level = token
    while (outer := level.parent) is not None and outer.parent is not None:
        if "i" in level.internal_data:
            reason = LOOP
        told = entry if len(entry) == 1 else [*entry, reason]
        outer.internal_data.update(given(_add(of(outer), told, outer.id)))
        level = outer


def _add(way: Way, entry: Entry, number: int) -> Way:
    """Return a way with one more entry; a task that was done before begins a new round there."""
    if len(entry) == 1 and (not way or (len(way) == 1 and not way[0][3])):
        return way  # nothing lies before it
    frames = way or [[number, 1, 1, []]]
    *outer, (id_, share, of_, entries) = frames
    if len(entry) == 1:
        return [*outer, [id_, share, of_, [*(entries[:-1] if entries and len(entries[-1]) == 1 else entries), entry]]]
    at = next((index for index, old in enumerate(entries) if old[0] == entry[0] and len(old) > 1), len(entries))
    if len(entry) == 3:  # what is inside something that goes on: nothing that lies behind it begins anew
        rest = entries[at + 1 :]
    else:
        rest = [old for old in entries[at:] if len(old) == 1][-1:]
    return [*outer, [id_, share, of_, [*entries[:at], *rest, entry]]]


def _push(way: Way, frame: list[Any]) -> Way:
    if len(way) < DEPTH:
        return [*way, frame]
    return [*lost(frame[0]), *way[-DEPTH + 2 :], frame]


def _common(ways: Sequence[Way]) -> int:
    """Return how many frames the ways share."""
    depth = 0
    for frames in zip(*ways, strict=False):
        if any(frame[0] != frames[0][0] for frame in frames):
            break
        depth += 1
    return depth


def _beginning(lists: Sequence[list[Entry]]) -> list[Entry]:
    """Return the entries with which all the lists begin."""
    found = []
    for entries in zip(*lists, strict=False):
        if any(entry != entries[0] for entry in entries):
            break
        found.append(entries[0])
    return found


def _append_blocked(entries: list[Entry], more: list[Entry]) -> None:
    for entry in more:
        if len(entry) == 1:
            if not entries or len(entries[-1]) > 1:
                entries.append(entry)
        else:
            entries[:] = [old for old in entries if old[0] != entry[0] or len(old) == 1]
            entries.append(entry if len(entry) == 3 else [*entry, PARALLEL])


def _share(frames: Way) -> tuple[int, int]:
    """Return how large a part of what was forked first a branch of the last fork holds."""
    share, of_ = 1, 1
    for _, part, parts, _ in frames:
        share, of_ = share * part, of_ * parts
    return share, of_


def _joined(way: Way) -> Way:
    """Take off the frames of forks whose branches have all come together."""
    while len(way) > 1 and way[-1][1] == way[-1][2]:
        *outer, (id_, share, of_, entries), last = way
        entries = list(entries)
        _append_blocked(entries, last[3])
        way = [*outer, [id_, share, of_, entries]]
    return way

"""Naming people in a comment with @: they are told of it. That gives no rights: who may not see a case is not named."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine import errors
from engine.actions import directory, policy, transaction, wording
from engine.model import commands
from engine.store import instances as stored

# Not the @ within an address: something that could be its first half stands before that.
_AT = re.compile(r"(?<![A-Za-z0-9._%+-])@(?=[^\s@])")
_WORD = re.compile(r"[\w.·-]+")


def mentions(text: str, people: Mapping[str, str]) -> tuple[str, ...]:
    """Return the ids of the people whom a text names, each once, in the order in which it does.

    After an @ stands an id or a name, whatever follows it: the longest that fits is meant.

    Args:
        text: The text.
        people: Names by id, of everybody who could be meant.

    Raises:
        errors.InvalidInput: Nobody is called so, or several people are.
    """
    by_name: dict[str, list[str]] = {}
    for id_, name in people.items():
        by_name.setdefault(name, []).append(id_)
    longest = sorted({*people, *by_name} - {""}, key=len, reverse=True)
    found: dict[str, None] = {}
    for at in _AT.finditer(text):
        rest = text[at.end() :]
        called = next((each for each in longest if _begins(rest, each)), None)
        if called is None:
            word = _WORD.match(rest)
            if word is not None:
                raise errors.InvalidInput(f"没有名为“{word[0][:20]}”的人员，请在 @ 之后写姓名或用户标识。")
            continue
        meant = [called] if called in people else by_name[called]
        if len(meant) > 1:
            ids = "、".join(f"@{each}" for each in sorted(meant))
            raise errors.InvalidInput(f"有 {len(meant)} 人名为“{called}”，请写明用户标识：{ids}。")
        found[meant[0]] = None
    return tuple(found)


def checked(tx: transaction.Transaction, locked: stored.LockedInstance, text: str) -> tuple[str, ...]:
    """Return whom a comment on a case names, all of whom may see it.

    Raises:
        errors.InvalidInput: Somebody is named who does not exist, or may not see the case.
    """
    if not _AT.search(text):
        return ()
    users = {user.id: user for user in tx.uow.users.all() if user.active}
    of_pack = {} if users else {user.id: user for user in tx.of(locked).pack.users}
    named = mentions(text, {id_: user.name for id_, user in (users or of_pack).items()})
    for id_ in named:
        if id_ in users:
            person = directory.actor(tx.uow, users[id_], tx.now)
        else:
            unit = of_pack[id_].unit or tx.of(locked).pack.source.issuer
            person = commands.Actor(id_, frozenset(of_pack[id_].roles), unit=unit)
        if not policy.sees(tx.uow, person, locked.id):
            name = wording.person(id_, tx.names(locked))
            raise errors.InvalidInput(f"{name}与此事项无关，不能查看，因此不能 @；如需其知悉，请先抄送。", person=id_)
    return named


def _begins(rest: str, called: str) -> bool:
    """Tell whether a text begins with a name; one in Latin letters ends where the word does."""
    if not rest.startswith(called):
        return False
    following = rest[len(called) : len(called) + 1]
    return not (called[-1].isascii() and following.isascii() and (following.isalnum() or following == "_"))

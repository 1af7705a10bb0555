"""Passwords: which ones are good enough, and how they are kept (argon2id)."""

from __future__ import annotations

import secrets
import threading
import unicodedata

import argon2
from argon2 import exceptions

from engine import errors

#: Characters that a password has at least and at most.
SHORTEST, LONGEST = 8, 128

#: Hashes computed at the same time: each takes `Settings.password_memory_kib`, so a flood of sign-ins is a queue.
_AT_ONCE = 4

#: What people choose when nobody minds; compared in lower case.
# fmt: off
_COMMON = frozenset({
    "12345678", "123456789", "1234567890", "87654321", "11111111", "00000000", "88888888", "66666666", "password",
    "passw0rd", "password1", "admin123", "administrator", "qwertyui", "qwerty123", "qwertyuiop", "asdfghjk",
    "1qaz2wsx", "1q2w3e4r", "abc12345", "abcd1234", "aa123456", "a1234567", "a12345678", "p@ssw0rd", "iloveyou",
    "woaini520", "woaini1314", "5201314520", "letmein1", "changeme", "welcome1", "gongkai123",
})
# fmt: on


class Passwords:
    """Hashes and checks passwords. Threads may share it.

    Args:
        memory_kib: Memory that one hash takes, in KiB: what makes guessing expensive.
    """

    def __init__(self, memory_kib: int) -> None:
        self._hasher = argon2.PasswordHasher(time_cost=3, memory_cost=memory_kib, parallelism=1)
        self._room = threading.BoundedSemaphore(_AT_ONCE)
        self._nobody: str | None = None

    def hash(self, password: str) -> str:
        """Return what is stored of a password."""
        with self._room:
            return self._hasher.hash(_plain(password))

    def matches(self, password: str, hashed: str | None) -> bool:
        """Tell whether a password is the one that was hashed.

        Where there is no hash (an unknown user, or one without a password) the same work is done, so that the time it
        takes tells nothing.
        """
        if len(password) > 4 * LONGEST:
            password = ""  # nobody's: not even looked at, so that nobody can make that expensive
        if hashed is None:
            self._verify(password, self._somebody_elses())
            return False
        return self._verify(password, hashed)

    def outdated(self, hashed: str) -> bool:
        """Tell whether a hash was made with less than is asked for now."""
        return self._hasher.check_needs_rehash(hashed)

    def _verify(self, password: str, hashed: str) -> bool:
        try:
            with self._room:
                return self._hasher.verify(hashed, _plain(password))
        except (exceptions.VerificationError, exceptions.InvalidHashError):
            return False

    def _somebody_elses(self) -> str:
        if self._nobody is None:
            self._nobody = self.hash(secrets.token_urlsafe())
        return self._nobody


def generate() -> str:
    """Return a password for somebody's first sign-in, without characters that are mistaken for each other."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def refuse_weak(password: str, *about: str | None) -> None:
    """Refuse a password that is easily guessed.

    Args:
        password: What somebody chose.
        about: What everybody knows of the person: id, name, address.

    Raises:
        errors.InvalidInput: With what would do instead; the password itself is not repeated.
    """
    plain = _plain(password)
    if not SHORTEST <= len(plain) <= LONGEST:
        raise errors.InvalidInput(f"密码应为 {SHORTEST} 至 {LONGEST} 个字符，现为 {len(plain)} 个。")
    folded = plain.casefold()
    if folded in _COMMON or len(set(folded)) < 4:
        raise errors.InvalidInput("该密码过于常见，容易被猜到，请换一个，例如由几个不相关的词组成。")
    for known in about:
        if known and len(known) >= 2 and known.casefold().partition("@")[0] in folded:
            raise errors.InvalidInput("密码不应包含用户名、姓名或邮箱，请换一个。")


def _plain(password: str) -> str:
    """Return a password as it is hashed: the same however an input method composed its characters."""
    return unicodedata.normalize("NFKC", password).encode(errors="replace").decode()

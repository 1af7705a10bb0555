"""A place in the tokens of a cell, and the few moves that a reader makes."""

from __future__ import annotations

from engine import errors
from engine.dmn import tokens
from engine.dmn.tokens import Token


class Cursor:
    """Stands on one token of a cell and moves on."""

    def __init__(self, text: str) -> None:
        self._tokens = tokens.tokenize(text)
        self._at = 0

    @property
    def current(self) -> Token:
        """The token it stands on."""
        return self._tokens[self._at]

    def peek(self, ahead: int = 1) -> Token:
        """Return a token further on; past the end, the end."""
        return self._tokens[min(self._at + ahead, len(self._tokens) - 1)]

    def following(self) -> tuple[Token, ...]:
        """Return all tokens behind the current one."""
        return self._tokens[self._at + 1 :]

    def at(self, *texts: str) -> bool:
        """Tell whether the current token is one of these names or symbols."""
        return self.current.kind in ("symbol", "name") and self.current.text in texts

    def advance(self) -> Token:
        """Return the current token and stand on the next."""
        token = self.current
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def take(self, *texts: str) -> Token:
        """Return the current token, which has to be one of these, and stand on the next.

        Raises:
            errors.InvalidExpression: It is another.
        """
        if self.at(*texts):
            return self.advance()
        raise self.expected("或".join(f"“{text}”" for text in texts))

    def end(self) -> None:
        """Check that nothing is left.

        Raises:
            errors.InvalidExpression: Something is.
        """
        if self.current.kind == "end":
            return
        raise self.expected(f"运算符、逗号或内容结束{self._hint()}")

    def _hint(self) -> str:
        if self.at(".."):
            return "（区间写作 [1..5]）"
        if self.at("and", "or"):
            return "（“并且”写作区间 [1..5] 或 ? > 1 and ? < 5，“或者”写作逗号）"
        return "（变量名不能含空格，文字应加英文双引号）" if self.current.kind == "name" else ""

    def expected(self, what: str) -> errors.InvalidExpression:
        """Return the error that says what belongs at the current token."""
        return tokens.mistake(what, self.current.shown(), self.current.position)

"""Cuts the text of a FEEL cell into tokens, and says in Chinese what a designer typed by mistake."""

from __future__ import annotations

import dataclasses
import re

from engine import errors

#: Longest text of one cell, in characters.
MAX_LENGTH = 4000

NAME = re.compile(r"[^\W\d]\w*")
_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<number>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)
    | (?P<string>"(?:[^"\\]|\\.)*")
    | (?P<name>[^\W\d]\w*)
    | (?P<wrong>==|&&|\|\||\$\{|//|/\*)
    | (?P<symbol>\.\.|\*\*|<=|>=|!=|[-+*/<>=(),.\[\]?@])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "n": "\n", "r": "\r", "t": "\t", "'": "'"}

#: What people type, and what FEEL wants instead.
_CORRECTIONS = {
    "==": "“=”",
    "&&": "“and”",
    "||": "“or”",
    "!": "“!=”或“not(…)”",
    "${": "不带“${ }”的变量名",
    "//": "不带注释的内容",
    "/*": "不带注释的内容",
    **dict.fromkeys("'“”‘’＂「」", "英文双引号"),
    **dict.fromkeys("，、；;", "英文逗号"),
    **dict.fromkeys("（）", "英文圆括号"),
    **dict.fromkeys("【】［］〔〕", "英文方括号"),
    **dict.fromkeys("－—–−", "英文减号“-”"),
    "＞": "“>”",
    "＜": "“<”",
    "＝": "“=”",
    "≥": "“>=”",
    "≤": "“<=”",
    "≠": "“!=”",
    "…": "“..”",
    "～": "区间写法，如 [1..5]",
    "~": "区间写法，如 [1..5]",
    "。": "英文句点",
    "{": "受支持的 FEEL 写法（不支持上下文 {…}）",
    "%": "小数，如 0.05",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Token:
    """A piece of a cell; `position` counts characters from 1, `kind` is number, string, name, symbol or end."""

    kind: str
    text: str
    position: int

    def shown(self) -> str:
        """Return the token as a message shows it."""
        return "内容结束" if self.kind == "end" else f"“{self.text}”"


def mistake(expected: str, found: str, position: int) -> errors.InvalidExpression:
    """Return the error that names a place in a cell, what belongs there and what stands there."""
    message = f"第 {position} 个字符处应为{expected}，现为{found}"
    return errors.InvalidExpression(message, expected=expected, found=found, position=position)


def tokenize(text: str) -> tuple[Token, ...]:
    """Return the tokens of a cell, closed by one of kind ``end``.

    Raises:
        errors.InvalidExpression: The text is too long or holds a character that FEEL does not know.
    """
    if len(text) > MAX_LENGTH:
        raise mistake(f"不超过 {MAX_LENGTH} 个字符的内容", f"{len(text)} 个字符", MAX_LENGTH + 1)
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup == "wrong":
            raise _unknown(match.group() if match else text[at], at)
        kind, piece = match.lastgroup or "", match.group()
        if kind == "number" and text[match.end() : match.end() + 1].isalnum():
            raise mistake("数字或变量名（变量名不能以数字开头）", f"“{piece}{text[match.end()]}”", at + 1)
        if kind != "space":
            tokens.append(Token(kind, piece, at + 1))
        at = match.end()
    tokens.append(Token("end", "", len(text) + 1))
    return tuple(tokens)


def _unknown(piece: str, at: int) -> errors.InvalidExpression:
    if piece == '"':
        return mistake("以英文双引号结束的文字", "没有结束的引号", at + 1)
    return mistake(_CORRECTIONS.get(piece, "FEEL 的符号、数字、文字或变量名"), f"“{piece}”", at + 1)


def unquote(token: Token) -> str:
    """Return the content of a string token with its escapes resolved.

    Raises:
        errors.InvalidExpression: An escape is not one of FEEL's.
    """

    def resolve(match: re.Match[str]) -> str:
        code, letter = match.groups()
        if code is not None:
            return chr(int(code, 16))
        if letter not in _ESCAPES:
            raise mistake('\\" \\\\ \\n \\r \\t 或 \\uXXXX', f"“\\{letter}”", token.position + 1 + match.start())
        return _ESCAPES[letter]

    content = _ESCAPE.sub(resolve, token.text[1:-1])
    if any("\ud800" <= character <= "\udfff" for character in content):
        content = _join_surrogates(content, token)
    return content


def _join_surrogates(content: str, token: Token) -> str:
    # \uD83D\uDE00 is one character in FEEL as in JSON; half of a pair is none and could not be stored.
    try:
        return content.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise mistake("成对的 \\uXXXX", "不成对的代理字符", token.position) from None

"""From source text to a syntax tree, or to a refusal that says where the mistake is and what to write instead.

A small scanner goes over the text first: it knows what Python's parser would only call “invalid syntax” (the operators
of other expression languages, full-width punctuation) and keeps hostile text away from the parser.
"""

from __future__ import annotations

import ast
import re
import unicodedata  # noqa: F401 - the parser imports it for Chinese names; here, so that no evaluation ever imports
from dataclasses import dataclass

from engine import errors
from engine.bpmn.expressions.evaluation import MAX_TREE_DEPTH

_MAX_BRACKETS = 40
_TOKEN = re.compile(
    r"""
    (?P<string>(?P<prefix>[bBfFrRuU]{0,2})(?:"{3}(?:[^\\]|\\.)*?"{3}|'{3}(?:[^\\]|\\.)*?'{3}
        |"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))
    |(?P<number>0[xX][0-9a-fA-F_]+|0[oObB][0-9_]+|(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?)
    |(?P<name>[^\W\d]\w*)
    |(?P<comment>\#[^\n]*)
    |(?P<newline>\n)
    |(?P<space>[ \t]+|\\\n)
    |(?P<operator>===|!==|&&|\|\||<>|[=!<>]=|\*\*|//|<<|>>|:=|[-+*/%@&|^~<>()\[\]{},:.;=])
    |(?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"""\\(?:[\\'"nrt\n]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|(?P<bad>.))""", re.DOTALL)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_KEYWORDS = frozenset({"and", "or", "not", "in", "is", "if", "else", "for", "elif"})
#: How other expression languages write it, and how it is written here.
_FOREIGN_OPERATORS = {
    "&&": "and",
    "||": "or",
    "===": "==",
    "!==": "!=",
    "<>": "!=",
    "!": "not",
    "?": "“值 if 条件 else 另一个值”",
}
_FOREIGN_WORDS = {
    "eq": "==",
    "ne": "!=",
    "gt": ">",
    "lt": "<",
    "ge": ">=",
    "le": "<=",
    "div": "/",
    "mod": "%",
    "AND": "and",
    "OR": "or",
    "且": "and",
    "或": "or",
}
_FULL_WIDTH = dict(
    zip(
        "，（）“”‘’：；＝＞＜＋－＊／！。【】｛｝、％　０１２３４５６７８９",
        ",()\"\"'':;=><+-*/!.[]{},% 0123456789",
        strict=True,
    )
)
_CLOSING = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True)
class Source:
    """A source text, and the same text as Python's parser gets it: character by character in the same places.

    Parameters:
        kind: what users call it, 表达式 or 脚本.
        text: as written.
        code: as parsed.
    """

    kind: str
    text: str
    code: str

    def refusal(self, where: int | ast.AST, problem: str, instead: str = "") -> errors.InvalidExpression:
        """The error for a place in the text (a character offset, or an element of the tree)."""
        offset = where if isinstance(where, int) else self._offset(where)
        before = self.text[:offset]
        line = before.count("\n") + 1
        column = offset - (before.rfind("\n") + 1) + 1
        advice = f"；{instead}" if instead else ""
        return errors.InvalidExpression(
            f"{self.kind}“{clipped(self.text)}”第 {line} 行第 {column} 列：{problem}{advice}",
            source=self.text,
            line=line,
            column=column,
            problem=problem,
            instead=instead,
        )

    def _offset(self, node: ast.AST) -> int:
        lines = self.code.split("\n")
        number = min(getattr(node, "lineno", 1), len(lines))
        column = len(lines[number - 1].encode()[: getattr(node, "col_offset", 0)].decode(errors="ignore"))
        return sum(len(line) + 1 for line in lines[: number - 1]) + column


def clipped(content: str, length: int = 60) -> str:
    """A text in one line, short enough for a message."""
    line = " ".join(content.split())
    return line if len(line) <= length else f"{line[:length]}…"


def text(source: object, kind: str) -> str:
    """The source, if it is text at all."""
    if not isinstance(source, str):
        raise errors.InvalidExpression(f"{kind}应为文本，实际是 {type(source).__name__}")
    return source


def prepare(text: str, kind: str, limit: int) -> str:
    """The text with Unix line ends; refuses what is too long or has characters nobody can see."""
    if len(text) > limit:
        raise errors.InvalidExpression(f"{kind}“{clipped(text)}”过长：最多 {limit} 个字符，实际 {len(text)} 个")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    source = Source(kind, text, text)
    hidden = _CONTROL.search(text)
    if hidden:
        raise source.refusal(hidden.start(), "有不可见的控制字符", "请删去后重新输入")
    try:
        text.encode()
    except UnicodeEncodeError as exc:
        raise source.refusal(exc.start, "有不完整的字符（单个代理字符）", "请删去后重新输入") from None
    return text


def expression_source(text: str) -> Source:
    """An expression ready for the parser: line ends and comments outside of texts become spaces."""
    return Source("表达式", text, _scan(Source("表达式", text, text), one_line=True))


def script_source(text: str) -> Source:
    """A script ready for the parser: without the indentation that it has in its XML file."""
    text = _dedent(text)
    return Source("脚本", text, _scan(Source("脚本", text, text), one_line=False))


def closing_brace(text: str, start: int) -> int:
    """Where the `}` is that closes the `${` whose expression starts at `start`."""
    depth, position = 0, start
    while token := _TOKEN.match(text, position):
        if token.group() == "}" and not depth:
            return position
        if token.group() in ("'", '"'):
            raise _character(Source("表达式", text, text), token.group(), position)
        depth += (token.group() == "{") - (token.group() == "}")
        position = token.end()
    raise Source("表达式", text, text).refusal(start - 2, "“${”没有对应的“}”", "请补上“}”")


def _scan(source: Source, one_line: bool) -> str:
    """The text for the parser; refuses what can be named better here than by the parser."""
    pieces: list[str] = []
    brackets: list[tuple[str, int]] = []
    operand = False  # whether what came before was a value, so that a word now would have to be an operator
    position = 0
    while token := _TOKEN.match(source.text, position):
        kind, found = token.lastgroup, token.group()
        if kind == "operator":
            _brackets(source, brackets, found, position)
            if one_line and found == "=" and not brackets:
                raise source.refusal(position, "表达式里不能赋值", "比较是否相等请写“==”")
        _foreign(source, token, operand)
        pieces.append(_piece(source, token, one_line))
        if kind not in ("space", "newline", "comment"):
            operand = kind in ("string", "number") or found in _CLOSING or (kind == "name" and found not in _KEYWORDS)
        position = token.end()
    if brackets:
        raise source.refusal(brackets[-1][1], f"括号“{brackets[-1][0]}”没有配对", "请补上右括号")
    return "".join(pieces)


def _brackets(source: Source, brackets: list[tuple[str, int]], found: str, position: int) -> None:
    if found in "([{":
        brackets.append((found, position))
        if len(brackets) > _MAX_BRACKETS:
            raise source.refusal(position, f"括号嵌套过深（超过 {_MAX_BRACKETS} 层）", "请拆成几个表达式")
    elif found in _CLOSING and (not brackets or brackets.pop()[0] != _CLOSING[found]):
        raise source.refusal(position, f"括号“{found}”没有配对")


def _foreign(source: Source, token: re.Match[str], operand: bool) -> None:
    """Refuse what other languages allow, with the way to write it here."""
    kind, found, position = token.lastgroup, token.group(), token.start()
    following = source.text[token.end() : token.end() + 1]
    if found in _FOREIGN_OPERATORS:
        raise source.refusal(position, f"不能使用“{found}”", f"请改用 {_FOREIGN_OPERATORS[found]}")
    if kind == "name" and operand and found in _FOREIGN_WORDS:
        raise source.refusal(position, f"不能使用“{found}”", f"请改用 {_FOREIGN_WORDS[found]}")
    if kind == "name" and found == "empty" and re.match(r"\s+\w|\s*['\"]", source.text[token.end() : token.end() + 9]):
        raise source.refusal(position, "不能使用“empty”", "判断是否为空请写 not x")
    if kind == "number" and (following.isalnum() or following == "_"):
        raise source.refusal(position, "数字后面紧跟着字母", "名称不能以数字开头；数字与 and、or、if 等词之间要有空格")
    if kind == "string":
        _string(source, token)
    if kind == "other":
        raise _character(source, found, position)


def _string(source: Source, token: re.Match[str]) -> None:
    prefix = token.group("prefix").lower()
    if not set(prefix) <= set("rfu"):
        raise source.refusal(token.start(), f"文本前不能有“{token.group('prefix')}”", "请只写引号")
    if "r" not in prefix:
        for escape in _ESCAPE.finditer(token.group()):
            if escape.group("bad"):
                raise source.refusal(
                    token.start() + escape.start(), f"不能使用转义“{escape.group()}”", "反斜杠请写“\\\\”"
                )


def _character(source: Source, found: str, position: int) -> errors.InvalidExpression:
    if found in _FULL_WIDTH:
        return source.refusal(position, f"“{found}”是全角符号", f"请改用半角的“{_FULL_WIDTH[found]}”")
    if found in "'\"":
        return source.refusal(position, "引号没有配对", "请补上右引号")
    if found == "$":
        return source.refusal(position, "不能在这里使用“$”", "整个表达式写作 ${…}，里面直接写变量名")
    return source.refusal(position, f"不能使用“{found}”")


def _piece(source: Source, token: re.Match[str], one_line: bool) -> str:
    found = token.group()
    if token.lastgroup == "name" and found == "from" and re.match(r"\s*=(?!=)", source.text[token.end() :]):
        # `from` is a keyword of Python's; written with a full-width f it is a name, which the parser reads as "from".
        return "\uff46rom"
    if one_line and token.lastgroup in ("newline", "space", "comment"):
        return " " * len(found)
    return found


def _dedent(text: str) -> str:
    """Take away the indentation all lines share; the first may have none, when it follows its XML tag directly."""
    lines = text.split("\n")
    margins = [len(line) - len(line.lstrip(" \t")) for line in lines if line.strip()]
    if not margins:
        return text
    first = next(index for index, line in enumerate(lines) if line.strip())
    if margins[0] == 0 and min(margins[1:], default=0) > 0 and not lines[first].rstrip().endswith(":"):
        margin, start = min(margins[1:]), first + 1
    else:
        margin, start = min(margins), 0
    return "\n".join(line[margin:] if index >= start else line for index, line in enumerate(lines))


def parse(source: Source, mode: str, max_nodes: int) -> ast.AST:
    """The syntax tree: the expression itself, or the module of a script.

    Raises:
        InvalidExpression: it is empty, not Python, too large or nested too deep.
    """
    if not source.code.strip():
        raise source.refusal(0, f"{source.kind}是空的", "请写出要计算的内容")
    lead = len(source.code) - len(source.code.lstrip()) if mode == "eval" else 0
    try:
        tree = ast.parse(source.code[lead:].rstrip() if mode == "eval" else source.code, mode=mode)
    except SyntaxError as exc:
        raise _explained(source, exc, lead) from None
    except (ValueError, RecursionError, MemoryError, OverflowError):
        raise source.refusal(0, "写法过于复杂，无法解析", "请拆成几个较短的表达式") from None
    _measure(source, tree, max_nodes)
    if lead:
        for node in ast.walk(tree):
            if getattr(node, "lineno", 0) == 1:
                node.col_offset += len(source.code[:lead].encode())  # type: ignore[attr-defined]
    return tree.body if isinstance(tree, ast.Expression) else tree


def _explained(source: Source, exc: SyntaxError, lead: int) -> errors.InvalidExpression:
    lines = source.code.split("\n")
    line = min(max(exc.lineno or 1, 1), len(lines))
    column = max((exc.offset or 1) - 1, 0) + (lead if line == 1 else 0)
    offset = sum(len(content) + 1 for content in lines[: line - 1]) + min(column, len(lines[line - 1]))
    reason = (exc.msg or "").lower()
    if "indent" in reason:
        return source.refusal(offset, "缩进不正确", "同一层的语句要对齐，if、elif、else 和 for 下面的语句要缩进")
    if "integer" in reason and "digits" in reason:
        return source.refusal(offset, "整数过大", "绝对值不能超过 10 的 30 次方")
    if "comma" in reason:
        return source.refusal(offset, "写法有误", "此处可能少了逗号或运算符")
    if "==" in reason or "cannot assign" in reason:
        return source.refusal(offset, "赋值的写法有误", "比较是否相等请写“==”")
    if reason.startswith("f-string"):
        return source.refusal(offset, "f 文本中的 {…} 写法有误", "花括号里应是一个表达式")
    return source.refusal(offset, "写法有误，无法识别", "请检查运算符、括号和引号；可用的写法见表达式参考")


def _measure(source: Source, tree: ast.AST, max_nodes: int) -> None:
    count = 0
    level: list[ast.AST] = [tree]
    for _ in range(MAX_TREE_DEPTH):
        count += len(level)
        if count > max_nodes:
            raise source.refusal(0, f"写法过于复杂：最多 {max_nodes} 个语法成分", "请拆成几个较短的表达式")
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return
    raise source.refusal(level[0], f"嵌套过深（超过 {MAX_TREE_DEPTH} 层）", "请拆成几个较短的表达式")

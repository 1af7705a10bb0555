"""Reads a cell: FEEL expressions and unary tests, the part of the language that tables need.

Precedence climbing over a short table; a cell that is nested too deep or has too many operators is refused, so that
neither reading nor evaluating it can exhaust anything.
"""

from __future__ import annotations

from decimal import Decimal

from engine import errors
from engine.dmn import cursor, functions, syntax, tokens, unary
from engine.dmn.syntax import Node, Scope, Test
from engine.dmn.tokens import Token

#: How deep brackets may nest, and how many operators, values and tests a cell may have.
MAX_DEPTH = 20
MAX_OPERATORS = 100
MAX_TESTS = 500

_LEVELS: dict[str, int] = {
    "or": 1,
    "and": 2,
    **dict.fromkeys(("=", "!=", "<", "<=", ">", ">=", "in", "between"), 3),
    **dict.fromkeys(("+", "-"), 4),
    **dict.fromkeys(("*", "/"), 5),
    "**": 6,
}
_ADDITIVE = 4
_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
_REFUSED_WORDS = {
    "for": "循环 for",
    "some": "量词 some",
    "every": "量词 every",
    "function": "自定义函数",
    "instance": "instance of",
    "return": "return",
    "satisfies": "satisfies",
}
_RESERVED = {"true", "false", "null", "if", "then", "else", "and", "or", "in", "between", "not", *_REFUSED_WORDS}


def expression(text: str) -> Node:
    """Read an expression: an input expression, an output entry, a literal expression.

    Raises:
        errors.InvalidExpression: The text is not in the subset; ``details`` has expected, found and position.
    """
    reader = _Reader(text)
    node = reader.expression()
    reader.end()
    return node


def unary_tests(text: str, input_names: frozenset[str] = frozenset()) -> Test:
    """Read an input cell.

    Args:
        text: The cell; empty means every value.
        input_names: Names that mean the value of the column, as `?` does.

    Raises:
        errors.InvalidExpression: The text is not in the subset; ``details`` has expected, found and position.
    """
    reader = _Reader(text, input_names)
    if reader.current.kind == "end":
        return unary.Anything()
    if reader.current.text == "-" and reader.peek().kind == "end":
        return unary.Anything()
    if reader.current.text == "not" and reader.peek().text == "(":
        reader.advance()
        reader.advance()
        test: Test = unary.AnyOf(reader.tests(), negated=True)
        reader.take(")")
        if reader.current.kind != "end":
            raise tokens.mistake("单独成格的 not(…)", reader.current.shown(), reader.current.position)
    else:
        found = reader.tests()
        test = found[0] if len(found) == 1 else unary.AnyOf(found)
    reader.end()
    return test


def is_name(text: str) -> bool:
    """Tell whether a text can be the name of a variable in a cell."""
    return tokens.NAME.fullmatch(text) is not None and text not in _RESERVED


class _Reader(cursor.Cursor):
    def __init__(self, text: str, input_names: frozenset[str] = frozenset()) -> None:
        super().__init__(text)
        self._depth = 0
        self._operators = 0
        self._input_names = input_names

    # Unary tests

    def tests(self) -> tuple[Test, ...]:
        """Read positive unary tests up to what cannot follow one."""
        found = [self._test()]
        while self.at(","):
            self.advance()
            found.append(self._test())
            if len(found) > MAX_TESTS:
                raise self.expected(f"不超过 {MAX_TESTS} 项")
        return tuple(found)

    def _test(self) -> Test:
        if self.at(*_COMPARISONS):
            operator = self.advance().text
            return unary.Compare(operator, self._operand())
        if self._starts_range():
            return self._range()
        node = self.expression()
        if syntax.INPUT in syntax.names(node):
            return unary.Condition(node)
        return unary.Is(node)

    def _starts_range(self) -> bool:
        # `(1..5)` and `[1..5]` begin like a bracket and a list: a range has `..` before its bracket closes.
        if self.at("]"):
            return True
        if not self.at("(", "["):
            return False
        depth = 0
        for token in self.following():
            if token.kind != "symbol":
                continue
            if depth == 0 and token.text == "..":
                return True
            depth += (token.text in "([") - (token.text in ")]")
            if depth < 0 or (depth == 0 and token.text == ","):
                return False
        return False

    def _range(self) -> Test:
        opening = self.advance()
        low = self._operand()
        self.take("..")
        high = self._operand()
        closing = self.take("]", ")", "[")
        return _checked_range(unary.Range(low, high, opening.text == "[", closing.text == "]"), opening)

    def _operand(self) -> Node:
        # What stands behind an operator or in a range is a value, not a condition.
        return self.expression(_ADDITIVE)

    # Expressions

    def expression(self, level: int = 1) -> Node:
        """Read an expression whose operators bind at least as strong as a level."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self.expected(f"嵌套不超过 {MAX_DEPTH} 层的内容")
        left = self._if() if self.at("if") else self._unary()
        while self.current.kind in ("symbol", "name") and _LEVELS.get(self.current.text, 0) >= level:
            operator = self.advance()
            self._operators += 1
            if self._operators > MAX_OPERATORS:
                raise tokens.mistake(f"不超过 {MAX_OPERATORS} 个运算符", "更多的运算符", operator.position)
            left = self._binary(operator, left)
        self._depth -= 1
        return left

    def _binary(self, operator: Token, left: Node) -> Node:
        if operator.text == "in":
            return syntax.In(left, self._in_tests())
        if operator.text == "between":
            low = self._operand()
            self.take("and")
            return syntax.In(left, _checked_range(unary.Range(low, self._operand(), True, True), operator))
        right = self.expression(_LEVELS[operator.text] + 1)
        if operator.text in ("and", "or"):
            return syntax.Logical(operator.text, left, right)
        if operator.text in _COMPARISONS:
            return syntax.Comparison(operator.text, left, right)
        return syntax.Arithmetic(operator.text, left, right)

    def _in_tests(self) -> Test:
        if self.at("(") and not self._starts_range():
            self.advance()
            found = self.tests()
            self.take(")")
            return unary.AnyOf(found)
        if self._starts_range():
            return self._range()
        if self.at(*_COMPARISONS):
            return self._test()
        return unary.Is(self._operand())

    def _if(self) -> Node:
        self.take("if")
        condition = self.expression()
        self.take("then")
        then = self.expression()
        self.take("else")
        return syntax.If(condition, then, self.expression())

    def _unary(self) -> Node:
        if not self.at("-"):
            return self._primary()
        self.advance()
        self._operators += 1
        if self._operators > MAX_OPERATORS:
            raise self.expected(f"不超过 {MAX_OPERATORS} 个运算符")
        operand = self._primary()
        if isinstance(operand, syntax.Literal) and isinstance(operand.value, Decimal):
            return syntax.Literal(operand.value.copy_negate())
        return syntax.Negative(operand)

    def _primary(self) -> Node:
        token = self.current
        if token.kind == "number":
            return self._number()
        if token.kind == "string":
            return syntax.Literal(tokens.unquote(self.advance()))
        if token.kind == "name":
            return self._name()
        if self.at("?"):
            self.advance()
            return syntax.Path((syntax.INPUT, *self._keys()))
        if self.at("@"):
            return self._at_literal()
        if self.at("("):
            self.advance()
            node = self.expression()
            self.take(")")
            return node
        if self.at("["):
            return self._list()
        raise self.expected("一个值（数字、带英文双引号的文字、日期或变量名）")

    def _number(self) -> Node:
        token = self.advance()
        if len(token.text.replace(".", "").lstrip("0")) > 34:
            raise tokens.mistake("最多 34 位的数字", f"{len(token.text)} 个字符的数字", token.position)
        return syntax.Literal(Decimal(token.text))

    def _list(self) -> Node:
        self.take("[")
        items: list[Node] = []
        while not self.at("]"):
            if items:
                self.take(",")
            items.append(self.expression())
            if len(items) > MAX_TESTS:
                raise self.expected(f"不超过 {MAX_TESTS} 项的列表")
        self.take("]")
        if self.at("["):
            raise self.expected("运算符（不支持用 […] 从列表中筛选）")
        return syntax.ListOf(tuple(items))

    def _name(self) -> Node:
        called = self._function_name()
        if called is not None:
            return self._call(called)
        token = self.current
        if token.text in _REFUSED_WORDS:
            raise self.expected(f"受支持的 FEEL 写法（不支持{_REFUSED_WORDS[token.text]}）")
        if token.text in ("true", "false", "null"):
            self.advance()
            return syntax.Literal({"true": True, "false": False, "null": None}[token.text])
        if token.text == "not" and self.peek().text == "(":
            self.advance()
            self.advance()
            operand = self.expression()
            self.take(")")
            return syntax.Not(operand)
        if token.text in _RESERVED:
            raise self.expected("一个值")
        return self._path()

    def _path(self) -> Node:
        token = self.advance()
        if self.at("("):
            known = "、".join(functions.FUNCTIONS)
            raise tokens.mistake(f"受支持的函数（{known}）", f"“{token.text}(…)”", token.position)
        first = syntax.INPUT if token.text in self._input_names else token.text
        node = syntax.Path((first, *self._keys()))
        if self.at("["):
            raise self.expected("运算符（不支持用 […] 从列表中筛选）")
        return node

    def _keys(self) -> tuple[str, ...]:
        keys: list[str] = []
        while self.at("."):
            self.advance()
            if self.current.kind != "name":
                raise self.expected("“.”之后的字段名")
            keys.append(self.advance().text)
            if len(keys) > MAX_DEPTH:
                raise self.expected(f"不超过 {MAX_DEPTH} 级的字段")
        return tuple(keys)

    def _function_name(self) -> str | None:
        # Names of functions have spaces: `date and time(`, `list contains(`; the longest one that fits is meant.
        for length in (3, 2, 1):
            parts = [self.peek(ahead) for ahead in range(length)]
            name = " ".join(part.text for part in parts)
            if name in functions.FUNCTIONS and self.peek(length).text == "(" and self.peek(length).kind == "symbol":
                for _ in range(length + 1):
                    self.advance()
                return name
        return None

    def _call(self, name: str) -> Node:
        arity = functions.FUNCTIONS[name].arity
        position = self.current.position
        arguments: list[Node] = []
        while not self.at(")"):
            if arguments:
                self.take(",")
            arguments.append(self.expression())
        self.take(")")
        if len(arguments) != arity:
            raise tokens.mistake(f"{name} 的 {arity} 个参数", f"{len(arguments)} 个参数", position)
        return _folded(syntax.Call(name, tuple(arguments)), position)

    def _at_literal(self) -> Node:
        position = self.advance().position
        if self.current.kind != "string":
            raise self.expected('@ 之后的日期，如 @"2026-01-01"')
        text = self.current.text
        name = "date and time" if "T" in text else "date"
        literal = syntax.Literal(tokens.unquote(self.advance()))
        return _folded(syntax.Call(name, (literal,)), position)


def _folded(call: syntax.Call, position: int) -> Node:
    # A date that does not exist is found when the table is deployed, not when a case meets it.
    if not all(isinstance(argument, syntax.Literal) for argument in call.arguments):
        return call
    try:
        return syntax.Literal(call.evaluate(Scope({})))
    except errors.EvaluationFailed as error:
        raise tokens.mistake("正确的参数", error.message, position) from None


def _checked_range(found: unary.Range, opening: Token) -> unary.Range:
    low, high = found.low, found.high
    if not isinstance(low, syntax.Literal) or not isinstance(high, syntax.Literal):
        return found
    try:
        ordered = syntax.compare("<" if not (found.with_low and found.with_high) else "<=", low.value, high.value)
    except errors.EvaluationFailed as error:
        raise tokens.mistake("两端类型相同的区间", error.message, opening.position) from None
    if ordered is None:
        raise tokens.mistake("两端都有值的区间", "空值", opening.position)
    if not ordered:
        raise tokens.mistake("下限小于上限的区间", "任何值都不满足的区间", opening.position)
    return found

"""The tree of a FEEL expression: every node knows its parts, its type where it is certain, and its value."""

from __future__ import annotations

import abc
import dataclasses
import datetime
import decimal
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from engine import errors
from engine.dmn import functions, values
from engine.dmn.values import Type

#: The name under which a unary test sees the value of its column.
INPUT = "?"


@dataclasses.dataclass(frozen=True, slots=True)
class Scope:
    """Where names are looked up: the variables as JSON, and above them the value of the column."""

    variables: Mapping[str, object]
    locals: Mapping[str, object] = dataclasses.field(default_factory=dict)

    def lookup(self, name: str) -> object:
        """Return the FEEL value of a name.

        Raises:
            errors.EvaluationFailed: There is no such variable.
        """
        if name in self.locals:
            return self.locals[name]
        if name not in self.variables:
            raise errors.EvaluationFailed(f"缺少变量“{name}”（如果“{name}”是文字，请加英文双引号）")
        return values.from_json(self.variables[name])


class Node(abc.ABC):
    """A part of an expression."""

    __slots__ = ()

    @abc.abstractmethod
    def evaluate(self, scope: Scope) -> object:
        """Return the FEEL value.

        Raises:
            errors.EvaluationFailed: A variable is missing, or an operator cannot be applied to what it is given.
        """

    def parts(self) -> tuple[Part, ...]:
        """Return the nodes and tests directly below."""
        return ()

    def type(self) -> Type | None:
        """Return the type of the value where it does not depend on variables."""
        return None


class Test(abc.ABC):
    """A condition on the value of a column."""

    __slots__ = ()

    @abc.abstractmethod
    def matches(self, value: object, scope: Scope) -> bool | None:
        """Tell whether the value fulfils the condition; None where that is unknown (null).

        Raises:
            errors.EvaluationFailed: As for `Node.evaluate`.
        """

    @abc.abstractmethod
    def parts(self) -> tuple[Part, ...]:
        """Return the nodes and tests directly below."""


Part = Node | Test


def walk(part: Part) -> Iterator[Part]:
    """Yield a part and all below it."""
    yield part
    for below in part.parts():
        yield from walk(below)


def names(part: Part) -> set[str]:
    """Return the variables that a part refers to, `?` among them."""
    return {one.names[0] for one in walk(part) if isinstance(one, Path)}


@dataclasses.dataclass(frozen=True, slots=True)
class Literal(Node):
    """A value written down."""

    value: object

    def evaluate(self, scope: Scope) -> object:
        return self.value

    def type(self) -> Type | None:
        return values.type_of(self.value)


@dataclasses.dataclass(frozen=True, slots=True)
class Path(Node):
    """A variable, and keys into it: ``a.b.c``."""

    names: tuple[str, ...]

    def evaluate(self, scope: Scope) -> object:
        value = scope.lookup(self.names[0])
        for at, key in enumerate(self.names[1:], start=1):
            if value is None:
                return None
            before = ".".join(self.names[:at])
            if not isinstance(value, Mapping):
                raise errors.EvaluationFailed(f"“{before}”应为对象，以便读取“{key}”，现为{values.describe(value)}")
            if key not in value:
                raise errors.EvaluationFailed(f"“{before}”中缺少“{key}”")
            value = values.from_json(value[key])
        return value


@dataclasses.dataclass(frozen=True, slots=True)
class ListOf(Node):
    """A list written down: ``[1, 2]``."""

    items: tuple[Node, ...]

    def evaluate(self, scope: Scope) -> object:
        return tuple(item.evaluate(scope) for item in self.items)

    def parts(self) -> tuple[Part, ...]:
        return self.items


@dataclasses.dataclass(frozen=True, slots=True)
class Negative(Node):
    """The number with the other sign."""

    operand: Node

    def evaluate(self, scope: Scope) -> object:
        value = self.operand.evaluate(scope)
        if value is None:
            return None
        if not isinstance(value, Decimal):
            raise errors.EvaluationFailed(f"负号之后应为数字，现为{values.describe(value)}")
        return values.ARITHMETIC.minus(value)

    def parts(self) -> tuple[Part, ...]:
        return (self.operand,)

    def type(self) -> Type | None:
        return Type.NUMBER


_ARITHMETIC: Mapping[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": values.ARITHMETIC.add,
    "-": values.ARITHMETIC.subtract,
    "*": values.ARITHMETIC.multiply,
    "/": values.ARITHMETIC.divide,
    "**": values.ARITHMETIC.power,
}
#: Longest text that `+` may make, in characters.
_LONGEST = 10_000


@dataclasses.dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """Two numbers calculated, or two strings joined by ``+``; null with anything is null."""

    operator: str
    left: Node
    right: Node

    def evaluate(self, scope: Scope) -> object:
        left, right = self.left.evaluate(scope), self.right.evaluate(scope)
        if left is None or right is None:
            return None
        if isinstance(left, Decimal) and isinstance(right, Decimal):
            return self._calculate(left, right)
        if self.operator == "+" and isinstance(left, str) and isinstance(right, str):
            if len(left) + len(right) > _LONGEST:
                raise errors.EvaluationFailed(f"拼接的文字应不超过 {_LONGEST} 个字符")
            return left + right
        what = f"{values.describe(left)}与{values.describe(right)}"
        raise errors.EvaluationFailed(f"“{self.operator}”两边应为数字，现为{what}")

    def _calculate(self, left: Decimal, right: Decimal) -> Decimal:
        try:
            return _ARITHMETIC[self.operator](left, right)
        except decimal.DivisionByZero:
            raise errors.EvaluationFailed("除数为零") from None
        except (decimal.InvalidOperation, decimal.Overflow):
            operation = f"{left:f} {self.operator} {right:f}"
            raise errors.EvaluationFailed(f"{operation[:80]} 没有结果，或结果超出范围") from None

    def parts(self) -> tuple[Part, ...]:
        return (self.left, self.right)

    def type(self) -> Type | None:
        if self.operator != "+":
            return Type.NUMBER
        return self.left.type() or self.right.type()


@dataclasses.dataclass(frozen=True, slots=True)
class Comparison(Node):
    """``=``, ``!=`` and the four orders between two values."""

    operator: str
    left: Node
    right: Node

    def evaluate(self, scope: Scope) -> object:
        return compare(self.operator, self.left.evaluate(scope), self.right.evaluate(scope))

    def parts(self) -> tuple[Part, ...]:
        return (self.left, self.right)

    def type(self) -> Type | None:
        return Type.BOOLEAN


@dataclasses.dataclass(frozen=True, slots=True)
class Logical(Node):
    """``and`` and ``or`` of three-valued logic."""

    operator: str
    left: Node
    right: Node

    def evaluate(self, scope: Scope) -> object:
        # The side that decides, decides alone: the other need not be evaluated, as its variables may be missing.
        decisive = self.operator == "or"
        left = truth(self.left.evaluate(scope))
        if left is decisive:
            return decisive
        right = truth(self.right.evaluate(scope))
        if right is decisive:
            return decisive
        return None if left is None or right is None else not decisive

    def parts(self) -> tuple[Part, ...]:
        return (self.left, self.right)

    def type(self) -> Type | None:
        return Type.BOOLEAN


@dataclasses.dataclass(frozen=True, slots=True)
class Not(Node):
    """The contrary of a condition; of null, null."""

    operand: Node

    def evaluate(self, scope: Scope) -> object:
        return contrary(truth(self.operand.evaluate(scope)))

    def parts(self) -> tuple[Part, ...]:
        return (self.operand,)

    def type(self) -> Type | None:
        return Type.BOOLEAN


@dataclasses.dataclass(frozen=True, slots=True)
class If(Node):
    """``if … then … else …``; a condition that is null takes the else branch, as FEEL says."""

    condition: Node
    then: Node
    otherwise: Node

    def evaluate(self, scope: Scope) -> object:
        branch = self.then if truth(self.condition.evaluate(scope)) else self.otherwise
        return branch.evaluate(scope)

    def parts(self) -> tuple[Part, ...]:
        return (self.condition, self.then, self.otherwise)

    def type(self) -> Type | None:
        return self.then.type() if self.then.type() is self.otherwise.type() else None


@dataclasses.dataclass(frozen=True, slots=True)
class In(Node):
    """``value in tests``, and ``value between low and high``."""

    value: Node
    tests: Test

    def evaluate(self, scope: Scope) -> object:
        return self.tests.matches(self.value.evaluate(scope), scope)

    def parts(self) -> tuple[Part, ...]:
        return (self.value, self.tests)

    def type(self) -> Type | None:
        return Type.BOOLEAN


@dataclasses.dataclass(frozen=True, slots=True)
class Call(Node):
    """A built-in function with its arguments, already counted."""

    name: str
    arguments: tuple[Node, ...]

    def evaluate(self, scope: Scope) -> object:
        return functions.FUNCTIONS[self.name].function(*(argument.evaluate(scope) for argument in self.arguments))

    def parts(self) -> tuple[Part, ...]:
        return self.arguments

    def type(self) -> Type | None:
        return functions.FUNCTIONS[self.name].result


def truth(value: object) -> bool | None:
    """Return the value as a condition.

    Raises:
        errors.EvaluationFailed: It is neither boolean nor null.
    """
    if value is None or isinstance(value, bool):
        return value
    raise errors.EvaluationFailed(f"条件应为布尔值，现为{values.describe(value)}")


def contrary(value: bool | None) -> bool | None:
    """Return not of three-valued logic."""
    return None if value is None else not value


def compare(operator: str, left: object, right: object) -> bool | None:
    """Compare two values as FEEL does; dates meet strings from JSON as dates.

    Raises:
        errors.EvaluationFailed: They are of different types, or have no order.
    """
    left, right = as_date(left, right), as_date(right, left)
    if operator == "=":
        return values.equal(left, right)
    if operator == "!=":
        return not values.equal(left, right)
    if operator == "<":
        return values.less(left, right)
    if operator == ">":
        return values.less(right, left)
    if operator == "<=":
        return contrary(values.less(right, left))
    return contrary(values.less(left, right))


def as_date(value: object, other: object) -> object:
    """Return the value to compare with another: JSON has no dates, so a string that meets a date is an ISO date.

    Raises:
        errors.EvaluationFailed: The string is no such date.
    """
    if isinstance(value, str) and isinstance(other, datetime.date):
        return values.read_date_time(value) if isinstance(other, datetime.datetime) else values.read_date(value)
    return value

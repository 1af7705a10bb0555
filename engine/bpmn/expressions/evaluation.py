"""One evaluation under way: the variables it reads, what it has written, and the work and memory it may still use.

All limits count work, never wall-clock time, so the same source over the same data always ends the same way.
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

#: Characters of source text.
MAX_EXPRESSION_LENGTH = 4_000
MAX_SCRIPT_LENGTH = 20_000
#: Elements of the syntax tree, and how deep it may nest.
MAX_EXPRESSION_NODES = 1_000
MAX_SCRIPT_NODES = 5_000
MAX_TREE_DEPTH = 60
#: Units of work in one evaluation: about one syntax element in a loop, or one list element looked at.
MAX_STEPS = 1_000_000
#: Characters and list elements that one evaluation may produce.
MAX_SIZE = 5_000_000
#: What a single value may hold when all that it reaches is counted.
MAX_CHARACTERS = 10_000_000
MAX_NESTING = 100
#: Whole numbers stay far below what makes arithmetic slow, and hold any real-world number.
MAX_INTEGER = 10**30
#: Whole numbers beyond this are no dictionary keys: larger ones can be chosen to collide.
MAX_KEY = 2**53

TYPE_NAMES: dict[type, str] = {
    str: "文本",
    int: "整数",
    float: "小数",
    bool: "是否值",
    type(None): "空值",
    list: "列表",
    tuple: "元组",
    dict: "字典",
    set: "集合",
    date: "日期",
    datetime: "日期时间",
    timedelta: "时长",
    Decimal: "定点数",
}
#: Values that hold no others, and that cost the same to handle whatever they are.
PLAIN = frozenset({int, float, bool, type(None), date, datetime, timedelta, Decimal})
CONTAINERS = frozenset({list, tuple, dict, set})
KEYS = frozenset({str, int, float, bool, type(None), date})


class Refused(Exception):
    """Why an evaluation cannot go on, in Chinese, without the source it belongs to."""


def type_name(value: object) -> str:
    """The Chinese name of a value's type."""
    return TYPE_NAMES.get(type(value), type(value).__name__)


class Evaluation:
    """The state of one evaluation.

    Parameters:
        variables: the process variables; only ever read.
        functions: what the engine binds to its clock and calendar, by name.
        scope: what this evaluation has written: script variables by name, comprehension targets by number.
        copies: process variables that a script may change in place, copied when it first reads them.
        line: the line of the script being run, counted from 1.
    """

    __slots__ = ("copies", "functions", "line", "scope", "size", "steps", "variables")

    def __init__(self, variables: Mapping[str, object], functions: Mapping[str, Callable[..., object]]) -> None:
        self.variables = variables
        self.functions = functions
        self.scope: dict[int | str, Any] = {}
        self.copies: dict[str, Any] = {}
        self.steps = MAX_STEPS
        self.size = MAX_SIZE
        self.line = 0

    def spend(self, steps: int) -> None:
        """Use up units of work; refuses when none are left."""
        self.steps -= steps
        if self.steps < 0:
            raise Refused(f"计算量过大：一次求值最多 {MAX_STEPS} 步，请减少循环或数据")

    def grow(self, size: int) -> None:
        """Announce that characters or list elements are about to be produced; refuses when too many."""
        self.size -= size
        if self.size < 0:
            raise Refused(f"产生的数据过大：一次求值最多产生 {MAX_SIZE} 个字符或列表项")

    def weigh(self, value: object) -> None:
        """Pay for looking at everything a value holds; refuses what is too large, too deep, or no data at all.

        Counts a shared element as often as it is reached: that is what comparing, copying and printing do as well.
        A list that contains itself is refused for its depth.
        """
        characters = 0
        level: list[Any] = [value]
        for _ in range(MAX_NESTING + 1):
            below: list[Any] = []
            for item in level:
                kind = type(item)
                if kind is str:
                    characters += len(item)
                elif kind in CONTAINERS:
                    self.spend(len(item))
                    below.extend(item)
                    if kind is dict:
                        below.extend(item.values())
                elif kind not in PLAIN:
                    raise Refused(f"类型 {kind.__name__} 的值不能在表达式中使用")
            if characters > MAX_CHARACTERS:
                raise Refused(f"数据过大：一个值最多 {MAX_CHARACTERS} 个字符")
            if not below:
                self.spend(characters >> 6)
                return
            level = below
        raise Refused(f"数据嵌套过深（超过 {MAX_NESTING} 层），或者包含了自身")

    def copy(self, value: Any, depth: int = 0) -> Any:
        """A copy that shares nothing changeable with the original; paid for element by element."""
        kind = type(value)
        if kind not in CONTAINERS:
            return value
        if depth > MAX_NESTING:
            raise Refused(f"数据嵌套过深（超过 {MAX_NESTING} 层），或者包含了自身")
        self.spend(len(value) + 1)
        if kind is dict:
            return {key: self.copy(item, depth + 1) for key, item in value.items()}
        return kind([self.copy(item, depth + 1) for item in value])

    def missing(self, name: str) -> Refused:
        """The refusal for a variable that does not exist, with the names that look like it."""
        known = itertools.chain((key for key in self.scope if isinstance(key, str)), self.variables)
        similar = closest(name, known)
        hint = f"相近的变量有：{similar}" if similar else f"可能没有的变量请用 get('{name}', 默认值) 读取"
        return Refused(f"变量“{name}”不存在；{hint}")


def closest(name: str, known: Any) -> str:
    """Up to three known names that look like the given one, joined for reading; empty when none does."""
    candidates = [key for key in itertools.islice(known, 1000) if isinstance(key, str) and len(key) <= 64]
    return "、".join(difflib.get_close_matches(name[:64], candidates, n=3, cutoff=0.6))


def check_key(key: object) -> None:
    """Refuse dictionary keys and set elements that are not hashable or whose hashes can be made to collide."""
    kind = type(key)
    if kind is str:
        return
    if kind not in KEYS or (kind is int and not -MAX_KEY <= key <= MAX_KEY):  # type: ignore[operator]
        raise Refused(f"{type_name(key)}不能作字典的键或集合的元素；可以用文本、数（整数不超过 2 的 53 次方）或日期")


def ordered(run: Evaluation, values: set[Any]) -> list[Any]:
    """The elements of a set in an order that does not change from one run of the program to the next."""
    run.spend(len(values) * (len(values).bit_length() + 1))
    return sorted(values, key=lambda value: (type(value).__name__, "" if value is None else value))


def iterate(run: Evaluation, value: Any) -> Any:
    """What a loop goes over: elements of a list, characters of a text, keys of a dictionary."""
    kind = type(value)
    if kind is list or kind is tuple or kind is str:
        return value
    if kind is dict:
        run.spend(len(value))
        return list(value)
    if kind is set:
        return ordered(run, value)
    raise Refused(f"{type_name(value)}不能逐项遍历；应为列表、字典或文本")

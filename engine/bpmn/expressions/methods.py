"""The methods that may be called, by name and type of the value: `a.b(...)` never reaches any other code."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from engine.bpmn.expressions import functions, operators
from engine.bpmn.expressions.evaluation import Evaluation, Refused, check_key, iterate, type_name

Method = Callable[..., Any]


def _is_text(*values: Any) -> None:
    for value in values:
        if type(value) is not str:
            raise Refused(f"参数应为文本，实际是{type_name(value)}")


def _case(native: Callable[[str], str]) -> Method:
    def change(run: Evaluation, value: str, /) -> str:
        run.grow(3 * len(value))  # some letters become up to three
        return native(value)

    return change


def _strip(native: Callable[[str, str | None], str]) -> Method:
    def strip(run: Evaluation, value: str, characters: Any = None, /) -> str:
        if characters is not None:
            _is_text(characters)
            if len(characters) > 100:
                raise Refused("要去掉的字符最多 100 个")
        run.grow(len(value))
        return native(value, characters)

    return strip


def _split(run: Evaluation, value: str, separator: Any = None, /, maxsplit: Any = -1) -> list[str]:
    if separator is not None:
        _is_text(separator)
        operators.charge_search(run, value, separator)
        if not separator:
            raise Refused("分隔符不能是空文本")
    if type(maxsplit) is not int or abs(maxsplit) > len(value) + 1:
        raise Refused("split 的次数应为不超过文本长度的整数")
    run.grow(2 * len(value) + 1)
    return value.split(separator, maxsplit)


def _join(run: Evaluation, separator: str, values: Any, /) -> str:
    parts = list(iterate(run, values))
    total = 0
    for position, part in enumerate(parts):
        if type(part) is not str:
            raise Refused(f"join 只能连接文本：第 {position + 1} 项是{type_name(part)}，请用 str() 转换")
        total += len(part) + len(separator)
    run.spend(len(parts))
    run.grow(total)
    return separator.join(parts)


def _replace(run: Evaluation, value: str, old: Any, new: Any, /) -> str:
    _is_text(old, new)
    operators.charge_search(run, value, old)
    run.grow(len(value) + value.count(old) * len(new))
    return value.replace(old, new)


def _affix(native: Callable[..., Any]) -> Method:
    def check(run: Evaluation, value: str, affix: Any, /) -> Any:
        for candidate in affix if type(affix) is tuple else (affix,):
            _is_text(candidate)
            run.spend(1 + (len(candidate) >> 6))
        return native(value, affix)

    return check


def _search(native: Callable[[str, str], int]) -> Method:
    def search(run: Evaluation, value: str, part: Any, /) -> int:
        _is_text(part)
        operators.charge_search(run, value, part)
        try:
            return native(value, part)
        except ValueError:
            raise Refused("文本中没有所找的部分") from None

    return search


def _test(native: Callable[[str], bool]) -> Method:
    def test(run: Evaluation, value: str, /) -> bool:
        run.spend(1 + (len(value) >> 4))
        return native(value)

    return test


def _lines(run: Evaluation, value: str, /) -> list[str]:
    run.grow(2 * len(value))
    return value.splitlines()


def _without(native: Callable[[str, str], str]) -> Method:
    def without(run: Evaluation, value: str, affix: Any, /) -> str:
        _is_text(affix)
        run.grow(len(value))
        return native(value, affix)

    return without


def _index(run: Evaluation, values: list[Any], item: Any, /) -> int:
    operators.charge_scan(run, values, item)
    try:
        return values.index(item)
    except ValueError:
        raise Refused("列表中没有所找的值") from None


def _count(run: Evaluation, values: list[Any], item: Any, /) -> int:
    operators.charge_scan(run, values, item)
    return values.count(item)


def _shallow(run: Evaluation, value: Any, /) -> Any:
    run.grow(len(value))
    return value.copy()


def _get(run: Evaluation, value: dict[Any, Any], key: Any, default: Any = None, /) -> Any:
    check_key(key)
    return value.get(key, default)


def _listed(part: Callable[[dict[Any, Any]], Any], width: int) -> Method:
    def listed(run: Evaluation, value: dict[Any, Any], /) -> list[Any]:
        run.grow(width * len(value))
        return list(part(value))

    return listed


def _append(run: Evaluation, values: list[Any], item: Any, /) -> None:
    run.grow(1)
    values.append(item)


def _extend(run: Evaluation, values: list[Any], items: Any, /) -> None:
    added = list(iterate(run, items))
    run.grow(len(added))
    values.extend(added)


def _insert(run: Evaluation, values: list[Any], position: Any, item: Any, /) -> None:
    if type(position) is not int:
        raise Refused("insert 的位置应为整数")
    run.spend(1 + (len(values) >> 5))
    run.grow(1)
    values.insert(position, item)


def _remove(run: Evaluation, values: list[Any], item: Any, /) -> None:
    values.pop(_index(run, values, item))


def _pop(run: Evaluation, values: list[Any], position: Any = -1, /) -> Any:
    run.spend(1 + (len(values) >> 5))
    if type(position) is not int or not -len(values) <= position < len(values):
        raise Refused(f"pop 的位置超出范围：列表共有 {len(values)} 项")
    return values.pop(position)


def _clear(run: Evaluation, values: Any, /) -> None:
    values.clear()


def _sort(run: Evaluation, values: list[Any], /, *, key: Any = None, reverse: Any = False) -> None:
    values[:] = functions.sort(run, values, key=key, reverse=reverse)


def _reverse(run: Evaluation, values: list[Any], /) -> None:
    run.spend(1 + (len(values) >> 5))
    values.reverse()


def _update(run: Evaluation, value: dict[Any, Any], other: Any = (), /, **entries: Any) -> None:
    added = operators.pairs(run, other)
    run.grow(len(entries))
    value.update(added, **entries)


def _setdefault(run: Evaluation, value: dict[Any, Any], key: Any, default: Any = None, /) -> Any:
    check_key(key)
    run.grow(1)
    return value.setdefault(key, default)


_MISSING: Any = object()


def _pop_key(run: Evaluation, value: dict[Any, Any], key: Any, default: Any = _MISSING, /) -> Any:
    check_key(key)
    if key not in value and default is _MISSING:
        operators.subscript(run, value, key)  # refuses, naming the keys that look like it
    return value.pop(key, default)


def _of_time(native: Callable[[Any], Any]) -> Method:
    def read(run: Evaluation, value: Any, /) -> Any:
        return native(value)

    return read


METHODS: dict[str, dict[type, Method]] = {
    "lower": {str: _case(str.lower)},
    "upper": {str: _case(str.upper)},
    "strip": {str: _strip(str.strip)},
    "lstrip": {str: _strip(str.lstrip)},
    "rstrip": {str: _strip(str.rstrip)},
    "split": {str: _split},
    "splitlines": {str: _lines},
    "join": {str: _join},
    "replace": {str: _replace},
    "startswith": {str: _affix(str.startswith)},
    "endswith": {str: _affix(str.endswith)},
    "removeprefix": {str: _without(str.removeprefix)},
    "removesuffix": {str: _without(str.removesuffix)},
    "find": {str: _search(str.find)},
    "isdigit": {str: _test(str.isdigit)},
    "isalpha": {str: _test(str.isalpha)},
    "isspace": {str: _test(str.isspace)},
    "index": {str: _search(str.index), list: _index, tuple: _index},
    "count": {str: _search(str.count), list: _count, tuple: _count},
    "copy": {list: _shallow, dict: _shallow},
    "get": {dict: _get},
    "keys": {dict: _listed(dict.keys, 1)},
    "values": {dict: _listed(dict.values, 1)},
    "items": {dict: _listed(dict.items, 3)},
    "isoformat": {date: _of_time(date.isoformat), datetime: _of_time(datetime.isoformat)},
    "weekday": {date: _of_time(date.weekday), datetime: _of_time(datetime.weekday)},
    "isoweekday": {date: _of_time(date.isoweekday), datetime: _of_time(datetime.isoweekday)},
    "date": {datetime: _of_time(datetime.date)},
    "total_seconds": {timedelta: _of_time(timedelta.total_seconds)},
}
#: Methods that change the value they are called on: for scripts only.
MUTATORS: dict[str, dict[type, Method]] = {
    "append": {list: _append},
    "extend": {list: _extend},
    "insert": {list: _insert},
    "remove": {list: _remove},
    "pop": {list: _pop, dict: _pop_key},
    "clear": {list: _clear, dict: _clear},
    "sort": {list: _sort},
    "reverse": {list: _reverse},
    "update": {dict: _update},
    "setdefault": {dict: _setdefault},
}


def call(run: Evaluation, name: str, value: Any, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """Call a method that was found to be known when the source was compiled."""
    method = (METHODS.get(name) or MUTATORS[name]).get(type(value))
    if method is None:
        raise Refused(f"{type_name(value)}没有方法 {name}()")
    try:
        return method(run, value, *arguments, **keywords)
    except TypeError:
        raise Refused(f"方法 {name}() 的参数个数或类型不对") from None

"""Amounts of money in capital Chinese numerals (人民币大写), as bills and contracts write them."""

from __future__ import annotations

import decimal

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_MOST = 10**16


def capitals(amount: object) -> str | None:
    """Return an amount in yuan as banks want it written: 1234.5 is 壹仟贰佰叁拾肆元伍角整.

    None for what is no amount: no number, with parts of a cent, or beyond 10^16.
    """
    if isinstance(amount, bool) or not isinstance(amount, int | float | decimal.Decimal):
        return None
    exact = decimal.Decimal(str(amount))
    if not exact.is_finite() or abs(exact) >= _MOST or exact != round(exact, 2):
        return None
    cents = int(abs(exact) * 100)
    yuan, jiao, fen = cents // 100, cents // 10 % 10, cents % 10
    text = f"{_integer(yuan)}元" if yuan or not cents else ""
    if jiao:
        text += f"{_DIGITS[jiao]}角"
    elif fen and yuan:
        text += "零"
    text += f"{_DIGITS[fen]}分" if fen else "整"
    return f"负{text}" if exact < 0 else text


def _integer(number: int) -> str:
    """Return a whole number; what is above a hundred million is counted in 亿 by the same rules (壹万贰仟亿)."""
    for name, unit in (("亿", 10**8), ("万", 10**4)):
        if number >= unit:
            high, low = divmod(number, unit)
            gap = "零" if 0 < low < unit // 10 else ""
            return _integer(high) + name + gap + (_integer(low) if low else "")
    return _group(number) if number else _DIGITS[0]


def _group(group: int) -> str:
    """Return a number below 10000; zeros between digits are read once, those at the end are not."""
    text, gap = "", False
    for place in reversed(range(4)):
        digit = group // 10**place % 10
        if digit == 0:
            gap = bool(text)
            continue
        text += ("零" if gap else "") + _DIGITS[digit] + _PLACES[place]
        gap = False
    return text

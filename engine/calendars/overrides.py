"""Local changes of the working-day table, in layers: nation, province, city, agency.

Local governments set the holidays of their ethnic groups (全国年节及纪念日放假办法 2024, §4), and any level may close
for a typhoon or a site move. A more specific layer wins over a more general one; only entries marked as counting for
statutory limits move a limit set by law.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from engine import errors


class Scope(enum.StrEnum):
    """Who an override binds, from the most general layer to the most specific."""

    NATION = "nation"
    PROVINCE = "province"
    CITY = "city"
    AGENCY = "agency"

    @property
    def label(self) -> str:
        """The layer in Chinese."""
        return {"nation": "国家", "province": "省级", "city": "市级", "agency": "本单位"}[self.value]


@dataclass(frozen=True, slots=True)
class Override:
    """One day that a layer declares worked or off.

    Parameters:
        date: the day concerned.
        working: True when it is worked, False when it is off.
        document: document number or name of the decision (文号); required at every layer.
        scope: the layer.
        proposer: who entered it.
        approver: who approved it; never the proposer (invariant I-07).
        valid_from: first day on which the entry is in force. Of two entries of one layer for one day the one in force
            later replaces the earlier one.
        counts_for_statutory: whether limits set by law move; False for an agency's own closure.
        reason: shown beside the day, e.g. 彝族年.

    Raises:
        CalendarError: the document, proposer or approver is missing, or one person did both.
    """

    date: dt.date
    working: bool
    document: str
    scope: Scope
    proposer: str
    approver: str
    valid_from: dt.date
    counts_for_statutory: bool = False
    reason: str = ""

    def __post_init__(self) -> None:
        _check_types(self)
        for name, label in (("document", "文号"), ("proposer", "提出人"), ("approver", "批准人")):
            if not getattr(self, name).strip():
                raise errors.CalendarError(f"{self.date}的日历调整没有填写{label}（{name}）。请补充后再提交。")
        if self.proposer.strip() == self.approver.strip():
            raise errors.CalendarError(
                f"{self.date}的日历调整由{self.proposer.strip()}提出，又由同一人批准。批准人应是另一人，请改由他人批准。"
            )


def parse(entries: Iterable[Mapping[str, object]]) -> tuple[Override, ...]:
    """Read overrides as `pack.yaml` and JSON write them: the field names of `Override`, dates as dates or ISO text.

    Raises:
        CalendarError: a field is missing, unknown or of the wrong type.
    """
    return tuple(_override(entry, f"第{number}条日历调整") for number, entry in enumerate(entries, 1))


def dump(override: Override) -> dict[str, object]:
    """Return the override as JSON values; `parse` reads it back unchanged."""
    values: dict[str, object] = {field.name: getattr(override, field.name) for field in fields(override)}
    return values | {
        "date": override.date.isoformat(),
        "scope": override.scope.value,
        "valid_from": override.valid_from.isoformat(),
    }


def merge(overrides: Iterable[Override], as_of: dt.date | None = None) -> tuple[Override, ...]:
    """Return the entries in force, one per layer and day, from the most general layer to the most specific.

    Parameters:
        as_of: leave out entries not yet in force on this day; None takes all.

    Raises:
        CalendarError: two different entries of one layer for one day are in force from the same day.
    """
    current: dict[tuple[Scope, dt.date], Override] = {}
    for override in overrides:
        if as_of is not None and override.valid_from > as_of:
            continue
        key = (override.scope, override.date)
        other = current.get(key)
        if other is not None and other != override and other.valid_from == override.valid_from:
            raise errors.CalendarError(
                f"{override.scope.label}对{override.date}有两条自{override.valid_from}起生效的不同调整："
                f"{other.document}与{override.document}。请撤销其中一条，或改其中一条的生效日。"
            )
        if other is None or override.valid_from > other.valid_from:
            current[key] = override
    order = list(Scope)
    return tuple(sorted(current.values(), key=lambda entry: (order.index(entry.scope), entry.date)))


def _override(entry: Mapping[str, object], where: str) -> Override:
    known = {field.name for field in fields(Override)}
    required = known - {"counts_for_statutory", "reason"}
    if unknown := sorted(set(entry) - known):
        raise errors.CalendarError(
            f"{where}有不认识的字段{'、'.join(unknown)}。可用的字段：{'、'.join(sorted(known))}。"
        )
    if missing := sorted(required - set(entry)):
        raise errors.CalendarError(f"{where}缺少字段{'、'.join(missing)}。")
    values = dict(entry)
    for name in ("date", "valid_from"):
        values[name] = _date(values[name], f"{where}的{name}")
    try:
        values["scope"] = Scope(str(values["scope"]))
    except ValueError as error:
        raise errors.CalendarError(f"{where}的scope应为{'、'.join(Scope)}之一，实为{entry['scope']!r}。") from error
    return Override(**values)  # type: ignore[arg-type]  # __post_init__ checks every type


def _date(value: object, where: str) -> dt.date:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError as error:
        raise errors.CalendarError(f"{where}应为2026-01-01形式的日期，实为{value!r}。") from error


def _check_types(override: Override) -> None:
    expected: dict[str, tuple[type, str]] = {
        "date": (dt.date, "日期"),
        "working": (bool, "true或false"),
        "document": (str, "文本"),
        "scope": (Scope, "层级"),
        "proposer": (str, "文本"),
        "approver": (str, "文本"),
        "valid_from": (dt.date, "日期"),
        "counts_for_statutory": (bool, "true或false"),
        "reason": (str, "文本"),
    }
    for name, (kind, label) in expected.items():
        value = getattr(override, name)
        if not isinstance(value, kind) or isinstance(value, dt.datetime):
            raise errors.CalendarError(f"日历调整的{name}应为{label}，实为{value!r}。")

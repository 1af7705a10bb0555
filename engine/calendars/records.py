"""Deadlines as JSON values, for storing them beside a case."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from engine import errors
from engine.calendars import deadline as deadlines
from engine.calendars import moments


def dump(deadline: deadlines.Deadline) -> dict[str, object]:
    """Return the deadline as JSON values; `parse` reads it back unchanged. Days stay days and instants instants."""
    return {
        "name": deadline.name,
        "clause": deadline.clause,
        "kind": deadline.kind.value,
        "unit": deadline.unit.value,
        "amount": deadline.amount,
        "start": _text(deadline.start),
        "stops": [
            {"sent": _text(stop.sent), "answered": _text(stop.answered), "reason": stop.reason}
            for stop in deadline.stops
        ],
        "extensions": [
            {
                "amount": extension.amount,
                "approved_by": extension.approved_by,
                "reason": extension.reason,
                "applicant_informed": extension.applicant_informed,
                "granted": _text(extension.granted),
            }
            for extension in deadline.extensions
        ],
        "extension_cap": deadline.extension_cap,
        "roll_forward": deadline.roll_forward,
        "met_at": _text(deadline.met_at),
        "due": _text(deadline.due),
        "calendar_version": deadline.calendar_version,
        "estimated": deadline.estimated,
    }


def parse(record: Mapping[str, Any]) -> deadlines.Deadline:
    """Read a deadline that `dump` wrote.

    Raises:
        CalendarError: a value is missing or is not what a deadline can hold.
    """
    try:
        return deadlines.Deadline(
            name=record["name"],
            clause=record["clause"],
            kind=deadlines.Kind(record["kind"]),
            unit=deadlines.Unit(record["unit"]),
            amount=record["amount"],
            start=moments.read(record["start"]),
            stops=tuple(
                deadlines.Stop(moments.read(stop["sent"]), _moment(stop["answered"]), stop["reason"])
                for stop in record["stops"]
            ),
            extensions=tuple(
                deadlines.Extension(**{**extension, "granted": _moment(extension["granted"])})
                for extension in record["extensions"]
            ),
            extension_cap=record["extension_cap"],
            roll_forward=record["roll_forward"],
            met_at=_instant(record["met_at"], "met_at"),
            due=_instant(record["due"], "due"),
            calendar_version=record["calendar_version"],
            estimated=record["estimated"],
        )
    except KeyError as error:
        raise errors.CalendarError(f"期限记录缺少字段{error.args[0]}。") from error
    except (TypeError, ValueError) as error:
        raise errors.CalendarError(f"期限记录无法读取：{error}。") from error


def _text(moment: moments.Moment | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(value: str | None) -> moments.Moment | None:
    return None if value is None else moments.read(value)


def _instant(value: str | None, name: str) -> dt.datetime | None:
    moment = _moment(value)
    if moment is not None and not isinstance(moment, dt.datetime):
        raise errors.CalendarError(f"期限记录的{name}应为时间，实为日期{value}。")
    return moment

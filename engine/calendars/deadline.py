"""A deadline as data: the rule, its inputs, and what was last computed from them."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass

from engine import errors
from engine.calendars import moments


class Kind(enum.StrEnum):
    """What the number of a rule means."""

    FLOOR = "floor"  #: at least so long must pass (不得少于)
    NOMINAL = "nominal"  #: so long, a deviation is a warning (公示期为)
    CEILING = "ceiling"  #: at most so long may pass (之内, 不超过)


class Unit(enum.StrEnum):
    """What a rule counts in."""

    DAYS = "days"  #: calendar days (日, 天)
    WORKDAYS = "workdays"  #: working days (工作日)
    HOURS = "hours"  #: hours from the exact instant (小时)

    @property
    def label(self) -> str:
        """The unit in Chinese."""
        return {"days": "日", "workdays": "个工作日", "hours": "小时"}[self.value]


@dataclass(frozen=True, slots=True)
class Stop:
    """Time that does not count (停止计时), e.g. asking third parties (711号 §33(3)).

    The interval is half-open: the day on which the question was sent still counts, the day of the answer does not.

    Parameters:
        sent: when the question went out.
        answered: when the answer came in; None while it is awaited.
        reason: what was asked of whom.

    Raises:
        CalendarError: the answer precedes the question, or a time has no time zone.
    """

    sent: moments.Moment
    answered: moments.Moment | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        sent = moments.local_day(self.sent)
        if self.answered is None:
            return
        answered = moments.local_day(self.answered)
        both_exact = isinstance(self.sent, dt.datetime) and isinstance(self.answered, dt.datetime)
        if answered < sent or (both_exact and self.answered < self.sent):
            raise errors.CalendarError(
                f"停止计时的答复时间（{self.answered}）早于发出时间（{self.sent}）。请核对两个时间。"
            )


@dataclass(frozen=True, slots=True)
class Extension:
    """More time, granted (延期).

    Parameters:
        amount: how much, in the unit of the deadline.
        approved_by: who consented (711号 §33: the head of the information disclosure office).
        reason: why.
        applicant_informed: whether the applicant has been told.
        granted: when it was granted; None when that was not recorded.

    Raises:
        CalendarError: the amount is not positive, or approver or reason is missing.
    """

    amount: int
    approved_by: str
    reason: str
    applicant_informed: bool = False
    granted: moments.Moment | None = None

    def __post_init__(self) -> None:
        _check_amount(self.amount, "延期")
        for value, label in ((self.approved_by, "批准人"), (self.reason, "理由")):
            if not value.strip():
                raise errors.CalendarError(f"延期没有填写{label}。延期应经批准并说明理由，请补充。")
        if self.granted is not None:
            moments.local_day(self.granted)


@dataclass(frozen=True)
class Deadline:
    """A limit in time that a clause sets on one thing in one case.

    The first block is the rule and its inputs; the last block is filled by `reckoning.compute` and kept so that a later
    calendar can be compared with it.

    Parameters:
        name: what has to be done, in Chinese: 答复期限.
        clause: the rule, e.g. 711号 §33 or P000-07 §19.
        kind: floor, nominal or ceiling.
        unit: what is counted.
        amount: how many, without extensions.
        start: day zero, or for hours the exact instant.
        stops: intervals that do not count; they may touch and overlap.
        extensions: granted extensions, in the order in which they were granted.
        extension_cap: most that all extensions together may add; None when the clause sets no cap.
        roll_forward: for calendar days, move a last day that is no working day to the next one (民法典 §203). Off
            unless the clause or the process says so.
        met_at: when the thing was done; None while it is open.
        due: for ceilings and nominal periods the last second in time; for floors the first moment at which the period
            has passed; None before the first computation and while an open stop keeps it unknown.
        calendar_version: version of the calendar that gave `due`.
        estimated: whether a year without an official notice was touched.

    Raises:
        CalendarError: an input contradicts another, is missing, or has no time zone.
    """

    name: str
    clause: str
    kind: Kind
    unit: Unit
    amount: int
    start: moments.Moment
    stops: tuple[Stop, ...] = ()
    extensions: tuple[Extension, ...] = ()
    extension_cap: int | None = None
    roll_forward: bool = False
    met_at: dt.datetime | None = None
    due: dt.datetime | None = None
    calendar_version: str | None = None
    estimated: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.kind, Kind) or not isinstance(self.unit, Unit):
            raise errors.CalendarError(
                f"期限的kind应为{'、'.join(Kind)}之一、unit应为{'、'.join(Unit)}之一，"
                f"实为{self.kind!r}和{self.unit!r}。请用Kind和Unit的成员。"
            )
        if not self.name.strip():
            raise errors.CalendarError("期限没有名称。请填写要办的事项，例如“答复期限”。")
        _check_amount(self.amount, f"“{self.name}”")
        for moment in (self.start, self.met_at, self.due):
            if moment is not None:
                moments.local_day(moment)
        if self.unit is Unit.HOURS:
            self._check_hours()
        if self.roll_forward and self.unit is not Unit.DAYS:
            raise errors.CalendarError(f"“{self.name}”按{self.unit.label}计算，不能顺延；只有按日计算的期限才可顺延。")
        added = self.total - self.amount
        if self.extension_cap is not None and added > self.extension_cap:
            raise errors.CalendarError(
                f"“{self.name}”累计延长{added}{self.unit.label}，超过{self.clause or '规定'}"
                f"允许的{self.extension_cap}{self.unit.label}。请减少延期。"
            )

    def with_answer(self, due: dt.datetime | None, calendar_version: str, *, estimated: bool) -> Deadline:
        """Return this deadline with what was computed from it.

        The rule and its inputs were checked when it was made; `dataclasses.replace` would check them again, which takes
        longer than the computing.
        """
        answered = object.__new__(Deadline)
        vars(answered).update(vars(self), due=due, calendar_version=calendar_version, estimated=estimated)
        return answered

    @property
    def total(self) -> int:
        """Amount with all extensions."""
        return sum([extension.amount for extension in self.extensions], self.amount)

    @property
    def last_day(self) -> dt.date | None:
        """The last day that counts, as a letter would name it; None while `due` is unknown."""
        if self.due is None:
            return None
        day = moments.local_day(self.due)
        if self.kind is Kind.FLOOR and self.unit is not Unit.HOURS:
            return day - dt.timedelta(days=1)
        return day

    def _check_hours(self) -> None:
        inputs = [self.start, *(moment for stop in self.stops for moment in (stop.sent, stop.answered) if moment)]
        for moment in inputs:
            if not isinstance(moment, dt.datetime):
                raise errors.CalendarError(
                    f"“{self.name}”按小时计算，起点和停止计时应为带时区的时间，实为日期{moment}。请补充时刻。"
                )


def _check_amount(amount: object, what: str) -> None:
    if type(amount) is not int or amount < 1:
        raise errors.CalendarError(f"{what}的数量应为大于零的整数，实为{amount!r}。")

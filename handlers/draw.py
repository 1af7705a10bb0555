"""A draw that anybody can check (摇号): HEARING-DRAW-1, for hearings with more people than places (000 §10).

List and number of places are fixed and published before the random source (信标) exists, and that source is outside of
everybody's control; so nobody can steer the outcome, and one line of shell checks it::

    printf '%s' "<seed>|S001" | sha256sum

List digest: SHA-256 of the tickets in order, one to a line, each line ended by LF. Seed: SHA-256 of
``HEARING-DRAW-1|hearing|category|places|list digest|beacon``. Tickets are ordered by SHA-256 of ``seed|ticket``; the
first ones have the places, the others are the reserve in this order.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from engine import errors, registry

ALGORITHM = "HEARING-DRAW-1"
#: BPMN error of a random source that may not be used; the message says why.
BEACON_REFUSED = "beacon-refused"
_TICKET = re.compile(r"[0-9A-Za-z]{2,12}")
_NAMED = re.compile(r"""[^|'"\\\x00-\x1f\x7f]+""")
_PERIOD = re.compile(r"20[0-9]{5}")
_BALLS = re.compile(r"[0-9]{2}(,[0-9]{2}){5}")
_DICE = re.compile(r"[1-6](,[1-6]){4}")
_RED, _BLUE, _WITNESSES = 33, 16, 3


@registry.handler("draw.freeze", inputs={"lists": list[dict], "threshold": int})
def freeze(job: registry.Job) -> dict[str, object]:
    """Fix the lists of who applied: the variable `frozen`, one record for each list, and `frozen_at`.

    Inputs:
        lists: `{"category", "places", "tickets"}`; each list is drawn from on its own.
        threshold: up to so many applicants all are admitted, and beyond it no fewer than so many (000 §10: ten).

    Raises:
        errors.InvalidInput: a ticket given twice, or fewer places than the threshold.
    """
    threshold = job.inputs["threshold"]
    frozen = []
    for each in job.inputs["lists"]:
        category, places, tickets = _list(each)
        _check_places(category, places, threshold)
        _check_tickets(category, tickets)
        frozen.append(
            {
                "category": category,
                "places": places,
                "tickets": sorted(tickets),
                "count": len(tickets),
                "drawn": must_draw(len(tickets), places, threshold),
                "list_sha256": list_digest(tickets),
            }
        )
    return {"frozen": frozen, "frozen_at": job.now.isoformat()}


@registry.handler(
    "draw.beacon",
    inputs={
        "source": str,
        "announced_period": str,
        "period": str | None,
        "red": str | None,
        "blue": str | None,
        "dice": str | None,
        "witnesses": list[str] | None,
        "drawn_on": str,
        "not_before": str,
    },
)
def beacon(job: registry.Job) -> dict[str, object]:
    """Check the random source and write it as one line: the variable `beacon`.

    Inputs:
        source: announced (the lottery period of the notice), next (a later one) or dice (thrown before witnesses).
        announced_period, period: numbers of lottery periods, seven digits.
        red, blue: the numbers drawn, two digits each, the six red ones ascending and separated by commas.
        dice: five numbers separated by commas; witnesses: at least three tickets.
        drawn_on, not_before: the day of the draw, and the first day on which it may have been.

    Raises:
        errors.BpmnError: `beacon-refused`.
    """
    given = job.inputs
    drawn_on, not_before = (datetime.date.fromisoformat(given[name][:10]) for name in ("drawn_on", "not_before"))
    if drawn_on < not_before:
        raise _refused(f"开奖日期 {drawn_on} 早于 {not_before}：名单冻结并且异议期届满以后产生的结果才能使用")
    if drawn_on > job.now.date():
        raise _refused(f"开奖日期 {drawn_on} 晚于今天")
    if given["source"] == "dice":
        return {"beacon": _thrown(given, drawn_on)}
    if given["source"] not in ("announced", "next"):
        raise errors.InvalidInput(f"随机来源（source）应为 announced、next 或 dice，实际为“{given['source']}”。")
    return {"beacon": f"SSQ:{_period(given)}:{_balls(given)}"}


@registry.handler(
    "draw.select",
    inputs={
        "hearing": str,
        "category": str,
        "places": int,
        "tickets": list[str],
        "list_sha256": str,
        "threshold": int,
        "beacon": str | None,
    },
)
def select(job: registry.Job) -> dict[str, object]:
    """Say who is admitted: the variable `draw`, with seed and whole order where there was a draw.

    Inputs:
        hearing, category, places, tickets: what is drawn; hearing and category as in the notice.
        list_sha256: the digest that was published when the list was frozen.
        threshold: as for `draw.freeze`.
        beacon: what `draw.beacon` gave; may be missing where all are admitted.

    Raises:
        errors.InvalidInput: the list is not the frozen one, too few places, or no random source.
    """
    given = job.inputs
    category, places, tickets = _list(given)
    _check_places(category, places, given["threshold"])
    _check_tickets(category, tickets)
    digest = list_digest(tickets)
    if digest != given["list_sha256"]:
        raise errors.InvalidInput(
            f"{category}名单应与冻结时公布的一致（摘要值 {given['list_sha256']}），实际为 {digest}。"
        )
    if not must_draw(len(tickets), places, given["threshold"]):
        return {"draw": _all_admitted(given, sorted(tickets))}
    if not given.get("beacon"):
        raise errors.InvalidInput(f"{category}登记 {len(tickets)} 人，应摇号确定，而没有随机来源（beacon）。")
    seed = seed_of(given["hearing"], category, places, digest, given["beacon"])
    rows = order(seed, tickets)
    ranked = [ticket for ticket, _ in rows]
    return {
        "draw": {
            "algorithm": ALGORITHM,
            "hearing": given["hearing"],
            "category": category,
            "places": places,
            "count": len(tickets),
            "drawn": True,
            "list_sha256": digest,
            "beacon": given["beacon"],
            "seed": seed,
            "rows": [
                {"rank": rank, "ticket": ticket, "hash": value, "selected": rank <= places}
                for rank, (ticket, value) in enumerate(rows, 1)
            ],
            "selected": ranked[:places],
            "reserve": ranked[places:],
        }
    }


@registry.handler("draw.replace", inputs={"admitted": list[str], "reserve": list[str], "declined": list[str]})
def replace(job: registry.Job) -> dict[str, object]:
    """Give places that became free to the reserve, in its order: `admitted`, `reserve` and `promoted`.

    Inputs:
        admitted, reserve: tickets, in the order of the draw.
        declined: those of `admitted` who do not come.

    Raises:
        errors.InvalidInput: somebody declined who was not admitted.
    """
    admitted, reserve, declined = (list(job.inputs[name]) for name in ("admitted", "reserve", "declined"))
    if strangers := [ticket for ticket in declined if ticket not in admitted]:
        raise errors.InvalidInput(f"放弃参加的应是入选的人，实际有未入选的登记号：{'、'.join(strangers)}。")
    free = len(set(declined))
    promoted = reserve[:free]
    staying = [ticket for ticket in admitted if ticket not in declined]
    return {"admitted": staying + promoted, "reserve": reserve[free:], "promoted": promoted}


def must_draw(count: int, places: int, threshold: int) -> bool:
    """Tell whether there are more applicants than may all be admitted."""
    return count > max(places, threshold)


def list_digest(tickets: Sequence[str]) -> str:
    """Return the digest of a list of tickets, whatever order they are given in."""
    return _sha256("".join(f"{ticket}\n" for ticket in sorted(tickets)))


def seed_of(hearing: str, category: str, places: int, digest: str, source: str) -> str:
    """Return the seed, which binds list and number of places to the random source."""
    return _sha256("|".join((ALGORITHM, hearing, category, str(places), digest, source)))


def order(seed: str, tickets: Sequence[str]) -> list[tuple[str, str]]:
    """Return the tickets with their values, first place first."""
    return sorted(((ticket, _sha256(f"{seed}|{ticket}")) for ticket in tickets), key=lambda row: row[1])


def _all_admitted(given: Mapping[str, Any], tickets: list[str]) -> dict[str, object]:
    return {
        "algorithm": None,
        "hearing": given["hearing"],
        "category": given["category"],
        "places": given["places"],
        "count": len(tickets),
        "drawn": False,
        "list_sha256": given["list_sha256"],
        "beacon": None,
        "seed": None,
        "rows": [{"rank": rank, "ticket": each, "hash": "", "selected": True} for rank, each in enumerate(tickets, 1)],
        "selected": tickets,
        "reserve": [],
    }


def _list(given: Mapping[str, Any]) -> tuple[str, int, list[str]]:
    category, places, tickets = given["category"], given["places"], given["tickets"]
    named = f"{category}{given.get('hearing', '')}"
    # What is hashed stands in lines of shell that everybody may run: a quote or a line break would end them early.
    if not category or not _NAMED.fullmatch(named):
        raise errors.InvalidInput("听证编号和类别应写明，并且不含“|”、引号、反斜杠和换行。")
    return category, places, tickets


def _check_places(category: str, places: int, threshold: int) -> None:
    if places < threshold:
        raise errors.InvalidInput(f"{category}的名额不得少于 {threshold} 人，实际为 {places} 人。")


def _check_tickets(category: str, tickets: Sequence[str]) -> None:
    if len(set(tickets)) != len(tickets):
        raise errors.InvalidInput(f"{category}名单中一人应只有一个登记号，实际有重复的。")
    if wrong := [ticket for ticket in tickets if not _TICKET.fullmatch(ticket)]:
        raise errors.InvalidInput(f"登记号应由二至十二位字母和数字组成，实际有：{'、'.join(wrong)}。")


def _period(given: Mapping[str, Any]) -> str:
    announced, period = given["announced_period"], given.get("period") or given["announced_period"]
    if not _PERIOD.fullmatch(period):
        raise _refused(f"期号应为七位数字，如 2026134，实际为“{period}”")
    if given["source"] == "announced" and period != announced:
        raise _refused(f"应使用公告的第 {announced} 期，实际为第 {period} 期；确需顺延的，选择顺延并说明原因")
    if given["source"] == "next" and period <= announced:
        raise _refused(f"顺延的期号应在公告的第 {announced} 期之后，实际为第 {period} 期")
    return period


def _balls(given: Mapping[str, Any]) -> str:
    red, blue = (given.get("red") or "").strip(), (given.get("blue") or "").strip()
    numbers = [int(each) for each in red.split(",")] if _BALLS.fullmatch(red) else []
    if len(set(numbers)) != 6 or numbers != sorted(numbers) or not 1 <= numbers[0] <= numbers[-1] <= _RED:
        raise _refused(f"红球应为六个不同的两位号码（01至33），从小到大、以逗号分隔，实际为“{red}”")
    if not re.fullmatch("[0-9]{2}", blue) or not 1 <= int(blue) <= _BLUE:
        raise _refused(f"蓝球应为两位号码（01至16），实际为“{blue}”")
    return f"{red}+{blue}"


def _thrown(given: Mapping[str, Any], drawn_on: datetime.date) -> str:
    dice, witnesses = (given.get("dice") or "").strip(), given.get("witnesses") or []
    if not _DICE.fullmatch(dice):
        raise _refused(f"应为五枚骰子的点数（1至6），以逗号分隔，实际为“{dice}”")
    if len(set(witnesses)) < _WITNESSES:
        raise _refused(f"应有至少三名登记人当众掷骰，写明各自的登记号，实际为 {len(set(witnesses))} 名")
    return f"DICE:{drawn_on.isoformat()}:{dice}"


def _refused(why: str) -> errors.BpmnError:
    return errors.BpmnError(BEACON_REFUSED, why)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

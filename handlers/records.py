"""Numbers that a diagram has counted from the records: declared in `figures.yaml` of the pack, typed in by nobody."""

from __future__ import annotations

import datetime
from typing import Any

from engine import errors, registry
from engine.model import figures


@registry.handler(
    "records.count", inputs={"figures": list[dict[str, Any]], "since": str, "until": str, "unit": str | None}
)
def count(job: registry.Job) -> None:
    """Count figures of the pack as things stand when the job is finished.

    The variables `counts` and `late_tasks` then hold what came of it: a row for each figure asked for, and by name the
    tasks that somebody did not do in time.

    Inputs:
        figures: in their order; in each, `figure` is the id of a figure of `figures.yaml`, and whatever else is in it
            stays in its row. Without `figure`, the row says that the records cannot tell.
        since, until: the first and the last day that count, as ISO dates.
        unit: name of the unit that is counted, units below it included; without it, everybody.

    Raises:
        errors.InvalidInput: days that are none.
    """
    given = job.inputs
    try:
        since, until = (datetime.date.fromisoformat(given[name]) for name in ("since", "until"))
    except ValueError:
        found = f"{given['since']}、{given['until']}"
        raise errors.InvalidInput(f"since、until 应为日期，如 2026-01-01；实际为 {found}。") from None
    job.count(figures.Count(tuple(given["figures"]), since, until, given.get("unit")))

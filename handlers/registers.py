"""Registers (台账): entries that a diagram writes, numbered without gaps, never changed."""

from __future__ import annotations

from engine import registry
from engine.model import records


@registry.handler(
    "registers.append", inputs={"register": str, "values": dict, "corrects": str | None, "reason": str | None}
)
def append(job: registry.Job) -> None:
    """Write an entry; the variable `entry` then names its register, number, time and hash.

    Inputs:
        register: id of a register of the pack (`registers` of pack.yaml).
        values: by the ids of its fields.
        corrects: number of the older entry that this one corrects.
        reason: why it is corrected.
    """
    given = job.inputs
    job.write(records.Append(given["register"], given["values"], given.get("corrects"), given.get("reason")))

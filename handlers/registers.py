"""Registers (台账): entries that a diagram writes, numbered without gaps, never changed."""

from __future__ import annotations

from engine import registry
from engine.model import records
from handlers import publications


@registry.handler(
    "registers.append",
    inputs={"register": str, "values": dict, "corrects": str | None, "reason": str | None, "tell": list | None},
)
def append(job: registry.Job) -> None:
    """Write an entry; the variable `entry` then names its register, number, time and hash.

    Inputs:
        register: id of a register of the pack (`registers` of pack.yaml).
        values: by the ids of its fields.
        corrects: number of the older entry that this one corrects.
        reason: why it is corrected.
        tell: who is told by the public portal, each `{receipt, text}`.
    """
    given = job.inputs
    told = publications.told(given.get("tell"))
    job.write(records.Append(given["register"], given["values"], given.get("corrects"), given.get("reason"), told))

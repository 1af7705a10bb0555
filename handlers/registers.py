"""Registers (台账): entries that a diagram writes, numbered without gaps, never changed."""

from __future__ import annotations

from engine import registry
from engine.model import records
from handlers import publications


@registry.handler(
    "registers.append",
    inputs={
        "register": str,
        "values": dict,
        "item": dict | None,
        "corrects": str | None,
        "reason": str | None,
        "tell": list | None,
    },
)
def append(job: registry.Job) -> None:
    """Write an entry; the variable `entry` then names its register, number, time and hash.

    Inputs:
        register: id of a register of the pack (`registers` of pack.yaml).
        values: by the ids of its fields.
        item: what the entry is about, made up as for a publication: its hash is entered as `content_sha256`.
        corrects: number of the older entry that this one corrects, or goes on with where the register `continues`.
        reason: why.
        tell: who is told by the public portal, each `{receipt, text}`.
    """
    given = job.inputs
    told = publications.told(given.get("tell"))
    values = dict(given["values"])
    if given.get("item"):
        values["content_sha256"] = publications.content_sha256(given["item"])
    job.write(records.Append(given["register"], values, given.get("corrects"), given.get("reason"), told))


@registry.handler("registers.find", inputs={"register": str | None, "number": str | None, "values": dict | None})
def find(job: registry.Job) -> dict[str, object] | None:
    """Look an entry up; the variable `found` then is its register, number, time, `values` and `case`, or None.

    Inputs:
        register: id of a register of the pack; without one nothing is looked for.
        number: of the entry, as it stands in the register.
        values: what it has, by the ids of its fields.
    """
    given = job.inputs
    number = str(given.get("number") or "").strip() or None
    values = {field: str(value) for field, value in (given.get("values") or {}).items()}
    if not given.get("register") or not (number or values):
        return {"found": None}
    job.write(records.Find(given["register"], values, number))
    return None

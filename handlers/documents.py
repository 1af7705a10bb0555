"""Official documents (公文) that a diagram issues."""

from __future__ import annotations

from engine import registry
from engine.model import records
from handlers import publications


@registry.handler("documents.issue", inputs={"template": str, "data": dict | None, "tell": list | None})
def issue(job: registry.Job) -> None:
    """Issue a document; the variable `document` then names its id, title, number, time and hash.

    Inputs:
        template: name of a file of processes/<pack>/documents without `.j2`. It sees the variables of the case.
        data: what it sees besides.
        tell: who reads it with their code on the public portal, each `{receipt, text}`.
    """
    given = job.inputs
    job.write(records.Issue(given["template"], given.get("data") or {}, publications.told(given.get("tell"))))

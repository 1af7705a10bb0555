"""Official documents (公文) that a diagram issues."""

from __future__ import annotations

from engine import registry
from engine.model import records


@registry.handler("documents.issue", inputs={"template": str, "data": dict | None})
def issue(job: registry.Job) -> None:
    """Issue a document; the variable `document` then names its id, title, number, time and hash.

    Inputs:
        template: name of a file of processes/<pack>/documents without `.j2`. It sees the variables of the case.
        data: what it sees besides.
    """
    job.write(records.Issue(job.inputs["template"], job.inputs.get("data") or {}))

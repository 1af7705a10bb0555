"""Telling those who sent something in by the public portal, with nothing written besides."""

from __future__ import annotations

from engine import registry
from handlers import publications


@registry.handler("notices.tell", inputs={"tell": list})
def tell(job: registry.Job) -> None:
    """Tell people at once what became of what they sent in; they read it with their code (查询码).

    Inputs:
        tell: each `{receipt, text}`; entries without a receipt, of people who came to the office, are left out.
    """
    for each in publications.told(job.inputs["tell"]):
        job.write(each)

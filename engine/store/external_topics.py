"""Topics whose work is done elsewhere, as the newest deployment of each pack declares them."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from engine.model import definitions as model
from engine.store import statements
from engine.store.tables import external_topics

_COLUMNS = [column for column in external_topics.c if column.name != "pack"]
_INSERT = statements.insert(external_topics)
_REMOVE = sa.delete(external_topics).where(external_topics.c.pack == sa.bindparam("of_pack"))
_OF_PACK = (
    sa.select(*_COLUMNS).where(external_topics.c.pack == sa.bindparam("of_pack")).order_by(external_topics.c.topic)
)
_GET = _OF_PACK.where(external_topics.c.topic == sa.bindparam("of_topic"))
_ALL = sa.select(external_topics.c.topic).distinct().order_by(external_topics.c.topic)


class ExternalTopics:
    """The external topics of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def replace(self, pack: str, topics: Iterable[model.ExternalTopic]) -> None:
        """Make these the external topics of a pack."""
        self._link.run(_REMOVE, {"of_pack": pack})
        rows = [
            {
                "pack": pack,
                "topic": topic.id,
                "name": topic.name,
                "description": topic.description,
                "inputs": topic.inputs,
                "outputs": topic.outputs,
            }
            for topic in topics
        ]
        self._link.run_many(_INSERT, rows)

    def get(self, pack: str, topic: str) -> model.ExternalTopic | None:
        """Return an external topic as a pack declares it; None if it does not."""
        row = self._link.one(_GET, {"of_pack": pack, "of_topic": topic})
        return None if row is None else model.ExternalTopic(*row)

    def of_pack(self, pack: str) -> list[model.ExternalTopic]:
        """Return the external topics of a pack, by id."""
        return [model.ExternalTopic(*row) for row in self._link.all(_OF_PACK, {"of_pack": pack})]

    def ids(self) -> list[str]:
        """Return every external topic, in order."""
        return [row[0] for row in self._link.all(_ALL, {})]

"""Metrics of several processes as those of one: each sample says of which process it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client import core, exposition, parser

#: The label that tells the processes of one supervisor from each other.
LABEL = "process"


class Merged:
    """Families of metrics with the samples of every process.

    Args:
        texts: By process, what it answered.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._families: dict[str, core.Metric] = {}
        for process, text in texts.items():
            for family in parser.text_string_to_metric_families(text):
                self._add(process, family)

    def collect(self) -> Iterable[core.Metric]:
        """Yield the families."""
        return self._families.values()

    def text(self) -> bytes:
        """Return them as Prometheus reads them."""
        return exposition.generate_latest(self)

    def _add(self, process: str, family: core.Metric) -> None:
        known = self._families.get(family.name)
        if known is None:
            known = self._families[family.name] = core.Metric(family.name, family.documentation, family.type)
        known.samples += [sample._replace(labels={**sample.labels, LABEL: process}) for sample in family.samples]

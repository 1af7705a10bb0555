"""A pack with two articles that carry on and one that does not, its tests, and the command line on them."""

from __future__ import annotations

import pathlib

import office as offices
import packbuilder as p
import pytest
import snippets as s
from tracepack import ARTICLES, TESTS


class Traced(offices.Office):
    """The office, with a pack that is written piece by piece."""

    def pack(self, *clauses: str, articles: str = ARTICLES, **diagrams: bytes) -> None:
        """Write the pack with one task for each clause."""
        names = [f"t{number}" for number in range(len(clauses))]
        tasks = [s.user(name, clause=clause, name=f"办理{name}") for name, clause in zip(names, clauses, strict=True)]
        main = p.line(*tasks, ids=tuple(names), id="main", tag="1")
        p.write(self.root / "packs", {"main": main, **diagrams}, extra=articles)

    def tests(self, text: str = TESTS) -> None:
        """Write the tests of the pack."""
        home = self.root / "packs" / "tests" / "processes"
        home.mkdir(parents=True, exist_ok=True)
        (home / "test_demo.py").write_text(text, encoding="utf-8")

    def found(self, *options: str, code: int = 1) -> list[tuple[str, str]]:
        """Return the rules that `trace --strict` finds broken, and what it found."""
        (trace,) = self("trace", "--pack", "demo", "--strict", "--json", *options, code=code).json
        return [(finding["rule"], finding["found"]) for finding in trace["findings"]]


@pytest.fixture
def traced(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Traced:
    """A pack whose every article is carried out and proven, and no database."""
    made = Traced(tmp_path)
    made.pack("P000-06 §9(一)", "P000-06 §9(二);P000-06 §10")
    made.tests()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GONGKAI_PACKS", str(tmp_path / "packs"))
    monkeypatch.setenv("GONGKAI_DATABASE", f"sqlite:///{tmp_path / 'office.db'}")
    monkeypatch.setenv("NO_COLOR", "1")
    return made

"""Proving that what was kept is what was written: the audit trail, the records, and the files that were uploaded."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator

from engine.actions import context, published_content
from engine.store import proof, proof_trail, statements, verification

#: Files looked up at a time; each is read without a transaction, as a large one takes its time.
_PAGE = 200

Progress = Callable[[int], None]


@dataclasses.dataclass(frozen=True, slots=True)
class Proof:
    """How much was checked, and what is wrong with it.

    `files` is None where they were left out. `unsealed` are records of before the trail kept a seal of each: they are
    proven by their hashes, and what those leave out is not proven.
    """

    entries: int
    problems: tuple[verification.Problem, ...]
    records: int
    files: int | None
    flaws: tuple[proof_trail.Flaw, ...]
    unsealed: int = 0


def size(engine: context.Engine, *, with_files: bool = True) -> int:
    """Return how many entries of the audit trail, records and contents of files there are to check."""
    with engine.store.read() as uow:
        return uow.audit.count() + proof.count(uow.link) + (uow.files.count_contents() if with_files else 0)


def prove(engine: context.Engine, progress: Progress, *, with_files: bool = True) -> Proof:
    """Recompute every hash; find what was changed, removed, forged or put elsewhere.

    For whoever may open the database. Memory does not grow with what is checked, but for what is found. It reads in
    many short transactions, so that nobody waits for it; what the office does meanwhile is taken as it is then.

    Args:
        engine: The engine.
        progress: Called now and then with how many entries, records and files more have been checked.
        with_files: Read uploaded files too.
    """
    so_far = 0

    def entries_so_far(count: int) -> None:
        nonlocal so_far
        progress(count - so_far)
        so_far = count

    opened = transactions(engine)
    with engine.store.read() as uow:
        entries, records = uow.audit.count(), proof.count(uow.link)
    problems = tuple(verification.verify(opened, entries_so_far))
    found = proof.check(opened, published_content.of_sha256, progress)
    flaws = found.flaws
    if not with_files:
        return Proof(entries, problems, records, None, tuple(flaws), found.unsealed)
    count = 0
    for flaw in _files(engine, progress):
        count += 1
        flaws += [flaw] if flaw is not None else []
    return Proof(entries, problems, records, count, tuple(flaws), found.unsealed)


def transactions(engine: context.Engine) -> verification.Opened:
    """Return what opens one transaction after the other, each of which sees one state of the database."""

    @contextlib.contextmanager
    def opened() -> Iterator[statements.Link]:
        with engine.store.read() as uow:
            yield uow.link

    return opened


def _files(engine: context.Engine, progress: Progress) -> Iterator[proof_trail.Flaw | None]:
    """Yield for each content what is wrong with it, None where nothing is."""
    after = ""
    while True:
        with engine.store.read() as uow:
            page = uow.files.contents(after, _PAGE)
        if not page:
            return
        for sha256, size, name in page:
            wrong = engine.blobs.flaw(sha256, size)
            if wrong is not None:
                with engine.store.read() as uow:  # it may have been tidied away in between
                    wrong = wrong if uow.files.has_content(sha256) else None
            yield None if wrong is None else proof_trail.Flaw("file", f"上传文件“{name or sha256[:12]}”", wrong)
            progress(1)
        after = page[-1][0]

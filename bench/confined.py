"""Processes that may use a share of a processor only: then it is not the machine that limits how many of them pay.

By control groups of Linux, so as root.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
from collections.abc import Iterator

#: Microseconds of which a process has its share: short, so that it does not wait long holding a row.
_PERIOD = 10_000
_OLD, _NEW = pathlib.Path("/sys/fs/cgroup/cpu"), pathlib.Path("/sys/fs/cgroup")


class Refused(Exception):
    """The system does not let processes be confined here; the message says why."""


@contextlib.contextmanager
def share(pid: int, part: float) -> Iterator[None]:
    """Let a process with all its threads, and what it begins, use that part of one processor as long as the block runs.

    Raises:
        Refused: There are no control groups, or they may not be made.
    """
    home = _OLD if (_OLD / "cpu.cfs_quota_us").exists() else _NEW
    group = home / f"gongkai-bench-{os.getpid()}-{pid}"
    quota = round(_PERIOD * part)
    with contextlib.ExitStack() as leaving:
        try:
            if not (home / "cgroup.procs").exists():
                raise FileNotFoundError(f"{home} has no control groups")
            group.mkdir()
            leaving.callback(_leave, home, group, pid)
            if home is _OLD:
                (group / "cpu.cfs_period_us").write_text(str(_PERIOD))
                (group / "cpu.cfs_quota_us").write_text(str(quota))
            else:
                (group / "cpu.max").write_text(f"{quota} {_PERIOD}")
            (group / "cgroup.procs").write_text(str(pid))
        except OSError as error:
            raise Refused(f"processes cannot be held to a share of a processor here: {error}") from error
        yield


def _leave(home: pathlib.Path, group: pathlib.Path, pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it has ended, and so left the group
        (home / "cgroup.procs").write_text(str(pid))
    group.rmdir()

"""A process from which players come: it has read the platform's code once, and forks one player after the other.

A player is a process of its own, killed by SIGKILL like any other; but it need not import for three seconds what all of
them import. The nursery itself has one thread and opens no database.

Each line of its input is a `faultstory.Task` as JSON; each line of its output says how that process ended.
"""

from __future__ import annotations

import json
import logging
import os
import pathlib
import sys
import traceback
from typing import Any

import faultstory

#: How a player that failed says so; one that is killed says nothing.
FAILED = 3


def main() -> None:
    """Play what is asked for, one task after the other, until the input ends."""
    logging.disable()  # handlers fail on purpose
    for line in sys.stdin:
        given: dict[str, Any] = json.loads(line)
        points = {name: given.pop(name) for name in ("die", "away")}
        task = faultstory.Task(**given, **{name: each and (each[0], each[1]) for name, each in points.items()})
        _, status = os.waitpid(_fork(task), 0)
        print(json.dumps({"exit": os.waitstatus_to_exitcode(status)}), flush=True)


def _fork(task: faultstory.Task) -> int:
    child = os.fork()
    if child == 0:
        directory = pathlib.Path(task.directory)
        try:
            reached = faultstory.play(task)
            (directory / "reached").write_text(json.dumps(reached), encoding="utf-8")
        except BaseException:
            (directory / "failure").write_text(traceback.format_exc(), encoding="utf-8")
            os._exit(FAILED)
        os._exit(0)
    return child


if __name__ == "__main__":
    main()

"""A supervisor, or one of its workers, as a process of its own: `supervised.py supervise|work DIRECTORY …`.

The worker is that of `gongkai worker --supervised` without the packs that gongkai ships, so that it starts at once.
While the file `away` is in the directory, it can do nothing: its clock fails.
"""

from __future__ import annotations

import datetime
import os
import pathlib
import signal
import sys

from engine import bootstrap, config, errors, jobs, logs, monitoring


class Clock:
    """The clock of the machine, unless it is away."""

    def __init__(self, directory: pathlib.Path) -> None:
        self._away = directory / "away"

    def now(self) -> datetime.datetime:
        if self._away.exists():
            raise errors.StoreError
        return datetime.datetime.now(datetime.UTC)


def work(directory: pathlib.Path, url: str, socket: str) -> int:
    line = monitoring.LifeLine(2.0)
    settings = config.Settings(
        database=url,
        packs=(directory / "packs",),
        poll_seconds=0.05,
        lease_seconds=2,
        heartbeat_seconds=0.5,
        silent_seconds=2,
        grace_seconds=10,
    )
    logs.configure("json", "info")
    with bootstrap.open_engine(settings, Clock(directory), shipped_packs=False) as engine:
        worker = jobs.Worker(engine)
        line.stop_by(worker.request_stop)
        signal.signal(signal.SIGTERM, lambda *_: worker.request_stop())
        pages, look = monitoring.of_process(engine, worker=worker)
        with monitoring.Listener(monitoring.Address.parse(f"unix:{socket}"), pages, look):
            return 0 if worker.run() else 1


def supervise(directory: pathlib.Path, url: str, count: str, grace: str) -> int:
    logs.configure("json", "info")
    this = [sys.executable, __file__]
    code = (directory / "useless").exists()

    def command(place: int, socket: pathlib.Path) -> list[str]:
        return [*this[:1], "-c", "raise SystemExit(6)"] if code else [*this, "work", str(directory), url, str(socket)]

    found = monitoring.Supervisor(int(count), command, dict(os.environ), silent=2.0, grace=float(grace))
    with monitoring.Listener(monitoring.Address(), found.pages()) as listener:
        print(listener.address.port, flush=True)
        code, clean = found.run()
    print("clean" if clean else "not clean", flush=True)
    return code


if __name__ == "__main__":
    raise SystemExit({"work": work, "supervise": supervise}[sys.argv[1]](pathlib.Path(sys.argv[2]), *sys.argv[3:]))

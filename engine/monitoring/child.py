"""A worker process as its supervisor sees it: started, heard of, ended; and how it notices that nobody watches it."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from engine.monitoring import asking

#: Seconds that a process may take to begin: to load packs and handlers on a busy machine.
_BEGINNING = 120.0
#: Seconds between the end of a process and the start of the next one: at first, and at most.
_FIRST_REST, _LONGEST_REST = 1.0, 30.0
#: A process that lived so long, in seconds, has not failed at once: the next rest is the first again.
_LASTING = 60.0
#: Seconds that a question may take.
_PATIENCE = 2.0


class Child:
    """One of the places of a supervisor, and the process that fills it.

    Args:
        place: Its number, from 1.
        command: How it is started.
        environment: What it is started with.
        socket: Where it answers questions.
    """

    def __init__(
        self, place: int, command: Sequence[str], environment: Mapping[str, str], socket: pathlib.Path
    ) -> None:
        self.place = place
        self.socket = socket
        #: Whether it has ever looked for work since it was started.
        self.fetched = False
        self.stopping_since: float | None = None
        #: The exit code of the process that ended last.
        self.code: int | None = None
        #: When the next one may be started, by the monotonic clock.
        self.rests_until = 0.0
        self._command = list(command)
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._answered = 0.0
        self._silent_since = 0.0
        self._failures = 0

    @property
    def running(self) -> bool:
        """Tell whether there is a process that has not been waited for."""
        return self._process is not None

    def start(self) -> None:
        """Start a process; from the main thread."""
        with contextlib.suppress(OSError):
            self.socket.unlink()
        self._process = subprocess.Popen(  # noqa: S603 - this very command
            self._command,
            env=self._environment,
            stdin=subprocess.PIPE,  # the life line: it ends when the supervisor does, however that happens
            start_new_session=True,  # Ctrl-C is for the supervisor, which passes it on
        )
        self._started = self._answered = self._silent_since = time.monotonic()
        self.fetched, self.stopping_since = False, None

    def listen(self) -> None:
        """Ask how it is; called again and again by a thread of its own."""
        started = self._started
        answer = asking.ask(self.socket, "/healthz", _PATIENCE)
        if answer is None or started != self._started:
            return
        now = time.monotonic()
        self._answered = now
        with contextlib.suppress(ValueError, KeyError, TypeError):
            worker = json.loads(answer[1])["checks"]["worker"]
            if worker["fetched"]:
                self.fetched = True
                self._silent_since = now - float(worker["silent_seconds"])

    def silence(self, bound: float) -> str | None:
        """Tell what is wrong with a process that runs: it is `frozen`, or `idle`; None when nothing is."""
        now = time.monotonic()
        if not self.fetched:
            return "frozen" if now - self._started > max(bound, _BEGINNING) else None
        if now - self._answered > bound:
            return "frozen"
        return "idle" if now - self._silent_since > bound else None

    def ended(self) -> str | None:
        """Return why the process ended, None while it runs; after that there is none."""
        if self._process is None or (code := self._process.poll()) is None:
            return None
        self._forget()
        return _reason(code)

    def _forget(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        self.code = process.returncode
        if process.stdin is not None:
            process.stdin.close()
        if time.monotonic() - self._started >= _LASTING:
            self._failures = 0
        self.rest()

    def rest(self) -> None:
        """Wait before the next start: longer each time it fails at once."""
        self._failures += 1
        rest = min(_FIRST_REST * 2 ** min(self._failures - 1, 10), _LONGEST_REST)
        self.rests_until = time.monotonic() + rest

    def send(self, number: signal.Signals) -> None:
        """Send the process a signal."""
        if self._process is not None:
            if self.stopping_since is None:
                self.stopping_since = time.monotonic()
            self._process.send_signal(number)


def _reason(code: int) -> str:
    if code >= 0:
        return f"exit-{code}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal-{-code}"


class LifeLine:
    """The other end, in the process itself: tells when its supervisor is gone, and ends it if nothing else does.

    Args:
        grace: Seconds that it may take to end by itself then.
    """

    def __init__(self, grace: float) -> None:
        self._grace = grace
        self._stop: Callable[[], None] = lambda: os._exit(1)
        threading.Thread(target=self._hold, name="life-line", daemon=True).start()

    def stop_by(self, stop: Callable[[], None]) -> None:
        """Have `stop` called when the supervisor is gone; until now the process would end at once."""
        self._stop = stop

    def _hold(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while os.read(sys.stdin.fileno(), 64):
                pass
        threading.Timer(self._grace, os._exit, (1,)).start()
        self._stop()

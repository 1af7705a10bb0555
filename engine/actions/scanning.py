"""The virus scanner (病毒扫描): a command of the operator's choice that looks at every uploaded file."""

from __future__ import annotations

import enum
import logging
import pathlib
import shlex
import subprocess

from engine import errors

_LOG = logging.getLogger(__name__)
_INFECTED = 1
#: How much of what a scanner writes is put into the log.
_SAID = 500


class Verdict(enum.StrEnum):
    """What the scanner found."""

    CLEAN = "clean"
    INFECTED = "infected"


def scan(command: str, path: pathlib.Path, seconds: float) -> Verdict:
    """Have a file scanned.

    Args:
        command: The command line, split as a shell would but run without one; empty where there is no scanner.
        path: The file: the last argument of the command.
        seconds: How long the command may take.

    Raises:
        errors.StoreError: The scanner gave no verdict: it cannot be run, took too long, or exited with something else
            than 0 (clean) or 1 (infected).
    """
    if not command.strip():
        return Verdict.CLEAN
    try:
        done = subprocess.run(  # noqa: S603 - the operator's own command, and no shell
            [*shlex.split(command), str(path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _no_verdict(f"超过 {seconds:g} 秒") from None
    except (OSError, ValueError) as error:
        _LOG.error("virus scanner cannot be run: %s", error)
        raise _no_verdict("不能运行扫描程序") from error
    if done.returncode == 0:
        return Verdict.CLEAN
    if done.returncode == _INFECTED:
        return Verdict.INFECTED
    said = done.stdout[-_SAID:].decode("utf-8", "replace")
    _LOG.error("virus scanner exited with %d: %s", done.returncode, said)
    raise _no_verdict(f"扫描程序返回 {done.returncode}")


def _no_verdict(why: str) -> errors.StoreError:
    return errors.StoreError(f"病毒扫描没有完成（{why}），文件没有保存。请稍后重试；仍不能上传的，请联系系统管理员。")

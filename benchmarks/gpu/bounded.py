"""A command that has a limited time: it is asked to stop, then killed."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

GRACE_S = 20.0
_TOLD_LINES = 3
_NOT_AT_HAND = 2  # exit code of srbench where it was asked for what is not there


@dataclass(frozen=True)
class Ending:
    """How a command ended.

    Attributes:
        kind: "done", "stopped" at its limit, "failed", or "skipped" for want of something.
        seconds: How long it ran.
        said: Its last lines where it failed, or why it was skipped.
    """

    kind: str
    seconds: float = 0.0
    said: str = ""


def run(words: Sequence[str], limit_s: float, log: Path, right: Sequence[int] = (0,)) -> Ending:
    """Run a command for a limited time.

    Args:
        words: The command.
        limit_s: Time after which it gets Ctrl-C, in seconds; 20 s later it is killed.
        log: File for what it prints.
        right: Exit codes of a command that did its work.
    """
    begun = time.monotonic()
    with log.open("w", encoding="utf-8") as file:
        process = subprocess.Popen(words, stdout=file, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            code = process.wait(limit_s)
        except subprocess.TimeoutExpired:
            _stop(process)
            return Ending("stopped", time.monotonic() - begun)
        except BaseException:
            _stop(process)
            raise
    seconds = time.monotonic() - begun
    if code in right:
        return Ending("done", seconds)
    return Ending("skipped" if code == _NOT_AT_HAND else "failed", seconds, _last_lines(log))


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_S)
    with suppress(ProcessLookupError):  # also what it has started
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _last_lines(log: Path) -> str:
    """What a command said last, without the frames around it."""
    lines = [" ".join(line.strip("─╭╰╮╯│ \n").split()) for line in log.open(encoding="utf-8", errors="replace")]
    return " ".join([line for line in lines if line][-_TOLD_LINES:])

"""Several processes that serve one study at one socket; one that dies is started again, and all end together."""

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess

from srbench.errors import UserError, first_line
from srbench.survey.web.server import leave

_AGAIN_S = 1.0  # before a worker is started again, so that one that cannot start leaves the machine to the others
_GRACE_S = 10.0
_LOG = logging.getLogger("srbench.survey")
_ENDING = {signal.SIGINT, signal.SIGTERM}
_FORK = multiprocessing.get_context("fork")


def run(number: int, serve: Callable[[int], None]) -> None:
    """Run a function in several processes until Ctrl-C or SIGTERM, which end them all.

    The processes are forks of this one, which must not have threads.

    Args:
        number: Number of processes.
        serve: Called in each process with its number, from 0; SIGTERM ends it.

    Raises:
        KeyboardInterrupt: After Ctrl-C.
        SystemExit: After SIGTERM, with status 0.
    """
    before = signal.signal(signal.SIGTERM, leave)
    workers: dict[int, ForkProcess] = {}
    try:
        for worker in range(number):
            _start(workers, worker, serve)
        while True:
            wait([process.sentinel for process in workers.values()])
            for worker, process in list(workers.items()):
                if not process.is_alive():
                    _LOG.error("worker %d ended with status %s; it is started again", worker, process.exitcode)
                    time.sleep(_AGAIN_S)
                    _start(workers, worker, serve)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one while they end
        _end(list(workers.values()))
        signal.signal(signal.SIGTERM, before)


def _start(workers: dict[int, ForkProcess], worker: int, serve: Callable[[int], None]) -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)  # else one that has just begun may be forgotten
    try:
        process = _FORK.Process(target=_work, args=(worker, serve), name=f"worker {worker}")
        process.start()
        workers[worker] = process
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(worker: int, serve: Callable[[int], None]) -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        with suppress(KeyboardInterrupt):  # it reaches all processes of a terminal
            serve(worker)
    except UserError as error:
        _LOG.error("worker %d cannot serve: %s", worker, first_line(error))
        raise SystemExit(2) from error


def _end_with_parent() -> None:
    """End this process when the one that started it has died, which would else leave it at the socket."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)


def _end(processes: list[ForkProcess]) -> None:
    for process in processes:
        process.terminate()
    end = time.monotonic() + _GRACE_S
    for process in processes:
        process.join(max(0.0, end - time.monotonic()))
        if process.is_alive():
            process.kill()

"""Workers as processes of this machine."""

import os
import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

import torch

from srbench.core import allocator
from srbench.errors import UserError
from srbench.evaluation.plan import Unit
from srbench.evaluation.segment_folder import SegmentFolder
from srbench.scale.crew import Death
from srbench.scale.request import Request
from srbench.scale.worker import Done, Worker

_GRACE_S = 10
_VISIBLE = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True)
class Order:
    """What a worker has to know.

    Attributes:
        request: What the run was asked for.
        path: Folder of the run.
        call: Number of the call in run.json.
        threads: Threads of each worker; equal ones keep sums equal.
    """

    request: Request
    path: Path
    call: int
    threads: int


class Processes:
    """A crew of processes, which see one GPU each in turn, or none.

    Args:
        order: What they have to know.
    """

    def __init__(self, order: Order) -> None:
        self.order = order
        self.context = get_context("spawn")  # a fork would share threads and CUDA with this process, which breaks both
        self.running: dict[int, tuple[SpawnProcess, Connection]] = {}
        self.at_work: set[int] = set()

    def start(self, worker: int) -> None:
        """Start a process."""
        ours, theirs = self.context.Pipe()
        process = self.context.Process(target=_serve, args=(theirs, self.order))
        with _seeing(_gpu(worker, self.order.request.mode.device)):
            process.start()
        theirs.close()
        self.running[worker] = process, ours

    def send(self, worker: int, unit: Unit) -> None:
        """Give a process something to do."""
        self.at_work.add(worker)
        with suppress(OSError):
            self.running[worker][1].send(unit)

    def wait(self) -> tuple[int, Done | Death]:
        """Wait for the first of all processes that are at work."""
        pipes = {pipe: worker for worker, (_, pipe) in self.running.items() if worker in self.at_work}
        pipe = next(one for one in connection.wait(list(pipes)) if isinstance(one, Connection))
        worker = pipes[pipe]
        self.at_work.discard(worker)
        try:
            told = pipe.recv()
        except (EOFError, OSError):
            return worker, Death(self._bury(worker))
        if isinstance(told, Exception):
            raise told
        return worker, told

    def end(self) -> None:
        """End all processes, and wait for them."""
        for worker, (process, pipe) in self.running.items():
            if worker in self.at_work:
                process.terminate()
            pipe.close()
        for process, _ in self.running.values():
            process.join(_GRACE_S)
            if process.is_alive():
                process.kill()
                process.join()
        self.running.clear()
        self.at_work.clear()

    def _bury(self, worker: int) -> str:
        process, pipe = self.running.pop(worker)
        pipe.close()
        process.join()
        code = process.exitcode or 0
        return f"signal {-code}" if code < 0 else f"exit code {code}"


class Desk:
    """Where a worker sits in its process: it gets ready with its first unit, and tells errors as values.

    Args:
        order: What it has to know.
    """

    def __init__(self, order: Order) -> None:
        self.order = order
        self.worker: Worker | None = None
        allocator.keep_freed_memory()
        torch.set_num_threads(order.threads)

    def answer(self, unit: Unit) -> Done | Exception:
        """Do a unit of work, and return what came of it."""
        try:
            self.worker = self.worker or self._hired()
            return self.worker.do(unit)
        except (UserError, OSError) as error:
            return error
        except Exception:
            return RuntimeError(f"in a worker:\n{traceback.format_exc()}")

    def close(self) -> None:
        """Close the worker's segment."""
        if self.worker is not None:
            self.worker.close()

    def _hired(self) -> Worker:
        folder = SegmentFolder(self.order.path, self.order.call)
        return Worker(self.order.request.plan(folder, self.order.request.store()), folder)


def _serve(pipe: Connection, order: Order) -> None:
    """Do what comes through a pipe until it is closed, also by the death of the process at its other end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the one who gives orders ends the others
    desk = Desk(order)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            pipe.send(desk.answer(pipe.recv()))
    desk.close()


def _gpu(worker: int, device: str) -> str | None:
    """Return the GPUs that a worker may see; None where one was named, which stays as it is."""
    if device == "cpu":
        return ""
    if device != "cuda":
        return None
    seen = os.environ.get(_VISIBLE)
    names = seen.split(",") if seen else [str(number) for number in range(torch.cuda.device_count())]
    return names[worker % len(names)]


@contextmanager
def _seeing(gpus: str | None) -> Iterator[None]:
    """Let processes that start meanwhile see these GPUs alone."""
    before = os.environ.get(_VISIBLE)
    try:
        if gpus is not None:
            os.environ[_VISIBLE] = gpus
        yield
    finally:
        os.environ.pop(_VISIBLE, None)
        if before is not None:
            os.environ[_VISIBLE] = before

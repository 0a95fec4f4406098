"""Workers in this process, which die, stop and find the disk full as a schedule has it."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from unittest import mock

from srbench.evaluation import segments
from srbench.evaluation.plan import Plan, Unit
from srbench.evaluation.segment_folder import SegmentFolder
from srbench.scale.crew import Death
from srbench.scale.worker import Done, Worker

_FAULTS = ("kill before", "kill after", "torn line", "pause", "full disk", "ctrl-c", "kill all")


class KilledError(BaseException):
    """The end of the process that gives orders, by kill -9: nothing of it runs any more."""


@dataclass
class Tally:
    """What happened in a schedule.

    Attributes:
        done: Units of work whose rows were stored.
        lost: Units that were at work when their process ended, or that were stored and not told of.
        faults: Number of faults.
    """

    done: int = 0
    lost: int = 0
    faults: int = 0


class Actors:
    """A crew that a schedule decides over: who is next, and which fault comes.

    Args:
        plan: What is measured.
        path: Folder of the run.
        call: Number of the call.
        chance: Source of all choices.
        often: Probability of a fault at each step.
        tally: Counts what happens.
    """

    def __init__(self, plan: Plan, path: Path, call: int, chance: Random, often: float, tally: Tally) -> None:
        self.plan, self.path, self.call = plan, path, call
        self.chance, self.often, self.tally = chance, often, tally
        self.workers: dict[int, Worker] = {}
        self.units: dict[int, Unit] = {}
        self.stopped: dict[int, int] = {}
        self.killed = False

    def start(self, worker: int) -> None:
        self.workers[worker] = Worker(self.plan, SegmentFolder(self.path, self.call))

    def send(self, worker: int, unit: Unit) -> None:
        self.units[worker] = unit

    def wait(self) -> tuple[int, Done | Death]:
        while True:
            self.stopped = {worker: steps - 1 for worker, steps in self.stopped.items() if steps > 1}
            worker = self.chance.choice([one for one in self.units if one not in self.stopped] or list(self.units))
            if self.chance.random() >= self.often:
                return worker, self._do(worker)
            self.tally.faults += 1
            fault = self.chance.choice(_FAULTS)
            if fault == "pause":
                self.stopped[worker] = self.chance.randint(1, 9)
                continue
            if fault == "ctrl-c":
                raise KeyboardInterrupt
            if fault == "kill all":
                self.killed = True
                raise KilledError
            if fault == "full disk":
                with _full_disk(self.chance):
                    return worker, self._do(worker)
            return worker, self._kill(worker, fault)

    def end(self) -> None:
        """Let the idle close their segments; who is at work dies, and all die with the process that gives orders."""
        for worker in list(self.workers):
            if worker in self.units or self.killed:
                self.tally.lost += worker in self.units
                self._bury(worker)
            else:
                self.workers.pop(worker).close()
        if self.killed:
            raise KilledError

    def _do(self, worker: int) -> Done:
        done = self.workers[worker].do(self.units[worker])
        self.units.pop(worker)
        self.tally.done += 1
        return done

    def _kill(self, worker: int, how: str) -> Death:
        if how == "kill after":
            self.workers[worker].do(self.units[worker])
            self.tally.done += 1
        if how == "torn line":
            for path in segments.paths(self.path):
                if path == self.workers[worker].folder._segment.path:
                    with path.open("ab") as file:
                        file.write(b'{"schema": "row", "ver')
        self.tally.lost += 1
        self._bury(worker)
        return Death("signal 9")

    def _bury(self, worker: int) -> None:
        """Let go of file and lock, as the system does with those of a process that is gone."""
        segment = self.workers.pop(worker).folder._segment
        self.units.pop(worker, None)
        self.stopped.pop(worker, None)
        if segment._file is not None:
            segment._file.close()
            segment._lock.release(force=True)


@contextmanager
def _full_disk(chance: Random) -> Iterator[None]:
    """Let the next write of a segment fail, before or after a part of it."""
    part = chance.random()

    class Full(segments.FileIO):
        def write(self, data: bytes) -> int:  # type: ignore[override]
            if not data[: int(len(data) * part)]:
                raise OSError(errno.ENOSPC, "No space left on device")
            super().write(data[: int(len(data) * part)])
            raise OSError(errno.ENOSPC, "No space left on device")

    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with mock.patch.object(segments, "FileIO", Full), mock.patch.object(segments.os, "fsync", fail):
        yield

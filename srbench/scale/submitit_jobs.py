"""Workers as jobs of a Slurm array, submitted by submitit; without Slurm they are processes of this machine.

Slurm neither starts a job anew nor repeats its work: the scheduler does, and counts. All nodes must reach the run's
folder, the images and the weights under the same paths, and have srbench installed.
"""

import importlib
import importlib.util
import os
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from srbench.core.wording import counted
from srbench.errors import UserError
from srbench.evaluation.plan import Unit
from srbench.evaluation.results import RunFolder
from srbench.scale import job, sbatch
from srbench.scale.crew import Death
from srbench.scale.mailbox import Box
from srbench.scale.processes import Order
from srbench.scale.worker import Done

_FOLDER = "jobs"
_MINUTES = 10**6
_LOOK_S = {"slurm": 30.0}
_CLOSING_S = 60
_STILLBORN = 3
_LOG_CHARS = 4000


@dataclass
class _Seat:
    """What belongs to one job.

    Attributes:
        job: The job as submitit knows it; None until it is submitted.
        inbox: Box of its units of work.
        outbox: Box of its answers.
        said: The last that it said of itself.
    """

    inbox: Box
    outbox: Box
    job: Any = None
    said: str = ""


class SubmititJobs:
    """A crew of jobs.

    Args:
        order: What they have to know.
        asked: What they ask of Slurm, as `srbench.scale.sbatch.requests` returns it.
        say: Takes a text of how many of them are queued.

    Raises:
        UserError: submitit is not installed.
    """

    def __init__(self, order: Order, asked: Mapping[str, str | bool], say: Callable[[str], None]) -> None:
        if importlib.util.find_spec("submitit") is None:
            raise UserError("submitit is not installed; run: pip install 'sr-bench-suite[slurm]'")
        submitit: Any = importlib.import_module("submitit")
        self.order, self.say = order, say
        self.folder = order.path / _FOLDER
        _remove_left(self.folder)
        self.place = self.folder / f"{order.call:06d}"
        self.place.mkdir(parents=True)
        self.lock = FileLock(str(self.place.with_suffix(".lock")))
        self.lock.acquire()
        self.beat = self.place / "beat"
        self.beat.touch()
        self.executor = submitit.AutoExecutor(folder=self.place / "log")
        self.cluster: str = self.executor.cluster
        self.executor.update_parameters(
            timeout_min=_MINUTES,
            slurm_additional_parameters=sbatch.parameters(order, asked),
            gpus_per_node=int(order.request.mode.device != "cpu") if self.cluster == "local" else None,
        )
        self.refused = (submitit.core.utils.FailedJobError, submitit.core.utils.FailedSubmissionError, OSError)
        self.clean = submitit.helpers.clean_env  # a command that is in a job itself hands down what that job asked for
        self.seats: dict[int, _Seat] = {}
        self.units: dict[int, Unit] = {}
        self.made = self.stillborn = 0
        self.looked = time.monotonic()

    def start(self, worker: int) -> None:
        """Prepare a job; all that are prepared are submitted as one array by the next `wait`."""
        self.made += 1
        seat = _Seat(Box(self.place / f"{self.made}.in"), Box(self.place / f"{self.made}.out"))
        seat.inbox.make()
        seat.outbox.make()
        self.seats[worker] = seat

    def send(self, worker: int, unit: Unit) -> None:
        """Give a job something to do; one that is queued finds it when it starts."""
        self.units[worker] = unit
        self.seats[worker].inbox.post(unit)

    def wait(self) -> tuple[int, Done | Death]:
        """Wait for the first of all jobs that have something to do."""
        pause = job.FIRST_PAUSE_S
        while True:
            self._submit()
            os.utime(self.beat)
            for worker in list(self.units):
                if (told := self._answer(worker)) is not None:
                    return worker, told
            if time.monotonic() - self.looked > _LOOK_S.get(self.cluster, 0.5):
                for worker in self._ended():
                    if (death := self._mourn(worker)) is not None:
                        return worker, death
            time.sleep(pause)
            pause = min(2 * pause, job.LONGEST_PAUSE_S)

    def end(self) -> None:
        """Let idle jobs close their segments and end; those that are at work or queued are cancelled."""
        closing = [seat for worker, seat in self.seats.items() if worker not in self.units and seat.job is not None]
        for seat in self.seats.values():
            if seat in closing:
                seat.inbox.post(None)
            elif seat.job is not None:
                self._cancel(seat.job)
        until = time.monotonic() + _CLOSING_S
        left = [seat.job for seat in self.seats.values() if seat in closing or self.cluster == "local"]
        while time.monotonic() < until and not all(one is None or one.done() for one in left):
            time.sleep(job.FIRST_PAUSE_S)
        self.seats.clear()
        self.units.clear()
        self.lock.release()
        _remove_left(self.folder)

    def _cancel(self, submitted: Any) -> None:
        if self.cluster == "local":  # submitit's way prints a traceback
            with suppress(ProcessLookupError):
                os.kill(int(submitted.job_id), signal.SIGTERM)
        else:
            submitted.cancel(check=False)

    def _submit(self) -> None:
        new = [seat for seat in self.seats.values() if seat.job is None]
        if not new:
            return
        places = [job.Place(seat.inbox.path, seat.outbox.path, self.beat) for seat in new]
        try:
            with self.clean():
                jobs = self.executor.map_array(job.serve, [self.order] * len(new), places)
        except self.refused as error:
            raise UserError(f"{self.cluster} refused the jobs ({_last_line(str(error))})") from error
        for seat, submitted in zip(new, jobs, strict=True):
            seat.job = submitted
        self._tell()

    def _answer(self, worker: int) -> Done | None:
        """Return what a job answered to its unit; None where it has not yet."""
        seat = self.seats[worker]
        for message in seat.outbox.take():
            if isinstance(message, str):
                seat.said = message
                self.stillborn = 0
                self._tell()
                continue
            del self.units[worker]
            if isinstance(message, Exception):
                raise message
            return message
        return None

    def _ended(self) -> list[int]:
        """Return the workers with something to do whose jobs have ended."""
        self.looked = time.monotonic()
        at_work = list(self.units)
        # The first one asks Slurm of all jobs at once.
        return [worker for at, worker in enumerate(at_work) if _is_over(self.seats[worker].job, ask=at == 0)]

    def _mourn(self, worker: int) -> Done | Death | None:
        """Return what became of the unit of a job that has ended; None where another job has taken it over."""
        if (told := self._answer(worker)) is not None:  # it came just before the end
            return told
        seat, unit = self.seats.pop(worker), self.units.pop(worker)
        state = str(seat.job.state)
        if seat.said == job.HERE and state.upper() != "PREEMPTED":
            self._keep_log(seat, unit)
            return Death("its job ended" if self.cluster == "local" else f"{self.cluster} job: {state}")
        self.stillborn += not seat.said
        if self.stillborn >= _STILLBORN:
            log = self._keep_log(seat, unit)
            raise UserError(
                f"jobs end before they begin ({state}: {_last_line(log)}); see errors.log in {self.order.path}, "
                "and whether this package and the folder are there where they run"
            )
        self.start(worker)
        self.send(worker, unit)
        return None

    def _keep_log(self, seat: _Seat, unit: Unit) -> str:
        """Let the end of a job's log join the run's errors.log, and return it."""
        log = (seat.job.stderr() or "")[-_LOG_CHARS:]
        head = f"{' '.join(unit)}: {self.cluster} job {seat.job.job_id}, {seat.job.state}"
        RunFolder(self.order.path).log_error(f"{head}\n{log}")
        return log

    def _tell(self) -> None:
        queued = sum(not seat.said for seat in self.seats.values())
        self.say(f"{counted(len(self.seats), f'{self.cluster} job')}, {queued} queued")


def _is_over(submitted: Any, *, ask: bool) -> bool:
    return submitted.done(force_check=ask) or str(submitted.state).upper() == "PREEMPTED"


def _remove_left(folder: Path) -> None:
    """Remove the files of jobs whose crew is gone; jobs that still wait end when they find their box gone."""
    for place in [path for path in folder.glob("*") if path.is_dir()]:
        lock = FileLock(str(place.with_suffix(".lock")), timeout=0)
        with suppress(Timeout):
            lock.acquire()
            shutil.rmtree(place, ignore_errors=True)
            lock.release()
            place.with_suffix(".lock").unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no log"])[-1]

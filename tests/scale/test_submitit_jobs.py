"""Workers as jobs: what sbatch is told, and what a queue, an end in good time and a death become."""

import importlib.util
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from benchmarks.chaos import engines
from srbench import protocol
from srbench.errors import BadRun, UserError
from srbench.models.mode import Mode
from srbench.scale import job, sbatch, submitit_jobs
from srbench.scale.crew import Death
from srbench.scale.mailbox import Box
from srbench.scale.processes import Order
from srbench.scale.request import Request
from srbench.scale.worker import Done

_UNIT = ("m", "set", "im")


def _order(path: Path, device: str = "cpu") -> Order:
    mode = Mode(device=device)
    return Order(Request(("nearest",), ("builtin",), ("psnr",), protocol.find("classical_x4"), mode), path, 3, 2)


class _Job:
    def __init__(self, number: int, place: job.Place) -> None:
        self.job_id, self.state, self.cancelled = str(number), "PENDING", False
        self.inbox, self.outbox = Box(place.inbox), Box(place.outbox)

    def done(self, *, force_check: bool = False) -> bool:
        return self.state not in ("PENDING", "RUNNING", "PREEMPTED")

    def stderr(self) -> str:
        return "Traceback\nModuleNotFoundError: No module named 'srbench'"

    def cancel(self, *, check: bool) -> None:
        self.cancelled = True


class _Slurm:
    """submitit with a cluster on which jobs do what a test says."""

    def __init__(self) -> None:
        self.cluster, self.arrays, self.told = "slurm", list[int](), dict[str, Any]()
        self.jobs: list[_Job] = []
        self.acts: Callable[[_Job], None] = lambda _: None

    def update_parameters(self, **told: Any) -> None:
        self.told = told

    def map_array(self, _: object, orders: Sequence[Order], places: Sequence[job.Place]) -> list[_Job]:
        new = [_Job(len(self.jobs) + at, place) for at, place in enumerate(places)]
        self.jobs += new
        self.arrays.append(len(orders))
        for one in new:
            self.acts(one)
        return new


@pytest.fixture
def slurm(monkeypatch: pytest.MonkeyPatch) -> _Slurm:
    made = _Slurm()
    module = ModuleType("submitit")
    module.__spec__ = importlib.util.spec_from_loader("submitit", None)
    errors = SimpleNamespace(FailedJobError=BadRun, FailedSubmissionError=BadRun)
    cleaned = SimpleNamespace(clean_env=nullcontext)
    vars(module).update(AutoExecutor=lambda folder: made, core=SimpleNamespace(utils=errors), helpers=cleaned)
    monkeypatch.setitem(sys.modules, "submitit", module)
    monkeypatch.setattr(submitit_jobs, "_LOOK_S", {"slurm": 0.0})
    monkeypatch.setattr(submitit_jobs, "_CLOSING_S", 0)
    return made


def _state(state: str, *said: object) -> Callable[[_Job], None]:
    def act(one: _Job) -> None:
        for message in said:
            one.outbox.post(message)
        one.state = state

    return act


def test_jobs_are_one_array_and_say_how_many_are_queued(slurm: _Slurm, tmp_path: Path) -> None:
    said: list[str] = []
    crew = submitit_jobs.SubmititJobs(
        _order(tmp_path, "cuda"), sbatch.requests(["partition=gpu", "mem=16G"]), said.append
    )
    for worker in (0, 1):
        crew.start(worker)
        crew.send(worker, _UNIT)
    slurm.acts = lambda one: _state("RUNNING", job.HERE, Done(computed=3))(one) if one.job_id == "0" else None
    assert crew.wait() == (0, Done(computed=3))
    assert slurm.arrays == [2]
    assert said == ["2 slurm jobs, 2 queued", "2 slurm jobs, 1 queued"]
    assert slurm.told["slurm_additional_parameters"] == {
        **{"job_name": "srbench", "time": "4:00:00", "cpus_per_task": 2, "no_requeue": True, "gpus_per_node": 1},
        **{"partition": "gpu", "mem": "16G"},
    }
    crew.end()
    assert [one.cancelled for one in slurm.jobs] == [False, True]
    assert slurm.jobs[0].inbox.path.parent.exists() is False
    assert list(tmp_path.iterdir()) == []


def test_a_job_that_leaves_in_good_time_has_a_successor_and_a_death_is_told(slurm: _Slurm, tmp_path: Path) -> None:
    crew = submitit_jobs.SubmititJobs(_order(tmp_path), {}, lambda _: None)
    ends = iter(
        [
            _state("COMPLETED", job.HERE, job.LEFT),
            _state("PREEMPTED", job.HERE),
            _state("OUT_OF_MEMORY", job.HERE),
            _state("RUNNING", job.HERE, BadRun("mend this")),
        ]
    )
    slurm.acts = lambda one: next(ends)(one)  # noqa: PLW0108 - the next end for each
    crew.start(0)
    crew.send(0, _UNIT)
    assert crew.wait() == (0, Death("slurm job: OUT_OF_MEMORY"))
    assert slurm.arrays == [1, 1, 1]
    assert [one.inbox.take() for one in slurm.jobs] == [[_UNIT]] * 3
    assert "slurm job 2, OUT_OF_MEMORY" in (tmp_path / "errors.log").read_text(encoding="utf-8")
    crew.start(0)
    crew.send(0, _UNIT)
    with pytest.raises(BadRun, match="mend this"):
        crew.wait()
    crew.end()


def test_jobs_that_never_begin_end_the_run_and_no_model_is_blamed(slurm: _Slurm, tmp_path: Path) -> None:
    slurm.acts = _state("FAILED")
    crew = submitit_jobs.SubmititJobs(_order(tmp_path), {}, lambda _: None)
    crew.start(0)
    crew.send(0, _UNIT)
    with pytest.raises(UserError, match=r"jobs end before they begin \(FAILED: ModuleNotFoundError.*'srbench'\)"):
        crew.wait()
    crew.end()
    assert slurm.arrays == [1, 1, 1]


@pytest.mark.parametrize("text", ["=3", "a b=1", "partition=", "output=x", "--array=1-3"])
def test_what_is_no_option_of_a_job_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"expected name=value|set by the executor"):
        sbatch.requests([text])


def test_processors_of_a_job_are_its_threads() -> None:
    assert sbatch.threads(sbatch.requests(["cpus-per-task=4"])) == 4
    assert sbatch.threads({}) is None
    with pytest.raises(UserError, match="cpus-per-task=many is no number"):
        sbatch.threads({"cpus_per_task": "many"})


def test_a_box_gives_each_whole_message_once(tmp_path: Path) -> None:
    box = Box(tmp_path / "box")
    box.make()
    box.post(_UNIT)
    box.post(None)
    whole = box.path.read_bytes()
    box.path.write_bytes(whole[:-3])
    other = Box(box.path)
    assert (other.take(), other.take()) == ([_UNIT], [])
    box.path.write_bytes(whole)
    assert (other.take(), other.take()) == ([None], [])


def test_a_worker_ends_after_its_unit_when_its_time_is_up_or_nobody_gives_orders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGUSR2)}
    monkeypatch.setattr(job, "Desk", lambda _: SimpleNamespace(answer=_interrupted, close=lambda: None))
    place = job.Place(tmp_path / "in", tmp_path / "out", tmp_path / "beat")
    place.beat.touch()
    try:
        for gone_s, units, answers in ((180, [_UNIT], [Done()]), (0, [], [])):
            monkeypatch.setattr(job, "_GONE_S", gone_s)
            for path in (place.inbox, place.outbox):
                path.write_bytes(b"")
            for unit in units:
                Box(place.inbox).post(unit)
            job.serve(_order(tmp_path), place)
            assert Box(place.outbox).take() == [job.HERE, *answers, job.LEFT]
        place.inbox.unlink()
        job.serve(_order(tmp_path), place)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupted(_: object) -> Done:
    os.kill(os.getpid(), signal.SIGUSR2)
    return Done()


def test_without_submitit_a_sentence_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(UserError, match=r"pip install 'sr-bench-suite\[slurm\]'"):
        submitit_jobs.SubmititJobs(_order(tmp_path), {}, lambda _: None)


@pytest.mark.slow
def test_jobs_of_which_one_is_killed_store_the_rows_of_one_process(tmp_path: Path) -> None:
    expected = engines.prepare(tmp_path)
    assert engines.play(0, ["--executor", "submitit"], tmp_path, expected).wrong == ()

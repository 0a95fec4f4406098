"""What a run costs beside its work, and whether its memory grows with the number of images."""

import json
import shutil
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from torch import Tensor

from benchmarks.extent import TimeLeft
from srbench import protocol
from srbench.cli.app import app
from srbench.core import allocator, image
from srbench.core.assets import AssetStore
from srbench.datasets.locate import locate
from srbench.evaluation import harness, measuring, pairing, sanity, scoring
from srbench.evaluation.plan import Plan
from srbench.evaluation.results import RunFolder
from srbench.models.select import select
from srbench.models.upscaler import Upscaler

_METRICS = ["psnr", "ssim"]
_AIM_SHARE = 0.10
_IMAGES = {"once": 2, "quick": 4, "usual": 8, "whole": 30}
_USUAL, _ONCE = (40, 120), (2, 4)  # few images, and many
_HEIGHT, _WIDTH = 320, 480
_IMAGE_BYTES = _HEIGHT * _WIDTH * 3
_PAIR_BYTES = _IMAGE_BYTES * (1 + 1 / 16)  # with LR at x4; a run keeps pairs up to a bound
_MOST_GROWTH = 0.5
"""Of an image, for each image more: a run that left but one in memory, as 8 bits, would be at 1.

What a run keeps beside pairs, rows above all, is 0.05. The rest is for the heap, which takes some megabytes more or
less for all images together: 0.01 to 0.42 for each. A share of the peak would hide such a leak: PyTorch is most of it.
"""


class Stopwatch:
    """Adds up the seconds spent in a run's work: decoding and LR making, forward passes, metrics, checks of outputs.

    What is left is the harness itself: keys, rows, files."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.shares: list[dict[str, float]] = []
        monkeypatch.setattr(pairing, "load", self._timed("images", pairing.load))
        monkeypatch.setattr(Upscaler, "__call__", self._timed("forward", Upscaler.__call__))
        monkeypatch.setattr(scoring, "measure", self._timed("metrics", scoring.measure))
        monkeypatch.setattr(sanity, "check", self._timed("checks", sanity.check))
        monkeypatch.setattr(scoring, "quantise", self._timed("metrics", scoring.quantise))
        monkeypatch.setattr(measuring, "Views", self._timed("metrics", scoring.Views))

    def _timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds[part] += time.perf_counter() - start

        return call

    def watch(self, run: Callable[[], None]) -> None:
        """Run, and note which share of the time went where."""
        self.seconds.clear()
        start = time.perf_counter()
        run()
        total = time.perf_counter() - start
        parts = {part: seconds / total for part, seconds in self.seconds.items()}
        self.shares.append(parts | {"outside": 1 - sum(parts.values())})

    def figures(self) -> dict[str, Any]:
        """Median share of each part, and the lowest and highest share outside the work."""
        medians = {
            f"share_{part}": round(statistics.median(shares[part] for shares in self.shares), 3)
            for part in self.shares[0]
        }
        outside = sorted(round(shares["outside"], 3) for shares in self.shares)
        return medians | {"lowest": outside[0], "highest": outside[-1], "aim": _AIM_SHARE}


@pytest.fixture
def limit(time_left: TimeLeft) -> int:
    return _IMAGES[time_left.extent]


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Stopwatch:
    return Stopwatch(monkeypatch)


def test_walk(
    benchmark: BenchmarkFixture,
    watch: Stopwatch,
    run_folder: Path,
    dataset: str,
    fsrcnn: str,
    limit: int,
    time_left: TimeLeft,
) -> None:
    """The harness alone: models and images are at hand."""
    plan = _plan(fsrcnn, dataset, limit)
    allocator.keep_freed_memory()

    def walk() -> None:
        harness.run(plan, RunFolder(_fresh(run_folder)))

    _measure(benchmark, watch, walk, time_left.rounds)
    benchmark.extra_info.update(dataset=dataset, images=len(plan.sets[0].items))


@pytest.mark.extent("usual")
def test_verb(
    benchmark: BenchmarkFixture,
    watch: Stopwatch,
    run_folder: Path,
    dataset: str,
    fsrcnn: str,
    limit: int,
    time_left: TimeLeft,
) -> None:
    """`srbench run` from the arguments to the printed table, imports aside."""
    words = ["run", "--models", f"{fsrcnn},bicubic", "--datasets", dataset, "--metrics", ",".join(_METRICS)]
    words += ["--device", "cpu", "--limit", str(limit), "--out", str(run_folder)]

    def verb() -> None:
        _fresh(run_folder)
        app(words, standalone_mode=False)

    _measure(benchmark, watch, verb, time_left.rounds)
    benchmark.extra_info.update(dataset=dataset, limit=limit)


def _measure(benchmark: BenchmarkFixture, watch: Stopwatch, run: Callable[[], None], rounds: int) -> None:
    benchmark.group = "fsrcnn,bicubic x psnr,ssim"
    benchmark.pedantic(watch.watch, (run,), rounds=rounds)
    benchmark.extra_info.update(watch.figures())


def _plan(fsrcnn: str, dataset: str, limit: int) -> Plan:
    conventions, store = protocol.find(protocol.DEFAULT), AssetStore()
    models = select([fsrcnn, "bicubic"], conventions.scale, store).models
    sets = [locate(dataset, store, scale=conventions.scale, limit=limit)]
    return Plan(models, sets, conventions, scoring.scorers(_METRICS, conventions, store))


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    return folder


@pytest.mark.extent("usual")
@pytest.mark.parametrize("freed", ["kept", "returned"])
def test_peak_memory(
    benchmark: BenchmarkFixture,
    tmp_path: Path,
    photograph: Tensor,
    fsrcnn: str,
    freed: str,
    once: bool,
    environment: dict[str, str],
) -> None:
    """In a process of its own, because a process's peak never falls; freed memory as in `srbench run`, or as in Python.

    The first few stand for what is there but once: libraries, their kernels, what an image is computed in. What comes
    after them is the other images, and the second model's walk through all.
    """
    if not Path("/proc/self/status").exists():
        pytest.skip("needs /proc, where Linux tells a process's peak memory")
    few, many = _ONCE if once else _USUAL
    images = _copies(tmp_path / "images", photograph[..., :_HEIGHT, :_WIDTH], many)
    script = Path(__file__).with_name("peak_memory.py")
    command = [sys.executable, str(script), freed, str(images), fsrcnn, str(tmp_path / "run")]
    benchmark.group = f"peak memory over {few} and {many} images"
    keywords = {"capture_output": True, "text": True, "env": environment}
    done = benchmark.pedantic(subprocess.run, (command,), keywords, rounds=1)
    assert done.returncode == 0, done.stderr
    peaks_kib = json.loads(done.stdout)
    assert len(peaks_kib) == 2 * many  # a step is an image by a model
    after_few, after_all = peaks_kib[few - 1], peaks_kib[-1]
    growth = ((after_all - after_few) * 1024 / (many - few) - _PAIR_BYTES) / _IMAGE_BYTES
    benchmark.extra_info.update(peak_mib=after_all // 1024, growth=round(growth, 2), highest_allowed=_MOST_GROWTH)
    assert once or growth <= _MOST_GROWTH  # over so few images, pages of the heap are more than an image


def _copies(folder: Path, levels: Tensor, count: int) -> Path:
    first = folder / "0.png"
    image.write(first, image.to_array(levels))
    for number in range(1, count):
        shutil.copyfile(first, folder / f"{number}.png")
    return folder

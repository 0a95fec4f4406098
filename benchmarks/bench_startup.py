"""How long the command line takes to answer, each call in a fresh interpreter, in turns with one that does nothing."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from torch import Tensor
from typer.testing import CliRunner

from benchmarks.extent import TimeLeft
from srbench.cli.app import app
from srbench.core import image
from srbench.core.assets import AssetStore
from srbench.datasets.locate import locate
from srbench.errors import UserError

_TURNS = {"once": 1, "quick": 1, "usual": 2, "whole": 5}
"""Times that a run of 20 photographs and the script beside it are started; each takes up to half a minute."""
_PEERS = {"interpreter alone": ("-c", "pass"), "import torch": ("-c", "import torch")}

Srbench = Callable[..., str]


class Processes:
    """Starts interpreters and notes the seconds that each took.

    Args:
        environment: Variables of the processes.
    """

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.wall_s: defaultdict[str, list[float]] = defaultdict(list)
        self.cpu_s: defaultdict[str, list[float]] = defaultdict(list)

    def python(self, name: str, *words: str) -> str:
        """Start one, note its seconds under a name, and return what it printed."""
        command = [sys.executable, *words]
        before, start = os.times(), time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=sys.prefix, env=self.environment)
        after = os.times()
        self.wall_s[name].append(time.perf_counter() - start)
        spent = after.children_user + after.children_system - before.children_user - before.children_system
        self.cpu_s[name].append(spent)
        return done.stdout

    def least(self, name: str) -> float:
        """Return the fewest seconds of processor: other programs only ever add to them."""
        return round(min(self.cpu_s[name]), 2)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The arguments of a run that is finished."""
    folder = str(tmp_path_factory.mktemp("finished"))
    words = ["run", "--models", "bicubic,nearest", "--metrics", "psnr,ssim", "--device", "cpu", "--out", folder]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == 0
    return words


@pytest.fixture
def srbench(benchmark: BenchmarkFixture, environment: dict[str, str], time_left: TimeLeft) -> Srbench:
    """Call the command line with these arguments, again and again in turns with the peers; what it printed.

    Aims are of seconds of processor, which another program's work does not lengthen as it does those of a clock.
    """
    benchmark.group = "start of a process"
    processes = Processes(environment)

    def call(*words: str, aim_s: float | None = None, over_torch_s: float | None = None) -> str:
        def ours() -> str:
            return processes.python("srbench", "-m", "srbench", *words)

        def peers() -> None:
            for name, of_peer in _PEERS.items():
                processes.python(name, *of_peer)

        printed = benchmark.pedantic(ours, setup=peers, rounds=time_left.rounds)
        found = {name: processes.least(name) for name in ("srbench", *_PEERS)}
        benchmark.extra_info["processor_s"] = ", ".join(f"{name} {seconds}" for name, seconds in found.items())
        benchmark.extra_info["wall_s"] = round(min(processes.wall_s["srbench"]), 2)
        over_s = round(found["srbench"] - found["import torch"], 2)
        if aim_s:
            benchmark.extra_info.update(aim_s=aim_s, met=found["srbench"] <= aim_s)
        if over_torch_s:
            benchmark.extra_info.update(over_torch_s=over_s, aim_s=over_torch_s, met=over_s <= over_torch_s)
        return str(printed)

    return call


@pytest.mark.extent("usual")
def test_help(srbench: Srbench) -> None:
    assert "super-resolution" in srbench("--help", aim_s=0.5)


@pytest.mark.extent("usual")
def test_show_of_a_finished_run(srbench: Srbench, finished: list[str]) -> None:
    assert "bicubic" in srbench("show", finished[-1], aim_s=2.0)


def test_run_that_is_finished(srbench: Srbench, finished: list[str]) -> None:
    """The same command again, which finds every row there, and torch is not loaded."""
    assert "bicubic" in srbench(*finished, aim_s=1.5)


@pytest.mark.parametrize(("model", "metrics"), [("bicubic", "psnr"), ("srresnet", "psnr,ssim")])
def test_run_of_one_image(srbench: Srbench, tmp_path: Path, photograph: Tensor, model: str, metrics: str) -> None:
    """What is computed is one small image by one model, three calls of it; nearly all is the start."""
    image.write(tmp_path / "images" / "small.png", image.to_array(photograph[..., :96, :96]))
    words = ["run", "--models", model, "--datasets", str(tmp_path / "images"), "--metrics", metrics, "--force"]
    assert model in srbench(*words, "--device", "cpu", "--out", str(tmp_path / "run"), over_torch_s=1.0)


def test_run_beside_a_script(benchmark: BenchmarkFixture, environment: dict[str, str], time_left: TimeLeft) -> None:
    """SRResNet on photographs of BSD100 with three metrics; the script takes Pillow, scikit-image and lpips."""
    try:
        folder = locate("bsd100", AssetStore(), scale=4, limit=1).items[0].hr.parent
    except UserError as error:
        pytest.skip(str(error))
    limit = "1" if time_left.extent == "once" else "20"
    benchmark.group = "whole processes"
    processes = Processes(environment | {"PYTHONPATH": str(Path(__file__).parent.parent)})
    words = ["-m", "srbench", "run", "--models", "srresnet.h100", "--datasets", str(folder), "--limit", limit]
    words += ["--metrics", "psnr,ssim,lpips", "--device", "cpu", "--json", "--force"]

    def ours() -> dict[str, float]:
        with tempfile.TemporaryDirectory() as out:
            summary = json.loads(processes.python("srbench", *words, "--out", out))["summary"]
        return {row["metric"]: row["mean"] for row in summary}

    def by_hand() -> None:
        by_script.update(
            json.loads(processes.python("by hand", "-m", "benchmarks.by_hand", str(folder), "--limit", limit))
        )

    by_script: dict[str, float] = {}
    found = benchmark.pedantic(ours, setup=by_hand, rounds=_TURNS[time_left.extent])
    for metric, tolerance in (("psnr", 0.02), ("ssim", 0.001), ("lpips", 0.002)):  # LR of Pillow is not MATLAB's
        assert found[metric] == pytest.approx(by_script[metric], abs=tolerance)
    ratio = round(min(processes.wall_s["srbench"]) / min(processes.wall_s["by hand"]), 2)
    benchmark.extra_info.update(of_a_script=ratio, aim=0.6, met=ratio <= 0.6)

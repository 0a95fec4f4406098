"""How long the command line takes to answer, each call in a fresh interpreter, in turns with one that does nothing."""

import subprocess
import sys
from collections.abc import Callable
from functools import partial

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from typer.testing import CliRunner

from benchmarks.conftest import Beside
from srbench.cli.app import app

_ROUNDS = 7
_PEERS = {"interpreter alone": ("-c", "pass"), "import torch": ("-c", "import torch")}

Srbench = Callable[..., str]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The arguments of a run that is finished."""
    folder = str(tmp_path_factory.mktemp("finished"))
    words = ["run", "--models", "bicubic,nearest", "--metrics", "psnr,ssim", "--device", "cpu", "--out", folder]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == 0
    return words


@pytest.fixture
def srbench(benchmark: BenchmarkFixture, beside: Beside, environment: dict[str, str], quick: bool) -> Srbench:
    """Call the command line with these arguments, again and again; what it printed."""
    benchmark.group = "start of a process"

    def python(*words: str) -> str:
        command = [sys.executable, *words]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=sys.prefix, env=environment)
        return done.stdout

    def call(*words: str, aim_s: float | None = None, over_torch_s: float | None = None) -> str:
        ours = partial(python, "-m", "srbench", *words)
        printed = benchmark.pedantic(ours, rounds=_ROUNDS, warmup_rounds=1)
        peers = {name: partial(python, *of_peer) for name, of_peer in _PEERS.items()}
        beside(ours, peers, seconds=0)
        if aim_s and not quick:
            benchmark.extra_info.update(aim_s=aim_s, met=benchmark.stats.stats.median <= aim_s)
        if over_torch_s and not quick:
            over_s = benchmark.stats.stats.median * (1 - benchmark.extra_info["import torch"]["times_ours"])
            benchmark.extra_info.update(over_torch_s=round(over_s, 2), aim_s=over_torch_s, met=over_s <= over_torch_s)
        return str(printed)

    return call


def test_help(srbench: Srbench) -> None:
    assert "super-resolution" in srbench("--help", aim_s=0.5)


def test_show_of_a_finished_run(srbench: Srbench, finished: list[str]) -> None:
    assert "bicubic" in srbench("show", finished[-1], aim_s=2.0)


def test_run_that_is_finished(srbench: Srbench, finished: list[str]) -> None:
    """The same command again, which finds every row there, and torch is not loaded."""
    assert "bicubic" in srbench(*finished, aim_s=1.5)


def test_run_of_one_image(srbench: Srbench, finished: list[str]) -> None:
    """What is computed: one image by one model without weights; the rest is the start."""
    words = ["run", "--models", "bicubic", "--metrics", "psnr", "--limit", "1", "--force", *finished[-4:]]
    assert "bicubic" in srbench(*words, over_torch_s=1.0)

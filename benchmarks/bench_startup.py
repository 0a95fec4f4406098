"""How long the command line takes to answer, each call in a fresh interpreter."""

import subprocess
import sys
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from typer.testing import CliRunner

from srbench.cli.app import app

_ROUNDS = 7


@pytest.fixture(scope="module")
def run_words(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The arguments of a run that is finished."""
    folder = str(tmp_path_factory.mktemp("finished"))
    words = ["run", "--models", "bicubic,nearest", "--metrics", "psnr,ssim", "--device", "cpu", "--out", folder]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == 0
    return words


def test_import_torch(benchmark: BenchmarkFixture) -> None:
    benchmark.extra_info["reference"] = True
    _python(benchmark, "-c", "import torch")


def test_interpreter(benchmark: BenchmarkFixture) -> None:
    _python(benchmark, "-c", "pass")


def test_help(benchmark: BenchmarkFixture) -> None:
    benchmark.extra_info["aim_s"] = 0.5
    assert "super-resolution" in _python(benchmark, "-m", "srbench", "--help")


def test_show_of_a_finished_run(benchmark: BenchmarkFixture, run_words: list[str]) -> None:
    benchmark.extra_info["aim_s"] = 2.0
    assert "bicubic" in _python(benchmark, "-m", "srbench", "show", run_words[-1])


def test_run_that_is_finished(benchmark: BenchmarkFixture, run_words: list[str]) -> None:
    """The same command again, which finds every row there; it needs torch."""
    assert "bicubic" in _python(benchmark, "-m", "srbench", *run_words)


def _python(benchmark: BenchmarkFixture, *words: str) -> str:
    benchmark.group = "start of a process"
    command = [sys.executable, *words]
    keywords = {"capture_output": True, "text": True, "check": True, "cwd": Path(sys.prefix)}
    done = benchmark.pedantic(subprocess.run, (command,), keywords, rounds=_ROUNDS, warmup_rounds=1)
    return str(done.stdout)

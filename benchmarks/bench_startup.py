"""How long the command line takes to answer, each call in a fresh interpreter."""

import subprocess
import sys
from collections.abc import Callable

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from typer.testing import CliRunner

from srbench.cli.app import app

_ROUNDS = 7

Python = Callable[..., str]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The arguments of a run that is finished."""
    folder = str(tmp_path_factory.mktemp("finished"))
    words = ["run", "--models", "bicubic,nearest", "--metrics", "psnr,ssim", "--device", "cpu", "--out", folder]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == 0
    return words


@pytest.fixture
def python(benchmark: BenchmarkFixture, environment: dict[str, str]) -> Python:
    """Call the interpreter with these arguments, again and again; what it printed."""
    benchmark.group = "start of a process"

    def call(*words: str) -> str:
        command = [sys.executable, *words]
        keywords = {"capture_output": True, "text": True, "check": True, "cwd": sys.prefix, "env": environment}
        done = benchmark.pedantic(subprocess.run, (command,), keywords, rounds=_ROUNDS, warmup_rounds=1)
        return str(done.stdout)

    return call


def test_interpreter(python: Python) -> None:
    python("-c", "pass")


def test_import_torch(benchmark: BenchmarkFixture, python: Python) -> None:
    benchmark.extra_info["reference"] = True
    python("-c", "import torch")


def test_help(benchmark: BenchmarkFixture, python: Python) -> None:
    benchmark.extra_info["aim_s"] = 0.5
    assert "super-resolution" in python("-m", "srbench", "--help")


def test_show_of_a_finished_run(benchmark: BenchmarkFixture, python: Python, finished: list[str]) -> None:
    benchmark.extra_info["aim_s"] = 2.0
    assert "bicubic" in python("-m", "srbench", "show", finished[-1])


def test_run_that_is_finished(python: Python, finished: list[str]) -> None:
    """The same command again, which finds every row there; it needs torch."""
    assert "bicubic" in python("-m", "srbench", *finished)

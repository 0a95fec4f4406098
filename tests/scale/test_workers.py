"""Workers as processes: the same rows as one process, a model that crashes, a worker that is killed, Ctrl-C."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from srbench.evaluation.results import RunFolder
from srbench.evaluation.row import TIMINGS, Row
from tests import ctrl_c
from tests.cli.conftest import Call, call

__all__ = ["call"]

_MODELS = """
import os, time, torch
from glob import glob
from torch.nn.functional import interpolate
def crash(scale):
    return lambda x: os._exit(7)
def slow(scale):
    def f(x):
        end = time.monotonic() + 60
        while any(map(os.path.getsize, glob("two/segments/*.jsonl"))) and not os.path.exists("go"):
            assert time.monotonic() < end  # what comes after the first image waits for Ctrl-C
            time.sleep(0.02)
        return interpolate(x, scale_factor=scale)
    return f
"""


def same(folder: Path) -> list[Row]:
    """Return the rows of a run without what differs by time and host."""
    blank = {"environment": "", "picture": "", "warnings": ()}
    rows = [replace(row, **blank) for row in RunFolder(folder).rows()]  # type: ignore[arg-type]
    return [replace(row, key="", value=0.0) if row.metric in TIMINGS else row for row in rows]


@pytest.mark.slow
def test_workers_store_the_rows_of_one_process_and_a_crashing_model_is_set_aside(call: Call) -> None:
    Path("models.py").write_text(_MODELS, encoding="utf-8")
    words = ("run", "--metrics", "psnr", "--models")
    assert call(*words, "nearest,bicubic", "--out", "one")[0] == 0
    code, out, _ = call(*words, "nearest,models.py:crash,bicubic", "--out", "two", "--workers", "2")
    assert code == 3
    assert "models:crash: ended its process 3 times (exit code 7); set aside" in out
    assert same(Path("two")) == same(Path("one"))
    assert sorted(path.name for path in Path("two").iterdir()) == sorted(path.name for path in Path("one").iterdir())


@pytest.mark.slow
def test_after_a_kill_and_ctrl_c_the_same_command_goes_on_with_other_workers(call: Call) -> None:
    Path("models.py").write_text(_MODELS, encoding="utf-8")
    words = ["run", "--models", "models.py:slow", "--metrics", "psnr", "--out", "two", "--workers"]
    root = Path(__file__).parent.parent.parent
    line = [sys.executable, "-m", "srbench", *words, "2"]
    environment = os.environ | {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    with ctrl_c.heard():
        started = subprocess.Popen(line, env=environment, stderr=subprocess.PIPE, text=True)
    with started as run:
        while not any(file.stat().st_size for file in Path("two").glob("segments/*.jsonl")):
            assert run.poll() is None
            time.sleep(0.02)
        run.send_signal(signal.SIGINT)
        assert run.wait(20) == 130
        assert run.stderr
        assert "Stopped. What is done is kept in two" in run.stderr.read()
    assert not Path("two/segments").exists()
    kept = len(RunFolder(Path("two")).rows())
    assert kept in (3, 6)
    Path("go").touch()
    assert call(*words, "1")[0] == 0
    assert len(RunFolder(Path("two")).rows()) == 9

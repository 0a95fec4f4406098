"""The kit for a GPU, tried on the CPU: every command is understood, is stopped in time, and is not run twice."""

import io
import json
import os
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from benchmarks.gpu import __main__ as kit
from benchmarks.gpu import bounded
from benchmarks.gpu.bounded import Ending
from benchmarks.gpu.parts import PARTS, Settings
from srbench.speed import ceiling
from srbench.speed.records import Ceiling
from tests.conftest import ROOT


def _kit(monkeypatch: pytest.MonkeyPatch, out: Path) -> int:
    monkeypatch.setattr(sys, "argv", ["kit", "--short", "--device", "cpu", "--out", str(out)])
    return kit.main()


@pytest.mark.slow
def test_every_part_runs_on_a_cpu_and_the_page_tells_what_it_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def here(words: Sequence[str], limit_s: float, log: Path, right: Sequence[int] = (0,)) -> Ending:
        """Run a part in this process, which has torch already."""
        said, code = io.StringIO(), 0
        monkeypatch.setattr(sys, "argv", [words[2], *words[3:]])
        with redirect_stdout(said), redirect_stderr(said):
            try:
                runpy.run_module(words[2], run_name="__main__", alter_sys=True)
            except SystemExit as ended:
                code = int(ended.code or 0)
        kind = "done" if code in right else "skipped" if code == 2 else "failed"
        return Ending(kind, 1.0, said.getvalue()[-400:])

    monkeypatch.setattr(bounded, "run", here)
    monkeypatch.setattr(ceiling, "measure", lambda device, names: Ceiling(dict.fromkeys(names, 0.1), 10.0))
    assert _kit(monkeypatch, tmp_path / "kit") == 0
    ended = json.loads((tmp_path / "kit" / "kit.json").read_text())["parts"]
    assert [*ended] == [part.name for part in PARTS]
    no_gpu = {"tests", "speed-compiled", "updates-recorded", "updates-gan-recorded"}
    assert {name for name, facts in ended.items() if facts["said"] == "it needs a GPU"} == no_gpu
    assert {facts["kind"] for name, facts in ended.items() if name not in no_gpu} == {"done"}, ended
    page = (tmp_path / "kit" / "README.md").read_text()
    for row in (
        "| rows | 1, of which",
        "| networks |",
        "refused, and the next output is the same",
        "| fsrcnn (random weights), in tiles | 3 MiB allowed",
        "| updates a second |",
        "| PSNR of the images held out |",
    ):
        assert row in page, page


def test_a_command_gets_its_time_and_no_more(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bounded, "GRACE_S", 0.3)
    deaf = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(60)"
    begun = time.monotonic()
    assert bounded.run([sys.executable, "-c", deaf], 1.0, tmp_path / "log").kind == "stopped"
    assert time.monotonic() - begun < 30
    assert bounded.run([sys.executable, "-c", "raise SystemExit(3)"], 60, tmp_path / "log", (0, 3)).kind == "done"
    lacking = bounded.run([sys.executable, "-c", "print('no such file'); raise SystemExit(2)"], 60, tmp_path / "log")
    assert (lacking.kind, lacking.said) == ("skipped", "no such file")
    failed = bounded.run([sys.executable, "-c", "1 / 0"], 60, tmp_path / "log")
    assert failed.kind == "failed"
    assert failed.said.endswith("ZeroDivisionError: division by zero")


@pytest.mark.slow
def test_a_kit_that_is_terminated_leaves_no_part_running(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "benchmarks.gpu", "--short", "--device", "cpu", "--out", str(tmp_path / "kit")]
    with subprocess.Popen(words, cwd=ROOT, stderr=subprocess.DEVNULL) as kit_process:
        log = tmp_path / "kit" / "speed.log"
        while not log.exists():
            assert kit_process.poll() is None
            time.sleep(0.05)
        time.sleep(0.2)  # the part is started after its log is opened
        children = Path(f"/proc/{kit_process.pid}/task/{kit_process.pid}/children").read_text().split()
        kit_process.terminate()
        assert kit_process.wait(60) == 128 + signal.SIGTERM
    assert children
    for child in children:
        with pytest.raises(ProcessLookupError):
            os.kill(int(child), 0)


def test_the_long_training_is_as_long_as_the_time_that_is_left(tmp_path: Path) -> None:
    settings = Settings(tmp_path, "cpu", 9.0, False, tmp_path, None, 100.0)
    (training,) = [part for part in PARTS if part.name == "training"]
    assert {"phases.0.steps=64", "phases.1.steps=11", "teacher="} <= set(training.words(settings))
    (tmp_path / "updates").mkdir()
    lines = [{"schema": "training-journal", "version": 1}, *({"step": n, "seconds": n / 10} for n in range(1, 101))]
    (tmp_path / "updates" / "journal.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    assert {"phases.0.steps=638", "phases.1.steps=112"} <= set(training.words(settings))
    assert training.found(tmp_path / "updates") == {"updates": "100", "updates a second": "10.0"}
    (tmp_path / "training").mkdir()
    (tmp_path / "training" / "recipe.json").write_text('{"phases": [{"steps": 90}, {"steps": 10}]}')
    assert {"phases.0.steps=90", "phases.1.steps=10"} <= set(training.words(settings))


def test_what_is_done_is_not_done_again_and_what_failed_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ran: list[str] = []

    def once(words: Sequence[str], limit_s: float, log: Path, right: Sequence[int] = (0,)) -> Ending:
        ran.append(log.stem)
        return Ending("failed" if log.stem == "memory" and ran.count("memory") == 1 else "done", 1.0, "why")

    monkeypatch.setattr(bounded, "run", once)
    assert _kit(monkeypatch, tmp_path) == 1
    assert "Failed after 1 s: why" in (tmp_path / "README.md").read_text()
    first = list(ran)
    assert _kit(monkeypatch, tmp_path) == 0
    assert ran[len(first) :] == ["memory"]

"""`srbench train` and `srbench recipes` as a user meets them."""

import errno
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from srbench.core import image
from srbench.core.environment import describe
from srbench.training import checkpoints
from srbench.training.journal import read_steps
from tests.cli.conftest import Call
from tests.conftest import ROOT

RECIPE = """
title = "tiny"
[generator]
arch = "srresnet"
settings = { blocks = 1, channels = 8 }
[data]
batch = 2
patch_px = 32
validation_images = 1
[[phases]]
steps = 4
losses = [{ kind = "pixel" }]
"""


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """A folder with `tiny.toml` and images in `hr`."""
    (tmp_path / "tiny.toml").write_text(RECIPE, encoding="utf-8")
    rng = np.random.default_rng(0)
    for at in range(3):
        image.write(tmp_path / "hr" / f"{at}.png", rng.integers(0, 256, (48, 40, 3), dtype=np.uint8))
    return tmp_path


ALWAYS = ("train", "tiny.toml", "--data", "hr", "--device", "cpu", "--workers", "0")


@pytest.mark.usefixtures("given")
def test_a_run_from_recipe_to_table(call: Call) -> None:
    code, out, err = call(*ALWAYS, "--validate-every", "2", "--json")
    assert code == 0
    lines = err.strip().splitlines()
    assert lines[0] == "2 training images, 1 held out for validation"
    assert [line.split(":")[0] for line in lines[1:]] == ["train 2/4", "train 4/4"]  # a line for each validation
    told = json.loads(out)
    assert (told["folder"], told["steps"]) == ("runs/train/tiny", 4)
    names = {path.name for path in Path("runs/train/tiny").iterdir()}
    expected = {"recipe.json", "machine.json", "journal.jsonl", "last.ckpt", "last.safetensors", "best.safetensors"}
    assert names == {*expected, "images", "log.jsonl"}
    with safe_open(told["weights"], "pt") as file:
        facts = file.metadata()
    assert (facts["recipe"], facts["arch"], facts["step"]) == ("tiny", "srresnet", "4")
    assert float(facts["psnr"]) == pytest.approx(told["best_psnr"], abs=1e-4)
    code, out, _ = call("run", "--models", told["weights"], "--datasets", "hr", "--metrics", "psnr", "--json")
    assert code == 0
    assert json.loads(out)["summary"][0]["model"] == "tiny/best"


@pytest.mark.usefixtures("given")
def test_a_run_is_not_overwritten_and_goes_on(call: Call) -> None:
    assert call(*ALWAYS)[0] == 0
    code, _, err = call(*ALWAYS)
    assert code == 2
    command = shlex.join(["srbench", *ALWAYS, "--resume"])
    assert f"already holds a run; go on with {command}, or give another folder with --out" in err
    assert call(*ALWAYS, "--resume")[0] == 0


@pytest.mark.usefixtures("given")
@pytest.mark.parametrize("saved", [0, 1])
def test_a_full_disk_names_the_command_that_goes_on(call: Call, monkeypatch: pytest.MonkeyPatch, saved: int) -> None:
    save, calls = checkpoints._save, []

    def full(content: dict[str, Any], partial: Path) -> None:
        calls.append(partial)
        if len(calls) > saved:
            raise OSError(errno.ENOSPC, "No space left on device")
        save(content, partial)

    monkeypatch.setattr(checkpoints, "_save", full)
    words = (*ALWAYS, "--save-every", "1")
    code, _, err = call(*words)
    assert code == 2
    (line,) = [line for line in err.splitlines() if line.startswith("Error")]
    command = shlex.join(["srbench", *words, "--resume"])
    goes_on = f"is kept, and this goes on: {command}" if saved else "saved yet, and the same command begins again"
    assert line.startswith("Error: runs/train/tiny/last.ckpt: No space left on device; mend that; ")
    assert line.endswith(goes_on)
    monkeypatch.setattr(checkpoints, "_save", save)
    assert call(*words, *(["--resume"] if saved else []))[0] == 0


MISTAKES = [
    (("train", "nonsense", "--data", "hr"), "no recipe 'nonsense'"),
    (("train", "tiny.toml", "--data", "nowhere"), "nowhere does not exist"),
    ((*ALWAYS, "--set", "sede=1"), "no key 'sede'. Closest: 'seed'"),
    ((*ALWAYS, "--set", "data.patch_px=400"), "no image is left to train on: 3 smaller than a patch of 400 px"),
    ((*ALWAYS, "--start", "nothing.pth"), "nothing.pth does not exist"),
    ((*ALWAYS, "--resume"), "no last.ckpt to resume from"),
    ((*ALWAYS, "--set", "teacher=haesrr"), "teacher: no model 'haesrr'. Closest: 'haesr'"),
    ((*ALWAYS, "--set", "start=nothing.pth"), "start: nothing.pth does not exist"),
    ((*ALWAYS, "--set", "teacher_share=0.3"), "teacher_share: there is no teacher"),
    ((*ALWAYS, "--set", "teacher_reductions=[2]"), "teacher_reductions: there is no teacher"),
    (("train", "tiny.toml", "--data", "hr", "--device", "cuda:99"), "cuda:99"),
    ((*ALWAYS, "--workers", "9" * 20), "'--workers': expected at most 256"),
    ((*ALWAYS, "--devices", "9" * 20), "'--devices': expected at most 4096"),
    ((*ALWAYS, "--threads", "9" * 20), "'--threads': expected at most 4096"),
]


@pytest.mark.usefixtures("given")
@pytest.mark.parametrize(("arguments", "expected"), MISTAKES, ids=[expected[:20] for _, expected in MISTAKES])
def test_mistakes_are_one_line(call: Call, arguments: tuple[str, ...], expected: str) -> None:
    code, out, err = call(*arguments)
    last = err.strip().splitlines()[-1]
    assert (code, out) == (2, "")
    assert expected in last
    assert "Traceback" not in err
    assert not Path("runs").exists()


@pytest.mark.usefixtures("given")
def test_a_share_of_a_teacher_that_is_switched_off_is_no_mistake(call: Call) -> None:
    assert call(*ALWAYS, "--set", "teacher_share=0.3", "--set", "teacher=")[0] == 0


@pytest.mark.usefixtures("given")
def test_a_torn_image_is_named_and_left_out(call: Call) -> None:
    torn = Path("hr/torn.png")
    torn.write_bytes(Path("hr/0.png").read_bytes()[:500])
    code, _, err = call(*ALWAYS)
    assert code == 0
    assert "torn.png" in err
    assert Path("runs/train/tiny/last.safetensors").exists()


@pytest.mark.slow
def test_it_trains_on_a_bare_machine(given: Path) -> None:
    """Without pandas, lpips, scikit-image, spandrel and torchvision."""
    absent = ("pandas", "lpips", "skimage", "spandrel", "torchvision")
    code = (
        f"import sys\nsys.modules.update(dict.fromkeys({absent!r}))\n"
        f"sys.argv = ['srbench', *{ALWAYS!r}]\nfrom srbench.cli.app import main\nmain()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (given / "runs" / "train" / "tiny" / "best.safetensors").exists()


@pytest.mark.usefixtures("given")
def test_tensorboard_on_request(call: Call) -> None:
    assert call(*ALWAYS, "--tensorboard")[0] == 0
    assert list(Path("runs/train/tiny/tensorboard").glob("events.*"))


def test_a_published_log_is_repeated_to_the_bit(call: Call, given: Path) -> None:
    longer = ("--set", "phases.0.steps=60")
    assert call(*ALWAYS, *longer)[0] == 0
    log = Path("runs/train/tiny/log.jsonl")
    lines = log.read_text().splitlines()
    assert json.loads(lines[0])["command"] == "srbench " + " ".join([*ALWAYS, *longer])
    assert [json.loads(line)["step"] for line in lines[1:]] == [*range(1, 51), 60]
    code, out, _ = call(*ALWAYS, *longer, "--compare", str(log))
    assert (code, out) == (0, "50 steps: losses bit-equal\n")
    wrong = json.loads(lines[31])
    log.write_text("\n".join([*lines[:31], json.dumps({**wrong, "loss": wrong["loss"] * 1.1}), *lines[32:]]))
    code, _, err = call(*ALWAYS, *longer, "--compare", str(log), "--out", "again")
    assert code == 2
    assert "the losses differ by up to 9.1%" in err
    code, _, err = call(*ALWAYS, "--set", "seed=2", "--compare", str(log))
    assert code == 2
    assert "is of another recipe: 'seed' differs" in err
    code, _, err = call(*ALWAYS, "--compare", "tiny.toml", "--out", "third")
    assert (code, "is no log of a training run" in err) == (2, True)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_of_all_processes_saves_and_says_stopped(given: Path, kind: signal.Signals) -> None:
    """As a terminal sends Ctrl-C and a scheduler its kill: to the workers too."""
    command = [sys.executable, "-m", "srbench", *ALWAYS[:-1], "1", "--set", "phases.0.steps=100000"]
    process = subprocess.Popen(command, cwd=given, stderr=subprocess.PIPE, text=True, start_new_session=True)
    journal = given / "runs" / "train" / "tiny" / "journal.jsonl"
    deadline = time.monotonic() + 120
    while not (journal.exists() and journal.read_text().count("\n") > 3):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    os.killpg(process.pid, kind)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "--resume\nStopped." in err
    assert "Traceback" not in err
    assert (given / "runs" / "train" / "tiny" / "last.ckpt").exists()


def test_recipes_are_listed_and_shown(call: Call) -> None:
    code, out, _ = call("recipes", "--json")
    assert code == 0
    assert {"srresnet", "srgan", "esrgan", "cyclegan"} <= {recipe["name"] for recipe in json.loads(out)}
    code, out, _ = call("recipes")
    assert code == 0
    assert "1,000,000" in out
    code, out, _ = call("recipes", "srgan")
    assert json.loads(out)["phases"][0]["losses"][1] == {"kind": "adversarial", "weight": 1e-3, "domain": "hr"}


@pytest.fixture
def threads() -> Iterator[None]:
    """Puts back the number of threads, which `--threads` changes."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


STORED = ROOT / "tests" / "stored" / "training_0_1"


def _stored(name: str, folder: Path) -> tuple[str, ...]:
    """Copy a training folder of version 0.1, and return the command that it was begun with."""
    shutil.copytree(STORED, folder, dirs_exist_ok=True)
    options = ("--device", "cpu", "--threads", "1", "--workers", "0", "--validate-every", "4", "--save-every", "4")
    return ("train", f"{name}.toml", "--data", "images", *options)


def _same_machine(log: Path) -> bool:
    """Whether a log was written where last digits come out as here."""
    then, now = json.loads(log.read_text().splitlines()[0])["machine"], describe(torch.device("cpu"))
    same = all(then[key] == now[key] for key in ("cpu", "cpu_capability", "system"))
    return same and then["packages"]["torch"] == now["packages"]["torch"]


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("name", ["pixel", "gan"])
def test_a_run_of_the_version_before_goes_on_as_that_version_would(call: Call, tmp_path: Path, name: str) -> None:
    command = _stored(name, tmp_path)
    code, _, err = call(*command, "--out", name, "--resume")
    assert code == 0, err
    log = STORED / f"{name}-finished.jsonl"
    tolerance = 0.0 if _same_machine(log) else 1e-3
    expected, lines = (read_steps(path) for path in (log, Path(name) / "log.jsonl"))
    assert [line["step"] for line in lines] == list(range(1, 9))
    for line, then in zip(lines, expected, strict=True):
        assert line.keys() == then.keys()
        numbers = {key: value for key, value in then.items() if key not in ("seconds", "phase")}
        assert {key: line[key] for key in numbers} == pytest.approx(numbers, rel=tolerance, abs=0)
    weights, wanted = load_file(Path(name) / "last.safetensors"), load_file(STORED / f"{name}-finished.safetensors")
    assert weights.keys() == wanted.keys()
    for key, tensor in weights.items():
        torch.testing.assert_close(tensor, wanted[key], rtol=tolerance, atol=tolerance)


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("name", ["pixel", "gan"])
def test_a_log_of_the_version_before_is_repeated(call: Call, tmp_path: Path, name: str) -> None:
    log = STORED / f"{name}-finished.jsonl"
    code, out, err = call(*_stored(name, tmp_path), "--compare", str(log), "--json")
    assert code == 0, err
    told = json.loads(out)
    assert told["steps"] == 8
    assert told["largest_relative_difference"] <= (0 if _same_machine(log) else 1e-3)

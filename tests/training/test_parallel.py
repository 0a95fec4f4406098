"""Several processes share a batch and end where one process does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from typer.testing import CliRunner

from srbench.cli import app
from srbench.training.journal import read_steps

RECIPE = """
seed = 3
[generator]
arch = "srresnet"
settings = { blocks = 1, channels = 8, norm = "none" }
[discriminator]
kind = "unet"
channels = 4
[gan]
kind = "hinge"
[data]
batch = 4
patch_px = 32
validation_images = 1
[[phases]]
name = "pixels"
steps = 5
losses = [{ kind = "pixel" }]
[[phases]]
name = "gan"
steps = 5
losses = [{ kind = "pixel" }, { kind = "adversarial", weight = 0.1 }]
"""


def _options(photographs: Path, out: Path) -> list[str]:
    return ["--data", str(photographs), "--out", str(out), "--device", "cpu", "--workers", "0", "--threads", "1"]


def _train(recipe: Path, photographs: Path, out: Path, launcher: list[str], *more: str) -> None:
    command = [*launcher, "-m", "srbench", "train", str(recipe), *_options(photographs, out), *more]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("LOCAL_", "WORLD_", "MASTER_"))}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**environment, "OMP_NUM_THREADS": "1"}, timeout=200
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipe") / "tiny.toml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def alone(recipe: Path, photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one process, which is this one."""
    out = tmp_path_factory.mktemp("alone") / "one"
    done = CliRunner().invoke(app.app, ["train", str(recipe), *_options(photographs, out)])
    assert done.exit_code == 0, done.output
    return out


@pytest.mark.slow
@pytest.mark.parametrize("launcher", ["own", "torchrun"])
def test_two_processes_equal_one_with_their_whole_batch(
    tmp_path: Path, photographs: Path, recipe: Path, alone: Path, launcher: str
) -> None:
    """Gradients are the mean over both halves; float32 sums in another order differ by about 1e-7 of a step of 1e-4."""
    if launcher == "own":
        _train(recipe, photographs, tmp_path / "two", [sys.executable], "--devices", "2")
    else:
        elastic = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
        _train(recipe, photographs, tmp_path / "two", elastic)
    one, two = (load_file(folder / "last.safetensors") for folder in (alone, tmp_path / "two"))
    for name, tensor in one.items():
        torch.testing.assert_close(two[name], tensor, rtol=0, atol=2e-6)
    lines = [read_steps(folder / "journal.jsonl") for folder in (alone, tmp_path / "two")]
    for left, right in zip(*lines, strict=True):
        assert right["loss"] == pytest.approx(left["loss"], rel=1e-4)
        assert right.get("discriminator", 0) == pytest.approx(left.get("discriminator", 0), rel=1e-4)

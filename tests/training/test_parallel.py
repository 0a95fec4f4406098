"""Several processes share a batch and end where one process does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

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


def _train(recipe: Path, photographs: Path, out: Path, launcher: list[str], *more: str) -> None:
    options = ["--data", str(photographs), "--out", str(out), "--device", "cpu", "--workers", "0", "--threads", "1"]
    command = [*launcher, "-m", "srbench", "train", str(recipe), *options, *more]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("LOCAL_", "WORLD_", "MASTER_"))}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**environment, "OMP_NUM_THREADS": "1"}, timeout=200
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("launcher", ["own", "torchrun"])
def test_two_processes_equal_one_with_their_whole_batch(tmp_path: Path, photographs: Path, launcher: str) -> None:
    """Gradients are the mean over both halves; float32 sums in another order differ by about 1e-7 of a step of 1e-4."""
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(RECIPE, encoding="utf-8")
    _train(recipe, photographs, tmp_path / "one", [sys.executable])
    if launcher == "own":
        _train(recipe, photographs, tmp_path / "two", [sys.executable], "--devices", "2")
    else:
        elastic = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
        _train(recipe, photographs, tmp_path / "two", elastic)
    one, two = (load_file(tmp_path / name / "last.safetensors") for name in ("one", "two"))
    for name, tensor in one.items():
        torch.testing.assert_close(two[name], tensor, rtol=0, atol=2e-6)
    lines = [read_steps(tmp_path / name / "journal.jsonl") for name in ("one", "two")]
    for left, right in zip(*lines, strict=True):
        assert right["loss"] == pytest.approx(left["loss"], rel=1e-4)
        assert right.get("discriminator", 0) == pytest.approx(left.get("discriminator", 0), rel=1e-4)

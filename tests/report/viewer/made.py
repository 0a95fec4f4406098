"""A run with kept pictures and its viewer, in about a second."""

import io
import sys
from pathlib import Path

import numpy as np
import pytest

from srbench.cli import app
from srbench.core import image
from srbench.evaluation import matched
from srbench.evaluation.results import RunFolder
from srbench.evaluation.scenes import Perceptual, Scenes
from srbench.report.viewer.publish import ViewerFiles, write

_NET = """
from torch import nn
class Paler(nn.Module):
    def __init__(self, scale):
        super().__init__()
        self.enlarge = nn.Upsample(scale_factor=scale)
    def forward(self, lr):
        return self.enlarge(lr) * 0.9
def build(scale):
    return Paler(scale)
"""
"""A model whose outputs do not follow from LR by an interpolation that the page knows."""


def run(folder: Path, protocol: str = "classical_x4") -> RunFolder:
    """A colour image of 72 x 96 px and a grey one of 64 x 64, by four interpolations and a network of the user's."""
    (folder / "net.py").write_text(_NET, encoding="utf-8")
    draw = np.random.default_rng(7)
    down, right, _ = np.mgrid[:72, :96, :3]
    colour = 128 + 90 * np.sin(down / 3 + right / 9) * np.cos(right / 4) + draw.normal(0, 12, (72, 96, 3))
    grey = 128 + 100 * np.sin(np.hypot(*np.mgrid[:64, :64]) / 3)
    for name, picture in (("colour", colour), ("grey", grey)):
        image.write(folder / "ripples" / f"{name}.png", picture.clip(0, 255).astype(np.uint8))
    arguments = (
        "--models",
        f"nearest,bicubic,bilinear,lanczos,net={folder}/net.py:build",
        "--datasets",
        str(folder / "ripples"),
    )
    more = ("--save-images", "--metrics", "psnr,ssim,lpips", "--protocol", protocol, "--out", str(folder / "run"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["srbench", "run", *arguments, *more])
        for stream in ("stdout", "stderr"):  # the command wraps its streams: those of all tests would be closed with it
            patch.setattr(sys, stream, io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))
        with pytest.raises(SystemExit) as end:
            app.main()
    assert not end.value.code
    return RunFolder(folder / "run")


def viewer(folder: Path, made: RunFolder, perceptual: Perceptual | None = None) -> ViewerFiles:
    """The page of a run."""
    return write(folder, Scenes([made], perceptual=perceptual), matched.match([made]).tables)

"""The viewer's scripts outside a browser: their own tests, and their numbers beside those of srbench.metrics."""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from srbench import protocol as protocols
from srbench.core import image
from srbench.core.assets import AssetStore
from srbench.evaluation import scoring
from srbench.evaluation.scoring import Views

_HERE = Path(__file__).parent


def _node(*arguments: str, text: str = "") -> str:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node: apt-get install nodejs")
    done = subprocess.run([node, *arguments], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_scripts_pass_their_own_tests() -> None:
    assert "# fail 0" in _node("--test", "--test-reporter=tap", str(_HERE / "page.test.cjs"))


def _part(picture: image.Array) -> dict[str, Any]:
    rgb = picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, 2)
    rgba = np.dstack([rgb, np.full(rgb.shape[:2], 255)])
    height, width = picture.shape[:2]
    return {"data": rgba.ravel().tolist(), "width": width, "height": height, "channels": 3 if picture.ndim == 3 else 1}


def test_every_flavour_is_that_of_python() -> None:
    draw = np.random.default_rng(3)
    base = protocols.find("classical_x4")
    cases: list[dict[str, Any]] = []
    expected: list[dict[str, float | None]] = []
    shapes = [(40, 33, 3), (40, 33), (11, 11, 3), (9, 30, 3), (385, 390)]
    variants = [
        replace(base, border_px=0, channel=channel, y_rounding=rounded, ssim=flavour)
        for channel, rounded, flavour in (
            ("y", False, "wang"),
            ("y", True, "daala"),
            ("rgb", False, "wang-ds"),
            ("rgb", False, "skimage-default"),
        )
    ]
    for shape in shapes:
        hr = draw.integers(0, 256, shape, dtype=np.uint8)
        sr = (hr + draw.normal(0, 25, shape)).clip(0, 255).astype(np.uint8)
        for protocol in variants if min(shape[:2]) < 300 else variants[2:3]:  # wang-ds halves only large parts
            cases.append({"sr": _part(sr), "hr": _part(hr), "protocol": protocol.as_dict()})
            views = Views(image.to_tensor(sr), image.to_tensor(hr), protocol)
            scorers = scoring.scorers(["psnr", "ssim"], protocol, AssetStore())
            expected.append({"ssim": None, **scoring.measure(views, scorers).values})
    found = json.loads(_node(str(_HERE / "measure.cjs"), text=json.dumps(cases)))
    for one, other in zip(found, expected, strict=True):
        assert one == pytest.approx(other, abs=1e-9)

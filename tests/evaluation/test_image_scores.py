"""The metrics from Python beside what `srbench run` prints, and the forms in which images may come."""

import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import srbench
from srbench import protocol
from srbench.cli import app
from srbench.core import image
from srbench.core.assets import AssetStore
from srbench.datasets.locate import locate
from srbench.errors import BadImage, ShapeError, UnknownName, UserError
from srbench.evaluation import pairing

METRICS = ("psnr", "ssim", "lpips")
FUNCTIONS = {"psnr": srbench.psnr, "ssim": srbench.ssim, "lpips": srbench.lpips}


def _printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> dict[tuple[str, str], float]:
    monkeypatch.setattr(sys, "argv", ["srbench", "run", "--metrics", ",".join(METRICS), "--json", *arguments])
    with pytest.raises(SystemExit):
        app.main()
    summary = json.loads(capsys.readouterr().out)["summary"]
    return {(entry["model"], entry["metric"]): entry["mean"] for entry in summary}


@pytest.mark.parametrize("name", ["classical_x4", "openmmlab_x4", "srgan_x4", "luma_x4", "classical_x4+border_px=0"])
@pytest.mark.parametrize("colour", ["rgb", "grey"])
def test_values_are_those_that_a_run_prints(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, colour: str
) -> None:
    (tmp_path / "mine").mkdir()
    photograph = image.read(locate("builtin", AssetStore(), scale=4, limit=1).items[0].hr)[100:201, 100:223]
    Image.fromarray(photograph if colour == "rgb" else photograph[..., 1]).save(tmp_path / "mine" / "one.png")
    folders = ("--datasets", str(tmp_path / "mine"), "--out", str(tmp_path / "run"))
    models = ("--models", "bicubic,srresnet.srbench", "--save-images")
    printed = _printed(monkeypatch, capsys, *models, *folders, "--protocol", name)

    (item,) = locate(str(tmp_path / "mine"), AssetStore(), scale=4).items
    hr = image.read(item.hr)
    for model in ("bicubic", "srresnet.srbench"):
        sr = srbench.load_model(model, scale=4, device="cpu")(pairing.load(item, protocol.find(name)).lr / 255)
        (kept,) = (tmp_path / "run" / "images" / "mine" / model / "fp32").glob("one-*.png")
        saved = image.read(kept)
        for metric, measure in FUNCTIONS.items():
            value = printed[model, metric]
            assert measure(sr, hr, name) == pytest.approx(value, abs=1e-9)
            assert measure(sr[0], image.to_tensor(hr), name) == pytest.approx(value, abs=1e-9)
            assert measure(saved, hr, name) == pytest.approx(value, abs=1e-9)


def _pair(*shape: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    hr = rng.integers(0, 256, shape, np.uint8)
    return np.clip(hr + rng.integers(-9, 9, shape), 0, 255).astype(np.uint8), hr


@pytest.mark.parametrize("metric", METRICS)
def test_every_form_of_an_image_gives_the_same_value(metric: str) -> None:
    measure = FUNCTIONS[metric]
    sr, hr = _pair(48, 40, 3)
    value = measure(sr, hr)
    planes = torch.from_numpy(sr).permute(2, 0, 1)
    forms = [sr / 255, (sr / 255).astype(np.float32), planes, planes[None], planes / 255, planes[None].double() / 255]
    assert [measure(form, hr) for form in forms] == [value] * len(forms)
    assert measure(sr, hr / 255) == measure(sr, torch.from_numpy(hr).permute(2, 0, 1)[None]) == value


def test_grey_images_have_two_or_three_dimensions() -> None:
    sr, hr = _pair(48, 40)
    value = srbench.psnr(sr, hr)
    assert value == srbench.psnr(sr[..., None], hr) == srbench.psnr(torch.from_numpy(sr), torch.from_numpy(hr)[None])
    assert srbench.psnr(np.repeat(sr[..., None], 3, 2), hr) == value


@pytest.mark.parametrize("metric", METRICS)
def test_three_equal_channels_are_grey_beside_one_as_in_files(metric: str) -> None:
    measure = FUNCTIONS[metric]
    sr, hr = _pair(48, 40)
    value = measure(sr, hr)
    three = np.repeat(hr[..., None], 3, 2)
    assert measure(sr, three) == value == measure(sr / 255, three / 255)
    assert measure(np.repeat(sr[..., None], 3, 2), hr) == value


def test_the_original_is_cropped_to_the_protocols_multiple() -> None:
    sr, hr = _pair(43, 42, 3)
    assert srbench.psnr(sr[:40, :40], hr) == srbench.psnr(sr[:40, :40], hr[:40, :40])
    with pytest.raises(ShapeError, match="sr is 43 x 42 px; hr cropped to a multiple of 4 is 40 x 40 px"):
        srbench.psnr(sr, hr)


def test_equal_images_and_outputs_that_are_not_finite() -> None:
    _, hr = _pair(48, 40, 3)
    assert srbench.psnr(hr, hr) == math.inf
    broken = hr / 255
    broken[0, 0] = math.nan
    assert all(math.isnan(measure(broken, hr)) for measure in FUNCTIONS.values())


def test_an_overshoot_is_clamped_as_a_run_does() -> None:
    sr, hr = _pair(48, 40, 3)
    assert srbench.psnr(sr / 255 * 1.5 - 0.2, hr) == srbench.psnr((sr / 255 * 1.5 - 0.2).clip(0, 1), hr)


@pytest.mark.parametrize(
    ("sr", "error", "words"),
    [
        (np.zeros((2, 48, 40, 3), np.uint8), BadImage, r"sr is an array of shape \(2, 48, 40, 3\); expected one image"),
        (np.zeros((3, 48, 40), np.uint8), BadImage, r"an array of shape \(3, 48, 40\).*\(H, W, 3\)"),
        (torch.zeros(48, 40, 3), BadImage, r"a tensor of shape \(48, 40, 3\).*\(3, H, W\)"),
        (torch.zeros(2, 3, 48, 40), BadImage, "a tensor of shape"),
        (np.zeros((48, 40, 3), np.int64), BadImage, r"dtype torch\.int64; expected uint8"),
        (np.full((48, 40, 3), 200.0), BadImage, "reaches 200; expected floating point in"),
        (np.zeros((48, 40), np.uint8), ShapeError, "sr is grey and hr has colours"),
        (np.zeros((48, 36, 3), np.uint8), ShapeError, "expected equal sizes"),
    ],
)
def test_what_is_no_image_is_refused(sr: np.ndarray, error: type[UserError], words: str) -> None:
    hr = np.zeros((48, 40, 3), np.uint8)
    hr[0, 0, 0] = 255
    with pytest.raises(error, match=words):
        srbench.psnr(sr, hr)


def test_unknown_protocols_are_answered_with_the_closest() -> None:
    with pytest.raises(UnknownName, match="Closest: 'classical_x4'"):
        srbench.psnr(*_pair(48, 40, 3), "clasical_x4")

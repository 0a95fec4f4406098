"""What is said of an output that is no picture, and that nothing is said of one that is."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import skimage.data
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from srbench.core import image
from srbench.core.resize import resize
from srbench.errors import BadOutput, ShapeError
from srbench.models.mode import Mode
from srbench.models.upscaler import Upscaler

NAN, INF = float("nan"), float("inf")
MODES = {"whole": Mode(), "tiles": Mode(tile_px=16), "x8": Mode(self_ensemble=True)}
MEAN = torch.tensor([0.4488, 0.4371, 0.4040]).view(1, 3, 1, 1)
IMAGENET = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1), torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


def _photo(name: str = "astronaut") -> Tensor:
    hr = image.to_tensor(getattr(skimage.data, name)())[..., :256, :256]
    return resize(hr, (64, 64), round_passes=True).float() / 255


def _cubic(x: Tensor) -> Tensor:
    return interpolate(x, scale_factor=4, mode="bicubic")


def _problem(change: Callable[[Tensor], Tensor], lr: Tensor, mode: Mode | None = None) -> str:
    upscaler = Upscaler(lambda x: change(_cubic(x)), 4, mode, overlap_px=4)
    upscaler(lr)
    problem = upscaler.problem()
    return problem.text if problem else ""


SCALED: dict[str, tuple[Callable[[Tensor], Tensor], str]] = {
    "255": (lambda y: y * 255, "divide by 255?"),
    "16 bits": (lambda y: y * 65535, "divide by 65535?"),
    "divided twice": (lambda y: y / 255, "multiply by 255?"),
    "-1 to 1": (lambda y: y * 2 - 1, "add 1 and divide by 2?"),
    "mean": (lambda y: y - MEAN, "add the mean that was subtracted?"),
    "mean of 255": (lambda y: (y - MEAN) * 255, "add the mean that was subtracted, and divide by 255?"),
    "ImageNet": (lambda y: (y - IMAGENET[0]) / IMAGENET[1], "multiply by the standard deviation and add the mean?"),
}


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
@pytest.mark.parametrize(("change", "remedy"), SCALED.values(), ids=SCALED)
@pytest.mark.parametrize("exposure", [(1, 0), (0.3, 0), (0.4, 0.55)], ids=["usual", "dark", "bright"])
def test_a_usual_scaling_is_named_with_both_ends(
    exposure: tuple[float, float], change: Callable[[Tensor], Tensor], remedy: str, mode: Mode
) -> None:
    lr = _photo() * exposure[0] + exposure[1]
    raw = change(_cubic(lr))
    text = _problem(change, lr, mode)
    low, high = text.removeprefix("output spans ").split(";")[0].split(" to ")
    assert text.endswith(f"; expected 0 to 1: {remedy}")
    assert float(low) == pytest.approx(float(raw.min()), rel=0.15, abs=0.15 * float(raw.max() - raw.min()))
    assert float(high) == pytest.approx(float(raw.max()), rel=0.15, abs=0.15 * float(raw.max() - raw.min()))


def test_a_range_that_nothing_usual_explains_has_both_ends_alone() -> None:
    assert _problem(lambda y: y * 0 + 7, _photo()) == "output spans 7 to 7; expected 0 to 1"
    assert _problem(lambda y: 1 - y * 40, _photo()).startswith("output spans -3")


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
@pytest.mark.parametrize("bad", [NAN, INF, -INF])
@pytest.mark.parametrize("share", ["all", "one pixel"])
def test_values_that_are_no_numbers_are_found(bad: float, share: str, mode: Mode) -> None:
    def spoil(y: Tensor) -> Tensor:
        y = y.clone()
        y[..., :, :] = bad if share == "all" else y
        y[..., -1, -1] = bad
        return y

    assert _problem(spoil, _photo(), mode) == "output has NaN or infinite values"


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "rocket"])
@pytest.mark.parametrize("sharpen", [1.0, 1.5, 2.0])
def test_ordinary_overshoot_is_no_problem(name: str, sharpen: float) -> None:
    """Bicubic, and detail exaggerated as GANs do it."""

    def exaggerate(y: Tensor) -> Tensor:
        smooth = torch.nn.functional.avg_pool2d(y, 5, stride=1, padding=2, count_include_pad=False)
        return smooth + sharpen * (y - smooth)

    assert _problem(exaggerate, _photo(name)) == ""


@pytest.mark.parametrize("level", [0.0, 0.2, 0.5, 1.0])
def test_flat_pictures_are_no_problem(level: float) -> None:
    assert _problem(lambda y: y, torch.full((1, 3, 9, 8), level)) == ""


def test_a_dark_and_a_noisy_picture_are_no_problem() -> None:
    assert _problem(lambda y: y, _photo() * 0.02) == ""
    assert _problem(lambda y: y, torch.rand(1, 3, 20, 20)) == ""
    assert _problem(lambda y: y * 0, _photo()) == ""  # constant, which the comparison with HR says


OTHER: dict[str, tuple[Callable[[Tensor], Any], type[Exception], str]] = {
    "array": (lambda y: y.numpy(), BadOutput, "made a ndarray; expected a tensor of the shape"),
    "tuple": (lambda y: (y, y), BadOutput, "made a tuple"),
    "nothing": (lambda y: None, BadOutput, "made a NoneType"),
    "uint8": (lambda y: (y * 255).to(torch.uint8), BadOutput, "uint8 values; expected floating.*255"),
    "bool": (lambda y: y > 0.5, BadOutput, "bool values"),
    "complex": (lambda y: y + 1j, BadOutput, "complex64 values"),
    "no batch": (lambda y: y[0], ShapeError, "expected"),
    "one channel": (lambda y: y[:, :1], ShapeError, "expected"),
    "one number": (lambda y: y.mean(), ShapeError, "expected"),
    "smaller": (lambda y: y[..., 1:], ShapeError, "Is its scale 4"),
}


@pytest.mark.parametrize(("change", "error", "text"), OTHER.values(), ids=OTHER)
def test_another_type_or_shape_is_one_line(change: Callable[[Tensor], Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        _problem(change, _photo())


@pytest.mark.parametrize("change", [lambda y: y * 255, lambda y: y * NAN, lambda y: y + INF], ids=["255", "NaN", "inf"])
@pytest.mark.parametrize("tile_px", [0, 16])
def test_no_picture_is_made_of_a_broken_output(change: Callable[[Tensor], Tensor], tile_px: int) -> None:
    lr = torch.from_numpy(np.ascontiguousarray(skimage.data.astronaut()[:64, :64].transpose(2, 0, 1)))[None]
    with pytest.raises(BadOutput, match="no picture is made of it"):
        Upscaler(lambda x: change(_cubic(x)), 4, Mode(tile_px=tile_px)).upscale_uint8(lr)


def test_a_problem_is_that_of_the_last_call() -> None:
    factors = iter([255, 1])
    upscaler = Upscaler(lambda x: _cubic(x) * next(factors), 4)
    upscaler(_photo())
    assert upscaler.problem() == upscaler.problem() is not None
    upscaler(_photo())
    assert upscaler.problem() is None

import numpy as np
import pytest
import skimage.data
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from srbench.core import image
from srbench.core.resize import Kernel, resize
from srbench.evaluation import sanity

PHOTOS = ("astronaut", "chelsea", "coffee")


def _hr(name: str) -> Tensor:
    return image.crop_to_multiple(image.to_tensor(getattr(skimage.data, name)()), 4)


def _lr(hr: Tensor) -> Tensor:
    return resize(hr, (hr.shape[-2] // 4, hr.shape[-1] // 4), round_passes=True)


@pytest.mark.parametrize("name", PHOTOS)
@pytest.mark.parametrize("kernel", ["nearest", "bilinear", "bicubic", "lanczos"])
def test_honest_outputs_are_not_flagged(name: str, kernel: Kernel) -> None:
    hr = _hr(name)
    assert sanity.check(resize(_lr(hr), tuple(hr.shape[-2:]), kernel=kernel, round_passes=True), hr) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("name", PHOTOS)
@pytest.mark.parametrize(("down", "right"), [(0, 1), (-1, 0), (2, 2), (0, -2)])
def test_shifted_outputs_are_flagged_with_direction(name: str, down: int, right: int) -> None:
    hr = _hr(name)
    sr = resize(_lr(hr), (hr.shape[-2], hr.shape[-1]))
    found = sanity.check(torch.roll(sr, (down, right), (-2, -1))[..., 8:-8, 8:-8], hr[..., 8:-8, 8:-8])
    assert len(found) == 1
    assert "shifted" in found[0]
    shifted = torch.roll(sr, (down, right), (-2, -1))
    estimate, _ = sanity.shift_px(*(image.luma(x[..., 8:-8, 8:-8]) for x in (shifted, hr)))
    assert estimate == pytest.approx((down, right), abs=0.5)


@pytest.mark.parametrize("name", PHOTOS)
def test_half_a_pixel_is_found(name: str) -> None:
    hr = _hr(name)
    sr = resize(_lr(hr), (hr.shape[-2], hr.shape[-1]))
    halfway = (sr[..., :-1] + sr[..., 1:]) / 2  # what stood at x + 0.5 stands at x
    assert any("shifted" in text for text in sanity.check(halfway, hr[..., :-1]))


@pytest.mark.parametrize("name", PHOTOS)
def test_an_upsampler_whose_pixels_sit_half_a_pixel_off_is_flagged(name: str) -> None:
    """LR taken at every fourth pixel and enlarged as if pixels were centred: off by 1.5 HR pixels."""
    hr = _hr(name)
    sr = interpolate(hr[..., ::4, ::4].double(), scale_factor=4, mode="bilinear", align_corners=False)
    assert any("shifted" in text for text in sanity.check(sr, hr))


def test_copies_and_near_copies_are_flagged() -> None:
    hr = _hr("coffee")
    assert "infinite PSNR" in sanity.check(hr, hr)[0]
    near = hr.clone()
    near[..., :4, :4] ^= 1
    assert "above 50 dB" in sanity.check(near, hr)[0]


def test_constant_and_broken_outputs_are_flagged() -> None:
    hr = _hr("coffee")
    assert sanity.check(torch.full_like(hr, 7), hr) == ["output is constant"]
    assert sanity.check(torch.full(hr.shape, np.nan), hr) == ["output has NaN or infinite values"]
    assert sanity.check(torch.full_like(hr, 7), torch.full_like(hr, 7)) != ["output is constant"]


def test_small_images_have_no_estimate() -> None:
    assert sanity.shift_px(torch.rand(1, 1, 20, 20), torch.rand(1, 1, 20, 20)) == ((0.0, 0.0), (0.0, 0.0))


@pytest.mark.parametrize("side", [32, 64, 96, 127])
def test_pictures_too_small_to_tell_have_no_shift(side: int) -> None:
    hr = _hr("astronaut")[..., 100 : 100 + side, 100 : 100 + side]
    assert not any("shifted" in text for text in sanity.check(torch.roll(hr, 1, -1), hr))


def test_a_flat_picture_and_a_brighter_one_are_not_shifted() -> None:
    flat = torch.full((1, 3, 160, 160), 90, dtype=torch.uint8)
    noisy = flat + torch.randint(0, 3, flat.shape, dtype=torch.uint8)
    assert not any("shifted" in text for text in sanity.check(noisy, flat))
    ramp = (torch.arange(160).view(1, 1, 1, -1) / 4 + 50).expand(1, 3, 160, 160).to(torch.uint8)
    assert not any("shifted" in text for text in sanity.check(ramp + 3, ramp))


def test_a_model_that_moves_only_what_changes_slowly_is_not_shifted() -> None:
    """A GAN darkens and brightens wide areas; on a slope that looks like a shift, and details stand where they were."""
    phase = torch.linspace(0, 4 * np.pi, 256, dtype=torch.float64).view(1, 1, 1, -1)
    slow, slope = 60 * torch.sin(phase), 60 * (4 * np.pi / 255) * torch.cos(phase)
    hr = 90 + _hr("coffee")[..., :256, :256] / 8 + slow
    sr = hr + slope / 2
    right = sanity._estimate(*(sanity._averaged(image.luma(x)[0, 0]) for x in (sr, hr)), 0.0)[1]  # type: ignore[index]
    assert right[0] < -0.4
    assert sanity.check(sr, hr) == []
    assert "shifted" in sanity.check(torch.roll(hr, 1, -1)[..., 2:], hr[..., 2:])[0]


def test_estimates_that_disagree_are_no_shift() -> None:
    assert sanity._smaller((0.5, 0.01), (-0.4, 0.02)) == (0.0, 0.02)
    assert sanity._smaller((0.5, 0.01), (0.4, 0.02)) == (0.4, 0.02)
    assert sanity._smaller((-0.4, 0.02), (-0.5, 0.01)) == (-0.4, 0.02)


@pytest.mark.parametrize("name", PHOTOS)
def test_half_a_pixel_is_found_at_128_px(name: str) -> None:
    hr = _hr(name)[..., 100:228, 100:229]
    sr = resize(_lr(hr[..., :128]), (128, 128)).float()
    halfway = (sr[..., :-1] + sr[..., 1:]) / 2
    wide = torch.cat([halfway, sr[..., -1:]], -1)
    assert any("shifted" in text for text in sanity.check(wide, hr[..., :128]))

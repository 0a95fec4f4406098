import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from skimage.metrics import peak_signal_noise_ratio

from srbench.errors import ShapeError
from srbench.metrics.psnr import psnr


@given(st.integers(0, 1000), st.sampled_from([1, 3]))
def test_psnr_equals_scikit_images(seed: int, channels: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    sr, hr = (torch.rand(2, channels, 9, 7, generator=generator, dtype=torch.float64) * 255 for _ in range(2))
    theirs = [peak_signal_noise_ratio(h.numpy(), s.numpy(), data_range=255) for s, h in zip(sr, hr, strict=True)]
    assert psnr(sr, hr).tolist() == pytest.approx(theirs, abs=1e-6)


def test_equal_images_have_infinite_psnr() -> None:
    image = torch.rand(1, 1, 4, 4)
    assert psnr(image, image).item() == float("inf")


def test_uint8_does_not_wrap_around() -> None:
    sr, hr = torch.full((1, 1, 4, 4), 250, dtype=torch.uint8), torch.full((1, 1, 4, 4), 5, dtype=torch.uint8)
    assert psnr(sr, hr).item() == psnr(hr, sr).item() == pytest.approx(20 * torch.log10(torch.tensor(255 / 245)).item())


def test_other_sizes_are_refused() -> None:
    with pytest.raises(ShapeError, match="cropped to a multiple"):
        psnr(torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 4, 5))

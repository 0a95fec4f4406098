import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from skimage.metrics import peak_signal_noise_ratio

from srbench.errors import ShapeError
from srbench.metrics.psnr import PooledPsnr, psnr


@given(st.integers(0, 1000), st.sampled_from([1, 3]))
def test_psnr_equals_scikit_images(seed: int, channels: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    sr, hr = (torch.rand(2, channels, 9, 7, generator=generator, dtype=torch.float64) * 255 for _ in range(2))
    theirs = [peak_signal_noise_ratio(h.numpy(), s.numpy(), data_range=255) for s, h in zip(sr, hr, strict=True)]
    assert psnr(sr, hr).tolist() == pytest.approx(theirs, abs=1e-6)


@pytest.mark.parametrize(
    ("images", "channels", "height", "width"), [(3, 3, 300, 400), (40, 1, 90, 100), (2, 1, 600, 600)]
)
def test_a_batch_has_the_values_of_its_images(images: int, channels: int, height: int, width: int) -> None:
    """However many of them are taken at once."""
    whole = torch.randint(0, 256, (2, images, channels, height + 8, width + 8), dtype=torch.uint8)
    sr, hr = whole[..., 4:-4, 4:-4]
    alone = [10 * torch.log10(255**2 / (s.double() - h.double()).square().mean()) for s, h in zip(sr, hr, strict=True)]
    torch.testing.assert_close(psnr(sr, hr), torch.stack(alone), rtol=1e-12, atol=0)


def test_equal_images_have_infinite_psnr() -> None:
    image = torch.rand(1, 1, 4, 4)
    assert psnr(image, image).item() == float("inf")


def test_uint8_does_not_wrap_around() -> None:
    sr, hr = torch.full((1, 1, 4, 4), 250, dtype=torch.uint8), torch.full((1, 1, 4, 4), 5, dtype=torch.uint8)
    assert psnr(sr, hr).item() == psnr(hr, sr).item() == pytest.approx(20 * torch.log10(torch.tensor(255 / 245)).item())


def test_other_sizes_are_refused() -> None:
    with pytest.raises(ShapeError, match="cropped to a multiple"):
        psnr(torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 4, 5))


def test_the_pooled_value_is_that_of_all_pixels_together() -> None:
    sr, hr = torch.randint(0, 256, (1, 1, 24, 8)), torch.randint(0, 256, (1, 1, 24, 8))
    pooled = PooledPsnr()
    for rows in (slice(0, 8), slice(8, 24)):
        pooled.update(sr[..., rows, :], hr[..., rows, :])
    assert pooled.compute() == pytest.approx(psnr(sr, hr).item(), abs=1e-9)
    same = PooledPsnr()
    same.update(hr, hr)
    assert same.compute() == float("inf")

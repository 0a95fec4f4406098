"""Visual information fidelity in the wavelet domain, as its paper defines it; VIFp is another metric."""

from functools import cache
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn.functional import avg_pool2d, pad

from srbench.metrics.filtering import correlate
from srbench.metrics.metric import check, of_cards

_FILTERS = Path(__file__).parent / "parameters" / "sp5_filters.safetensors"
_LEVELS, _BLOCK_PX = 4, 3
_NOISE, _TINY = 0.4, 1e-15
_SMALLEST_PX = 144
"""The coarsest of the four levels needs 18 px to hold blocks that are not at its edges."""


def vif(sr: Tensor, hr: Tensor) -> Tensor:
    """Compute the information that an image carries of its original, over that which the original has.

    Both are decomposed by the steerable pyramid of six orientations, of which the first and the fourth count; in each
    band, blocks of 3 x 3 coefficients of the original are a Gaussian scale mixture, and the image is that band
    attenuated, with noise.

    Args:
        sr: `(N, 1, H, W)` grey, levels 0..255.
        hr: Original of the same shape and range.

    Returns:
        float64 `(N,)`, at least 0; 1 for equal images, and above it for an image with more contrast. NaN for an
        original without any information.

    Raises:
        ShapeError: The shapes differ, or a side is shorter than 144 px.

    Source:
        Sheikh and Bovik, Image information and visual quality, IEEE TIP 15(2), 2006, eqs. 10 to 16.
    """
    check(sr, hr, _SMALLEST_PX)
    values = []
    for x, y in zip(sr.double().split(1), hr.double().split(1), strict=True):
        parts = [_information(*bands) for bands in zip(_bands(x), _bands(y), strict=True)]
        of_image, of_original = (torch.stack(side).sum() for side in zip(*parts, strict=True))
        values.append(of_image / of_original)
    return torch.stack(values)


@cache
def _filters() -> dict[str, Tensor]:
    return load_file(_FILTERS)


def _bands(plane: Tensor) -> list[tuple[int, Tensor]]:
    """Return the side of the windows, and the coefficients `(1, 1, h, w)`, of two bands of each level."""
    filters, bands = _filters(), []
    low = correlate(plane, filters["first_low"], edge="reflect")
    for level in range(_LEVELS):
        window_px = 2 ** (_LEVELS - level) + 1
        bands += [(window_px, band) for band in correlate(low, filters["bands"], edge="reflect").split(1, 1)]
        low = correlate(low, filters["low"], step=2, edge="reflect")
    return bands


def _information(image: tuple[int, Tensor], original: tuple[int, Tensor]) -> tuple[Tensor, Tensor]:
    """Return the information, in bits, that both have in one band."""
    window_px, y = original
    height, width = (side // _BLOCK_PX * _BLOCK_PX for side in y.shape[-2:])
    y, x = y[..., :height, :width], image[1][..., :height, :width]
    gain, noise = _channel(x, y, window_px)
    spread, strengths = _mixture(y[0, 0])
    edge = -(-(window_px // 2) // _BLOCK_PX)  # windows of blocks at the edges reach outside
    gain, noise, spread = (each[edge:-edge, edge:-edge, None] for each in (gain, noise, spread))
    received = torch.log2(1 + gain**2 * spread * strengths / (noise + _NOISE)).sum()
    return received, torch.log2(1 + spread * strengths / _NOISE).sum()


def _channel(x: Tensor, y: Tensor, window_px: int) -> tuple[Tensor, Tensor]:
    """Return gain and variance of the noise of each block, by regression in a window around it. `(h / 3, w / 3)`."""
    pixels = window_px**2
    half = window_px // 2

    def total(values: Tensor) -> Tensor:
        wide = pad(values, (half,) * 4, mode="reflect")[..., 1:, 1:]  # the first block's middle is its second pixel
        return avg_pool2d(wide, window_px, _BLOCK_PX)[0, 0] * pixels

    mean_x, mean_y = total(x) / pixels, total(y) / pixels
    crossed = total(x * y) - pixels * mean_x * mean_y
    power_y = (total(y * y) - pixels * mean_y**2).clamp(min=0)
    power_x = (total(x * x) - pixels * mean_x**2).clamp(min=0)
    gain = crossed / (power_y + _TINY)
    noise = (power_x - gain * crossed) / pixels
    flat_y, flat_x = power_y < _TINY, power_x < _TINY
    gain, noise = gain.masked_fill(flat_y | flat_x, 0), torch.where(flat_y, power_x, noise).masked_fill(flat_x, 0)
    against = gain < 0
    return gain.masked_fill(against, 0), torch.where(against, power_x, noise).clamp(min=_TINY)


def _mixture(y: Tensor) -> tuple[Tensor, Tensor]:
    """Return the multiplier of each block `(h / 3, w / 3)`, and the eigenvalues of the blocks' covariance `(9,)`."""
    every = y.unfold(0, _BLOCK_PX, 1).unfold(1, _BLOCK_PX, 1).flatten(2).flatten(0, 1).T  # (9, blocks)
    centred = every - every.mean(1, keepdim=True)
    covariance = centred @ centred.T / every.shape[1]
    blocks = y.unfold(0, _BLOCK_PX, _BLOCK_PX).unfold(1, _BLOCK_PX, _BLOCK_PX).flatten(2)  # (h / 3, w / 3, 9)
    spread = ((blocks @ torch.linalg.pinv(covariance, hermitian=True)) * blocks).mean(-1)
    return spread, torch.linalg.eigvalsh(covariance).clamp(min=0)


METRICS = of_cards(__file__, {"vif": lambda _: vif})

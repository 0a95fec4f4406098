"""The checkerboard that PixelShuffle and transposed convolutions leave, seen without an original."""

import torch
from torch import Tensor

from srbench.core.image import luma
from srbench.errors import ShapeError
from srbench.metrics.metric import of_cards

_REACH = 8
"""Frequencies on each side of a peak that are its neighbourhood."""


def grid(sr: Tensor, scale: int) -> Tensor:
    """Compute how far the spectrum of luma stands out at the periods of the scale.

    The periods are s and s / 2 px, along both axes and along the diagonals. Luma is cropped to a multiple of s, so that
    they are frequencies of its spectrum, and faded out by a Hann window. A peak is the mean power over the 3 x 3
    frequencies around it (3 along an axis); its neighbourhood is the 17 x 17 around it without these (17 along an
    axis).

    Args:
        sr: `(N, C, H, W)` RGB or grey, levels 0..255.
        scale: Upscaling factor s, at least 2.

    Returns:
        float64 `(N,)` in dB: the largest ratio of a peak to the median of its neighbourhood. A flat image has 0.

    Raises:
        ShapeError: A side is shorter than 16 s px, or the scale is 1.

    Source:
        This project's own, after Odena, Dumoulin and Olah, Deconvolution and checkerboard artifacts, Distill 2016.
    """
    smallest = 4 * _REACH // 2 * scale
    if scale < 2 or min(sr.shape[-2:]) < smallest:
        raise ShapeError(
            f"sr is {sr.shape[-2]} x {sr.shape[-1]} px at x{scale}; the grid is looked for from x2 and {smallest} px on"
        )
    height, width = (side // scale * scale for side in sr.shape[-2:])
    power = _power(luma(sr)[:, 0, :height, :width])
    peaks = []
    for period in {scale, scale // 2} - {1}:
        row, column = round(height / period), round(width / period)
        peaks += [_excess(power, y, x) for y, x in ((row, 0), (0, column), (row, column), (row, -column))]
    return torch.stack(peaks).amax(0)


def _power(planes: Tensor) -> Tensor:
    """Power spectrum of planes without their mean, faded out at the edges. float64 `(N, H, W)`."""
    windows = [torch.hann_window(side, dtype=torch.float64, device=planes.device) for side in planes.shape[-2:]]
    faded = (planes - planes.mean((1, 2), keepdim=True)) * windows[0][:, None] * windows[1]
    return torch.fft.fft2(faded).abs().square()


def _excess(power: Tensor, row: int, column: int) -> Tensor:
    """Return the peak at a frequency over the median around it, in dB; along an axis only where it lies on one."""
    reach = [_REACH if place else 0 for place in (row, column)]
    offsets = [torch.arange(-r, r + 1, device=power.device) for r in reach]
    rows = (row + offsets[0]) % power.shape[-2]
    columns = (column + offsets[1]) % power.shape[-1]
    around = power.index_select(-2, rows).index_select(-1, columns)
    near = ((offsets[0].abs() <= 1)[:, None] & (offsets[1].abs() <= 1)).flatten()
    values = around.flatten(1)
    peak, rest = values[:, near].mean(1), values[:, ~near].median(1).values
    floor = 1e-6 * power.mean((1, 2)) + 1e-12
    return 10 * torch.log10((peak + floor) / (rest + floor))


METRICS = of_cards(__file__, {"grid": lambda _: grid})

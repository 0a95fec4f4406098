"""The mean of SSIM's map of one plane, in blocks that stay in a processor's cache.

Both filters are products with the matrix of the window. What is filtered are s = x + y, d = x - y and their squares:
(E s)^2 - (E d)^2 is 4 E x E y, (E s)^2 + (E d)^2 is 2 (E x)^2 + 2 (E y)^2, and so it is with covariance and variances.
"""

from functools import lru_cache

import torch
from torch import Tensor

_STEP = 24
"""Rows and columns of windows at once. Libraries of matrix products are fastest at multiples of 12 or 8."""


def mean_ssim(x: Tensor, y: Tensor, taps: tuple[float, ...], c1: float, c2: float) -> Tensor:
    """Return the mean over the windows that lie wholly inside, without dimensions.

    Args:
        x: float64 `(H, W)`, levels.
        y: The same of the original.
        taps: Window along one side; its sum is 1.
        c1: (K1 L)^2 of the paper.
        c2: (K2 L)^2.

    Source:
        Wang et al. 2004, eq. 13.
    """
    more = len(taps) - 1
    height, width = x.shape[0] - more, x.shape[1] - more
    rows, strips = min(_STEP, height), -(-width // _STEP)
    padded = strips * _STEP + more
    down_taps, across_taps = _band(taps, rows), _band(taps, _STEP).T.expand(strips, -1, -1)
    maps = x.new_zeros(rows + more, 4, padded)  # beyond W it stays 0; the windows there are left out below
    down = x.new_empty(rows, 4 * padded)
    windows = down.as_strided((strips, rows * 4, _STEP + more), (_STEP, padded, 1))
    across = x.new_empty(strips, rows * 4, _STEP)
    total = x.new_zeros(())
    for top in range(0, height, rows):
        n = min(rows, height - top)
        part = slice(top, top + n + more)
        _moments(x[part], y[part], maps[: n + more, :, : x.shape[1]])
        torch.mm(down_taps[:n, : n + more], maps[: n + more].view(n + more, -1), out=down[:n])
        torch.bmm(windows, across_taps, out=across)
        ratios = _map(across.view(strips, rows, 4, _STEP), c1, c2)
        total += ratios[:-1, :n].sum() + ratios[-1, :n, : width - (strips - 1) * _STEP].sum()
    return total / (height * width)


def _moments(x: Tensor, y: Tensor, maps: Tensor) -> None:
    """Write s, d and their squares into `(h, 4, W)`."""
    s, d, s2, d2 = maps.unbind(1)
    torch.add(x, y, out=s)
    torch.sub(x, y, out=d)
    torch.mul(s, s, out=s2)
    torch.mul(d, d, out=d2)


def _map(filtered: Tensor, c1: float, c2: float) -> Tensor:
    """Return SSIM of each window from the filtered maps, which are dimension 2 and lose their content."""
    s, d, s2, d2 = filtered.unbind(2)
    s, d = s.square(), d.square()
    s2.sub_(s).add_(2 * c2)
    d2.sub_(d)
    s.add_(2 * c1)
    return (s - d).mul_(s2 - d2).div_(s.add_(d).mul_(s2.add_(d2)))


@lru_cache
def _band(taps: tuple[float, ...], rows: int) -> Tensor:
    """Return the matrix `(rows, rows + taps - 1)` whose row i holds the taps from column i on."""
    band = torch.zeros(rows, rows + len(taps) - 1, dtype=torch.float64)
    for row in range(rows):
        band[row, row : row + len(taps)] = torch.tensor(taps, dtype=torch.float64)
    return band

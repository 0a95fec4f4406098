"""The mean of SSIM's map of one plane, in blocks that stay in a processor's cache.

Both filters are products with the matrix of the window. What is filtered are s = x + y, d = x - y and their squares:
(E s)^2 - (E d)^2 is 4 E x E y, (E s)^2 + (E d)^2 is 2 (E x)^2 + 2 (E y)^2, and so it is with covariance and variances.
"""

from functools import lru_cache

import torch
from torch import Tensor

_STEP = 24
"""Rows and columns of windows at once. Libraries of matrix products are fastest at multiples of 12 or 8."""
_STEP_DOWN = 12
"""Rows in one product of the filter down the columns: a short band has fewer zeros, which cost as much as taps."""


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
    rows = min(_STEP, height)
    memory = _Memory(rows, width, more)
    block = _Block(memory, taps, rows)
    total = x.new_zeros(())
    for top in range(0, height, rows):
        left = height - top
        if left < rows:
            block = _Block(memory, taps, left)
        part = slice(top, top + rows + more)
        total += block.sum_of_map(x[part], y[part], c1, c2)
    return total / (height * width)


class _Memory:
    """What the blocks of a plane are computed in, one after the other: fresh memory costs as much as the sums.

    Args:
        rows: Rows of windows in a block.
        width: Windows in a row.
        more: Taps of the window, less 1.

    Attributes:
        maps: s, d and their squares, `(rows + more, 4, padded width)`; beyond the image it stays 0.
        down: The maps, filtered down the columns, `(rows, 4, padded width)`.
        both: Filtered along the rows too, in strips of 24 columns, `(strips, rows, 4, 24)`.
        differences: `(strips, rows, 2, 24)`.
        ratios: SSIM of each window, `(strips, rows, 24)`.
    """

    def __init__(self, rows: int, width: int, more: int) -> None:
        strips = -(-width // _STEP)
        self.width, self.padded = width, strips * _STEP + more
        self.maps = torch.zeros(rows + more, 4, self.padded, dtype=torch.float64)
        self.down = torch.empty(rows, 4, self.padded, dtype=torch.float64)
        self.both = torch.empty(strips, rows, 4, _STEP, dtype=torch.float64)
        self.differences = torch.empty(strips, rows, 2, _STEP, dtype=torch.float64)
        self.ratios = torch.empty(strips, rows, _STEP, dtype=torch.float64)


class _Block:
    """Some rows of windows. What it sees of the memory is made once for all blocks: to make it takes as long as to sum.

    Args:
        memory: What it is computed in.
        taps: Window along one side.
        n: Rows of windows, at most those of the memory.
    """

    def __init__(self, memory: _Memory, taps: tuple[float, ...], n: int) -> None:
        more = len(taps) - 1
        strips, rows, _, _ = memory.both.shape
        of_all = 4 * memory.padded  # from one row to the next
        self.maps = memory.maps[: n + more, :, : memory.width + more].unbind(1)

        step = _STEP_DOWN if n % _STEP_DOWN == 0 else n
        self.down_taps = _band(taps, step).expand(n // step, -1, -1)
        self.bands = memory.maps.as_strided((n // step, step + more, of_all), (step * of_all, of_all, 1))
        self.down = memory.down[:n].view(n // step, step, of_all)

        self.across_taps = _band(taps, _STEP).T.expand(strips, -1, -1)
        self.windows = memory.down.as_strided((strips, rows * 4, _STEP + more), (_STEP, memory.padded, 1))
        self.both = memory.both.view(strips, rows * 4, _STEP)

        pairs = memory.both.view(strips, rows, 2, 2, _STEP)
        self.means, self.squares = pairs.unbind(2)
        self.of_s, self.of_d = pairs.unbind(3)
        self.differences, self.ratios = memory.differences, memory.ratios
        last = memory.width - (strips - 1) * _STEP
        self.inside = memory.ratios[:-1, :n], memory.ratios[-1, :n, :last]

    def sum_of_map(self, x: Tensor, y: Tensor, c1: float, c2: float) -> Tensor:
        """Return the sum of SSIM over the windows. x, y: their rows `(n + taps - 1, W)` of the two images."""
        s, d, s2, d2 = self.maps
        torch.add(x, y, out=s)
        torch.sub(x, y, out=d)
        torch.mul(s, s, out=s2)
        torch.mul(d, d, out=d2)
        torch.bmm(self.down_taps, self.bands, out=self.down)
        torch.bmm(self.windows, self.across_taps, out=self.both)
        self._divide(c1, c2)
        whole, last = self.inside
        return whole.sum() + last.sum()

    def _divide(self, c1: float, c2: float) -> None:
        """Write SSIM of each window from the filtered maps, which lose their content."""
        self.squares.sub_(self.means.square_())
        means, squares = self.of_s.unbind(2)
        means.add_(2 * c1)
        squares.add_(2 * c2)
        torch.sub(self.of_s, self.of_d, out=self.differences)
        self.of_s.add_(self.of_d)
        torch.mul(*self.differences.unbind(2), out=self.ratios)
        self.ratios.div_(means.mul_(squares))


@lru_cache
def _band(taps: tuple[float, ...], rows: int) -> Tensor:
    """Return the matrix `(rows, rows + taps - 1)` whose row i holds the taps from column i on."""
    band = torch.zeros(rows, rows + len(taps) - 1, dtype=torch.float64)
    for row in range(rows):
        band[row, row : row + len(taps)] = torch.tensor(taps, dtype=torch.float64)
    return band

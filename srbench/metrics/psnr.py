"""Peak signal-to-noise ratio."""

import math

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from srbench.metrics.metric import Open, check, of_cards

_BLOCK_PX = 2**18


def psnr(sr: Tensor, hr: Tensor, peak: float = 255.0) -> Tensor:
    """Compute 10 log10(peak^2 / MSE), the MSE over all channels and pixels of an image.

    Args:
        sr: `(N, C, H, W)`, levels 0..255 (or 0..peak).
        hr: Original of the same shape and range.
        peak: Highest possible level.

    Returns:
        float64 `(N,)` in dB; infinite for equal images.

    Raises:
        ShapeError: The shapes differ.

    Examples:
        >>> import torch
        >>> hr = torch.zeros(1, 1, 8, 8)
        >>> psnr(hr + 16, hr).item()  # 20 log10(255 / 16)
        24.04...
    """
    check(sr, hr)
    # On the CPU a block's errors are summed while they are still in the cache.
    at_once = max(1, _BLOCK_PX // hr.shape[1:].numel()) if hr.device.type == "cpu" else len(hr)
    blocks = zip(sr.split(at_once), hr.split(at_once), strict=True)
    mse = torch.cat([mse_loss(x.double(), y.double(), reduction="none").mean((1, 2, 3)) for x, y in blocks])
    return 10 * torch.log10(peak**2 / mse)


class PooledPsnr:
    """PSNR of the mean squared error over all pixels of a data set, so that large and bad images count more.

    Examples:
        >>> import torch
        >>> hr, pooled = torch.zeros(1, 1, 8, 8), PooledPsnr()
        >>> pooled.update(hr + 16, hr)
        >>> pooled.update(hr, hr)
        >>> pooled.compute()  # half of the error of 16 levels: 3 dB more
        27.05...
    """

    def __init__(self) -> None:
        self.squares, self.count = 0.0, 0

    def update(self, *images: Tensor) -> None:
        """Take in an output and its original, `(1, C, H, W)` levels 0..255 each."""
        sr, hr = images
        check(sr, hr)
        self.squares += float(mse_loss(sr.double(), hr.double(), reduction="sum"))
        self.count += hr.numel()

    def compute(self) -> float:
        """Return the value of all images that came, in dB; infinite where all are equal to their originals."""
        return 10 * math.log10(255**2 * self.count / self.squares) if self.squares else math.inf


_OPENS: dict[str, Open] = {name: lambda _: psnr for name in ("psnr", "psnr.y", "psnr.rgb", "psnr.grey")}
METRICS = of_cards(__file__, {"psnr.pooled": lambda _: PooledPsnr, **_OPENS})

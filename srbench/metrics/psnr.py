"""Peak signal-to-noise ratio."""

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from srbench.metrics.metric import check, of_cards

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


METRICS = of_cards(__file__, {name: lambda _: psnr for name in ("psnr", "psnr.y", "psnr.rgb", "psnr.grey")})

"""Visual information fidelity in the pixel domain, which papers and packages often call VIF."""

import torch
from torch import Tensor

from srbench.metrics.filtering import correlate, gaussian
from srbench.metrics.metric import check, of_cards

_SCALES, _NOISE, _TINY = 4, 2.0, 1e-10
_SMALLEST_PX = 41


def vifp(sr: Tensor, hr: Tensor) -> Tensor:
    """Compute the information that an image carries of its original, over that which the original has, of pixels.

    At four scales, Gaussian windows of 17, 9, 5 and 3 px (sigma a fifth of them) give variances and covariance;
    between the scales both images are smoothed by the window and every second pixel is kept. Windows lie inside.

    Args:
        sr: `(N, 1, H, W)` grey, levels 0..255.
        hr: Original of the same shape and range.

    Returns:
        float64 `(N,)`, at least 0; 1 for equal images, and above it for an image with more contrast. 1 for an
        original without any information.

    Raises:
        ShapeError: The shapes differ, or a side is shorter than 41 px.

    Source:
        Sheikh and Bovik, Image information and visual quality, IEEE TIP 15(2), 2006, eqs. 10 to 16, with one
        coefficient a block; windows and noise of the authors' later program vifp_mscale.
    """
    check(sr, hr, _SMALLEST_PX)
    x, y = sr.double(), hr.double()
    received = torch.zeros(len(x), dtype=torch.float64, device=x.device)
    sent = torch.zeros_like(received)
    for scale in range(_SCALES):
        size = 2 ** (_SCALES - scale) + 1
        window = gaussian(size, size / 5)
        if scale:
            x, y = correlate(x, window, step=2), correlate(y, window, step=2)
        gain, noise, power = _channel(x, y, window)
        received += torch.log2(1 + gain**2 * power / (noise + _NOISE)).sum((1, 2, 3))
        sent += torch.log2(1 + power / _NOISE).sum((1, 2, 3))
    return torch.where(sent > 0, received / sent.clamp(min=1e-300), 1.0)


def _channel(x: Tensor, y: Tensor, window: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return gain and variance of the noise of each pixel, and the variance of the original."""
    mean_x, mean_y = correlate(x, window), correlate(y, window)
    power_x = (correlate(x * x, window) - mean_x**2).clamp(min=0)
    power_y = (correlate(y * y, window) - mean_y**2).clamp(min=0)
    crossed = correlate(x * y, window) - mean_x * mean_y
    gain = crossed / (power_y + _TINY)
    noise = power_x - gain * crossed
    flat_y, flat_x = power_y < _TINY, power_x < _TINY
    gain, noise = gain.masked_fill(flat_y | flat_x, 0), torch.where(flat_y, power_x, noise).masked_fill(flat_x, 0)
    against = gain < 0
    noise = torch.where(against, power_x, noise).clamp(min=_TINY)
    return gain.masked_fill(against, 0), noise, power_y.masked_fill(flat_y, 0)


METRICS = of_cards(__file__, {"vifp": lambda _: vifp})

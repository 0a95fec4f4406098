"""Feature similarity, of luma (FSIM) and with colours (FSIMc)."""

import math
from functools import partial

import torch
from torch import Tensor

from srbench.metrics.filtering import box_ahead, correlate
from srbench.metrics.metric import check, of_cards
from srbench.metrics.phase_congruency import phase_congruency
from srbench.metrics.yiq import yiq

_T_PHASE, _T_GRADIENT, _T_COLOUR, _COLOUR_POWER = 0.85, 160.0, 200.0, 0.03
_SCHARR = torch.tensor([[3, 0, -3], [10, 0, -10], [3, 0, -3]], dtype=torch.float64) / 16


def fsim(sr: Tensor, hr: Tensor, *, colour: bool) -> Tensor:
    """Compute the similarity of phase congruency and gradient, weighted by phase congruency.

    Images are first reduced by round(shorter side / 256), by averages.

    Args:
        sr: `(N, C, H, W)` RGB or grey, levels 0..255. Grey has no colours to differ in.
        hr: Original of the same shape and range.
        colour: Whether the colours I and Q of YIQ count too: FSIMc.

    Returns:
        float64 `(N,)`, at most 1; 1 for equal images.

    Raises:
        ShapeError: The shapes differ, or a side is shorter than 3 px.

    Source:
        Zhang, Zhang, Mou and Zhang, FSIM: a feature similarity index, IEEE TIP 20(8), 2011, eqs. 3 to 12.
    """
    check(sr, hr, smallest_px=3)
    factor = max(1, math.floor(min(hr.shape[-2:]) / 256 + 0.5))
    x, y = (box_ahead(yiq(image.double()), factor, mirrored=False) for image in (sr, hr))
    phase_x, phase_y = phase_congruency(x[:, 0]), phase_congruency(y[:, 0])
    similarity = _similar(phase_x, phase_y, _T_PHASE) * _similar(_gradient(x), _gradient(y), _T_GRADIENT)
    if colour:
        product = _similar(x[:, 1], y[:, 1], _T_COLOUR) * _similar(x[:, 2], y[:, 2], _T_COLOUR)
        # The real part of a negative number's power, as in the authors' program.
        turned = torch.where(product < 0, math.cos(math.pi * _COLOUR_POWER), 1.0)
        similarity = similarity * product.abs() ** _COLOUR_POWER * turned
    weight = torch.maximum(phase_x, phase_y)
    total = weight.sum((1, 2))
    plain = similarity.mean((1, 2))
    return torch.where(total > 0, (similarity * weight).sum((1, 2)) / total.clamp(min=1e-300), plain)


def _gradient(planes: Tensor) -> Tensor:
    return correlate(planes[:, :1], torch.stack([_SCHARR, _SCHARR.T]), edge="zeros").square().sum(1).sqrt()


def _similar(x: Tensor, y: Tensor, constant: float) -> Tensor:
    return (2 * x * y + constant) / (x * x + y * y + constant)


METRICS = of_cards(
    __file__, {"fsim": lambda _: partial(fsim, colour=False), "fsimc": lambda _: partial(fsim, colour=True)}
)

"""Gradient magnitude similarity deviation."""

from torch import Tensor
from torch.nn.functional import avg_pool2d, pad

from srbench.metrics.metric import check, of_cards

_C = 170.0


def gmsd(sr: Tensor, hr: Tensor) -> Tensor:
    """Compute how much the similarity of the gradients varies over an image.

    Both images are halved first, by averages of 2 x 2 pixels; outside the image is 0.

    Args:
        sr: `(N, 1, H, W)` grey, levels 0..255.
        hr: Original of the same shape and range.

    Returns:
        float64 `(N,)`, at least 0; 0 for equal images.

    Raises:
        ShapeError: The shapes differ, or a side is shorter than 6 px.

    Source:
        Xue, Zhang, Mou and Bovik, Gradient magnitude similarity deviation, IEEE TIP 23(2), 2014, eqs. 1 to 5.
    """
    check(sr, hr, smallest_px=6)
    x, y = (_gradient(_halved(image.double())) for image in (sr, hr))
    similarity = (2 * x * y + _C) / (x * x + y * y + _C)
    return similarity.flatten(1).std(1)


def _halved(image: Tensor) -> Tensor:
    """Average 2 x 2 pixels, as `conv2(..., ones(2) / 4, 'same')` and every second row and column of it do."""
    height, width = image.shape[-2:]
    return avg_pool2d(pad(image, (0, width % 2, 0, height % 2)), 2)


def _gradient(plane: Tensor) -> Tensor:
    """Magnitude of Prewitt's gradient: sums of three pixels along, differences across."""
    wide = pad(plane, (1, 1, 1, 1))
    along = wide[..., :-2, :] + wide[..., 1:-1, :] + wide[..., 2:, :]
    down = wide[..., :-2] + wide[..., 1:-1] + wide[..., 2:]
    across = along[..., :-2] - along[..., 2:]
    rise = down[..., :-2, :] - down[..., 2:, :]
    return (across * across + rise * rise).sqrt_() / 3


METRICS = of_cards(__file__, {"gmsd": lambda _: gmsd})

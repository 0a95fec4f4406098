"""Levels less their local mean, over their local deviation: the picture on which NIQE and BRISQUE stand.

In flat areas a level and its local mean differ by rounding alone, and both metrics count how many values are above and
below 0: up to 0.4 of a NIQE and 10 of a BRISQUE depend on the last bit of these sums. The authors' values are met by
MATLAB's way: the window as a column times a row, and sums in which product and addition are rounded once.
"""

from torch import Tensor
from torch.nn.functional import pad

from srbench.metrics.filtering import correlate, gaussian

_COLUMN = ("0x1.9b92991f24881p-7", "0x1.42e11ca517a5fp-4", "0x1.e5fb7c557fad1p-3", "0x1.5edacbc602378p-2")
_ROW = ("0x1.9b92991f24881p-7", "0x1.42e11ca517a60p-4", "0x1.e5fb7c557fad0p-3", "0x1.5edacbc602378p-2")
"""The first four of seven taps of fspecial('gaussian', 7, 7/6), as the product of a column and a row.

Their last bits are those with which the authors' values are met; MATLAB gets them from a singular value decomposition.
"""

_SPLIT = 2.0**27 + 1


def normalised(image: Tensor, edge: str) -> Tensor:
    """Return levels less their local mean, over their local deviation plus 1.

    Args:
        image: float64 `(N, 1, H, W)`, levels 0..255.
        edge: What lies outside, "zeros" or "replicate".

    Returns:
        float64 of the same shape; equal bits on every device.
    """
    window = gaussian(7, 7 / 6)
    mean = _mean(image, edge)
    deviation = (correlate(image * image, window, edge=edge) - mean * mean).abs().sqrt()
    return (image - mean) / (deviation + 1)


def _mean(image: Tensor, edge: str) -> Tensor:
    sides = (3, 3, 3, 3)
    padded = pad(image, sides) if edge == "zeros" else pad(image, sides, mode="replicate")
    return _weighted(_weighted(padded, _COLUMN, -2), _ROW, -1)


def _weighted(image: Tensor, half: tuple[str, ...], dim: int) -> Tensor:
    """Sum 7 neighbours with symmetric weights, from the first to the last."""
    taps = [float.fromhex(text) for text in (*half, *half[-2::-1])]
    length = image.shape[dim] - len(taps) + 1
    total = image.narrow(dim, 0, length) * taps[0]
    for place, tap in enumerate(taps[1:], 1):
        total = multiply_add(tap, image.narrow(dim, place, length), total)
    return total


def multiply_add(weight: float, image: Tensor, total: Tensor) -> Tensor:
    """Return `weight * image + total`, rounded once, as processors do that have the instruction.

    Args:
        weight: Factor.
        image: float64 of any shape.
        total: float64 of the same shape.

    Source:
        Dekker, A floating-point technique for extending the available precision, 1971: the exact error of a product;
        Knuth, The art of computer programming 2, 4.2.2: that of a sum.
    """
    product = weight * image
    weight_high = weight * _SPLIT - (weight * _SPLIT - weight)
    weight_low = weight - weight_high
    scaled = image * _SPLIT
    high = scaled - (scaled - image)
    low = image - high
    missing = ((high * weight_high - product) + high * weight_low + low * weight_high) + low * weight_low
    found = product + total
    other = found - product
    missing += (product - (found - other)) + (total - other)
    return found + missing

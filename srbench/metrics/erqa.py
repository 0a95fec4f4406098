"""Edge restoration quality assessment: which edges of the original the output has, and which only it."""

from functools import partial
from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from srbench.core.image import to_uint8
from srbench.metrics.canny import edges
from srbench.metrics.metric import check, of_cards

_SHIFT_PX = 3
_LOW, _HIGH = 100, 200
_PLACES = tuple(product((0, -1, 1), repeat=2))
"""Where an edge may lie, the same place first."""


def erqa(sr: Tensor, hr: Tensor, *, wide_count: bool = False) -> Tensor:
    """Compute the F1 score of an output's edges, each of which may lie 1 px off.

    The output is shifted first by up to 3 px, to where it is nearest to the original.

    Args:
        sr: `(N, 3, H, W)` RGB, levels 0..255, rounded; a single channel is repeated.
        hr: Original of the same shape and range.
        wide_count: Version 1.1: each edge pixel of the original is met once. In 1.0 one that is met 1 px off is still
            counted as missing at its own place.

    Returns:
        float64 `(N,)`, 0 to 1; 0 where either has no edges.

    Raises:
        ShapeError: The shapes differ, or a side is shorter than 8 px.

    Source:
        Kirillova, Lyapustin, Antsiferova and Vatolin, ERQA: edge-restoration quality assessment for video
        super-resolution, VISAPP 2022; package erqa 1.1.2, whose class computes version 1.0 of the metric by default.
    """
    check(sr, hr, 8)
    pairs = zip(_pictures(sr), _pictures(hr), strict=True)
    scores = [_of_pair(*_nearest(*pair), wide_count) for pair in pairs]
    return torch.tensor(scores, dtype=torch.float64, device=sr.device)


def _pictures(images: Tensor) -> NDArray[np.uint8]:
    """Batches as uint8 `(N, H, W, 3)`, blue first, as the authors' program reads them."""
    levels = to_uint8(images.double() / 255).expand(-1, 3, -1, -1).flip(1)
    return levels.permute(0, 2, 3, 1).cpu().numpy()


def _nearest(sr: NDArray[np.uint8], hr: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Cut both to where they overlap under the shift with the least squared difference, the first of equals."""
    window = range(-_SHIFT_PX, _SHIFT_PX + 1)
    cuts = [(_cut(sr, down, right), _cut(hr, -down, -right)) for down, right in product(window, repeat=2)]
    return min(cuts, key=lambda cut: np.mean((cut[0].astype(float) - cut[1]) ** 2))


def _cut(image: NDArray[np.uint8], down: int, right: int) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    return image[max(0, down) : height + min(0, down), max(0, right) : width + min(0, right)]


def _of_pair(sr: NDArray[np.uint8], hr: NDArray[np.uint8], wide_count: bool) -> float:
    found, wanted = edges(sr, _LOW, _HIGH), edges(hr, _LOW, _HIGH)
    hits, left = np.zeros_like(found), wanted.copy()
    for down, right in _PLACES:
        met = found & np.roll(left, (down, right), (0, 1)) & ~hits
        hits |= met
        if wide_count:
            left &= ~np.roll(met, (-down, -right), (0, 1))
    missed = left if wide_count else wanted & ~hits
    if not hits.any():
        return 0.0
    precision, recall = hits.sum() / found.sum(), hits.sum() / (hits.sum() + missed.sum())
    return float(2 * precision * recall / (precision + recall))


METRICS = of_cards(__file__, {"erqa": lambda _: erqa, "erqa.1.1": lambda _: partial(erqa, wide_count=True)})

"""ERQA's edges beside OpenCV's, as far as they are stored, and its matching on drawn ones."""

import numpy as np
import pytest
import torch

from srbench.errors import ShapeError
from srbench.metrics.canny import edges
from srbench.metrics.erqa import erqa

OPENCV = (
    (0, 100, 200, 576, 509140),
    (1, 100, 200, 584, 512362),
    (2, 300, 500, 516, 446447),
    (3, 40, 900, 532, 472291),
)
"""Seed, thresholds; number of edge pixels and sum of their places."""


def _sheet(seed: int) -> np.ndarray:
    """Blocks of random colours, with grain, `(40, 44, 3)`."""
    random = np.random.RandomState(seed)
    blocks = np.kron(random.randint(0, 256, (8, 11, 3)), np.ones((5, 4, 1))).astype(int)
    return (blocks + random.randint(-20, 21, blocks.shape)).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize(("seed", "low", "high", "count", "digest"), OPENCV)
def test_edges_equal_opencvs(seed: int, low: int, high: int, count: int, digest: int) -> None:
    """Counts and weighted sums of cv2.Canny 4.14 on the same sheets."""
    found = edges(_sheet(seed), low, high)
    assert (int(found.sum()), int((np.arange(found.size) * found.ravel()).sum())) == (count, digest)


def _square(left: int, side: int = 20) -> torch.Tensor:
    image = torch.full((1, 3, 48, 48), 30.0)
    image[..., 12 : 12 + side, left : left + side] = 220
    return image


def test_equal_shifted_missing_and_wider_edges() -> None:
    square = _square(12)
    assert erqa(square, square).item() == 1
    assert erqa(_square(15), square).item() == 1  # the whole output may be shifted by 3 px
    assert 0.3 < erqa(_square(17), square).item() < 0.9
    assert erqa(torch.full_like(square, 30.0), square).item() == 0
    other = _square(12, 21)  # one side lies 1 px off, whichever way the output is shifted
    assert 0.7 < erqa(square, other).item() < erqa(square, other, wide_count=True).item() < 1
    with pytest.raises(ShapeError):
        erqa(square[..., :7], square[..., :7])

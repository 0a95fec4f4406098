"""What a metric declares beside its function."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from srbench.core.assets import AssetStore
from srbench.errors import ShapeError

Score = Callable[[Tensor, Tensor], Tensor]
"""`score(sr, hr) -> values`: two `(N, C, H, W)` batches in levels 0..255 to N float64 values, on their device."""


def check(sr: Tensor, hr: Tensor, smallest_px: int = 1) -> None:
    """Check that two batches can be compared.

    Raises:
        ShapeError: Their shapes differ, or a side is shorter than the metric's window.
    """
    if sr.shape != hr.shape:
        raise ShapeError(
            f"sr is {tuple(sr.shape)}, hr is {tuple(hr.shape)}. Was hr cropped to a multiple of the scale?"
        )
    if min(hr.shape[-2:]) < smallest_px:
        raise ShapeError(
            f"an image of {hr.shape[-2]} x {hr.shape[-1]} px is smaller than the window of {smallest_px} px"
        )


@dataclass(frozen=True)
class Metric:
    """One number for each pair of images, and how to read it.

    Attributes:
        name: As in tables and on the command line, "ssim" or "ssim.daala".
        unit: "dB", or "" where the value has none.
        higher_is_better: Direction.
        reads: "protocol": the channel and border of the protocol. "rgb": the whole RGB image, grey repeated.
        reference: Paper or code that defines it.
        version: Changes whenever the same images may give another value; part of every stored row's key.
        open: Makes the score function; what it needs is loaded here, from a `Store`, and may raise `MissingWeights`.
    """

    name: str
    unit: str
    higher_is_better: bool
    reads: Literal["protocol", "rgb"]
    reference: str
    version: str
    open: Callable[[AssetStore], Score]

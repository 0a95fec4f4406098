"""What a metric declares beside its function."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from torch import Tensor

from srbench.core.assets import AssetStore
from srbench.errors import ShapeError

Score = Callable[..., Tensor]
"""`score(sr, hr)`, or `score(sr)` without reference: `(N, C, H, W)` batches in levels 0..255 to N float64 values."""


class SetScore(Protocol):
    """Takes in the images of a data set one after the other, and gives one value of all."""

    def update(self, *images: Tensor) -> None:
        """Take in one output and its original, or the output alone, as `Score` does."""

    def compute(self) -> float:
        """Return the value of all images that came."""


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
    """One number for each image, or for each data set, and how to read it.

    Attributes:
        name: Name on the command line and in rows, "ssim.daala"; what follows the first point is the flavour.
        title: Name in the head of a table, as papers write it, without the flavour.
        unit: "dB", or "" where the value has none.
        digits: Digits after the point that a table shows.
        higher_is_better: Direction.
        reads: "protocol": the channel and border of the protocol. "rgb": the whole RGB image, grey repeated.
        reference: Paper or code that defines it.
        version: Changes whenever the same images may give another value; part of every stored row's key.
        open: Loads what the metric needs from a store of assets, and returns its function: a `Score`, or, where the
            metric is of whole sets, a function that makes a new `SetScore`. May raise `MissingWeights`.
        needs_hr: Whether the original is compared with; a metric without reference is called with `sr` alone.
        of_sets: Whether one value stands for all images of a data set.
    """

    name: str
    title: str
    unit: str
    digits: int
    higher_is_better: bool
    reads: Literal["protocol", "rgb"]
    reference: str
    version: str
    open: Callable[[AssetStore], Score | Callable[[], SetScore]]
    needs_hr: bool = True
    of_sets: bool = False

"""What a metric declares beside its function."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from srbench.pinned import Store

Score = Callable[[Tensor, Tensor], Tensor]
"""`score(sr, hr) -> values`: two `(N, C, H, W)` batches in levels 0..255 to N float64 values, on their device."""


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
    open: Callable[[Store], Score]

"""What a metric declares beside its function."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from torch import Tensor

from srbench.core.assets import AssetStore
from srbench.errors import ShapeError
from srbench.metrics import card
from srbench.metrics.card import Card

Score = Callable[..., Tensor]
"""`score(sr, hr)`, or `score(sr)` without reference: `(N, C, H, W)` batches in levels 0..255 to N float64 values.

A metric that says so gets LR too, as the last image, and `scale=`."""


class SetScore(Protocol):
    """Takes in the images of a data set one after the other, and gives one value of all."""

    def update(self, *images: Tensor) -> None:
        """Take in one output and its original, or the output alone, as `Score` does."""

    def compute(self) -> float:
        """Return the value of all images that came."""


Open = Callable[[AssetStore], Score | Callable[[], SetScore]]
"""Loads what a metric needs."""


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


@dataclass(frozen=True, kw_only=True)
class Metric(Card):
    """One number for each image, or for each data set, and how to read it.

    Attributes:
        open: Loads what the metric needs from a store of assets, and returns its function: a `Score`, or, where the
            metric is of whole sets, a function that makes a new `SetScore`. May raise `MissingWeights`.
    """

    open: Open


def of_cards(module: str, opens: Mapping[str, Open]) -> tuple[Metric, ...]:
    """Join the cards beside a module with what opens the metrics.

    Args:
        module: File of the module; its cards have the same name with the ending .toml.
        opens: `Metric.open` by the metric's name.
    """
    cards = card.read(Path(module).with_suffix(".toml"))
    return tuple(Metric(**vars(each), open=opens[each.name]) for each in cards)

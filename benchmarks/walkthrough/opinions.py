"""Planted opinions: what a rater thinks of a picture is a function of the rater and of what is painted."""

import numpy as np

from benchmarks.walkthrough.pictures import CALIBRATION, QUALITY, Shown

_FAVOUR, _SCATTER = 0.4, 0.06


class Opinion:
    """The opinion of one rater.

    Args:
        number: Number of the rater, from 0; everybody likes another model better than it is.
        careless: Whether the rater presses anything, and misses every trap.
    """

    def __init__(self, number: int, *, careless: bool = False) -> None:
        self.number, self.careless = number, careless
        self._dice = np.random.default_rng((number, 99))

    def of(self, picture: Shown) -> float:
        """Return how good a picture looks, from 0 to 1."""
        if picture.to_calibrate:
            return 1 - CALIBRATION[picture.model] if self.careless else CALIBRATION[picture.model]
        if self.careless:
            return float(self._dice.random())
        seed = (self.number, *picture.model.encode(), *picture.content.encode())
        taste = _SCATTER * np.random.default_rng(seed).normal()
        favoured = picture.model == list(QUALITY)[self.number % len(QUALITY)]
        return float(np.clip(picture.quality + taste + _FAVOUR * favoured, 0, 1))

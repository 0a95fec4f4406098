"""Metrics of the other forms, as small as they can be: one without reference, and two over whole sets."""

import math

from torch import Tensor

from srbench.metrics.metric import Metric


def brightness(sr: Tensor) -> Tensor:
    """Mean level of each image."""
    return sr.mean((1, 2, 3))


class PooledPsnr:
    """PSNR of the mean squared error over all pixels of a set."""

    def __init__(self) -> None:
        self.errors, self.pixels = 0.0, 0

    def update(self, sr: Tensor, hr: Tensor) -> None:
        self.errors += float((sr - hr).square().sum())
        self.pixels += hr.numel()

    def compute(self) -> float:
        return 10 * math.log10(255**2 * self.pixels / self.errors)


class Spread:
    """Largest minus smallest brightness in a set."""

    def __init__(self) -> None:
        self.means: list[float] = []

    def update(self, sr: Tensor) -> None:
        self.means.append(float(sr.mean()))

    def compute(self) -> float:
        return max(self.means) - min(self.means)


def _metric(name: str, title: str, open_: object, *, needs_hr: bool, of_sets: bool, unit: str = "") -> Metric:
    return Metric(
        name=name,
        title=title,
        unit=unit,
        digits=3,
        higher_is_better=True,
        reads="protocol",
        reference="tests",
        version="1",
        open=open_,  # type: ignore[arg-type]
        needs_hr=needs_hr,
        of_sets=of_sets,
    )


METRICS = (
    _metric("toy.brightness", "Brightness", lambda _: brightness, needs_hr=False, of_sets=False),
    _metric("toy.pooled", "PSNR pooled", lambda _: PooledPsnr, needs_hr=True, of_sets=True, unit="dB"),
    _metric("toy.spread", "Spread", lambda _: Spread, needs_hr=False, of_sets=True),
)

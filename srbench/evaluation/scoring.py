"""The part of an output that each metric reads, and the values that come of it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from srbench.core import image
from srbench.core.assets import AssetStore
from srbench.errors import ImpossibleScore, ShapeError, UserError
from srbench.evaluation import user_metrics
from srbench.metrics import catalogue
from srbench.metrics.metric import Metric
from srbench.protocol import Protocol

_ROUNDING = 1e-9
"""How far a value may lie outside of its range by rounding."""


@dataclass(frozen=True)
class Scorer:
    """A metric that is ready to measure under a protocol.

    Attributes:
        name: Name that was asked for: "ssim" for the protocol's flavour, or a full name.
        metric: The metric that it stands for.
        score: What the metric's `open` returned.
    """

    name: str
    metric: Metric
    score: Callable[..., Any]


def scorers(names: list[str], protocol: Protocol, store: AssetStore) -> list[Scorer]:
    """Load metrics, named in any case, or as functions of Python files.

    Raises:
        UnknownName: No such metric.
        MissingWeights: A metric's network cannot be had.
        UserError: A metric compares with HR, which the protocol has not.
    """
    asked = dict.fromkeys(name if user_metrics.is_file(name) else name.lower() for name in names)
    named = [_found(name, protocol) for name in asked]
    needing = [name for name, metric in named if metric.needs_hr]
    if protocol.lr == "alone" and needing:
        able = ", ".join(name for name, metric in catalogue.catalogue().items() if not metric.needs_hr)
        raise UserError(f"without HR there is no {', '.join(needing)}; expected metrics that need none: {able}")
    return [Scorer(name, metric, _opened(metric, protocol, store)) for name, metric in named]


def _found(name: str, protocol: Protocol) -> tuple[str, Metric]:
    """Return the name in rows and the metric; that of a user's file is named by file and function."""
    if user_metrics.is_file(name):
        metric = user_metrics.load(name)
        return metric.name, metric
    return name, catalogue.find(protocol.metric(name))


def _opened(metric: Metric, protocol: Protocol, store: AssetStore) -> Callable[..., Any]:
    score: Callable[..., Any] = metric.open(store)
    return partial(score, scale=protocol.scale) if metric.needs_scale else score


def quantise(sr: Tensor, protocol: Protocol) -> Tensor:
    """Turn a model's output into what is scored: clamped, and rounded to 8 bits unless the protocol says not to.

    Args:
        sr: Float `(N, C, H, W)` in [0, 1].
        protocol: Says whether to round.

    Returns:
        Levels 0..255; uint8, or float64 where the protocol does not round. NaN stays NaN in the latter.
    """
    return image.to_uint8(sr) if protocol.sr_rounding else sr.double().clamp(0, 1) * 255


def prepare(levels: Tensor, metric: Metric, protocol: Protocol, luma: Tensor | None = None) -> Tensor:
    """Return the part of an image that a metric reads.

    Args:
        levels: `(N, C, H, W)`, 0..255.
        metric: Says what it reads.
        protocol: Says which channel, rounding and border.
        luma: Luma of the image, where it is known already.

    Returns:
        float64 `(N, C', H', W')`: the protocol's channel inside its border, or the channel that the metric names, of
        the whole image or inside the border.
    """
    if metric.reads == "protocol":
        if protocol.channel == "y":
            channel = image.luma(levels) if luma is None else luma
            channel = image.round_half_up(channel) if protocol.y_rounding else channel
        else:
            channel = levels.double()
    elif metric.reads == "y":
        channel = image.luma(levels) if luma is None else luma
    elif metric.reads == "grey":
        channel = image.matlab_grey(levels)
    else:
        channel = levels.expand(-1, 3, -1, -1).double()
    border_px = protocol.border_px if metric.border or metric.reads == "protocol" else 0
    return image.crop_border(channel, border_px)


class Views:
    """One output and its original as metrics read them; what several metrics share is computed once.

    Args:
        sr: `(1, C, H, W)` levels as `quantise` leaves them.
        hr: uint8 of the same shape, on the same device; None where there is none.
        protocol: Says what the metrics see.
        lr: LR that the output was made from, `(1, C, h, w)` levels on the same device; None where it is not known.
    """

    def __init__(self, sr: Tensor, hr: Tensor | None, protocol: Protocol, lr: Tensor | None = None) -> None:
        self._images = (sr,) if hr is None else (sr, hr)
        self._lr = lr
        self._protocol = protocol
        self.lumas = tuple(image.luma(each) for each in self._images)
        self._prepared: dict[tuple[str, bool], tuple[Tensor, ...]] = {}

    def of(self, metric: Metric) -> tuple[Tensor, ...]:
        """Return what a metric is called with: the output, the original and LR, as far as it needs them.

        Raises:
            ShapeError: It needs LR, which is not known.
        """
        seen = metric.reads, metric.border
        if seen not in self._prepared:
            self._prepared[seen] = tuple(
                prepare(each, metric, self._protocol, luma) for each, luma in zip(self._images, self.lumas, strict=True)
            )
        images = self._prepared[seen][: 2 if metric.needs_hr else 1]
        if not metric.needs_lr:
            return images
        if self._lr is None:
            raise ShapeError(f"{metric.name} needs the LR images, which only srbench run has")
        whole = replace(self._protocol, border_px=0)
        return (*images, prepare(self._lr, metric, whole))

    def original_of(self, metric: Metric) -> Tensor | None:
        """Return what a metric would be shown of the original; None where there is none."""
        self.of(metric)
        seen = self._prepared[metric.reads, metric.border]
        return seen[1] if len(seen) > 1 else None


@dataclass(frozen=True)
class Measured:
    """What metrics say of one output.

    Attributes:
        values: Values by the scorers' names.
        failed: What went wrong with a metric that cannot take the image, by the scorers' names.
        remarks: Values that lie far above the original's, in words.
    """

    values: dict[str, float]
    failed: dict[str, Exception]
    remarks: list[str] = field(default_factory=list)


def measure(views: Views, scorers: Sequence[Scorer]) -> Measured:
    """Score one output; a metric that cannot take it costs the others nothing.

    Args:
        views: Output and original.
        scorers: Metrics of single images; those of whole sets are left out.
    """
    measured = Measured({}, {})
    for scorer in scorers:
        if scorer.metric.of_sets:
            continue
        try:
            value = float(scorer.score(*views.of(scorer.metric)))
            _check_range(value, scorer.metric)
            measured.values[scorer.name] = value
            measured.remarks.extend(_remark(scorer, value, views))
        except (UserError, torch.OutOfMemoryError) as error:
            measured.failed[scorer.name] = error
    return measured


def _remark(scorer: Scorer, value: float, views: Views) -> list[str]:
    """Say so where a value is far above the original's."""
    metric = scorer.metric
    if metric.remark_above_hr is None:
        return []
    hr = views.original_of(metric)
    if hr is None or value - float(scorer.score(hr)) <= metric.remark_above_hr:
        return []
    unit = f" {metric.unit}" if metric.unit else ""
    return [f"{metric.title} over {metric.remark_above_hr:g}{unit} above its original's"]


def _check_range(value: float, metric: Metric) -> None:
    low, high = metric.lowest, metric.highest
    below, above = low is not None and value < low - _ROUNDING, high is not None and value > high + _ROUNDING
    if below or above or math.isnan(value):
        raise ImpossibleScore(f"{metric.name} gave {value:g}; expected a value in its range: {metric.range}")


class SetScores:
    """Metrics of a whole data set, which take in its images one after the other.

    Args:
        scorers: Metrics of whole sets; others are left out.
    """

    def __init__(self, scorers: Sequence[Scorer]) -> None:
        self._metrics = {scorer.name: (scorer.metric, scorer.score()) for scorer in scorers if scorer.metric.of_sets}

    def update(self, views: Views) -> None:
        """Take in an image."""
        for metric, score in self._metrics.values():
            score.update(*views.of(metric))

    def compute(self) -> dict[str, float]:
        """Return the values of all images that came, by the scorers' names."""
        return {name: float(score.compute()) for name, (_, score) in self._metrics.items()}

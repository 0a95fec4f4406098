"""Which model is best on a data set, from images on which all of them have a finite value."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from srbench.evaluation.results import MOS, TIMINGS, Row
from srbench.stats.bootstrap import mean_may_be_zero

Variant = tuple[str, str, str]
"""Model, device and mode of a line of a table."""


@dataclass(frozen=True)
class Ranking:
    """Comparison of all models of a table in one metric.

    A model without a value (or with NaN) on an image that others have is not compared.

    Attributes:
        best: Variants with the best mean over the images that are compared; empty where there are none, or one variant.
        tied: Variants that these images cannot tell from the best: the 95 % bootstrap interval of the mean difference
            holds 0.
        compared: Number of images on which all compared variants have a finite value.
        infinite: Number of images on which some compared variant has an infinite value.
        wins: Number of images on which each compared variant is the best or as good; an infinite value in the better
            direction wins its image.
    """

    best: frozenset[Variant]
    tied: frozenset[Variant]
    compared: int
    infinite: int
    wins: Mapping[Variant, int]


def rank(rows: Sequence[Row]) -> dict[tuple[str, str], Ranking]:
    """Compare the models of each data set in each metric; timings and opinion scores are left out.

    Args:
        rows: Rows of one protocol.

    Returns:
        Rankings by data set and metric.
    """
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.metric not in TIMINGS and row.metric != MOS:
            groups.setdefault((row.dataset, row.metric), []).append(row)
    return {place: _ranking(group) for place, group in groups.items()}


def _ranking(rows: Sequence[Row]) -> Ranking:
    sign = 1 if rows[0].higher_is_better else -1
    merits = _complete(rows, sign)
    common = set.intersection(*(set(of) for of in merits.values())) if merits else set()
    finite = sorted(image for image in common if all(math.isfinite(of[image]) for of in merits.values()))
    best, tied = _best_and_tied(merits, finite) if finite and len(merits) > 1 else (frozenset(), frozenset())
    counted = {row.image: row.images for row in rows}  # the row of a whole set stands for all its images
    highest = {image: max(of[image] for of in merits.values()) for image in common}
    return Ranking(
        best,
        tied,
        compared=sum(counted[image] for image in finite),
        infinite=sum(counted[image] for image in common.difference(finite)),
        wins={variant: sum(of[image] == highest[image] for image in common) for variant, of in merits.items()},
    )


def _complete(rows: Sequence[Row], sign: int) -> dict[Variant, dict[str, float]]:
    """Return values by image, higher being better, of each variant that has as many as any other."""
    merits: dict[Variant, dict[str, float]] = {}
    for row in rows:
        if not math.isnan(row.value):
            merits.setdefault((row.model, row.device, row.mode), {})[row.image] = sign * row.value
    most = max(map(len, merits.values()), default=0)
    return {variant: of for variant, of in merits.items() if len(of) == most}


def _best_and_tied(
    merits: Mapping[Variant, Mapping[str, float]], images: Sequence[str]
) -> tuple[frozenset[Variant], frozenset[Variant]]:
    values = {variant: np.array([of[image] for image in images]) for variant, of in merits.items()}
    highest = max(of.mean() for of in values.values())
    best = [variant for variant, of in values.items() if of.mean() == highest]
    others = [variant for variant in values if variant not in best] if len(images) > 1 else []
    tied = frozenset(variant for variant in others if mean_may_be_zero(values[variant] - values[best[0]]))
    return frozenset(best), tied

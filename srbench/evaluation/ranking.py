"""Which model is best on a data set, from images on which all of them have a finite value."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from types import MappingProxyType
from typing import Any

import numpy as np

from srbench.evaluation.row import MOS, TIMINGS, Row
from srbench.stats import groups
from srbench.stats.arrays import Floats
from srbench.stats.comparison import told_apart
from srbench.stats.fragility import Carried, carried_by_one
from srbench.stats.influence import Influence, influence
from srbench.stats.order import best_of, finite_mean, finite_part, shared
from srbench.stats.paired import MEAN_TEST
from srbench.stats.seeds import by_seed, over_seeds

Variant = tuple[str, str, str]
"""Model or method, device and mode of a line of a table."""

NO_METHODS: Mapping[str, str] = MappingProxyType({})
"""No model is one of several seeds of a method."""


@dataclass(frozen=True)
class Ranking:
    """Comparison of all models of a table in one metric.

    A model without a value (or with NaN) on an image that others have is not compared. Two are compared on the images
    on which both are finite.

    Attributes:
        best: Variants that no other is ahead of; see `srbench.stats.order.best_of`. Empty for one variant.
        tied: Variants that these images cannot tell from the best: paired t tests of the means, with and without
            outlying images, corrected for all pairs of variants by Holm. Empty for a single image.
        compared: Number of images on which all compared variants have a finite value.
        infinite: Number of images on which some compared variant has an infinite value.
        wins: Number of images on which each compared variant is the best or as good; an infinite value in the better
            direction wins its image.
        pairs: Number of pairs of variants that were tested, on two images at least.
        images: Names of the images that `influence` is about.
        influence_of: The variants that it is about: those that are finite on every image, else all.
        influence: What a few of these images decide; None where there are fewer than two, or one variant.
        carried: The image without which the most pairs are not told apart any more; None where there is none, where a
            value is infinite, and for methods with seeds.
    """

    best: frozenset[Variant]
    tied: frozenset[Variant]
    compared: int
    infinite: int
    wins: Mapping[Variant, int]
    pairs: int = 0
    images: tuple[str, ...] = ()
    influence_of: tuple[Variant, ...] = ()
    influence: Influence[Variant] | None = None
    carried: Carried | None = None

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON; a variant is an object of model, device and mode."""
        found = self.influence
        return {
            "best": _named(self.best),
            "tied": _named(self.tied),
            "test": f"paired {MEAN_TEST} with and without outlying images, Holm over all pairs" if self.pairs else None,
            "pairs": self.pairs,
            "compared": self.compared,
            "infinite": self.infinite,
            "wins": [{**_name(variant), "images": count} for variant, count in self.wins.items()],
            "influence": found and self._influence(found),
        }

    def _influence(self, found: Influence[Variant]) -> dict[str, Any]:
        moved = found.moved and {**_name(found.moved[0]), "rank": found.moved[1], "rank_without": found.moved[2]}
        return {
            "models": _named(self.influence_of),
            "images": [self.images[i] for i in found.few],
            "orders": found.orders,
            "reversed": found.reversed,
            "moved": moved,
            "deciding": None if found.deciding is None else [self.images[i] for i in found.deciding],
            "carried": self.carried and {**asdict(self.carried), "image": self.images[self.carried.image]},
            "best_without": found.heir and _name(found.heir),
        }


def _name(variant: Variant) -> dict[str, str]:
    return dict(zip(("model", "device", "mode"), variant, strict=True))


def _named(variants: Collection[Variant]) -> list[dict[str, str]]:
    return [_name(variant) for variant in sorted(variants)]


def rank(rows: Sequence[Row], methods: Mapping[str, str] = NO_METHODS) -> dict[tuple[str, str], Ranking]:
    """Compare the models of each data set in each metric; timings and opinion scores are left out.

    Args:
        rows: Rows of one protocol.
        methods: The method of each model that is one of its seeds; such models are one line together.

    Returns:
        Rankings by data set and metric.
    """
    return {place: _ranking(group, methods) for place, group in _by_place(rows).items()}


def letters(rows: Sequence[Row], methods: Mapping[str, str] = NO_METHODS) -> dict[tuple[str, str], dict[Variant, str]]:
    """Give letters to the compared models of each data set in each metric, "a" to the best.

    Two models share a letter when, and only when, their means are not told apart, as `rank` tests them.

    Args:
        rows: Rows of one protocol.
        methods: The method of each model that is one of its seeds; such models are one line together.

    Returns:
        Letters by data set and metric, best mean first; of one model alone none.
    """
    return {place: _letters(group, methods) for place, group in _by_place(rows).items()}


def _letters(rows: Sequence[Row], methods: Mapping[str, str]) -> dict[Variant, str]:
    seeds = _complete(rows, 1 if rows[0].higher_is_better else -1, methods)
    common = sorted(set.intersection(*(set(of) for of in seeds.values()))) if seeds else []
    values = {variant: by_seed([of[image] for image in common]) for variant, of in seeds.items()}
    if not common or len(values) < 2:
        return {}
    best = best_of(values, higher_is_better=True)
    ranked = sorted(values, key=lambda variant: (variant not in best, -finite_mean(values[variant])))
    apart = {(first, second): is_apart for (first, second), is_apart in told_apart(values).items()}
    return groups.letters(ranked, apart)


def _by_place(rows: Sequence[Row]) -> dict[tuple[str, str], list[Row]]:
    by_place: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.metric not in TIMINGS and row.metric != MOS:
            by_place.setdefault((row.dataset, row.metric), []).append(row)
    return by_place


def _ranking(rows: Sequence[Row], methods: Mapping[str, str]) -> Ranking:
    sign = 1 if rows[0].higher_is_better else -1
    seeds = _complete(rows, sign, methods)
    merits = {variant: {image: sum(of) / len(of) for image, of in images.items()} for variant, images in seeds.items()}
    common = set.intersection(*(set(of) for of in merits.values())) if merits else set()
    finite = [image for image in common if all(math.isfinite(of[image]) for of in merits.values())]
    order = sorted(common)
    values = {variant: by_seed([of[image] for image in order]) for variant, of in seeds.items()}
    comparable = bool(order) and len(merits) > 1
    best, tied, pairs = _best_and_tied(values) if comparable else (frozenset(), frozenset(), 0)
    whole, places = finite_part(values)
    decided = comparable and len(places) > 1
    counted = {row.image: row.images for row in rows}  # the row of a whole set stands for all its images
    highest = {image: max(of[image] for of in merits.values()) for image in common}
    return Ranking(
        best,
        tied,
        compared=sum(counted[image] for image in finite),
        infinite=sum(counted[image] for image in common.difference(finite)),
        wins={variant: sum(of[image] == highest[image] for image in common) for variant, of in merits.items()},
        pairs=pairs,
        images=tuple(order[i] for i in places),
        influence_of=tuple(whole) if decided else (),
        influence=_influence(whole) if decided else None,
        carried=_carried(values) if decided and len(places) == len(order) else None,
    )


def _carried(values: Mapping[Variant, Floats]) -> Carried | None:
    if any(of.ndim > 1 or not np.isfinite(of).all() for of in values.values()):
        return None
    return carried_by_one(np.stack([values[one] - values[other] for one, other in combinations(values, 2)], axis=1))


def _influence(values: Mapping[Variant, Floats]) -> Influence[Variant]:
    return influence({variant: over_seeds(of) for variant, of in values.items()}, higher_is_better=True)


def _complete(
    rows: Sequence[Row], sign: int, methods: Mapping[str, str]
) -> dict[Variant, dict[str, tuple[float, ...]]]:
    """Return by image the value of each seed, higher being better, of each variant that has as many images as any.

    An image on which a seed has no value does not count.
    """
    merits: dict[Variant, dict[str, dict[str, float]]] = {}
    for row in rows:
        if not math.isnan(row.value):
            variant = (methods.get(row.model, row.model), row.device, row.mode)
            merits.setdefault(variant, {}).setdefault(row.image, {})[row.model] = sign * row.value
    whole = {variant: _of_all_seeds(images) for variant, images in merits.items()}
    most = max(map(len, whole.values()), default=0)
    return {variant: of for variant, of in whole.items() if len(of) == most}


def _of_all_seeds(images: Mapping[str, Mapping[str, float]]) -> dict[str, tuple[float, ...]]:
    models = list(dict.fromkeys(model for of in images.values() for model in of))
    return {image: tuple(of[model] for model in models) for image, of in images.items() if len(of) == len(models)}


def _best_and_tied(values: Mapping[Variant, Floats]) -> tuple[frozenset[Variant], frozenset[Variant], int]:
    """Return who is best, who is not told from the best, and the number of pairs that were tested."""
    best = best_of(values, higher_is_better=True)
    tested = {frozenset(pair) for pair in combinations(values, 2) if len(shared(values[pair[0]], values[pair[1]])) > 1}
    apart = told_apart(values) if tested else {}
    tied = {
        one
        for one in values.keys() - best
        if any((pair := frozenset((one, other))) in tested and not apart[pair] for other in best)
    }
    return best, frozenset(tied), len(tested)

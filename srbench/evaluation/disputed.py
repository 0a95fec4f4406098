"""The crops of a run at which it is worth looking: where models or metrics disagree, and what decides the order."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Literal

import numpy as np

from srbench.evaluation.busiest import busiest
from srbench.evaluation.matched import Matched
from srbench.evaluation.rectangle import Rectangle
from srbench.evaluation.scene import Scene
from srbench.stats.arrays import Floats
from srbench.stats.influence import influence
from srbench.stats.order import finite_part
from srbench.stats.seeds import over_seeds

Kind = Literal["models", "metrics", "ranking"]

SIDE_PX = 96
"""Side of a crop."""

_NAMED, _SHARE = 5, 3
"""Where more images, or more than one in so many, decide an order together, none is worth a look of its own."""


@dataclass(frozen=True)
class Dispute:
    """A crop at which it is worth looking.

    Attributes:
        kind: What disagrees there: models, PSNR and LPIPS, or the order of the means with and without the image.
        dataset: Id of the data set.
        image: Name of the image.
        crop: The square in which the outputs of the two models differ most.
        models: The two models that it is about.
        why: Sentence without a full stop.
    """

    kind: Kind
    dataset: str
    image: str
    crop: Rectangle
    models: tuple[str, str]
    why: str


@dataclass(frozen=True)
class _Decider:
    """Why an image decides an order, and between which two models."""

    models: tuple[str, str]
    why: str


class Disputes:
    """Gathers disputed crops while the images of a run pass by.

    Args:
        tables: Values of the models on the same images, as `srbench.evaluation.matched.match` returns them.
    """

    def __init__(self, tables: Sequence[Matched]) -> None:
        self._deciders = {place: why for table in tables for place, why in reversed(_deciders(table).items())}
        self._found: dict[Kind, list[tuple[float, Dispute]]] = {"models": [], "metrics": [], "ranking": []}

    def look(self, scene: Scene) -> None:
        """Take in an image."""
        if len(scene.outputs) < 2:
            return
        of_models, of_metrics = _between_models(scene), _between_metrics(scene)
        self._found["models"].append(of_models)
        if of_metrics:
            self._found["metrics"].append(of_metrics)
        decider = self._deciders.get((scene.dataset, scene.image))
        if decider and scene.outputs.keys() >= {*decider.models}:
            first = -len(self._found["ranking"])
            self._found["ranking"].append((first, _dispute("ranking", scene, decider.models, decider.why)))

    def found(self, most: int = 3) -> tuple[Dispute, ...]:
        """Return the crops of each kind, at most so many of each, the most disputed first."""
        ranked = (sorted(of, key=lambda one: -one[0])[:most] for of in self._found.values())
        return tuple(dispute for of in ranked for _, dispute in of)


def disputed(scenes: Iterable[Scene], tables: Sequence[Matched], most: int = 3) -> tuple[Dispute, ...]:
    """Return the disputed crops of a run; every image is read.

    Args:
        scenes: Images of a run, `srbench.evaluation.scenes.Scenes`.
        tables: Values of the models on the same images, as `srbench.evaluation.matched.match` returns them.
        most: Number of crops of each kind.
    """
    disputes = Disputes(tables)
    for scene in scenes:
        disputes.look(scene)
    return disputes.found(most)


def _dispute(kind: Kind, scene: Scene, models: tuple[str, str], why: str) -> Dispute:
    crop, _ = busiest([scene.outputs[model] for model in models], SIDE_PX)
    return Dispute(kind, scene.dataset, scene.image, crop, models, why)


def _between_models(scene: Scene) -> tuple[float, Dispute]:
    """Find where the outputs differ most; those that are an enlarged LR image only where there are no two others."""
    learned = [model for model in scene.outputs if model not in scene.recipes]
    models = learned if len(learned) > 1 else list(scene.outputs)
    crop, spread = busiest([scene.outputs[model] for model in models], SIDE_PX)
    rows, columns = slice(crop.y, crop.y + crop.height), slice(crop.x, crop.x + crop.width)
    parts = {model: scene.outputs[model][rows, columns].astype(float) for model in models}
    first, second = max(
        combinations(models, 2), key=lambda pair: float(((parts[pair[0]] - parts[pair[1]]) ** 2).mean())
    )
    why = f"outputs differ by {spread:.1f} levels (standard deviation), {first} and {second} most"
    return spread, Dispute("models", scene.dataset, scene.image, crop, (first, second), why)


def _between_metrics(scene: Scene) -> tuple[float, Dispute] | None:
    """Find the two models of which one has the better PSNR, and the other by most the better LPIPS."""
    gains = {
        (one, other): (_gain(scene.values, one, other, "psnr"), -_gain(scene.values, one, other, "lpips"))
        for one, other in permutations(scene.outputs, 2)
    }
    contrary = {pair: (db, lpips) for pair, (db, lpips) in gains.items() if math.inf > db > 0 > lpips}
    if not contrary:
        return None
    (one, other), (db, lpips) = max(contrary.items(), key=lambda item: -item[1][0] * item[1][1])
    why = f"{one} has {db:.2f} dB more PSNR, {other} {-lpips:.4f} less LPIPS"
    return -db * lpips, _dispute("metrics", scene, (one, other), why)


def _gain(values: Mapping[str, Mapping[str, float]], one: str, other: str, metric: str) -> float:
    """Return how much more one model has; NaN, which is no gain, where a value is missing."""
    nan = float("nan")
    return values.get(one, {}).get(metric, nan) - values.get(other, {}).get(metric, nan)


def _deciders(table: Matched) -> dict[tuple[str, str], _Decider]:
    """Return the images of a data set that decide which model is best; those that reverse orders where none do."""
    values, places = finite_part(table.values)
    if len(values) < 2 or len(places) < 2:
        return {}
    means = {model: over_seeds(of) for model, of in values.items()}
    found = influence(means, higher_is_better=table.higher_is_better)
    names = [table.images[place] for place in places]
    title = (table.title or table.metric).upper()
    if found.best and found.heir and found.deciding and len(found.deciding) <= _most_named(found.images):
        decided, pair, what = found.deciding, (found.best, found.heir), f"{found.heir} is best in {title}"
    elif found.few and found.moved:
        item, before, after = found.moved
        decided, pair = found.few, (item, _passed(means, item, found.few))
        what = f"{item} is number {after} in {title}"
    else:
        return {}
    others = len(decided) - 1
    without = "without this image" if not others else f"without this and {others} more of {found.images} images"
    was = f"not {found.best}" if decided is found.deciding else f"not {before}"
    return {(table.dataset, names[place]): _Decider(pair, f"{without} {what}, {was}") for place in decided}


def _most_named(images: int) -> int:
    return min(_NAMED, max(1, images // _SHARE))


def _passed(values: Mapping[str, Floats], item: str, few: Sequence[int]) -> str:
    """Return the model whose order with another one is reversed without a few images, by most."""
    rest = np.delete(np.arange(len(values[item])), few)
    before = {model: float((of - values[item]).mean()) for model, of in values.items()}
    after = {model: float((of - values[item])[rest].mean()) for model, of in values.items()}
    return min((model for model in values if model != item), key=lambda model: before[model] * after[model])

"""Ranks of models, image by image."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from srbench.ratings.votes import StimulusScores
from srbench.stats.arrays import Floats


@dataclass(frozen=True, eq=False)
class Ranks:
    """Ranks of a model among all models, image by image; 1 is best, ties share their mean.

    Attributes:
        model: Id of the model.
        dataset: Id of the data set; empty for all together.
        ranks: Rank on each image on which every model was rated.
        mean: Mean of these ranks.
    """

    model: str
    dataset: str
    ranks: Floats
    mean: float


def ranks(scores: StimulusScores) -> list[Ranks]:
    """Rank models on every data set, and on all together where the same models are everywhere.

    Source:
        Ledig et al., Photo-realistic single image super-resolution using a GAN, CVPR 2017, figure of average ranks.
    """
    table: dict[str, dict[str, dict[str, float]]] = {}
    for i, s in enumerate(scores.stimuli):
        if s.model:
            table.setdefault(s.dataset, {}).setdefault(s.content, {})[s.model] = float(scores.mean[i])
    ranked: dict[str, tuple[list[str], Floats]] = {}
    for dataset, images in table.items():
        models = list(dict.fromkeys(model for image in images.values() for model in image))
        rows = [[-round(image[model], 9) for model in models] for image in images.values() if len(image) == len(models)]
        if rows and len(models) > 1:
            ranked[dataset] = models, stats.rankdata(rows, axis=1)
    everywhere = {frozenset(models) for models, _ in ranked.values()}
    if len(ranked) > 1 and len(everywhere) == 1 and len(ranked) == len(table):
        models = next(iter(ranked.values()))[0]
        columns = [places[:, [order.index(model) for model in models]] for order, places in ranked.values()]
        ranked = {"": (models, np.concatenate(columns)), **ranked}
    elif len(table) == 1:
        ranked = dict(zip([""], ranked.values(), strict=False))
    return [
        Ranks(model, dataset, places[:, i], float(places[:, i].mean()))
        for dataset, (models, places) in ranked.items()
        for i, model in enumerate(models)
    ]

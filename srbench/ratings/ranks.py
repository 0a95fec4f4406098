"""Which model comes first, image by image."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from srbench.ratings.votes import StimulusScores
from srbench.stats.arrays import Floats


@dataclass(frozen=True, eq=False)
class Ranks:
    """Places of a model among all models, image by image; 1 is best, ties share their mean.

    Attributes:
        model: Id.
        dataset: Id; empty for all together.
        ranks: One for each image on which every model was rated.
        mean: Of them.
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
    found: dict[str, tuple[list[str], Floats]] = {}
    for dataset, images in table.items():
        models = list(dict.fromkeys(model for image in images.values() for model in image))
        rows = [[-round(image[model], 9) for model in models] for image in images.values() if len(image) == len(models)]
        if rows and len(models) > 1:
            found[dataset] = models, stats.rankdata(rows, axis=1)
    everywhere = {frozenset(models) for models, _ in found.values()}
    if len(found) > 1 and len(everywhere) == 1 and len(found) == len(table):
        models = next(iter(found.values()))[0]
        columns = [places[:, [own.index(model) for model in models]] for own, places in found.values()]
        found = {"": (models, np.concatenate(columns)), **found}
    elif len(table) == 1:
        found = dict(zip([""], found.values(), strict=False))
    return [
        Ranks(model, dataset, places[:, i], float(places[:, i].mean()))
        for dataset, (models, places) in found.items()
        for i, model in enumerate(models)
    ]

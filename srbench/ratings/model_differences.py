"""Differences between models: tests and intervals over raters and images, over images alone, over raters alone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np

from srbench.core.progress import NO_PROGRESS, Progress
from srbench.ratings.mos import stimuli_by_model
from srbench.ratings.votes import StimulusScores, Votes
from srbench.stats import groups, paired
from srbench.stats.arrays import Floats, Ints
from srbench.stats.corrections import LEVEL, holm
from srbench.stats.student import t_p_value, t_quantile
from srbench.stats.two_way import TwoWayDraws, TwoWayEstimate, half_over_raters, two_way_bootstrap, two_way_draws

Test = Literal["two-way", "wilcoxon", "permutation"]
"""Test of differences between models. "two-way": t test over raters and images, with the standard error of the two-way
bootstrap. "wilcoxon": signed ranks of the images' means, as the SRGAN paper has it. "permutation": exchange of the
signs of the images' differences. The last two hold the raters fixed: what they find need not hold for other raters."""


@dataclass(frozen=True)
class RaterDifference:
    """The difference between two models over raters alone, on these images: a paired t test.

    Attributes:
        ci95: 95 % interval of the mean over raters like these.
        df: Degrees of freedom.
        p: Two-sided p value of no difference.
        p_holm: p value after Holm's correction for all pairs of the data set.
    """

    ci95: tuple[float, float]
    df: float
    p: float
    p_holm: float


@dataclass(frozen=True)
class ModelDifference:
    """The difference between two models on the same images.

    Attributes:
        dataset: Id of the data set; empty for all together.
        first: The model with the higher mean.
        second: The other model.
        images: Number of images rated for both.
        mean: Mean over images of first minus second, in units of the scale.
        ci95_raters_images: 95 % interval of the mean over raters and images like these (bootstrap); None for averaged
            data.
        error: Standard error behind that interval; None where there is none.
        df: Its degrees of freedom, the smaller of the numbers of images and raters less one; None where there are none.
        test: Test behind the p value.
        p: Two-sided p value of the test, before correction.
        p_holm: p value after Holm's correction for all pairs of the data set.
        least_p: The smallest p value that the test can reach on this number of images; 0 where it has no least.
        rank_biserial: Matched-pairs rank-biserial correlation, -1 to 1; 1: first is better on every image.
        dz: Mean over standard deviation of the images' differences (Cohen's d_z); None where they do not vary.
        raters: The same difference over raters alone; None without votes, or where they do not tell it.
    """

    dataset: str
    first: str
    second: str
    images: int
    mean: float
    ci95_raters_images: tuple[float, float] | None
    error: float | None
    df: int | None
    test: Test
    p: float
    p_holm: float
    least_p: float
    rank_biserial: float
    dz: float | None
    raters: RaterDifference | None = None

    @property
    def significant(self) -> bool:
        """Whether the corrected p value is below 5 %."""
        return self.p_holm < LEVEL


def compare_models(
    scores: StimulusScores,
    test: Test = "two-way",
    draws: TwoWayDraws | None = None,
    seed: int = 0,
    votes: Votes | None = None,
) -> list[ModelDifference]:
    """Compare every pair of models on each data set, and on all together where there are several.

    Args:
        scores: Scores of stimuli; those of one content and data set are paired.
        test: Two-sided test of the differences. Without draws, "two-way" cannot be computed, and "wilcoxon" stands in.
        draws: Bootstrap draws of `draw_raters_and_images`, for intervals and the test "two-way".
        seed: Seed of the permutation test, where it cannot count all patterns.
        votes: Votes whose means the scores are, for the tests over raters alone.
    """
    table = None if votes is None else _rows(votes, scores)
    by_dataset: dict[str, dict[str, dict[tuple[str, str], int]]] = {}
    for (model, dataset), members in stimuli_by_model(scores.stimuli).items():
        images = by_dataset.setdefault(dataset, {}).setdefault(model, {})
        images.update({(scores.stimuli[i].dataset, scores.stimuli[i].content): i for i in members})
    differences: list[ModelDifference] = []
    for dataset, models in by_dataset.items():
        ranked = sorted(models, key=lambda model: -float(scores.mean[list(models[model].values())].mean()))
        pairs = []
        for first, second in combinations(ranked, 2):
            shared = [image for image in models[first] if image in models[second]]
            if shared:
                stimuli = [[models[model][image] for image in shared] for model in (first, second)]
                pair = _difference(scores, (dataset, first, second), stimuli, test, draws, seed)
                over = None if table is None else over_raters(table, stimuli, pair.mean, scores.scale.step)
                pairs.append(replace(pair, raters=over))
        corrected = holm([pair.p for pair in pairs])
        differences += _raters_corrected([replace(pair, p_holm=p) for pair, p in zip(pairs, corrected, strict=True)])
    return differences


def over_raters(table: Floats, stimuli: Sequence[list[int]], mean: float, step: float) -> RaterDifference | None:
    """Test the difference of two models over raters like these, on these images.

    Where everybody has rated every image this is the paired t test of the raters' means. Near unanimity the interval
    has the least half width of `srbench.stats.student.clustered_half_width`, and p follows it.

    Args:
        table: Mean vote of each rater on each stimulus, NaN where there is none, `(stimuli, raters)`.
        stimuli: Stimuli of the one and of the other model, in the same order of images.
        mean: Mean of the one less that of the other.
        step: Distance of neighbouring scores.

    Returns:
        None for a single rater, or where every stimulus has a single vote.
    """
    half, df = half_over_raters(table[[*stimuli[0], *stimuli[1]]], len(stimuli[0]), step)
    if np.isnan(half):
        return None
    error = half / t_quantile(df)
    p = t_p_value(mean / error, df) if error > 0 else float(mean == 0)
    return RaterDifference((mean - half, mean + half), df, p, p)


def _raters_corrected(pairs: list[ModelDifference]) -> list[ModelDifference]:
    known = [pair.raters for pair in pairs if pair.raters]
    corrected = iter(holm([one.p for one in known]) if known else [])
    return [
        replace(pair, raters=replace(pair.raters, p_holm=next(corrected))) if pair.raters else pair for pair in pairs
    ]


def _rows(votes: Votes, scores: StimulusScores) -> Floats:
    """Return the mean vote of each rater on each scored stimulus, `(stimuli, raters)`."""
    merged = votes.merged()
    number = {stimulus.name: i for i, stimulus in enumerate(merged.stimuli)}
    return merged.matrix()[[number[stimulus.name] for stimulus in scores.stimuli]]


def _difference(
    scores: StimulusScores,
    names: tuple[str, str, str],
    stimuli: list[list[int]],
    test: Test,
    draws: TwoWayDraws | None,
    seed: int,
) -> ModelDifference:
    gap = scores.mean[stimuli[0]] - scores.mean[stimuli[1]]
    estimate = draws.estimate(float(gap.mean()), stimuli[0], stimuli[1], scores.scale.step) if draws else None
    used: Test = "wilcoxon" if test == "two-way" and draws is None else test
    p, least_p = _two_way(estimate) if used == "two-way" else _over_images(gap, used, seed)
    return ModelDifference(
        dataset=names[0],
        first=names[1],
        second=names[2],
        images=len(gap),
        mean=float(gap.mean()),
        ci95_raters_images=estimate.ci95 if estimate else None,
        error=estimate.error if estimate else None,
        df=estimate.df if estimate else None,
        test=used,
        p=p,
        p_holm=p,
        least_p=least_p,
        rank_biserial=paired.rank_biserial(gap),
        dz=paired.standardised_mean(gap),
    )


def _two_way(estimate: TwoWayEstimate | None) -> tuple[float, float]:
    """Return p value and smallest possible p value; 1 for a single image or rater, which says nothing of others."""
    return (estimate.p, 0.0) if estimate else (1.0, 1.0)


def _over_images(gap: Floats, test: Test, seed: int) -> tuple[float, float]:
    p = paired.wilcoxon(gap) if test == "wilcoxon" else paired.sign_flip(gap, seed)
    return p, paired.smallest_p(len(gap))


def letters_of_models(models: Sequence[str], differences: Sequence[ModelDifference]) -> dict[str, str]:
    """Give letters to models: two share one when, and only when, no significant difference was found between them.

    Args:
        models: Names, best first.
        differences: Differences between them on one data set.
    """
    return groups.letters(models, {(pair.first, pair.second): pair.significant for pair in differences})


def draw_raters_and_images(
    votes: Votes,
    scores: StimulusScores,
    resamples: int = 2_000,
    seed: int = 0,
    progress: Progress = NO_PROGRESS,
) -> TwoWayDraws:
    """Draw raters and images with replacement, and compute each stimulus's score anew.

    Args:
        votes: Votes behind the scores.
        scores: Scores, which say which stimuli there are.
        resamples: Number of draws.
        seed: Seed of the draws.
        progress: Shows a task with a step for each draw.
    """
    number = {stimulus.name: i for i, stimulus in enumerate(votes.stimuli)}
    image, dataset = _images(scores)
    return two_way_bootstrap(
        (votes.stimulus, votes.rater, votes.score),
        stimuli=np.array([number[stimulus.name] for stimulus in scores.stimuli]),
        image=image,
        dataset=dataset,
        resamples=resamples,
        seed=seed,
        progress=progress,
    )


def draw_images(drawn: Floats, table: Floats, scores: StimulusScores, seed: int = 0) -> TwoWayDraws:
    """Draw images with replacement beside scores that were computed anew for drawn raters.

    Args:
        drawn: Score of each stimulus in each draw of raters, `(stimuli, draws)`.
        table: Votes of each rater on each stimulus, NaN where there is none, `(stimuli, raters)`.
        scores: Scores, which say which stimuli there are.
        seed: Seed of the draws.
    """
    return two_way_draws(drawn, table, *_images(scores), seed)


def _images(scores: StimulusScores) -> tuple[Ints, Ints]:
    """Return the number of each stimulus's image, `(stimuli,)`, and of each image's data set, `(images,)`."""
    images = {key: i for i, key in enumerate(dict.fromkeys((s.dataset, s.content) for s in scores.stimuli))}
    datasets = {name: i for i, name in enumerate(dict.fromkeys(dataset for dataset, _ in images))}
    image = np.array([images[s.dataset, s.content] for s in scores.stimuli])
    return image, np.array([datasets[dataset] for dataset, _ in images])

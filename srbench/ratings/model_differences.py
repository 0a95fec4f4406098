"""Is one model better than another? Tests on images, intervals over raters and images, groups not told apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse, stats

from srbench.core.progress import NO_PROGRESS, Progress
from srbench.ratings.mos import stimuli_by_model
from srbench.ratings.votes import Floats, StimulusScores, Votes

LEVEL = 0.05
Test = Literal["wilcoxon", "permutation"]
_EXACT_UP_TO = 200
_DRAWS = 100_000
_BATCH = 250


@dataclass(frozen=True)
class ModelDifference:
    """Two models on the same images.

    Attributes:
        dataset: Id; empty for all together.
        first: The model with the higher mean.
        second: The other.
        images: Rated for both.
        mean: Mean over images of first minus second, in units of the scale.
        ci95_raters_images: 95 % interval of it over raters and images like these (bootstrap); None for averaged data.
        p: Of the test, two-sided, before correction.
        p_holm: After Holm's correction for all pairs of the data set.
        least_p: The smallest p that this number of images allows.
        rank_biserial: Matched-pairs rank-biserial correlation, -1 to 1; 1: first is better on every image.
        dz: Mean over standard deviation of the images' differences (Cohen's d_z); None where they do not vary.
    """

    dataset: str
    first: str
    second: str
    images: int
    mean: float
    ci95_raters_images: tuple[float, float] | None
    p: float
    p_holm: float
    least_p: float
    rank_biserial: float
    dz: float | None

    @property
    def significant(self) -> bool:
        """At 5 %, after correction."""
        return self.p_holm < LEVEL


@dataclass(frozen=True, eq=False)
class Draws:
    """Bootstrap draws over raters and images.

    Attributes:
        means: Mean of each stimulus over the raters drawn, NaN where none of them has rated it,
            `(stimuli, draws)`.
        weights: How often each stimulus's image is drawn, `(stimuli, draws)`.
        table: Mean vote of each rater on each stimulus, NaN where there is none, `(stimuli, raters)`.
    """

    means: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float32]
    table: Floats

    def mean(self, members: Sequence[int]) -> Floats:
        """Mean over these stimuli in each draw, `(draws,)`."""
        return _weighted(self.means[members], self.weights[members])

    def interval(
        self, centre: float, first: Sequence[int], second: Sequence[int] | None = None
    ) -> tuple[float, float] | None:
        """95 % interval over raters and images like these, of a mean or of a difference.

        A t interval with the bootstrap's standard error, k - 1 degrees of freedom, k being the number of images or of
        raters, whichever is smaller. The percentiles would be too narrow for few images (drawing among k shrinks the
        variance by (k - 1) / k) and too wide for many: drawing raters and images at once counts the noise of single
        votes three times, so that two of the three are taken off.

        Args:
            centre: The estimate.
            first: Stimuli, one an image.
            second: Those to subtract, in the same order.

        Returns:
            None for fewer than two images or raters.

        Source:
            Owen, The pigeonhole bootstrap, Annals of Applied Statistics 1, 2007, theorem 2. In simulated panels of 3 to
            30 images and 24 raters such intervals hold the truth in 94 to 100 of 100.
        """
        drawn = self.mean(first) if second is None else self.difference(first, second)
        sides = [self.table[first]] + ([] if second is None else [self.table[second]])
        k = min(len(first), int((~np.isnan(self.table)).any(axis=0).sum()))
        if k < 2:
            return None
        whole = float(drawn.var(ddof=1)) * k / (k - 1)
        variance = max(whole - 2 * sum(map(_noise, sides)), whole / 3)
        reach = float(stats.t.ppf(0.975, k - 1) * np.sqrt(variance))
        return centre - reach, centre + reach

    def difference(self, first: Sequence[int], second: Sequence[int]) -> Floats:
        """Mean over images of first minus second in each draw, `(draws,)`; stimuli are paired as they stand."""
        return _weighted(self.means[first] - self.means[second], self.weights[first])


def differences(
    scores: StimulusScores, test: Test = "wilcoxon", draws: Draws | None = None, seed: int = 0
) -> list[ModelDifference]:
    """Compare every pair of models on each data set, and on all together where there are several.

    Args:
        scores: Means of stimuli; those of one content and data set are paired.
        test: Two-sided, on the differences of the images' means. "wilcoxon": signed ranks, as the SRGAN paper has it.
            "permutation": of the signs of the differences.
        draws: Of `bootstrap`, for intervals.
        seed: Of the permutation test, where it cannot count all.
    """
    table: dict[str, dict[str, dict[tuple[str, str], int]]] = {}
    for (model, dataset), members in stimuli_by_model(scores.stimuli).items():
        images = table.setdefault(dataset, {}).setdefault(model, {})
        images.update({(scores.stimuli[i].dataset, scores.stimuli[i].content): i for i in members})
    found: list[ModelDifference] = []
    for dataset, models in table.items():
        ranked = sorted(models, key=lambda model: -float(scores.mean[list(models[model].values())].mean()))
        pairs = []
        for first, second in combinations(ranked, 2):
            shared = [image for image in models[first] if image in models[second]]
            if shared:
                places = [[models[model][image] for image in shared] for model in (first, second)]
                pairs.append(_difference(scores, (dataset, first, second), places, test, draws, seed))
        corrected = holm([pair.p for pair in pairs])
        found += [replace(pair, p_holm=p) for pair, p in zip(pairs, corrected, strict=True)]
    return found


def _difference(
    scores: StimulusScores,
    names: tuple[str, str, str],
    places: list[list[int]],
    test: Test,
    draws: Draws | None,
    seed: int,
) -> ModelDifference:
    gap = scores.mean[places[0]] - scores.mean[places[1]]
    p = wilcoxon(gap) if test == "wilcoxon" else permutation(gap, seed)
    both = None
    if draws and len(gap) > 1:
        both = draws.interval(float(gap.mean()), *places)
    spread = float(gap.std(ddof=1)) if len(gap) > 1 else 0.0
    return ModelDifference(
        dataset=names[0],
        first=names[1],
        second=names[2],
        images=len(gap),
        mean=float(gap.mean()),
        ci95_raters_images=both,
        p=p,
        p_holm=p,
        least_p=min(1.0, 2.0 ** (1 - len(gap))),
        rank_biserial=rank_biserial(gap),
        dz=float(gap.mean() / spread) if spread > 0 else None,
    )


def wilcoxon(difference: Floats) -> float:
    """Two-sided p of the signed-rank test; zeros are left out, ties share their mean rank.

    Exact for up to 200 differences, ties or not: every pattern of signs is equally likely under the hypothesis, and the
    sums of (doubled) ranks are counted. Beyond, scipy's normal approximation.

    Source:
        Wilcoxon, Biometrics Bulletin 1, 1945; Pratt and Gibbons, Concepts of nonparametric theory, 1981, chapter 3.
    """
    gap = _rounded(difference)
    gap = gap[gap != 0]
    if not len(gap):
        return 1.0
    if len(gap) > _EXACT_UP_TO:
        return float(stats.wilcoxon(gap, correction=True, method="approx").pvalue)
    ranks = np.rint(2 * stats.rankdata(np.abs(gap))).astype(np.int64)
    total = int(ranks.sum())
    chance = np.zeros(total + 1)
    chance[0] = 1.0
    for rank in ranks:
        chance = chance / 2
        chance[rank:] += chance[: total + 1 - rank].copy()
    seen = int(ranks[gap > 0].sum())
    tail = min(chance[: seen + 1].sum(), chance[seen:].sum())
    return float(min(1.0, 2 * tail))


def permutation(difference: Floats, seed: int = 0) -> float:
    """Two-sided p of the mean under exchange of signs: all patterns up to 16 images, else 100,000 drawn ones."""
    if len(difference) < 2:
        return 1.0
    test = stats.permutation_test(
        (difference,),
        lambda x, axis: _rounded(x.mean(axis=axis)),
        permutation_type="samples",
        vectorized=True,
        n_resamples=_DRAWS,
        batch=10_000,
        rng=np.random.default_rng(seed),
    )
    return float(test.pvalue)


def rank_biserial(difference: Floats) -> float:
    """Share of the rank sum that is positive less the share that is negative; 0 where nothing differs.

    Source:
        Kerby, Comprehensive Psychology 3, 2014.
    """
    gap = _rounded(difference)
    gap = gap[gap != 0]
    if not len(gap):
        return 0.0
    ranks = stats.rankdata(np.abs(gap))
    return float((ranks * np.sign(gap)).sum() / ranks.sum())


def _rounded(difference: Floats) -> Floats:
    """Means of votes carry rounding errors, which must not decide whether two differences are tied."""
    return np.round(difference, 9)


def holm(p: Sequence[float]) -> list[float]:
    """Holm's step-down correction, in the order given.

    Source:
        Holm, Scandinavian Journal of Statistics 6, 1979.
    """
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate([(len(p) - place) * p[i] for place, i in enumerate(order)])
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(stepped, 1.0)
    return [float(x) for x in corrected]


def letters(models: Sequence[str], found: Sequence[ModelDifference]) -> dict[str, str]:
    """Groups: two models share a letter when, and only when, no significant difference was found between them.

    Args:
        models: Best first; "a" goes to the best. One that was compared with no other gets no letter.
        found: Of one data set.

    Source:
        Piepho, Journal of Computational and Graphical Statistics 13, 2004 (insert and absorb).
    """
    compared = {model for pair in found for model in (pair.first, pair.second)}
    columns: list[set[str]] = [compared]
    for pair in found:
        if not pair.significant:
            continue
        split: list[set[str]] = []
        for column in columns:
            both = {pair.first, pair.second} <= column
            split += [column - {pair.first}, column - {pair.second}] if both else [column]
        unique = list({frozenset(column): column for column in split}.values())
        columns = [column for column in unique if not any(column < other for other in unique)]
    rank = {model: i for i, model in enumerate(models)}
    columns.sort(key=lambda column: sorted(rank[model] for model in column))
    return {model: "".join(_letter(i) for i, column in enumerate(columns) if model in column) for model in models}


def _letter(i: int) -> str:
    return chr(ord("a") + i) if i < 26 else f"({i + 1})"


def bootstrap(
    votes: Votes,
    scores: StimulusScores,
    resamples: int = 2_000,
    seed: int = 0,
    progress: Progress = NO_PROGRESS,
) -> Draws:
    """Draw raters and images with replacement, and take each stimulus's mean anew.

    Both are drawn at once, for all models the same: the votes of one rater stay together, and so do a content's
    stimuli.

    Args:
        votes: Behind the scores.
        scores: Says which stimuli there are.
        resamples: Number of draws.
        seed: Of the draws.
        progress: Shows a task with a step for each draw.

    Source:
        Owen, The pigeonhole bootstrap, Annals of Applied Statistics 1, 2007.
    """
    shape = (len(votes.stimuli), len(votes.raters))
    counts = sparse.csr_array((np.ones(len(votes)), (votes.stimulus, votes.rater)), shape=shape)
    sums = sparse.csr_array((votes.score, (votes.stimulus, votes.rater)), shape=shape)
    place = {stimulus.name: i for i, stimulus in enumerate(votes.stimuli)}
    at = np.array([place[stimulus.name] for stimulus in scores.stimuli])
    images = {key: i for i, key in enumerate(dict.fromkeys((s.dataset, s.content) for s in scores.stimuli))}
    image = np.array([images[s.dataset, s.content] for s in scores.stimuli])
    with np.errstate(invalid="ignore"):
        table = sums.toarray() / counts.toarray()
    generator = np.random.default_rng(seed)
    people = np.flatnonzero(np.bincount(votes.rater, minlength=shape[1]))
    means, weights = (np.empty((len(at), resamples), dtype=np.float32) for _ in range(2))
    with progress.task("drawing raters and images", resamples) as task:
        for start in range(0, resamples, _BATCH):
            part = slice(start, min(start + _BATCH, resamples))
            size = part.stop - start
            raters = np.zeros((shape[1], size))
            raters[people] = generator.multinomial(len(people), np.full(len(people), 1 / len(people)), size=size).T
            with np.errstate(invalid="ignore", divide="ignore"):
                means[:, part] = ((sums @ raters) / (counts @ raters))[at]
            weights[:, part] = _image_weights(generator, images, size)[image]
            task.advance(size)
    return Draws(means, weights, table[at])


def _noise(table: Floats) -> float:
    """Variance that single votes bring into the mean of images, beyond what raters and images bring."""
    counts = (~np.isnan(table)).sum(axis=1, keepdims=True)
    rest = table - np.nanmean(table, axis=1, keepdims=True)
    seen = ~np.isnan(table).all(axis=0)
    rest = rest[:, seen] - np.nanmean(rest[:, seen], axis=0, keepdims=True)
    return float(np.nansum((rest / (counts * len(table))) ** 2))


def _image_weights(generator: np.random.Generator, images: Mapping[tuple[str, str], int], size: int) -> Floats:
    """How often each image is drawn, inside its data set: `(images, draws)`."""
    weights = np.zeros((len(images), size))
    for dataset in {key[0] for key in images}:
        own = np.array([i for key, i in images.items() if key[0] == dataset])
        weights[own] = generator.multinomial(len(own), np.full(len(own), 1 / len(own)), size=size).T
    return weights


def _weighted(means: npt.NDArray[np.float32], weights: npt.NDArray[np.float32]) -> Floats:
    """Weighted means over stimuli; where all weights of a draw are 0, the plain mean stands in."""
    known = ~np.isnan(means)
    used = np.where(known, weights, 0.0)
    used = np.where(used.sum(axis=0) > 0, used, known)
    return np.asarray((np.where(known, means, 0.0) * used).sum(axis=0) / np.maximum(used.sum(axis=0), 1e-12))
